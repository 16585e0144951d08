"""Run tests and chapters at the versions that the project declares: Pythons, oldest and newest packages, backends.

    python tools/bounds.py                     a sample that takes some twenty minutes on two cores
    python tools/bounds.py --all               everything: every Python, oldest and newest, and the three backends
    python tools/bounds.py --all --python 3.12 --which oldest --backend jax           a part of it
    python tools/bounds.py --list              what would be run, and which Pythons are missing; also with --all

A combination is a Python, "oldest" or "newest", and a backend. The package's tests run once for the first two, and the
chapters for all three, each alone from its own first cell (tools/alone.py). Each environment is a folder in .bounds/,
made once and used again. uv chooses the versions: on the oldest Python exactly the lower bounds, on another one the
lowest versions that were built for it. SRCNN_DATA_DIR names the data sets, as always.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".bounds"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
BACKENDS = ("tensorflow", "jax", "torch")
TORCH = "torch==2.13.0+cpu"
"""As in the Makefile: the build that this machine may have at hand. Elsewhere uv finds a CPU build by itself."""
SHORT = ("04", "08", "09", "11")
"""The chapters with Keras that take about half a minute: the sample runs them on JAX, and two on PyTorch."""
MOST = ("01", "02", "03", "05", "07", "13", *SHORT)
"""All but the three that take longest: the sample runs them at the oldest versions."""
TESTS = [
    f"tests/test_{name}.py"
    for name in (
        "models",
        "layers",
        "methods",
        "training",
        "images",
        "sixteen_bits",
        "photos",
        "hostile_images",
        "protocol",
        "datasets",
        "cli",
        "export",
        "devices",
    )
]
"""The tests of the package. Those of the book's tools and of the chapters run with `make test`."""


def find_python(version):
    """The interpreter of a Python version: the one that runs, on the PATH, or in pyenv. None if there is none."""
    if sys.version.startswith(f"{version}."):
        return sys.executable
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in (*found, shutil.which(f"python{version}")):
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return str(candidate)
    return None


def requirements():
    """Every requirement with a lower bound, of requirements.txt and pyproject.toml: {name: bound}."""
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "pyproject.toml"))
    return dict(re.findall(r"^[\s\"]*([A-Za-z][\w-]*)>=([\w.]+)", text, re.MULTILINE))


def combinations(have, everything):
    """[(Python version, "oldest" or "newest", backend, chapters, whether the package's tests run)].

    The sample is the ends: the oldest of everything, the newest of everything, and PyTorch where the course runs. The
    package's tests at the newest versions on this Python are those of `make test`.
    """
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not everything:
        sample = [(have[0], "oldest", "tensorflow", MOST, True), (have[-1], "newest", "jax", SHORT, True)]
        return [*sample, (running, "newest", "torch", SHORT[:2], False)]
    return [
        (version, which, backend, (), backend == BACKENDS[0])
        for version in have
        for which in ("oldest", "newest")
        for backend in BACKENDS
    ]


def uv():
    """The program that makes the environments; pip fetches it once."""
    program = ENVIRONMENTS / "uv" / "bin" / ("uv.exe" if os.name == "nt" else "uv")
    if not program.is_file():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", program.parent.parent, "uv"]
        subprocess.run(pip, check=True)
    return program


def environment(version, which):
    """Make the environment of a Python and "oldest" or "newest", unless it is there; return its Python.

    It has everything but the course's package: for the tests PYTHONPATH leads to it, and chapters install it.
    """
    folder = ENVIRONMENTS / f"{version}-{which}"
    python, complete = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"), folder / "complete"
    asked = repr(sorted(requirements().items()))
    if complete.is_file() and complete.read_text() == asked:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([uv(), "venv", "--quiet", "--seed", "--python", find_python(version), folder], check=True)
    listed = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (folder / "asked.txt").write_text(re.sub(r"^-e .*$", "", listed, flags=re.MULTILINE), encoding="utf-8")
    bounds = folder / "bounds.txt"
    exact = which == "oldest" and version == PYTHONS[0]
    bounds.write_text("".join(f"{name}=={bound}\n" for name, bound in requirements().items() if exact))
    install(python, "-r", folder / "asked.txt", "-r", ROOT / "pyproject.toml", "--constraint", bounds,
            "--resolution", "lowest-direct" if which == "oldest" else "highest")  # fmt: skip
    complete.write_text(asked)
    return python


def install(python, *what, check=True):
    """uv pip install, built packages only; returns whether it worked."""
    wheels = ["--find-links", os.environ["PIP_FIND_LINKS"]] if os.environ.get("PIP_FIND_LINKS") else []
    command = [uv(), "pip", "install", "--quiet", "--only-binary", ":all:", *wheels, "--python", python]
    return subprocess.run([*command, *what], check=check).returncode == 0


def has_torch(python):
    """Whether an environment has PyTorch, after an attempt to install a build for the processor."""
    there = subprocess.run([python, "-c", "import torch"], capture_output=True).returncode == 0
    return there or install(python, TORCH, check=False) or install(python, "--torch-backend=cpu", "torch", check=False)


def run(combination):
    """Run a combination; returns what failed, as words, or what could not be tested."""
    version, which, backend, chapters, with_tests = combination
    python, failed = environment(version, which), []
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    if with_tests:
        command = [python, "-m", "pytest", "-o", "addopts=", "-q", "-n", "2", "-m", "not slow", *TESTS]
        failed += ["tests"] if subprocess.run(command, cwd=ROOT, env=variables).returncode else []
    if backend == "torch" and not has_torch(python):
        print(f"PyTorch is not to be had for Python {version}: not tested")
        return failed
    # the chapters' first cell shall find no srcnn here
    subprocess.run([uv(), "pip", "uninstall", "--quiet", "--python", python, "srcnn"], check=True)
    shutil.rmtree(next(python.parent.parent.glob("[Ll]ib/**/site-packages")) / "srcnn", ignore_errors=True)
    command = [python, ROOT / "tools" / "alone.py", *chapters]
    variables |= {"KERAS_BACKEND": backend, "KERAS_TORCH_DEVICE": "cpu"}
    return failed + (["chapters"] if subprocess.run(command, env=variables).returncode else [])


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="everything, not a sample")
    parser.add_argument("--python", choices=PYTHONS, help="of it only this Python")
    parser.add_argument("--which", choices=("oldest", "newest"), help="only these versions")
    parser.add_argument("--backend", choices=BACKENDS, help="only this backend")
    parser.add_argument("--list", action="store_true", help="only say what would be run")
    options = parser.parse_args()
    have = [version for version in PYTHONS if find_python(version)]
    for version in PYTHONS:
        if version not in have:
            print(f"Python {version} is not on this machine: not tested")
    failed, count = [], 0
    for combination in combinations(have, options.all):
        chosen = zip((options.python, options.which, options.backend), combination, strict=False)
        if any(wanted not in (None, value) for wanted, value in chosen):
            continue
        version, which, backend, chapters, with_tests = combination
        name = f"Python {version}, {which} versions, {backend}"
        print(f"{name}: {'tests, ' * with_tests}chapters {' '.join(chapters) or 'all'}", flush=True)
        count += 1
        if not options.list and (problems := run(combination)):
            failed.append(f"{name}: {' and '.join(problems)}")
    if not count:
        sys.exit("no combination was chosen: its Python is missing, or the sample does not have it (--all does)")
    if not options.list:
        print(f"{count} combinations, {count - len(failed)} passed")
    if failed:
        sys.exit(f"failed: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
