"""The checks of chapter 2: a kernel, a shift, a constant, a bill, a border."""

import numpy as np

from .. import resample
from ._check import ask, check, compare, decimal, explain, like, number, numbers, recognise, whole


@check
def exercise_2_1(mitchell, rng):
    """Mitchell and Netravali's kernel of an array of distances."""
    t = np.concatenate([np.linspace(-3, 3, 25), rng.uniform(-3, 3, 15)])
    choice = "`t` is an array, and `if` cannot choose for all its numbers at once; use np.where"
    with explain({"truth value": choice}):
        given = ask(mitchell, t)
    if problem := compare(given, _mitchell(t)):
        return _mitchell_slip(like(given, t), t) or f"{problem}; compare each coefficient with Eq. (2.13)"
    whole, table = np.arange(-3, 4), rng.uniform(-2.5, 2.5, (2, 2))
    if compare(ask(mitchell, whole), _mitchell(whole)):
        return "right for decimals, wrong for an array of whole numbers; does your result have their type?"
    return compare(ask(mitchell, table), _mitchell(table), where="right for a row of numbers; for an array of 2 × 2: ")


def _mitchell_slip(given, t):
    """The hint for wrong weights of an array of distances, or None: where are they right?"""
    right, (inner, outer) = _mitchell(t), _mitchell_pieces(np.abs(t))
    near, middle, far = np.abs(t) < 0.99, (np.abs(t) > 1.01) & (np.abs(t) < 1.99), np.abs(t) > 2
    tests = [
        (..., 6 * right, "six times too large: one factor of Eq. (2.13) is missing"),
        (t >= 0, right, "right for positive t, wrong for negative t: the kernel looks at the distance, |t|"),
        (~far, right, "right up to |t| = 2; beyond it the weight must be 0"),
        (near | middle, np.where(near, outer, inner), "the two pieces are swapped: which one is for |t| < 1?"),
        (..., _keys(t, -0.5), "this is Keys' kernel; Mitchell's does not give 1 at t = 0"),
        (near, right, "right for |t| < 1; look at the piece for 1 ≤ |t| < 2 again"),
        (middle, right, "right for 1 ≤ |t| < 2; look at the piece for |t| < 1 again"),
    ]
    return next((hint for places, values, hint in tests if compare(given[places], values[places]) is None), None)


@check
def exercise_2_2(shift_of, rng):
    """The shift of an unknown enlargement, found with a ramp."""
    cases = [(3, 0.0, 0.0), (3, 1 / 3, 1 / 3), (2, 1 / 4, 1 / 4), (4, 3 / 8, 3 / 8), (2, -0.25, 0.1), (3, 0.0, 0.4)]
    cases.append((*whole(rng, (2, 4)), decimal(rng, 0.1, 0.4), decimal(rng, -0.4, 0.4)))
    found = []
    for scale, across, down in cases:
        given = number(ask(shift_of, moved(across, down), scale))
        found.append(given)
        slips = _shift_slips(given, scale, across, down, always_zero=not any(found))
        otherwise = f"{given:.3g} is not right; does your ramp rise by 1 a pixel, and do your places know the scale?"
        if hint := compare(given, -scale * across, slips, f"for one program at ×{scale}: ", 1e-3, otherwise):
            return hint
    for scale in (2, 3):
        given = number(ask(shift_of, moved(0, 0, kernel=lambda t: _keys(t, -0.75)), scale))
        if abs(given) > 0.05:
            return (
                f"a program with a = -3/4 at ×{scale} does not move the picture, but it bends ramps, and you find "
                f"{given:.2f}; take the mean over whole old pixels, not a single place"
            )
    return None


def _shift_slips(given, scale, across, down, always_zero):
    right = -scale * across
    if always_zero:
        yield 0, "you return 0; does your number depend on what `enlarge` returns?"
    yield -right, "the sign is wrong; a pixel that reads too far right shows what belongs to its right"
    yield -across, "this is the shift in pixels of the small image; return pixels of the enlarged one"
    yield across, "the sign is wrong, and so is the unit: return pixels of the enlarged image"
    if across != down:
        for turned in (scale * down, -scale * down):
            yield turned, "you found how far the picture moved down; let the ramp rise along each row"
    if right != round(right):
        for rounded in (np.floor(right), np.ceil(right)):
            yield rounded, "do not round; a shift can be a part of a pixel"
    for half in (right + (scale - 1) / 2, right - (scale - 1) / 2):
        yield half, "you compare with the places j / r; the right ones have half-pixel centres, Eq. (2.9)"
    if abs(given - right) < 0.25:
        yield given, "nearly right; leave out the pixels near the border, where there is no ramp to read"


@check
def exercise_2_3(find_a, rng):
    """The constant of an unknown Keys kernel."""
    constants = np.array([-0.5, -0.75, -0.62, -1.0, -0.3, decimal(rng, -1, -0.3), decimal(rng, -1, -0.3)])
    programs = [moved(0, 0, kernel=lambda t, a=a: _keys(t, a)) for a in constants]
    found = np.array([number(ask(find_a, program)) for program in programs])
    if compare(found, constants, tolerance=1e-3):
        return _constant_slip(found, constants)
    given = number(ask(find_a, resample.enlarge))
    border = f"for resample.enlarge you find {given:.3g}; its border is another one, so keep your line away from it"
    return compare(given, -0.5, tolerance=1e-3, otherwise=border)


def _constant_slip(found, constants):
    """The hint for wrong constants: what are they instead?"""
    worst = np.abs(found - constants).argmax()
    example = f"for a = {constants[worst]} you find {found[worst]:.3g}; "
    if np.ptp(found) < 1e-9:
        return f"you return {found[0]:.3g} for every function; use what `enlarge` returns"
    if abs(found - constants).max() < 0.13 and np.ptp(found - constants) > 1e-3:
        return example + "do not round"
    ratio = found / constants
    slips = [
        (0 * ratio - 1, "the sign is wrong: for all these functions a is negative"),
        (0 * ratio - 2, "you divide by the weight for a = -1/2; divide by the polynomial alone, without its factor a"),
    ]
    if hint := recognise(ratio, slips, 1e-3):
        return hint
    if np.ptp(ratio) < 1e-3 and abs(ratio[0]) < 1:
        return "this is a weight, a times a number; divide by that number, the polynomial at your distance t"
    if np.ptp(ratio) < 1e-3:
        return f"your numbers are {ratio[0]:.3g} times a; how bright is your line, and at which distance do you read?"
    if np.ptp(ratio / constants) < 1e-3:
        return "the kernel acts along both axes, so beside one bright pixel you read a product; light up a whole line"
    straight = np.polyval(np.polyfit(constants, found, 1), constants)
    if compare(found, straight, tolerance=1e-6) is None:
        return "your number contains more than a; read a pixel whose distance from the line is between 1 and 2"
    return example + "draw the row that `enlarge` returns and find the line"


@check
def exercise_2_4(multiplications, rng):
    """The multiplications of the separable and of the direct way."""
    rows, columns, drawn, reach = whole(rng, (10, 90), (10, 90), (2, 5), (2, 4))
    sizes = [(240, 96, 4, 3), (510, 510, 3, 2), (120, 480, 2, 2), (36, 60, 3, 3)]
    for height, width, scale, support in [*sizes, (rows * drawn, columns * drawn, drawn, reach)]:
        where = f"for {height} × {width}, scale {scale}, support {support}: "
        taps, rows, columns = 2 * support * scale, height // scale, width // scale
        first, second = numbers(
            ask(multiplications, height, width, scale, support), 2, "two numbers: separable, direct"
        )
        separable, direct = taps * (height * columns + rows * columns), rows * columns * taps**2
        if (first, second) == (direct, separable):
            return where + "the two numbers are swapped; separable comes first"
        slips = _separable_slips(height, width, scale, support)
        otherwise = "count how many pixels each of the two steps makes"
        if hint := compare(first, separable, slips, where + "the first number: ", 0, otherwise):
            return hint
        slips = [
            (rows * columns * (2 * support) ** 2, "the kernel is stretched along both axes"),
            (rows * columns * (support * scale) ** 2, "the kernel reaches `support` to both sides"),
            (rows * columns * taps, "the sum runs over a square, not over a line"),
            (rows * columns * 2 * taps, "the sum runs over a square; a square of side n has n times n pixels"),
            (height * width * taps**2, "count for each new pixel, not for each old one"),
        ]
        otherwise = "new pixels, times old pixels in the square"
        if hint := compare(second, direct, slips, where + "the second number: ", 0, otherwise):
            return hint
    return None


def _separable_slips(height, width, scale, support):
    taps, rows, columns = 2 * support * scale, height // scale, width // scale
    made = height * columns + rows * columns  # pixels, by the two steps
    return [
        (2 * support * made, "the kernel is stretched when the image shrinks; your kernel is not"),
        (support * scale * made, "the kernel reaches `support` to the left and to the right"),
        ((2 * support + scale) * made, "the kernel gets `scale` times as wide, not wider by `scale`"),
        (taps * height * columns, "the second step is missing"),
        (taps * rows * columns, "the first step is missing: all `height` rows are shrunk"),
        (2 * taps * rows * columns, "the first step works on all `height` rows, not only on the new ones"),
        (2 * taps * height * columns, "the second step makes fewer pixels: its result has the new height, too"),
        (taps * (height * width + rows * columns), "the first step makes rows of the new width, not of the old"),
        (2 * taps * height * width, "count for each pixel that is made, not for each old one"),
        (rows * columns * taps**2, "the separable way never sums over a square; it needs `taps` products a pixel"),
        (4 * scale * made, "you take a support of 2; use the argument `support`"),
    ]


ADD = (
    "where several places meet in one pixel, their weights must be added; NumPy's `A[j, q] += w` with a list q uses "
    "each column once: take a loop, or np.add.at"
)
MATRIX_SLIPS = [
    ({"border": "drop"}, "the weights outside are dropped, as in `weights_at`; add them to the right columns"),
    ({"border": "edge"}, "you repeat the edge pixel; one step further outside stands the next pixel inside"),
    ({"border": "reflect"}, "the mirror lies beside the edge pixel, not in it: what stands at the place −1?"),
    ({"border": "wrap"}, "you go round to the other end of the row; the border is a mirror"),
    ({"add": False}, ADD),
    ({"add": False, "normalise": False}, ADD),
    ({"add": False, "normalise": False, "late": True}, ADD),
    ({"stretch": False}, "the kernel is not stretched when the image shrinks, Eq. (2.12)"),
    ({"normalise": False}, "the rows do not sum to 1; divide by the sum of the weights"),
    ({"border": "drop", "normalise": False}, "the weights outside are missing; the rows do not sum to 1"),
    ({"a": -0.75}, "this is a = -3/4; the papers' kernel has a = -1/2"),
    ({"half": False}, "the places of the new pixels are not those of Eq. (2.9)"),
]


@check
def exercise_2_5(mirrored_matrix, rng):
    """The bicubic resampling matrix with a mirrored border."""
    drawn = [whole(rng, (6, 18), (4, 18)) for _ in range(2)]
    for n_in, n_out in [(6, 12), (18, 6), (5, 15), (12, 12), (10, 7), (9, 13), (16, 4), *drawn]:
        where = f"from {n_in} to {n_out} pixels: "
        given, right = like(ask(mirrored_matrix, n_in, n_out), where=where), _matrix(n_in, n_out)
        if compare(given, right) is None:
            continue
        if given.shape == (n_in, n_out) and n_in != n_out:
            return where + f"your shape is {given.shape}; a row of the matrix belongs to a *new* pixel"
        given = like(given, right, where)
        sums = given.sum(axis=1)
        otherwise = None
        if np.abs(sums - 1).max() > 1e-4:
            otherwise = f"each row should sum to 1; one of yours sums to {sums[np.abs(sums - 1).argmax()]:.3g}"
        elif n_in >= 12 and n_out >= 6 and compare(given[n_out // 2], right[n_out // 2]) is None:
            otherwise = "the middle rows are right; look at the rows near the border, place by place"
        slips = ((_matrix(n_in, n_out, **slip), hint) for slip, hint in MATRIX_SLIPS)
        return compare(given, right, slips, where, otherwise=otherwise)
    return None


def _mitchell_pieces(t):
    return (7 * t**3 - 12 * t**2 + 16 / 3) / 6, (-7 / 3 * t**3 + 12 * t**2 - 20 * t + 32 / 3) / 6


def _mitchell(t):
    inner, outer = _mitchell_pieces(np.abs(t))
    return np.where(np.abs(t) < 1, inner, np.where(np.abs(t) < 2, outer, 0.0))


def _keys(t, a):
    t = np.abs(t)
    inner, outer = (a + 2) * t**3 - (a + 3) * t**2 + 1, a * (t**3 - 5 * t**2 + 8 * t - 4)
    return np.where(t <= 1, inner, np.where(t < 2, outer, 0.0))


def moved(across, down, kernel=lambda t: _keys(t, -0.5)):
    """A program that enlarges with `kernel` and reads so many old pixels too far right and down (question 1.2, too)."""

    def axis(n, scale, offset):
        weights = kernel(((np.arange(n * scale) + 0.5) / scale - 0.5 + offset)[:, None] - np.arange(-4, n + 4))
        matrix = np.zeros((n * scale, n))
        for column, pixel in zip(weights.T, np.arange(-4, n + 4).clip(0, n - 1), strict=True):
            matrix[:, pixel] += column
        return matrix

    def enlarge(image, scale):
        image = np.asarray(image, float)
        if image.ndim != 2:
            raise ValueError(f"enlarge() wants an image (H, W); this has shape {image.shape}")
        return axis(image.shape[0], scale, down) @ image @ axis(image.shape[1], scale, across).T

    return enlarge


def _matrix(n_in, n_out, *, border="mirror", a=-0.5, stretch=True, normalise=True, add=True, half=True, late=False):
    """The bicubic matrix, right by default, with one of the usual slips on request."""
    width = max(1, n_in / n_out) if stretch else 1
    reach = int(np.ceil(2 * width)) + 1
    places = np.arange(-reach, n_in + reach)
    x = (np.arange(n_out) + 0.5) * n_in / n_out - 0.5 if half else np.arange(n_out) * n_in / n_out
    weights = _keys((x[:, None] - places) / width, a)
    inside = (places >= 0) & (places < n_in)
    if border == "drop":
        places, weights = places[inside], weights[:, inside]
    if normalise:
        weights = weights / weights.sum(1, keepdims=True)
    period = 2 * n_in if border != "reflect" else 2 * n_in - 2
    folded = places % period
    source = {
        "drop": places,
        "edge": places.clip(0, n_in - 1),
        "wrap": places % n_in,
        "mirror": np.where(folded < n_in, folded, period - 1 - folded),
        "reflect": np.where(folded < n_in, folded, period - folded),
    }[border]
    matrix = np.zeros((n_out, n_in))
    for column, pixel in zip(weights.T, source, strict=True):
        matrix[:, pixel] = matrix[:, pixel] + column if add else column
    return matrix / matrix.sum(1, keepdims=True) if late else matrix
