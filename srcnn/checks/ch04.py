"""The checks of chapter 4: shapes, cost, convolution, gradient, weights by hand."""

import numpy as np

from . import check, same_array

__all__ = ["exercise_4_1", "exercise_4_2", "exercise_4_3", "exercise_4_4", "exercise_4_5"]


@check
def exercise_4_1(size_and_field):
    """The side of the output and the receptive field of a list of kernels."""
    for size, kernels in [(33, (9, 1, 5)), (64, [3]), (40, (11, 1, 7)), (50, [3] * 6), (21, (5, 5)), (9, (1, 1))]:
        where = f"for a side of {size} and the kernels {tuple(kernels)}: "
        given, problem = _two_numbers(size_and_field(size, kernels))
        if problem:
            return where + problem
        lost = sum(kernels) - len(kernels)
        right = (size - lost, 1 + lost)
        if given == right:
            continue
        if given == right[::-1]:
            return where + "the two numbers are swapped; the side of the output comes first"
        side, field = given
        if side != right[0]:
            one_layer = "only one of the layers has made the side smaller"
            slips = {
                size: "the side did not shrink; without padding every convolution takes something away",
                size - sum(kernels): "the side shrinks too much; a filter of 3 has three places in a row of 5 pixels",
                size - sum(f // 2 for f in kernels): "you took the border from one side only",
                size - kernels[-1] + 1: one_layer,
                size - kernels[0] + 1: one_layer,
            }
            return where + slips.get(side, "the side of the output is wrong; go through Eq. (4.9) layer by layer")
        slips = {
            sum(kernels): "the receptive field is too large; neighbouring filters overlap, so a layer adds less than f",
            lost: "the receptive field forgets a pixel; what does a 1 × 1 filter see?",
            int(np.prod(kernels)): "the layers add to the receptive field, they do not multiply it",
            right[1] ** 2: "return the side of the receptive field, not its area",
            max(kernels): "the receptive field counts only the largest layer",
        }
        return where + slips.get(field, "the side is right, the receptive field is not; use Eq. (4.10)")
    return None


@check
def exercise_4_2(cost):
    """All parameters with biases, and the multiply-adds for each pixel."""
    cases = [((64, 32), (9, 1, 5)), ((32, 16), (9, 3, 5)), ((10,), (3, 5)), ([8, 8, 4], [5, 3, 1, 3])]
    for filters, kernels in cases:
        where = f"for the filters {tuple(filters)} and the kernels {tuple(kernels)}: "
        given, problem = _two_numbers(cost(filters, kernels))
        if problem:
            return where + problem
        channels = [1, *filters, 1]
        layers = [f * f * channels[i] * channels[i + 1] for i, f in enumerate(kernels)]
        weights, biases = sum(layers), sum(channels[1:])
        if given == (weights + biases, weights):
            continue
        if given == (weights, weights + biases):
            return where + "the two numbers are swapped; the parameters come first"
        parameters, multiply_adds = given
        wrong_all = "the number of parameters is wrong; compare with Eq. (4.11)"
        wrong_bias = "the weights are right, the biases are not; there is one for each filter of these layers"
        slips = {
            weights: "the biases are missing from the parameters",
            weights + biases - 1: "one bias is missing: the last layer has a filter, too",
            weights + sum(channels): "there is one bias too many: the input image has none",
            weights + len(kernels): "each filter has a bias of its own, not each layer",
        }
        sums = {
            sum(f * f * n for f, n in zip(kernels, channels[1:], strict=True)): (
                "a filter has weights for each of its input channels, n_(i-1); they are missing"
            ),
            sum(f * n * m for f, n, m in zip(kernels, channels[:-1], channels[1:], strict=True)): (
                "a filter is a square of f × f weights, not a line of f"
            ),
            sum(layers[:-1]): "the last layer is missing; it has one filter",
            sum(layers[1:]): "the first layer is missing; its input has one channel, the image",
        }
        if parameters != weights + biases:
            for wrong, hint in sums.items():
                if multiply_adds == wrong or parameters - wrong in (0, biases):
                    return where + hint
            return where + slips.get(parameters, wrong_bias if multiply_adds == weights else wrong_all)
        if multiply_adds == parameters:
            return where + "adding a bias is no multiplication; do not count it as a multiply-add"
        if multiply_adds == 2 * weights:
            return where + "a multiplication and its addition are together one multiply-add"
        return where + sums.get(multiply_adds, "the parameters are right, the multiply-adds are not")
    return None


@check
def exercise_4_3(conv_layer):
    """A convolution without padding with several channels and filters."""
    random = np.random.default_rng(4)
    for height, width, f, c, n in [(6, 8, 3, 1, 1), (7, 9, 3, 2, 4), (6, 5, 1, 3, 2), (11, 7, 5, 2, 3)]:
        Y, W = random.normal(size=(height, width, c)), random.normal(size=(f, f, c, n))
        B = random.normal(size=n)
        where = f"Y {Y.shape}, W {W.shape}: "
        kept = Y.copy(), W.copy(), B.copy()
        given = conv_layer(Y, W, B)
        if not all(np.array_equal(a, b) for a, b in zip(kept, (Y, W, B), strict=True)):
            return where + "your function changes its input; work on a copy"
        right = _conv(Y, W) + B
        hint = same_array(given, right)
        if hint is None:
            continue
        if given is None or np.asarray(given).dtype.kind not in "biuf":
            return where + hint
        given = np.asarray(given, float)
        if given.shape != right.shape:
            return where + _wrong_shape(given, right, Y)
        slips = [
            (_conv(Y, W), "the biases are missing"),
            (_conv(Y, W) - B, "the biases have the wrong sign"),
            (_conv(Y, W[::-1, ::-1]) + B, "you turned the filter by 180°; Eq. (4.8) does not"),
            (_conv(Y, W.swapaxes(0, 1)) + B, "rows and columns of the filter are exchanged"),
            (np.maximum(0, right), "negative values are cut off; this layer has no ReLU"),
            (_conv(Y, W) + c * B, "the bias is added once for each input channel; it should be added once"),
            (_conv(Y[..., :1], W[:, :, :1]) + B, "only one input channel is used; the sum runs over all of them"),
            (_conv(Y[..., -1:], W[:, :, -1:]) + B, "only one input channel is used; the sum runs over all of them"),
            ((right - B) / (f * f * c) + B, "you took a mean where Eq. (4.8) has a sum"),
            (
                _lined_up(Y, W)[..., None] + B,
                "take one filter W[:, :, :, k] at a time; patch * W pairs the wrong numbers",
            ),
            (_conv(Y, W).sum(axis=2, keepdims=True) + B, "all filters are added up; keep one sum for each filter"),
        ]
        return where + (_recognise(given, slips) or hint)
    return None


def _wrong_shape(given, right, Y):
    """The hint for an output of the wrong shape."""
    height, width, n = right.shape
    if given.shape == (height, width) and n == 1:
        return f"the axis of the filters is missing; your shape is {given.shape}, with one filter it is still (…, …, 1)"
    if given.shape == (height, width):
        return "there is one output image; there should be one for each filter, on the last axis"
    if given.shape[:2] == Y.shape[:2]:
        return "the output is as large as the input; do not pad"
    if given.shape == (n, height, width):
        return "the filters are on the first axis; Keras has them on the last"
    if given.shape[:2] == (height - 1, width - 1):
        return "one row and one column are missing; how many places has a filter of 3 in a row of 5 pixels?"
    if given.shape == (width, height, n):
        return "rows and columns are exchanged"
    if given.ndim == 4:
        return "the input channels have an axis of their own in your result; they must be added up"
    return same_array(given, right)


@check
def exercise_4_4(relu_gradient):
    """The gradient of the mean squared error of a ReLU layer, for its filter and its bias."""
    random = np.random.default_rng(5)
    for height, width, f, bias in [(6, 8, 3, 0.0), (9, 7, 3, 0.4), (8, 8, 5, -0.3), (6, 9, 1, 0.2)]:
        Y, W, X, B = _layer_with_both_signs(random, height, width, f, bias)
        where = f"Y {Y.shape}, W {W.shape}, B = {B}: "
        kept = Y.copy(), X.copy(), W.copy()
        given = relu_gradient(Y, X, W, B)
        if not all(np.array_equal(a, b) for a, b in zip(kept, (Y, X, W), strict=True)):
            return where + "your function changes its input; work on a copy"
        if given is None:
            return where + "got None; does your function end with `return`?"
        try:
            slope, bias_slope = given
        except (TypeError, ValueError):
            return where + "return two things: dL/dW, an array, and dL/dB, a number"
        Z = _slide(Y, W) + B
        active, E = Z > 0, np.maximum(0, Z) - X
        N = Z.size
        right = 2 / N * _slide(Y, E * active)
        right_bias = 2 / N * (E * active).sum()
        hint = same_array(slope, right, 1e-7)
        if hint is not None:
            if np.shape(slope) != right.shape:
                return where + f"dL/dW must have the filter's shape {right.shape}; yours is {np.shape(slope)}"
            mask = "it must look at what goes into the ReLU"
            slips = [
                (2 / N * _slide(Y, E), "the ReLU is missing in the gradient; a silent pixel has no part in it"),
                (2 / N * _slide(Y, Z - X), "the error must come after the ReLU, and a silent pixel has no part in it"),
                (2 / N * _slide(Y, E * (E > 0)), f"the mask looks at the error; {mask}"),
                (2 / N * _slide(Y, np.maximum(0, E)), f"the mask looks at the error; {mask}"),
                (2 / N * _slide(Y, E * (_slide(Y, W) > 0)), "the mask forgets the bias"),
                (2 / N * _slide(Y, E * (X > 0)), f"the mask looks at the truth X; {mask}"),
                (-right, "the sign is wrong; the error is the output minus the truth"),
                (right / 2, "a factor of 2 is missing; it comes from the square"),
                (right * N, "the loss is a mean; divide by the number of output pixels"),
                (right * N / 2, "a factor of 2 is missing, and the loss is a mean; divide by the number of pixels"),
                (right * N / active.sum(), "divide by all output pixels, also by the silent ones"),
                (right * N / Y.size, "you divided by the pixels of the input; the loss is a mean over the output"),
                (right[::-1, ::-1], "the result is turned by 180°; the error slides over the input as it is"),
                (right.T, "rows and columns of the filter are exchanged"),
            ]
            return where + (_recognise(slope, slips, 1e-7) or "dL/dW: " + hint)
        if np.shape(bias_slope) not in ((), (1,)):
            return where + f"dL/dB is one number; yours has the shape {np.shape(bias_slope)}"
        if same_array(np.ravel(bias_slope), [right_bias], 1e-7) is not None:
            slips = [
                ([2 / N * E.sum()], "the ReLU is missing in dL/dB; a silent pixel has no part in it"),
                ([right_bias * N], "the loss is a mean; divide dL/dB by the number of output pixels"),
                ([right_bias / 2], "a factor of 2 is missing in dL/dB"),
                ([-right_bias], "the sign of dL/dB is wrong"),
            ]
            wrong = "dL/dW is right, dL/dB is not; see Eq. (4.15)"
            return where + (_recognise(np.ravel(bias_slope), slips, 1e-7) or wrong)
    return None


@check
def exercise_4_5(sharpening_weights):
    """Weights of an SRCNN 9-1-5 that sharpen by hand."""
    weights, problem = _six_arrays(sharpening_weights(0.0))
    if problem:
        return problem
    random = np.random.default_rng(6)
    photograph = random.random((24, 26)) ** 3
    photograph[8:16, 9:20] = 3  # "any image that is not negative"
    inside = photograph[6:-6, 6:-6]
    given = _network(photograph, weights)
    if not given.any():
        return "amount 0: nothing arrives at the output; follow one channel through all three layers"
    if not np.allclose(given, inside, atol=1e-5):
        for down, right in np.ndindex(13, 13):
            if np.allclose(given, photograph[down : down + 12, right : right + 14], atol=1e-5):
                moved = f"({down - 6}, {right - 6})"
                return f"amount 0: the image is shifted by {moved} pixels; where is the middle of a filter?"
        if np.allclose(given / given.sum(), inside / inside.sum(), atol=1e-5):
            return "amount 0: the image has another brightness; it should come out unchanged"
        return "amount 0: the network should return the image unchanged, as in Eq. (4.19); it does not"
    for amount in (0.3, 1.0, 2.0):
        where = f"amount {amount}: "
        weights, problem = _six_arrays(sharpening_weights(amount))
        if problem:
            return where + problem
        given = _network(photograph, weights)
        blurred = {f: _mean_filter(photograph, f) for f in (3, 5, 7, 9)}
        right = inside + amount * (inside - blurred[5])
        if np.allclose(given, right, atol=1e-5):
            continue
        slips = [
            (inside, "nothing is sharpened; do you use the amount?"),
            (np.maximum(0, right), "negative results are cut to 0; which layer has no ReLU?"),
            (
                inside + amount * np.maximum(0, inside - blurred[5]),
                "Y - blur is negative in half of the places, and the ReLU removes that half; see Eq. (4.20)",
            ),
            (inside + amount * (inside - (25 * blurred[5] - inside) / 24), "the mean includes the pixel itself"),
            (inside - amount * (inside - blurred[5]), "this blurs; what is added, and what is taken away?"),
            (amount * (inside - blurred[5]), "only the detail is left; the image itself must come through as well"),
            (inside - amount * blurred[5], "flat areas change; Eq. (4.21) adds amount × Y, too"),
            (inside + amount * (inside - 25 * blurred[5]), "flat areas change; the blur is a mean, not a sum"),
            *[(inside + amount * (inside - blurred[f]), f"the blur is over {f} × {f} pixels") for f in (3, 7, 9)],
            *[(inside + a * (inside - blurred[5]), "the amount has no influence") for a in (0.3, 0.5, 1.0, 2.0)],
        ]
        found = _recognise(given, slips)
        if found:
            return where + found
        flat = _network(np.full((13, 13), 0.5), weights)[0, 0]
        if abs(flat - 0.5) > 1e-5:
            return where + f"a flat image of 0.5 comes out as {flat:.3g}; by Eq. (4.21) it stays as it is"
        return where + "the image is changed, but not by Eq. (4.21)"
    return None


def _two_numbers(answer):
    """(The two whole numbers of an answer, None), or (None, what is wrong)."""
    if answer is None:
        return None, "got None; does your function end with `return`?"
    try:
        first, second = (float(number) for number in answer)
    except (TypeError, ValueError):
        return None, "return two numbers"
    if first != int(first) or second != int(second):
        return None, f"these should be whole numbers; got {first:g} and {second:g}"
    return (int(first), int(second)), None


def _recognise(given, slips, tolerance=1e-5):
    """The hint of the first known wrong answer that equals this one, or None."""
    return next((hint for wrong, hint in slips if same_array(given, wrong, tolerance) is None), None)


def _conv(Y, W):
    """Eq. (4.8) without the bias: (H, W, c) and (f, f, c, n)."""
    f = W.shape[0]
    windows = np.lib.stride_tricks.sliding_window_view(Y, (f, f), axis=(0, 1))
    return np.einsum("ijmab,abmk->ijk", windows, W)


def _lined_up(Y, W):
    """The sum over patch * W for c = n = 1, where NumPy lines up the last axes: (f, f, 1) with (f, 1, 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(Y, W.shape[:2], axis=(0, 1))
    return np.einsum("ijmbd,abmk->ij", windows, W[:, :, :1, :1]) if Y.shape[2] == 1 else np.zeros(windows.shape[:2])


def _slide(Y, W):
    """Eq. (4.5) for one image and one filter of any shape."""
    return np.einsum("ijab,ab->ij", np.lib.stride_tricks.sliding_window_view(Y, W.shape), W)


def _layer_with_both_signs(random, height, width, f, bias):
    """Y, W, X, B where the ReLU cuts some pixels, keeps others, and none lies near its corner."""
    while True:
        Y, W = random.normal(size=(height, width)), random.normal(size=(f, f))
        Z = _slide(Y, W)
        some = 0.2 < np.mean(Z + bias > 0) < 0.8 and (bias == 0 or ((bias + Z > 0) != (Z > 0)).any())
        if some and abs(Z + bias).min() > 1e-3:
            return Y, W, random.normal(size=Z.shape), bias


def _mean_filter(image, f):
    """The mean over f x f pixels around each pixel that a 9-1-5 network can return."""
    border = 6 - f // 2
    return _slide(image[border:-border, border:-border], np.full((f, f), 1 / f**2))


def _six_arrays(answer):
    """(W1, B1, ..., B3 as float arrays, None), or (None, what is wrong)."""
    shapes = [(9, 9, 1, 64), (64,), (1, 1, 64, 32), (32,), (5, 5, 32, 1), (1,)]
    if answer is None:
        return None, "got None; does your function end with `return`?"
    if hasattr(answer, "get_weights"):
        answer = answer.get_weights()
    if not isinstance(answer, (list, tuple)) or len(answer) != 6:
        return None, "return a list of six arrays: W1, B1, W2, B2, W3, B3"
    if any(np.asarray(array).dtype.kind in "iu" for array in answer):
        return None, "an array holds whole numbers, so fractions became 0; make it of floats, as np.zeros does"
    weights = [np.asarray(array, float) for array in answer]
    for name, array, shape in zip(("W1", "B1", "W2", "B2", "W3", "B3"), weights, shapes, strict=True):
        if array.shape != shape:
            return None, f"{name} has the shape {array.shape}, expected {shape}"
        if not np.isfinite(array).all():
            return None, f"{name} holds NaN or infinite values"
    return weights, None


def _network(image, weights):
    """Eq. (4.1) to (4.3) in NumPy."""
    W1, B1, W2, B2, W3, B3 = weights
    F1 = np.maximum(0, _conv(image[..., None], W1) + B1)
    F2 = np.maximum(0, _conv(F1, W2) + B2)
    return (_conv(F2, W3) + B3)[..., 0]
