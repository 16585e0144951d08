"""Examines inputs and targets: their range, whether they belong together, their place, degradation and rounding."""

from typing import NamedTuple

import numpy as np

from .measures import (
    aligned,
    best_move,
    bicubic,
    blurred,
    correlation,
    correlations,
    finest_waves,
    passed,
    peak,
    sample,
    shift_and_share,
)

DELIBERATE = "bring both into 0..1, as in the papers (or ignore this, if all your inputs and targets are so)"


class Pairs(NamedTuple):
    """Inputs and targets (N, H, W) of the same size, about 0..1, and what the papers' bicubic makes of the targets."""

    ilr: np.ndarray
    hr: np.ndarray
    usual: np.ndarray
    small: bool
    """Whether the inputs were as small as the LR."""


def examine_pairs(findings, x, y, scale, where=""):
    """Add "range", "pairs", "shift" or "rounding" to the findings, a dict name -> sentence that begins with `where`.

    Returns: Pairs, or None if they are too different to be compared further.
    """
    x_range, y_range = (f"from {images.min():.3g} to {images.max():.3g}" for images in (x, y))
    ranges = f"{where}the inputs go {x_range} and the targets {y_range}: "
    if problem := _range_problem(x, y):
        findings.setdefault("range", ranges + problem)
    peak_of_x, peak_of_y = peak(x), peak(y)
    x, y = sample(x, y)
    x, y = x / peak_of_x, y / peak_of_y
    pairs = _prepared(x, y, scale)
    if mismatch := _mismatch(pairs, scale):
        name, sentence = mismatch
        findings.setdefault(name, where + sentence)
        return None
    if problem := _contrast_problem(pairs):
        findings.setdefault("range", ranges + problem)
        return None
    if pairs.hr.min() < -0.05 or pairs.hr.max() > 1.05:
        findings.setdefault("range", ranges + DELIBERATE)
    (down, right), share = shift_and_share(pairs.ilr, pairs.hr)
    if np.hypot(down, right) > 0.2 and share > 0.1:
        findings.setdefault("shift", where + _shift_sentence(down, right))
    share = _share_in_whole_levels(x)
    if not pairs.small and share > 0.05:
        which = "all inputs are" if share == 1 else f"{share:.0%} of the inputs are"
        cure = "resize in float, and round only the final result"
        findings.setdefault("rounding", f"{where}{which} in whole grey levels: {cure}")
    return pairs


def _prepared(x, y, scale):
    ilr, hr, small = aligned(x, y, scale)
    height, width = (side // scale * scale for side in hr.shape[1:])
    ilr, hr = ilr[:, :height, :width], hr[:, :height, :width]
    return Pairs(ilr, hr, bicubic(hr, scale), small)


def _range_problem(x, y):
    """What is wrong with the smallest and the largest values, or None."""
    if peak(x) != 1 or peak(y) != 1:
        return "divide both by 255, in training and in testing"
    if min(x.min(), y.min()) <= -0.5:
        return DELIBERATE
    if max(x.max(), y.max()) < 0.006:
        return "were they divided by 255 twice?"
    return None


def _contrast_problem(pairs):
    """How the inputs' contrast and brightness differ from those of the papers' bicubic, or None."""
    factor = blurred(pairs.ilr).std() / max(blurred(pairs.usual).std(), 1e-12)
    offset = pairs.ilr.mean() - factor * pairs.usual.mean()
    if abs(factor - 1) <= 0.1 and abs(offset) <= 0.05:
        return None
    return f"the inputs are about {factor:.3g} times the targets, {offset:+.2f}; bring both into 0..1 in the same way"


def _share_in_whole_levels(x):
    """The share of the images in 0..1 whose values all are whole grey levels; flat images do not count."""
    levels = 255 * x
    whole = np.abs(levels - np.rint(levels)).max((1, 2)) < 1e-3
    textured = np.ptp(levels, axis=(1, 2)) > 8
    return whole[textured].mean() if textured.any() else 0


def _shift_sentence(down, right):
    down, right = (round(float(move), 1) + 0.0 for move in (down, right))  # never -0.0
    return (
        f"the inputs lie {down:+.1f} pixels down and {right:+.1f} to the right of the targets: "
        "shrink and enlarge with pixel centres, and cut input and target at the same place"
    )


def _mismatch(pairs, scale):
    """(name, sentence) if many inputs resemble their targets far less than the papers' bicubic would, or None."""
    x, y = pairs.ilr, pairs.hr
    usual = np.fmin(correlations(pairs.usual, y), correlations(bicubic(x, scale), x))
    found = correlations(x, y)
    known = np.isfinite(found) & np.isfinite(usual)
    lost = np.mean(found[known] < usual[known] - 0.4) if known.any() else 0
    if lost <= 0.03:
        return None
    x, y = sample(x, y, most=64)
    move, likeness = best_move(x, y)
    if likeness > 0.8 and any(move):
        return "shift", _shift_sentence(*move)
    turns = {"mirrored": y[:, :, ::-1], "upside down": y[:, ::-1], "turned by half": y[:, ::-1, ::-1]}
    turns |= {"transposed": y.swapaxes(1, 2), "transposed and turned": y.swapaxes(1, 2)[:, ::-1, ::-1]}
    turns |= {"turned to one side": np.rot90(y, 1, (1, 2)), "turned to the other side": np.rot90(y, -1, (1, 2))}
    for name, turned in {**turns, "inverted": -y}.items():
        if turned.shape == x.shape and correlation(x, turned) > 0.7:
            return "pairs", f"the targets are {name} against the inputs: treat both in the same way"
    return "pairs", (
        f"{lost:.0%} of the inputs and targets do not show the same things: "
        "were they shuffled apart, or is the target a difference? Give the images themselves"
    )


def compare_degradations(findings, pairs, test_pairs, scale):
    """Add "degradation" if the inputs were not made as those of the test, or, without a test, as in the papers."""
    if test_pairs and pairs.small != test_pairs.small:
        sizes = ("small", "enlarged") if pairs.small else ("enlarged", "small")
        findings["degradation"] = f"the training inputs are {sizes[0]} images and the test's are {sizes[1]} ones"
        return
    kept, usual, extra = _waves(pairs, scale)
    difference = kept - usual
    other, cure = "with the papers' bicubic", " (on purpose? Then give your test pairs, test=(x, y))"
    if test_pairs:
        kept_in_test, usual_in_test, extra_in_test = _waves(test_pairs, scale)
        difference, extra = difference - (kept_in_test - usual_in_test), extra - max(extra_in_test, 0.0)
        other, cure = "the test inputs", ""
    limit = 0.03 if min(pairs.hr.shape[1:]) >= 24 else 0.05  # small patches are mostly border
    if kept.max() > 1.05 and kept.max() > usual.max() + 0.05:
        findings["degradation"] = "the inputs have more of the finer waves than the targets: are x and y exchanged?"
        findings.pop("rounding", None)  # originals are whole grey levels
    elif extra > 0.1:
        findings["degradation"] = (
            f"the training inputs have waves that no small image can hold, more than {other}: were they enlarged with "
            f"nearest pixels? Use one function for both{cure}"
        )
    elif np.abs(difference).max() > limit:
        worst = np.abs(difference).argmax()
        findings["degradation"] = (
            f"the training inputs are {'more' if difference.mean() < 0 else 'less'} blurred than {other}: of the finer "
            f"waves they keep {kept[worst]:.0%} instead of {(kept - difference)[worst]:.0%}; use one function for "
            f"both{cure}"
        )


def _waves(pairs, scale):
    """The shares of the waves that the inputs keep, those that bicubic keeps, and the inputs' excess of the finest."""
    kept, usual = (passed(inputs, pairs.hr, scale) for inputs in (pairs.ilr, pairs.usual))
    finest, usual_finest = (finest_waves(inputs, pairs.hr, scale) for inputs in (pairs.ilr, pairs.usual))
    return kept, usual, finest - usual_finest
