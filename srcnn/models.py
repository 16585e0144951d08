"""Networks: SRCNN with any filters and kernels, and the trained weights that come with the course (chapter 4)."""

import json
import os
import re
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from . import InputError
from .files import quiet_stderr, whole_file

WEIGHTS = Path(__file__).with_name("weights")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
try:
    with quiet_stderr():
        import keras
except (ImportError, ValueError) as error:
    raise InputError(
        f"Keras has no backend to run on ({error}): pip install tensorflow, "
        "or install jax or torch and set KERAS_BACKEND to its name"
    ) from None


def srcnn(filters=(64, 32), kernels=(9, 1, 5), *, init="identity", seed=0):
    """Build SRCNN: F1 and F2 with ReLU, F3 linear, Eq. (4.1) to (4.3); more layers if more kernels are given.

    filters: n1, n2, ...; one fewer than `kernels`, because the last layer has one filter.
    kernels: f1, f2, f3, ...; odd.
    init: "gaussian", the paper's: N(0, 0.001^2), biases 0; or
          "identity": the first filter of each layer passes the image on unchanged. The image is not negative,
          so it survives every ReLU, and the network starts as bicubic exactly. The other weights are
          He-normal, those of the last layer 0. No connection is added: the architecture is the paper's.
    Returns: keras.Model, (N, H, W, 1) in [0, 1] -> (N, H - 2m, W - 2m, 1) with m = margin(model).
    The convolutions do not pad, as in the paper; upscale.predict() pads the image once instead.
    """
    if len(kernels) != len(filters) + 1 or any(f < 1 or f % 2 == 0 for f in kernels) or min(filters) < 1:
        raise InputError(
            f"filters={tuple(filters)} and kernels={tuple(kernels)} do not make an SRCNN: "
            "kernels are odd, filters at least 1, and there is one kernel more than filters"
        )
    if init not in ("identity", "gaussian"):
        raise InputError(f"no init {init!r}; there are identity, gaussian")
    layers = [keras.Input((None, None, 1))]
    for number, (n, f) in enumerate(zip((*filters, 1), kernels, strict=True), start=1):
        activation = None if number == len(kernels) else "relu"
        # 1000 * seed: no layer of one seed starts like a layer of another
        start = 1000 * seed + number
        if init == "gaussian":
            start = keras.initializers.RandomNormal(stddev=0.001, seed=start)
        else:
            start = keras.initializers.HeNormal(seed=start)
        layers.append(keras.layers.Conv2D(n, f, activation=activation, kernel_initializer=start, name=f"F{number}"))
    model = keras.Sequential(layers, name="srcnn_" + "_".join(map(str, kernels)))
    if init == "identity":
        for layer in model.layers:
            _pass_the_image_on(layer, last=layer is model.layers[-1])
    return model


def _pass_the_image_on(layer, last):
    """Make the layer's first filter a delta on the first channel; in the last layer all other weights are 0."""
    kernel, bias = (np.array(weights) for weights in layer.get_weights())
    kernel[..., 0] = 0
    if last:
        kernel[:] = 0
    kernel[kernel.shape[0] // 2, kernel.shape[1] // 2, 0, 0] = 1
    layer.set_weights([kernel, bias])


def margin(model):
    """The pixels that unpadded convolutions cut from each side: the sum of (f - 1) / 2; 6 for 9-1-5."""
    return sum((layer.kernel_size[0] - 1) // 2 for layer in model.layers if hasattr(layer, "kernel_size"))


def parse(name):
    """The kernels in a model's name: "srcnn-915" -> (9, 1, 5), "srcnn-11-1-7" -> (11, 1, 7)."""
    match = re.fullmatch(r"srcnn-(\d{3,9}|\d+(?:-\d+){2,})", str(name))
    if not match:
        raise InputError(f"no model {str(name)!r}; write srcnn- and the kernels, such as srcnn-915 or srcnn-11-1-7")
    digits = match[1]
    return tuple(int(f) for f in (digits.split("-") if "-" in digits else digits))


def build(name, *, filters=None, init="identity", seed=0):
    """Build an untrained network from its name. `filters` defaults to 64, 32, 32, ... as in the paper."""
    kernels = parse(name)
    return srcnn(filters or (64, *[32] * (len(kernels) - 2)), kernels, init=init, seed=seed)


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
    model = build(facts["model"], filters=facts["filters"])
    try:
        read_weights(model, weights)
    except (ValueError, TypeError, OSError, KeyError, EOFError, AttributeError, BadZipFile) as error:
        reason = "there is no such file" if not weights.is_file() else str(error).strip().split("\n")[0][:120]
        told = f"{facts['model']} with {', '.join(map(str, facts['filters']))} filters"
        raise InputError(f"{weights} does not hold the weights of {told}: {reason}") from None
    return model


def save_weights(model, path):
    """Write all weights as a NumPy archive: "F1/kernel" (f, f, channels, n), "F1/bias" (n,), ...; whole or not at all.

    Not Keras' HDF5, whose library ends the program when the disk is full.
    """
    with whole_file(path) as temporary:
        np.savez(temporary, **{name: np.asarray(weight.numpy()) for name, weight in _named_weights(model).items()})


def read_weights(model, path):
    """Read what save_weights() wrote. Raises: ValueError if names or shapes are not the model's."""
    with np.load(path, allow_pickle=False) as archive:
        wanted = {name: tuple(weight.shape) for name, weight in _named_weights(model).items()}
        if set(archive.files) != set(wanted):
            raise ValueError(f"it holds {', '.join(archive.files)}")
        arrays = [archive[name] for name in wanted]
    for (name, shape), array in zip(wanted.items(), arrays, strict=True):
        if array.shape != shape:
            raise ValueError(f"its {name} has shape {array.shape}, not {shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"its {name} holds NaN or infinite values")
    model.set_weights(arrays)


def _named_weights(model):
    return {f"{layer.name}/{weight.name}": weight for layer in model.layers for weight in layer.weights}


def _find(name, scale):
    """The path of a model card and its facts, checked."""
    have = available()
    if name in have:
        if scale not in have[name]:
            raise InputError(f"{name} has no weights for scale {scale}; it has {', '.join(map(str, have[name]))}")
        path = WEIGHTS / f"{name}-x{scale}.json"
        return path, json.loads(path.read_text())
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
        known = f"nearest, bilinear, bicubic, lanczos, {', '.join(have)}"
        raise InputError(f"no trained model {str(name)!r}; there are {known}, or give the path of your own weights")
    try:
        facts = json.loads(path.read_text())
        sound = all(isinstance(n, int) and n > 0 for n in facts["filters"]) and isinstance(facts["scale"], int)
        sound = sound and len(parse(facts["model"])) == len(facts["filters"]) + 1
    except (OSError, ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise InputError(f"{path} is not a model card: it needs model, filters and scale")
    if facts["scale"] != scale:
        raise InputError(f"{path.with_suffix('.npz')} was trained for scale {facts['scale']}, not {scale}")
    return path, facts
