"""The one table writer: numbers of Python and of NumPy alike, aligned in a terminal and in Markdown."""

import numpy as np

from srcnn.tables import Table


def test_numpy_numbers_are_numbers():
    rows = [["x", np.int64(3), np.float32(2.344)], ["y", None, -0.001]]
    table = Table(["a", "b", "c"], rows, bold=[-1])
    assert table._repr_markdown_().splitlines() == [
        "| a | b | c |", "| :--- | ---: | ---: |", "| x | 3 | 2.34 |", "| **y** | **–** | **0.00** |",
    ]  # fmt: skip
    assert str(table).splitlines() == ["a   b      c", "x   3   2.34", "y   –   0.00"]


def test_a_column_with_text_is_aligned_to_the_left():
    assert Table(["a"], [["x"], [1.0]])._repr_markdown_().splitlines()[1:] == ["| :--- |", "| x |", "| 1.00 |"]


def test_no_rows_give_a_header():
    assert str(Table(["a", "b"], [])) == "a   b"


def test_a_bar_in_a_name_makes_no_column():
    table = Table(["a|b", "c"], [["d|e.png", 1]])
    assert table._repr_markdown_().splitlines() == [r"| a\|b | c |", "| :--- | ---: |", r"| d\|e.png | 1 |"]
    assert str(table).splitlines()[1] == "d|e.png   1"


def test_a_space_that_does_not_break_stays_one():
    table = Table(["network", "dB"], [["EDSR\u00a0†", 1.0]])
    assert "EDSR\u00a0†" in str(table) and "EDSR\u00a0†" in table._repr_markdown_()
