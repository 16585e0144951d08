"""From photographs to a trained network: the loop, the scores on held-out images, resume, history (chapter 6)."""

import contextlib
import dataclasses
import math
import operator
import time
from pathlib import Path

from . import InputError, catalog, datasets, evaluation, gan, identity, methods, models, pretrained, together
from .devices import memory_for
from .engine import compiled, fed
from .layers import keras
from .patches import Patches
from .runs import Run, kept, read_history

__all__ = ["ValidationCallback", "read_history", "train"]


def train(
    model, scale, data="T91", recipe=None, *, seed=0, out=None, resume=False, test_data=None, callbacks=(),
    devices=None, progress=True,
):  # fmt: skip
    """Train a network as its recipe says: Adam on the MSE, Eq. (4.4) as a mean; a warm-up, then a cosine schedule.

    model: a name in the catalogue, such as "srcnn-915" or "fsrcnn", or a keras.Model of your own.
    data: "T91", "sample", a folder, or a dict name -> uint8 image, of which every ninth is held out; or a pair of such
          dicts, to train on and held out.
    recipe: a catalog.Recipe; by default the network's own. catalog.recipe("srcnn-915", 3, steps=4000) changes a part.
    seed: of the initialisation and of the patches.
    out: a folder for history.csv, the checkpoint, the best weights by held-out PSNR and, at the end, the model card.
         None keeps nothing on disk.
    resume: go on from the checkpoint in `out`, if there is one: of the same settings, pictures, code and backend.
    test_data: a test set, such as "Set5", whose PSNR is written into the history as well. It is there to be looked
               at; no choice is made on it.
    callbacks: further Keras callbacks, such as EarlyStopping(monitor="val_psnr", mode="max").
    devices: how many GPUs (or TPU cores) share each batch, by Keras' data parallelism, which needs the JAX backend.
             Several machines share it where the variables of srcnn.together are set: all their devices.
    Returns: (model, history): the model with the best weights, and a list of rows with step, seconds, loss,
    val_psnr, learning_rate and, with test_data="Set5", Set5_psnr.
    Raises: InputError for settings that make no sense, a folder of another run or in which another process trains,
    and when the training diverges; the network then has its last good weights.
    """
    named = isinstance(model, str)
    recipe = _recipe(model if named else model.name, scale, recipe)
    scale = catalog.check_scale(scale)
    if not hasattr(seed, "__index__") or not 0 <= seed < 10**6:
        raise InputError(f"seed {seed} is not one of 0 to 999999")
    seed = operator.index(seed)  # NumPy's numbers do not go into a JSON file
    if out is not None and not str(out).strip():
        raise InputError("the folder for the run has no name")
    averaged = any(isinstance(callback, keras.callbacks.SwapEMAWeights) for callback in callbacks)
    if "averaged" in recipe.optimizer and not averaged:
        raise InputError(f"optimizer={recipe.optimizer!r} needs keras.callbacks.SwapEMAWeights() among the callbacks")
    with together.share(devices, recipe.batch_size, named) as part:
        return _train(_network(model, scale, recipe, seed), scale, data, recipe, part, seed, out, resume, test_data,
                      callbacks, progress and together.leads())  # fmt: skip


def _train(built, scale, data, recipe, part, seed, out, resume, test_data, callbacks, progress):
    """train() of a network that is built, on this process's part of each batch."""
    network, settings = built
    training, held_out, about = _photographs(data)
    bicubic = evaluation.evaluate("bicubic", held_out, scale)["mean"]["psnr"]
    stream = Patches(
        training, scale, batch_size=recipe.batch_size, patch_size=recipe.patch_size, margin=models.margin(network),
        factor=models.factor(network), steps=recipe.validate_every, seed=seed, augment=recipe.augment,
        degraded=recipe.degraded, part=part,
    )  # fmt: skip
    method = methods.get(network, scale)
    if test_data:
        datasets.load(test_data)  # or a wrong name would be noticed after the first epoch
    settings = {**about, **dataclasses.asdict(recipe), **settings, "seed": seed, "code": identity.of_code()}
    settings["backend"] = keras.backend.backend()
    trained = compiled(network, recipe, seed)
    with contextlib.nullcontext() if out is None else Run(out, settings, resume) as run:  # all else has been refused
        history = []
        if run and run.checkpoint.is_file():
            trained, history = run.restore(network, trained)
        watch = ValidationCallback(
            method, trained, recipe, held_out, history, bicubic=bicubic, run=run, test_data=test_data, progress=progress
        )
        with memory_for(recipe.batch_size, recipe.patch_size):
            _fit(trained, stream, recipe, [watch, *callbacks], seed)
        network.set_weights(watch.best)
        if run and not (len(history) == _epochs(recipe) and run.card.is_file()):
            run.finish(network, history, scale, recipe.keeps_last)
        return network, history


def _recipe(name, scale, recipe):
    """The recipe to train by, with `validate_every` no more and `steps` a multiple of it."""
    scale = catalog.check_scale(scale)
    if recipe is None:
        try:
            recipe = catalog.recipe(name, scale)
        except InputError as error:
            raise InputError(f"{error}; a network of your own has no recipe: give one, catalog.Recipe(...)") from None
    if not isinstance(recipe, catalog.Recipe):
        raise InputError(f"recipe must be a catalog.Recipe, not {type(recipe).__name__}; see catalog.recipe()")
    every = min(recipe.validate_every, recipe.steps)
    return dataclasses.replace(recipe, steps=-(-recipe.steps // every) * every, validate_every=every)


def _epochs(recipe):
    return recipe.steps // recipe.validate_every


def _network(model, scale, recipe, seed):
    """The network to train, and what its card says of it."""
    if not isinstance(model, str):
        network, about = model, {"model": model.name, "init": "given"}
        about["architecture"] = {**keras.saving.serialize_keras_object(model), "compile_config": {}}
    else:
        start = recipe.init if recipe.init in ("identity", "gaussian") else "identity"
        network, about = models.build(model, scale, init=start, seed=seed), {"model": model}
        if start != recipe.init:
            about["started_from"] = pretrained.start_from(network, recipe.init, scale)
            about["init"] = Path(recipe.init).stem  # a card holds no path of somebody's machine
    margin = models.margin(network)
    if recipe.patch_size <= 2 * margin:
        raise InputError(f"patches of {recipe.patch_size} pixels are too small: {about['model']} cuts {margin} a side")
    side = models.factor(network) * (recipe.patch_size - 2 * margin)
    if recipe.adversarial and side < gan.REACH:
        raise InputError(
            f"patches of {recipe.patch_size} pixels become {side} x {side}, and the discriminator wants {gan.REACH}: "
            "give a larger patch_size"
        )
    return network, {**about, "scale": scale}


def _photographs(data):
    """(training, held out, what the card says of them)."""
    named = isinstance(data, (str, Path))
    training, held_out = data if isinstance(data, tuple) else datasets.split(datasets.load(data) if named else data)
    name = Path(data).resolve().name if named else "images"
    if not training or not held_out:
        raise InputError("photographs are needed to train on, and others to be held out; one of the two is empty")
    training, held_out = ({str(key): image for key, image in part.items()} for part in (training, held_out))
    return training, held_out, {"trained_on": name, "images": len(training), "held_out": list(held_out),
                                "pictures": identity.of_pictures(training, held_out)}  # fmt: skip


def _fit(trained, stream, recipe, callbacks, seed):
    """Keras' own loop, from the epoch that the history has reached; an epoch is `validate_every` steps."""
    watch = callbacks[0]
    stream.epoch = done = len(watch.history)
    if done >= _epochs(recipe):
        return
    keras.utils.set_random_seed(seed)
    model, batches = fed(trained, stream, recipe)
    epochs = {"epochs": _epochs(recipe), "initial_epoch": done, "steps_per_epoch": recipe.validate_every}
    try:
        model.fit(batches, **epochs, verbose=0, shuffle=False, callbacks=callbacks)
    finally:
        watch.close()
        stream.given = stream.wanted = None  # TensorFlow never lets go of a stream that it has read


class ValidationCallback(keras.callbacks.Callback):
    """Every epoch: score the held-out images, add a row to `history`, keep the best weights, save, show progress."""

    def __init__(self, method, trained, recipe, held_out, history, *, bicubic, run, test_data, progress):
        """
        method: the network as a methods.Method. trained: the model that gradient descent moves, itself or expanded.
        history: the rows so far; new ones are added to it. bicubic: its PSNR on `held_out`, to be shown beside ours.
        run: where all is saved, a runs.Run, or None.
        """
        super().__init__()
        self.method, self.network, self.trained = method, method.model, trained
        self.recipe, self.held_out, self.test_data = recipe, held_out, test_data
        self.history, self.bicubic, self.run, self.progress, self.bar = history, bicubic, run, progress, None
        self.best, self.pairs = self.network.get_weights(), {}

    def on_train_begin(self, logs=None):
        from tqdm import tqdm

        self.before = self.history[-1]["seconds"] if self.history else 0.0
        self.start = time.perf_counter()
        done = len(self.history) * self.recipe.validate_every
        self.bar = tqdm(total=self.recipe.steps, initial=done, unit="step", disable=not self.progress)

    def on_epoch_begin(self, epoch, logs=None):
        self.begun = epoch * self.recipe.validate_every

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(self.begun + batch + 1 - self.bar.n)

    def on_epoch_end(self, epoch, logs=None):
        if self.trained is not self.network:
            models.collapse(self.trained, self.network)
        step = (epoch + 1) * self.recipe.validate_every
        psnr = self.psnr_or_stop(step, logs["loss"])
        row = {
            "step": step,
            "seconds": round(self.before + time.perf_counter() - self.start, 1),
            "loss": float(logs["loss"]),
            "val_psnr": round(psnr, 4),
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
        }
        if self.test_data:
            row[f"{self.test_data}_psnr"] = round(self.psnr(self.test_data), 4)
        self.history.append(row)
        logs["val_psnr"] = psnr  # for EarlyStopping and other callbacks that come after this one
        best_so_far = row is kept(self.history, self.recipe.keeps_last)
        if best_so_far:
            self.best = self.network.get_weights()
        if self.run:
            self.run.save(self.trained, self.network, self.history, best_so_far)
        self.bar.set_postfix_str(f"held-out {psnr:.2f} dB, bicubic {self.bicubic:.2f}")

    def psnr_or_stop(self, step, loss):
        """The PSNR on the held-out images. Raises: InputError if loss or output are no numbers any more."""
        if math.isfinite(loss) and all(map(_finite, self.network.get_weights())):
            return self.psnr()
        self.network.set_weights(self.best)
        kept = f"; the weights of step {self.history[-1]['step']} are kept" if self.history and self.run else ""
        raise InputError(
            f"the training has diverged before step {step}: its loss is {loss:.3g}. "
            f"Give a smaller learning rate than {self.recipe.learning_rate:g}{kept}"
        )

    def close(self):
        if self.bar is not None:
            self.bar.close()

    def psnr(self, name=None):
        """The PSNR on the held-out images, or on the test set of this name; its LR images are made once."""
        scale = self.method.scale
        if name not in self.pairs:
            self.pairs[name] = evaluation.pairs(datasets.load(name) if name else self.held_out, scale)
        return evaluation.psnr(self.method, self.pairs[name], scale)


def _finite(weights):
    return bool(keras.ops.convert_to_numpy(keras.ops.all(keras.ops.isfinite(weights))))
