"""Shared fixtures. A test whose dataset cannot be had is skipped, with the reason."""

import functools
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
    """The book, built from nothing as `make book` does it."""
    out = tmp_path_factory.mktemp("book")
    build = [shutil.which("jupyter-book", path=Path(sys.executable).parent), "build", ".", "--path-output", str(out)]
    root = Path(__file__).parent.parent
    run = subprocess.run([*build, "-W", "--keep-going", "-n"], cwd=root, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    return out / "_build" / "html"
