"""Numbers that the text of an exercise promises to whoever solves it."""

from pathlib import Path

import numpy as np
import pytest
from answers import ch01, ch02, ch03, ch08

from srcnn import datasets, evaluation, methods, pretrained, resample


def test_the_count_of_the_text():
    count = ch01.pixel_by_pixel
    assert count(510, 4) == 11_184_896 and count(6, 4, 4) == 44 and count(255, 2) == 256


def test_the_constant_of_the_package_is_minus_one_half():
    assert ch02.near_the_line(resample.enlarge) == pytest.approx(-0.5, abs=1e-5)


def test_the_bill_of_the_text():
    assert ch02.in_one_line(510, 510, 3) == (1_387_200, 4_161_600)


def test_the_mirrored_matrix_is_the_package_s_enlargement(rng):
    image = rng.random((7, 9))
    by_matrices = ch02.folded(7, 21) @ image @ ch02.folded(9, 27).T
    np.testing.assert_allclose(by_matrices, resample.enlarge(image, 3), atol=1e-6)


def test_the_expected_numbers_of_chapter_3_are_right():
    """The figures after "Expected" in the text of the exercises."""
    text = (Path(__file__).parent.parent / "book" / "03_measuring.md").read_text()
    hr, sr = np.array([[3, 9]], np.uint8), np.array([[4, 8]], np.uint8)
    assert f"is {ch03.psnr(hr, sr, 255):.2f} for `hr = np.array([[3, 9]]" in text
    assert "25.5 for 20 dB, and 1 for 48.13 dB" in text and abs(20 * np.log10(255) - 48.13) < 0.005
    means = (np.array([value]) for value in (100.0, 110.0, 10400.0, 12500.0, 11300.0))
    assert f"for the five, about {ch03.five(*means)[0]:.3f}." in text
    for printed, word in ((25.12, "fine"), (24.15, "pooled")):
        assert f'`verdict([100.0, 400.0], {printed})` is `"{word}"`' in text
        assert ch03.verdict([100.0, 400.0], printed) == word
    sample = datasets.load("sample")
    mean = evaluation.evaluate("bicubic", "sample", 3)["mean"]["psnr"]
    assert abs(ch03.score(list(sample.values()), 3, resample.enlarge) - mean) < 1e-9


@pytest.mark.parametrize(
    "name, data, last", [("butterfly", "Set5", 0.79), ("baboon", "Set14", 0.45), ("barbara", "Set14", 0.27)]
)
def test_the_strongest_edges_gain_what_exercise_7_4_promises(dataset, name, data, last):
    hr, lr = resample.pair(dataset(data)[name], 3)
    bicubic = resample.enlarge(lr, 3)
    sr = methods.predict(pretrained.load("srcnn-915", 3), bicubic)
    assert ch08.shares(hr, bicubic, sr, 4)[-1] == pytest.approx(last, abs=0.006)
