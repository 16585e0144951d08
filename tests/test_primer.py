"""The primer page: what it says that Python prints is what Python prints."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

PAGE = (Path(__file__).parent.parent / "book" / "primer.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.filterwarnings("error")
def test_the_page_shows_what_its_code_prints():
    names = {"np": np}
    for code, shown in BLOCKS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)
        assert printed.getvalue() == shown, code
    assert sum(bool(shown) for _, shown in BLOCKS) >= 10


def test_every_mention_of_the_primer_names_a_heading():
    headings = set(re.findall(r"^## (.+)$", PAGE, re.MULTILINE))
    for chapter in sorted(Path(__file__).parent.parent.glob("book/[0-9][0-9]_*.md")):
        for heading in re.findall(r"Primer: ([^)]+)", chapter.read_text()):
            assert heading in headings, f"{chapter.name}: {heading!r}; there are {sorted(headings)}"
