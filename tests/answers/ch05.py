"""Answers to the exercises of chapter 5: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np

# Exercise 5.1: the gradient through a leaky ReLU


def conv2d(W, Y):
    f, g = W.shape
    out = np.zeros((Y.shape[0] - f + 1, Y.shape[1] - g + 1))
    for i, j in np.ndindex(out.shape):
        out[i, j] = np.sum(W * Y[i : i + f, j : j + g])
    return out


def leaky(Y, X, W, B, slope):
    Z = conv2d(W, Y) + B
    factor = np.where(Z > 0, 1, slope)
    G = 2 / Z.size * (factor * Z - X) * factor
    return conv2d(G, Y), G.sum()


def by_differences(Y, X, W, B, slope, h=1e-6):
    def loss(W, B):
        Z = conv2d(W, Y) + B
        return np.mean((np.maximum(Z, slope * Z) - X) ** 2)

    slopes = np.zeros_like(W)
    for k in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[k] = h
        slopes[k] = (loss(W + step, B) - loss(W - step, B)) / (2 * h)
    return [slopes.tolist(), np.array([(loss(W, B + h) - loss(W, B - h)) / (2 * h)])]


def gradient_from(error):
    """An answer that slides error(X, Z, Z without bias, slope) over the input."""

    def answer(Y, X, W, B, slope):
        Z = conv2d(W, Y)
        G = 2 / Z.size * error(X, Z + B, Z, slope)
        return conv2d(G, Y), G.sum()

    return answer


def leaky_scaled(factor, bias_factor=None):
    def answer(Y, X, W, B, slope):
        weights, bias = leaky(Y, X, W, B, slope)
        return weights * factor(X.size), bias * (bias_factor or factor)(X.size)

    return answer


def passed(Z, slope):
    return np.where(Z > 0, Z, slope * Z)


def leaky_in_place(Y, X, W, B, slope):
    X *= 1.5
    return leaky(Y, X / 1.5, W, B, slope)


# Exercise 5.2: the Charbonnier loss


def charbonnier(F, X, epsilon=0.001):
    root = np.sqrt((F - X) ** 2 + epsilon**2)
    return root.mean(), (F - X) / root / root.size


def with_hypot(F, X, epsilon=0.001):
    root = np.hypot(X - F, epsilon)
    return [np.array([root.sum() / F.size]), ((F - X) / (F.size * root)).tolist()]


def with_loss(loss):
    return lambda F, X, epsilon: (loss(F - X, epsilon), charbonnier(F, X, epsilon)[1])


def with_slope(slope):
    return lambda F, X, epsilon: (charbonnier(F, X, epsilon)[0], slope(F - X, epsilon))


def charbonnier_in_place(F, X, epsilon):
    F -= X
    return charbonnier(F, 0 * X, epsilon)


# Exercise 5.3: both sides


def both_sides(loss, weights, slopes, directions, h=1e-5):
    up = [w + h * d for w, d in zip(weights, directions, strict=True)]
    down = [w - h * d for w, d in zip(weights, directions, strict=True)]
    return (loss(up) - loss(down)) / (2 * h), sum(np.sum(g * d) for g, d in zip(slopes, directions, strict=True))


def with_loops(loss, weights, slopes, directions, h=1e-4):
    predicted, points = 0, []
    for sign in (1, -1):
        points.append([weights[k] + sign * h * directions[k] for k in range(len(weights))])
    for k in range(len(weights)):
        predicted += slopes[k].ravel() @ directions[k].ravel()
    return [np.array([(loss(points[0]) - loss(points[1])) / h / 2]), predicted]


def measured_as(measured):
    def answer(loss, weights, slopes, directions, h=1e-5):
        return measured(loss, weights, directions, h), both_sides(loss, weights, slopes, directions)[1]

    return answer


def predicted_as(predicted):
    def answer(loss, weights, slopes, directions, h=1e-5):
        return both_sides(loss, weights, slopes, directions)[0], predicted(slopes, directions)

    return answer


def one_sided(loss, weights, directions, h):
    return (loss([w + h * d for w, d in zip(weights, directions, strict=True)]) - loss(weights)) / h


def without_direction(loss, weights, directions, h):
    return (loss([w + h for w in weights]) - loss([w - h for w in weights])) / (2 * h)


def one_array_at_a_time(loss, weights, directions, h):
    measured = 0
    for k in range(len(weights)):
        alone = [d if m == k else 0 * d for m, d in enumerate(directions)]
        measured += both_sides(loss, weights, weights, alone, h)[0]
    return measured


def sides_in_place(loss, weights, slopes, directions, h=1e-5):
    for w, d in zip(weights, directions, strict=True):
        w += h * d
    return both_sides(loss, weights, slopes, directions)


def there_and_back_in_place(loss, weights, slopes, directions, h=1e-5):
    """The copied list holds the same arrays: up and down are one point, and in the end nothing seems changed."""
    up, down = list(weights), list(weights)
    for k, d in enumerate(directions):
        up[k] += h * d
        down[k] -= h * d
    return (loss(up) - loss(down)) / (2 * h), both_sides(loss, weights, slopes, directions)[1]


# Exercise 5.4: gradients without the large matrix


def lean(G, Y, f):
    _, height, width, n = G.shape
    slope = np.zeros((f, f, Y.shape[-1], n))
    for a, b in np.ndindex(f, f):
        slope[a, b] = Y[:, a : a + height, b : b + width].reshape(-1, Y.shape[-1]).T @ G.reshape(-1, n)
    return slope, G.sum(axis=(0, 1, 2))


def with_tensordot(G, Y, f):
    _, height, width, _ = G.shape
    parts = [
        [np.tensordot(Y[:, a : a + height, b : b + width], G, axes=([0, 1, 2], [0, 1, 2])) for b in range(f)]
        for a in range(f)
    ]
    return [np.array(parts), G.sum(0).sum(0).sum(0)]


def with_windows(G, Y, f):
    view = np.lib.stride_tricks.sliding_window_view(Y, (f, f), axis=(1, 2))
    rows = view.transpose(0, 1, 2, 4, 5, 3).reshape(-1, f * f * Y.shape[-1])
    return (rows.T @ G.reshape(-1, G.shape[-1])).reshape(f, f, Y.shape[-1], -1), G.sum((0, 1, 2))


def lean_scaled(weights, biases=lambda G: 1):
    def answer(G, Y, f):
        slope, bias = lean(G, Y, f)
        return slope * weights(G), bias * biases(G)

    return answer


def with_products(G, Y, f):
    _, height, width, n = G.shape
    slope = np.zeros((f, f, Y.shape[-1], n))
    for a, b in np.ndindex(f, f):
        cut = Y[:, a : a + height, b : b + width]
        slope[a, b] = np.sum(cut[..., None] * G[..., None, :], axis=(0, 1, 2))
    return slope, G.sum((0, 1, 2))


def not_moved(G, Y, f):
    _, height, width, _ = G.shape
    one = np.einsum("sijm,sijk->mk", Y[:, :height, :width], G)
    return np.tile(one, (f, f, 1, 1)), G.sum((0, 1, 2))


def lean_in_place(G, Y, f):
    G *= 2
    return lean(G / 2, Y, f)


# Exercise 5.5: back through a stride


def scatter(G, W, stride, height, width):
    f = len(W)
    out = np.zeros((len(G), height, width, W.shape[2]))
    for i, j in np.ndindex(G.shape[1:3]):
        for a, b in np.ndindex(f, f):
            out[:, i * stride + a, j * stride + b] += G[:, i, j] @ W[a, b].T
    return out


def stuffed(G, W, stride, height, width, put=None, turn=True, swap=True):
    f = len(W)
    whole = np.zeros((len(G), height - f + 1, width - f + 1, G.shape[-1]))
    if put is None:
        whole[:, ::stride, ::stride] = G
    else:
        put(whole, G)
    framed = np.pad(whole, ((0, 0), (f - 1, f - 1), (f - 1, f - 1), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(framed, (f, f), axis=(1, 2))
    kernel = W[::-1, ::-1] if turn else W
    return np.einsum("sijkab,abmk->sijm" if swap else "sijmab,abmk->sijk", view, kernel)


def repeated(G, W, stride, height, width):
    def put(whole, G):
        large = G.repeat(stride, 1).repeat(stride, 2)[:, : whole.shape[1], : whole.shape[2]]
        whole[:, : large.shape[1], : large.shape[2]] = large

    return stuffed(G, W, stride, height, width, put)


def only_what_was_used(G, W, stride, height, width):
    f = len(W)
    used = [(n - 1) * stride + f for n in G.shape[1:3]]
    return stuffed(G, W, stride, *used)


def only_zeros_between(G, W, stride, height, width):
    whole = np.zeros((len(G), height - len(W) + 1, width - len(W) + 1, G.shape[-1]))
    whole[:, ::stride, ::stride] = G
    return whole


def overwritten(G, W, stride, height, width):
    out = np.zeros((len(G), height, width, W.shape[2]))
    for i, j in np.ndindex(G.shape[1:3]):
        for s in range(len(G)):
            place = out[s, i * stride : i * stride + len(W), j * stride : j * stride + len(W)]
            place[:] = W @ G[s, i, j]
    return out


def zeros_afterwards(G, W, stride, height, width):
    back = stuffed(G, W, 1, *(n + len(W) - 1 for n in G.shape[1:3]))
    out = np.zeros((len(G), height, width, W.shape[2]))
    rows, columns = out[0, ::stride, ::stride, 0].shape
    kept = back[:, :rows, :columns]
    out[:, : stride * kept.shape[1] : stride, : stride * kept.shape[2] : stride] = kept
    return out


def forward_again(G, W, stride, height, width):
    whole = only_zeros_between(G, W, stride, height, width)
    view = np.lib.stride_tricks.sliding_window_view(whole, W.shape[:2], axis=(1, 2))
    return np.einsum("sijkab,abmk->sijm", view, W)


def strided_in_place(G, W, stride, height, width):
    W[:] = W[::-1, ::-1].copy() * 2
    return scatter(G, W, stride, height, width)


RIGHT = {
    "5.1": [leaky, by_differences],
    "5.2": [charbonnier, with_hypot],
    "5.3": [both_sides, with_loops, lambda *given: np.array(both_sides(*given))],
    "5.4": [lean, with_tensordot],
    "5.5": [scatter, stuffed],
}

WRONG = {
    "5.1": [
        (lambda *given: None, "return"),
        (lambda *given: leaky(*given)[1], "two things"),
        (gradient_from(lambda X, Z, _, a: passed(Z, a) - X), "chain rule"),
        (gradient_from(lambda X, Z, _, a: (np.maximum(0, Z) - X) * (Z > 0)), "plain ReLU"),
        (gradient_from(lambda X, Z, _, a: (Z - X) * np.where(Z > 0, 1, a)), "after the leaky ReLU"),
        (gradient_from(lambda X, Z, _, a: passed(passed(Z, a) - X, a)), "looks at the error"),
        (gradient_from(lambda X, Z, _, a: (passed(Z, a) - X) * np.where(X > 0, 1, a)), "truth"),
        (gradient_from(lambda X, Z, bare, a: (passed(Z, a) - X) * np.where(bare > 0, 1, a)), "forgets the bias"),
        (gradient_from(lambda X, Z, _, a: (passed(Z, a) - X) * np.where(Z > 0, a, 1)), "exchanged"),
        (leaky_scaled(lambda N: -1), "sign"),
        (leaky_scaled(lambda N: 0.5), "factor of 2"),
        (leaky_scaled(lambda N: N), "mean"),
        (leaky_scaled(lambda N: 1, lambda N: N), "dL/dB"),
        (leaky_scaled(lambda N: 1, lambda N: -1), "dL/dB"),
        (lambda *given: (leaky(*given)[0].T, leaky(*given)[1]), "exchanged"),
        (lambda *given: (leaky(*given)[0][::-1, ::-1], leaky(*given)[1]), "180"),
        (lambda Y, X, W, B, slope: (X, 0), "shape"),
        (lambda *given: (leaky(*given)[0], given[1]), "one number"),
        (leaky_in_place, "copy"),
    ],
    "5.2": [
        (lambda F, X, epsilon: None, "return"),
        (lambda F, X, epsilon: charbonnier(F, X, epsilon)[0], "two things"),
        (with_loss(lambda E, e: np.sqrt(E**2 + e**2)), "one number"),
        (with_loss(lambda E, e: np.sqrt(E**2 + e**2).sum()), "sum"),
        (with_loss(lambda E, e: np.sqrt(np.mean(E**2) + e**2)), "under the root"),
        (with_loss(lambda E, e: np.mean(E**2)), "mean squared"),
        (with_loss(lambda E, e: np.mean(np.sqrt(E**2 + e))), "squared"),
        (with_slope(lambda E, e: E / np.sqrt(E**2 + e**2)), "number of pixels"),
        (with_slope(lambda E, e: 2 * E / np.sqrt(E**2 + e**2) / E.size), "factor of 2 too many"),
        (with_slope(lambda E, e: E / np.sqrt(E**2 + e**2) / E.size / 2), "factor of 2 is missing"),
        (with_slope(lambda E, e: -E / np.sqrt(E**2 + e**2) / E.size), "sign"),
        (with_slope(lambda E, e: np.sign(E) / E.size), "absolute"),
        (with_slope(lambda E, e: abs(E) / np.sqrt(E**2 + e**2) / E.size), "is lost"),
        (with_slope(lambda E, e: E / np.sqrt(E**2 + e**2) / len(E)), "E.size"),
        (with_slope(lambda E, e: 1 / np.sqrt(E**2 + e**2) / E.size), "inner derivative"),
        (with_slope(lambda E, e: np.mean(E / np.sqrt(E**2 + e**2))), "shape"),
        (charbonnier_in_place, "copy"),
    ],
    "5.3": [
        (lambda loss, weights, slopes, directions: None, "return"),
        (lambda *given: both_sides(*given)[0], "two things"),
        (lambda *given: both_sides(*given)[::-1], "swapped"),
        (measured_as(lambda loss, w, d, h: 2 * both_sides(loss, w, w, d)[0]), "2h apart"),
        (measured_as(lambda loss, w, d, h: 2 * h * both_sides(loss, w, w, d)[0]), "divided by 2h"),
        (measured_as(one_sided), "one-sided"),
        (measured_as(without_direction), "h times D"),
        (measured_as(one_array_at_a_time), "two are enough"),
        (predicted_as(lambda g, d: sum(map(np.sum, g))), "multiplied by the direction"),
        (predicted_as(lambda g, d: np.sum(g[0] * d[0])), "only the first"),
        (predicted_as(lambda g, d: 1e-5 * sum(np.sum(a * b) for a, b in zip(g, d, strict=True))), "per unit"),
        (predicted_as(lambda g, d: g[0] * d[0]), "one number"),
        (lambda *given: (both_sides(*given)[0],) * 2, "twice"),
        (sides_in_place, "changes"),
        (there_and_back_in_place, "the same arrays"),
        (lambda loss, w, g, d, h=1e-5: both_sides(loss, w, g, d), "use its h"),
        (lambda loss, w, g, d, h=1e-5: (loss(w + h * d), 0), "go through it with zip"),
    ],
    "5.4": [
        (lambda G, Y, f: None, "return"),
        (lambda G, Y, f: lean(G, Y, f)[0], "two things"),
        (with_windows, "windows"),
        (with_products, "all products"),
        (not_moved, "move the input"),
        (lambda G, Y, f: (lean(G, Y, f)[0][::-1, ::-1], G.sum((0, 1, 2))), "180"),
        (lambda G, Y, f: (lean(G, Y, f)[0].swapaxes(0, 1), G.sum((0, 1, 2))), "rows and columns"),
        (lambda G, Y, f: (lean(G, Y, f)[0].swapaxes(2, 3), G.sum((0, 1, 2))), "exchanged"),
        (lean_scaled(lambda G: 1 / len(G)), "samples"),
        (lean_scaled(lambda G: G.shape[-1] / G.size), "took a mean"),
        (lean_scaled(lambda G: -1), "sign"),
        (lean_scaled(lambda G: 2 / G.size), "2/N"),
        (lean_scaled(lambda G: 1, lambda G: G.shape[-1] / G.size), "mean"),
        (lambda G, Y, f: (lean(G, Y, f)[0], G.sum()), "each filter"),
        (lambda G, Y, f: (lean(G[:1], Y[:1], f)[0], G.sum((0, 1, 2))), "first sample"),
        (lambda G, Y, f: (lean(G, Y, f)[0][0], G.sum((0, 1, 2))), "shape"),
        (lean_in_place, "copy"),
    ],
    "5.5": [
        (lambda *given: None, "return"),
        (lambda *given: stuffed(*given, turn=False), "turned"),
        (overwritten, "add up"),
        (zeros_afterwards, "not after it"),
        (lambda G, W, stride, height, width: stuffed(G, W, 1, *(n + len(W) - 1 for n in G.shape[1:3])), "never used"),
        (forward_again, "way forward"),
        (repeated, "zero"),
        (only_what_was_used, "never used"),
        (only_zeros_between, "missing"),
        (lambda *given: np.roll(scatter(*given), 1, axis=1), "shifted"),
        (lambda G, W, *rest: scatter(G, W.swapaxes(0, 1), *rest), "rows and columns"),
        (lambda G, W, stride, *rest: scatter(G, W, stride, *rest) / stride**2, "divide"),
        (lambda *given: scatter(*given)[..., 0], "shape"),
        (lambda *given: stuffed(*given, swap=False), "ValueError"),
        (strided_in_place, "changes"),
    ],
}
