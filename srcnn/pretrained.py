"""Trained networks: those that come with the course, and those that `srcnn train` wrote; weights and model cards."""

import hashlib
import json
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from . import InputError, catalog, models, resample
from .files import atomic_write
from .layers import keras

WEIGHTS = Path(__file__).with_name("weights")


def available():
    """The trained networks that come with the course: {name: [scales]}."""
    found = {}
    for card in sorted(WEIGHTS.glob("*-x?.json")):
        name, scale = card.stem.rsplit("-x", 1)
        found.setdefault(name, []).append(int(scale))
    return found


def card(name, scale):
    """The model card, a dict, of weights that come with the course (`name`) or that `srcnn train` wrote (a path).

    Raises: InputError when there are no such weights, saying which there are.
    """
    return _find(name, scale)[1]


def load(name, scale):
    """Load a trained network: the name of one that comes with the course, or the path of one of your own.

    name: "srcnn-915", or a weights file (.npz) written by `srcnn train`, or the folder that holds it.
    scale: 2, 3 or 4; the weights were trained for one scale.
    Raises: InputError if there are no such weights, or they are of another architecture.
    """
    path, facts = _find(name, scale)
    weights = path.with_suffix(".npz")
    try:
        model = _untrained(facts)
    except UNREADABLE as error:
        raise InputError(f"{path} describes no network that can be built: {_first_line(error)}") from None
    try:
        read_weights(model, weights)
    except UNREADABLE as error:
        reason = "there is no such file" if not weights.is_file() else _first_line(error)
        raise InputError(f"{weights} does not hold the weights of {facts['model']}: {reason}") from None
    return model


def _untrained(facts):
    """The network of a model card: a name in the catalogue, or a network of the reader's own, as Keras describes it."""
    if "architecture" in facts:
        return keras.saving.deserialize_keras_object(facts["architecture"])
    return models.build(facts["model"], facts["scale"])


def _first_line(error):
    return str(error).strip().split("\n")[0][:120]


def save_weights(model, path):
    """Write all weights as a NumPy archive: "F1/kernel" (f, f, channels, n), "F1/bias" (n,), ...; whole or not at all.

    Not Keras' HDF5, whose library ends the program when the disk is full.
    """
    with atomic_write(path) as temporary:
        np.savez(temporary, **{name: np.asarray(weight.numpy()) for name, weight in _named_weights(model).items()})


def start_from(model, name, scale):
    """Give an untrained network the weights of one of the same kind, trained for this scale or another.

    name: the name and scale of weights that come with the course, such as "srcnn-955-x3", or the path of your own
          weights (.npz, as `srcnn train` writes them). The last layer is taken only if it was trained for this scale.
    Returns: what a model card says of it, the name and the first digits of the SHA-256 of the weights.
    """
    path = WEIGHTS / f"{name}.npz" if (WEIGHTS / f"{name}.npz").is_file() else Path(name)
    if not path.is_file():
        raise InputError(f"no init {name!r}; there are identity, gaussian, and weights such as srcnn-915-x3 or a .npz")
    given = path.stem.rsplit("-x", 1)[-1]
    last = [layer.name for layer in model.layers if layer.weights][-1]
    try:
        read_weights(model, path, but=None if given == str(scale) else last)
    except UNREADABLE as error:
        raise InputError(f"{path} does not fit {model.name}: {_first_line(error)}") from None
    return f"{path.stem} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


UNREADABLE = (ValueError, TypeError, OSError, KeyError, EOFError, AttributeError, BadZipFile)
"""What reading a damaged weights file can raise."""


def read_weights(model, path, but=None):
    """Read what save_weights() wrote, except for the layer named `but`, which keeps its weights.

    Raises: ValueError if names or shapes are not the model's.
    """
    with np.load(path, allow_pickle=False) as archive:
        wanted = {name: tuple(weight.shape) for name, weight in _named_weights(model).items()}
        if set(archive.files) != set(wanted):
            raise ValueError(f"it holds {', '.join(archive.files)}")
        arrays = [archive[name] for name in wanted]
    if but:
        own = zip(wanted, arrays, model.get_weights(), strict=True)
        arrays = [mine if name.startswith(f"{but}/") else given for name, given, mine in own]
    for (name, shape), array in zip(wanted.items(), arrays, strict=True):
        if array.shape != shape:
            raise ValueError(f"its {name} has shape {array.shape}, not {shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"its {name} holds NaN or infinite values")
    model.set_weights(arrays)


def _named_weights(model):
    """{"F1/kernel": weight, ...}; a weight whose name is taken already, as in a layer of layers, gets a number."""
    named = {}
    for layer in model.layers:
        for weight in layer.weights:
            name = f"{layer.name}/{weight.name}"
            named[name if name not in named else f"{name}:{len(named)}"] = weight
    return named


def _find(name, scale):
    """The path of a model card and its facts, checked."""
    have = available()
    if name in have:
        if scale not in have[name]:
            raise InputError(f"{name} has no weights for scale {scale}; it has {', '.join(map(str, have[name]))}")
        path = WEIGHTS / f"{name}-x{scale}.json"
        return path, json.loads(path.read_text("utf-8"))
    path = Path(name)
    if str(name).strip() and path.is_dir():
        cards = sorted(path.glob(f"*-x{scale}.json"))
        if not cards:
            wanted = f"*-x{scale}.json; `srcnn train` writes one when it ends"
            raise InputError(f"the folder {path} holds no model card {wanted}")
        path = cards[0]
    elif path.is_file():
        lone, path = path, path.with_suffix(".json")
        if lone.suffix != ".npz" or not path.is_file():
            raise InputError(
                f"{lone} needs a name in .npz and its model card beside it ({path.name}): `srcnn train` writes both"
            )
    else:
        known = ", ".join([*resample.KERNELS, *have])
        raise InputError(f"no trained model {str(name)!r}; there are {known}, or give the path of your own weights")
    try:
        facts = json.loads(path.read_text("utf-8"))
        sound = facts["scale"] in catalog.SCALES and isinstance(facts["model"], str)
        if "architecture" not in facts:
            catalog.network(facts["model"])
    except (OSError, ValueError, KeyError, TypeError):  # InputError, of an unknown name, is a ValueError
        sound = False
    if not sound:
        raise InputError(f"{path} is not a model card: it needs the name of a model, or its architecture, and a scale")
    if facts["scale"] != scale:
        raise InputError(f"{path.with_suffix('.npz')} was trained for scale {facts['scale']}, not {scale}")
    return path, facts
