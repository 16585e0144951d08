"""How a network starts: the first filter of each layer passes the image on, the last layer enlarges it (chapter 7)."""

import numpy as np

from . import resample
from .layers import Deconvolution, keras


def initializer(init, seed, number):
    """The initialiser of layer `number`: the paper's "gaussian", "glorot", or He-normal."""
    seed = 1000 * seed + number  # no layer of one seed starts like a layer of another
    if init == "gaussian":
        return keras.initializers.RandomNormal(stddev=0.001, seed=seed)
    return keras.initializers.GlorotNormal(seed) if init == "glorot" else keras.initializers.HeNormal(seed)


def pass_the_image_on(layer, last=False, gain=1):
    """Make the layer's first filter a delta on the first channel; in the last layer all other weights are 0."""
    kernel, bias = (np.array(weights) for weights in layer.get_weights())
    if kernel.shape[2] == 1:
        kernel = without_mean(kernel)
    kernel[..., 0] = 0
    if last:
        kernel[:] = 0
    kernel[kernel.shape[0] // 2, kernel.shape[1] // 2, 0, 0] = gain
    layer.set_weights([kernel, bias])


def enlarge_the_image(layer):
    """Make a deconvolution enlarge the first channel by bicubic interpolation, as far as its weights reach."""
    size, _, _, channels = layer.kernel.shape
    layer.kernel.assign(bicubic(size, layer.scale)[:, :, None, None] * (np.arange(channels) == 0))


def without_mean(kernel):
    """Filters, (f, f, 1, n), that do not answer to brightness, only to what changes: each sums to 0."""
    kernel = keras.ops.convert_to_numpy(kernel)
    return kernel - kernel.mean((0, 1, 2))


def shuffle_the_image(layer, scale, gain=1):
    """Make a 3 x 3 layer before a pixel shuffle enlarge its first channel by bicubic, as far as 3 x 3 pixels reach."""
    channels = layer.kernel.shape[2]
    enlarge = Deconvolution(3 * scale, scale)
    enlarge.build((None, None, None, channels))
    enlarge.kernel.assign(gain * bicubic(3 * scale, scale)[:, :, None, None] * (np.arange(channels) == 0))
    layer.kernel.assign(enlarge.as_convolution())


def bicubic(size, scale):
    """Bicubic enlargement as the size x size weights of a deconvolution: cut off there, each phase's sum is 1 again."""
    impulse = np.zeros((9, 9))
    impulse[4, 4] = 1
    start = 4 * scale - (size - scale) // 2
    kernel = resample.enlarge(impulse, scale)[start : start + size, start : start + size]
    for i, j in np.ndindex(scale, scale):
        kernel[i::scale, j::scale] /= kernel[i::scale, j::scale].sum()
    return kernel
