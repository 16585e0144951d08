"""Answers to the exercises, right and wrong, chapter by chapter: data for tests/test_checks.py.

A module chNN names answers and ends with two dicts:
    RIGHT = {"1.1": [answer, ...], ...}
    WRONG = {"1.1": [(answer, "a word of the hint"), ...], ...}
"""

import importlib
import pkgutil


class Args(tuple):
    """The arguments of a check that takes several: Args(first, second)."""

    def __new__(cls, *arguments):
        return super().__new__(cls, arguments)


def chapters():
    """The modules of answers: {1: answers.ch01, ...}."""
    names = [found.name for found in pkgutil.iter_modules(__path__) if found.name.startswith("ch")]
    return {int(name[2:]): importlib.import_module(f"{__name__}.{name}") for name in sorted(names)}
