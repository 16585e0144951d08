"""Answers to the exercises of chapter 2: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np

from srcnn import resample

# Exercise 2.1: Mitchell and Netravali's kernel


def pieces(t):
    return (7 * t**3 - 12 * t**2 + 16 / 3) / 6, (-7 / 3 * t**3 + 12 * t**2 - 20 * t + 32 / 3) / 6


def with_where(t):
    inner, outer = pieces(np.abs(t))
    return np.where(np.abs(t) < 1, inner, np.where(np.abs(t) < 2, outer, 0.0))


def number_by_number(t):
    def one(t):
        t = abs(t)
        return pieces(t)[0] if t < 1 else pieces(t)[1] if t < 2 else 0

    return np.vectorize(one, otypes=[np.float32])(t)


def with_masks(t):
    t = np.abs(t)
    result = np.zeros(t.shape)
    result[t < 2] = pieces(t[t < 2])[1]
    result[t < 1] = pieces(t[t < 1])[0]
    return result


def keys(t, a=-0.5):
    t = np.abs(t)
    inner, outer = (a + 2) * t**3 - (a + 3) * t**2 + 1, a * (t**3 - 5 * t**2 + 8 * t - 4)
    return np.where(t <= 1, inner, np.where(t < 2, outer, 0.0))


def mutates(t):
    t[:] = np.abs(t)
    return with_where(t)


def keeps_the_type(t):
    return with_where(t).astype(np.asarray(t).dtype)


def with_if(t):
    return pieces(t)[0] if t < 1 else pieces(t)[1]


# Exercise 2.2: the shift


def places(n, scale):
    return (np.arange(n * scale) + 0.5) / scale - 0.5


def with_the_mean(enlarge, scale, *, unit=1, rows=False, inside=True, right=places):
    ramp = np.tile(np.arange(20.0), (20, 1))
    large = enlarge(ramp.T, scale).T if rows else enlarge(ramp, scale)
    keep = slice(6 * scale, 14 * scale) if inside else slice(None)
    return unit * scale * np.mean(right(20, scale)[keep] - large[10 * scale][keep])


def at_one_pixel(enlarge, scale):
    ramp = np.arange(30, dtype=np.uint8)[None].repeat(9, axis=0)
    j = 15 * scale
    return np.array([scale * ((j + 0.5) / scale - 0.5 - enlarge(ramp, scale)[4 * scale, j])])


def with_a_line(enlarge, scale):
    """A line through many places has its height at the middle one."""
    ramp = np.arange(30, dtype=np.uint8)[None].repeat(9, axis=0)
    j = np.arange(10 * scale, 20 * scale)
    places_read = np.asarray(enlarge(ramp, scale))[4 * scale, j]
    slope, start = np.polyfit((j + 0.5) / scale - 0.5, places_read, 1)
    return np.array([scale * (14.5 - (slope * 14.5 + start))])


# Exercise 2.3: the constant


def line(enlarge, scale=2, bright=1.0):
    image = np.zeros((16, 16))
    image[:, 8] = bright
    return enlarge(image, scale)[8 * scale]


def near_the_line(enlarge):
    return line(enlarge)[19] / (0.25 * 0.75**2)  # k(1.25) = a (1.25 - 1) (1.25 - 2)^2


def by_the_area(enlarge):
    t = places(16, 5) - 8
    outer = (np.abs(t) > 1) & (np.abs(t) < 2)
    return line(enlarge, 5)[outer].sum() / keys(t[outer], 1).sum()


def beside_the_border(enlarge):
    """A line in column 1, read on its left: the mirror of the package brings a second copy."""
    image = np.zeros((16, 16))
    image[:, 1] = 1
    return enlarge(image, 2)[16, 0] / (0.25 * 0.75**2)


def one_bright_pixel(enlarge):
    image = np.zeros((16, 16))
    image[8, 8] = 1
    return enlarge(image, 2)[19, 19] / (0.25 * 0.75**2) ** 2


# Exercise 2.4: the bill


def in_one_line(height, width, scale, support=2):
    taps, n = 2 * support * scale, (height // scale) * (width // scale)
    return height * (width // scale) * taps + n * taps, n * taps**2


def with_arrays(height, width, scale, support=2):
    new = np.array([height, width]) / scale
    taps = 2.0 * support * scale
    steps = [height * new[1], new[0] * new[1]]
    return np.array([taps * sum(steps), taps * taps * new.prod()])


def columns_first(height, width, scale, support=2):
    return in_one_line(width, height, scale, support)  # the same numbers, because both axes shrink alike


def bill(first=None, second=None):
    """A wrong answer: functions of height, width, new height, new width, taps, support and scale."""

    def answer(height, width, scale, support=2):
        right = in_one_line(height, width, scale, support)
        facts = (height, width, height // scale, width // scale, 2 * support * scale, support, scale)
        return first(*facts) if first else right[0], second(*facts) if second else right[1]

    return answer


# Exercise 2.5: MATLAB's border


def weights(n_in, n_out, extra=40, a=-0.5, stretch=True, half=True):
    """The weights of the pixels -extra .. n_in + extra - 1."""
    x = (np.arange(n_out) + 0.5) * n_in / n_out - 0.5 if half else np.arange(n_out) * n_in / n_out
    width = max(1, n_in / n_out) if stretch else 1
    raw = keys((x[:, None] - np.arange(-extra, n_in + extra)) / width, a)
    return raw / raw.sum(1, keepdims=True)


def folded(n_in, n_out, mode="symmetric", **options):
    """Each pixel's column, found by padding one bright pixel at a time."""
    padded = np.array([np.pad(pixel, 40, mode=mode) for pixel in np.eye(n_in)])
    return weights(n_in, n_out, **options) @ padded.T


def pixel_by_pixel(n_in, n_out):
    matrix = [[0.0] * n_in for _ in range(n_out)]
    width = max(1, n_in / n_out)
    for j in range(n_out):
        x = (j + 0.5) * n_in / n_out - 0.5
        row = {n: float(keys((x - n) / width)) for n in range(-n_in, 2 * n_in)}
        for n, weight in row.items():
            inside = -1 - n if n < 0 else 2 * n_in - 1 - n if n >= n_in else n
            matrix[j][inside] += weight / sum(row.values())
    return matrix


def by_the_package(n_in, n_out):
    rows = np.pad(np.eye(n_in, dtype=np.float32), ((0, 0), (3 * n_in, 3 * n_in)), mode="symmetric")
    return resample.resize(rows, n_in, 7 * n_out)[:, 3 * n_out : 4 * n_out].T


def dropped(n_in, n_out, normalise=True):
    inside = weights(n_in, n_out)[:, 40:-40]
    return inside / inside.sum(1, keepdims=True) if normalise else inside


def replaced(n_in, n_out):
    width = max(1, n_in / n_out)
    reach = int(np.ceil(2 * width)) + 1
    matrix = np.zeros((n_out, n_in))
    source = np.pad(np.arange(n_in), reach, mode="symmetric")
    for n, column in zip(source, weights(n_in, n_out, extra=reach).T, strict=True):
        matrix[:, n] = column
    return matrix


def with_fancy_indexing(n_in, n_out):
    """`A[j, q] += w` with a list q takes the last of the weights that meet in one column."""
    width = max(1, n_in / n_out)
    reach = int(np.ceil(2 * width)) + 1
    matrix, source = np.zeros((n_out, n_in)), np.pad(np.arange(n_in), reach, mode="symmetric")
    for j, row in enumerate(weights(n_in, n_out, extra=reach)):
        matrix[j, source] += row
    return matrix / matrix.sum(1, keepdims=True)


def not_normalised(n_in, n_out):
    return folded(n_in, n_out) * max(1, n_in / n_out)


RIGHT = {
    "2.1": [with_where, number_by_number, with_masks],
    "2.2": [with_the_mean, with_a_line],
    "2.3": [near_the_line, by_the_area],
    "2.4": [in_one_line, with_arrays, columns_first],
    "2.5": [folded, pixel_by_pixel, by_the_package],
}

WRONG = {
    "2.1": [
        (lambda t: None, "return"),
        (with_if, "np.where"),
        (mutates, "changes an array"),
        (keeps_the_type, "whole numbers"),
        (lambda t: 6 * with_where(t), "six times"),
        (lambda t: np.where(t < 1, pieces(t)[0], np.where(t < 2, pieces(t)[1], 0)), "negative t"),
        (lambda t: np.where(np.abs(t) < 1, *pieces(np.abs(t))), "beyond"),
        (lambda t: np.where(np.abs(t) < 2, np.where(np.abs(t) < 1, *pieces(np.abs(t))[::-1]), 0), "swapped"),
        (keys, "Keys"),
        (lambda t: np.where(np.abs(t) < 1, with_where(t), 0), "piece for 1"),
        (lambda t: np.where(np.abs(t) < 1, 0, with_where(t)), "piece for |t| < 1"),
        (lambda t: with_where(t)[:5], "shape"),
        (lambda t: np.sqrt(-1 - np.abs(t)), "NaN"),
        (lambda t: np.cos(t), "coefficient"),
        (lambda t: [with_where(x) for x in t] if np.ndim(t) == 1 else np.zeros(2), "2 × 2"),
    ],
    "2.2": [
        (lambda enlarge, scale: None, "return"),
        (lambda enlarge, scale: "left", "number"),
        (lambda enlarge, scale: np.arange(4) * 0, "one number"),
        (lambda enlarge, scale: float("nan"), "nan"),
        (lambda enlarge, scale: -with_the_mean(enlarge, scale), "sign"),
        (lambda enlarge, scale: with_the_mean(enlarge, scale) / scale, "small image"),
        (lambda enlarge, scale: -with_the_mean(enlarge, scale) / scale, "unit"),
        (lambda enlarge, scale: with_the_mean(enlarge, scale, rows=True), "moved down"),
        (lambda enlarge, scale: -with_the_mean(enlarge, scale, rows=True), "sign"),
        (
            lambda enlarge, scale: with_the_mean(enlarge, scale, right=lambda n, r: np.arange(n * r) / r),
            "half-pixel centres",
        ),
        (lambda enlarge, scale: with_the_mean(enlarge, scale, inside=False), "border"),
        (lambda enlarge, scale: round(with_the_mean(enlarge, scale)), "round"),
        (lambda enlarge, scale: 0.77, "know the scale"),
        (lambda enlarge, scale: 0, "you return 0"),
        (at_one_pixel, "bends ramps"),
        (lambda enlarge, scale: at_one_pixel(lambda ramp, scale: enlarge(ramp / 29, scale), scale), "rise by 1"),
        (lambda enlarge, scale: enlarge(np.arange(5), scale), "ValueError"),
    ],
    "2.3": [
        (lambda enlarge: None, "return"),
        (lambda enlarge: -0.5, "every function"),
        (lambda enlarge: -near_the_line(enlarge), "sign"),
        (lambda enlarge: line(enlarge)[19], "divide"),
        (lambda enlarge: line(enlarge, bright=255)[19], "bright"),
        (lambda enlarge: line(enlarge)[19] / keys(1.25, -0.5), "without its factor"),
        (one_bright_pixel, "both axes"),
        (lambda enlarge: line(enlarge)[18], "between 1 and 2"),
        (lambda enlarge: line(enlarge), "one number"),
        (lambda enlarge: near_the_line(enlarge) ** 3 - 1, "draw the row"),
        (lambda enlarge: enlarge(np.zeros(16), 2), "ValueError"),
        (lambda enlarge: round(near_the_line(enlarge), 1), "do not round"),
        (beside_the_border, "keep your line away"),
    ],
    "2.4": [
        (lambda *sizes: None, "return"),
        (lambda *sizes: in_one_line(*sizes)[0], "two numbers"),
        (lambda *sizes: in_one_line(*sizes)[::-1], "swapped"),
        (bill(lambda H, W, h, w, taps, k, s: (H * w + h * w) * 2 * k), "stretched"),
        (bill(lambda H, W, h, w, taps, k, s: (H * w + h * w) * k * s), "left and to the right"),
        (bill(lambda H, W, h, w, taps, k, s: H * w * taps), "second step"),
        (bill(lambda H, W, h, w, taps, k, s: h * w * taps), "first step is missing"),
        (bill(lambda H, W, h, w, taps, k, s: 2 * h * w * taps), "not only on the new"),
        (bill(lambda H, W, h, w, taps, k, s: 2 * H * w * taps), "new height"),
        (bill(lambda H, W, h, w, taps, k, s: 17), "how many pixels"),
        (bill(second=lambda H, W, h, w, taps, k, s: h * w * (2 * k) ** 2), "both axes"),
        (bill(second=lambda H, W, h, w, taps, k, s: h * w * taps), "square"),
        (bill(second=lambda H, W, h, w, taps, k, s: H * W * taps**2), "each new pixel"),
        (bill(second=lambda H, W, h, w, taps, k, s: 17), "old pixels in the square"),
    ],
    "2.5": [
        (lambda n_in, n_out: None, "return"),
        (lambda n_in, n_out: folded(n_in, n_out).T, "row of the matrix"),
        (dropped, "dropped"),
        (lambda n_in, n_out: dropped(n_in, n_out, normalise=False), "outside are missing"),
        (lambda n_in, n_out: folded(n_in, n_out, "edge"), "repeat the edge"),
        (lambda n_in, n_out: folded(n_in, n_out, "reflect"), "mirror lies"),
        (lambda n_in, n_out: folded(n_in, n_out, "wrap"), "mirror"),
        (replaced, "added"),
        (with_fancy_indexing, "np.add.at"),
        (lambda n_in, n_out: folded(n_in, n_out, stretch=False), "stretched"),
        (not_normalised, "sum to 1"),
        (lambda n_in, n_out: folded(n_in, n_out, a=-0.75), "-3/4"),
        (lambda n_in, n_out: folded(n_in, n_out, half=False), "Eq. (2.9)"),
        (lambda n_in, n_out: 2 * folded(n_in, n_out), "sum to 1"),
        (lambda n_in, n_out: np.eye(n_out, n_in) * np.nan, "NaN"),
        (lambda n_in, n_out: np.full((n_out, n_in), 1 / n_in), "values"),
    ],
}
