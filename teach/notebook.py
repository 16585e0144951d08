"""A student's notebook as it comes: code cells, written answers, and for whom it was made. It may be damaged."""

import json
import re
from dataclasses import dataclass

from srcnn import InputError

ANSWER = re.compile(r"^#+ *Answer to question (\d+\.\d+) *$", re.MULTILINE)
PROMPT = re.compile(r"^\*Write here[^\n]*\*$", re.MULTILINE)
CELLS = 1000


@dataclass(frozen=True)
class Notebook:
    """cells: the code, in order. answers: {"1.5": text}. student, set: what its metadata say, which proves nothing."""

    cells: list
    answers: dict
    student: str | None
    set: str | None


def read(data):
    """The Notebook of a file's bytes. Raises: InputError, with a reason that a student understands."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("the file is no notebook; in Colab: File, Download, Download .ipynb") from None
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list):
        raise InputError("the file is JSON, but no notebook of version 4; save it again in Jupyter or Colab")
    cells = [cell for cell in cells if isinstance(cell, dict)]
    if not cells:
        raise InputError("the notebook has no cells")
    if len(cells) > CELLS:
        raise InputError(f"the notebook has {len(cells)} cells; {CELLS} are read at most")
    code = [_source(cell) for cell in cells if cell.get("cell_type") == "code"]
    course = _dict(_dict(found.get("metadata")).get("course"))
    student, ps = (str(course[key]) if key in course else None for key in ("student", "set"))
    return Notebook([source for source in code if source.strip()], _answers(cells), student, ps)


def _answers(cells):
    """By the heading "### Answer to question 1.5", wherever it stands; if that was deleted, by the cell's metadata."""
    answers = {}
    for cell in cells:
        if cell.get("cell_type") == "code":
            continue
        text, metadata = _source(cell), _dict(cell.get("metadata"))
        headings = list(ANSWER.finditer(text))
        for heading, following in zip(headings, [*headings[1:], None], strict=False):
            answer = PROMPT.sub("", text[heading.end() : following.start() if following else None]).strip()
            answers[heading[1]] = "\n\n".join(filter(None, [answers.get(heading[1]), answer]))
        if not headings and "written" in (metadata.get("tags") or []) and isinstance(metadata.get("question"), str):
            answers.setdefault(metadata["question"], PROMPT.sub("", text).strip())
    return answers


def _source(cell):
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _dict(value):
    return value if isinstance(value, dict) else {}
