"""What a problem set asks: questions, each student's variant of them, and the files that hold them.

A set is a folder assignments/psN with questions.py (the coding questions, their variants and checks), written.py (the
variants of the written ones), rubric.csv (their levels) and master.md (the text, with the solutions inside).

The grader needs three things of this module::

    questions = load(1)                                     # {"1.1": Question, ...}
    variant = variant_of(secret, "ada", "1.1")              # {"B": 0.2, "C": 0.7}
    questions["1.1"].check(function, seed=7, **variant)     # None, or the hint in one line
"""

import csv
import hashlib
import hmac
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srcnn import InputError
from srcnn.checks import _check

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = "public"
"""The student of a notebook for everybody. Its variants need no secret, so they are the same on every machine."""


@dataclass(frozen=True)
class Question:
    """A coding question. It is graded by the name of the function alone, whatever cell that stands in.

    check(function, *, seed, **variant): None if the function is right, or else a hint in one line. It never raises an
        Exception; what is raised through it, such as the end of a worker, must be a BaseException.
    vary(rng): the variant, a dict of plain numbers and strings; {} if all students get the same question.
    show(**variant): more words for the text of master.md, which the check does not need, such as expected values.
    partly: a weaker check of the same kind; who passes it but not `check` gets half of the points.
    """

    function: str
    points: int
    minutes: int
    check: Callable
    vary: Callable = lambda rng: {}
    show: Callable = lambda **variant: {}
    partly: Callable | None = None


@dataclass(frozen=True)
class Written:
    """A written question, read by a person, with the levels of rubric.csv.

    The answer stands in a cell that is tagged `written`, has its number as metadata["question"], and begins with the
    line "### Answer to question 1.5" (by which it is found if the metadata are lost).
    vary, show: as in Question; show's "key" says in one line what is right for this variant, and no student sees it.
    """

    points: int
    minutes: int
    vary: Callable = lambda rng: {}
    show: Callable = lambda **variant: {}


def check(function):
    """Make a check of a function (answer, rng, **variant) that returns None, or returns or raises a hint."""

    return _check.check(function).hint


def sets():
    """The numbers of the problem sets: [1, 2, 3, 4]."""
    names = [path.parent.name for path in (ROOT / "assignments").glob("ps*/questions.py")]
    return sorted(int(name[2:]) for name in names if re.fullmatch("ps[1-9][0-9]*", name))


def load(ps):
    """The coding questions of a set, in order: {"1.1": Question, ...}. Raises: InputError if there is no such set."""
    return _module(ps, "questions").QUESTIONS


def written(ps):
    """The written questions of a set, in order: {"1.5": Written, ...}."""
    return _module(ps, "written").WRITTEN


def rubric(ps):
    """Its levels: {"1.5": [{"level": 0, "points": 0, "description": ..., "sample": ...}, ...], ...}, lowest first."""
    levels = {}
    with open(folder(ps) / "rubric.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            row |= {"level": int(row["level"]), "points": int(row["points"])}
            levels.setdefault(row.pop("question"), []).append(row)
    return levels


def folder(ps):
    """The folder of a set. Raises: InputError if there is no such set."""
    try:
        number = int(ps)
    except (TypeError, ValueError):
        number = None
    if number not in sets():
        raise InputError(f"no problem set {ps!r}; give one of {', '.join(map(str, sets()))}, as in PS=1")
    return ROOT / "assignments" / f"ps{number}"


def variant_of(secret, student, question):
    """This student's variant of a question, such as "1.1": a dict, the same whenever it is asked for.

    secret: bytes or text. The generator's seed is the HMAC-SHA256 of the student and the question under the secret,
    so nobody without the secret can say who has which variant.
    """
    ps = question.partition(".")[0]
    asked = (load(ps) | written(ps))[question]
    key = b"public" if student == PUBLIC else secret.encode() if isinstance(secret, str) else secret
    digest = hmac.new(key, f"{student}\n{question}".encode(), hashlib.sha256).digest()
    return asked.vary(np.random.default_rng(int.from_bytes(digest, "big")))


def words_of(secret, student, question):
    """All that master.md says of a student's question: the variant, and what `show` makes of it."""
    variant = variant_of(secret, student, question)
    ps = question.partition(".")[0]
    return variant | (load(ps) | written(ps))[question].show(**variant)


def _module(ps, name):
    return importlib.import_module(f"assignments.{folder(ps).name}.{name}")
