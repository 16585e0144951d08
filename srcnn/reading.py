"""Photographs out of files: the pixels together with all that belongs to them, and a note for what is lost."""

import contextlib
import logging
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from . import InputError, modes
from .files import quiet_stderr

FORMATS = ("PNG", "JPEG", "MPO", "BMP", "TIFF", "WEBP", "GIF", "AVIF", "JPEG2000", "PPM")
"""Pillow's names of what is read, judged by a file's content. A list, or Pillow would hand an EPS to Ghostscript."""

READ = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".tif", ".tiff", ".webp"),
    *(".gif", ".avif", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm", ".pnm"),
)
"""The endings of the files that are read when a folder is given."""

ELSEWHERE = {
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIC is not read: convert it to PNG or JPEG first"),
    **dict.fromkeys(
        (".dng", ".nef", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2"),
        "a camera's raw file is not read: develop it to PNG, TIFF or JPEG first",
    ),
    **dict.fromkeys((".eps", ".pdf", ".svg"), "a drawing is not read: save it as PNG first"),
}
"""What to do about the files that people try most and that are not read."""

MEGAPIXELS = 179
"""The most that is read; the environment variable SRCNN_MAX_MEGAPIXELS sets another limit."""

logging.getLogger("PIL").addHandler(logging.NullHandler())  # or Python would print what Pillow logs as an error


@dataclass(frozen=True, eq=False)
class Photograph:
    """What a file holds. images.write(path, pixels, like=photograph) puts it into the result."""

    pixels: np.ndarray
    """uint8, (H, W) for grey, (H, W, 3) for RGB, (H, W, 4) with alpha; turned as the EXIF orientation says."""
    grey: bool
    """Whether the picture is grey; with alpha, its pixels are (H, W, 4) with three equal colours."""
    bits: int
    """Bits a channel in the file; the pixels have 8."""
    frames: int
    """Frames of an animation or pages of a TIFF; the pixels are those of the first."""
    icc_profile: bytes | None
    """The colour profile of these pixels; None stands for sRGB, or for a grey that nobody described."""
    exif: bytes
    """Date, camera, exposure and place, without orientation, sizes and thumbnail; empty if there are none."""
    dpi: tuple | None
    """Dots an inch, (across, down)."""
    notes: tuple
    """One plain sentence for each thing of the file that these pixels have lost."""


def open_photograph(path, limit=None):
    """Read a picture the way a person sees it, with its profile, metadata and notes of what is lost.

    EXIF rotation is applied; palette and CMYK become RGB, CMYK through its own profile to sRGB; 16 bits become 8.
    XMP, IPTC and comments are not read. limit: the most pixels; without it, pixel_limit().
    Raises: InputError if there is no such file, it is not a whole picture, or it has too many pixels.
    """
    path = Path(path)
    _check_is_file(path)
    limit = pixel_limit() if limit is None else limit
    try:
        with quiet_pillow(limit) as heard, Image.open(path, formats=_formats()) as file:
            _check_pixels(file.size, limit)
            return _photograph(file, path, heard)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except UnidentifiedImageError:
        raise InputError(_not_an_image(path)) from None
    except PermissionError:
        raise InputError(f"{path} cannot be read: permission denied") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path} has {_too_many(limit)}") from None
    except MemoryError:
        raise InputError(f"{path} does not fit into this machine's memory; give a smaller picture") from None
    except Exception as error:  # on damaged bytes Pillow raises nearly every kind there is
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path} is damaged or truncated ({_size(path)}): {reason}") from None


def in_folder(folder):
    """The pictures of a folder and what else lies there, ([path], [path]), by their endings; hidden files left out."""
    folder = Path(folder)
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}") from None
    found.sort(key=lambda path: path.name.lower())
    pictures = [path for path in found if path.suffix.lower() in READ and not path.is_dir()]
    return pictures, [path for path in found if path not in pictures]


def left_out(folder, others):
    """One sentence that names what in_folder() left out, or None if it left out nothing."""
    if not others:
        return None
    told = [_left_out(path) for path in others[:10]] + [f"and {len(others) - 10} more"] * (len(others) > 10)
    return f"{folder}: left out what is no picture that is read: {', '.join(told)}"


def _left_out(path):
    if path.is_dir():
        return f"the folder {path.name}"
    return path.name + (f" ({ELSEWHERE[path.suffix.lower()]})" if path.suffix.lower() in ELSEWHERE else "")


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
def quiet_pillow(limit=None):
    """Let Pillow print nothing, but give the list of its warnings; and let it refuse twice `limit` pixels."""
    before = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings(record=True) as heard, quiet_stderr():
        warnings.simplefilter("always")
        Image.MAX_IMAGE_PIXELS = limit
        try:
            yield heard
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _photograph(file, path, heard):
    (bits, grey), frames = modes.kind(file, path), _frames(file)
    notes = [f"has {bits} bits a channel; the result has 8 bits"] if bits > 8 else []
    notes += [f"has {frames} frames; only the first is used"] if frames > 1 else []
    file.load()
    dpi, gamma = _dpi(file.info), file.info.get("gamma")
    orientation, exif, trouble = _exif(file, heard)
    picture, profile, lost = modes.eight_bit(file, bits, grey)
    if gamma and not (profile or "srgb" in file.info) and abs(gamma - 0.45455) > 0.01:
        lost = [*lost, f"its gamma of {gamma:.2f} is dropped, so its brightness may look different"]
    if orientation in TURNS and file.format != "TIFF":  # which Pillow has turned while it loaded
        picture = picture.transpose(TURNS[orientation])
    notes = tuple(
        f"{path} {note}" if note.startswith("has ") else f"{path}: {note}" for note in [*notes, *trouble, *lost]
    )
    return Photograph(np.array(picture), grey, bits, frames, profile, exif, dpi, notes)


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""What undoes each EXIF orientation."""

ORIENTATION, EXIF, GPS = 0x0112, 0x8769, 0x8825
KEPT = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
"""EXIF tags of the whole picture: description, maker, model, software, date, artist, copyright."""
SIZES = (0xA002, 0xA003, 0xA005)
"""Tags inside EXIF that would be wrong in the result: width, height, and a pointer to another table."""

DAMAGED_EXIF = "its EXIF data is damaged, and part or all of it is dropped; look whether the picture lies on its side"


def _exif(file, heard):
    """(orientation, what is kept of the EXIF data as bytes, notes)"""
    try:
        found, kept = file.getexif(), Image.Exif()
        for tag in KEPT:
            if tag in found:
                kept[tag] = found[tag]
        for table in (EXIF, GPS):
            entries = {tag: value for tag, value in found.get_ifd(table).items() if tag not in SIZES}
            if entries:
                kept[table] = entries
        told = " ".join(str(one.message).lower() for one in heard)
        damaged = file.info.get("exif") and (not len(found) or "exif" in told or "tag " in told)
        return found.get(ORIENTATION, 1), kept.tobytes() if len(kept) else b"", [DAMAGED_EXIF] * bool(damaged)
    except Exception:  # damaged EXIF data raises nearly every kind there is, and the picture may still be whole
        return 1, b"", [DAMAGED_EXIF]


def _frames(file):
    try:
        return getattr(file, "n_frames", 1)
    except Exception:  # a later frame is damaged; if the first is, reading it says so
        return 1


def _dpi(info):
    """The resolution, if it says something: Pillow gives a TIFF without one (1, 1)."""
    try:
        across, down = (float(value) for value in info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across < 65535 and 1 < down < 65535 else None


def _formats():
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]  # AVIF came with Pillow 11.3


def _check_is_file(path):
    if path.is_dir():
        raise InputError(f"{path} is a folder; give one image file")
    if str(path) == "-" or (path.exists() and not path.is_file()):
        raise InputError(f"{path} is a pipe or a device; save the picture to a file first and give its name")
    if not path.is_file():
        raise InputError(f"no file {path}")
    if path.suffix.lower() in ELSEWHERE:
        raise InputError(f"cannot read {path}: {ELSEWHERE[path.suffix.lower()]}")


def _check_pixels(size, limit):
    if size[0] * size[1] > limit:
        raise InputError(f"{size[0]} x {size[1]} are {_too_many(limit, size)}")


def _too_many(limit, size=None):
    told = f"{size[0] * size[1] / 1e6:.0f} megapixels" if size else "too many pixels"
    return (
        f"{told}, and at most {limit / 1e6:g} megapixels are read; if you trust the file and have the memory, "
        f"set the environment variable SRCNN_MAX_MEGAPIXELS to {-(-size[0] * size[1] // 10**6) if size else 'more'}"
    )


def _not_an_image(path):
    """Say what a file that Pillow cannot open most probably is."""
    with open(path, "rb") as file:
        start = file.read(32)
    if start[4:8] == b"ftyp":
        told = "AVIF is not read by this Pillow" if b"avi" in start else "HEIC is not read"
        return f"cannot read {path}: {told}; convert it to PNG or JPEG first"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        told = "not an image that can be read: a TIFF of a kind that is not known"
        return f"{path} is {told}; save it as grey, RGB or RGBA with 8 or 16 bits a channel"
    return f"{path} is not an image that can be read ({_size(path)}); save it as PNG or JPEG first"


def _size(path):
    return "the file is empty" if path.stat().st_size == 0 else f"{path.stat().st_size} bytes"
