"""Answers to the exercises of chapter 11: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np


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


RIGHT = {
    "11.1": [deepest, deepest_by_trying],
    "11.2": [shuffle, shuffle_by_slices],
    "11.3": [flat, flat_by_index],
    "11.4": [phases, phases_by_painting],
}

WRONG = {
    "11.1": [
        (lambda d, s, scale, budget: deepest(d, s, scale, budget, per_pixel=0), "share the bill"),
        (lambda *a: deepest(*a, per_pixel=1), "rows *and*"),
        (lambda d, s, r, b: (b * r * r - 106 * d - 2 * d * s) // (9 * s), "each on s channels"),
        (lambda *a: deepest(*a, mapping=1), "3 × 3"),
        (lambda *a: deepest(*a, enlarge=0), "deconvolution has to be paid"),
        (lambda d, s, r, b: deepest(d, s, r, b, enlarge=81 * r * r), "paid once"),
        (lambda *a: deepest(*a, ones=1), "two layers of 1"),
        (lambda *a: deepest(*a, features=0), "first layer"),
        (lambda d, s, r, b: (b * r * r - 106 * d - 2 * d * s) / (9 * s * s), "round down"),
        (lambda d, s, r, b: (b * r * r - 106 * d - 2 * d * s) // (9 * s * s), "the answer is -1"),
        (lambda *a: deepest(*a) + 1, "too many"),
        (lambda *a: None, "return"),
    ],
    "11.2": [
        (lambda x, s: x.reshape(s * x.shape[0], -1), "reshape alone"),
        (lambda x, s: shuffle(x, s, (0, 3, 1, 2)), "exchanged"),
        (lambda x, s: shuffle(x[..., ::-1], s), "reverse"),
        (lambda x, s: x.reshape(*x.shape[:2], s, s).transpose(0, 2, 1, 3), "shape"),
        (lambda x, s: shuffle(x, s)[::-1], "order is not"),
        (lambda x, s: shuffle(x, s, (2, 0, 3, 1)), "must come after"),
        (lambda x, s: None, "return"),
    ],
    "11.3": [
        (lambda k, s: k / k.sum(), "*all*"),
        (lambda k, s: k / k.sum() * s * s, "on average"),
        (lambda k, s: flat(k, s, times=s * s), "1 / stride²"),
        (lambda k, s: flat(k, s, total=np.size), "number"),
        (flat_blocks, "neighbours"),
        (lambda k, s: flat(k, s, total=lambda phase: abs(phase).sum()), "with their signs"),
        (lambda k, s: flat(k, s).astype(k.dtype), "whole numbers"),
        (flat_in_place, "changes an array"),
        (lambda k, s: flat(k, s + 1), "not all 1"),
        (lambda k, s: None, "return"),
    ],
    "11.4": [
        (lambda k, s: phases(k, s, np.s_[:]), "last small pixel"),
        (lambda k, s: phases(k, s, np.s_[::-1, ::-1]), "backwards"),
        (lambda k, s: phases(k, s, front=True), "wrong end"),
        (lambda k, s: phases_below(k, s), "in the first row"),
        (lambda k, s: phases(k, s).T, "column for each phase"),
        (lambda k, s: phases(k[: len(k) // s * s], s), "shape"),
        (lambda k, s: phases(k / k.sum(), s), "values"),
        (lambda k, s: None, "return"),
    ],
}
