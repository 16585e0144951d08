"""What sanity() measures of images (N, H, W) and of a curve: place, blur, similarity, PSNR, jitter (chapter 10)."""

import numpy as np

from .. import resample

BANDS = ((0.2, 0.5), (0.5, 0.8))
"""Rings of frequencies in which two degradations are compared; 1 is the finest that the LR can hold."""

SMALLEST_ERROR = 1e-6
"""An image's mean squared error counts as no smaller, so its PSNR as no larger than 60 dB."""


def shift(x, y):
    """How far the images x lie from the images y, (down, right) in pixels, by least squares, Eq. (10.2)."""
    return shift_and_share(x, y)[0]


def shift_and_share(x, y):
    """shift(), and the share of the squared difference that it explains, 0 to 1."""
    x, y = blurred(x), blurred(y)  # equally, so that only the place differs
    slopes = np.stack([slope.ravel() for slope in np.gradient((x + y) / 2, axis=(1, 2))], axis=1)
    difference = (y - x).ravel()
    move = np.linalg.lstsq(slopes, difference, rcond=None)[0]
    rest = difference - slopes @ move
    return move, 1 - rest @ rest / max(difference @ difference, 1e-30)


def best_move(x, y, most=8):
    """The whole-pixel move (down, right) of x against y with the highest correlation, and that correlation."""
    best = (-1.0, 0, 0)
    height, width = y.shape[1:]
    for down, right in np.ndindex(2 * most + 1, 2 * most + 1):
        down, right = down - most, right - most
        a = x[:, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]
        b = y[:, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
        best = max(best, (correlation(a, b), down, right))
    return best[1:], best[0]


def blurred(images):
    """Each image blurred by a Gaussian of two pixels."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, 2, 2))


def passed(x, y, scale, bands=BANDS):
    """The share of the waves of y that is left in x, in each ring of frequencies, Eq. (10.3)."""
    rings = [(_ring(x, scale, *band), _ring(y, scale, *band)) for band in bands]
    return np.array([(x * y.conj()).real.sum() / max((np.abs(y) ** 2).sum(), 1e-12) for x, y in rings])


def finest_waves(x, y, scale):
    """The root of the power of x over that of y, in the waves that are too fine for a small image."""
    powers = [(np.abs(_ring(images, scale, 1.1, 1.9)) ** 2).sum() for images in (x, y)]
    return np.sqrt(powers[0] / max(powers[1], 1e-12))


def _ring(images, scale, low, high):
    """The Fourier coefficients of windowed images in a ring of frequencies."""
    window = np.hanning(images.shape[1])[:, None] * np.hanning(images.shape[2])
    waves = np.fft.fft2((images - images.mean((1, 2), keepdims=True)) * window)
    rows, columns = (np.fft.fftfreq(size) for size in images.shape[1:])
    frequency = np.hypot(rows[:, None], columns) * 2 * scale
    return waves[:, (low <= frequency) & (frequency < high)]


def correlations(x, y):
    """The correlation coefficient of each pair of images; NaN where one of the two is flat."""
    x, y = (images - images.mean((1, 2), keepdims=True) for images in (x, y))
    x_power, y_power = ((images**2).mean((1, 2)) for images in (x, y))
    flat = (y_power < 1e-4) | (x_power < 1e-4 * x_power.max())
    return np.where(flat, np.nan, (x * y).mean((1, 2)) / np.sqrt(np.maximum(x_power * y_power, 1e-30)))


def correlation(x, y):
    """The median of the correlations, or 0 if one of each two images is flat."""
    found = correlations(x, y)
    return float(np.median(found[np.isfinite(found)])) if np.isfinite(found).any() else 0.0


def psnr(first, second):
    """Of images in 0..1, two averages: the mean of the images' PSNRs, as in a table, and the PSNR of the mean MSE."""
    errors = np.maximum(((first - second) ** 2).mean((1, 2)), SMALLEST_ERROR)
    return -10 * np.log10(np.array([np.exp(np.log(errors).mean()), errors.mean()]))


def jitter(quality):
    """How far the last third of a curve goes back and forth, an epoch; 0 if it only rises or only falls; Eq. (10.4)."""
    steps = np.diff(quality)[-max(3, len(quality) // 3) :]
    return min(abs(steps[steps > 0].sum()), abs(steps[steps < 0].sum())) / len(steps) if len(steps) >= 3 else 0.0


def peak(images):
    """255 for images in grey levels, 1 for images in 0..1."""
    return 255 if np.abs(images).max() > 3 else 1


def bicubic(hr, scale):
    """The papers' bicubic ILR of each image."""
    return enlarged([resample.downscale(image, scale) for image in hr], scale)


def enlarged(lr, scale):
    """The bicubic enlargement of each image."""
    return np.stack([resample.enlarge(image, scale) for image in lr])


def aligned(x, y, scale):
    """Inputs as the ILR, and targets, cut to the same centre; and whether the inputs are as small as the LR."""
    few = slice(0, None, -(-len(x) // 32))
    small = x.shape[1] < y.shape[1]
    if not small and min(x.shape[1:]) * scale >= max(y.shape[1:]):
        as_lr, as_ilr = (correlation(*same_centre(ilr, y[few])) for ilr in (enlarged(x[few], scale), x[few]))
        small = as_lr > max(0.5, as_ilr + 0.1)
    return *same_centre(enlarged(x, scale) if small else x, y), small


def same_centre(*arrays):
    """Cut all to the smallest height and width, around the same centre."""
    height, width = (min(images.shape[k] for images in arrays) for k in (1, 2))
    corners = [((images.shape[1] - height) // 2, (images.shape[2] - width) // 2) for images in arrays]
    return [a[:, top : top + height, left : left + width] for a, (top, left) in zip(arrays, corners, strict=True)]


def sample(*arrays, most=256):
    """At most so many of the pairs, drawn at random, but always the same ones."""
    if len(arrays[0]) <= most:
        return arrays
    chosen = np.random.default_rng(0).permutation(len(arrays[0]))[:most]
    return tuple(images[np.sort(chosen)] for images in arrays)
