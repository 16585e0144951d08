"""A folder of one's own pictures as a dataset: their names, one picture at a time, or all of them if they fit."""

import re

from . import InputError, images
from .files import check_memory


def named(folder):
    """The pictures of a folder in their natural order, {name: path}: without their endings if that tells them apart."""
    files, _ = images.in_folder(folder)
    if not files:
        raise InputError(f"no images in the folder {folder}; looked for {' '.join(images.READ)}")
    files = sorted(files, key=natural)
    short = len({path.stem for path in files}) == len(files)
    return {path.stem if short else path.name: path for path in files}


def stream(folder, tell):
    """(name, pixels) of each picture, read when it is its turn; tell: called with the notes of what it has lost."""
    return ((name, _read(path, tell)) for name, path in named(folder).items())


def check_fits(folder):
    """Raise InputError, before the first is read, if the pixels of all pictures do not fit into the memory."""
    files = named(folder).values()
    pixels = sum(height * width for height, width in map(images.told_size, files))
    check_memory(3 * pixels, f"the {len(files)} pictures of {folder}, {pixels / 1e6:.0f} megapixels in all,")


def natural(path):
    """Sort t2 before t10."""
    return [int(part) if part.isdecimal() else part.lower() for part in re.split(r"(\d+)", path.name)]


def _read(path, tell):
    photograph = images.open_photograph(path)
    tell(photograph.notes)
    return photograph.pixels
