"""The checks of chapter 3: a PSNR, a brightness, SSIM from five means, a verdict, the whole protocol."""

import functools
import warnings

import numpy as np

from .. import datasets, resample
from ._check import ask, check, compare, decimal, explain, number, whole


@check
def exercise_3_1(psnr, rng):
    """PSNR of any type, shape and peak."""
    small = rng.integers(0, 5, (6, 8)).astype(np.uint8)
    (drawn,) = whole(rng, (300, 5000))
    cases = [
        ("decimals, peak 255", rng.random((6, 8)) * 255, rng.random((6, 8)) * 255, 255),
        ("decimals, peak 1", rng.random((6, 8)), rng.random((6, 8)), 1),
        (f"decimals, peak {drawn}", *rng.random((2, 6, 8)) * drawn, drawn),
        ("uint8, small differences", small, small[::-1], 255),
        ("uint8, large differences", *rng.integers(0, 256, (2, 9, 7)).astype(np.uint8), 255),
        ("uint8, colour", *rng.integers(0, 256, (2, 6, 5, 3)).astype(np.uint8), 255),
        ("uint16, peak 65535", *rng.integers(0, 65536, (2, 6, 8)).astype(np.uint16), 65535),
    ]
    for name, hr, sr, peak in cases:
        given = number(ask(psnr, hr, sr, peak), f"{name}: your function")
        slips, otherwise = _psnr_slips(hr, sr, peak), f"you find {given:.2f} dB, which is not Eq. (3.2)"
        if hint := compare(given, _psnr(hr, sr, peak), slips, f"{name}: ", 1e-4, otherwise):
            return hint
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        equal = psnr(small, small.copy(), 255)
    if caught:
        return "two equal pictures: NumPy warns about a division by zero; look at the error before you divide"
    if equal is None or np.ndim(equal) or not np.isposinf(float(equal)):
        return f"two equal pictures: the PSNR is np.inf; you return {equal}"
    return None


def _psnr(hr, sr, peak, kind=float, squared=float):
    """Eq. (3.2), or what comes out if the differences or their squares are of another type."""
    with np.errstate(all="ignore"):
        error = np.mean((hr.astype(kind) - sr.astype(kind)).astype(squared) ** 2)
        return 20 * np.log10(float(peak)) - 10 * np.log10(error)


def _psnr_slips(hr, sr, peak):
    right, tens = _psnr(hr, sr, peak), 20 * np.log10(float(peak))
    for decimals in range(4):
        yield np.round(right, decimals), "this is the right number, rounded; do not round"
    yield 2 * right, "an MSE is already squared: 10 log10, not 20"
    yield right / 2, "the peak is squared in Eq. (3.2)"
    yield right - tens / 2, "the peak is squared in Eq. (3.2)"
    yield right * np.log(10), "decibels use the logarithm to base 10"
    yield -right, "the fraction is upside down: the peak belongs on top, the error below"
    yield right - 10 * np.log10(hr.size), "this is the sum of the squares; take their mean"
    yield tens - 20 * np.log10(np.mean(abs(hr.astype(float) - sr))), "take the mean of the squares"
    yield right - tens + 20 * np.log10(255), "use `peak`, not 255"
    yield right - tens, "use `peak`, not 1"
    if hr.dtype.kind == "u":
        for squared in (hr.dtype, float):
            wrapped = _psnr(hr, sr, peak, hr.dtype, squared)
            yield wrapped, "the differences wrap around; turn the pixels into decimals first"
    else:
        yield _psnr(hr, sr, peak, int), "astype(int) cuts the decimals off; use astype(float)"
    if hr.ndim == 3:
        yield right - 10 * np.log10(3), "divide by the number of values: each pixel has three of them"
        each = [_psnr(hr[..., k], sr[..., k], peak) for k in range(3)]
        yield np.mean(each), "one mean over all values, and not the mean of three PSNRs"


@check
def exercise_3_2(brightness_for, rng):
    """The constant change with a given PSNR."""
    for decibels in (20.0, 24.0, 48.13, 31.5, 60.0, 0.0, decimal(rng, 1, 55), decimal(rng, 1, 55)):
        right = 255 / 10 ** (decibels / 20)
        given = number(ask(brightness_for, decibels))
        slips = [
            (255 / 10 ** (decibels / 10), "the MSE is the *square* of the change"),
            (right**2, "this is the MSE; the change is its root"),
            (right / 255, "this is for pixels in 0..1; the peak is 255"),
            (255 / np.exp(decibels / 20), "decibels use the logarithm to base 10"),
            (255 * 10 ** (decibels / 20), "a larger PSNR means a smaller change"),
            (-right, "the change makes the picture brighter: it is positive"),
            (round(right), "do not round; the PSNR would not be exact"),
        ]
        otherwise = f"a change of {given:.3g} has the PSNR {20 * np.log10(255 / abs(given or 1e-9)):.2f} dB"
        if hint := compare(given, right, slips, f"{decibels} dB: ", 1e-3 * max(right, 1), otherwise):
            return hint
    return None


SSIM_SLIPS = [
    ({"centred": False}, "the variance is the mean of the squares minus the squared mean; covariance likewise"),
    ({"variance_centred": False}, "the variance is the mean of the squares minus the squared mean"),
    ({"c2": (0.03 * 255) ** 2 / 2}, "Eq. (3.6) has C2 in both numerator and denominator; C3 belongs to Eq. (3.3)"),
    ({"covariance_centred": False}, "the covariance is the mean of x times y, minus the product of the means"),
    ({"peak": 1}, "the constants are those of pixels in 0..255, Eq. (3.4)"),
    ({"square": False}, "the constants are squared, Eq. (3.4)"),
    ({"swap": True}, "C1 belongs to the means, C2 to the variances"),
    ({"two_c": 0.5}, "the numerator has C2, the same constant as the denominator; C3 belongs to Eq. (3.3)"),
    ({"two": 1}, "the numerator has *twice* the product of the means and *twice* the covariance"),
    ({"structure_only": True}, "the luminance factor is missing"),
    ({"luminance_only": True}, "the contrast and the structure are missing"),
    ({"contrast_instead": True}, "the numerator has the covariance, not the product of the standard deviations"),
    ({"deviations": True}, "the denominator has the variances, not the standard deviations"),
]


@check
def exercise_3_3(ssim_from_means, rng):
    """SSIM from the local means of x, y, xx, yy and xy."""
    means = _five_means(rng)
    given, right = ask(ssim_from_means, *means), _ssim(*means)
    problem = compare(given, right)
    if problem is None:
        return None
    if np.asarray(given, object).ndim == 0:
        return "you return one number; return the map, one number for each place"
    if "NaN" in problem and np.allclose(given, _ssim(*means, c1=0, c2=0), atol=1e-6, equal_nan=True):
        return "the constants C1 and C2 are missing: in a flat piece you divide 0 by 0"
    slips = [(_ssim(*means, **slip), hint) for slip, hint in SSIM_SLIPS]
    slips.append((1 - right, "equal pictures have an SSIM of 1; yours is one minus the right map"))
    return compare(given, right, slips, otherwise=f"{problem}; compare each part with Eq. (3.6)")


def _five_means(rng):
    """Means of random pieces, a flat piece among them: shape (3, 4)."""
    x = rng.random((3, 4, 25)) * rng.integers(20, 255, (3, 4, 1))
    y = 0.6 * x + rng.random((3, 4, 25)) * 60
    x[0, 0], y[0, 0] = 7, 9
    x[2, 1] = 200 - y[2, 1]
    return [mean.mean(-1) for mean in (x, y, x * x, y * y, x * y)]


def _ssim(
    mx, my, mxx, myy, mxy, *, centred=True, variance_centred=True, covariance_centred=True, peak=255, square=True,
    swap=False, c1=None, c2=None, two=2, two_c=1, structure_only=False, luminance_only=False, contrast_instead=False,
    deviations=False,
):  # fmt: skip
    """Eq. (3.6), right by default, with one of the usual slips on request."""
    power = 2 if square else 1
    c1 = (0.01 * peak) ** power if c1 is None else c1
    c2 = (0.03 * peak) ** power if c2 is None else c2
    if swap:
        c1, c2 = c2, c1
    vx, vy = (mxx - mx**2, myy - my**2) if centred and variance_centred else (mxx, myy)
    vx, vy = np.maximum(vx, 0), np.maximum(vy, 0)
    covariance = mxy - mx * my if centred and covariance_centred else mxy
    if contrast_instead:
        covariance = np.sqrt(vx * vy)
    if deviations:
        vx, vy = np.sqrt(vx), np.sqrt(vy)
    with np.errstate(all="ignore"):
        luminance = (two * mx * my + c1) / (mx**2 + my**2 + c1)
        rest = (two * covariance + two_c * c2) / (vx + vy + c2)
    return rest if structure_only else luminance if luminance_only else luminance * rest


@check
def exercise_3_4(verdict, rng):
    """What was done to get from MSEs to a printed PSNR."""
    drawn = [decimal(rng, 2, 20, 1), *(decimal(rng, 100, 900, 1) for _ in range(*whole(rng, (1, 4))))]
    for errors in ([100.0, 400.0], [25.0, 90.0, 700.0], [60.0], [3.0, 3.5], [10.0, 20.0, 40.0, 80.0, 1000.0], drawn):
        for word, printed in _verdicts(errors):
            needs_array = "your code fails on a plain list; begin with `errors = np.asarray(errors)`"
            with explain(dict.fromkeys(("'list'", "concatenate list", "multiply sequence"), needs_array)):
                given = ask(verdict, errors, printed)
            if not isinstance(given, str):
                return f"return one of the five words; you return {type(given).__name__}"
            if given not in ("fine", "pooled", "channels", "peak", "unknown"):
                return f"{given!r} is not one of the five words"
            if given != word:
                return f"MSEs {errors}, printed {printed}: you say {given!r}; {_wrong_word(given, word, errors)}"
    return None


def _verdicts(errors):
    """Pairs (the right word, a printed PSNR)."""
    mean = float(np.mean(10 * np.log10(255**2 / np.array(errors))))
    pooled = float(10 * np.log10(255**2 / np.mean(errors)))
    beside = [round(mean, 2) + step for step in (-0.01, 0.01)]
    beside = [value for value in beside if 0.006 < abs(value - mean) < 0.0095 and len(errors) > 1]
    pairs = [
        ("fine", mean),
        ("pooled" if len(errors) > 1 else "fine", pooled),
        ("channels", mean + 10 * np.log10(3)),
        ("peak", mean - 20 * np.log10(255)),
        *[("unknown", value) for value in (mean + 2.2, *beside)],
    ]
    return [(word, round(float(value), 2)) for word, value in pairs]


def _wrong_word(given, right, errors):
    if right == "channels" and given == "unknown":
        return "each right PSNR is that of a third of the printed MSE, 10 log10(3) more (4.77 is rounded, too)"
    if len(errors) == 1 and given == "pooled":
        return 'of one image both averages are the same, and then "fine" comes first'
    if given == "unknown":
        return f"compute what it would be if it were {right!r}; a printed number is rounded"
    if right == "unknown":
        return "none of the four explanations gives this number, rounded to two decimals"
    if right == "channels":
        return "an MSE that is three times too large has a PSNR that is too small"
    return f"what would that number be, to two decimals, if {given!r} were right?"


@check
def exercise_3_5(score, rng):
    """The whole protocol on a list of photographs, with any method."""
    sample = _sample()
    shapes = {"astronaut": (121, 119), "coffee": (98, 147), "camera": (103, 117)}  # colour, colour, grey
    crops = []
    for name, (height, width) in shapes.items():  # 121 and 119 divide by none of the scales
        top, left = whole(rng, (30, 90), (140, 200))
        crops.append(sample[name][top : top + height, left : left + width])
    offset = [np.ascontiguousarray(crops[1][::2, ::2]), crops[2], crops[0]]
    letters = 255 * (rng.random((31, 37)) > 0.5).astype(np.uint8).repeat(3, 0).repeat(3, 1)

    def called(lr, scale):
        if np.ndim(lr) != 2:
            raise ValueError(f"enlarge() wants luma (H, W); this has shape {np.shape(lr)}")
        return resample.enlarge(lr, scale)

    def brighter(lr, scale):  # goes above 1, and is not symmetric at its border
        return resample.enlarge(lr, scale) * 1.2 - 0.02

    cases = [(crops, 3, called), (offset, 2, brighter), (crops[:2], 4, brighter), ([letters], 2, called)]
    for photographs, scale, enlarge in cases:
        given, right = number(ask(score, photographs, scale, enlarge)), _score(photographs, scale, enlarge)
        otherwise = f"you find {given:.3f} dB; compare with section 3.5 step by step"
        slips = _score_slips(photographs, scale, enlarge)
        if hint := compare(given, right, slips, f"×{scale}: ", 2e-4, otherwise):
            return hint
    return None


@functools.cache
def _sample():
    return datasets.load("sample")


def _weighted(red, green, blue, offset=0.0):
    """Luma of a colour photograph: a weighted sum."""
    return lambda photograph: offset + photograph @ np.array([red, green, blue])


_studio = _weighted(65.481 / 255, 128.553 / 255, 24.966 / 255, offset=16)


def _luma(photograph, whole=np.rint, weighted=_studio):
    """Step 1."""
    return photograph.astype(float) if photograph.ndim == 2 else whole(weighted(photograph))


def _crop(y, scale):
    """Step 2."""
    return y[: y.shape[0] - y.shape[0] % scale, : y.shape[1] - y.shape[1] % scale]


def _resize(y, scale):
    return np.rint(resample.resize(y, *(n - n % scale for n in y.shape)).clip(0, 255))


def _score(
    photographs, scale, enlarge, *, luma=_luma, crop=_crop, unit=255, small=np.array,
    to_bytes=lambda sr: np.rint(sr.clip(0, 255)), shave=None, kind=float, squared=float, pooled=False,
):  # fmt: skip
    """The protocol, right by default, with one of the usual slips on request."""
    errors = []
    for photograph in photographs:
        hr = crop(luma(photograph), scale)
        lr = small(resample.downscale(hr / unit, scale))
        sr = to_bytes(np.asarray(enlarge(lr, scale), float) * unit)
        cut = scale if shave is None else shave
        inner = np.s_[cut : hr.shape[0] - cut, cut : hr.shape[1] - cut]
        errors.append(np.mean((hr[inner].astype(kind) - sr[inner].astype(kind)).astype(squared) ** 2))
    return float(np.mean(10 * np.log10(255**2 / np.array([np.mean(errors)] if pooled else errors))))


ROUND = "`astype(np.uint8)` cuts decimals off; round "
WRAP = "the differences wrap around in uint8; turn the pixels into decimals first"
SCORE_SLIPS = [
    ({"pooled": True}, "you pool: average the PSNRs, not the MSEs"),
    ({"shave": 0}, "nothing is shaved (step 5)"),
    ({"shave": 1}, "shave `scale` pixels, not one"),
    (
        {"shave": 0, "crop": lambda y, scale: _crop(y, scale)[scale:-scale, scale:-scale]},
        "shave at the end, not before the picture is shrunk",
    ),
    ({"to_bytes": np.rint}, "values below 0 and above 1 are not clipped (step 4)"),
    ({"to_bytes": lambda sr: sr.clip(0, 255)}, "the enlarged picture is not rounded (step 4)"),
    ({"to_bytes": lambda sr: np.floor(sr.clip(0, 255))}, ROUND + "first (step 4)"),
    (
        {"luma": lambda photograph: _luma(photograph, weighted=_weighted(0.299, 0.587, 0.114))},
        "your luma is the full-range one; Eq. (3.7) is in 16..235",
    ),
    ({"luma": lambda photograph: _luma(photograph, np.array)}, "the luma is not rounded to whole numbers (step 1)"),
    ({"luma": lambda photograph: _luma(photograph, np.floor)}, ROUND + "the luma first (step 1)"),
    (
        {"luma": lambda photograph: _luma(photograph if photograph.ndim == 3 else np.dstack([photograph] * 3))},
        "a grey photograph is taken as it is; yours goes through Eq. (3.7)",
    ),
    (
        {"luma": lambda photograph: _luma(photograph[..., ::-1] if photograph.ndim == 3 else photograph)},
        "red and blue are swapped in your luma",
    ),
    ({"small": lambda lr: np.rint(lr.clip(0, 1) * 255) / 255}, "the small image must not be rounded (step 3)"),
    ({"small": lambda lr: lr.clip(0, 1)}, "the small image must not be clipped (step 3)"),
    ({"kind": np.uint8, "squared": np.uint8}, WRAP),
    ({"kind": np.uint8}, WRAP),
    (
        {"to_bytes": lambda sr: np.rint(sr).astype(np.int64).astype(np.uint8)},
        "`astype(np.uint8)` wraps around below 0 and above 255; clip first (step 4)",
    ),
    ({"crop": _resize}, "you resize to a multiple of the scale; crop instead (step 2)"),
    (
        {"crop": lambda y, scale: y[y.shape[0] % scale :, y.shape[1] % scale :]},
        "cut what is left over from the bottom and from the right (step 2)",
    ),
    ({"unit": 1}, "downscale and enlarge want luma in 0..1; divide by 255 (step 3)"),
]


def _score_slips(photographs, scale, enlarge):
    right = _score(photographs, scale, enlarge)
    yield (
        _score(photographs, scale, resample.enlarge),
        "you use resample.enlarge, not the method `enlarge` that was given",
    )
    yield len(photographs) * right, "this is the sum of the PSNRs; divide by the number of photographs"
    for slip, hint in SCORE_SLIPS:
        yield _score(photographs, scale, enlarge, **slip), hint
    planes = [list(np.moveaxis(np.atleast_3d(photograph), 2, 0)) for photograph in photographs]
    each = [_score(colours, scale, enlarge, pooled=True) for colours in planes]
    yield np.mean(each), "this is the PSNR over three colours; only luma is measured (step 1)"
    yield right + 20 * np.log10(235 / 255), "the peak is 255, also for luma in 16..235"
    yield right - 20 * np.log10(255), "the peak is 255, and the pixels are in 0..255 when they are measured"
