"""The checks of chapter 7: the mistakes that people make are refused with a fitting hint, right answers accepted."""

import numpy as np
import pytest

from srcnn import checks, methods, pretrained, resample


def wins(first, second):
    gains = [second[name] - first[name] for name in first]
    return sum(gains) / len(gains), sum(gain > 0 for gain in gains)


def averages(errors, peak=255, log=np.log10):
    errors = np.asarray(errors, float)
    return np.mean(10 * log(peak**2 / errors)), 10 * log(peak**2 / errors.mean())


def ensemble(network, ilr, back=-1, mirror_first=False, versions=8, total=np.mean):
    results = []
    for k in range(versions):
        version = np.rot90(np.fliplr(ilr) if k >= 4 else ilr, k % 4)
        result = network(version)
        if mirror_first and k >= 4:
            result = np.rot90(np.fliplr(result), back * (k % 4))
        else:
            result = np.rot90(result, back * (k % 4))
            result = np.fliplr(result) if k >= 4 else result
        results.append(result)
    return total(results, axis=0)


def ensemble_by_transposing(network, ilr):
    results = []
    for flip_rows in (1, -1):
        for flip_columns in (1, -1):
            flipped = ilr[::flip_rows, ::flip_columns]
            results.append(network(flipped)[::flip_rows, ::flip_columns])
            results.append(network(flipped.T).T[::flip_rows, ::flip_columns])
    return sum(results) / 8


def shares(hr, before, after, parts, *, edges=None, power=2, total=np.sum, flip=1):
    edges = np.hypot(*np.gradient(hr if edges is None else edges))
    fall = np.abs(before - hr) ** power - np.abs(after - hr) ** power
    groups = np.array_split(fall.ravel()[np.argsort(edges, axis=None)], parts)
    return np.array([total(group) for group in groups])[::flip] / fall.sum()


def clipped_fall(hr, before, after, parts):
    fall = np.maximum(0, (before - hr) ** 2 - (after - hr) ** 2)
    return shares(0 * hr, np.sqrt(fall), 0 * hr, parts, edges=hr)


def shares_in_place(hr, before, after, parts):
    before -= hr
    after -= hr
    return shares(0 * hr, before, after, parts, edges=hr)


def shares_by_lexsort(hr, before, after, parts):
    down, across = np.gradient(np.asarray(hr))
    rows = sorted(zip((down**2 + across**2).flat, ((before - hr) ** 2 - (after - hr) ** 2).flat, strict=True))
    falls = [fall for _, fall in rows]
    size, more = divmod(len(falls), parts)
    ends = np.cumsum([size + (k < more) for k in range(parts)])
    return [sum(falls[end - size - (k < more) : end]) / sum(falls) for k, end in enumerate(ends)]


WRONG = [
    ("exercise_7_1", lambda a, b: (-wins(a, b)[0], wins(a, b)[1]), "sign"),
    ("exercise_7_1", lambda a, b: (wins(a, b)[0] * len(a), wins(a, b)[1]), "sum"),
    ("exercise_7_1", lambda a, b: (wins(a, b)[0], sum(map(float.__gt__, b.values(), a.values()))), "name"),
    ("exercise_7_1", lambda a, b: wins(a, b)[0], "two numbers"),
    ("exercise_7_1", lambda a, b: (wins(a, b)[0], len(a) - wins(a, b)[1] + 5), "number of wins"),
    ("exercise_7_1", lambda a, b: wins(a, b)[::-1], "wrong order"),
    ("exercise_7_1", lambda a, b: None, "return"),
    ("exercise_7_1", lambda a, b: (wins(a, b)[0], wins(a, b)[1] / len(a)), "do not divide"),
    ("exercise_7_2", lambda e: averages(e)[::-1], "wrong order"),
    (
        "exercise_7_2",
        lambda e: (np.mean(20 * np.log10(255 / np.array(e))), 20 * np.log10(255 / np.mean(e))),
        "10 log10, not 20",
    ),
    ("exercise_7_2", lambda e: averages(e, peak=1), "peak is 1"),
    ("exercise_7_2", lambda e: averages(e, log=np.log), "base 10"),
    ("exercise_7_2", lambda e: averages(e, peak=255**0.5), "squared"),
    ("exercise_7_2", lambda e: averages(e, peak=256), "255"),
    ("exercise_7_2", lambda e: averages(255**2 / e), "plain list"),
    ("exercise_7_2", lambda e: (averages(e)[0], 20 * np.log10(255 / np.mean(np.sqrt(e)))), "roots"),
    ("exercise_7_2", lambda e: averages(e)[0], "two numbers"),
    ("exercise_7_2", lambda e: (averages(e)[0], averages(e)[0]), "second"),
    ("exercise_7_3", lambda f, x: f(x), "1 of the 8"),
    ("exercise_7_3", lambda f, x: ensemble(f, x, versions=4), "4 of the 8"),
    ("exercise_7_3", lambda f, x: ensemble(f, x, total=np.sum), "average"),
    ("exercise_7_3", lambda f, x: ensemble(f, x, mirror_first=True), "undo last"),
    ("exercise_7_3", lambda f, x: ensemble(lambda v: np.asarray(f(v)) + 0.1, x), "lie on each other"),
    ("exercise_7_3", lambda f, x: ensemble(f, x, total=np.median), "median"),
    ("exercise_7_3", lambda f, x: None, "return"),
    ("exercise_7_4", lambda *a: shares(*a, flip=-1), "weakest come first"),
    ("exercise_7_4", lambda h, b, a, n: -shares(h, b, a, n), "sign"),
    ("exercise_7_4", lambda h, b, a, n: shares(h, b, a, n) * np.sum((b - h) ** 2 - (a - h) ** 2), "sums"),
    ("exercise_7_4", lambda *a: shares(*a, power=1), "square"),
    ("exercise_7_4", lambda h, b, a, n: shares(h, b, a, n, edges=b), "not of `before`"),
    ("exercise_7_4", lambda h, b, a, n: shares(h, b, a, n, edges=a), "not of `after`"),
    (
        "exercise_7_4",
        lambda h, b, a, n: [
            part.sum() / np.sum((b - h) ** 2 - (a - h) ** 2)
            for part in np.array_split(((b - h) ** 2 - (a - h) ** 2).ravel(), n)
        ],
        "pieces of the image",
    ),
    ("exercise_7_4", lambda h, b, a, n: shares(h, b, a, n, edges=np.cumsum(h, 0)), "wrong pixels"),
    ("exercise_7_4", lambda h, b, a, n: shares(0 * h, b - a, 0 * h, n, edges=h), "may be negative"),
    ("exercise_7_4", lambda h, b, a, n: clipped_fall(h, b, a, n), "may be negative"),
    ("exercise_7_4", lambda h, b, a, n: shares(h, b, a, n + 1), "shape"),
    ("exercise_7_4", lambda h, b, a, n: 2 * shares(h, b, a, n), "add up to 2"),
    ("exercise_7_4", shares_in_place, "changed an array"),
    ("exercise_7_4", lambda h, b, a, n: None, "return"),
]

RIGHT = [
    ("exercise_7_1", wins),
    ("exercise_7_1", lambda a, b: [np.mean([b[k] - a[k] for k in b]), int(np.sum([b[k] > a[k] for k in b]))]),
    ("exercise_7_2", averages),
    (
        "exercise_7_2",
        lambda e: [sum(48.1308 - 10 * np.log10(x) for x in e) / len(e), 48.1308 - 10 * np.log10(np.mean(e))],
    ),
    ("exercise_7_3", ensemble),
    ("exercise_7_3", ensemble_by_transposing),
    ("exercise_7_4", shares),
    ("exercise_7_4", shares_by_lexsort),
]


@pytest.mark.parametrize("name, answer, word", WRONG)
def test_a_mistake_is_refused_with_a_fitting_hint(name, answer, word):
    hint = getattr(checks, name).hint(answer)
    assert hint is not None and word in hint, hint


@pytest.mark.parametrize("name, answer", RIGHT)
def test_a_right_answer_is_accepted(name, answer):
    assert getattr(checks, name).hint(answer) is None


@pytest.mark.parametrize(
    "name, data, last", [("butterfly", "Set5", 0.79), ("baboon", "Set14", 0.45), ("barbara", "Set14", 0.27)]
)
def test_the_shares_that_exercise_7_4_promises(dataset, name, data, last):
    hr, lr = resample.pair(dataset(data)[name], 3)
    bicubic = resample.enlarge(lr, 3)
    sr = methods.predict(pretrained.load("srcnn-915", 3), bicubic)
    assert shares(hr, bicubic, sr, 4)[-1] == pytest.approx(last, abs=0.006)
