"""Enlarge a whole photograph of any size, in tiles that leave no seam (chapters 8 and 13)."""

import numpy as np

from . import InputError, methods, resample
from .images import ALPHA_REACH, to_levels, visible_colours

TILE = 512
"""Output pixels along a tile's side. Bounds the memory; does not change the result."""


def super_resolve(lr, scale, method):
    """LR luma (H, W) in [0, 1] -> SR luma (scale H, scale W), float32, not clipped; `method` as in methods.get()."""
    method = methods.get(method, scale)
    lr = np.asarray(lr, np.float32)
    return _whole(_in_tiles(lr, scale, method, method.margin), lr, scale)


def upscale(image, scale, method="srcnn-915", progress=False):
    """Enlarge a photograph: the network on luma, bicubic on Cb, Cr and alpha (or one kernel on all of them).

    image: uint8 or uint16 (H, W), (H, W, 3) or (H, W, 4), in 0..255 or 0..65535. Returns: `scale` times its size, in
    its dtype, each value rounded to the nearest of its 256 or 65536 levels.
    A tile is enlarged together with as much of its surroundings as can reach it, and cut back: the result
    equals the untiled one, and the memory beside the two images does not grow with them, unless every pixel
    of the network's result depends on the whole image.
    """
    image = np.asarray(image)
    return _whole(bands(image, scale, method, progress), image, scale)


def bands(image, scale, method="srcnn-915", progress=False):
    """The result of upscale() a row of tiles at a time, from top to bottom, for whoever writes it at once to a file.

    Returns: a generator. Raises: InputError for what is no such photograph.
    """
    if image.dtype not in (np.uint8, np.uint16) or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,), (4,)):
        raise InputError(f"upscale() wants a uint8 or uint16 photograph; this is {image.dtype} of shape {image.shape}")
    method = methods.get(method, scale)
    margin = method.margin
    if margin is not None and image.ndim == 3 and image.shape[2] == 4:
        margin += ALPHA_REACH
    peak = np.float32(np.iinfo(image.dtype).max)

    def one(window):
        if window.ndim == 2:
            return to_levels(method(window / peak), image.dtype)
        from skimage.color import rgb2ycbcr, ycbcr2rgb

        colours = window if window.shape[2] == 3 else visible_colours(window)
        ycc = rgb2ycbcr(colours).astype(np.float32)
        y = np.clip(method(ycc[..., 0] / 255), 0, 1) * 255
        rgb = to_levels(ycbcr2rgb(np.dstack([y, resample.enlarge(ycc[..., 1:], scale, method.chroma)])), image.dtype)
        if window.shape[2] == 3:
            return rgb
        alpha = resample.enlarge(window[..., 3] / peak, scale, method.chroma)
        return np.dstack([rgb, to_levels(alpha, image.dtype)])

    return _in_tiles(image, scale, one, margin, progress)


def _in_tiles(image, scale, run, margin, progress=False):
    """Apply `run` to overlapping windows and keep the centre of each; yield the rows of tiles, in the image's dtype.

    margin: how far a window reaches beyond its centre; None: the image is one window, whatever memory that takes.
    """
    from tqdm import tqdm

    height, width = image.shape[:2]
    step = max(1, TILE // scale) if margin is not None else max(height, width)
    margin = margin or 0
    tops, lefts = range(0, height, step), range(0, width, step)
    tiles = len(tops) * len(lefts)
    with tqdm(total=tiles, unit="tile", disable=not progress or tiles == 1) as bar:
        for top in tops:
            bottom, above = min(top + step, height), max(top - margin, 0)
            band = np.empty(((bottom - top) * scale, width * scale, *image.shape[2:]), image.dtype)
            for left in lefts:
                right, before = min(left + step, width), max(left - margin, 0)
                result = run(image[above : bottom + margin, before : right + margin])
                rows = slice((top - above) * scale, (bottom - above) * scale)
                columns = slice((left - before) * scale, (right - before) * scale)
                band[:, left * scale : right * scale] = result[rows, columns]
                bar.update()
            yield band


def _whole(parts, image, scale):
    """The bands as one image, `scale` times the size of `image`."""
    out = np.empty((image.shape[0] * scale, image.shape[1] * scale, *image.shape[2:]), image.dtype)
    top = 0
    for band in parts:
        out[top : top + len(band)] = band
        top += len(band)
    return out
