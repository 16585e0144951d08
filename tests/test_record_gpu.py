"""tools/record_gpu.py writes what results/gpu.json holds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from srcnn import models, records

TOOLS = Path(__file__).parent.parent / "tools"


@pytest.fixture(scope="module")
def streams():
    sys.path.insert(0, str(TOOLS))
    try:
        import gpu_streams

        yield gpu_streams
    finally:
        sys.path.remove(str(TOOLS))


def test_a_network_is_rebuilt_under_another_precision(streams):
    network = models.build("srcnn-915", 3)
    half = streams.under("mixed_bfloat16", network)
    assert {layer.compute_dtype for layer in half.layers} == {"bfloat16"}
    assert {layer.variable_dtype for layer in half.layers} == {"float32"}
    for given, wanted in zip(half.get_weights(), network.get_weights(), strict=True):
        assert np.array_equal(given, wanted)


def keys(value):
    """The keys of a record, all the way down; of a list, those of its rows together."""
    if isinstance(value, dict):
        return {key: keys(entry) for key, entry in value.items()}
    rows = [keys(row) for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return {key: entry for row in rows for key, entry in row.items()} if rows else None


@pytest.mark.slow
def test_the_script_writes_what_the_record_holds(dataset, tmp_path):
    pytest.importorskip("jax", reason="the script measures JAX")
    dataset("T91"), dataset("Set5")
    out = tmp_path / "gpu.json"
    words = ["--quick", "--backends", "jax", "--sections", "check", "inference", "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(TOOLS.parent), "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, TOOLS / "record_gpu.py", *words], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-2000:]
    record, recorded = json.loads(out.read_text()), records.load("gpu")
    assert set(record) == set(recorded) and set(record["backends"]) == {"jax"} and "error" not in out.read_text()
    ours, theirs = record["backends"]["jax"], recorded["backends"]["jax"]
    unmeasured = {"training", "streams", "time_to_paper", "precision", "torch_compile"}
    assert set(ours) == set(theirs) - unmeasured
    assert set(ours["seconds"]) == {"start", "check", "inference"} <= set(theirs["seconds"])
    for part in ("inference", "settings", "tf32"):
        assert keys(ours[part]) == keys(theirs[part]), part
    assert all(facts["largest_difference"] < 1e-5 for facts in ours["check"].values())
    assert len(ours["inference"]) == 10 and not ours["skipped"]
    assert all(row["on_device_ms_per_megapixel"] > 0 for row in ours["inference"])
