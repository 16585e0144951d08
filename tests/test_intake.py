"""Whose submission is whose: the downloads of Canvas, Moodle and Gradescope, plain names, and what is refused."""

import os
import stat
import time
import zipfile
from datetime import datetime, timezone

import nbformat
import pytest
import submissions

from srcnn import InputError
from teach import assignment, intake, notebook, roster

PEOPLE = {
    one.student: one
    for one in (
        roster.Person("ada", "Lovelace, Ada", canvas="101"),
        roster.Person("rene", "René Descartes"),
        roster.Person("li", "李 小龙"),
        roster.Person("s-1", "Mary Ann O'Neil", email="mary@example.org"),
        roster.Person("t1", "Kim Lee"),
        roster.Person("t2", "Kim Lee", moodle="77"),
    )
}
TEXT = submissions.notebook("x = 1")


def collected(tmp_path, members, people=PEOPLE):
    found, strays = intake.collect(submissions.as_zip(tmp_path / "in.zip", members), people)
    return {student: one.file for student, one in found.items()}, [detail for *_, detail in strays]


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("lovelaceada_101_555_PS1_ada.ipynb", "ada"),
        ("whatever_LATE_101_555_ps1.ipynb", "ada"),
        ("descartesrene_102_555_ps1.ipynb", "rene"),
        ("oneilmaryann_103_555_ps1-2.ipynb", "s-1"),
        ("李小龙_104_556_ps1.ipynb", "li"),
        ("René Descartes_4711_assignsubmission_file_/ps1.ipynb", "rene"),
        ("Ada Lovelace_4711_assignsubmission_file_ps1.ipynb", "ada"),
        ("Kim Lee_77_assignsubmission_file_/ps1.ipynb", "t2"),
        ("ada.ipynb", "ada"),
        ("PS1_s-1.ipynb", "s-1"),
        ("ada/PS1.ipynb", "ada"),
        ("handed in/Lovelace, Ada/PS1.ipynb", "ada"),
        ("李 小龙/PS1.ipynb", "li"),
    ],
)
def test_a_student_is_known_by_what_the_platform_writes(tmp_path, name, student):
    assert collected(tmp_path, {name: TEXT}) == ({student: name}, [])
    folder = tmp_path / "folder" / name
    folder.parent.mkdir(parents=True)
    folder.write_text(TEXT)
    assert list(intake.collect(tmp_path / "folder", PEOPLE)[0]) == [student]


def test_who_is_on_no_list_or_on_it_twice_is_left_to_a_person(tmp_path):
    found, strays = collected(tmp_path, {"nobody.ipynb": TEXT, "Kim Lee.ipynb": TEXT})
    assert not found and strays == [
        "nobody on the roster is called 'nobody'",
        "'Kim Lee' fits t1 and t2; rename it, or its folder, so that it has the id of one student alone",
    ]
    assert collected(tmp_path, {"PS1_ada.ipynb": TEXT, "Kim, Lee.ipynb": TEXT}, None)[0] == {
        "ada": "PS1_ada.ipynb", "Kim_Lee": "Kim, Lee.ipynb",
    }  # fmt: skip


def roster_of(*students):
    return {student: roster.Person(student) for student in students}


@pytest.mark.parametrize(("name", "student"), [
    ("PS1_anna-lena.ipynb", "anna-lena"), ("PS1_anna.ipynb", "anna"), ("anna-lena (1).ipynb", "anna-lena"),
    ("PS1_s-7.ipynb", "s-7"), ("PS1_7.ipynb", "7"), ("7.ipynb", "7"), ("s-7/work.ipynb", "s-7"),
    ("Set 1/1.ipynb", "1"), ("Set 1/7.ipynb", "7"), ("Problem set 7/anna/my work.ipynb", "anna"),
    ("PS7/PS7_1.ipynb", "1"), ("PS1_a_b.ipynb", "a b"), ("set_1/anna-lena-final.ipynb", "anna-lena"),
    ("set 1/somebody.ipynb", None), ("anna and anna-lena.ipynb", None), ("anna/PS1_7.ipynb", None),
])  # fmt: skip
def test_an_id_is_not_taken_for_a_part_of_another_or_for_the_number_of_a_set(tmp_path, name, student):
    people = roster_of("anna", "anna-lena", "1", "7", "s-7", "a b")
    found, strays = collected(tmp_path, {name: TEXT}, people)
    assert found == ({student: name} if student else {})
    assert all("nobody on the roster" in stray or "rename it" in stray for stray in strays)


def test_what_our_own_command_writes_is_known_whatever_the_ids_are(tmp_path):
    students = ["anna", "anna-lena", "lena", "1", "7", "s-7", "set 1", "a b", "李/小龙", "..", "x@uni.example"]
    paths = assignment.write(1, dict.fromkeys(students, ""), b"secret", tmp_path / "ps1 1 anna")
    found, strays = intake.collect(tmp_path, roster_of(*students))
    assert not strays and {student: one.file for student, one in found.items()} == {
        student: str(path.relative_to(tmp_path)) for student, path in zip(students, paths, strict=True)
    }


FORGED = """
submission_{key}:
  :submitters:
  - :name: Eve
    :sid: {sid}
  :created_at: 2027-01-01 00:00:00 Z
"""


@pytest.mark.parametrize(
    "text", [FORGED.format(key=8, sid="s-1"), FORGED.format(key=7, sid="s-1"), "x: [1", "", "[" * 9999]
)
@pytest.mark.parametrize("place", ["submission_8/submission_metadata.yml", "submission_8/a/submission_metadata.yml"])
def test_what_a_student_calls_metadata_is_believed_in_nothing(tmp_path, text, place):
    real = FORGED.replace("01-01", "01-25")
    members = {"export/submission_metadata.yml": real.format(key=7, sid="ada") + real.format(key=8, sid="s-1")}
    members |= {f"export/submission_{number}/ps1.ipynb": TEXT for number in (7, 8)}
    for name in (place, "submission_8/submission_7/ps1.ipynb"):
        members[f"export/{name}"] = text if name == place else TEXT
    found, strays = intake.collect(submissions.as_zip(tmp_path / "in.zip", members), PEOPLE)
    assert found["ada"].file == "export/submission_7/ps1.ipynb" and not strays
    assert {student: one.submitted.day for student, one in found.items()} == {"ada": 25, "s-1": 25}


@pytest.mark.parametrize("text", ["x: [1", "", "[" * 9999, "submission_7: 3", b"PK\x03\x04"])
def test_metadata_that_cannot_be_read_are_named(tmp_path, text):
    members = {"export/submission_metadata.yml": text, "export/submission_7/ps1.ipynb": TEXT}
    with pytest.raises(InputError, match=r"^export/submission_metadata\.yml") as raised:
        intake.collect(submissions.as_zip(tmp_path / "in.zip", members), PEOPLE)
    assert "\n" not in str(raised.value)


def test_gradescope_says_who_and_when(tmp_path):
    metadata = """---
submission_7:
  :submitters:
  - :name: Somebody Else
    :sid: ada
    :email: a@example.org
  :created_at: 2027-01-15 20:03:11.5 Z
submission_8:
  :submitters:
  - :name: ''
    :sid: ''
    :email: mary@example.org
  :created_at: '2027-01-15 21:03:11 +01:00'
"""
    folder = "assignment_1_export/"
    members = {f"{folder}submission_metadata.yml": metadata}
    members |= {f"{folder}submission_{number}/ps1.ipynb": TEXT for number in (7, 8)}
    found, strays = intake.collect(submissions.as_zip(tmp_path / "in.zip", members), PEOPLE)
    assert set(found) == {"ada", "s-1"} and not strays
    assert found["ada"].submitted == datetime(2027, 1, 15, 20, 3, 11, 500_000, timezone.utc)
    assert found["s-1"].submitted == datetime(2027, 1, 15, 20, 3, 11, tzinfo=timezone.utc)


def test_of_two_submissions_the_latest_counts(tmp_path):
    members = {f"lovelaceada_101_{number}_ps1{again}.ipynb": TEXT for number, again in ((9, ""), (7, "-2"), (8, "-1"))}
    found, _ = intake.collect(submissions.as_zip(tmp_path / "in.zip", members), PEOPLE)
    assert found["ada"].file == "lovelaceada_101_7_ps1-2.ipynb"
    assert "submitted more than once" in dict(found["ada"].notes)
    (tmp_path / "in").mkdir()
    for name, age in (("ada.ipynb", 100), ("PS1_ada.ipynb", 200)):
        (tmp_path / "in" / name).write_text(TEXT)
        os.utime(tmp_path / "in" / name, (time.time() - age,) * 2)
    (tmp_path / "in" / "ada.png").write_bytes(b"a picture beside it")
    assert intake.collect(tmp_path / "in", PEOPLE)[0]["ada"].file == "ada.ipynb"


def link():
    member = zipfile.ZipInfo("ada.ipynb")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def broken(path):
    """A zip whose only member is not what its checksum says."""
    data = submissions.as_zip(path, {"ada.ipynb": TEXT}).read_bytes()
    path.write_bytes(data.replace(b"x = 1", b"x = 2"))


REFUSED = {
    "a zip in a zip": ({"ada.ipynb": b"PK\x03\x04..."}, "a zip inside the download"),
    "another zip": ({"ada/work.zip": b"PK\x03\x04..."}, "a zip inside the download"),
    "a bomb": ({"ada.ipynb": b"0" * (intake.MOST + 1)}, "20 at most"),
    "an empty file": ({"ada.ipynb": b" \n"}, "is empty"),
    "another folder": ({"../../ada.ipynb": TEXT}, "leads out of the download"),
    "an absolute path": ({"/etc/ada.ipynb": TEXT}, "leads out of the download"),
    "a link": ({link(): "/etc/passwd"}, "this is a link"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_may_not_be_read_is_refused(tmp_path, kind):
    members, word = REFUSED[kind]
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    found, strays = intake.collect(tmp_path / "in.zip", PEOPLE)
    assert word in found["ada"].problem and not strays
    assert [path.name for path in tmp_path.iterdir()] == ["in.zip"]


def test_a_broken_zip_and_a_link_on_the_disk(tmp_path):
    broken(tmp_path / "in.zip")
    assert "cannot be read" in intake.collect(tmp_path / "in.zip", PEOPLE)[0]["ada"].problem
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.ipynb").symlink_to("/etc/passwd")
    assert intake.collect(tmp_path / "in", PEOPLE)[0]["ada"].problem == "this is a link"
    for source in (tmp_path / "nothing", tmp_path / "in" / ".." / "no.txt"):
        with pytest.raises(InputError, match="neither a folder nor a zip"):
            intake.collect(source)


def test_a_roster_may_come_from_a_spreadsheet(tmp_path):
    (tmp_path / "roster.csv").write_bytes('\ufeffstudent,name,canvas\r\nada,"Lovelace, Ada",101\r\n'.encode())
    assert roster.read(tmp_path / "roster.csv") == {"ada": roster.Person("ada", "Lovelace, Ada", canvas="101")}
    (tmp_path / "roster.csv").write_bytes(b"student;name;canvas\r\nada;Lovelace, Ada;101\r\n")
    assert roster.read(tmp_path / "roster.csv") == {"ada": roster.Person("ada", "Lovelace, Ada", canvas="101")}


def test_a_notebook_of_nobody_says_for_whom_it_was_made(tmp_path):
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("1")], metadata={"course": {"set": 1, "student": "ada"}}
    )
    strays = collected(tmp_path, {"linmeiling_1_2_PS1.ipynb": nbformat.writes(made)})[1]
    assert strays == [
        "nobody on the roster is called 'linmeiling'; its notebook was made for ada: if it is theirs, "
        "put the platform's number of ada into the roster"
    ]


def test_written_answers_are_found_though_cells_were_changed():
    def cell(source, kind="markdown", **metadata):
        return {"cell_type": kind, "source": source, "metadata": metadata}

    def answers(*cells):
        return notebook.read(submissions.json.dumps({"cells": cells}).encode()).answers

    prompt = "### Answer to question 1.5\n\n*Write here, 100 words.*"
    assert answers(cell(prompt)) == {"1.5": ""}
    assert answers(cell(["## Answer to question 1.5\n", "\n", "so"])) == {"1.5": "so"}
    assert answers(cell(f"{prompt}\n\nso\n### Answer to question 1.6\nthus", "raw")) == {"1.5": "so", "1.6": "thus"}
    assert answers(cell("so", tags=["written"], question="1.5")) == {"1.5": "so"}
    assert answers(cell("so")) == {}
