"""The checks of chapter 4: shapes and cost, a whole layer, weights by hand."""

import numpy as np

from ._check import Hint, ask, check, compare, decimal, like, numbers, parts, recognise, whole


@check
def exercise_4_1(identify, rng):
    """The receptive field, the parameters and the multiply-adds of a list of weights."""
    cases = [((64, 32), (9, 1, 5)), ((10,), (3, 5)), ((8, 8, 4), (5, 3, 1, 3)), ((), (7,)), ((2, 3), (1, 1, 1))]
    cases.append((whole(rng, (2, 20), (2, 20)), tuple(2 * half + 1 for half in whole(rng, (0, 4), (0, 4), (0, 4)))))
    for filters, kernels in cases:
        where = f"for the filters {filters} and the kernels {kernels}: "
        weights = _weights(filters, kernels)
        given = _whole_numbers(ask(identify, weights), where)
        field, work = 1 + sum(kernels) - len(kernels), sum(array.size for array in weights[::2])
        right = (field, sum(array.size for array in weights), work)
        if given == right:
            continue
        if sorted(given) == sorted(right):
            return where + "the order is: the receptive field, the parameters, the multiply-adds"
        hint = _field_slip(given[0], kernels, right[0]) or _cost_slip(given[1], given[2], weights, right)
        return where + hint
    return None


def _weights(filters, kernels):
    """W1, B1, W2, B2, ... of an SRCNN, as get_weights() gives them."""
    channels = [1, *filters, 1]
    arrays = []
    for f, c, n in zip(kernels, channels[:-1], channels[1:], strict=True):
        arrays += [np.zeros((f, f, c, n)), np.zeros(n)]
    return arrays


def _field_slip(field, kernels, right):
    """The hint for a wrong receptive field, or None."""
    slips = [
        (sum(kernels), "the receptive field is too large: neighbouring filters overlap, a layer adds less than f"),
        (right - 1, "the receptive field forgets a pixel; what does a 1 × 1 filter see?"),
        (np.prod(kernels), "the layers add to the receptive field, they do not multiply it"),
        (right**2, "return the side of the receptive field, not its area"),
        (max(kernels), "the receptive field counts only the largest layer"),
        (1 + sum(f // 2 for f in kernels), "the receptive field has two sides; you took one"),
    ]
    return None if field == right else recognise(field, slips, 0) or "the receptive field is wrong; use Eq. (4.9)"


def _cost_slip(parameters, multiply_adds, weights, right):
    """The hint for wrong numbers of parameters or multiply-adds."""
    _, both, work = right
    kernels, biases = weights[::2], sum(array.size for array in weights[1::2])
    if parameters != both:
        slips = [
            (work, "the biases are missing from the parameters"),
            (both - 1, "one bias is missing: the last layer has a filter, too"),
            (work + len(kernels), "each filter has a bias of its own, not each layer"),
            (biases, "these are only the biases; the kernels are missing from the parameters"),
            (sum(len(array) for array in weights), "`len` is the first side of an array; `size` counts its numbers"),
        ]
        return recognise(parameters, slips, 0) or "the parameters are wrong: every number of every array is one"
    slips = [
        (both, "adding a bias is no multiplication; do not count it as a multiply-add"),
        (2 * work, "a multiplication and its addition are together one multiply-add"),
        (sum(k.shape[0] ** 2 * k.shape[3] for k in kernels), "a filter has weights for each of its input channels"),
        (sum(k.shape[0] ** 2 for k in kernels), "a layer has many filters, each with weights for every input channel"),
        (sum(k.size for k in kernels[:-1]), "the last layer is missing from the multiply-adds"),
        (sum(k.size for k in kernels[1:]), "the first layer is missing from the multiply-adds"),
    ]
    return recognise(multiply_adds, slips, 0) or "the parameters are right, the multiply-adds are not; see Eq. (4.10)"


def _whole_numbers(given, where):
    """The three whole numbers of an answer."""
    found = numbers(given, 3, "three numbers", where)
    if any(number != int(number) for number in found):
        raise Hint(f"{where}these should be whole numbers; got {', '.join(f'{number:g}' for number in found)}")
    return tuple(int(number) for number in found)


@check
def exercise_4_2(conv_layer, rng):
    """A convolution without padding with several channels and filters."""
    sizes = [(6, 8, 3, 1, 1), (7, 9, 3, 2, 4), (6, 5, 1, 3, 2), (11, 7, 5, 2, 3)]
    sizes.append(whole(rng, (5, 9), (5, 9), (2, 4), (2, 4), (2, 4)))
    for height, width, f, c, n in sizes:
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
            (_conv(Y, W[::-1, ::-1]) + B, "you turned the filter by 180°; Eq. (4.7) does not"),
            (_conv(Y, W.swapaxes(0, 1)) + B, "rows and columns of the filter are exchanged"),
            (np.maximum(0, right), "negative values are cut off; this layer has no ReLU"),
            (_conv(Y, W) + c * B, "the bias is added once for each input channel; it should be added once"),
            (_conv(Y[..., :1], W[:, :, :1]) + B, one_channel),
            (_conv(Y[..., -1:], W[:, :, -1:]) + B, one_channel),
            (_conv(Y, W) / (f * f * c) + B, "you took a mean where Eq. (4.7) has a sum"),
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
def exercise_4_3(sharpening_weights, rng):
    """Weights of an SRCNN 9-1-5 that sharpen by hand."""
    return _wrong_sharpening(sharpening_weights, rng)


@check
def exercise_4_4(sharpening_first, rng):
    """Weights of an SRCNN 9-1-5 that sharpen in their first layer."""
    for amount in (0.3, 1.0):
        outside = _six_arrays(ask(sharpening_first, amount))[4].copy()
        outside[2, 2] = 0
        if outside.any():
            return f"amount {amount}: W3 has weights outside its middle; all of the sharpening must happen in F1"
    return _wrong_sharpening(sharpening_first, rng)


def _wrong_sharpening(sharpening_weights, rng):
    """The hint for weights that do not compute Eq. (4.12), or None."""
    photograph = rng.random((24, 26)) ** 3
    photograph[8:16, 9:20] = 3  # "any image that is not negative"
    inside = photograph[6:-6, 6:-6]
    given = _network(photograph, _six_arrays(ask(sharpening_weights, 0.0)))
    if not given.any():
        return "amount 0: nothing arrives at the output; follow one channel through all three layers"
    otherwise = "the network should return the image unchanged; it does not"
    if hint := compare(given, inside, _unchanged_slips(photograph, given), "amount 0: ", 4e-5, otherwise):
        return hint
    for amount in (0.3, 1.0, 2.0, decimal(rng, 0.4, 2.5)):
        where = f"amount {amount}: "
        weights = _six_arrays(ask(sharpening_weights, amount), where)
        flat = _network(np.full((13, 13), 0.5), weights)[0, 0]
        otherwise = "the image is changed, but not by Eq. (4.12)"
        if abs(flat - 0.5) > 1e-5:
            otherwise = f"a flat image of 0.5 comes out as {flat:.3g}; by Eq. (4.12) it stays as it is"
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
    one_sign = "Y - blur is negative in half of the places, and a ReLU removes that half; spend a pair of filters"
    return [
        (inside, "nothing is sharpened; do you use the amount?"),
        (
            np.maximum(0, inside + amount * detail),
            "negative results are cut to 0; which layer has no ReLU, which pair of filters has both signs?",
        ),
        (inside + amount * np.maximum(0, detail), one_sign),
        (inside + amount * 25 / 24 * detail, "the mean includes the pixel itself"),
        (inside - amount * detail, "this blurs; what is added, and what is taken away?"),
        (amount * detail, "only the detail is left; the image itself must come through as well"),
        (inside - amount * blurred[5], "flat areas change; Eq. (4.12) adds amount × Y, too"),
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
    """Eq. (4.7) without the bias: (H, W, c) and (f, f, c, n)."""
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


def _mean_filter(image, f):
    """The mean over f x f pixels around each pixel that a 9-1-5 network can return."""
    border = 6 - f // 2
    return _slide(image[border:-border, border:-border], np.full((f, f), 1 / f**2))
