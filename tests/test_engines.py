"""Every engine that is timed computes the package's picture."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import engines

from srcnn import benchmark


@pytest.mark.parametrize("name", engines.NETWORKS)
def test_the_engines_agree(monkeypatch, name):
    monkeypatch.setattr(benchmark, "SIZE", 96)
    found, versions = engines.available(threads=1)
    assert {"package", "Keras", "ONNX Runtime", "OpenCV"} <= found.keys() and {
        "ONNX Runtime",
        "OpenCV",
    } <= versions.keys()
    pictures = {engine: call() for engine, call in engines.prepared(name, 3, found).items()}
    assert pictures["package"].shape == (96, 96)
    for picture in pictures.values():
        np.testing.assert_allclose(picture, pictures["package"], atol=1e-4)
