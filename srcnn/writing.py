"""Photographs into files: whole or not at all, with their profile and metadata where the file type has a place."""

import contextlib
import io
import itertools
import struct
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from . import InputError, metadata, streams
from .files import FILE, FOLDER, atomic_write, check_memory, kind
from .reading import quiet_pillow

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
"""The file types that are written."""

LONGEST = {".jpg": 65500, ".jpeg": 65500, ".webp": 16383}
"""The most pixels along a side that a file type can hold."""

DEEP = (".png", ".tif", ".tiff")
"""The file types that hold 16 bits a channel."""

MODES = {(): "L", (2,): "LA", (3,): "RGB", (4,): "RGBA"}
"""Pillow's mode for the channels of an array."""

STEP = 256
"""Rows that are handed to Pillow at a time."""

LARGE = 50_000_000
"""The most pixels that Pillow is given at once, where there is another way: with some 200 MB of memory."""

AT_ONCE = {".webp": 12, ".bmp": 5}
"""The file types that are written from a whole picture, whatever its size, and the bytes that a pixel of it takes."""

NAMES = {"icc_profile": "colour profile", "exif": "EXIF data", "dpi": "resolution", "gamma": "gamma"}
NO_PLACE = dict.fromkeys(SUFFIXES, ("gamma",)) | {
    ".png": (), ".bmp": ("icc_profile", "exif", "gamma"), ".webp": ("dpi", "gamma")
}  # fmt: skip
"""What a file type cannot hold of what NAMES names."""


def write(path, image, like=None):
    """Write `image` (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16, to `path`, whole or not at all.

    like: the Photograph that it was made of, to keep its colour profile, EXIF data, resolution and gamma.
    Returns: notes, one sentence for each of these that the file does not keep.
    Raises: InputError for a file type that cannot hold the image, or a place that cannot be written.
    """
    image = np.asarray(image)
    return write_bands(path, image.shape, image.dtype, [image], like)


def write_bands(path, shape, dtype, bands, like=None):
    """Write a picture that is made while it is written: write() of its bands, arrays from the top to the bottom.

    shape, dtype: those of the whole picture. If it has 16 bits or more than LARGE pixels, it is never in memory as a
    whole, except for a WebP or BMP.
    """
    path, dtype = Path(path), np.dtype(dtype)
    check_writable(path, shape, dtype)
    file_format = Image.registered_extensions()[path.suffix.lower()]
    if like is not None and like.grey and shape[2:] == (4,) and _holds_grey_alpha(path, dtype):
        shape, bands = (*shape[:2], 2), (band[..., [0, 3]] for band in bands)
    mode = MODES[shape[2:]]
    extras, notes = ({}, []) if like is None else _extras(path, mode, like)
    extras, dropped = _readable(extras, mode, file_format)
    options = _options(extras, file_format)
    streamed = dtype == np.uint16 or (shape[0] * shape[1] > LARGE and file_format in streams.FORMATS)
    with atomic_write(path) as temporary:
        if streamed:
            streams.write(temporary, file_format, shape, dtype, bands, options)
        else:
            _save(temporary, file_format, mode, shape, bands, options)
        if not _reads_again(temporary, file_format, extras):
            raise InputError(f"cannot write {path}: it cannot be read again; write a .png instead")
    if dropped:
        notes.append(f"{path}: the {_listed(dropped)} {_is(dropped)} dropped: too large for this file type, or damaged")
    return notes


def _holds_grey_alpha(path, dtype):
    """WebP stores grey as RGB, and a TIFF of 16 bits of grey and alpha is one that Pillow does not open."""
    return path.suffix.lower() == ".png" or (dtype == np.uint8 and path.suffix.lower() != ".webp")


def _save(path, file_format, mode, shape, bands, options):
    """Have Pillow write a picture. It is given it in small steps: it keeps four bytes for each pixel in colour."""
    picture, top = Image.new(mode, (shape[1], shape[0])), 0
    for band in bands:
        for start in range(0, len(band), STEP):
            part = np.ascontiguousarray(band[start : start + STEP])
            picture.paste(Image.fromarray(part), (0, top + start))
        top += len(band)
    with quiet_pillow():
        picture.save(path, file_format, **options)


def check_writable(path, shape, dtype=np.uint8):
    """Raise InputError now if `path` cannot take an image of this kind: before the long work, not after."""
    path, dtype = Path(path), np.dtype(dtype)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot write {path}: give a name that ends in one of {' '.join(SUFFIXES)}")
    if dtype not in (np.uint8, np.uint16):
        raise InputError(f"cannot write {path}: the pixels are {dtype}; make them uint8 or uint16 first")
    if dtype == np.uint16 and path.suffix.lower() not in DEEP:
        raise InputError(f"cannot write {path}: this file type holds 8 bits a channel; write a .png or .tif instead")
    if len(shape) == 3 and shape[2] == 4 and path.suffix.lower() in (".jpg", ".jpeg", ".bmp"):
        raise InputError(f"cannot write {path}: this file type has no alpha channel; write a .png instead")
    if max(shape[:2]) > LONGEST.get(path.suffix.lower(), 2**31):
        size = f"{shape[1]} x {shape[0]} pixels"
        raise InputError(f"cannot write {path}: this file type cannot hold {size}; write a .png instead")
    if path.suffix.lower() in AT_ONCE and shape[0] * shape[1] > LARGE:
        told = f"cannot write {path}: {shape[0] * shape[1] / 1e6:.0f} megapixels of this file type"
        check_memory(AT_ONCE[path.suffix.lower()] * shape[0] * shape[1], told, "write a .png instead")
    if kind(path.parent) != FOLDER:
        raise InputError(f"cannot write {path}: there is no folder {path.parent}")
    if kind(path) == FILE and not path.stat().st_mode & 0o222:
        raise InputError(f"cannot write {path}: it is write-protected; remove it first or give another name")
    with atomic_write(path, keep=False):
        pass


def _extras(path, mode, like):
    """What of the photograph goes into the file, as options of Pillow's save(), and notes of what does not."""
    suffix = path.suffix.lower()
    extras = {key: getattr(like, key) for key in NAMES if getattr(like, key)}
    lost = [key for key in extras if key in NO_PLACE[suffix]]
    grey = mode in ("L", "LA") and suffix != ".webp"  # WebP stores grey as RGB, which a grey profile does not describe
    if "icc_profile" in extras and "icc_profile" not in lost and like.grey != grey:
        lost.insert(0, "icc_profile")
    notes = [f"{path}: the {_listed(lost)} {_is(lost)} dropped: a {suffix} file has no place for that"] if lost else []
    return {key: value for key, value in extras.items() if key not in lost}, notes


def _readable(extras, mode, file_format):
    """(what of extras a small picture of this kind still has when it is read again, what is dropped)"""
    small = Image.new(mode, (16, 16))
    for count in range(len(extras) + 1):
        for dropped in itertools.combinations(extras, count):
            kept, file = {key: value for key, value in extras.items() if key not in dropped}, io.BytesIO()
            with contextlib.suppress(ValueError, TypeError, OverflowError, struct.error):
                small.save(file, file_format, **_options(kept, file_format))
                if _reads_again(file, file_format, kept):
                    return kept, dropped
    return {}, tuple(extras)


def _options(extras, file_format):
    """Options of Pillow's save()."""
    options = {"icc_profile": None, **extras, **({"quality": 95} if file_format in ("JPEG", "WEBP") else {})}
    if file_format == "TIFF" and "exif" in options:
        options["tiffinfo"] = metadata.tags(options["exif"])
    if gamma := options.pop("gamma", None):
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add(b"gAMA", struct.pack(">I", round(gamma * 1e5)))
    return options


def _reads_again(file, file_format, kept):
    """Whether the file opens, and still holds the profile and the EXIF data."""
    try:
        with quiet_pillow(), Image.open(file, formats=[file_format]) as again:
            same = again.info.get("icc_profile") == kept.get("icc_profile")
            return same and ("exif" not in kept or len(again.getexif()) > 0)
    except Exception:  # the same nearly every kind as in reading
        return False


def _listed(keys):
    return " and the ".join(NAMES[key] for key in keys)


def _is(keys):
    return "are" if len(keys) > 1 else "is"
