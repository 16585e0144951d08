"""Make the landing page's slider, book/_static/slider.html, from a free photograph and the shipped weights."""

from pathlib import Path

import numpy as np

from srcnn import datasets, images, plotting, resample, upscale

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "slider.html"


def main():
    """Shrink part of a photograph, enlarge it by bicubic and by SRCNN, and write the slider."""
    photograph = datasets.load("sample")["chelsea"][6:282, 60:408]
    small = images.to_bytes(resample.downscale(photograph / 255, 3))
    versions = [upscale.upscale(small, 3, name) for name in ("bicubic", "srcnn-915")]
    versions = [np.repeat(np.repeat(version, 2, 0), 2, 1) for version in versions]
    html = plotting.slider(*versions, alt="a cat's face, enlarged three times", labels=("bicubic", "SRCNN"))
    TARGET.write_text(html.data + "\n")


if __name__ == "__main__":
    main()
