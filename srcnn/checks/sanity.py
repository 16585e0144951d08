"""What a doctor asks first: ten-second tests of a training, its data and its score (chapter 9)."""

import re
import textwrap

import numpy as np

from .. import InputError
from . import _measure as measure
from ._measure import BANDS, jitter, passed, shift

__all__ = ["BANDS", "Findings", "jitter", "passed", "sanity", "shift"]

SEES = {
    "data": ("range", "pairs", "shift", "degradation", "rounding"),
    "network": ("output", "nothing learned"),
    "history": ("patience", "test set"),
    "score": ("own input", "score"),
}
"""What is looked for in each thing that sanity() may be given."""


class Findings(list):
    """The names of what is wrong, [] if nothing is. print() tells each in a sentence, with what to do."""

    def __init__(self, told, figures, given):
        super().__init__(told)
        self.told, self.figures, self.given = dict(told), figures, given

    def __str__(self):
        lines = [f"✗ {name}: {sentence}" for name, sentence in self.told.items()]
        if not lines:
            seen = ", ".join(name for what in self.given for name in SEES[what])
            missing = ", ".join(what for what in SEES if what not in self.given)
            lines = [f"✓ nothing suspicious; looked for: {seen}" + (f" (not given: {missing})" if missing else "")]
        lines += [self.figures] if self.figures else []
        return "\n".join(textwrap.fill(line, 88, subsequent_indent="    ") for line in lines)

    __repr__ = __str__


def sanity(network, x, y, scale, *, history=None, kept=None, test=None, score=None):
    """Look for the bugs of chapter 9 in a training: a few seconds, and nothing is trained.

    network: what it makes of a batch: a keras.Model, or a function (N, H, W, 1) -> (N, H', W', 1); or None, to
             examine the data before the training.
    x, y: some of your training data as the network gets it, at least 8 pairs: inputs and targets, (N, H, W, 1) or
          (N, H, W), of 16 x 16 pixels or more. A target may lack a margin, the same on all sides.
    history: rows of training.train(), or the dict of a Keras History: val_psnr or val_loss per epoch, and perhaps
             learning_rate and a figure on a test set (a name with "test" or "Set5" in it).
    kept: the row of `history` whose weights were kept, counted from 0 (negative from the end).
    test: (x, y) as they are when the network is tested, the same kinds of arrays. Without it: the papers' bicubic.
    score: the PSNR in dB that was reported for the network on `test`, or on x and y.
    Returns: Findings, a list of names: "range", "pairs", "shift", "degradation", "rounding", "output", "patience",
    "test set", "own input"; "score" for one that fits nothing; and "nothing learned" if the output is worse than the
    input and none of them says why.
    Raises: InputError for arrays that cannot be examined.
    """
    score = _arguments(network, scale, history, kept, score)
    data = [("", *measure.batches(x, y, "x", "y"))]
    if test is not None:
        if not isinstance(test, (tuple, list)) or len(test) != 2:
            raise InputError("test is a pair of arrays, (x, y)")
        data.append(("in the test data ", *measure.batches(*test, "the test's x", "the test's y")))
    found, figures = {}, ""
    pairs = [_data(found, where, x, y, scale) for where, x, y in data]
    if None not in pairs and "shift" not in found:
        _degradation(found, *pairs, scale=scale)
    if history is not None:
        _history(found, history, kept)
    if network is not None and _output(found, network, *data[0][1:]):
        figures = _scores(found, network, *data[-1][1:], scale, score)
    given = {"network": network, "history": history, "score": score if network is not None else None}
    return Findings(found, figures, ["data", *(what for what, value in given.items() if value is not None)])


def _arguments(network, scale, history, kept, score):
    """Refuse what cannot be used, in a sentence. Returns: the score as a number, or None."""
    if not isinstance(scale, (int, np.integer)) or scale not in (2, 3, 4):
        raise InputError(f"scale {scale!r} is not one of 2, 3, 4; the order is sanity(network, x, y, scale)")
    if network is not None and not callable(network):
        raise InputError(f"network is {network!r}; give a keras.Model, a function or None (load() loads a name)")
    if kept is not None and (history is None or not isinstance(kept, (int, np.integer))):
        raise InputError(f"kept={kept!r} is not the number of a row of a history that is given, too")
    if score is not None:
        try:
            score = float(score)
        except (TypeError, ValueError):
            score = float("nan")
        if np.isnan(score) or network is None:
            raise InputError("score is one number, a PSNR in dB, and needs the network that it was measured for")
    return score


def _few(*arrays, most=256):
    """At most so many of the pairs, drawn at random, but always the same ones."""
    if len(arrays[0]) <= most:
        return arrays
    chosen = np.random.default_rng(0).permutation(len(arrays[0]))[:most]
    return tuple(images[np.sort(chosen)] for images in arrays)


def _tell(found, name, where, sentence):
    """Add a finding; what is wrong with the training data comes before the same fault of the test data."""
    found.setdefault(name, where + sentence)


def _data(found, where, x, y, scale):
    """Are the pairs in one range, of the same things, in one place, and not rounded?

    Returns: (ilr, hr, what the papers' bicubic makes of hr, is x small), or None if they cannot be compared further.
    """
    x_range, y_range = (f"from {images.min():.3g} to {images.max():.3g}" for images in (x, y))
    ranges = f"the inputs go {x_range} and the targets {y_range}: "
    deliberate = "bring both into 0..1, as in the papers (or ignore this, if all your inputs and targets are so)"
    if measure.peak(x) != 1 or measure.peak(y) != 1:
        _tell(found, "range", where, ranges + "divide both by 255, in training and in testing")
    elif min(x.min(), y.min()) <= -0.5:
        _tell(found, "range", where, ranges + deliberate)
    elif max(x.max(), y.max()) < 0.006:
        _tell(found, "range", where, ranges + "were they divided by 255 twice?")
    of_x, of_y = measure.peak(x), measure.peak(y)
    x, y = _few(x, y)
    x, y = x / of_x, y / of_y
    ilr, hr, small = measure.aligned(x, y, scale)
    ilr, hr = (images[:, : hr.shape[1] // scale * scale, : hr.shape[2] // scale * scale] for images in (ilr, hr))
    ideal = measure.bicubic(hr, scale)
    usual = np.fmin(measure.likeness(ideal, hr), measure.likeness(measure.bicubic(ilr, scale), ilr))
    if (strangers := _strangers(ilr, hr, usual)) is not None:
        _tell(found, strangers[0], where, strangers[1])
        return None
    factor = measure.soft(ilr).std() / max(measure.soft(ideal).std(), 1e-12)
    offset = ilr.mean() - factor * ideal.mean()
    if abs(factor - 1) > 0.1 or abs(offset) > 0.05:
        _tell(found, "range", where, ranges + f"the inputs are about {factor:.3g} times the targets, {offset:+.2f}; "
              "bring both into 0..1 in the same way")  # fmt: skip
        return None
    if hr.min() < -0.05 or hr.max() > 1.05:
        _tell(found, "range", where, ranges + deliberate)
    (down, right), share = measure.shift_and_share(ilr, hr)
    if np.hypot(down, right) > 0.2 and share > 0.1:
        _tell(found, "shift", where, _lie(down, right))
    levels = 255 * x
    whole = np.abs(levels - np.rint(levels)).max((1, 2)) < 1e-3
    textured = np.ptp(levels, axis=(1, 2)) > 8
    share = whole[textured].mean() if textured.any() else 0
    if not small and share > 0.05:
        what = "all inputs are" if share == 1 else f"{share:.0%} of the inputs are"
        _tell(
            found, "rounding", where, f"{what} in whole grey levels: resize in float, and round only the final result"
        )
    return ilr, hr, ideal, small


def _lie(down, right):
    down, right = (round(float(move), 1) + 0.0 for move in (down, right))  # never -0.0
    return (
        f"the inputs lie {down:+.1f} pixels down and {right:+.1f} to the right of the targets: "
        "shrink and enlarge with pixel centres, and cut input and target at the same place"
    )


def _strangers(x, y, usual):
    """(name, sentence) if many pairs are far less alike than a photograph and its usual blur, or None."""
    alike = measure.likeness(x, y)
    seen = np.isfinite(alike) & np.isfinite(usual)
    lost = np.mean(alike[seen] < usual[seen] - 0.4) if seen.any() else 0
    if lost <= 0.03:
        return None
    x, y = _few(x, y, most=64)
    move, likeness = measure.moved(x, y)
    if likeness > 0.8 and any(move):
        return "shift", _lie(*move)
    turns = {"mirrored": y[:, :, ::-1], "upside down": y[:, ::-1], "turned by half": y[:, ::-1, ::-1]}
    turns |= {"transposed": y.swapaxes(1, 2), "transposed and turned": y.swapaxes(1, 2)[:, ::-1, ::-1]}
    turns |= {"turned to one side": np.rot90(y, 1, (1, 2)), "turned to the other side": np.rot90(y, -1, (1, 2))}
    for name, turned in {**turns, "inverted": -y}.items():
        if turned.shape == x.shape and np.nanmedian(measure.likeness(x, turned)) > 0.7:
            return "pairs", f"the targets are {name} against the inputs: treat both in the same way"
    return "pairs", (
        f"{lost:.0%} of the inputs and targets do not show the same things: "
        "were they shuffled apart, or is the target a difference? Give the images themselves"
    )


def _degradation(found, pair, test=None, *, scale):
    """Were the inputs made in the same way as for the test?"""
    (ilr, hr, ideal, small), instead = pair, (0, 0)
    ours, usual = passed(ilr, hr, scale), passed(ideal, hr, scale)
    extra = measure.fine(ilr, hr, scale) - measure.fine(ideal, hr, scale)
    by, cure = "the papers' bicubic", " (on purpose? Then give your test pairs, test=(x, y))"
    if test is not None:
        by, cure = "the making of the test data", ""
        instead = passed(*test[:2], scale) - passed(test[2], test[1], scale)
        extra -= measure.fine(*test[:2], scale) - measure.fine(test[2], test[1], scale)
        if small != test[3]:
            sizes = ("small", "enlarged") if small else ("enlarged", "small")
            found["degradation"] = f"the training inputs are {sizes[0]} images and the test's are {sizes[1]} ones"
            return
    difference = (ours - usual) - instead
    if ours.max() > 1.05 and ours.max() > usual.max() + 0.05:
        found["degradation"] = "the inputs have more of the finer waves than the targets: are x and y exchanged?"
        found.pop("rounding", None)  # originals are whole grey levels
    elif extra > 0.1:
        found["degradation"] = (
            f"the training inputs have waves that no small image can hold, more than by {by}: were they enlarged with "
            f"nearest pixels? Use one function for both{cure}"
        )
    elif np.abs(difference).max() > (0.03 if min(hr.shape[1:]) >= 24 else 0.05):  # small patches are mostly border
        worst = np.abs(difference).argmax()
        found["degradation"] = (
            f"the training inputs are {'more' if difference.mean() < 0 else 'less'} blurred than by {by}: of the finer "
            f"waves they keep {ours[worst]:.0%} instead of {(ours - difference)[worst]:.0%}; use one function for "
            f"both{cure}"
        )


def _history(found, history, kept):
    """Was the training ended by noise, and were its weights chosen on the test set?"""
    columns = measure.columns(history)
    quality = columns.get("val_psnr", -10 * np.log10(columns["val_loss"]) if "val_loss" in columns else None)
    if quality is None:
        raise InputError(
            f"the history has no val_psnr and no val_loss, only {', '.join(map(str, columns))}: "
            "validate on images that are not trained on"
        )
    if kept is not None and not -len(quality) <= kept < len(quality):
        raise InputError(f"kept={kept} is no row of a history of {len(quality)} rows")
    rate = columns.get("learning_rate", np.ones(1))
    swing = jitter(quality)
    if swing > 0.02 and quality[-1] < quality.max() and rate[-1] > 0.1 * rate.max():
        found["patience"] = (
            f"at its end the curve still goes up and down by {swing:.2f} dB an epoch, so a pause in it says nothing: "
            "fix the number of steps, let the learning rate fall to 0, and keep the best weights"
        )
    kept = None if kept is None else range(len(quality))[kept]
    if kept is None or kept == len(quality) - 1:
        return  # the end was fixed before, so nothing was chosen
    higher = {
        name: -column if re.search("loss|mse|mae|error", name, re.IGNORECASE) else column
        for name, column in columns.items()
    }
    if any(column[kept] >= column.max() for name, column in higher.items() if name.lower().startswith("val")):
        return
    for name, column in higher.items():
        is_test = re.search(r"(^|[_ ])test|set ?5|set ?14|bsd|b100|urban|manga", name, re.IGNORECASE)
        if is_test and column[kept] >= column.max():
            found["test set"] = (
                f"the weights of row {kept} were kept, the best by {name}, while row {quality.argmax()} is the "
                "best by validation: a set that chooses can no longer judge, so choose by validation"
            )


def _output(found, network, x, y):
    """Large noise must come out large and with both signs, or the last layer is not linear. Returns: is it finite?"""
    noise = [strength * np.random.default_rng(0).normal(size=x[:2].shape) for strength in (1, 30)]
    weak, strong = (measure.run(network, images) for images in noise)
    (x,) = _few(x, most=max(2, min(64, 2**21 // x[0].size)))
    answer = measure.run(network, x)
    if not all(np.isfinite(output).all() for output in (weak, strong, answer)):
        found["output"] = "the network answers with NaN or infinite values: its training has diverged, start again"
        return False
    ends = "the last layer is linear in SRCNN; clip only the finished picture"
    top, bottom = (np.mean(np.abs(strong - limit) < 1e-6) for limit in (strong.max(), strong.min()))
    if max(np.ptp(output) for output in (weak, strong, answer)) < 1e-6:
        found["output"] = f"the same value comes out whatever goes in: its ReLUs are dead, perhaps the last one; {ends}"
    elif "range" in found:
        return True  # first things first: such a network is far from where it should be
    elif measure.peak(answer) > measure.peak(y):
        found["range"] = (
            f"the output goes from {answer.min():.3g} to {answer.max():.3g} and the targets to {y.max():.3g}"
        )
    elif strong.min() >= 0 and 0.9 < strong.max() <= 1:
        found["output"] = f"whatever goes in, 0 to 1 comes out: there is a sigmoid or a clip at the end; {ends}"
    elif (
        strong.min() >= 0 and bottom > 0.01 and not np.allclose(*measure.same_centre(answer, x.clip(0)), atol=1e-5)
    ):  # else not trained
        found["output"] = f"whatever goes in, nothing negative comes out: there is a ReLU at the end; {ends}"
    elif 0.9 < np.abs(strong).max() <= 1:
        found["output"] = f"whatever goes in, -1 to 1 comes out: there is a tanh at the end; {ends}"
    elif strong.min() < 0 and max(top, bottom) > 0.05:
        limit = strong.max() if top > bottom else strong.min()
        found["output"] = f"many pixels of the answer to noise are exactly {limit:.3g}: something cuts there; {ends}"
    return True


def _scores(found, network, x, y, scale, score):
    """Does the reported figure compare the network with the original, and has the network learned anything?"""
    if score is None:  # a score is compared on all pairs, as it was measured; otherwise a part of them will do
        x, y = _few(x, y)
    ilr, hr, _ = measure.aligned(x / measure.peak(x), y / measure.peak(y), scale)
    sr = measure.run(network, x) / measure.peak(y)
    learned = sr
    ilr, hr, sr = (images.clip(0, 1) for images in measure.same_centre(ilr, hr, sr))
    if score is not None:
        _score(found, ilr, hr, sr, scale, score)
    output, bicubic = measure.psnr(hr, sr)[1], measure.psnr(hr, ilr)[1]
    if not found and output < bicubic - 0.02 and bicubic < 45:
        why = _why_worse(*measure.same_centre(ilr, hr, learned))
        found["nothing learned"] = f"the output is worse than its own input: {why}"
    return f"  output {output:.1f} dB, its own input {bicubic:.1f} dB"


def _why_worse(ilr, hr, sr):
    """The reason why an output is worse than the input, if one can see it."""
    to_target, to_difference = (np.nanmedian(measure.likeness(sr, images)) for images in (hr, hr - ilr))
    if to_difference > max(0.3, to_target):
        return "it looks like the difference between target and input; add the input to it"
    if to_target < 0.5:
        return "it does not even show the target; is it turned or mirrored, or has the training diverged?"
    factor, offset = measure.soft(sr).std() / max(measure.soft(hr).std(), 1e-12), sr.mean() - hr.mean()
    if abs(factor - 1) > 0.1 or abs(offset) > 0.05:
        return f"its contrast is {factor:.2f} times that of the target, its brightness {offset:+.2f}"
    (down, right), share = measure.shift_and_share(sr, hr)
    if np.hypot(down, right) > 0.2 and share > 0.3:
        return f"it lies {down:+.1f} pixels down and {right:+.1f} to the right of the target"
    return "train for longer, from a start that passes the image on, or with a smaller learning rate"


def _score(found, ilr, hr, sr, scale, score):
    """Is the score that of the output against the original, with whatever border cut away?"""
    borders = [border for border in (0, 2, scale) if min(hr.shape[1:]) > 2 * border + 8]
    cut = [[images[:, b : hr.shape[1] - b, b : hr.shape[2] - b] for images in (ilr, hr, sr)] for b in borders]
    cut += [[ilr, hr, np.rint(255 * sr) / 255] for ilr, hr, sr in cut]  # as it is, and as a file
    right = np.array([measure.psnr(hr, sr) for _, hr, sr in cut])
    own = np.array([measure.psnr(ilr, sr) for ilr, _, sr in cut])
    reported, score = score, min(score, -10 * np.log10(measure.MOST))
    to_right, to_own = np.abs(score - right), np.abs(score - own)
    if ((right.min(axis=0) - 0.1 <= score) & (score <= right.max(axis=0) + 0.1)).any():
        return
    if to_own.min() < 0.3 and to_own.min() < to_right.min() / 3:
        same_average = right[np.unravel_index(to_own.argmin(), own.shape)]
        found["own input"] = (
            f"{reported:.1f} dB is how much the output is like the network's own input: compare it with the original, "
            f"which gives {same_average:.1f} dB"
        )
    elif to_right.min() > 1:
        found["score"] = (
            f"{reported:.1f} dB is neither what the output has against the original ({right[0, 0]:.1f} dB) nor against "
            f"its own input ({own[0, 0]:.1f} dB): which images were compared, and by which protocol?"
        )
