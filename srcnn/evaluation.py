"""The evaluation protocol: one function from a method to a table that can be set beside the papers' (chapter 8)."""

import csv
from pathlib import Path

import numpy as np

from . import InputError, catalog, datasets, images, methods, metrics, resample, upscale
from .files import packaged
from .tables import Table


def score(hr, sr, scale):
    """Steps 4 to 6 of the protocol for one image: clip, round to 0..255, shave `scale` pixels, measure.

    hr, sr: float luma (H, W) in [0, 1]. Returns: {"psnr": dB, "ssim": at most 1, "mse": of 0..255 squared}.
    """
    return measured(*_judged(hr, sr, scale))


def measured(hr, sr):
    """Step 6 alone, of two pictures (H, W) in 0..255: {"psnr", "ssim", "mse"}."""
    return {"psnr": metrics.psnr(hr, sr), "ssim": metrics.ssim(hr, sr), "mse": metrics.mse(hr, sr)}


def _judged(hr, sr, scale):
    return (images.shave(images.to_bytes(luma), scale) for luma in (hr, sr))


def pairs(photographs, scale):
    """Steps 1 to 3 of the protocol for each photograph of a dict name -> uint8 image: a dict name -> (HR, LR) luma.

    Raises: InputError for one that is too small to be measured.
    """
    for name, photograph in photographs.items():
        height, width = photograph.shape[:2]
        least = (-(-11 // scale) + 2) * scale  # cropped to a multiple of the scale and shaved
        if min(height, width) < least:
            raise InputError(
                f"{name} of {width} x {height} pixels is too small to measure at scale {scale}: "
                f"SSIM's window needs at least {least} pixels each way"
            )
    return {name: resample.pair(photograph, scale) for name, photograph in photographs.items()}


def psnr(method, pairs, scale):
    """The mean PSNR of evaluate() alone, of pairs(): a third less work, for a training that asks often."""
    made = ((hr, upscale.super_resolve(lr, scale, method)) for hr, lr in pairs.values())
    return float(np.mean([metrics.psnr(*_judged(hr, sr, scale)) for hr, sr in made]))


def evaluate(method, data, scale, tell=lambda notes: None):
    """Score a method on a dataset under the protocol of chapter 3.

    method: "bicubic" (or another kernel), the name or path of trained weights, a keras.Model or a methods.Method.
    data: the name of a dataset, a folder of images, or a dict name -> uint8 image.
    tell: called with the notes of what each picture of a folder has lost when it was read.
    Returns: {"model", "data", "scale", "images": [{"name", "psnr", "ssim", "mse"}], "mean": {...}}.
    The mean is taken over images; an infinite PSNR (two equal images) makes it infinite.
    """
    name, scale = data if isinstance(data, (str, Path)) else "images", catalog.check_scale(scale)
    photographs = data.items() if isinstance(data, dict) else datasets.stream(data, tell)
    method = methods.get(method, scale)  # once, and a wrong name fails before the first image
    rows = []
    for image, photograph in photographs:
        ((hr, lr),) = pairs({image: photograph}, scale).values()
        rows.append({"name": image, **score(hr, upscale.super_resolve(lr, scale, method), scale)})
    mean = {key: float(np.mean([row[key] for row in rows])) for key in ("psnr", "ssim", "mse")}
    return {"model": method.name, "data": str(name), "scale": scale, "images": rows, "mean": mean}


def by_photograph(result):
    """The PSNR of each photograph in a result of evaluate(): {name: dB}, as records keep it."""
    return {row["name"]: round(row["psnr"], 4) for row in result["images"]}


def as_table(result):
    """The result of evaluate() as a Table: one row an image, and the mean in bold."""
    rows = [
        [row["name"], row["psnr"], row["ssim"], row["mse"]]
        for row in [*result["images"], {"name": "mean", **result["mean"]}]
    ]
    return Table(
        [f"{result['data']} x{result['scale']}, {result['model']}", "PSNR (dB)", "SSIM", "MSE"],
        rows,
        (0, 2, 4, 2),
        bold=[-1],
    )


def paper(name, data, scale):
    """The figure to set beside ours: published() for a network of the course, trained on T91 if that was printed.

    Returns: one row of published(), or None if nothing was printed.
    """
    rows = published(catalog.PAPERS.get(name, name), data, scale)
    return min(rows, key=lambda row: row["trained_on"] not in catalog.TRAIN_SETS, default=None)


def published(model=None, data=None, scale=None, image="mean"):
    """Figures printed in the papers: a list of dicts with model, trained_on, dataset, scale, image, psnr, ssim, source.

    Give `model`, `data` or `scale` to keep only the rows that match; `image` is "mean", the name of an image, or None
    for all. ssim is None where none was printed.
    """
    with packaged("data/published.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update(scale=int(row["scale"]), psnr=float(row["psnr"]), ssim=float(row["ssim"]) if row["ssim"] else None)
    wanted = {"model": model, "dataset": data, "scale": scale, "image": image}
    return [row for row in rows if all(row[key] == value for key, value in wanted.items() if value is not None)]
