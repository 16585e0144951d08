"""Checks of chapter 7, past the paper."""

import numpy as np

from ._check import ask, check, compare, decimal, explain, like, number, parts, whole


@check
def exercise_7_1(warm_cosine, rng):
    cases = [(s, 100, 1.0, 20) for s in (0, 10, 20, 60, 100, 40, 77)]
    cases += [(0, 50, 0.3, 0), (25, 50, 0.3, 0), (10, 50, 0.3, 0), (7, 30, 2.0, 10), (15, 30, 2.0, 10)]
    steps, warmup, peak = *whole(rng, (40, 90), (5, 15)), decimal(rng, 0.2, 3)
    cases += [(*whole(rng, (1, warmup)), steps, peak, warmup), (*whole(rng, (warmup + 3, steps)), steps, peak, warmup)]
    for case in cases:
        step, steps, peak, warmup = case
        where = f"step {step} of {steps}, peak {peak}, warmup {warmup}: "
        with explain({"division by zero": where + "your code divides by zero when there is no warm-up"}):
            given = number(ask(warm_cosine, *case), where + "your function")
        right = _warm_cosine(*case)
        slips = [(right / peak, "multiply by the peak")]
        otherwise = f"the line from 0 to the peak gives {right:.4g}"
        if step >= warmup:
            line, too_early = peak * (steps - step) / (steps - warmup), _warm_cosine(step, steps, peak, 0)
            slips += [(line, "between its two ends it must be a cosine, not a straight line")]
            slips += [(too_early, "the cosine must begin when the warm-up ends, not at step 0")]
            otherwise = "from the end of the warm-up on, use the cosine, Eq. (6.2), for the steps that are left"
        if hint := compare(given, right, slips, where + f"got {given:.4g}; ", 1e-6, otherwise):
            return hint
    return None


def _warm_cosine(step, steps, peak, warmup):
    if step < warmup:
        return peak * step / warmup
    return 0.5 * peak * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup)))


@check
def exercise_7_2(collapse, rng):
    for f, c, p, n in ((5, 3, 20, 7), (3, 1, 4, 4), (1, 2, 6, 3), whole(rng, (2, 4), (2, 4), (3, 6), (3, 6))):
        wide, narrow = rng.normal(size=(f, f, c, p)), rng.normal(size=(1, 1, p, n))
        right = np.einsum("abcp,pn->abcn", wide, narrow[0, 0])
        slips = [
            (right[:, :, :, None, None], "take `narrow[0, 0]`, a matrix, before you multiply"),
            (right.swapaxes(2, 3), "channels in and filters are exchanged: the filters are the last axis"),
            (right[::-1, ::-1], "the kernel is turned by half; nothing is to be reversed here"),
            (right / p, "that is a mean over the p channels; a layer adds them up"),
        ]
        if p == n:
            turned = np.einsum("abcp,np->abcn", wide, narrow[0, 0])
            slips += [(turned, "narrow is transposed: its first channel axis belongs to the filters of wide")]
        if hint := compare(ask(collapse, wide, narrow), right, slips):
            is_sum = "; is each filter n the sum over p of wide[..., p] * narrow[0, 0, p, n]?"
            return hint + (is_sum if "the values are not" in hint else "")
    return None


@check
def exercise_7_3(any_image, rng):
    shapes = [(9, 9, 1, 64), (64,), (1, 1, 64, 32), (32,), (5, 5, 32, 1), (1,)]
    arrays = parts(ask(any_image), 6, "six arrays: W1, B1, W2, B2, W3, B3")
    names = ("W1", "B1", "W2", "B2", "W3", "B3")
    arrays = [
        like(array, np.zeros(shape), f"{name}: ") for name, array, shape in zip(names, arrays, shapes, strict=True)
    ]
    if any(array.any() for array in arrays[1::2]):
        return "leave the biases at zero: what they add would have to be taken away again"
    if not np.abs(arrays[0]).max() <= 0.5:
        return f"a weight of W1 is {np.abs(arrays[0]).max():g} large, and 0.5 is the limit"
    from .. import layers, models

    network = models.srcnn()
    network.set_weights(arrays)
    image = 100 * rng.normal(size=(1, 25, 25, 1)).astype(np.float32)
    inner = image[:, 6:-6, 6:-6]
    given = layers.keras.ops.convert_to_numpy(network(image))
    slips = [
        (np.maximum(0, inner), "only what is positive comes through; the other sign needs a filter of its own"),
        (np.minimum(0, inner), "only what is negative comes through; the other sign needs a filter of its own"),
        (np.abs(inner), "negative pixels come out positive: the last layer must subtract them"),
        (-inner, "the image comes out negative"),
        (0.5 * inner, "the image comes out at half its strength; a later layer can double it"),
        (image[:, 5:-7, 6:-6], "the image has moved: the middle of 9 weights is number 4, that of 5 is number 2"),
    ]
    otherwise = "the output is not the input, whose pixels lie between -400 and 400"
    return compare(given, inner, slips, "a random image: ", 0.01, otherwise)


@check
def exercise_7_4(adam_step, rng):
    state = rng.normal(size=(2, 4)), np.zeros((2, 4)), np.zeros((2, 4))
    for t in range(1, 7):
        g = rng.normal(size=(2, 4)) * 10.0 ** rng.integers(-3, 3)
        options = {"rate": 0.1, "beta1": 0.5, "beta2": 0.9} if t == 6 else {}
        w, m, v = state
        given = parts(ask(adam_step, w, g, m, v, t, **options), 3, "three arrays: the new w, m and v")
        right, usual = _adam(*state, g, t, **options), _adam(*state, g, t)
        for name in "mvw":  # a wrong average makes the weights wrong, so it is named first
            k = "wmv".index(name)
            slips = [(usual[k], "right for the usual rate and betas only; use the arguments of the function")]
            slips += _adam_slips(*state, g, t)[name]
            if hint := compare(given[k], right[k], slips, f"at step {t}, {name}: ", 1e-9 * max(1, abs(right[k]).max())):
                return hint + ("; do the corrections have a power, beta**t?" if "NaN" in hint and name == "w" else "")
        state = right
    return None


def _adam(w, m, v, g, t, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-7):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return w - rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


def _adam_slips(w, m, v, g, t):
    """For each of the three results: pairs (what a usual mistake gives, its hint)."""
    new_w, new_m, new_v = _adam(w, m, v, g, t)
    mean, square = new_m / (1 - 0.9**t), new_v / (1 - 0.999**t)
    of_m = [
        (0.999 * m + 0.001 * g, "m moves with beta1, v with beta2"),
        (0.1 * m + 0.9 * g, "beta1 multiplies the old average, 1 - beta1 the new gradient"),
        (mean, "return the running average itself; the corrected one is only for the step"),
    ]
    of_v = [
        (0.999 * v + 0.001 * g, "v is the average of the squared gradient"),
        (square, "return the running average itself; the corrected one is only for the step"),
    ]
    exponent = "the exponent of beta**t is off by one; t counts from 1"
    of_w = [
        (w - 1e-3 * new_m / (np.sqrt(new_v) + 1e-7), "the corrections by 1 - beta**t are missing"),
        (_adam(w, m, v, g, t + 1)[0], exponent),
        (w - 1e-3 * mean / (square + 1e-7), "the step divides by the root of v"),
        (w - 1e-3 * mean / np.sqrt(square + 1e-7), "epsilon stands beside the root, not under it"),
        (2 * w - new_w, "you go uphill: the step must be subtracted"),
    ]
    if t > 1:
        old = w - 1e-3 * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
        product = w - 1e-3 * new_m / (1 - 0.9 * t) / (np.sqrt(np.maximum(new_v / (1 - 0.999 * t), 0)) + 1e-7)
        of_w += [
            (_adam(w, m, v, g, t - 1)[0], exponent),
            (old, "the step uses the new m and v, not those of the step before"),
            (product, "the corrections have a power, beta**t, not a product"),
        ]
    return {"m": of_m, "v": of_v, "w": of_w}
