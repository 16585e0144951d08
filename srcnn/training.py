"""From photographs to a trained network: patches, schedule, checkpoints, resume, history (chapter 6)."""

import math
import time
from pathlib import Path

from . import InputError, datasets, evaluation, models
from .models import keras
from .patches import Patches
from .runs import Run, read_history

__all__ = ["RECIPES", "read_history", "recipe", "train"]

RECIPES = {
    "srcnn": {"steps": 45000, "crop": 36, "learning_rate": 5e-4, "expand": 128},
    "srcnn-955": {"steps": 60000, "crop": 60, "learning_rate": 5e-4, "expand": 128},
    "fsrcnn": {"steps": 200000, "crop": 24, "learning_rate": 1e-3, "expand": 128},
    "espcn": {"steps": 90000, "crop": 24, "learning_rate": 5e-4, "expand": 128},
}
"""What `train` does unless told otherwise; measured on held-out images (results/recipe.csv, chapters 6 and 8)."""


WARM = 500
"""Steps in which the learning rate rises from 0. At full speed from the start, many ReLUs die in the first steps."""


def recipe(name):
    """The recipe of a network, by its name or the first part of it: {"steps", "crop", "learning_rate", "expand"}."""
    return RECIPES.get(name) or RECIPES.get(str(name).split("-")[0], RECIPES["srcnn"])


def train(
    model,
    scale,
    steps=None,
    out=None,
    *,
    data="T91",
    batch=16,
    crop=None,
    learning_rate=None,
    every=1000,
    seed=0,
    init="identity",
    filters=None,
    expand=None,
    resume=False,
    report=None,
    callbacks=(),
    devices=None,
    progress=True,
    loss="mse",
    optimizer=keras.optimizers.Adam,
    augment=True,
):
    """Train a network with Adam on the MSE, Eq. (4.4): a short warm-up, then a cosine schedule.

    model: a name such as "srcnn-915" or "fsrcnn", built with `init` and `filters`, or a keras.Model.
    steps: batches in all, rounded up to a multiple of `every`; every `every` steps the held-out images are scored.
           steps, crop, learning_rate and expand are those of recipe(model) unless they are given.
    data: "T91", "sample", a folder, or a dict name -> uint8 image, of which every ninth is held out; or a pair of such
          dicts, to train on and held out.
    learning_rate: its largest value; or a Keras schedule, which then stands in place of warm-up and cosine.
    init: "identity", "gaussian", or weights to start from (models.start_from), perhaps of another scale.
    crop: pixels of its input along a patch's side: of the ILR for SRCNN, of the LR for FSRCNN and ESPCN.
    out: a folder for history.csv, the checkpoint, the best weights by held-out PSNR and, at the end, the model card.
         None keeps nothing on disk.
    expand: the width of models.expand(), which trains each kernel as a product of two; 0 trains the network itself.
    resume: go on from the checkpoint in `out`, if there is one.
    report: a test set, such as "Set5", whose PSNR is written into the history as well. It is there to be looked at;
            no choice is made on it.
    callbacks: further Keras callbacks, such as EarlyStopping(monitor="val_psnr", mode="max").
    loss, optimizer, augment: for experiments (chapter 8): a Keras loss; a Keras optimizer's class, or a function that
          makes one from the learning rate; whether the crops come in all sizes, flips and rotations (patches.Patches).
    devices: how many GPUs (or TPU cores) share each batch, by Keras' data parallelism, which needs the JAX backend.
    Returns: (model, history): the model with the best weights, and a list of rows with step, seconds, loss,
    val_psnr, learning_rate and, with report="Set5", Set5_psnr.
    """
    named = isinstance(model, str)
    name = model if named else model.name
    usual = recipe(name)
    steps = usual["steps"] if steps is None else steps
    crop = usual["crop"] if crop is None else crop
    learning_rate = usual["learning_rate"] if learning_rate is None else learning_rate
    expand = usual["expand"] if expand is None else expand
    if not 1 <= steps < 2**31 or batch < 1 or crop < 1 or every < 1:
        raise InputError(
            f"steps={steps}, batch={batch}, crop={crop} and every={every} must be at least 1 (steps < 2^31)"
        )
    if not 0 <= seed < 10**6:
        raise InputError(f"seed {seed} is not one of 0 to 999999")
    if scale not in (2, 3, 4):
        raise InputError(f"scale {scale} is not one of 2, 3, 4")
    if out is not None and not str(out).strip():
        raise InputError("the folder for the run has no name")
    if devices is not None:
        _share(devices, batch, named)
    if named:
        begin = init if init in ("identity", "gaussian") else "identity"
        model = models.build(model, scale, filters=filters, init=begin, seed=seed)
        init = init if begin == init else models.start_from(model, init, scale)
    border, factor = models.margin(model), models.factor(model)
    if crop <= 2 * border:
        raise InputError(f"crops of {crop} pixels are too small: {name} cuts {border} on each side")
    scheduled = isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule)
    every = min(every, steps)
    epochs = -(-steps // every)
    from_disk = isinstance(data, (str, Path))
    training, held_out = data if isinstance(data, tuple) else datasets.split(datasets.load(data) if from_disk else data)
    shape = {"batch": batch, "crop": crop, "border": border, "factor": factor}
    patches = Patches(training, scale, **shape, steps=every, seed=seed, augment=augment)
    watch = Watch(held_out, scale, every, epochs, report, progress)
    settings = {
        "model": name,
        "filters": None if factor > 1 else [layer.filters for layer in model.layers][:-1],
        "scale": scale,
        "trained_on": Path(data).resolve().name if from_disk else "images",
        "images": len(training),
        "held_out": list(held_out),
        "steps": epochs * every,
        "batch": batch,
        "crop": crop,
        "augment": augment,
        "optimizer": getattr(optimizer, "__name__", str(optimizer)),
        "learning_rate": getattr(learning_rate, "name", learning_rate),
        "schedule": type(learning_rate).__name__ if scheduled else f"{WARM} steps up, then cosine",
        "loss": getattr(loss, "__name__", str(loss)),
        "init": init if named else "given",
        "expand": expand,
        "seed": seed,
    }
    # whatever can be refused has been: only now is anything written
    run = watch.run = Run(out, settings, resume) if out is not None else None
    network = watch.network = model
    keras.utils.set_random_seed(seed)
    if run and run.checkpoint.is_file():
        model, watch.history, watch.best = run.restore(network)
    else:
        if not scheduled:
            learning_rate = warm_then_cosine(learning_rate, epochs * every)
        model = models.expand(network, expand, seed) if expand else network
        at_once = math.gcd(every, 50)  # so many steps between two returns to Python
        model.compile(optimizer=optimizer(learning_rate), loss=loss, jit_compile=jit(), steps_per_execution=at_once)
    patches.epoch = done = len(watch.history)
    if done < epochs:
        try:
            model.fit(
                patches, epochs=epochs, initial_epoch=done, verbose=0, shuffle=False, callbacks=[watch, *callbacks]
            )
        finally:
            watch.close()
            patches.pairs.clear()  # TensorFlow never lets go of a stream that it has read
            if devices is not None:
                keras.distribution.set_distribution(None)
    network.set_weights(watch.best)
    if run and not (done == epochs and run.card.is_file()):
        run.finish(network, watch.history, scale)
    return network, watch.history


def warm_then_cosine(learning_rate, steps):
    """The schedule of every recipe: from 0 to `learning_rate` in WARM steps, then along half a cosine to 0."""
    warm = min(WARM, steps // 10)
    start = 0.0 if warm else learning_rate
    schedule = keras.optimizers.schedules.CosineDecay
    return schedule(start, steps - warm, warmup_target=learning_rate, warmup_steps=warm)


def _share(devices, batch, named):
    """From here on, let so many devices hold a copy of the weights each and take an equal part of each batch."""
    if keras.backend.backend() != "jax":
        raise InputError(f"devices={devices} needs Keras on JAX: pip install jax, and set KERAS_BACKEND=jax")
    have = keras.distribution.list_devices()
    if not 1 <= devices <= len(have):
        raise InputError(f"devices={devices} is not one of 1 to {len(have)}; JAX sees {', '.join(have)}")
    if batch % devices:
        raise InputError(f"a batch of {batch} cannot be shared equally by {devices} devices")
    if not named:
        raise InputError("devices= needs the name of a network: a model that is built already lies on one device")
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=have[:devices]))


def jit():
    """XLA is slower than without on a CPU under TensorFlow; let Keras decide elsewhere."""
    return False if keras.backend.backend() == "tensorflow" else "auto"


class Watch(keras.callbacks.Callback):
    """Every epoch: score the held-out images, add a row to the history, keep the best weights, save, show progress."""

    def __init__(self, held_out, scale, every, epochs, report, progress):
        super().__init__()
        self.held_out, self.scale, self.every, self.epochs = held_out, scale, every, epochs
        self.report, self.progress = report, progress
        self.history, self.best, self.run, self.bar = [], None, None, None
        self.bicubic = self.psnr("bicubic", held_out)

    def on_train_begin(self, logs=None):
        from tqdm import tqdm

        self.before = self.history[-1]["seconds"] if self.history else 0.0
        self.start = time.perf_counter()
        done = len(self.history) * self.every
        self.bar = tqdm(total=self.epochs * self.every, initial=done, unit="step", disable=not self.progress)

    def on_epoch_begin(self, epoch, logs=None):
        self.begun = epoch * self.every

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(self.begun + batch + 1 - self.bar.n)

    def on_epoch_end(self, epoch, logs=None):
        if self.model is not self.network:
            models.collapse(self.model, self.network)
        psnr = self.psnr(self.network, self.held_out)
        row = {
            "step": (epoch + 1) * self.every,
            "seconds": round(self.before + time.perf_counter() - self.start, 1),
            "loss": float(logs["loss"]),
            "val_psnr": round(psnr, 4),
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
        }
        if self.report:
            row[f"{self.report}_psnr"] = round(self.psnr(self.network, self.report), 4)
        self.history.append(row)
        logs["val_psnr"] = psnr  # for EarlyStopping and other callbacks that come after this one
        best_so_far = row["val_psnr"] >= max(row["val_psnr"] for row in self.history)
        if best_so_far:
            self.best = self.network.get_weights()
        if self.run:
            self.run.save(self.model, self.network, self.history, best_so_far)
        self.bar.set_postfix_str(f"held-out {psnr:.2f} dB, bicubic {self.bicubic:.2f}")

    def close(self):
        if self.bar is not None:
            self.bar.close()

    def psnr(self, method, data):
        return evaluation.evaluate(method, data, self.scale)["mean"]["psnr"]
