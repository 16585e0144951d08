"""Patches cut where the network is trained: on a GPU, the photographs move there once, and no batch ever does.

A GPU makes a step of SRCNN in about a millisecond, in which a processor cannot cut a large batch and send it over
(results/gpu.json). So all pixels of all photographs are kept on the device; what is sent for a batch is a table of six
numbers for each patch, patches.Patches.table().
"""

import numpy as np

from . import devices
from .layers import keras, ops


class Tables(keras.utils.PyDataset):
    """The tables of a patches.Patches as batches: x (batch_size, 6) int32, and y, the error 0 that FromDevice tells."""

    def __init__(self, stream):
        super().__init__()
        self.stream = stream

    def __len__(self):
        return len(self.stream)

    def __getitem__(self, number):
        return self.stream.table(number).astype(np.int32), np.zeros((self.stream.batch_size, 1, 1, 1), np.float32)


class FromDevice(keras.Model):
    """A network behind its patches: a table in, the network's error on the patches out, network(x) - y.

    Its trainable variables are the network's own, so that both can share an optimizer. Any loss of a difference can
    be asked for: against 0 it is the loss of network(x) against y.
    """

    def __init__(self, network, stream):
        super().__init__(name=network.name)
        self.network, self.sizes = network, stream.sizes
        self.pixels = [
            keras.Variable(row, trainable=False, autocast=False, name=name)
            for row, name in ((stream.given, "given"), (stream.wanted, "wanted"))
        ]
        self.built = True

    def call(self, table):
        table = ops.convert_to_tensor(table, dtype="int32")  # PyTorch's loader may have left it behind on the CPU
        x, y = (
            cut(pixels, table[:, 3 * k : 3 * k + 3], size)
            for k, (pixels, size) in enumerate(zip(self.pixels, self.sizes, strict=True))
        )
        return ops.cast(self.network(x), "float32") - y


def cut(pixels, table, size):
    """patches.cut() on the device."""
    first, down, right = (table[:, k, None, None] for k in range(3))
    ramp = ops.arange(size, dtype="int32")
    return ops.take(pixels, first + down * ramp[:, None] + right * ramp)[..., None]


def is_wanted():
    """Whether Keras trains on a GPU or TPU, where this pays; on a processor patches.Patches is as fast."""
    return devices.on_gpu()
