"""From every kind of pixels that a file can hold to grey, RGB or RGBA of 8 or 16 bits, and the profile that fits."""

import io
import re

import numpy as np
from PIL import Image

from . import InputError
from .sixteen_bits import NEGATIVE, grey_levels

GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N")
"""Pillow's modes of a grey picture, with and without alpha."""


def kind(file, path):
    """(bits a channel, whether grey) in the file itself: Pillow's mode says 8 for most that have more.

    file: as Pillow opened it, path: where its first bytes are.
    Raises: InputError for a TIFF that Pillow would read wrongly.
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
        bits = max(told) if isinstance(told, tuple) else told
        if bits > 8 and file.tag_v2.get(284) == 2 and file.tile[0][0] == "raw":  # Pillow reads noise there
            told = f"{bits} bits a channel, uncompressed and channel by channel, are not read"
            raise InputError(f"{told}; save the TIFF with interleaved channels, or compressed")
        return bits
    if file.format == "HEIF":
        return file.info.get("bit_depth", 8)
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
    if picture.mode == "CMYK":
        return _from_inks(picture)
    result, notes = (_grey if picture.mode in GREY else _colour)(picture, depth)
    if picture.mode == "LAB" and _space(picture.info) == b"Lab ":  # Pillow turns LAB to sRGB
        return result, None, notes
    profile, dropped = _profile(picture.info, grey)
    return result, profile, [*notes, *dropped]


def sixteen_bit(levels, info, grey):
    """What eight_bit() does, for levels that keep their 16 bits.

    levels: uint16 (H, W), (H, W, 3) or (H, W, 4), as sixteen_bits.read() gives them; info: Pillow's, of their file.
    Returns: (the levels, with alpha if one of them is transparent; profile or None; notes).
    """
    key = info.get("transparency")
    if key is not None and levels.shape[2:] != (4,):
        hidden = levels == key if levels.ndim == 2 else (levels == key).all(-1)
        colours = [levels] * 3 if levels.ndim == 2 else [levels]
        levels = np.dstack([*colours, np.where(hidden, 0, 65535).astype(np.uint16)])
    return levels, *_profile(info, grey)


def _space(info):
    """The colour space that an ICC profile is for, four bytes, or None without a profile."""
    return info["icc_profile"][16:20] if info.get("icc_profile") else None


def _profile(info, grey):
    """(the ICC profile, if it is for such pixels, or None; notes)"""
    space = _space(info)
    if space in (None, b"GRAY" if grey else b"RGB "):
        return info.get("icc_profile") or None, []
    kind = " ".join(space.decode("ascii", "replace").split()) if space.isalnum() or space[:3].isalnum() else ""
    told = f"it is for {kind}, and the picture is {'grey' if grey else 'in colour'}" if kind else "it is damaged"
    return None, [f"its colour profile is dropped: {told}"]


def _from_inks(picture):
    """CMYK to sRGB: through its own profile, or else by the plain formula.

    The result is not turned back: that would make four inks of a black that was printed with one, and lose the rest
    of a printer's separation as well. Whoever prints it separates the larger picture for the press that it goes to.
    """
    from PIL import ImageCms

    told = "it is CMYK without a CMYK profile, so the colours of the result, sRGB, are approximate"
    if _space(picture.info) == b"CMYK":
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
            result = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return result, None, ["it is CMYK; the result is sRGB, through its own profile"]
        except (ImageCms.PyCMSError, OSError, ValueError):
            told = "its CMYK profile is damaged, so the colours of the result, sRGB, are approximate"
    return picture.convert("RGB"), None, [told]


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
        depth = depth if picture.format == "TIFF" else 16
        if depth > 16:
            raise InputError("pixels of 32 bits have no agreed range; save the image with 8 or 16 bits a channel")
        levels = grey_levels(picture, depth)
        shallow = _from_deep(levels, depth)
    else:
        levels = shallow = np.asarray(picture.convert("L"))
        if picture.format == "TIFF" and 2 in picture.tag_v2.get(339, ()) and levels.max(initial=0) > 127:
            raise InputError(NEGATIVE)  # of 8 signed bits, which Pillow takes for unsigned
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
    out = np.empty(levels.shape, np.uint8)
    for top in range(0, len(levels), 256):  # in bands: float64 of the whole picture would be eight times its size
        band = levels[top : top + 256].astype(np.float64) * 255 / (2**depth - 1)
        out[top : top + 256] = band.round().clip(0, 255)
    return out
