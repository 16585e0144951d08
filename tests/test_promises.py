"""Numbers that the text of an exercise promises to whoever solves it."""

import pytest
from answers.ch07 import shares

from srcnn import degrade, models, upscale


@pytest.mark.parametrize(
    "name, data, last", [("butterfly", "Set5", 0.79), ("baboon", "Set14", 0.45), ("barbara", "Set14", 0.27)]
)
def test_the_strongest_edges_gain_what_exercise_7_4_promises(dataset, name, data, last):
    hr, lr = degrade.pair(dataset(data)[name], 3)
    bicubic = degrade.enlarge(lr, 3)
    sr = upscale.predict(models.load("srcnn-915", 3), bicubic)
    assert shares(hr, bicubic, sr, 4)[-1] == pytest.approx(last, abs=0.006)
