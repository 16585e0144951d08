"""Accuracy and speed of every method on this machine, in one record (chapters 7 and 10)."""

import subprocess
import sys
import time

import numpy as np

from . import datasets, degrade, evaluation, layers, models, records, upscale
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


def benchmark(methods=None, scales=(2, 3, 4), data=("Set5", "Set14"), repeats=9, progress=True):
    """Measure every method: accuracy under the protocol, and speed and memory on this machine.

    methods: by default the kernels of `degrade` and every trained network of the course.
    repeats: each picture is enlarged so often; one round times every method once, so that a busy moment of the
             machine does not fall on one method alone. The fastest counts.
    Returns: {"rows": [...], "matmul_gflops", "device", "machine", ...}. A row has method, scale, weights,
    multiply_adds (for one output pixel, enlargement by bicubic included), ms_per_megapixel (of output, from LR luma
    to SR luma), network_ms (the network alone), of_matmul (its multiply-adds in the time of the machine's own matrix
    product, as a fraction), peak_mib (memory of a process that enlarges to 4 megapixels), and each dataset's
    {"psnr", "ssim", "mse"}.
    """
    from tqdm import tqdm

    have = models.available()
    rows = [
        {"method": method, "scale": scale}
        for scale in scales
        for method in methods or [*degrade.KERNELS, *have]
        if scale in have.get(method, scales)
    ]
    loaded = {(row["method"], row["scale"]): upscale.resolve(row["method"], row["scale"]) for row in rows}
    photographs = {name: datasets.load(name) for name in data}
    for row in tqdm(rows, desc="accuracy and memory", unit="method", disable=not progress):
        method = loaded[row["method"], row["scale"]]
        row["weights"] = None if isinstance(method, str) else method.count_params()
        row["multiply_adds"] = multiply_adds(method, row["scale"])
        for name, images in photographs.items():
            row[name] = evaluation.evaluate(method, images, row["scale"])["mean"]
        row["peak_mib"] = _peak(row["method"], row["scale"])
    for row in rows:
        row["ms_per_megapixel"] = row["network_ms"] = np.inf
    product = np.inf
    for _ in tqdm(range(repeats), desc="speed", unit="round", disable=not progress):
        product = min(product, _matrix_product())
        for row in rows:
            _time(row, loaded[row["method"], row["scale"]])
    gflops = 2 * 2048**3 / product / 1e9
    for row in rows:
        row["ms_per_megapixel"] = round(row["ms_per_megapixel"], 2)
        if np.isfinite(row["network_ms"]):
            adds = multiply_adds(loaded[row["method"], row["scale"]], row["scale"], alone=True)
            row["of_matmul"] = round(2 * adds * 1e6 / (gflops * 1e9) * 1e3 / row["network_ms"], 3)
            row["network_ms"] = round(row["network_ms"], 2)
        else:
            row["network_ms"] = row["of_matmul"] = None
    return {"rows": rows, "matmul_gflops": round(gflops, 1), "repeats": repeats, **records.provenance()}


def as_table(result):
    """The result of benchmark() as a Table."""
    data = [key for key in result["rows"][0] if key.startswith("Set")] if result["rows"] else []
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


def _time(row, method):
    """Time one enlargement, and the network alone; keep the fastest in `row`."""
    scale = row["scale"]
    lr = np.random.default_rng(0).random((SIZE // scale, SIZE // scale), np.float32)
    start = time.perf_counter()
    upscale.super_resolve(lr, scale, method)
    row["ms_per_megapixel"] = min(row["ms_per_megapixel"], (time.perf_counter() - start) * 1e9 / SIZE**2)
    if isinstance(method, str):
        return
    side = upscale.TILE // (scale if models.factor(method) > 1 else 1)
    x = np.random.default_rng(0).random((1, *[side + 2 * models.margin(method)] * 2, 1), np.float32)
    start = time.perf_counter()
    layers.keras.ops.convert_to_numpy(layers.forward(method)(x))
    pixels = (side * models.factor(method)) ** 2
    row["network_ms"] = min(row["network_ms"], (time.perf_counter() - start) * 1e9 / pixels)


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
