"""What a doctor asks first: ten-second tests of a training, its data and its score (chapter 9)."""

import re
import textwrap

import numpy as np

from .. import InputError, degrade

BANDS = ((0.2, 0.5), (0.5, 0.8))
"""Rings of frequencies in which two degradations are compared; 1 is the finest that the LR can hold."""


class Findings(list):
    """The names of what is wrong, [] if nothing is. print() tells each in a sentence, with what to do."""

    def __init__(self, told, figures):
        super().__init__(told)
        self.told, self.figures = dict(told), figures

    def __str__(self):
        lines = [f"✗ {name}: {sentence}" for name, sentence in self.told.items()] or ["✓ nothing suspicious"]
        lines += [self.figures] if self.figures else []
        return "\n".join(textwrap.fill(line, 88, subsequent_indent="    ") for line in lines)

    __repr__ = __str__


def sanity(network, x, y, scale, *, history=None, kept=None, test=None, score=None):
    """Look for the bugs of chapter 9 in a training: a few seconds, and nothing is trained.

    network: what it makes of a batch: a keras.Model, or a function (N, H, W, 1) -> (N, H', W', 1); or None, to
             examine the data before the training.
    x, y: some of your training data as the network gets it, at least 8 pairs: inputs and targets, (N, H, W, 1) or
          (N, H, W), of 16 x 16 pixels or more. A target may lack a margin, the same on all sides.
    history: rows of training.train(), or the dict of a Keras History: val_psnr or val_loss per epoch, and perhaps
             learning_rate and a figure on a test set (a name with "test" or "Set5" in it).
    kept: the row of `history` whose weights were kept, counted from 0 (negative from the end).
    test: (x, y) as they are when the network is tested, the same kinds of arrays. Without it: the papers' bicubic.
    score: the PSNR in dB that was reported for the network on `test`, or on x and y.
    Returns: Findings, a list of names: "range", "pairs", "shift", "degradation", "rounding", "output", "patience",
    "test set", "own input"; and "nothing learned" if the output is worse than the input and none of them says why.
    Raises: InputError for arrays that cannot be examined.
    """
    if scale not in (2, 3, 4):
        raise InputError(f"scale {scale} is not one of 2, 3, 4")
    x, y = _batches(x, y, "x", "y")
    if test is not None and (not isinstance(test, (tuple, list)) or len(test) != 2):
        raise InputError("test is a pair of arrays, (x, y)")
    tested = (x, y) if test is None else _batches(*test, "the test's x", "the test's y")
    found, figures = {}, ""
    _range(found, x, y)
    pairs = _pairs(x, y, scale)
    if _likeness(*pairs) < 0.5:
        found["pairs"] = (
            f"inputs and targets do not show the same things (correlation {_likeness(*pairs):.2f}): "
            "were they shuffled apart, or is the target a difference? Give the images themselves"
        )
    else:
        _data(found, x, pairs, None if test is None else _pairs(*tested, scale), scale)
    if history is not None:
        _history(found, history, kept)
    if network is not None and _output(found, network, x):
        figures = _scores(found, network, *tested, scale, score)
    return Findings(found, figures)


def _range(found, x, y):
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    if _peak(x) == _peak(y) == 1 and low > -0.5:
        return
    kinds = ["0..255" if _peak(images) == 255 else "0..1" for images in (x, y)]
    found["range"] = (
        f"the pixels go from {low:.1f} to {high:.1f}: bring both into 0..1, as in the papers"
        if _peak(x) == _peak(y) == 1
        else f"the inputs are in {kinds[0]} and the targets in {kinds[1]}: divide both by 255"
    )


def _data(found, x, pairs, test, scale):
    """Three tests of the pairs: are they in one place, of the right degradation, and not rounded?"""
    down, right = np.round(shift(*pairs), 2) + 0.0  # never -0.0
    if np.hypot(down, right) > 0.2:
        found["shift"] = (
            f"the inputs lie {down:+.1f} pixels down and {right:+.1f} to the right of the targets: "
            "shrink and enlarge with pixel centres, and cut input and target at the same place"
        )
    (ours, ideal), (theirs, instead) = _kept(*pairs, scale), (0, 0) if test is None else _kept(*test, scale)
    difference = (ours - ideal) - (theirs - instead)
    if "shift" not in found and np.abs(difference).max() > 0.03:
        by = "the papers' bicubic" if test is None else "the making of the test data"
        found["degradation"] = (
            f"the training inputs are {'more' if difference.mean() < 0 else 'less'} blurred than by {by}: of the finer "
            f"waves they keep {ours[1]:.0%} instead of {(ours - difference)[1]:.0%}; use one function for both"
        )
    levels = x / _peak(x) * 255
    if np.abs(levels - np.rint(levels)).max() < 1e-3 and len(np.unique(levels)) > 8:
        found["rounding"] = "all inputs are whole grey levels: resize in float, and round only the final result"


def _history(found, history, kept):
    """Was the training ended by noise, and were its weights chosen on the test set?"""
    columns = _columns(history)
    quality = columns.get("val_psnr", -10 * np.log10(columns["val_loss"]) if "val_loss" in columns else None)
    if quality is None:
        raise InputError("the history has no val_psnr and no val_loss: validate on images that are not trained on")
    if kept is not None and not -len(quality) <= kept < len(quality):
        raise InputError(f"kept={kept} is no row of a history of {len(quality)} rows")
    rate = columns.get("learning_rate", np.ones(1))
    swing = jitter(quality)
    if swing > 0.007 and quality[-1] < quality.max() and rate[-1] > 0.1 * rate.max():
        found["patience"] = (
            f"at its end the curve still goes up and down by {swing:.2f} dB an epoch, so a pause in it says nothing: "
            "fix the number of steps, let the learning rate fall to 0, and keep the best weights"
        )
    kept = None if kept is None else range(len(quality))[kept]
    for name in columns if kept is not None else ():
        if re.search(r"test|set ?5|set ?14", name, re.IGNORECASE):
            best = (-columns[name] if re.search("loss|mse", name) else columns[name]).argmax()
            if best == kept != quality.argmax():
                found["test set"] = (
                    f"the weights of row {kept} were kept, the best by {name}, while row {quality.argmax()} is the "
                    "best by validation: a set that chooses can no longer judge, so choose by validation"
                )


def _output(found, network, x):
    """Large noise must come out large and with both signs, or the last layer is not linear. Returns: is it finite?"""
    noise = [strength * np.random.default_rng(0).normal(size=x[:2].shape) for strength in (1, 30)]
    weak, strong = (_run(network, images) for images in noise)
    answer = _run(network, x)
    if not all(np.isfinite(output).all() for output in (weak, strong, answer)):
        found["output"] = "the network answers with NaN or infinite values: its training has diverged, start again"
        return False
    ends = "the last layer is linear in SRCNN; clip only the finished picture"
    if max(np.ptp(output) for output in (weak, strong, answer)) < 1e-6:
        found["output"] = f"the same value comes out whatever goes in: its ReLUs are dead, perhaps the last one; {ends}"
    elif "range" in found:
        return True  # first things first: such a network is far from where it should be
    elif strong.min() >= 0 and strong.max() <= 1:
        found["output"] = f"whatever goes in, 0 to 1 comes out: there is a sigmoid or a clip at the end; {ends}"
    elif strong.min() >= 0 and not np.allclose(*_same_centre(answer, x.clip(0)), atol=1e-5):  # else not trained
        found["output"] = f"whatever goes in, nothing negative comes out: there is a ReLU at the end; {ends}"
    elif np.abs(strong).max() <= 1:
        found["output"] = f"whatever goes in, -1 to 1 comes out: there is a tanh at the end; {ends}"
    return True


def _scores(found, network, x, y, scale, score):
    """Does the reported figure compare the network with the original, and has the network learned anything?"""
    ilr, hr = _pairs(x, y, scale)
    ilr, hr, sr = (255 * images.clip(0, 1) for images in _same_centre(ilr, hr, _run(network, x) / _peak(y)))

    def psnr(first, second):  # the mean of the images', like a table; and of the mean error, like the loss
        errors = np.maximum(((first - second) ** 2).mean((1, 2)), 1e-4)
        return 10 * np.log10(255**2 / np.array([np.exp(np.log(errors).mean()), errors.mean()]))

    to_hr, to_ilr, bicubic = psnr(hr, sr), psnr(ilr, sr), psnr(hr, ilr)
    if score is not None and np.abs(score - to_ilr).min() < np.abs(score - to_hr).min() / 3:
        found["own input"] = (
            f"{score:.1f} dB is how much the output is like the network's own input: compare it with the original, "
            f"which gives {to_hr[0]:.1f} dB"
        )
    if not found and to_hr[1] < bicubic[1] - 0.02:
        found["nothing learned"] = (
            "the output is worse than its own input: train for longer, from a start that passes the image on, "
            "or with a smaller learning rate"
        )
    return f"  output {to_hr[1]:.1f} dB, its own input {bicubic[1]:.1f} dB"


def shift(x, y):
    """How far the images x lie from the images y, (down, right) in pixels, by least squares, Eq. (9.2)."""
    from scipy.ndimage import gaussian_filter

    x, y = (gaussian_filter(images, (0, 2, 2)) for images in (x, y))  # equally soft, so that only the place differs
    slopes = np.stack([slope.ravel() for slope in np.gradient((x + y) / 2, axis=(1, 2))], axis=1)
    return np.linalg.lstsq(slopes, (y - x).ravel(), rcond=None)[0]


def passed(x, y, scale, bands=BANDS):
    """The share of the waves of y that is left in x, in each ring of frequencies, Eq. (9.3)."""
    window = np.hanning(y.shape[1])[:, None] * np.hanning(y.shape[2])
    x, y = (np.fft.fft2((images - images.mean((1, 2), keepdims=True)) * window) for images in (x, y))
    rows, columns = (np.fft.fftfreq(size) for size in y.shape[1:])
    frequency = np.hypot(rows[:, None], columns) * 2 * scale
    rings = [(low <= frequency) & (frequency < high) for low, high in bands]
    return np.array([(x * y.conj())[:, r].real.sum() / max((np.abs(y[:, r]) ** 2).sum(), 1e-12) for r in rings])


def jitter(quality):
    """How far the last third of a curve goes back and forth, an epoch; 0 if it only rises or only falls; Eq. (9.4)."""
    steps = np.diff(quality)[-max(3, len(quality) // 3) :]
    return min(abs(steps[steps > 0].sum()), abs(steps[steps < 0].sum())) / len(steps) if len(steps) >= 3 else 0.0


def _kept(x, y, scale):
    """passed() of the pairs, and what it would be if the inputs were made by the papers' bicubic."""
    x, y = (images[:, : y.shape[1] // scale * scale, : y.shape[2] // scale * scale] for images in (x, y))
    ideal = np.stack([degrade.enlarge(degrade.downscale(image, scale), scale) for image in y])
    return passed(x, y, scale), passed(ideal, y, scale)


def _batches(x, y, *names):
    """Both as float64 (N, H, W), at most 256 pairs of them."""
    batches = []
    for images, name in zip((x, y), names, strict=True):
        images = np.asarray(images)
        images = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
        if images.ndim != 3 or len(images) < 8 or min(images.shape[1:]) < 16 or images.dtype.kind not in "buif":
            raise InputError(
                f"{name} has shape {images.shape}; give 8 grey images or more of 16 x 16 or more, (N, H, W, 1)"
            )
        batches.append(images)
    if len(batches[0]) != len(batches[1]):
        raise InputError(f"{names[0]} has {len(batches[0])} images and {names[1]} has {len(batches[1])}: no pairs")
    x, y = (images[:: -(-len(images) // 256)].astype(np.float64) for images in batches)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(f"{names[0]} or {names[1]} has NaN or infinite values")
    return x, y


def _columns(history):
    try:
        if not isinstance(history, dict):
            history = {name: [row[name] for row in history] for name in history[0]}
        columns = {name: np.array(column, float) for name, column in history.items()}
    except (TypeError, ValueError, KeyError, IndexError):
        columns = {}
    if len({column.shape for column in columns.values()}) != 1 or next(iter(columns.values())).ndim != 1:
        raise InputError("the history is neither a list of rows, such as training.train() returns, nor a Keras history")
    return columns


def _peak(images):
    return 255 if np.abs(images).max() > 3 else 1


def _run(network, images):
    """The network's answer to (N, H, W), as it comes: (N, H', W')."""
    batch = images[..., None].astype(np.float32)
    if hasattr(network, "get_weights"):
        from ..models import keras

        output = keras.ops.convert_to_numpy(network(batch, training=False))
    else:
        output = np.asarray(network(batch))
    if output.ndim != 4 or len(output) != len(batch) or output.shape[-1] != 1:
        raise InputError(f"the network makes {output.shape} of {batch.shape}; (N, H, W, 1) is wanted")
    return output[..., 0].astype(np.float64)


def _pairs(x, y, scale):
    """Inputs as the ILR, and targets, both in [0, 1] and cut to the same centre."""
    x, y = x / _peak(x), y / _peak(y)
    enlarged = _same_centre(np.stack([degrade.enlarge(image, scale) for image in x]), y)
    as_it_is = _same_centre(x, y)
    return enlarged if _likeness(*enlarged) > _likeness(*as_it_is) else as_it_is


def _likeness(x, y):
    return np.corrcoef(x.ravel(), y.ravel())[0, 1] if x.std() and y.std() else 0.0


def _same_centre(*arrays):
    """Cut all to the smallest height and width, around the same centre."""
    height, width = (min(images.shape[k] for images in arrays) for k in (1, 2))
    corners = [((images.shape[1] - height) // 2, (images.shape[2] - width) // 2) for images in arrays]
    return [a[:, top : top + height, left : left + width] for a, (top, left) in zip(arrays, corners, strict=True)]
