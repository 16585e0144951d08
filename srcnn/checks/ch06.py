"""Checks of chapter 6, training."""

import numpy as np

from . import check, same_array

__all__ = ["exercise_6_1", "exercise_6_2", "exercise_6_3", "exercise_6_4", "exercise_6_5"]


@check
def exercise_6_1(loss_for):
    for psnr in (20.0, 0.0, 32.39, 16.2):
        given, expected = loss_for(psnr), 10 ** (-psnr / 10)
        if given is None:
            return "got None; does your function end with `return`?"
        given = float(given)
        if not np.isclose(given, expected, rtol=1e-6):
            if np.isclose(given, 1 / expected, rtol=1e-6):
                return f"{psnr} dB gives {given:.3g}: a larger PSNR must give a smaller loss"
            if np.isclose(given, 255**2 * expected, rtol=1e-4):
                return f"{psnr} dB gives {given:.4g}: that is for pixels in 0..255, we want pixels in [0, 1]"
            if np.isclose(given, np.sqrt(expected), rtol=1e-6):
                return f"{psnr} dB gives {given:.3g}: that is the root of the mean squared error"
            if np.isclose(given, np.exp(-psnr / 10), rtol=1e-6):
                return f"{psnr} dB gives {given:.3g}: decibels use the logarithm to base 10, not e"
            return f"{psnr} dB gives {given:.3g}; put it into Eq. (6.1): does it give {psnr} back?"
    return None


@check
def exercise_6_2(grid_of_patches):
    for shape, size, stride in (((8, 10), 3, 2), ((9, 7), 4, 3), ((6, 8), 2, 1), ((5, 5), 5, 14)):
        image = np.arange(np.prod(shape)).reshape(shape) / np.prod(shape)
        before = image.copy()
        expected = _grid(image, size, stride)
        given = grid_of_patches(image, size, stride)
        what = f"an image of {shape[0]} x {shape[1]}, size {size}, stride {stride}"
        if not np.array_equal(image, before):
            return "your function changed the image that it was given"
        if given is None:
            return "got None; does your function end with `return`?"
        try:
            given = np.asarray(given)
        except ValueError:
            return f"{what}: your patches differ in size; drop what does not fit"
        if given.ndim == 4:
            return f"{what}: your shape is {given.shape}; put rows and columns of the grid into one axis"
        if given.ndim == 3 and given.shape[1:] == (size, size) and len(given) != len(expected):
            slips = [
                (_grid(image, size, 1), "your patches begin at every pixel; use the stride"),
                (
                    _grid(image, size, size),
                    "your patches lie side by side; the next one begins `stride` pixels further",
                ),
                (_grid(image, size, stride, last=0), "is the last one that fits missing?"),
                (
                    _grid(image[:, : len(image)], size, stride),
                    "height and width differ; each has its own number of places",
                ),
            ]
            hint = next((hint for wrong, hint in slips if np.array_equal(given, wrong)), "drop what does not fit")
            return f"{what}: {len(given)} patches, expected {len(expected)}; {hint}"
        if given.shape == expected.shape and not np.array_equal(given, expected):
            if np.array_equal(given, _grid(image.T, size, stride).transpose(0, 2, 1)):
                return f"{what}: the patches come column by column; go along a row first"
            if np.array_equal(given, expected.transpose(0, 2, 1)):
                return f"{what}: each patch is transposed"
        if hint := same_array(given, expected):
            return f"{what}: {hint}"
    return None


def _grid(image, size, stride, last=1):
    tops, lefts = (range(0, side - size + last, stride) for side in image.shape)
    return np.array([image[y : y + size, x : x + size] for y in tops for x in lefts])


@check
def exercise_6_3(warm_cosine):
    cases = [(s, 100, 1.0, 20) for s in (0, 10, 20, 60, 100, 40, 77)]
    cases += [(0, 50, 0.3, 0), (25, 50, 0.3, 0), (10, 50, 0.3, 0), (7, 30, 2.0, 10), (15, 30, 2.0, 10)]
    for step, steps, peak, warmup in cases:
        if step < warmup:
            expected = peak * step / warmup
        else:
            expected = 0.5 * peak * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup)))
        what = f"step {step} of {steps}, peak {peak}, warmup {warmup}"
        try:
            given = warm_cosine(step, steps, peak, warmup)
        except ZeroDivisionError:
            return f"{what}: your code divides by zero when there is no warm-up"
        if given is None:
            return f"{what}: got None; does every path end with `return`?"
        if not np.isfinite(given):
            return f"{what}: got {given}; is something divided by zero?"
        if not np.isclose(given, expected, atol=1e-9):
            if peak != 1 and np.isclose(given * peak, expected):
                return f"{what}: got {given:.4g}; multiply by the peak"
            if step < warmup:
                return f"{what}: got {given:.4g}, but the line from 0 to the peak gives {expected:.4g}"
            if np.isclose(given, peak * (steps - step) / (steps - warmup)):
                return f"{what}: got {given:.4g}; between its two ends it must be a cosine, not a straight line"
            if np.isclose(given, 0.5 * peak * (1 + np.cos(np.pi * step / steps))):
                return f"{what}: got {given:.4g}; the cosine must begin when the warm-up ends, not at step 0"
            return f"{what}: got {given:.4g}; from the end of the warm-up on, use Eq. (6.2) for the steps that are left"
    return None


@check
def exercise_6_4(eight_versions):
    for patch in (np.array([[1.0, 2], [3, 4]]), np.arange(25.0).reshape(5, 5) ** 2):
        before = patch.copy()
        given = eight_versions(patch)
        if not np.array_equal(patch, before):
            return "your function changed the patch that it was given"
        if given is None:
            return "got None; does your function end with `return`?"
        given = np.asarray(given)
        if given.shape != (8, *patch.shape):
            return f"your shape is {given.shape}, expected {(8, *patch.shape)}"
        expected = {np.rot90(v, turn).tobytes() for v in (patch, patch[:, ::-1]) for turn in range(4)}
        found = {np.ascontiguousarray(version, float).tobytes() for version in given}
        if found - expected:
            return "one of your arrays is not a turned or mirrored version of the patch"
        if len(found) < 8:
            return f"only {len(found)} of your 8 versions are different; half a turn is the same as mirroring both ways"
    return None


@check
def exercise_6_5(adam_step):
    random = np.random.default_rng(0)
    w, m, v = random.normal(size=(2, 4)), np.zeros((2, 4)), np.zeros((2, 4))
    expected = w.copy(), m.copy(), v.copy()
    for t in range(1, 7):
        g = random.normal(size=(2, 4)) * 10.0 ** random.integers(-3, 3)
        inputs = [array.copy() for array in (w, g, m, v)]
        other = {"rate": 0.1, "beta1": 0.5, "beta2": 0.9} if t == 6 else {}
        result = adam_step(w, g, m, v, t, **other)
        if any(not np.array_equal(a, b) for a, b in zip((w, g, m, v), inputs, strict=True)):
            return (
                "your function changed an array that it was given; `m = m * ...` makes a new one, `m *= ...` does not"
            )
        if not isinstance(result, (tuple, list, np.ndarray)) or len(result) != 3:
            return "return three arrays: the new w, m and v"
        usual, expected = _adam(*expected, g, t), _adam(*expected, g, t, **other)
        for name, given, right in sorted(
            zip("wmv", result, expected, strict=True), key=lambda part: "mvw".index(part[0])
        ):
            if hint := same_array(given, right, 1e-9 * max(1, np.abs(right).max())):
                if other and same_array(given, usual["wmv".index(name)], 1e-9) is None:
                    return f"{name} is right for the usual rate and betas only; use the arguments of the function"
                return f"at step {t}, {name}: {_adam_hint(name, t, inputs, given) or hint}"
        w, m, v = (np.asarray(array) for array in result)
    return None


def _adam(w, m, v, g, t, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-7):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return w - rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon), m, v


def _root(v):
    """The divisor of Adam's step; a negative v, of a wrong correction, counts as 0."""
    return np.sqrt(np.maximum(v, 0)) + 1e-7


def _adam_from(w, m, v, t):
    return w - 1e-3 * (m / (1 - 0.9**t)) / _root(v / (1 - 0.999**t))


def _adam_hint(name, t, inputs, given):
    w, g, m, v = inputs
    new_w, new_m, new_v = _adam(w, m, v, g, t)
    given = np.asarray(given, float)
    if given.shape != w.shape:
        return None
    if name == "w" and np.allclose(given, w - 1e-3 * new_m / (np.sqrt(new_v) + 1e-7)):
        return "the corrections by 1 - beta**t are missing"
    for t_wrong in (t + 1, t - 1):
        if name == "w" and t_wrong and np.allclose(given, _adam(w, m, v, g, t_wrong)[0], rtol=1e-9, atol=1e-12):
            return "the exponent of beta**t is off by one; t counts from 1"
    near = {"rtol": 1e-9, "atol": 1e-12}
    if name == "w" and t > 1 and np.allclose(given, _adam_from(w, m, v, t), **near):
        return "the step uses the new m and v, not those of the step before"
    if name == "w" and t > 1 and np.allclose(given, w - 1e-3 * new_m / (1 - 0.9 * t) / _root(new_v / (1 - 0.999 * t))):
        return "the corrections have a power, beta**t, not a product"
    if name == "w" and np.allclose(given, w - 1e-3 * (new_m / (1 - 0.9**t)) / (new_v / (1 - 0.999**t) + 1e-7)):
        return "the step divides by the root of v"
    if name == "w" and np.allclose(
        given, w - 1e-3 * (new_m / (1 - 0.9**t)) / np.sqrt(new_v / (1 - 0.999**t) + 1e-7), rtol=1e-9, atol=1e-12
    ):
        return "epsilon stands beside the root, not under it"
    if name == "m" and np.allclose(given, 0.999 * m + 0.001 * g):
        return "m moves with beta1, v with beta2"
    if name == "m" and np.allclose(given, 0.1 * m + 0.9 * g):
        return "beta1 multiplies the old average, 1 - beta1 the new gradient"
    if name == "w" and np.allclose(given, 2 * w - new_w):
        return "you go uphill: the step must be subtracted"
    if name == "m" and (np.allclose(given, new_m / (1 - 0.9**t)) and t > 0):
        return "return the running average itself; the corrected one is only for the step"
    if name == "v" and np.allclose(given, 0.999 * v + 0.001 * g):
        return "v is the average of the squared gradient"
    return None
