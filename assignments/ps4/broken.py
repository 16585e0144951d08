"""Makes broken.csv: the logs of small trainings, each with one thing wrong, for question 4.8. A minute on two cores.

python -m assignments.ps4.broken
"""

import csv
from pathlib import Path

import numpy as np

from assignments.ps4.written import PATIENTS
from srcnn import datasets, resample
from srcnn.models import keras

TRAINING, HELD_OUT = ("astronaut", "chelsea", "coffee", "rocket"), "camera"
SCALE, SIDE, MARGIN, STEPS, EVERY = 3, 33, 6, 600, 100


def pairs(names, rng, count):
    """Bicubic patches (N, 33, 33, 1) and their targets (N, 21, 21, 1), random places of the named photographs."""
    x, y, photographs = [], [], datasets.load("sample")
    enlarged = [
        (resample.enlarge(lr, SCALE), hr) for hr, lr in (resample.pair(photographs[name], SCALE) for name in names)
    ]
    for k in range(count):
        ilr, hr = enlarged[k % len(enlarged)]
        i, j = (int(rng.integers(side - SIDE)) for side in hr.shape)
        x.append(ilr[i : i + SIDE, j : j + SIDE])
        y.append(hr[i + MARGIN : i + SIDE - MARGIN, j + MARGIN : j + SIDE - MARGIN])
    return np.array(x)[..., None], np.array(y)[..., None]


def small_network(seed, bias=0.0):
    """A 9-1-5 with 16 and 8 filters, He's start."""
    start = [keras.initializers.HeNormal(seed=3 * seed + k) for k in range(3)]
    first = keras.layers.Conv2D(
        16, 9, activation="relu", kernel_initializer=start[0], bias_initializer=keras.initializers.Constant(bias)
    )
    second = keras.layers.Conv2D(8, 1, activation="relu", kernel_initializer=start[1])
    return keras.Sequential(
        [keras.Input((None, None, 1)), first, second, keras.layers.Conv2D(1, 5, kernel_initializer=start[2])]
    )


def psnr(a, b):
    return float(-10 * np.log10(np.mean((a - b) ** 2)))


def log(patient, seed=0):
    """The rows of one training: step, PSNR of training and held-out patches, closed units, mean of the output."""
    rng = np.random.default_rng(seed)
    x, y = pairs(TRAINING, rng, 4 if patient == "few" else 512)
    x_held, y_held = pairs([HELD_OUT], rng, 64)
    bicubic = psnr(x_held[:, MARGIN:-MARGIN, MARGIN:-MARGIN], y_held)
    if patient == "pairs":
        y = rng.permutation(y)
    if patient == "shift":
        x = np.roll(x, 1, axis=2)
    if patient == "range":
        x_held = 255 * x_held
    network = small_network(seed, bias=-2.0 if patient == "dead" else 0.0)
    network.compile(keras.optimizers.Adam(0.2 if patient == "rate" else 0.002), "mse")
    for step in range(0, STEPS + 1, EVERY):
        shown = network.predict(x[:64], verbose=0), network.predict(x_held, verbose=0)
        first = np.asarray(network.layers[0](x_held))
        closed = int((first.max(axis=(0, 1, 2)) <= 0).sum())
        yield {
            "patient": patient, "step": step, "training": f"{psnr(shown[0], y[:64]):.2f}",
            "held_out": f"{psnr(shown[1], y_held):.2f}", "bicubic": f"{bicubic:.2f}", "closed": closed,
            "mean": f"{shown[1].mean():.3f}", "target": f"{y_held.mean():.3f}",
        }  # fmt: skip
        for _ in range(EVERY if step < STEPS else 0):
            chosen = rng.integers(len(x), size=16)
            network.train_on_batch(x[chosen], y[chosen])


def main():
    rows = [row for patient in PATIENTS for row in log(patient)]
    with open(Path(__file__).with_name("broken.csv"), "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
