"""Recorded experiments: small trainings that differ in one thing, each with several seeds (chapter 9).

results/sweeps.json says what is run: an experiment is a list of groups; a group has seeds, common settings, variants.
A setting is a field of catalog.Recipe, or one of the few that only an experiment changes (see _train).
results/NAME.csv holds the outcome, a row for a run. The recipes of the catalogue rest on the experiment "recipe".
"""

import csv
import json
from pathlib import Path

import numpy as np

from . import InputError, catalog, datasets, evaluation, models, records, training
from .files import atomic_write
from .layers import keras

COLUMNS = ["group", "variant", "model", "scale", "seed", "steps", "seconds", "val_psnr", "machine", "commit"]


def experiments():
    """What results/sweeps.json says: {experiment: [groups]}."""
    return records.load("sweeps")


def rows(name):
    """The recorded runs of an experiment: dicts with the keys of COLUMNS; steps, seconds and val_psnr as numbers."""
    numbers = {"scale": int, "seed": int, "steps": int, "seconds": float, "val_psnr": float}
    return [{key: numbers.get(key, str)(value) for key, value in row.items()} for row in records.load_rows(name)]


def difference(first, second):
    """How much higher `second` is than `first`, and how sure that is: (mean, half), Eq. (9.1) and (9.2).

    first, second: PSNR in dB of two variants, a number for each seed, the same seeds in the same order; 2 or more.
    Returns: the mean of the differences, and half the width of its 95 % interval by Student's t.
    """
    from scipy import stats

    if len(first) != len(second) or len(first) < 2:
        raise InputError(f"{len(first)} and {len(second)} runs: give two or more seeds, the same for both")
    differences = np.subtract(second, first)
    n = len(differences)
    return float(differences.mean()), float(stats.t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n))


def sweep(name, folder="results", progress=True):
    """Train every run of an experiment that has no row in folder/NAME.csv yet; stopped, it goes on there.

    Variants of several groups with the same settings are trained once.
    """
    groups = experiments().get(name)
    if groups is None:
        raise InputError(f"no experiment {name!r}; there are {', '.join(experiments())}")
    path = Path(folder) / f"{name}.csv"
    recorded = list(csv.DictReader(path.open(newline=""))) if path.is_file() else []
    done = {(row["group"], row["variant"], row["seed"]): row for row in recorded}
    todo = [
        (group, variant, seed)
        for group in groups
        for seed in group["seeds"]
        for variant in group["variants"]
        if (group["name"], variant, str(seed)) not in done
    ]
    same = {}
    for group in groups:
        for variant, seed in ((variant, seed) for variant in group["variants"] for seed in group["seeds"]):
            if row := done.get((group["name"], variant, str(seed))):
                same[_key(group, variant, seed)] = row
    for number, (group, variant, seed) in enumerate(todo, start=1):
        if progress:
            print(f"{name} {number}/{len(todo)}: {group['name']}, {variant}, seed {seed}", flush=True)
        key = _key(group, variant, seed)
        if key not in same:
            same[key] = {**point(group, variant, seed, progress), **_facts()}
        recorded.append({**same[key], "group": group["name"], "variant": variant, "seed": seed})
        with atomic_write(path) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(recorded)


def point(group, variant, seed, progress=False):
    """Train one variant of a group with one seed: {"model", "scale", "steps", "seconds", "val_psnr"}.

    val_psnr: the best PSNR on the held-out T91 images, in dB, at any of the scored steps.
    """
    settings = {**group["common"], **group["variants"][variant]}
    return {key: settings[key] for key in ("model", "scale")} | _train(seed=seed, progress=progress, **settings)


def _key(group, variant, seed):
    return json.dumps([{**group["common"], **group["variants"][variant]}, seed], sort_keys=True)


def _facts():
    return {"machine": records.machine(), "commit": records.commit()}


def _train(model, scale, seed, *, change=(), filters=None, images=None, progress=False, **settings):
    """training.train() with the settings of one variant, and what only an experiment changes.

    change: names of ALTERED starts. filters: of an SRCNN. images: train on so many of T91's.
    settings: fields of catalog.Recipe that differ from the network's own.
    """
    recipe = catalog.recipe(model, scale, **settings)
    network = model
    if change or filters:
        network = models.build(model, scale, filters=filters, init=recipe.init, seed=seed)
        for name in change:
            ALTERED[name](network, seed)
    learn, held_out = datasets.split(datasets.load("T91"))
    if images:
        some = np.random.default_rng(seed).permutation(list(learn))[:images]
        learn = {name: learn[name] for name in some}
    averaged = Averaged(held_out, scale) if recipe.optimizer.endswith("averaged") else None
    callbacks = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True), averaged] if averaged else []
    _, history = training.train(
        network, scale, (learn, held_out), recipe, seed=seed, callbacks=callbacks, progress=progress
    )
    scores = averaged.scores if averaged else [row["val_psnr"] for row in history]
    return {"steps": history[-1]["step"], "seconds": history[-1]["seconds"], "val_psnr": round(max(scores), 4)}


class Averaged(keras.callbacks.Callback):
    """Score the held-out images with the averaged weights, which SwapEMAWeights has just put into the model."""

    def __init__(self, held_out, scale):
        super().__init__()
        self.held_out, self.scale, self.scores = held_out, scale, []

    def on_epoch_end(self, epoch, logs=None):
        self.scores.append(evaluation.evaluate(self.model, self.held_out, self.scale)["mean"]["psnr"])


def _brightness(model, seed):
    """The start without the zero mean: the first layer's filters answer to brightness as well."""
    first = model.layers[0]
    kernel = keras.ops.convert_to_numpy(first.kernel).copy()
    kernel[..., 1:] = np.array(keras.initializers.HeNormal(1000 * seed + 1)(kernel.shape))[..., 1:]
    first.kernel.assign(kernel)


def _plain_mapping(model, seed):
    """The start of FSRCNN without the near-identity: mapping layers He-normal, but for the path of the image."""
    for number, layer in enumerate(layer for layer in model.layers if getattr(layer, "kernel_size", None) == (3, 3)):
        kernel = keras.ops.convert_to_numpy(layer.kernel).copy()
        kernel[..., 1:] = np.array(keras.initializers.HeNormal(1000 * seed + 3 + number)(kernel.shape))[..., 1:]
        layer.kernel.assign(kernel)


def _small_answers(model, seed):
    """The start of ESPCN without its large first filters: Glorot's."""
    kernel = keras.ops.convert_to_numpy(model.layers[0].kernel).copy()
    kernel[..., 1:] /= models.TANH
    model.layers[0].kernel.assign(kernel)


ALTERED = {"brightness": _brightness, "plain mapping": _plain_mapping, "small answers": _small_answers}
