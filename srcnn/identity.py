"""What a run is besides its settings: the pictures and the code that trains, a few digits of each (chapter 6)."""

import ast
import functools
import hashlib
from pathlib import Path

import numpy as np

CODE = (
    "deeper", "degradations", "engine", "gan", "images", "layers", "models", "ondevice", "optimizers", "patches",
    "resample", "starts", "training",
)  # fmt: skip
"""The modules that decide what weights a training ends with."""


def of_pictures(*groups):
    """The first digits of the SHA-256 of pictures, dicts name -> array: of names, shapes, types and pixels."""
    told = hashlib.sha256()
    for name, picture in (item for group in groups for item in [*group.items(), ("", np.zeros(0, np.uint8))]):
        told.update(f"{name} {picture.shape} {picture.dtype} ".encode(errors="surrogateescape"))
        told.update(np.ascontiguousarray(picture))
    return _digits(told)


@functools.cache
def of_code():
    """The first digits of the SHA-256 of CODE; comments, docstrings and the way it is laid out do not count."""
    here, told = Path(__file__).parent, hashlib.sha256()
    for name in CODE:
        told.update(repr(meaning(ast.parse((here / f"{name}.py").read_text("utf-8")))).encode())
    return _digits(told)


def of_rows(rows):
    """The first digits of the SHA-256 of the rows of a history."""
    return _digits(hashlib.sha256(repr([sorted(row.items()) for row in rows]).encode()))


def meaning(part):
    """A piece of Python's syntax tree as tuples, the same for the same program."""
    if isinstance(part, list):
        return [meaning(one) for one in part if not _is_docstring(one)]
    if not isinstance(part, ast.AST):
        return part
    fields = [(name, meaning(value)) for name, value in ast.iter_fields(part)]
    return type(part).__name__, *(field for field in fields if field[1] not in (None, []))  # newer Pythons have more


def _is_docstring(part):
    """Whether it is a string that nobody uses."""
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


def _digits(told):
    return f"sha256:{told.hexdigest()[:12]}"
