"""From nothing to the table: reproduce, benchmark, a killed run, several devices."""

import signal
import time

import numpy as np
import pytest
from processes import curve, start

from srcnn import InputError, benchmark, catalog, evaluation, methods, models, records, reproduce, training


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_killed_run_loses_one_interval_at_most(tmp_path):
    chance, history, saved = np.random.default_rng(1), tmp_path / "history.csv", 0
    for _ in range(3):
        process = start("srcnn-915", tmp_path, 2)
        while process.poll() is None and not (history.is_file() and len(history.read_text().splitlines()) > saved + 2):
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.1))
        seen = training.read_history(history)[-1]["step"]
        process.kill()
        process.wait()
        assert process.returncode == -signal.SIGKILL, "it was killed in the middle"
        left = training.read_history(history)[-1]["step"]
        assert left >= seen > saved, "nothing that was written is lost"
        saved = len(training.read_history(history))
    resumed = curve(start("srcnn-915", tmp_path, 2))
    assert [row["step"] for row in training.read_history(history)] == list(range(2, 61, 2))
    straight = curve(start("srcnn-915", "", 2))
    for a, b in zip(resumed, straight, strict=True):
        assert a == pytest.approx(b, rel=1e-3), "a killed run ends on the curve of a run that was left alone"


@pytest.mark.slow
def test_two_devices_share_a_batch_and_learn_the_same():
    pytest.importorskip("jax")
    jax = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    runs = [start("fsrcnn-s", "", 20, jax, devices) for devices in (1, 2, 3)]
    for a, b in zip(curve(runs[0]), curve(runs[1]), strict=True):
        assert a == pytest.approx(b, rel=1e-3)
    assert "devices=3, but Keras on jax sees 2 (cpu:0, cpu:1): give 1 to 2" in runs[2].communicate()[1]


def test_devices_that_cannot_be_had_are_refused(photographs):
    if models.keras.backend.backend() != "jax":
        with pytest.raises(InputError, match="KERAS_BACKEND=jax"):
            training.train("srcnn-915", 3, photographs, devices=2)


def test_reproduce_trains_prints_and_goes_on(dataset, tmp_path, monkeypatch):
    for name in catalog.DATASETS:
        dataset(name)
    monkeypatch.setattr(catalog, "TEST_SETS", ("Set5", "Set14"))  # a hundred photographs more teach nothing here
    settings = {"names": ["srcnn-313", "fsrcnn-s"], "scales": [2], "out": tmp_path, "steps": 2}
    runs = reproduce.reproduce(**settings)
    weights = {path: path.read_bytes() for path in tmp_path.rglob("*.npz")}
    assert len(weights) == 2
    again = reproduce.reproduce(**settings, progress=False)
    assert [run["card"] for run in again] == [run["card"] for run in runs]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.npz")} == weights
    table = str(reproduce.as_table(runs))
    ours = evaluation.evaluate(str(tmp_path / "fsrcnn-s-x2"), "Set14", 2)["mean"]["psnr"]
    line = next(line for line in table.splitlines() if "fsrcnn-s x2" in line and "Set14" in line)
    paper = evaluation.paper("fsrcnn-s", "Set14", 2)["psnr"]
    assert f"{ours:.2f}" in line and f"{paper:.2f}" in line and f"{round(ours, 2) - paper:.2f}" in line
    assert "srcnn-313 x2" in table, "a network without a paper has a row as well"
    unprinted = {**runs[0], "card": {"scores": {"Set99": {"psnr": 28.5}}}}
    assert "28.50" in str(reproduce.as_table([unprinted])), "and so has a test set without printed figures"
    reproduce.plot(runs, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_moment_the_paper_was_met():
    paper = evaluation.paper("srcnn-915", "Set5", 3)["psnr"]
    history = [{"seconds": 10 * k, "Set5_psnr": paper + gain} for k, gain in enumerate((-0.5, -0.001, 0.0, 0.1))]
    run = {"model": "srcnn-915", "scale": 3, "history": history}
    assert reproduce.passed(run) == 20
    assert reproduce.passed({**run, "history": history[:2]}) is None
    assert reproduce.passed({**run, "model": "srcnn-313"}) is None


def test_the_papers_figures_for_our_networks():
    assert evaluation.paper("srcnn-915", "Set5", 3)["psnr"] == 32.39
    assert evaluation.paper("fsrcnn", "Set5", 3)["trained_on"] == "T91"
    assert evaluation.paper("srcnn-955", "Set5", 2)["trained_on"].startswith("ImageNet")
    assert evaluation.paper("srcnn-313", "Set5", 2) is None


def test_multiply_adds_for_one_output_pixel():
    assert benchmark.multiply_adds(models.build("srcnn-915"), 3, alone=True) == 8032
    assert benchmark.multiply_adds(models.build("fsrcnn", 3), 3) == round(12464 / 9)
    assert benchmark.multiply_adds(models.build("fsrcnn", 2), 2) == 12464 // 4
    assert benchmark.multiply_adds("bicubic", 2) == 6 and benchmark.multiply_adds("nearest", 2) == 0


def test_the_benchmark_measures_what_evaluate_measures(dataset):
    dataset("Set5")
    result = benchmark.benchmark(["bicubic", "srcnn-915"], [3], ["Set5"], repeats=2, progress=False)
    bicubic, network = result["rows"]
    told = evaluation.evaluate("srcnn-915", "Set5", 3)
    assert network["Set5"] == {**told["mean"], "photographs": evaluation.by_photograph(told)}
    assert bicubic["ms_per_megapixel"] > 0 and network["network_ms"] > 0
    assert network["of_matmul"] > 0 and network["weights"] == 8129 and bicubic["weights"] is None
    assert 30 < bicubic["peak_mib"] < network["peak_mib"] < 4096
    assert network["plain_keras_ms"] is None and bicubic["network_ms"] is None
    assert result["matmul_gflops"] > 1 and result["machine"] and result["device"]
    text = str(benchmark.as_table(result))
    assert "srcnn-915" in text and f"{network['Set5']['psnr']:.2f}" in text


def test_a_record_says_which_test_sets_it_holds():
    """One from before a test set came is read as it is."""
    recorded = records.load("benchmark")
    header = benchmark.as_table(recorded).header
    assert [name for name in catalog.TEST_SETS if f"{name} PSNR (dB)" in header] == recorded["data"]


def test_our_deconvolution_needs_fewer_operations_than_keras_own(dataset):
    """Counted, not timed: Keras' own multiplies with zeros that lie between the pixels."""
    model = models.build("fsrcnn", 3)
    method, plain = methods.get(model, 3), benchmark._plain(model)
    row = {"scale": 3, "ms_per_megapixel": 1e9, "network_ms": 1e9, "plain_keras_ms": 1e9}
    benchmark._time(row, method, plain)
    assert max(row["ms_per_megapixel"], row["network_ms"], row["plain_keras_ms"]) < 1e9, "all three were measured"
    x = np.random.default_rng(0).random((1, 30, 30, 1), np.float32)
    ours, theirs = (np.asarray(forward(x))[0, :, :, 0] for forward in (method.forward, plain))
    cut = (theirs.shape[0] - ours.shape[0]) // 2
    np.testing.assert_allclose(ours, theirs[cut:-cut, cut:-cut], atol=1e-5)


def test_a_training_step_is_timed_beside_keras_own():
    step = benchmark.training_step("srcnn-915", 3, batch=4, steps=5, rounds=3)
    assert step["ms_per_step"] > 0 and step["plain_fit_ms"] > 0 and step["batch"] == 4
    assert len(step["ratios"]) == 3 and min(step["ratios"]) <= step["ratio"] <= max(step["ratios"])
    assert "srcnn-915" in str(benchmark.training_table({"training": [step]}))
