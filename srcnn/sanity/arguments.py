"""Turns what sanity() is given into arrays and numbers, or says in a sentence why it cannot."""

import numpy as np

from .. import InputError, catalog


def settings(network, scale, history, kept, test, score):
    """The score as a number and the test as a pair, each None if it is not given. Raises: InputError."""
    if not isinstance(scale, (int, np.integer)) or scale not in catalog.SCALES:
        raise InputError(f"scale {scale!r} is not one of 2, 3, 4; the order is sanity(network, x, y, scale)")
    if network is not None and not callable(network):
        raise InputError(f"network is {network!r}; give a keras.Model (pretrained.load loads one), a function or None")
    if kept is not None and (history is None or not isinstance(kept, (int, np.integer))):
        raise InputError(f"kept={kept!r} is not the number of a row of a history that is given, too")
    if test is not None and (not isinstance(test, (tuple, list)) or len(test) != 2):
        raise InputError("test is a pair of arrays, (x, y)")
    if score is not None:
        try:
            score = float(score)
        except (TypeError, ValueError):
            score = float("nan")
        if np.isnan(score) or network is None:
            raise InputError("score is one number, a PSNR in dB, and needs the network that it was measured for")
    return score, test


def batches(x, y, *names):
    """Both as float64 (N, H, W). Raises: InputError if they are not such pairs."""
    x, y = (_batch(images, name) for images, name in zip((x, y), names, strict=True))
    if len(x) != len(y):
        raise InputError(f"{names[0]} has {len(x)} images and {names[1]} has {len(y)}: no pairs")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(f"{names[0]} or {names[1]} has NaN or infinite values")
    if not x.std() or not y.std():
        raise InputError(f"{names[0]} or {names[1]} has the same value everywhere")
    return x, y


def _batch(images, name):
    try:
        images = np.asarray(images)
    except ValueError:
        raise InputError(f"the images of {name} differ in size; cut the same size out of each") from None
    images = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
    if images.ndim != 3 or len(images) < 8 or min(images.shape[1:]) < 16 or images.dtype.kind not in "buif":
        raise InputError(
            f"{name} has shape {images.shape}; give 8 grey images or more of 16 x 16 or more, (N, H, W, 1), "
            "perhaps parts of larger ones"
        )
    return images.astype(np.float64)


def columns(history):
    """A history as a dict name -> array. Raises: InputError if it cannot be read as one."""
    history = getattr(history, "history", history)  # what Keras' fit() returns
    try:
        if not isinstance(history, dict):
            history = {name: [row[name] for row in history] for name in history[0]}
        found = {name: np.array(column, float) for name, column in history.items()}
    except (TypeError, ValueError, KeyError, IndexError):
        found = {}
    if len({column.shape for column in found.values()}) != 1 or next(iter(found.values())).ndim != 1:
        raise InputError("the history is neither a list of rows, such as training.train() returns, nor a Keras history")
    if not all(np.isfinite(column).all() for column in found.values()):
        raise InputError("the history has NaN or infinite values: the training has diverged, start again")
    return found
