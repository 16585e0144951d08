"""Files written whole or not at all, the package's own data files, and C libraries kept quiet."""

import contextlib
import json
import os
import re
import stat
import tempfile
from pathlib import Path

from . import InputError

with contextlib.suppress(ImportError):  # Windows has none
    import fcntl

PART = ".srcnn-part-"
"""How the name of an unfinished file begins."""


def packaged(name):
    """The path of a data file that comes with the package, such as "results/seeds.json" or "data/manifest.csv".

    One rule for all of them: what people read lies in the project's own folders, data/ and results/, and pyproject.toml
    puts it into the installed package as well; so it is looked for in the package, and else beside it.
    Raises: InputError if there is no such file.
    """
    here = Path(__file__).parent
    places = [here / name, here.parent / name]
    for path in places:
        if path.is_file():
            return path
    raise InputError(
        f"no file {name!r}; looked for {' and '.join(map(str, places))}. "
        "It comes with the package: install it again, or clone the repository"
    )


def one_line(text):
    """The text on one line, with what is not to be seen, such as an escape code in a file's name, written out."""
    text = re.sub(r"\s*[\r\n]\s*", " ", str(text).strip())
    return "".join(c if c.isprintable() or c == "\u00a0" else c.encode("unicode_escape").decode("ascii") for c in text)


FILE, FOLDER, OTHER = "a file", "a folder", "a pipe or a device"


def kind(path):
    """FILE, FOLDER or OTHER, whatever a path leads to, or None if there is nothing.

    Raises: InputError where Path.is_file() raises an OSError: a name that is too long, a folder not to be entered.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # ValueError: there is a zero byte in it
        raise InputError(f"{path} cannot be reached: {getattr(error, 'strerror', None) or error}") from None
    return FILE if stat.S_ISREG(mode) else FOLDER if stat.S_ISDIR(mode) else OTHER


def make_folder(path):
    """Make a folder and those above it, unless they are there; returns its Path. Raises: InputError."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {path}: {error.strerror}; give another one") from None
    return path


@contextlib.contextmanager
def atomic_write(path, keep=True):
    """Give a temporary file beside `path`; move it into place if all goes well, remove it if not.

    So a full disk or an interruption leaves the old file, or none, and never half of a new one. A link is followed,
    and an old file's permissions are kept.
    Raises: InputError if the file cannot be written, or if there is something at its place that is no file.
    """
    if (there := kind(path)) not in (None, FILE):
        raise InputError(f"cannot write {path}: it is {there}; give the name of a file")
    path = Path(os.path.realpath(path))
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=PART, suffix=path.suffix)
        locked = _lock(handle)
        if not locked:
            os.close(handle)  # Windows moves no open file
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    try:
        yield temporary
        if keep:
            os.chmod(temporary, _mode(path))
            os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if locked:
            os.close(handle)
        Path(temporary).unlink(missing_ok=True)


def sweep_up(folder):
    """Remove the temporary files that a killed atomic_write() left in a folder; leave those of one that still runs.

    Each holds a lock on its file, which the system drops with the process. Where there are no such locks, on Windows
    and on some network drives, nothing is removed.
    """
    for path in Path(folder).glob(f"{PART}????????.*"):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            if _lock(file.fileno()):
                path.unlink()


def _lock(handle):
    """Whether the lock on an open file could be had; it lasts until the file is closed."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (NameError, OSError):
        return False
    return True


def _mode(path):
    """The permissions of the old file, or those of any new file of this user."""
    if path.is_file():
        return path.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def free_memory():
    """Bytes that a process could still take, as Linux tells it; infinite where nobody tells."""
    try:
        return 1024 * int(re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text("utf-8"))[1])
    except (OSError, TypeError):
        return float("inf")


def check_memory(needed, what, instead="give fewer pictures, or smaller ones"):
    """Raise InputError if so many bytes, of `what`, are more than free_memory(): before they are asked for."""
    free = free_memory()
    if needed > free:
        raise InputError(
            f"{what} take {needed / 1e9:.3g} GB of memory, and this machine has {free / 1e9:.3g} GB free: {instead}"
        )


@contextlib.contextmanager
def quiet_stderr():
    """Send what C code writes to file descriptor 2 nowhere: TensorFlow's start-up lines, libtiff's complaints."""
    try:
        saved = os.dup(2)
    except OSError:  # closed
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def no_keras(error):
    """Why Keras cannot be imported, and what to do: what KERAS_BACKEND or the reader's keras.json names is wrong."""
    why = " ".join(str(error).split())[:200] or type(error).__name__
    if wanted := os.environ.get("KERAS_BACKEND"):
        told = f"Keras cannot use the backend {wanted!r} that KERAS_BACKEND names"
    else:
        home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
        settings = os.path.join(home, "keras.json")
        try:
            named = json.loads(Path(settings).read_text(encoding="utf-8")).get("backend", "tensorflow")
        except (OSError, ValueError):  # none, or one that Keras does not read either
            named = "tensorflow"
        except AttributeError:
            return f"{settings} is not what Keras writes there ({why}): remove it"
        if "configuration" in why:
            return f"{settings} holds a wrong setting ({why}): mend it, or remove it"
        if named not in ("tensorflow", "jax", "torch"):
            return (
                f"{settings} names the backend {str(named)[:40]!r}, which Keras does not have: "
                "write tensorflow, jax or torch there"
            )
        if named != "tensorflow":
            told = f"Keras cannot use the backend {named!r} that {settings} names"
        else:
            told = "Keras has no backend to run on"
    return f"{told} ({why}): pip install tensorflow, or install jax or torch and set KERAS_BACKEND to its name"


@contextlib.contextmanager
def some_cache():
    """Where a library is imported that wants a cache folder at once: a temporary one, if this user has no home."""
    if os.path.expanduser("~") != "~" or "XDG_CACHE_HOME" in os.environ:
        yield
        return
    os.environ["XDG_CACHE_HOME"] = tempfile.gettempdir()
    try:
        yield
    finally:
        del os.environ["XDG_CACHE_HOME"]
