"""Keras, and the layers it does not have: FSRCNN's deconvolution, computed fast, and ESPCN's shuffle (chapter 11).

A keras.json of the reader's may set another data format, floating-point type or dtype policy. The networks of the
course do not inherit them: every layer is (N, H, W, C) and float32 (PINNED).
"""

import os
import tempfile

import numpy as np

from . import InputError
from .files import no_keras, quiet_stderr

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "KERAS_HOME" in os.environ or os.path.expanduser("~") == "~":  # no home; Keras would make a folder "~" there
    home = os.path.expanduser(os.environ.get("KERAS_HOME") or "~")
    os.environ["KERAS_HOME"] = os.path.join(tempfile.gettempdir(), "keras") if home[0] == "~" else home
try:
    with quiet_stderr():
        import keras
except (
    Exception
) as error:  # a backend that is missing, misspelt, of versions that do not fit; a keras.json that is wrong
    raise InputError(no_keras(error)) from None

ops = keras.ops

PINNED = {"data_format": "channels_last", "dtype": "float32"}
"""For Keras' own layers."""


def conv(x, kernel):
    """A convolution without padding, (N, H, W, c) with (f, f, c, n), as the layers of the course compute it."""
    return ops.conv(x, kernel, data_format="channels_last")


def shuffle(x, scale):
    """Sub-pixel layer of ESPCN: (N, h, w, scale^2) -> (N, scale h, scale w, 1).

    Channel scale * i + j of a pixel becomes the pixel in row i, column j of its scale x scale block.
    """
    height, width = ops.shape(x)[1:3]
    blocks = ops.reshape(x, (-1, height, width, scale, scale))
    return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4)), (-1, height * scale, width * scale, 1))


@keras.saving.register_keras_serializable("srcnn")
class PixelShuffle(keras.layers.Layer):
    """shuffle() as a layer: (N, h, w, scale^2) -> (N, scale h, scale w, 1)."""

    def __init__(self, scale, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.scale = scale

    def call(self, x):
        return shuffle(x, self.scale)

    def compute_output_shape(self, shape):
        return (shape[0], *(size and size * self.scale for size in shape[1:3]), 1)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable("srcnn")
class Deconvolution(keras.layers.Layer):
    """FSRCNN's last layer, DeConv(size, 1, d) with stride `scale`, where all its inputs are known: no zeros are added.

    (N, h, w, d) -> (N, scale (h - 2 m), scale (w - 2 m), 1) with m = self.margin, in input pixels.
    It has the weights of Conv2DTranspose(1, size, strides=scale, padding="same") and the inner part of its output, to
    1e-5. It computes them the other way round: an output pixel in row i, column j of its scale x scale block is an
    ordinary convolution with every scale-th weight, so all are one convolution to scale^2 channels and a shuffle.
    """

    def __init__(self, size, scale, kernel_initializer="glorot_uniform", dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.size, self.scale, self.kernel_initializer = size, scale, keras.initializers.get(kernel_initializer)
        before = (size - scale) // 2  # Keras' "same": what is cut off in front
        self.margin = max(-(-before // scale), (size - 1 - before) // scale)
        self.front = self.margin * scale - before

    def build(self, shape):
        self.kernel = self.add_weight(
            shape=(self.size, self.size, 1, shape[-1]), initializer=self.kernel_initializer, name="kernel"
        )
        self.bias = self.add_weight(shape=(1,), initializer="zeros", name="bias")

    def as_convolution(self):
        """The kernel of the equal convolution, (2 m + 1, 2 m + 1, d, scale^2)."""
        taps = 2 * self.margin + 1
        pad = (self.front, taps * self.scale - self.size - self.front)
        kernel = ops.pad(self.kernel[:, :, 0], (pad, pad, (0, 0)))
        kernel = ops.reshape(kernel, (taps, self.scale, taps, self.scale, -1))
        kernel = ops.flip(ops.flip(kernel, 0), 2)  # one axis at a time: Keras 3.12 cannot flip two at once
        return ops.reshape(ops.transpose(kernel, (0, 2, 4, 1, 3)), (taps, taps, -1, self.scale**2))

    def call(self, x):
        return shuffle(conv(x, self.as_convolution()), self.scale) + self.bias

    def compute_output_shape(self, shape):
        return (shape[0], *(size and (size - 2 * self.margin) * self.scale for size in shape[1:3]), 1)

    def get_config(self):
        start = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "size": self.size, "scale": self.scale, "kernel_initializer": start}


@keras.saving.register_keras_serializable("srcnn")
class Expanded(keras.layers.Layer):
    """A convolution for training: kernel = base + wide . narrow, (f, f, c, p) . (p, n), Eq. (7.4).

    It computes what Conv2D computes with that kernel, at nearly the cost of Conv2D, and collapses into it
    (models.collapse), but gradient descent takes other steps on the factors than on the product. `narrow` starts
    as 0: the network starts as the one that was expanded.
    """

    def __init__(self, filters, kernel_size, width, activation=None, seed=0, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.filters, self.kernel_size, self.width, self.seed = filters, tuple(kernel_size), width, seed
        self.activation = keras.activations.get(activation)

    def build(self, shape):
        inputs = (*self.kernel_size, shape[-1])
        he = keras.initializers.HeNormal(self.seed)
        self.base = self.add_weight(shape=(*inputs, self.filters), initializer="zeros", name="base")
        self.wide = self.add_weight(shape=(*inputs, self.width), initializer=he, name="wide")
        self.narrow = self.add_weight(shape=(self.width, self.filters), initializer="zeros", name="narrow")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    @property
    def kernel(self):
        return self.base + ops.matmul(self.wide, self.narrow)

    def call(self, x):
        return self.activation(conv(x, self.kernel) + self.bias)

    def compute_output_shape(self, shape):
        sizes = (size and size - f + 1 for size, f in zip(shape[1:3], self.kernel_size, strict=True))
        return (shape[0], *sizes, self.filters)

    def get_config(self):
        config = {name: getattr(self, name) for name in ("filters", "kernel_size", "width", "seed")}
        return {**super().get_config(), **config, "activation": keras.activations.serialize(self.activation)}


def forward(model):
    """A function (1, H, W, 1) -> what `model` returns for it, float32, to 1e-5; faster, and for any size.

    A convolution to few filters leaves most of a processor's vector unit idle: SRCNN's last layer and, at x2, that of
    FSRCNN are computed with more (_few_filters). A PReLU is computed as x + (a - 1) min(x, 0), in three passes over
    memory instead of Keras' five.
    Under TensorFlow the function is compiled once; model.predict() would compile one for every size, and warn. JAX
    compiles for every size too: there what is given is filled up to whole blocks of pixels (_in_blocks).
    """
    faster, backend = _faster(model), keras.backend.backend()

    def run(x):
        if not faster:
            return model(x, training=False)
        for layer in model.layers:
            x = faster[layer.name](x) if layer.name in faster else layer(x, training=False)
        return x

    if backend == "torch":
        import torch

        return torch.no_grad()(run)
    if backend == "jax":
        return _in_blocks(model, run)
    import tensorflow as tf

    compiled = tf.function(run, input_signature=[tf.TensorSpec((1, None, None, 1), tf.float32)], autograph=False)
    compiled = compiled.get_concrete_function()  # called itself, it does not warn of "retracing" at the fifth network
    return lambda x: compiled(tf.convert_to_tensor(x, tf.float32))


BLOCK = 64
"""Pixels: the sizes for which JAX compiles are multiples of it."""


def _in_blocks(model, run):
    """run(), compiled by JAX for an image with zeros at its right and bottom, of whose result they are cut off.

    Nothing of them reaches what is kept, unless a layer pads or averages over the image: then it is left as it is.
    The weights are arguments, and so may change.
    """
    import jax

    spreads = sees_all(model) or any(getattr(layer, "padding", "valid") != "valid" for layer in parts(model))
    block = 1 if spreads else BLOCK

    @jax.jit
    def program(values, x):
        with keras.StatelessScope(state_mapping=list(zip(model.variables, values, strict=True))):
            return run(x)

    def filled(x):
        x = np.asarray(x, np.float32)
        height, width = model.compute_output_shape(x.shape)[1:3]
        more = [(0, -size % block) for size in x.shape[1:3]]
        y = program([variable.value for variable in model.variables], np.pad(x, [(0, 0), *more, (0, 0)]))
        return np.asarray(y)[:, :height, :width]

    filled.program = program
    return filled


def _faster(model):
    """{name of a layer: a faster function that computes the same}, if the model is a sequence of float32 layers."""
    if not isinstance(model, keras.Sequential) or {layer.compute_dtype for layer in model.layers} != {"float32"}:
        return {}
    found = {layer.name: _prelu(layer) for layer in model.layers if type(layer) is keras.layers.PReLU}
    last = model.layers[-1]
    if is_plain(last) and last.get_config()["activation"] == "linear" and last.filters == 1:
        found[last.name] = lambda x: _few_filters(x, last.kernel) + last.bias
    if type(last) is Deconvolution and last.scale**2 < 8:  # with 9 filters, at x3, nothing is gained
        found[last.name] = lambda x: shuffle(_few_filters(x, last.as_convolution()), last.scale) + last.bias
    return found


def _prelu(layer):
    return lambda x: x + (layer.alpha - 1) * ops.minimum(x, 0)


def is_plain(layer):
    """Whether it is a Conv2D as the course's are: with a bias, and without padding, strides, dilation or groups."""
    once = type(layer) is keras.layers.Conv2D and (layer.strides, layer.dilation_rate, layer.groups)
    return once == ((1, 1), (1, 1), 1) and layer.use_bias and layer.padding == "valid"


def parts(model):
    """All layers, also those of networks inside the network."""
    for layer in model.layers:
        yield from parts(layer) if isinstance(layer, keras.Model) else [layer]


def sees_all(model):
    """Whether a pixel of the result can depend on the whole image, as with channel attention, and tiles would show."""
    kinds = keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D, keras.layers.GroupNormalization
    return any(isinstance(layer, kinds) for layer in parts(model))


def _few_filters(x, kernel):
    """conv(x, kernel), (f, f, c, n), as (f, 1) to f blocks of n channels: block j is read j pixels to the right, and
    all are added."""
    height, f, c, n = kernel.shape
    columns = conv(x, ops.reshape(ops.transpose(kernel, (0, 2, 1, 3)), (height, 1, c, f * n)))
    width = ops.shape(columns)[2] - f + 1
    return sum(columns[:, :, j : j + width, j * n : (j + 1) * n] for j in range(f))
