"""Small pictures that bicubic did not make (chapter 13)."""

import numpy as np
import pytest

from srcnn import InputError, catalog, degradations, metrics, resample
from srcnn.patches import Patches


@pytest.fixture
def hr(astronaut):
    return resample.pair(astronaut[:240, :240], 3)[0]


def test_no_degradation_is_the_protocol(hr):
    np.testing.assert_array_equal(degradations.degrade(hr, 3), resample.downscale(hr, 3))


@pytest.mark.parametrize("scale", catalog.SCALES)
def test_every_kind_has_the_size_of_the_lr(astronaut, scale):
    hr, lr = resample.pair(astronaut[:121, :123], scale)
    for options in degradations.KINDS.values():
        made = degradations.degrade(hr, scale, **options)
        assert made.shape == lr.shape and made.dtype == np.float32


def test_each_does_what_it_says(hr):
    plain = degradations.degrade(hr, 3)
    soft, sharp = (degradations.degrade(hr, 3, **{name: 1.0}) for name in ("blur", "sharpen"))
    edges = [np.abs(np.diff(lr)).mean() for lr in (soft, plain, sharp)]
    assert edges == sorted(edges) and edges[0] < 0.7 * edges[1] < 0.7 * 0.8 * edges[2]
    error = [metrics.mse(plain, degradations.degrade(hr, 3, quality=quality)) for quality in (20, 60, 95)]
    assert error == sorted(error, reverse=True) and error[-1] > 0


def test_without_antialiasing_pixels_are_taken(hr):
    np.testing.assert_array_equal(degradations.degrade(hr, 3, blur=None), hr[1::3, 1::3])


def test_what_cannot_be_is_refused(hr):
    for options in ({"blur": -1}, {"sharpen": 9}, {"quality": 100}, {"quality": 0}):
        with pytest.raises(InputError, match="quality is 1 to 95"):
            degradations.degrade(hr, 3, **options)


def test_draws_are_of_all_sorts_and_repeat():
    drawn = [degradations.draw(np.random.default_rng(seed)) for seed in range(60)]
    assert drawn == [degradations.draw(np.random.default_rng(seed)) for seed in range(60)]
    assert {key for options in drawn for key in options} == {"blur", "sharpen", "quality"} and {} in drawn


def test_patches_can_be_degraded_and_their_targets_are_not(photographs):
    plain, mixed = (
        Patches(photographs, 2, batch_size=4, patch_size=20, margin=2, factor=2, degraded=degraded)
        for degraded in (False, True)
    )
    assert len(mixed.wanted) == Patches.VERSIONS * len(plain.wanted)
    assert np.array_equal(np.unique(mixed.wanted), np.unique(plain.wanted))
    again = Patches(photographs, 2, batch_size=4, patch_size=20, margin=2, factor=2, degraded=True)
    np.testing.assert_array_equal(again.given, mixed.given)
    assert not np.array_equal(mixed.given[: len(plain.given)], plain.given)
