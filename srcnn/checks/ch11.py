"""Checks of chapter 11, the fast networks."""

import numpy as np

from ._check import ask, check, compare, number, whole


@check
def exercise_11_1(deepest, rng):
    cases = [(40, 2, 2, 10_000), (56, 12, 3, 2514), (56, 12, 2, 1000), (56, 12, 1, 12464)]
    cases += [(32, 5, 2, 984), (16, 4, 4, 113)]
    cases += [whole(rng, (16, 64), (4, 16), (2, 4), (1500, 9000)) for _ in range(2)]
    for d, s, scale, budget in cases:
        given, right = number(ask(deepest, d, s, scale, budget)), _deepest(d, s, scale, budget)
        where = f"d={d}, s={s}, scale {scale}, budget {budget}: "
        if given != int(given):
            return where + f"{given:.3g} layers; round down to a whole number"
        slips, otherwise = _depths(d, s, scale, budget), "add up the five kinds of layers of Eq. (11.3)"
        slips += [(right + 1, "one layer too many: that costs more than the budget")]
        slips += [(right - 1, "one layer more is within the budget")]
        if right == -1:
            slips, otherwise = [], "even m = 0 costs more, so the answer is -1"
        if hint := compare(given, right, slips, where + f"got {given:.0f}; ", otherwise=otherwise):
            return hint
    return None


def _deepest(d, s, scale, budget, fixed=None, mapping=None):
    left = budget * scale**2 - (106 * d + 2 * d * s if fixed is None else fixed)
    return left // (9 * s * s if mapping is None else mapping) if left >= 0 else -1


def _depths(d, s, scale, budget):
    """Pairs (the depth that a usual mistake gives, its hint)."""
    case, ones = (d, s, scale, budget), 2 * d * s
    per_large_pixel = (25 + 81 * scale**2) * d + ones
    return [
        (_deepest(d, s, 1, budget), "scale² pixels of the result share the bill of a small one"),
        (_deepest(d, s, scale**0.5, budget), "a small pixel stands for scale rows *and* scale columns"),
        (_deepest(*case, mapping=9 * s), "a mapping layer has s filters, each on s channels"),
        (_deepest(*case, mapping=s * s), "a mapping layer has filters of 3 × 3"),
        (_deepest(*case, fixed=25 * d + ones), "the deconvolution has to be paid, too"),
        (_deepest(*case, fixed=106 * d + d * s), "there are two layers of 1 × 1, not one"),
        (_deepest(*case, fixed=81 * d + ones), "the first layer, 5 × 5, has to be paid, too"),
        (_deepest(*case, fixed=per_large_pixel), "the deconvolution too is paid once for a small pixel, by Eq. (11.6)"),
    ]


@check
def exercise_11_2(pixel_shuffle, rng):
    for h, w, scale in ((2, 3, 2), (3, 2, 3), (4, 4, 2), whole(rng, (2, 5), (2, 5), (2, 4))):
        x = rng.random((h, w, scale**2))
        blocks = x.reshape(h, w, scale, scale)
        exchanged = _dealt(blocks.swapaxes(2, 3).reshape(x.shape), scale)
        block_first = blocks.transpose(2, 0, 3, 1).reshape(scale * h, scale * w)
        slips = [
            (x.reshape(scale * h, scale * w), "a reshape alone keeps the order of the numbers; first reorder the axes"),
            (exchanged, "rows and columns of the block are exchanged: channel scale * i + j goes to row i, column j"),
            (_dealt(x[..., ::-1], scale), "the channels are dealt in reverse order"),
            (block_first, "the axes of the block must come after those of the small picture, not before"),
        ]
        otherwise = "the shape is right, the order is not: think of (row, row in block, column, column in block)"
        if hint := compare(ask(pixel_shuffle, x, scale), _dealt(x, scale), slips, otherwise=otherwise):
            return hint
    return None


def _dealt(x, scale):
    y = np.zeros((scale * x.shape[0], scale * x.shape[1]))
    for i, j in np.ndindex(scale, scale):
        y[i::scale, j::scale] = x[..., scale * i + j]
    return y


@check
def exercise_11_3(keep_flat, rng):
    signed = rng.random((9, 9))
    signed[::5, ::4] *= -0.3
    kernels = [(np.ones((3, 3)), 2), (rng.random((5, 5)) + 0.1, 2), (signed, 4), (np.eye(3, dtype=int) + 1, 2)]
    size, drawn = whole(rng, (4, 8), (2, 3))
    kernels.append((rng.random((size, size)) + 0.1, drawn))
    for kernel, stride in kernels:
        given = ask(keep_flat, kernel, stride)
        if kernel.dtype == int and np.asarray(given).dtype == int:
            return "your result has only whole numbers, like the kernel; begin with np.array(kernel, float)"
        right, average = _by_phase(kernel, stride, np.sum), kernel / kernel.sum()
        of_signs = _by_phase(kernel, stride, lambda phase: abs(phase).sum())
        of_blocks = _by_phase(kernel, stride, np.sum, blocks=True)
        slips = [
            (of_signs, "divide by the sum of the weights with their signs, not by the sum of their absolute values"),
            (average, "you made the sum of *all* weights 1; it is the sum of each phase that must be 1"),
            (average * stride**2, "the phases have the right sum on average only; divide each by its own"),
            (right / stride**2, "each phase must have the sum 1, not 1 / stride²: each pixel of the result has one"),
            (of_blocks, "a phase is not a block of neighbours: its weights lie whole strides apart, `[i::stride]`"),
            (_by_phase(kernel, stride, np.size), "divide by the sum of the phase's weights, not by their number"),
        ]
        if hint := compare(given, right, slips):
            return hint if "the values are not" not in hint else _sums_hint(given, stride)
    return None


def _by_phase(kernel, stride, total, blocks=False):
    """The kernel, each of its phases (or, by mistake, each of as many blocks of neighbours) divided by its total."""
    result, size = kernel.astype(float), -(-len(kernel) // stride)
    for i, j in np.ndindex(stride, stride):
        phase = np.s_[i::stride, j::stride]
        if blocks:
            phase = np.s_[i * size : (i + 1) * size, j * size : (j + 1) * size]
        result[phase] /= total(kernel[phase]) or 1
    return result


def _sums_hint(given, stride):
    given = np.asarray(given, float)
    sums = [given[i::stride, j::stride].sum() for i, j in np.ndindex(stride, stride)]
    return f"stride {stride}: the sums of your phases run from {min(sums):.3f} to {max(sums):.3f}, not all 1"


@check
def exercise_11_4(phases_of_a_row, rng):
    kernels = [(np.array([1.0, 2, 3, 4, 5]), 2)]
    kernels += [
        (rng.random(length), stride) for length, stride in ((9, 3), (7, 4), (4, 1), (2, 3), whole(rng, (4, 12), (2, 4)))
    ]
    for kernel, stride in kernels:
        zeros = np.zeros(-len(kernel) % stride)
        full = np.concatenate([kernel, zeros]).reshape(-1, stride)
        in_front = np.concatenate([zeros, kernel]).reshape(-1, stride)
        columns = [kernel[p::stride][::-1] for p in range(stride)]
        below = np.stack([np.pad(column, (0, len(full) - len(column))) for column in columns], axis=1)
        slips = [
            (full, "reversed; the kernel begins with the weights of the last small pixel, your last row"),
            (full[::-1].T, "transposed; make a column for each phase"),
            (full[:, ::-1], "the phases, your columns, run backwards"),
            (full[::-1, ::-1], "the phases, your columns, run backwards"),
            (in_front[::-1], "the zeros are at the wrong end: append them to the kernel, then reverse"),
            (in_front, "the zeros are at the wrong end: append them to the kernel, then reverse"),
            (below, "a column with fewer weights gets its zero in the first row, not in the last"),
        ]
        where = f"length {len(kernel)}, stride {stride}: "
        if hint := compare(ask(phases_of_a_row, kernel, stride), full[::-1], slips, where):
            return hint
    return None
