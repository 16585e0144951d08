"""The book without solutions: nothing of them is left in pages, notebooks or search, and all else is there."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import repository  # noqa: E402
import student  # noqa: E402

NOTEBOOKS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def markdown(text):
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def words(text):
    """A text without markup and white space, to be searched in pages and sources alike."""
    return re.sub(r"[\s*`$]|</?[a-zA-Z][^>]*>", "", html.unescape(text))


def secrets(text):
    """The lines of a notebook that stand in its solutions and answers and nowhere else, without their white space.

    Found here in another way than by the tool: from a summary on to the closing tag that ends its fold.
    """
    whole, inside = markdown(text), []
    for start in re.finditer(r"<summary>(?:Solution|Answer)</summary>", whole):
        depth, end = 1, start.end()
        while depth:
            tag = re.compile(r"<(/?)details>").search(whole, end)
            depth, end = depth + (-1 if tag[1] else 1), tag.end()
        inside.append(whole[start.end() : end])
    rest = whole
    for part in inside:
        rest = rest.replace(part, "")
    rest = words(
        rest + "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")
    )
    lines = {words(line) for part in inside for line in part.split("\n")}
    return len(inside), {line for line in lines if len(line) >= 25 and line not in rest and "](" not in line}


@each_notebook
def test_a_student_s_notebook_has_no_solution_and_lacks_nothing_else(path):
    text = path.read_text()
    folds, lines = secrets(text)
    assert folds >= 9 and len(lines) >= 15
    without = student.without_solutions(text)
    seen = words(markdown(without))
    assert not [line for line in lines if line in seen]
    assert "<summary>Solution</summary>" not in without and "<summary>Answer</summary>" not in without
    before, after = (json.loads(one)["cells"] for one in (text, without))
    code = [[cell for cell in cells if cell["cell_type"] == "code"] for cells in (before, after)]
    assert code[0] == code[1] and "find_spec" in "".join(code[1][0]["source"]), "the install cell is the first"
    for mark in (r"^#+ .*$", r"<summary>(?!Solution|Answer).*</summary>", r"^> \*\*\w+\.\*\*", r"^\*\*\d+\.\*\*"):
        assert re.findall(mark, markdown(without), re.MULTILINE) == re.findall(mark, markdown(text), re.MULTILINE), mark
    assert markdown(without).count("<details>") == markdown(without).count("</details>")


def test_a_fold_may_hold_folds_and_span_cells():
    cells = [
        {
            "cell_type": "markdown",
            "source": ["Before\n", "\n", "<details><summary>Solution</summary>\n", "\n", "secret"],
        },
        {"cell_type": "code", "source": ["secret()"], "outputs": [], "metadata": {}},
        {"cell_type": "markdown", "source": "<details><summary>More</summary> secret </details>"},
        {
            "cell_type": "markdown",
            "source": "secret\n\n</details>\n\nAfter <details><summary>Hint</summary> kept </details>",
        },
    ]
    text = student.without_solutions(json.dumps({"cells": cells}))
    assert "secret" not in text and re.findall("Before|After|kept", text) == ["Before", "After", "kept"]
    assert [cell["cell_type"] for cell in json.loads(text)["cells"]] == ["markdown", "markdown"]
    with pytest.raises(AssertionError, match="not closed"):
        student.without_solutions(json.dumps({"cells": cells[:2]}))


def build(out, **environment):
    program = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    command = [program, "build", ".", "--path-output", str(out), "-W", "--keep-going", "-n"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment})


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The book without solutions, built over one that has them, as in an instructor's clone."""
    out = tmp_path_factory.mktemp("student")
    for solutions in ("yes", "no"):
        done = build(out, SOLUTIONS=solutions)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        leftover = out / "_build" / "html" / "book" / f"{NOTEBOOKS[0].stem}.html"
        assert ("<summary>Solution to" in leftover.read_text()) == (solutions == "yes")
    return out / "_build"


@pytest.mark.slow
@each_notebook
def test_neither_pages_nor_files_nor_the_search_hold_a_solution(built, path):
    _, lines = secrets(path.read_text())
    page = (built / "html" / "book" / f"{path.stem}.html").read_text()
    given = (built / "student" / "book" / path.name).read_text()
    assert (built / "html" / "_sources" / "book" / path.name).read_text() == given
    index = (built / "html" / "searchindex.js").read_text()
    for name, text in (("page", page), ("notebook", markdown(given)), ("index", index)):
        assert not [line for line in lines if line in words(text)], name
    assert "Solution to" not in page and "Answer to" not in page
    assert page.count('<section class="exercise"') == len(re.findall("^### Exercise ", markdown(given), re.MULTILINE))
    if repository.is_github(repository.address()):
        colab = re.findall(r'"(https://colab\.research\.google\.com/[^"]+)"', page)
        assert len(colab) == 2 and all(f"/blob/students/book/{path.name}" in link for link in colab)


@pytest.mark.slow
def test_pagefind_finds_no_solution(built):
    """Its index holds the text of each section, compressed."""
    import gzip

    fragments = list((built / "html" / "pagefind").glob("fragment/*"))
    if not fragments:
        pytest.skip("pip could not fetch Pagefind here")
    held = words("\n".join(gzip.decompress(file.read_bytes()).decode() for file in fragments))
    assert words("How does a computer guess the pixels between?") in held
    for path in NOTEBOOKS:
        assert not [line for line in secrets(path.read_text())[1] if line in held], path.stem


@pytest.mark.slow
def test_another_word_than_yes_or_no_is_refused(tmp_path):
    done = build(tmp_path, SOLUTIONS="none")
    assert done.returncode != 0 and "SOLUTIONS=none is not understood: give SOLUTIONS=no" in done.stdout + done.stderr
