"""Answers to problem set 2, right and wrong, for any variant; as in ps1."""

import math

import numpy as np


def decibels(error, peak=255):
    return 10 * np.log10(peak**2 / error)


def cut(image, border):
    return image[border : image.shape[0] - border, border : image.shape[1] - border]


def psnr(bits, border, *, peak=None, kind=float, change=lambda value: value):
    top = 2**bits - 1 if peak is None else peak

    def answer(hr, sr):
        difference = (cut(hr, border).astype(kind) - cut(sr, border).astype(kind)).astype(float)
        error = np.mean(difference**2)
        return np.inf if error == 0 else change(decibels(error, top))

    return answer


def with_a_mask(bits, border):
    """Counts the pixels one by one."""

    def answer(hr, sr):
        rows, columns = np.ogrid[: hr.shape[0], : hr.shape[1]]
        far = np.minimum(np.minimum(rows, hr.shape[0] - 1 - rows), np.minimum(columns, hr.shape[1] - 1 - columns))
        first, second = (np.asarray(image[far >= border], np.longdouble).ravel() for image in (hr, sr))
        total = math.fsum(float(difference) ** 2 for difference in first - second)
        return np.float64(20 * math.log10(2**bits - 1) - 10 * math.log10(total / len(first))) if total else math.inf

    return answer


def mean_of_channels(bits, border):
    def answer(hr, sr):
        if hr.ndim == 2:
            return psnr(bits, border)(hr, sr)
        return np.mean([psnr(bits, border)(hr[..., k], sr[..., k]) for k in range(3)])

    return answer


def wrong_psnrs(bits, border):
    def per_pixel(hr, sr):
        squares = (cut(hr, border).astype(float) - cut(sr, border)) ** 2
        pixels = squares.shape[0] * squares.shape[1]
        return decibels(squares.sum() / pixels, 2**bits - 1) if squares.any() else np.inf

    return [
        (lambda hr, sr: None, "return"),
        (psnr(bits, 0), "leave out a frame"),
        (psnr(bits, border + 1 if border < 5 else 1), "your frame is"),
        (psnr(bits, border, peak=255 if bits != 8 else 1), "your peak is"),
        (psnr(bits, border, peak=2**bits), "your peak is"),
        (psnr(bits, border, kind=np.uint8 if bits == 8 else np.uint16), ("wrap around", "not Eq. (3.2)")),
        (psnr(bits, border, change=lambda value: 2 * value), "already squared"),
        (psnr(bits, border, change=lambda value: round(value, 1)), "rounded"),
        (psnr(bits, border, change=lambda value: -value), "upside down"),
        (mean_of_channels(bits, border), "three PSNRs"),
        (per_pixel, "number of values"),
    ]


def change(percent, peak, root=True):
    return lambda wanted: peak * 10 ** (-wanted / 20) / (percent / 100) ** 0.5


def by_bisection(percent, peak):
    """Tries changes until the PSNR of a picture of 100 pixels is right."""

    def answer(wanted):
        low, high = 0.0, 10.0 * peak
        for _ in range(80):
            middle = (low + high) / 2
            picture = np.zeros(100)
            picture[:percent] = middle
            low, high = (middle, high) if decibels(np.mean(picture**2), peak) > wanted else (low, middle)
        return np.array([high])

    return answer


def wrong_changes(percent, peak):
    right, share = change(percent, peak), percent / 100
    return [
        (lambda wanted: None, "return"),
        (lambda wanted: right(wanted) * share**0.5, "all"),
        (lambda wanted: right(wanted) / share**0.5, "root is missing"),
        (lambda wanted: right(wanted) * share, ("not less", "right")),
        (lambda wanted: right(wanted) ** 2, "square"),
        (lambda wanted: -right(wanted), "positive"),
        (lambda wanted: peak * 10 ** (-wanted / 10) / share**0.5, "*square*"),
        (lambda wanted: right(wanted) / peak * (255 if peak != 255 else 1), "your peak is"),
        (lambda wanted: np.round(right(wanted), 1), ("round", "MSE first")),
        (lambda wanted: right(20.0), ("MSE first", "round")),
    ]


def ssim(peak, K1, K2, covariance=lambda x, y, xx, yy, dd: (xx + yy - dd) / 2 - x * y, two=2, power=2, swap=False):
    def answer(x, y, xx, yy, dd):
        c1, c2 = (K1 * peak) ** power, (K2 * peak) ** power
        c1, c2 = (c2, c1) if swap else (c1, c2)
        above = (2 * x * y + c1) * (two * covariance(x, y, xx, yy, dd) + c2)
        return above / ((x**2 + y**2 + c1) * (xx - x * x + yy - y * y + c2))

    return answer


def by_factors(peak, K1, K2):
    """Luminance, contrast and structure, of the variance of the difference."""

    def answer(x, y, xx, yy, dd):
        c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
        var_x, var_y, var_d = xx - x**2, yy - y**2, dd - (x - y) ** 2
        deviations = np.sqrt(np.maximum(var_x, 0) * np.maximum(var_y, 0))
        luminance = (2 * x * y + c1) / (x**2 + y**2 + c1)
        contrast = (2 * deviations + c2) / (var_x + var_y + c2)
        structure = ((var_x + var_y - var_d) / 2 + c2 / 2) / (deviations + c2 / 2)
        return (luminance * contrast * structure).tolist()

    return answer


def wrong_ssims(peak, K1, K2):
    right = ssim(peak, K1, K2)

    def in_place(x, y, xx, yy, dd):
        xx -= x * x
        return right(x, y, xx + x * x, yy, dd)

    return [
        (lambda *means: None, "return"),
        (lambda *means: right(*means).mean(), "one number"),
        (in_place, "changes an array"),
        (ssim(peak, K1, K2, lambda x, y, xx, yy, dd: dd - x * y), "multiply"),
        (ssim(peak, K1, K2, lambda x, y, xx, yy, dd: xx + yy - dd - x * y), "*twice*"),
        (ssim(peak, K1, K2, lambda x, y, xx, yy, dd: (dd - xx - yy) / 2 - x * y), "sign"),
        (ssim(peak, K1, K2, two=1), "*twice* the covariance"),
        (ssim(peak, K1, K2, power=1), ("squared", "for a peak of 1")),
        (ssim(peak, K1, K2, swap=True), "C1 belongs"),
        (ssim(255, 0.01, 0.03), "of the book"),
        (ssim(peak, 0.03, 0.07), "two equal pictures"),
        (lambda x, y, xx, yy, dd: right(x, y, xx, yy, dd)[0], "shape"),
    ]


def verdict(digits, wrong, *, words=("fine", "median", "pooled", "roots", "peak"), near=0.501, last="unknown", turn=1):
    def answer(errors, printed):
        errors = np.array(errors)
        each = decibels(errors)
        values = {
            "fine": each.mean(),
            "median": np.sort(each)[len(each) // 2] / 2 + np.sort(each)[(len(each) - 1) // 2] / 2,
            "pooled": decibels(errors.mean()),
            "roots": decibels(np.sqrt(errors).mean() ** 2),
            "peak": np.mean(decibels(errors, wrong)),
        }
        found = [word for word in words if abs(values[word] - printed) <= near * 10**-digits]
        return found[::turn][0] if found else last

    return answer


def by_rounding(digits, wrong):
    def answer(errors, printed):
        each = [20 * math.log10(255) - 10 * math.log10(error) for error in errors]
        mean, n = sum(each) / len(each), len(errors)
        tries = [
            ("fine", mean),
            ("median", float(np.median(each))),
            ("pooled", 20 * math.log10(255) - 10 * math.log10(sum(errors) / n)),
            ("roots", 20 * math.log10(255 / (sum(map(math.sqrt, errors)) / n))),
            ("peak", mean + 20 * math.log10(wrong / 255)),
            ("unknown", printed),
        ]
        return np.str_(next(word for word, value in tries if round(float(value), digits) == round(printed, digits)))

    return answer


def wrong_verdicts(digits, wrong):
    all_words = ("fine", "median", "pooled", "roots", "peak")
    return [
        (lambda errors, printed: None, "return"),
        (lambda errors, printed: "fine", "every table"),
        (lambda errors, printed: 3, "six words"),
        (verdict(digits, wrong, near=1e-6), ("rounded", "every table")),
        (verdict(digits, wrong, near=3), "nothing explains"),
        (verdict(digits, wrong, turn=-1), "single image"),
        (verdict(digits, wrong, last="peak"), "nothing explains"),
        (verdict(digits, 1), "rounded"),
        *(
            (verdict(digits, wrong, words=[word for word in all_words if word != left_out]), "rounded")
            for left_out in ("median", "pooled", "roots")
        ),
        (verdict(digits, wrong, words=("median", "pooled", "roots", "peak"), last="fine"), ("nothing", "single")),
    ]


WEIGHTS = {"BT.601": (0.299, 0.587, 0.114), "BT.709": (0.2126, 0.7152, 0.0722), "the mean": (1 / 3, 1 / 3, 1 / 3)}


def score(luma, frame, whole, *, weights=None, offset=0, rint=False, crop=True, clip=True, pooled=False, peak=255):
    weights = np.array(WEIGHTS[luma] if weights is None else weights)

    def answer(photographs, scale, downscale, enlarge):
        errors = []
        for image in photographs:
            y = np.asarray(image, float)
            y = offset + y @ weights if y.ndim == 3 else y
            y = np.rint(y) if rint else y
            y = y[: len(y) - len(y) % scale, : y.shape[1] - y.shape[1] % scale] if crop else y
            sr = np.asarray(enlarge(downscale(y / 255, scale), scale)) * 255
            sr = np.clip(sr, 0, 255) if clip else sr
            sr = np.rint(sr) if whole else sr
            border = scale if frame is None else frame
            errors.append(np.mean(cut(y - sr, border) ** 2))
        return decibels(np.mean(errors), peak) if pooled else np.mean(decibels(np.array(errors), peak))

    return answer


def in_zero_to_one(luma, frame, whole):
    """The same with pixels in 0..1 and a peak of 1, photograph by photograph."""

    def one(image, scale, downscale, enlarge):
        y = image / 255
        y = sum(weight * y[..., k] for k, weight in enumerate(WEIGHTS[luma])) if y.ndim == 3 else y
        rows, columns = y.shape[0] // scale * scale, y.shape[1] // scale * scale
        sr = np.minimum(np.maximum(enlarge(downscale(y[:rows, :columns], scale), scale), 0), 1)
        sr = np.round(sr * 255) / 255 if whole else sr
        return -10 * np.log10(np.mean((y[frame : rows - frame, frame : columns - frame] - cut(sr, frame)) ** 2))

    return lambda photographs, *how: sum(one(image, *how) for image in photographs) / len(photographs)


def wrong_scores(luma, frame, whole):
    return [
        (lambda *given: None, "return"),
        (score(luma, frame, whole, crop=False), "multiple"),
        (score(luma, frame, whole, clip=False), "cut off"),
        (score(luma, frame, 1 - whole), "in your protocol"),
        (score(luma, None, whole), "as the scale"),
        (score(luma, 0, whole), "is missing"),
        (score(luma, frame, whole, pooled=True), "average the PSNRs"),
        (score(luma, frame, whole, peak=1), "peak is 255"),
        (score(luma, frame, whole, rint=True), "does not round"),
        (
            score(luma, frame, whole, weights=np.array([65.481, 128.553, 24.966]) / 255, offset=16, rint=True),
            ("the book's", "step by step"),
        ),
        (score(luma, frame, whole, weights=WEIGHTS["BT.601" if luma != "BT.601" else "BT.709"]), "step by step"),
        (score(luma, frame + 1, whole), "step by step"),
    ]


RIGHT = {
    "2.1": lambda **given: [psnr(**given), with_a_mask(**given)],
    "2.2": lambda **given: [change(**given), by_bisection(**given)],
    "2.3": lambda **given: [ssim(**given), by_factors(**given)],
    "2.4": lambda **given: [verdict(**given), by_rounding(**given)],
    "2.5": lambda **given: [score(**given), in_zero_to_one(**given)],
}
WRONG = {"2.1": wrong_psnrs, "2.2": wrong_changes, "2.3": wrong_ssims, "2.4": wrong_verdicts, "2.5": wrong_scores}
PARTLY = {
    "2.1": lambda bits, border: [mean_of_channels(bits, border)],
    "2.5": lambda luma, frame, whole: [score(luma, frame, whole, crop=False), score(luma, frame, whole, clip=False)],
}
