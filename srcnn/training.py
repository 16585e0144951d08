"""From photographs to a trained network: patches, schedule, checkpoints, resume, history (chapter 6)."""

import csv
import hashlib
import json
import time
from pathlib import Path

from . import InputError, datasets, evaluation, images, models, records
from .models import keras
from .patches import Patches


def train(
    model,
    scale,
    steps,
    out=None,
    *,
    data="T91",
    batch=16,
    crop=36,
    learning_rate=1e-3,
    every=1000,
    seed=0,
    init="identity",
    filters=None,
    resume=False,
    report=None,
    callbacks=(),
    progress=True,
):
    """Train an SRCNN with Adam and a cosine schedule on the MSE, Eq. (4.4).

    model: a name such as "srcnn-915", built with `init` and `filters`, or a keras.Model.
    steps: batches in all, rounded up to a multiple of `every`; every `every` steps the held-out images are scored.
    out: a folder for history.csv, the checkpoint, the best weights by held-out PSNR and, at the end, the model card.
         None keeps nothing on disk.
    resume: go on from the checkpoint in `out`, if there is one.
    report: a test set, such as "Set5", whose PSNR is written into the history as well. It is there to be looked at;
            no choice is made on it.
    callbacks: further Keras callbacks, such as EarlyStopping(monitor="val_psnr", mode="max").
    Returns: (model, history): the model with the best weights, and a list of rows with step, seconds, loss,
    val_psnr, learning_rate and, with report="Set5", Set5_psnr.
    """
    if steps < 1 or batch < 1 or crop < 1 or every < 1:
        raise InputError(f"steps={steps}, batch={batch}, crop={crop} and every={every} must be at least 1")
    if scale not in (2, 3, 4):
        raise InputError(f"scale {scale} is not one of 2, 3, 4")
    named = isinstance(model, str)
    if named:
        name, model = model, models.build(model, filters=filters, init=init, seed=seed)
    else:
        name = model.name
    border = models.margin(model)
    if crop <= 2 * border:
        raise InputError(f"crops of {crop} pixels are too small: the network cuts {border} on each side")
    every = min(every, steps)
    epochs = -(-steps // every)
    training, held_out = datasets.split(datasets.load(data) if isinstance(data, (str, Path)) else data)
    settings = {
        "model": name,
        "kernels": [layer.kernel_size[0] for layer in model.layers],
        "filters": [layer.filters for layer in model.layers][:-1],
        "scale": scale,
        "trained_on": str(data) if isinstance(data, (str, Path)) else "images",
        "images": len(training),
        "held_out": list(held_out),
        "steps": epochs * every,
        "batch": batch,
        "crop": crop,
        "optimizer": "Adam",
        "learning_rate": learning_rate,
        "schedule": "cosine",
        "loss": "mse",
        "init": init if named else "given",
        "seed": seed,
    }

    run = Run(Path(out), settings, resume) if out is not None else None
    keras.utils.set_random_seed(seed)
    watch = Watch(held_out, scale, every, epochs, run, report, progress)
    if run and run.checkpoint.is_file():
        model, watch.history, watch.best = run.restore()
    else:
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * every)
        model.compile(optimizer=keras.optimizers.Adam(schedule), loss="mse", jit_compile=_jit())
    patches = Patches(
        training, scale, batch=batch, crop=crop, border=border, steps=every, seed=seed, epoch=len(watch.history)
    )
    try:
        model.fit(
            patches,
            epochs=epochs,
            initial_epoch=len(watch.history),
            verbose=0,
            shuffle=False,
            callbacks=[watch, *callbacks],
        )
    finally:
        watch.bar.close()
    model.set_weights(watch.best)
    if run:
        run.finish(model, watch.history, scale)
    return model, watch.history


def _jit():
    """XLA is slower than without on a CPU under TensorFlow; let Keras decide elsewhere."""
    return False if keras.backend.backend() == "tensorflow" else "auto"


class Run:
    """The folder of one training: everything in it is written whole, so that a kill at any moment loses no more
    than the steps since the last checkpoint.

    Keras' own BackupAndRestore and CSVLogger write in place; a kill in that instant leaves half a file.
    """

    def __init__(self, folder, settings, resume):
        self.folder, self.settings = folder, settings
        self.checkpoint, self.history_file = folder / "checkpoint.keras", folder / "history.csv"
        self.stem = f"{settings['model']}-x{settings['scale']}"
        self.weights = folder / f"{self.stem}.npz"
        saved = folder / "settings.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder {folder}: {error.strerror}") from None
        if saved.is_file():
            begun = json.loads(saved.read_text())
            if not resume:
                raise InputError(f"{folder} already holds a run; --resume goes on with it, or give another folder")
            changed = [key for key in settings if settings[key] != begun.get(key)]
            if changed:
                told = ", ".join(f"{key} {begun.get(key)} (now {settings[key]})" for key in changed)
                raise InputError(f"the run in {folder} was begun with {told}; give the same, or another folder")
        records.write_json(saved, settings)

    def save(self, model, history, best_so_far):
        """Write the history, the best weights and the checkpoint; the checkpoint last, because resume starts there."""
        with images.whole_file(self.history_file) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, history[-1], lineterminator="\n")
            writer.writeheader()
            writer.writerows(history)
        if best_so_far:
            models.save_weights(model, self.weights)
        with images.whole_file(self.checkpoint) as temporary:
            model.save(temporary, overwrite=True)

    def restore(self):
        """Return the model at the last checkpoint, its history, and the best weights so far."""
        try:
            model = keras.models.load_model(self.checkpoint)
        except (ValueError, OSError, KeyError) as error:
            raise InputError(f"{self.checkpoint} is damaged ({error}); start again in another folder") from None
        step = int(model.optimizer.iterations)
        history = [row for row in read_history(self.history_file) if row["step"] <= step]
        best = models.srcnn(self.settings["filters"], self.settings["kernels"])
        models.read_weights(best, self.weights)
        return model, history, best.get_weights()

    def finish(self, model, history, scale):
        """Write the best weights and the model card beside them."""
        best = max(history, key=lambda row: row["val_psnr"])
        models.save_weights(model, self.weights)
        card = {
            **self.settings,
            "weights": model.count_params(),
            "seconds": history[-1]["seconds"],
            "best_step": best["step"],
            "held_out_psnr": best["val_psnr"],
            "scores": {},
            **records.provenance(),
            "sha256": hashlib.sha256(self.weights.read_bytes()).hexdigest(),
        }
        for name in ("Set5", "Set14"):
            if datasets.find(name):
                mean = evaluation.evaluate(model, name, scale)["mean"]
                card["scores"][name] = {key: round(value, 4) for key, value in mean.items()}
        records.write_json(self.folder / f"{self.stem}.json", card)


def read_history(path):
    """Read a history.csv: a list of rows with step, seconds, loss, val_psnr and learning_rate."""
    with open(path, newline="") as file:
        return [
            {key: int(value) if key == "step" else float(value) for key, value in row.items()}
            for row in csv.DictReader(file)
        ]


class Watch(keras.callbacks.Callback):
    """Every epoch: score the held-out images, add a row to the history, keep the best weights, save, show progress."""

    def __init__(self, held_out, scale, every, epochs, run, report, progress):
        super().__init__()
        self.held_out, self.scale, self.every, self.epochs = held_out, scale, every, epochs
        self.run, self.report, self.progress = run, report, progress
        self.history, self.best = [], None

    def on_train_begin(self, logs=None):
        from tqdm import tqdm

        self.bicubic = self.psnr("bicubic", self.held_out)
        self.before = self.history[-1]["seconds"] if self.history else 0.0
        self.start = time.perf_counter()
        done = len(self.history) * self.every
        self.bar = tqdm(total=self.epochs * self.every, initial=done, unit="step", disable=not self.progress)

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        psnr = self.psnr(self.model, self.held_out)
        row = {
            "step": (epoch + 1) * self.every,
            "seconds": round(self.before + time.perf_counter() - self.start, 1),
            "loss": float(logs["loss"]),
            "val_psnr": round(psnr, 4),
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
        }
        if self.report:
            row[f"{self.report}_psnr"] = round(self.psnr(self.model, self.report), 4)
        self.history.append(row)
        logs["val_psnr"] = psnr  # for EarlyStopping and other callbacks that come after this one
        best_so_far = row["val_psnr"] >= max(row["val_psnr"] for row in self.history)
        if best_so_far:
            self.best = self.model.get_weights()
        if self.run:
            self.run.save(self.model, self.history, best_so_far)
        self.bar.set_postfix_str(f"held-out {psnr:.2f} dB, bicubic {self.bicubic:.2f}")

    def psnr(self, method, data):
        return evaluation.evaluate(method, data, self.scale)["mean"]["psnr"]
