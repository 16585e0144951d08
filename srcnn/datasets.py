"""The datasets of the catalogue: find, download, verify, read; and `sample`, which needs no network.

They carry no licence, so they are not part of the project: they are downloaded from the pinned addresses in
data/manifest.csv, and a file is used only if its SHA-256 is the one recorded there.
"""

import contextlib
import csv
import hashlib
import importlib
import os
import re
import threading
import warnings
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path

from . import InputError, folders, images
from .catalog import DATASETS
from .fetching import Failure, fetch
from .files import FOLDER, atomic_write, kind, packaged, some_cache, sweep_up

SAMPLE = (
    "astronaut", "chelsea", "coffee", "rocket", "camera", "retina", "hubble_deep_field", "brick", "grass", "gravel",
)  # fmt: skip
"""Photographs inside the scikit-image package, all public domain or CC0."""


def load(name):
    """Read a dataset: one of catalog.DATASETS, "sample", or a folder of images.

    Returns: dict, image name -> uint8 array (H, W) or (H, W, 3), in the order of the papers' tables.
    Raises: InputError if the dataset can be neither found nor downloaded, or a folder does not fit into the memory.
    """
    pictures = stream(name)
    if name != "sample" and name not in DATASETS:
        folders.check_fits(name)
    return dict(pictures)


def stream(name, tell=lambda notes: None):
    """The (image name, image) of load(name), each read when it is its turn; a wrong name is refused at once.

    tell: called with the notes of what each picture of a folder has lost.
    """
    if name == "sample":
        with some_cache():
            _import("pooch")  # skimage.data would import it later, with its warning
            pictures = {image: getattr(_import("skimage.data"), image) for image in SAMPLE}
        return ((image, picture()) for image, picture in pictures.items())
    if name in DATASETS:
        folder = download(name)
        files = sorted((folder / file for file in _manifest()[name]), key=folders.natural)
        return ((path.stem.removesuffix(DATASETS[name].ending), images.read(path)) for path in files)
    folder = Path(name)
    if not str(name).strip() or kind(folder) != FOLDER:
        raise InputError(f"no dataset or folder {str(name)!r}; give one of {', '.join(DATASETS)}, sample, or a folder")
    return folders.stream(folder, tell)


def split(photographs):
    """(training, held out): every ninth photograph is kept from training; choices are made on these, never on Set5.

    Of T91 that holds out ten, of t9, t18, ... and tt7, tt17, tt26. Two or more photographs are needed.
    """
    names = list(photographs)
    held_out = names[8::9] or names[-1:]
    training = [name for name in names if name not in held_out]
    if not training:
        raise InputError(f"{len(names)} photographs are too few: one is kept to validate on, so give two or more")
    return {name: photographs[name] for name in training}, {name: photographs[name] for name in held_out}


def places():
    """Where datasets are looked for, in this order: $SRCNN_DATA_DIR, the project's data/, the user's cache."""
    yield from _named_folder()
    project = Path(__file__).parent.parent / "data"
    if (project / "README.md").is_file():  # a checkout, not an installed package
        yield project
    with contextlib.suppress(RuntimeError):  # no home folder, as in some containers
        yield _cache()


def _named_folder():
    """$SRCNN_DATA_DIR, in a list, if it is set; a tilde in it is the home folder."""
    named = os.environ.get("SRCNN_DATA_DIR", "").strip()
    try:
        return [Path(named).expanduser()] if named else []
    except RuntimeError:
        raise InputError(
            f"SRCNN_DATA_DIR={named} names a home folder that cannot be found; give its whole path"
        ) from None


def _cache():
    """The user's cache. Raises: RuntimeError if this user has no home folder."""
    return Path(_import("pooch").os_cache("srcnn")).expanduser()


def find(name):
    """The folder that holds every file of the dataset, each with the right SHA-256; or None.

    Raises: InputError for a name that is not in the catalogue.
    """
    if name not in DATASETS:
        raise InputError(f"no dataset {name!r}; there are {', '.join(DATASETS)}")
    return next((place / name for place in places() if not _missing(name, place)), None)


def download(name, progress=True):
    """Make sure that the dataset is on this machine, and return its folder.

    If find() does not find it, what is missing is downloaded in parallel into $SRCNN_DATA_DIR, or else the user's
    cache. Each file is checked against its SHA-256 and moved into place whole; files already there are kept.
    Raises: InputError for an unknown name, or with all that went wrong and what to do about it.
    """
    from tqdm import tqdm

    if folder := find(name):
        return folder
    folder = _make_folder(name)
    todo = _missing(name, folder.parent)
    failures, silences, stop = {}, Counter(), threading.Event()
    sweep_up(folder)  # of a process that was killed
    with ThreadPoolExecutor(8) as pool, tqdm(total=len(todo), unit="file", disable=not progress) as bar:
        try:
            asked = {pool.submit(_fetch, _manifest()[name][file], silences, stop): file for file in todo}
            for done in _as_completed(asked):
                try:
                    data = done.result()
                except Failure as failure:
                    failures[asked[done]] = failure
                else:
                    with atomic_write(folder / asked[done]) as part:
                        Path(part).write_bytes(data)
                bar.update()
        finally:  # Ctrl-C, a full disk
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            sweep_up(folder)
    if failures:
        raise InputError(_advice(name, [str(failures[file]) for file in todo if file in failures], len(todo)))
    return folder


def _as_completed(futures):
    """As concurrent.futures has it, but waking up: a Ctrl-C that another thread receives is noticed as well."""
    while futures:
        done, futures = wait(futures, 0.2, FIRST_COMPLETED)
        yield from done


def _make_folder(name):
    """Where the dataset is downloaded to. Raises: InputError if nothing can be written there, or read."""
    try:
        folder = (next(iter(_named_folder()), None) or _cache()) / name
        for file in _manifest()[name]:
            _refuse_unreadable(folder / file)
        folder.mkdir(parents=True, exist_ok=True)
    except RuntimeError:
        raise InputError("this user has no home folder to keep datasets in; set SRCNN_DATA_DIR to a folder") from None
    except OSError as error:
        raise InputError(f"cannot make the folder {folder}: {error.strerror}; set SRCNN_DATA_DIR to another") from None
    return folder


def _refuse_unreadable(path):
    """Raises: InputError if a file is there and this user may not read it: the network is not what is wrong."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        try:
            open(path, "rb").close()
        except PermissionError:
            raise InputError(
                f"{path} cannot be read: permission denied; let its owner allow it (chmod -R a+rX {path.parent}), "
                "or set SRCNN_DATA_DIR to a folder of your own"
            ) from None


def _fetch(row, silences, stop):
    """The bytes of a file, from its address or else from the mirror. Raises: Failure, with both reasons.

    silences: how often each server could not be spoken to; after three times it is not asked again.
    stop: an Event that ends the download.
    """
    trouble = []
    for url in dict.fromkeys((row["url"], _mirror(row["url"]))):
        server = url.split("/")[2]
        try:
            if silences[server] >= 3:
                raise Failure("not asked again after three failures")
            data = fetch(url, int(row["bytes"]), stop)
            if _sha256(data) == row["sha256"]:
                return data
            raise Failure("the file that came is not the right one (SHA-256 differs)")
        except Failure as failure:
            silences[server] += failure.silent
            trouble.append(f"{url}: {failure}")
    raise Failure("; ".join(trouble))


def _mirror(url):
    """The same file of the same commit at a public mirror of GitHub; the SHA-256 keeps it honest."""
    return re.sub(
        r"^https://raw\.githubusercontent\.com/([^/]+/[^/]+)/([0-9a-f]{40})/",
        r"https://cdn.jsdelivr.net/gh/\1@\2/",
        url,
    )


def _advice(name, failures, wanted):
    return (
        f"could not get {name}: {len(failures)} of {wanted} files failed, the first: {failures[0]}. "
        f"Looked in {', '.join(str(place) for place in places())}. "
        "Three ways out: try again where the network reaches those addresses (what has arrived is kept); "
        f"or set SRCNN_DATA_DIR to a folder that holds {name}/; "
        'or work on "sample", which needs no network.'
    )


@cache
def _manifest():
    table = {name: {} for name in DATASETS}
    with packaged("data/manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name, file_name = row["path"].split("/")
            table[name][file_name] = row
    return table


def _missing(name, place):
    """The dataset's files that `place` lacks or holds damaged."""
    return [file for file, row in _manifest()[name].items() if not _intact(place / name / file, row)]


def _intact(path, row):
    try:
        return path.stat().st_size == int(row["bytes"]) and _sha256(path.read_bytes()) == row["sha256"]
    except OSError:
        return False


def _import(name):
    """Import a module without its warning that a notebook's progress bars are not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def _sha256(data):
    return hashlib.sha256(data).hexdigest()
