"""The record behind chapter 3: fresh departures equal the recorded ones, and the copied digits are found again."""

import functools
import sys
from pathlib import Path

import matplotlib
import pytest

from srcnn import evaluation, images, metrics, records, resample

matplotlib.use("agg")
sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import record

RECORDED = records.load("departures")
COLUMNS = [(name, scale) for name in ("Set5", "Set14") for scale in (2, 3, 4)]


@functools.cache
def chapter():
    return record.chapter_functions("03", ("departures", "autopsy"))


@pytest.mark.parametrize("name, scale", COLUMNS)
def test_the_recorded_protocol_is_the_published_bicubic(name, scale):
    (paper,) = evaluation.published("bicubic", name, scale)
    assert RECORDED["departures"][name][str(scale)]["protocol"] == pytest.approx(paper["psnr"], abs=0.005)


@pytest.mark.parametrize("name, scale", [("Set5", 2), ("Set5", 3), ("Set14", 3)])
def test_recorded_departures_equal_a_fresh_computation(dataset, name, scale):
    fresh = chapter()["averages"](dataset(name).values(), scale)
    assert fresh == pytest.approx(RECORDED["departures"][name][str(scale)], abs=0.001)


def test_recorded_kernels_equal_a_fresh_computation(dataset):
    photographs = dataset("Set5")
    for kernel, means in RECORDED["kernels"]["Set5"]["3"].items():
        assert evaluation.evaluate(kernel, photographs, 3)["mean"] == pytest.approx(means, abs=0.001), kernel


def test_no_antialiasing_is_keras_bicubic_without_antialias(rng):
    import numpy as np

    from srcnn.models import keras

    image = rng.random((24, 36)).astype(np.float32)
    for scale in (2, 3, 4):
        twin = keras.ops.image.resize(
            image[..., None], (24 // scale, 36 // scale), interpolation="bicubic", antialias=False
        )
        given = chapter()["no_antialiasing"](image, scale)
        np.testing.assert_allclose(given, keras.ops.convert_to_numpy(twin)[..., 0], atol=1e-5)


def test_the_copied_digits_are_recorded_and_found_again(dataset):
    photographs = dataset("T91")
    for image, told in chapter()["COPIED"].items():
        assert RECORDED["autopsy"][image]["scores"] == told
        assert chapter()["examine"](photographs[image])["scores"] == pytest.approx(told, rel=1e-12)


def test_not_shaving_costs_two_photographs_of_set14(dataset):
    """The second lesson below Figure 3.4."""
    effect = {}
    for name, photograph in dataset("Set14").items():
        hr, lr = resample.pair(photograph, 3)
        hr, sr = images.to_bytes(hr), images.to_bytes(resample.enlarge(lr, 3))
        effect[name] = metrics.psnr(hr, sr) - metrics.psnr(images.shave(hr, 3), images.shave(sr, 3))
    two = effect.pop("pepper"), effect.pop("foreman")
    assert max(two) < -1 and abs(sum(effect.values())) < 0.1 * abs(sum(two)), "nearly all of it"
