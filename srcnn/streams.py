"""PNG, TIFF and JPEG files written while their pixels are made, so that these are never in memory together.

Pillow holds a whole picture before it writes it, and writes no colours of 16 bits. So here it makes only what stands
around the pixels: chunks, tags, colour profile and EXIF data. (OpenCV and imagecodecs hold the whole picture as well
and know no EXIF data, tifffile knows none and writes no PNG.) The pixels are deflated by zlib, or, of a JPEG, encoded
by Pillow a strip at a time.
"""

import io
import itertools
import struct
import zlib

import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin, TiffTags

from . import InputError, metadata

FORMATS = {"PNG": (np.uint8, np.uint16), "TIFF": (np.uint8, np.uint16), "JPEG": (np.uint8,)}
"""What write() writes: Pillow's names, and the pixels that each can hold."""

ROWS = 64
"""Rows that are encoded at a time: a tile of a TIFF, a part of a JPEG, both of which count in steps of 16."""

MOST = 2**32 - 1
"""The bytes of a TIFF, whose tags count with 32 bits."""


def write(path, file_format, shape, dtype, bands, extras):
    """Write a file of one of FORMATS.

    bands: arrays of dtype, the picture from top to bottom; shape: of all of them together, (H, W) for grey, with 2
    channels for grey and alpha, 3 for RGB, 4 for RGB and alpha. extras: options of Pillow's save().
    Raises: InputError for a TIFF of more than 4 GB.
    """
    writer = {"PNG": _write_png, "TIFF": _write_tiff, "JPEG": _write_jpeg}[file_format]
    with open(path, "wb") as file:
        writer(file, shape, dtype, _strips(bands), extras)


def _strips(bands):
    """The same rows, ROWS at a time."""
    rest = None
    for band in bands:
        rest = band if rest is None else np.concatenate([rest, band])
        whole = len(rest) - len(rest) % ROWS
        yield from (rest[top : top + ROWS] for top in range(0, whole, ROWS))
        rest = rest[whole:]
    if rest is not None and len(rest):
        yield rest


def _write_png(file, shape, dtype, strips, extras):
    bits, kind = 8 * dtype.itemsize, {(): 0, (2,): 4, (3,): 2, (4,): 6}[shape[2:]]
    example = io.BytesIO()  # with all the chunks that say something about a picture
    Image.new("L", (1, 1)).save(example, "PNG", **extras)
    start = example.getvalue()
    file.write(start[:8])
    PngImagePlugin.putchunk(file, b"IHDR", struct.pack(">IIBBBBB", shape[1], shape[0], bits, kind, 0, 0, 0))
    file.write(start[33 : start.rindex(b"IDAT") - 4])
    deflate = zlib.compressobj()
    for strip in strips:
        PngImagePlugin.putchunk(file, b"IDAT", deflate.compress(_filtered(strip)))
    PngImagePlugin.putchunk(file, b"IDAT", deflate.flush())
    PngImagePlugin.putchunk(file, b"IEND", b"")


def _filtered(strip):
    """The bytes of some rows under PNG's filter 1: each less the one of the pixel on its left."""
    strip = np.ascontiguousarray(strip, strip.dtype.newbyteorder(">"))
    rows = strip.view(np.uint8).reshape(len(strip), -1)
    less, pixel = rows.copy(), rows.shape[1] // strip.shape[1]
    less[:, pixel:] -= rows[:, :-pixel]
    return np.insert(less, 0, 1, axis=1).tobytes()


def _write_tiff(file, shape, dtype, strips, extras):
    """In tiles as wide as the picture, filled up to multiples of 16. (Old Pillows cannot say where many strips are.)"""
    fill = -shape[1] % 16
    start = 8 + len(_directory(shape, dtype, [0] * -(-shape[0] // ROWS), 0, extras))
    file.seek(start)
    sizes = []
    for strip in strips:
        tile = np.pad(strip, [(0, ROWS - len(strip)), (0, fill)] + [(0, 0)] * (strip.ndim - 2))
        less = np.diff(tile, axis=1, prepend=dtype.type(0))
        sizes.append(file.write(zlib.compress(less.astype(dtype.newbyteorder("<")).tobytes())))
        if file.tell() > MOST:
            raise InputError("a .tif file holds 4 GB, and this picture is larger; write a .png instead")
    file.seek(0)
    file.write(b"II*\0\x08\0\0\0" + _directory(shape, dtype, sizes, start, extras))


def _directory(shape, dtype, sizes, start, extras):
    """The bytes, after the first 8 of a TIFF, that say what it holds. sizes: bytes of each tile, the first at start."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    channels = shape[2] if shape[2:] else 1
    tags[TiffImagePlugin.IMAGEWIDTH], tags[TiffImagePlugin.IMAGELENGTH] = shape[1], shape[0]
    tags[TiffImagePlugin.BITSPERSAMPLE] = (8 * dtype.itemsize,) * channels
    tags[TiffImagePlugin.SAMPLESPERPIXEL] = channels
    tags[TiffImagePlugin.COMPRESSION], tags[TiffImagePlugin.PREDICTOR] = 8, 2  # deflate, of differences
    tags[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] = 1 if channels < 3 else 2
    if channels in (2, 4):
        tags[TiffImagePlugin.EXTRASAMPLES] = (2,)  # alpha, the colours not multiplied by it
    tags[TiffImagePlugin.TILEWIDTH], tags[TiffImagePlugin.TILELENGTH] = shape[1] + -shape[1] % 16, ROWS
    starts = itertools.accumulate(sizes[:-1], initial=start)
    for tag, values in ((TiffImagePlugin.TILEOFFSETS, starts), (TiffImagePlugin.TILEBYTECOUNTS, sizes)):
        tags.tagtype[tag] = TiffTags.LONG
        tags[tag] = tuple(values)
    if extras.get("icc_profile"):
        tags.tagtype[TiffImagePlugin.ICCPROFILE] = TiffTags.UNDEFINED
        tags[TiffImagePlugin.ICCPROFILE] = extras["icc_profile"]
    if "dpi" in extras:
        tags[TiffImagePlugin.RESOLUTION_UNIT] = 2  # an inch
        tags[TiffImagePlugin.X_RESOLUTION], tags[TiffImagePlugin.Y_RESOLUTION] = extras["dpi"]
    if "exif" in extras:
        for tag, value in metadata.tags(extras["exif"]).items():
            tags[tag] = value
    return tags.tobytes(8)


def _write_jpeg(file, shape, dtype, strips, extras):
    """A JPEG for each strip, put together as one whose restart markers stand where a new strip begins."""
    for number, strip in enumerate(strips):
        part = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(strip)).save(part, "JPEG", **extras)
        head, scan = _parted(part.getvalue())
        if number == 0:
            block = 8 if len(shape) == 2 else 16
            interval = -(-shape[1] // block) * (ROWS // block)
            size, before = head.rindex(b"\xff\xc0") + 5, head.rindex(b"\xff\xda")
            file.write(head[:size] + struct.pack(">H", shape[0]) + head[size + 2 : before])
            file.write(b"\xff\xdd" + struct.pack(">HH", 4, interval) + head[before:])
        else:
            file.write(bytes([0xFF, 0xD0 + (number - 1) % 8]))
        file.write(scan)
    file.write(b"\xff\xd9")


def _parted(jpeg):
    """(all up to the pixels, the pixels) of the bytes of a JPEG."""
    at = 2
    while True:
        marker, length = struct.unpack_from(">2sH", jpeg, at)
        at += 2 + length
        if marker == b"\xff\xda":  # the scan, which goes on until the end
            return jpeg[:at], jpeg[at:-2]
