"""The checks of chapter 4: shapes, cost, convolution, gradient, weights by hand."""

import numpy as np

from ._check import Hint, ask, check, compare, like, numbers, parts, recognise


@check
def exercise_4_1(size_and_field):
    """The side of the output and the receptive field of a list of kernels."""
    for size, kernels in [(33, (9, 1, 5)), (64, [3]), (40, (11, 1, 7)), (50, [3] * 6), (21, (5, 5)), (9, (1, 1))]:
        where = f"for a side of {size} and the kernels {tuple(kernels)}: "
        side, field = _whole_numbers(ask(size_and_field, size, kernels), where)
        lost = sum(kernels) - len(kernels)
        if (field, side) == (size - lost, 1 + lost) != (side, field):
            return where + "the two numbers are swapped; the side of the output comes first"
        slips = [
            (size, "the side did not shrink; without padding every convolution takes something away"),
            (size - sum(kernels), "the side shrinks too much; a filter of 3 has three places in a row of 5 pixels"),
            (size - sum(f // 2 for f in kernels), "you took the border from one side only"),
            (size - kernels[-1] + 1, "only one of the layers has made the side smaller"),
            (size - kernels[0] + 1, "only one of the layers has made the side smaller"),
        ]
        otherwise = "the side of the output is wrong; go through Eq. (4.9) layer by layer"
        if hint := compare(side, size - lost, slips, where, 0, otherwise):
            return hint
        slips = [
            (sum(kernels), "the receptive field is too large: neighbouring filters overlap, a layer adds less than f"),
            (lost, "the receptive field forgets a pixel; what does a 1 × 1 filter see?"),
            (np.prod(kernels), "the layers add to the receptive field, they do not multiply it"),
            ((1 + lost) ** 2, "return the side of the receptive field, not its area"),
            (max(kernels), "the receptive field counts only the largest layer"),
        ]
        otherwise = "the side is right, the receptive field is not; use Eq. (4.10)"
        if hint := compare(field, 1 + lost, slips, where, 0, otherwise):
            return hint
    return None


@check
def exercise_4_2(cost):
    """All parameters with biases, and the multiply-adds for each pixel."""
    cases = [((64, 32), (9, 1, 5)), ((32, 16), (9, 3, 5)), ((10,), (3, 5)), ([8, 8, 4], [5, 3, 1, 3])]
    for filters, kernels in cases:
        where = f"for the filters {tuple(filters)} and the kernels {tuple(kernels)}: "
        given = _whole_numbers(ask(cost, filters, kernels), where)
        channels = [1, *filters, 1]
        layers = [f * f * n * m for f, n, m in zip(kernels, channels[:-1], channels[1:], strict=True)]
        weights, biases = sum(layers), sum(channels[1:])
        if given == (weights + biases, weights):
            continue
        return where + _cost_slip(*given, kernels, channels, layers, weights, biases)
    return None


def _cost_slip(parameters, multiply_adds, kernels, channels, layers, weights, biases):
    """The hint for wrong numbers of parameters or multiply-adds."""
    no_input = sum(f * f * m for f, m in zip(kernels, channels[1:], strict=True))
    line = sum(n // f for n, f in zip(layers, kernels, strict=True))
    sums = [
        (no_input, "a filter has weights for each of its input channels, n_(i-1); they are missing"),
        (line, "a filter is a square of f × f weights, not a line of f"),
        (sum(layers[:-1]), "the last layer is missing; it has one filter"),
        (sum(layers[1:]), "the first layer is missing; its input has one channel, the image"),
    ]
    if (parameters, multiply_adds) == (weights, weights + biases):
        return "the two numbers are swapped; the parameters come first"
    if parameters == weights + biases:
        slips = [
            (parameters, "adding a bias is no multiplication; do not count it as a multiply-add"),
            (2 * weights, "a multiplication and its addition are together one multiply-add"),
        ]
        return recognise(multiply_adds, slips + sums, 0) or "the parameters are right, the multiply-adds are not"
    for wrong, hint in sums:
        if multiply_adds == wrong or parameters - wrong in (0, biases):
            return hint
    slips = [
        (weights, "the biases are missing from the parameters"),
        (weights + biases - 1, "one bias is missing: the last layer has a filter, too"),
        (weights + sum(channels), "there is one bias too many: the input image has none"),
        (weights + len(kernels), "each filter has a bias of its own, not each layer"),
    ]
    if multiply_adds == weights:
        otherwise = "the weights are right, the biases are not; there is one for each filter of these layers"
    else:
        otherwise = "the number of parameters is wrong; compare with Eq. (4.11)"
    return recognise(parameters, slips, 0) or otherwise


def _whole_numbers(given, where):
    """The two whole numbers of an answer."""
    first, second = numbers(given, 2, where=where)
    if first != int(first) or second != int(second):
        raise Hint(f"{where}these should be whole numbers; got {first:g} and {second:g}")
    return int(first), int(second)


@check
def exercise_4_3(conv_layer):
    """A convolution without padding with several channels and filters."""
    rng = np.random.default_rng(4)
    for height, width, f, c, n in [(6, 8, 3, 1, 1), (7, 9, 3, 2, 4), (6, 5, 1, 3, 2), (11, 7, 5, 2, 3)]:
        Y, W = rng.normal(size=(height, width, c)), rng.normal(size=(f, f, c, n))
        B = rng.normal(size=n)
        where = f"Y {Y.shape}, W {W.shape}: "
        given, right = like(ask(conv_layer, Y, W, B), where=where), _conv(Y, W) + B
        if given.shape != right.shape:
            return where + _wrong_shape(given.shape, right, Y)
        one_channel = "only one input channel is used; the sum runs over all of them"
        slips = [
            (_conv(Y, W), "the biases are missing"),
            (_conv(Y, W) - B, "the biases have the wrong sign"),
            (_conv(Y, W[::-1, ::-1]) + B, "you turned the filter by 180°; Eq. (4.8) does not"),
            (_conv(Y, W.swapaxes(0, 1)) + B, "rows and columns of the filter are exchanged"),
            (np.maximum(0, right), "negative values are cut off; this layer has no ReLU"),
            (_conv(Y, W) + c * B, "the bias is added once for each input channel; it should be added once"),
            (_conv(Y[..., :1], W[:, :, :1]) + B, one_channel),
            (_conv(Y[..., -1:], W[:, :, -1:]) + B, one_channel),
            (_conv(Y, W) / (f * f * c) + B, "you took a mean where Eq. (4.8) has a sum"),
            (_lined_up(Y, W)[..., None] + B, "take one filter W[..., k] at a time; patch * W pairs the wrong numbers"),
            (_conv(Y, W).sum(2, keepdims=True) + B, "all filters are added up; keep one sum for each filter"),
        ]
        if hint := compare(given, right, slips, where):
            return hint
    return None


def _wrong_shape(shape, right, Y):
    """The hint for an output of the wrong shape."""
    height, width, n = right.shape
    if shape == (height, width) and n == 1:
        return f"the axis of the filters is missing; your shape is {shape}, with one filter it is still (…, …, 1)"
    if shape == (height, width):
        return "there is one output image; there should be one for each filter, on the last axis"
    if shape[:2] == Y.shape[:2]:
        return "the output is as large as the input; do not pad"
    if shape == (n, height, width):
        return "the filters are on the first axis; Keras has them on the last"
    if shape[:2] == (height - 1, width - 1):
        return "one row and one column are missing; how many places has a filter of 3 in a row of 5 pixels?"
    if shape == (width, height, n):
        return "rows and columns are exchanged"
    if len(shape) == 4:
        return "the input channels have an axis of their own in your result; they must be added up"
    return f"your shape is {shape}, expected {right.shape}"


@check
def exercise_4_4(relu_gradient):
    """The gradient of the mean squared error of a ReLU layer, for its filter and its bias."""
    rng = np.random.default_rng(5)
    for height, width, f, bias in [(6, 8, 3, 0.0), (9, 7, 3, 0.4), (8, 8, 5, -0.3), (6, 9, 1, 0.2)]:
        Y, W, X, B = _layer_with_both_signs(rng, height, width, f, bias)
        where = f"Y {Y.shape}, W {W.shape}, B = {B}: "
        given = ask(relu_gradient, Y, X, W, B)
        slope, bias_slope = parts(given, 2, "two things: dL/dW, an array, and dL/dB, a number", where)
        Z = _slide(Y, W) + B
        E = np.maximum(0, Z) - X
        right, right_bias = 2 / Z.size * _slide(Y, E * (Z > 0)), 2 / Z.size * np.sum(E * (Z > 0))
        slope = like(slope, where=where + "dL/dW: ")
        if slope.shape != right.shape:
            return where + f"dL/dW must have the filter's shape {right.shape}; yours is {slope.shape}"
        if hint := compare(slope, right, _slope_slips(Y, X, Z, B, right), where):
            return hint
        if np.shape(bias_slope) not in ((), (1,)):
            return where + f"dL/dB is one number; yours has the shape {np.shape(bias_slope)}"
        slips = [
            ([2 / Z.size * E.sum()], "the ReLU is missing in dL/dB; a silent pixel has no part in it"),
            ([right_bias * Z.size], "the loss is a mean; divide dL/dB by the number of output pixels"),
            ([right_bias / 2], "a factor of 2 is missing in dL/dB"),
            ([-right_bias], "the sign of dL/dB is wrong"),
        ]
        otherwise = "dL/dW is right, dL/dB is not; see Eq. (4.15)"
        if hint := compare(np.ravel(bias_slope), [right_bias], slips, where, otherwise=otherwise):
            return hint
    return None


def _slope_slips(Y, X, Z, B, right):
    E, N, active = np.maximum(0, Z) - X, Z.size, Z > 0
    errors = [
        (E, "the ReLU is missing in the gradient; a silent pixel has no part in it"),
        (Z - X, "the error must come after the ReLU, and a silent pixel has no part in it"),
        (np.maximum(0, E), "the mask looks at the error; it must look at what goes into the ReLU"),
        (E * (Z - B > 0), "the mask forgets the bias"),
        (E * (X > 0), "the mask looks at the truth X; it must look at what goes into the ReLU"),
    ]
    return [
        *[(2 / N * _slide(Y, wrong), hint) for wrong, hint in errors],
        (-right, "the sign is wrong; the error is the output minus the truth"),
        (right / 2, "a factor of 2 is missing; it comes from the square"),
        (right * N, "the loss is a mean; divide by the number of output pixels"),
        (right * N / 2, "a factor of 2 is missing, and the loss is a mean; divide by the number of pixels"),
        (right * N / active.sum(), "divide by all output pixels, also by the silent ones"),
        (right * N / Y.size, "you divided by the pixels of the input; the loss is a mean over the output"),
        (right[::-1, ::-1], "the result is turned by 180°; the error slides over the input as it is"),
        (right.T, "rows and columns of the filter are exchanged"),
    ]


@check
def exercise_4_5(sharpening_weights):
    """Weights of an SRCNN 9-1-5 that sharpen by hand."""
    rng = np.random.default_rng(6)
    photograph = rng.random((24, 26)) ** 3
    photograph[8:16, 9:20] = 3  # "any image that is not negative"
    inside = photograph[6:-6, 6:-6]
    given = _network(photograph, _six_arrays(ask(sharpening_weights, 0.0)))
    if not given.any():
        return "amount 0: nothing arrives at the output; follow one channel through all three layers"
    otherwise = "the network should return the image unchanged, as in Eq. (4.19); it does not"
    if hint := compare(given, inside, _unchanged_slips(photograph, given), "amount 0: ", 4e-5, otherwise):
        return hint
    for amount in (0.3, 1.0, 2.0):
        where = f"amount {amount}: "
        weights = _six_arrays(ask(sharpening_weights, amount), where)
        flat = _network(np.full((13, 13), 0.5), weights)[0, 0]
        otherwise = "the image is changed, but not by Eq. (4.21)"
        if abs(flat - 0.5) > 1e-5:
            otherwise = f"a flat image of 0.5 comes out as {flat:.3g}; by Eq. (4.21) it stays as it is"
        right = inside + amount * (inside - _mean_filter(photograph, 5))
        slips = _sharpening_slips(photograph, inside, amount)
        if hint := compare(_network(photograph, weights), right, slips, where, 4e-5, otherwise):
            return hint
    return None


def _unchanged_slips(photograph, given):
    for down, right in np.ndindex(13, 13):
        moved = photograph[down : down + 12, right : right + 14]
        yield moved, f"the image is shifted by ({down - 6}, {right - 6}) pixels; where is the middle of a filter?"
    inside = photograph[6:-6, 6:-6]
    brightness = given.sum() / inside.sum()
    yield brightness * inside, "the image has another brightness; it should come out unchanged"


def _sharpening_slips(photograph, inside, amount):
    blurred = {f: _mean_filter(photograph, f) for f in (3, 5, 7, 9)}
    detail = inside - blurred[5]
    one_sign = "Y - blur is negative in half of the places, and the ReLU removes that half; see Eq. (4.20)"
    return [
        (inside, "nothing is sharpened; do you use the amount?"),
        (np.maximum(0, inside + amount * detail), "negative results are cut to 0; which layer has no ReLU?"),
        (inside + amount * np.maximum(0, detail), one_sign),
        (inside + amount * 25 / 24 * detail, "the mean includes the pixel itself"),
        (inside - amount * detail, "this blurs; what is added, and what is taken away?"),
        (amount * detail, "only the detail is left; the image itself must come through as well"),
        (inside - amount * blurred[5], "flat areas change; Eq. (4.21) adds amount × Y, too"),
        (inside + amount * (inside - 25 * blurred[5]), "flat areas change; the blur is a mean, not a sum"),
        *[(inside + amount * (inside - blurred[f]), f"the blur is over {f} × {f} pixels") for f in (3, 7, 9)],
        *[(inside + a * detail, "the amount has no influence") for a in (0.3, 0.5, 1.0, 2.0)],
    ]


def _six_arrays(answer, where=""):
    """W1, B1, ..., B3 as float arrays, of an answer that is a list of them or a model."""
    shapes = {"W1": (9, 9, 1, 64), "B1": (64,), "W2": (1, 1, 64, 32), "B2": (32,), "W3": (5, 5, 32, 1), "B3": (1,)}
    answer = answer.get_weights() if hasattr(answer, "get_weights") else answer
    answer = parts(answer, 6, "a list of six arrays: W1, B1, W2, B2, W3, B3", where)
    if any(np.asarray(array).dtype.kind in "iu" for array in answer):
        raise Hint(f"{where}an array holds whole numbers, so fractions became 0; make it of floats, as np.zeros does")
    named = zip(answer, shapes.items(), strict=True)
    return [like(array, np.zeros(shape), f"{where}{name}: ") for array, (name, shape) in named]


def _network(image, weights):
    """Eq. (4.1) to (4.3) in NumPy."""
    W1, B1, W2, B2, W3, B3 = weights
    F1 = np.maximum(0, _conv(image[..., None], W1) + B1)
    F2 = np.maximum(0, _conv(F1, W2) + B2)
    return (_conv(F2, W3) + B3)[..., 0]


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


def _layer_with_both_signs(rng, height, width, f, bias):
    """Y, W, X, B where the ReLU cuts some pixels, keeps others, and none lies near its corner."""
    while True:
        Y, W = rng.normal(size=(height, width)), rng.normal(size=(f, f))
        Z = _slide(Y, W)
        some = 0.2 < np.mean(Z + bias > 0) < 0.8 and (bias == 0 or ((bias + Z > 0) != (Z > 0)).any())
        if some and abs(Z + bias).min() > 1e-3:
            return Y, W, rng.normal(size=Z.shape), bias


def _mean_filter(image, f):
    """The mean over f x f pixels around each pixel that a 9-1-5 network can return."""
    border = 6 - f // 2
    return _slide(image[border:-border, border:-border], np.full((f, f), 1 / f**2))
