"""Enlarge a whole photograph of any size, in tiles that leave no seam (chapters 8 and 13)."""

import numpy as np

from . import InputError, methods, resample
from .images import ALPHA_REACH, to_bytes, visible_colours

TILE = 512
"""Output pixels along a tile's side. Bounds the memory; does not change the result."""


def super_resolve(lr, scale, method):
    """LR luma (H, W) in [0, 1] -> SR luma (scale H, scale W), float32, not clipped; `method` as in methods.get()."""
    method = methods.get(method, scale)
    return _in_tiles(np.asarray(lr, np.float32), scale, method, method.margin)


def upscale(image, scale, method="srcnn-915", progress=False):
    """Enlarge a photograph: the network on luma, bicubic on Cb, Cr and alpha (or one kernel on all of them).

    image: uint8 (H, W), (H, W, 3) or (H, W, 4). Returns: uint8 of `scale` times the size.
    A tile is enlarged together with as much of its surroundings as can reach it, and cut back: the result
    equals the untiled one, and the memory beside the two images does not grow with them.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,), (4,)):
        raise InputError(f"upscale() wants a uint8 photograph; this is {image.dtype} of shape {image.shape}")
    method = methods.get(method, scale)
    margin = method.margin + (ALPHA_REACH if image.ndim == 3 and image.shape[2] == 4 else 0)

    def one(window):
        if window.ndim == 2:
            return to_bytes(method(window / np.float32(255)))
        from skimage.color import rgb2ycbcr, ycbcr2rgb

        colours = window if window.shape[2] == 3 else visible_colours(window)
        ycc = rgb2ycbcr(colours).astype(np.float32)
        y = np.clip(method(ycc[..., 0] / 255), 0, 1) * 255
        rgb = to_bytes(ycbcr2rgb(np.dstack([y, resample.enlarge(ycc[..., 1:], scale, method.chroma)])))
        if window.shape[2] == 3:
            return rgb
        return np.dstack([rgb, to_bytes(resample.enlarge(window[..., 3] / np.float32(255), scale, method.chroma))])

    return _in_tiles(image, scale, one, margin, progress)


def _in_tiles(image, scale, run, margin, progress=False):
    """Apply `run` to overlapping windows and keep the centre of each. The result has the image's dtype."""
    from tqdm import tqdm

    height, width = image.shape[:2]
    out = np.empty((height * scale, width * scale, *image.shape[2:]), image.dtype)
    step = max(1, TILE // scale)
    corners = [(top, left) for top in range(0, height, step) for left in range(0, width, step)]
    for top, left in tqdm(corners, unit="tile", disable=not progress):
        bottom, right = min(top + step, height), min(left + step, width)
        above, before = max(top - margin, 0), max(left - margin, 0)
        result = run(image[above : bottom + margin, before : right + margin])
        rows = slice((top - above) * scale, (bottom - above) * scale)
        columns = slice((left - before) * scale, (right - before) * scale)
        out[top * scale : bottom * scale, left * scale : right * scale] = result[rows, columns]
    return out
