"""The workflows are right as far as can be told without running them, and try what the course promises."""

import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import bounds  # noqa: E402

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
WEEKLY = yaml.safe_load((FOLDER / "weekly.yml").read_text(encoding="utf-8"))


def actionlint(*files):
    """What actionlint says; skips the test where there is none."""
    ours = (ROOT / ".bounds" / "actionlint").glob("*/bin/actionlint")
    program = shutil.which("actionlint") or next(ours, None)
    if not program:
        pytest.skip("actionlint is not here; make test-all fetches it")
    run = subprocess.run([program, "-no-color", *files], capture_output=True, text=True, cwd=ROOT)
    return run.stdout + run.stderr


def runs(job):
    """The commands of a job, as one text."""
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_actionlint_finds_nothing():
    assert actionlint(*FILES) == ""
    print(f"{len(FILES)} workflows")


def test_actionlint_would_find_something(tmp_path):
    broken = (FOLDER / "test.yml").read_text(encoding="utf-8").replace("matrix.python", "matrix.snake")
    (tmp_path / "test.yml").write_text(broken, encoding="utf-8")
    assert "snake" in actionlint(tmp_path / "test.yml")


def test_every_combination_is_tried_every_week():
    matrix = WEEKLY["jobs"]["versions"]["strategy"]["matrix"]
    tried = set(itertools.product(matrix["python"], matrix["which"], matrix["backend"]))
    assert tried == {combination[:3] for combination in bounds.combinations(bounds.PYTHONS, everything=True)}
    assert len(tried) == len(bounds.PYTHONS) * 2 * 3 and len(matrix["python"]) == len(bounds.PYTHONS)
    assert "schedule" in WEEKLY[True]  # YAML 1.1 reads "on" as true


def test_a_change_is_tried_on_the_oldest_and_the_newest_python():
    job = yaml.safe_load((FOLDER / "test.yml").read_text(encoding="utf-8"))["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == [bounds.PYTHONS[0], bounds.PYTHONS[-1]]


def test_other_systems_have_no_make_no_links_and_an_odd_folder():
    job = WEEKLY["jobs"]["systems"]
    assert {"windows-latest", "macos-latest"} <= set(job["strategy"]["matrix"]["system"])
    folder = job["defaults"]["run"]["working-directory"]
    assert " " in folder and not folder.isascii()
    assert any(step.get("with", {}).get("path") == folder for step in job["steps"])
    assert "core.symlinks false" in runs(job) and not re.search(r"(?<!-)\bmake\b", runs(job))


def test_the_workflows_call_what_is_there():
    called = {name for path in FILES for name in re.findall(r"(?:tools|data)/\w+\.\w+", path.read_text("utf-8"))}
    assert {"tools/bounds.py", "tools/alone.py", "tools/dead_links.py"} <= called
    assert not [name for name in called if not (ROOT / name).is_file()]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    made = {name for path in FILES for name in re.findall(r"run: make ([a-z-]+)", path.read_text("utf-8"))}
    assert made and made <= set(targets)


def test_the_sample_of_test_all_holds_both_ends_and_every_backend():
    sample = bounds.combinations(bounds.PYTHONS, everything=False)
    assert {combination[2] for combination in sample} == set(bounds.BACKENDS)
    assert {combination[:2] for combination in sample if combination[4]} == {("3.10", "oldest"), ("3.13", "newest")}
    numbers = {path.name[:2] for path in (ROOT / "book").glob("[0-9][0-9]_*.ipynb")}
    assert all(set(combination[3]) <= numbers for combination in sample) and len(set(bounds.MOST)) >= 10


def test_every_requirement_is_bound_from_below():
    """Or "the oldest versions" would not say which."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = {re.match(r"[\w-]+", line)[0] for line in lines if re.match(r"\w", line)}
    assert len(named) > 20 and named <= bounds.requirements().keys()
