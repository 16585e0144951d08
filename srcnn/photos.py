"""The commands on picture files and on folders of them: upscale, degrade, compare."""

import sys
from pathlib import Path

import numpy as np

from . import InputError, images, methods, resample
from .files import one_line, sweep_up
from .tables import Table


def upscale(source, target, scale, model, progress=True):
    """Enlarge the picture `source` into the file `target`, or every picture of a folder into another folder.

    What the pictures lose and what is left out is told on stderr, as is the progress.
    Raises: InputError for what cannot be done; of a folder only after everything else is done.
    """
    from . import upscale as enlarging

    method = methods.get(model, scale)  # loaded once, and a wrong name fails before the first picture
    one = progress and not Path(source).is_dir()  # a bar of tiles for one picture, of files for a folder

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
    """Say which files of a folder of images are not read; say nothing of a dataset's name."""
    if Path(data).is_dir():
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
    if not source.is_dir():
        photograph = _open(source, target)
        if target.exists() and source.samefile(target):
            raise InputError(f"IN and OUT are the same file {source}; the original would be lost")
        sweep_up(target.parent)
        _make_one(photograph, target, run, size, source)
        return
    pictures = _pictures(source)
    _check_folder(source, target)
    sweep_up(target)
    tell_left_out(source)
    failed, kept = [], 0
    from tqdm import tqdm

    for path in tqdm(pictures, unit="file", disable=not progress):
        try:
            out = target / written_name(path)
            photograph = _open(path, out)
            if out.name != path.name and source / out.name in pictures:
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
    if not out.exists():
        return False
    try:
        found = images.whole_size(out)
    except InputError:
        return False
    if found != size:
        told = f"{found[1]} x {found[0]} pixels and not {size[1]} x {size[0]}"
        raise InputError(f"{out} is there already and has {told}: remove it, or give another folder")
    return True


def _pictures(folder):
    """The pictures of a folder that holds at least one."""
    pictures, _ = images.in_folder(folder)
    if not pictures:
        raise InputError(f"no pictures in the folder {folder}; looked for {' '.join(images.READ)}")
    return pictures


def _check_folder(source, target):
    """Make the folder for the results, or say why that cannot be."""
    if target.suffix.lower() in images.READ and not target.is_dir():
        raise InputError(f"{source} is a folder, and {target} is not; give a folder for the results as well")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {target}: {error.strerror}") from None
    if source.samefile(target):
        raise InputError(f"IN and OUT are the same folder {source}; the originals would be lost")


ROUNDING = 4
"""Sizes that differ by less, each way, differ because a size did not divide by the scale."""


def compare(first, second, border=0, rgb=False):
    """Score the picture file `second` against `first`, or the pictures of one folder against another's.

    Both pictures are brought to one luma: two grey ones are taken as they are, as in the papers; if one or both are
    in colour, both become RGB and then Y of BT.601 in 16..235, so that a grey file equals its copy in RGB.
    border: pixels to ignore on each side. rgb: PSNR and MSE over R, G and B, without SSIM, instead.
    Returns: ({"psnr", "ssim", "mse", "of"}, []) of two files; ({"images": [{"name", ...}], "mean"}, failed) of folders.
    """
    if border < 0:
        raise InputError(f"--shave {border} must not be negative")
    first, second = Path(first), Path(second)
    if first.is_dir() != second.is_dir():
        raise InputError(f"{first if first.is_dir() else second} is a folder; give two image files, or two folders")
    if not first.is_dir():
        return _compare_files(first, second, border, rgb), []
    pairs, alone = _pairs(_pictures(first), _pictures(second))
    if not pairs:
        raise InputError(f"no picture of {first} has one of the same name in {second}")
    for folder in (first, second):
        tell_left_out(folder)
    tell([f"without a picture of the same name, left out: {', '.join(map(str, alone))}"] if alone else [])
    rows, failed = [], []
    for one, other in pairs:
        try:
            rows.append({"name": one.name, **_compare_files(one, other, border, rgb)})
        except InputError as error:
            failed.append(str(error) if str(one) in str(error) or str(other) in str(error) else f"{one}: {error}")
    if not rows:
        report(failed, len(failed))
    keys = [key for key in ("psnr", "ssim", "mse") if key in rows[0]]
    return {"images": rows, "mean": {key: float(np.mean([row[key] for row in rows])) for key in keys}}, failed


def _pairs(firsts, seconds):
    """([(A, B)], [those without a partner]): B has A's name, or the name of A's result, or A's name but for the end."""
    by_name = {path.name: path for path in seconds}
    by_stem = {path.stem: path for path in seconds}
    partners = [by_name.get(p.name) or by_name.get(written_name(p)) or by_stem.get(p.stem) for p in firsts]
    pairs = [(one, other) for one, other in zip(firsts, partners, strict=True) if other]
    matched = {path for pair in pairs for path in pair}
    return pairs, [path for path in [*firsts, *seconds] if path not in matched]


def _compare_files(first, second, border, rgb):
    from . import evaluation, metrics

    one, other = images.open_photograph(first), images.open_photograph(second)
    a, b, cut = _common(one.pixels, other.pixels, first, second)
    notes = [*one.notes, *other.notes, *cut]
    if any(p.shape[2:] == (4,) and (p[..., 3] < 255).any() for p in (a, b)):
        notes.append(f"{first} and {second}: the colours are compared, and not the transparency")
    if one.icc_profile != other.icc_profile:
        notes.append(f"{first} and {second} have different colour profiles; their numbers are compared as they are")
    a, b, told = _channels(a, b, one.grey and other.grey, rgb)
    try:
        a, b = images.shave(a, border), images.shave(b, border)
        scores = {"psnr": metrics.psnr(a, b), "mse": metrics.mse(a, b)} if rgb else evaluation.measured(a, b)
    except MemoryError:
        raise InputError(f"{first} and {second} do not fit into this machine's memory to be compared") from None
    tell(notes)
    return {**scores, "of": told}


def _channels(a, b, grey, rgb):
    """What of two pictures is compared, and what it is called."""
    a, b = (np.dstack([image] * 3) if image.ndim == 2 else image[..., :3] for image in (a, b))
    if rgb:
        return a, b, "RGB"
    if grey:
        return a[..., 0], b[..., 0], "luma, two grey pictures as they are"
    return images.luma(a), images.luma(b), "luma, Y of BT.601 in 16..235"


def _common(a, b, first, second):
    """The top left part that both pictures have, which is where crop_to_multiple() leaves it, and notes."""
    (height, width), (rows, columns) = a.shape[:2], b.shape[:2]
    if (height, width) == (rows, columns):
        return a, b, []
    sizes = f"{first} has {width} x {height} pixels and {second} {columns} x {rows}"
    if abs(height - rows) >= ROUNDING or abs(width - columns) >= ROUNDING:
        raise InputError(f"the two images differ in size: {sizes}; give two of the same size")
    height, width = min(height, rows), min(width, columns)
    return a[:height, :width], b[:height, :width], [f"{sizes}; the {width} x {height} at the top left are compared"]


def as_text(scores):
    """The result of compare() for two files as a line, for two folders as a Table with the mean in bold."""
    if "images" not in scores:
        ssim = f"   SSIM {scores['ssim']:.4f}" if "ssim" in scores else ""
        return f"PSNR {scores['psnr']:.2f} dB{ssim}   MSE {scores['mse']:.2f}   ({scores['of']})"
    titles = {"psnr": "PSNR (dB)", "ssim": "SSIM", "mse": "MSE"}
    keys = list(scores["mean"])
    rows = [[row["name"], *(row[key] for key in keys), row["of"]] for row in scores["images"]]
    rows.append(["mean", *scores["mean"].values(), ""])
    digits = [0, *(4 if key == "ssim" else 2 for key in keys), 0]
    return Table(["picture", *(titles[key] for key in keys), "of"], rows, digits, bold=[-1])
