"""Fuzz the reader of weights: python tests/fuzz_weights.py INPUTS SEED FOLDER.

Guided by coverage, of the package, zipfile and NumPy's reader, where atheris is installed; else by chance alone. What
is neither the weights nor one clear sentence ends it with an exception, and exit code 1 or more.
"""

import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np

try:
    import atheris
except ImportError:  # it has wheels for some Pythons on Linux
    atheris = None


class Weight:
    """As Keras' own, without Keras, which would be most of what a fuzzer sees."""

    dtype, shape = "float32", (2, 3)

    def __init__(self, name):
        self.name = name


def target(data, path):
    """Read these bytes as the weights of a network of two."""
    path.write_bytes(data)
    layer, given = SimpleNamespace(name="F1", weights=[Weight("kernel"), Weight("bias")]), []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            archives.read_weights(SimpleNamespace(layers=[layer], set_weights=given.extend), path)
        except archives.Unreadable as error:
            assert "\n" not in str(error) and 0 < len(str(error)) < 400, error
            return
    assert len(given) == 2 and all(a.shape == (2, 3) and a.dtype == np.float32 and np.isfinite(a).all() for a in given)


def main(inputs, seed, folder):
    arrays = {f"F1/{name}": np.arange(6, dtype=np.float32).reshape(2, 3) for name in ("kernel", "bias")}
    sound = [npz(arrays), npz(arrays, 8), npz({name: array.astype("f2") for name, array in arrays.items()})]
    sound += [body for _, body in lies(arrays) if len(body) < 3000]
    if atheris is None:
        rng = np.random.default_rng(seed)
        for _ in range(inputs):
            body, another = (sound[rng.integers(len(sound))] for _ in range(2))
            target(damaged(rng, body, another), folder / "weights.npz")
        return
    seeds = folder / "seeds"
    seeds.mkdir()
    for number, body in enumerate(sound):
        (seeds / str(number)).write_bytes(body)
    options = [f"-runs={inputs}", f"-seed={seed}", "-max_len=3000", "-rss_limit_mb=1500", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *options, str(seeds)], lambda data: target(data, folder / "weights.npz"))
    atheris.Fuzz()  # ends the process


if __name__ == "__main__":
    if atheris:
        with atheris.instrument_imports(include=["srcnn", "zipfile", "numpy.lib._format_impl", "numpy.lib.format"]):
            from srcnn import archives
    else:
        from srcnn import archives
    from weights_that_lie import archives as lies
    from weights_that_lie import damaged, npz

    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
