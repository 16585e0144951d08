"""Problem set 2, measuring: PSNR, a change, SSIM, a suspicion, a whole protocol; twins of exercises 3.1 to 3.5."""

import numpy as np

from srcnn import resample
from srcnn.checks._check import ask, compare, explain, number, recognise
from teach.questions import Question, check

# Question 2.1: a PSNR with a frame

BITS = (8, 10, 12, 16)


def _psnr(hr, sr, peak, border=0, kind=float):
    inner = np.s_[border : hr.shape[0] - border, border : hr.shape[1] - border]
    with np.errstate(all="ignore"):
        error = np.mean((hr[inner].astype(kind) - sr[inner].astype(kind)).astype(float) ** 2)
        return 20 * np.log10(float(peak)) - 10 * np.log10(error)


def _vary_psnr(rng):
    return {"bits": int(rng.choice(BITS)), "border": int(rng.integers(1, 6))}


PAIR = np.zeros((14, 16)), np.full((14, 16), 2.0)
PAIR[1][6, 7:9] = 9, 5


def _show_psnr(bits, border):
    return {"peak": 2**bits - 1, "expected": f"{_psnr(*PAIR, 2**bits - 1, border):.3f}"}


@check
def psnr_check(psnr, rng, bits, border):
    """The PSNR of grey and colour, of whole and of decimal numbers."""
    peak, whole = 2**bits - 1, np.uint8 if bits == 8 else np.uint16
    shapes = [tuple(int(n) for n in rng.integers(12, 18, 2)) for _ in range(3)]
    cases = [
        ("decimals", *rng.uniform(0, peak, (2, *shapes[0]))),
        (f"{bits} bits, grey", *rng.integers(0, peak + 1, (2, *shapes[1])).astype(whole)),
        (f"{bits} bits, colour", *rng.integers(0, peak + 1, (2, *shapes[2], 3)).astype(whole)),
    ]
    for name, hr, sr in cases:
        given, right = number(ask(psnr, hr, sr), f"{name}: your function"), _psnr(hr, sr, peak, border)
        slips = _psnr_slips(hr, sr, peak, border)
        otherwise = f"you find {given:.2f} dB, which is not Eq. (3.2) inside the frame"
        if hint := compare(given, right, slips, f"{name}: ", 1e-5, otherwise):
            return hint
    hr = rng.integers(0, peak, shapes[0]).astype(whole)
    sr = hr.copy()
    sr[0] += 1
    equal = ask(psnr, hr, sr)
    if np.ndim(equal) or not np.isposinf(float(equal)):
        return f"pictures that are equal inside the frame: the PSNR is np.inf; you return {equal}"
    return None


@check
def psnr_partly(psnr, rng, bits, border):
    """The PSNR of grey pictures of decimals."""
    hr, sr = rng.uniform(0, 2**bits - 1, (2, 14, 17))
    return compare(number(ask(psnr, hr, sr)), _psnr(hr, sr, 2**bits - 1, border), tolerance=2e-5)


def _psnr_slips(hr, sr, peak, border):
    right, tens = _psnr(hr, sr, peak, border), 20 * np.log10(float(peak))
    for decimals in range(4):
        yield np.round(right, decimals), "this is the right number, rounded; do not round"
    yield _psnr(hr, sr, peak), f"you measure the whole picture; leave out a frame of {border} pixels"
    for other in range(1, 6):
        if other != border:
            yield _psnr(hr, sr, peak, other), f"your frame is {other} pixels wide; it should be {border}"
    for other in (1, *(2**b - 1 for b in BITS), peak + 1):
        if other != peak:
            yield right - tens + 20 * np.log10(other), f"your peak is {other}; the largest pixel is {peak}"
    yield 2 * right, "an MSE is already squared: 10 log10, not 20"
    yield right * np.log(10), "decibels use the logarithm to base 10"
    yield -right, "the fraction is upside down: the peak belongs on top, the error below"
    if hr.dtype.kind == "u":
        yield _psnr(hr, sr, peak, border, hr.dtype), "the differences wrap around; turn the pixels into decimals first"
    if hr.ndim == 3:
        yield right - 10 * np.log10(3), "divide by the number of values: each pixel has three of them"
        each = [_psnr(hr[..., k], sr[..., k], peak, border) for k in range(3)]
        yield np.mean(each), "take one mean over all values, and not the mean of three PSNRs"


# Question 2.2: a change for a given PSNR


def _vary_change(rng):
    return {
        "percent": int(rng.choice([4, 9, 16, 20, 30, 36, 49, 64, 75])),
        "peak": int(rng.choice([1, 100, 255, 1023])),
    }


def _change(decibels, percent, peak):
    return peak * 10 ** (-decibels / 20) / np.sqrt(percent / 100)


@check
def change_check(change_for, rng, percent, peak):
    """The change of a share of the pixels that has a given PSNR."""
    for decibels in rng.uniform(10, 50, 5):
        right, given = _change(decibels, percent, peak), number(ask(change_for, decibels))
        share = percent / 100
        slips = [
            (right * np.sqrt(share), f"this is the change if *all* pixels change; only {percent} % do"),
            (right / np.sqrt(share), "the share belongs to the squares: a root is missing"),
            (right * share, "fewer pixels must change more, not less, for the same PSNR"),
            (right**2, "this is the square of the change"),
            (peak * 10 ** (-decibels / 10) / np.sqrt(share), "the MSE is the *square* of the change"),
            (-right, "return how much brighter: a positive number"),
            (peak * np.exp(-decibels / 20) / np.sqrt(share), "decibels use the logarithm to base 10"),
            *((right / peak * other, f"your peak is {other}, not {peak}") for other in (1, 255) if other != peak),
            *((np.round(right, digits), "do not round") for digits in range(3)),
        ]
        otherwise = f"for {decibels:.2f} dB {given:.4g} is not right; write down the MSE first"
        if hint := compare(given / right, 1, [(slip / right, hint) for slip, hint in slips], "", 1e-5, otherwise):
            return hint
    return None


# Question 2.3: SSIM from other means


def _vary_ssim(rng):
    while True:
        peak, K1, K2 = int(rng.choice([1, 255, 1023])), float(rng.choice([0.01, 0.02])), float(rng.choice([0.03, 0.05]))
        if (peak, K1, K2) != (255, 0.01, 0.03):  # that is Exercise 3.3
            return {"peak": peak, "K1": K1, "K2": K2}


def _ssim(means, peak, K1, K2, *, mixed=None, two=2, swap=False, square=2, centred=1):
    x, y, xx, yy, dd = means
    c1, c2 = (K1 * peak) ** square, (K2 * peak) ** square
    c1, c2 = (c2, c1) if swap else (c1, c2)
    xy = (xx + yy - dd) / 2 if mixed is None else mixed(xx, yy, dd)
    covariance, variances = xy - centred * x * y, xx + yy - centred * (x**2 + y**2)
    return (2 * x * y + c1) * (two * covariance + c2) / ((x**2 + y**2 + c1) * (variances + c2))


def _means(x, y):
    """The five means of each row of two tables of windows."""
    return [np.mean(values, axis=-1) for values in (x, y, x * x, y * y, (x - y) ** 2)]


WINDOWS = np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.3, 0.3, 0.7, 0.5])


def _show_ssim(peak, K1, K2):
    means = _means(*(np.array([peak * window]) for window in WINDOWS))
    return {"means": ", ".join(f"{mean[0]:.8g}" for mean in means), "expected": f"{_ssim(means, peak, K1, K2)[0]:.4f}"}


@check
def ssim_check(ssim_map, rng, peak, K1, K2):
    """The SSIM map of random windows, one of them flat."""
    x = rng.uniform(0, 1, (4, 5, 16)) ** 2
    y = np.clip(x + rng.normal(0, 0.2, x.shape), 0, 1)
    x[1, 2], y[1, 2] = 0.3, 0.4
    means = _means(peak * x, peak * y)
    given, right = ask(ssim_map, *means), _ssim(means, peak, K1, K2)
    if np.asarray(given, object).ndim == 0:
        return "you return one number; return the map, one number for each place"
    covariance = "x times y is not (x − y)²; multiply (x − y)² out, and solve for the mean of x · y"
    slips = [
        (_ssim(means, peak, K1, K2, mixed=lambda xx, yy, dd: dd), covariance),
        (_ssim(means, peak, K1, K2, mixed=lambda xx, yy, dd: xx + yy - dd), "a factor: (x − y)² holds x · y *twice*"),
        (_ssim(means, peak, K1, K2, mixed=lambda xx, yy, dd: (dd - xx - yy) / 2), "the sign: (x − y)² holds −2 x · y"),
        (_ssim(means, peak, K1, K2, two=1), "the numerator has *twice* the covariance"),
        (_ssim(means, peak, K1, K2, swap=True), "C1 belongs to the means, C2 to the variances"),
        (_ssim(means, peak, K1, K2, square=1), "the constants are squared, Eq. (3.4)"),
        (_ssim(means, peak, K1, K2, centred=0), "variances and covariance: subtract the products of the means"),
        (_ssim(means, 255, 0.01, 0.03), "these are the constants of the book; yours are others"),
        (_ssim(means, 255, K1, K2), f"this is for a peak of 255; yours is {peak}"),
        (_ssim(means, 1, K1, K2), f"this is for a peak of 1; yours is {peak}"),
        (_ssim(means, peak, 0.01, 0.03), f"your K1 is {K1}, and your K2 is {K2}"),
    ]
    return compare(given, right, slips, otherwise="the map is not right; test it with two equal pictures: SSIM is 1")


# Question 2.4: a suspicion

FINE, MEDIAN, POOLED, ROOTS, PEAK = "fine", "median", "pooled", "roots", "peak"


def _vary_verdict(rng):
    return {"digits": int(rng.integers(1, 4)), "wrong": int(rng.choice([100, 128, 219, 235, 240, 1023]))}


def _averages(errors, wrong):
    """The average that each word explains, in the order in which they are tried."""
    decibels = 10 * np.log10(255**2 / errors)
    return {
        FINE: decibels.mean(),
        MEDIAN: np.median(decibels),
        POOLED: 10 * np.log10(255**2 / errors.mean()),
        ROOTS: 20 * np.log10(255 / np.sqrt(errors).mean()),
        PEAK: decibels.mean() + 20 * np.log10(wrong / 255),
    }


ERRORS = np.array([20.0, 50.0, 400.0])


def _show_verdict(digits, wrong):
    averages = _averages(ERRORS, wrong)
    return {f"with_{word}": f"{averages[word]:.{digits}f}" for word in (ROOTS, PEAK)}


@check
def verdict_check(verdict, rng, digits, wrong):
    """The verdict on random tables of each kind, and on numbers that nothing explains."""
    cases = [(word, _errors(rng, wrong)) for word in rng.permutation([FINE, MEDIAN, POOLED, ROOTS, PEAK, FINE])]
    cases = [(str(word), errors, float(np.round(_averages(errors, wrong)[word], digits))) for word, errors in cases]
    errors = _errors(rng, wrong)
    cases.append(("unknown", errors, float(np.round(_averages(errors, wrong)[FINE] + 2 * 10**-digits, digits))))
    cases.append(("unknown", errors, float(np.round(max(_averages(errors, wrong).values()) + 0.9, digits))))
    cases.append((FINE, one := errors[:1], float(np.round(_averages(one, wrong)[FINE], digits))))
    given = []
    for _, errors, printed in cases:
        given.append(ask(verdict, errors.tolist(), printed))
        if given[-1] not in (FINE, MEDIAN, POOLED, ROOTS, PEAK, "unknown"):
            return f"you return {str(given[-1])[:40]!r}; return one of the six words"
    if len(set(given)) == 1:
        return f"you return {given[0]!r} for every table"
    for (word, errors, printed), found in zip(cases, given, strict=True):
        if found == word:
            continue
        if len(errors) == 1:
            return f"for a single image several words fit; the first of the list, 'fine', wins, and not {found!r}"
        if found == "unknown":
            return f"for a table that is {word!r} you find 'unknown'; printed numbers are rounded to {digits} digits"
        if word == "unknown":
            return f"for a table that nothing explains you find {found!r}; how far may a rounded number be off?"
        table = ", ".join(f"{error:.1f}" for error in errors)
        return f"for the errors {table} and {printed} you find {found!r}, but it is {word!r}"
    return None


def _errors(rng, wrong):
    """MSEs whose averages can be told apart."""
    while True:
        errors = rng.uniform(10, 900, int(rng.integers(3, 7)))
        if np.diff(sorted(_averages(errors, wrong).values())).min() > 0.35:
            return errors


# Question 2.5: another protocol

LUMAS = {"BT.601": (0.299, 0.587, 0.114), "BT.709": (0.2126, 0.7152, 0.0722), "the mean": (1 / 3, 1 / 3, 1 / 3)}
ROUNDED = {0: "is not rounded", 1: "is rounded to whole numbers"}


def _vary_protocol(rng):
    return {"luma": str(rng.choice(list(LUMAS))), "frame": int(rng.integers(5, 9)), "whole": int(rng.integers(2))}


def _show_protocol(luma, frame, whole):
    weights = (
        ", ".join(f"{weight:.4f}".rstrip("0") for weight in LUMAS[luma]) if luma != "the mean" else "1/3, 1/3, 1/3"
    )
    numbers = "" if luma == "the mean" else f"{LUMAS[luma]}"
    return {
        "weights": weights,
        "numbers": numbers or "(1 / 3, 1 / 3, 1 / 3)",
        "rounding": ROUNDED[whole],
        "expected": f"{_score(_ramps(), 3, resample.downscale, resample.enlarge, luma, frame, whole):.3f}",
    }


def _ramps():
    """Two small pictures that the self-check draws as well: a colour ramp with stripes, and a grey disc."""
    i, j = np.mgrid[:44, :50]
    colour = np.stack([5 * i, 5 * j % 256, (i * j) % 97], -1).astype(np.uint8)
    return [colour, np.where((i - 20) ** 2 + (j - 20) ** 2 < 200, 230, 30).astype(np.uint8)]


def _score(photographs, scale, downscale, enlarge, luma, frame, whole, **departure):
    """The average PSNR under the student's protocol, or under one that departs from it."""
    errors = []
    for y in photographs:
        y = y.astype(float)
        if y.ndim == 3:
            book = np.rint(16 + y @ np.array([65.481, 128.553, 24.966]) / 255)
            y = book if departure.get("book") else y @ np.array(LUMAS[luma])
        if departure.get("round_luma"):
            y = np.rint(y)
        height, width = (n - n % scale for n in y.shape)
        hr = y[:height, :width]
        sr = 255 * enlarge(downscale(hr / 255, scale), scale)
        sr = sr if departure.get("clip") is False else np.clip(sr, 0, 255)
        sr = np.rint(sr) if departure.get("rounded", whole) else sr
        cut = departure.get("border", frame)
        inner = np.s_[cut : height - cut, cut : width - cut]
        errors.append(np.mean((hr[inner] - sr[inner]) ** 2))
    peak = departure.get("peak", 255)
    if departure.get("pooled"):
        return 10 * np.log10(peak**2 / np.mean(errors))
    return np.mean(10 * np.log10(peak**2 / np.array(errors)))


ROUNDING = 1e-4
"""Decibels by which a right answer may differ: the order of its steps may round a pixel to another whole number."""


def _smaller(hr, scale):
    """The mean of each block, in float64."""
    rows, columns = np.shape(hr)
    if rows % scale or columns % scale:
        raise ValueError(f"{rows} x {columns} does not divide by {scale}")
    return np.asarray(hr, float).reshape(rows // scale, scale, columns // scale, scale).mean((1, 3))


def _larger(lr, scale):
    """Each pixel as a block, in float64."""
    return np.asarray(lr, float).repeat(scale, 0).repeat(scale, 1)


@check
def protocol_check(score, rng, luma, frame, whole):
    """The average PSNR of random methods on random photographs."""
    for _ in range(3):
        scale, gain, lift = int(rng.integers(2, 5)), rng.uniform(1.03, 1.06), rng.uniform(-0.02, 0.02)
        photographs = [_photograph(rng, colour) for colour in (True, False, True)]

        def enlarge(lr, scale, gain=gain, lift=lift):
            return gain * _larger(lr, scale) + lift

        multiple = f"crop to a multiple of {scale} before you shrink: both sizes must divide by the scale"
        with explain({"does not divide": multiple, "could not be broadcast": multiple}):
            given = number(ask(score, photographs, scale, _smaller, enlarge))
        arguments = (photographs, scale, _smaller, enlarge, luma, frame, whole)
        departures = [
            ({"book": True}, "your luma is the book's, Eq. (3.7); your protocol has other weights"),
            ({"round_luma": True}, "your luma is rounded; this protocol does not round it"),
            ({"clip": False}, "the result of `enlarge` must be cut off below black and above white"),
            ({"rounded": 1 - whole}, f"in your protocol the enlarged picture {ROUNDED[whole]}"),
            ({"border": scale}, f"your frame has as many pixels as the scale; leave out {frame}"),
            ({"border": 0}, f"the frame of {frame} pixels is missing"),
            ({"pooled": True}, "average the PSNRs, not the MSEs"),
            ({"peak": 1}, "the peak is 255 for pixels in 0..255"),
        ]
        right = _score(*arguments)
        if compare(given, right, tolerance=ROUNDING):
            slips = [(_score(*arguments, **departure), hint) for departure, hint in departures]
            otherwise = f"you find {given:.3f} dB, the protocol gives {right:.3f}; go through it step by step"
            return recognise(given, slips, ROUNDING / 10) or recognise(given, slips, ROUNDING) or otherwise
    return None


@check
def protocol_partly(score, rng, luma, frame, whole):
    """The same for grey photographs whose sizes divide by the scale, and a method that stays in range."""
    photographs = [np.round(60 + 0.5 * _photograph(rng, False)[:48, :48]).astype(np.uint8) for _ in range(2)]
    arguments = photographs, 3, _smaller, _larger
    return compare(number(ask(score, *arguments)), _score(*arguments, luma, frame, whole), tolerance=ROUNDING)


def _photograph(rng, colour):
    """Soft random shapes with some noise, of a size that no scale divides."""
    size = rng.choice([49, 53, 55, 59, 61], 2)
    soft = resample.resize(rng.uniform(-0.3, 1.3, (5, 5, 3)), *(int(n) for n in size))
    picture = np.clip(255 * soft + rng.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)
    return picture if colour else picture[..., 0].copy()


QUESTIONS = {
    "2.1": Question("psnr", 6, 10, psnr_check, _vary_psnr, _show_psnr, psnr_partly),
    "2.2": Question(
        "change_for", 6, 10, change_check, _vary_change, lambda **given: {"expected": f"{_change(20, **given):.5g}"}
    ),
    "2.3": Question("ssim_map", 8, 20, ssim_check, _vary_ssim, _show_ssim),
    "2.4": Question("verdict", 8, 20, verdict_check, _vary_verdict, _show_verdict),
    "2.5": Question("score", 12, 35, protocol_check, _vary_protocol, _show_protocol, protocol_partly),
}
