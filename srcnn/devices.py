"""The devices that Keras computes on, under each of its backends, and the sentences for too few (chapter 6)."""

import contextlib
import os

from . import InputError
from .layers import keras

GPU_BUILD = {"jax": 'pip install "jax[cuda13]"', "tensorflow": 'pip install "tensorflow[and-cuda]"'}
"""What brings a backend that sees NVIDIA's GPUs; plain `pip install torch` does on Linux."""


def devices():
    """The names of the devices that Keras computes on: ["gpu:0", "gpu:1"], or ["cpu:0"] where it sees nothing else.

    Of several processes that train together, the devices of all. keras.distribution.list_devices() names them under
    JAX alone: it fails under PyTorch, and under TensorFlow it starts the GPUs, which then can no longer be configured.
    Raises: InputError if the backend was told to use a device that is not there.
    """
    backend = keras.backend.backend()
    try:
        if backend == "jax":
            return keras.distribution.list_devices()
        if backend == "torch":
            return _of_torch()
        if backend == "tensorflow":
            return _of_tensorflow()
    except (RuntimeError, AssertionError) as error:  # JAX asserts that there is a platform
        reason = str(error).strip().split("\n")[0][:150] or os.environ.get("JAX_PLATFORMS")
        raise InputError(
            f"Keras on {backend} cannot use the device that it was told to ({reason}): {_more()}"
        ) from None
    return ["cpu:0"]


def _of_torch():
    import torch

    kind = keras.ops.zeros(()).device.type  # where Keras puts everything, unless KERAS_TORCH_DEVICE says otherwise
    if kind == "cuda":
        return [f"gpu:{k}" for k in range(torch.cuda.device_count())]
    return [f"{kind}:0"]


def _of_tensorflow():
    import tensorflow as tf

    seen = [name.rsplit(":", 2)[1:] for name, _ in tf.config.get_visible_devices()]
    kind = next(kind for kind in ("TPU", "GPU", "CPU") if kind in dict(seen))  # there are others, such as TPU_SYSTEM
    return [f"{kind.lower()}:{number}" for one, number in seen if one == kind]


def on_gpu():
    """Whether Keras computes on a GPU or TPU, and not on the processor."""
    return devices()[0].startswith(("gpu", "tpu"))


def first(wanted):
    """The names of the first `wanted` devices. Raises: InputError if there are not so many, and says what to do."""
    have = devices()
    if not 1 <= wanted <= len(have):
        instead = "leave it out" if len(have) == 1 else f"give 1 to {len(have)}"
        raise InputError(
            f"devices={wanted}, but Keras on {keras.backend.backend()} sees {len(have)} ({', '.join(have)}): "
            f"{instead}, or {_more()}"
        )
    return have[:wanted]


def _more():
    """What to do to have another device."""
    build = GPU_BUILD.get(keras.backend.backend(), "PyTorch's build for its GPU")
    return f"run on a machine that has it, with {build}"


def described():
    """The backend and what its devices call themselves, such as "jax: NVIDIA H100"; "jax: cpu" without a GPU."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        names = [device.device_kind for device in jax.devices()]
    elif not on_gpu():
        names = [devices()[0].partition(":")[0]]  # "cpu", or Apple's "mps"
    elif backend == "tensorflow":
        import tensorflow as tf

        details = tf.config.experimental.get_device_details
        names = [details(gpu).get("device_name", gpu.name) for gpu in tf.config.get_visible_devices("GPU")]
    else:
        import torch

        names = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
    return f"{backend}: {', '.join(names)}"


@contextlib.contextmanager
def memory_for(batch_size, patch_size):
    """Where a batch is computed: turn what each backend raises when its memory is full into one sentence.

    Raises: InputError that names half the batch, or smaller patches where a batch is one patch.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if not _is_full(error):
            raise
        less = f"batch_size={batch_size // 2}" if batch_size > 1 else f"patch_size={patch_size // 2}"
        raise InputError(
            f"a batch of {batch_size} patches of {patch_size} x {patch_size} pixels, with the photographs, does not "
            f"fit into the memory of {devices()[0]}: give {less} (in the recipe; srcnn train --batch-size), or fewer "
            "photographs, or close what else uses it"
        ) from None


def _is_full(error):
    """Whether an exception says that a device has no memory left. No class is common to the backends.

    TensorFlow: errors.ResourceExhaustedError. PyTorch: OutOfMemoryError on a GPU, a RuntimeError on the processor.
    JAX: JaxRuntimeError, XlaRuntimeError until 0.4, of which only the text tells. NumPy: a MemoryError.
    """
    full = {"ResourceExhaustedError", "OutOfMemoryError"} & {kind.__name__ for kind in type(error).__mro__}
    told = ("RESOURCE_EXHAUSTED", "Out of memory", "out of memory", "can't allocate memory")
    return isinstance(error, MemoryError) or bool(full) or any(words in str(error) for words in told)
