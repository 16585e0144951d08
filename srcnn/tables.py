"""The one table writer: aligned text in a terminal, a real table in a notebook and in the book."""

import numbers

from .files import one_line


class Table:
    """Rows under a header. print() gives aligned text; as the last line of a notebook cell it is a real table.

    header: column titles. rows: lists of cells; a float is shown with `digits` of its column, None as a dash.
    digits: decimals, one number for all columns or one for each. bold: rows (by number) to be set in bold.
    """

    def __init__(self, header, rows, digits=2, bold=()):
        self.header = [str(title) for title in header]
        places = [digits] * len(self.header) if isinstance(digits, int) else digits
        self.rows = [[_text(cell, n) for cell, n in zip(row, places, strict=True)] for row in rows]
        self.numeric = [all(_is_number(row[k]) for row in rows) for k in range(len(self.header))]
        self.bold = {number % len(rows) for number in bold} if rows else set()

    def __str__(self):
        lines = [self.header, *self.rows]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.header))]
        return "\n".join(
            "   ".join(self._align(cell, w, k) for k, (cell, w) in enumerate(zip(line, widths, strict=True))).rstrip()
            for line in lines
        )

    __repr__ = __str__

    def _align(self, cell, width, k):
        return cell.rjust(width) if self.numeric[k] else cell.ljust(width)

    def _repr_markdown_(self):
        rule = ["---:" if numeric else ":---" for numeric in self.numeric]
        rows = [
            [_typeset(cell, numeric, k in self.bold) for cell, numeric in zip(row, self.numeric, strict=True)]
            for k, row in enumerate(self.rows)
        ]
        lines = [[cell.replace("|", r"\|") for cell in line] for line in [self.header, rule, *rows]]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _text(cell, digits):
    if cell is None:
        return "–"
    whole = not isinstance(cell, numbers.Real) or isinstance(cell, numbers.Integral)
    return one_line(cell) if whole else f"{round(float(cell), digits) + 0.0:.{digits}f}"  # never -0.00


def _typeset(cell, numeric, bold):
    """A cell of a real table; a negative number has a true minus, as in figures, which not every terminal can show."""
    cell = f"−{cell[1:]}" if numeric and cell.startswith("-") else cell
    return f"**{cell}**" if bold else cell


def _is_number(cell):
    """NumPy's numbers as well, which some versions of NumPy return where others return Python's."""
    return cell is None or (isinstance(cell, numbers.Real) and not isinstance(cell, bool))
