"""A small problem set of the tests' own, and submissions to it: right, wrong, damaged and hostile."""

import functools
import json
import runpy
import types
import zipfile

from teach import questions

QUESTIONS = """
import numpy as np

from srcnn.checks._check import ask, compare, number
from teach.questions import Question, check


@check
def line_check(line, rng, slope):
    x = rng.uniform(-3, 3, 9)
    return compare(ask(line, x), slope * x + 1, [(slope * x, "the 1 is missing")])


@check
def line_partly(line, rng, slope):
    x = rng.uniform(-3, 3, 9)
    return compare(ask(line, x), slope * x)


@check
def slope_check(slope_of, rng):
    a = rng.uniform(1, 3)
    return compare(number(ask(slope_of, lambda x: a * x)), a)


QUESTIONS = {
    "1.1": Question("line", 10, 5, line_check, lambda rng: {"slope": int(rng.integers(2, 2000))}, partly=line_partly),
    "1.2": Question("slope_of", 5, 5, slope_check),
}
"""
WRITTEN = """
from teach.questions import Written

WRITTEN = {"1.3": Written(20, 10)}
"""
RUBRIC = (
    "question,level,points,description,sample\n1.3,0,0,nothing,\n1.3,2,10,half,because\n1.3,4,20,all,because of it\n"
)
LINE = "def line(x):\n    return {slope} * x + 1"
SLOPE_OF = "def slope_of(f):\n    return f(3.0) / 3"


def course(folder):
    """Write the set into assignments/ps1 of a folder."""
    place = folder / "assignments" / "ps1"
    place.mkdir(parents=True)
    (place / "questions.py").write_text(QUESTIONS)
    (place / "written.py").write_text(WRITTEN)
    (place / "rubric.csv").write_text(RUBRIC)


def taken(folder, put=setattr):
    """Have `teach` take the sets of this folder for the course's own."""
    put(questions, "ROOT", folder)
    put(questions, "_module", lambda ps, name: _loaded(questions.folder(ps) / f"{name}.py"))


@functools.cache
def _loaded(path):
    return types.SimpleNamespace(**runpy.run_path(str(path)))


def notebook(*cells, answer="It <b>is</b> so.", student=None):
    """The text of a notebook with these code cells and one written answer."""
    listed = [{"cell_type": "code", "metadata": {}, "source": cell, "outputs": []} for cell in cells]
    listed.append({"cell_type": "markdown", "metadata": {}, "source": f"### Answer to question 1.3\n\n{answer}"})
    metadata = {"course": {"set": 1, "student": student}} if student else {}
    return json.dumps({"cells": listed, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def right(slope):
    return notebook("import numpy as np", LINE.format(slope=slope), SLOPE_OF)


def hostile(slope):
    """{kind: (the text of the file, the verdicts of 1.1 and 1.2)}: what students have handed in, or may."""
    good = "import os, sys, time\nimport numpy as np", LINE.format(slope=slope), SLOPE_OF
    deny = "try:\n    {}\nexcept Exception:\n    pass"
    both, refused = ("right", "right"), ("refused", "refused")

    def cell(code, verdicts=both):
        return notebook(good[0], code, *good[1:]), verdicts

    def body(code, *verdicts):
        return notebook(good[0], f"def line(x):\n    {code}", SLOPE_OF), verdicts

    return {
        "a cell loops": cell("while True: pass"),
        "a function loops": body("while True: pass", "timeout", "right"),
        "waits": body("time.sleep(10**6)", "timeout", "right"),
        "exits": body("os._exit(0)", "crashed", "right"),
        "a cell exits": cell("os._exit(0)"),
        "leaves politely": body("sys.exit()", "wrong", "right"),
        "forks": cell("while True: os.fork()"),
        "eats memory": body("return np.ones(10**10)", "memory", "right"),
        "eats disk": cell(deny.format("[open(str(k), 'wb').write(b'0' * 2**20) for k in range(10**4)]")),
        "prints for ever": cell("while True: print('x' * 1000)"),
        "reads tests": body(
            "import glob; return [open(p).read() for p in glob.glob('/course/**/*test*')]", "wrong", "right"
        ),
        "opens a socket": body("import socket; return socket.create_connection(('192.0.2.1', 80))", "wrong", "right"),
        "replaces checks": notebook_of_forger(good),
        "patches NumPy": body("return x\nnp.abs = np.allclose = np.array_equal = lambda *_, **__: 0", "wrong", "right"),
        "deleted a cell": (notebook(good[0], good[1]), ("right", "missing")),
        "is raw text": (notebook(*good).replace('"code"', '"raw"'), ("missing", "missing")),
        "is no notebook": ("I could not do it, sorry", refused),
        "is empty": ("", refused),
        "is JSON": ("[1, 2]", refused),
        "is nested without end": ("[" * 100_000, refused),
        "writes outside": cell(deny.format("open('/usr/x', 'w')")),
        "forges answers": cell(
            "import threading\nfor n in range(3, 9):\n    try: os.write(n, b'x' * 10**4)\n    except OSError: pass"
        ),
        "is another student's": (notebook(*good, student="somebody.else"), both),
        "eats all cells": (notebook(*["while True: pass"] * 5), refused),
    }  # fmt: skip


def notebook_of_forger(good):
    forge = "from srcnn import checks\nfor name in dir(checks):\n    setattr(checks, name, lambda *_: None)\n"
    return notebook(good[0], forge + "def line(x):\n    return x", SLOPE_OF), ("wrong", "right")


def as_zip(path, members):
    """A zip with these members, {path inside: text}."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path
