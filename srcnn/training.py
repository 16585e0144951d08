"""From photographs to a trained network: patches, schedule, checkpoints, resume, history (chapter 6)."""

import csv
import hashlib
import json
import time
from pathlib import Path

import numpy as np

from . import InputError, datasets, degrade, evaluation, images, models, records
from .models import keras

SCALES = (1.0, 0.9, 0.8, 0.7, 0.6)
"""Each training photograph is used at these five sizes (the augmentation of the FSRCNN paper)."""


class Patches(keras.utils.PyDataset):
    """Batches of random crops: x = ILR (batch, crop, crop, 1), y = HR (batch, crop - 2 border, ..., 1), in [0, 1].

    photographs: dict name -> uint8 image. Each crop is taken at a random place of a random photograph at one of five
    sizes, in one of the eight flips and rotations. The same (seed, epoch, batch number) gives the same batch, so a
    run that is stopped and resumed sees what it would have seen.
    """

    def __init__(self, photographs, scale, *, batch=32, crop=48, border=6, steps=500, seed=0, epoch=0, augment=True):
        super().__init__()
        self.batch, self.crop, self.border, self.steps = batch, crop, border, steps
        self.seed, self.epoch, self.augment = seed, epoch, augment
        self.pairs = []
        for photograph in photographs.values():
            for factor in SCALES if augment else SCALES[:1]:
                height, width = (round(size * factor) for size in photograph.shape[:2])
                if min(height, width) >= crop + scale - 1:
                    smaller = degrade.resize(images.luma(photograph), height, width)
                    hr, lr = degrade.pair(np.rint(smaller.clip(0, 255)).astype(np.uint8), scale)
                    self.pairs.append((degrade.enlarge(lr, scale), hr))
        if not self.pairs:
            raise InputError(f"no photograph is as large as a crop of {crop} x {crop} pixels")
        area = np.array([hr.size for _, hr in self.pairs], float)
        self.odds = area.cumsum() / area.sum()

    def __len__(self):
        return self.steps

    def __getitem__(self, number):
        random = np.random.default_rng((self.seed, self.epoch, number))
        x = np.empty((self.batch, self.crop, self.crop), np.float32)
        y = np.empty_like(x)
        for k, choice in enumerate(self.odds.searchsorted(random.random(self.batch), side="right")):
            ilr, hr = self.pairs[choice]
            top, left = (random.integers(size - self.crop + 1) for size in hr.shape)
            turn = random.integers(8) if self.augment else 0
            place = np.s_[top : top + self.crop, left : left + self.crop]
            x[k], y[k] = flip_or_rotate(ilr[place], turn), flip_or_rotate(hr[place], turn)
        inner = slice(self.border, self.crop - self.border)
        return x[..., None], y[:, inner, inner, None]

    def on_epoch_end(self):
        self.epoch += 1


def flip_or_rotate(image, turn):
    """One of the eight symmetries of the square: rotations by `turn` x 90 degrees, mirrored from 4 on."""
    return np.rot90(image[:, ::-1] if turn >= 4 else image, turn % 4)


def train(
    model, scale, steps, out=None, *, data="T91", batch=32, crop=48, learning_rate=1e-3, every=500,
    seed=0, init="identity", filters=None, resume=False, callbacks=(), progress=True,
):  # fmt: skip
    """Train an SRCNN with Adam and a cosine schedule on the MSE, Eq. (4.4).

    model: a name such as "srcnn-915", built with `init` and `filters`, or a keras.Model.
    steps: batches in all, rounded up to a multiple of `every`; every `every` steps the held-out images are scored.
    out: a folder for history.csv, the checkpoint, the best weights by held-out PSNR and, at the end, the model card.
         None keeps nothing on disk.
    resume: go on from the checkpoint in `out`, if there is one.
    callbacks: further Keras callbacks, such as EarlyStopping(monitor="val_psnr", mode="max").
    Returns: (model, history): the model with the best weights, and a list of rows with step, seconds, loss,
    val_psnr, learning_rate.
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
        "model": name, "kernels": [layer.kernel_size[0] for layer in model.layers],
        "filters": [layer.filters for layer in model.layers][:-1], "scale": scale,
        "trained_on": str(data) if isinstance(data, (str, Path)) else "images", "images": len(training),
        "held_out": list(held_out), "steps": epochs * every, "batch": batch, "crop": crop, "optimizer": "Adam",
        "learning_rate": learning_rate, "schedule": "cosine", "loss": "mse", "init": init if named else "given", "seed": seed,
    }  # fmt: skip

    run = Run(Path(out), settings, resume) if out is not None else None
    keras.utils.set_random_seed(seed)
    watch = Watch(held_out, scale, every, epochs, run, progress)
    if run and run.checkpoint.is_file():
        model, watch.history, watch.best = run.restore()
    else:
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * every)
        model.compile(optimizer=keras.optimizers.Adam(schedule), loss="mse", jit_compile=_jit())
    patches = Patches(
        training, scale, batch=batch, crop=crop, border=border, steps=every, seed=seed, epoch=len(watch.history)
    )
    model.fit(
        patches, epochs=epochs, initial_epoch=len(watch.history), verbose=0, shuffle=False,
        callbacks=[watch, *callbacks],
    )  # fmt: skip
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
            writer = csv.DictWriter(file, history[-1])
            writer.writeheader()
            writer.writerows(history)
        if best_so_far:
            with images.whole_file(self.folder / f"{self.stem}.weights.h5") as temporary:
                model.save_weights(temporary, overwrite=True)
        with images.whole_file(self.checkpoint) as temporary:
            model.save(temporary, overwrite=True)

    def restore(self):
        """Return the model at the last checkpoint, its history, and the best weights so far."""
        model = keras.models.load_model(self.checkpoint)
        step = int(model.optimizer.iterations)
        history = [row for row in read_history(self.history_file) if row["step"] <= step]
        best = models.srcnn(self.settings["filters"], self.settings["kernels"])
        best.load_weights(self.folder / f"{self.stem}.weights.h5")
        return model, history, best.get_weights()

    def finish(self, model, history, scale):
        """Write the best weights and the model card beside them."""
        best = max(history, key=lambda row: row["val_psnr"])
        weights = self.folder / f"{self.stem}.weights.h5"
        with images.whole_file(weights) as temporary:
            model.save_weights(temporary, overwrite=True)
        card = {
            **self.settings, "weights": model.count_params(), "seconds": history[-1]["seconds"],
            "best_step": best["step"], "held_out_psnr": best["val_psnr"], "scores": {}, **records.provenance(),
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        }  # fmt: skip
        for name in ("Set5", "Set14"):
            if datasets.find(name):
                mean = evaluation.evaluate(model, name, scale)["mean"]
                card["scores"][name] = {key: round(value, 4) for key, value in mean.items()}
        records.write_json(self.folder / f"{self.stem}.json", card)


def read_history(path):
    """Read a history.csv: a list of rows with step, seconds, loss, val_psnr and learning_rate."""
    with open(path, newline="") as file:
        return [{key: int(value) if key == "step" else float(value) for key, value in row.items()} for row in csv.DictReader(file)]


class Watch(keras.callbacks.Callback):
    """Every epoch: score the held-out images, add a row to the history, keep the best weights, save, show progress."""

    def __init__(self, held_out, scale, every, epochs, run, progress):
        super().__init__()
        self.held_out, self.scale, self.every, self.epochs = held_out, scale, every, epochs
        self.run, self.progress, self.history, self.best = run, progress, [], None

    def on_train_begin(self, logs=None):
        from tqdm.auto import tqdm

        self.bicubic = evaluation.evaluate("bicubic", self.held_out, self.scale)["mean"]["psnr"]
        self.before = self.history[-1]["seconds"] if self.history else 0.0
        self.start = time.perf_counter()
        done = len(self.history) * self.every
        self.bar = tqdm(total=self.epochs * self.every, initial=done, unit="step", disable=not self.progress)

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        psnr = evaluation.evaluate(self.model, self.held_out, self.scale)["mean"]["psnr"]
        seconds = self.before + time.perf_counter() - self.start
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.history.append(
            {"step": (epoch + 1) * self.every, "seconds": round(seconds, 1), "loss": float(logs["loss"]),
             "val_psnr": round(psnr, 4), "learning_rate": rate}
        )  # fmt: skip
        logs["val_psnr"] = psnr
        best_so_far = psnr >= max(row["val_psnr"] for row in self.history)
        if best_so_far:
            self.best = self.model.get_weights()
        if self.run:
            self.run.save(self.model, self.history, best_so_far)
        self.bar.set_postfix_str(f"held-out {psnr:.2f} dB, bicubic {self.bicubic:.2f}")

    def on_train_end(self, logs=None):
        self.bar.close()
