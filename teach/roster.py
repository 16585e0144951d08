"""The class list: a CSV file in UTF-8 with the columns student and name, as an LMS exports it or as it is typed."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from srcnn import InputError

from . import questions


@dataclass(frozen=True)
class Person:
    """A line of the list; the last three are the student's numbers on a learning platform, if they are given."""

    student: str
    name: str = ""
    email: str = ""
    canvas: str = ""
    moodle: str = ""
    gradescope: str = ""


def plain(student):
    """An id as it stands in the name of a file, in any script."""
    return re.sub(r"[^\w.@+-]+", "_", student)


def rows_of(file):
    """csv.DictReader of an open CSV file whose columns are parted by commas, or by semicolons, as many a spreadsheet
    saves them. Case and spaces around a column's name do not matter."""
    first = file.readline()
    file.seek(0)
    table = csv.DictReader(file, strict=True, delimiter=";" if first.count(";") > first.count(",") else ",")
    table.fieldnames = [(name or "").strip().lower() for name in table.fieldnames or []]
    return table


def read(path):
    """The students of a CSV file, {student: Person}, in its order; columns that an LMS adds do not matter.

    Raises: InputError if it cannot be read, has not the columns student and name, or names a student twice or not.
    """
    try:
        with open(Path(path).expanduser(), encoding="utf-8-sig", newline="") as file:
            table = rows_of(file)
            rows = [(table.line_num, row) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error).partition(":")[0]
        raise InputError(f"cannot read the roster {path}: {why}; save it as a CSV file in UTF-8") from None
    missing = [name for name in ("student", "name") if name not in table.fieldnames]
    if missing:
        found = ", ".join(filter(None, table.fieldnames)) or "none"
        raise InputError(f"the roster {path} has no column {' and no '.join(missing)}; its columns are: {found}")
    people = {}
    for line, row in rows:
        person = Person(**{column: (row.get(column) or "").strip() for column in Person.__dataclass_fields__})
        if not person.student and not person.name:
            continue
        if not person.student or person.student == questions.PUBLIC:
            raise InputError(f"line {line} of {path} has no student id that can be used: it is {person.student!r}")
        if person.student in people:
            raise InputError(f"line {line} of {path} names the student {person.student!r} a second time")
        people[person.student] = person
    if not people:
        raise InputError(f"the roster {path} names no student; it needs a line for each, below student,name")
    return people
