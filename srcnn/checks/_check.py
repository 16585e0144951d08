"""What all checks share: a verdict that never raises, questions to a reader's function, comparisons that name slips."""

import contextlib
import functools
import inspect
import sys
import sysconfig
import threading
import tracemalloc
from pathlib import Path

import numpy as np

from . import _limits

LONGEST = 600
"""The characters of a hint that are shown: what quotes the reader's answer or error may be a megabyte."""

_now = threading.local()
"""Of the check that runs: `answer`, what the reader's code returned last, and `raised`, what it has raised."""


class Hint(Exception):
    """Ends a check: what is wrong with the answer, in one line. Its text is what the reader sees."""


def check(function):
    """Make a check of a function that returns None if the answer is right, and returns or raises a hint otherwise.

    The function's name, exercise_2_1, names the exercise. Whatever the reader's code raises becomes a hint, SystemExit
    as well; only Ctrl-C goes through, and what says so of itself (passes_checks), such as the end of a grader's worker.
    What the check itself raises at an answer that is nothing it can use becomes a hint about the answer.
    A check with a parameter `rng` draws its inputs from it: the same ones each time, and others by .hint(f, seed=7).
    One without it has nothing to draw, as its docstring says. Other options of .hint are passed on.
    """
    patience = getattr(function, "patience", 1)
    draws = "rng" in inspect.signature(function).parameters

    @functools.wraps(function)
    def hint(*answer, seed=0, **options):
        drawn = {"rng": np.random.default_rng(seed)} if draws else {}
        _now.answer, _now.raised = answer[-1] if answer else None, None
        try:
            found = _limits.limited(lambda: function(*answer, **drawn, **options), patience)
        except Hint as wrong:
            found = _text(wrong)
        except NotImplementedError:
            found = "not written yet: replace the line that raises NotImplementedError"
        except _limits.TooLong:
            found = "your code takes too long, and was ended; is there a loop without an end?"
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if getattr(error, "passes_checks", False):
                raise
            if _is_the_readers(error):
                found = f"your code raised {type(error).__name__}: {_text(error)}"
            else:
                found = f"your answer is {described(_now.answer)}, which cannot be checked{_wanted(function)}"
        finally:
            _now.answer = _now.raised = None  # free what may be large
        return None if found is None else _line(found)

    @functools.wraps(function)
    def report(*answer):
        label = "Exercise " + function.__name__.removeprefix("exercise_").replace("_", ".")
        message = hint(*answer)
        _say(f"✓ {label}" if message is None else f"✗ {label}: {message}")

    report.hint = hint
    return report


def _say(line):
    """Print a line; on a terminal that lacks some of its characters, such as Windows' cp1252, with others instead."""
    try:
        print(line)
    except UnicodeEncodeError:
        for character, plain in {"✓": "[right]", "✗": "[not yet]", "−": "-", "…": "...", "→": "->"}.items():
            line = line.replace(character, plain)
        code = getattr(sys.stdout, "encoding", None) or "ascii"
        print(line.encode(code, "replace").decode(code))


def _line(text):
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"


def _text(error):
    try:
        return str(error)[: 10 * LONGEST]
    except BaseException:  # also what the reader wrote
        return "(an error whose text cannot be shown)"


def described(value):
    """What a value is, in a few words: "the text 'abc'", "an array of shape (2, 3)", "a list of 3"."""
    kind = type(value)
    if kind is str:
        return f"the text {value[:40]!r}"
    if kind is np.ndarray:
        return f"an array of {value.dtype.name[:20]} of shape {value.shape}"
    if kind in (list, tuple, dict, set):
        return f"a {kind.__name__} of {len(value)}"
    if kind is int and abs(value) > 10**15:
        return "a huge whole number"
    return repr(value) if kind in (int, float, complex, bool) or value is None else f"of type {kind.__name__[:60]}"


def _wanted(function):
    """What the check is about, if its docstring says it."""
    about = (function.__doc__ or "").strip().partition("\n")[0]
    return f"; wanted: {about[:1].lower()}{about[1:].rstrip('.')}" if about else ""


_LIBRARIES = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
_OURS = tuple(
    str(Path(place).resolve()) for place in (*_LIBRARIES, Path(np.__file__).parents[1], Path(__file__).parents[1])
)


def _is_the_readers(error):
    """Whether an exception comes from the reader's code: raised while it was asked, or through a frame of it."""
    if error is _now.raised:
        return True
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(("<frozen", "<__array")) and not str(Path(file).resolve()).startswith(_OURS):
            return True
        trace = trace.tb_next
    return False


@contextlib.contextmanager
def _theirs():
    """Where the reader's code is called."""
    try:
        yield
    except BaseException as error:
        _now.raised = error
        raise


def ask(function, *arguments, **options):
    """What the reader's function answers to copies of these arguments.

    Raises: Hint if it answers None or changes an array, or a list of numbers, that it was given.
    """
    given = _copied(arguments)
    with _theirs():
        answer = function(*given, **options)
    _now.answer = answer
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
    with _theirs():
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
        found = next((hint for part, hint in hints.items() if part in _text(error)), None)
        if found is None:
            raise
        raise Hint(found) from None


def number(given, what="your function"):
    """One number as a float. Raises: Hint if it is an array of several, text, NaN or infinite."""
    value = _floats(given)
    if value is None:
        raise Hint(f"{what} returns {type(given).__name__}; return one number")
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
    array = _floats(given)
    problem = same_array(given, wanted if wanted is not None or array is None else array, np.inf)
    if problem:
        raise Hint(where + problem)
    return array


def _floats(given):
    """The answer as an array of float64; None if it is no numbers: text, parts of several lengths, dates, objects."""
    try:
        array = np.asarray(given)
        return array.astype(float) if array.dtype.kind in "biufO" and not _has_text(array) else None
    except Exception:  # whatever an object of the reader's raises
        return None


def _has_text(array):
    return array.dtype.kind == "O" and any(isinstance(one, (str, bytes)) for one in array.flat)


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
    array = _floats(given)
    if array is None:
        return f"got {described(given)}, which is not an array of numbers"
    given, expected = array, np.asarray(expected, float)
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
