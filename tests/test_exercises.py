"""Every folded solution passes its check, and no stub does: setup cells + solution + check cell, without a notebook."""

import re
from pathlib import Path

import jupytext
import matplotlib
import pytest

from srcnn import checks

matplotlib.use("agg")  # not MPLBACKEND: nbval's kernels would inherit it and draw nothing
BOOK = Path(__file__).parent.parent / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.md"))


def tagged(notebook, tag):
    return [cell.source for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def solutions(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"<summary>Solution</summary>\s*```python\n(.*?)```", text, re.DOTALL)


def run(code, namespace):
    exec(compile(code, "<cell>", "exec"), namespace)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_solutions_pass_and_stubs_do_not(chapter, capsys):
    notebook = jupytext.read(chapter)
    namespace = {}
    for cell in tagged(notebook, "setup"):
        run(cell, namespace)
    stubs, answers, verdicts = tagged(notebook, "exercise"), solutions(notebook), tagged(notebook, "check")
    assert len(stubs) == len(answers) == len(verdicts) >= 4, "every exercise has a stub, a solution and a check"
    for stub, answer, verdict in zip(stubs, answers, verdicts, strict=True):
        run(stub, namespace)
        capsys.readouterr()
        run(verdict, namespace)
        assert capsys.readouterr().out.startswith("✗"), f"the stub must not pass: {verdict}"
        run(answer, namespace)
        run(verdict, namespace)
        assert capsys.readouterr().out.startswith("✓"), f"the solution must pass: {verdict}"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_check_of_a_chapter_is_used(chapter):
    number = int(chapter.name[:2])
    called = set(re.findall(r"checks\.(exercise_\d+_\d+)", chapter.read_text()))
    assert called == {name for name in dir(checks) if name.startswith(f"exercise_{number}_")}


def test_a_check_never_raises(capsys):
    def broken(*_, **__):
        raise RuntimeError("two\nlines")

    for name in dir(checks):
        if name.startswith("exercise_"):
            for answer in (broken, None, 3, lambda *_, **__: None, lambda *_, **__: "text", lambda *_, **__: object()):
                getattr(checks, name)(answer)
                printed = capsys.readouterr().out
                assert printed.startswith("✗ Exercise") and printed.count("\n") == 1, name
