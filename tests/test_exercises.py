"""Every folded solution passes its check, no stub and no mutant of a solution does; all without a notebook."""

import contextlib
import functools
import re
from pathlib import Path

import jupytext
import matplotlib
import numpy as np
import pytest
from mutants import mutants, of_other_types

from srcnn import checks

matplotlib.use("agg")  # not MPLBACKEND: nbval's kernels would inherit it and draw nothing
BOOK = Path(__file__).parent.parent / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.md"))
VERDICT = re.compile(r"^checks\.(exercise_\d+_\d+)\((.*)\)$", re.MULTILINE)
EXERCISES = [
    pytest.param(chapter, name, id=name.removeprefix("exercise_").replace("_", "."))
    for chapter in CHAPTERS
    for name, _ in VERDICT.findall(chapter.read_text())
]


TRAINED = {"exercise_6_5": "T91"}
"""Exercises whose solutions train on a dataset."""


@pytest.fixture(autouse=True, scope="module")
def reader_folder(tmp_path_factory):
    """Solutions that write, write here, and find it again in the next test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("reader"))
        yield


def with_data(dataset, text):
    """Skips the test if an exercise named in `text` needs a dataset that is not at hand."""
    for name, data in TRAINED.items():
        if name in text:
            dataset(data)


def tagged(notebook, tag):
    return [cell.source for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def solutions(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"<summary>Solution</summary>\s*```python\n(.*?)```", text, re.DOTALL)


def run(code, namespace):
    exec(compile(code, "<cell>", "exec"), namespace)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_solutions_pass_and_stubs_do_not(chapter, capsys, dataset):
    with_data(dataset, chapter.read_text())
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
def test_the_setup_downloads_nothing(chapter):
    """Where there is no network, exercises that need no data are tested all the same."""
    setup = "\n".join(tagged(jupytext.read(chapter), "setup"))
    assert set(re.findall(r'datasets\.load\("(\w+)"', setup)) <= {"sample"}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_check_of_a_chapter_is_used(chapter):
    number = int(chapter.name[:2])
    called = set(re.findall(r"checks\.(exercise_\d+_\d+)", chapter.read_text()))
    assert called == {name for name in dir(checks) if name.startswith(f"exercise_{number}_")}


@pytest.mark.slow
@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_the_solution_passes_with_each_seed(chapter, name):
    """What a check draws is another task for each seed, and never one that the solution cannot do."""
    if name in TRAINED:
        pytest.skip("its runs are read, and nothing is drawn")
    seeds = range(1, 4) if name == "exercise_6_2" else range(1, 101)  # 6.2 trains a network for each
    for seed in seeds:
        assert getattr(checks, name).hint(*solved(chapter)[name], seed=seed) is None, seed


@functools.cache
def solved(chapter):
    """{name of a check: the tuple of what the chapter hands to it once its solutions have run}."""
    notebook = jupytext.read(chapter)
    namespace, found = {}, {}
    for cell in tagged(notebook, "setup"):
        run(cell, namespace)
    for answer, verdict in zip(solutions(notebook), tagged(notebook, "check"), strict=True):
        run(answer, namespace)
        name, handed = VERDICT.search(verdict).groups()
        found[name] = eval(f"({handed},)", namespace)
    return found


def variants(make, chapter, name):
    """(hint_for, variant) for all that `make` makes of an answer; hint_for(a wrong or other answer) asks the check."""
    handed, check = solved(chapter)[name], getattr(checks, name)
    for place, solution in enumerate(handed):
        for variant in make(solution):
            yield lambda other, k=place: check.hint(*handed[:k], other, *handed[k + 1 :]), variant


# A list of folders holds no numbers that a mutant could change.
ANSWERS_WITH_FILES = {"exercise_6_5"}


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # zeros and negative numbers go where only the right ones may
def test_no_mutant_of_the_solution_passes(chapter, name, dataset):
    """A new exercise is guarded at once, before anybody has listed its usual mistakes."""
    with_data(dataset, name)
    tried = []
    for hint_for, (slip, mutant, differs) in variants(mutants, chapter, name):
        hint = hint_for(mutant)
        if differs():
            tried.append(slip)
            assert hint is not None, f"accepted, although wrong: {slip}"
            assert "\n" not in hint
    wanted = 3 if callable(solved(chapter)[name][0]) and name not in ANSWERS_WITH_FILES else 1
    assert len(tried) >= wanted, f"only {tried} differ from the solution"


# Adam's epsilon, beside the root or under it, shows in the eighth digit: the check of 7.4 needs float64.
NEEDS_FLOAT64 = {"exercise_7_4"}


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_the_solution_may_be_of_another_type(chapter, name, dataset):
    with_data(dataset, name)
    for hint_for, (kind, answer) in variants(of_other_types, chapter, name):
        if not (kind == "float32" and name in NEEDS_FLOAT64):
            assert hint_for(answer) is None, kind


def test_a_mutant_tells_whether_it_differs():
    tried = {}
    for slip, mutant, differs in mutants(lambda array: (array.T, 3.0)):
        for array in (np.eye(2), np.ones((2, 3))):
            with contextlib.suppress(RuntimeError):
                mutant(array)
        tried[slip] = differs()
    assert [slip for slip, differs in tried.items() if not differs] == [f"half more in part {k}" for k in (3, 4, 5, 6)]


def test_a_check_never_raises(capsys):
    def broken(*_, **__):
        raise RuntimeError("two\nlines")

    for name in dir(checks):
        if name.startswith("exercise_"):
            for answer in (broken, None, 3, lambda *_, **__: None, lambda *_, **__: "text", lambda *_, **__: object()):
                getattr(checks, name)(answer)
                printed = capsys.readouterr().out
                assert printed.startswith("✗ Exercise") and printed.count("\n") == 1, name
