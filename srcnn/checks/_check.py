"""What all checks share: a verdict that never raises, questions to a reader's function, comparisons that name a slip."""

import functools

import numpy as np


class Hint(Exception):
    """Ends a check: what is wrong with the answer, in one line. Its text is what the reader sees."""


def check(function):
    """Make a check of a function that returns None if the answer is right, and returns or raises a hint otherwise.

    The function's name, exercise_2_1, names the exercise. Whatever the reader's code raises becomes a hint.
    """

    @functools.wraps(function)
    def hint(*answer):
        try:
            return function(*answer)
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

    Raises: Hint if it answers None or changes an array that it was given.
    """
    given = _copied(arguments)
    answer = function(*given, **options)
    if not _equal(given, arguments):
        raise Hint("your function changes an array that it was given; work on a copy")
    if answer is None:
        raise Hint("got None; does your function end with `return`?")
    return answer


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


def compare(given, right, slips=(), where="", tolerance=1e-5):
    """None if `given` is `right`; the hint of the slip that it equals; or else the first thing that differs.

    slips: pairs (what somebody gets who makes this mistake, the hint). A hint begins with `where`.
    """
    problem = same_array(given, right, tolerance)
    if problem is None:
        return None
    for slip, hint in slips:
        if same_array(given, slip, tolerance) is None:
            return where + hint
    return where + problem


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
    if worst > tolerance:
        return f"the shape is right, the values are not: the largest difference is {worst:.3g}"
    return None


def _copied(value):
    """Arrays are copied, in lists, tuples and dicts as well; anything else is passed on."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copied, value))
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, dict) else value


def _equal(first, second):
    """Whether all arrays in two structures of the same shape are equal, NaN included."""
    if isinstance(second, np.ndarray):
        same_kind = isinstance(first, np.ndarray) and first.shape == second.shape
        return same_kind and np.array_equal(first, second, equal_nan=second.dtype.kind in "fc")
    if isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(map(_equal, first, second))
    return all(_equal(first[key], item) for key, item in second.items()) if isinstance(second, dict) else True
