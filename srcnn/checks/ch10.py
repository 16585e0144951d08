"""Checks of chapter 10, the fast networks."""

import numpy as np

from . import check, same_array

__all__ = ["exercise_10_1", "exercise_10_2", "exercise_10_3", "exercise_10_4", "exercise_10_5"]


@check
def exercise_10_1(deepest):
    cases = [
        (40, 2, 2, 10_000),
        (56, 12, 3, 2514),
        (56, 12, 2, 1000),
        (56, 12, 1, 12464),
        (32, 5, 2, 984),
        (16, 4, 4, 113),
    ]
    for d, s, scale, budget in cases:
        given = deepest(d, s, scale, budget)
        if given is None:
            return "got None; does your function return in every case?"
        if np.size(given) != 1:
            return f"return one number; got an array of shape {np.shape(given)}"
        given, right = float(given), _deepest(d, s, scale, budget)
        case = f"d={d}, s={s}, scale {scale}, budget {budget}: "
        if given == right:
            continue
        if given != int(given):
            return case + f"{given:.3g} layers; round down to a whole number"
        slips = [
            (_deepest(d, s, 1, budget), "scale² pixels of the result share the bill of a small one"),
            (_deepest(d, s, scale**0.5, budget), "a small pixel stands for scale rows *and* scale columns"),
            (_deepest(d, s, scale, budget, mapping=9 * s), "a mapping layer has s filters, each on s channels"),
            (_deepest(d, s, scale, budget, mapping=s * s), "a mapping layer has filters of 3 × 3"),
            (_deepest(d, s, scale, budget, fixed=25 * d + 2 * d * s), "the deconvolution has to be paid, too"),
            (_deepest(d, s, scale, budget, fixed=106 * d + d * s), "there are two layers of 1 × 1, not one"),
            (_deepest(d, s, scale, budget, fixed=81 * d + 2 * d * s), "the first layer, 5 × 5, has to be paid, too"),
            (_deepest(d, s, scale, budget, fixed=(25 + 81 * scale**2) * d + 2 * d * s),
             "the deconvolution too is paid once for a small pixel, by Eq. (10.6)"),
            (right + 1, "one layer too many: that costs more than the budget"),
            (right - 1, "one layer more is within the budget"),
        ]  # fmt: skip
        if right == -1:
            return case + "even m = 0 costs more, so the answer is -1"
        hint = next((hint for wrong, hint in slips if given == wrong), "add up the five kinds of layers of Eq. (10.2)")
        return case + f"got {given:.0f}; {hint}"
    return None


def _deepest(d, s, scale, budget, fixed=None, mapping=None):
    left = budget * scale**2 - (106 * d + 2 * d * s if fixed is None else fixed)
    return left // (9 * s * s if mapping is None else mapping) if left >= 0 else -1


@check
def exercise_10_2(pixel_shuffle):
    random = np.random.default_rng(0)
    for h, w, scale in ((2, 3, 2), (3, 2, 3), (4, 4, 2)):
        x = random.random((h, w, scale**2))
        before = x.copy()
        given = pixel_shuffle(x, scale)
        if not np.array_equal(x, before):
            return "your function changed the array that it was given"
        expected = _deal(x, scale)
        if hint := same_array(given, expected):
            if "values" not in hint:
                return hint
            given = np.asarray(given, float)
            if np.allclose(given, x.reshape(scale * h, scale * w)):
                return "a reshape alone keeps the numbers in their order; bring the axes in another order first"
            swapped = x.reshape(h, w, scale, scale).swapaxes(2, 3).reshape(h, w, scale**2)
            if np.allclose(given, _deal(swapped, scale)):
                return "rows and columns of the block are exchanged: channel scale * i + j goes to row i, column j"
            if np.allclose(given, _deal(x[..., ::-1], scale)):
                return "the channels are dealt in reverse order"
            if np.allclose(given, x.reshape(h, w, scale, scale).transpose(2, 0, 3, 1).reshape(scale * h, scale * w)):
                return "the axes of the block must come after those of the small picture, not before"
            return "the shape is right, the order is not: think of (row, row in block, column, column in block)"
    return None


def _deal(x, scale):
    y = np.zeros((scale * x.shape[0], scale * x.shape[1]))
    for i, j in np.ndindex(scale, scale):
        y[i::scale, j::scale] = x[..., scale * i + j]
    return y


@check
def exercise_10_3(keep_flat):
    random = np.random.default_rng(0)
    signed = random.random((9, 9))
    signed[::5, ::4] *= -0.3
    for kernel, stride in (
        (np.ones((3, 3)), 2),
        (random.random((5, 5)) + 0.1, 2),
        (signed, 4),
        (np.eye(3, dtype=int) + 1, 2),
    ):
        before = kernel.copy()
        given = keep_flat(kernel, stride)
        if not np.array_equal(kernel, before):
            return "your function changed the kernel that it was given; begin with `np.array(kernel, float)`"
        expected, before = before.astype(float), before.astype(float)
        if before.min() < 0 and given is not None and np.shape(given) == before.shape:
            positive = before.copy()
            for i, j in np.ndindex(stride, stride):
                positive[i::stride, j::stride] /= abs(before[i::stride, j::stride]).sum()
            if np.allclose(given, positive):
                return "divide by the sum of the weights with their signs, not by the sum of their absolute values"
        if kernel.dtype == int and given is not None and np.asarray(given).dtype == int:
            return (
                "for a kernel of whole numbers your result has only whole numbers; begin with np.array(kernel, float)"
            )
        for i, j in np.ndindex(stride, stride):
            expected[i::stride, j::stride] /= before[i::stride, j::stride].sum()
        if hint := same_array(given, expected):
            if "values" not in hint:
                return hint
            given = np.asarray(given, float)
            if np.allclose(given, before / before.sum()):
                return "you made the sum of *all* weights 1; it is the sum of each phase that must be 1"
            if np.allclose(given, before / before.sum() * stride**2):
                return "the phases have the right sum on average only; divide each by its own"
            if np.allclose(given, expected / stride**2):
                return "the sum of each phase must be 1, not 1 / stride²: each pixel of the result has one phase"
            size = -(-len(before) // stride)
            blocks = before.copy()
            for i, j in np.ndindex(stride, stride):
                rows, columns = slice(i * size, (i + 1) * size), slice(j * size, (j + 1) * size)
                total = before[rows, columns].sum()
                blocks[rows, columns] /= total or 1
            if np.allclose(given, blocks):
                return "a phase is not a block of neighbours: its weights lie whole strides apart, `[i::stride]`"
            count = np.ones_like(before)
            for i, j in np.ndindex(stride, stride):
                count[i::stride, j::stride] = before[i::stride, j::stride].size
            if np.allclose(given, before / count):
                return "divide by the sum of the phase's weights, not by their number"
            sums = [given[i::stride, j::stride].sum() for i, j in np.ndindex(stride, stride)]
            return f"stride {stride}: the sums of your phases run from {min(sums):.3f} to {max(sums):.3f}, not all 1"
    return None


@check
def exercise_10_4(collapse):
    random = np.random.default_rng(0)
    for f, c, p, n in ((5, 3, 20, 7), (3, 1, 4, 4), (1, 2, 6, 3)):
        wide, narrow = random.normal(size=(f, f, c, p)), random.normal(size=(1, 1, p, n))
        kept = wide.copy(), narrow.copy()
        given = collapse(wide, narrow)
        if not (np.array_equal(wide, kept[0]) and np.array_equal(narrow, kept[1])):
            return "your function changed an array that it was given"
        expected = np.einsum("abcp,pn->abcn", wide, narrow[0, 0])
        if given is not None and np.shape(given) == (f, f, c, 1, 1, n):
            return f"your shape is {np.shape(given)}: take `narrow[0, 0]`, a matrix, before you multiply"
        if given is not None and np.shape(given) == (f, f, n, c):
            return "channels in and filters are exchanged: the filters are the last axis"
        if hint := same_array(given, expected):
            if "values" in hint and p == n and np.allclose(given, np.einsum("abcp,np->abcn", wide, narrow[0, 0])):
                return "narrow is transposed: its first channel axis belongs to the filters of wide"
            if "values" in hint and np.allclose(given, np.asarray(expected)[::-1, ::-1]):
                return "the kernel is turned by half; nothing is to be reversed here"
            if "values" in hint and np.allclose(given, expected / p):
                return "that is a mean over the p channels; a layer adds them up"
            if "values" in hint:
                return f"{hint}; is each filter n the sum over p of wide[..., p] * narrow[0, 0, p, n]?"
            return hint
    return None


@check
def exercise_10_5(phases_of_a_row):
    random = np.random.default_rng(0)
    for kernel, stride in (
        (np.array([1.0, 2, 3, 4, 5]), 2),
        (random.random(9), 3),
        (random.random(7), 4),
        (random.random(4), 1),
        (random.random(2), 3),
    ):
        before = kernel.copy()
        given = phases_of_a_row(kernel, stride)
        if not np.array_equal(kernel, before):
            return "your function changed the kernel that it was given"
        taps = -(-len(kernel) // stride)
        full = np.concatenate([kernel, np.zeros(taps * stride - len(kernel))]).reshape(taps, stride)
        case = f"length {len(kernel)}, stride {stride}"
        if given is not None and np.shape(given) == (stride, taps) != (taps, stride):
            return f"{case}: your shape is {(stride, taps)}, expected {(taps, stride)}: a column for each phase"
        if hint := same_array(given, full[::-1]):
            if "values" not in hint:
                return f"{case}: {hint}"
            given = np.asarray(given, float)
            if np.allclose(given, full):
                return f"{case}: reversed; the kernel begins with the weights of the last small pixel, your last row"
            if np.allclose(given, full[:, ::-1]) or np.allclose(given, full[::-1, ::-1]):
                return f"{case}: the phases, your columns, run backwards"
            front = np.concatenate([np.zeros(taps * stride - len(kernel)), kernel]).reshape(taps, stride)
            if np.allclose(given, front[::-1]) or np.allclose(given, front):
                return f"{case}: the zeros are at the wrong end: append them to the kernel, then reverse"
            below = np.full((taps, stride), 0.0)
            for p in range(stride):
                column = kernel[p::stride][::-1]
                below[: len(column), p] = column
            if np.allclose(given, below):
                return f"{case}: a column with fewer weights gets its zero in the first row, not in the last"
            return f"{case}: {hint}"
    return None
