"""Shared fixtures. A test whose dataset cannot be had is skipped, with the reason."""

import functools

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
