"""The evaluation protocol, against the papers' printed averages and a per-image reference."""

import json
from pathlib import Path

import numpy as np
import pytest

from srcnn import InputError, catalog, datasets, evaluation

REFERENCE = json.loads(Path(__file__).with_name("bicubic_per_image.json").read_text())
PRINTED = [(row["dataset"], row["scale"]) for row in evaluation.published("bicubic")]


def test_bicubic_is_printed_for_every_test_set_of_the_papers_and_every_scale():
    assert set(PRINTED) >= {(name, scale) for name in ("Set5", "Set14", "BSD100") for scale in catalog.SCALES}
    assert {name for name, _ in PRINTED} <= set(catalog.TEST_SETS)


@pytest.mark.parametrize("name, scale", PRINTED)
def test_bicubic_equals_the_published_average(dataset, name, scale):
    dataset(name)
    mean = evaluation.evaluate("bicubic", name, scale)["mean"]
    (paper,) = evaluation.published("bicubic", name, scale)
    # those of Set5 and Set14 are met to the last digit; others were read in a later paper
    psnr, ssim = (0.005, 0.0001) if name in ("Set5", "Set14") else (0.01, 0.0002)
    assert mean["psnr"] == pytest.approx(paper["psnr"], abs=psnr)
    assert mean["ssim"] == pytest.approx(paper["ssim"], abs=ssim)


@pytest.mark.parametrize("name, scale", [(name, scale) for name in ("Set5", "Set14") for scale in (2, 3, 4)])
def test_bicubic_equals_the_reference_image_by_image(dataset, name, scale):
    dataset(name)
    rows = {row["name"]: row for row in evaluation.evaluate("bicubic", name, scale)["images"]}
    expected = {image: pair for image, pair in REFERENCE[f"{name}_x{scale}"].items() if image != "mean"}
    assert set(rows) == set(expected)
    for image, (psnr, ssim) in expected.items():
        assert rows[image]["psnr"] == pytest.approx(psnr, abs=0.001), image
        assert rows[image]["ssim"] == pytest.approx(ssim, abs=0.00002), image


def test_the_mean_is_over_images_and_the_json_has_the_promised_keys(astronaut):
    crops = {"a": astronaut[:60, :70], "b": astronaut[200:290, 100:200]}
    table = evaluation.evaluate("bicubic", crops, 2)
    assert list(table) == ["model", "data", "scale", "images", "mean"]
    assert [list(row) for row in table["images"]] == [["name", "psnr", "ssim", "mse"]] * 2
    assert table["mean"]["psnr"] == pytest.approx(np.mean([row["psnr"] for row in table["images"]]))
    assert json.loads(json.dumps(table)) == table


def test_score_clips_rounds_and_shaves(rng):
    hr = rng.random((40, 40)).astype(np.float32)
    sr = hr.copy()
    sr[:3] = sr[-3:] = 9  # outside what is measured
    assert evaluation.score(hr, sr, 3)["mse"] == 0
    sr = hr + 0.4 / 255  # less than half a grey level from a rounded value changes nothing
    hr = np.rint(hr * 255) / 255
    assert evaluation.score(hr, hr + 0.4 / 255, 3)["mse"] == 0
    assert evaluation.score(np.ones((40, 40)), np.full((40, 40), 7.0), 3)["psnr"] == float("inf")


def test_published_figures_can_be_filtered():
    rows = evaluation.published("SRCNN 9-1-5", "Set5", 3)
    assert [(row["psnr"], row["ssim"]) for row in rows] == [(32.39, None)]


def test_a_photograph_too_small_for_ssim_is_named(astronaut):
    with pytest.raises(InputError, match="tiny of 12 x 10 pixels is too small"):
        evaluation.evaluate("bicubic", {"tiny": astronaut[:10, :12]}, 2)


def test_a_grey_file_is_taken_as_it_is(dataset):
    bridge = dataset("Set14")["bridge"]
    assert bridge.ndim == 2
    assert len([1 for image in datasets.load("Set14").values() if image.ndim == 2]) == 1
