"""The checks accept right answers, however written, and name the slip in a wrong one: tests/answers holds both."""

from pathlib import Path

import answers
import numpy as np
import pytest
from answers import Args, ch01, ch02, ch03

from srcnn import checks, datasets, degrade, evaluation
from srcnn.checks._check import Hint, ask, check, compare, explain, like, number, numbers, parts, same_array

CHAPTERS = answers.chapters()
EXERCISES = sorted(
    (name.removeprefix("exercise_").replace("_", ".") for name in dir(checks) if name.startswith("exercise_")),
    key=lambda exercise: [int(part) for part in exercise.split(".")],
)


def cases(name):
    """One pytest case for each answer of the lists RIGHT or WRONG."""
    lists = [item for chapter in CHAPTERS.values() for item in getattr(chapter, name).items()]
    return [
        pytest.param(exercise, answer, id=f"{exercise}-{number}")
        for exercise, listed in lists
        for number, answer in enumerate(listed, 1)
    ]


def hint_for(exercise, answer):
    check = getattr(checks, "exercise_" + exercise.replace(".", "_"))
    return check.hint(*answer) if isinstance(answer, Args) else check.hint(answer)


@pytest.mark.parametrize(("exercise", "answer"), cases("RIGHT"))
def test_a_right_answer_is_accepted(exercise, answer):
    assert hint_for(exercise, answer) is None


@pytest.mark.parametrize(("exercise", "case"), cases("WRONG"))
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_the_hint_names_the_slip(exercise, case):
    answer, word = case
    hint = hint_for(exercise, answer)
    assert hint is not None, "a wrong answer is accepted"
    assert word in hint and "\n" not in hint, hint


@pytest.mark.parametrize("number", CHAPTERS)
def test_every_exercise_has_answers(number):
    chapter = CHAPTERS[number]
    exercises = [exercise for exercise in EXERCISES if exercise.startswith(f"{number}.")]
    assert list(chapter.RIGHT) == list(chapter.WRONG) == exercises
    assert min(map(len, chapter.RIGHT.values())) >= 2 and min(map(len, chapter.WRONG.values())) >= 5


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_stub_is_not_yet_written(exercise):
    def stub(*_, **__):
        raise NotImplementedError

    assert "not written yet" in hint_for(exercise, stub)


# The numbers that the text of the exercises promises


def test_the_count_of_the_text():
    count = ch01.pixel_by_pixel
    assert count(510, 4) == 11_184_896 and count(6, 4, 4) == 44 and count(255, 2) == 256


def test_the_constant_of_the_package_is_minus_one_half():
    assert ch02.near_the_line(degrade.enlarge) == pytest.approx(-0.5, abs=1e-5)


def test_the_bill_of_the_text():
    assert ch02.in_one_line(510, 510, 3) == (1_387_200, 4_161_600)


def test_the_mirrored_matrix_is_the_package_s_enlargement(random):
    image = random.random((7, 9))
    by_matrices = ch02.folded(7, 21) @ image @ ch02.folded(9, 27).T
    np.testing.assert_allclose(by_matrices, degrade.enlarge(image, 3), atol=1e-6)


def test_the_expected_numbers_of_chapter_3_are_right():
    """The figures after "Expected" in the text of the exercises."""
    text = (Path(__file__).parent.parent / "book" / "03_measuring.md").read_text()
    hr, sr = np.array([[3, 9]], np.uint8), np.array([[4, 8]], np.uint8)
    assert f"is {ch03.psnr(hr, sr, 255):.2f} for `hr = np.array([[3, 9]]" in text
    assert "25.5 for 20 dB, and 1 for 48.13 dB" in text and abs(20 * np.log10(255) - 48.13) < 0.005
    means = (np.array([value]) for value in (100.0, 110.0, 10400.0, 12500.0, 11300.0))
    assert f"for the five, about {ch03.five(*means)[0]:.3f}." in text
    for printed, word in ((25.12, "fine"), (24.15, "pooled")):
        assert f'`verdict([100.0, 400.0], {printed})` is `"{word}"`' in text
        assert ch03.verdict([100.0, 400.0], printed) == word
    sample = datasets.load("sample")
    mean = evaluation.evaluate("bicubic", "sample", 3)["mean"]["psnr"]
    assert abs(ch03.score(list(sample.values()), 3, degrade.enlarge) - mean) < 1e-9


# The vocabulary of the checks


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
    def exercise_9_9(answer):
        return answer()

    def broken():
        raise ValueError("two\nlines")

    for answer, line in (
        (lambda: None, "✓ Exercise 9.9"),
        (lambda: "no", "✗ Exercise 9.9: no"),
        (lambda: ask(lambda: None), "✗ Exercise 9.9: got None; does your function end with `return`?"),
        (broken, "✗ Exercise 9.9: your code raised ValueError: two lines"),
    ):
        exercise_9_9(answer)
        assert capsys.readouterr().out == line + "\n"
