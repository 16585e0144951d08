"""Small picture files for tests of what Pillow does not write: PNGs of 16 bits, colour profiles."""

import struct
import zlib

import numpy as np


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_png(path, levels, *chunks):
    """Write levels (H, W, channels) as a PNG of 16 bits a channel, with more chunks such as (b"tRNS", data)."""
    height, width, channels = levels.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = levels.astype(">u2").reshape(height, -1)
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
    extra = b"".join(chunk(*each) for each in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return path


def ramp():
    """16-bit levels (40, 56) that lie within three levels of 8 bits, 78 to 80."""
    y, x = np.mgrid[:40, :56]
    return 20000 + 8 * x + y


def _fixed(*values):
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def profile(space, tags):
    """An ICC profile (version 2.4) of a colour space, b"RGB ", b"GRAY" or b"CMYK", with its tags {name: data}."""
    pcs = b"Lab " if space == b"CMYK" else b"XYZ "
    text = b"made for a test\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"cprt": b"text\0\0\0\0" + text,
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1, 0.8249),
        **tags,
    }
    start, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    kind = {b"CMYK": b"prtr"}.get(space, b"mntr")
    head = struct.pack(">I4sI4s4s4s", 128 + len(table) + len(body), b"none", 0x02400000, kind, space, pcs)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + _fixed(0.9642, 1, 0.8249)
    return head.ljust(128, b"\0") + table + body


def _gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


def rgb_profile():
    """Primaries wider than sRGB's."""
    xyz = {b"rXYZ": (0.515, 0.241, -0.001), b"gXYZ": (0.292, 0.692, 0.042), b"bXYZ": (0.157, 0.067, 0.784)}
    curves = {name: _gamma(2.2) for name in (b"rTRC", b"gTRC", b"bTRC")}
    return profile(b"RGB ", {name: b"XYZ \0\0\0\0" + _fixed(*value) for name, value in xyz.items()} | curves)


def grey_profile():
    return profile(b"GRAY", {b"kTRC": _gamma(1.8)})


def ink_profile():
    """CMYK whose inks are Lab (95 - 40 c - 45 m - 6 y, -37 c + 74 m, -50 c + 93 y), all dark under black."""
    table = b""
    for number in range(16):
        c, m, y, k = (number >> shift & 1 for shift in (3, 2, 1, 0))
        dark = 0.15 if k else 1
        lab = (max(95 - 40 * c - 45 * m - 6 * y, 5) * dark, (74 * m - 37 * c) * dark, (93 * y - 50 * c) * dark)
        table += bytes([round(lab[0] * 2.55), round(lab[1] + 128), round(lab[2] + 128)])
    straight = bytes(range(256))
    head = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return profile(b"CMYK", {b"A2B0": head + straight * 4 + table + straight * 3})
