"""Answers to the exercises of chapter 6: right ones, however written, and wrong ones with the slip that they make."""

import json
import math
import tempfile
from pathlib import Path

import numpy as np


def learn(x, y, steps=600, start="he_normal", seed=1):
    from srcnn.layers import keras

    keras.utils.set_random_seed(seed)
    conv = keras.layers.Conv2D
    network = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            conv(64, 9, activation="relu", kernel_initializer=start),
            conv(32, 1, activation="relu", kernel_initializer=start),
            conv(1, 5, kernel_initializer=start),
        ]
    )
    network.compile(keras.optimizers.Adam(2e-3), "mse")
    if steps:
        network.fit(x, y, batch_size=len(x), epochs=steps, verbose=0)
    return network


def from_bicubic(x, y):
    from srcnn import models

    network = models.srcnn(init="identity")
    network.compile("adam", "mse")
    network.fit(x, y, batch_size=len(x), epochs=400, verbose=0)
    return network


def padded(x, y):
    from srcnn.layers import keras

    return keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(1, 3, padding="same")])


def history_of(x, y):
    network = learn(x, y, steps=0)
    return network.fit(x, y, verbose=0)


def fit(
    network, x, y, size, epochs, rng, *, order=None, mean=np.average, same=True, keep=True, start=0.0, once=False
):  # fmt: skip
    """The loop, with one slip for each option."""
    history, order_once = [], rng.permutation(len(x))
    for _ in range(epochs):
        indices = order_once if once else (order or rng.permutation)(len(x))
        indices = indices if keep else indices[: len(x) // size * size]
        losses, weights = [], []
        for first in range(0, len(indices), size):
            chosen = indices[first : first + size]
            losses.append(float(network.train_on_batch(x[chosen], y[chosen] if same else y[first : first + size])))
            weights.append(len(chosen))
        history.append(start + mean(losses, weights=weights))
    return history


def fit_by_hand(network, x, y, batch_size, epochs, rng):
    indices, means = np.arange(len(x)), np.zeros(epochs)
    for epoch in range(epochs):
        rng.shuffle(indices)
        for chosen in np.split(indices, range(batch_size, len(x), batch_size)):
            means[epoch] += network.train_on_batch(x[chosen], y[chosen]) * len(chosen) / len(x)
    return means


def fit_growing(network, *rest):
    return np.cumsum(fit(network, *rest))


def fastest(ms):
    return max(ms, key=lambda batch: batch / ms[batch])


def enough(ms, share=0.9):
    best = max(batch / time for batch, time in ms.items())
    return min(batch for batch, time in ms.items() if batch / time >= share * best)


def entry(psnr=28.0, seeds=(0, 1, 2), seconds=100.0, images=None, rows=2, **changed):
    """Three run folders as training.train leaves them; `changed` holds for the last run alone."""
    from srcnn import records

    images = images or records.load("held_out")["images"]
    folders = [Path(tempfile.mkdtemp(prefix="entry-")) for _ in seeds]
    for k, (folder, seed) in enumerate(zip(folders, seeds, strict=True)):
        settings = {"model": "srcnn-915", "scale": 3, "seed": seed, "held_out": images, "batch_size": 16}
        settings |= changed if k == len(seeds) - 1 else {}
        (folder / "settings.json").write_text(json.dumps(settings))
        lines = [f"{100 * (n + 1)},{seconds},{psnr + 0.1 * n + 0.01 * k}" for n in range(rows)]
        (folder / "history.csv").write_text("\n".join(["step,seconds,val_psnr", *lines]) + "\n")
    return folders


RIGHT = {
    "6.1": [lambda psnr: 10 ** (-psnr / 10), lambda psnr: math.exp(-psnr * math.log(10) / 10)],
    "6.2": [learn, from_bicubic],
    "6.3": [fit, fit_by_hand],
    "6.4": [enough, lambda ms: np.int64(enough(ms))],
    "6.5": [entry, lambda: tuple(map(str, entry(seeds=(2, 0, 1))))],
}

WRONG = {
    "6.1": [
        (lambda psnr: 10 ** (psnr / 10), "smaller loss"),
        (lambda psnr: 255**2 / 10 ** (psnr / 10), "0..255"),
        (lambda psnr: 10 ** (-psnr / 20), "root"),
        (lambda psnr: math.exp(-psnr / 10), "base 10"),
        (lambda psnr: None, "return"),
        (lambda psnr: 1 / (psnr - 20), "ZeroDivisionError"),
    ],
    "6.2": [
        (lambda x, y: learn(x, y, steps=5), "train longer"),
        (history_of, "return the network itself"),
        (padded, "without padding"),
        (lambda x, y: learn(np.zeros_like(x), y), "beside bicubic"),
        (lambda x, y: None, "return"),
    ],
    "6.3": [
        (lambda *a: fit(*a, mean=lambda losses, weights: np.mean(losses)), "weight each batch"),
        (lambda *a: fit(*a, mean=lambda losses, weights: np.sum(losses)), "sum of the losses"),
        (lambda *a: fit(*a, mean=lambda losses, weights: losses[-1]), "last batch alone"),
        (lambda *a: fit(*a, keep=False), "smaller batch is missing"),
        (lambda *a: fit(*a, order=np.arange), "shuffle them"),
        (lambda *a: fit(*a, same=False), "another pair"),
        (lambda *a: fit(*a, once=True), "the same order"),
        (lambda *a: fit(*a, order=lambda n: np.arange(n) // 2 * 2), "used twice"),
        (lambda n, x, y, size, epochs, rng: fit(n, x, y, 2 * size, epochs, rng), "a batch holds"),
        (lambda n, x, y, size, epochs, rng: fit(n, x, y, size, epochs + 1, rng), "steps were taken"),
        (lambda *a: fit(*a, start=1.0), "not the means"),
        (fit_growing, "from zero"),
        (lambda *a: fit(*a)[:1], "one for each epoch"),
        (lambda *a: [1.0, 2.0], "never called"),
        (lambda *a: None, "return"),
    ],
    "6.4": [
        (fastest, "fastest"),
        (max, "fastest"),
        (lambda ms: min(ms, key=ms.get), "divide the batch"),
        (min, "shortest step"),
        (lambda ms: enough(ms, 0.5), "gives"),
        (lambda ms: None, "return"),
    ],
    "6.5": [
        (lambda: entry(psnr=20.0), "train longer"),
        (lambda: entry(seeds=(0, 0, 1)), "the seeds"),
        (lambda: entry(seconds=300.0), "more than 600"),
        (lambda: entry(images=["t1"]), "held-out photographs"),
        (lambda: entry(batch_size=64), "differ in batch_size"),
        (lambda: entry(rows=0), "is empty"),
        (lambda: entry()[:2], "three folders"),
        (lambda: [Path("nowhere")] * 3, "holds no run"),
        (lambda: None, "return"),
    ],
}
