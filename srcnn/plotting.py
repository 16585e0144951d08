"""The figures that several chapters draw. Each function takes its data first and draws on the Axes it is given."""

import base64
import io
import sys
import textwrap
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import InputError

STYLE = Path(__file__).with_name("srcnn.mplstyle")


def use_style():
    """Use the course's plot style from here on; in a notebook, drawings are shown as vectors beside their pixels."""
    plt.style.use(STYLE)
    warnings.filterwarnings("ignore", "Creating legend with loc", UserWarning)  # of machines that are slow, or busy
    ipython = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if ipython is not None:
        plt.switch_backend(plt.get_backend())  # now, since the notebook's backend forgets formats when it is first used
        ipython.display_formatter.formatters["image/svg+xml"].for_type(Figure, as_svg)


def as_svg(figure, pixels=40_000, size=80_000):
    """The figure as SVG text, the same bytes each time.

    None if it shows photographs, images of more than `pixels` pixels in all, or if the text is longer than `size`:
    then the pixels alone are shown, and a notebook stays small.
    """
    images = [image for ax in figure.findobj(Axes) for image in ax.images]
    if sum(np.size(image.get_array()) for image in images) > pixels:
        return None
    for image in images:
        image.set_interpolation("none")  # the array itself, which a browser draws as sharp squares
    file = io.StringIO()
    figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return file.getvalue() if len(file.getvalue()) <= size else None


def show(image, ax, title=None):
    """Show a photograph, uint8 or float in [0, 1], grey or colour, pixel for pixel and without axes."""
    image = np.asarray(image)
    if image.dtype != np.uint8:
        image = image.clip(0, 1)
    ax.imshow(image, vmin=0, vmax=255 if image.dtype == np.uint8 else 1, interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title)


def comparison(images, zoom, *, columns=None):
    """Draw several versions of one picture, each with the same square enlarged in a corner.

    images: dict title -> image; all show the same scene, a smaller one (LR) is drawn as large as the first.
    zoom: (top, left, size) of the square, in pixels of the first image.
    Returns: the figure.
    """
    first = next(iter(images.values()))
    height, width = first.shape[:2]
    top, left, size = zoom
    if not (top >= 0 and left >= 0 and size >= 2 and top + size <= height and left + size <= width):
        raise InputError(f"zoom={zoom} does not lie inside the first image of {width} x {height} pixels")
    columns = columns or len(images)
    rows = -(-len(images) // columns)
    wide = 10 if columns > 2 else 7.5
    size_in = (wide, wide / columns * height / width * rows + 0.35 * rows)
    fig, axes = plt.subplots(rows, columns, figsize=size_in, squeeze=False)
    for ax in axes.flat[len(images) :]:
        ax.remove()
    # the corner farthest from what is enlarged
    x0 = 0.02 if left + size / 2 > width / 2 else 0.53
    y0 = 0.02 if top + size / 2 < height / 2 else 0.98 - 0.45 * width / height
    for ax, (title, image) in zip(axes.flat, images.items(), strict=False):
        show(image, ax)
        ax.set_title(title, fontsize=20 if wide == 10 else 14)  # to be read on a telephone as well
        factor = image.shape[0] / height
        y, x, side = round(top * factor), round(left * factor), max(2, round(size * factor))
        ax.add_patch(Rectangle((x - 0.5, y - 0.5), side, side, fill=False, edgecolor="#D55E00", linewidth=1.5))
        inset = ax.inset_axes([x0, y0, 0.45, 0.45 * width / height])
        show(image[y : y + side, x : x + side], inset)
        inset.set_axis_on()
        inset.set(xticks=[], yticks=[])
        inset.grid(False)
        inset.spines[:].set(visible=True, edgecolor="#D55E00", linewidth=1.5)
    return fig


def error_map(hr, sr, ax, title=None, limit=40):
    """Show sr - hr of two uint8 luma images: blue too dark, white right, red too bright, saturated at `limit`."""
    difference = np.asarray(sr, float) - np.asarray(hr, float)
    drawn = ax.imshow(difference, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title)
    return drawn


def curves(runs, ax):
    """Draw the held-out PSNR of trainings against their steps: dict label -> history (see training.train)."""
    for label, rows in runs.items():
        ax.plot([row["step"] for row in rows], [row["val_psnr"] for row in rows], label=label)
    ax.set(xlabel="step", ylabel="PSNR on held-out images (dB)")
    if len(runs) > 1:
        ax.legend()


def dots(scores, ax, bicubic=None):
    """Draw a line of dots for each variant, one for each seed, and a bar at their mean: dict variant -> PSNR in dB.

    bicubic: its PSNR, if it is to be drawn as a broken line.
    """
    for row, values in enumerate(scores.values()):
        ax.scatter(values, [row] * len(values), s=28, alpha=0.7, zorder=3)
        ax.plot([np.mean(values)] * 2, [row - 0.25, row + 0.25], color="black", linewidth=1.5)
    if bicubic is not None:
        ax.axvline(bicubic, color="black", linestyle="--", linewidth=1)
        ax.annotate("bicubic", (bicubic, -0.5), xytext=(4, -2), textcoords="offset points", va="top")
    ax.set_yticks(range(len(scores)), [textwrap.fill(name, 20) for name in scores])
    ax.locator_params(axis="x", nbins=5)
    ax.set(xlabel="PSNR, held out (dB)", ylim=(len(scores) - 0.5, -0.5))


def forest(effects, ax):
    """Draw differences with their intervals, one below the other, and a line at 0.

    effects: dict name -> [(mean, half), ...], in dB: the mean and half the width of one interval or more, each of
    which is drawn in a colour of its own, slightly below the one before. Where it holds 0 the mark is hollow.
    """
    places, rows = np.arange(len(effects)), list(zip(*effects.values(), strict=True))
    apart = 0.22 if len(rows) < 5 else 0.8 / len(rows)  # the last of one name stays above the first of the next
    for number, intervals in enumerate(rows):
        for place, (mean, half) in zip(places + apart * number, intervals, strict=True):
            color, face = f"C{number}", "white" if abs(mean) <= half else f"C{number}"
            look = {"fmt": "os^Dv"[number % 5], "color": color, "markerfacecolor": face, "markersize": 4, "capsize": 2}
            ax.errorbar(mean, place, xerr=half, **look)
    ax.axvline(0, color="gray", linewidth=1)
    ax.set_yticks(places, [textwrap.fill(name, 26) for name in effects])
    ax.invert_yaxis()


def filters(kernel, columns=16, order=None):
    """Draw the filters of a first layer, (f, f, 1, n), each on its own symmetric grey scale.

    They are sorted by strength, the root of the sum of squares; or by that of another kernel, `order`.
    """
    strength = np.square(kernel if order is None else order).sum((0, 1, 2))
    kernel, order = np.asarray(kernel)[:, :, 0, :], np.argsort(-strength)
    rows = -(-kernel.shape[-1] // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(10, 10 * rows / columns), squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, k in zip(axes.flat, order, strict=False):
        limit = abs(kernel[..., k]).max() or 1
        ax.imshow(kernel[..., k], vmin=-limit, vmax=limit, interpolation="nearest")
    return fig


SLIDER = """\
<div class="slider" style="--x: 50%; position: relative; max-width: {shown}px; image-rendering: {rendering};
     aspect-ratio: {width}/{height}; overflow: hidden; margin: 1rem auto">
 <style>
  .slider > img {{position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; padding: 0; border-radius: 0}}
  .slider > span {{position: absolute; bottom: .4rem; background: #000b; color: #fff; padding: .1rem .5rem}}
  .slider > i {{position: absolute; top: 0; bottom: 0; left: var(--x); width: 2px; background: #fff}}
  .slider > input {{position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize}}
 </style>
 <img src="data:image/webp;base64,{after}" alt="{alt}: {labels[1]}">
 <img src="data:image/webp;base64,{before}" alt="{alt}: {labels[0]}"
      style="clip-path: inset(0 calc(100% - var(--x)) 0 0)">
 <i></i><span style="left: .4rem">{labels[0]}</span><span style="right: .4rem">{labels[1]}</span>
 <input type="range" min="0" max="100" value="50" aria-label="{labels[0]} or {labels[1]}"
        oninput="this.parentNode.style.setProperty('--x', this.value + '%')">
</div>"""


def slider(before, after, alt, labels=("before", "after"), zoom=1):
    """An HTML before/after slider of two uint8 images of equal size, for a notebook and the book.

    zoom: how many times as large as it is each pixel is shown, where there is room; the browser repeats it.
    """
    from IPython.display import HTML

    if before.shape != after.shape:
        raise InputError(f"the slider's images differ in size: {before.shape} and {after.shape}")
    height, width = before.shape[:2]
    sizes = {"height": height, "width": width, "shown": zoom * width, "rendering": "pixelated" if zoom > 1 else "auto"}
    return HTML(SLIDER.format(alt=alt, labels=labels, before=_webp(before), after=_webp(after), **sizes))


def _webp(image):
    """Without a loss, in half the bytes of a PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", lossless=True, quality=100, method=6)
    return base64.b64encode(file.getvalue()).decode()
