"""Answers to the exercises of chapter 3: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np

from srcnn import images, metrics, resample


def psnr(hr, sr, peak, log=np.log10, times=10, power=2, mean=np.mean, kind=float):
    error = mean((hr.astype(kind) - sr.astype(kind)) ** 2)
    return np.inf if error == 0 else times * log(float(peak) ** power / error)


def psnr_with_a_warning(hr, sr, peak):
    return 10 * np.log10(float(peak) ** 2 / np.mean((hr.astype(float) - sr.astype(float)) ** 2))


def psnr_of_pixels(hr, sr, peak):
    height, width = hr.shape[:2]
    return psnr(hr, sr, peak, mean=lambda squares: squares.sum() / (height * width))


def psnr_in_place(hr, sr, peak):
    hr -= sr
    return psnr(hr, 0 * hr, peak)


def psnr_by_norm(hr, sr, peak):
    difference = np.subtract(hr, sr, dtype=np.float64).ravel()
    norm = np.linalg.norm(difference)
    return float("inf") if norm == 0 else 20 * np.log10(float(peak) * difference.size**0.5 / norm)


C1, C2 = 2.55**2, 7.65**2


def five(mx, my, mxx, myy, mxy, c1=C1, c2=C2, two=2, vx=None, covariance=None):
    vx, vy = mxx - mx**2, myy - my**2
    covariance = mxy - mx * my if covariance is None else covariance
    return (two * mx * my + c1) * (two * covariance + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))


def five_by_factors(mx, my, mxx, myy, mxy):
    vx, vy = np.maximum(mxx - mx**2, 0), np.maximum(myy - my**2, 0)
    deviations = np.sqrt(vx) * np.sqrt(vy)
    luminance = (2 * mx * my + C1) / (mx**2 + my**2 + C1)
    contrast = (2 * deviations + C2) / (vx + vy + C2)
    return luminance * contrast * (mxy - mx * my + C2 / 2) / (deviations + C2 / 2)


def five_not_centred(mx, my, mxx, myy, mxy):
    return (2 * mx * my + C1) * (2 * mxy + C2) / ((mx**2 + my**2 + C1) * (mxx + myy + C2))


def five_without_constants(*means):
    with np.errstate(all="ignore"):
        return five(*means, c1=0, c2=0)


def five_in_place(mx, my, mxx, myy, mxy):
    mxx -= mx**2
    myy -= my**2
    mxy -= mx * my
    return (2 * mx * my + C1) * (2 * mxy + C2) / ((mx**2 + my**2 + C1) * (mxx + myy + C2))


def verdict(errors, printed, peak=48.1308, close=0.006, three=1, order=("fine", "pooled", "channels", "peak")):
    errors = np.asarray(errors, float)
    mean = np.mean(10 * np.log10(255**2 / errors))
    values = {
        "fine": mean,
        "pooled": 10 * np.log10(255**2 / errors.mean()),
        "channels": mean + three * 10 * np.log10(3),
        "peak": mean - peak,
    }
    return next((word for word in order if abs(values[word] - printed) < close), "unknown")


def verdict_with_ifs(errors, printed):
    each = [20 * np.log10(255) - 10 * np.log10(error) for error in errors]
    mean = sum(each) / len(each)
    if round(mean, 2) == round(printed, 2):
        return "fine"
    if round(20 * np.log10(255) - 10 * np.log10(sum(errors) / len(errors)), 2) == round(printed, 2):
        return "pooled"
    if abs(printed - mean - 4.7712) < 0.01:
        return "channels"
    return "peak" if abs(printed - mean + 48.1308) < 0.01 else "unknown"


def score(photographs, scale, enlarge, luma=images.luma, crop=images.crop_to_multiple, shave=None, pool=False,
          shrink=resample.downscale, to_bytes=images.to_bytes, error=metrics.mse):  # fmt: skip
    values = []
    for photograph in photographs:
        hr = crop(luma(photograph), scale).astype(np.float32) / 255
        sr = enlarge(shrink(hr, scale), scale)
        border = scale if shave is None else shave
        values.append(error(*(images.shave(x, border) for x in (images.to_bytes(hr), to_bytes(sr)))))
    if pool:
        return 10 * np.log10(255**2 / np.mean(values))
    return np.mean([10 * np.log10(255**2 / error) for error in values])


def score_with_lists(photographs, scale, enlarge):
    total = 0.0
    for photograph in photographs:
        y = photograph
        if photograph.ndim > 2:
            red, green, blue = (photograph[:, :, k].astype(float) for k in range(3))
            y = (16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255).round()
        y = y[: y.shape[0] // scale * scale, : y.shape[1] // scale * scale].astype(float)
        sr = np.clip(enlarge(resample.downscale(y / 255.0, scale), scale), 0, 1)
        sr = (255 * sr).round()
        difference = (y - sr)[scale:-scale, scale:-scale]
        total += 20 * np.log10(255 / np.sqrt((difference**2).mean()))
    return total / len(photographs)


def grey_through_colour(photograph):
    return images.luma(photograph if photograph.ndim == 3 else np.dstack([photograph] * 3))


def full_range(photograph):
    return photograph if photograph.ndim == 2 else np.rint(photograph @ np.array([0.299, 0.587, 0.114]))


def resize(y, scale):
    height, width = (n - n % scale for n in y.shape)
    return np.rint(resample.resize(y, height, width).clip(0, 255))


def shaved_first(y, scale):
    return images.shave(images.crop_to_multiple(y, scale), scale)


def score_of_bytes(photographs, scale, enlarge):
    def in_bytes(lr, scale):
        return enlarge(lr * 255, scale) / 255

    return score(photographs, scale, in_bytes)


def score_over_colours(photographs, scale, enlarge):
    values = []
    for photograph in photographs:
        planes = [photograph] if photograph.ndim == 2 else [photograph[..., k] for k in range(3)]
        values.append(-10 * np.log10(np.mean([10 ** (-score([plane], scale, enlarge) / 10) for plane in planes])))
    return np.mean(values)


def five_with_mean_squares(mx, my, mxx, myy, mxy):
    return (2 * mx * my + C1) * (2 * (mxy - mx * my) + C2) / ((mx**2 + my**2 + C1) * (mxx + myy + C2))


def psnr_of_two_logarithms(hr, sr, peak):
    error = np.mean((np.asarray(hr, float) - np.asarray(sr, float)) ** 2)
    return np.inf if error == 0 else 20 * np.log10(peak) - 10 * np.log10(error)


def wrong_score(**slips):
    return lambda photographs, scale, enlarge: score(photographs, scale, enlarge, **slips)


RIGHT = {
    "3.1": [psnr, psnr_by_norm, psnr_of_two_logarithms, lambda a, b, p: np.float32(psnr(a, b, p))],
    "3.2": [lambda d: 255 * 10 ** (-d / 20), lambda d: np.sqrt(255**2 / 10 ** (d / 10))],
    "3.3": [five, five_by_factors, lambda *m: five(*m).astype(np.float32)],
    "3.4": [verdict, verdict_with_ifs],
    "3.5": [score, score_with_lists],
}

WRONG = {
    "3.1": [
        (lambda a, b, p: psnr(a, b, p, kind=a.dtype), "wrap around"),
        (lambda a, b, p: psnr(a, b, p, kind=int), "cuts the decimals off"),
        (lambda a, b, p: round(float(psnr(a, b, p)), 2), "do not round"),
        (
            lambda a, b, p: (
                np.mean([psnr(a[..., k], b[..., k], p) for k in range(3)]) if a.ndim == 3 else psnr(a, b, p)
            ),
            "mean of three PSNRs",
        ),
        (lambda a, b, p: psnr(a, b, p, times=20), "10 log10, not 20"),
        (lambda a, b, p: psnr(a, b, p, power=1), "squared"),
        (lambda a, b, p: psnr(a, b, 255), "not 255"),
        (lambda a, b, p: psnr(a, b, 1), "not 1"),
        (lambda a, b, p: psnr(a, b, p, log=np.log), "base 10"),
        (lambda a, b, p: psnr(a, b, p, mean=np.sum), "mean"),
        (lambda a, b, p: -psnr(a, b, p), "upside down"),
        (psnr_of_pixels, "number of values"),
        (psnr_in_place, "changes an array"),
        (psnr_with_a_warning, "division by zero"),
        (lambda a, b, p: psnr(a, b, p) if (a != b).any() else 100.0, "np.inf"),
        (lambda a, b, p: None, "return"),
        (lambda a, b, p: a.astype(float) - b, "one number"),
    ],
    "3.2": [
        (lambda d: 255 / 10 ** (d / 10), "square"),
        (lambda d: (255 / 10 ** (d / 20)) ** 2, "root"),
        (lambda d: 1 / 10 ** (d / 20), "0..1"),
        (lambda d: 255 / np.exp(d / 20), "base 10"),
        (lambda d: 255 * 10 ** (d / 20), "smaller change"),
        (lambda d: -255 / 10 ** (d / 20), "positive"),
        (lambda d: round(255 / 10 ** (d / 20)), "round"),
        (lambda d: None, "return"),
    ],
    "3.3": [
        (five_not_centred, "squared mean"),
        (five_with_mean_squares, "the variance is"),
        (lambda *m: five(*m, c2=C2 / 2), "C3 belongs"),
        (lambda *m: five(*m, covariance=m[4]), "covariance"),
        (lambda *m: five(*m, c1=1e-4, c2=9e-4), "0..255"),
        (lambda *m: five(*m, c1=2.55, c2=7.65), "squared"),
        (lambda *m: five(*m, c1=C2, c2=C1), "belongs to the means"),
        (lambda *m: five_without_constants(*m), "missing"),
        (lambda *m: five(*m, two=1), "twice"),
        (lambda *m: five(*m).mean(), "map"),
        (five_in_place, "in place"),
        (lambda *m: five(*m).T, "shape"),
        (lambda *m: None, "return"),
    ],
    "3.4": [
        (lambda e, p: "fine", "if 'fine' were right"),
        (lambda e, p: verdict(e, p, close=1e-9), "rounded"),
        (lambda e, p: verdict(e, p, three=-1), "a third of the printed MSE"),
        (lambda e, p: verdict(e, p, three=4.7 / 4.7712), "4.77 is rounded"),
        (lambda e, p: verdict(e, p, close=0.0099), "to two decimals"),
        (lambda e, p: verdict(e, p, order=("pooled", "fine", "channels", "peak")), "comes first"),
        (lambda e, p: verdict(e, p, peak=24.0654), "peak"),
        (lambda e, p: verdict(e, p).replace("unknown", "peak"), "none of the four"),
        (lambda e, p: verdict(e, p).upper(), "five words"),
        (lambda e, p: verdict(255**2 / e, p), "plain list"),
        (lambda e, p: e.sort() or e.append(0) or "fine", "changes an array or list"),
        (lambda e, p: 3, "five words"),
        (lambda e, p: None, "return"),
    ],
    "3.5": [
        (wrong_score(pool=True), "pool"),
        (wrong_score(shave=0), "shaved"),
        (wrong_score(shave=1), "not one"),
        (wrong_score(luma=full_range), "full-range"),
        (wrong_score(luma=grey_through_colour), "grey"),
        (wrong_score(luma=lambda p: images.luma(p[..., ::-1] if p.ndim == 3 else p)), "swapped"),
        (wrong_score(crop=resize), "crop instead"),
        (wrong_score(crop=lambda y, s: y[y.shape[0] % s :, y.shape[1] % s :]), "bottom"),
        (wrong_score(to_bytes=lambda x: x.clip(0, 1) * 255), "rounded"),
        (wrong_score(to_bytes=lambda x: np.rint(x * 255)), "clipped"),
        (wrong_score(to_bytes=lambda x: (x.clip(0, 1) * 255).astype(np.uint8)), "round first"),
        (wrong_score(shrink=lambda h, s: images.to_bytes(resample.downscale(h, s)) / 255), "small image"),
        (wrong_score(shrink=lambda h, s: resample.downscale(h, s).clip(0, 1)), "not be clipped"),
        (score_over_colours, "three colours"),
        (wrong_score(error=lambda a, b: np.mean((a - b) ** 2)), "wrap around in uint8"),
        (wrong_score(error=lambda a, b: np.mean((a - b).astype(float) ** 2)), "wrap around in uint8"),
        (wrong_score(to_bytes=lambda x: np.rint(x * 255).astype(int).astype(np.uint8)), "clip first"),
        (lambda p, s, e: score(p, s, resample.enlarge), "not the method"),
        (lambda p, s, e: score(p, s, e) * len(p), "sum"),
        (lambda p, s, e: score(p, s, e) - 20 * np.log10(255), "peak"),
        (lambda p, s, e: score(p[:1], s, e), "step by step"),
        (wrong_score(shave=0, crop=shaved_first), "before the picture is shrunk"),
        (score_of_bytes, "0..1"),
        (lambda p, s, e: None, "return"),
    ],
}
