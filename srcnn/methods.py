"""A method: anything that makes a large image of a small one, a kernel or a network, behind one call (chapter 8)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import InputError, catalog, resample


@dataclass(frozen=True)
class Method:
    """What get() returns. Called with LR luma, float (h, w) in [0, 1], it gives SR luma, float32, not clipped.

    Raises, when called: InputError if the network gives another size, NaN or infinite values.
    """

    name: str
    scale: int
    run: Callable
    """lr -> sr, unchecked."""
    margin: int | None
    """The LR pixels around a pixel that can reach what is made of it: tiles overlap by so many. None: all can."""
    chroma: str = "bicubic"
    """The kernel for what the method does not enlarge itself: Cb, Cr and alpha."""
    model: object = None
    """The keras.Model, if it is a network."""
    forward: Callable | None = None
    """The network alone, compiled once: layers.forward(model)."""

    def __call__(self, lr):
        lr = np.asarray(lr, np.float32)
        sr = self.run(lr)
        wanted = tuple(self.scale * size for size in lr.shape)
        if sr.shape != wanted:
            raise InputError(
                f"the network {self.name} gives an image of shape {sr.shape} for an LR image of {lr.shape}; at scale "
                f"{self.scale} it must be {wanted}: each side may lose only (kernel size - 1) / 2 pixels a layer"
            )
        if not np.isfinite(sr).all():
            raise InputError(f"the network {self.name} gives NaN or infinite values: its training has diverged")
        return sr


def get(method, scale):
    """The Method that a name or a network stands for.

    method: a kernel ("nearest", "bilinear", "bicubic", "lanczos"), the name or path of a trained network, a
            keras.Model, or a Method, which is returned as it is.
    Raises: InputError for an unknown name, or a network of another scale.
    """
    scale = catalog.check_scale(scale)
    if isinstance(method, Method):
        if method.scale != scale:
            raise InputError(f"{method.name} enlarges {method.scale} times, not {scale}")
        return method
    if isinstance(method, str) and method in resample.KERNELS:
        return Method(method, scale, lambda lr: resample.enlarge(lr, scale, method), 3, chroma=method)
    if isinstance(method, (str, Path)):
        from . import pretrained

        return _network(pretrained.load(method, scale), scale, str(method))
    if not hasattr(method, "get_weights"):
        raise InputError(f"a method is a name, a path or a keras.Model, not {type(method).__name__}")
    return _network(method, scale, method.name)


def _network(model, scale, name):
    from . import layers, models

    factor, margin, forward = models.factor(model), models.margin(model), layers.forward(model)
    if factor not in (1, scale):
        raise InputError(f"the network {name} enlarges {factor} times, not {scale}")
    if factor == 1:
        run, reach = (lambda lr: _padded(forward, margin, resample.enlarge(lr, scale))), 3 + -(-margin // scale)
    else:
        run, reach = (lambda lr: _padded(forward, margin, lr)), max(3, margin)
    reach = None if layers.sees_all(model) else reach
    return Method(name, scale, run, reach, model=model, forward=forward)


def predict(model, image):
    """Run a network on one grey image.

    image: float (H, W) in [0, 1]: what the network takes, the ILR for SRCNN, the LR for FSRCNN and ESPCN. It is
    mirrored at its border by the network's margin, so that the unpadded convolutions lose nothing of it.
    Returns: float32 (factor H, factor W) with factor = models.factor(model), not clipped.
    """
    from . import layers, models

    return _padded(layers.forward(model), models.margin(model), image)


def _padded(forward, margin, image):
    from .layers import keras

    padded = np.pad(np.asarray(image, np.float32), margin, mode="symmetric")
    return keras.ops.convert_to_numpy(forward(padded[None, :, :, None]))[0, :, :, 0]
