"""The autograder zip: unpacked as Gradescope does it, it grades one submission as `make grade` would."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from srcnn import InputError
from teach import assignment, gradescope, on_gradescope

SECRET = b"0123456789abcdef"
ROSTER = """student,Name , Email,Gradescope
ada,"Qwertz, Ada",ada@uni.example,
zoe,Zoë Müller,, 5077
ada lovelace,,al@uni.example,
李/小龙: =1,,li@uni.example,
"""  # the headings as a person types them


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    """The folder /autograder, as Gradescope makes it from the zip."""
    root = tmp_path_factory.mktemp("gradescope") / "autograder"
    roster = root.parent / "roster.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    archive = root.parent / "autograder.zip"
    archive.write_bytes(gradescope.build(1, roster, SECRET))
    with zipfile.ZipFile(archive) as found:
        assert {"setup.sh", "run_autograder"} <= set(found.namelist()), "at the root of the zip"
        assert found.getinfo("run_autograder").external_attr >> 16 & 0o100, "it can be run"
        found.extractall(root / "source")
    return root


def handed_in(root, user, *notebooks, beside=()):
    """What results.json says when this user hands in these notebooks, and other files beside them."""
    shutil.rmtree(root / "submission", ignore_errors=True)
    (root / "submission").mkdir()
    for name in beside:
        (root / "submission" / name).parent.mkdir(exist_ok=True)
        (root / "submission" / name).write_bytes(b"\0 what a Mac or Jupyter leaves")
    (root / "results" / "results.json").unlink(missing_ok=True)
    for number, notebook in enumerate(notebooks):
        nbformat.write(notebook, root / "submission" / f"My work_{number}.ipynb")
    (root / "submission_metadata.json").write_text(json.dumps({"users": [user]}))
    command = [sys.executable, "-m", "teach.on_gradescope", str(root)]
    course = root / "source" / "course"
    subprocess.run(
        command, cwd=course, env={"PYTHONPATH": ".", "PATH": "/usr/bin:/bin"}, check=True, capture_output=True
    )
    return json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))


def made_for(student, solutions):
    return assignment.notebook(assignment.master(1), 1, student, SECRET, solutions=solutions)


@pytest.mark.parametrize(("user", "student", "solutions", "share"), [
    ({"email": "ADA@uni.example"}, "ada", True, (1, 1)),
    ({"email": "other@uni.example", "sid": "5077"}, "zoe", True, (1, 1)),
    ({"email": "ada@uni.example"}, "ada", False, (0, 0)),
    ({"email": "ada@uni.example"}, "zoe", True, (0, 0.25)),
    ({"email": "al@uni.example"}, "ada lovelace", True, (1, 1)),
    ({"email": "li@uni.example"}, "李/小龙: =1", True, (1, 1)),
])  # fmt: skip
def test_each_submission_gets_its_points(autograder, user, student, solutions, share):
    said = handed_in(autograder, user, made_for(student, solutions))
    assert [test["name"] for test in said["tests"]] == [f"Question 1.{number}" for number in range(1, 5)]
    possible = sum(test["max_score"] for test in said["tests"])
    assert possible == 40 and share[0] <= sum(test["score"] for test in said["tests"]) / possible <= share[1]
    assert all(test["output"] and test["visibility"] == "visible" for test in said["tests"])


def test_who_cannot_be_graded_reads_why(autograder):
    notebook = made_for("ada", True)
    said = handed_in(autograder, {"email": "eve@uni.example"}, notebook)
    assert said["score"] == 0 and said["output"].startswith("eve@uni.example is not on the roster")
    beside = "__MACOSX/._w.ipynb", ".ipynb_checkpoints/w-checkpoint.ipynb", "._w.ipynb"
    assert len(handed_in(autograder, {"email": "ada@uni.example"}, notebook, beside=beside)["tests"]) == 4
    for notebooks in ((), (notebook, notebook)):
        said = handed_in(autograder, {"email": "ada@uni.example"}, *notebooks)
        assert said["score"] == 0 and "one is wanted" in said["output"]


def test_the_zip_holds_neither_names_nor_addresses_nor_solutions(autograder):
    for path in (autograder / "source").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"Qwertz" not in data and b"uni.example" not in data, path
    assert not list((autograder / "source").rglob("master.md"))
    assert on_gradescope.hashed(" Ada@Uni.example ") == on_gradescope.hashed("ada@uni.example")


def test_without_roster_or_secret_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(gradescope, "ROOT", tmp_path)
    with pytest.raises(InputError, match=r"there is no private/roster\.csv"):
        gradescope.main(["1"])
    Path(tmp_path / "private").mkdir()
    (tmp_path / "private" / "roster.csv").write_text(ROSTER)
    with pytest.raises(InputError, match=r"there is no private/secret: `make assignment` writes it"):
        gradescope.main(["1"])
