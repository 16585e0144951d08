"""The checks accept right answers, however written, and name the slip in a wrong one: tests/answers holds both."""

import answers
import pytest
from answers import Args

from srcnn import checks

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
def test_a_listed_exercise_has_enough_answers(number):
    """One that is not listed yet is guarded by the mutants of its solution (tests/test_exercises.py)."""
    chapter = CHAPTERS[number]
    assert list(chapter.RIGHT) == list(chapter.WRONG)
    assert {exercise for exercise in EXERCISES if exercise.startswith(f"{number}.")} >= set(chapter.RIGHT)
    assert min(map(len, chapter.RIGHT.values())) >= 2 and min(map(len, chapter.WRONG.values())) >= 5


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_stub_is_not_yet_written(exercise):
    def stub(*_, **__):
        raise NotImplementedError

    assert "not written yet" in hint_for(exercise, stub)


SEEDS = {"6.2": range(1, 6)}
"""Fewer where each seed trains a network; a hundred for the others."""


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore::RuntimeWarning")
def test_each_seed_accepts_what_is_right_and_refuses_what_is_wrong(exercise):
    """The seeds of the grader (teach/): every student's function meets other inputs, and gets the same verdict."""
    check = getattr(checks, "exercise_" + exercise.replace(".", "_"))
    chapter = CHAPTERS[int(exercise.split(".")[0])]
    for answers_, accepted in ((chapter.RIGHT, True), (chapter.WRONG, False)):
        for number, answer in enumerate(answers_.get(exercise, []), 1):
            answer = answer if accepted else answer[0]
            handed = answer if isinstance(answer, Args) else (answer,)
            for seed in SEEDS.get(exercise, range(1, 101)):
                hint = check.hint(*handed, seed=seed)
                assert (hint is None) == accepted, f"answer {number}, seed {seed}: {hint}"
