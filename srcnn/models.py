"""Networks: SRCNN, FSRCNN and ESPCN, and the trained weights that come with the course (chapters 4 and 10)."""

import hashlib
import json
import re
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from . import InputError, degrade
from .files import whole_file
from .layers import Deconvolution, Expanded, Shuffle, keras

WEIGHTS = Path(__file__).with_name("weights")


def srcnn(filters=(64, 32), kernels=(9, 1, 5), *, init="identity", seed=0):
    """Build SRCNN: F1 and F2 with ReLU, F3 linear, Eq. (4.1) to (4.3); more layers if more kernels are given.

    filters: n1, n2, ...; one fewer than `kernels`, because the last layer has one filter.
    kernels: f1, f2, f3, ...; odd, below 100.
    init: "gaussian", the paper's: N(0, 0.001^2), biases 0; or
          "identity": the first filter of each layer passes the image on unchanged. The image is not negative,
          so it survives every ReLU, and the network starts as bicubic exactly. The other weights are
          He-normal, less each filter's mean in the first layer, and 0 in the last. No connection is added: the
          architecture is the paper's.
    Returns: keras.Model, (N, H, W, 1) in [0, 1] -> (N, H - 2m, W - 2m, 1) with m = margin(model).
    The convolutions do not pad, as in the paper; upscale.predict() pads the image once instead.
    """
    if len(kernels) != len(filters) + 1 or any(f not in range(1, 100, 2) for f in kernels) or min(filters) < 1:
        raise InputError(
            f"filters={tuple(filters)} and kernels={tuple(kernels)} do not make an SRCNN: "
            "kernels are odd and below 100, filters at least 1, and there is one kernel more than filters"
        )
    if init not in ("identity", "gaussian"):
        raise InputError(f"no init {init!r}; there are identity, gaussian")
    layers = [
        keras.layers.Conv2D(
            n,
            f,
            activation=None if number == len(kernels) else "relu",
            kernel_initializer=_start(init, seed, number),
            name=f"F{number}",
        )
        for number, (n, f) in enumerate(zip((*filters, 1), kernels, strict=True), start=1)
    ]
    model = keras.Sequential([keras.Input((None, None, 1)), *layers], name="srcnn_" + "_".join(map(str, kernels)))
    if init == "identity":
        for layer in layers:
            _pass_the_image_on(layer, last=layer is layers[-1])
    return model


def fsrcnn(d=56, s=12, m=4, *, scale, init="identity", seed=0):
    """Build FSRCNN(d, s, m), Eq. (10.2); it works on the LR image: there is no bicubic enlargement.

    Conv(5, d, 1), Conv(1, s, d), m x Conv(3, s, s), Conv(1, d, s), each with PReLU, and DeConv(9, 1, d).
    d, s, m: the paper's FSRCNN is (56, 12, 4), its FSRCNN-s (32, 5, 1).
    init: "identity": the first filter of each layer passes the LR image on, and the deconvolution enlarges it by
          bicubic interpolation (as far as its 9 x 9 weights reach). The mapping layers start near the identity,
          as 0.3 times He-normal with a 1 from each channel to itself; the other weights are as in srcnn().
          "gaussian": all He-normal, and the deconvolution N(0, 0.001^2), as in the paper.
    Returns: keras.Model, (N, h, w, 1) in [0, 1] -> (N, scale (h - 2 M), scale (w - 2 M), 1), M = margin(model).
    """
    if min(d, s) < 1 or m < 0 or scale not in (2, 3, 4) or init not in ("identity", "gaussian"):
        raise InputError(
            f"d={d}, s={s}, m={m}, scale={scale}, init={init!r} do not make an FSRCNN: d and s are at least 1, "
            "m at least 0, scale 2, 3 or 4, init identity or gaussian"
        )
    layers = []
    for number, (n, f) in enumerate([(d, 5), (s, 1), *[(s, 3)] * m, (d, 1)], start=1):
        conv = keras.layers.Conv2D(n, f, kernel_initializer=_start("identity", seed, number), name=f"F{number}")
        layers += [
            conv,
            keras.layers.PReLU(
                shared_axes=(1, 2), alpha_initializer=keras.initializers.Constant(0.25), name=f"P{number}"
            ),
        ]
    layers.append(Deconvolution(9, scale, kernel_initializer=_start("gaussian", seed, m + 4), name=f"F{m + 4}"))
    model = keras.Sequential([keras.Input((None, None, 1)), *layers], name=f"fsrcnn_{d}_{s}_{m}_x{scale}")
    if init == "identity":
        for number, layer in enumerate(layers[:-1:2]):
            if 2 <= number < m + 2:  # the mapping layers start near the identity, from every channel to itself
                kernel = 0.3 * layer.kernel.numpy()
                kernel[1, 1] += np.eye(s)
                layer.kernel.assign(kernel)
            _pass_the_image_on(layer)
        layers[-1].kernel.assign(_bicubic(9, scale)[:, :, None, None] * (np.arange(d) == 0))
    return model


def espcn(*, scale, init="identity", seed=0):
    """Build ESPCN, Eq. (10.5): Conv(5, 64), tanh, Conv(3, 32), tanh, Conv(3, scale^2), pixel shuffle; on the LR image.

    init: "gaussian": all Glorot-normal, the last layer N(0, 0.001^2); or
          "identity": as in fsrcnn(), by way of the middle of tanh: tanh((x - 0.5) / 2), nearly straight, which the
          last layer doubles and enlarges. The other filters of the first layer are TANH times Glorot's: of the
          small answers that Glorot's give to image patches tanh is a straight line as well, and the network
          would learn no more than the best linear filter.
    Returns: as fsrcnn().
    """
    if scale not in (2, 3, 4) or init not in ("identity", "gaussian"):
        raise InputError(f"scale={scale}, init={init!r} do not make an ESPCN: scale 2, 3 or 4, identity or gaussian")
    layers = [
        keras.layers.Conv2D(
            n, f, activation=activation, kernel_initializer=_start(start, seed, number), name=f"F{number}"
        )
        for number, (n, f, activation, start) in enumerate(
            [(64, 5, "tanh", "glorot"), (32, 3, "tanh", "glorot"), (scale**2, 3, None, init)], start=1
        )
    ]
    model = keras.Sequential([keras.Input((None, None, 1)), *layers, Shuffle(scale)], name=f"espcn_x{scale}")
    if init == "identity":
        first, _, last = layers
        first.kernel.assign(TANH * first.kernel)
        for layer in layers[:2]:
            _pass_the_image_on(layer, gain=0.5 if layer is first else 1)
        first.bias.assign(-0.25 * (np.arange(64) == 0))
        enlarge = Deconvolution(3 * scale, scale)
        enlarge.build((None, None, None, 32))
        enlarge.kernel.assign(2 * _bicubic(3 * scale, scale)[:, :, None, None] * (np.arange(32) == 0))
        last.set_weights([enlarge.as_convolution(), np.full(scale**2, 0.5)])
    return model


def _start(init, seed, number):
    """The initialiser of layer `number`: the paper's "gaussian", "glorot", or He-normal."""
    seed = 1000 * seed + number  # no layer of one seed starts like a layer of another
    if init == "gaussian":
        return keras.initializers.RandomNormal(stddev=0.001, seed=seed)
    return keras.initializers.GlorotNormal(seed) if init == "glorot" else keras.initializers.HeNormal(seed)


def _pass_the_image_on(layer, last=False, gain=1):
    """Make the layer's first filter a delta on the first channel; in the last layer all other weights are 0."""
    kernel, bias = (np.array(weights) for weights in layer.get_weights())
    if kernel.shape[2] == 1:
        kernel = _without_mean(kernel)
    kernel[..., 0] = 0
    if last:
        kernel[:] = 0
    kernel[kernel.shape[0] // 2, kernel.shape[1] // 2, 0, 0] = gain
    layer.set_weights([kernel, bias])


def _without_mean(kernel):
    """Filters, (f, f, 1, n), that do not answer to brightness, only to what changes: each sums to 0."""
    kernel = keras.ops.convert_to_numpy(kernel)
    return kernel - kernel.mean((0, 1, 2))


def _bicubic(size, scale):
    """Bicubic enlargement as the size x size weights of a deconvolution: cut off there, each phase's sum is 1 again."""
    impulse = np.zeros((9, 9))
    impulse[4, 4] = 1
    start = 4 * scale - (size - scale) // 2
    kernel = degrade.enlarge(impulse, scale)[start : start + size, start : start + size]
    for i, j in np.ndindex(scale, scale):
        kernel[i::scale, j::scale] /= kernel[i::scale, j::scale].sum()
    return kernel


TANH = 40
"""ESPCN's first filters: so many times larger than Glorot's that tanh bends at the edges of an image."""


FAST = {"fsrcnn": fsrcnn, "fsrcnn-s": partial(fsrcnn, 32, 5, 1), "espcn": espcn}
"""The networks that take the LR image, by name."""


def margin(model):
    """The pixels that unpadded layers use up on each side of their input: the sum of (f - 1) / 2; 6 for 9-1-5."""
    reach = [getattr(layer, "reach", (getattr(layer, "kernel_size", [1])[0] - 1) // 2) for layer in model.layers]
    return sum(reach)


def factor(model):
    """How many times a network enlarges its input: 1 for SRCNN, which takes the ILR, its scale for FSRCNN and ESPCN."""
    return max(getattr(layer, "scale", 1) for layer in model.layers)


def parse(name):
    """The kernels in an SRCNN's name: "srcnn-915" -> (9, 1, 5), "srcnn-11-1-7" -> (11, 1, 7)."""
    match = re.fullmatch(r"srcnn-(\d{3,9}|\d+(?:-\d+){2,})", str(name))
    if not match:
        raise InputError(
            f"no model {str(name)!r}; there are {', '.join(FAST)}, "
            "and srcnn- with its kernels, such as srcnn-915 or srcnn-11-1-7"
        )
    digits = match[1]
    return tuple(int(f) for f in (digits.split("-") if "-" in digits else digits))


def build(name, scale=None, *, filters=None, init="identity", seed=0):
    """Build an untrained network from its name: "srcnn-" and its kernels, "fsrcnn", "fsrcnn-s" or "espcn".

    scale: 2, 3 or 4; the networks that take the LR image need it, for SRCNN it means nothing.
    filters: n1, n2, ... of an SRCNN; by default 64, 32, 32, ... as in the paper.
    """
    if name not in FAST:
        kernels = parse(name)
        return srcnn(filters or (64, *[32] * (len(kernels) - 2)), kernels, init=init, seed=seed)
    if filters:
        raise InputError(f"{name} has its own filters; filters= is for SRCNN")
    return FAST[name](scale=scale, init=init, seed=seed)


def expand(model, width=128, seed=0):
    """A network for training that computes what `model` does, each convolution an Expanded one of this width."""
    layers = []
    for number, layer in enumerate(model.layers, start=1):
        if type(layer) is keras.layers.Conv2D:
            start = 1000 * seed + 100 + number
            wide = Expanded(
                layer.filters, layer.kernel_size, width, activation=layer.activation, seed=start, name=layer.name
            )
            wide.build((None, None, None, layer.kernel.shape[2]))
            wide.base.assign(layer.kernel)
            wide.bias.assign(layer.bias)
            if layer.kernel.shape[2] == 1:
                wide.wide.assign(_without_mean(wide.wide))
        else:
            wide = type(layer).from_config(layer.get_config())
            wide.build((None, None, None, layer.weights[0].shape[-1] if layer.weights else None))
            wide.set_weights(layer.get_weights())
        layers.append(wide)
    return keras.Sequential([keras.Input((None, None, 1)), *layers], name=model.name)


def collapse(expanded, model):
    """Give `model` the weights of the network that expand() made of it: each product becomes one kernel."""
    for wide, layer in zip(expanded.layers, model.layers, strict=True):
        given = [wide.kernel, wide.bias] if isinstance(wide, Expanded) else wide.weights
        layer.set_weights([keras.ops.convert_to_numpy(weight) for weight in given])


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
    model = build(facts["model"], scale, filters=facts["filters"])
    try:
        read_weights(model, weights)
    except UNREADABLE as error:
        reason = "there is no such file" if not weights.is_file() else str(error).strip().split("\n")[0][:120]
        told = f" with {', '.join(map(str, facts['filters']))} filters" if facts["filters"] else ""
        raise InputError(f"{weights} does not hold the weights of {facts['model']}{told}: {reason}") from None
    return model


def save_weights(model, path):
    """Write all weights as a NumPy archive: "F1/kernel" (f, f, channels, n), "F1/bias" (n,), ...; whole or not at all.

    Not Keras' HDF5, whose library ends the program when the disk is full.
    """
    with whole_file(path) as temporary:
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
        raise InputError(f"{path} does not fit {model.name}: {str(error).strip()[:120]}") from None
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
        filters = facts["filters"]
        sound = isinstance(facts["scale"], int) and (
            filters is None
            if facts["model"] in FAST
            else all(isinstance(n, int) and n > 0 for n in filters) and len(parse(facts["model"])) == len(filters) + 1
        )
    except (OSError, ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise InputError(f"{path} is not a model card: it needs model, filters and scale")
    if facts["scale"] != scale:
        raise InputError(f"{path.with_suffix('.npz')} was trained for scale {facts['scale']}, not {scale}")
    return path, facts
