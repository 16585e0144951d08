"""Where a recorded figure comes from: the machine, the versions, the commit."""

import csv
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

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
    """Where networks run: Keras' backend and its devices, such as "jax: NVIDIA H100"; None if Keras is not loaded."""
    keras = sys.modules.get("keras")
    if keras is None:
        return None
    name = keras.backend.backend()
    if name == "jax":
        import jax

        devices = [device.device_kind for device in jax.devices()]
    elif name == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        devices = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    else:
        import torch

        devices = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
    return f"{name}: {', '.join(devices) or 'cpu'}"


def machine():
    """The processor's name, the cores this process may use, and the memory."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [
            line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        name = names[0] if names else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    text = f"{name}, {cores} core{'s' * (cores != 1)}"
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        text += f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    return text


def commit():
    """The commit of the working tree, with "+" if it has changes; "" outside a checkout."""
    here = Path(__file__).parent

    def git(*words):
        return subprocess.run(["git", "-C", here, *words], capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", ":(glob)srcnn/*.py")
        return git("rev-parse", "--short=12", "HEAD") + "+" * bool(changed)
    except (OSError, subprocess.CalledProcessError):
        return ""


def write_json(path, value):
    """Write `value` as JSON, whole or not at all."""
    with atomic_write(path) as temporary:
        Path(temporary).write_text(json.dumps(value, indent=1) + "\n")


def load(name):
    """Read a recorded result, results/NAME.json. Raises: InputError if there is no such record."""
    return json.loads(packaged(f"results/{name}.json").read_text())


def load_rows(name):
    """Read a recorded table, results/NAME.csv: a list of dicts of text. Raises: InputError if there is none."""
    with packaged(f"results/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))
