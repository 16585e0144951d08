"""MSE, PSNR and SSIM as super-resolution papers compute them (chapter 3). All pixels are in 0..255."""

import numpy as np

from . import InputError

PEAK = 255.0


def mse(hr, sr):
    """Mean squared error, Eq. (3.1): the mean over every pixel (and channel) of (hr - sr)^2."""
    hr, sr = _same_shape(hr, sr)
    return float(np.mean((hr - sr) ** 2))


def psnr(hr, sr):
    """Peak signal-to-noise ratio in dB, Eq. (3.2): 10 log10(255^2 / MSE); infinite for equal images."""
    error = mse(hr, sr)
    return float("inf") if error == 0 else float(10 * np.log10(PEAK**2 / error))


def ssim(hr, sr):
    """Structural similarity of Wang et al. (2004), Eq. (3.3): 11 x 11 Gaussian window, sigma 1.5; at most 1.

    hr, sr: (H, W), at least 11 x 11 pixels.
    """
    from skimage.metrics import structural_similarity

    hr, sr = _same_shape(hr, sr)
    if hr.ndim != 2 or min(hr.shape) < 11:
        raise InputError(f"SSIM needs two grey images of at least 11 x 11 pixels; these have shape {hr.shape}")
    return float(
        structural_similarity(hr, sr, data_range=PEAK, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    )


def _same_shape(hr, sr):
    hr, sr = np.asarray(hr, np.float64), np.asarray(sr, np.float64)
    if hr.shape != sr.shape:
        raise InputError(f"the two images differ in size: {hr.shape} and {sr.shape}")
    if hr.size == 0:
        raise InputError("the images have no pixels")
    return hr, sr
