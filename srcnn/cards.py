"""Model cards: what a .json beside the weights says of them, read with care, for it may come from anybody."""

import contextlib
import math
import warnings
from pathlib import Path

import numpy as np

from . import InputError, catalog, models, records
from .archives import first_line
from .layers import keras

LONGEST = 100
"""Characters of a network's name."""

MOST_PARTS, MOST_WEIGHTS = 4000, 10**8
"""Of a network that a card describes: layers, initialisers and the like. EDSR has 43 million weights."""


def read(path):
    """The model card at `path`, a dict with the name of a network, or its architecture, and a scale.

    Raises: InputError if it is not that.
    """
    path = Path(path)
    try:
        facts = records.read_json(path)
        sound = facts["scale"] in catalog.SCALES and 0 < len(facts["model"]) <= LONGEST and facts["model"].isprintable()
        if "architecture" not in facts:
            catalog.network(facts["model"])
    except Exception:  # whatever the file holds
        sound = False
    if not sound:
        raise InputError(f"{path} is not a model card: it needs the name of a model, or its architecture, and a scale")
    return facts


def untrained(facts, path):
    """The network of a card: a name in the catalogue, or a network of the reader's own, as Keras describes it.

    Raises: InputError if there is none that can be built, or if it is larger than any that is used.
    """
    try:
        if "architecture" not in facts:
            return models.build(facts["model"], facts["scale"])
        _check(facts["architecture"])
        with warnings.catch_warnings(), _limited():
            warnings.simplefilter("ignore")
            model = keras.saving.deserialize_keras_object(facts["architecture"])
        if not isinstance(model, keras.Model):
            raise ValueError(f"it is a {type(model).__name__}, not a model")
        side = 2 * models.margin(model) + 4
        model(np.zeros((1, side, side, 1), np.float32))  # some parts fail only when they are used
        return model
    except MemoryError:
        raise InputError(f"{path} describes a network that does not fit into this machine's memory") from None
    except Exception as error:  # Keras raises nearly every kind there is
        raise InputError(f"{path} describes no network that can be built: {first_line(error)}") from None


def _check(architecture):
    """Raise ValueError if a description has too many parts, or names what is not a part of a network.

    Keras before 3.9 would import any module, and call what is in it.
    """
    rest, parts = [architecture], 0
    while rest:
        part = rest.pop()
        if isinstance(part, list):
            rest += part
        elif isinstance(part, dict):
            rest += part.values()
            parts += "class_name" in part
            if "class_name" in part and not _is_known(part):
                kind, module = (str(part.get(key))[:60] for key in ("class_name", "module"))
                raise ValueError(f"{kind} of {module} is no layer of Keras, nor registered with it")
    if parts > MOST_PARTS:
        raise ValueError(f"it has {parts} parts, and {MOST_PARTS} are the most")


def _is_known(part):
    """Whether a part is one of Keras' own that runs no code from elsewhere, or registered by the reader.

    Keras looks a class up by its registered name, but a function by its own, which stands under "config".
    """
    kind, module = part["class_name"], part.get("module")
    function = kind == "function"
    name = part.get("config") if function else kind
    if not isinstance(name, str) or "." in name:
        return False
    if keras.saving.get_registered_object(name if function else part.get("registered_name")) is not None:
        return True
    if module in (None, "builtins"):
        return any(hasattr(getattr(keras, one), name) for one in FUNCTIONS) if function else kind.startswith("__")
    return name not in FOREIGN and (module == "keras" or module.startswith(OWN))


FOREIGN = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
"""Layers of Keras that hold another program."""

FUNCTIONS = ("activations", "initializers", "regularizers", "constraints")
"""Where Keras has the functions that it names without their place."""

OWN = tuple(f"keras.{name}" for name in ("layers", "initializers", "models", "src.models", "src.layers", "src.ops",
                                        "activations", "regularizers", "constraints"))  # fmt: skip
"""Where the parts of a network come from."""


@contextlib.contextmanager
def _limited():
    """In this context a network gets no more than MOST_WEIGHTS weights; the first one too many raises ValueError."""
    own, total = keras.layers.Layer.add_weight, 0

    def add_weight(layer, shape=None, *args, **options):
        nonlocal total
        total += math.prod(shape or ())
        if total > MOST_WEIGHTS:
            raise ValueError(f"it has {total} weights or more, and {MOST_WEIGHTS} are the most")
        return own(layer, shape, *args, **options)

    keras.layers.Layer.add_weight = add_weight
    try:
        yield
    finally:
        keras.layers.Layer.add_weight = own
