"""Makes runs.csv, the measurements behind the three example reports. Some minutes on two cores, and resumable.

    python -m assignments.project.examples.measure

The question of all three: is a network that was trained on gravel alone better at gravel than one that was trained on
many things? Both see the same number of patches; a photograph's left half is trained on, right halves are measured.
"""

import csv
from pathlib import Path

import numpy as np

from srcnn import catalog, datasets, evaluation, resample, training
from srcnn.files import atomic_write

RUNS = Path(__file__).with_name("runs.csv")
SCALE, STEPS, SEEDS = 3, 300, (0, 1, 2, 3, 4)
DIETS = {"gravel": ("gravel",), "mixed": ("gravel", "astronaut", "chelsea", "coffee", "brick", "grass")}
MEASURED = ("gravel", "brick", "grass", "camera", "rocket")


def halves(names):
    """The left and the right half of some photographs, no larger than 240 pixels each way."""
    photographs = {name: datasets.load("sample")[name] for name in names}
    left = {name: image[:240, : image.shape[1] // 2][:, -240:] for name, image in photographs.items()}
    right = {name: image[:240, image.shape[1] // 2 :][:, :240] for name, image in photographs.items()}
    return left, right


def sharpened(lr, scale, amount=0.6):
    """Bicubic and unsharp masking with a fixed amount: the baseline that needs no training (Exercise 4.3)."""
    from scipy import ndimage

    ilr = resample.enlarge(lr, scale)
    return ilr + amount * (ilr - ndimage.uniform_filter(ilr, 5, mode="nearest"))


def rows_of(method, diet, seed, photographs, enlarge=None):
    """The PSNR of each photograph: by a method of the package, or by a function of (lr, scale)."""
    for name, photograph in photographs.items():
        hr, lr = resample.pair(photograph, SCALE)
        if enlarge:
            psnr = evaluation.score(hr, enlarge(lr, SCALE), SCALE)["psnr"]
        else:
            psnr = evaluation.evaluate(method, {name: photograph}, SCALE)["mean"]["psnr"]
        yield {"diet": diet, "seed": seed, "photograph": name, "psnr": f"{psnr:.4f}"}


def main():
    """Adds what is missing to runs.csv, training by training."""
    seen, measured = halves(DIETS["mixed"])[0], halves(MEASURED)[1]
    measured["gravel, trained on"] = seen["gravel"]
    rows = read()
    if not rows:
        save([*rows_of("bicubic", "bicubic", "", measured), *rows_of("", "sharpened", "", measured, sharpened)])
    recipe = catalog.recipe("srcnn-915", SCALE, steps=STEPS, validate_every=STEPS)
    for seed in SEEDS:
        for diet, names in DIETS.items():
            rows = read()
            if any(row["diet"] == diet and row["seed"] == str(seed) for row in rows):
                continue
            photographs = {name: seen[name] for name in names}, {"rocket": halves(["rocket"])[0]["rocket"]}
            network, _ = training.train("srcnn-915", SCALE, photographs, recipe, seed=seed, progress=False)
            save([*rows, *rows_of(network, diet, seed, measured)])


def read():
    """The rows of runs.csv so far."""
    if not RUNS.is_file():
        return []
    with open(RUNS, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def save(rows):
    """Write runs.csv, whole or not at all."""
    with atomic_write(RUNS) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def psnr(diet, photograph):
    """The PSNRs of runs.csv as an array: one for each seed."""
    return np.array([float(r["psnr"]) for r in read() if r["diet"] == diet and r["photograph"] == photograph])


if __name__ == "__main__":
    main()
