"""Which picture files are read, and what to do about those that are not."""

import functools
import os
from pathlib import Path

from PIL import Image

from . import InputError

FORMATS = ("PNG", "JPEG", "MPO", "BMP", "TIFF", "WEBP", "GIF", "AVIF", "JPEG2000", "PPM")
"""Pillow's names of what is read, judged by a file's content. A list, or Pillow would hand an EPS to Ghostscript."""

READ = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".tif", ".tiff", ".webp"),
    *(".gif", ".avif", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm", ".pnm"),
)
"""The endings of the files that are read when a folder is given."""

HEIC = (".heic", ".heif", ".hif")
"""The endings of a phone's pictures, which are read where pillow-heif is installed."""

WITHOUT_HEIC = "HEIC needs one package more: pip install pillow-heif; or convert it to PNG or JPEG first"

ELSEWHERE = {
    **dict.fromkeys(HEIC, WITHOUT_HEIC),
    **dict.fromkeys(
        (".dng", ".nef", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2"),
        "a camera's raw file is not read: develop it to PNG, TIFF or JPEG first",
    ),
    **dict.fromkeys((".eps", ".pdf", ".svg"), "a drawing is not read: save it as PNG first"),
}
"""What to do about the files that people try most and that are not read."""


def names():
    """The names that Image.open(path, formats=...) takes, of what this machine can read."""
    Image.init()
    wanted = (*FORMATS, "HEIF") if _heic() else FORMATS
    return [name for name in wanted if name in Image.OPEN]  # AVIF came with Pillow 11.3


@functools.cache
def _heic():
    """Whether pillow-heif is installed; if so, Pillow opens HEIC from now on."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def elsewhere(path):
    """What to do about a file that by its ending is not read, or None."""
    ending = path.suffix.lower()
    return None if ending in HEIC and _heic() else ELSEWHERE.get(ending)


def in_folder(folder):
    """The pictures of a folder and what else lies there, ([path], [path]), by their endings; hidden files left out."""
    folder = Path(folder)
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the folder {folder}: {getattr(error, 'strerror', None) or error}") from None
    found.sort(key=lambda path: path.name.lower())
    endings = (*READ, *HEIC) if _heic() else READ
    pictures, others = [], []
    for path in found:
        # Not path.is_dir(), which raises in a folder that may be listed and not entered.
        (pictures if path.suffix.lower() in endings and not os.path.isdir(path) else others).append(path)
    return pictures, others


def left_out(folder, others):
    """One sentence that names what in_folder() left out, or None if it left out nothing."""
    if not others:
        return None
    told = [_left_out(path) for path in others[:10]] + [f"and {len(others) - 10} more"] * (len(others) > 10)
    return f"{folder}: left out what is no picture that is read: {', '.join(told)}"


def _left_out(path):
    if os.path.isdir(path):
        return f"the folder {path.name}"
    return path.name + (f" ({elsewhere(path)})" if elsewhere(path) else "")
