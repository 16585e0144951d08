"""teach/goals.csv: what each chapter promises, and by which exercise, quiz question and problem set it is assessed."""

import csv
import re
from pathlib import Path

import pytest
from docutils import nodes

from teach import quiz

ROOT = Path(__file__).parent.parent
CHAPTERS = {int(path.name[:2]): path.read_text() for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.md"))}
SETS = {
    name: path.parent.name
    for path in sorted((ROOT / "assignments").glob("ps[0-9]*/master.md"))
    for name in re.findall(r"^## Question (\d+\.\d+)", path.read_text(), re.MULTILINE)
}
with (ROOT / "teach" / "goals.csv").open(encoding="utf-8", newline="") as file:
    GOALS = {row["goal"]: row for row in csv.DictReader(file)}


def promised(chapter):
    """The goals of a chapter, as its "You will" says them."""
    listed = re.search(r"\*\*You will\*\*\n\n(.*?)\n\n", CHAPTERS[chapter], re.DOTALL)[1]
    return re.findall(r"^- (.*?)[;.]$", listed, re.MULTILINE)


def named(column):
    return [(goal, name) for goal, row in GOALS.items() for name in row[column].split()]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_goals_are_those_that_the_chapter_promises(chapter):
    listed = [row["what"] for goal, row in GOALS.items() if goal.split(".")[0] == str(chapter)]
    assert listed == promised(chapter)


def test_the_table_of_goals_shows_code_and_stress_and_not_their_signs(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import pages

    (table,) = pages.goals(None, None)
    assert "generative adversarial network" in [node.astext() for node in table.findall(nodes.emphasis)]
    assert "sanity" in [node.astext() for node in table.findall(nodes.literal)]
    assert not set("`*") & set(table.astext())


def test_every_goal_is_assessed():
    assert GOALS and not [
        goal for goal, row in GOALS.items() if not (row["exercises"] + row["quiz"] + row["sets"]).strip()
    ]


def test_every_exercise_serves_a_goal_of_its_chapter_and_exists():
    there = {name for text in CHAPTERS.values() for name in re.findall(r"^### Exercise (\d+\.\d+)", text, re.MULTILINE)}
    used = named("exercises")
    assert all(goal.split(".")[0] == name.split(".")[0] for goal, name in used)
    assert {name for _, name in used} == there


def test_the_quiz_questions_are_those_that_name_the_goal():
    assert sorted(named("quiz")) == sorted((item.goal, item.name) for item in quiz.read())


def test_every_question_of_a_set_serves_a_goal():
    if not SETS:
        pytest.skip("no problem sets here")
    assert {name for _, name in named("sets")} == SETS.keys()
