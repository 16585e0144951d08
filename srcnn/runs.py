"""The folder of one training: settings, checkpoint, history, best weights, model card (chapter 6)."""

import csv
import hashlib
import tempfile
import warnings
import zipfile
from pathlib import Path

from . import InputError, catalog, datasets, evaluation, identity, pretrained, records, together
from .archives import first_line
from .files import atomic_write, sweep_up
from .layers import keras
from .locks import Lock

CHECKSUM = "history.sha256"
"""What a checkpoint, a zip file of Keras, holds besides: the digits of the history up to its step."""

NEWER = ("pictures", "code", "backend")
"""Settings that runs of older versions do not tell of."""


class Run:
    """Everything in the folder is written whole, so that a kill at any moment loses no more than the steps since the
    last checkpoint.

    One process at a time has the folder, until the `with` block ends that the run is used in. The checkpoint holds a
    checksum of the history, which is a text file that others write, too.
    Keras' own BackupAndRestore and CSVLogger write in place; a kill in that instant leaves half a file.
    Of several processes that train together all read the folder, and number 0 writes it. The others write the same
    into a folder that is thrown away: weights that lie on the devices of all can only be read by all at once.
    """

    def __init__(self, folder, settings, resume):
        self.folder, self.settings = Path(folder), settings
        self.stem = f"{settings['model']}-x{settings['scale']}"
        self.lock = self.scratch = None
        try:
            if together.leads():
                self.folder.mkdir(parents=True, exist_ok=True)
                self.lock = Lock(self.folder, "training")
            begun = self._check(resume)
            together.wait()  # before the folder changes, all have looked into it
            if together.leads():
                sweep_up(self.folder)  # after a run that was killed while it wrote
            else:
                self.scratch = tempfile.TemporaryDirectory()
            if not begun:
                records.write_json(self.written / "settings.json", settings)
        except OSError as error:
            self.__exit__()
            raise InputError(
                f"cannot make the folder {folder}: {error.strerror}; give one that can be written"
            ) from None
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Let others train in the folder again."""
        if self.lock:
            self.lock.release()
        if self.scratch:
            self.scratch.cleanup()

    @property
    def written(self):
        """The folder that this process writes."""
        return Path(self.scratch.name) if self.scratch else self.folder

    @property
    def checkpoint(self):
        return self.folder / "checkpoint.keras"

    @property
    def card(self):
        return self.folder / f"{self.stem}.json"

    def _check(self, resume):
        """Whether the folder holds a run that can go on. Raises: InputError if it holds another."""
        folder, saved = self.folder, self.folder / "settings.json"
        if not saved.is_file():
            if any(path.is_file() for path in (self.checkpoint, self.card, folder / "history.csv")):
                raise InputError(f"{folder} holds a run without its settings.json; give another folder")
            return False
        if not resume:
            raise InputError(
                f"{folder} already holds a run; resume=True (--resume) goes on with it, or give another folder"
            )
        try:
            begun = records.read_json(saved)
            begun = {**catalog.DEFAULTS, **{key: self.settings[key] for key in NEWER}, **begun}
            # an architecture is compared when its weights are read: Keras numbers its layers anew in each session
            keys = [key for key in {**self.settings, **begun} if key != "architecture"]
            changed = [key for key in keys if self.settings.get(key) != begun.get(key)]
        except Exception:  # whatever the file holds
            raise InputError(f"{saved} is damaged; start again in another folder") from None
        if changed:
            told = ", ".join(f"{key} {begun.get(key)} (now {self.settings.get(key)})" for key in changed)
            raise InputError(f"the run in {folder} was begun with {told}; give the same, or another folder")
        if not self.checkpoint.is_file() and (self.card.is_file() or self._has_rows()):
            raise InputError(f"{folder} holds a run without its checkpoint.keras; start again in another folder")
        return True

    def _has_rows(self):
        """Whether the history has more rows than the one that is written just before the first checkpoint."""
        path = self.folder / "history.csv"
        return path.is_file() and path.read_bytes().count(b"\n") > 2

    def save(self, model, network, history, best_so_far):
        """Write the history, the best weights and the checkpoint; the checkpoint last, because resume starts there."""
        try:
            self._write_history(history)
            if best_so_far:
                pretrained.save_weights(network, self.written / f"{self.stem}.npz")
            with atomic_write(self.written / self.checkpoint.name) as temporary:
                model.save(temporary, overwrite=True)
                with zipfile.ZipFile(temporary, "a") as archive:
                    archive.writestr(CHECKSUM, identity.of_rows(history))
        except InputError as error:
            kept = (
                f"the run is kept as of step {history[-2]['step']}" if history[1:] else "nothing is kept of the run yet"
            )
            raise InputError(f"{error}; {kept}: mend that, and go on with --resume") from None

    def _write_history(self, history):
        columns = list(dict.fromkeys(key for row in history for key in row))
        with (
            atomic_write(self.written / "history.csv") as temporary,
            open(temporary, "w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(history)

    def restore(self, network, trained):
        """Return the model at the last checkpoint, a `trained` with its optimizer, and its history; give `network` the
        best weights so far."""
        weights = f"{self.stem}.npz"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what is damaged
                model = keras.models.load_model(self.checkpoint)
            if [weight.shape for weight in model.weights] != [weight.shape for weight in trained.weights]:
                raise ValueError("the checkpoint is of another network")
            step = int(model.optimizer.iterations)
            history = [row for row in read_history(self.folder / "history.csv") if row["step"] <= step]
            pretrained.read_weights(network, self.folder / weights)
            if history[-1]["step"] != step:
                raise ValueError(f"the history ends at step {history[-1]['step']}, the checkpoint is of step {step}")
            with zipfile.ZipFile(self.checkpoint) as archive:
                if CHECKSUM in archive.namelist() and archive.read(CHECKSUM).decode() != identity.of_rows(history):
                    raise ValueError("the history is not the one that the checkpoint was written with")
        except Exception as error:  # whatever the files hold
            reason = f"one of checkpoint.keras, history.csv and {weights} is damaged ({first_line(error)})"
            if "architecture" in self.settings and str(error).startswith("it holds "):
                reason = "its layers had other names (Keras numbers those without one anew: give each a name)"
            raise InputError(
                f"the run in {self.folder} cannot go on, {reason}; start again in another folder"
            ) from None
        return model, history

    def finish(self, model, history, scale, last):
        """Write the kept weights and the model card beside them: settings, scores, machine, versions, commit, hash."""
        best = kept(history, last)
        weights = self.written / f"{self.stem}.npz"
        pretrained.save_weights(model, weights)
        card = {
            **self.settings,
            "weights": model.count_params(),
            "seconds": history[-1]["seconds"],
            "best_step": best["step"],
            "held_out_psnr": best["val_psnr"],
            "scores": {},
            **records.provenance(),
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        }
        for name in catalog.TEST_SETS:
            if datasets.find(name):
                result = evaluation.evaluate(model, name, scale)
                card["scores"][name] = {key: round(value, 4) for key, value in result["mean"].items()}
                card["scores"][name]["photographs"] = evaluation.by_photograph(result)
        records.write_json(self.written / self.card.name, card)


def kept(history, last=False):
    """The row of the history whose weights are kept: the best on the held-out images, the later of two; or the last,
    for a network that is after something else than their PSNR."""
    return history[-1] if last else max(reversed(history), key=lambda row: row["val_psnr"])


def read_history(path):
    """Read a history.csv: a list of rows with step, seconds, loss, val_psnr, learning_rate, and Set5_psnr if known."""
    with open(path, newline="", encoding="utf-8") as file:
        return [
            {key: int(value) if key == "step" else float(value) for key, value in row.items() if value}
            for row in csv.DictReader(file)
        ]
