"""Answers to problem set 3, right and wrong, for any variant; as in ps1."""

import numpy as np

SHAPES = [(9, 9, 1, 64), (64,), (1, 1, 64, 32), (32,), (5, 5, 32, 1), (1,)]
LINES = {"row": (0, 1), "column": (1, 0), "falling diagonal": (1, 1), "rising diagonal": (-1, 1)}
SIDES = {"right": (0, 1), "left": (0, -1), "below": (1, 0), "above": (-1, 0)}


def blank():
    return [np.zeros(shape) for shape in SHAPES]


def pass_on(filters=1):
    arrays = blank()
    for k in range(filters):
        arrays[0][4, 4, 0, k] = arrays[2][0, 0, k, k] = 1
    return arrays


def line(size, line, *, image=True, sign=1, own=True, channel=0):
    """Channel `channel` hands on the image, and the last layer sharpens."""

    def answer(amount):
        arrays = blank()
        arrays[0][4, 4, 0, channel] = arrays[2][0, 0, channel, channel] = 1
        down, right = LINES[line]
        for k in range(-(size // 2), size // 2 + 1):
            arrays[4][2 + k * down, 2 + k * right, channel, 0] -= sign * amount / size
        arrays[4][2, 2, channel, 0] += image + sign * own * amount
        return arrays

    return answer


def line_in_the_first_layer(size, line):
    """The mean is computed by a filter of its own, scaled by three and back, with lists and small floats."""

    def answer(amount):
        arrays = pass_on()
        down, right = LINES[line]
        for k in range(-(size // 2), size // 2 + 1):
            arrays[0][4 + k * down, 4 + k * right, 0, 7] += 3 / size
        arrays[2][0, 0, 7, 5] = 1
        arrays[4][2, 2, :6, 0] = 1 + amount, 0, 0, 0, 0, -amount / 3
        return tuple(array.tolist() for array in arrays)

    return answer


def wrong_lines(size, line_):
    def cut_off(amount):
        arrays = pass_on()
        down, right = LINES[line_]
        for k in range(-(size // 2), size // 2 + 1):
            arrays[0][4 + k * down, 4 + k * right, 0, 0] -= amount / size
        arrays[0][4, 4, 0, 0] += amount
        arrays[4][2, 2, 0, 0] = 1
        return arrays

    def square(amount):
        arrays = pass_on()
        arrays[4][:, :, 0, 0] = -amount / 25
        arrays[4][2, 2, 0, 0] += 1 + amount
        return arrays

    other = next(name for name in LINES if name != line_)
    return [
        (lambda amount: None, "return"),
        (lambda amount: line(size, line_)(amount)[:5], "six arrays"),
        (lambda amount: [array[..., :-1] for array in line(size, line_)(amount)], "W1"),
        (lambda amount: line(size, line_)(amount)[::-1], "W1"),
        (cut_off, "cut off"),
        (line(size, line_, sign=-1), "blurs"),
        (line(size, line_, image=False), "alone"),
        (line(size, line_, own=False), "1 + amount"),
        (square, "Exercise 4.3"),
        (line(8 - size, line_), "pixels along"),
        (line(size, other), "pixels along"),
        (lambda amount: line(size, line_)(1), ("amount", "Eq. (1)")),
        (lambda amount: line(size, line_)(0), "depend on `amount`"),
        (lambda amount: [array * np.nan for array in line(size, line_)(amount)], "NaN"),
    ]


def edge(side, distance, *, signs=(1, -1), last=1, filters=None, power=1):
    def answer(gain):
        arrays = blank()
        down, right = SIDES[side]
        for k, sign in zip(filters or range(len(signs)), signs, strict=False):
            arrays[0][4 + distance * down, 4 + distance * right, 0, k] += sign
            arrays[0][4, 4, 0, k] -= sign
            arrays[2][0, 0, k, k % 32] = 1
            arrays[4][2, 2, k % 32, 0] = last * gain**power
        return arrays

    return answer


def added_in_the_middle(side, distance):
    """Both signs meet in one channel of the second layer, and the gain acts in the first."""

    def answer(gain):
        arrays = blank()
        down, right = SIDES[side]
        for k, sign in ((40, gain), (41, -gain)):
            arrays[0][4 + distance * down, 4 + distance * right, 0, k] = sign
            arrays[0][4, 4, 0, k] = -sign
            arrays[2][0, 0, k, 9] = 1
        arrays[4][2, 2, 9, 0] = 1
        return [array.astype(np.float32) for array in arrays]

    return answer


def linear(side, distance):
    """The difference with its sign: a pair of filters, one of them subtracted."""

    def answer(gain):
        arrays = edge(side, distance)(gain)
        arrays[4][2, 2, 1, 0] *= -1
        return arrays

    return answer


def wrong_edges(side, distance):
    opposite = {"right": "left", "left": "right", "below": "above", "above": "below"}[side]
    return [
        (lambda gain: None, "return"),
        (lambda gain: edge(side, distance)(gain)[0], "six arrays"),
        (lambda gain: [array.T for array in edge(side, distance)(gain)], "W1"),
        (edge(side, distance, signs=(1,)), "lost"),
        (edge(side, distance, signs=(-1,)), "lost"),
        (linear(side, distance), "absolute"),
        (edge(opposite, distance), "you compare with"),
        (edge(side, distance % 4 + 1), "you compare with"),
        (edge(side, distance, power=0), "missing"),
        (edge(side, distance, power=2), "twice"),
        (edge(side, distance, last=0.5), "half"),
        (lambda gain: pass_on(2), "something else"),
    ]


VALUES = {
    "Huber": (
        lambda e, c: np.where(abs(e) <= c, e**2 / 2, c * abs(e) - c**2 / 2),
        lambda e, c: np.where(abs(e) <= c, e, c * np.sign(e)),
    ),
    "log-cosh": (lambda e, c: c**2 * np.log(np.cosh(e / c)), lambda e, c: c * np.tanh(e / c)),
    "Cauchy": (lambda e, c: c**2 / 2 * np.log(1 + (e / c) ** 2), lambda e, c: c**2 * e / (c**2 + e**2)),
    "Welsch": (lambda e, c: c**2 - c**2 * np.exp(-(e**2) / c**2 / 2), lambda e, c: e * np.exp(-(e**2) / c**2 / 2)),
}


def loss(loss, c, *, value=np.mean, slope=lambda slopes: slopes / slopes.size):
    rho, prime = VALUES[loss]
    return lambda F, X: (value(rho(F - X, c)), slope(prime(F - X, c)))


def by_differences(loss, c):
    """The gradient is measured, number by number."""
    rho = VALUES[loss][0]

    def answer(F, X):
        e, h = F - X, 1e-5
        gradient = (rho(e + h, c) - rho(e - h, c)) / (2 * h) / e.size
        return [float(rho(e, c).sum() / e.size), gradient]

    return answer


def wrong_losses(loss_, c):
    right = loss(loss_, c)
    return [
        (lambda F, X: None, "return"),
        (lambda F, X: right(F, X)[0], "the loss and its gradient"),
        (loss(loss_, c, value=np.sum), "sum"),
        (lambda F, X: (np.mean((F - X) ** 2), right(F, X)[1]), "mean of the squares"),
        (loss(loss_, 1.0), "your c is"),
        (loss(loss_, c, slope=lambda slopes: slopes), "divide by N"),
        (loss(loss_, c, slope=lambda slopes: -slopes / slopes.size), "sign"),
        (loss(loss_, c, slope=lambda slopes: 2 * slopes / slopes.size), "factor of two"),
        (loss(loss_, c, slope=lambda slopes: slopes / slopes.size / c), "factor of c"),
        (lambda F, X: (right(F, X)[0], 2 * (F - X) / F.size), "mean of the squares"),
        (loss(loss_, c, slope=np.mean), "shape"),
        (lambda F, X: right(F, X)[::-1], "array of shape"),
    ]


STEPS = {
    "forward": {1: 1, 0: -1},
    "backward": {0: 1, -1: -1},
    "central": {1: 0.5, -1: -0.5},
    "one-sided": {0: -1.5, 1: 2, 2: -0.5},
    "four-point": {1: 8 / 12, -1: -8 / 12, 2: -1 / 12, -2: 1 / 12},
}


def sides(stencil, *, divide=True, sign=1, moved=lambda directions: directions, fixed=None):
    def answer(loss, weights, slopes, directions, h):
        h = fixed or h
        total = 0
        for k, share in STEPS[stencil].items():
            total += share * loss([w + k * h * d for w, d in zip(weights, moved(directions), strict=True)])
        measured = sign * total / h if divide else total
        return measured, sum(np.vdot(g, d) for g, d in zip(slopes, directions, strict=True))

    return answer


def with_one_long_vector(stencil):
    def answer(loss, weights, slopes, directions, h):
        flat, slope, move = (np.concatenate([a.ravel() for a in arrays]) for arrays in (weights, slopes, directions))

        def at(k):
            pieces = np.split(flat + k * h * move, np.cumsum([w.size for w in weights])[:-1])
            return loss([piece.reshape(w.shape) for piece, w in zip(pieces, weights, strict=True)])

        return np.array([sum(share * at(k) for k, share in STEPS[stencil].items()) / h, slope @ move])

    return answer


def wrong_sides(stencil):
    right = sides(stencil)

    def in_place(loss, weights, slopes, directions, h):
        answer = right(loss, weights, slopes, directions, h)
        weights[0] += h * directions[0]
        return answer

    def predicted(change):
        def answer(loss, weights, slopes, directions, h):
            return right(loss, weights, slopes, directions, h)[0], change(slopes, directions, h)

        return answer

    return [
        (lambda *given: None, "return"),
        (lambda *given: right(*given)[0], "measured, predicted"),
        (lambda *given: right(*given)[::-1], "swapped"),
        (in_place, "changes an array"),
        (sides("central"), "central formula"),
        (sides("forward" if stencil != "forward" else "backward"), "formula"),
        (sides(stencil, divide=False), "divide by h"),
        (sides(stencil, sign=-1), "sign"),
        (sides(stencil, fixed=1e-5), "h that you are given"),
        (sides(stencil, moved=lambda directions: [directions[0], *(0 * d for d in directions[1:])]), "all"),
        (predicted(lambda slopes, directions, h: np.sum(slopes[0] * directions[0])), "all"),
        (predicted(lambda slopes, directions, h: sum(g.sum() for g in slopes)), "by its move"),
        (lambda *given: (right(*given)[0], given[-1] * right(*given)[1]), "without h"),
    ]


def lean(kind, r, *, add=True, samples=None, turned=False, average=False):
    step, gap = (r, 1) if kind == "stride" else (1, r)

    def answer(G, Y, f):
        G, Y = G[:samples], Y[:samples]
        count, h, w, n = G.shape
        slopes = np.zeros((f, f, Y.shape[-1], n))
        for a in range(f):
            for b in range(f):
                rows, columns = gap * a + step * np.arange(h), gap * b + step * np.arange(w)
                part = Y[:, rows[:, None], columns]
                slopes[a, b] = np.tensordot(part, G, axes=([0, 1, 2], [0, 1, 2]))
        slopes = slopes[::-1, ::-1] if turned else slopes
        return slopes / count if average else slopes, G.sum(axis=(0, 1, 2))

    return answer


def pixel_by_pixel(kind, r):
    step, gap = (r, 1) if kind == "stride" else (1, r)

    def answer(G, Y, f):
        slopes = np.zeros((f, f, Y.shape[-1], G.shape[-1]))
        for s, i, j in np.ndindex(G.shape[:3]):
            window = Y[s, step * i : step * i + gap * f : gap, step * j : step * j + gap * f : gap]
            slopes += window[..., None] * G[s, i, j]
        return [slopes, list(np.einsum("shwn->n", G))]

    return answer


def wrong_leans(kind, r):
    right = lean(kind, r)

    def bad_slices(G, Y, f):
        _, h, w, n = G.shape
        part = Y[:, : h + 1, :w].reshape(-1, Y.shape[-1])
        return np.tile(part.T @ G.reshape(-1, n), (f, f, 1, 1)), G.sum((0, 1, 2))

    other = "dilation" if kind == "stride" else "stride"
    return [
        (lambda G, Y, f: None, "return"),
        (lambda G, Y, f: right(G, Y, f)[0], "two arrays"),
        (lean("stride", 1), "plain convolution"),
        (lean(kind, r, turned=True), "turned"),
        (lambda G, Y, f: (right(G, Y, f)[0].swapaxes(0, 1), right(G, Y, f)[1]), "swapped"),
        (lean(kind, r, average=True), "do not average"),
        (lean(kind, r, samples=1), "first sample"),
        (lambda G, Y, f: (right(G, Y, f)[0], G.mean((0, 1, 2))), "do not average"),
        (lambda G, Y, f: (right(G, Y, f)[0], G.sum((0, 1))), "dL/dB"),
        (lambda G, Y, f: (right(G, Y, f)[0].swapaxes(2, 3), right(G, Y, f)[1]), "shape"),
        (bad_slices, "height and width of G"),
        (lean(other, r), ("IndexError", "height and width", "finite differences")),
    ]


RIGHT = {
    "3.1": lambda **given: [line(**given), line(**given, channel=31), line_in_the_first_layer(**given)],
    "3.2": lambda **given: [edge(**given), added_in_the_middle(**given)],
    "3.3": lambda **given: [loss(**given), by_differences(**given)],
    "3.4": lambda **given: [sides(**given), with_one_long_vector(**given)],
    "3.5": lambda **given: [lean(**given), pixel_by_pixel(**given)],
}
WRONG = {
    "3.1": lambda size, line: wrong_lines(size, line),
    "3.2": wrong_edges,
    "3.3": lambda loss, c: wrong_losses(loss, c),
    "3.4": wrong_sides,
    "3.5": wrong_leans,
}
PARTLY = {
    "3.2": lambda side, distance: [edge(side, distance, signs=(1,)), linear(side, distance)],
    "3.3": lambda loss, c: [lambda F, X: (np.mean(VALUES[loss][0](F - X, c)), 0 * F)],
}
