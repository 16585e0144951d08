"""Answers to problem set 1, right and wrong, for any variant: RIGHT and WRONG are functions of it.

RIGHT["1.1"](**variant) is a list of right functions, WRONG["1.1"](**variant) one of (function, a word of the hint),
and PARTLY["1.1"](**variant) lists functions that get half of the points.
"""

import numpy as np


def bc(t, B, C):
    t = np.abs(t)
    inner, outer = pieces(t, B, C)
    return np.where(t < 1, inner, np.where(t < 2, outer, 0.0))


def pieces(t, B, C):
    inner = ((12 - 9 * B - 6 * C) * t**3 + (-18 + 12 * B + 6 * C) * t**2 + 6 - 2 * B) / 6
    outer = (-B - 6 * C) * t**3 + (6 * B + 30 * C) * t**2 - (12 * B + 48 * C) * t + 8 * B + 24 * C
    return inner, outer / 6


def number_by_number(B, C):
    def one(t):
        inner, outer = pieces(abs(t), B, C)
        return inner if abs(t) < 1 else outer if abs(t) < 2 else 0

    return lambda t: np.vectorize(one, otypes=[np.float32])(t)


def from_the_spline(B, C):
    """A share B of the cubic B-spline and Keys' kernels for the rest."""
    from scipy.interpolate import BSpline

    spline = BSpline.basis_element([-2, -1, 0, 1, 2], extrapolate=False)
    return lambda t: bc(t, 0, C) + B * (np.nan_to_num(spline(t)) - bc(t, 0, 0))


def right_kernels(B, C):
    return [lambda t: bc(t, B, C), number_by_number(B, C), from_the_spline(B, C), lambda t: bc(t, B, C).tolist()]


def wrong_kernels(B, C):
    def in_place(t):
        t[:] = np.abs(t)
        return bc(t, B, C)

    return [
        (lambda t: None, "return"),
        (lambda t: pieces(t, B, C)[0] if t < 1 else 0, "np.where"),
        (in_place, "changes an array"),
        (lambda t: bc(t, B, C).astype(np.asarray(t).dtype), "whole numbers"),
        (lambda t: 6 * bc(t, B, C), "six times"),
        (lambda t: bc(t, C, B), "swapped"),
        (lambda t: bc(t, 1 / 3, 1 / 3), "Exercise 2.1"),
        (lambda t: bc(t, 0, C), "B = 0"),
        (lambda t: np.where(t < 1, pieces(t, B, C)[0], np.where(t < 2, pieces(t, B, C)[1], 0)), "negative t"),
        (lambda t: np.where(np.abs(t) < 1, *pieces(np.abs(t), B, C)), "beyond"),
        (lambda t: np.where(np.abs(t) < 1, bc(t, B, C), 0), "piece for 1"),
        (lambda t: bc(t, B, C)[:4], "shape"),
        (lambda t: np.cos(t), "coefficient"),
    ]


def places(n, scale):
    return (np.arange(n * scale) + 0.5) / scale - 0.5


def shift(direction, unit, *, inside=True, half=True, sign=1, one_pixel=False, bright=1):
    vertical, towards = direction in ("down", "up"), 1 if direction in ("right", "down") else -1

    def answer(enlarge, scale):
        ramp = np.tile(np.arange(24.0), (24, 1)) * bright
        large = enlarge(ramp.T, scale)[:, 12 * scale] if vertical else enlarge(ramp, scale)[12 * scale]
        keep = slice(8 * scale, 16 * scale) if inside else slice(None)
        if one_pixel:
            keep = slice(12 * scale, 12 * scale + 1)
        right = places(24, scale) if half else np.arange(24 * scale) / scale
        return sign * towards * float(np.mean((right - large)[keep])) * (scale if unit == "enlarged" else 1)

    return answer


def by_a_fit(direction, unit):
    """The height at the middle of a straight line through many pixels of an eight-bit ramp."""
    vertical, towards = direction in ("down", "up"), 1 if direction in ("right", "down") else -1

    def answer(enlarge, scale):
        ramp = np.arange(30, dtype=np.uint8)[None].repeat(12, axis=0)
        line = enlarge(ramp.T, scale)[:, 6 * scale] if vertical else enlarge(ramp, scale)[6 * scale]
        j = np.arange(10 * scale, 20 * scale)
        slope, start = np.polyfit((j + 0.5) / scale - 0.5, np.asarray(line)[j], 1)
        return np.array([towards * (14.5 - slope * 14.5 - start) * (scale if unit == "enlarged" else 1)])

    return answer


def wrong_shifts(direction, unit):
    turned = {"right": "down", "left": "up", "down": "right", "up": "left"}
    other = "small" if unit == "enlarged" else "enlarged"
    return [
        (lambda enlarge, scale: None, "return"),
        (lambda enlarge, scale: "left", "number"),
        (lambda enlarge, scale: 0, "you return 0"),
        (shift(direction, unit, sign=-1), "this is how far"),
        (shift(direction, other), "in pixels of the"),
        (shift(turned[direction], unit), "this is how far"),
        (shift("right", "enlarged"), "this is how far"),
        (shift(direction, unit, half=False), "half-pixel"),
        (shift(direction, unit, inside=False), "border"),
        (lambda enlarge, scale: round(shift(direction, unit)(enlarge, scale)), ("round", "you return 0")),
        (shift(direction, unit, one_pixel=True), "bends ramps"),
        (shift(direction, unit, bright=255), "rise by 1"),
    ]


def constant(B, *, scale=2, offset=1.25, line=True, of_B=None, divide=True, number=float):
    def answer(enlarge):
        image = np.zeros((16, 16))
        image[8, slice(None) if line else 8] = 1
        centre = 8 * scale + (scale - 1) / 2
        j = round(centre + offset * scale)
        t = abs(j - centre) / scale
        large = enlarge(image, scale)
        weight = large[j, 8 * scale] if line else large[j, j]
        known = (B if of_B is None else of_B) * (-(t**3) + 6 * t**2 - 12 * t + 8) / 6
        part = -(t**3) + 5 * t**2 - 8 * t + 4
        return number((weight - known) / (part if divide else 1))

    return answer


def by_least_squares(B):
    """From a whole row of an enlargement by five."""

    def answer(enlarge):
        image = np.zeros((20, 20))
        image[:, 10] = 1
        row, t = enlarge(image, 5)[50], places(20, 5) - 10
        without, with_one = bc(t, B, 0), bc(t, B, 1)
        part = with_one - without
        return ((row - without) @ part) / (part @ part)

    return answer


def wrong_constants(B):
    return [
        (lambda enlarge: None, "return"),
        (lambda enlarge: 0.4, "every function"),
        (lambda enlarge: -constant(B)(enlarge), "sign"),
        (constant(B, of_B=0), "belongs to B"),
        (constant(B, of_B=B / 2), "belongs to B"),
        (constant(B, divide=False), "times C"),
        (constant(B, line=False), ("product", "draw the row")),
        (constant(B, offset=0.25), ("belongs to B", "more than C")),
        (constant(B, number=lambda value: round(float(value), 1)), "do not round"),
        (lambda enlarge: enlarge(np.zeros(16), 2), "ValueError"),
        (lambda enlarge: enlarge(np.eye(16), 2)[16], "one number"),
    ]


def folded(border, a, *, stretch=True, half=True, normalise=True):
    def answer(n_in, n_out, extra=40):
        x = (np.arange(n_out) + 0.5) * n_in / n_out - 0.5 if half else np.arange(n_out) * n_in / n_out
        width = max(1, n_in / n_out) if stretch else 1
        raw = bc((x[:, None] - np.arange(-extra, n_in + extra)) / width, 0, -a)
        raw = raw / raw.sum(1, keepdims=True) if normalise else raw
        return raw @ np.array([np.pad(pixel, extra, mode=border) for pixel in np.eye(n_in)]).T

    return answer


def pixel_by_pixel(border, a):
    def inside(n, n_in):
        if border == "edge":
            return min(max(n, 0), n_in - 1)
        if border == "wrap":
            return n % n_in
        while not 0 <= n < n_in:
            n = -n if n < 0 else 2 * (n_in - 1) - n
        return n

    def answer(n_in, n_out):
        matrix, width = [[0.0] * n_in for _ in range(n_out)], max(1, n_in / n_out)
        for j in range(n_out):
            x = (j + 0.5) * n_in / n_out - 0.5
            row = {n: float(bc((x - n) / width, 0, -a)) for n in range(-3 * n_in, 4 * n_in)}
            for n, weight in row.items():
                matrix[j][inside(n, n_in)] += weight / sum(row.values())
        return matrix

    return answer


def dropped(a):
    def answer(n_in, n_out):
        x, width = (np.arange(n_out) + 0.5) * n_in / n_out - 0.5, max(1, n_in / n_out)
        raw = bc((x[:, None] - np.arange(n_in)) / width, 0, -a)
        return raw / raw.sum(1, keepdims=True)

    return answer


def wrong_borders(border, a):
    right = folded(border, a)
    other = "edge" if border == "wrap" else "wrap"
    return [
        (lambda n_in, n_out: None, "return"),
        (lambda n_in, n_out: right(n_in, n_out).T, "row of the matrix"),
        (folded("symmetric", a), "another border"),
        (folded(other, a), "another border"),
        (dropped(a), ("look at the first row", "dropped")),
        (folded(border, -0.5), "a = −1/2"),
        (folded(border, a, stretch=False), "stretched"),
        (folded(border, a, normalise=False), "sum to 1"),
        (folded(border, a, half=False), "Eq. (2.9)"),
        (lambda n_in, n_out: 2 * right(n_in, n_out), "first row"),
        (lambda n_in, n_out: np.eye(n_out, n_in) * np.nan, "NaN"),
    ]


RIGHT = {
    "1.1": right_kernels,
    "1.2": lambda direction, unit: [shift(direction, unit), by_a_fit(direction, unit)],
    "1.3": lambda B: [constant(B), constant(B, scale=5, offset=1.6), by_least_squares(B)],
    "1.4": lambda border, a: [folded(border, a), pixel_by_pixel(border, a)],
}
WRONG = {"1.1": wrong_kernels, "1.2": wrong_shifts, "1.3": wrong_constants, "1.4": wrong_borders}
PARTLY = {
    "1.1": lambda B, C: [lambda t: np.where(np.abs(t) < 1, *pieces(np.abs(t), B, C))],
    "1.2": lambda direction, unit: [shift(direction, unit, one_pixel=True)],
    "1.4": lambda border, a: [folded(border, a, stretch=False)],
}
