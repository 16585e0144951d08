"""`python -m teach assignment PS`: a notebook for each student of a roster, made from the set's master.md.

master.md is a jupytext notebook that holds everything once. Its cells are tagged:
    stub      what the student fills in                  solution   taken out of the student's notebook
    test      a self-check that the student may run      written    where the student writes, with its question's number
`{{name}}` stands for a word of the question whose heading, "## Question 1.1", came last (questions.words_of).
"""

import argparse
import copy
import os
import re
import secrets
from collections import Counter
from pathlib import Path

import jupytext
import nbformat

from srcnn import InputError, files

from . import questions, roster

START = questions.ROOT / "assignments" / "start.md"
SECRET = questions.ROOT / "private" / "secret"
HEADING = re.compile(r"^## Question (\d+\.\d+)", re.MULTILINE)
WORD = re.compile(r"\{\{ *(\w+) *\}\}")


def main(words):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m teach assignment", description=__doc__.partition("\n")[0])
    parser.add_argument("ps", metavar="PS", help="the number of the problem set")
    parser.add_argument("--roster", help="a CSV file with the columns student and name; without it, one for everybody")
    parser.add_argument("--secret", default=SECRET, help="made if it is missing (default: private/secret)")
    parser.add_argument("--out", help="the folder to write into (default: private/psN)")
    chosen = parser.parse_args(words)
    ps = int(questions.folder(chosen.ps).name[2:])
    out = Path(chosen.out or questions.ROOT / "private" / f"ps{ps}")
    if chosen.roster:
        students = {one.student: one.name for one in roster.read(chosen.roster).values()}
        secret = the_secret(chosen.secret)
    else:
        students, secret = {questions.PUBLIC: ""}, b""
    written = write(ps, students, secret, out)
    print(f"{len(written)} notebook{'s' * (len(written) != 1)} in {out}")


def the_secret(path=SECRET):
    """The secret that decides who gets which variant; made on the first call, for its owner's eyes only."""
    path = Path(path)
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the secret {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(secret) < 16:
        raise InputError(f"the secret in {path} is too short to be one; remove the file, and it is made anew")
    return secret.encode()


def write(ps, students, secret, out):
    """Write PSN_student.ipynb for each of the students, {student: name}, into a folder; returns the paths."""
    names = {student: f"PS{ps}_{roster.plain(student)}.ipynb" for student in students}
    common, count = Counter(name.casefold() for name in names.values()).most_common(1)[0]
    if count > 1:
        same = ", ".join(repr(student) for student, name in names.items() if name.casefold() == common)
        raise InputError(f"the students {same} would get the same file, {common}; change one of the ids")
    files.make_folder(out)
    source = master(ps)
    for student, name in names.items():
        text = nbformat.writes(notebook(source, ps, student, secret, students[student]))
        with files.atomic_write(out / name) as temporary:
            Path(temporary).write_text(text + "\n", encoding="utf-8")
    return [out / name for name in names.values()]


def master(ps):
    """The notebook of master.md, its words not yet filled in; what begins every set, start.md, follows its title."""
    source, start = (jupytext.read(path) for path in (questions.folder(ps) / "master.md", START))
    source.cells[1:1] = start.cells
    return source


def notebook(source, ps, student, secret, name="", solutions=False):
    """A student's notebook: the master with the student's words, and without the cells tagged `solution`."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": source.metadata["kernelspec"]})
    made.metadata["course"] = {"set": ps, "student": student}
    everybody = student == questions.PUBLIC
    words = {"student": "everybody" if everybody else f"{name} ({student})" if name else student}
    question = None
    for number, cell in enumerate(source.cells):
        found = HEADING.search(cell.source)
        if found:
            question = found[1]
            words = {"student": words["student"]} | questions.words_of(secret, student, question)
        tags = cell.metadata.get("tags", [])
        if "solution" in tags and not solutions:
            continue
        cell = copy.deepcopy(cell)
        cell["id"] = f"ps{ps}-{number}"
        cell.source = fill(cell.source, words, f"question {question} of set {ps}")
        made.cells.append(cell)
    return made


def fill(text, words, where=""):
    """The text with each {{word}} replaced. Raises: InputError for a word that its question does not know."""

    def word(found):
        if found[1] not in words:
            raise InputError(f"{where} has no word {found[1]!r}; there are {', '.join(words)}")
        return str(words[found[1]])

    return WORD.sub(word, text)
