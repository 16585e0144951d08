"""What a doctor asks first: ten-second tests of a training, its data and its score (chapter 9)."""

import re

import numpy as np

from .. import InputError, degrade

BANDS = ((0.2, 0.5), (0.5, 0.8))
"""Rings of frequencies in which two degradations are compared; 1 is the Nyquist frequency of the LR."""


class Findings(list):
    """The names of what is wrong, [] if nothing is. print() tells each in a sentence, with what to do."""

    def __init__(self, told=()):
        super().__init__(told)
        self.told = dict(told)

    def __str__(self):
        if not self.told:
            return "✓ nothing suspicious"
        return "\n".join(f"✗ {name}: {sentence}" for name, sentence in self.told.items())

    __repr__ = __str__


def sanity(network, x, y, scale, *, history=None, kept=None, test=None, score=None):
    """Look for the eight bugs of chapter 9 in a training; about ten seconds, no further training.

    network: what it makes of a batch: a keras.Model, or a function (N, H, W, 1) -> (N, H', W', 1).
    x, y: a batch of your training data as the network gets it, at least 8 pairs: inputs and targets,
          (N, H, W, 1) or (N, H, W), of 16 x 16 pixels or more. A target may lack a margin, the same on all sides.
    history: rows of training.train(), or the dict of a Keras History: val_psnr or val_loss per epoch, and perhaps
             learning_rate and a figure on a test set (a name with "test" or "Set5" in it).
    kept: the row of `history` whose weights were kept, counted from 0 (negative from the end).
    test: (x, y) as they are when the network is tested, the same kinds of arrays. Without it: the papers' protocol.
    score: the PSNR in dB that was reported for the network on `test`.
    Returns: Findings, a list of names: "range", "shift", "degradation", "rounding", "output", "patience",
    "test set", "own input", and "nothing learned" if the network is no better than its input and none of them is found.
    """
    if scale not in (2, 3, 4):
        raise InputError(f"scale {scale} is not one of 2, 3, 4")
    factor, found = _factor(network), {}
    x, y = _batch(x, "x"), _batch(y, "y")
    ranges = ["0..255" if _peak(images) == 255 else "0..1" for images in (x, y)]
    if ranges != ["0..1", "0..1"]:
        found["range"] = (
            f"the inputs are in {ranges[0]} and the targets in {ranges[1]}; "
            "divide both by 255, or the first steps destroy the network"
        )
    pairs = _pairs(x, y, factor, scale)
    tested = (x, y) if test is None else (_batch(test[0], "test inputs"), _batch(test[1], "test targets"))
    _data(found, pairs, x, scale, None if test is None else _pairs(*tested, factor, scale))
    _output(found, network, x)
    if history is not None:
        _history(found, history, kept)
    _scores(found, network, *tested, factor, scale, score)
    return Findings(found)


def _data(found, pairs, x, scale, test):
    """Three tests of the pairs: are they in one place, of the right degradation, and not rounded?"""
    down, right = _shift(*pairs)
    if max(abs(down), abs(right)) > 0.2:
        found["shift"] = (
            f"the inputs lie {down:+.1f} pixels down and {right:+.1f} to the right of the targets; "
            "use one resampler with pixel centres for both ways, and crop input and target at the same place"
        )
    if test is None:
        hr = pairs[1][:, : pairs[1].shape[1] // scale * scale, : pairs[1].shape[2] // scale * scale]
        test = np.stack([degrade.enlarge(degrade.downscale(image, scale), scale) for image in hr]), hr
        by = "the papers' bicubic"
    else:
        by = "the making of the test data"
    ours, theirs = _passes(*pairs, scale), _passes(*test, scale)
    if "shift" not in found and np.abs(ours - theirs).max() > 0.03:
        blurrier = "more" if (ours - theirs).mean() < 0 else "less"
        found["degradation"] = (
            f"the training inputs are {blurrier} blurred than by {by}: of the middle frequencies they keep "
            f"{ours[1]:.0%} instead of {theirs[1]:.0%}; make training and test inputs by the same function"
        )
    levels = x / _peak(x) * 255
    if np.abs(levels - np.rint(levels)).max() < 1e-3 and len(np.unique(levels)) > 8:
        found["rounding"] = (
            "all inputs are whole grey levels: they were rounded to 8 bits; "
            "resize in float (Pillow mode F), and round only the final result"
        )


def _output(found, network, x):
    """Noise around 0 must come out with both signs, and large noise large: then the last layer is linear."""
    random = np.random.default_rng(0)
    noise = [strength * random.normal(size=x[:2].shape) for strength in (1, 30)]
    weak, strong = (_run(network, images) for images in noise)
    if not (np.isfinite(weak).all() and np.isfinite(strong).all()):
        found["output"] = "the network answers with NaN or infinite values; its training has diverged, start again"
    elif np.ptp(strong) < 1e-6 and np.ptp(weak) < 1e-6:
        found["output"] = "the network gives the same value for every input: its ReLUs are dead, or it ends in one"
    elif strong.min() >= 0 and strong.max() <= 1:
        found["output"] = (
            "whatever goes in, the output stays between 0 and 1: there is a sigmoid at the end; "
            "the last layer of SRCNN is linear, clip only the final picture"
        )
    elif strong.min() >= 0:
        found["output"] = (
            "whatever goes in, the output is never negative: there is a ReLU at the end; "
            "where it cuts off there is no gradient, so make the last layer linear"
        )
    elif np.abs(strong).max() <= 1:
        found["output"] = (
            "whatever goes in, the output stays between -1 and 1: there is a tanh at the end; make it linear"
        )


def _history(found, history, kept):
    """Was the training ended by noise, and were its weights chosen on the test set?"""
    if isinstance(history, dict):
        history = [dict(zip(history, row, strict=True)) for row in zip(*history.values(), strict=True)]
    rows = [{key: float(value) for key, value in row.items() if value not in (None, "")} for row in history]
    quality = _column(rows, "val_psnr")
    if quality is None and (loss := _column(rows, "val_loss")) is not None:
        quality = -10 * np.log10(np.maximum(loss, 1e-12))
    if quality is None:
        raise InputError("the history has no val_psnr and no val_loss: validate on images that are not trained on")
    rate = _column(rows, "learning_rate")
    annealed = rate is not None and rate[-1] <= 0.1 * rate.max()
    n = len(quality)
    if n >= 8 and not annealed:
        noise = 1.48 * np.median(np.abs(np.diff(quality))) / np.sqrt(2)
        late, before = quality[-(n // 4) :], quality[-2 * (n // 4) : -(n // 4)]
        gain = late.mean() - before.mean()
        if gain > max(0.02, 2 * noise / np.sqrt(n // 4)):
            found["patience"] = (
                f"the training ended while it still got better, by {gain:.2f} dB in its last quarter; "
                f"from one epoch to the next it varies by {noise:.2f} dB: be more patient, or fix the steps "
                "and let the learning rate fall to 0"
            )
    if kept is not None:
        kept = range(n)[kept]
        for name in rows[0]:
            if not re.search(r"test|set ?5|set ?14", name, re.IGNORECASE):
                continue
            on_test = _column(rows, name)
            on_test = on_test if "loss" not in name else -on_test
            if on_test is not None and on_test.argmax() == kept != quality.argmax():
                found["test set"] = (
                    f"the weights of row {kept} were kept, the best on {name}, while row {quality.argmax()} is the "
                    "best on the validation images; a set that chooses can no longer judge: choose by validation"
                )


def _scores(found, network, x, y, factor, scale, score):
    """Does the reported figure compare the network with the original, and has the network learned anything?"""
    output = _run(network, x) / _peak(y)
    if not np.isfinite(output).all():
        return
    ilr, hr, output = (255 * images.clip(0, 1) for images in _same_centre(*_pairs(x, y, factor, scale), output))

    def psnr(first, second):  # of the mean error, like the loss; and the mean of the images', like a table
        errors = np.maximum(((first - second) ** 2).mean((1, 2)), 1e-4)
        return 10 * np.log10(255**2 / np.array([errors.mean(), np.exp(np.log(errors).mean())]))

    to_hr, to_ilr, bicubic = psnr(hr, output), psnr(ilr, output), psnr(hr, ilr)
    if score is not None and np.abs(score - to_ilr).min() < 0.5 < np.abs(score - to_hr).min():
        found["own input"] = (
            f"{score:.2f} dB is the likeness of the output to the network's own input; to the original it is "
            f"{to_hr[1]:.2f} dB, and of the input to the original {bicubic[1]:.2f} dB: compare with the original"
        )
    if not found and to_hr[0] < bicubic[0] - 0.02:
        found["nothing learned"] = (
            f"the output ({to_hr[0]:.2f} dB) is worse than its own input ({bicubic[0]:.2f} dB); "
            "train for longer, from a start that passes the image on, or with another learning rate"
        )


def _batch(images, name):
    images = np.asarray(images, np.float64)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or len(images) < 8 or min(images.shape[1:]) < 16:
        raise InputError(
            f"{name} has shape {images.shape}; give 8 grey images or more of 16 x 16 or more, (N, H, W, 1)"
        )
    if not np.isfinite(images).all():
        raise InputError(f"{name} has NaN or infinite values")
    return images


def _peak(images):
    return 255 if np.abs(images).max() > 3 else 1


def _run(network, images):
    """The network's answer to (N, H, W) in the range that it was trained with: (N, H', W')."""
    batch = images[..., None].astype(np.float32)
    return np.asarray(network(batch, training=False) if hasattr(network, "get_weights") else network(batch))[..., 0]


def _factor(network):
    """How many times the network enlarges: the pixels that one more row of input adds to its output."""
    few, more = (_run(network, np.zeros((1, size, size))).shape[1] for size in (40, 48))
    return (more - few) // 8


def _pairs(x, y, factor, scale):
    """Inputs as the ILR and targets, both in [0, 1] and cut to the same centre."""
    x, y = x / _peak(x), y / _peak(y)
    if len(x) != len(y):
        raise InputError(f"{len(x)} inputs and {len(y)} targets do not make pairs")
    return _same_centre(np.stack([degrade.enlarge(image, scale) for image in x]) if factor > 1 else x, y)


def _same_centre(*arrays):
    """Cut all to the smallest height and width, around the same centre."""
    height, width = (min(images.shape[k] for images in arrays) for k in (1, 2))
    corners = [((images.shape[1] - height) // 2, (images.shape[2] - width) // 2) for images in arrays]
    return [a[:, top : top + height, left : left + width] for a, (top, left) in zip(arrays, corners, strict=True)]


def _shift(ilr, hr):
    """How far the inputs lie from the targets, (down, right) in pixels: by the gradient, Eq. (9.1)."""
    from scipy.ndimage import gaussian_filter

    inner = (slice(None), slice(6, -6), slice(6, -6))
    smooth_x, smooth_y = (gaussian_filter(images, (0, 2, 2)) for images in (ilr, hr))
    slopes = np.stack([slope[inner].ravel() for slope in np.gradient(smooth_y, axis=(1, 2))], axis=1)
    return np.linalg.lstsq(slopes, (smooth_y - smooth_x)[inner].ravel(), rcond=None)[0]


def _passes(ilr, hr, scale):
    """The share of the target's frequencies that the input keeps, in each of BANDS, Eq. (9.2)."""
    window = np.hanning(hr.shape[1])[:, None] * np.hanning(hr.shape[2])
    x, y = (np.fft.fft2((images - images.mean((1, 2), keepdims=True)) * window) for images in (ilr, hr))
    rows, columns = (np.fft.fftfreq(size) for size in hr.shape[1:])
    ring = np.hypot(rows[:, None], columns) * 2 * scale
    kept = []
    for low, high in BANDS:
        inside = (ring >= low) & (ring < high)
        power = (np.abs(y[:, inside]) ** 2).sum()
        kept.append((x * y.conj())[:, inside].real.sum() / max(power, 1e-12))
    return np.array(kept)


def _column(rows, name):
    return np.array([row[name] for row in rows]) if rows and all(name in row for row in rows) else None
