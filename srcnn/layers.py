"""Keras, and the layers it does not have: FSRCNN's deconvolution, computed fast, and ESPCN's shuffle (chapter 10)."""

import os

from . import InputError
from .files import quiet_stderr

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
try:
    with quiet_stderr():
        import keras
except (ImportError, ValueError) as error:
    raise InputError(
        f"Keras has no backend to run on ({error}): pip install tensorflow, "
        "or install jax or torch and set KERAS_BACKEND to its name"
    ) from None

ops = keras.ops


def shuffle(x, scale):
    """Sub-pixel layer of ESPCN: (N, h, w, scale^2) -> (N, scale h, scale w, 1).

    Channel scale * i + j of a pixel becomes the pixel in row i, column j of its scale x scale block.
    """
    height, width = ops.shape(x)[1:3]
    blocks = ops.reshape(x, (-1, height, width, scale, scale))
    return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4)), (-1, height * scale, width * scale, 1))


@keras.saving.register_keras_serializable("srcnn")
class Shuffle(keras.layers.Layer):
    """shuffle() as a layer: (N, h, w, scale^2) -> (N, scale h, scale w, 1)."""

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
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

    (N, h, w, d) -> (N, scale (h - 2 r), scale (w - 2 r), 1) with r = self.reach, in input pixels.
    It has the weights of Conv2DTranspose(1, size, strides=scale, padding="same") and the inner part of its output, to
    1e-5. It computes them the other way round: an output pixel in row i, column j of its scale x scale block is an
    ordinary convolution with every scale-th weight, so all are one convolution to scale^2 channels and a shuffle.
    """

    def __init__(self, size, scale, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.size, self.scale, self.kernel_initializer = size, scale, keras.initializers.get(kernel_initializer)
        before = (size - scale) // 2  # Keras' "same": what is cut off in front
        self.reach = max(-(-before // scale), (size - 1 - before) // scale)
        self.front = self.reach * scale - before

    def build(self, shape):
        self.kernel = self.add_weight(
            shape=(self.size, self.size, 1, shape[-1]), initializer=self.kernel_initializer, name="kernel"
        )
        self.bias = self.add_weight(shape=(1,), initializer="zeros", name="bias")

    def as_convolution(self):
        """The kernel of the equal convolution, (2 r + 1, 2 r + 1, d, scale^2)."""
        taps = 2 * self.reach + 1
        pad = (self.front, taps * self.scale - self.size - self.front)
        kernel = ops.pad(self.kernel[:, :, 0], (pad, pad, (0, 0)))
        kernel = ops.flip(ops.reshape(kernel, (taps, self.scale, taps, self.scale, -1)), (0, 2))
        return ops.reshape(ops.transpose(kernel, (0, 2, 4, 1, 3)), (taps, taps, -1, self.scale**2))

    def call(self, x):
        return shuffle(ops.conv(x, self.as_convolution()), self.scale) + self.bias

    def compute_output_shape(self, shape):
        return (shape[0], *(size and (size - 2 * self.reach) * self.scale for size in shape[1:3]), 1)

    def get_config(self):
        start = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "size": self.size, "scale": self.scale, "kernel_initializer": start}


@keras.saving.register_keras_serializable("srcnn")
class Expanded(keras.layers.Layer):
    """A convolution in its training clothes: kernel = base + wide . narrow, (f, f, c, p) . (p, n), Eq. (10.7).

    It computes what Conv2D computes with that kernel, at nearly the cost of Conv2D, and collapses into it (models.
    collapse), but gradient descent takes other, better steps on the factors than on the product. `narrow` starts
    as 0: the network starts as the one that was expanded.
    """

    def __init__(self, filters, kernel_size, width, activation=None, seed=0, **kwargs):
        super().__init__(**kwargs)
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
        return self.activation(ops.conv(x, self.kernel) + self.bias)

    def compute_output_shape(self, shape):
        sizes = (size and size - f + 1 for size, f in zip(shape[1:3], self.kernel_size, strict=True))
        return (shape[0], *sizes, self.filters)

    def get_config(self):
        config = {name: getattr(self, name) for name in ("filters", "kernel_size", "width", "seed")}
        return {**super().get_config(), **config, "activation": keras.activations.serialize(self.activation)}


def forward(model):
    """A function (1, H, W, 1) -> what `model` returns for it, float32, to 1e-5; faster, and for any size.

    A convolution to one filter leaves most of a processor's vector unit idle. SRCNN's last layer, (f, f) to 1, is
    computed as (f, 1) to f channels, of which channel j is read j pixels to the right, and their sum.
    Under TensorFlow the function is compiled once; model.predict() would compile one for every size, and warn.
    """
    if not hasattr(model, "_srcnn_forward"):
        last = model.layers[-1]
        one = isinstance(model, keras.Sequential) and type(last) is keras.layers.Conv2D and last.filters == 1
        one = one and last.get_config()["activation"] == "linear" and last.padding == "valid" and last.use_bias

        def run(x):
            if not one:
                return model(x, training=False)
            for layer in model.layers[:-1]:
                x = layer(x, training=False)
            f = last.kernel_size[1]
            columns = ops.conv(x, ops.transpose(last.kernel, (0, 3, 2, 1)))
            width = ops.shape(columns)[2] - f + 1
            return sum(columns[:, :, j : j + width, j : j + 1] for j in range(f)) + last.bias

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            run = tf.function(run, input_signature=[tf.TensorSpec((1, None, None, 1), tf.float32)], autograph=False)
        model._srcnn_forward = run
    return model._srcnn_forward
