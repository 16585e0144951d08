"""The checks of chapter 10: the mistakes that people make are refused with a fitting hint, right answers accepted."""

import numpy as np
import pytest

from srcnn import checks


def deepest(d, s, scale, budget, *, features=25, ones=2, mapping=9, enlarge=81, per_pixel=2):
    left = budget * scale**per_pixel - features * d - ones * d * s - enlarge * d
    return left // (mapping * s * s) if left >= 0 else -1


def deepest_by_trying(d, s, scale, budget):
    layers = [(5, 1, d), (1, d, s), (1, s, d), (9, d, 1)]
    m = -1
    while sum(f * f * c * n for f, c, n in [*layers, *[(3, s, s)] * (m + 1)]) / scale**2 <= budget:
        m += 1
    return np.int64(m)


def shuffle(x, scale, order=(0, 2, 1, 3)):
    h, w, _ = x.shape
    return x.reshape(h, w, scale, scale).transpose(order).reshape(scale * h, scale * w)


def shuffle_by_slices(x, scale):
    y = np.empty((scale * x.shape[0], scale * x.shape[1]))
    for channel in range(scale**2):
        y[channel // scale :: scale, channel % scale :: scale] = x[..., channel]
    return y


def flat(kernel, stride, total=np.sum, times=1):
    kernel = np.array(kernel, float)
    for i, j in np.ndindex(stride, stride):
        kernel[i::stride, j::stride] /= total(kernel[i::stride, j::stride]) * times
    return kernel


def flat_by_index(kernel, stride):
    rows, columns = np.indices(np.shape(kernel)) % stride
    phase = rows * stride + columns
    return kernel / np.bincount(phase.ravel(), np.ravel(kernel))[phase]


def flat_blocks(kernel, stride):
    kernel, size = np.array(kernel, float), -(-len(kernel) // stride)
    for i, j in np.ndindex(stride, stride):
        block = kernel[i * size : (i + 1) * size, j * size : (j + 1) * size]
        block /= block.sum() or 1
    return kernel


def flat_in_place(kernel, stride):
    kernel /= kernel.sum()
    return flat(kernel, stride)


def phases(kernel, stride, order=np.s_[::-1], front=False):
    taps = -(-len(kernel) // stride)
    zeros = np.zeros(taps * stride - len(kernel))
    return np.concatenate([zeros, kernel] if front else [kernel, zeros]).reshape(taps, stride)[order]


def phases_below(kernel, stride):
    result = np.zeros((-(-len(kernel) // stride), stride))
    for p in range(stride):
        column = kernel[p::stride][::-1]
        result[: len(column), p] = column
    return result


def phases_by_painting(kernel, stride):
    taps = -(-len(kernel) // stride)
    result = np.zeros((taps, stride))
    for older in range(taps):
        for p in range(stride):
            k = stride * older + p
            result[taps - 1 - older, p] = kernel[k] if k < len(kernel) else 0
    return result.tolist()


WRONG = [
    ("exercise_10_1", lambda d, s, scale, budget: deepest(d, s, scale, budget, per_pixel=0), "share the bill"),
    ("exercise_10_1", lambda *a: deepest(*a, per_pixel=1), "rows *and*"),
    ("exercise_10_1", lambda d, s, r, b: (b * r * r - 106 * d - 2 * d * s) // (9 * s), "each on s channels"),
    ("exercise_10_1", lambda *a: deepest(*a, mapping=1), "3 × 3"),
    ("exercise_10_1", lambda *a: deepest(*a, enlarge=0), "deconvolution has to be paid"),
    ("exercise_10_1", lambda d, s, r, b: deepest(d, s, r, b, enlarge=81 * r * r), "paid once"),
    ("exercise_10_1", lambda *a: deepest(*a, ones=1), "two layers of 1"),
    ("exercise_10_1", lambda *a: deepest(*a, features=0), "first layer"),
    ("exercise_10_1", lambda d, s, r, b: (b * r * r - 106 * d - 2 * d * s) / (9 * s * s), "round down"),
    ("exercise_10_1", lambda d, s, r, b: (b * r * r - 106 * d - 2 * d * s) // (9 * s * s), "the answer is -1"),
    ("exercise_10_1", lambda *a: deepest(*a) + 1, "too many"),
    ("exercise_10_1", lambda *a: None, "return"),
    ("exercise_10_2", lambda x, s: x.reshape(s * x.shape[0], -1), "reshape alone"),
    ("exercise_10_2", lambda x, s: shuffle(x, s, (0, 3, 1, 2)), "exchanged"),
    ("exercise_10_2", lambda x, s: shuffle(x[..., ::-1], s), "reverse"),
    ("exercise_10_2", lambda x, s: x.reshape(*x.shape[:2], s, s).transpose(0, 2, 1, 3), "shape"),
    ("exercise_10_2", lambda x, s: shuffle(x, s)[::-1], "order is not"),
    ("exercise_10_2", lambda x, s: shuffle(x, s, (2, 0, 3, 1)), "must come after"),
    ("exercise_10_2", lambda x, s: None, "return"),
    ("exercise_10_3", lambda k, s: k / k.sum(), "*all*"),
    ("exercise_10_3", lambda k, s: k / k.sum() * s * s, "on average"),
    ("exercise_10_3", lambda k, s: flat(k, s, times=s * s), "1 / stride²"),
    ("exercise_10_3", lambda k, s: flat(k, s, total=np.size), "number"),
    ("exercise_10_3", flat_blocks, "neighbours"),
    ("exercise_10_3", lambda k, s: flat(k, s, total=lambda phase: abs(phase).sum()), "with their signs"),
    ("exercise_10_3", lambda k, s: flat(k, s).astype(k.dtype), "whole numbers"),
    ("exercise_10_3", flat_in_place, "changed"),
    ("exercise_10_3", lambda k, s: flat(k, s + 1), "not all 1"),
    ("exercise_10_3", lambda k, s: None, "return"),
    ("exercise_10_4", lambda w, n: np.tensordot(w, n, axes=([3], [2])), "narrow[0, 0]"),
    ("exercise_10_4", lambda w, n: np.einsum("abcp,pn->abnc", w, n[0, 0]), "exchanged"),
    ("exercise_10_4", lambda w, n: (w @ n[0, 0])[::-1, ::-1], "reversed"),
    ("exercise_10_4", lambda w, n: w @ n[0, 0] / w.shape[-1], "mean"),
    ("exercise_10_4", lambda w, n: w @ n[0, 0].T, "matmul"),
    ("exercise_10_4", lambda w, n: w[..., : n.shape[-1]] * n[0, 0, 0], "values"),
    ("exercise_10_4", lambda w, n: None, "return"),
    ("exercise_10_5", lambda k, s: phases(k, s, np.s_[:]), "last small pixel"),
    ("exercise_10_5", lambda k, s: phases(k, s, np.s_[::-1, ::-1]), "backwards"),
    ("exercise_10_5", lambda k, s: phases(k, s, front=True), "wrong end"),
    ("exercise_10_5", lambda k, s: phases_below(k, s), "in the first row"),
    ("exercise_10_5", lambda k, s: phases(k, s).T, "column for each phase"),
    ("exercise_10_5", lambda k, s: phases(k[: len(k) // s * s], s), "shape"),
    ("exercise_10_5", lambda k, s: phases(k / k.sum(), s), "values"),
    ("exercise_10_5", lambda k, s: None, "return"),
]

RIGHT = [
    ("exercise_10_1", deepest),
    ("exercise_10_1", deepest_by_trying),
    ("exercise_10_2", shuffle),
    ("exercise_10_2", shuffle_by_slices),
    ("exercise_10_3", flat),
    ("exercise_10_3", flat_by_index),
    ("exercise_10_4", lambda w, n: w @ n[0, 0]),
    ("exercise_10_4", lambda w, n: w @ n),
    ("exercise_10_4", lambda w, n: np.tensordot(w, n.squeeze((0, 1)), axes=1)),
    ("exercise_10_5", phases),
    ("exercise_10_5", phases_by_painting),
]  # fmt: skip


@pytest.mark.parametrize("name, answer, word", WRONG)
def test_a_mistake_is_refused_with_a_fitting_hint(name, answer, word):
    hint = getattr(checks, name).hint(answer)
    assert hint is not None and word in hint, hint


@pytest.mark.parametrize("name, answer", RIGHT)
def test_a_right_answer_is_accepted(name, answer):
    assert getattr(checks, name).hint(answer) is None
