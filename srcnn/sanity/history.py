"""Examines the curve of a training: whether noise ended it, and whether the test set chose its weights."""

import re

import numpy as np

from .. import InputError
from .arguments import columns
from .measures import jitter


def examine_history(findings, history, kept):
    """Add "patience" or "test set" to the findings, a dict name -> sentence. Raises: InputError."""
    history = columns(history)
    quality = history.get("val_psnr", -10 * np.log10(history["val_loss"]) if "val_loss" in history else None)
    if quality is None:
        raise InputError(
            f"the history has no val_psnr and no val_loss, only {', '.join(map(str, history))}: "
            "validate on images that are not trained on"
        )
    if kept is not None and not -len(quality) <= kept < len(quality):
        raise InputError(f"kept={kept} is no row of a history of {len(quality)} rows")
    rate = history.get("learning_rate", np.ones(1))
    swing = jitter(quality)
    if swing > 0.02 and quality[-1] < quality.max() and rate[-1] > 0.1 * rate.max():
        findings["patience"] = (
            f"at its end the curve still goes up and down by {swing:.2f} dB an epoch, so a pause in it says nothing: "
            "fix the number of steps, let the learning rate fall to 0, and keep the best weights"
        )
    if kept is not None and (name := _chosen_by(history, kept % len(quality))):
        findings["test set"] = (
            f"the weights of row {kept % len(quality)} were kept, the best by {name}, while row {quality.argmax()} is "
            "the best by validation: a set that chooses can no longer judge, so choose by validation"
        )


def _chosen_by(history, kept):
    """The name of the test column in which the kept row is the best, if it is the best in no validation column."""
    best = [
        name
        for name, column in history.items()
        if column[kept] == (column.min() if re.search("loss|mse|mae|error", name, re.IGNORECASE) else column.max())
    ]
    number_of_rows = len(next(iter(history.values())))
    if kept == number_of_rows - 1 or any(name.lower().startswith("val") for name in best):
        return None  # the last row of a fixed number of steps was not chosen at all
    tests = [name for name in best if re.search(r"(^|[_ ])test|set ?5|set ?14|bsd|b100|urban|manga", name, re.I)]
    return tests[-1] if tests else None
