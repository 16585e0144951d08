"""Enlarge a whole photograph of any size, in tiles that leave no seam (chapters 7 and 12)."""

import numpy as np

from . import InputError, degrade
from .images import ALPHA_REACH, to_bytes, visible_colours

TILE = 512
"""Output pixels along a tile's side. Bounds the memory; does not change the result."""


def predict(model, image):
    """Run a network on one grey image.

    image: float (H, W) in [0, 1]: what the network takes, the ILR for SRCNN, the LR for FSRCNN and ESPCN. It is
    mirrored at its border by the network's margin, so that the unpadded convolutions lose nothing of it.
    Returns: float32 (factor H, factor W) with factor = models.factor(model), not clipped.
    """
    from . import layers, models

    padded = np.pad(np.asarray(image, np.float32), models.margin(model), mode="symmetric")
    return layers.keras.ops.convert_to_numpy(layers.forward(model)(padded[None, :, :, None]))[0, :, :, 0]


def resolve(method, scale):
    """What a name stands for: the name of a kernel as it is, of a trained network as a keras.Model.

    method: a kernel ("nearest", "bilinear", "bicubic", "lanczos"), a trained model's name or path, or a keras.Model.
    """
    if scale not in (2, 3, 4):
        raise InputError(f"scale {scale} is not one of 2, 3, 4")
    if hasattr(method, "get_weights") or method in degrade.KERNELS:
        return method
    from . import models

    return models.load(method, scale)


def super_resolve(lr, scale, method):
    """LR luma (H, W) in [0, 1] -> SR luma (scale H, scale W), float32, not clipped."""
    run, reach, _ = _steps(method, scale)
    return _in_tiles(np.asarray(lr, np.float32), scale, run, reach)


def _steps(method, scale):
    """A function lr -> sr on luma in [0, 1], its reach in LR pixels, and the kernel that enlarges all else."""
    method = resolve(method, scale)
    if isinstance(method, str):
        return (lambda lr: degrade.enlarge(lr, scale, method)), 3, method
    from . import models

    factor, margin = models.factor(method), models.margin(method)
    if factor == 1:
        return (lambda lr: predict(method, degrade.enlarge(lr, scale))), 3 + -(-margin // scale), "bicubic"
    if factor != scale:
        raise InputError(f"the network {method.name} enlarges {factor} times, not {scale}")
    return (lambda lr: predict(method, lr)), max(3, margin), "bicubic"


def upscale(image, scale, method="srcnn-915", progress=False):
    """Enlarge a photograph: the network on luma, bicubic on Cb, Cr and alpha (or one kernel on all of them).

    image: uint8 (H, W), (H, W, 3) or (H, W, 4). Returns: uint8 of `scale` times the size.
    A tile is enlarged together with as much of its surroundings as can reach it, and cut back: the result
    equals the untiled one, and the memory beside the two images does not grow with them.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,), (4,)):
        raise InputError(f"upscale() wants a uint8 photograph; this is {image.dtype} of shape {image.shape}")
    luma_up, reach, kernel = _steps(method, scale)
    if image.ndim == 3 and image.shape[2] == 4:
        reach += ALPHA_REACH

    def one(window):
        if window.ndim == 2:
            return to_bytes(luma_up(window / np.float32(255)))
        from skimage.color import rgb2ycbcr, ycbcr2rgb

        colours = window if window.shape[2] == 3 else visible_colours(window)
        ycc = rgb2ycbcr(colours).astype(np.float32)
        y = np.clip(luma_up(ycc[..., 0] / 255), 0, 1) * 255
        rgb = to_bytes(ycbcr2rgb(np.dstack([y, degrade.enlarge(ycc[..., 1:], scale, kernel)])))
        if window.shape[2] == 3:
            return rgb
        return np.dstack([rgb, to_bytes(degrade.enlarge(window[..., 3] / np.float32(255), scale, kernel))])

    return _in_tiles(image, scale, one, reach, progress)


def _in_tiles(image, scale, run, reach, progress=False):
    """Apply `run` to overlapping windows and keep the centre of each. The result has the image's dtype."""
    from tqdm import tqdm

    height, width = image.shape[:2]
    out = np.empty((height * scale, width * scale, *image.shape[2:]), image.dtype)
    step = max(1, TILE // scale)
    corners = [(top, left) for top in range(0, height, step) for left in range(0, width, step)]
    for top, left in tqdm(corners, unit="tile", disable=not progress):
        bottom, right = min(top + step, height), min(left + step, width)
        above, before = max(top - reach, 0), max(left - reach, 0)
        result = run(image[above : bottom + reach, before : right + reach])
        rows = slice((top - above) * scale, (bottom - above) * scale)
        columns = slice((left - before) * scale, (right - before) * scale)
        out[top * scale : bottom * scale, left * scale : right * scale] = result[rows, columns]
    return out
