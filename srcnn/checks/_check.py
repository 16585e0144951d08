"""What all checks share: a verdict that never raises, questions to a reader's function, comparisons that name slips."""

import contextlib
import functools
import inspect
import tracemalloc
from pathlib import Path

import numpy as np


class Hint(Exception):
    """Ends a check: what is wrong with the answer, in one line. Its text is what the reader sees."""


def check(function):
    """Make a check of a function that returns None if the answer is right, and returns or raises a hint otherwise.

    The function's name, exercise_2_1, names the exercise. Whatever the reader's code raises becomes a hint.
    A check with a parameter `rng` draws its inputs from it: the same ones each time, and others by .hint(f, seed=7).
    One without it has nothing to draw, as its docstring says. Other options of .hint are passed on.
    """
    draws = "rng" in inspect.signature(function).parameters

    @functools.wraps(function)
    def hint(*answer, seed=0, **options):
        drawn = {"rng": np.random.default_rng(seed)} if draws else {}
        try:
            return function(*answer, **drawn, **options)
        except Hint as found:
            return str(found)
        except NotImplementedError:
            return "not written yet: replace the line that raises NotImplementedError"
        except Exception as error:
            return f"your code raised {type(error).__name__}: {' '.join(str(error).split())}"

    @functools.wraps(function)
    def report(*answer):
        label = "Exercise " + function.__name__.removeprefix("exercise_").replace("_", ".")
        message = hint(*answer)
        print(f"✓ {label}" if message is None else f"✗ {label}: {message}")

    report.hint = hint
    return report


def ask(function, *arguments, **options):
    """What the reader's function answers to copies of these arguments.

    Raises: Hint if it answers None or changes an array, or a list of numbers, that it was given.
    """
    given = _copied(arguments)
    answer = function(*given, **options)
    if not _equal(given, arguments):
        raise Hint(
            "your function changes an array or list that it was given; "
            "work on a copy (`a -= b` works in place, `a = a - b` does not)"
        )
    if answer is None:
        raise Hint("got None; does your function end with `return`?")
    return answer


def whole(rng, *ranges):
    """Random whole numbers as plain ints, one for each (lowest, highest)."""
    return tuple(int(rng.integers(low, high, endpoint=True)) for low, high in ranges)


def decimal(rng, low, high, places=2):
    """A random number with so many decimals, as a plain float."""
    return round(float(rng.uniform(low, high)), places)


def peak_memory(function, *arguments):
    """The bytes that a call allocates at most. A function that runs in another process counts them there."""
    if hasattr(function, "peak_memory"):
        return function.peak_memory(*arguments)
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    function(*arguments)
    most = tracemalloc.get_traced_memory()[1]
    if not tracing:
        tracemalloc.stop()
    return most - before


def folder_of(function, folder, *names):
    """A folder that a function wrote. One that runs in another process hands over the files with these names."""
    return function.fetch(folder, names) if hasattr(function, "fetch") else Path(folder)


@contextlib.contextmanager
def explain(hints):
    """Turn an error of the reader's code into a hint: {a part of its message: the hint}."""
    try:
        yield
    except Hint:
        raise
    except Exception as error:
        found = next((hint for part, hint in hints.items() if part in str(error)), None)
        if found is None:
            raise
        raise Hint(found) from None


def number(given, what="your function"):
    """One number as a float. Raises: Hint if it is an array of several, text, NaN or infinite."""
    try:
        value = np.asarray(given, float)
    except (TypeError, ValueError):
        raise Hint(f"{what} returns {type(given).__name__}; return one number") from None
    if value.size != 1:
        raise Hint(f"{what} returns an array of shape {value.shape}; return one number")
    if not np.isfinite(value).all():
        raise Hint(f"{what} returns {value.reshape(())}; is something divided by zero?")
    return float(value.reshape(()))


def parts(given, count, what, where=""):
    """The parts of an answer, a list. Raises: Hint if there are not so many of them; `what` names them."""
    several = np.iterable(given) and not isinstance(given, (str, dict, set))
    found = list(given) if several else []
    if len(found) != count:
        raise Hint(f"{where}return {what}")
    return found


def numbers(given, count, what="two numbers", where=""):
    """Several numbers as a tuple of floats. Raises: Hint if one of them is none."""
    return tuple(
        number(part, f"{where}for one of its parts your function") for part in parts(given, count, what, where)
    )


def like(given, wanted=None, where=""):
    """The answer as an array of floats. Raises: Hint if it is none, holds NaN, or has not the shape of `wanted`."""
    problem = same_array(given, given if wanted is None else wanted, np.inf)
    if problem:
        raise Hint(where + problem)
    return np.asarray(given, float)


def recognise(given, slips, tolerance=1e-5):
    """The hint of the first slip, a pair (wrong values, hint), that has these values; or None."""
    return next((hint for slip, hint in slips if same_array(given, slip, tolerance) is None), None)


def compare(given, right, slips=(), where="", tolerance=1e-5, otherwise=None):
    """None if `given` is `right`; the hint of the slip that it equals; or else the first thing that differs.

    slips: pairs (what somebody gets who makes this mistake, the hint). A hint begins with `where`.
    otherwise: the hint if the shape is right, and the values are neither right nor those of a slip.
    """
    problem = same_array(given, right, tolerance)
    if problem is None:
        return None
    only_values = problem.startswith("the shape is right")
    return where + (recognise(given, slips, tolerance) or (only_values and otherwise) or problem)


def same_array(given, expected, tolerance=1e-5):
    """The hint about the first thing that differs (type, shape, finiteness, values), or None."""
    if given is None:
        return "got None; does your function end with `return`?"
    try:
        given = np.asarray(given, float)
    except (TypeError, ValueError):
        return f"got {type(given).__name__}, which is not an array of numbers"
    expected = np.asarray(expected, float)
    if given.shape != expected.shape:
        return f"your shape is {given.shape}, expected {expected.shape}"
    if not np.isfinite(given).all():
        return "there are NaN or infinite values in your result"
    worst = np.abs(given - expected).max(initial=0)
    if not worst <= tolerance:  # NaN, too, if it is expected: a slip of NaN explains nothing
        return f"the shape is right, the values are not: the largest difference is {worst:.3g}"
    return None


def _copied(value):
    """Arrays are copied, in lists, tuples and dicts as well, read-only ones stay so; anything else is passed on."""
    if isinstance(value, np.ndarray):
        copy = value.copy()
        copy.flags.writeable = value.flags.writeable
        return copy
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copied, value))
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, dict) else value


def _equal(first, second):
    """Whether the copies `first` still are what `second` holds; NaN equals NaN."""
    if isinstance(second, np.ndarray):
        same_kind = isinstance(first, np.ndarray) and first.shape == second.shape
        return same_kind and np.array_equal(first, second, equal_nan=second.dtype.kind in "fc")
    if isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(map(_equal, first, second))
    if isinstance(second, dict):
        return first.keys() == second.keys() and all(_equal(first[key], item) for key, item in second.items())
    return first is second
