"""Accuracy and speed of every method on this machine, in one record (chapters 8 and 11)."""

import subprocess
import sys
import time

import numpy as np

from . import catalog, datasets, engine, evaluation, layers, methods, models, pretrained, records, resample, upscale
from .patches import Patches
from .tables import Table

SIZE = 1008
"""Output pixels along the side of the picture that is timed: about a megapixel, a multiple of 2, 3 and 4."""

LARGER, WITH_LARGER = (64, 256), ("srcnn-915", "fsrcnn")
"""The batches beside 16 for which a step of training is timed, and the networks."""

PEAK = """
import sys, numpy as np
from pathlib import Path
from srcnn import upscale
upscale.upscale(np.zeros([2016 // int(sys.argv[2])] * 2, np.uint8), int(sys.argv[2]), sys.argv[1])
peak = next(line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if "VmHWM" in line)
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
    {"psnr", "ssim", "mse", "photographs": {name: PSNR}}. "training" has training_step() of every published
    architecture at x3, of two with larger batches too.
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
            result = evaluation.evaluate(method, images, row["scale"])
            row[name] = {**result["mean"], "photographs": evaluation.by_photograph(result)}
        row["peak_mib"] = _peak(row["method"], row["scale"])
    gflops = _time_all(rows, loaded, repeats, progress)
    trained = filter(have.get, catalog.PAPERS) if names is None else []  # each architecture once
    steps = [(name, batch) for name in trained for batch in (16, *LARGER * (name in WITH_LARGER))]
    timed = tqdm(steps, desc="training", unit="network", disable=not progress)
    return {
        "data": list(data),
        "rows": rows,
        "training": [training_step(name, 3, batch) for name, batch in timed],
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
        product = min(product, matrix_product())
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


def training_step(name, scale, batch=16, steps=None, rounds=7):
    """Milliseconds for a step of `srcnn train`, and of Keras' plain fit() of the same network on arrays in memory.

    The first is compiled and fed as train() does it, without its scores, and cuts its patches as it goes; the second
    is compile("adam", "mse") and fit(x, y) on random arrays of the same shapes. Both in turn, `rounds` times after
    one that compiles. steps: of a round; by default the fewest, in fifties, that see 3,200 patches or more.
    Returns: {"method", "scale", "batch", "steps", "ms_per_step", "plain_fit_ms", "ratio", "ratios"}: the fastest of
    each; the median of the first over the second, and what it was in each round.
    """
    steps = steps or 50 * max(1, 64 // batch)
    recipe = catalog.recipe(name, scale, batch_size=batch, steps=(rounds + 1) * steps, validate_every=steps)
    network, plain = models.build(name, scale), models.build(name, scale)
    stream = Patches(
        datasets.load("sample"), scale, batch_size=batch, patch_size=recipe.patch_size, steps=steps,
        margin=models.margin(network), factor=models.factor(network),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    x, y = (rng.random((batch * steps, *part.shape[1:]), np.float32) for part in stream[0])
    ours, batches = engine.fed(engine.compiled(network, recipe), stream, recipe)
    plain.compile("adam", "mse")
    fits = {
        "ms_per_step": lambda watch: ours.fit(
            batches, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[watch]
        ),
        "plain_fit_ms": lambda watch: plain.fit(x, y, batch_size=batch, verbose=0, callbacks=[watch]),
    }
    times = {key: [] for key in fits}
    for number in range(rounds + 1):
        for key in sorted(fits, reverse=number % 2):  # neither always comes after the other
            start, end = time.perf_counter(), []  # without what TensorFlow waits for after the last batch
            fits[key](
                layers.keras.callbacks.LambdaCallback(on_epoch_end=lambda *_, end=end: end.append(time.perf_counter()))
            )
            times[key].append((end[0] - start) * 1e3 / steps)
    ratios = [a / b for a, b in zip(*times.values(), strict=True)][1:]
    fastest = {key: round(min(each[1:]), 2) for key, each in times.items()}
    told = {"ratio": round(float(np.median(ratios)), 3), "ratios": [round(ratio, 3) for ratio in ratios]}
    return {"method": name, "scale": scale, "batch": batch, "steps": steps, **fastest, **told}


def training_table(result):
    """The training steps of benchmark()'s result as a Table."""
    rows = [
        [row["method"], row["batch"], row["ms_per_step"], row["plain_fit_ms"], row["ratio"],
         f"{min(row['ratios']):.2f} to {max(row['ratios']):.2f}"]
        for row in result["training"]
    ]  # fmt: skip
    return Table(
        ["training", "batch", "ms / step", "plain fit (ms)", "ratio", "in its rounds"], rows, [0, 0, 2, 2, 3, 0]
    )


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


def matrix_product():
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
