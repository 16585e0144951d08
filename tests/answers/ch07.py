"""Answers to the exercises of chapter 7: right ones, however written, and wrong ones with the slip that they make."""

import math

import numpy as np


def warm(step, steps, peak, warmup):
    if step < warmup:
        return peak * step / warmup
    return 0.5 * peak * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup)))


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


def pair(scale=0.5, first=(4, 4), minus=1.0, last=1.0):
    """The six arrays with +scale and -scale in W1."""
    W1, W2, W3 = np.zeros((9, 9, 1, 64)), np.zeros((1, 1, 64, 32)), np.zeros((5, 5, 32, 1))
    W1[(*first, 0)][:2] = scale, -scale * minus
    W2[0, 0, 0, 0] = W2[0, 0, 1, 1] = 1
    W3[2, 2, :2, 0] = last / scale, -last / scale
    return [W1, np.zeros(64), W2, np.zeros(32), W3, np.zeros(1)]


def by_a_bias():
    """One filter, lifted so far that no pixel of the check is negative."""
    arrays = pair(minus=0)
    arrays[1][0], arrays[5][0] = 50, -100
    return arrays


def positive_twice():
    arrays = pair()
    arrays[4][2, 2, 1, 0] = 2
    return arrays


RIGHT = {
    "7.1": [warm, lambda s, n, p, w: p * s / w if s < w else p * math.cos(math.pi * (s - w) / (n - w) / 2) ** 2],
    "7.2": [lambda w, n: w @ n[0, 0], lambda w, n: w @ n, lambda w, n: np.tensordot(w, n.squeeze((0, 1)), axes=1)],
    "7.3": [pair, lambda: tuple(pair(0.125))],
    "7.4": [
        adam,
        lambda w, g, m, v, t, **other: list(adam(np.array(w), g, m, v, t, **other)),
        lambda *given, **other: np.array(adam(*given, **other)),
    ],
}

WRONG = {
    "7.1": [
        (lambda s, n, p, w: 0.5 * p * (1 + np.cos(np.pi * s / n)), "line from 0"),
        (lambda s, n, p, w: p * s / w if s < w else 0.5 * p * (1 + np.cos(np.pi * s / n)), "not at step 0"),
        (lambda s, n, p, w: p * s / w if s <= w else warm(s, n, p, w), "divides by zero"),
        (lambda s, n, p, w: p * s / w if s < w else None, "return"),
        (lambda s, n, p, w: p * s / w if s < w else 0.5 * p * np.cos(np.pi * s / n), "Eq. (6.2)"),
        (lambda s, n, p, w: warm(s, n, 1, w), "peak"),
        (lambda s, n, p, w: p * s / w if s < w else p * (n - s) / (n - w), "not a straight line"),
    ],
    "7.2": [
        (lambda w, n: np.tensordot(w, n, axes=([3], [2])), "narrow[0, 0]"),
        (lambda w, n: np.einsum("abcp,pn->abnc", w, n[0, 0]), "exchanged"),
        (lambda w, n: (w @ n[0, 0])[::-1, ::-1], "reversed"),
        (lambda w, n: w @ n[0, 0] / w.shape[-1], "mean"),
        (lambda w, n: w @ n[0, 0].T, "matmul"),
        (lambda w, n: w[..., : n.shape[-1]] * n[0, 0, 0], "values"),
        (lambda w, n: None, "return"),
    ],
    "7.3": [
        (lambda: pair(1.0), "0.5 is the limit"),
        (lambda: pair(minus=0), "only what is positive"),
        (lambda: pair(-0.5, minus=0), "only what is negative"),
        (positive_twice, "must subtract"),
        (by_a_bias, "biases at zero"),
        (lambda: pair(last=-1), "comes out negative"),
        (lambda: pair(last=0.5), "half its strength"),
        (lambda: pair(first=(3, 4)), "has moved"),
        (lambda: pair()[:5], "six arrays"),
        (lambda: [w.T for w in pair()], "W1: "),
        (lambda: [np.zeros_like(w) for w in pair()], "not the input"),
        (lambda: None, "return"),
    ],
    "7.4": [
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
