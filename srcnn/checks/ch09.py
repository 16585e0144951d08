"""Checks of chapter 9, debugging: ahead of the input, a shuffle, a last layer, a blur."""

import numpy as np

from . import check

__all__ = ["exercise_9_1", "exercise_9_2", "exercise_9_3", "exercise_9_4"]


def _patches(number, size, seed):
    """Small patches of a photograph, (number, size, size) in [0, 1]."""
    from srcnn import datasets, images

    luma, random = images.luma(datasets.load("sample")["astronaut"]) / 255, np.random.default_rng(seed)
    corners = random.integers(20, 480 - size, size=(number, 2))
    return np.stack([luma[i : i + size, j : j + size] for i, j in corners])


@check
def exercise_9_1(ahead):
    random = np.random.default_rng(0)
    for margin, height, width, factor in ((0, 6, 6, 0.5), (2, 7, 5, 0.3), (6, 12, 12, 2.0)):
        target = random.random((3, height, width))
        error = random.normal(size=target.shape) * np.array([0.01, 0.1, 0.3])[:, None, None]
        x = random.random((3, height + 2 * margin, width + 2 * margin))
        inner = x[:, margin : margin + height, margin : margin + width]
        inner[:] = target + error
        left = factor * error[[2, 1, 1]]
        output = target + left
        given_arrays = [a.copy() for a in (output, x, target)]
        try:
            given = ahead(output, x, target)
        except ValueError:
            if margin:
                raise
            return "with a margin of 0 pixels your code fails: x[:, m:-m] is empty if m is 0"
        if any(not np.array_equal(a, b) for a, b in zip((output, x, target), given_arrays, strict=True)):
            return "your function changed an array that it was given"
        if given is None:
            return "got None; does your function end with `return`?"
        if np.size(given) != 1:
            return f"return one number for the whole batch; got an array of shape {np.shape(given)}"
        given = float(np.reshape(given, ()))
        before, after = np.mean(error**2), np.mean(left**2)
        right, what = 10 * np.log10(before / after), f"with a margin of {margin} pixels: "
        if np.isnan(given):
            return what + "got nan; x[:, m:-m] is empty if the margin m is 0"
        if np.isclose(given, right):
            continue
        each = np.mean(10 * np.log10((error**2).mean((1, 2)) / (left**2).mean((1, 2))))
        slips = [
            (-right, "the sign is wrong: a smaller error must give a positive number"),
            (2 * right, "an error that is already squared takes 10 log10, not 20"),
            (np.log(before / after) * 10, "decibels use the logarithm to base 10"),
            (np.log(before / after), "decibels use 10 times the logarithm to base 10"),
            (right / 10, "decibels are 10 times the logarithm"),
            (each, "take the mean error of the whole batch first, and the logarithm once"),
            (before / after, "that is the ratio of the errors; give it in decibels"),
            (-10 * np.log10(after), "that is the PSNR of the output; how far is it ahead of the input's?"),
            (before - after, "that is the difference of the errors; decibels come from their ratio"),
        ]
        for value, hint in slips:
            if np.isclose(given, value):
                return what + hint
        if margin and np.isclose(given, 10 * np.log10(np.mean((x[:, :height, :width] - target) ** 2) / after)):
            return what + "you cut the input at its top left; the target shows its middle"
        return what + f"got {given:.3f}, expected another number"
    return None


@check
def exercise_9_2(shuffled_apart):
    y = _patches(60, 24, 0)
    from scipy.ndimage import gaussian_filter

    blurred, random = gaussian_filter(y, (0, 1.5, 1.5)), np.random.default_rng(1)
    mixed = random.permutation(60)
    in_place = [0, 3, 59]  # a shuffle may leave single pairs in their place
    mixed = np.insert(random.permutation(np.setdiff1d(mixed, in_place)), [0, 2, 57], in_place)
    flat = y.copy()
    flat[:5] = 0.5
    same_light = y - y.mean((1, 2), keepdims=True) + 0.5
    cases = [
        (y, y, False, "for inputs that equal the targets"),
        (blurred, y, False, "for blurred inputs"),
        (255 * blurred, y, False, "for inputs in 0..255"),
        (np.roll(blurred, 1, axis=1), y, False, "for inputs that are shifted by a pixel"),
        (flat, flat, False, "if a few patches are flat"),
        (gaussian_filter(same_light, (0, 1, 1)), same_light, False, "for patches that are all equally bright"),
        (blurred[mixed], y, True, "for shuffled inputs"),
        (255 * blurred[::-1], y, True, "for inputs in 0..255 in the reversed order"),
        (np.roll(blurred, 1, axis=0), y, True, "if each input belongs to the next target"),
        (same_light[mixed], same_light, True, "for shuffled patches that are all equally bright"),
    ]
    for x, target, right, what in cases:
        before = x.copy(), target.copy()
        with np.errstate(all="ignore"):
            given = shuffled_apart(x, target)
        if not (np.array_equal(x, before[0]) and np.array_equal(target, before[1])):
            return "your function changed an array that it was given"
        if given is None:
            return "got None; does your function end with `return`?"
        if not isinstance(given, (bool, np.bool_)):
            return f"return True or False; got {type(given).__name__}"
        if bool(given) != right:
            hint = "; a flat patch has no correlation, only nan" if "flat" in what else ""
            hint = "; look at all pairs, single ones may be in their place" if right and "shuffled" in what else hint
            return f"{what} your function says {bool(given)}{hint}"
    return None


@check
def exercise_9_3(what_ends):
    random = np.random.default_rng(0)
    ends = {
        "linear": lambda z: z,
        "relu": lambda z: np.maximum(z, 0),
        "sigmoid": lambda z: 1 / (1 + np.exp(-np.clip(z, -60, 60))),
        "tanh": np.tanh,
    }
    for gain in (1.0, 0.02):
        for name, end in ends.items():
            kernel = gain * random.normal(size=(3, 3))

            def network(batch, kernel=kernel, end=end):
                batch = np.asarray(batch, float)
                if batch.ndim != 4 or batch.shape[-1] != 1 or min(batch.shape[1:3]) < 32:
                    raise ValueError(f"the network wants (N, H, W, 1), 32 x 32 or more; this has shape {batch.shape}")
                windows = np.lib.stride_tricks.sliding_window_view(batch[..., 0], (3, 3), axis=(1, 2))
                return end((windows * kernel).sum((-1, -2)) + 0.4)[..., None]

            given = what_ends(network)
            if given is None:
                return "got None; does every path of your function end with `return`?"
            if not isinstance(given, str):
                return f"return one of the four words; got {type(given).__name__}"
            if given not in ends:
                return f'"{given}" is not one of the four words "linear", "relu", "sigmoid", "tanh"'
            if given == name:
                continue
            what = f'a network that ends in "{name}" is called "{given}": '
            if name in ("linear", "relu") and given in ("sigmoid", "tanh"):
                return what + "were your inputs strong enough, and of both signs? Weak answers lie there anyway"
            if name in ("tanh", "sigmoid") and given in ("linear", "relu"):
                return what + "does any answer lie outside of -1 to 1?"
            return what + "can an answer be negative? Your inputs must ask for that, so give them both signs"
    return None


@check
def exercise_9_4(blur_of):
    from scipy.ndimage import gaussian_filter

    random, wide = np.random.default_rng(3), _patches(60, 88, 2)
    pairs = []
    for sigma in (0.6, 0.9, 1.2, 2.0):
        x = gaussian_filter(wide, (0, sigma, sigma)) + 0.002 * random.normal(size=wide.shape)
        pairs.append((sigma, x[:, 12:-12, 12:-12], wide[:, 12:-12, 12:-12].copy()))
    found = []
    for sigma, x, y in pairs:
        before = x.copy(), y.copy()
        given = blur_of(x, y)
        if not (np.array_equal(x, before[0]) and np.array_equal(y, before[1])):
            return "your function changed an array that it was given"
        if given is None:
            return "got None; does your function end with `return`?"
        if np.size(given) != 1:
            return f"return one number; got an array of shape {np.shape(given)}"
        found.append(float(np.reshape(given, ())))
        if not np.isfinite(found[-1]):
            return f"for a blur of {sigma} pixels your number is {found[-1]}; is there a logarithm of a negative share?"
    found, right = np.array(found), np.array([pair[0] for pair in pairs])

    def close(value):
        return np.all(np.abs(found / value - 1) < 0.1)

    if close(right):
        return None
    if np.ptp(found) < 1e-6:
        return f"you return {found[0]:.3g} for every blur; use the data"
    slips = [
        (-right, "the sign is wrong: a standard deviation is positive"),
        (right**2, "this is the variance, the square of what is wanted"),
        (np.sqrt(2) * right, "a factor of the square root of 2 too large: look at the 2 in Eq. (9.5)"),
        (2 * np.pi * right, "too large by 2 pi: f in Eq. (9.5) counts periods in a pixel, not radians"),
        (2 * np.pi**2 * right**2, "this is the number before f squared in the exponent; solve it for sigma"),
        (2.355 * right, "this is the full width at half of the height; wanted is the standard deviation"),
        (right / 2, "half of the right number: with scale=0.5 the ring's limits are periods per pixel"),
        (2 * right, "twice the right number: with scale=0.5 the ring's limits are periods per pixel"),
    ]
    for value, hint in slips:
        if close(value):
            return hint
    good = np.abs(found / right - 1) < 0.1
    if good[:-1].all():
        return f"right for weak blurs, for {right[-1]} pixels you find {found[-1]:.2f}; use rings with something left"
    if good[1:].all():
        return f"right for strong blurs, for {right[0]} pixels you find {found[0]:.2f}; use rings with something lost"
    worst = np.abs(found / right - 1).argmax()
    return f"for a blur of {right[worst]} pixels you find {found[worst]:.2f}; put it into Eq. (9.5): is that the share?"
