"""Answers to the exercises of chapter 8: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np


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


def shares_of_pieces(hr, before, after, parts):
    fall = ((before - hr) ** 2 - (after - hr) ** 2).ravel()
    return [part.sum() / fall.sum() for part in np.array_split(fall, parts)]


def means_of_groups(hr, before, after, parts):
    fall = ((before - hr) ** 2 - (after - hr) ** 2).ravel()
    order = np.argsort(np.hypot(*np.gradient(hr)), axis=None)
    return [group.mean() for group in np.array_split(fall[order], parts)]


def shares_by_sorting_rows(hr, before, after, parts):
    down, across = np.gradient(np.asarray(hr))
    rows = sorted(zip((down**2 + across**2).flat, ((before - hr) ** 2 - (after - hr) ** 2).flat, strict=True))
    falls = [fall for _, fall in rows]
    size, more = divmod(len(falls), parts)
    ends = np.cumsum([size + (k < more) for k in range(parts)])
    return [sum(falls[end - size - (k < more) : end]) / sum(falls) for k, end in enumerate(ends)]


RIGHT = {
    "8.1": [wins, lambda a, b: [np.mean([b[k] - a[k] for k in b]), int(np.sum([b[k] > a[k] for k in b]))]],
    "8.2": [
        averages,
        lambda e: [sum(48.1308 - 10 * np.log10(x) for x in e) / len(e), 48.1308 - 10 * np.log10(np.mean(e))],
    ],
    "8.3": [ensemble, ensemble_by_transposing],
    "8.4": [shares, shares_by_sorting_rows],
}

WRONG = {
    "8.1": [
        (lambda a, b: (-wins(a, b)[0], wins(a, b)[1]), "sign"),
        (lambda a, b: (wins(a, b)[0] * len(a), wins(a, b)[1]), "sum"),
        (lambda a, b: (wins(a, b)[0], sum(map(float.__gt__, b.values(), a.values()))), "name"),
        (lambda a, b: wins(a, b)[0], "two numbers"),
        (lambda a, b: (wins(a, b)[0], len(a) - wins(a, b)[1] + 5), "number of wins"),
        (lambda a, b: wins(a, b)[::-1], "wrong order"),
        (lambda a, b: None, "return"),
        (lambda a, b: (wins(a, b)[0], wins(a, b)[1] / len(a)), "do not divide"),
    ],
    "8.2": [
        (lambda e: averages(e)[::-1], "wrong order"),
        (lambda e: (np.mean(20 * np.log10(255 / np.array(e))), 20 * np.log10(255 / np.mean(e))), "10 log10, not 20"),
        (lambda e: averages(e, peak=1), "peak is 1"),
        (lambda e: averages(e, log=np.log), "base 10"),
        (lambda e: averages(e, peak=255**0.5), "squared"),
        (lambda e: averages(e, peak=256), "255"),
        (lambda e: averages(255**2 / e), "plain list"),
        (lambda e: (averages(e)[0], 20 * np.log10(255 / np.mean(np.sqrt(e)))), "roots"),
        (lambda e: averages(e)[0], "two numbers"),
        (lambda e: (averages(e)[0], averages(e)[0]), "first again"),
        (lambda e: tuple(10 * np.log10(255 / np.sqrt([10 ** np.mean(np.log10(e)), np.mean(e)]))), "takes 20 log10"),
    ],
    "8.3": [
        (lambda f, x: f(x), "1 of the 8"),
        (lambda f, x: ensemble(f, x, versions=4), "4 of the 8"),
        (lambda f, x: ensemble(f, x, total=np.sum), "average"),
        (lambda f, x: ensemble(f, x, mirror_first=True), "undo last"),
        (lambda f, x: ensemble(lambda v: np.asarray(f(v)) + 0.1, x), "lie on each other"),
        (lambda f, x: ensemble(f, x, total=np.median), "median"),
        (lambda f, x: None, "return"),
    ],
    "8.4": [
        (lambda *a: shares(*a, flip=-1), "weakest come first"),
        (lambda h, b, a, n: -shares(h, b, a, n), "sign"),
        (lambda h, b, a, n: shares(h, b, a, n) * np.sum((b - h) ** 2 - (a - h) ** 2), "sums"),
        (lambda *a: shares(*a, power=1), "square"),
        (lambda h, b, a, n: shares(h, b, a, n, edges=b), "not of `before`"),
        (lambda h, b, a, n: shares(h, b, a, n, edges=a), "not of `after`"),
        (shares_of_pieces, "pieces of the image"),
        (means_of_groups, "means over the groups"),
        (lambda h, b, a, n: shares(h, b, a, n, edges=np.cumsum(h, 0)), "wrong pixels"),
        (lambda h, b, a, n: shares(0 * h, b - a, 0 * h, n, edges=h), "may be negative"),
        (lambda h, b, a, n: clipped_fall(h, b, a, n), "may be negative"),
        (lambda h, b, a, n: shares(h, b, a, n + 1), "shape"),
        (lambda h, b, a, n: 2 * shares(h, b, a, n), "add up to 2"),
        (shares_in_place, "changes an array"),
        (lambda h, b, a, n: None, "return"),
    ],
}
