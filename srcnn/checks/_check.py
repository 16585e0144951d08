"""What all checks share."""

import functools

import numpy as np


def check(function):
    """Make a check of a function that returns None if the answer is right, and otherwise a hint of one line.

    The function's name, exercise_2_1, names the exercise. Whatever the reader's code raises becomes a hint.
    """

    @functools.wraps(function)
    def hint(*answer):
        try:
            return function(*answer)
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
