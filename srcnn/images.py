"""Photographs in and out of files, and the small operations of the protocol (chapters 1 to 3)."""

import numpy as np

from . import InputError
from .formats import READ, in_folder, left_out
from .reading import Photograph, open_photograph, told_size, whole_size
from .writing import DEEP, SUFFIXES, check_writable, write, write_bands

__all__ = [
    "DEEP",
    "READ",
    "SUFFIXES",
    "Photograph",
    "check_writable",
    "crop_to_multiple",
    "in_folder",
    "left_out",
    "luma",
    "open_photograph",
    "read",
    "shave",
    "to_bytes",
    "to_levels",
    "told_size",
    "under_alpha",
    "visible_colours",
    "whole_size",
    "write",
    "write_bands",
]


ROWS = 256
"""Rows of a picture that are calculated at a time."""


def read(path):
    """The pixels of a picture file: open_photograph(path).pixels.

    Returns: uint8, (height, width) for grey, (height, width, 3) for RGB, (height, width, 4) with alpha.
    Raises: InputError if there is no such file, or it is not a whole image.
    """
    return open_photograph(path).pixels


def luma(image):
    """Return Y of BT.601 in its studio range 16..235, rounded to uint8, (H, W).

    A grey image is taken as it is; an alpha channel is ignored. `image` is uint8.
    Step 1 of the protocol (chapter 3).
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise InputError(f"luma() wants a uint8 image; this is {image.dtype} of shape {image.shape}")
    if image.ndim == 2:
        return image
    # scikit-image's rgb2ycbcr(...)[..., 0] to the last bit, without its import and without Cb and Cr.
    weights, out = np.array([65.481, 128.553, 24.966]) / 255, np.empty(image.shape[:2], np.uint8)
    for top in range(0, len(image), ROWS):  # or 24 bytes a pixel, of the whole picture
        out[top : top + ROWS] = np.rint(16 + image[top : top + ROWS, :, :3] @ weights)
    return out


def to_bytes(image):
    """Float pixels in [0, 1] -> uint8, clipped and rounded (step 4 of the protocol)."""
    return to_levels(image, np.uint8)


def to_levels(image, dtype):
    """Float pixels in [0, 1] -> the nearest level of an integer dtype: 0..255 of uint8, 0..65535 of uint16."""
    return np.rint(np.clip(image, 0, 1) * np.iinfo(dtype).max).astype(dtype)


def crop_to_multiple(image, scale):
    """Cut rows from the bottom and columns from the right until both sizes divide by `scale` ("modcrop")."""
    height, width = image.shape[:2]
    if min(height, width) < scale:
        raise InputError(f"an image of {width} x {height} pixels is too small for scale {scale}")
    return image[: height - height % scale, : width - width % scale]


def shave(image, border):
    """Cut `border` pixels from all four sides (step 5 of the protocol)."""
    height, width = image.shape[:2]
    if min(height, width) <= 2 * border:
        raise InputError(f"an image of {width} x {height} pixels has nothing left after {border} are cut on each side")
    return image[border : height - border, border : width - border]


def under_alpha(image, resample):
    """Resample an image with alpha by its premultiplied colours, or transparent black would darken every edge.

    image: uint8 or uint16 (H, W, 4). resample: a linear function (H, W, 4) -> (h, w, 4), the same for each channel,
    such as resample.downscale at a scale. Returns: float (h, w, 4) in the range of image's dtype, 0..255 or 0..65535,
    not clipped; no colour where nothing is visible.
    """
    peak = np.iinfo(image.dtype).max
    alpha = image[..., 3:] / peak
    result = resample(np.dstack([image[..., :3] * alpha, alpha]))
    weight = result[..., 3:]
    colour = np.divide(result[..., :3], weight, out=np.zeros_like(result[..., :3]), where=weight > 0)
    return np.dstack([colour, weight * peak])


ALPHA_REACH = 16
"""Pixels from which visible_colours() takes a colour."""


def visible_colours(image):
    """Give each pixel that is more transparent than its surroundings their colour; return (H, W, 3).

    image: uint8 or uint16 (H, W, 4); the result has its dtype.
    What is seen stays as it is, and what is not seen can no longer leak into it when a network or a kernel enlarges
    the colours alone. A pixel at least half as opaque as its surroundings keeps its own colour.
    """
    from scipy.ndimage import gaussian_filter

    alpha, own = image[..., 3:], image[..., :3]
    if (alpha == alpha.flat[0]).all():
        return own
    # A Gaussian that is narrow, so that the nearest colour wins, and long, so that there is one: exp(-32) is enough.
    near = under_alpha(image, lambda part: gaussian_filter(part, (2, 2, 0), truncate=ALPHA_REACH / 2, mode="nearest"))
    share = np.divide(2.0 * alpha, near[..., 3:], out=np.ones(alpha.shape), where=near[..., 3:] > 0).clip(0, 1)
    return np.rint(share * own + (1 - share) * near[..., :3]).clip(0, np.iinfo(image.dtype).max).astype(image.dtype)
