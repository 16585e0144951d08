"""Answers to the exercises of chapter 4: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np

# Exercise 4.1: a file without a name


def by_size(weights):
    kernels = weights[::2]
    field = 1 + sum(len(kernel) - 1 for kernel in kernels)
    return field, sum(array.size for array in weights), sum(kernel.size for kernel in kernels)


def by_shape(weights):
    field, parameters, work = 1.0, 0, np.int64(0)
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        f, _, c, n = kernel.shape
        field += 2 * (f // 2)
        work += f * f * c * n
        parameters += f * f * c * n + len(bias)
    return [field, parameters, work]


def identified(field=None, parameters=None, work=None):
    """The right numbers, but for those that a function of the weights gives instead."""

    def answer(weights):
        right = by_size(weights)
        return [
            other(weights) if other else value for other, value in zip((field, parameters, work), right, strict=True)
        ]

    return answer


# Exercise 4.2: a whole layer


def with_tensordot(Y, W, B):
    f, _, _, n = W.shape
    out = np.zeros((Y.shape[0] - f + 1, Y.shape[1] - f + 1, n))
    for i, j in np.ndindex(out.shape[:2]):
        out[i, j] = np.tensordot(Y[i : i + f, j : j + f], W, axes=3) + B
    return out


def weight_by_weight(Y, W, B):
    f = len(W)
    height, width = Y.shape[0] - f + 1, Y.shape[1] - f + 1
    out = np.broadcast_to(B, (height, width, len(B))).astype("float32")
    for a, b in np.ndindex(f, f):
        out = out + Y[a : a + height, b : b + width] @ W[a, b]
    return out.tolist()


def padded(Y, W, B):
    border = len(W) // 2
    return with_tensordot(np.pad(Y, ((border, border), (border, border), (0, 0))), W, B)


def in_place(Y, W, B):
    W *= 1.0
    B += 1
    return with_tensordot(Y, W, B - 1)


def patch_times_everything(Y, W, B):
    f, _, _, n = W.shape
    out = np.zeros((Y.shape[0] - f + 1, Y.shape[1] - f + 1, n))
    for i, j in np.ndindex(out.shape[:2]):
        out[i, j] = np.sum(Y[i : i + f, j : j + f] * W) + B
    return out


# Exercises 4.3 and 4.4: beat bicubic by hand


def zeros():
    shapes = [(9, 9, 1, 64), (64,), (1, 1, 64, 32), (32,), (5, 5, 32, 1), (1,)]
    return [np.zeros(shape) for shape in shapes]


def in_the_last_layer(amount, place=(4, 4), window=5, total=1.0):
    W1, B1, W2, B2, W3, B3 = zeros()
    W1[(*place, 0, 0)] = 1
    W2[0, 0, 0, 0] = 1
    border = (5 - window) // 2
    W3[border : 5 - border, border : 5 - border, 0, 0] = -amount * total / window**2
    W3[2, 2, 0, 0] += 1 + amount
    return [W1, B1, W2, B2, W3, B3]


def in_the_first_layer(amount):
    """Detail in the first layer, by two filters, because it has both signs."""
    W1, B1, W2, B2, W3, B3 = (w.astype("float32") for w in zeros())
    W1[4, 4, 0, 7] = 1
    for k, sign in ((8, 1), (9, -1)):
        W1[2:7, 2:7, 0, k] = -sign / 25
        W1[4, 4, 0, k] += sign
    for k, weight in ((7, 1), (8, amount), (9, -amount)):
        W2[0, 0, k, k] = 1
        W3[2, 2, k, 0] = weight
    return (W1, B1, W2, B2, W3, B3)


def pair_of_sharpened(amount):
    """Both signs of the sharpened image."""
    W1, B1, W2, B2, W3, B3 = zeros()
    for k, sign in enumerate((1, -1)):
        W1[2:7, 2:7, 0, k] = -sign * amount / 25
        W1[4, 4, 0, k] += sign * (1 + amount)
        W2[0, 0, k, k] = 1
        W3[2, 2, k, 0] = sign
    return [W1, B1, W2, B2, W3, B3]


def cut_by_the_relu(amount):
    W1, B1, W2, B2, W3, B3 = zeros()
    W1[2:7, 2:7, 0, 0] = -amount / 25
    W1[4, 4, 0, 0] += 1 + amount
    W2[0, 0, 0, 0] = W3[2, 2, 0, 0] = 1
    return [W1, B1, W2, B2, W3, B3]


def nothing_arrives(amount):
    weights = in_the_last_layer(amount)
    weights[2][:] = 0
    return weights


def half_of_the_detail(amount):
    """The detail has both signs, and goes through one ReLU."""
    weights = in_the_first_layer(amount)
    weights[4][2, 2, 9, 0] = 0
    return weights


def without_the_middle(amount):
    weights = in_the_last_layer(0)
    weights[4][:, :, 0, 0] = -amount / 24
    weights[4][2, 2, 0, 0] = 1 + amount
    return weights


def kept_alive_by_a_bias(amount):
    """Right for pixels from 0 to 1 only."""
    W1, B1, W2, B2, W3, B3 = cut_by_the_relu(amount)
    B1[0], B3[0] = amount, -amount
    return [W1, B1, W2, B2, W3, B3]


def detail_only(amount):
    weights = in_the_last_layer(amount)
    weights[4][2, 2, 0, 0] -= amount > 0
    return weights


def brighter(amount):
    weights = in_the_last_layer(amount)
    weights[5][:] += amount
    return weights


RIGHT = {
    "4.1": [by_size, by_shape],
    "4.2": [with_tensordot, weight_by_weight],
    "4.3": [in_the_last_layer, in_the_first_layer],
    "4.4": [in_the_first_layer, pair_of_sharpened],
}

WRONG = {
    "4.1": [
        (lambda weights: None, "return"),
        (lambda weights: by_size(weights)[:2], "three numbers"),
        (lambda weights: by_size(weights)[::-1], "the order"),
        (identified(field=lambda weights: sum(map(len, weights[::2]))), "overlap"),
        (identified(field=lambda weights: by_size(weights)[0] - 1), "forgets a pixel"),
        (identified(field=lambda weights: by_size(weights)[0] ** 2), "area"),
        (identified(field=lambda weights: max(map(len, weights[::2]))), "largest"),
        (identified(field=lambda weights: 1 + sum(len(kernel) // 2 for kernel in weights[::2])), "two sides"),
        (identified(field=lambda weights: 99), "Eq. (4.9)"),
        (identified(parameters=lambda weights: by_size(weights)[2]), "biases are missing"),
        (identified(parameters=lambda weights: by_size(weights)[1] - 1), "one bias"),
        (identified(parameters=lambda weights: by_size(weights)[2] + len(weights) // 2), "each filter"),
        (identified(parameters=lambda weights: sum(map(len, weights))), "`len`"),
        (identified(work=lambda weights: by_size(weights)[1]), "no multiplication"),
        (identified(work=lambda weights: 2 * by_size(weights)[2]), "together"),
        (identified(work=lambda weights: sum(w[..., 0, :].size for w in weights[::2])), "input channels"),
        (identified(work=lambda weights: sum(w.size for w in weights[:-2:2])), "last layer"),
        (lambda weights: (13, 8129, 8032), "receptive field"),
        (identified(field=lambda weights: 12.5), "whole numbers"),
        (lambda weights: weights.clear() or (13, 8129, 8032), "changes"),
    ],
    "4.2": [
        (lambda Y, W, B: None, "return"),
        (lambda Y, W, B: with_tensordot(Y, W, 0 * B), "biases are missing"),
        (patch_times_everything, "one filter"),
        (lambda Y, W, B: with_tensordot(Y, W, -B), "sign"),
        (lambda Y, W, B: with_tensordot(Y, W[::-1, ::-1], B), "180"),
        (lambda Y, W, B: with_tensordot(Y, W.swapaxes(0, 1), B), "exchanged"),
        (lambda Y, W, B: np.maximum(0, with_tensordot(Y, W, B)), "ReLU"),
        (lambda Y, W, B: with_tensordot(Y[..., :1], W[:, :, :1], B), "channel"),
        (lambda Y, W, B: with_tensordot(Y, W, Y.shape[2] * B), "each input channel"),
        (lambda Y, W, B: with_tensordot(Y, W, B).sum(-1), "filter"),
        (lambda Y, W, B: np.moveaxis(with_tensordot(Y, W, B), -1, 0), "first axis"),
        (lambda Y, W, B: with_tensordot(Y, W, B)[:-1, :-1], "one column"),
        (lambda Y, W, B: with_tensordot(Y, W.sum(-1, keepdims=True), 0 * B[:1]) + B, "all filters"),
        (lambda Y, W, B: with_tensordot(Y, W / (W.size / len(B)), B), "mean"),
        (padded, "do not pad"),
        (in_place, "copy"),
        (lambda Y, W, B: W @ Y, "ValueError"),
    ],
    "4.3": [
        (lambda amount: None, "return"),
        (lambda amount: zeros()[:5], "six"),
        (lambda amount: [w.T for w in in_the_last_layer(amount)], "shape"),
        (lambda amount: zeros(), "nothing arrives"),
        (nothing_arrives, "nothing arrives"),
        (lambda amount: in_the_last_layer(amount, place=(0, 0)), "shifted"),
        (lambda amount: in_the_last_layer(0), "amount"),
        (lambda amount: in_the_last_layer(0.5 * (amount > 0)), "no influence"),
        (lambda amount: in_the_last_layer(-amount), "blurs"),
        (lambda amount: in_the_last_layer(amount, window=3), "3 × 3"),
        (lambda amount: in_the_last_layer(amount, total=25), "mean"),
        (cut_by_the_relu, "negative"),
        (half_of_the_detail, "half of the places"),
        (without_the_middle, "the pixel itself"),
        (kept_alive_by_a_bias, "not by Eq. (4.12)"),
        (lambda amount: [w.astype(int) for w in in_the_last_layer(amount)], "whole numbers"),
        (detail_only, "detail"),
        (brighter, "flat"),
    ],
    "4.4": [
        (lambda amount: None, "return"),
        (in_the_last_layer, "outside its middle"),
        (lambda amount: zeros(), "nothing arrives"),
        (cut_by_the_relu, "both signs"),
        (half_of_the_detail, "half of the places"),
        (lambda amount: in_the_first_layer(0.5 * (amount > 0)), "no influence"),
        (lambda amount: in_the_first_layer(-amount), "blurs"),
        (kept_alive_by_a_bias, "not by Eq. (4.12)"),
    ],
}
