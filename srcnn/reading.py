"""Photographs out of files: the pixels together with all that belongs to them, and a note for what is lost."""

import contextlib
import functools
import logging
import math
import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from . import InputError, formats, metadata, modes, sixteen_bits
from .files import FOLDER, OTHER, kind, quiet_stderr

MEGAPIXELS = 179
"""The most that is read; the environment variable SRCNN_MAX_MEGAPIXELS sets another limit."""

LONGEST_CHUNK = 2**25
"""Bytes of a PNG's longest profile or text. Pillow's own limit, a thirtieth of it, is less than printers' profiles."""

logging.getLogger("PIL").addHandler(logging.NullHandler())  # or Python would print what Pillow logs as an error


@dataclass(frozen=True, eq=False)
class Photograph:
    """What a file holds. images.write(path, pixels, like=photograph) puts it into the result."""

    pixels: np.ndarray
    """(H, W) for grey, (H, W, 3) for RGB, (H, W, 4) with alpha; turned as the EXIF orientation says. uint8 in 0..255,
    or uint16 in 0..65535 if that was asked for and the file holds it."""
    grey: bool
    """Whether the picture is grey; with alpha, its pixels are (H, W, 4) with three equal colours."""
    bits: int
    """Bits a channel in the file, whatever the pixels have."""
    frames: int
    """Frames of an animation or pages of a TIFF; the pixels are those of the first."""
    icc_profile: bytes | None
    """The colour profile of these pixels; None stands for sRGB, or for a grey that nobody described."""
    exif: bytes
    """Date, camera, exposure and place, without orientation, sizes and thumbnail; empty if there are none."""
    dpi: tuple | None
    """Dots an inch, (across, down)."""
    gamma: float | None
    """The exponent of a PNG's gAMA chunk, where it differs from sRGB's 0.45 and no profile goes before it."""
    notes: tuple
    """One plain sentence for each thing of the file that these pixels have lost."""


def open_photograph(path, limit=None, sixteen=False):
    """Read a picture the way a person sees it, with its profile, metadata and notes of what is lost.

    EXIF rotation is applied. A palette becomes RGB, and CMYK sRGB, through its own profile. XMP, IPTC and comments are
    not read. limit: the most pixels; without it, pixel_limit(). sixteen: keep 16 bits a channel, of grey and of a PNG's
    or TIFF's colours; everything else that is deeper than 8 bits becomes 8, with a note.
    Raises: InputError if there is no such file, it is not a whole picture, or it has too many pixels.
    """
    with _opened(path, pixel_limit() if limit is None else limit) as (file, heard):
        return _photograph(file, Path(path), heard, sixteen)


def whole_size(path):
    """(height, width) of a picture file, of any number of pixels, or InputError if it does not hold all of them."""
    with _opened(path, math.inf) as (file, _):
        size = file.height, file.width
        if file.format == "PNG":
            file.verify()  # its checksums, without memory for the pixels
        else:
            file.draft("L", (1, 1))  # of a JPEG every eighth pixel
            file.load()
        return size


def told_size(path):
    """(height, width) of a picture file as its header tells, or InputError if it is no picture, or is too large."""
    with _opened(path, pixel_limit()) as (file, _):
        return file.height, file.width


@contextlib.contextmanager
def _opened(path, limit):
    """(Pillow's open file, the list of its warnings); whatever goes wrong inside becomes one sentence."""
    path = Path(path)
    _check_is_file(path)
    try:
        # Not Image.open(path): Pillow 13 maps such a file into memory, and then scrambles a TIFF that it has to turn.
        opened = functools.partial(Image.open, formats=formats.names())
        with quiet_pillow(limit, LONGEST_CHUNK) as heard, open(path, "rb") as raw, opened(raw) as file:
            _check_pixels(file.width * file.height, limit, f"{file.width} x {file.height} are")
            yield file, heard
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except UnidentifiedImageError:
        raise InputError(_not_an_image(path)) from None
    except PermissionError:
        raise InputError(f"{path} cannot be read: permission denied") from None
    except Image.DecompressionBombError as error:
        _check_pixels(int(re.search(r"\d+", str(error))[0]), limit, f"{path} has")
    except MemoryError:
        raise InputError(f"{path} does not fit into this machine's memory; give a smaller picture") from None
    except Exception as error:  # on damaged bytes Pillow raises nearly every kind there is
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path} is damaged or truncated ({_size(path)}): {reason}") from None


def pixel_limit():
    """The most pixels of a picture that is read: 179 million, or SRCNN_MAX_MEGAPIXELS times a million."""
    told = os.environ.get("SRCNN_MAX_MEGAPIXELS", "").strip() or str(MEGAPIXELS)
    try:
        limit = int(float(told) * 1e6)
    except (ValueError, OverflowError):
        limit = 0
    if limit <= 0:
        raise InputError(f"SRCNN_MAX_MEGAPIXELS is {told!r}; give a number of megapixels, such as 400")
    return limit


@contextlib.contextmanager
def quiet_pillow(limit=None, longest=PngImagePlugin.MAX_TEXT_CHUNK):
    """Let Pillow print nothing, but give the list of its warnings; and let it refuse twice `limit` pixels.

    longest: the most bytes of a text or profile in a PNG.
    """
    before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
    with warnings.catch_warnings(record=True) as heard, quiet_stderr():
        warnings.simplefilter("always")
        Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = limit, longest
        try:
            yield heard
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = before


def _photograph(file, path, heard, sixteen):
    (bits, grey), frames = modes.kind(file, path), _frames(path)
    whole = sixteen and sixteen_bits.holds(file, bits)
    notes = [f"has {bits} bits a channel; the result has 8 bits"] if bits > 8 and not whole else []
    notes += [f"has {frames} frames; only the first is used"] if frames > 1 else []
    levels = sixteen_bits.read(file, path) if whole else None
    file.load()
    dpi = metadata.dpi(file.info)
    orientation, exif, trouble = metadata.exif(file, heard)
    if whole:
        pixels, profile, lost = modes.sixteen_bit(levels, file.info, grey)
    else:
        picture, profile, lost = modes.eight_bit(file, bits, grey)
        pixels = sixteen_bits.pixels(picture)
    gamma, assumed = metadata.light(file.info, profile)
    if orientation in TURNS and file.format != "TIFF":  # which Pillow has turned while it loaded
        pixels = np.ascontiguousarray(TURNS[orientation](pixels))
    notes += [*trouble, *lost, *assumed, *metadata.gain_map(file)]
    notes = tuple(f"{path} {note}" if note.startswith("has ") else f"{path}: {note}" for note in notes)
    return Photograph(pixels, grey, bits, frames, profile, exif, dpi, gamma, notes)


TURNS = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}
"""What undoes each EXIF orientation."""


def _frames(path):
    """How many there are; 1 where a later one is damaged. Counted in a file of its own, since it moves Pillow's place.

    Where it fails it would leave the first frame with the size and the orientation of another one.
    """
    try:
        with warnings.catch_warnings(), open(path, "rb") as raw, Image.open(raw, formats=formats.names()) as file:
            warnings.simplefilter("ignore")
            return getattr(file, "n_frames", 1)
    except Exception:
        return 1


def _check_is_file(path):
    there = OTHER if str(path) == "-" else kind(path)
    if there == FOLDER:
        raise InputError(f"{path} is a folder; give one image file")
    if there == OTHER:
        raise InputError(f"{path} is a pipe or a device; save the picture to a file first and give its name")
    if there is None:
        raise InputError(f"no file {path}")
    if formats.elsewhere(path):
        raise InputError(f"cannot read {path}: {formats.elsewhere(path)}")


def _check_pixels(pixels, limit, what):
    if pixels > limit:
        raise InputError(
            f"{what} {pixels / 1e6:.0f} megapixels, and at most {limit / 1e6:g} megapixels are read; if you trust the "
            f"file and have the memory, set the environment variable SRCNN_MAX_MEGAPIXELS to {-(-pixels // 10**6)}"
        )


def _not_an_image(path):
    """Say what a file that Pillow cannot open most probably is."""
    with open(path, "rb") as file:
        start = file.read(32)
    if start[4:8] == b"ftyp":
        avif = "AVIF is not read by this Pillow; convert it to PNG or JPEG first"
        return f"cannot read {path}: {avif if b'avi' in start else formats.WITHOUT_HEIC}"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        told = "not an image that can be read: a TIFF of a kind that is not known"
        return f"{path} is {told}; save it as grey, RGB or RGBA with 8 or 16 bits a channel"
    return f"{path} is not an image that can be read ({_size(path)}); save it as PNG or JPEG first"


def _size(path):
    return "the file is empty" if path.stat().st_size == 0 else f"{path.stat().st_size} bytes"
