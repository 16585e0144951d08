"""MSE, PSNR and SSIM as super-resolution papers compute them (chapter 3).

Pixels are in 0..255 unless `peak` says otherwise. Pixels in [0, 1] measured against a peak of 255 would score 48 dB too
much, so what does not look like the range that was named is refused.
"""

import numpy as np

from . import InputError


def mse(hr, sr):
    """Mean squared error, Eq. (3.1): the mean over every pixel (and channel) of (hr - sr)^2."""
    hr, sr = _same_shape(hr, sr)
    return float(sum(((a - b) ** 2).sum() for a, b in _bands(hr, sr)) / hr.size)


def psnr(hr, sr, *, peak=255):
    """Peak signal-to-noise ratio in dB, Eq. (3.2): 10 log10(peak^2 / MSE); infinite for equal images.

    peak: the largest value that a pixel can have: 255, or 1 for pixels in [0, 1].
    Raises: InputError if sizes differ or the pixels are of another range.
    """
    _check_range(hr, sr, peak)
    error = mse(hr, sr)
    return float("inf") if error == 0 else float(10 * np.log10(peak**2 / error))


def ssim(hr, sr, *, peak=255):
    """Structural similarity of Wang et al. (2004), Eq. (3.3): 11 x 11 Gaussian window, sigma 1.5; at most 1.

    hr, sr: (H, W), at least 11 x 11 pixels. peak: as in psnr().
    """
    from skimage.metrics import structural_similarity

    _check_range(hr, sr, peak)
    hr, sr = _same_shape(hr, sr)
    if hr.ndim != 2 or min(hr.shape) < 11:
        raise InputError(f"SSIM needs two grey images of at least 11 x 11 pixels; these have shape {hr.shape}")
    options = {"data_range": peak, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    if hr.size > BAND and hr.shape[1] > hr.shape[0]:
        hr, sr = hr.T, sr.T  # or a band of one very long row, with ten around it, would be the whole picture
    # The mean over the places where the window fits: in a band five rows fewer on each side, so bands overlap.
    places = [((len(a) - 10) * structural_similarity(a, b, **options), len(a) - 10) for a, b in _bands(hr, sr, 5)]
    return float(sum(total for total, _ in places) / sum(rows for _, rows in places))


BAND = 2**20
"""Pixels that are measured at a time: SSIM takes some 15 arrays of float64 of this size, not of the picture's."""


def _bands(hr, sr, around=0):
    """The same rows of both images, in float64, a band at a time, with so many rows around each as the next one has."""
    rows, inner = len(hr), slice(around, len(hr) - around)
    step = max(1, BAND * rows // hr.size)
    for top in range(inner.start, inner.stop, step):
        band = slice(top - around, min(top + step, inner.stop) + around)
        yield hr[band].astype(np.float64), sr[band].astype(np.float64)


def _check_range(hr, sr, peak):
    """Refuse pixels that do not look like 0..peak: both images within [0, 1] at 255, or one far above the peak."""
    hr, sr = np.asarray(hr), np.asarray(sr)
    if (hr.dtype == sr.dtype == np.uint8 and peak == 255) or not hr.size or not sr.size:
        return
    brightest = [float(np.max(image)) for image in (hr, sr)]
    seen = f"the brightest pixels are {brightest[0]:.3g} and {brightest[1]:.3g}"
    if peak > 2 and 0 < max(brightest) <= 1 and not all(image.dtype.kind in "bui" for image in (hr, sr)):
        raise InputError(f"{seen}, as in [0, 1], not 0..{peak:g}: give peak=1, or multiply both by 255")
    if min(brightest) > 2 * peak:
        raise InputError(f"{seen}, too bright for 0..{peak:g}: give peak=255, or divide both by 255")
    floats = [image.dtype.kind == "f" for image in (hr, sr)]
    if 0 < min(brightest) <= 1 and max(brightest) > 20 and floats[int(np.argmin(brightest))]:
        raise InputError(f"{seen}: one image seems to be in [0, 1], the other in 0..255; bring both to one range")


def _same_shape(hr, sr):
    hr, sr = np.atleast_1d(np.asarray(hr), np.asarray(sr))
    if hr.shape != sr.shape:
        raise InputError(f"the two images differ in size: {hr.shape} and {sr.shape}")
    if hr.size == 0:
        raise InputError("the images have no pixels")
    return hr, sr
