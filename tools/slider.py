"""Make the landing page's slider and the picture for who shares the book, from a free photograph and shipped weights.

book/_static/slider.html holds its two images; book/_static/card.jpg shows a part of both, side by side.
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from srcnn import datasets, images, plotting, resample, upscale

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"
LABELS = ("bicubic", "SRCNN")
ZOOM = 2
"""How many times as large as it is each pixel is shown on a wide screen."""


def main():
    """Shrink part of a photograph, enlarge it by bicubic and by SRCNN, and write both files."""
    photograph = datasets.load("sample")["chelsea"][6:282, 60:408]
    small = images.to_bytes(resample.downscale(photograph / 255, 3))
    versions = [upscale.upscale(small, 3, name) for name in ("bicubic", "srcnn-915")]
    html = plotting.slider(*versions, "a cat's face, enlarged three times", LABELS, ZOOM).data
    (STATIC / "slider.html").write_text(html + "\n")
    card(*versions).save(STATIC / "card.jpg", quality=85)


def card(before, after, size=(1200, 630), top=20, left=24):
    """The cat's eyes, bicubic in the left half and the network's in the right."""
    scale = 4
    box = (left, top, left + size[0] // scale, top + -(-size[1] // scale))
    halves = [Image.fromarray(one).crop(box).resize(size, Image.Resampling.NEAREST) for one in (before, after)]
    middle = size[0] // 2
    whole = halves[0]
    whole.paste(halves[1].crop((middle, 0, *size)), (middle, 0))
    draw = ImageDraw.Draw(whole)
    draw.line((middle, 0, middle, size[1]), fill="white", width=4)
    font = ImageFont.load_default(48)
    for x, anchor, label in ((24, "ls", LABELS[0]), (size[0] - 24, "rs", LABELS[1])):
        draw.text((x, size[1] - 24), label, "white", font, anchor, stroke_width=4, stroke_fill="black")
    return whole


if __name__ == "__main__":
    main()
