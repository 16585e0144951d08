"""Networks: SRCNN, FSRCNN and ESPCN, untrained (chapters 4 and 11). Trained ones come from pretrained.load()."""

import numpy as np

from . import InputError, catalog, starts
from .archives import first_line
from .devices import devices
from .layers import PINNED, Deconvolution, Expanded, PixelShuffle, is_plain, keras, parts


def srcnn(filters=(64, 32), kernels=(9, 1, 5), *, init="identity", seed=0, name=None):
    """Build SRCNN: F1 and F2 with ReLU, F3 linear, Eq. (4.1) to (4.3); more layers if more kernels are given.

    filters: n1, n2, ...; one fewer than `kernels`, because the last layer has one filter.
    kernels: f1, f2, f3, ...; odd, below 100.
    init: "gaussian", the paper's: N(0, 0.001^2), biases 0; or
          "identity": the first filter of each layer passes the image on unchanged. The image is not negative,
          so it survives every ReLU, and the network starts as bicubic exactly. The other weights are
          He-normal, less each filter's mean in the first layer, and 0 in the last. No connection is added: the
          architecture is the paper's.
    name: by default "srcnn-" and the kernels.
    Returns: keras.Model, (N, H, W, 1) in [0, 1] -> (N, H - 2m, W - 2m, 1) with m = margin(model).
    The convolutions do not pad, as in the paper; methods.predict() pads the image once instead.
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
            kernel_initializer=starts.initializer(init, seed, number),
            name=f"F{number}",
            **PINNED,
        )
        for number, (n, f) in enumerate(zip((*filters, 1), kernels, strict=True), start=1)
    ]
    model = _sequence(layers, name or "srcnn-" + ("" if max(kernels) < 10 else "-").join(map(str, kernels)))
    if init == "identity":
        for layer in layers:
            starts.pass_the_image_on(layer, last=layer is layers[-1])
    return model


def fsrcnn(d=56, s=12, m=4, *, scale, first=5, init="identity", seed=0, name=None):
    """Build FSRCNN(d, s, m), Eq. (11.3); it works on the LR image: there is no bicubic enlargement.

    Conv(first, d, 1), Conv(1, s, d), m x Conv(3, s, s), Conv(1, d, s), each with PReLU, and DeConv(9, 1, d).
    d, s, m: the paper's FSRCNN is (56, 12, 4), its FSRCNN-s (32, 5, 1); `first` is 5 in both.
    init: "identity": the first filter of each layer passes the LR image on, and the deconvolution enlarges it by
          bicubic interpolation (as far as its 9 x 9 weights reach). The mapping layers start near the identity,
          as 0.3 times He-normal with a 1 from each channel to itself; the other weights are as in srcnn().
          "gaussian": all He-normal, and the deconvolution N(0, 0.001^2), as in the paper.
    Returns: keras.Model, (N, h, w, 1) in [0, 1] -> (N, scale (h - 2 M), scale (w - 2 M), 1), M = margin(model).
    """
    if min(d, s) < 1 or m < 0 or init not in ("identity", "gaussian"):
        raise InputError(
            f"d={d}, s={s}, m={m}, init={init!r} do not make an FSRCNN: d and s are at least 1, "
            "m at least 0, init identity or gaussian"
        )
    catalog.check_scale(scale)
    layers = []
    for number, (n, f) in enumerate([(d, first), (s, 1), *[(s, 3)] * m, (d, 1)], start=1):
        start, slope = starts.initializer("identity", seed, number), keras.initializers.Constant(0.25)
        layers += [
            keras.layers.Conv2D(n, f, kernel_initializer=start, name=f"F{number}", **PINNED),
            keras.layers.PReLU(slope, shared_axes=(1, 2), name=f"P{number}", dtype="float32"),
        ]
    layers.append(
        Deconvolution(9, scale, kernel_initializer=starts.initializer("gaussian", seed, m + 4), name=f"F{m + 4}")
    )
    model = _sequence(layers, name or ("fsrcnn" if (d, s, m) == (56, 12, 4) else f"fsrcnn-{d}-{s}-{m}"))
    if init == "identity":
        for number, layer in enumerate(layers[:-1:2]):
            if 2 <= number < m + 2:  # the mapping layers start near the identity, from every channel to itself
                kernel = 0.3 * layer.kernel.numpy()
                kernel[1, 1] += np.eye(s)
                layer.kernel.assign(kernel)
            starts.pass_the_image_on(layer)
        starts.enlarge_the_image(layers[-1])
    return model


def transition(*, scale, seed=0, name="transition-1"):
    """Build the first step from SRCNN 9-5-5 to FSRCNN in table 1 of FSRCNN's paper: Conv(9, 64, 1), Conv(5, 32, 64),
    each with ReLU, and DeConv(9, 1, 32), on the LR image; it starts as in fsrcnn()."""
    layers = [
        keras.layers.Conv2D(
            n,
            f,
            activation="relu",
            kernel_initializer=starts.initializer("he", seed, number),
            name=f"F{number}",
            **PINNED,
        )
        for number, (n, f) in enumerate([(64, 9), (32, 5)], start=1)
    ]
    layers.append(Deconvolution(9, scale, kernel_initializer="zeros", name="F3"))
    model = _sequence(layers, name)
    for layer in layers[:-1]:
        starts.pass_the_image_on(layer)
    starts.enlarge_the_image(layers[-1])
    return model


def espcn(*, scale, init="identity", seed=0, name="espcn"):
    """Build ESPCN, Eq. (11.5): Conv(5, 64), tanh, Conv(3, 32), tanh, Conv(3, scale^2), pixel shuffle; on the LR image.

    init: "gaussian": all Glorot-normal, the last layer N(0, 0.001^2); or
          "identity": as in fsrcnn(), by way of the middle of tanh: tanh((x - 0.5) / 2), nearly straight, which the
          last layer doubles and enlarges. The other filters of the first layer are TANH times Glorot's: of the
          small answers that Glorot's give to image patches tanh is a straight line as well, and the network
          would learn no more than the best linear filter.
    Returns: as fsrcnn().
    """
    if init not in ("identity", "gaussian"):
        raise InputError(f"no init {init!r} of an ESPCN; there are identity, gaussian")
    catalog.check_scale(scale)
    layers = [
        keras.layers.Conv2D(
            n,
            f,
            activation=activation,
            kernel_initializer=starts.initializer(start, seed, number),
            name=f"F{number}",
            **PINNED,
        )
        for number, (n, f, activation, start) in enumerate(
            [(64, 5, "tanh", "glorot"), (32, 3, "tanh", "glorot"), (scale**2, 3, None, init)], start=1
        )
    ]
    model = _sequence([*layers, PixelShuffle(scale)], name)
    if init == "identity":
        first, _, last = layers
        first.kernel.assign(TANH * first.kernel)
        for layer in layers[:2]:
            starts.pass_the_image_on(layer, gain=0.5 if layer is first else 1)
        first.bias.assign(-0.25 * (np.arange(64) == 0))
        starts.shuffle_the_image(last, scale, gain=2)
        last.bias.assign(np.full(scale**2, 0.5))
    return model


def _sequence(layers, name):
    return keras.Sequential([keras.Input((None, None, 1), dtype="float32"), *layers], name=name)


TANH = 40
"""ESPCN's first filters: so many times larger than Glorot's that tanh bends at the edges of an image."""


def margin(model):
    """The pixels that unpadded layers use up on each side of their input; 6 for 9-1-5.

    Raises: InputError for a network with a layer that pads, whose output would depend on invented pixels, and for one
    that does not make one picture out of one.
    """
    for layer in parts(model):
        if getattr(layer, "padding", "valid") != "valid":
            raise InputError(
                f"layer {layer.name} of {model.name} pads its input (padding={layer.padding!r}); the course's networks "
                'do not, as in the papers: build it with padding="valid"'
            )
    side, wanted = 4095, "a network of layers is wanted, from one luma (N, H, W, 1) of any size to another"
    try:
        given = getattr(model, "input_shape", (None, None, None, 1)) if model.built else "not said: keras.Input"
        if given[1:] != (None, None, 1):
            raise ValueError(f"its input is {given}")
        shape = model.compute_output_shape((1, side, side, 1))
        height, channels = shape[1], shape[3]
    except Exception as error:  # Keras raises nearly every kind there is
        raise InputError(f"{model.name} cannot be used ({first_line(error)}): {wanted}") from None
    cut = max(0, side - height // factor(model))  # whoever enlarges elsewhere is refused by sizes
    if channels != 1 or cut % 2:
        made = f"{channels} channels" if channels != 1 else f"a picture that is {cut} pixels smaller, an odd number,"
        raise InputError(f"{model.name} cannot be used, it makes {made}: {wanted}, with kernels of odd sizes")
    return cut // 2


def factor(model):
    """How many times a network enlarges its input: 1 for SRCNN, which takes the ILR, its scale for FSRCNN and ESPCN."""
    own = (layer for layer in _parts(model) if not type(layer).__module__.startswith("keras."))  # Rescaling has a scale
    return max((getattr(layer, "scale", 1) for layer in own), default=1)


def _parts(model):
    """parts(). Raises: InputError for a model that is a program of its own and has no layers to look at."""
    try:
        return list(parts(model))
    except Exception as error:
        raise InputError(f"{getattr(model, 'name', model)} has no layers to look at: {first_line(error)}") from None


def build(name, scale=None, *, filters=None, init="identity", seed=0):
    """Build an untrained network from its name in the catalogue: "srcnn-" and its kernels, "fsrcnn", "espcn", ...

    scale: 2, 3 or 4; the networks that take the LR image need it, for SRCNN it means nothing.
    filters: n1, n2, ... of an SRCNN; by default 64, 32, 32, ... as in the paper.
    """
    known = catalog.network(name)
    devices()  # one that is not there is refused here, and not by a traceback out of the first layer
    if filters and known.small_input:
        raise InputError(f"{name} has its own filters; filters= is for SRCNN")
    options = {"filters": filters} if filters else {}
    return known.build(name=name, scale=scale, init=init, seed=seed, **options)


def expand(model, width=128, seed=0):
    """A network for training that computes what `model` does, each convolution an Expanded one of this width.

    Raises: InputError for a network whose layers do not simply follow each other.
    """
    layers = []
    for number, layer in enumerate(_chain(model), start=1):
        if is_plain(layer):
            drawn = 1000 * seed + 100 + number
            wide = Expanded(layer.filters, layer.kernel_size, width, layer.activation, drawn, name=layer.name)
            wide.build((None, None, None, layer.kernel.shape[2]))
            wide.base.assign(layer.kernel)
            wide.bias.assign(layer.bias)
            if layer.kernel.shape[2] == 1:
                wide.wide.assign(starts.without_mean(wide.wide))
        else:
            wide = type(layer).from_config(layer.get_config())
            wide.build(layer.input.shape)
            wide.set_weights(layer.get_weights())
        layers.append(wide)
    return _sequence(layers, model.name)


def _chain(model):
    """The layers of a network in which they simply follow each other. Raises: InputError if they do not."""
    layers = _but_inputs(model)
    try:
        if not any(isinstance(layer.input, list) for layer in layers):
            return layers
        reason = "has skips"
    except (AttributeError, ValueError) as error:  # a layer that was never called, or more than once
        reason = f"cannot be taken apart ({first_line(error)})"
    raise InputError(f"{model.name} {reason}; only layers that follow each other can be expanded: set expand=0")


def _but_inputs(model):
    return [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def collapse(expanded, model):
    """Give `model` the weights of the network that expand() made of it: each product becomes one kernel.

    expanded: that network, or the gan.Adversarial around it.
    """
    expanded = getattr(expanded, "generator", expanded)
    for wide, layer in zip(_but_inputs(expanded), _but_inputs(model), strict=True):
        given = [wide.kernel, wide.bias] if isinstance(wide, Expanded) else wide.weights
        layer.set_weights([keras.ops.convert_to_numpy(weight) for weight in given])
