"""The rules of the house: small modules and functions, and one place for each fact."""

import ast
import re
from pathlib import Path

import pytest

from srcnn import catalog

ROOT = Path(__file__).parent.parent
MODULES = [path for name in ("srcnn", "tools", "teach", "assignments") for path in sorted((ROOT / name).rglob("*.py"))]
each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))


def code_without_docstrings(path):
    """The source of a module without its comments and docstrings."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list):
            node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
    return ast.unparse(tree)


def _is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@each_module
def test_a_module_and_a_function_can_be_read_in_one_sitting(path):
    text = path.read_text()
    if path.parent.name != "checks" and "assignments" not in path.parts and path.name != "__main__.py":
        assert len(text.splitlines()) <= 260
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno - node.lineno < 60, node.name


@each_module
def test_test_sets_and_scales_are_named_in_the_catalogue_alone(path):
    if path.name == "catalog.py" or path.parent.name == "checks":
        return
    code = code_without_docstrings(path)
    assert not re.search(r"['\"]Set14['\"]", code), "take them from catalog.TEST_SETS"
    assert not re.search(r"[(\[]2, 3, 4[)\]]", code), "take them from catalog.SCALES"


def test_every_network_with_a_paper_has_printed_figures():
    from srcnn import evaluation

    for name, title in catalog.PAPERS.items():
        assert evaluation.published(title), name
        assert evaluation.paper(name, "Set5", 3)["model"] == title
