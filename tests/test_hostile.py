"""Hostile answers of students: a check is one line, whatever they return, raise or do, and it harms nothing."""

import collections
import io
import itertools
import random
import signal
import sys
import time
import warnings

import answers
import keras
import numpy as np
import pytest
from answers import Args
from test_checks import EXERCISES, hint_for

from srcnn import checks
from srcnn.checks import _check, _limits
from srcnn.checks._check import ask, check, number

TRAINED = ("6.2", "6.5")
"""These train networks, and take their time."""


class Mute(Exception):
    def __str__(self):
        raise ValueError("no text")


class Quit(BaseException):
    pass


class NoArray:
    def __array__(self, *_, **__):
        raise BufferError("no array")

    def __repr__(self):
        raise BufferError("no words")


class Liar:
    shape, ndim, dtype, size = (2,), 1, "x", "many"

    def __len__(self):
        return -1

    def __iter__(self):
        raise BufferError("nothing to go through")


def values(draw):
    """Answers that are no answer, of every kind."""
    numbers = [draw.randrange(-9, 9), draw.uniform(-2, 2), 10 ** draw.randrange(309, 999), float("nan"), float("inf")]
    plain = [*numbers, "text", "1e5", "x" * 10**6, "\ud800\x1b[2J\n", b"bytes", 1 + 2j, True, None, ..., object(), int]
    fixed = [
        *plain, NoArray(), Liar(), Mute(), range(3), {}, {"a": 1}, {1, 2}, np.array([]), np.ma.masked, lambda *_: 3,
        np.array([1j]), np.array(["a"]), np.array([None]), np.datetime64("2020-01-01"), np.zeros(2, [("a", float)]),
        np.zeros((1,) * 20), np.zeros((0, 3)), np.array("2.5"), memoryview(b"123"), np.float16(60000) * np.float16(2),
    ]  # fmt: skip
    yield from fixed
    for size in (0, 1, 2, 2, 3, 3, 4, 9):
        several = [draw.choice(plain) for _ in range(size)]
        yield from (several, tuple(several), [several, several], [several, several[:1]])
        yield np.array(several, dtype=object)
    for _ in range(6):
        shape = [draw.randrange(5) for _ in range(draw.randrange(5))]
        yield np.full(shape, draw.choice(numbers[:2]), draw.choice(["f4", "f8", "u1", "i8", "f2", "?", "c8"]))


def raised(draw):
    """What can be raised; the last is not caught by `except Exception`."""
    yield from (ValueError("x" * 10**6), ValueError("a\nb\r\n\x1b[2J"), Mute(), SystemExit(), SystemExit(3), Quit())
    yield from (GeneratorExit(), MemoryError(), RecursionError(), StopIteration(7), UnicodeError("\ud800"), KeyError())
    yield ExceptionGroup("two", [Mute(), ValueError(draw.random())]) if sys.version_info >= (3, 11) else OSError()


def raising(error):
    def answer(*_, **__):
        raise error

    return answer


def damaged(draw, answer):
    """A right function whose answer has a hostile part: the structure fits, and one leaf does not."""

    def change(found, value):
        if isinstance(found, (list, tuple)) and found:
            place = draw.randrange(len(found))
            return type(found)([*found[:place], change(found[place], value), *found[place + 1 :]])
        if isinstance(found, dict) and found:
            return {**found, draw.choice(list(found)): value}
        if isinstance(found, np.ndarray) and found.size and draw.random() < 0.5:
            other = found.astype(object)
            other.flat[draw.randrange(found.size)] = value
            return other
        return value

    for value in ("text", 10**400, NoArray(), Liar(), [1, [2]], None, float("nan"), "\ud800"):
        yield lambda *given, value=value, **options: change(answer(*given, **options), value)


def tried(exercise, answer, counts, blames=False):
    """Ask a check, and see that it answers with one short line; a fault of the check is not called the reader's."""
    hint = hint_for(exercise, answer)
    kind = "accepted" if hint is None else "refused"
    if hint is not None:
        assert "\n" not in hint and len(hint) <= _check.LONGEST + 1, (exercise, len(hint), hint[:300])
        if hint.startswith("your code raised"):
            assert blames or "Buffer" in hint, (exercise, hint)
            kind = "raised"
    counts[kind] += 1
    return hint


def attack(exercise, draw, most):
    """Throw so many hostile answers at a check; returns the counts."""
    counts = collections.Counter()
    chosen = list(values(draw))
    for value in draw.sample(chosen, min(most, len(chosen))):
        assert tried(exercise, lambda *_, value=value, **__: value, counts) is not None, (exercise, value)
        tried(exercise, value, counts, blames=callable(value))
    for error in raised(draw):
        assert tried(exercise, raising(error), counts, blames=True) is not None
    for right in answers.chapters()[int(exercise.split(".")[0])].RIGHT.get(exercise, [])[:1]:
        if callable(right) and exercise not in TRAINED:
            for answer in damaged(draw, right):
                tried(exercise, answer, counts, blames=True)
    return counts


@pytest.mark.filterwarnings("ignore")
def test_a_few_hostile_answers_are_one_line_each():
    counts = collections.Counter()
    for number_, exercise in enumerate(set(EXERCISES) - set(TRAINED)):
        counts += attack(exercise, random.Random(number_), 6)
    print(f"{counts.total()} hostile answers: {dict(counts)}")
    assert counts["refused"] > 500


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("exercise", EXERCISES)
def test_all_hostile_answers_are_one_line_each(exercise):
    counts = attack(exercise, random.Random(exercise), 10**6)
    print(f"{exercise}: {counts.total()} hostile answers: {dict(counts)}")


def test_the_check_says_what_was_returned_and_what_is_wanted():
    @check
    def exercise_10_9(answer):
        """Two weights of a kernel."""
        return None if ask(answer)["weights"] == [1, 2] else "no"

    wanted = "which cannot be checked; wanted: two weights of a kernel"
    for value, words in (
        (3, "3"),
        ("ab", "the text 'ab'"),
        (np.zeros(3), "an array of float64 of shape (3,)"),
        ({}, "a dict of 0"),
    ):
        assert exercise_10_9.hint(lambda value=value: value) == f"your answer is {words}, {wanted}"
    assert exercise_10_9.hint(lambda: int("x")).startswith("your code raised ValueError: invalid literal")
    assert exercise_10_9.hint(np.ones).startswith("your code raised TypeError"), (
        "a library's function is theirs as well"
    )
    for value in ("1e5", np.array("2"), ["1"], np.array(["1", 2], object), 10**400, NoArray(), 1j, np.array([1j])):
        with pytest.raises(_check.Hint, match="one number"):
            number(value)


def test_ctrl_c_and_the_end_of_a_worker_go_through_a_check():
    class Ended(BaseException):
        passes_checks = True

    for error in (KeyboardInterrupt(), Ended()):
        with pytest.raises(type(error)):
            checks.exercise_2_1.hint(raising(error))


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "cp437"])
def test_a_terminal_without_a_tick_gets_a_line_all_the_same(monkeypatch, encoding):
    @check
    def exercise_10_9(answer):
        return answer

    terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    monkeypatch.setattr(sys, "stdout", terminal)
    exercise_10_9(None)
    exercise_10_9("4 × 4 − 1 … \ud800")
    terminal.flush()
    first, second, rest = terminal.buffer.getvalue().decode(encoding).split("\n")
    assert "Exercise 10.9" in first and first != second and "Exercise 10.9: 4 " in second and not rest


needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such time limit on Windows")


def loop():
    while True:
        pass


def loop_that_catches_all():
    while True:
        try:
            sum(range(9))
        except BaseException:
            pass


def loop_of_numbers():
    return itertools.repeat(1)


@needs_alarm
@pytest.mark.parametrize("endless", [loop, loop_that_catches_all, loop_of_numbers, lambda: time.sleep(3600)])
def test_code_without_an_end_ends_its_check(monkeypatch, endless):
    @check
    def exercise_10_9(answer):
        return _check.numbers(ask(answer), 2)

    def handler(*_):
        pass

    monkeypatch.setattr(_limits, "COMPUTING", 0.1)
    monkeypatch.setattr(_limits, "WAITING", 3)
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 5000)
    try:
        assert "takes too long" in exercise_10_9.hint(endless)
        assert signal.getsignal(signal.SIGALRM) is handler and signal.getitimer(signal.ITIMER_REAL)[0] > 1000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone limits what a process writes to")
def test_more_memory_than_is_free_is_an_error_of_the_code(monkeypatch):
    import resource

    @check
    def exercise_10_9(answer):
        return number(ask(answer)) and None

    monkeypatch.setattr(_limits, "_free", lambda: 0)
    monkeypatch.setattr(_limits, "LEAST", 2**28)
    before = resource.getrlimit(resource.RLIMIT_DATA)
    for size in (2**27, 10**10):
        assert "MemoryError: Unable to allocate" in exercise_10_9.hint(lambda size=size: np.ones(size).sum())
    assert exercise_10_9.hint(lambda: [np.ones(2**20) for _ in itertools.count()]).startswith("your code raised Memory")
    assert exercise_10_9.hint(lambda: np.ones(2**20).sum()) is None
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    monkeypatch.undo()
    assert _limits._free() > 2**20


STATES = {
    "numpy raises": lambda: np.seterr(all="raise"),
    "warnings are errors": lambda: warnings.simplefilter("error"),
    "float64": lambda: keras.config.set_floatx("float64"),
    "mixed precision": lambda: keras.config.set_dtype_policy("mixed_float16"),
    "channels first": lambda: keras.config.set_image_data_format("channels_first"),
    "eager": lambda: keras.config.enable_traceback_filtering(),
}


@pytest.fixture
def put_back():
    kept = np.geterr(), keras.config.floatx(), keras.config.dtype_policy(), keras.config.image_data_format()
    with warnings.catch_warnings():
        yield
    np.seterr(**kept[0])
    keras.config.set_floatx(kept[1])
    keras.config.set_dtype_policy(kept[2])
    keras.config.set_image_data_format(kept[3])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.usefixtures("put_back")
def test_a_right_answer_is_accepted_whatever_the_notebook_has_set(state):
    rights = [
        (exercise, answer)
        for chapter in answers.chapters().values()
        for exercise, listed in chapter.RIGHT.items()
        for answer in listed[:1]
        if exercise not in TRAINED
    ]
    STATES[state]()
    for exercise, answer in rights:
        assert hint_for(exercise, answer) is None, exercise
    print(f"{state}: {len(rights)} right answers")
    assert len(rights) > 40 and Args
