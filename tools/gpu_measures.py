"""What record_gpu.py measures, case by case. It loads Keras, under the backend of its process."""

import functools
import importlib.metadata
import math
import os
import time

import numpy as np
from gpu_streams import BACKEND, compiled, scan, stream, trainer, under
from record_gpu import NAME, SCALE, SEED

from srcnn import catalog, evaluation, methods, models, optimizers, pretrained, records, resample
from srcnn.layers import keras, ops
from srcnn.ondevice import FromDevice, Tables

if BACKEND == "jax":
    import jax
elif BACKEND == "torch":
    import torch


def about():
    """The device, the versions and the precision in force before anything is set."""
    facts, config = records.provenance(), keras.config
    installed = {package.name: package.version for package in importlib.metadata.distributions()}
    more = ("jaxlib", "jax-cuda13-plugin", "nvidia-cudnn-cu13", "nvidia-cublas", "triton")
    facts["versions"] |= {name: installed[name] for name in more if name in installed}
    if BACKEND == "torch":
        facts["versions"] |= {"torch_cuda": torch.version.cuda, "torch_cudnn": torch.backends.cudnn.version()}
    prefixes = ("XLA_", "NVIDIA_TF32", "TORCH_ALLOW_TF32", "JAX_", "CUDA_VISIBLE")
    facts["environment"] = {key: value for key, value in os.environ.items() if key.startswith(prefixes)}
    facts |= {"dtype_policy": config.dtype_policy().name, "image_data_format": config.image_data_format()}
    return {**facts, "keras_device": BACKEND, "tf32": tf32(None)}


def tf32(kind):
    """Switch TensorFloat-32: "float32" off, "tf32" on, None as the backends begin. Returns it in their own words."""
    if BACKEND == "jax":
        words = {"float32": "highest", "tf32": "tensorfloat32"}.get(kind)
        jax.config.update("jax_default_matmul_precision", words)
        return {"jax_default_matmul_precision": str(words)}
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = kind != "float32", kind == "tf32"
    return {"cudnn.allow_tf32": kind != "float32", "cuda.matmul.allow_tf32": kind == "tf32"}


def peak():
    """The most device memory in use, MiB: of the process on JAX, since the last call on PyTorch; 0 if nobody tells."""
    if BACKEND == "jax":
        return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use", 0) / 2**20
    if not torch.cuda.is_available():
        return 0
    used = torch.cuda.max_memory_allocated() / 2**20
    torch.cuda.reset_peak_memory_stats()
    return used


def timed(call, *args):
    """(what the call returns, its seconds)."""
    start = time.perf_counter()
    result = call(*args)
    return result, time.perf_counter() - start


def rate(fit, seconds):
    """Steps per second of fit(), the better of two rounds of about so many seconds; and seconds of its first call."""
    first, spent, steps = timed(fit, 2)[1], 0.0, 5
    while spent < seconds / 2:
        steps *= 2
        made, spent = timed(fit, steps)
    best = made / spent
    made, spent = timed(fit, steps)
    return max(best, made / spent), first


def answer(network, x):
    """What a network makes of a batch, as float32; NumPy has no bfloat16, which PyTorch's predict() would give it."""
    if BACKEND == "torch":
        with torch.no_grad():
            return ops.convert_to_numpy(ops.cast(network(ops.convert_to_tensor(x), training=False), "float32"))
    return np.asarray(network.predict_on_batch(x), np.float32)


def psnr(network, photographs):
    """The mean PSNR of evaluation.evaluate(), all images on one canvas: on a GPU every shape is compiled anew."""
    margin = models.margin(network)
    side = max(max(photograph.shape[:2]) for photograph in photographs.values()) + 2 * margin

    def run(lr):
        given = np.pad(resample.enlarge(lr, SCALE), margin, mode="symmetric")
        canvas = np.zeros((1, side, side, 1), np.float32)  # what stands right of an image and below does not reach it
        canvas[0, : given.shape[0], : given.shape[1], 0] = given
        sr = answer(network, canvas)
        return sr[0, : SCALE * lr.shape[0], : SCALE * lr.shape[1], 0]

    scores = evaluation.evaluate(methods.Method(network.name, SCALE, run, margin), photographs, SCALE)
    return round(scores["mean"]["psnr"], 4)


def inference(part, model, pictures, output):
    """Milliseconds per megapixel of a shipped network, on the device alone and from NumPy to NumPy."""
    network, side = pretrained.load(model, SCALE), int(output.split()[0])
    size = side // models.factor(network) + 2 * models.margin(network)
    x = np.random.default_rng(SEED).random((pictures, size, size, 1), np.float32)
    tensor, call = ops.convert_to_tensor(x), functools.partial(network, training=False)
    if BACKEND == "jax":
        run, wait = jax.jit(call), jax.block_until_ready
    else:
        run, wait = torch.no_grad()(call), lambda y: torch.cuda.synchronize() if y.is_cuda else None
    calls = {"on_device": lambda: wait(run(tensor)), "numpy_to_numpy": lambda: network.predict_on_batch(x)}
    fastest = {key: min(timed(call)[1] for _ in range(part.calls)) for key, call in calls.items()}
    return {f"{key}_ms_per_megapixel": round(1e9 * seconds / pictures / side**2, 4) for key, seconds in fastest.items()}


def train(part, batch, learning_rate, steps, every, *, data, policy="float32", target=math.inf):
    """Train from the identity, as the course does, on the device stream, until Set5's PSNR passes `target`."""
    recipe = catalog.recipe(NAME, SCALE, learning_rate=learning_rate)
    keras.utils.set_random_seed(SEED)
    network = under(policy, models.build(NAME, SCALE, seed=SEED))
    wide, tables = (under(policy, models.expand(network, recipe.expand, SEED)), stream(part, NAME, batch, every))
    model, history, blocks, scoring = FromDevice(wide, tables), [], [], []
    used = compiled(model, optimizers.optimizer(recipe, steps))
    for images in data.values():
        psnr(network, images)  # compiles it, outside the clock
    for step in range(every, steps + 1, every):
        fitted, seconds = timed(lambda: model.fit(Tables(tables), verbose=0, shuffle=False))
        blocks.append(seconds)
        models.collapse(wide, network)
        scores, seconds = timed(lambda: {key: psnr(network, images) for key, images in data.items()})
        scoring.append(seconds)
        loss, passed = float(fitted.history["loss"][-1]), scores["Set5"] > target
        history.append({"step": step, "training_seconds": round(sum(blocks), 2), **scores, "loss": loss})
        if passed or part.left() < blocks[-1]:
            break
    return {
        "passed": passed, "ended": "passed" if passed else f"step {step} of {steps}",
        "passed_step": step if passed else None, **{f"{key}_psnr": value for key, value in scores.items()},
        "loss": loss, "training_seconds": round(sum(blocks), 2), "scoring_seconds": round(sum(scoring), 2),
        "of_which_compilation": round(blocks[0] - min(blocks), 2), "steps_per_second": round(every / min(blocks), 1),
        "seconds_per_scoring": round(sum(scoring) / len(blocks), 3), **used, "history": history,
    }  # fmt: skip


def agreement(part, name):
    """How far a network's errors on patches cut on the device are from those on patches cut here."""
    network, patches = models.build(name, SCALE), stream(part, name, 32)
    (x, y), (table, _) = patches[0], Tables(patches)[0]
    there = np.asarray(FromDevice(network, patches).predict_on_batch(table))
    return {
        "largest_difference": float(np.abs(there - (np.asarray(network.predict_on_batch(x)) - y)).max()),
        "mib_on_device": round((patches.given.nbytes + patches.wanted.nbytes) / 2**20, 1),
    }


def speed(part, model, batch, kind, policy="float32"):
    """What trainer() says, steps and images per second, and seconds of the first call."""
    used, fit = trainer(part, model, batch, kind, policy)
    steps, first = rate(fit, part.settings["round_seconds"])
    return {"steps_per_second": round(steps, 2), "images_per_second": round(steps * batch), **used}, first


def training(part, model, batch, stream, crop):
    """The speed of a network by one of the STREAMS, and the part of the time that it spends waiting for its data."""
    before = peak()
    row, first = speed(part, model, batch, stream)
    after, steps = peak(), row["steps_per_second"]
    row |= {"ms_per_step": round(1e3 / steps, 3), "first_call_seconds": round(first, 2)}
    row["peak_mib"] = round(after, 1) if after > before or (after and BACKEND == "torch") else None
    memory = {"model": model, "batch": batch, "stream": "memory"}
    for done in part.record["training"]:
        if memory.items() <= done.items() and stream in ("patches", "device") and "steps_per_second" in done:
            row["waiting_for_data"] = round(1 - steps / done["steps_per_second"], 3)
    return row


def precision(part, model, precision, training_steps, training_batch):
    """The shipped weights, plain fit() in memory, and a short training of the expanded network."""
    policy, set5 = precision if precision.startswith("mixed") else "float32", part.set5
    row, shipped = {"tf32": tf32(precision), "policy": policy}, pretrained.load(model, SCALE)
    try:
        row["shipped_Set5_psnr"] = psnr(under(policy, shipped), set5)
        if precision == "float32":
            row["shipped_Set5_psnr_by_evaluate"] = round(evaluation.evaluate(shipped, set5, SCALE)["mean"]["psnr"], 4)
        for size in part.settings["batches"][-2:]:
            row[f"batch_{size}"] = speed(part, model, size, "memory", policy)[0]
        case = {"batch": training_batch, "learning_rate": 1e-3, "steps": training_steps, "every": training_steps}
        trained = train(part, **case, data={"Set5": set5}, policy=policy)
        row["trained"] = {key: trained[key] for key in ("Set5_psnr", "training_seconds", "loss")}
        row["trained"]["start"] = "identity, expanded to 128, seed 0, learning rate 0.001"
        return row
    finally:
        tf32(None)


@functools.cache
def scanned(part, batch):
    """train() of a scan of the expanded network, and its steps per second."""
    tables = stream(part, NAME, batch)
    train, fit = scan(FromDevice(models.expand(models.build(NAME, SCALE)), tables), tables, part.search["block"])
    return train, rate(fit, part.settings["round_seconds"])[0]


def search(part, batch, learning_rate, equal, seed):
    """A training of the expanded network by scan(), on equal images or for equal seconds."""
    (run, per_second), block, plan = scanned(part, batch), part.search["block"], part.search
    steps = plan["images"] / batch if equal == "images" else per_second * plan["seconds"]
    steps = max(2, round(part.steps_scale * steps / block)) * block
    recipe = catalog.recipe(NAME, SCALE, learning_rate=learning_rate)
    rates = np.asarray(jax.vmap(optimizers.learning_rate(recipe, steps))(np.arange(steps)), np.float32)
    network = models.build(NAME, SCALE, seed=seed)
    wide = models.expand(network, recipe.expand, seed)
    loss, seconds = timed(run, wide, rates, seed)
    models.collapse(wide, network)
    return {
        "steps": steps, "images": steps * batch, "training_seconds": round(seconds, 2),
        "steps_per_second": round(steps / seconds, 1), "held_out_psnr": psnr(network, part.held_out), "loss": loss,
    }  # fmt: skip
