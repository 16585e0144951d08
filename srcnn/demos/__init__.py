"""Demonstrations to play with, one function each; a notebook and the book show what they return.

Each is one text of HTML with its own style, script and data: it needs no network and no other file.
"""

from .drawings import checkerboard, kernel, sliding_filter, two_weights
from .photographs import null_space, rank

__all__ = ["checkerboard", "kernel", "null_space", "rank", "sliding_filter", "two_weights"]
