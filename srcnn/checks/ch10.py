"""Checks of chapter 10, debugging: ahead of the input, a shuffle, a last layer, a blur."""

import numpy as np

from ._check import ask, check, compare, number, whole


def _patches(count, size, rng):
    """Small patches of a photograph, (count, size, size) in [0, 1]."""
    from srcnn import datasets, images

    luma = images.luma(datasets.load("sample")["astronaut"]) / 255
    corners = rng.integers(20, 480 - size, size=(count, 2))
    return np.stack([luma[i : i + size, j : j + size] for i, j in corners])


def _blurred(images, sigma):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, sigma, sigma))


@check
def exercise_10_1(ahead, rng):
    drawn = *whole(rng, (1, 5), (6, 12), (6, 12)), rng.uniform(0.2, 0.9)
    for margin, height, width, factor in ((0, 6, 6, 0.5), (2, 7, 5, 0.3), (6, 12, 12, 2.0), drawn):
        target = rng.random((3, height, width))
        error = rng.normal(size=target.shape) * np.array([0.01, 0.1, 0.3])[:, None, None]
        x = rng.random((3, height + 2 * margin, width + 2 * margin))
        x[:, margin : margin + height, margin : margin + width] = target + error
        left = factor * error[[2, 1, 1]]
        where = f"with a margin of {margin} pixels: "
        try:
            given = ask(ahead, target + left, x, target)
        except ValueError:
            if margin:
                raise
            return "with a margin of 0 pixels your code fails: x[:, m:-m] is empty if m is 0"
        if isinstance(given, float) and np.isnan(given):
            return where + "got nan; x[:, m:-m] is empty if the margin m is 0"
        given = number(given)
        off_centre = 10 * np.log10(np.mean((x[:, :height, :width] - target) ** 2) / np.mean(left**2))
        slips = _slips_of_ahead((error**2).mean((1, 2)), (left**2).mean((1, 2)))
        slips += [(off_centre, "you cut the input at its top left; the target shows its middle")]
        right = 10 * np.log10(np.mean(error**2) / np.mean(left**2))
        if hint := compare(given, right, slips, where, 1e-4, f"got {given:.3f}, expected another number"):
            return hint
    return None


def _slips_of_ahead(before, after):
    """Pairs (what a usual mistake gives, its hint), from each image's mean squared error before and after."""
    each = np.mean(10 * np.log10(before / after))
    before, after = before.mean(), after.mean()
    right, nepers = 10 * np.log10(before / after), np.log(before / after)
    return [
        (-right, "the sign is wrong: a smaller error must give a positive number"),
        (2 * right, "an error that is already squared takes 10 log10, not 20"),
        (10 * nepers, "decibels use the logarithm to base 10"),
        (nepers, "decibels use 10 times the logarithm to base 10"),
        (right / 10, "decibels are 10 times the logarithm"),
        (each, "take the mean error of the whole batch first, and the logarithm once"),
        (before / after, "that is the ratio of the errors; give it in decibels"),
        (-10 * np.log10(after), "that is the PSNR of the output; how far is it ahead of the input's?"),
        (before - after, "that is the difference of the errors; decibels come from their ratio"),
    ]


@check
def exercise_10_2(shuffled_apart, rng):
    for x, y, right, case in _shuffles(rng):
        with np.errstate(all="ignore"):
            given = ask(shuffled_apart, x, y)
        if not isinstance(given, (bool, np.bool_)):
            return f"return True or False; got {type(given).__name__}"
        if given != right:
            hint = "; a flat patch has no correlation, only nan" if "flat" in case else ""
            hint = "; look at all pairs, single ones may be in their place" if right and "shuffled" in case else hint
            return f"{case} your function says {bool(given)}{hint}"
    return None


def _shuffles(rng):
    """Tuples (inputs, targets, are they shuffled apart, what they are)."""
    y = _patches(60, 24, rng)
    x = _blurred(y, 1.5)
    in_place = [0, 3, 59]  # a shuffle may leave single pairs in their place
    mixed = np.insert(rng.permutation(np.setdiff1d(np.arange(60), in_place)), [0, 2, 57], in_place)
    flat = y.copy()
    flat[:5] = 0.5
    same_light = y - y.mean((1, 2), keepdims=True) + 0.5
    haze = 0.02 * rng.normal(size=(60, 1, 1))  # or else rounding would decide what the means have in common
    return [
        (y, y, False, "for inputs that equal the targets"),
        (x, y, False, "for blurred inputs"),
        (255 * x, y, False, "for inputs in 0..255"),
        (np.roll(x, 1, axis=1), y, False, "for inputs that are shifted by a pixel"),
        (flat, flat, False, "if a few patches are flat"),
        (_blurred(same_light, 1) + haze, same_light, False, "for patches that are all equally bright"),
        (x[mixed], y, True, "for shuffled inputs"),
        (255 * x[::-1], y, True, "for inputs in 0..255 in the reversed order"),
        (np.roll(x, 1, axis=0), y, True, "if each input belongs to the next target"),
        (same_light[mixed], same_light, True, "for shuffled patches that are all equally bright"),
        (flat[mixed], flat, True, "if a few patches are flat and the others are in another order"),
    ]


_ENDS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-np.clip(z, -60, 60))),
    "tanh": np.tanh,
}


@check
def exercise_10_3(what_ends, rng):
    for gain in (1.0, 0.02):
        for name, end in _ENDS.items():
            given = ask(what_ends, _network(gain * rng.normal(size=(3, 3)), end))
            if not isinstance(given, str):
                return f"return one of the four words; got {type(given).__name__}"
            if given not in _ENDS:
                return f'{given!r} is not one of the four words "linear", "relu", "sigmoid", "tanh"'
            where = f'a network that ends in "{name}" is called "{given}": '
            if name in ("linear", "relu") and given in ("sigmoid", "tanh"):
                return where + "were your inputs strong enough, and of both signs? Weak answers lie there anyway"
            if name in ("tanh", "sigmoid") and given in ("linear", "relu"):
                return where + "does any answer lie outside of -1 to 1?"
            if given != name:
                return where + "can an answer be negative? Your inputs must ask for that, so give them both signs"
    return None


def _network(kernel, end):
    def network(batch):
        batch = np.asarray(batch, float)
        if batch.ndim != 4 or batch.shape[-1] != 1 or min(batch.shape[1:3]) < 32:
            raise ValueError(f"the network wants (N, H, W, 1), 32 x 32 or more; this has shape {batch.shape}")
        windows = np.lib.stride_tricks.sliding_window_view(batch[..., 0], (3, 3), axis=(1, 2))
        return end((windows * kernel).sum((-1, -2)) + 0.4)[..., None]

    return network


@check
def exercise_10_4(blur_of, rng):
    wide = _patches(60, 88, rng)
    inner = np.s_[:, 12:-12, 12:-12]
    right, found = np.round([0.6, 0.9, 1.2, 2.0] * rng.uniform(0.95, 1.05, 4), 3), []
    for sigma in right:
        x = _blurred(wide, sigma) + 0.002 * rng.normal(size=wide.shape)
        given = ask(blur_of, x[inner], wide[inner])
        if isinstance(given, float) and np.isnan(given):
            return f"for a blur of {sigma} pixels your number is nan; is there a logarithm of a negative share?"
        found.append(number(given))
    found = np.array(found)
    if np.ptp(found) < 1e-6:
        return f"you return {found[0]:.3g} for every blur; use the data"
    if (found <= 0).any():
        return "the sign is wrong: a standard deviation is positive"
    slips = [
        (right**2, "this is the variance, the square of what is wanted"),
        (np.sqrt(2) * right, "a factor of the square root of 2 too large: look at the 2 in Eq. (10.5)"),
        (2 * np.pi * right, "too large by 2 pi: f in Eq. (10.5) counts periods in a pixel, not radians"),
        (2 * np.pi**2 * right**2, "this is the number before f squared in the exponent; solve it for sigma"),
        (2.355 * right, "this is the full width at half of the height; wanted is the standard deviation"),
        (right / 2, "half of the right number: with scale=0.5 the ring's limits are periods per pixel"),
        (2 * right, "twice the right number: with scale=0.5 the ring's limits are periods per pixel"),
    ]
    slips = [(np.log(value), hint) for value, hint in slips]  # a tenth more or less is good enough
    return compare(np.log(found), np.log(right), slips, tolerance=-np.log(0.9), otherwise=_which_blurs(found, right))


def _which_blurs(found, right):
    """The hint about numbers that fit no slip."""
    off = np.abs(found / right - 1)
    if (off[:-1] < 0.1).all():
        return f"right for weak blurs, for {right[-1]} pixels you find {found[-1]:.2f}; use rings with something left"
    if (off[1:] < 0.1).all():
        return f"right for strong blurs, for {right[0]} pixels you find {found[0]:.2f}; use rings with something lost"
    worst = off.argmax()
    return (
        f"for a blur of {right[worst]} pixels you find {found[worst]:.2f}; put it into Eq. (10.5): is that the share?"
    )
