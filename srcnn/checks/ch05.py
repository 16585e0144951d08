"""The checks of chapter 5: gradients, a loss, a gradient test, and a stride."""

import numpy as np

from ._check import ask, check, compare, decimal, explain, like, parts, peak_memory, whole


@check
def exercise_5_1(leaky_gradient, rng):
    """The gradient of the mean squared error of a leaky ReLU layer, for its filter and its bias."""
    cases = [(6, 8, 3, 0.0, 0.1), (9, 7, 3, 0.4, 0.25), (8, 8, 5, -0.3, 0.0)]
    cases.append((*whole(rng, (6, 9), (6, 9), (2, 4)), decimal(rng, 0.1, 0.5), decimal(rng, 0.05, 0.4)))
    for height, width, f, bias, alpha in cases:
        Y, W, X, B = _layer_with_both_signs(rng, height, width, f, bias)
        where = f"Y {Y.shape}, W {W.shape}, B = {B}, slope {alpha}: "
        given = ask(leaky_gradient, Y, X, W, B, alpha)
        slope, bias_slope = parts(given, 2, "two things: dL/dW, an array, and dL/dB, a number", where)
        Z = _slide(Y, W) + B
        factor = np.where(Z > 0, 1, alpha)
        G = 2 / Z.size * (factor * Z - X) * factor
        slope = like(slope, where=where + "dL/dW: ")
        if slope.shape != W.shape:
            return where + f"dL/dW must have the filter's shape {W.shape}; yours is {slope.shape}"
        if hint := compare(slope, _slide(Y, G), _filter_slips(Y, X, Z, B, alpha), where):
            return hint
        if np.shape(bias_slope) not in ((), (1,)):
            return where + f"dL/dB is one number; yours has the shape {np.shape(bias_slope)}"
        otherwise = "dL/dW is right, dL/dB is not; see Eq. (5.4)"
        if hint := compare(np.ravel(bias_slope), [G.sum()], _bias_slips(G, factor), where, otherwise=otherwise):
            return hint
    return None


def _filter_slips(Y, X, Z, B, alpha):
    N, factor = Z.size, np.where(Z > 0, 1, alpha)
    E = factor * Z - X
    right = 2 / N * _slide(Y, E * factor)
    errors = [
        (E, "the slope of the leaky ReLU is missing: the chain rule multiplies the error by it"),
        ((np.maximum(0, Z) - X) * (Z > 0), "this is the plain ReLU; a negative number also passes, with the slope"),
        ((Z - X) * factor, "the error must come after the leaky ReLU"),
        (E * np.where(E > 0, 1, alpha), "the condition looks at the error; it must look at Z, which went in"),
        (E * np.where(Z - B > 0, 1, alpha), "the condition forgets the bias"),
        (E * np.where(X > 0, 1, alpha), "the condition looks at the truth X; it must look at Z, which went in"),
        (E * np.where(Z > 0, alpha, 1), "the two cases are exchanged"),
    ]
    return [
        *[(2 / N * _slide(Y, wrong), hint) for wrong, hint in errors],
        (-right, "the sign is wrong; the error is the output minus the truth"),
        (right / 2, "a factor of 2 is missing; it comes from the square"),
        (right * N, "the loss is a mean; divide by the number of output pixels"),
        (right * N / 2, "a factor of 2 is missing, and the loss is a mean; divide by the number of pixels"),
        (right * N / Y.size, "you divided by the pixels of the input; the loss is a mean over the output"),
        (right[::-1, ::-1], "the result is turned by 180°; the error slides over the input as it is"),
        (right.T, "rows and columns of the filter are exchanged"),
    ]


def _bias_slips(G, factor):
    right = G.sum()
    return [
        ([np.sum(G / np.where(factor, factor, 1))], "the slope of the leaky ReLU is missing in dL/dB"),
        ([right * G.size], "the loss is a mean; divide dL/dB by the number of output pixels"),
        ([right / 2], "a factor of 2 is missing in dL/dB"),
        ([-right], "the sign of dL/dB is wrong"),
    ]


@check
def exercise_5_2(charbonnier, rng):
    """The Charbonnier loss and its gradient."""
    shapes = [((3, 5), 0.5), ((2, 4, 6, 1), 0.001), (whole(rng, (2, 5), (2, 5)), decimal(rng, 0.1, 2))]
    cases = [(np.array([3.0, 0.0, 0.0, -3.0]), np.zeros(4), 4.0)]
    cases += [(*rng.normal(size=(2, *shape)), epsilon) for shape, epsilon in shapes]
    for F, X, epsilon in cases:
        where = f"F {F.shape}, epsilon {epsilon}: "
        given = ask(charbonnier, F, X, epsilon)
        loss, slope = parts(given, 2, "two things: the loss, a number, and its gradient, an array", where)
        if np.size(loss) != 1:
            return where + "the loss is one number, the mean over all pixels"
        E, root = F - X, np.sqrt((F - X) ** 2 + epsilon**2)
        slips, otherwise = _loss_slips(E, epsilon, root), "the loss is not that of Eq. (5.16)"
        if hint := compare(np.ravel(loss), [root.mean()], slips, where, otherwise=otherwise):
            return hint
        if hint := compare(slope, E / root / E.size, _slope_slips(E, root), where + "the gradient: "):
            return hint
    return None


def _loss_slips(E, epsilon, root):
    slips = [
        (root.sum(), "the loss is the sum; it should be the mean"),
        (np.sqrt(np.mean(E**2) + epsilon**2), "the mean is under the root; take each pixel's root first"),
        (np.mean(E**2), "this is the mean squared error; the root is missing"),
        (np.mean(E**2 + epsilon**2), "the root is missing"),
        (np.mean(abs(E)), "epsilon is missing under the root"),
        (np.mean(np.sqrt(E**2 + epsilon)), "epsilon must be squared"),
        (np.mean(abs(E) + epsilon), "the root of a sum is not the sum of the roots"),
        (root.sum() / len(E), "divide by all pixels, E.size, and not by the number of rows"),
    ]
    return [([loss], hint) for loss, hint in slips]


def _slope_slips(E, root):
    no_inner = "the inner derivative is missing: what is under the root depends on F, too"
    return [
        (E / root, "the gradient must be divided by the number of pixels: the loss is a mean"),
        (2 * E / root / E.size, "there is a factor of 2 too many; the root brings a 1/2"),
        (E / (2 * root) / E.size, "a factor of 2 is missing; it comes from the square inside the root"),
        (-E / root / E.size, "the sign of the gradient is wrong; it is that of F - X"),
        (abs(E) / root / E.size, "the sign of F - X is lost"),
        (E / root / len(E), "divide by all pixels, E.size, and not by the number of rows"),
        (np.sign(E) / E.size, "this is the gradient of the absolute error; epsilon is missing in it"),
        (2 * E / E.size, "this is the gradient of the mean squared error"),
        (1 / (2 * root) / E.size, no_inner),
        (1 / root / E.size, no_inner),
    ]


@check
def exercise_5_3(both_sides, rng):
    """The change of a loss in a direction, measured and predicted."""

    def square(arrays):
        return np.sum(arrays[0] ** 2)

    def mixed(arrays):
        return np.sum(arrays[0] ** 3) + np.sum(arrays[1]) ** 2 + np.sum(arrays[0][0]) * arrays[2].sum()

    first = [rng.normal(size=shape) for shape in ((3, 4), (2, 2, 2), 5)]
    slopes = [3 * first[0] ** 2, np.full((2, 2, 2), 2 * first[1].sum()), np.full(5, first[0][0].sum())]
    slopes[0][0] += first[2].sum()
    wrong = [slopes[0], 1.5 * slopes[1], slopes[2]]
    directions = [rng.normal(size=w.shape) for w in first]
    calls, one, along = [], [np.array([1.0, 2.0])], [np.array([1.0, 0.0])]
    cases = [
        ("the loss of the example: ", square, one, [2 * one[0]], along),
        ("a loss of three arrays: ", mixed, first, slopes, directions),
        ("a loss of three arrays and a wrong gradient: ", mixed, first, wrong, directions),
    ]
    for where, *case in cases:
        if hint := _wrong_side(both_sides, calls, where, *case):
            return hint
    if len(calls) > 2:
        return f"both numbers are right, but you ask for the loss {len(calls)} times; two are enough"
    far = ask(both_sides, lambda arrays: np.sum(arrays[0] ** 3), one, [3 * one[0] ** 2], along, 0.5)
    if compare(np.ravel(parts(far, 2, "two things")[0]), [3.25]):  # (1.5³ - 0.5³) / 1
        return "with h = 0.5 the measured change is another one; does your function use its h?"
    return None


def _wrong_side(both_sides, calls, where, loss, weights, slopes, directions):
    """The hint for a wrong side of Eq. (5.17); afterwards `calls` holds one item for each question about the loss."""
    calls.clear()

    def counted(arrays):
        calls.append(1)
        return loss(arrays)

    for array in (*weights, *slopes, *directions):
        array.setflags(write=False)  # += and -= by the same step would leave no trace
    in_place = (
        "your function changes the arrays that it is given; a copied list still holds the same arrays, "
        "and += changes them: w + h * d makes a new one"
    )
    no_zip = "`weights` is a list of arrays: go through it with zip(weights, directions)"
    with explain({"read-only": where + in_place, "multiply sequence": where + no_zip}):
        given = ask(both_sides, counted, weights, slopes, directions)
    pair = parts(given, 2, "two things: the measured and the predicted change", where)
    if any(np.size(side) != 1 for side in pair):
        return where + "each side is one number; add up over all arrays and all their numbers"
    measured, predicted = (float(np.ravel(side)[0]) for side in pair)
    right = _both_sides(loss, weights, slopes, directions)
    tolerance = 1e-6 * max(1, *map(abs, right))
    if compare([predicted, measured], right, tolerance=tolerance) is None and abs(measured - predicted) > tolerance:
        return where + "the two numbers are swapped; the measured one comes first"
    if abs(measured - right[0]) > tolerance:
        return where + _measured_slip(measured, loss, weights, directions, right[0])
    slips = _predicted_slips(slopes, directions, right)
    otherwise = "the measured change is right, the predicted one is not"
    return compare(predicted, right[1], slips, where, tolerance, otherwise)


def _both_sides(loss, weights, slopes, directions, h=1e-5):
    def moved(step):
        return [w + step * d for w, d in zip(weights, directions, strict=True)]

    measured = (loss(moved(h)) - loss(moved(-h))) / (2 * h)
    return float(measured), float(sum(np.sum(g * d) for g, d in zip(slopes, directions, strict=True)))


def _measured_slip(measured, loss, weights, directions, right, h=1e-5):
    """The hint for a wrong left side of Eq. (5.17)."""
    up, down = ([w + step * d for w, d in zip(weights, directions, strict=True)] for step in (h, -h))
    first = loss([up[0], *weights[1:]]) - loss([down[0], *weights[1:]])
    no_direction = loss([w + h for w in weights]) - loss([w - h for w in weights])
    slips = [
        ((loss(up) - loss(weights)) / h, "this is one-sided; go to W + hD and to W - hD"),
        (2 * right, "the two points are 2h apart; divide by 2h"),
        (right / 2, "you divide by 2h, but the two points are only h apart"),
        (2 * h * right, "the difference must be divided by 2h"),
        (-right, "the sign of the measured change is wrong: L(W + hD) comes first"),
        (first / (2 * h), "only the first array is moved; move all of them at once"),
        (no_direction / (2 * h), "the weights move by h; they should move by h times D"),
    ]
    otherwise = "the measured change is wrong; go through the left side of Eq. (5.17)"
    return next((hint for slip, hint in slips if np.isclose(measured, slip, rtol=1e-5, atol=1e-9)), otherwise)


def _predicted_slips(slopes, directions, right):
    products = [g * d for g, d in zip(slopes, directions, strict=True)]
    sums = [np.sum(product) for product in products]
    length = np.sqrt(sum(np.sum(d**2) for d in directions))
    return [
        (sum(np.sum(g) for g in slopes), "the gradients must be multiplied by the direction"),
        (right[1] / length, "do not divide by the length of the direction"),
        (right[1] * 1e-5, "the predicted change is per unit of h; do not multiply it by h"),
        (np.mean([np.mean(product) for product in products]), "Eq. (5.17) has a sum"),
        (sums[0], "only the first array counts in the predicted change; add up over all of them"),
        (sums[-1], "only the last array counts in the predicted change; add up over all of them"),
        (right[0], "you return the measured change twice; the prediction must use `slopes`"),
        (sum(map(abs, sums)), "add the products with their signs"),
    ]


@check
def exercise_5_4(lean_gradients, rng):
    """The gradients of a convolution for its weights and biases, without window rows."""
    cases = [(1, 4, 6, 1, 1, 3), (2, 5, 4, 3, 4, 3), (3, 6, 3, 2, 5, 1), (2, 3, 7, 2, 3, 5)]
    cases.append(whole(rng, (2, 3), (4, 6), (4, 6), (2, 4), (2, 4), (2, 4)))
    for samples, height, width, c, n, f in cases:
        G = rng.normal(size=(samples, height, width, n))
        Y = rng.normal(size=(samples, height + f - 1, width + f - 1, c))
        where = f"G {G.shape}, Y {Y.shape}, f = {f}: "
        slope, bias_slope = parts(ask(lean_gradients, G, Y, f), 2, "two things: dL/dW and dL/dB, two arrays", where)
        slope = like(slope, where=where + "dL/dW: ")
        if slope.shape == (f, f, n, c) != (f, f, c, n):
            return where + "input channels and filters are exchanged; the order is (f, f, c, n)"
        slips = _weights_slope_slips(G, Y, f)
        if hint := compare(slope, _weights_slope(G, Y, f), slips, where + "dL/dW: "):
            return hint
        if np.shape(bias_slope) != (n,):
            return where + f"dL/dB holds one number for each filter, shape ({n},); yours has {np.shape(bias_slope)}"
        sums = G.sum((0, 1, 2))
        slips = [
            (sums / (samples * height * width), "dL/dB is a sum, not a mean"),
            (sums / samples, "dL/dB is a sum over the samples, not a mean"),
            (G[0].sum((0, 1)), "dL/dB uses only the first sample"),
        ]
        otherwise = "dL/dW is right, dL/dB is not; see Eq. (5.12)"
        if hint := compare(bias_slope, sums, slips, where, otherwise=otherwise):
            return hint
    return _too_large(lean_gradients)


def _weights_slope(G, Y, f):
    """Eq. (5.11)."""
    _, height, width, _ = G.shape
    slope = np.zeros((f, f, Y.shape[-1], G.shape[-1]))
    for a, b in np.ndindex(f, f):
        slope[a, b] = np.einsum("sijm,sijk->mk", Y[:, a : a + height, b : b + width], G)
    return slope


def _weights_slope_slips(G, Y, f):
    right, (samples, height, width, _) = _weights_slope(G, Y, f), G.shape
    middle = Y[:, f // 2 : f // 2 + height, f // 2 : f // 2 + width]
    same_place = "every place of the filter gets the same value; move the input by (a, b)"
    return [
        (right[::-1, ::-1], "the result is turned by 180°; the window at (a, b) begins in row a, column b"),
        (right.swapaxes(0, 1), "rows and columns of the filter are exchanged"),
        (right / samples, "you took the mean over the samples; Eq. (5.11) has a sum"),
        (right / (samples * height * width), "you took a mean; Eq. (5.11) has a sum"),
        (_weights_slope(G[:1], Y[:1], f), "only the first sample is used; add up over all of them"),
        (_weights_slope(G[-1:], Y[-1:], f), "only the last sample is used; add up over all of them"),
        (2 / G.size * right, "the factor 2/N belongs to the loss; it is already in G"),
        (-right, "the sign is wrong"),
        (np.broadcast_to(_weights_slope(G, middle, 1), right.shape), same_place),
        (np.broadcast_to(_weights_slope(G, Y[:, :height, :width], 1), right.shape), same_place),
    ]


def _too_large(lean_gradients):
    """The hint for an answer that writes out windows or products: measured where both would be large."""
    G, Y = np.ones((2, 40, 40, 16)), np.ones((2, 48, 48, 8))
    times = peak_memory(lean_gradients, G, Y, 9) / (G.nbytes + Y.nbytes)
    if times > 12:
        return "both gradients are right, but you still write out all windows; loop over the f × f places instead"
    if times > 3:
        return "both gradients are right, but you write out all products; one matrix product multiplies and adds up"
    return None


@check
def exercise_5_5(strided_input_gradient, rng):
    """The gradient of the input of a convolution with a stride."""
    G = np.zeros((1, 3, 4, 1))
    G[0, 1, 1:3, 0] = 1
    cases = [(G, np.ones((3, 3, 1, 1)), 2, 8, 10)]  # Figure 5.11
    for samples, height, width, c, n, f, stride in [
        (1, 8, 9, 1, 1, 3, 1),
        (2, 10, 11, 2, 3, 3, 3),
        (1, 12, 10, 3, 2, 5, 4),
        whole(rng, (1, 2), (8, 12), (8, 12), (1, 3), (1, 3), (2, 4), (2, 4)),
    ]:
        W = rng.normal(size=(f, f, c, n))
        G = rng.normal(size=(samples, (height - f) // stride + 1, (width - f) // stride + 1, n))
        cases.append((G, W, stride, height, width))
    for G, W, stride, height, width in cases:
        where = f"G {G.shape}, W {W.shape}, stride {stride}, input {height} × {width}: "
        given = like(ask(strided_input_gradient, G, W, stride, height, width), where=where)
        right = _spread(G, W, stride, height, width)
        if given.shape != right.shape:
            return where + _wrong_stride_shape(given.shape, right.shape, len(W))
        if hint := compare(given, right, _stride_slips(G, W, stride, right), where):
            return hint
    return None


def _wrong_stride_shape(given, right, f):
    """The hint for a gradient of the wrong shape."""
    size, expected = np.array(given[1:3]), np.array(right[1:3])
    different = f"your shape is {given}, expected {right}"
    if len(given) != 4:
        return different
    if np.array_equal(size, expected - 2 * (f - 1)):
        return "`conv` is the way forward; the way back is `input_gradient`"
    if np.array_equal(size, expected + f - 1):
        return "too large: the whole output, before places were thrown away, has height − f + 1 rows"
    if np.array_equal(size, expected - f + 1):
        return "the zeros are between the pixels of G, but the way back through the convolution is missing"
    if (size <= expected).all() and (size < expected).any():
        return different + "; where the stride does not fit, the last rows were never used"
    return different


def _stride_slips(G, W, stride, right):
    f, (_, height, width, c) = len(W), right.shape
    yield _spread(G, W[::-1, ::-1], stride, height, width), "the filter is turned the wrong way; see Eq. (5.13)"
    yield _spread(G, W.swapaxes(0, 1), stride, height, width), "rows and columns of the filter are exchanged"
    if c == G.shape[-1]:
        swapped = _spread(G, W.swapaxes(2, 3), stride, height, width)
        yield swapped, "input channels and filters are exchanged"
    yield right / stride**2, "do not divide by the stride; nothing is averaged"
    yield right * stride**2, "do not multiply by the stride squared"
    repeated = _fitted(G.repeat(stride, 1).repeat(stride, 2), height - f + 1, width - f + 1)
    yield _spread(repeated, W, 1, height, width), "G was repeated; a place that was thrown away gets a zero"
    yield _spread(G, W, stride, height, width, overwrite=True), "where windows overlap the gradients add up: `+=`"
    late = "put the zeros between the numbers of G, before the way back, not after it"
    back = _spread(G, W, 1, G.shape[1] + f - 1, G.shape[2] + f - 1)
    yield _fitted(_spaced(back, stride), height, width), late
    yield _fitted(back, height, width), late
    for down, across in list(np.ndindex(stride + 1, stride + 1))[1:]:
        moved = np.roll(right, (down, across), (1, 2))
        yield moved, f"the result is shifted by ({down}, {across}); the places kept are 0, r, 2r, ..."


def _spread(G, W, stride, height, width, overwrite=False):
    """Eq. (5.13) with a stride, one output place after the other."""
    f = len(W)
    out = np.zeros((len(G), height, width, W.shape[2]))
    for i, j in np.ndindex(G.shape[1:3]):
        place = out[:, i * stride : i * stride + f, j * stride : j * stride + f]
        place[:] = np.einsum("sk,abmk->sabm", G[:, i, j], W) + (0 if overwrite else place)
    return out


def _spaced(images, stride):
    """Images with stride - 1 zeros between their pixels."""
    samples, height, width, channels = images.shape
    spaced = np.zeros((samples, height * stride, width * stride, channels))
    spaced[:, ::stride, ::stride] = images
    return spaced


def _fitted(images, height, width):
    """Images with so many rows and columns: cut, or followed by zeros."""
    samples, rows, columns, channels = images.shape
    fitted = np.zeros((samples, height, width, channels))
    fitted[:, :rows, :columns] = images[:, :height, :width]
    return fitted


def _slide(Y, W):
    """Eq. (4.5) for one image and one filter of any shape."""
    return np.einsum("ijab,ab->ij", np.lib.stride_tricks.sliding_window_view(Y, W.shape), W)


def _layer_with_both_signs(rng, height, width, f, bias):
    """Y, W, X, B where the ReLU cuts some pixels, keeps others, and none lies near its corner."""
    while True:
        Y, W = rng.normal(size=(height, width)), rng.normal(size=(f, f))
        Z = _slide(Y, W)
        some = 0.2 < np.mean(Z + bias > 0) < 0.8 and (bias == 0 or ((bias + Z > 0) != (Z > 0)).any())
        if some and abs(Z + bias).min() > 1e-3:
            return Y, W, rng.normal(size=Z.shape), bias
