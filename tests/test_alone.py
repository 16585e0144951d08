"""The chapters that need no data: each runs alone, in an empty folder, without a network, and with other knobs.

As they are, nbval runs them (tests of book/).
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parent.parent
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
