"""Weights in a file: a NumPy archive, written whole, and read only as far as it is what the network needs."""

import io
import math
import warnings
import zipfile
from pathlib import Path

import numpy as np

from .files import atomic_write

HEADER = 10_000
"""The most bytes of a .npy header, as in NumPy itself."""

SPARE = 2**20
"""Bytes that an archive may be larger than its weights: names, headers, the directory."""


class Unreadable(ValueError):
    """A file is not what it should be; the message says in one line why."""

    def __init__(self, why):
        super().__init__(" ".join(str(why).split()))


def save_weights(model, path):
    """Write all weights as a NumPy archive: "F1/kernel" (f, f, channels, n), "F1/bias" (n,), ...; whole or not at all.

    Not Keras' HDF5, whose library ends the program when the disk is full.
    """
    with atomic_write(path) as temporary:
        np.savez(temporary, **{name: np.asarray(weight.numpy()) for name, weight in _named_weights(model).items()})


def read_weights(model, path, but=None):
    """Read what save_weights() wrote, except for the layer named `but`, which keeps its weights.

    Every size that the file declares is compared with the model's before anything of that size is read.
    Raises: Unreadable, whatever is wrong with the file; the model then has the weights that it had.
    """
    named = _named_weights(model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a damaged header Python warns while it parses it
            arrays = _read(named, Path(path), but)
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable("it does not fit into this machine's memory") from None
    except Exception as error:  # zipfile, zlib and NumPy raise nearly every kind there is on damaged bytes
        raise Unreadable(first_line(error)) from None
    model.set_weights(arrays)


def first_line(error):
    """What an exception says, in one short line."""
    return " ".join(str(error).split("\n\n")[0].split())[:120] or type(error).__name__


def _read(named, path, but):
    """The weights in the archive, in the order of `named`; of the layer named `but`, those in `named`."""
    if not path.is_file():
        raise Unreadable("there is no such file" if not path.exists() else "it is no file")
    most = 2 * sum(_bytes(weight) for weight in named.values()) + SPARE
    if path.stat().st_size > most:
        raise Unreadable(f"it has {path.stat().st_size} bytes, and these weights have at most {most}")
    with zipfile.ZipFile(path) as archive:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        if set(members) != set(named):
            raise Unreadable(f"it holds {', '.join(members)[:80] or 'nothing'}, not {', '.join(named)[:80]}")
        return [
            weight.numpy() if but and name.startswith(f"{but}/") else _array(archive, members[name], name, weight)
            for name, weight in named.items()
        ]


def _array(archive, member, name, weight):
    """One array of the archive, in the weight's own type."""
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unreadable(f"its {name} is encrypted, or compressed in a way that np.savez does not")
    most = _bytes(weight) + HEADER
    if member.file_size > most:
        raise Unreadable(f"its {name} has {member.file_size} bytes, and that weight at most {most}")
    with archive.open(member) as file:
        content = io.BytesIO(file.read(most + 1))  # read() without a limit unpacks more than the file declares
    version = np.lib.format.read_magic(content)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, column_major, dtype = header(content, max_header_size=HEADER)
    if shape != tuple(weight.shape):
        raise Unreadable(f"its {name} has shape {str(shape)[:60]}, not {tuple(weight.shape)}")
    own = np.dtype(weight.dtype)
    if dtype.newbyteorder("=") not in (np.float32, np.float16, own):
        raise Unreadable(f"its {name} is {str(dtype)[:30]}, not {own}")
    data = content.read()
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise Unreadable(f"its {name} has {len(data)} bytes of data, not {math.prod(shape) * dtype.itemsize}")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if column_major else "C").astype(own)
    if not np.isfinite(array).all():
        raise Unreadable(f"its {name} holds NaN or infinite values")
    return array


def _bytes(weight):
    return math.prod(weight.shape) * np.dtype(weight.dtype).itemsize


def _named_weights(model):
    """{"F1/kernel": weight, ...}; a weight whose name is taken already, as in a layer of layers, gets a number."""
    named = {}
    for layer in model.layers:
        for weight in layer.weights:
            name = f"{layer.name}/{weight.name}"
            named[name if name not in named else f"{name}:{len(named)}"] = weight
    return named
