"""Pixels of 16 bits a channel. Alone, Pillow reads colours with 8 of them, whatever the file holds.

Of OpenCV, imagecodecs and tifffile, which read such pixels, the first two are large, and tifffile reads no PNG and
without imagecodecs no LZW. But Pillow decodes these files, and then drops half of each sample; which, can be chosen.
"""

import sys

import numpy as np
from PIL import Image

from . import InputError

ROWS = 256
"""Rows that are taken from Pillow at a time: it and NumPy each copy what they exchange."""

NEGATIVE = "there are negative pixels; save the image with 8 or 16 unsigned bits a channel"

LITTLE = sys.byteorder == "little"
OTHER = {
    f"{mode};16{first}": f"{mode};16{second}"
    for mode in ("RGB", "RGBX", "RGBA")
    for first, second in (("B", "L"), ("L", "B"), ("N", "B" if LITTLE else "L"))
} | {"LA;16B": "RGBA"}
"""Of a file's 16-bit samples a raw mode of Pillow keeps the high bytes. This is the raw mode that keeps the others.

Grey and alpha are 4 bytes, and so they can be had at once, as one pixel of RGBA.
"""


def holds(file, bits):
    """Whether read() can read this file, which Pillow has opened but not loaded, of so many bits a channel."""
    if bits != 16 or file.mode.startswith("I"):
        return bits == 16
    if file.format == "TIFF" and file.tag_v2.get(284) == 2:  # channel by channel, where Pillow heeds no raw mode
        return False
    return file.format in ("PNG", "TIFF") and bool(file.tile) and all(_raw(tile) in OTHER for tile in file.tile)


def read(file, path):
    """All 16 bits of a file that holds() accepts; path: where it is.

    Returns: uint16 (H, W) for grey, (H, W, 3) for RGB, (H, W, 4) with alpha, of grey too, in three equal colours.
    Raises: InputError for negative levels.
    """
    if file.mode.startswith("I"):
        return grey_levels(file, bits=16).astype(np.uint16)
    grey_alpha = {_raw(tile) for tile in file.tile} == {"LA;16B"}
    out = _read_again(file, path, grey_alpha)
    if not grey_alpha:
        for top, strip in strips(file):  # only now: of the two pictures Pillow holds one at a time
            out[top : top + ROWS] |= strip.astype(np.uint16) << 8
    return out


def grey_levels(file, bits):
    """The levels (H, W) of a grey picture in one of Pillow's modes I, of 0 for black to 2**bits - 1 for white.

    Pillow itself turns a TIFF in which 0 is white only where a sample has 8 bits or fewer.
    Raises: InputError for negative levels.
    """
    levels = np.asarray(file)
    if levels.min(initial=0) < 0:
        raise InputError(NEGATIVE)
    white_is_zero = file.format == "TIFF" and file.tag_v2.get(262) == 0
    return 2**bits - 1 - levels if white_is_zero else levels


def _read_again(file, path, whole):
    """The other half of each sample, as uint16, by OTHER's raw modes; whole: grey and alpha, of which they read all."""
    with open(path, "rb") as raw_file, Image.open(raw_file, formats=[file.format]) as again:
        again.tile = [_with_raw(tile, OTHER[_raw(tile)]) for tile in again.tile]
        again.load()
        out = np.empty((again.height, again.width, len(again.getbands())), np.uint16)
        for top, strip in strips(again):
            if whole:
                strip = strip[..., [0, 0, 0, 2]].astype(np.uint16) << 8 | strip[..., [1, 1, 1, 3]]
            out[top : top + ROWS] = strip
    return out


def pixels(picture):
    """np.array(picture) of a picture of 8 bits a channel, without a second copy of it in memory."""
    channels = len(picture.getbands())
    out = np.empty((picture.height, picture.width, channels)[: 2 + (channels > 1)], np.uint8)
    for top, strip in strips(picture):
        out[top : top + ROWS] = strip
    return out


def strips(picture):
    """(first row, its rows as an array), ROWS rows of Pillow's picture at a time."""
    picture.load()  # before Pillow 11 only this turns the sides of a TIFF that was held upright
    for top in range(0, picture.height, ROWS):
        yield top, np.asarray(picture.crop((0, top, picture.width, min(top + ROWS, picture.height))))


def _raw(tile):
    """The raw mode among what Pillow tells one of its decoders: (codec, extents, offset, arguments)."""
    return tile[3] if isinstance(tile[3], str) else tile[3][0]


def _with_raw(tile, raw):
    arguments = raw if isinstance(tile[3], str) else (raw, *tile[3][1:])
    return type(tile)((*tile[:3], arguments)) if type(tile) is tuple else type(tile)(*tile[:3], arguments)
