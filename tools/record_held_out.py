"""Record bicubic's PSNR on the ten held-out photographs of T91: results/held_out.json, in seconds.

    python tools/record_held_out.py

Chapter 8 draws it as a line beside its recorded runs, without needing T91; tests/test_sweeps.py measures it again.
"""

from pathlib import Path

from srcnn import datasets, evaluation, records


def main():
    """Measure, and write the record."""
    _, held_out = datasets.split(datasets.load("T91"))
    psnr = {
        str(scale): round(evaluation.evaluate("bicubic", held_out, scale)["mean"]["psnr"], 4) for scale in (2, 3, 4)
    }
    path = Path(__file__).resolve().parent.parent / "results" / "held_out.json"
    records.write_json(path, {"bicubic": psnr, "images": list(held_out), **records.provenance()})


if __name__ == "__main__":
    main()
