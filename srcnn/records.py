"""Where a recorded figure comes from: the machine, the versions, the commit."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from . import InputError
from .files import atomic_write, packaged


def provenance():
    """A dict that says which machine, versions and commit a result was made with."""
    versions = {"python": platform.python_version()}
    for name in (
        "srcnn",
        "numpy",
        "pillow",
        "scikit-image",
        "keras",
        "tensorflow",
        "jax",
        "torch",
        "opencv-python-headless",
    ):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    ran_on = {"device": device()} if device() else {}
    return {"machine": machine(), **ran_on, "versions": versions, "commit": commit()}


def device():
    """Where networks run, as devices.described() tells, such as "jax: NVIDIA H100"; None if Keras is not loaded."""
    if "keras" not in sys.modules:
        return None
    from . import devices  # loads Keras

    return devices.described()


def machine(cores=None):
    """The processor's name, the cores in use (by default those that this process may use), and the memory."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text("utf-8").splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    cores = cores or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    text = f"{name}, {cores} core{'s' * (cores != 1)}"
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        text += f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    return text


def commit():
    """The commit of the working tree, with "+" if the package has changes; "" outside a checkout of the course."""
    here = Path(__file__).parent

    def git(*words):
        command = ["git", "-C", here, *words]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != here.parent.resolve():
            return ""  # installed into a folder of somebody else's
        changed = git("status", "--porcelain", "--", ":(glob)*.py")
        return git("rev-parse", "--short=12", "HEAD") + "+" * bool(changed)
    except (OSError, subprocess.CalledProcessError):
        return ""


def write_json(path, value):
    """Write `value` as JSON, whole or not at all."""
    with atomic_write(path) as temporary:
        Path(temporary).write_text(json.dumps(value, indent=1) + "\n", "utf-8")


def read_json(path, most=2**20):
    """What a .json file holds. Raises: OSError or ValueError; never reads more than so many bytes, nor a device."""
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    with open(path, "rb") as file:
        text = file.read(most + 1)
    if len(text) > most:
        raise ValueError(f"it has more than {most} bytes")
    try:
        return json.loads(text.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def load(name):
    """Read a recorded result, results/NAME.json. Raises: InputError if there is no such record, or it is damaged."""
    return _parsed(packaged(f"results/{name}.json"), json.loads)


def load_lines(name):
    """Read a recorded list, results/NAME.jsonl: one JSON object a line. Raises: InputError as load()."""
    return _parsed(packaged(f"results/{name}.jsonl"), lambda text: [json.loads(line) for line in text.splitlines()])


def _parsed(path, parse):
    try:
        return parse(path.read_bytes().decode())
    except (ValueError, RecursionError) as error:
        told = str(error).splitlines()[0][:100]
        raise InputError(
            f"{path} is damaged ({told}); take it from the course again: git checkout, or install"
        ) from None


def write_lines(path, rows):
    """Write rows as JSON, one a line, whole or not at all."""
    with atomic_write(path) as temporary:
        Path(temporary).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
