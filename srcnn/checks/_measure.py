"""What checks.sanity measures: pairs of images in one place, their shift, their blur, a curve's jitter (chapter 9)."""

import numpy as np

from .. import InputError, resample

BANDS = ((0.2, 0.5), (0.5, 0.8))
"""Rings of frequencies in which two degradations are compared; 1 is the finest that the LR can hold."""


def shift(x, y):
    """How far the images x lie from the images y, (down, right) in pixels, by least squares, Eq. (9.2)."""
    return shift_and_share(x, y)[0]


def shift_and_share(x, y):
    """shift(), and the share of the squared difference that it explains, 0 to 1."""
    x, y = soft(x), soft(y)  # equally soft, so that only the place differs
    slopes = np.stack([slope.ravel() for slope in np.gradient((x + y) / 2, axis=(1, 2))], axis=1)
    difference = (y - x).ravel()
    move = np.linalg.lstsq(slopes, difference, rcond=None)[0]
    rest = difference - slopes @ move
    return move, 1 - rest @ rest / max(difference @ difference, 1e-30)


def soft(images):
    """(N, H, W), each blurred by two pixels."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, 2, 2))


def passed(x, y, scale, bands=BANDS):
    """The share of the waves of y that is left in x, in each ring of frequencies, Eq. (9.3)."""
    rings = [(_ring(x, scale, *band), _ring(y, scale, *band)) for band in bands]
    return np.array([(x * y.conj()).real.sum() / max((np.abs(y) ** 2).sum(), 1e-12) for x, y in rings])


def fine(x, y, scale):
    """How strong x is, beside y, in waves that no small image can hold: the root of the ratio of their powers."""
    powers = [(np.abs(_ring(images, scale, 1.1, 1.9)) ** 2).sum() for images in (x, y)]
    return np.sqrt(powers[0] / max(powers[1], 1e-12))


def _ring(images, scale, low, high):
    """The waves of images (N, H, W) in a ring of frequencies."""
    window = np.hanning(images.shape[1])[:, None] * np.hanning(images.shape[2])
    waves = np.fft.fft2((images - images.mean((1, 2), keepdims=True)) * window)
    rows, columns = (np.fft.fftfreq(size) for size in images.shape[1:])
    frequency = np.hypot(rows[:, None], columns) * 2 * scale
    return waves[:, (low <= frequency) & (frequency < high)]


def bicubic(y, scale):
    """What the papers would make of the targets."""
    return np.stack([resample.enlarge(resample.downscale(image, scale), scale) for image in y])


def jitter(quality):
    """How far the last third of a curve goes back and forth, an epoch; 0 if it only rises or only falls; Eq. (9.4)."""
    steps = np.diff(quality)[-max(3, len(quality) // 3) :]
    return min(abs(steps[steps > 0].sum()), abs(steps[steps < 0].sum())) / len(steps) if len(steps) >= 3 else 0.0


def likeness(x, y):
    """The correlation of each pair of images, (N, H, W); nan where one of the two is flat."""
    x, y = (images - images.mean((1, 2), keepdims=True) for images in (x, y))
    x_size, y_size = ((images**2).mean((1, 2)) for images in (x, y))
    flat = (y_size < 1e-4) | (x_size < 1e-4 * x_size.max())
    return np.where(flat, np.nan, (x * y).mean((1, 2)) / np.sqrt(np.maximum(x_size * y_size, 1e-30)))


def psnr(first, second):
    """Of images (N, H, W) in 0..1: the mean of the images', as in a table; and of the mean error, as the loss."""
    errors = np.maximum(((first - second) ** 2).mean((1, 2)), MOST)
    return -10 * np.log10(np.array([np.exp(np.log(errors).mean()), errors.mean()]))


MOST = 1e-6
"""An image's mean squared error counts as no smaller, so its PSNR as no larger than 60 dB."""


def aligned(x, y, scale):
    """Inputs as the ILR, and targets, cut to the same centre; and whether the inputs are as small as the LR."""
    few = slice(0, None, -(-len(x) // 32))
    small = x.shape[1] < y.shape[1]
    if not small and min(x.shape[1:]) * scale >= max(y.shape[1:]):
        as_lr, as_ilr = (same_centre(images, y[few]) for images in (enlarged(x[few], scale), x[few]))
        as_lr, as_ilr = (np.nan_to_num(np.nanmedian(likeness(*pair))) for pair in (as_lr, as_ilr))
        small = as_lr > max(0.5, as_ilr + 0.1)
    return *same_centre(enlarged(x, scale) if small else x, y), small


def moved(x, y, most=8):
    """The whole-pixel move (down, right) of x against y that makes them most alike, and how alike they are then."""
    best = (-1.0, 0, 0)
    height, width = y.shape[1:]
    for down, right in np.ndindex(2 * most + 1, 2 * most + 1):
        down, right = down - most, right - most
        a = x[:, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]
        b = y[:, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
        best = max(best, (float(np.nan_to_num(np.nanmedian(likeness(a, b)), nan=-1)), down, right))
    return best[1:], best[0]


def enlarged(x, scale):
    return np.stack([resample.enlarge(image, scale) for image in x])


def same_centre(*arrays):
    """Cut all to the smallest height and width, around the same centre."""
    height, width = (min(images.shape[k] for images in arrays) for k in (1, 2))
    corners = [((images.shape[1] - height) // 2, (images.shape[2] - width) // 2) for images in arrays]
    return [a[:, top : top + height, left : left + width] for a, (top, left) in zip(arrays, corners, strict=True)]


def peak(images):
    """255 for images in grey levels, 1 for images in 0..1."""
    return 255 if np.abs(images).max() > 3 else 1


def batches(x, y, *names):
    """Both as float64 (N, H, W). Raises: InputError if they are no such pairs."""
    found = []
    for images, name in zip((x, y), names, strict=True):
        try:
            images = np.asarray(images)
        except ValueError:
            raise InputError(f"the images of {name} differ in size; cut the same size out of each") from None
        images = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
        if images.ndim != 3 or len(images) < 8 or min(images.shape[1:]) < 16 or images.dtype.kind not in "buif":
            raise InputError(
                f"{name} has shape {images.shape}; give 8 grey images or more of 16 x 16 or more, (N, H, W, 1), "
                "perhaps parts of larger ones"
            )
        found.append(images.astype(np.float64))
    x, y = found
    if len(x) != len(y):
        raise InputError(f"{names[0]} has {len(x)} images and {names[1]} has {len(y)}: no pairs")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(f"{names[0]} or {names[1]} has NaN or infinite values")
    if not x.std() or not y.std():
        raise InputError(f"{names[0]} or {names[1]} has the same value everywhere")
    return x, y


def columns(history):
    """A history as a dict name -> array. Raises: InputError if it is none."""
    history = getattr(history, "history", history)  # what Keras' fit() returns
    try:
        if not isinstance(history, dict):
            history = {name: [row[name] for row in history] for name in history[0]}
        found = {name: np.array(column, float) for name, column in history.items()}
    except (TypeError, ValueError, KeyError, IndexError):
        found = {}
    if len({column.shape for column in found.values()}) != 1 or next(iter(found.values())).ndim != 1:
        raise InputError("the history is neither a list of rows, such as training.train() returns, nor a Keras history")
    if not all(np.isfinite(column).all() for column in found.values()):
        raise InputError("the history has NaN or infinite values: the training has diverged, start again")
    return found


def run(network, images):
    """The network's answer to (N, H, W), as it comes, (N, H', W'), a few images at a time."""
    outputs, step = [], max(1, min(64, 2**18 // images[0].size))
    for start in range(0, len(images), step):
        batch = images[start : start + step, ..., None].astype(np.float32)
        if hasattr(network, "get_weights"):
            from ..models import keras

            output = keras.ops.convert_to_numpy(network(batch, training=False))
        else:
            output = np.asarray(network(batch))
        if output.ndim != 4 or len(output) != len(batch) or output.shape[-1] != 1:
            raise InputError(f"the network makes {output.shape} of {batch.shape}; (N, H, W, 1) is wanted")
        outputs.append(output[..., 0].astype(np.float64))
    return np.concatenate(outputs)
