"""What "Try it" needs in the reader's browser, made when the book is built, in book/_static/try/ (not committed).

The networks, exported from the shipped weights; ONNX Runtime Web, which runs them, from the npm registry; and small
free photographs to try. `built.js` tells the page what there is, or in a few words why there is nothing.

Run as a program it makes the networks and photographs alone: prepare() calls it so, because Sphinx needs no TensorFlow.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import npm

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "book" / "_static" / "try"

RUNTIME, VERSION = "onnxruntime-web", "1.30.0"
SHA512 = (
    "ab4cbe26baedba45d2cec05610c71c55fa97db92d19a8b171c5f8269126683ca"
    "590a5cdc57bb2f35ce2b298de32f4d956fb42644c0ecd528a0a91e025c07ca61"
)
WASM = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
WEBGPU = ("ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm")
"""For processors, and for graphics cards: the reader's browser loads one of the two."""

NETWORKS = ("srcnn-915", "fsrcnn")
SAMPLES = {
    "chelsea": "a cat",
    "astronaut": "an astronaut",
    "coffee": "a cup of coffee",
    "camera": "a photographer, grey",
}
"""Photographs of scikit-image in the public domain, and what they show."""


def prepare(target=TARGET):
    """Make what is missing or out of date in the folder `target`; return what went wrong in a few words, or None."""
    target.mkdir(parents=True, exist_ok=True)
    table, stamp = target / "built.js", _stamp()
    if table.is_file() and table.read_text().startswith(stamp) and all((target / name).is_file() for name in files()):
        return None
    trouble = _runtime(target) or _networks(target)
    made = {"missing": trouble} if trouble else {"missing": None, **json.loads((target / "made.json").read_text())}
    lines = [f"export const {name} = {json.dumps(value)};" for name, value in made.items()]
    _write(table, "\n".join(["// not built" if trouble else stamp, *lines, ""]))  # without the stamp: tried again
    return trouble


def files():
    """The names of what the browser may load, beside built.js."""
    from srcnn import catalog

    networks = [f"{name}-x{scale}.onnx" for name in NETWORKS for scale in catalog.SCALES]
    return [*WASM, *WEBGPU, *networks, *(f"{name}.png" for name in SAMPLES)]


def _stamp():
    """A line that changes when what is made of these files would be different."""
    code = ("export", "layers", "methods", "models", "onnx_graph", "resample", "starts")
    sources = [Path(__file__), *(ROOT / "srcnn" / f"{name}.py" for name in code)]
    sources += sorted(path for name in NETWORKS for path in (ROOT / "srcnn" / "weights").glob(f"{name}-x?.npz"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return f"// written by tools/try_it.py of {digest}"


def _runtime(target):
    fetched = target / f"{RUNTIME}-{VERSION}"
    if fetched.is_file() and all((target / name).is_file() for name in (*WASM, *WEBGPU)):
        return None
    wanted = tuple(f"package/dist/{name}" for name in (*WASM, *WEBGPU))
    trouble = npm.unpack(f"{RUNTIME}@{VERSION}", wanted, target, SHA512)
    if not trouble:
        fetched.touch()
    return trouble


def _networks(target):
    try:
        import onnx  # noqa: F401
    except ImportError:
        return "the Python package onnx is not installed"
    run = subprocess.run([sys.executable, __file__, str(target)], cwd=ROOT, capture_output=True, text=True)
    reason = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
    return f"the networks could not be exported ({reason})" if run.returncode else None


def _make(target):
    """Write the networks, the photographs, and made.json, which describes them."""
    from srcnn import catalog, datasets, export, images, methods, resample

    made = {"networks": {}, "samples": []}
    for name in NETWORKS:
        for scale in catalog.SCALES:
            export.export(name, target / f"{name}-x{scale}.onnx", scale)
        margins = {scale: methods.get(name, scale).margin for scale in catalog.SCALES}
        made["networks"][name] = {"title": catalog.PAPERS[name].split(" (")[0], "margins": margins}
    photographs = datasets.load("sample")
    for name, shown in SAMPLES.items():
        whole = images.crop_to_multiple(photographs[name], 3)
        small = images.to_bytes(resample.downscale(whole / 255, 3))
        images.write(target / f"{name}.png", small)
        made["samples"].append({"file": f"{name}.png", "alt": shown, "width": small.shape[1], "height": small.shape[0]})
    made["megabytes"] = {
        device: round(sum((target / name).stat().st_size for name in names) / 1e6)
        for device, names in {"wasm": WASM, "webgpu": WEBGPU}.items()
    }
    _write(target / "made.json", json.dumps(made))


def _write(path, text):
    from srcnn.files import atomic_write

    with atomic_write(path) as temporary:  # two builds may run at once
        Path(temporary).write_text(text)


if __name__ == "__main__":
    _make(Path(sys.argv[1]))
