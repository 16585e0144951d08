"""Hostile and odd picture files, made from a seed: sound ones of every format, what breaks them, and what people try.

corpus(seed) gives the same (name, bytes) in every process. Nothing of it is kept in the project.
"""

import io
import itertools
import struct
import zlib

import numpy as np
import pictures
import tifffile
from PIL import Image

from srcnn import formats

HEIGHT, WIDTH = 24, 30
NAMES = (
    "plain",
    "two  words",
    "schön ß",
    "絵",
    "smile 🙂",
    "it's",
    "100%",
    "a.b",
    "#1; & co",
    "line\nbreak",
    "\x1b[31mred",
)
"""What files are called, one after the other."""


def colours(rng, channels=3):
    """A soft picture with some noise, uint8."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    planes = [(x * (3 + k) + y * (5 - k) + rng.integers(0, 9, x.shape)) % 256 for k in range(channels)]
    return np.dstack(planes).astype(np.uint8)


def saved(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def exif(orientation=6, **more):
    found = Image.Exif()
    found[0x0110], found[0x0112], found[0x0132] = "Camera", orientation, "2021:02:03 04:05:06"
    found[0x8769] = {0x9003: "2021:02:03 04:05:06", 0xA002: WIDTH, 0xA003: HEIGHT, 0x829A: 0.01}
    found[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    found.update(more)
    return found.tobytes()


def sound(rng):
    """(ending, bytes) of pictures that every program reads, and of some that few do."""
    rgb = Image.fromarray(colours(rng))
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(colours(rng)[..., 0]))
    palette, grey = rgb.quantize(16), rgb.convert("L")
    wide, dim, ink = pictures.rgb_profile(), pictures.grey_profile(), pictures.ink_profile()
    data = {"exif": exif(), "dpi": (300, 300)}
    for picture in (grey, rgb, rgba, palette, grey.convert("LA"), grey.convert("1")):
        fits = dim if picture.mode in ("L", "LA", "1") else wide
        yield "png", saved(picture, "PNG")
        yield "png", saved(picture, "PNG", icc_profile=fits, **data)
        yield "tif", saved(picture, "TIFF")
        yield "tif", saved(picture, "TIFF", icc_profile=fits, exif=exif(8), dpi=(72, 72))
        yield "tif", saved(picture, "TIFF", compression="tiff_lzw")
    yield from _more(rgb, rgba, grey, palette, wide, ink, data)
    yield from _frames(rgb)
    yield from _tiffs(rng)
    yield from _made_by_hand(rng)


def _more(rgb, rgba, grey, palette, wide, ink, data):
    cmyk = rgb.convert("CMYK")
    for picture, options in (
        (rgb, {}), (grey, {}), (cmyk, {}), (cmyk, {"icc_profile": ink}), (rgb, {"progressive": True}),
        (rgb, {"quality": 1, "subsampling": 2}), (rgb, {"icc_profile": wide, **data}), (rgb.convert("YCbCr"), {}),
        (rgb, {"icc_profile": wide * 300, "comment": b"a" * 60000}), (grey, {"restart_marker_blocks": 1}),
    ):  # fmt: skip
        yield "jpg", saved(picture, "JPEG", **options)
    for picture in (rgb, grey, palette, rgba, rgb.convert("1")):
        yield "bmp", saved(picture, "BMP")
        yield "webp", saved(picture.convert("RGBA" if picture is rgba else "RGB"), "WEBP", lossless=picture is grey)
        yield "gif", saved(picture, "GIF")
    yield "webp", saved(rgba, "WEBP", icc_profile=wide, exif=data["exif"])
    yield "gif", saved(palette, "GIF", transparency=3, comment=b"hello")
    for picture in (rgb, grey, rgba, grey.convert("LA")):
        yield "jp2", saved(picture, "JPEG2000")
    yield "j2k", saved(rgb, "JPEG2000", no_jp2=True, irreversible=True)
    yield from ((name, saved(picture, "PPM")) for name, picture in {"ppm": rgb, "pgm": grey}.items())
    yield from (("pbm", saved(grey.convert("1"), "PPM")), ("ppm", b"P3 3 20 255 " + b"9 8 7 " * 60))
    yield from (("pnm", b"P6\n# x\n24 20\n1023\n" + bytes(2880)), ("pgm", b"P5 24 20 3 " + bytes(range(4)) * 120))
    for picture in (rgb, rgba, grey):
        for name, kind in (("avif", "AVIF"), ("heic", "HEIF")):
            if kind in formats.names():
                yield name, saved(picture, kind, icc_profile=wide)
                yield name, saved(picture, kind, exif=data["exif"])


def _frames(rgb):
    """Animations, pages, the second picture of a camera."""
    others = [Image.fromarray(np.roll(np.asarray(rgb), 5 * k, 1)) for k in (1, 2)]
    for name, kind in (("gif", "GIF"), ("webp", "WEBP"), ("png", "PNG"), ("tif", "TIFF"), ("jpg", "MPO")):
        if kind in Image.SAVE_ALL:
            yield name, saved(rgb, kind, save_all=True, append_images=others)
    yield "png", saved(rgb, "PNG", save_all=True, append_images=others, default_image=True)


def _tiffs(rng):
    """What Pillow does not write, and mostly does not read."""
    base = colours(rng, 5)
    for kind in (np.uint8, np.uint16, np.int16, np.uint32, np.float16, np.float32, np.float64, np.int8, bool, complex):
        for channels in (1, 2, 3, 4, 5):
            if kind in (np.uint8, np.uint16, np.float32) or channels == 3:
                levels = np.squeeze(base[..., :channels].astype(kind))
                yield "tif", _tiff(levels, photometric="rgb" if channels in (3, 4) else "minisblack")
    for options in (
        {"bigtiff": True}, {"byteorder": ">"}, {"planarconfig": "separate", "photometric": "rgb"}, {"tile": (16, 16)},
        {"compression": "zlib", "predictor": True}, {"rowsperstrip": 5}, {"photometric": "miniswhite"},
        {"resolution": (0, 0)}, {"resolution": (1e9, 1e-9)}, {"description": "x" * 70000},
    ):  # fmt: skip
        picture = base[..., 0] if options.get("photometric") == "miniswhite" else base[..., :3]
        picture = picture.transpose(2, 0, 1) if "planarconfig" in options else picture
        yield "tif", _tiff(np.ascontiguousarray(picture), **options)
        yield "tif", _tiff(np.ascontiguousarray(picture).astype(np.uint16) * 200, **options)
    for mode, options in (
        ("CMYK", {}), ("CMYK", {"icc_profile": pictures.ink_profile()}), ("LAB", {}), ("YCbCr", {}), ("I", {}),
        ("F", {}), ("I;16", {}), ("1", {"compression": "group4"}), ("RGB", {"compression": "jpeg"}),
        ("RGB", {"compression": "packbits"}), ("P", {"compression": "tiff_adobe_deflate"}), ("RGBX", {}),
    ):  # fmt: skip
        picture = Image.fromarray(base[..., :3])
        if mode == "LAB":
            picture = Image.frombytes("LAB", picture.size, base[..., :3].tobytes())
        yield "tif", saved(picture if mode == "LAB" else _in_mode(picture, mode), "TIFF", **options)


def _in_mode(picture, mode):
    return picture.convert("L").convert(mode) if mode in ("I", "F", "I;16") else picture.convert(mode)


def _tiff(levels, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, levels, metadata=None, **options)
    return file.getvalue()


def png(levels, bits, colour, *chunks, size=None, interlace=0, body=None):
    """A PNG of any depth, kind and lie; levels: the bytes of the rows, without their filter bytes, as (H, bytes)."""
    height, width = size or levels.shape[:2]
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in levels)) if body is None else body
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(pictures.chunk(*part) for part in parts)


def _made_by_hand(rng):
    """PNG files of every depth, with every chunk that a reader may trip over."""
    base = colours(rng, 4)
    key = {0: struct.pack(">H", 5), 2: struct.pack(">HHH", 5, 6, 7), 3: bytes([0, 99])}
    colour_map = (b"PLTE", rng.bytes(768))
    for bits, colour in (
        (1, 0),
        (2, 0),
        (4, 0),
        (8, 0),
        (16, 0),
        (8, 2),
        (16, 2),
        (1, 3),
        (4, 3),
        (8, 3),
        (16, 4),
        (16, 6),
    ):
        channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
        row = rng.integers(0, 256, (HEIGHT, -(-WIDTH * bits * channels // 8)), np.uint8)
        more = [colour_map] * (colour == 3)
        yield "png", png(row, bits, colour, *more, size=(HEIGHT, WIDTH))
        if colour in key:
            yield "png", png(row, bits, colour, *more, (b"tRNS", key[colour]), size=(HEIGHT, WIDTH))
    rows = base[..., :3].reshape(HEIGHT, -1)
    for gamma in (0, 1, 45455, 100000, 2**31):
        yield "png", png(rows, 8, 2, (b"gAMA", struct.pack(">I", gamma)), size=(HEIGHT, WIDTH))
    for chunk in (
        (b"pHYs", struct.pack(">IIB", 0, 0, 1)), (b"pHYs", struct.pack(">IIB", 2**32 - 1, 1, 1)), (b"pHYs", b"\1"),
        (b"cHRM", b"\1"), (b"sRGB", b""), (b"tIME", bytes(7)), (b"tRNS", b""), (b"tRNS", b"\0" * 300),
        (b"acTL", b"\0" * 8),
        (b"acTL", struct.pack(">II", 2**31, 0)), (b"fcTL", bytes(26)), (b"iCCP", b"x"), (b"iCCP", b"x\0\1junk"),
        (b"zTXt", b"a\0\0" + zlib.compress(bytes(2**24))), (b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(2**24))),
        (b"iCCP", b"a\0\0" + zlib.compress(bytes(2**24))), (b"tEXt", b"a\0" + b"x" * 2**20),
        (b"aaaa", b""), (b"AAAA", b""),
        (b"PLTE", b"\1"), (b"bKGD", b"\1"), (b"IHDR", bytes(13)), (b"eXIf", b""), (b"cICP", bytes(4)), (b"mDCV", b""),
    ):  # fmt: skip
        yield "png", png(rows, 8, 2, chunk, size=(HEIGHT, WIDTH))


def metadata(rng):
    """Pictures whose EXIF data, profile or resolution is wrong."""
    rgb = Image.fromarray(colours(rng))
    whole = exif()
    wrong = [exif(k) for k in (0, 9, 255, 65535)] + [exif(0x0112, **{}) for _ in ()]
    wrong += [
        b"Exif\0\0",
        b"Exif\0\0II",
        b"Exif\0\0II*\0\x08\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0" + rng.bytes(90),
    ]
    wrong += [whole[: rng.integers(8, len(whole))] for _ in range(8)]
    wrong += [flipped(rng, whole, n) for n in (1, 1, 2, 4, 8, 16, 32, 64)]
    for number, data in enumerate(wrong):
        kind = ("JPEG", "PNG", "WEBP", "TIFF")[number % 4]
        ending = {"JPEG": "jpg", "TIFF": "tif"}.get(kind, kind.lower())
        for each, name in dict.fromkeys([(kind, ending), ("JPEG", "jpg")]):
            try:
                yield name, saved(rgb, each, exif=data)
            except Exception:  # Pillow itself does not take it into this format
                continue
    for profile in (
        b"x", b"\0" * 128, rng.bytes(200), pictures.rgb_profile()[:200],
        pictures.grey_profile(), pictures.ink_profile(),
        flipped(rng, pictures.rgb_profile(), 40), pictures.rgb_profile() + bytes(2**21),
        rng.bytes(2**21), bytes(17 * 2**20),
    ):  # fmt: skip
        for kind, name in (("JPEG", "jpg"), ("PNG", "png"), ("TIFF", "tif"), ("WEBP", "webp")):
            if len(profile) < 2**16 or kind != "JPEG":
                yield name, saved(rgb, kind, icc_profile=profile)
    yield "tif", saved(rgb.convert("CMYK"), "TIFF", icc_profile=flipped(rng, pictures.ink_profile(), 60))
    if (
        "AVIF" in Image.SAVE_ALL
    ):  # here, and not among the sound ones that are damaged, because it holds the time of day
        yield "avif", saved(rgb, "AVIF", save_all=True, append_images=[rgb.rotate(180)])
    for dpi in ((0, 0), (1, 1), (1e-9, 1), (60000, 3)):
        yield "jpg", saved(rgb, "JPEG", dpi=dpi)
        yield "png", saved(rgb, "PNG", dpi=dpi)


def sizes(rng):
    """Very small, very thin, and sizes that are not true."""
    for height, width in itertools.product((1, 2, 3, 17), (1, 5, 240)):
        picture = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
        for kind, name in (("PNG", "png"), ("JPEG", "jpg")):
            yield name, saved(picture, kind)
    row = np.zeros((4, 12), np.uint8)
    for size in (
        (0, 4),
        (4, 0),
        (2**31 - 1, 4),
        (2**31, 2**31),
        (100000, 100000),
        (9000, 9000),
        (13000, 13700),
        (3, 4),
        (5, 4),
    ):
        yield "png", png(row, 8, 2, size=size)
    for bits, colour in ((0, 2), (3, 0), (16, 3), (8, 1), (8, 5), (8, 7), (255, 255)):
        yield "png", png(row, bits, colour, size=(4, 4))
    for body in (
        b"",
        b"junk",
        zlib.compress(b""),
        zlib.compress(bytes(30)),
        zlib.compress(bytes(2**24)),
        zlib.compress(b"\5" * 99),
    ):
        yield "png", png(row, 8, 2, size=(4, 4), body=body)
    yield "png", png(row, 8, 2, size=(4, 4), interlace=1)
    yield "png", png(row, 8, 2, size=(4, 4), interlace=7)
    for text in (
        b"P6 99999999999 9 255 ",
        b"P6 20000 20000 255 ",
        b"P5 20 20 0 ",
        b"P5 20 20 65536 " + bytes(800),
        b"P4 20 -4 ",
    ):
        yield "ppm", text
    for text in (
        b"P7\nWIDTH 4\nHEIGHT 4\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + bytes(48),
        b"Pf 20 20 -1.0\n" + bytes(1600),
    ):
        yield "ppm", text
    yield "ppm", b"P3 4 4 255 " + b"999 " * 48
    yield "ppm", b"P2 20 20 255 " + b"7" * 5000


def others(rng):
    """Files that are no pictures, or none that are read."""
    rgb = Image.fromarray(colours(rng))
    for kind in ("ICO", "ICNS", "PCX", "TGA", "DDS", "EPS", "SGI", "MSP", "XBM", "SPIDER", "QOI"):
        try:
            body = saved(rgb.convert("1") if kind in ("MSP", "XBM") else rgb, kind)
        except Exception:  # this Pillow does not write it
            continue
        yield kind.lower(), body
        yield "png", body
    array = io.BytesIO()
    np.save(array, colours(rng))
    for body in (
        b"", b"\0", b"hello", b"%PDF-1.4", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>404</html>",
        bytes(5000),
        b"PK\3\4" + rng.bytes(99), b"\x1f\x8b" + rng.bytes(99), rng.bytes(5000), array.getvalue(), b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8", b"\xff\xd8\xff", b"II*\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0", b"GIF89a", b"BM",
        b"RIFF\0\0\0\0WEBP",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", b"P6",
        b"\0\0\0\x0cjP  \r\n\x87\n",
        b"8BPS\0\1" + bytes(99), b"\x76\x2f\x31\x01" + bytes(99), b"SIMPLE  =" + bytes(99),
        b"{}", b"version https://git-lfs\n",
    ):  # fmt: skip
        for ending in ("png", "jpg", "tif"):
            yield ending, body
    for ending in ("svg", "pdf", "dng", "cr2", "eps", "heic"):
        yield ending, b"something else"


def flipped(rng, body, count):
    """The bytes with so many of their bits turned."""
    out = bytearray(body)
    for at in rng.integers(0, 8 * len(out), count):
        out[at // 8] ^= 1 << at % 8
    return bytes(out)


def broken(rng, body, another):
    """One of the ways in which bytes are damaged, half of them near the beginning, where the headers are."""
    end = len(body) if rng.random() < 0.5 else min(len(body), 200)
    at, length = int(rng.integers(0, end)), int(rng.integers(1, 40))
    match rng.integers(0, 9):
        case 0:
            return flipped(rng, body[:end], rng.choice([1, 2, 5, 20])) + body[end:]
        case 1:
            return flipped(rng, body, rng.choice([1, 3, 30]))
        case 2:
            return body[: rng.integers(1, len(body))]
        case 3:
            return body[:-1]
        case 4:
            return body[:at] + another[min(at, len(another)) :]
        case 5:
            return body[:at] + rng.choice([b"\0", b"\xff", b"\x7f"]) * length + body[at + length :]
        case 6:
            return body[:at] + rng.bytes(length) + body[at:]
        case 7:
            return body[:at] + body[at + length :]
        case _:
            number = struct.pack(rng.choice([">I", "<I", ">H", "<H"]), rng.choice([0, 1, 255, 32767, 65535]))
            return body[:at] + number + body[at + len(number) :]


def mended(body):
    """A PNG with the checksums that its chunks should have, so that a reader goes on; others as they are."""
    if not body.startswith(b"\x89PNG\r\n\x1a\n"):
        return body
    out, at = body[:8], 8
    while len(body) - at >= 12:
        length = struct.unpack_from(">I", body, at)[0]
        if at + 12 + length > len(body):
            break
        out += pictures.chunk(body[at + 4 : at + 8], body[at + 8 : at + 8 + length])
        at += 12 + length
    return out + body[at:]


def corpus(seed, mutations=4):
    """Every (name, bytes): the sound, the odd, and so many damaged versions of each that is sound."""
    rng = np.random.default_rng(seed)
    whole = list(sound(rng))
    odd = [*metadata(rng), *sizes(rng), *others(rng)]
    damaged = [
        (ending, mended(broken(rng, body, whole[rng.integers(len(whole))][1])))
        for ending, body in whole
        for _ in range(mutations)
    ]
    for number, (ending, body) in enumerate([*whole, *odd, *damaged]):
        yield f"{number:04d} {NAMES[number % len(NAMES)]}.{ending}", body
