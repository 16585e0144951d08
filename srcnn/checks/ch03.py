"""The checks of chapter 3: a PSNR, a brightness, SSIM from five means, a verdict, the whole protocol."""

import warnings

import numpy as np

from ._check import check, same_array

__all__ = ["exercise_3_1", "exercise_3_2", "exercise_3_3", "exercise_3_4", "exercise_3_5"]


@check
def exercise_3_1(psnr):
    """PSNR of any type, shape and peak."""
    random = np.random.default_rng(0)
    small = random.integers(0, 5, (6, 8)).astype(np.uint8)
    cases = [
        ("decimals, peak 255", random.random((6, 8)) * 255, random.random((6, 8)) * 255, 255),
        ("decimals, peak 1", random.random((6, 8)), random.random((6, 8)), 1),
        ("uint8, small differences", small, small[::-1], 255),
        ("uint8, large differences", *random.integers(0, 256, (2, 9, 7)).astype(np.uint8), 255),
        ("uint8, colour", *random.integers(0, 256, (2, 6, 5, 3)).astype(np.uint8), 255),
        ("uint16, peak 65535", *random.integers(0, 65536, (2, 6, 8)).astype(np.uint16), 65535),
    ]
    for name, hr, sr, peak in cases:
        before = hr.copy(), sr.copy()
        given, problem = _one_number(psnr(hr, sr, peak))
        if not (np.array_equal(hr, before[0]) and np.array_equal(sr, before[1])):
            return "your function changes an array that it was given; work on a new one"
        if problem:
            return f"{name}: {problem}"
        mse = np.mean((hr.astype(float) - sr.astype(float)) ** 2)
        right = 20 * np.log10(float(peak)) - 10 * np.log10(mse)
        if abs(given - right) < 1e-4:
            continue
        if abs(given - right) < 0.006:
            return f"{name}: you find {given}, right is {right:.6f}; do not round"
        slips = [
            (2 * right, "an MSE is already squared: 10 log10, not 20"),
            (right / 2, "the peak is squared in Eq. (3.2)"),
            (right - 10 * np.log10(float(peak)), "the peak is squared in Eq. (3.2)"),
            (right * np.log(10), "decibels use the logarithm to base 10"),
            (-right, "the fraction is upside down: the peak is above, the error below"),
            (right - 10 * np.log10(hr.size), "this is the sum of the squares; wanted is their mean"),
            (20 * np.log10(float(peak) / np.mean(abs(hr.astype(float) - sr))), "take the mean of the squares"),
        ]
        if hr.ndim == 3:
            slips.append((right - 10 * np.log10(3), "divide by the number of values: each pixel has three of them"))
        if peak != 255:
            slips.append((right + 20 * np.log10(255 / peak), "use `peak`, not 255"))
        if peak != 1:
            slips.append((right - 20 * np.log10(float(peak)), "use `peak`, not 1"))
        for value, hint in slips:
            if abs(given - value) < 1e-6:
                return f"{name}: {hint}"
        with np.errstate(all="ignore"):
            wrapped = [np.mean((hr - sr) ** 2), np.mean((hr - sr).astype(float) ** 2)]
            wrapped = [20 * np.log10(float(peak)) - 10 * np.log10(error) for error in wrapped]
        if hr.dtype.kind == "u" and min(abs(given - value) for value in wrapped) < 1e-4:
            return f"{name}: the differences wrap around; turn the pixels into decimals first"
        whole = np.mean((hr.astype(int) - sr.astype(int)) ** 2)
        if hr.dtype.kind == "f" and abs(given - (20 * np.log10(float(peak)) - 10 * np.log10(whole or 1))) < 1e-4:
            return f"{name}: astype(int) cuts the decimals off; use astype(float)"
        if hr.ndim == 3:
            each = -10 * np.log10(((hr.astype(float) - sr) ** 2).mean((0, 1))) + 20 * np.log10(peak)
            if abs(given - each.mean()) < 1e-4:
                return f"{name}: one mean over all values, and not the mean of three PSNRs"
        return f"{name}: you find {given:.2f} dB, which is not Eq. (3.2)"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        equal = psnr(small, small.copy(), 255)
    if caught:
        return "two equal pictures: NumPy warns about a division by zero; look at the error before you divide"
    if equal is None or np.ndim(equal) or not np.isposinf(float(equal)):
        return f"two equal pictures: the PSNR is np.inf; you return {equal}"
    return None


@check
def exercise_3_2(brightness_for):
    """The constant change with a given PSNR."""
    for decibels in (20.0, 24.0, 48.13, 31.5, 60.0, 0.0):
        given, problem = _one_number(brightness_for(decibels))
        if problem:
            return problem
        right = 255 / 10 ** (decibels / 20)
        if abs(given - right) < 1e-3 * max(right, 1):
            continue
        where = f"{decibels} dB: "
        slips = [
            (255 / 10 ** (decibels / 10), "the MSE is the *square* of the change"),
            (right**2, "this is the MSE; the change is its root"),
            (right / 255, "this is for pixels in 0..1; the peak is 255"),
            (255 / np.exp(decibels / 20), "decibels use the logarithm to base 10"),
            (255 * 10 ** (decibels / 20), "a larger PSNR means a smaller change"),
            (-right, "the change makes the picture brighter: it is positive"),
            (round(right), "do not round; the PSNR would not be exact"),
        ]
        for value, hint in slips:
            if abs(given - value) < 1e-3 * max(abs(value), 1e-3):
                return where + hint
        return where + f"a change of {given:.3g} has the PSNR {20 * np.log10(255 / abs(given or 1e-9)):.2f} dB"
    return None


@check
def exercise_3_3(ssim_from_means):
    """SSIM from the local means of x, y, xx, yy and xy."""
    means = _five_means()
    before = [mean.copy() for mean in means]
    given = ssim_from_means(*means)
    if not all(np.array_equal(a, b) for a, b in zip(means, before, strict=True)):
        return "your function changes the maps that it was given; `a -= b` works in place, `a = a - b` does not"
    right = _ssim(*means)
    problem = same_array(given, right, 1e-5)
    if problem is None:
        return None
    if given is not None and np.ndim(given) == 0:
        return "you return one number; wanted is the map, one number for each place"
    if "NaN" in problem and np.allclose(given, _ssim(*means, c1=0, c2=0), atol=1e-6, equal_nan=True):
        return "the constants C1 and C2 are missing: in a flat piece you divide 0 by 0"
    if not problem.startswith("the shape is right"):
        return problem
    for slip, hint in [
        ({"centred": False}, "the variance is the mean of the squares minus the squared mean; covariance likewise"),
        ({"variance_centred": False}, "the variance is the mean of the squares minus the squared mean"),
        ({"c2": (0.03 * 255) ** 2 / 2}, "Eq. (3.6) has C2 above and below; C3 belongs to Eq. (3.3)"),
        ({"covariance_centred": False}, "the covariance is the mean of x times y, minus the product of the means"),
        ({"peak": 1}, "the constants are those of pixels in 0..255, Eq. (3.4)"),
        ({"square": False}, "the constants are squared, Eq. (3.4)"),
        ({"swap": True}, "C1 belongs to the means, C2 to the variances"),
        ({"two_c": 0.5}, "above stands C2, the same constant as below; C3 belongs to Eq. (3.3)"),
        ({"two": 1}, "above stand *twice* the product of the means and *twice* the covariance"),
        ({"structure_only": True}, "the luminance factor is missing"),
        ({"luminance_only": True}, "the contrast and the structure are missing"),
        ({"contrast_instead": True}, "above stands the covariance, not the product of the deviations"),
        ({"deviations": True}, "below stand the variances, not the standard deviations"),
    ]:
        if np.allclose(given, _ssim(*means, **slip), atol=1e-6):
            return hint
    if np.allclose(given, 1 - right, atol=1e-6):
        return "equal pictures have an SSIM of 1; yours is one minus the right map"
    return f"{problem}; compare each part with Eq. (3.6)"


@check
def exercise_3_4(verdict):
    """What was done to get from MSEs to a printed PSNR."""
    lists = ([100.0, 400.0], [25.0, 90.0, 700.0], [60.0], [3.0, 3.5], [10.0, 20.0, 40.0, 80.0, 1000.0])
    for errors in lists:
        mean = np.mean(10 * np.log10(255**2 / np.array(errors)))
        pooled = 10 * np.log10(255**2 / np.mean(errors))
        cases = {"fine": mean, "pooled": pooled, "channels": mean + 10 * np.log10(3), "peak": mean - 20 * np.log10(255)}
        beside = [round(float(mean), 2) + step for step in (-0.01, 0.01)]
        beside = [value for value in beside if 0.006 < abs(value - mean) < 0.0095 and len(errors) > 1]
        unknown = [("unknown", value) for value in (mean + 2.2, *beside)]
        for word, value in [*cases.items(), *unknown]:
            printed = round(float(value), 2)
            word = "fine" if word == "pooled" and len(errors) == 1 else word
            handed = list(errors)
            try:
                given = verdict(handed, printed)
            except TypeError:
                verdict(np.array(errors), printed)  # whatever else is wrong is reported as it is
                return "your code fails on a plain list; begin with `errors = np.asarray(errors)`"
            if handed != errors:
                return "your function changes the list that it was given"
            if given is None:
                return "got None; does your function end with `return`?"
            if not isinstance(given, str):
                return f"return one of the five words; you return {type(given).__name__}"
            if given not in (*cases, "unknown"):
                return f"{given!r} is not one of the five words"
            if given == word:
                continue
            where = f"MSEs {errors}, printed {printed}: you say {given!r}; "
            if word == "channels" and given == "unknown":
                return where + (
                    "each right PSNR is that of a third of the printed MSE, 10 log10(3) more (4.77 is rounded, too)"
                )
            if len(errors) == 1 and given == "pooled":
                return where + 'of one image both averages are the same, and then "fine" comes first'
            if given == "unknown":
                return where + f"compute what it would be if it were {word!r}; a printed number is rounded"
            if word == "unknown":
                return where + "none of the four explanations gives this number, rounded to two decimals"
            if word == "channels":
                return where + "an MSE that is three times too large has a PSNR that is too small"
            return where + f"what would that number be, to two decimals, if {given!r} were right?"
    return None


@check
def exercise_3_5(score):
    """The whole protocol on a list of photographs, with any method."""
    from srcnn import datasets, resample

    sample = datasets.load("sample")
    crops = [
        sample["astronaut"][30:151, 150:269],  # 121 x 119: divides by none of the scales
        sample["coffee"][100:198, 200:347],
        sample["camera"][60:163, 160:277],  # grey
    ]
    offset = [np.ascontiguousarray(crops[1][::2, ::2]), crops[2], crops[0]]
    letters = 255 * (np.random.default_rng(5).random((31, 37)) > 0.5).astype(np.uint8).repeat(3, 0).repeat(3, 1)

    def brighter(lr, scale):  # goes above 1, and is not symmetric at its border
        return resample.enlarge(lr, scale) * 1.2 - 0.02

    def called(lr, scale):
        lr = np.asarray(lr)
        if lr.ndim != 2:
            raise ValueError(f"enlarge() wants luma (H, W); this has shape {lr.shape}")
        return resample.enlarge(lr, scale)

    for photographs, scale, enlarge in [
        (crops, 3, called), (offset, 2, brighter), (crops[:2], 4, brighter), ([letters], 2, called),
    ]:  # fmt: skip
        before = [photograph.copy() for photograph in photographs]
        given = score(photographs, scale, enlarge)
        if any(not np.array_equal(a, b) for a, b in zip(photographs, before, strict=True)):
            return "your function changes the photographs that it was given"
        given, problem = _one_number(given)
        if problem:
            return problem
        right = _score(photographs, scale, enlarge)
        if abs(given - right) < 2e-4:
            continue
        if abs(given - _score(photographs, scale, resample.enlarge)) < 2e-4:
            return "you use resample.enlarge, not the method `enlarge` that was given"
        for slip, hint in [
            ({"pooled": True}, "you pool: average the PSNRs, not the MSEs"),
            ({"total": True}, "this is the sum of the PSNRs; divide by the number of photographs"),
            ({"shave": 0}, "nothing is shaved (step 5)"),
            ({"shave": 1}, "shave `scale` pixels, not one"),
            ({"shave_hr_first": True}, "shave at the end, not before the picture is shrunk"),
            ({"clip": False}, "values below 0 and above 1 are not clipped (step 4)"),
            ({"round": False}, "the enlarged picture is not rounded (step 4)"),
            ({"round": np.floor}, "`astype(np.uint8)` cuts decimals off; round first (step 4)"),
            ({"luma": _full_range}, "your luma is the full-range one; Eq. (3.7) is in 16..235"),
            ({"round_luma": False}, "the luma is not rounded to whole numbers (step 1)"),
            ({"round_luma": np.floor}, "`astype(np.uint8)` cuts decimals off; round the luma first (step 1)"),
            ({"grey": True}, "a grey photograph is taken as it is; yours goes through Eq. (3.7)"),
            ({"bgr": True}, "red and blue are swapped in your luma"),
            ({"round_lr": True}, "the small image must not be rounded (step 3)"),
            ({"clip_lr": True}, "the small image must not be clipped (step 3)"),
            ({"colours": True}, "this is the PSNR over three colours; only luma is measured (step 1)"),
            ({"wrap": np.uint8}, "the differences wrap around in uint8; turn the pixels into decimals first"),
            ({"wrap": float}, "the differences wrap around in uint8; turn the pixels into decimals first"),
            ({"cast": True}, "`astype(np.uint8)` wraps around below 0 and above 255; clip first (step 4)"),
            ({"crop": "resize"}, "you resize to a multiple of the scale; crop instead (step 2)"),
            ({"crop": "other"}, "cut what is left over from the bottom and from the right (step 2)"),
            ({"unit": 1}, "downscale and enlarge want luma in 0..1; divide by 255 (step 3)"),
            ({"peak": 235}, "the peak is 255, also for luma in 16..235"),
            ({"peak": 1}, "the peak is 255, and the pixels are in 0..255 when they are measured"),
        ]:
            if abs(given - _score(photographs, scale, enlarge, **slip)) < 2e-4:
                return f"×{scale}: {hint}"
        return f"×{scale}: you find {given:.3f} dB; compare with Section 3.5 step by step"
    return None


def _one_number(given):
    """(number, None), or (None, what is wrong with it)."""
    if given is None:
        return None, "got None; does your function end with `return`?"
    try:
        given = np.asarray(given, float)
    except (TypeError, ValueError):
        return None, f"got {type(given).__name__}; return one number"
    if given.size != 1:
        return None, f"return one number; got an array of shape {given.shape}"
    number = float(given.reshape(()))
    return (number, None) if np.isfinite(number) else (None, f"your number is {number}")


def _five_means():
    """Means of random pieces, a flat piece among them: shape (3, 4)."""
    random = np.random.default_rng(1)
    x = random.random((3, 4, 25)) * random.integers(20, 255, (3, 4, 1))
    y = 0.6 * x + random.random((3, 4, 25)) * 60
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


def _full_range(photograph):
    return photograph @ np.array([0.299, 0.587, 0.114])


def _studio(photograph):
    return 16 + photograph @ (np.array([65.481, 128.553, 24.966]) / 255)


def _score(
    photographs, scale, enlarge, *, pooled=False, total=False, shave=None, shave_hr_first=False, clip=True,
    round=np.rint, luma=_studio, round_luma=np.rint, grey=False, bgr=False, round_lr=False, crop="crop", peak=255,
    unit=255, clip_lr=False, colours=False, wrap=None, cast=False,
):  # fmt: skip
    """The protocol, right by default, with one of the usual slips on request."""
    from srcnn import resample

    def whole(values, how):
        return how(values) if how else values

    if colours:
        photographs = [
            photograph if photograph.ndim == 2 else list(np.moveaxis(photograph, 2, 0)) for photograph in photographs
        ]
        options = {"peak": peak, "clip": clip, "round": round}
        each = [
            np.mean([10 ** (-_score([c], scale, enlarge, **options) / 10) for c in (p if isinstance(p, list) else [p])])
            for p in photographs
        ]
        return float(np.mean(-10 * np.log10(each)))
    errors = []
    for y in photographs:
        if grey and y.ndim == 2:
            y = np.dstack([y] * 3)
        if y.ndim == 3:
            y = whole(luma(y[..., ::-1] if bgr else y), round_luma)
        y = np.asarray(y, float)
        rows, columns = (n - n % scale for n in y.shape)
        if crop == "resize":
            y = np.rint(resample.resize(y, rows, columns).clip(0, 255))
        elif crop == "other":
            y = y[y.shape[0] - rows :, y.shape[1] - columns :]
        hr = y[:rows, :columns]
        if shave_hr_first:
            hr = hr[scale:-scale, scale:-scale]
        lr = resample.downscale(hr / unit, scale)
        if round_lr:
            lr = np.rint(lr.clip(0, 1) * 255) / 255
        lr = lr.clip(0, 1) if clip_lr else lr
        sr = np.asarray(enlarge(lr, scale), float) * unit
        sr = whole(sr.clip(0, 255) if clip and not cast else sr, round)
        if wrap or cast:
            sr = sr.astype(np.int64).astype(np.uint8)
            hr = hr.astype(np.uint8) if wrap else hr
        cut = 0 if shave_hr_first else scale if shave is None else shave
        inner = np.s_[cut : hr.shape[0] - cut, cut : hr.shape[1] - cut]
        errors.append(np.mean((hr[inner] - sr[inner]).astype(wrap or float) ** 2))
    if pooled:
        errors = [np.mean(errors)]
    values = 10 * np.log10(peak**2 / np.array(errors))
    return float(values.sum() if total else values.mean())
