"""What keeps the course alive as its ground moves: versions that are written down, warnings that are heeded."""

import json
import re
import sys
import warnings
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
LOCK = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
LOCK = {name.lower().replace("_", "-"): version for name, version in LOCK.items()}


def asked():
    """Every requirement of requirements.txt and of the package."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return [Requirement(line) for line in [*lines, *project] if line and not line.startswith("-e")]


def test_the_lock_satisfies_what_is_asked_for():
    linux = {**default_environment(), "python_version": "3.11", "sys_platform": "linux"}
    wanted = [one for one in asked() if not one.marker or one.marker.evaluate(linux)]
    assert len(wanted) > 25
    for one in wanted:
        assert one.specifier.contains(LOCK.get(one.name.lower(), "0"), prereleases=True), one


def test_the_lock_is_the_environment_of_the_published_results():
    """After chapters are run with other versions: .venv/bin/pip freeze, as the lock's first lines say."""
    runs = json.loads((ROOT / "results" / "chapters.json").read_text())
    for chapter, run in runs.items():
        versions = {name: version for name, version in run["versions"].items() if name not in ("python", "srcnn")}
        assert {name: LOCK.get(name) for name in versions} == versions, chapter
        assert run["versions"]["python"].startswith("3.11."), "the lock's Python"


def test_the_lock_holds_versions_and_nothing_else():
    """No address, no folder of the machine where it was written, and nothing that only that machine had."""
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == len(LOCK) > 100


@pytest.mark.parametrize("kind", [DeprecationWarning, PendingDeprecationWarning, FutureWarning])
@pytest.mark.parametrize("module, heeded", [("srcnn.images", True), ("teach.quiz", True), ("test_images", True),
                                            ("keras.src.backend.tensorflow.core", False)])  # fmt: skip
def test_a_deprecation_in_our_own_code_is_an_error(kind, module, heeded):
    def deprecated():
        warnings.warn_explicit("use another one", kind, "file.py", 1, module=module, registry={})

    if heeded:
        with pytest.raises(kind):
            deprecated()
    else:
        with warnings.catch_warnings(record=True):
            deprecated()
