"""Problem set 1, interpolation: a kernel, a shift, a constant, a border; twins of exercises 2.1, 2.2, 2.3 and 2.5."""

import numpy as np

from srcnn.checks._check import ask, compare, explain, like, number
from srcnn.checks.ch02 import moved
from teach.questions import Question, check

# Question 1.1: a cubic of Mitchell and Netravali's family


def bc(t, B, C):
    inner, outer = _pieces(np.abs(t), B, C)
    return np.where(np.abs(t) < 1, inner, np.where(np.abs(t) < 2, outer, 0.0))


def _pieces(t, B, C):
    inner = ((12 - 9 * B - 6 * C) * t**3 + (-18 + 12 * B + 6 * C) * t**2 + 6 - 2 * B) / 6
    return inner, B * _of_b(t) + C * _of_c(t)


def _of_b(t):
    return (-(t**3) + 6 * t**2 - 12 * t + 8) / 6


def _of_c(t):
    return -(t**3) + 5 * t**2 - 8 * t + 4


def _tenths(rng, low=1, high=9):
    return int(rng.integers(low, high + 1)) / 10


def _vary_kernel(rng):
    B, C = _tenths(rng), _tenths(rng)
    return {"B": B, "C": C if C != B else round(1 - B / 2, 2)}


def _show_kernel(B, C):
    return {"at_half": f"{bc(0.5, B, C):.4f}", "at_one_and_a_half": f"{bc(1.5, B, C):.4f}"}


@check
def kernel_check(kernel, rng, B, C):
    """The student's kernel, for arrays of distances of any type and shape."""
    t = np.sort(np.r_[rng.uniform(-3, 3, 60), -2, -1, 0, 1, 2])
    choice = "`t` is an array, and `if` cannot choose for all its numbers at once; use np.where"
    with explain({"truth value": choice}):
        given = ask(kernel, t)
    if problem := compare(given, bc(t, B, C)):
        return _kernel_slip(like(given, t), t, B, C) or f"{problem}; compare each coefficient with Eq. (1)"
    whole, table = np.arange(-3, 4), rng.uniform(-2.5, 2.5, (2, 3))
    if compare(ask(kernel, whole), bc(whole, B, C)):
        return "right for decimals, wrong for an array of whole numbers; does your result have their type?"
    return compare(ask(kernel, table), bc(table, B, C), where="right for a row of numbers; for an array of 2 × 3: ")


@check
def kernel_partly(kernel, rng, B, C):
    """The right weights for positive distances up to 2."""
    t = np.sort(rng.uniform(0.01, 1.99, 40))
    return compare(ask(kernel, t), bc(t, B, C))


def _kernel_slip(given, t, B, C):
    right, (inner, outer) = bc(t, B, C), _pieces(np.abs(t), B, C)
    near, far = np.abs(t) < 0.99, np.abs(t) > 2
    middle = ~near & ~far & (np.abs(t) > 1.01)
    tests = [
        (..., 6 * right, "six times too large: the factor 1/6 of Eq. (1) is missing"),
        (..., bc(t, C, B), "B and C are swapped"),
        (..., bc(t, 1 / 3, 1 / 3), f"this is the kernel of Exercise 2.1; yours has B = {B} and C = {C}"),
        (..., bc(t, 0, C), "this is the kernel for B = 0"),
        (t >= 0, right, "right for positive t, wrong for negative t: the kernel looks at the distance, |t|"),
        (~far, right, "right up to |t| = 2; beyond it the weight must be 0"),
        (near | middle, np.where(near, outer, inner), "the two pieces are swapped: which one is for |t| < 1?"),
        (near, right, "right for |t| < 1; look at the piece for 1 ≤ |t| < 2 again"),
        (middle, right, "right for 1 ≤ |t| < 2; look at the piece for |t| < 1 again"),
    ]
    return next((hint for places, values, hint in tests if compare(given[places], values[places]) is None), None)


# Question 1.2: where does a program move the picture?

DIRECTIONS = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
UNITS = ("enlarged", "small")


def _vary_shift(rng):
    while True:
        direction, unit = rng.choice(list(DIRECTIONS)), rng.choice(UNITS)
        if (direction, unit) != ("right", "enlarged"):  # that is Exercise 2.2
            return {"direction": str(direction), "unit": str(unit)}


def _moved(direction, unit, scale, across, down):
    """How far the picture has moved: it shows what belongs further right, so it stands further left."""
    x, y = DIRECTIONS[direction]
    return -(x * across + y * down) * (scale if unit == "enlarged" else 1)


def _show_shift(direction, unit):
    return {"expected": f"{_moved(direction, unit, 3, 1 / 3, 1 / 6):.3f}"}


def _cases(rng):
    """(scale, across, down): no shift first, then several that differ along the axes."""
    yield 3, 0.0, 0.0
    for scale in rng.permutation([2, 3, 4, 5]):
        across, down = rng.uniform(0.1, 0.25), rng.uniform(0.3, 0.45)
        signs = rng.choice([-1, 1], 2)
        yield int(scale), *(rng.permutation([across, down]) * signs)


@check
def shift_check(shift_of, rng, direction, unit):
    """The shift of unknown programs, also of such as bend ramps."""
    if hint := _shifts(shift_of, rng, direction, unit):
        return hint
    scale, a = int(rng.integers(2, 4)), -rng.uniform(0.7, 0.9)
    given = number(ask(shift_of, moved(0, 0, lambda t: bc(t, 0, -a)), scale))
    if abs(given) > 0.05 / (scale if unit == "small" else 1):
        return (
            f"a program with a = {a:.2f} at ×{scale} does not move the picture, but it bends ramps, and you find "
            f"{given:.2f}; take the mean over whole old pixels, not a single place"
        )
    return None


@check
def shift_partly(shift_of, rng, direction, unit):
    """The shift of programs that keep ramps straight."""
    return _shifts(shift_of, rng, direction, unit)


def _shifts(shift_of, rng, direction, unit):
    found = []
    for scale, across, down in _cases(rng):
        given = number(ask(shift_of, moved(across, down, lambda t: bc(t, 0, 0.5)), scale))
        found.append(given)
        slips = _shift_slips(given, direction, unit, scale, across, down, always_zero=not any(found))
        otherwise = f"{given:.3g} is not right; does your ramp rise by 1 a pixel, and do your places know the scale?"
        right = _moved(direction, unit, scale, across, down)
        if hint := compare(given, right, slips, f"for one program at ×{scale}: ", 1e-3, otherwise):
            return hint
    return None


def _shift_slips(given, direction, unit, scale, across, down, always_zero):
    right = _moved(direction, unit, scale, across, down)
    if always_zero:
        yield 0, "you return 0; does your number depend on what `enlarge` returns?"
    for other_unit in UNITS:
        for other in DIRECTIONS:
            wrong = "" if other_unit == unit else f", and in pixels of the {other_unit} picture"
            hint = (
                f"this is how far it moves {other}{wrong}; return how far {direction}, in pixels of the {unit} picture"
            )
            yield _moved(other, other_unit, scale, across, down), hint
    one = 1 if unit == "enlarged" else 1 / scale
    for half in (right + one * (scale - 1) / 2, right - one * (scale - 1) / 2):
        yield half, "you compare with the places j / r; the right ones have half-pixel centres, Eq. (2.9)"
    if right != round(right) and given == round(given):
        yield given, "do not round; a shift can be a part of a pixel"
    if abs(given - right) < 0.25 * one:
        yield given, "nearly right; leave out the pixels near the border, where there is no ramp to read"


# Question 1.3: the constant of a family


@check
def constant_check(find_C, rng, B):
    """The constant C of unknown cubics with the student's B."""
    constants = rng.permutation([0.0, *rng.uniform(0.1, 0.95, 4)])
    found = np.array([number(ask(find_C, moved(0, 0, lambda t, C=C: bc(t, B, C)))) for C in constants])
    if compare(found, constants, tolerance=1e-3) is None:
        return None
    if np.ptp(found) < 1e-9:
        return f"you return {found[0]:.3g} for every function; use what `enlarge` returns"
    if abs(found - constants).max() <= 0.06 and np.allclose(found, np.round(found, 1)):
        return "do not round"
    factor, rest = np.polyfit(constants, found, 1)
    worst = np.abs(found - constants).argmax()
    if abs(factor * constants + rest - found).max() > 1e-6:
        if abs(np.polyval(np.polyfit(constants, found, 2), constants) - found).max() < 1e-6:
            return "the kernel acts along both axes, so beside one bright pixel you read a product; light up a line"
        return f"for C = {constants[worst]:.3f} you find {found[worst]:.3g}; draw the row that `enlarge` returns"
    if abs(factor + 1) < 1e-3 and abs(rest) < 1e-3:
        return "the sign is wrong; a = −C only for B = 0, and here C is asked"
    if abs(factor - 1) < 1e-3:
        return f"you are off by {rest:.3g} whatever C is: a part of the weight belongs to B, subtract it first"
    if abs(rest) < 1e-3:
        return f"your numbers are {factor:.3g} times C; divide by what stands at C in Eq. (1), at your distance t"
    return "your number contains more than C; subtract B's part of the weight, then divide by what stands at C"


def _show_constant(B):
    return {f"w{quarters}": float(f"{bc(quarters / 4, B, 0.4):.10f}") for quarters in (1, 3, 5, 7)}


# Question 1.4: another border

BORDERS = {
    "reflect": ("mirrored in the centre of its edge pixels", "3 | 2 | 1 | | N − 2 | N − 3 | N − 4"),
    "edge": ("continued by its edge pixels", "0 | 0 | 0 | | N − 1 | N − 1 | N − 1"),
    "wrap": ("repeated as on a wallpaper", "N − 3 | N − 2 | N − 1 | | 0 | 1 | 2"),
}


def _vary_border(rng):
    return {"border": str(rng.choice(list(BORDERS))), "a": float(rng.choice([-0.6, -0.7, -0.75, -0.8, -0.9]))}


def _show_border(border, a):
    grown, shrunk = matrix_of(6, 12, border, a), matrix_of(12, 4, border, a)
    return {
        "how": BORDERS[border][0],
        "table": BORDERS[border][1],
        "corner": f"{grown[0, 0]:.4f}",
        "second": f"{shrunk[0, 1]:.4f}",
    }


def matrix_of(n_in, n_out, border, a, *, stretch=True, normalise=True, add=True, half=True):
    """The cubic matrix with this border, with one of the usual slips on request."""
    width = max(1, n_in / n_out) if stretch else 1
    reach = int(np.ceil(2 * width)) + 1
    places = np.arange(-reach, n_in + reach)
    x = (np.arange(n_out) + 0.5) * n_in / n_out - 0.5 if half else np.arange(n_out) * n_in / n_out
    weights = bc((x[:, None] - places) / width, 0, -a)
    if border == "drop":
        weights, places = weights[:, reach:-reach], places[reach:-reach]
    if normalise:
        weights = weights / weights.sum(1, keepdims=True)
    turn, double = places % (2 * n_in - 2), places % (2 * n_in)
    source = {
        "drop": places,
        "edge": places.clip(0, n_in - 1),
        "wrap": places % n_in,
        "reflect": np.where(turn < n_in, turn, 2 * n_in - 2 - turn),
        "symmetric": np.where(double < n_in, double, 2 * n_in - 1 - double),
    }[border]
    matrix = np.zeros((n_out, n_in))
    for column, pixel in zip(weights.T, source, strict=True):
        matrix[:, pixel] = matrix[:, pixel] + column if add else column
    return matrix


def _border_slips(n_in, n_out, border, a):
    yield matrix_of(n_in, n_out, "drop", a), "the weights outside are dropped; add them to the right columns"
    for other in (*BORDERS, "symmetric"):
        if other != border:
            yield matrix_of(n_in, n_out, other, a), "another border: look again at which pixel stands at which place"
    yield matrix_of(n_in, n_out, border, -0.5), f"this is a = −1/2; yours is {a}"
    yield matrix_of(n_in, n_out, border, a, add=False), "where places meet in one pixel, their weights must be added"
    yield (
        matrix_of(n_in, n_out, border, a, stretch=False),
        "the kernel is not stretched when the row shrinks, Eq. (2.12)",
    )
    yield (
        matrix_of(n_in, n_out, border, a, normalise=False),
        "the rows do not sum to 1; divide by the sum of the weights",
    )
    yield matrix_of(n_in, n_out, border, a, half=False), "the places of the new pixels are not those of Eq. (2.9)"


def _matrices(border_matrix, sizes, border, a):
    for n_in, n_out in sizes:
        where, right = f"from {n_in} to {n_out} pixels: ", matrix_of(n_in, n_out, border, a)
        given = like(ask(border_matrix, n_in, n_out), where=where)
        if given.shape == (n_in, n_out) and n_in != n_out:
            return where + f"your shape is {given.shape}; a row of the matrix belongs to a *new* pixel"
        slips = _border_slips(n_in, n_out, border, a)
        if hint := compare(given, right, slips, where, otherwise="the values are not right; look at the first row"):
            return hint
    return None


@check
def border_check(border_matrix, rng, border, a):
    """The matrix of a cubic with a border, growing and shrinking."""
    n, more = (int(k) for k in rng.integers(5, 9, 2))
    sizes = [(n, 2 * n), (3 * n, n), (n, n + more), (n + more, n), (more, more)]
    return _matrices(border_matrix, sizes, border, a)


@check
def border_partly(border_matrix, rng, border, a):
    """The same for rows that grow."""
    n, more = (int(k) for k in rng.integers(5, 9, 2))
    return _matrices(border_matrix, [(n, 2 * n), (n, n + more)], border, a)


QUESTIONS = {
    "1.1": Question("kernel", 8, 15, kernel_check, _vary_kernel, _show_kernel, kernel_partly),
    "1.2": Question("shift_of", 10, 25, shift_check, _vary_shift, _show_shift, shift_partly),
    "1.3": Question("find_C", 10, 15, constant_check, lambda rng: {"B": _tenths(rng)}, _show_constant),
    "1.4": Question("border_matrix", 12, 30, border_check, _vary_border, _show_border, border_partly),
}
