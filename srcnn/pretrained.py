"""Trained networks: those that come with the course, and those that `srcnn train` wrote; weights and model cards."""

import hashlib
import os
from pathlib import Path

from . import InputError, cards, catalog, resample
from .archives import Unreadable, read_weights, save_weights

__all__ = ["available", "card", "load", "read_weights", "save_weights", "start_from"]

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
    model = cards.untrained(facts, path)
    try:
        read_weights(model, weights)
    except Unreadable as error:
        raise InputError(f"{weights} does not hold the weights of {facts['model']}: {error}") from None
    return model


def start_from(model, name, scale):
    """Give an untrained network the weights of one of the same kind, trained for this scale or another.

    name: the name and scale of weights that come with the course, such as "srcnn-955-x3", or the path of your own
          weights (.npz, as `srcnn train` writes them). The last layer is taken only if it was trained for this scale,
          as the model card beside them says, or else the end of the file's name.
    Returns: what a model card says of it, the name and the first digits of the SHA-256 of the weights.
    """
    path = next((path for path in (WEIGHTS / f"{name}.npz", Path(name)) if os.path.isfile(path)), None)
    if path is None:
        raise InputError(f"no init {name!r}; there are identity, gaussian, and weights such as srcnn-915-x3 or a .npz")
    beside = path.with_suffix(".json")
    given = str(cards.read(beside)["scale"]) if beside.is_file() else path.stem.rsplit("-x", 1)[-1]
    if given not in map(str, catalog.SCALES):
        raise InputError(f"nothing says for which scale {path} was trained: no model card {beside.name} is beside it")
    last = [layer.name for layer in model.layers if layer.weights][-1]
    try:
        read_weights(model, path, but=None if given == str(scale) else last)
    except Unreadable as error:
        raise InputError(f"{path} does not fit {model.name}: {error}") from None
    return f"{path.stem} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def _find(name, scale):
    """The path of a model card and its facts, checked."""
    have = available()
    if name in have:
        if scale not in have[name]:
            raise InputError(f"{name} has no weights for scale {scale}; it has {', '.join(map(str, have[name]))}")
        path = WEIGHTS / f"{name}-x{scale}.json"
        return path, cards.read(path)
    path = Path(name)
    if str(name).strip() and os.path.isdir(path):  # Path.is_dir() raises on a name that is too long
        found = sorted(path.glob(f"*-x{scale}.json"))
        if not found:
            wanted = f"*-x{scale}.json; `srcnn train` writes one when it ends"
            raise InputError(f"the folder {path} holds no model card {wanted}")
        if len(found) > 1:
            names = ", ".join(card.stem for card in found)
            raise InputError(f"the folder {path} holds several networks for scale {scale} ({names}): give one's .npz")
        path = found[0]
    elif os.path.isfile(path):
        lone, path = path, path.with_suffix(".json")
        if lone.suffix != ".npz" or not path.exists():
            raise InputError(
                f"{lone} needs a name in .npz and its model card beside it ({path.name}): `srcnn train` writes both"
            )
    else:
        known = ", ".join([*resample.KERNELS, *have])
        raise InputError(f"no trained model {str(name)!r}; there are {known}, or give the path of your own weights")
    facts = cards.read(path)
    if facts["scale"] != scale:
        raise InputError(f"{path.with_suffix('.npz')} was trained for scale {facts['scale']}, not {scale}")
    return path, facts
