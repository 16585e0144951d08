"""Recorded experiments: small trainings that differ in one thing, each with several seeds (chapter 8).

results/sweeps.json says what is run: an experiment is a list of groups; a group has seeds, common settings, variants.
results/NAME.csv holds the outcome, a row for a run. The choices of training.RECIPES rest on the experiment "recipe".
"""

import csv
import json
from functools import partial
from pathlib import Path

import numpy as np

from . import InputError, datasets, models, records, training
from .files import whole_file
from .models import keras

COLUMNS = ["group", "variant", "model", "scale", "seed", "steps", "seconds", "val_psnr", "machine", "commit"]


def experiments():
    """What results/sweeps.json says: {experiment: [groups]}."""
    return records.load("sweeps")


def rows(name):
    """The recorded runs of an experiment: dicts with the keys of COLUMNS; steps, seconds and val_psnr as numbers."""
    numbers = {"scale": int, "seed": int, "steps": int, "seconds": float, "val_psnr": float}
    with open(records.find(f"{name}.csv"), newline="") as file:
        return [{key: numbers.get(key, str)(value) for key, value in row.items()} for row in csv.DictReader(file)]


def difference(first, second):
    """How much higher `second` is than `first`, and how sure that is: (mean, half), Eq. (8.1) and (8.2).

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
        with whole_file(path) as temporary, open(temporary, "w", newline="") as file:
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


def _train(
    model, scale, seed, steps, *, change=(), filters=None, images=None, constant=False, average=None, warm=True,
    optimizer="Adam", loss="mse", progress=False, **settings,
):  # fmt: skip
    """training.train() with the settings of one variant, and what only an experiment changes.

    change: names of ALTERED starts. images: train on so many of T91's. constant: no schedule. warm: with a warm-up.
    average: score the running average of the weights, of this momentum, as well.
    every: steps between two scores; train() rounds `steps` up to a multiple of it.
    """
    recipe = {key: value for key, value in training.recipe(model).items() if key != "steps"}
    settings = {**recipe, **settings}
    network = model
    if change:
        network, filters = models.build(model, scale, filters=filters, seed=seed), None
        for name in change:
            ALTERED[name](network, seed)
    learn, held_out = datasets.split(datasets.load("T91"))
    if images:
        some = np.random.default_rng(seed).permutation(list(learn))[:images]
        learn = {name: learn[name] for name in some}
    rate, every = settings.pop("learning_rate"), min(settings.pop("every", 1000), steps)
    schedules = keras.optimizers.schedules
    if constant:
        rate = schedules.PolynomialDecay(rate, steps, rate)
    elif not warm:
        rate = schedules.CosineDecay(rate, -(-steps // every) * every)
    make = OPTIMIZERS[optimizer]
    callbacks = []
    if average:
        make = partial(make, use_ema=True, ema_momentum=average)
        callbacks = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True), Averaged(held_out, scale)]
    _, history = training.train(
        network, scale, steps, data=(learn, held_out), seed=seed, filters=filters, learning_rate=rate, every=every,
        optimizer=make, loss=LOSSES.get(loss, loss), callbacks=callbacks, progress=progress, **settings,
    )  # fmt: skip
    scores = callbacks[-1].scores if average else [row["val_psnr"] for row in history]
    return {"steps": history[-1]["step"], "seconds": history[-1]["seconds"], "val_psnr": round(max(scores), 4)}


class Averaged(keras.callbacks.Callback):
    """Score the held-out images with the averaged weights, which SwapEMAWeights has just put into the model."""

    def __init__(self, held_out, scale):
        super().__init__()
        self.held_out, self.scale, self.scores = held_out, scale, []

    def on_epoch_end(self, epoch, logs=None):
        from . import evaluation

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


@keras.saving.register_keras_serializable("srcnn")
def charbonnier(y_true, y_pred):
    """sqrt(d^2 + eps^2), eps = 0.001: nearly |d|, but smooth at 0 (the loss of LapSRN)."""
    return keras.ops.mean(keras.ops.sqrt(keras.ops.square(y_true - y_pred) + 1e-6))


@keras.saving.register_keras_serializable("srcnn")
class LastLayerATenth(keras.optimizers.Adam):
    """Adam with a tenth of the learning rate in F3, the last layer of an SRCNN with three."""

    def update_step(self, gradient, variable, learning_rate):
        last = "F3" in getattr(variable, "path", variable.name)  # TensorFlow's own variables have no path
        super().update_step(gradient, variable, learning_rate * (0.1 if last else 1))


LOSSES = {"charbonnier": charbonnier}
OPTIMIZERS = {
    "Adam": keras.optimizers.Adam,
    "Adam, last layer a tenth": LastLayerATenth,
    "SGD": partial(keras.optimizers.SGD, momentum=0.9),
}
