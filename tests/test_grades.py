"""Grades into the exports of Canvas, Moodle and Gradescope: two columns change, and every other byte stays."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcnn import InputError
from teach import cells, grades

# As Canvas writes it (lib/gradebook_exporter.rb): a line for posting policies, one for the points, names with a comma,
# an excused student, one without the assignment, the test student last, and read-only columns.
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Quiz 1 (870),Problem set 1 (871),Problem set 10 (872),"
    "Assignments Current Score,Current Score,Final Grade\n"
    ",,,,,,,Manual Posting,,,,\n"
    "    Points Possible,,,,,,10.00,50.00,100.00,(read only),(read only),(read only)\n"
    '"Lovelace, Ada",1001,s-1,ada@uni.example,"Monday, 9:15","says ""hi""",7.00,,,70.00,70.00,C-\n'
    '"Müller, Zoë",1002,s-2,zoe,Monday,,8.00,12.50,,80.00,80.00,B-\n'
    '"林, 美玲",1003,,mei@uni.example,Monday,,9.00,"1.00",,90.00,90.00,A-\n'
    '"O\'Brien, Pat",1004,,pat,Monday,,,EX,,,,\n'
    '"Hopper, Grace",1005,,grace,Monday,,,N/A,,,,\n'
    '"Nobody, Known",1006,,nobody,Monday,,,,,,,\n'
    '"Student, Test",1007,,5d41402abc4b2a76,Monday,,,,,,,\n'
)
# As Moodle writes its offline grading worksheet (mod/assign/feedback/offline).
MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\r\n'
    'Participant 501,"Ada Lovelace",ada@uni.example,"Submitted for grading",,100.00,Yes,'
    '"Friday, 15 January 2027, 8:03 PM",-,\r\n'
    'Participant 502,"Zoë Müller",zoe@uni.example,"Submitted for grading",12.00,100.00,Yes,-,-,"<p>old,\nwords</p>"\r\n'
    'Participant 503,"美玲 林",mei@uni.example,"Submitted for grading",,100.00,No,-,-,\r\n'
)
GRADESCOPE = (
    '"First Name","Last Name",SID,Email,Sections,"Total Score","Max Points",Status,"Submission ID","Submission Time",'
    '"Lateness (H:M:S)","View Count","Submission Count"\n'
    "Ada,Lovelace,s-1,ada@uni.example,,0.0,100.0,Graded,77,2027-01-15 20:03:11 +0000,00:00:00,1,2\n"
    "Zoë,Müller,s-2,zoe@uni.example,,,100.0,Missing,,,,,\n"
)


def student(name, spoken, total, **more):
    return {"student": name, "name": spoken, "email": f"{name}@uni.example", "status": "graded", "possible": "100",
            "total": total, "late_days": "0", "late_percent": "0", "results": {}, **more}  # fmt: skip


RESULTS = {
    "questions": {
        "1.1": {"verdict": "right", "points": 20, "possible": 20, "hint": None},
        "1.2": {"verdict": "wrong", "points": 0, "possible": 20, "hint": 'a < b, says "he"'},
    }
}
STUDENTS = [
    student("ada", "Ada Lovelace", "87.50", results=RESULTS),
    student("zoe", "Zoë Müller", "40.00", late_days="1", late_percent="10"),
    student("mei", "林, 美玲", "100.00"),
    student("pat", "Pat O'Brien", "10.00"),
    student("grace", "Grace Hopper", "70.00"),
    student("emmy", "Emmy Noether", "100.00"),
]


def table(data):
    sheet = cells.Sheet(data)
    return list(
        csv.reader(io.StringIO(data[len(sheet.bom) :].decode(sheet.encoding), newline=""), delimiter=sheet.delimiter)
    )


def changed(before, after):
    """{(line, column): new value} where two files differ; they must have the same shape."""
    one, two = table(before), table(after)
    assert [len(row) for row in one] == [len(row) for row in two]
    return {(y, x): b for y, row in enumerate(one) for x, (a, b) in enumerate(zip(row, two[y], strict=True)) if a != b}


def test_canvas_gets_its_grades_and_nothing_else():
    data = CANVAS.encode()
    filled, notes = grades.fill(data, STUDENTS, "canvas", 1)
    assert changed(data, filled) == {(3, 7): "43.75", (4, 7): "20.00", (5, 7): "50.00"}, "out of 50, as Canvas has it"
    wanted = CANVAS.replace(",7.00,,,70", ",7.00,43.75,,70").replace("12.50", "20.00").replace('"1.00"', '"50.00"')
    assert filled == wanted.encode()
    assert notes[0] == "3 grades written into the column 'Problem set 1 (871)'"
    assert "2 left as they were: pat (locked there); grace (locked there)" in notes
    assert "2 in the export, but not in grades.csv: Nobody, Known; Student, Test" in notes
    assert "1 in grades.csv, but not in the export: emmy" in notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_bytes_stay_in_every_form_that_spreadsheets_give_a_file(encoding, delimiter, ending):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerows(table(CANVAS.encode()))
    data = out.getvalue().encode(encoding)
    filled, _ = grades.fill(data, STUDENTS, "canvas", 1)
    assert set(changed(data, filled)) == {(3, 7), (4, 7), (5, 7)}
    back = cells.Sheet(filled)
    for (line, column), old in {(3, 7): "", (4, 7): "12.50", (5, 7): "1.00"}.items():
        back.put(line, column, old)
    assert back.bytes() == data


def test_a_file_with_decimal_commas_gets_decimal_commas():
    data = CANVAS.replace(",", ";").replace("50.00;100.00", "50,00;100,00").replace("; ", ", ").encode()
    filled, _ = grades.fill(data, STUDENTS, "canvas", 1)
    assert changed(data, filled) == {(3, 7): "43,75", (4, 7): "20,00", (5, 7): "50,00"}


def test_moodle_gets_grade_and_feedback_where_it_lets_them_be_changed():
    data = MOODLE.encode()
    filled, notes = grades.fill(data, STUDENTS[:3], "moodle", 1)
    found = changed(data, filled)
    assert {place: text for place, text in found.items() if place[1] == 4} == {(1, 4): "87.50", (2, 4): "40.00"}
    assert set(found) == {(1, 4), (1, 9), (2, 4), (2, 9)} and "1 left as they were: mei (locked there)" in notes
    assert found[1, 9] == ("Total: 87.50 of 100 points.<br>1.1: right, 20 of 20<br>"
                           '1.2: wrong, 0 of 20: a &lt; b, says "he"')  # fmt: skip
    assert found[2, 9] == "Total: 40.00 of 100 points.<br>1 days late: 10 % less."


def test_gradescope_s_total_changes_alone():
    data = GRADESCOPE.encode()
    filled, _ = grades.fill(data, STUDENTS[:2], "gradescope", 1)
    assert changed(data, filled) == {(1, 5): "87.50", (2, 5): "40.00"}


def test_who_has_no_final_grade_is_left_and_named():
    students = [{**STUDENTS[0], "status": "to read"}, {**STUDENTS[1], "status": "nothing"}]
    filled, notes = grades.fill(CANVAS.encode(), students, "canvas", 1)
    assert filled == CANVAS.encode() and "2 left as they were: ada (to read); zoe (nothing)" in notes


def test_a_name_that_two_have_is_nobody_s_until_the_roster_has_their_numbers():
    twins = [student("a1", "Kim Lee", "10.00"), student("a2", "Kim Lee", "20.00")]
    data = b'Student,ID,SIS Login ID,Section,PS1 (5)\n"Lee, Kim",31,x,,\n"Lee, Kim",32,y,,\n'
    filled, notes = grades.fill(data, twins, "canvas", 1)
    assert filled == data and any(note.startswith("2 may be more than one student") for note in notes)
    twins = [{**one, "canvas": number} for one, number in zip(twins, ("32", "31"), strict=True)]
    filled, _ = grades.fill(data, twins, "canvas", 1)
    assert changed(data, filled) == {(1, 4): "20.00", (2, 4): "10.00"}
    with pytest.raises(InputError, match="lines 2 and 3 of the export are both of a1"):
        grades.fill(data, twins_by_name("Lee, Kim"), "canvas", 1)


def twins_by_name(name):
    return [student("a1", name, "10.00")]


@pytest.mark.parametrize(("data", "platform", "ps", "words"), [
    (b"", "canvas", 1, "empty"),
    (CANVAS.encode(), "canvas", 3, "no column of this canvas export is for set 3; give one of these with COLUMN="),
    (CANVAS.replace("Quiz 1", "Set 1").encode(), "canvas", 1, "more than one column"),
    (b"a,b,Grade\n1,2,3\n", "moodle", 1, "this is no moodle export"),
    (b"\xff\xfe\x00", "canvas", 1, "download it again"),
])  # fmt: skip
def test_what_cannot_be_filled_is_refused_in_one_sentence(data, platform, ps, words):
    with pytest.raises(InputError, match=words) as raised:
        grades.fill(data, STUDENTS, platform, ps)
    assert "\n" not in str(raised.value)


def test_a_line_whose_empty_cells_at_the_end_a_spreadsheet_dropped_gets_its_grade():
    cut = "\n".join(line.rstrip(",") for line in CANVAS.splitlines()) + "\n"
    assert cut.count(",") < CANVAS.count(",")
    before = "Student,ID,SIS Login ID,PS1 (5),Section\n,,,,\n    Points Possible,,,50,\n"
    for data, wanted in (
        (before + '"Lovelace, Ada",31,ada\n', '"Lovelace, Ada",31,ada,43.75\n'),
        (before + '"Lovelace, Ada",31,ada\n\n', '"Lovelace, Ada",31,ada,43.75\n\n'),
        (before + '"Lovelace, Ada",31,ada,,Monday,\n', '"Lovelace, Ada",31,ada,43.75,Monday,\n'),
    ):
        filled, notes = grades.fill(data.encode(), STUDENTS[:1], "canvas", 1)
        assert filled.decode() == before + wanted and len(notes) == 1
    filled, notes = grades.fill(cut.encode(), STUDENTS, "canvas", 1)
    assert cells.Sheet(filled).rows[3][7] == "43.75" and "1 in grades.csv, but not in the export: emmy" in notes
    data = before + "Lovelace, Ada,31,ada,,Monday\n"  # the comma of a name that lost its quotes
    filled, notes = grades.fill(data.encode(), STUDENTS[:1], "canvas", 1)
    assert filled == data.encode() and "1 not read, with more cells than the heading has: line 4" in notes


@pytest.mark.parametrize(("platform", "number", "roster", "found"), [
    ("gradescope", "A0123456", "A0123456", True), ("gradescope", "A0123456", "0123456", False),
    ("canvas", "A0123456", "A0123456", True), ("moodle", "Participant 501", "501", True),
])  # fmt: skip
def test_a_number_is_compared_whole_and_only_moodle_writes_a_word_before_it(platform, number, roster, found):
    head = {"gradescope": "Name,SID,Total Score,Max Points", "canvas": "Student,ID,PS1 (5),x"}
    data = head.get(platform, "Full name,Identifier,Grade,Maximum Grade") + f"\nSomebody,{number},,100\n"
    one = student("ada", "Ada Lovelace", "87.50") | {platform: roster}
    filled, _ = grades.fill(data.encode(), [one], platform, 1)
    assert changed(data.encode(), filled) == ({(1, 2): "87.50"} if found else {})


HEAD = "student,name,email,set,1.1,points,possible,late_days,late_percent,total,status\n"


def read_back(folder, text, roster="Student,Name ,Canvas\nx17 ,Ada,1001\n"):
    (folder / "grades.csv").write_text(text, encoding="utf-8")
    (folder / "roster.csv").write_text(roster, encoding="utf-8")
    return grades.read_students(folder, folder / "roster.csv")


def test_a_roster_as_it_is_typed_serves_every_command(tmp_path):
    (one,) = read_back(tmp_path, HEAD + "x17,Ada,,1,20,20,100,0,0,87.5,graded\n")
    assert (one["student"], one["canvas"], one["total"]) == ("x17", "1001", "87.5")
    (one,) = read_back(tmp_path, HEAD + "'-5,'=1+1,,1,20,20,100,0,0,87.5,graded\n", "student,name\n-5,=1+1\n")
    assert (one["student"], one["name"]) == ("-5", "=1+1"), "the sign that keeps a spreadsheet from counting is ours"


def test_grades_that_a_spreadsheet_saved_again_are_read(tmp_path):
    text = HEAD + "x17,Ada,,1,20,20,100,0.5,12.5,87.5,graded\n"
    (one,) = read_back(tmp_path, text.replace(",", ";").replace(".5", ",5"))
    assert [one[name] for name in grades.NUMBERS] == ["87.5", "100", "0.5", "12.5"]
    assert grades.points(one, "100,0") == "87,50" and "12.5 % less" in grades.feedback(one)


@pytest.mark.parametrize(("text", "words"), [
    ("", "has no column student"),
    (HEAD, None),
    (HEAD.replace(",total", "") + "x17,Ada,,1,20,20,100,0,0,graded\n", "has no column total"),
    (HEAD + "x17,Ada,,1,20,20,100,0,0,17. Mai,graded\n", r"line 2, total is '17\. Mai', which is no number"),
    (HEAD + "x17,Ada\n", "line 2, total is '', which is no number"),
    (HEAD + 'x17,"Ada\n', "cannot read"),
])  # fmt: skip
def test_a_table_of_grades_that_was_damaged_is_named(tmp_path, text, words):
    if words is None:
        assert read_back(tmp_path, text) == []
        return
    with pytest.raises(InputError, match=words) as raised:
        read_back(tmp_path, text)
    assert "make grade" in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("kept", [b'{"questions": {"1.1": {"ver', b"\xff", b"", b"[]"])
def test_a_students_results_that_were_damaged_are_named(tmp_path, kept):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "x17.json").write_bytes(kept)
    with pytest.raises(InputError, match=r"x17\.json is damaged: `make grade` writes it anew"):
        read_back(tmp_path, HEAD + "x17,Ada,,1,20,20,100,0,0,87.5,graded\n")


def test_the_column_can_be_named():
    filled, _ = grades.fill(CANVAS.encode(), STUDENTS, "canvas", 3, column="Quiz 1 (870)")
    assert changed(CANVAS.encode(), filled)[3, 6] == "8.75"
    assert grades.fill(CANVAS.encode(), STUDENTS, "canvas", 3, column="Quiz 1")[0] == filled


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@given(
    st.lists(st.lists(text, min_size=2, max_size=4), min_size=1, max_size=4), st.sampled_from([0, 1, 3]), st.booleans()
)
def test_a_sheet_reads_what_csv_reads_and_writes_the_same_bytes(rows, quoting, bom):
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL if quoting == 1 else csv.QUOTE_MINIMAL).writerows([["a", "b"], *rows])
    data = out.getvalue().encode("utf-8-sig" if bom else "utf-8")
    sheet = cells.Sheet(data)
    assert sheet.bytes() == data and sheet.rows == [["a", "b"], *rows]
    sheet.put(1, 0, 'new, "words"\n')
    assert cells.Sheet(sheet.bytes()).rows == [["a", "b"], ['new, "words"\n', *rows[0][1:]], *rows[1:]]


def test_the_command_reads_the_grader_s_folder_and_leaves_the_export_alone(tmp_path, capsys):
    folder, export = tmp_path / "ps1", tmp_path / "gradebook.csv"
    (folder / "results").mkdir(parents=True)
    (folder / "grades.csv").write_text(
        "student,name,email,set,1.1,1.2,points,possible,late_days,late_percent,total,status\n"
        'x17,"Lovelace, A.",,1,20,0,20,100,0,0,87.50,graded\n', encoding="utf-8")  # fmt: skip
    (tmp_path / "roster.csv").write_text('student,name,canvas\nx17,"Lovelace, A.",1001\n')
    export.write_bytes(CANVAS.encode())
    grades.main(["1", "canvas", str(export), "--graded", str(folder), "--roster", str(tmp_path / "roster.csv")])
    target = folder / "gradebook-canvas.csv"
    assert capsys.readouterr().out.splitlines()[-1] == str(target)
    assert export.read_bytes() == CANVAS.encode() and changed(CANVAS.encode(), target.read_bytes()) == {(3, 7): "43.75"}
    with pytest.raises(InputError, match="make grade"):
        grades.main(["1", "canvas", str(export), "--graded", str(tmp_path / "none")])
