"""`python -m teach grades PS FORMAT FILE`: put the grades of a set into the export of your learning platform.

FILE is what your platform let you download: the gradebook of Canvas, the grading worksheet of Moodle, the grades of an
assignment at Gradescope. It is left as it is. Its copy has other grades, in Moodle also other feedback, and is the same
byte for byte everywhere else.
"""

import argparse
import csv
import dataclasses
import html
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from srcnn import InputError
from srcnn.files import atomic_write

from . import questions, roster
from .cells import Sheet
from .feedback import file_name, unshielded
from .roster import rows_of

ROOT = Path(__file__).resolve().parent.parent
KEEP = {"EX", "N/A"}
"""What Canvas writes for a student who is excused, or does not have this assignment: it is never written over."""
NUMBERS = "total", "possible", "late_days", "late_percent"
"""The columns of grades.csv that are counted with."""


@dataclass(frozen=True)
class Platform:
    """How a platform names the columns of its export; the first name that is there is taken."""

    grade: str  # a pattern; {ps} is the set
    most: str | None  # the column that says what the grade is out of; in Canvas it is a row
    number: str  # the student's number at the platform, which the roster's column of the same name holds
    logins: tuple  # columns that may hold the roster's id or email
    names: tuple  # alternatives: one column with the name, or two
    feedback: str | None = None


SET = (r"(?i)(?!.*\b(?:current|final) (?:score|points|grade)\b)"
       r".*\b(?:ps|set|assignment|homework) ?0*{ps}\b.*")  # fmt: skip
PLATFORMS = {
    "canvas": Platform(SET, None, "ID", ("SIS User ID", "SIS Login ID", "Integration ID"),
                       (("Student",), ("FirstName", "LastName"))),
    "moodle": Platform("Grade", "Maximum Grade", "Identifier", ("Email address", "ID number", "Username"),
                       (("Full name",), ("First name", "Last name")), "Feedback comments"),
    "gradescope": Platform("Total Score", "Max Points", "SID", ("SID", "Email"),
                           (("Name",), ("First Name", "Last Name"))),
}  # fmt: skip


def main(words):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m teach grades", description=__doc__)
    parser.add_argument("ps", metavar="PS", help="the number of the problem set")
    parser.add_argument("format", metavar="FORMAT", help=", ".join(PLATFORMS))
    parser.add_argument("file", type=Path, metavar="FILE", help="your platform's export")
    parser.add_argument("--column", help="the heading of the column for the grade, if it is not found by itself")
    parser.add_argument("--graded", type=Path, help="the folder that `make grade` wrote (private/grades/psN)")
    parser.add_argument("--roster", type=Path, default=ROOT / "private" / "roster.csv")
    options = parser.parse_args(words)
    if options.format not in PLATFORMS:
        raise InputError(f"{options.format!r} is no platform: give one of {', '.join(PLATFORMS)}")
    ps = int(questions.folder(options.ps).name.removeprefix("ps"))
    folder = options.graded or ROOT / "private" / "grades" / f"ps{ps}"
    students = read_students(folder, options.roster)
    data = _bytes(options.file)
    sheet, notes = fill(data, students, options.format, ps, options.column)
    target = folder / f"{options.file.stem}-{options.format}.csv"
    with atomic_write(target) as temporary:
        Path(temporary).write_bytes(sheet)
    print("\n".join([*notes, str(target)]))


def _bytes(path):
    path = path.expanduser()
    if not path.is_file():
        raise InputError(f"there is no file {path}: give the export that your platform let you download")
    return path.read_bytes()


def read_students(folder, people):
    """The lines of grades.csv, each with what the roster knows of the student and with the grader's results."""
    path = folder / "grades.csv"
    if not path.is_file():
        raise InputError(f"there is no grades.csv in {folder}: run `make grade` first")
    known = roster.read(people) if people.is_file() else {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = rows_of(file)
            rows = [{key: unshielded(cell or "") for key, cell in row.items() if key} for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path}: {error}; `make grade` writes it anew") from None
    needed = ("student", "status", *NUMBERS) if rows else ("student",)
    if missing := [name for name in needed if name not in table.fieldnames]:
        raise InputError(f"{path} has no column {' and no '.join(missing)}; `make grade` writes it anew")
    students = []
    for line, row in enumerate(rows, 2):
        about = dataclasses.asdict(known.get(row["student"], roster.Person(row["student"], row.get("name") or "")))
        one = {**row, **{key: text for key, text in about.items() if text}}
        one |= {name: _number(row[name], f"{path}, line {line}, {name}") for name in NUMBERS}
        kept = folder / "results" / f"{file_name(one['student'])}.json"
        try:
            one["results"] = {**(json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {})}
        except (OSError, ValueError, TypeError):
            raise InputError(f"{kept} is damaged: `make grade` writes it anew") from None
        students.append(one)
    return students


def _number(text, where):
    """A number's text with a decimal point, whatever sign a spreadsheet gave it."""
    number = text.strip().replace(",", ".")
    if not re.fullmatch(r"\d+(\.\d*)?", number):
        raise InputError(f"{where} is {text!r}, which is no number; `make grade` writes the file anew")
    return number


def fill(data, students, platform, ps, column=None):
    """The bytes of the export with the grades of `students`, and sentences about what was done and what not."""
    sheet, form = Sheet(data), PLATFORMS[platform]
    if not sheet.rows:
        raise InputError("the export is empty: download it again")
    header = [name.strip() for name in sheet.rows[0]]
    grade = grade_column(header, form, platform, ps, column)
    finder = Finder(students, platform, form, header)
    done, strangers, left, unclear, longer = {}, [], [], [], []
    rows = [row + [""] * (len(header) - len(row)) for row in sheet.rows]  # spreadsheets drop empty cells at the end
    for number, row in enumerate(rows[1:], 1):
        if any(row[len(header) :]):
            longer.append(f"line {number + 1}")
        if any(row[len(header) :]) or not any(row) or finder.is_heading(row):
            continue
        found = finder.find(row)
        if len(found) != 1:
            (unclear if found else strangers).append(finder.name(row) or f"line {number + 1}")
            continue
        one = found[0]
        if one["student"] in done:
            lines, who = f"lines {done[one['student']] + 1} and {number + 1}", one["student"]
            wanted = f"add the platform's numbers to your roster, in a column {platform!r}"
            raise InputError(f"{lines} of the export are both of {who}: {wanted}")
        done[one["student"]] = number
        if one["status"] != "graded" or row[grade] in KEEP or _locked(header, row):
            left.append(f"{one['student']} ({one['status'] if one['status'] != 'graded' else 'locked there'})")
            continue
        most = row[header.index(form.most)] if form.most in header else finder.most(rows, grade)
        sheet.put(number, grade, points(one, most))
        if form.feedback in header:
            sheet.put(number, header.index(form.feedback), feedback(one))
    missing = [one["student"] for one in students if one["student"] not in done]
    notes = [f"{len(done) - len(left)} grades written into the column {header[grade]!r}"]
    for what, who in (("left as they were", left), ("in the export, but not in grades.csv", strangers),
                      (f"may be more than one student: add a column {platform!r} to the roster", unclear),
                      ("not read, with more cells than the heading has", longer),
                      ("in grades.csv, but not in the export", missing)):  # fmt: skip
        if who:
            notes.append(f"{len(who)} {what}: {'; '.join(who)}")
    return sheet.bytes(), notes


def grade_column(header, form, platform, ps, column):
    """The place of the column that gets the grades."""
    wanted = (column or "").strip()
    found = [place for place, name in enumerate(header) if wanted and wanted in (name, re.sub(r" \(\d+\)$", "", name))]
    if not column:
        found = [place for place, name in enumerate(header) if re.fullmatch(form.grade.format(ps=ps), name)]
    if len(found) == 1:
        return found[0]
    raise InputError(f"{'no' if not found else 'more than one'} column of this {platform} export is for set {ps}; "
                     f"give one of these with COLUMN= (--column): {'; '.join(filter(None, header))}")  # fmt: skip


class Finder:
    """Finds the student of a line: by the platform's number, else by login or email, else by a name that is unique."""

    def __init__(self, students, platform, form, header):
        self.form, self.platform, self.header, self.students = form, platform, header, students
        self.names = next((names for names in form.names if set(names) <= set(header)), ())
        if not self.names and form.number not in header:
            raise InputError(
                f"this is no {platform} export: neither {form.number!r} nor {form.names[0][0]!r} heads a column"
            )

    def _cell(self, row, name):
        return row[self.header.index(name)].strip() if name in self.header else ""

    def name(self, row):
        """The student's name as the export has it."""
        return " ".join(self._cell(row, name) for name in self.names)

    def is_heading(self, row):
        """Whether a line of Canvas is one of those above the students: they have neither number nor login."""
        return self.platform == "canvas" and not self._cell(row, "ID") and not self._cell(row, "SIS Login ID")

    @staticmethod
    def most(rows, grade):
        """What a grade in Canvas is out of: it stands in the line "Points Possible"."""
        return next((row[grade] for row in rows if row[0].strip() == "Points Possible"), "")

    def find(self, row):
        """The students that it may be: one, none, or all those of one name."""
        number = self._cell(row, self.form.number)
        if self.platform == "moodle":  # "Participant 501"
            number = re.sub(r"^\D*(?=\d+$)", "", number)
        logins = {self._cell(row, name).casefold() for name in self.form.logins} - {""}
        rules = (
            lambda one: number and one.get(self.platform) == number,
            lambda one: logins & {one["student"].casefold(), (one.get("email") or "").casefold()},
            lambda one: not one.get(self.platform) and same_name(one["name"], self.name(row)),
        )
        for rule in rules:
            found = [one for one in self.students if rule(one)]
            if found:
                return found
        return []


def same_name(one, other):
    """Whether two names are the same: "Lovelace, Ada" is "Ada Lovelace"."""
    return _spoken(one) == _spoken(other) != ""


def _spoken(name):
    last, comma, first = unicodedata.normalize("NFC", name).partition(",")
    return " ".join(f"{first} {last}".split() if comma else last.split()).casefold()


def _locked(header, row):
    return "Grade can be changed" in header and row[header.index("Grade can be changed")].strip() == "No"


def points(one, most):
    """A student's total, out of what the platform's grade is out of; with the platform's decimal sign."""
    possible, total = float(one["possible"]), float(one["total"])
    comma = bool(re.fullmatch(r"\d+,\d+", most.strip()))
    try:
        out_of = float(most.strip().replace(",", ".")) if most.strip() else possible
    except ValueError:
        out_of = possible
    text = f"{total * out_of / possible if possible else 0:.2f}"
    return text.replace(".", ",") if comma else text


def feedback(one):
    """What the student reads at the platform: a line for each question, as simple HTML."""
    lines = [f"Total: {one['total']} of {one['possible']} points."]
    if float(one.get("late_days") or 0):
        lines.append(f"{one['late_days']} days late: {one['late_percent']} % less.")
    for name, result in one["results"].get("questions", {}).items():
        hint = f": {result['hint']}" if result.get("hint") else ""
        lines.append(f"{name}: {result['verdict']}, {result['points']} of {result['possible']}{hint}")
    return "<br>".join(html.escape(line, quote=False) for line in lines)
