"""A Sphinx extension: the book without solutions, for a course whose exercises are assigned.

    make book SOLUTIONS=no

The folds of solutions and answers are taken out before a chapter is read, so that neither its page nor the search index
has them. The chapters' notebooks as students get them, with the cell that installs the package in Colab, are written
into _build/student/, and replace those that a page offers. That folder is what the branch `students` of the repository
should hold, from which Colab opens them: the workflow that publishes the book pushes it.
"""

import json
import os
import re
import shutil
from pathlib import Path

from sphinx.errors import ConfigError

BRANCH = "students"
FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>|</details>|<details>")
TAKEN_OUT = ("Solution", "Answer")
"""The summaries of folds that are taken out. Rubrics and advice stay: they say what is asked."""


def setup(app):
    """Ask the environment whether solutions are wanted; another answer reads all pages anew."""
    wanted = os.environ.get("SOLUTIONS", "") or "yes"
    if wanted not in ("yes", "no"):
        raise ConfigError(f"SOLUTIONS={wanted} is not understood: give SOLUTIONS=no, or leave it out")
    app.add_config_value("solutions", wanted == "yes", "env")
    app.connect("source-read", take_out)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def take_out(app, docname, source):
    """Leave the solutions out of a notebook that Sphinx is about to read."""
    if not app.config.solutions and str(app.env.doc2path(docname)).endswith(".ipynb"):
        source[0] = without_solutions(source[0])


def without_solutions(text):
    """The text of a notebook without the folds that hold solutions and answers, and without cells that this empties."""
    notebook = json.loads(text)
    kept, depth = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text, depth = outside("".join(cell["source"]), depth)
            cell["source"] = re.sub(r"\n{3,}", "\n\n", text).strip("\n").splitlines(keepends=True)
        if cell["source"] and (cell["cell_type"] == "markdown" or not depth):
            kept.append(cell)
    assert not depth, "the fold of a solution is not closed"
    return json.dumps({**notebook, "cells": kept}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def outside(text, depth):
    """The part of a Markdown text that lies outside of solutions, and how many folds deep in one it ends."""
    parts, start = [], 0
    for mark in FOLD.finditer(text):
        opens = mark[0].startswith("<details")
        if opens and not depth and mark[1] in TAKEN_OUT:
            parts.append(text[start : mark.start()])
            depth = 1
        elif depth:
            depth += 1 if opens else -1
            start = mark.end()
    return "".join(parts) + ("" if depth else text[start:]), depth


def write(app, exception):
    """Write the students' notebooks, in the book and beside it; or remove those of an earlier build."""
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir).parent / "student"
    shutil.rmtree(folder, ignore_errors=True)
    for docname in () if app.config.solutions else sorted(app.env.found_docs):
        path = Path(app.env.doc2path(docname))
        if path.suffix == ".ipynb":
            text = without_solutions(path.read_text(encoding="utf-8"))
            for root in (folder, Path(app.outdir) / "_sources"):
                place = root / f"{docname}.ipynb"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
