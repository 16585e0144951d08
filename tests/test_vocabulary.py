"""The vocabulary of the checks: a verdict that never raises, questions, numbers, comparisons that name a slip."""

import numpy as np
import pytest

from srcnn.checks._check import Hint, ask, check, compare, explain, like, number, numbers, parts, same_array


def double_in_place(values):
    values[:] = [2 * value for value in values]
    return values


@pytest.mark.parametrize("given", [np.arange(3.0), [1.0, 2.0], [1, 2]], ids=str)
def test_ask_refuses_a_changed_argument(given):
    kept = list(given)
    with pytest.raises(Hint, match="changes an array or list"):
        ask(double_in_place, given)
    assert list(given) == kept


def test_ask_takes_nan_for_unchanged_and_none_for_no_answer():
    assert ask(lambda array, number, key: key, np.array([np.nan]), np.nan, key=3) == 3
    with pytest.raises(Hint, match="return"):
        ask(lambda array: None, np.ones(2))


def test_ask_hands_on_read_only_arrays_as_such():
    array = np.ones(2)
    array.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        ask(double_in_place, array)


@pytest.mark.parametrize(
    ("wrong", "word"), [("text", "str"), ([1, 2], r"shape \(2,\)"), (np.nan, "nan"), (np.inf, "inf"), ([], "shape")]
)
def test_a_number_is_one_finite_number(wrong, word):
    with pytest.raises(Hint, match=word):
        number(wrong)
    assert number(np.array([[3]])) == 3 and type(number(np.float32(1))) is float


def test_parts_are_counted():
    assert numbers(np.array([1, 2]), 2) == (1, 2)
    for wrong in (3, [1], (1, 2, 3), "ab", {1, 2}):
        with pytest.raises(Hint, match="at 7: return two numbers"):
            parts(wrong, 2, "two numbers", "at 7: ")
    with pytest.raises(Hint, match=r"at 7: .* one number"):
        numbers([1, "two"], 2, where="at 7: ")


def test_like_wants_finite_numbers_of_a_shape():
    assert like([[1, 2]], np.ones((1, 2))).dtype == float and like(3).shape == ()
    for wrong, word in ([1, 2], "shape"), ([[1, np.nan]], "NaN"), ("ab", "not an array"):
        with pytest.raises(Hint, match=f"at 7: .*{word}"):
            like(wrong, np.ones((1, 2)), "at 7: ")


def test_explain_turns_known_errors_into_hints():
    with pytest.raises(Hint, match="two arrays"), explain({"broadcast": "two arrays"}):
        np.ones(2) + np.ones(3)
    with pytest.raises(ZeroDivisionError), explain({"broadcast": "two arrays"}):
        raise ZeroDivisionError
    with pytest.raises(Hint, match="first"), explain({"first": "second"}):
        raise Hint("first")


def test_compare_names_the_slip_or_the_difference():
    slips = [(np.nan, "never"), ([9, 9, 9], "too long"), ([2, 4], "twice"), ([2, 4], "late")]
    assert compare([1, 2], [1, 2.000001], slips) is None
    assert compare([2, 4], [1, 2], slips, "here: ") == "here: twice"
    assert compare([9, 9, 9], [1, 2], slips, otherwise="no") == "too long"
    assert compare([5, 5], [1, 2], slips, otherwise="no") == "no"
    assert "largest difference is 4" in compare([5, 5], [1, 2], slips)
    assert "your shape is (3,)" in compare([5, 5, 5], [1, 2], slips, otherwise="no")


def test_same_array_says_what_differs():
    assert same_array([1, 2], np.array([1, 2])) is None
    assert "return" in same_array(None, 1)
    assert "not an array" in same_array([[1], [2, 3]], [1, 2])
    assert "NaN" in same_array([1, np.inf], [1, 2])
    assert same_array(1.0, np.nan) is not None, "NaN is never right"


def test_a_check_prints_one_line_and_never_raises(capsys):
    @check
    def exercise_10_9(answer):
        return answer()

    def broken():
        raise ValueError("two\nlines")

    for answer, line in (
        (lambda: None, "✓ Exercise 10.9"),
        (lambda: "no", "✗ Exercise 10.9: no"),
        (lambda: ask(lambda: None), "✗ Exercise 10.9: got None; does your function end with `return`?"),
        (broken, "✗ Exercise 10.9: your code raised ValueError: two lines"),
    ):
        exercise_10_9(answer)
        assert capsys.readouterr().out == line + "\n"
