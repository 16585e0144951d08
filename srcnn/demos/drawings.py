"""The drawn demonstrations: a kernel (chapter 2), a sliding filter (4), a valley (5), a deconvolution (11)."""

import numpy as np

from .. import InputError
from .page import build


def kernel_weights(x, name, a=-0.5):
    """The weights of the four pixels around the place x, the first of them floor(x) - 1; Eq. (2.2) and (2.3)."""
    t = x - (np.floor(x) + np.arange(-1, 3))
    if name == "nearest":
        return np.where((t >= -0.5) & (t < 0.5), 1.0, 0.0)
    t = np.abs(t)
    if name == "linear":
        return np.maximum(0, 1 - t)
    inner, outer = (a + 2) * t**3 - (a + 3) * t**2 + 1, a * (t**3 - 5 * t**2 + 8 * t - 4)
    return np.where(t <= 1, inner, np.where(t < 2, outer, 0.0))


def kernel(x=1.3, a=-0.5):
    """Chapter 2: the weights of an interpolation at x in 0..3, a ramp, and the halo at an edge, for a in -1..0."""
    weights = ", ".join(f"{w:.2f}".replace("-", "−") for w in kernel_weights(x, "cubic", a))
    told = f"Keys' cubic with a = {a:g}".replace("-", "−")
    if not (0 <= x <= 3 and -1 <= a <= 0):
        raise InputError(f"x must lie in 0..3 and a in -1..0; they are {x} and {a}")
    return build("kernel", "a kernel that can be dragged", {}, x=f"{x:g}", a=f"{a:g}", told=told, weights=weights)


FILTERS = [
    (
        "edges (Sobel)",
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        1,
        "Positive where the picture gets brighter to the right.",
    ),
    ("mean", [[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9, "A mean of nine pixels: the letter is blurred."),
    ("sharpen", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 1, "Differences to the four neighbours are exaggerated."),
    ("copy", [[0, 0, 0], [0, 1, 0], [0, 0, 0]], 1, "The pixel in the middle is copied."),
]
"""The filters to choose from: name, whole weights, by what they are divided, and what to notice."""


def sliding_filter(picture=None, place=8):
    """Chapter 4: a 3 × 3 filter moves over a picture, and the output fills.

    picture: whole numbers (H, W), at least 3 × 3; the letter L of Figure 4.3 if there is none.
    place: how many places the filter has been to at the beginning.
    """
    if picture is None:
        picture = np.zeros((6, 8), int)
        picture[1:5, 2:4] = picture[4, 4:6] = 1
    picture = _numbers("the picture", picture)
    if np.ndim(picture) != 2 or min(np.shape(picture)) < 3:
        raise InputError(f"the filter needs a picture of at least 3 × 3 pixels; this has shape {np.shape(picture)}")
    if not np.array_equal(picture, np.rint(picture)):
        raise InputError("the picture must hold whole numbers")
    height, width = np.shape(picture)
    choices = "".join(
        f'<label><input type="radio" name="filter" value="{k}"{" checked" * (k == 0)}>{name}</label>'
        for k, (name, *_) in enumerate(FILTERS)
    )
    filters = [{"weights": weights, "parts": parts, "told": told} for _, weights, parts, told in FILTERS]
    return build(
        "sliding_filter",
        f"a 3 × 3 filter slides over a picture of {height} × {width} pixels",
        {"picture": [[int(value) for value in row] for row in picture], "filters": filters},
        height=height,
        width=width,
        out_height=height - 2,
        out_width=width - 2,
        input_box=f"{40 * width + 2} {40 * height + 2}",
        output_box=f"{40 * (width - 2) + 2} {40 * (height - 2) + 2}",
        last=(height - 2) * (width - 2) - 1,
        place=place,
        choices=choices,
    )


def two_weights(hessian=((2 / 3, 1 / 2), (1 / 2, 2 / 3)), best=(-1.0, 1.0), start=(0.5, -1.2)):
    """Chapter 5: gradient descent in the valley of two weights, and the learning rate at which it breaks.

    hessian: H of Eq. (5.7), (2, 2), symmetric, its eigenvalues above 0 and the larger one in 0.001..100,000; as it
    stands, that of a picture of noise between 0 and 1 without end.
    best, start: the two weights at the lowest point and at the beginning.
    """
    hessian, best, start = (_numbers("H, best and start", values) for values in (hessian, best, start))
    if best.shape != (2,) or start.shape != (2,):
        raise InputError(f"best and start must hold two weights each; they are {best} and {start}")
    if hessian.shape != (2, 2) or not np.allclose(hessian, hessian.T):
        raise InputError(f"the valley of two weights needs a symmetric H (2, 2), not {hessian.tolist()}")
    eigenvalues, directions = np.linalg.eigh(hessian)
    if not (eigenvalues[0] > 0 and 0.001 <= eigenvalues[1] <= 100_000):
        raise InputError(
            "the valley of two weights needs H with two eigenvalues above 0, the larger one in 0.001..100,000; "
            f"they are {eigenvalues[0]:g} and {eigenvalues[1]:g}"
        )
    limit = 2 / eigenvalues[-1]
    digits = max(0, int(np.ceil(np.log10(50 / limit))))  # of the slider's steps
    fine = 10.0**-digits
    largest = fine * np.ceil(1.2 * limit / fine)
    steep = directions[:, -1] * (-1 if directions[0, -1] < 0 else 1)
    return build(
        "two_weights",
        f"gradient descent of two weights; the learning rate has the limit {limit:.{max(2, digits)}f}",
        {
            "hessian": [_rounded(row) for row in hessian],
            "best": _rounded(best),
            "eigenvalues": _rounded(eigenvalues),
            "steep": _rounded(steep),
            "limit": round(float(limit), max(6, digits + 2)),
            "digits": digits,
        },
        limit=f"{limit:.{digits}f}",
        smallest=f"{fine:.{digits}f}",
        largest=f"{largest:.{digits}f}",
        rate=f"{0.85 * limit:.{digits}f}",
        at=f"{(limit - fine) / (largest - fine):.4f}",
        left=f"{start[0]:g}",
        right=f"{start[1]:g}",
    )


def _numbers(what, values):
    """The values as an array of finite floats."""
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if not np.isfinite(array).all():
        raise InputError(f"{what} must hold finite numbers, row by row; not {values}")
    return array


def _rounded(values):
    return [round(float(value), 6) + 0.0 for value in values]  # never -0.0


def checkerboard(kernel=5, stride=2):
    """Chapter 11: how often a deconvolution of kernel 1..9 and stride 1..4 hits each pixel, in a row and in a plane."""
    _check("kernel", kernel, range(1, 10))
    _check("stride", stride, range(1, 5))
    counts = set(hits(12, kernel, stride)[kernel - 1 : kernel - 1 + stride].tolist())
    told = " and ".join(map(str, sorted(counts, reverse=True)))
    about = "how often a deconvolution hits each pixel"
    return build("checkerboard", about, {}, kernel=kernel, stride=stride, told=told)


def _check(name, value, allowed):
    if value not in allowed:
        raise InputError(f"{name}={value} is not one of {', '.join(map(str, allowed))}")


def hits(small, kernel, stride):
    """How many copies lie on each pixel of the large row when `small` pixels paint; Eq. (11.2) with ones."""
    row = np.zeros(stride * (small - 1) + kernel, int)
    for i in range(small):
        row[stride * i : stride * i + kernel] += 1
    return row
