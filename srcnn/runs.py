"""The folder of one training: settings, checkpoint, history, best weights, model card (chapter 6)."""

import csv
import hashlib
import json
from pathlib import Path
from zipfile import BadZipFile

from . import InputError, catalog, datasets, evaluation, pretrained, records
from .files import atomic_write
from .layers import keras

DAMAGE = (ValueError, OSError, KeyError, TypeError, AttributeError, IndexError, EOFError, BadZipFile)
"""What reading a damaged file can raise."""


class Run:
    """Everything in the folder is written whole, so that a kill at any moment loses no more than the steps since the
    last checkpoint.

    Keras' own BackupAndRestore and CSVLogger write in place; a kill in that instant leaves half a file.
    """

    def __init__(self, folder, settings, resume):
        self.folder, self.settings = Path(folder), settings
        self.stem = f"{settings['model']}-x{settings['scale']}"
        self.checkpoint, self.history_file = self.folder / "checkpoint.keras", self.folder / "history.csv"
        self.weights, self.card = self.folder / f"{self.stem}.npz", self.folder / f"{self.stem}.json"
        saved = self.folder / "settings.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder {folder}: {error.strerror}") from None
        for left_over in self.folder.glob(".srcnn-*"):  # of a run that was killed while it wrote
            left_over.unlink(missing_ok=True)
        if not saved.is_file():
            if self.checkpoint.is_file() or self.card.is_file():
                raise InputError(f"{folder} holds a run without its settings.json; give another folder")
            records.write_json(saved, settings)
            return
        if not resume:
            raise InputError(f"{folder} already holds a run; --resume goes on with it, or give another folder")
        try:
            begun = json.loads(saved.read_text())
            # an architecture is compared when its weights are read: Keras numbers its layers anew in each session
            changed = [key for key in settings if key != "architecture" and settings[key] != begun.get(key)]
        except DAMAGE:
            raise InputError(f"{saved} is damaged; start again in another folder") from None
        if changed:
            told = ", ".join(f"{key} {begun.get(key)} (now {settings[key]})" for key in changed)
            raise InputError(f"the run in {folder} was begun with {told}; give the same, or another folder")

    def save(self, model, network, history, best_so_far):
        """Write the history, the best weights and the checkpoint; the checkpoint last, because resume starts there."""
        columns = list(dict.fromkeys(key for row in history for key in row))
        with atomic_write(self.history_file) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(history)
        if best_so_far:
            pretrained.save_weights(network, self.weights)
        with atomic_write(self.checkpoint) as temporary:
            model.save(temporary, overwrite=True)

    def restore(self, network):
        """Return the model at the last checkpoint and its history; give `network` the best weights so far."""
        try:
            model = keras.models.load_model(self.checkpoint)
            step = int(model.optimizer.iterations)
            history = [row for row in read_history(self.history_file) if row["step"] <= step]
            pretrained.read_weights(network, self.weights)
            if history[-1]["step"] != step:
                raise ValueError(f"the history ends at step {history[-1]['step']}, the checkpoint is of step {step}")
        except DAMAGE as error:
            reason = str(error).strip().split("\n")[0][:150]
            raise InputError(
                f"the run in {self.folder} cannot go on, one of checkpoint.keras, history.csv and {self.weights.name} "
                f"is damaged ({reason}); start again in another folder"
            ) from None
        return model, history

    def finish(self, model, history, scale):
        """Write the best weights and the model card beside them: settings, scores, machine, versions, commit, hash."""
        best = max(history, key=lambda row: row["val_psnr"])
        pretrained.save_weights(model, self.weights)
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
        for name in catalog.TEST_SETS:
            if datasets.find(name):
                mean = evaluation.evaluate(model, name, scale)["mean"]
                card["scores"][name] = {key: round(value, 4) for key, value in mean.items()}
        records.write_json(self.card, card)


def read_history(path):
    """Read a history.csv: a list of rows with step, seconds, loss, val_psnr, learning_rate, and Set5_psnr if known."""
    with open(path, newline="") as file:
        return [
            {key: int(value) if key == "step" else float(value) for key, value in row.items() if value}
            for row in csv.DictReader(file)
        ]
