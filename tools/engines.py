"""Time the same weights in every engine that is installed, and write results/engines.json (chapter 13).

    PYTHONPATH=.bounds/torch python tools/engines.py [--rounds 9]      minutes, on an idle machine, please

What is timed is the network alone, on the mirrored input of a picture of a megapixel: the package's own forward pass,
Keras' (both under TensorFlow), ONNX Runtime, OpenCV's dnn and, if it can be imported, PyTorch, with one thread and with
all. "package, in tiles" is what upscale.super_resolve() does, SRCNN's bicubic enlargement included. One round times
every engine once, so that a busy moment of the machine does not fall on one alone; the fastest round counts.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = ("srcnn-915", "srcnn-955", "fsrcnn")


def main():
    """The command line. Each number of threads has a process of its own: TensorFlow asks for it at the start."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="how often everything is timed (default: 9)")
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.threads:
        print(json.dumps(measured(options.threads, options.rounds)))
        return
    from srcnn import records

    start, parts = time.perf_counter(), []
    for threads in sorted({1, os.cpu_count()}):
        print(f"with {threads} thread{'s' * (threads > 1)} ...", flush=True)
        command = [sys.executable, __file__, "--rounds", str(options.rounds), "--threads", str(threads)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        parts.append(json.loads(run.stdout.splitlines()[-1]))
    seconds = round(time.perf_counter() - start, 1)
    about = {"rounds": options.rounds, "seconds": seconds, **records.provenance()}
    about["versions"] |= {name: version for part in parts for name, version in part.pop("versions").items()}
    records.write_json(ROOT / "results" / "engines.json", {"threads": parts, **about})
    print(f"results/engines.json: {seconds} s")


def measured(threads, rounds):
    """{"threads", "matmul_gflops", "rows": [{method, scale, engine, ms_per_megapixel, largest_difference}], ...}."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    from srcnn import benchmark, catalog

    engines, versions = available(threads)
    rows, calls = [], []
    for name in NETWORKS:
        for scale in catalog.SCALES:
            made = prepared(name, scale, engines)
            wanted = made["package"]()
            for engine, call in made.items():
                far = float(np.abs(call() - wanted).max()) if engine != "package, in tiles" else None
                rows.append({"method": name, "scale": scale, "engine": engine, "ms_per_megapixel": np.inf,
                             "largest_difference": far})  # fmt: skip
                calls.append(call)
    product = np.inf
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        product = min(product, benchmark.matrix_product())
        for row, call in zip(rows, calls, strict=True):
            start = time.perf_counter()
            call()
            spent = (time.perf_counter() - start) * 1e9 / benchmark.SIZE**2
            row["ms_per_megapixel"] = round(min(row["ms_per_megapixel"], spent), 2)
    gflops = round(2 * 2048**3 / product / 1e9, 1)
    return {"threads": threads, "matmul_gflops": gflops, "rows": rows, "versions": versions}


def available(threads):
    """{engine: function(model, x) -> a function that computes model(x)}, of the installed ones; their versions."""
    engines, versions = {"package": package, "Keras": keras_itself}, {}
    for name, prepare in (("ONNX Runtime", onnxruntime), ("OpenCV", opencv), ("PyTorch", pytorch)):
        try:
            engines[name], versions[name] = prepare(threads)
        except ImportError:
            print(f"{name} is not installed: left out", file=sys.stderr)
    return engines, versions


def prepared(name, scale, engines):
    """{engine: a function that enlarges the same picture}, each giving (H, W)."""
    from srcnn import benchmark, methods, models, resample, upscale

    method = methods.get(name, scale)
    lr = np.random.default_rng(0).random((benchmark.SIZE // scale,) * 2, np.float32)
    given = lr if models.factor(method.model) == scale else resample.enlarge(lr, scale)
    x = np.pad(given, models.margin(method.model), mode="symmetric").astype(np.float32)
    return {
        "package, in tiles": lambda: upscale.super_resolve(lr, scale, method),
        **{engine: prepare(method.model, x) for engine, prepare in engines.items()},
    }


def package(model, x):
    from srcnn import layers

    forward = layers.forward(model)
    return lambda: np.asarray(forward(x[None, :, :, None]))[0, :, :, 0]


def keras_itself(model, x):
    import tensorflow as tf

    run = tf.function(lambda x: model(x, training=False), autograph=False)
    return lambda: run(tf.constant(x[None, :, :, None])).numpy()[0, :, :, 0]


def onnx_of(model):
    """The network alone, without the mirrored border of srcnn export."""
    from srcnn import onnx_graph

    about = dict.fromkeys(("input", "output"), "pixels") | {"name": model.name, "scale": "", "version": ""}
    return onnx_graph.convert(model, 0, about)


def onnxruntime(threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads

    def prepare(model, x):
        session = onnxruntime.InferenceSession(onnx_of(model), options, ["CPUExecutionProvider"])
        given = {session.get_inputs()[0].name: x[None, :, :, None]}
        return lambda: session.run(None, given)[0][0, :, :, 0]

    return prepare, onnxruntime.__version__


def opencv(threads):
    import cv2

    cv2.setNumThreads(threads)

    def prepare(model, x):
        network = cv2.dnn.readNetFromONNX(np.frombuffer(onnx_of(model), np.uint8))

        def run():
            network.setInput(x[None, :, :, None])
            return network.forward()[0, :, :, 0]

        return run

    return prepare, cv2.__version__


def pytorch(threads):
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads)

    def layer(kind):
        """A Keras layer as a function of a tensor (1, c, H, W)."""
        from srcnn.layers import keras

        def tensor(values, *axes):
            array = keras.ops.convert_to_numpy(values)
            return torch.from_numpy(np.ascontiguousarray(array.transpose(axes) if axes else array.ravel()))

        if isinstance(kind, keras.layers.PReLU):
            slopes = tensor(kind.alpha)
            return lambda x: functional.prelu(x, slopes)
        if isinstance(kind, keras.layers.Conv2D):
            kernel, bias, bends = tensor(kind.kernel, 3, 2, 0, 1), tensor(kind.bias), kind.activation.__name__ == "relu"
            return lambda x: (functional.relu if bends else lambda y: y)(functional.conv2d(x, kernel, bias))
        kernel, bias = tensor(kind.as_convolution(), 3, 2, 0, 1), tensor(kind.bias)
        return lambda x: functional.pixel_shuffle(functional.conv2d(x, kernel), kind.scale) + bias

    def prepare(model, x):
        steps, given = [layer(kind) for kind in model.layers], torch.from_numpy(x[None, None])

        @torch.inference_mode()
        def run():
            y = given
            for step in steps:
                y = step(y)
            return y[0, 0].numpy()

        return run

    return prepare, torch.__version__


if __name__ == "__main__":
    main()
