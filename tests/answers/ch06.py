"""Answers to the exercises of chapter 6: right ones, however written, and wrong ones with the slip that they make."""

import math

import numpy as np


def grid(image, size, stride, order="rows", last=1):
    tops = range(0, image.shape[0] - size + last, stride)
    lefts = range(0, image.shape[1] - size + last, stride)
    if order == "rows":
        return np.array([image[y : y + size, x : x + size] for y in tops for x in lefts])
    return np.array([image[y : y + size, x : x + size] for x in lefts for y in tops])


def windows(image, size, stride):
    return np.lib.stride_tricks.sliding_window_view(image, (size, size))[::stride, ::stride]


def grid_with_edges(image, size, stride):
    """What does not fit is moved back to the edge."""
    tops, lefts = (sorted({*range(0, side - size + 1, stride), side - size}) for side in image.shape)
    return np.array([image[y : y + size, x : x + size] for y in tops for x in lefts])


def warm(step, steps, peak, warmup):
    if step < warmup:
        return peak * step / warmup
    return 0.5 * peak * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup)))


def eight(patch):
    return np.stack([np.rot90(v, k) for v in (patch, patch[:, ::-1]) for k in range(4)])


def adam(w, g, m, v, t, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-7):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return w - rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


def adam_in_place(w, g, m, v, t):
    m *= 0.9
    m += 0.1 * g
    return adam(w, g, (m - 0.1 * g) / 0.9, v, t)


def adam_with(step):
    """Adam with another last line: step(w, new m, new v, corrected m, corrected v, t)."""

    def answer(w, g, m, v, t):
        m, v = adam(w, g, m, v, t)[1:]
        return step(w, m, v, m / (1 - 0.9**t), v / (1 - 0.999**t), t), m, v

    return answer


def adam_with_the_old_averages(w, g, m, v, t):
    new_m, new_v = adam(w, g, m, v, t)[1:]
    if t == 1:
        return adam(w, g, m, v, t)
    return w - 1e-3 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7), new_m, new_v


def adam_uphill(w, g, m, v, t):
    new, m, v = adam(w, g, m, v, t)
    return 2 * w - new, m, v


def adam_corrected_average(w, g, m, v, t):
    new, m, v = adam(w, g, m, v, t)
    return new, m / (1 - 0.9**t), v


def adam_corrected_square(w, g, m, v, t):
    new, m, v = adam(w, g, m, v, t)
    return new, m, v / (1 - 0.999**t)


def adam_by_product(w, m, v, mean, square, t):
    with np.errstate(invalid="ignore"):
        return w - 1e-3 * m / (1 - 0.9 * t) / (np.sqrt(v / (1 - 0.999 * t)) + 1e-7)


def adam_gradient_not_squared(w, g, m, v, t):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g
    return adam(w, g, m, np.abs(v), t)[0], m, v


RIGHT = {
    "6.1": [lambda psnr: 10 ** (-psnr / 10), lambda psnr: math.exp(-psnr * math.log(10) / 10)],
    "6.2": [grid, lambda image, size, stride: grid(image, size, stride).tolist()],
    "6.3": [warm, lambda s, n, p, w: p * s / w if s < w else p * math.cos(math.pi * (s - w) / (n - w) / 2) ** 2],
    "6.4": [eight, lambda patch: [np.rot90(v, k) for k in range(4) for v in (patch.T, patch)]],
    "6.5": [
        adam,
        lambda w, g, m, v, t, **other: list(adam(np.array(w), g, m, v, t, **other)),
        lambda *given, **other: np.array(adam(*given, **other)),
    ],
}

WRONG = {
    "6.1": [
        (lambda psnr: 10 ** (psnr / 10), "smaller loss"),
        (lambda psnr: 255**2 / 10 ** (psnr / 10), "0..255"),
        (lambda psnr: 10 ** (-psnr / 20), "root"),
        (lambda psnr: math.exp(-psnr / 10), "base 10"),
        (lambda psnr: None, "return"),
        (lambda psnr: 1 / (psnr - 20), "ZeroDivisionError"),
    ],
    "6.2": [
        (lambda image, size, stride: grid(image, size, stride, last=0), "missing"),
        (lambda image, size, stride: grid(image, size, 1), "use the stride"),
        (lambda image, size, stride: [image[y : y + size] for y in range(0, 8, stride)], "differ in size"),
        (lambda image, size, stride: grid(image, size, stride, "columns"), "column by column"),
        (lambda image, size, stride: grid(image, size, stride).transpose(0, 2, 1), "transposed"),
        (windows, "one axis"),
        (lambda image, size, stride: grid(image[:, : len(image)], size, stride), "height and width differ"),
        (lambda image, size, stride: grid(image, size, size), "side by side"),
        (lambda image, size, stride: grid(image, size, stride).astype(np.uint8), "values"),
        (lambda image, size, stride: grid(image, size, stride) / 255, "values"),
        (lambda image, size, stride: image.__imul__(2), "changes an array"),
        (grid_with_edges, "drop what does not fit"),
        (lambda image, size, stride: "text", "not an array"),
        (lambda image, size, stride: None, "return"),
    ],
    "6.3": [
        (lambda s, n, p, w: 0.5 * p * (1 + np.cos(np.pi * s / n)), "line from 0"),
        (lambda s, n, p, w: p * s / w if s < w else 0.5 * p * (1 + np.cos(np.pi * s / n)), "not at step 0"),
        (lambda s, n, p, w: p * s / w if s <= w else warm(s, n, p, w), "divides by zero"),
        (lambda s, n, p, w: p * s / w if s < w else None, "return"),
        (lambda s, n, p, w: p * s / w if s < w else 0.5 * p * np.cos(np.pi * s / n), "Eq. (6.2)"),
        (lambda s, n, p, w: warm(s, n, 1, w), "peak"),
        (lambda s, n, p, w: p * s / w if s < w else p * (n - s) / (n - w), "not a straight line"),
    ],
    "6.4": [
        (lambda patch: eight(patch)[:4], "shape"),
        (lambda patch: np.concatenate([eight(patch)[:4]] * 2), "only 4"),
        (lambda patch: np.stack([patch] * 8), "only 1"),
        (lambda patch: np.stack([np.roll(patch, k) for k in range(8)]), "not a turned"),
        (lambda patch: patch.__imul__(2), "changes an array"),
    ],
    "6.5": [
        (adam_with(lambda w, m, v, mean, square, t: w - 1e-3 * m / (np.sqrt(v) + 1e-7)), "corrections"),
        (adam_with(lambda w, m, v, mean, square, t: w - 1e-3 * mean / (square + 1e-7)), "root of v"),
        (adam_with(lambda w, m, v, mean, square, t: w - 1e-3 * mean / np.sqrt(square + 1e-7)), "not under it"),
        (adam_with(adam_by_product), "a power, beta**t"),
        (lambda w, g, m, v, t: adam(w, g, m, v, t, beta1=0.1), "beta1 multiplies"),
        (adam_with_the_old_averages, "the new m and v"),
        (lambda w, g, m, v, t, **other: adam(w, g, m, v, t), "use the arguments"),
        (adam_uphill, "subtracted"),
        (lambda w, g, m, v, t: adam(w, g, m, v, t + 1), "off by one"),
        (lambda w, g, m, v, t: adam(w, g, m, v, t, beta1=0.999, beta2=0.9), "beta1"),
        (adam_corrected_average, "running average itself"),
        (adam_corrected_square, "running average itself"),
        (adam_gradient_not_squared, "squared gradient"),
        (lambda *a: adam(*a)[0], "three arrays"),
        (adam_in_place, "changes an array"),
    ],
}
