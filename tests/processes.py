"""Small trainings in processes of their own: on another backend, on several devices, to be killed. Another user."""

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BACKENDS = ("tensorflow", "jax", "torch")
OWN = {"torch": ROOT / ".bounds" / "torch"}
"""Where a backend may lie that the course's environment does not have: what pip install --target made."""

RUN = """
import json, sys
from srcnn import catalog, datasets, training
photographs = {name: image[:96, :96] for name, image in datasets.load("sample").items()}
name, folder, every, devices, change = sys.argv[1:]
small = {"steps": 60, "batch_size": 4, "patch_size": 24, "validate_every": int(every)}
recipe = catalog.recipe(name, 2, **{**small, **json.loads(change)})
options = {"out": folder or None, "devices": int(devices) or None, "resume": True, "progress": False}
_, history = training.train(name, 2, photographs, recipe, **options)
print([[row["loss"], row["val_psnr"]] for row in history])
"""


def start(name, folder, every, environment=(), devices=0, **change):
    """Start a small training at x2: a network, its folder or "", steps between scores, and changes of the recipe."""
    return run(
        [sys.executable, "-c", RUN, name, str(folder), str(every), str(devices), json.dumps(change)], environment
    )


def forgetful(*command):
    """A command whose memory is its own: libFuzzer limits ru_maxrss, which would begin at what pytest has ever held.

    Only a process that was forked begins at 0; the shell, which has to wait, forks one.
    """
    shell = ["/bin/sh", "-c", '"$@"; exit $?', "sh"] if os.path.exists("/bin/sh") else []
    return [*shell, *map(str, command)]


def run(command, environment=()):
    """Start a command, with these variables as well."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env={**os.environ, **dict(environment)}, **pipes)


def curve(process):
    """What start() printed: [loss, PSNR on the held-out images] of every row of its history."""
    out, problem = process.communicate()
    assert process.returncode == 0, problem
    return json.loads(out.splitlines()[-1])


def on(backend):
    """The environment of a process under a backend, on the processor; skips the test where it is not installed."""
    path = os.environ.get("PYTHONPATH", "")
    if importlib.util.find_spec(backend) is None:
        built = f"_C.cpython-{sys.version_info.major}{sys.version_info.minor}-*"  # another Python cannot load it
        if not any((OWN.get(backend, ROOT / "none") / backend).glob(built)):
            where = f" --target {OWN[backend].relative_to(ROOT)}" if backend in OWN else ""
            pytest.skip(f"{backend} is not installed: pip install{where} {backend}")
        path = os.pathsep.join(
            filter(None, [path, str(OWN[backend])])
        )  # last: what the environment has is taken from there
    cpu = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "KERAS_TORCH_DEVICE": "cpu", "MPLBACKEND": "agg"}
    return {"KERAS_BACKEND": backend, "PYTHONPATH": path, **cpu}


def several(count):
    """The environments of so many processes of this machine that train together, on JAX; number 0 comes first."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    names = [f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")]
    return [on("jax") | dict(zip(names, (address, str(count), str(k)), strict=True)) for k in range(count)]


@contextlib.contextmanager
def nobody():
    """As a user without rights: where tests run as root, as another user."""
    if os.name == "nt":
        pytest.skip("Windows has other permissions")
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)
