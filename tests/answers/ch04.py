"""Answers to the exercises of chapter 4: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np

# Exercise 4.1: size and field


def with_a_sum(size, kernels):
    lost = sum(f - 1 for f in kernels)
    return size - lost, 1 + lost


def layer_by_layer(size, kernels):
    field = np.int64(1)
    for f in kernels:
        size = size - 2 * (f // 2)
        field = field + f - 1
    return [size, field]


# Exercise 4.2: the bill


def weights_of(filters, kernels):
    channels = [1, *filters, 1]
    return sum(f * f * a * b for f, a, b in zip(kernels, channels[:-1], channels[1:], strict=True))


def in_one_line(filters, kernels):
    return weights_of(filters, kernels) + sum(filters) + 1, weights_of(filters, kernels)


def with_a_loop(filters, kernels):
    parameters, work, before = 0.0, 0.0, 1
    for k, f in enumerate(kernels):
        n = filters[k] if k < len(filters) else 1
        work += before * n * f**2
        parameters += before * n * f**2 + n
        before = n
    return parameters, work


def no_channels_in(filters, kernels):
    work = sum(f * f * n for f, n in zip(kernels, [*filters, 1], strict=True))
    return work + sum(filters) + 1, work


def a_line(filters, kernels):
    channels = [1, *filters, 1]
    work = sum(f * a * b for f, a, b in zip(kernels, channels[:-1], channels[1:], strict=True))
    return work + sum(filters) + 1, work


def no_last_layer(filters, kernels):
    channels = [1, *filters]
    work = sum(f * f * a * b for f, a, b in zip(kernels, channels, channels[1:], strict=False))
    return work + sum(filters), work


# Exercise 4.3: a whole layer


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


# Exercise 4.4: the gradient through a ReLU


def conv2d(Y, W):
    f, g = W.shape
    out = np.zeros((Y.shape[0] - f + 1, Y.shape[1] - g + 1))
    for i, j in np.ndindex(out.shape):
        out[i, j] = np.sum(W * Y[i : i + f, j : j + g])
    return out


def masked(Y, X, W, B):
    Z = conv2d(Y, W) + B
    E = (np.maximum(0, Z) - X) * (Z > 0)
    return 2 / E.size * conv2d(Y, E), 2 / E.size * E.sum()


def by_differences(Y, X, W, B, h=1e-6):
    def loss(W, B):
        return np.mean((np.maximum(0, conv2d(Y, W) + B) - X) ** 2)

    slope = np.zeros_like(W)
    for k in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[k] = h
        slope[k] = (loss(W + step, B) - loss(W - step, B)) / (2 * h)
    return [slope.tolist(), np.array([(loss(W, B + h) - loss(W, B - h)) / (2 * h)])]


def gradient_from(error):
    """An answer that slides error(Y, X, Z, W) over the input."""

    def answer(Y, X, W, B):
        E = error(X, conv2d(Y, W) + B, conv2d(Y, W))
        return 2 / E.size * conv2d(Y, E), 2 / E.size * E.sum()

    return answer


def scaled(factor, bias_factor=None):
    def answer(Y, X, W, B):
        slope, bias_slope = masked(Y, X, W, B)
        return slope * factor(X.size), bias_slope * (bias_factor or factor)(X.size)

    return answer


# Exercise 4.5: beat bicubic by hand


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
    "4.1": [with_a_sum, layer_by_layer],
    "4.2": [in_one_line, with_a_loop],
    "4.3": [with_tensordot, weight_by_weight],
    "4.4": [masked, by_differences],
    "4.5": [in_the_last_layer, in_the_first_layer],
}

WRONG = {
    "4.1": [
        (lambda size, kernels: None, "return"),
        (lambda size, kernels: size, "two numbers"),
        (lambda size, kernels: with_a_sum(size, kernels)[::-1], "swapped"),
        (lambda size, kernels: (size, with_a_sum(size, kernels)[1]), "did not shrink"),
        (lambda size, kernels: (size - sum(kernels), with_a_sum(size, kernels)[1]), "too much"),
        (lambda size, kernels: (size - sum(f // 2 for f in kernels), with_a_sum(size, kernels)[1]), "one side"),
        (lambda size, kernels: (with_a_sum(size, kernels)[0], sum(kernels)), "overlap"),
        (lambda size, kernels: (with_a_sum(size, kernels)[0], sum(kernels) - len(kernels)), "forgets a pixel"),
        (lambda size, kernels: (with_a_sum(size, kernels)[0], with_a_sum(size, kernels)[1] ** 2), "area"),
        (lambda size, kernels: (with_a_sum(size, kernels)[0], max(kernels)), "largest"),
        (lambda size, kernels: (size - 12, 13), "layer by layer"),
        (lambda size, kernels: (0.5, 13), "whole numbers"),
        (lambda size: size, "TypeError"),
    ],
    "4.2": [
        (lambda filters, kernels: None, "return"),
        (lambda filters, kernels: weights_of(filters, kernels), "two numbers"),
        (lambda filters, kernels: in_one_line(filters, kernels)[::-1], "swapped"),
        (lambda filters, kernels: (weights_of(filters, kernels),) * 2, "biases are missing"),
        (lambda filters, kernels: (in_one_line(filters, kernels)[0] - 1, weights_of(filters, kernels)), "one bias"),
        (lambda filters, kernels: (in_one_line(filters, kernels)[0] + 1, weights_of(filters, kernels)), "too many"),
        (lambda filters, kernels: (weights_of(filters, kernels) + 3, weights_of(filters, kernels)), "each filter"),
        (lambda filters, kernels: (in_one_line(filters, kernels)[0],) * 2, "no multiplication"),
        (lambda filters, kernels: (in_one_line(filters, kernels)[0], 2 * weights_of(filters, kernels)), "together"),
        (no_channels_in, "input channels"),
        (a_line, "square"),
        (no_last_layer, "last layer"),
        (lambda filters, kernels: (8129, 8032), "Eq. (4.11)"),
        (lambda filters, kernels: (weights_of(filters, kernels) + 97, weights_of(filters, kernels)), "biases are not"),
    ],
    "4.3": [
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
    "4.4": [
        (lambda Y, X, W, B: None, "return"),
        (lambda Y, X, W, B: masked(Y, X, W, B)[1], "two things"),
        (gradient_from(lambda X, Z, _: np.maximum(0, Z) - X), "silent"),
        (gradient_from(lambda X, Z, _: Z - X), "after the ReLU"),
        (gradient_from(lambda X, Z, _: np.maximum(0, np.maximum(0, Z) - X)), "mask looks at the error"),
        (gradient_from(lambda X, Z, _: (np.maximum(0, Z) - X) * (X > 0)), "truth"),
        (gradient_from(lambda X, Z, no_bias: (np.maximum(0, Z) - X) * (no_bias > 0)), "forgets the bias"),
        (scaled(lambda N: -1), "sign"),
        (scaled(lambda N: 0.5), "factor of 2"),
        (scaled(lambda N: N), "mean"),
        (scaled(lambda N: 1, lambda N: N), "dL/dB"),
        (scaled(lambda N: 1, lambda N: -1), "dL/dB"),
        (lambda Y, X, W, B: (masked(Y, X, W, B)[0].T, masked(Y, X, W, B)[1]), "exchanged"),
        (lambda Y, X, W, B: (masked(Y, X, W, B)[0][::-1, ::-1], masked(Y, X, W, B)[1]), "180"),
        (lambda Y, X, W, B: (X, 0), "shape"),
        (lambda Y, X, W, B: (masked(Y, X, W, B)[0], X), "one number"),
    ],
    "4.5": [
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
        (kept_alive_by_a_bias, "not by Eq. (4.21)"),
        (lambda amount: [w.astype(int) for w in in_the_last_layer(amount)], "whole numbers"),
        (detail_only, "detail"),
        (brighter, "flat"),
    ],
}
