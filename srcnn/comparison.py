"""The command compare: the scores of a picture, or of a folder of them, against the originals."""

import operator
from collections import Counter
from pathlib import Path

import numpy as np

from . import InputError, images
from .files import FOLDER, kind
from .photos import pictures_of, report, tell, tell_left_out, written_name
from .tables import Table

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
    folders = [path for path in (first, second) if kind(path) == FOLDER]
    if len(folders) == 1:
        raise InputError(f"{folders[0]} is a folder; give two image files, or two folders")
    if not folders:
        return _compare_files(first, second, border, rgb), []
    pairs, alone = _pairs(pictures_of(first), pictures_of(second))
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
    pairs = {}
    for ours, theirs in ((_name, _name), (written_name, _name), (_stem, _stem)):
        taken = {*pairs, *pairs.values()}
        one, other = _only(ours, firsts, taken), _only(theirs, seconds, taken)
        pairs |= {one[key]: other[key] for key in one.keys() & other.keys()}
    matched = {*pairs, *pairs.values()}
    return [(p, pairs[p]) for p in firsts if p in pairs], [p for p in [*firsts, *seconds] if p not in matched]


_name, _stem = operator.attrgetter("name"), operator.attrgetter("stem")


def _only(key, paths, taken):
    """{key(path): path} of those that are not taken; without a key that several have, since nobody says which."""
    keys = Counter(key(path) for path in paths if path not in taken)
    return {key(path): path for path in paths if path not in taken and keys[key(path)] == 1}


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
