"""The checks of chapter 6: the mistakes that people make are refused with a fitting hint, right answers accepted."""

import math

import numpy as np
import pytest

from srcnn import checks


def grid(image, size, stride, order="rows", last=1):
    tops = range(0, image.shape[0] - size + last, stride)
    lefts = range(0, image.shape[1] - size + last, stride)
    if order == "rows":
        return np.array([image[y : y + size, x : x + size] for y in tops for x in lefts])
    return np.array([image[y : y + size, x : x + size] for x in lefts for y in tops])


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


def adam_without_correction(w, g, m, v, t):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    return w - 1e-3 * m / (np.sqrt(v) + 1e-7), m, v


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


def adam_gradient_not_squared(w, g, m, v, t):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g
    return adam(w, g, m, np.abs(v), t)[0], m, v


WRONG = [
    ("exercise_6_1", lambda psnr: 10 ** (psnr / 10), "smaller loss"),
    ("exercise_6_1", lambda psnr: 255**2 / 10 ** (psnr / 10), "0..255"),
    ("exercise_6_1", lambda psnr: 10 ** (-psnr / 20), "root"),
    ("exercise_6_1", lambda psnr: math.exp(-psnr / 10), "base 10"),
    ("exercise_6_1", lambda psnr: None, "return"),
    ("exercise_6_1", lambda psnr: 1 / (psnr - 20), "ZeroDivisionError"),
    ("exercise_6_2", lambda image, size, stride: grid(image, size, stride, last=0), "missing"),
    ("exercise_6_2", lambda image, size, stride: grid(image, size, 1), "use the stride"),
    ("exercise_6_2", lambda image, size, stride: [image[y : y + size] for y in range(0, 8, stride)], "differ in size"),
    ("exercise_6_2", lambda image, size, stride: grid(image, size, stride, "columns"), "column by column"),
    ("exercise_6_2", lambda image, size, stride: grid(image, size, stride).transpose(0, 2, 1), "transposed"),
    (
        "exercise_6_2",
        lambda image, size, stride: np.lib.stride_tricks.sliding_window_view(image, (size, size))[::stride, ::stride],
        "one axis",
    ),
    ("exercise_6_2", lambda image, size, stride: grid(image[:, : len(image)], size, stride), "height and width differ"),
    ("exercise_6_2", lambda image, size, stride: grid(image, size, size), "side by side"),
    ("exercise_6_2", lambda image, size, stride: grid(image, size, stride).astype(np.uint8), "values"),
    ("exercise_6_2", lambda image, size, stride: grid(image, size, stride) / 255, "values"),
    ("exercise_6_2", lambda image, size, stride: image.__imul__(2), "changed the image"),
    ("exercise_6_3", lambda s, n, p, w: 0.5 * p * (1 + np.cos(np.pi * s / n)), "line from 0"),
    ("exercise_6_3", lambda s, n, p, w: p * s / w if s < w else 0.5 * p * (1 + np.cos(np.pi * s / n)), "not at step 0"),
    ("exercise_6_3", lambda s, n, p, w: p * s / w if s <= w else warm(s, n, p, w), "divides by zero"),
    ("exercise_6_3", lambda s, n, p, w: p * s / w if s < w else None, "return"),
    ("exercise_6_3", lambda s, n, p, w: p * s / w if s < w else 0.5 * p * np.cos(np.pi * s / n), "Eq. (6.2)"),
    ("exercise_6_3", lambda s, n, p, w: warm(s, n, 1, w), "peak"),
    ("exercise_6_3", lambda s, n, p, w: p * s / w if s < w else p * (n - s) / (n - w), "not a straight line"),
    ("exercise_6_4", lambda patch: eight(patch)[:4], "shape"),
    ("exercise_6_4", lambda patch: np.concatenate([eight(patch)[:4]] * 2), "only 4"),
    ("exercise_6_4", lambda patch: np.stack([patch] * 8), "only 1"),
    ("exercise_6_4", lambda patch: np.stack([np.roll(patch, k) for k in range(8)]), "not a turned"),
    ("exercise_6_4", lambda patch: patch.__imul__(2), "changed the patch"),
    ("exercise_6_5", adam_without_correction, "corrections"),
    ("exercise_6_5", adam_with_the_old_averages, "the new m and v"),
    ("exercise_6_5", lambda w, g, m, v, t, **other: adam(w, g, m, v, t), "use the arguments"),
    ("exercise_6_5", adam_uphill, "subtracted"),
    ("exercise_6_5", lambda w, g, m, v, t: adam(w, g, m, v, t + 1), "off by one"),
    ("exercise_6_5", lambda w, g, m, v, t: adam(w, g, m, v, t, beta1=0.999, beta2=0.9), "beta1"),
    ("exercise_6_5", adam_corrected_average, "running average itself"),
    ("exercise_6_5", adam_gradient_not_squared, "squared gradient"),
    ("exercise_6_5", lambda *a: adam(*a)[0], "three arrays"),
    ("exercise_6_5", adam_in_place, "changed an array"),
]

RIGHT = [
    ("exercise_6_1", lambda psnr: 10 ** (-psnr / 10)),
    ("exercise_6_1", lambda psnr: math.exp(-psnr * math.log(10) / 10)),
    ("exercise_6_2", grid),
    ("exercise_6_2", lambda image, size, stride: grid(image, size, stride).tolist()),
    ("exercise_6_3", warm),
    ("exercise_6_3", lambda s, n, p, w: p * s / w if s < w else p * math.cos(math.pi * (s - w) / (n - w) / 2) ** 2),
    ("exercise_6_4", eight),
    ("exercise_6_4", lambda patch: [np.rot90(v, k) for k in range(4) for v in (patch.T, patch)]),
    ("exercise_6_5", adam),
    ("exercise_6_5", lambda w, g, m, v, t, **other: list(adam(np.array(w), g, m, v, t, **other))),
    ("exercise_6_5", lambda *given, **other: np.array(adam(*given, **other))),
]


@pytest.mark.parametrize("name, answer, word", WRONG)
def test_a_mistake_is_refused_with_a_fitting_hint(name, answer, word):
    hint = getattr(checks, name).hint(answer)
    assert hint is not None and word in hint, hint


@pytest.mark.parametrize("name, answer", RIGHT)
def test_a_right_answer_is_accepted(name, answer):
    assert getattr(checks, name).hint(answer) is None
