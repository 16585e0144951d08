"""Figures: drawings are vectors, the same bytes each time; photographs stay pixels."""

import base64
import io
import re

import matplotlib
import numpy as np
import pytest
from PIL import Image

matplotlib.use("agg")
import matplotlib.pyplot as plt

from srcnn import InputError, plotting


@pytest.fixture
def axes():
    with plt.style.context(plotting.STYLE):
        figure, axes = plt.subplots(figsize=(3, 2))
        yield axes
        plt.close(figure)


def test_a_drawing_is_a_vector_with_the_same_bytes_each_time():
    drawn = []
    for _ in range(2):
        with plt.style.context(plotting.STYLE):
            figure, axes = plt.subplots(figsize=(3, 2))
            axes.plot([1, 3, 2], label="a curve")
            axes.legend()
            drawn.append(plotting.as_svg(figure))
            plt.close(figure)
    assert "<svg" in drawn[0] and "<image" not in drawn[0] and "dc:date" not in drawn[0]
    assert drawn[0] == drawn[1]


def test_a_small_array_is_drawn_as_squares_of_its_own(axes):
    axes.imshow(np.eye(6))
    drawn = plotting.as_svg(axes.figure)
    assert drawn.count("<image") == 1 and "pixelated" in drawn


def test_a_photograph_in_a_figure_or_in_its_inset_stays_pixels(axes, astronaut):
    inset = axes.inset_axes([0, 0, 0.5, 0.5])
    inset.imshow(astronaut)
    assert plotting.as_svg(axes.figure) is None


def test_a_drawing_of_very_many_lines_stays_pixels(axes):
    axes.plot(np.random.default_rng(0).random((60, 200)))
    assert plotting.as_svg(axes.figure) is None


def test_outside_of_a_notebook_the_style_is_all(monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "IPython", raising=False)
    plotting.use_style()
    assert matplotlib.get_backend().lower() == "agg" and plt.rcParams["svg.hashsalt"] == "srcnn"


def test_filters_keep_the_places_of_another_kernel():
    rng = np.random.default_rng(0)
    kernel, other = rng.normal(size=(3, 3, 1, 4)), rng.normal(size=(3, 3, 1, 4)) * np.array([1, 4, 3, 2])
    figure = plotting.filters(kernel, columns=4, order=other)
    drawn = [np.asarray(ax.images[0].get_array()) for ax in figure.axes]
    plt.close(figure)
    for array, k in zip(drawn, (1, 2, 3, 0), strict=True):
        np.testing.assert_array_equal(array, kernel[:, :, 0, k])


def test_many_intervals_of_one_name_lie_one_below_the_other(axes):
    for count in (1, 3, 4, 11):
        axes.clear()
        plotting.forest({name: [(0.1 * k, 0.2) for k in range(count)] for name in ("one", "two")}, axes)
        drawn = sorted((mark.lines[0].get_ydata()[0], mark.lines[0].get_marker()) for mark in axes.containers)
        places, marks = zip(*drawn, strict=True)
        assert len(drawn) == 2 * count and np.diff(places).min() > 0.05 and places[count - 1] < places[count] == 1
        assert len(set(marks)) == min(count, 5)


def test_a_slider_holds_both_pictures_as_they_are(astronaut):
    before, after = astronaut[:40, :60], astronaut[40:80, :60]
    html = plotting.slider(before, after, "a face", ("soft", "sharp"), zoom=3).data
    found = [Image.open(io.BytesIO(base64.b64decode(data))) for data in re.findall(r"base64,([^\"]+)", html)]
    for picture, wanted in zip(found, (after, before), strict=True):
        np.testing.assert_array_equal(np.asarray(picture), wanted)
    assert "max-width: 180px" in html and 'alt="a face: soft"' in html and 'aria-label="soft or sharp"' in html
    with pytest.raises(InputError, match="differ in size"):
        plotting.slider(before, after[1:], "a face")
