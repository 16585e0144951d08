"""Problem set 3, by hand: two networks, a loss, a test, a gradient; twins of exercises 4.3, 4.4 and 5.2 to 5.4."""

import numpy as np

from srcnn.checks._check import ask, compare, explain, like, number, numbers, parts
from teach.questions import Question, check

# Questions 3.1 and 3.2: weights by hand

SHAPES = [(9, 9, 1, 64), (64,), (1, 1, 64, 32), (32,), (5, 5, 32, 1), (1,)]
LINES = {"row": (0, 1), "column": (1, 0), "falling diagonal": (1, 1), "rising diagonal": (-1, 1)}
SIDES = {"right": (0, 1), "left": (0, -1), "below": (1, 0), "above": (-1, 0)}
MARGIN = 6  # pixels that a 9-1-5 without padding loses on each side


def windows(Y, f):
    """(height - f + 1, width - f + 1, channels, f, f)."""
    return np.lib.stride_tricks.sliding_window_view(Y, (f, f), axis=(0, 1))


def network(weights, image):
    """A 9-1-5 on an image (H, W), without padding."""
    A = image[:, :, None]
    for layer in range(3):
        W, B = weights[2 * layer : 2 * layer + 2]
        A = np.einsum("hwcab,abcn->hwn", windows(A, len(W)), W, optimize=True) + B
        A = np.maximum(A, 0) if layer < 2 else A
    return A[:, :, 0]


def _weights(function, amount):
    """The six arrays that a student's function returns."""
    names = "W1, B1, W2, B2, W3, B3"
    given = parts(ask(function, amount), 6, f"six arrays: {names}")
    for name, array, shape in zip(names.split(", "), given, SHAPES, strict=True):
        if np.shape(array) != shape:
            raise_hint = compare(np.zeros(np.shape(array)), np.zeros(shape))
            return f"{name}: {raise_hint}"
    return [like(array, np.zeros(shape)) for array, shape in zip(given, SHAPES, strict=True)]


def moved(image, down, right):
    """The pixels `down` and `right` of those that the network returns."""
    top, left = MARGIN + down, MARGIN + right
    return image[top : top + image.shape[0] - 2 * MARGIN, left : left + image.shape[1] - 2 * MARGIN]


def line_mean(image, size, line):
    down, right = LINES[line]
    return np.mean([moved(image, k * down, k * right) for k in range(-(size // 2), size // 2 + 1)], axis=0)


def _sharp(image, amount, size, line):
    here = moved(image, 0, 0)
    return here + amount * (here - line_mean(image, size, line))


def _vary_line(rng):
    return {"size": int(rng.choice([3, 5])), "line": str(rng.choice(list(LINES)))}


def _show_line(size, line):
    image = np.zeros((15, 15))
    image[7, 7], image[6, 6], image[7, 8] = 1.0, 0.5, 0.25
    values = _sharp(image, 0.5, size, line)[1]
    return {"expected": ", ".join(f"{value:.4f}" for value in values)}


@check
def line_check(line_weights, rng, size, line):
    """The network sharpens along the student's line, for every amount."""
    for amount in (0.0, *rng.uniform(0.2, 3, 3)):
        image = rng.uniform(0, 2, (19, 21))
        weights = _weights(line_weights, amount)
        if isinstance(weights, str):
            return weights
        given, right, here = network(weights, image), _sharp(image, amount, size, line), moved(image, 0, 0)
        box = np.mean([moved(image, a, b) for a in range(-2, 3) for b in range(-2, 3)], axis=0)
        slips = [
            (np.maximum(right, 0), "the negative results are cut off; only the last layer has no ReLU"),
            (here + amount * (line_mean(image, size, line) - here), "the sign: this blurs along the line"),
            (amount * (here - line_mean(image, size, line)), "this is the detail alone; the image itself is missing"),
            (here - amount * line_mean(image, size, line), "the image is there once, and not 1 + amount times"),
            (here + amount * (here - box), "this is Exercise 4.3, with 5 × 5 pixels; yours is the mean along a line"),
            (here, "the result does not depend on `amount`, or not as it should"),
        ]
        for other in LINES:
            for length in (3, 5):
                if (length, other) != (size, line):
                    hint = f"this is the mean of {length} pixels along the {other}"
                    slips.append((_sharp(image, amount, length, other), hint))
        where = f"for the amount {amount:.2f}: "
        if hint := compare(given, right, slips, where, 1e-5, "the network returns something else than Eq. (1)"):
            return hint
    return None


def _difference(image, gain, side, distance):
    down, right = SIDES[side]
    return gain * (moved(image, distance * down, distance * right) - moved(image, 0, 0))


def _vary_edge(rng):
    return {"side": str(rng.choice(list(SIDES))), "distance": int(rng.integers(1, 5))}


def _show_edge(side, distance):
    i, j = np.mgrid[:14, :14]
    picture = np.sin(i * (j + 1.0))
    return {"expected": ", ".join(f"{value:.4f}" for value in abs(_difference(picture, 2, side, distance))[0])}


@check
def edge_check(edge_weights, rng, side, distance):
    """The network returns the absolute difference of two pixels, for every image and gain."""
    for gain in rng.uniform(0.2, 3, 3):
        image = rng.uniform(-1, 1, (19, 21))
        weights = _weights(edge_weights, gain)
        if isinstance(weights, str):
            return weights
        given, signed = network(weights, image), _difference(image, gain, side, distance)
        slips = [
            (signed, "this is the difference with its sign; its absolute value is asked"),
            (np.maximum(signed, 0), "what is darker than the pixel itself is lost: you need a second filter for it"),
            (np.maximum(-signed, 0), "what is brighter than the pixel itself is lost: you need a second filter for it"),
            (abs(signed) / gain, "`gain` is missing"),
            (abs(signed) * gain, "`gain` acts twice"),
            (abs(signed) / 2, "half of it: each of the two filters counts fully"),
        ]
        for other in SIDES:
            for steps in range(1, 5):
                if (other, steps) != (side, distance):
                    hint = f"you compare with the pixel {steps} {other}; a filter's row 4, column 4 is the pixel itself"
                    slips.append((abs(_difference(image, gain, other, steps)), hint))
        otherwise = "the network returns something else than the absolute difference"
        if hint := compare(given, abs(signed), slips, f"for the gain {gain:.2f}: ", 1e-5, otherwise):
            return hint
    return None


@check
def edge_partly(edge_weights, rng, side, distance):
    """One of the two signs is right."""
    image, gain = rng.uniform(-1, 1, (19, 21)), rng.uniform(0.5, 2)
    weights = _weights(edge_weights, gain)
    if isinstance(weights, str):
        return weights
    given, signed = network(weights, image), _difference(image, gain, side, distance)
    hints = [compare(given, right) for right in (abs(signed), np.maximum(signed, 0), np.maximum(-signed, 0), signed)]
    return None if None in hints else hints[0]


# Question 3.3: a loss and its gradient

LOSSES = {
    "Huber": (
        r"\rho(e) = \begin{cases} \tfrac12 e^2 & |e| \le c \cr c\,|e| - \tfrac12 c^2 & \text{otherwise} \end{cases}",
        lambda e, c: np.where(abs(e) <= c, e**2 / 2, c * abs(e) - c**2 / 2),
        lambda e, c: np.clip(e, -c, c),
    ),
    "log-cosh": (
        r"\rho(e) = c^2 \log \cosh(e / c)",
        lambda e, c: c**2 * (np.logaddexp(e / c, -e / c) - np.log(2)),
        lambda e, c: c * np.tanh(e / c),
    ),
    "Cauchy": (
        r"\rho(e) = \tfrac12 c^2 \log\big(1 + (e / c)^2\big)",
        lambda e, c: c**2 / 2 * np.log1p((e / c) ** 2),
        lambda e, c: e / (1 + (e / c) ** 2),
    ),
    "Welsch": (
        r"\rho(e) = c^2 \Big(1 - \exp\big(-\tfrac12 (e / c)^2\big)\Big)",
        lambda e, c: c**2 * (1 - np.exp(-((e / c) ** 2) / 2)),
        lambda e, c: e * np.exp(-((e / c) ** 2) / 2),
    ),
}


def _vary_loss(rng):
    return {"loss": str(rng.choice(list(LOSSES))), "c": float(rng.choice([0.3, 0.7, 0.8, 1.5, 2.5]))}


def _show_loss(loss, c):
    formula, value, slope = LOSSES[loss]
    e = np.array([1.0, -2.0])
    slopes = ", ".join(f"{number:.4f}" for number in slope(e, c) / 2)
    return {"formula": formula, "expected": f"{value(e, c).mean():.4f}", "slopes": slopes}


@check
def loss_check(loss_and_gradient, rng, loss, c):
    """The mean of the student's loss, and its gradient, for arrays of several shapes."""
    _, value, slope = LOSSES[loss]
    for shape in ((7,), (4, 6), (2, 5, 3, 1)):
        X = rng.uniform(-1, 1, shape)
        F = X + 2 * c * rng.normal(size=shape)
        E, n = F - X, F.size
        given = parts(ask(loss_and_gradient, F, X), 2, "the loss and its gradient")
        means = [
            (value(E, c).sum(), "this is the sum; the loss is the mean"),
            (np.mean(E**2), "this is the mean of the squares; your loss is another one"),
            *((value(E, other).mean(), f"your c is {other}; it should be {c}") for other in (1.0, 0.001) if other != c),
        ]
        wrong = f"the loss of an array of shape {shape}: "
        if hint := compare(number(given[0]), value(E, c).mean(), means, wrong, 1e-6 * n, "it is not ρ's mean"):
            return hint
        slips = [
            (slope(E, c), "divide by N: the loss is a mean"),
            (-slope(E, c) / n, "the sign is wrong; the derivative of F − X with respect to F is +1"),
            (2 * slope(E, c) / n, "a factor of two: differentiate ρ once more on paper"),
            (slope(E, c) / c / n, "a factor of c is missing: the chain rule's 1 / c meets c squared"),
            (2 * E / n, "this is the gradient of the mean of the squares"),
            (E / n, "this is the gradient of half the mean of the squares, without ρ"),
        ]
        wrong = f"the gradient of an array of shape {shape}: "
        if hint := compare(given[1], slope(E, c) / n, slips, wrong, 1e-7, "test it with finite differences"):
            return hint
    return None


@check
def loss_partly(loss_and_gradient, rng, loss, c):
    """The loss alone."""
    F, X = rng.uniform(-3 * c, 3 * c, (2, 4, 6))
    given = parts(ask(loss_and_gradient, F, X), 2, "the loss and its gradient")
    return compare(number(given[0]), LOSSES[loss][1](F - X, c).mean(), tolerance=1e-6)


# Question 3.4: a test of all gradients at once

STENCILS = {
    "forward": (r"\frac{L(W + hD) - L(W)}{h}", {1: 1, 0: -1}),
    "backward": (r"\frac{L(W) - L(W - hD)}{h}", {0: 1, -1: -1}),
    "one-sided": (r"\frac{-3 L(W) + 4 L(W + hD) - L(W + 2hD)}{2h}", {0: -1.5, 1: 2, 2: -0.5}),
    "four-point": (
        r"\frac{8 L(W + hD) - 8 L(W - hD) - L(W + 2hD) + L(W - 2hD)}{12h}",
        {1: 8 / 12, -1: -8 / 12, 2: -1 / 12, -2: 1 / 12},
    ),
}


def _measured(loss, weights, directions, h, stencil):
    steps = STENCILS[stencil][1].items() if stencil in STENCILS else {1: 0.5, -1: -0.5}.items()
    return sum(c * loss([w + k * h * d for w, d in zip(weights, directions, strict=True)]) for k, c in steps) / h


def _show_sides(stencil):
    value = _measured(lambda w: float(np.sum(w[0] ** 3)), [np.array([1.0, 2.0])], [np.array([1.0, 0.5])], 0.1, stencil)
    return {"formula": STENCILS[stencil][0], "expected": f"{value:.5f}"}


@check
def sides_check(both_sides, rng, stencil):
    """The measured and the predicted change of random losses."""
    for shapes in ([(3,)], [(2, 3), (4,), (3, 2, 1)]):
        weights, slopes, directions = ([rng.normal(size=shape) for shape in shapes] for _ in range(3))
        factors = [rng.uniform(0.5, 2, shape) for shape in shapes]
        h = rng.uniform(0.3, 0.6)

        def loss(w, factors=factors):
            return float(sum(np.sum(f * np.sin(a) + f * a**4) for f, a in zip(factors, w, strict=True)))

        first, second = numbers(ask(both_sides, loss, weights, slopes, directions, h), 2, "measured, predicted")
        measured = _measured(loss, weights, directions, h, stencil)
        predicted = sum(np.sum(g * d) for g, d in zip(slopes, directions, strict=True))
        if np.allclose([second, first], [measured, predicted]) and not np.isclose(measured, predicted):
            return "the two numbers are swapped; the measured one comes first"
        others = (name for name in (*STENCILS, "central") if name != stencil)
        slips = [(_measured(loss, weights, directions, 1e-5, stencil), "use the h that you are given")]
        slips += [(_measured(loss, weights, directions, h, name), f"this is the {name} formula") for name in others]
        slips += [
            (measured * h, "divide by h"),
            (-measured, "the sign is wrong"),
            (
                _measured(
                    loss, weights[:1] + weights[1:], [directions[0], *(0 * d for d in directions[1:])], h, stencil
                ),
                "move *all* arrays at once, not only the first",
            ),
        ]
        tolerance = 1e-6 * max(1, abs(measured))
        if hint := compare(first, measured, slips, "the measured side: ", tolerance, "it is not Eq. (2)"):
            return hint
        slips = [
            (np.sum(slopes[0] * directions[0]), "add up over *all* arrays"),
            (sum(np.sum(g) for g in slopes), "each gradient is multiplied by its move"),
            (predicted * h, "without h: both sides are changes per h"),
        ]
        if hint := compare(second, predicted, slips, "the predicted side: ", 1e-6, "it is not the sum of Eq. (2)"):
            return hint
    return None


# Question 3.5: the gradient of another convolution


def _vary_lean(rng):
    return {"kind": str(rng.choice(["stride", "dilation"])), "r": int(rng.integers(2, 5))}


KINDS = {
    "stride": "keeps only every {r}th place of the filter, in rows and in columns (a **stride** of {r})",
    "dilation": "has gaps in its filter: its weights meet every {r}th pixel (a **dilation** of {r})",
}


def _show_lean(kind, r):
    rows = f"Y[i * {r} + a, j * {r} + b]" if kind == "stride" else f"Y[i + {r} * a, j + {r} * b]"
    size = f"{r} * (h - 1) + f" if kind == "stride" else f"h + {r} * (f - 1)"
    side = r * 2 + 3 if kind == "stride" else 3 + 2 * r
    Y, G = np.arange(float(side * side)).reshape(1, side, side, 1) % 7, np.ones((1, 3, 3, 1))
    dW, _ = _lean(G, Y, 3, kind, r)
    return {
        "what": KINDS[kind].format(r=r),
        "place": rows,
        "height": size,
        "side": side,
        "moved": f"a : a + {r} * (h - 1) + 1 : {r}" if kind == "stride" else f"{r} * a : {r} * a + h",
        "moved_too": f"b : b + {r} * (w - 1) + 1 : {r}" if kind == "stride" else f"{r} * b : {r} * b + w",
        "expected": ", ".join(f"{value:.0f}" for value in dW[0, :, 0, 0]),
    }


def _lean(G, Y, f, kind, r):
    _, height, width, n = G.shape
    step, gap = (r, 1) if kind == "stride" else (1, r)
    slope = np.zeros((f, f, Y.shape[-1], n))
    for a, b in np.ndindex(f, f):
        part = Y[:, gap * a :: step, gap * b :: step][:, :height, :width]
        if part.shape[1:3] != (height, width):
            raise ValueError("the input is too small")
        slope[a, b] = np.einsum("shwc,shwn->cn", part, G)
    return slope, G.sum((0, 1, 2))


@check
def lean_check(lean_gradients, rng, kind, r):
    """The gradients of the student's convolution."""
    for samples, h, w, c, f, n in ((3, 4, 5, 2, 3, 4), (1, 3, 3, 1, 2, 1), (2, 5, 3, 3, 1, 2)):
        reach = (r * (h - 1) + f, r * (w - 1) + f) if kind == "stride" else (h + r * (f - 1), w + r * (f - 1))
        G, Y = rng.normal(size=(samples, h, w, n)), rng.normal(size=(samples, *reach, c))
        unlike = f"the place of a weight: your part of Y has not the height and width of G; think of the {kind} of {r}"
        with explain({"size": unlike, "match": unlike, "mismatch": unlike, "broadcast": unlike}):
            given = parts(ask(lean_gradients, G, Y, f), 2, "two arrays: dL/dW and dL/dB")
        dW, dB = _lean(G, Y, f, kind, r)
        plain, _ = _lean(G, Y, f, "stride", 1)
        slips = [
            (plain, f"this is the plain convolution of Exercise 5.4; yours has a {kind} of {r}"),
            (dW[::-1, ::-1], "the filter is turned; place (a, b) of the filter belongs to the input moved by (a, b)"),
            (dW.swapaxes(0, 1), "rows and columns of the filter are swapped"),
            (dW / samples, "add up over the samples, do not average"),
            (_lean(G[:1], Y[:1], f, kind, r)[0], "only the first sample counts; add up over all of them"),
        ]
        where = f"a filter of {f} × {f}, {samples} samples: dL/dW: "
        if hint := compare(given[0], dW, slips, where, 1e-6, "the values are not right; test with finite differences"):
            return hint
        slips = [(dB / G[..., 0].size, "add up, do not average"), (G.sum((1, 2))[0], "add up over the samples, too")]
        if hint := compare(given[1], dB, slips, "dL/dB: ", 1e-6, "it is the sum of G over samples, rows and columns"):
            return hint
    return None


QUESTIONS = {
    "3.1": Question("line_weights", 10, 25, line_check, _vary_line, _show_line),
    "3.2": Question("edge_weights", 10, 25, edge_check, _vary_edge, _show_edge, edge_partly),
    "3.3": Question("loss_and_gradient", 6, 15, loss_check, _vary_loss, _show_loss, loss_partly),
    "3.4": Question(
        "both_sides", 6, 20, sides_check, lambda rng: {"stencil": str(rng.choice(list(STENCILS)))}, _show_sides
    ),
    "3.5": Question("lean_gradients", 8, 25, lean_check, _vary_lean, _show_lean),
}
