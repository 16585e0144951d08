"""A chapter is one sitting: its words, its visible cells, and the minutes and seconds that its head promises."""

import json
import re
from pathlib import Path

import jupytext
import pytest
from test_chapters import CHAPTERS, ROOT, each_chapter

WORDS, CELLS = 3500, 45
"""At most, on the main path: what is folded, hidden, asked or suggested for later does not count."""

PACE = 60, 85
"""Words of prose a minute; the cells between them are read, run and thought about in the same minutes."""

ASIDE = r"## (Questions|Exercises|Further reading)"
HIDING = {"hide-cell", "hide-input", "remove-cell", "remove-input"}


def counted(source):
    """(words of prose, visible code cells) of a chapter's main path."""
    words = cells = 0
    aside = folded = False
    for cell in jupytext.read(source).cells:
        if cell.cell_type == "code":
            cells += not (aside or folded or HIDING & set(cell.metadata.get("tags", [])))
            continue
        for part in re.split(r"(?m)^(?=## )", cell.source):
            if part.startswith("## "):
                aside = bool(re.match(ASIDE, part))
            part = "<details>" * folded + part  # a fold may hold code cells, and ends in a later part
            folded = part.count("<details>") > part.count("</details>")
            part += "</details>" * folded
            words += 0 if aside else len(re.findall(r"[A-Za-z][\w’'-]*", prose(part)))
    return words, cells


def prose(text):
    for unread in (r"<details>.*?</details>", r"```.*?```", r"\$\$.*?\$\$", r"<!--.*?-->"):
        text = re.sub(unread, "", text, flags=re.DOTALL)
    return text


def promised(source):
    """(minutes to read, minutes for the exercises, seconds to run), as the chapter's head says."""
    head = re.search(
        r"\*\*Time:\*\* about (\d+) min to read.*?(\d+) min for the exercises.*?(\d+) s to run on two cores",
        source.read_text(encoding="utf-8"),
    )
    return tuple(map(int, head.groups()))


@each_chapter
def test_the_main_path_is_one_sitting(source):
    words, cells = counted(source)
    assert words <= WORDS and cells <= CELLS


@each_chapter
def test_the_minutes_to_read_are_those_of_its_words(source):
    minutes = promised(source)[0]
    assert minutes <= 50 and PACE[0] <= counted(source)[0] / minutes <= PACE[1]


@each_chapter
def test_the_minutes_for_the_exercises_are_their_sum(source):
    heads = re.findall(r"(?m)^### Exercise .*$", source.read_text(encoding="utf-8"))
    minutes = [int(re.search(r"\((\d+) minutes", head)[1]) for head in heads if "open" not in head]
    assert promised(source)[1] == sum(minutes)
    head = re.search(r"min for the exercises and (\d+) min for the open one", source.read_text(encoding="utf-8"))
    assert [int(re.search(r"\((\d+) minutes", each)[1]) for each in heads if "minutes, open" in each] == (
        [int(head[1])] if head else []
    )


@each_chapter
def test_it_runs_in_about_the_seconds_that_it_says(source):
    """Those of its recorded run, in results/chapters.json; nobody is disappointed, and nobody is kept from running."""
    recorded, said = (
        json.loads(Path(ROOT, "results/chapters.json").read_text())[source.stem]["seconds"],
        promised(source)[2],
    )
    assert recorded <= 1.2 * said and said <= 4 * recorded + 10 and recorded <= 100


def test_folds_hidden_cells_and_exercises_are_not_counted(tmp_path):
    chapter = tmp_path / "99_made.md"
    chapter.write_text(
        "# 99. Why?\n\none two <details><summary>For the curious</summary>\n\nthree\n\n</details> $$\nx\n$$ four\n\n"
        "```{code-cell} ipython3\n1\n```\n\n```{code-cell} ipython3\n:tags: [hide-cell]\n2\n```\n\n"
        "<details><summary>A fold of cells</summary>\n\nseven\n\n```{code-cell} ipython3\n4\n```\n\n"
        "eight\n\n```{code-cell} ipython3\n5\n```\n\n</details>\n\nnine\n\n"
        "## Questions\n\nfive\n\n```{code-cell} ipython3\n3\n```\n\n## What came after\n\nsix\n",
        encoding="utf-8",
    )
    assert counted(chapter) == (1 + 3 + 1 + 3 + 1, 1)


@pytest.mark.parametrize("source", CHAPTERS[:1], ids=lambda path: path.stem)
def test_a_word_too_many_is_noticed(source, tmp_path):
    longer = tmp_path / source.name
    longer.write_text(source.read_text(encoding="utf-8").replace("\n## 1.2", "\n" + "word " * 600 + "\n\n## 1.2", 1))
    assert counted(longer)[0] == counted(source)[0] + 600
