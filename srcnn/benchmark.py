"""Accuracy and speed of every method on this machine, in one record (chapters 8 and 11)."""

import subprocess
import sys
import time

import numpy as np

from . import catalog, datasets, evaluation, layers, methods, models, pretrained, records, resample, training, upscale
from .patches import Patches
from .tables import Table

SIZE = 1008
"""Output pixels along the side of the picture that is timed: about a megapixel, a multiple of 2, 3 and 4."""

PEAK = """
import sys, numpy as np
from pathlib import Path
from srcnn import upscale
upscale.upscale(np.zeros([2016 // int(sys.argv[2])] * 2, np.uint8), int(sys.argv[2]), sys.argv[1])
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(int(peak.split()[1]) / 1024)
"""


def benchmark(names=None, scales=catalog.SCALES, data=catalog.TEST_SETS, repeats=9, progress=True):
    """Measure every method: accuracy under the protocol, and speed and memory on this machine.

    names: of methods; by default the kernels of `resample` and every trained network of the course.
    repeats: each picture is enlarged so often; one round times every method once, so that a busy moment of the
             machine does not fall on one method alone. The fastest counts.
    Returns: {"data", "rows": [...], "training": [...], "matmul_gflops", "device", "machine", ...}. A row has
    method, scale, weights; multiply_adds: for one output pixel, enlargement by bicubic included;
    ms_per_megapixel: of output, from LR luma to SR luma; network_ms: the network alone; of_matmul: the part of
    network_ms that the machine's own matrix product needs for as many multiply-adds; plain_keras_ms: the network
    with Keras' own deconvolution; peak_mib: memory of a process that enlarges to 4 megapixels; and each dataset's
    {"psnr", "ssim", "mse"}. "training" has training_step() of every network at x3.
    """
    from tqdm import tqdm

    have = pretrained.available()
    rows = [
        {"method": name, "scale": scale}
        for scale in scales
        for name in names or [*resample.KERNELS, *have]
        if scale in have.get(name, scales)
    ]
    loaded = {(row["method"], row["scale"]): methods.get(row["method"], row["scale"]) for row in rows}
    photographs = {name: datasets.load(name) for name in data}
    for row in tqdm(rows, desc="accuracy and memory", unit="method", disable=not progress):
        method = loaded[row["method"], row["scale"]]
        row["weights"] = method.model.count_params() if method.model else None
        row["multiply_adds"] = multiply_adds(method.model or method.name, row["scale"])
        for name, images in photographs.items():
            row[name] = evaluation.evaluate(method, images, row["scale"])["mean"]
        row["peak_mib"] = _peak(row["method"], row["scale"])
    gflops = _time_all(rows, loaded, repeats, progress)
    timed = tqdm(have if names is None else [], desc="training", unit="network", disable=not progress)
    return {
        "data": list(data),
        "rows": rows,
        "training": [training_step(name, 3) for name in timed],
        "matmul_gflops": round(gflops, 1),
        "repeats": repeats,
        **records.provenance(),
    }


def _time_all(rows, loaded, repeats, progress):
    """Write the times into the rows; return the GFLOP/s of the machine's own matrix product."""
    from tqdm import tqdm

    for row in rows:
        row |= {"ms_per_megapixel": np.inf, "network_ms": np.inf, "plain_keras_ms": np.inf, "of_matmul": None}
    plain = {key: _plain(method.model) for key, method in loaded.items()}
    product = np.inf
    for _ in tqdm(range(repeats), desc="speed", unit="round", disable=not progress):
        product = min(product, _matrix_product())
        for row in rows:
            _time(row, loaded[row["method"], row["scale"]], plain[row["method"], row["scale"]])
    gflops = 2 * 2048**3 / product / 1e9
    for row in rows:
        if np.isfinite(row["network_ms"]):
            adds = multiply_adds(loaded[row["method"], row["scale"]].model, row["scale"], alone=True)
            row["of_matmul"] = round(2 * adds / gflops / row["network_ms"], 3)
        for key in ("ms_per_megapixel", "network_ms", "plain_keras_ms"):
            row[key] = round(row[key], 2) if np.isfinite(row[key]) else None
    return gflops


def training_step(name, scale, steps=200, rounds=5):
    """Milliseconds for a step of `srcnn train`, and of Keras' plain fit() of the same network on random arrays.

    Both in turn, `rounds` times; the fastest counts. The first cuts its patches as it goes, the second has them.
    """
    recipe, network = catalog.recipe(name, scale), models.build(name, scale)
    size = {"batch_size": 16, "patch_size": recipe.patch_size, "steps": steps}
    shape = {"margin": models.margin(network), "factor": models.factor(network)}
    stream = Patches(datasets.load("sample"), scale, **size, **shape)
    rng = np.random.default_rng(0)
    x, y = (rng.random((16 * steps, *part.shape[1:]), np.float32) for part in stream[0])
    ours, plain = (
        models.expand(models.build(name, scale), recipe.expand) if recipe.expand else models.build(name, scale)
        for _ in range(2)
    )
    ours.compile("adam", "mse", jit_compile=training.jit(), steps_per_execution=training.at_once(steps))
    plain.compile("adam", "mse", jit_compile=training.jit())
    seconds = {"ms_per_step": np.inf, "plain_fit_ms": np.inf}
    for round_ in range(rounds + 1):  # the first compiles
        for key, fit in (
            ("ms_per_step", lambda: ours.fit(stream, verbose=0, shuffle=False)),
            ("plain_fit_ms", lambda: plain.fit(x, y, batch_size=16, verbose=0)),
        ):
            start = time.perf_counter()
            fit()
            if round_:
                seconds[key] = min(seconds[key], (time.perf_counter() - start) * 1e3 / steps)
    return {"method": name, "scale": scale, **{key: round(value, 2) for key, value in seconds.items()}}


def as_table(result):
    """The result of benchmark() as a Table."""
    data = result["data"]
    header = ["method", "scale", *(f"{name} PSNR (dB)" for name in data), "weights", "multiply-adds / pixel"]
    rows = [
        [
            row["method"],
            f"x{row['scale']}",
            *(row[name]["psnr"] for name in data),
            row["weights"],
            row["multiply_adds"],
            row["ms_per_megapixel"],
            row["peak_mib"],
        ]
        for row in result["rows"]
    ]
    return Table([*header, "ms / megapixel", "peak MiB"], rows, [0, 0, *[2] * len(data), 0, 0, 1, 0])


def multiply_adds(method, scale, alone=False):
    """Multiplications with a weight for one output pixel: f^2 c n for a convolution, over scale^2 if on the LR image.

    method: the name of a kernel or a keras.Model. alone: leave out the bicubic enlargement before SRCNN.
    """
    if isinstance(method, str):
        taps = {"nearest": 0, "bilinear": 2, "bicubic": 4, "lanczos": 6}[method]
        return round(taps / scale + taps)  # rows first, then columns
    adds = sum(int(np.prod(weight.shape)) for weight in method.weights if weight.name == "kernel")
    if models.factor(method) > 1:
        return round(adds / scale**2)
    return adds + (0 if alone else multiply_adds("bicubic", scale))


def _plain(model):
    """The same network with Keras' own deconvolution, or None if it has none."""
    if model is None or not isinstance(model.layers[-1], layers.Deconvolution):
        return None
    last, keras = model.layers[-1], layers.keras
    keras_own = keras.layers.Conv2DTranspose(1, last.size, strides=last.scale, padding="same", **layers.PINNED)
    keras_own.build((None, None, None, last.kernel.shape[-1]))
    keras_own.set_weights(last.get_weights())
    network = keras.Sequential([keras.Input((None, None, 1)), *model.layers[:-1], keras_own])
    return layers.forward(network)


def _time(row, method, plain):
    """Time one enlargement, and the network alone; keep the fastest in `row`."""
    scale = row["scale"]
    lr = np.random.default_rng(0).random((SIZE // scale, SIZE // scale), np.float32)
    start = time.perf_counter()
    upscale.super_resolve(lr, scale, method)
    row["ms_per_megapixel"] = min(row["ms_per_megapixel"], (time.perf_counter() - start) * 1e9 / SIZE**2)
    if method.model is None:
        return
    factor = models.factor(method.model)
    side = upscale.TILE // (scale if factor > 1 else 1)
    x = np.random.default_rng(0).random((1, *[side + 2 * models.margin(method.model)] * 2, 1), np.float32)
    for key, forward in (("network_ms", method.forward), ("plain_keras_ms", plain)):
        if forward is not None:
            start = time.perf_counter()
            layers.keras.ops.convert_to_numpy(forward(x))
            row[key] = min(row[key], (time.perf_counter() - start) * 1e9 / (side * factor) ** 2)


def _matrix_product():
    """Seconds of the backend's own float32 product of two 2048 x 2048 matrices, the fastest of five."""
    ops = layers.keras.ops
    a = ops.ones((2048, 2048))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        ops.convert_to_numpy(ops.matmul(a, a)[0, 0])
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _peak(method, scale):
    """Peak memory in MiB of a fresh process that enlarges a photograph to 4 megapixels; None where it is not known.

    Linux tells it in /proc; resource.getrusage() would count the memory of the process that started this one.
    """
    run = subprocess.run([sys.executable, "-c", PEAK, method, str(scale)], capture_output=True, text=True)
    return round(float(run.stdout)) if run.returncode == 0 else None
