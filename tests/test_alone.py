"""The chapters that need no data: each runs alone, in an empty folder, without a network, and with other knobs.

As they are, nbval runs them (tests of book/).
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import alone  # noqa: E402

CHAPTERS = [path for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.md")) if "\n  needs:" not in path.read_text()]
KNOBS = [{"PHOTO": '"coffee"', "SCALE": "2", "SEED": "7"}, {"PHOTO": '"rocket"', "SCALE": "4", "SEED": "1"}]


def script(chapter, knobs):
    """The code of a chapter as one program, as somebody leaves it who has not done the exercises."""
    untaken = {"remove-cell", "exercise", "check"}
    cells = [cell for cell in jupytext.read(chapter).cells if cell.cell_type == "code"]
    code = "\n".join(cell.source for cell in cells if not untaken & set(cell.metadata.get("tags", [])))
    for name, value in knobs.items():
        code, found = re.subn(rf"^{name} = .*$", f"{name} = {value}", code, count=1, flags=re.MULTILINE)
        assert found == 1, f"{chapter.name} has no {name} at its top"
    return code


@pytest.mark.parametrize(
    "knobs", [KNOBS[0], pytest.param(KNOBS[1], marks=pytest.mark.slow)], ids=lambda knobs: f"x{knobs['SCALE']}"
)
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_runs_alone(chapter, knobs, tmp_path):
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    env = {name: value for name, value in os.environ.items() if name != "SRCNN_DATA_DIR"} | nowhere
    env |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "MPLBACKEND": "agg"}
    folder = tmp_path / "empty"
    folder.mkdir()
    run = subprocess.run(
        [sys.executable, "-"], input=script(chapter, knobs), cwd=folder, env=env, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-1500:]
    assert "Warning" not in run.stderr, run.stderr[-1500:]
    assert not list(folder.iterdir()), "a chapter leaves nothing behind in the reader's folder"


@pytest.mark.slow
def test_the_first_cell_would_install_the_package_and_nothing_else(tmp_path, monkeypatch):
    """As pip itself plans it, from this clone; tools/bounds.py does it, and compares what is installed."""
    cells = nbformat.read(ROOT / "book" / "01_what_was_lost.ipynb", 4).cells
    first = next(cell for cell in cells if cell.cell_type == "code")
    plan, planned, run = tmp_path / "plan.json", [], subprocess.run
    for name, value in alone.environment().items():
        monkeypatch.setenv(name, value)

    def dry(command, **options):
        planned.append(run([*command, "--dry-run", "--report", plan], capture_output=True, text=True))

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "run", dry)
    exec(first.source, {})
    if "hatchling" in planned[0].stderr:
        pytest.skip("pip could not fetch the build backend here")
    assert planned[0].returncode == 0, planned[0].stderr
    assert [one["metadata"]["name"] for one in json.loads(plan.read_text())["install"]] == ["srcnn"]


def notebook(*printed):
    """A notebook whose cells have printed these texts; the last one trains."""
    cells = [nbformat.v4.new_code_cell("cell", outputs=[nbformat.v4.new_output("stream", text=t)]) for t in printed]
    cells[-1].metadata["tags"] = ["training"]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize("here, wrong", [
    (("PSNR  32.66 dB, 1,024 of 8,129", "loss 1.50e-04"), 0),
    (("PSNR    32.68 dB, 1,024 of 8,129", "loss 1.59e-04"), 0),
    (("PSNR  33.66 dB, 1,024 of 8,129", "loss 1.50e-04"), 1),
    (("PSNR  32.66 dB, 1,124 of 8,129", "loss 1.50e-04"), 1),
    (("PSNR  32.66 dB, 1,024 of 8,129", "loss 1.50e-03"), 1),
    (("PSNR  32.66 dB, 1,024 of 8,129", "loss 1.50e-07"), 1),
    (("SSIM  32.66 dB, 1,024 of 8,129", "loss nan"), 2),
])  # fmt: skip
def test_what_a_cell_prints_is_compared_within_a_tolerance(here, wrong):
    book = notebook("PSNR  32.66 dB, 1,024 of 8,129", "loss 1.50e-04")
    assert alone.differences(book, book) == (4, [])
    assert len(alone.differences(book, notebook(*here))[1]) == wrong


def test_what_rounding_leaves_over_is_not_compared():
    assert not alone.far("8.3e-07", "1.2e-07", trained=False) and alone.far("8.3e-07", "1.2e-04", trained=False)


def test_what_is_not_compared_on_another_backend_is_in_the_chapters():
    code = "\n".join(cell.source for path in (ROOT / "book").glob("*.ipynb") for cell in nbformat.read(path, 4).cells)
    assert [code.count(line) for line in alone.UNLIKE] == len(alone.UNLIKE) * [1]


def test_a_cell_that_fails_is_named():
    book, here = notebook("as before", ""), notebook("as before", "")
    here.cells[0].outputs.append(nbformat.v4.new_output("error", ename="ValueError", evalue="too small"))
    assert alone.differences(book, here)[1] == ["ValueError: too small, from: 'cell'"]
