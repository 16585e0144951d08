"""Examines what a network answers: its last layer, its range, its PSNR and the score that was reported for it."""

import numpy as np

from .. import InputError
from .measures import SMALLEST_ERROR, aligned, blurred, correlation, peak, psnr, same_centre, sample, shift_and_share

LINEAR_END = "the last layer is linear in SRCNN; clip only the finished picture"


def predict(network, images):
    """The network's answer to (N, H, W), as it comes, (N, H', W'), a few images at a time."""
    outputs, step = [], max(1, min(64, 2**18 // images[0].size))
    for start in range(0, len(images), step):
        batch = images[start : start + step, ..., None].astype(np.float32)
        if hasattr(network, "get_weights"):
            from ..models import keras

            output = keras.ops.convert_to_numpy(network(batch, training=False))
        else:
            output = np.asarray(network(batch))
        if output.ndim != 4 or len(output) != len(batch) or output.shape[-1] != 1:
            raise InputError(f"the network makes {output.shape} of {batch.shape}; (N, H, W, 1) is wanted")
        outputs.append(output[..., 0].astype(np.float64))
    return np.concatenate(outputs)


def examine_output(findings, network, x, y):
    """Add "output" or "range" to the findings, a dict name -> sentence. Returns: whether the answers are finite.

    Strong noise must come out strong and with both signs, or the last layer is not linear.
    """
    weak, strong = (
        predict(network, strength * np.random.default_rng(0).normal(size=x[:2].shape)) for strength in (1, 30)
    )
    (x,) = sample(x, most=max(2, min(64, 2**21 // x[0].size)))
    answer = predict(network, x)
    if not all(np.isfinite(output).all() for output in (weak, strong, answer)):
        findings["output"] = "the network answers with NaN or infinite values: its training has diverged, start again"
        return False
    if max(np.ptp(output) for output in (weak, strong, answer)) < 1e-6:
        problem = "the same value comes out whatever goes in: its ReLUs are dead, perhaps the last one"
        findings["output"] = f"{problem}; {LINEAR_END}"
    elif "range" in findings:
        pass  # the range first: such a network is far from where it should be
    elif peak(answer) > peak(y):
        findings["range"] = (
            f"the output goes from {answer.min():.3g} to {answer.max():.3g} and the targets to {y.max():.3g}"
        )
    elif problem := _end_problem(strong, untrained=np.allclose(*same_centre(answer, x.clip(0)), atol=1e-5)):
        findings["output"] = f"{problem}; {LINEAR_END}"
    return True


def _end_problem(strong, untrained):
    """What the answers to strong noise show of the last layer, or None. An untrained SRCNN, too, cuts below 0."""
    top, bottom = (np.mean(np.abs(strong - limit) < 1e-6) for limit in (strong.max(), strong.min()))
    if strong.min() >= 0 and 0.9 < strong.max() <= 1:
        return "whatever goes in, 0 to 1 comes out: there is a sigmoid or a clip at the end"
    if strong.min() >= 0 and bottom > 0.01 and not untrained:
        return "whatever goes in, nothing negative comes out: there is a ReLU at the end"
    if 0.9 < np.abs(strong).max() <= 1:
        return "whatever goes in, -1 to 1 comes out: there is a tanh at the end"
    if strong.min() < 0 and max(top, bottom) > 0.05:
        limit = strong.max() if top > bottom else strong.min()
        return f"many pixels of the answer to noise are exactly {limit:.3g}: something cuts there"
    return None


def examine_scores(findings, network, x, y, scale, score):
    """Add "own input", "score" or "nothing learned" to the findings. Returns: a line with the PSNR of output and input.

    The figure that was reported should compare the network with the original, and be better than that of the input.
    """
    if score is None:  # a score is compared on all pairs, as it was measured; otherwise a part of them will do
        x, y = sample(x, y)
    ilr, hr, _ = aligned(x / peak(x), y / peak(y), scale)
    unclipped = same_centre(ilr, hr, predict(network, x) / peak(y))
    ilr, hr, sr = (images.clip(0, 1) for images in unclipped)
    if score is not None:
        _examine_score(findings, ilr, hr, sr, scale, score)
    output, bicubic = psnr(hr, sr)[1], psnr(hr, ilr)[1]
    if not findings and output < bicubic - 0.02 and bicubic < 45:
        why = _why_worse(ilr, hr, unclipped[2])
        findings["nothing learned"] = f"the output is worse than its own input: {why}"
    return f"  output {output:.1f} dB, its own input {bicubic:.1f} dB"


def _examine_score(findings, ilr, hr, sr, scale, score):
    """Compare the score with the PSNR against the original and against the input, with whatever border cut away."""
    borders = [border for border in (0, 2, scale) if min(hr.shape[1:]) > 2 * border + 8]
    cut = [[images[:, b : hr.shape[1] - b, b : hr.shape[2] - b] for images in (ilr, hr, sr)] for b in borders]
    cut += [[ilr, hr, np.rint(255 * sr) / 255] for ilr, hr, sr in cut]  # as it is, and as a file
    right = np.array([psnr(hr, sr) for _, hr, sr in cut])
    own = np.array([psnr(ilr, sr) for ilr, _, sr in cut])
    reported, score = score, min(score, -10 * np.log10(SMALLEST_ERROR))
    to_right, to_own = np.abs(score - right), np.abs(score - own)
    if ((right.min(axis=0) - 0.1 <= score) & (score <= right.max(axis=0) + 0.1)).any():
        return
    if to_own.min() < 0.3 and to_own.min() < to_right.min() / 3:
        same_average = right[np.unravel_index(to_own.argmin(), own.shape)]
        findings["own input"] = (
            f"{reported:.1f} dB is how much the output is like the network's own input: compare it with the original, "
            f"which gives {same_average:.1f} dB"
        )
    elif to_right.min() > 1:
        findings["score"] = (
            f"{reported:.1f} dB is neither what the output has against the original ({right[0, 0]:.1f} dB) nor against "
            f"its own input ({own[0, 0]:.1f} dB): which images were compared, and by which protocol?"
        )


def _why_worse(ilr, hr, sr):
    """The reason why an output is worse than the input, if it can be seen."""
    to_target, to_difference = (correlation(sr, images) for images in (hr, hr - ilr))
    if to_difference > max(0.3, to_target):
        return "it looks like the difference between target and input; add the input to it"
    if to_target < 0.5:
        return "it does not even show the target; is it turned or mirrored, or has the training diverged?"
    factor, offset = blurred(sr).std() / max(blurred(hr).std(), 1e-12), sr.mean() - hr.mean()
    if abs(factor - 1) > 0.1 or abs(offset) > 0.05:
        return f"its contrast is {factor:.2f} times that of the target, its brightness {offset:+.2f}"
    (down, right), share = shift_and_share(sr, hr)
    if np.hypot(down, right) > 0.2 and share > 0.3:
        return f"it lies {down:+.1f} pixels down and {right:+.1f} to the right of the target"
    return "train for longer, from a start that passes the image on, or with a smaller learning rate"
