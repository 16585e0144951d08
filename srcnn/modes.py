"""From every kind of pixels that a file can hold to 8 bits of grey, RGB or RGBA, and the profile that fits them."""

import io
import re

import numpy as np
from PIL import Image

from . import InputError

GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N")
"""Pillow's modes of a grey picture, with and without alpha."""


def kind(file, path):
    """(bits a channel, whether grey) in the file itself: Pillow's mode says 8 for most that have more.

    file: as Pillow opened it, path: where its first bytes are.
    """
    grey = file.mode in GREY
    with open(path, "rb") as raw:
        start = raw.read(2**16)
    if file.format == "PNG":
        return start[24], start[25] in (0, 4)  # of the IHDR chunk, always the first; Pillow's 16-bit LA is RGBA
    return _bits(file, start), grey


def _bits(file, start):
    """Bits a channel of a file that begins with the bytes `start`."""
    if file.format == "TIFF":
        told = file.tag_v2.get(258, 1)
        return max(told) if isinstance(told, tuple) else told
    if file.format == "JPEG2000" and (found := re.search(rb"\xff\x4f\xff\x51.{38}(.)", start, re.DOTALL)):
        return (found[1][0] & 0x7F) + 1
    if file.format == "AVIF" and (found := re.search(rb"av1C..(.)", start, re.DOTALL)):
        return 8 + 2 * bool(found[1][0] & 0x40) + 2 * bool(found[1][0] & 0x40 and found[1][0] & 0x20)
    if file.format == "PPM" and start[:2] in (b"P2", b"P3", b"P5", b"P6"):
        return int(re.sub(rb"#[^\n]*", b"", start).split(maxsplit=4)[3]).bit_length()
    return 8


def eight_bit(picture, depth, grey):
    """Bring a picture of any mode, with `depth` bits a channel and grey or not, to L, RGB or RGBA.

    Returns: (picture, the ICC profile that these pixels are in or None, [what is lost, one sentence each]).
    Raises: InputError for pixels that have no agreed range.
    """
    profile = picture.info.get("icc_profile") or None
    space = profile[16:20] if profile else None
    if picture.mode == "CMYK":
        return _from_inks(picture, profile if space == b"CMYK" else None)
    result, notes = (_grey if picture.mode in GREY else _colour)(picture, depth)
    if profile is None or (picture.mode == "LAB" and space == b"Lab "):  # Pillow turns LAB to sRGB
        return result, None, notes
    if space == (b"GRAY" if grey else b"RGB "):
        return result, profile, notes
    kind = " ".join(space.decode("ascii", "replace").split())
    told = f"it is for {kind}, and the picture is {'grey' if grey else 'in colour'}" if kind else "it is damaged"
    return result, None, [*notes, f"its colour profile is dropped: {told}"]


def _from_inks(picture, profile):
    """CMYK to sRGB: through its own profile, or else by the plain formula."""
    from PIL import ImageCms

    if profile:
        try:
            own, screen = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture, own, screen, outputMode="RGB"), None, []
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB"), None, ["its CMYK profile is damaged, so its colours are approximate"]
    return picture.convert("RGB"), None, ["it is CMYK without a CMYK profile, so its colours are approximate"]


def _colour(picture, depth):
    """(RGB or RGBA, notes) of a picture in colour."""
    if picture.mode in ("F", "I;16S"):
        raise InputError("pixels of 32 bits have no agreed range; save the image with 8 or 16 bits a channel")
    notes, key = [], picture.info.get("transparency")
    if depth == 16 and isinstance(key, tuple):
        picture = picture.copy()
        picture.info["transparency"] = tuple(value >> 8 for value in key)
        notes = ["its transparent colour has 16 bits and is matched by the first 8"]
    alpha = picture.mode in ("PA", "RGBa", "RGBA") or key is not None
    return picture.convert("RGBA" if alpha else "RGB"), notes


def _grey(picture, depth):
    """(L or RGBA, notes) of a grey picture. A transparent level is sought among the levels of the file."""
    if picture.mode in ("LA", "La"):
        return picture.convert("LA").convert("RGBA"), []
    key = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        levels = np.asarray(picture)
        shallow = _from_deep(levels, depth if picture.format == "TIFF" else 16)
    else:
        levels = shallow = np.asarray(picture.convert("L"))
        if isinstance(key, int) and key < 2**depth < 256:  # newer Pillows have done this for some depths
            key = key * 255 // (2**depth - 1)
    result = Image.fromarray(shallow)
    if key is None:
        return result, []
    if not isinstance(key, int):
        return picture.convert("RGBA"), []
    result.putalpha(Image.fromarray(np.where(levels == key, 0, 255).astype(np.uint8)))
    return result.convert("RGBA"), []


def _from_deep(levels, depth):
    """Levels of `depth` bits -> uint8, rounded."""
    if depth > 16:
        raise InputError("pixels of 32 bits have no agreed range; save the image with 8 or 16 bits a channel")
    if levels.min(initial=0) < 0:
        raise InputError("there are negative pixels; save the image with 8 or 16 unsigned bits a channel")
    out = np.empty(levels.shape, np.uint8)
    for top in range(0, len(levels), 256):  # in bands: float64 of the whole picture would be eight times its size
        band = levels[top : top + 256].astype(np.float64) * 255 / (2**depth - 1)
        out[top : top + 256] = band.round().clip(0, 255)
    return out
