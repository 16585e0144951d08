"""Shared fixtures. A test whose dataset cannot be had is skipped, with the reason."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from srcnn import InputError, catalog, datasets


@functools.cache
def _dataset(name):
    try:
        return datasets.load(name)
    except InputError as error:
        return str(error)


@pytest.fixture
def dataset():
    """dataset("Set5") loads it, or skips the test."""

    def get(name):
        found = _dataset(name)
        if isinstance(found, str):
            pytest.skip(found)
        return found

    return get


@pytest.fixture
def short_cards(monkeypatch):
    """A training's model card scores the first test set alone: all of them take longer than a training of a second."""
    monkeypatch.setattr(catalog, "TEST_SETS", catalog.TEST_SETS[:1])


@pytest.fixture(scope="session")
def astronaut():
    return datasets.load("sample")["astronaut"]


@pytest.fixture(scope="session")
def photographs():
    """Small real photographs, for trainings of a second."""
    return {name: image[:96, :96] for name, image in datasets.load("sample").items()}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The book's pages, built from nothing as `make book` does it; once, for all processes that test."""
    import fcntl  # not on Windows, where the other tests run without it

    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    out, log = shared / "book", shared / "book.log"
    with (shared / "book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not log.is_file():
            program = shutil.which("jupyter-book", path=Path(sys.executable).parent)
            build = [program, "build", ".", "--path-output", str(out), "-W", "--keep-going", "-n"]
            root = Path(__file__).parent.parent
            run = subprocess.run(build, cwd=root, capture_output=True, text=True)
            log.write_text("built" if run.returncode == 0 else run.stdout[-3000:] + run.stderr[-3000:])
    assert log.read_text() == "built", log.read_text()
    return out / "_build" / "html"
