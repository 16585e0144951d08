"""python -m teach grade: right, wrong and hostile submissions get what they deserve, and cost nobody else anything."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
import submissions
from sandboxes import needs_sandbox

from srcnn import InputError
from teach import __main__ as teach
from teach import assignment, feedback, grade, gradescope, grading, late, questions, sandbox
from teach.roster import Person

LIMITS = sandbox.Limits(cpu=2, clock=6, memory=2**31, disk=2**24)
SECRET = b"0123456789abcdef"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with a problem set, which `teach` takes for its own."""
    submissions.course(tmp_path)
    submissions.taken(tmp_path, monkeypatch.setattr)
    return tmp_path


def slope(student):
    return questions.variant_of(SECRET, student, "1.1")["slope"]


def hand_in(folder, texts):
    """A folder with a notebook of each student, {student: text}, and their roster."""
    (folder / "in").mkdir()
    for student, text in texts.items():
        (folder / "in" / f"PS1_{student}.ipynb").write_text(text)
    roster = "student,name,email\n" + "".join(f"{s},Name of {s},{s}@example.org\n" for s in [*texts, "absent"])
    (folder / "roster.csv").write_text(roster)
    return folder / "in"


def graded(course, source=None, **options):
    """What grading.grade returns, and the rows of grades.csv by student."""
    options = {"roster": course / "roster.csv", "seed": 1, "limits": LIMITS, "report": lambda line: None} | options
    counts = grading.grade(1, source or course / "in", course / "out", secret=SECRET, **options)
    return counts, {row["student"]: row for row in read(course / "out" / "grades.csv")}


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def result(course, student):
    return json.loads((course / "out" / "results" / f"{feedback.file_name(student)}.json").read_text())


@needs_sandbox
def test_right_half_right_wrong_and_blank(course):
    stub = "def line(x):\n    raise NotImplementedError", "def slope_of(f):\n    raise NotImplementedError"
    texts = {
        "ada": submissions.right(slope("ada")),
        "bob": submissions.notebook(f"def line(x):\n    return {slope('bob')} * x", "def slope_of(f):\n    return 7"),
        "cyd": submissions.right(slope("ada")),  # another student's variant
        "dan": submissions.notebook(*stub, answer="*Write here, 100 words.*"),
    }
    hand_in(course, texts)
    counts, rows = graded(course)
    assert counts == dict.fromkeys(grading.VERDICTS, 0) | {"right": 3, "partly": 1, "wrong": 2, "not written": 2}
    assert [rows[who]["total"] for who in ("ada", "bob", "cyd", "dan", "absent")] == ["15", "5", "5", "0", "0"]
    assert [rows[who]["status"] for who in ("ada", "dan", "absent")] == ["to read", "graded", "nothing"]
    assert result(course, "bob")["questions"]["1.1"]["hint"] == "the 1 is missing"
    page = (course / "out" / "feedback" / "bob.html").read_text()
    assert "the 1 is missing" in page and str(result(course, "bob")["questions"]["1.1"]["seed"]) in page
    assert "as the question asks" in (course / "out" / "feedback" / "ada.html").read_text()
    assert not (course / "out" / "feedback" / "absent.html").exists()


def test_our_own_words_may_hold_code_and_nothing_else():
    assert feedback._marked("`a < b`, <b>not</b>") == "<code>a &lt; b</code>, &lt;b&gt;not&lt;/b&gt;"


@needs_sandbox
def test_written_answers_are_marked_by_code_and_the_marks_are_kept(course):
    hand_in(course, {"ada": submissions.right(slope("ada")), "bob": submissions.right(slope("bob"))})
    graded(course)
    page = (course / "out" / "answers" / "1.3.html").read_text()
    assert "It &lt;b&gt;is&lt;/b&gt; so." in page and "right is 7" in page and "ada" not in page and "bob" not in page
    marks = read(course / "out" / "marks.csv")
    code = feedback.code_of(SECRET, "ada", "1.3", "It <b>is</b> so.")
    assert sorted(row["question"] for row in marks) == ["1.3", "1.3"] and code in {row["code"] for row in marks}
    with (course / "out" / "marks.csv").open("w") as file:
        file.write(f"code,question,level,comment\n{code},1.3,4,Well said\n")
    _, rows = graded(course)
    assert (rows["ada"]["total"], rows["ada"]["status"], rows["bob"]["status"]) == ("35", "graded", "to read")
    assert "Well said" in (course / "out" / "feedback" / "ada.html").read_text()
    assert [row["level"] for row in read(course / "out" / "marks.csv")].count("4") == 1
    (course / "out" / "marks.csv").write_text(f"code,question,level,comment\n{code},1.3,5,\n")
    with pytest.raises(InputError, match="has the levels 0, 2, 4"):
        graded(course)


def test_no_spreadsheet_takes_the_code_of_an_answer_for_a_number():
    codes = [feedback.code_of(SECRET, f"s{number}", "1.3", "so") for number in range(20_000)]
    assert len(set(codes)) == 20_000 and all(re.fullmatch("q[0-9a-f]{8}", code) for code in codes)
    print(len(codes), "codes")


COMMENTS = ["- units are missing", "=1", "+1", "@ada: see 1.2", "'- as typed", 'a, "b"', "plain"]


def test_a_mark_is_never_changed_and_one_that_lost_its_answer_is_named(course):
    answers = [f"answer {number}" for number in range(len(COMMENTS))]
    codes = [feedback.code_of(b"", "ada", "1.3", text) for text in answers]
    levels, path = questions.rubric(1), course / "marks.csv"
    rows = [{"code": c, "question": "1.3", "level": "4", "comment": t} for c, t in zip(codes, COMMENTS, strict=True)]
    feedback._table(path, feedback.MARKS, rows)
    before = path.read_bytes()
    for _ in range(2):
        marks = feedback._marks(path, {"1.3": dict.fromkeys(codes)}, levels)
        assert [marks[code][1] for code in codes] == COMMENTS and path.read_bytes() == before
    (course / "out").mkdir()
    path.rename(course / "out" / "marks.csv")
    hand_in(course, {"ada": submissions.notebook("x = 1", answer=answers[0])})
    found = {"ada": {"student": "ada", "file": "ada.ipynb", "late": False, "submitted": None, "questions": {},
                     "written": {"1.3": answers[0]}, "notes": [], "cells": []}}  # fmt: skip
    feedback.write(1, course / "out", {"ada": Person("ada", "=Ada")}, found, late.Rule(), b"", [])
    assert "- units are missing" in (course / "out" / "feedback" / "ada.html").read_text()
    lost = [row["detail"].partition(":")[0] for row in read(course / "out" / "review.csv")]
    assert lost == codes[1:] and (course / "out" / "marks.csv").read_bytes() == before
    assert read(course / "out" / "grades.csv")[0]["name"] == "'=Ada"


@needs_sandbox
def test_seeds_differ_from_student_to_student_and_are_the_same_again(course):
    hand_in(course, {"ada": submissions.right(slope("ada")), "bob": submissions.right(slope("bob"))})
    graded(course, seed=None)
    seeds = {who: [one["seed"] for one in result(course, who)["questions"].values()] for who in ("ada", "bob")}
    assert len({*seeds["ada"], *seeds["bob"]}) == 4
    before = (course / "out" / "grades.csv").read_bytes()
    lines = []
    graded(course, seed=None, report=lines.append)
    assert (course / "out" / "grades.csv").read_bytes() == before and "2 of them are graded already" in lines
    graded(course, seed=5)
    assert result(course, "ada")["questions"]["1.1"]["seed"] not in seeds["ada"]


@needs_sandbox
@pytest.mark.parametrize("kind", submissions.hostile(2))
def test_a_hostile_submission_gets_what_it_deserves(course, kind):
    before = {path: path.stat().st_mtime_ns for path in Path(sandbox.ROOT).rglob("*.py") if ".venv" not in path.parts}
    text, verdicts = submissions.hostile(slope("eve"))[kind]
    hand_in(course, {"ada": submissions.right(slope("ada")), "eve": text, "zoe": submissions.right(slope("zoe"))})
    _, rows = graded(course, workers=2)
    answers = result(course, "eve")["questions"]
    assert tuple(one["verdict"] for one in answers.values()) == verdicts, answers
    assert all(one["hint"] for one in answers.values() if one["verdict"] != "right")
    assert rows["ada"]["points"] == rows["zoe"]["points"] == "15", "the others are graded"
    seen = [row["what"] for row in read(course / "out" / "review.csv") if row["student"] == "eve"]
    assert seen or {*verdicts} <= {"right", "wrong", "missing"}
    assert "misconduct" not in (course / "out" / "feedback" / "eve.html").read_text()
    assert all(path.stat().st_mtime_ns == was for path, was in before.items()), "something outside was changed"
    assert {path.name for path in course.iterdir()} == {"assignments", "in", "out", "roster.csv"}


@needs_sandbox
def test_names_in_any_script_and_with_any_sign(course):
    names = {"李/小龙": "李, 小龙", "..": "<b>Dots</b>", "a b": "=1+1", "a_b": "O'Neil, Mary Ann"}
    (course / "in").mkdir()
    for student, name in names.items():
        folder = course / "in" / f"{name.replace('/', ' ')}_7_assignsubmission_file_"
        if "<" not in name:
            folder.mkdir()
            (folder / "ps1.ipynb").write_text(submissions.right(slope(student)))
    (course / "in" / "...ipynb").write_text(submissions.right(slope("..")))
    lines = "".join(f'"{student}","{name}"\n' for student, name in names.items())
    (course / "roster.csv").write_text(f"student,name\n{lines}")
    _, rows = graded(course)
    assert {student: row["points"] for student, row in rows.items()} == {
        "李/小龙": "15",
        "..": "0",
        "a b": "15",
        "a_b": "15",
    }
    assert rows["a b"]["name"] == "'=1+1", "no formula for a spreadsheet"
    assert len({feedback.file_name(student).casefold() for student in names}) == 4
    assert not [path for path in (course / "out" / "feedback").iterdir() if path.suffix != ".html"]


@needs_sandbox
def test_half_a_letter_in_a_file_s_name_or_in_an_answer_stops_nobody(course):
    half = "\ud800"
    texts = {"ada": submissions.right(slope("ada")), "bob": submissions.right(slope("bob"))}
    texts["eve"] = submissions.notebook(f"raise ValueError({half!r})", f"def line(x):\n    raise ValueError({half!r})",
                                        answer=f"half {half}")  # fmt: skip
    hand_in(course, texts)
    (course / "in" / "bob").mkdir()
    (course / "in" / "PS1_bob.ipynb").rename(os.fsdecode(os.fsencode(course / "in" / "bob") + b"/\xff.ipynb"))
    _, rows = graded(course)
    assert [rows[who]["points"] for who in ("ada", "bob", "eve")] == ["15", "15", "0"]
    assert result(course, "eve")["written"]["1.3"] == f"half {half}"
    assert "half \\ud800" in (course / "out" / "answers" / "1.3.html").read_text()
    _, again = graded(course)
    assert again == rows


@needs_sandbox
def test_late_submissions_lose_what_the_rule_says(course):
    hand_in(course, {name: submissions.right(slope(name)) for name in ("ada", "bob", "cyd")})
    (course / "course.toml").write_text(
        "[late]\ngrace_minutes = 15\npercent_per_day = 10\nmost_days = 3\n[sets.1]\ndue = 2027-01-15T12:00:00+00:00\n"
    )
    (course / "out").mkdir()
    late = "student,submitted\nada,2027-01-15T12:14+00:00\nbob,2027-01-17T11:00+00:00\ncyd,2027-02-01T00:00+00:00\n"
    (course / "out" / "late.csv").write_text(late)
    _, rows = graded(course)
    assert [rows[name]["late_days"] for name in ("ada", "bob", "cyd")] == ["0", "2", "17"]
    assert [rows[name]["total"] for name in ("ada", "bob", "cyd")] == ["15", "12", "0"]
    assert "too late" in (course / "out" / "review.csv").read_text()


@needs_sandbox
def test_after_ctrl_c_nothing_is_lost_and_nothing_is_left_running(course):
    slow = submissions.notebook("import time", "time.sleep(1000)\ndef line(x):\n    return x")
    hand_in(course, {"ada": submissions.right(slope("ada")), "zed": slow})
    script = f"""
import signal
import sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored where the tests run in the background
sys.path.insert(0, {str(Path(__file__).parent)!r})
import submissions
from teach import grading
submissions.taken(Path({str(course)!r}))
try:
    grading.grade(1, {str(course / "in")!r}, {str(course / "out")!r}, roster={str(course / "roster.csv")!r},
                  secret={SECRET!r}, seed=1, workers=1)
except KeyboardInterrupt:
    sys.exit(130)
"""
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    while not (course / "out" / "results" / "ada.json").exists():
        time.sleep(0.05)
    kept = (course / "out" / "results" / "ada.json").read_bytes()
    while not (inside := psutil.Process(run.pid).children(recursive=True)[1:]):
        time.sleep(0.05)
    run.send_signal(2)
    run.communicate()
    assert run.returncode == 130
    assert not psutil.wait_procs(inside, timeout=60)[1]
    lines = []
    graded(course, report=lines.append)
    assert "1 of them are graded already" in lines
    assert (course / "out" / "results" / "ada.json").read_bytes() == kept


@needs_sandbox
def test_a_grader_that_dies_costs_one_submission_alone(course, monkeypatch):
    hand_in(course, {"ada": submissions.right(slope("ada")), "eve": submissions.right(slope("eve"))})
    work = grading.result_of
    monkeypatch.setattr(grading, "result_of", lambda job: work(job) if job.student == "ada" else os._exit(9))
    counts, rows = graded(course)
    assert counts["right"] == counts["crashed"] == 2 and rows["ada"]["status"] != "refused"
    assert rows["eve"]["total"] == "0" and rows["eve"]["status"] == "refused"


def test_without_a_sandbox_nothing_runs_unless_it_is_trusted(course, monkeypatch):
    hand_in(course, {"ada": submissions.right(slope("ada"))})
    monkeypatch.setattr(sandbox, "kind", lambda: None)
    with pytest.raises(InputError, match="needs a sandbox"):
        graded(course)
    assert not (course / "out").exists()
    counts, _ = graded(course, trusted=True)
    assert counts["right"] == 2


@needs_sandbox
def test_the_command_writes_nothing_but_its_output_folder(course, capsys):
    hand_in(course, {"ada": submissions.right(slope("ada"))})
    (course / "private").mkdir()
    (course / "private" / "secret").write_bytes(SECRET + b"\n")
    words = ["grade", "1", str(course / "in"), "--roster", str(course / "roster.csv"), "--workers", "1"]
    assert teach.main(words) == 0
    assert "2 right" in capsys.readouterr().out
    made = {str(path.relative_to(course)) for path in (course / "private").rglob("*") if path.is_file()}
    folder = "private/grades/ps1"
    tables = {f"{folder}/{name}" for name in ("grades.csv", "review.csv", "marks.csv", "run.json")}
    pages = {f"{folder}/{name}" for name in ("feedback/ada.html", "answers/1.3.html", "results/ada.json")}
    assert made == {*tables, *pages, "private/secret"}


def test_bad_input_is_told_in_one_sentence(course, capsys):
    hand_in(course, {"ada": submissions.right(slope("ada"))})
    source, out = str(course / "in"), course / "out"
    out.mkdir()
    for name, text, words, part in [
        ("", "", ["9", source], "no problem set '9'"),
        ("", "", ["1", str(course / "nothing.zip")], "neither a folder nor a zip"),
        ("", "", ["1", source, "--roster", str(course / "none.csv")], "No such file"),
        ("late.csv", "student,submitted\nada,tomorrow\n", ["1", source], "cannot read"),
        ("../course.toml", "[late]\npercent_per_day = -1\n", ["1", source], "numbers from 0 on"),
        ("../course.toml", "[sets.1]\ndue = 'tomorrow'\n", ["1", source], "is no time"),
        ("../course.toml", "[late", ["1", source], "cannot read"),
        ("run.json", '{"set": 2, "seed": 1}', ["1", source], "holds the grades of set 2"),
        ("marks.csv", "code\n1\n", ["1", source], "its columns are code,question,level,comment"),
        ("", "", ["1", source, "--workers", "-1"], "-1 workers can grade nothing: give 1 or more"),
        ("", "", ["1", source, "--workers", "0"], "0 workers can grade nothing"),
    ]:
        if name:
            (out / name).write_text(text)
        assert teach.main(["grade", *words, "--out", str(out), "--trusted"]) == 2, part
        said = capsys.readouterr().err
        assert part in said and said.count("\n") == 1, said
        if name:
            (out / name).unlink()
        assert not (out / "grades.csv").exists()


@needs_sandbox
@pytest.mark.slow
@pytest.mark.parametrize("ps", questions.sets())
def test_the_course_s_own_sets(tmp_path, ps):
    """The solution gets all points, the blank none, and another student's solution loses those of the variants."""
    source = assignment.master(ps)
    texts = {
        "solved": assignment.notebook(source, ps, "solved", SECRET, solutions=True),
        "blank": assignment.notebook(source, ps, "blank", SECRET),
        "copied": assignment.notebook(source, ps, "solved", SECRET, solutions=True),
    }
    source = hand_in(tmp_path, {student: nbformat.writes(text) for student, text in texts.items()})
    grading.grade(ps, source, tmp_path / "out", roster=tmp_path / "roster.csv", secret=SECRET, seed=3)
    rows = {row["student"]: row for row in read(tmp_path / "out" / "grades.csv")}
    everything = sum(question.points for question in questions.load(ps).values())
    assert (float(rows["solved"]["points"]), float(rows["blank"]["points"])) == (everything, 0)
    assert float(rows["copied"]["points"]) < everything
    told = result(tmp_path, "copied")["notes"]
    assert ["made for another student", "the notebook says 'solved'"] in told
    assert {one["verdict"] for one in result(tmp_path, "blank")["questions"].values()} == {"not written"}


def tables(folder):
    """Every CSV; whether an endless loop met the limit of computing or of the clock first is the machine's affair."""
    limits = r"(it|the last one because it) (had not ended after|computed for more than) [0-9]+ seconds"
    return {path.name: re.sub(limits, "it ran too long", path.read_text()) for path in sorted(folder.glob("*.csv"))}


@needs_sandbox
@pytest.mark.slow
def test_two_hundred_submissions_of_which_twenty_are_hostile(course, capsys):
    names = [f"s{number:03}" for number in range(200)]
    texts = {name: submissions.right(slope(name)) for name in names}
    kinds = submissions.hostile(2)
    assert len(kinds) >= 20
    for name, kind in zip(names[::8], kinds, strict=False):
        texts[name] = submissions.hostile(slope(name))[kind][0]
    hand_in(course, texts)
    limits = sandbox.Limits()
    started = time.time()
    counts, rows = graded(course, workers=2, limits=limits)
    with capsys.disabled():
        print(f"\n{counts} in {time.time() - started:.0f} s")
    assert len(rows) == 201 and sum(counts.values()) == 400
    for name, kind in zip(names[::8], kinds, strict=False):
        wanted = submissions.hostile(2)[kind][1]
        assert tuple(one["verdict"] for one in result(course, name)["questions"].values()) == wanted, kind
    assert {row["points"] for name, row in rows.items() if name not in names[::8] and name != "absent"} == {"15"}
    before = tables(course / "out")
    for path in (course / "out" / "results").iterdir():
        path.unlink()
    again, _ = graded(course, workers=2, limits=limits)
    assert again == counts and tables(course / "out") == before


@pytest.mark.parametrize("command", ["assignment 1", "grade 1 in --trusted", "quiz gift", "slides 1", "gradescope 1"])
def test_an_output_folder_that_is_a_file_is_told_in_one_sentence(course, capsys, monkeypatch, command):
    hand_in(course, {"ada": submissions.right(slope("ada"))})
    monkeypatch.chdir(course)
    (course / "file").write_text("mine")
    out = "file" if command != "gradescope 1" else "file/x.zip"
    if command == "gradescope 1":
        monkeypatch.setattr(gradescope, "ROOT", course)
        monkeypatch.setattr(gradescope, "build", lambda *_: b"zip")
        (course / "private").mkdir()
        for name in ("roster.csv", "secret"):
            (course / "private" / name).write_bytes(b"")
    assert teach.main([*command.split(), "--out", out]) == 2
    said = capsys.readouterr().err
    assert "file" in said and "cannot" in said and said.count("\n") == 1, said
    assert (course / "file").read_text() == "mine"


def test_what_the_system_refuses_is_told_in_one_sentence(course, capsys, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied", "roster\n.csv")

    monkeypatch.setattr(assignment, "main", refused)
    assert teach.main(["assignment", "1"]) == 2
    assert capsys.readouterr().err == "python -m teach assignment: Permission denied: roster .csv\n"


@pytest.mark.parametrize("name", ["ps1_backup", "ps01", "ps2", "ps", "ps1.old"])
def test_a_folder_beside_the_sets_is_no_set(course, name):
    shutil.copytree(course / "assignments" / "ps1", course / "assignments" / name)
    if name == "ps2":
        (course / "assignments" / name / "questions.py").unlink()
    assert questions.sets() == [1] and questions.folder("1").name == "ps1"
    with pytest.raises(InputError, match=r"no problem set '2'; give one of 1, as"):
        questions.folder("2")


@pytest.mark.parametrize("source", ["", " ", ".", str(Path(__file__).parent.parent)])
def test_the_course_itself_is_no_submission(source, monkeypatch):
    monkeypatch.chdir(Path(__file__).parent.parent)
    with pytest.raises(InputError, match="give the zip or the folder"):
        grade.main(["1", source])
