"""Checks of chapter 6, training."""

import numpy as np

from ._check import ask, check, compare, explain, number, parts


@check
def exercise_6_1(loss_for):
    for psnr in (20.0, 0.0, 32.39, 16.2):
        given, right = number(ask(loss_for, psnr)), 10 ** (-psnr / 10)
        slips = [
            (1 / right, "a larger PSNR must give a smaller loss"),
            (255**2 * right, "that is for pixels in 0..255, we want pixels in [0, 1]"),
            (np.sqrt(right), "that is the root of the mean squared error"),
            (np.exp(-psnr / 10), "decibels use the logarithm to base 10, not e"),
        ]
        otherwise = f"put it into Eq. (6.1): does it give {psnr} back?"
        if hint := compare(given, right, slips, f"{psnr} dB gives {given:.4g}: ", 1e-6 * right, otherwise):
            return hint
    return None


@check
def exercise_6_2(grid_of_patches):
    for shape, size, stride in (((8, 10), 3, 2), ((9, 7), 4, 3), ((6, 8), 2, 1), ((5, 5), 5, 14)):
        image = np.arange(np.prod(shape)).reshape(shape) / np.prod(shape)
        where = f"an image of {shape[0]} x {shape[1]}, size {size}, stride {stride}: "
        given, right = ask(grid_of_patches, image, size, stride), _grid(image, size, stride)
        try:
            given = np.asarray(given)
        except ValueError:
            return where + "your patches differ in size; drop what does not fit"
        if given.ndim == 4:
            return where + f"your shape is {given.shape}; put rows and columns of the grid into one axis"
        slips = [
            (_grid(image, size, 1), "your patches begin at every pixel; use the stride"),
            (_grid(image, size, size), "your patches lie side by side; the next one begins `stride` pixels further"),
            (_grid(image, size, stride, last=0), "is the last one that fits missing?"),
            (_grid(image[:, : len(image)], size, stride), "height and width differ; each has its own number of places"),
            (_grid(image.T, size, stride).swapaxes(1, 2), "the patches come column by column; go along a row first"),
            (right.swapaxes(1, 2), "each patch is transposed"),
        ]
        if hint := compare(given, right, slips, where):
            too_many = "your shape is" in hint and given.shape[1:] == (size, size)
            return hint + ("; drop what does not fit" if too_many else "")
    return None


def _grid(image, size, stride, last=1):
    tops, lefts = (range(0, side - size + last, stride) for side in image.shape)
    return np.array([image[y : y + size, x : x + size] for y in tops for x in lefts])


@check
def exercise_6_3(warm_cosine):
    cases = [(s, 100, 1.0, 20) for s in (0, 10, 20, 60, 100, 40, 77)]
    cases += [(0, 50, 0.3, 0), (25, 50, 0.3, 0), (10, 50, 0.3, 0), (7, 30, 2.0, 10), (15, 30, 2.0, 10)]
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
            otherwise = "from the end of the warm-up on, use Eq. (6.2) for the steps that are left"
        if hint := compare(given, right, slips, where + f"got {given:.4g}; ", 1e-6, otherwise):
            return hint
    return None


def _warm_cosine(step, steps, peak, warmup):
    if step < warmup:
        return peak * step / warmup
    return 0.5 * peak * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup)))


@check
def exercise_6_4(eight_versions):
    for patch in (np.array([[1.0, 2], [3, 4]]), np.arange(25.0).reshape(5, 5) ** 2):
        given = np.asarray(ask(eight_versions, patch))
        if given.shape != (8, *patch.shape):
            return f"your shape is {given.shape}, expected {(8, *patch.shape)}"
        right = {np.rot90(v, turn).tobytes() for v in (patch, patch[:, ::-1]) for turn in range(4)}
        found = {np.ascontiguousarray(version, float).tobytes() for version in given}
        if found - right:
            return "one of your arrays is not a turned or mirrored version of the patch"
        if len(found) < 8:
            return f"only {len(found)} of your 8 versions are different; half a turn is the same as mirroring both ways"
    return None


@check
def exercise_6_5(adam_step):
    rng = np.random.default_rng(0)
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
