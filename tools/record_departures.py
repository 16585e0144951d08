"""Record what chapter 3 shows to readers without the datasets: results/departures.json, in seconds.

    python tools/record_departures.py

What each departure from the protocol does to bicubic's average on Set5 and Set14, and the scores of the copied result
on three images of T91. The functions are the chapter's own: its cells tagged `departures` and `autopsy` are run here.
"""

import time
from pathlib import Path

import jupytext

from srcnn import datasets, records

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = ROOT / "book" / "03_measuring.md"
SCALES = (2, 3, 4)


def chapter_functions():
    """What the chapter's setup cells, departures and autopsy define."""
    namespace = {}
    for cell in jupytext.read(CHAPTER).cells:
        if {"setup", "departures", "autopsy"} & set(cell.metadata.get("tags", [])):
            exec(compile(cell.source, str(CHAPTER), "exec"), namespace)
    return namespace


def departures(chapter):
    """The mean PSNR of bicubic: dataset -> scale -> "protocol" or departure -> dB."""
    return {
        data: {str(scale): chapter["averages"](datasets.load(data).values(), scale) for scale in SCALES}
        for data in ("Set5", "Set14")
    }


def autopsy(chapter):
    """What the chapter finds out about the copied result: image -> scores and suspects."""
    photographs = datasets.load("T91")
    return {image: chapter["examine"](photographs[image]) for image in chapter["COPIED"]}


def main():
    """Measure, and write the record."""
    start = time.perf_counter()
    chapter = chapter_functions()
    measured = {"departures": departures(chapter), "autopsy": autopsy(chapter)}
    facts = records.provenance()
    facts["versions"]["opencv"] = chapter["cv2"].__version__
    seconds = round(time.perf_counter() - start, 1)
    records.write_json(ROOT / "results" / "departures.json", {**measured, "seconds": seconds, **facts})
    print(f"results/departures.json: {seconds} s")


if __name__ == "__main__":
    main()
