"""The demonstrations with photographs: what shrinking does not see (chapter 1), and eight pictures of one PSNR (3)."""

import numpy as np

from .. import InputError, datasets, images, metrics, resample
from .page import build, encoded, png


def _square(name, side):
    """A square of a sample photograph's luma, float64 (side, side) in 0..255: 2 * side pixels, shrunk by two."""
    sample = datasets.load("sample")
    if name not in sample:
        raise InputError(f"no sample photograph {name!r}; there are {', '.join(sample)}")
    luma = images.luma(sample[name]).astype(float)
    top, left = (luma.shape[0] - 2 * side) // 12, (luma.shape[1] - 2 * side) // 2
    part = luma[top : top + 2 * side, left : left + 2 * side]
    return np.rint(255 * resample.downscale(part / 255, 2).astype(float).clip(0, 1))


def null_space(photo="astronaut", other="chelsea", *, scale=3, seed=0):
    """Chapter 1: a photograph + t z above its small image, which does not move.

    photo, other: sample photographs, the one that is seen and the one whose unseen detail is z (or z is made from
    random dots). scale: of the shrinking; 120 pixels must divide by it.
    """
    side = 120
    if scale < 1 or side % scale:
        raise InputError(f"scale={scale} does not divide the {side} pixels of the picture")
    hr = np.rint(0.05 * 255 + 0.9 * _square(photo, side)) / 255
    lr = resample.downscale(hr, scale)
    unseen = _correct(0.05 + 0.9 * _square(other, side) / 255, np.zeros_like(lr), scale, 60)
    dots = (np.random.default_rng(seed).random(hr.shape) < 0.5).astype(float)
    twins = {"detail": _twin(hr + 2 * unseen, lr, scale), "dots": _twin(dots, lr, scale)}
    rounded = {name: np.rint(255 * twin) for name, twin in twins.items()}
    rest = {name: np.rint(256 * (255 * twin - rounded[name])).clip(-127, 127) for name, twin in twins.items()}
    weights, first = shrinking_weights(scale)
    return build(
        "null_space",
        f"{photo} + t z, and its small image at x{scale}, which does not move",
        {
            "scale": scale,
            "first": first,
            "weights": weights,
            "rest": {name: encoded(values.astype(np.int8).tobytes()) for name, values in rest.items()},
        },
        size=f"{side} by {side}",
        small_size=f"{side // scale} by {side // scale}",
        other="the cat" if other == "chelsea" else other,
        photograph=png(np.rint(255 * hr).astype(np.uint8)),
        small=png(np.rint(255 * lr).clip(0, 255).astype(np.uint8)),
        **{name: png(values.astype(np.uint8)) for name, values in rounded.items()},
    )


def _correct(x, y, scale, rounds):
    """Change the picture x until it shrinks to y; Eq. (1.5)."""
    for _ in range(rounds):
        x = x + resample.enlarge(y - resample.downscale(x, scale), scale)
    return x


def _twin(start, y, scale, turns=300):
    """A picture near `start` with values in 0..1 that shrinks to y (chapter 1, valid_picture)."""
    for _ in range(turns):
        start = _correct(start.clip(0, 1), y, scale, 1)
    return start.clip(0, 1)


def shrinking_weights(scale):
    """What the small pixel j takes from the pixels scale * j + first, ...: the weights of Eq. (1.2), and `first`."""
    n = 12 * scale
    arrived = [resample.downscale(np.tile(row, (scale, 1)), scale)[0, 6] for row in np.eye(n)]
    used = np.flatnonzero(np.abs(arrived) > 1e-7)
    weights = [round(float(arrived[k]), 7) for k in range(used[0], used[-1] + 1)]
    return weights, int(used[0] - 6 * scale)


def rank(photo="astronaut", *, decibels=24.0, seed=0):
    """Chapter 3: eight pictures of one PSNR, to be put in order of quality; then PSNR and SSIM are shown.

    photo: a sample photograph. decibels: the PSNR that each distortion is to have, to a fifth; from 20 to 30 most
    photographs can be spoilt so, and others are refused.
    """
    original = _square(photo, 100)
    pictures = spoilt(original, decibels, seed)
    names = list(pictures)
    psnr = [round(metrics.psnr(original, pictures[name]), 2) for name in names]
    name, off = max(zip(names, psnr, strict=True), key=lambda way: abs(way[1] - decibels))
    if not abs(off - decibels) <= 0.2:
        raise InputError(
            f"decibels={decibels}: of {photo}, the picture that is {name} has {off:.1f} dB at the nearest; "
            "give a number nearer to 24, or another photograph"
        )
    ssim = [round(metrics.ssim(original, pictures[name]), 3) for name in names]
    figures = "\n".join(
        f'<figure><img class="spoilt" width="100" height="100" alt="Picture {letter}" src="{png(pictures[name])}">'
        f"<figcaption>{letter}</figcaption></figure>"
        for letter, name in zip("ABCDEFGH", names, strict=True)
    )
    answers = "; ".join(
        f"{letter}: {name}, {decibel:.2f} dB, SSIM {similar:.2f}"
        for letter, name, decibel, similar in zip("ABCDEFGH", names, psnr, ssim, strict=True)
    )
    return build(
        "rank",
        f"eight pictures of {decibels:g} dB, to be put in order of quality",
        {"names": names, "psnr": psnr, "ssim": ssim},
        scene=f"a part of {photo}",
        original=png(original.astype(np.uint8)),
        pictures=figures,
        answers=answers,
    )


def spoilt(original, decibels, seed=0):
    """A picture spoilt in the eight ways of Section 3.1: dict name -> uint8 (H, W), all with nearly the same PSNR.

    original: float (H, W) in 0..255.
    """
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    grain, chance = rng.normal(size=original.shape), rng.random(original.shape)
    mean, (height, width) = original.mean(), original.shape
    rows, columns = np.mgrid[:height, :width]
    middle = np.maximum(abs(rows - round(0.71 * height)), abs(columns - round(0.25 * width)))
    paint = 0 if original[middle < width / 12].mean() > 128 else 255
    moved = np.pad(original, ((0, 0), (width, 0)), mode="edge")
    ways = {
        "noisy": (200, lambda s: original + s * grain),
        "shifted": (width / 2, lambda s: _shift(moved, s, width)),
        "few greys": (600, lambda s: mean + s * np.rint((original - mean) / s)),
        "brighter": (200, lambda s: original + s),
        "blurred": (300, lambda s: gaussian_filter(original, s)),
        "painted over": (height, lambda s: original + np.clip(s - middle + 0.5, 0, 1) * (paint - original)),
        "salt and pepper": (1, lambda s: np.where(chance < s / 2, 0, np.where(chance > 1 - s / 2, 255, original))),
        "less contrast": (50, lambda s: mean + (original - mean) / (1 + s)),
    }
    return {name: _at(decibels, original, way, strongest) for name, (strongest, way) in ways.items()}


def _shift(moved, s, width):
    whole, rest = int(s), s - int(s)
    one, two = (moved[:, width - k : 2 * width - k] for k in (whole, whole + 1))
    return (1 - rest) * one + rest * two


def _at(decibels, original, way, strongest):
    """The picture, rounded, with the strength that gives this PSNR; strengths have four digits, for any machine."""
    low, high = 0.001, strongest
    for _ in range(40):
        middle = (low + high) / 2
        too_good = metrics.psnr(original, way(middle).clip(0, 255)) > decibels
        low, high = (middle, high) if too_good else (low, middle)
    return np.rint(way(float(f"{high:.4g}")).clip(0, 255)).astype(np.uint8)
