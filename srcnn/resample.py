"""Shrink and enlarge: the bicubic of the papers, and the other kernels of chapter 2.

The resampler is Pillow's in mode "F": Keys' cubic with a = -0.5, half-pixel centres, the kernel widened by
the scale when the image shrinks (antialiasing). With the image mirrored at its border it is MATLAB's imresize, and
so it gives the bicubic figures printed in the papers.
"""

import numpy as np
from PIL import Image

from . import InputError
from .images import ROWS, crop_to_multiple, luma, under_alpha

KERNELS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resize(image, height, width, kernel="bicubic"):
    """Resample `image` to (height, width): Eq. (2.11), with Eq. (2.12) where it shrinks.

    image: (H, W) or (H, W, C), any real dtype; computed in float32 and not clipped.
    Returns float32 of shape (height, width) or (height, width, C).
    Raises InputError for an unknown kernel, a size below 1 or an image with no pixels.
    """
    if kernel not in KERNELS:
        raise InputError(f"no kernel {kernel!r}; there are {', '.join(KERNELS)}")
    image = np.asarray(image, np.float32)
    if image.ndim not in (2, 3) or image.size == 0:
        raise InputError(f"resize() wants an image (H, W) or (H, W, C); this has shape {image.shape}")
    if height < 1 or width < 1:
        raise InputError(f"cannot resize to {width} x {height} pixels: both must be at least 1")
    if image.ndim == 3:
        return np.stack([resize(channel, height, width, kernel) for channel in np.moveaxis(image, -1, 0)], -1)
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.array(picture.resize((int(width), int(height)), KERNELS[kernel]))


PADDING = 4
"""LR pixels by which downscale() and enlarge() mirror the image beyond its border, as MATLAB's imresize does.

Pillow alone would drop the part of a kernel that falls outside and renormalise the rest: up to 0.03 dB for one image.
"""


def downscale(image, scale, kernel="bicubic"):
    """LR = the image at 1/scale of its size, antialiased. Both sizes must divide by `scale`."""
    height, width = image.shape[:2]
    if height % scale or width % scale:
        raise InputError(f"{width} x {height} does not divide by {scale}; use crop_to_multiple(image, {scale}) first")
    mirrored = _mirror(image, PADDING * scale)
    smaller = resize(mirrored, mirrored.shape[0] // scale, mirrored.shape[1] // scale, kernel)
    return smaller[PADDING:-PADDING, PADDING:-PADDING]


def bands(image, scale):
    """downscale() of a whole photograph, rounded: its rows from top to bottom, a band at a time, never all in float.

    image: uint8 or uint16 (H, W), (H, W, 3) or (H, W, 4), the last resampled under its alpha; both sizes must divide
    by `scale`. Returns: a generator of arrays of its dtype.
    """

    def smaller(part):
        return downscale(part, scale)

    height, step = len(image) // scale, -(-ROWS // scale)
    for top in range(0, height, step):
        above, bottom = max(top - PADDING, 0), min(top + step, height)
        window = image[above * scale : (bottom + PADDING) * scale]
        band = under_alpha(window, smaller) if image.shape[2:] == (4,) else smaller(window)
        band = band[top - above : bottom - above].clip(0, np.iinfo(image.dtype).max)
        yield np.rint(band).astype(image.dtype)


def enlarge(image, scale, kernel="bicubic"):
    """The image at `scale` times its size."""
    mirrored = _mirror(image, PADDING)
    larger = resize(mirrored, mirrored.shape[0] * scale, mirrored.shape[1] * scale, kernel)
    cut = PADDING * scale
    return larger[cut:-cut, cut:-cut]


def _mirror(image, border):
    image = np.asarray(image, np.float32)
    return np.pad(image, [(border, border)] * 2 + [(0, 0)] * (image.ndim - 2), mode="symmetric")


def pair(image, scale):
    """Steps 1 to 3 of the protocol: uint8 photograph -> (hr, lr), float32 luma in [0, 1].

    hr is cropped to a multiple of `scale`; lr is its antialiased bicubic reduction, not rounded.
    """
    hr = crop_to_multiple(luma(image), scale).astype(np.float32) / 255
    return hr, downscale(hr, scale)
