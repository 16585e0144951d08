"""The checks of chapter 7: the mistakes that people make are refused with a fitting hint, right answers accepted."""

import numpy as np
import pytest

from srcnn import checks, degrade


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


def project(sr, lr, scale, rounds=20, sign=1):
    for _ in range(rounds):
        sr = sr + sign * degrade.enlarge(lr - degrade.downscale(sr, scale), scale)
    return sr


def project_in_place(sr, lr, scale, rounds=20):
    for _ in range(rounds):
        sr += degrade.enlarge(lr - degrade.downscale(sr, scale), scale)
    return sr


def project_from_the_start(sr, lr, scale, rounds=20):
    for _ in range(rounds):
        new = sr + degrade.enlarge(lr - degrade.downscale(sr, scale), scale)
    return new


WRONG = [
    ("exercise_7_1", lambda a, b: (-wins(a, b)[0], wins(a, b)[1]), "sign"),
    ("exercise_7_1", lambda a, b: (wins(a, b)[0] * len(a), wins(a, b)[1]), "sum"),
    ("exercise_7_1", lambda a, b: (wins(a, b)[0], sum(map(float.__gt__, b.values(), a.values()))), "name"),
    ("exercise_7_1", lambda a, b: wins(a, b)[0], "two numbers"),
    ("exercise_7_1", lambda a, b: (wins(a, b)[0], len(a) - wins(a, b)[1] + 5), "number of wins"),
    ("exercise_7_1", lambda a, b: wins(a, b)[::-1], "wrong order"),
    ("exercise_7_1", lambda a, b: None, "return"),
    ("exercise_7_2", lambda e: averages(e)[::-1], "wrong order"),
    ("exercise_7_2", lambda e: averages(e, peak=1), "peak is 1"),
    ("exercise_7_2", lambda e: averages(e, log=np.log), "base 10"),
    ("exercise_7_2", lambda e: averages(e, peak=255**0.5), "squared"),
    ("exercise_7_2", lambda e: averages(e, peak=256), "255"),
    ("exercise_7_2", lambda e: averages(255**2 / e), "plain list"),
    ("exercise_7_2", lambda e: averages(e)[0], "two numbers"),
    ("exercise_7_2", lambda e: (averages(e)[0], averages(e)[0]), "second"),
    ("exercise_7_3", lambda f, x: f(x), "1 of the 8"),
    ("exercise_7_3", lambda f, x: ensemble(f, x, versions=4), "4 of the 8"),
    ("exercise_7_3", lambda f, x: ensemble(f, x, total=np.sum), "average"),
    ("exercise_7_3", lambda f, x: ensemble(f, x, mirror_first=True), "undo last"),
    ("exercise_7_3", lambda f, x: ensemble(lambda v: np.asarray(f(v)) + 0.1, x), "lie on each other"),
    ("exercise_7_3", lambda f, x: ensemble(f, x, total=np.median), "median"),
    ("exercise_7_3", lambda f, x: None, "return"),
    ("exercise_7_4", lambda sr, lr, scale: project(sr, lr, scale, sign=-1), "sign"),
    ("exercise_7_4", project_in_place, "sr = sr +"),
    ("exercise_7_4", project_from_the_start, "every round"),
    ("exercise_7_4", lambda sr, lr, scale: project(sr, lr, scale, rounds=1), "every round"),
    ("exercise_7_4", lambda sr, lr, scale: sr + 20 * degrade.enlarge(lr - degrade.downscale(sr, scale), scale), "anew"),
    ("exercise_7_4", lambda sr, lr, scale: lr, "shape"),
    ("exercise_7_4", lambda sr, lr, scale: project(sr, lr, scale) * np.nan, "NaN"),
    ("exercise_7_4", lambda sr, lr, scale: None, "return"),
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
    ("exercise_7_4", project),
    ("exercise_7_4", lambda sr, lr, scale: project(sr, lr, scale, rounds=40).astype(np.float64)),
]


@pytest.mark.parametrize("name, answer, word", WRONG)
def test_a_mistake_is_refused_with_a_fitting_hint(name, answer, word):
    hint = getattr(checks, name).hint(answer)
    assert hint is not None and word in hint, hint


@pytest.mark.parametrize("name, answer", RIGHT)
def test_a_right_answer_is_accepted(name, answer):
    assert getattr(checks, name).hint(answer) is None
