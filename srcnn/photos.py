"""The commands that make pictures of picture files and of folders of them: upscale and degrade."""

import sys
from pathlib import Path

from . import InputError, catalog, images, methods, resample
from .files import FOLDER, kind, make_folder, one_line, sweep_up


def upscale(source, target, scale, model, progress=True):
    """Enlarge the picture `source` into the file `target`, or every picture of a folder into another folder.

    What the pictures lose and what is left out is told on stderr, as is the progress.
    Raises: InputError for what cannot be done; of a folder only after everything else is done.
    """
    from . import upscale as enlarging

    method = methods.get(model, scale)  # loaded once, and a wrong name fails before the first picture
    one = progress and kind(source) != FOLDER  # a bar of tiles for one picture, of files for a folder

    def run(photograph):
        return enlarging.bands(photograph.pixels, scale, method, progress=one)

    _make(source, target, run, lambda height, width: (height * scale, width * scale), progress)


def degrade(source, target, scale, progress=True):
    """Make the low-resolution picture of a file, or of every picture of a folder: cropped, antialiased, rounded."""

    def run(photograph):
        return resample.bands(images.crop_to_multiple(photograph.pixels, scale), scale)

    _make(source, target, run, lambda height, width: (height // scale, width // scale), progress)


def tell(notes):
    """Print notes on stderr, above a progress bar if there is one."""
    from tqdm import tqdm

    for note in dict.fromkeys(notes):
        tqdm.write(f"note: {one_line(note)}", file=sys.stderr)


def tell_left_out(data):
    """Say which files of a folder of images are not read; say nothing of a dataset's name, if a folder has it too."""
    if data not in ("sample", *catalog.DATASETS) and kind(data) == FOLDER:
        tell(filter(None, [images.left_out(data, images.in_folder(data)[1])]))


def report(failed, total, done=""):
    """Name each file that failed, one a line, and raise InputError with their number; do nothing if there are none."""
    from tqdm import tqdm

    for reason in failed:
        tqdm.write(f"failed: {one_line(reason)}", file=sys.stderr)
    if failed:
        raise InputError(f"{len(failed)} of {total} files failed, named above{done}")


def _make(source, target, run, size, progress):
    """Apply run(photograph) -> bands to a file or a folder. size(height, width): of the result, to know it early."""
    source, target = Path(source), Path(target)
    if kind(source) != FOLDER:
        photograph = _open(source, target)
        if kind(target) and source.samefile(target):
            raise InputError(f"IN and OUT are the same file {source}; the original would be lost")
        sweep_up(target.parent)
        _make_one(photograph, target, run, size, source)
        return
    pictures = pictures_of(source)
    _check_folder(source, target)
    sweep_up(target)
    tell_left_out(source)
    names, failed, kept = {path.name for path in pictures}, [], 0
    from tqdm import tqdm

    for path in tqdm(pictures, unit="file", disable=not progress):
        try:
            out = target / written_name(path)
            photograph = _open(path, out)
            if out.name != path.name and out.name in names:
                raise InputError(f"{path} would become {out.name}, as the picture of that name does; rename one")
            if _is_there(out, size(*photograph.pixels.shape[:2])):
                kept += 1
            else:
                _make_one(photograph, out, run, size, path)
        except InputError as error:
            failed.append(str(error) if str(path) in str(error) else f"{path}: {error}")
    if kept:
        tell([f"{kept} of {len(pictures)} pictures were in {target} already and are kept as they are"])
    report(failed, len(pictures), f"; the others are in {target}" if len(failed) < len(pictures) else "")


def _open(path, out):
    """The photograph with as many bits as the file that is made of it can hold."""
    return images.open_photograph(path, sixteen=out.suffix.lower() in images.DEEP)


def _make_one(photograph, out, run, size, source):
    pixels = photograph.pixels
    shape = (*size(*pixels.shape[:2]), *pixels.shape[2:])
    images.check_writable(out, shape, pixels.dtype)
    try:
        lost = images.write_bands(out, shape, pixels.dtype, run(photograph), like=photograph)
    except MemoryError:
        raise InputError(f"{source} and its result do not fit into this machine's memory") from None
    tell([*photograph.notes, *lost])  # only now: a mistake is one line


def written_name(path):
    """What the result of a picture in a folder is called: as the picture, with .png added to what is not written."""
    kept = path.suffix.lower() in images.SUFFIXES and path.suffix.lower() != ".bmp"  # BMP would lose alpha and profile
    return path.name if kept else path.name + ".png"


def _is_there(out, size):
    """Whether an earlier run has made this file. One that is no whole picture is made again."""
    if not kind(out):
        return False
    try:
        found = images.whole_size(out)
    except InputError:
        return False
    if found != size:
        told = f"{found[1]} x {found[0]} pixels and not {size[1]} x {size[0]}"
        raise InputError(f"{out} is there already and has {told}: remove it, or give another folder")
    return True


def pictures_of(folder):
    """The pictures of a folder that holds at least one."""
    pictures, _ = images.in_folder(folder)
    if not pictures:
        raise InputError(f"no pictures in the folder {folder}; looked for {' '.join(images.READ)}")
    return pictures


def _check_folder(source, target):
    """Make the folder for the results, or say why that cannot be."""
    if target.suffix.lower() in images.READ and kind(target) != FOLDER:
        raise InputError(f"{source} is a folder, and {target} is not; give a folder for the results as well")
    make_folder(target)
    if source.samefile(target):
        raise InputError(f"IN and OUT are the same folder {source}; the originals would be lost")
