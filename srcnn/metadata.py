"""What belongs to a photograph beside its pixels: EXIF data, resolution, gamma, and what a phone hides in the file."""

import struct

from PIL import Image

ORIENTATION, EXIF, GPS = 0x0112, 0x8769, 0x8825
KEPT = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
"""EXIF tags of the whole picture: description, maker, model, software, date, artist, copyright."""
SIZES = (0xA002, 0xA003, 0xA005)
"""Tags inside EXIF that would be wrong in the result: width, height, and a pointer to another table."""

DAMAGED_EXIF = "its EXIF data is damaged, and part or all of it is dropped; look whether the picture lies on its side"
GAIN_MAP = "its gain map (Ultra HDR) is dropped; the result is the picture that an ordinary screen shows"
TAKEN = "its levels are taken as they are, as if they were coded like sRGB's"


class _Text(str):
    """Text of EXIF data that is written with the bytes that were read.

    They are UTF-8 in most files, though EXIF has only ASCII. Pillow reads them as Latin-1, which loses none, and writes
    ASCII: a question mark for each.
    """

    def encode(self, *_):
        return super().encode("latin-1", "replace")


def _as_read(value):
    return _Text(value) if isinstance(value, str) else value


def exif(file, heard):
    """The EXIF data of a picture that Pillow has opened; heard: Pillow's warnings so far.

    Returns: (orientation, 1 to 8; what is kept of the data, as bytes; notes). Without orientation, sizes, thumbnail.
    """
    try:
        found, kept = file.getexif(), Image.Exif()
        for tag in KEPT:
            if tag in found:
                kept[tag] = _as_read(found[tag])
        for table in (EXIF, GPS):
            entries = {tag: _as_read(value) for tag, value in found.get_ifd(table).items() if tag not in SIZES}
            if entries:
                kept[table] = entries
        told = " ".join(str(one.message).lower() for one in heard)
        damaged = file.info.get("exif") and (not len(found) or "exif" in told or "tag " in told)
        return found.get(ORIENTATION, 1), kept.tobytes() if len(kept) else b"", [DAMAGED_EXIF] * bool(damaged)
    except Exception:  # damaged EXIF data raises nearly every kind there is, and the picture may still be whole
        return 1, b"", [DAMAGED_EXIF]


def tags(data):
    """The tags of EXIF data, from its bytes, for Pillow to write them into a TIFF: {tag: value, or a table's tags}."""
    read = Image.Exif()
    read.load(data)
    tables = {table: read.get_ifd(table) for table in (EXIF, GPS) if table in read}
    tables = {table: {tag: _as_read(value) for tag, value in entries.items()} for table, entries in tables.items()}
    return {tag: _as_read(value) for tag, value in read.items()} | tables


def dpi(info):
    """The resolution, if it says something: Pillow gives a TIFF without one (1, 1)."""
    try:
        across, down = (float(value) for value in info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across < 65535 and 1 < down < 65535 else None


def light(info, profile):
    """How the levels are coded, where that is not the way of a screen.

    info: Pillow's, of a PNG with its gAMA chunk. profile: the ICC profile that is kept, which goes before it, or None.
    Returns: (gamma to be kept, or None; notes of what is assumed).
    """
    if profile:
        return None, [f"its colour profile is of linear light; {TAKEN}"] * _is_linear(profile)
    gamma = info.get("gamma")
    if not gamma or "srgb" in info or abs(gamma - 0.45455) < 0.01:
        return None, []
    told = "means linear light" if abs(gamma - 1) < 0.01 else "is not the usual 0.45"
    return gamma, [f"its gamma of {gamma:.2f} {told}; {TAKEN}"]


def _is_linear(profile):
    """Whether the first tone curve of an ICC profile is a straight line."""
    try:
        (count,) = struct.unpack_from(">I", profile, 128)
        tags = {name: at for name, at, _ in (struct.unpack_from(">4sII", profile, 132 + 12 * k) for k in range(count))}
        at = tags[b"kTRC" if b"kTRC" in tags else b"rTRC"]
        kind, first, second = struct.unpack_from(">4s4xI4s", profile + bytes(4), at)
        if kind == b"curv":  # `first` entries; of one, the entry is an exponent in 1/256
            return first == 0 or (first == 1 and second[:2] == b"\x01\x00")
        return kind == b"para" and first == 0 and second == b"\x00\x01\x00\x00"  # an exponent in 1/65536
    except (struct.error, KeyError):
        return False


def gain_map(file):
    """A note if a JPEG is an Ultra HDR picture: its second layer, for brighter screens, is not enlarged."""
    parts = [content for _, content in getattr(file, "applist", [])]
    marks = (b"hdrgm:Version", b"urn:iso:std:iso:ts:21496:-1")
    return [GAIN_MAP] * any(mark in part for part in parts for mark in marks)
