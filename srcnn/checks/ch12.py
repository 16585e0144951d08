"""Checks of chapter 12, beyond the mean squared error."""

import numpy as np

from .. import resample
from ._check import Hint, ask, check, compare, like, number, parts, whole


@check
def exercise_12_1(safest, rng):
    edges = np.array([[[0, 0, 0, 1, 1, 1, 1, 1]], [[0, 0, 0, 0, 1, 1, 1, 1]]], float)
    cases = [(rng.random((3, 4, 5)), np.array([0.5, 0.25, 0.25])), (edges, np.array([0.5, 0.5]))]
    for pictures, chances in cases:
        right, error = _safest(pictures, chances)
        where = f"{len(pictures)} pictures: "
        answer, given = parts(ask(safest, pictures, chances), 2, "two things, the answer and its error", where)
        even = _safest(pictures, np.full(len(pictures), 1 / len(pictures)))[0]
        slips = [
            (pictures[chances.argmax()], "the likeliest picture is not the safest answer: sharp answers cost more"),
            (even, "the pictures do not count alike: weigh each with its probability"),
            (pictures.sum(0), "a sum is not a mean: weigh each picture with its probability"),
        ]
        if hint := compare(answer, right, slips, where + "the answer: "):
            return hint
        squares = np.square(pictures - right)
        slips = [
            (squares.mean(), "the errors do not count alike: weigh each with the probability of its picture"),
            (squares.mean((1, 2)).sum(), "weigh the error of each picture with its probability"),
            (error * right.size, "the error is a mean over the pixels, not a sum"),
            (error**0.5, "the *squared* error is asked for, without a root"),
            (0, "an error of 0 would say that the answer is always right; it is compared with each possible truth"),
        ]
        if hint := compare(number(given, "for the error your function"), error, slips, where + "the error: ", 1e-6):
            return hint
    return None


def _safest(pictures, chances):
    answer = np.tensordot(chances, pictures, 1)
    return answer, float(chances @ np.square(pictures - answer).mean((1, 2)))


@check
def exercise_12_2(attend, rng):
    for channels, few, v2_size in ((3, 2, 1.0), (8, 2, 0.0), (6, 3, 2.0), (*whole(rng, (4, 8), (2, 3)), 1.5)):
        x, v1 = rng.normal(1, 1, size=(4, 5, channels)), np.abs(rng.normal(size=(channels, few)))
        x[..., 0] -= 1.5  # one of the means is negative
        v1[:, 1] *= -1  # one of the numbers between is negative, and so are some behind
        v2 = v2_size * rng.normal(size=(few, channels))
        means = x.mean((0, 1))
        hidden = np.maximum(means @ v1, 0)
        straight, squashed = means @ v1 @ v2, _sigmoid(hidden @ v2)
        slips = [
            (np.broadcast_to(squashed, x.shape), "these are the factors; multiply x by them"),
            (squashed, "these are the factors; multiply x by them"),
            (x * (hidden @ v2), "the sigmoid is missing: factors lie between 0 and 1"),
            (x * _sigmoid(straight), "the max with 0 between the two layers is missing"),
            (x * _sigmoid(np.maximum(means, 0) @ v1 @ v2), "the max with 0 comes after V1, not before it"),
            (
                x * _sigmoid(np.maximum(np.maximum(means, 0) @ v1, 0) @ v2),
                "means may be negative: the max with 0 comes after V1 alone",
            ),
            (x * _sigmoid(np.maximum(hidden @ v2, 0)), "there is a max with 0 after the first layer only"),
            (x * _sigmoid(-(hidden @ v2)), "the sigmoid has the wrong sign in its exponent"),
            (x + squashed, "channels are multiplied by their factors; nothing is added"),
            (x * (1 + squashed), "channels are multiplied by their factors; nothing is added"),
            (x * _sigmoid(np.maximum(x @ v1, 0) @ v2), "the factors come from the means over the picture, not pixels"),
            (x * _sigmoid(np.maximum(x.sum((0, 1)) @ v1, 0) @ v2), "means, not sums, over rows and columns"),
            (x * _sigmoid(np.maximum(x.max((0, 1)) @ v1, 0) @ v2), "means, not maxima, over rows and columns"),
        ]
        where = f"{channels} channels, {few} between: "
        if hint := compare(ask(attend, x, v1, v2), x * squashed, slips, where):
            return hint
    return None


def _sigmoid(t):
    return 1 / (1 + np.exp(-t))


@check
def exercise_12_3(distance, rng):
    heaps = [
        (rng.normal(size=n), 0.3 + 2 * rng.normal(size=m))
        for n, m in ((7, 4), (5, 15), (6, 6), whole(rng, (3, 12), (3, 12)))
    ]
    heaps += [(rng.integers(0, 4, 9).astype(float), rng.integers(0, 4, 6).astype(float))]
    heaps += [(np.array([0.0, 1.0]), np.array([0.0])), (np.ones(3), np.ones(5))]
    for first, second in heaps:
        given, right = number(ask(distance, first, second)), _distance(first, second)
        n, signed = min(len(first), len(second)), _distance(first, second, "signed")
        cut, ends = np.abs(np.sort(first)[:n] - np.sort(second)[:n]), np.sort(np.concatenate([first, second]))
        slips = [
            (_distance(first, second, "counts"), "divide each count by the size of its own heap: shares, not counts"),
            (_distance(first, second, "left"), 'a share counts the numbers up to t, t included: side="right"'),
            (_distance(first, second, "widths"), "each difference of shares counts with the width of its step"),
            (abs(signed), "take the absolute value before adding up: work does not cancel"),
            (-abs(signed), "take the absolute value: work is never negative"),
            (_distance(first, second, "worst"), "that is the largest difference of the shares; the area is asked for"),
            (cut.mean(), "do not cut the larger heap: all its numbers count"),
            (abs(first.mean() - second.mean()), "two heaps can have one mean and still be far apart"),
            (ends[-1] - ends[0], "that is the width of all numbers, not the area between the staircases"),
        ]
        where = f"heaps of {len(first)} and {len(second)}: got {given:.4g}; "
        otherwise = "the area between the two staircases is another; are both heaps and all the t in order?"
        if hint := compare(given, right, slips, where, 1e-6, otherwise=otherwise):
            return hint
    return None


def _distance(first, second, slip=None):
    steps = np.sort(np.concatenate([first, second]))
    side = "left" if slip == "left" else "right"
    shares = [
        np.searchsorted(np.sort(heap), steps[:-1], side=side) / (1 if slip == "counts" else len(heap))
        for heap in (first, second)
    ]
    gaps, widths = shares[0] - shares[1], np.diff(steps)
    if slip == "worst":
        return float(np.abs(gaps).max())
    if slip == "signed":
        return float(np.sum(gaps * widths))
    return float(np.sum(np.abs(gaps) * (1 if slip == "widths" else widths)))


@check
def exercise_12_4(consistent, rng):
    hr = np.clip(rng.random((24, 36)).cumsum(0).cumsum(1) / 300, 0, 1)
    for scale, limit, most in ((2, 1e-3, 50), (3, 0.5 / 255, 50), (4, 1e-6, 3)):
        lr = resample.downscale(hr, scale)
        noisy = hr + 0.2 * rng.normal(size=hr.shape)
        starts = {
            "a picture that fits already": hr,
            "a noisy one": noisy,
            "another noisy one": _one_sided(hr, lr, scale, limit, most, rng),
        }
        for name, start in {**starts, "a brighter one": hr + 0.3}.items():
            where = f"x{scale}, {name}: "
            right, rounds = _consistent(start, lr, scale, limit, most)
            options = {"limit": limit, "most": most}
            given, count = parts(ask(consistent, start, lr, scale, **options), 2, "the picture and the rounds", where)
            given = like(given, right, where)
            slips = [
                (_consistent(start, lr, scale, limit, most, sign=-1)[0], "add what is missing; you take it away"),
                (
                    _consistent(start, lr, scale, limit, most, mean=True)[0],
                    "the *largest* error must be below the limit",
                ),
                (_consistent(start, lr, scale, limit, most, signed=True)[0], "an error may be negative: take np.abs"),
                (
                    _consistent(start, lr, scale, limit, most, outside=True)[0],
                    "the largest error may be a negative one: the absolute value comes before the maximum",
                ),
                (_consistent(start, lr, scale, 0, most)[0], "stop as soon as the largest error is below the limit"),
                (_consistent(start, lr, scale, 0, 1)[0], "one round is not enough: repeat it"),
                (right.clip(0, 1), "do not clip: the corrected picture may leave 0..1 a little"),
                (start, "the picture comes back as it was; does it shrink to lr?"),
            ]
            if hint := compare(given, right, slips, where):
                return hint
            if number(count, "for the rounds your function") != rounds:
                raise Hint(f"{where}the picture is right; it took {rounds} rounds, not {number(count):g}")
    return None


def _one_sided(hr, lr, scale, limit, most, rng):
    """A noisy picture whose largest error, a round before the end, is a negative one, if a few draws give one."""
    for _ in range(40):
        start = hr + 0.2 * rng.normal(size=hr.shape)
        sides = (_consistent(start, lr, scale, limit, most, outside=outside)[1] for outside in (False, True))
        if len(set(sides)) == 2:
            break
    return start


def _consistent(sr, lr, scale, limit, most, sign=1, mean=False, signed=False, outside=False):
    for count in range(most + 1):
        missing = lr - resample.downscale(sr, scale)
        size = missing if signed or outside else np.abs(missing)
        largest = size.mean() if mean else size.max()
        if (abs(largest) if outside else largest) < limit or count == most:
            return sr, count
        sr = sr + sign * resample.enlarge(missing, scale)
