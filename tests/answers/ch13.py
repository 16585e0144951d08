"""Answers to the exercises of chapter 13: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np


def upright(image, orientation, swap=lambda x: np.swapaxes(x, 0, 1), turns=(0, 2, 3, 1)):
    if orientation in (5, 7):
        return swap(image[::-1, ::-1] if orientation == 7 else image)
    if orientation in (2, 4):
        return image[:, ::-1] if orientation == 2 else image[::-1]
    return np.rot90(image, dict(zip((1, 3, 6, 8), turns, strict=True))[orientation])


def upright_by_pixels(image, orientation):
    """Each pixel of the result is looked up."""
    height, width = image.shape[:2]
    exchanged = orientation >= 5
    result = np.empty((width, height, *image.shape[2:]) if exchanged else image.shape)
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            y, x = (j, i) if exchanged else (i, j)
            if orientation in (3, 4, 6, 7):
                y = height - 1 - y
            if orientation in (2, 3, 7, 8):
                x = width - 1 - x
            result[i, j] = image[y, x]
    return result


def window(start, size, length, margin, scale, before=True, beyond=True, cut=None):
    first = max(start - margin, 0) if before else start - margin
    stop = min(start + size, length) + margin
    stop = min(stop, length) if beyond else stop
    return first, stop, (start - first) * scale if cut is None else cut


def window_by_ranges(start, size, length, margin, scale):
    read = [i for i in range(length) if start - margin <= i < min(start + size, length) + margin]
    return [np.int64(read[0]), read[-1] + 1, scale * sum(i < start for i in read)]


def sharpen(image, amount, blur):
    return np.clip(image + amount * (image - blur(image)), 0, 1)


def sharpen_by_masks(image, amount, blur):
    result = (1 + amount) * image - amount * blur(image)
    result[result > 1] = 1
    result[result < 0] = 0
    return result


def in_tiles(lr, scale, run, margin, step, read=None):
    h, w = lr.shape
    read = margin if read is None else read
    sr = np.zeros((scale * h, scale * w))
    for top in range(0, h, step):
        for left in range(0, w, step):
            above, before = max(top - read, 0), max(left - read, 0)
            made = run(lr[above : min(top + step, h) + read, before : min(left + step, w) + read])
            inner = made[(top - above) * scale :, (left - before) * scale :][: step * scale, : step * scale]
            inner = inner[: (h - top) * scale, : (w - left) * scale]
            sr[top * scale : top * scale + len(inner), left * scale : left * scale + inner.shape[1]] = inner
    return sr


def in_tiles_backwards(lr, scale, run, margin, step):
    """From the last tile to the first, the margins overwritten by those that know better."""
    h, w = lr.shape
    sr = np.empty((scale * h, scale * w), np.float64)
    for top in reversed(range(0, h, step)):
        for left in reversed(range(0, w, step)):
            rows = slice(max(0, top - margin), min(h, top + step) + margin)
            columns = slice(max(0, left - margin), min(w, left + step) + margin)
            made = run(lr[rows, columns])
            y, x = scale * (top - rows.start), scale * (left - columns.start)
            height, width = scale * (min(h, top + step) - top), scale * (min(w, left + step) - left)
            sr[scale * top :][:height, scale * left :][:, :width] = made[y : y + height, x : x + width]
    return sr


RIGHT = {
    "13.1": [upright, upright_by_pixels],
    "13.2": [window, window_by_ranges],
    "13.3": [sharpen, sharpen_by_masks],
    "13.4": [in_tiles, in_tiles_backwards],
}

WRONG = {
    "13.1": [
        (lambda x, o: upright(x, o, turns=(0, 2, 1, 3)), "turned the wrong way"),
        (lambda x, o: upright(x, o, turns=(0, 0, 3, 1)), "upside down"),
        (lambda x, o: upright(x, o, swap=np.transpose), "colours"),
        (lambda x, o: x, "as it was stored"),
        (lambda x, o: upright(x, {2: 4, 4: 2}.get(o, o)), "wrong axis"),
        (lambda x, o: upright(x, {5: 7, 7: 5}.get(o, o)), "upside down"),
        (lambda x, o: upright(x, {7: 6}.get(o, o)), "this one is transposed"),
        (lambda x, o: upright(x, o)[:-1], "shape"),
        (lambda x, o: None, "return"),
    ],
    "13.2": [
        (lambda *a: window(*a, before=False), "before 0"),
        (lambda *a: window(*a, beyond=False), "beyond its length"),
        (lambda *a: (*window(*a)[:2], window(*a)[2] / a[-1]), "pixels of the result"),
        (lambda *a: (*window(*a)[:2], a[3] * a[4]), "less is cut off"),
        (lambda *a: (window(*a)[0], window(*a)[1] - 1, window(*a)[2]), "*not* read"),
        (lambda *a: (window(*a)[0], min(a[0] + a[1], a[2]), window(*a)[2]), "behind"),
        (lambda *a: (a[0], window(*a)[1], 0), "in front"),
        (lambda *a: window(*a)[:2], "three numbers"),
        (lambda *a: (0, 0, 0), "got"),
        (lambda *a: None, "return"),
    ],
    "13.3": [
        (lambda x, a, blur: x + a * (x - blur(x)), "must be cut"),
        (lambda x, a, blur: np.clip(x - a * (x - blur(x)), 0, 1), "that blurs"),
        (lambda x, a, blur: np.clip(x + a * blur(x), 0, 1), "not the blurred picture"),
        (lambda x, a, blur: np.clip(blur(x) + a * (x - blur(x)), 0, 1), "not to the blurred one"),
        (lambda x, a, blur: np.clip(a * (x - blur(x)), 0, 1), "itself is missing"),
        (lambda x, a, blur: np.clip(x + x - blur(x), 0, 1), "how much"),
        (lambda x, a, blur: np.clip(x + a * np.clip(x - blur(x), 0, 1), 0, 1), "may be negative"),
        (lambda x, a, blur: None, "return"),
    ],
    "13.4": [
        (lambda *a: in_tiles(*a, read=0), "seams"),
        (lambda lr, scale, run, margin, step: run(lr), "along a side"),
        (lambda lr, scale, run, margin, step: np.kron(lr, np.ones((scale, scale))), "never called"),
        (lambda lr, scale, run, margin, step: in_tiles(lr, scale, run, margin, step)[:-1], "shape"),
        (lambda lr, scale, run, margin, step: in_tiles(lr, scale, run, margin, step) + 1, "values"),
        (lambda lr, scale, run, margin, step: None, "return"),
    ],
}
