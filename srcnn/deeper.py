"""Deeper networks, small: VDSR, EDSR and its channel attention, the one of RCAN (chapter 12); as ever without padding.

A skip connection adds what a layer was given to what it makes of it. Layers that do not pad lose a border, so the skip
is cropped by as much.
"""

from . import InputError, catalog, starts
from .layers import PINNED, PixelShuffle, keras


def vdsr(depth=8, filters=32, *, scale=None, init="identity", seed=0, name="vdsr-s"):
    """Build a small VDSR: `depth` layers of 3 x 3, ReLU between them, and their sum with the input, Eq. (12.1).

    scale: of no meaning here, where the image is enlarged already.
    init: "identity": He-normal, the first layer's filters less their mean, the last layer 0: it starts as bicubic;
          or "gaussian": the last layer N(0, 0.001^2), nearly so.
    Returns: keras.Model, (N, H, W, 1) in [0, 1], the ILR -> (N, H - 2 depth, W - 2 depth, 1). VDSR itself has 20
    layers of 64 filters.
    """
    if depth < 2 or filters < 1:
        raise InputError(f"depth={depth} and filters={filters} make no VDSR: give at least 2 layers and 1 filter")
    last = _last(init, seed, depth)
    x = keras.Input((None, None, 1), dtype="float32")
    y = x
    for number in range(1, depth):
        y = _conv(y, filters, seed, number, activation="relu")
    y = keras.layers.Conv2D(1, 3, kernel_initializer=last, name=f"F{depth}", **PINNED)(y)
    network = keras.Model(x, _add(x, y, depth), name=name)
    kernel, bias = network.get_layer("F1").get_weights()
    network.get_layer("F1").set_weights([starts.without_mean(kernel), bias])
    return network


def edsr(blocks=4, filters=32, *, scale, attention=False, init="identity", seed=0, name="edsr-s"):
    """Build a small EDSR on the LR image: a layer, residual blocks, a layer to scale^2 channels, the pixel shuffle.

    A block is a 3 x 3 layer, ReLU, a 3 x 3 layer, and the sum with what it was given, Eq. (12.2).
    attention: whether each block scales its channels by numbers in (0, 1) made of their averages over the whole image,
               Eq. (12.3), as in RCAN. Such a network has no receptive field smaller than the image.
    init: "identity": the first filter passes the image on, blocks add 0, the last layer is bicubic's: it starts as
          bicubic, as far as 3 x 3 small pixels reach; or "gaussian": the last layer N(0, 0.001^2).
    Returns: keras.Model, (N, h, w, 1) in [0, 1] -> (N, scale (h - 2 M), scale (w - 2 M), 1), M = 2 + 2 blocks.
    EDSR's smaller version has 16 blocks of 64 filters, and one skip more, around all blocks.
    """
    if blocks < 1 or filters < 4:
        raise InputError(f"blocks={blocks} and filters={filters} make no EDSR: give at least 1 block and 4 filters")
    catalog.check_scale(scale)
    last = _last(init, seed, 2 * blocks + 2)
    x = keras.Input((None, None, 1), dtype="float32")
    y = _conv(x, filters, seed, 1)
    for number in range(1, blocks + 1):
        z = _conv(y, filters, seed, 2 * number, activation="relu")
        z = _conv(z, filters, seed, 2 * number + 1, start="zeros" if init == "identity" else None)
        y = _add(y, _attention(z, filters, seed, number) if attention else z, 2)
    y = keras.layers.Conv2D(scale**2, 3, kernel_initializer=last, name=f"F{2 * blocks + 2}", **PINNED)(y)
    network = keras.Model(x, PixelShuffle(scale)(y), name=name)
    if init == "identity":
        starts.pass_the_image_on(network.get_layer("F1"))
        starts.shuffle_the_image(network.get_layer(f"F{2 * blocks + 2}"), scale)
    return network


def _conv(x, filters, seed, number, *, activation=None, start=None):
    start = start or starts.initializer("he", seed, number)
    layer = keras.layers.Conv2D(
        filters, 3, activation=activation, kernel_initializer=start, name=f"F{number}", **PINNED
    )
    return layer(x)


def _last(init, seed, number):
    if init not in ("identity", "gaussian"):
        raise InputError(f"no init {init!r}; there are identity, gaussian")
    return "zeros" if init == "identity" else starts.initializer(init, seed, number)


def _add(x, y, border):
    """The skip: what was given, without the border that was lost, plus what was made of it."""
    return keras.layers.Add(dtype="float32")([keras.layers.Cropping2D(border, **PINNED)(x), y])


def _attention(x, filters, seed, number):
    """Channel attention: an average of each channel, two small layers, a factor in (0, 1) for each channel."""
    narrow, factors = (
        keras.layers.Conv2D(
            n, 1, activation=activation, name=f"A{number}{part}", **PINNED,
            kernel_initializer=starts.initializer("glorot", seed, 500 + 2 * number + (part == "b")),
        )
        for part, n, activation in (("a", filters // 4, "relu"), ("b", filters, "sigmoid"))
    )  # fmt: skip
    means = keras.layers.GlobalAveragePooling2D(keepdims=True, **PINNED)(x)
    return keras.layers.Multiply(dtype="float32")([x, factors(narrow(means))])
