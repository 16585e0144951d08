"""Fuzz the reader of pictures: python tests/fuzz_images.py INPUTS SEED FOLDER.

Guided by coverage, of the package and of Pillow's Python code, where atheris is installed; else by chance alone. What
is neither a picture nor one clear sentence ends it with an exception, and exit code 1 or more.
"""

import sys
import warnings
from pathlib import Path

import numpy as np

try:
    import atheris
except ImportError:  # it has wheels for some Pythons on Linux
    atheris = None


def target(data, folder):
    """Read these bytes as a picture."""
    path = folder / "picture"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            photograph = images.open_photograph(path, limit=10**6, sixteen=len(data) % 2 == 1)
        except InputError as error:
            assert "\n" not in str(error) and len(str(error)) < 500, error
            return
    pixels = photograph.pixels
    assert pixels.dtype in (np.uint8, np.uint16) and pixels.shape[2:] in ((), (3,), (4,)) and pixels.size
    assert all("\n" not in note and len(note) < 500 for note in photograph.notes)


def main(inputs, seed, folder):
    rng = np.random.default_rng(seed)
    whole = [body for _, body in hostile.sound(rng) if len(body) < 5000]
    if atheris is None:
        for _ in range(inputs):
            body, another = (whole[rng.integers(len(whole))] for _ in range(2))
            target(hostile.mended(hostile.broken(rng, body, another)), folder)
        print(f"{inputs} inputs by chance")
        return
    seeds = folder / "seeds"
    seeds.mkdir()
    for number, body in enumerate(whole):
        (seeds / str(number)).write_bytes(body)
    print(f"{inputs} inputs guided by coverage", flush=True)
    options = [f"-runs={inputs}", f"-seed={seed}", "-max_len=5000", "-rss_limit_mb=1500", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *options, str(seeds)], lambda data: target(data, folder))
    atheris.Fuzz()  # ends the process


if __name__ == "__main__":
    if atheris:
        with atheris.instrument_imports(include=["PIL", "srcnn"]):
            from srcnn import InputError, images
    else:
        from srcnn import InputError, images
    import hostile

    warnings.simplefilter("ignore")
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
