"""How nbval runs the chapters: stderr and drawings are not compared; without its dataset a chapter is skipped."""

import functools
import json

import pytest

from srcnn import InputError, datasets


def pytest_collectstart(collector):
    if collector.path.suffix == ".ipynb":
        collector.skip_compare += ("stderr", "image/svg+xml")  # nbval leaves out image/png by itself


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.suffix == ".ipynb" and (reason := why_not(item.path)):
            item.add_marker(pytest.mark.skip(reason=reason))


@functools.cache
def why_not(path):
    """The reason a chapter cannot run here, or None."""
    for name in json.loads(path.read_text())["metadata"]["srcnn"].get("needs", []):
        try:
            datasets.download(name, progress=False)
        except InputError as error:
            return f"{path.name} needs {name}: {error}"
    return None
