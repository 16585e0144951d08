"""Photographs into files: whole or not at all, with their profile and metadata where the file type has a place."""

import itertools
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from . import InputError
from .files import atomic_write
from .reading import quiet_pillow

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
"""The file types that are written."""

LONGEST = {".jpg": 65500, ".jpeg": 65500, ".webp": 16383}
"""The most pixels along a side that a file type can hold."""

NAMES = {"icc_profile": "colour profile", "exif": "EXIF data", "dpi": "resolution"}
NO_PLACE = {".bmp": ("icc_profile", "exif"), ".webp": ("dpi",)}
"""What a file type cannot hold of what NAMES names."""


def write(path, image, like=None):
    """Write uint8 `image` (H, W), (H, W, 3) or (H, W, 4) to `path`, whole or not at all.

    like: the Photograph that it was made of, to keep its colour profile, EXIF data and resolution.
    Returns: notes, one sentence for each of these that the file does not keep.
    Raises: InputError for a file type that cannot hold the image, or a place that cannot be written.
    """
    path = Path(path)
    check_writable(path, image.shape)
    picture = Image.fromarray(np.ascontiguousarray(image))
    if like is not None and like.grey and picture.mode == "RGBA" and path.suffix.lower() != ".webp":
        equal = (image[..., :3] == image[..., :1]).all()
        picture = Image.fromarray(np.ascontiguousarray(image[..., [0, 3]])) if equal else picture
    extras, notes = ({}, []) if like is None else _extras(path, picture.mode, like)
    file_format = Image.registered_extensions()[path.suffix.lower()]
    options = {"quality": 95} if file_format in ("JPEG", "WEBP") else {}
    with atomic_write(path) as temporary, quiet_pillow():
        dropped = _save(picture, temporary, file_format, options, extras)
    if dropped:
        notes.append(f"{path}: the {_listed(dropped)} {_is(dropped)} dropped: too large for this file type, or damaged")
    return notes


def check_writable(path, shape):
    """Raise InputError now if `path` cannot take an image of this shape: before the long work, not after."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot write {path}: give a name that ends in one of {' '.join(SUFFIXES)}")
    if len(shape) == 3 and shape[2] == 4 and path.suffix.lower() in (".jpg", ".jpeg", ".bmp"):
        raise InputError(f"cannot write {path}: this file type has no alpha channel; write a .png instead")
    if max(shape[:2]) > LONGEST.get(path.suffix.lower(), 2**31):
        size = f"{shape[1]} x {shape[0]} pixels"
        raise InputError(f"cannot write {path}: this file type cannot hold {size}; write a .png instead")
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}")
    if path.is_file() and not path.stat().st_mode & 0o222:
        raise InputError(f"cannot write {path}: it is write-protected; remove it first or give another name")
    with atomic_write(path, keep=False):
        pass


def _extras(path, mode, like):
    """What of the photograph goes into the file, as options of Pillow's save(), and notes of what does not."""
    suffix = path.suffix.lower()
    extras = {key: getattr(like, key) for key in NAMES if getattr(like, key)}
    lost = [key for key in extras if key in NO_PLACE.get(suffix, ())]
    grey = mode in ("L", "LA") and suffix != ".webp"  # WebP stores grey as RGB, which a grey profile does not describe
    if "icc_profile" in extras and "icc_profile" not in lost and like.grey != grey:
        lost.insert(0, "icc_profile")
    notes = [f"{path}: the {_listed(lost)} {_is(lost)} dropped: a {suffix} file has no place for that"] if lost else []
    return {key: value for key, value in extras.items() if key not in lost}, notes


def _save(picture, file, file_format, options, extras):
    """Save with all that belongs to the picture, or with as much as we can read again; return what was dropped."""
    for count in range(len(extras) + 1):
        for dropped in itertools.combinations(extras, count):
            kept = {key: value for key, value in extras.items() if key not in dropped}
            try:
                picture.save(file, format=file_format, **{"icc_profile": None, **kept, **options})
                if _reads_again(file, file_format, kept):
                    return dropped
            except (ValueError, TypeError, OverflowError, struct.error):
                if count == len(extras):
                    raise
    raise InputError("the picture cannot be read again after it was written; write a .png instead")


def _reads_again(file, file_format, kept):
    """Whether the file opens, and still holds the profile and the EXIF data."""
    try:
        with Image.open(file, formats=[file_format]) as again:
            same = again.info.get("icc_profile") == kept.get("icc_profile")
            return same and ("exif" not in kept or len(again.getexif()) > 0)
    except Exception:  # the same nearly every kind as in reading
        return False


def _listed(keys):
    return " and the ".join(NAMES[key] for key in keys)


def _is(keys):
    return "are" if len(keys) > 1 else "is"
