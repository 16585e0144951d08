"""Run the package's tests at the versions that it declares: the oldest of everything, and the newest on each Python.

    python tools/bounds.py            oldest on the oldest Python; newest on every Python 3.10 to 3.13 of this machine
    python tools/bounds.py --list     what would be run, and which Pythons are missing

Each combination has a virtual environment of its own in .bounds/, made once and used again.
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
    text = (ROOT / "requirements.txt").read_text() + (ROOT / "pyproject.toml").read_text()
    return dict(re.findall(r"^[\s\"]*([A-Za-z][\w-]*)>=([\w.]+)", text, re.MULTILINE))


def combinations():
    """(Python version, "oldest" or "newest"), the dearest surprise first."""
    have = [version for version in PYTHONS if find_python(version)]
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return [(have[0], "oldest"), *((version, "newest") for version in have if version != running)]


def environment(version, which):
    """Make the virtual environment of a combination, unless it is there for these requirements; return its Python."""
    folder = ENVIRONMENTS / f"{version}-{which}"
    python, complete = folder / "bin" / "python", folder / "complete"
    asked = repr(sorted(requirements().items()))
    if complete.is_file() and complete.read_text() == asked:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([find_python(version), "-m", "venv", folder], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "10"]
    if which == "oldest":
        pins = folder / "oldest.txt"
        pins.write_text("".join(f"{name}=={bound}\n" for name, bound in requirements().items()))
        pip += ["--constraint", str(pins)]
    subprocess.run([*pip, "-r", str(ROOT / "requirements.txt")], check=True, cwd=ROOT)
    complete.write_text(asked)
    return python


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="only say what would be run")
    options = parser.parse_args()
    for version in PYTHONS:
        if not find_python(version):
            print(f"Python {version} is not on this machine: not tested")
    failed = []
    for version, which in combinations():
        print(f"Python {version}, {which} versions", flush=True)
        if options.list:
            continue
        python = environment(version, which)
        command = [python, "-m", "pytest", "-o", "addopts=", "-q", "-n", "2", "-m", "not slow", *TESTS]
        if subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode:
            failed.append(f"Python {version}, {which}")
    if failed:
        sys.exit(f"failed: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
