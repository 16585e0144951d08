"""Record the tables of chapter 2 for readers without Set5 and Set14: results/interpolation.json, in seconds.

    python tools/record_interpolation.py

The libraries' calls and the round trip are the chapter's own: its cells tagged `libraries` are run here.
"""

import time
from pathlib import Path

import jupytext
import numpy as np

from srcnn import datasets, evaluation, records, resample

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = ROOT / "book" / "02_interpolation.md"
SCALES = (2, 3, 4)


def chapter_functions():
    """What the chapter's setup and library cells define."""
    namespace = {}
    for cell in jupytext.read(CHAPTER).cells:
        if {"setup", "libraries"} & set(cell.metadata.get("tags", [])):
            exec(compile(cell.source, str(CHAPTER), "exec"), namespace)
    return namespace


def kernels():
    """The mean scores of each kernel: dataset -> scale -> kernel -> {"psnr", "ssim", "mse"}."""
    return {
        data: {
            str(scale): {kernel: evaluation.evaluate(kernel, data, scale)["mean"] for kernel in resample.KERNELS}
            for scale in SCALES
        }
        for data in ("Set5", "Set14")
    }


def libraries(chapter):
    """The mean PSNR on Set5 of each library, used both ways: scale -> library -> dB."""
    photographs = datasets.load("Set5").values()
    return {
        str(scale): {
            library: float(np.mean([chapter["round_trip"](resize, photograph, scale) for photograph in photographs]))
            for library, resize in chapter["LIBRARIES"].items()
        }
        for scale in SCALES
    }


def main():
    """Measure, and write the record."""
    start = time.perf_counter()
    chapter = chapter_functions()
    measured = {"kernels": kernels(), "libraries": libraries(chapter)}
    facts = records.provenance()
    facts["versions"]["opencv"] = chapter["cv2"].__version__
    seconds = round(time.perf_counter() - start, 1)
    records.write_json(ROOT / "results" / "interpolation.json", {**measured, "seconds": seconds, **facts})
    print(f"results/interpolation.json: {seconds} s")


if __name__ == "__main__":
    main()
