"""The final project: its rubric adds up, and every number of the example reports follows from runs.csv."""

import csv
import re

import pytest

from assignments.project.examples import measure
from srcnn import paired
from teach import questions

PROJECT = questions.ROOT / "assignments" / "project"
EXAMPLES = {name: (PROJECT / "examples" / f"{name}.md").read_text() for name in ("fail", "pass", "excellent")}
each_example = pytest.mark.parametrize("name", EXAMPLES)


def rubric():
    lines = {}
    with open(PROJECT / "rubric.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            lines.setdefault(row["line"], (int(row["weight"]), []))[1].append(int(row["level"]))
    return lines


def test_the_rubric_has_five_levels_a_line_and_100_points():
    assert all(levels == [0, 1, 2, 3, 4] for _, levels in rubric().values())
    assert sum(weight for weight, _ in rubric().values()) == 100


@each_example
def test_the_marks_of_an_example_add_up(name):
    marks = {line: int(level) for line, level in re.findall(r"^\| (\w+) \| (\d) \|", EXAMPLES[name], re.MULTILINE)}
    assert list(marks) == list(rubric())
    total = sum(rubric()[line][0] * level / 4 for line, level in marks.items())
    assert f"Together {total:g} of 100 points." in EXAMPLES[name]
    assert {"fail": total < 40, "pass": 50 <= total < 70, "excellent": total > 90}[name]


@each_example
def test_an_example_says_that_the_course_wrote_it(name):
    assert "Written by the course" in EXAMPLES[name] and "no student wrote it" in EXAMPLES[name]


def signed(value):
    return f"{value:+.2f}".replace("-", "−")


def test_the_excellent_reports_table_is_that_of_the_runs():
    for photograph in measure.MEASURED:
        (row,) = re.findall(rf"^\| {photograph}\b.*$", EXAMPLES["excellent"], re.MULTILINE)
        means = [measure.psnr(diet, photograph).mean() for diet in ("bicubic", "sharpened", "gravel", "mixed")]
        mean, half = paired.difference(measure.psnr("mixed", photograph), measure.psnr("gravel", photograph))
        found = [cell.strip(" *") for cell in row.strip("|").split("|")][1:]
        assert found == [*(f"{value:.2f}" for value in means), f"{signed(mean)} ± {half:.2f}"]
        gains = measure.psnr("gravel", photograph) - measure.psnr("mixed", photograph)
        assert (gains > 0).all() if photograph == "gravel" else (gains < 0).all()
    gains = measure.psnr("gravel", "gravel") - measure.psnr("mixed", "gravel")
    assert f"by {gains.min():.2f} to {gains.max():.2f} dB" in EXAMPLES["excellent"]
    losers = [
        name for name in measure.MEASURED if measure.psnr("gravel", name).mean() < measure.psnr("bicubic", name)[0]
    ]
    assert losers == ["brick", "camera", "rocket"]


def test_the_passing_reports_table_is_that_of_three_seeds():
    for photograph in ("gravel", "camera", "rocket"):
        (row,) = re.findall(rf"^\| {photograph} .*$", EXAMPLES["pass"], re.MULTILINE)
        three = [measure.psnr(diet, photograph)[:3] for diet in ("gravel", "mixed")]
        found = [cell.strip().replace("*", "") for cell in row.strip("|").split("|")][1:]
        bicubic = f"{measure.psnr('bicubic', photograph)[0]:.2f}"
        assert found == [bicubic, *(f"{runs.mean():.2f} ± {max(runs.std(ddof=1), 0.01):.2f}" for runs in three)]
        difference = abs(three[0].mean() - three[1].mean())
        assert f"{difference:.2f}" in EXAMPLES["pass"]


def test_the_failing_report_quotes_one_seed_of_what_was_trained_on():
    trained_on = "gravel, trained on"
    for diet, photograph in (
        ("gravel", trained_on),
        ("mixed", trained_on),
        ("bicubic", "gravel"),
        ("bicubic", trained_on),
    ):
        assert f"{measure.psnr(diet, photograph)[0]:.2f}" in EXAMPLES["fail"]
    assert measure.psnr("gravel", "brick")[0] < measure.psnr("bicubic", "brick")[0]


def test_all_runs_are_there():
    assert all(
        len(measure.psnr(diet, name)) == len(measure.SEEDS) for diet in measure.DIETS for name in measure.MEASURED
    )
