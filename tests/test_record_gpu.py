"""tools/record_gpu.py writes what results/gpu.json holds, and its streams give the patches of the package."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from srcnn import models, patches, records

TOOLS = Path(__file__).parent.parent / "tools"


@pytest.fixture(scope="module")
def streams():
    sys.path.insert(0, str(TOOLS))
    try:
        import gpu_streams

        yield gpu_streams
    finally:
        sys.path.remove(str(TOOLS))


@pytest.fixture(scope="module", params=[("srcnn-915", 30, 1), ("fsrcnn", 18, 3)], ids=lambda network: network[0])
def network_and_options(request):
    name, patch_size, factor = request.param
    network = models.build(name, 3)
    sizes = {"patch_size": patch_size, "factor": factor, "margin": models.margin(network)}
    return network, {**sizes, "batch_size": 16, "steps": 2}


def test_the_vectorised_stream_gives_the_patches_of_the_package(streams, photographs, network_and_options):
    _, options = network_and_options
    for augment, seed, epoch, number in ((True, 0, 0, 0), (True, 1, 0, 1), (True, 0, 2, 0), (False, 3, 1, 1)):
        draw = {"augment": augment, "seed": seed, "epoch": epoch}
        wanted = patches.Patches(photographs, 3, **options, **draw)[number]
        stream = streams.Stream(photographs, 3, **options, **draw)
        for kind in ("vectorised", "patches"):
            stream.kind = kind
            for given, expected in zip(stream[number], wanted, strict=True):
                assert given.dtype == np.float32 and np.array_equal(given, expected)


def test_the_device_cuts_the_same_patches(streams, photographs, network_and_options):
    network, options = network_and_options
    stream = streams.Stream(photographs, 3, **options, seed=5)
    x, y = stream[1]
    stream.kind = "tables"
    table, _ = stream[1]
    assert table.shape == (16, 2, 3) and table.dtype == np.int32, "six numbers a patch"
    error = np.asarray(streams.FromDevice(network, stream).predict_on_batch(table))
    np.testing.assert_allclose(error, np.asarray(network.predict_on_batch(x)) - y, atol=1e-5)
    other = np.roll(table, 1, axis=0)
    assert not np.allclose(streams.FromDevice(network, stream).predict_on_batch(other), error, atol=1e-3)


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
    for part in ("check", "inference", "settings", "tf32"):
        assert keys(ours[part]) == keys(theirs[part]), part
    assert all(facts["crops_equal"] for facts in ours["check"].values())
    assert len(ours["inference"]) == 10 and not ours["skipped"]
    assert all(row["on_device_ms_per_megapixel"] > 0 for row in ours["inference"])
