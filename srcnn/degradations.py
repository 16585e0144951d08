"""Small pictures that bicubic did not make: softer lenses, sharpening, JPEG (chapter 13)."""

import io

import numpy as np
from PIL import Image

from . import InputError, resample

KINDS = {
    "the papers' own": {},
    "JPEG, quality 60": {"quality": 60},
    "soft lens": {"blur": 0.8},
    "no antialiasing": {"blur": None},
    "telephone": {"blur": 0.4, "sharpen": 0.8, "quality": 85},
}
"""The options of degrade() for the pictures that chapter 13 looks at; blur in LR pixels."""


def degrade(hr, scale, *, blur=0.0, sharpen=0.0, quality=None):
    """Make the LR luma of a photograph that went another way than the papers' bicubic.

    hr: luma (H, W) in [0, 1], both sizes multiples of `scale`.
    blur: the standard deviation, in LR pixels, of a Gaussian blur before the antialiased bicubic reduction; None: no
          blur and no antialiasing, every scale-th pixel is taken.
    sharpen: how much of what a blur of one LR pixel takes away is added again, as telephones do (unsharp masking).
    quality: 1 to 95, of a JPEG file that the picture goes through; None: no file, and no rounding.
    Returns: float32 (H / scale, W / scale), in [0, 1] if it was sharpened or a file.
    """
    from scipy import ndimage

    if (blur is not None and not 0 <= blur <= 5) or not 0 <= sharpen <= 5 or quality not in (None, *range(1, 96)):
        raise InputError(
            f"blur={blur}, sharpen={sharpen}, quality={quality}: blur and sharpen are 0 to 5, quality is 1 to 95"
        )
    hr = np.asarray(hr, np.float32)
    if blur is None:
        lr = hr[scale // 2 :: scale, scale // 2 :: scale].copy()
    else:
        lr = resample.downscale(ndimage.gaussian_filter(hr, blur * scale, mode="reflect") if blur else hr, scale)
    if sharpen:
        lr = (lr + sharpen * (lr - ndimage.gaussian_filter(lr, 1, mode="reflect"))).clip(0, 1)
    return lr if quality is None else _through_jpeg(lr, quality)


def _through_jpeg(lr, quality):
    file = io.BytesIO()
    Image.fromarray(np.rint(255 * lr.clip(0, 1)).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file), np.float32) / 255


def draw(rng):
    """Options of degrade() drawn by lot: a third plain bicubic, the others each with some of blur, sharpening, JPEG."""
    if rng.random() < 1 / 3:
        return {}
    options = {}
    if rng.random() < 0.7:
        options["blur"] = float(rng.uniform(0, 1))
    if rng.random() < 0.5:
        options["sharpen"] = float(rng.uniform(0, 1.2))
    if rng.random() < 0.7:
        options["quality"] = int(rng.integers(40, 96))
    return options
