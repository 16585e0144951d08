"""The slides of a chapter: its headings, figures and boxes, each once, in a file that needs no network."""

import html
import json
import re
from pathlib import Path

import pytest

from srcnn import InputError
from teach import slides

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def shown(text):
    return re.sub(r"\W+", "", html.unescape(re.sub("<[^>]+>", "", text)))


@each_notebook
def test_nothing_is_lost_and_nothing_comes_from_elsewhere(path):
    text = slides.page(json.loads(path.read_text()), "mathjax/tex-mml-chtml.js")
    source = path.with_suffix(".md").read_text()
    body = source[: source.index("\n## Questions")]
    folds = re.sub(r"<details>(?:(?!<details>).)*?</details>", "", body, flags=re.DOTALL)
    kinds = re.findall(r'<section class="(\w+)">', text)
    assert kinds[:1] == ["title"] and "goals" in kinds[:8] and kinds[-1] == "seen"
    headings = [line for line in re.findall("^## (.+)$", folds, re.MULTILINE) if line != "What you have seen"]
    assert [shown(one) for one in re.findall('<section class="heading">.*?<h2>(.*?)</h2>', text, re.DOTALL)] == [
        shown(one) for one in headings
    ]
    for word in ("Definition", "Predict", "Surprise", "Pitfall"):
        boxes = re.findall(rf"^> \*\*{word}\..*", folds, re.MULTILINE)
        assert kinds.count(word.lower()) == text.count(f"<strong>{word}.</strong>") == len(boxes), word
    numbers = re.findall(r'caption: "(Figure \d+\.\d+)\.', folds)
    assert re.findall(r"<figcaption>(Figure \d+\.\d+)\.", text) == numbers and kinds.count("figure") == len(numbers) > 2
    assert all(len(alt) >= 20 for alt in re.findall('<img [^>]*alt="([^"]*)"', text))
    assert "Solution" not in text and "Answer" not in text and "<details" not in text
    loaded = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', text)
    assert {one for one in loaded if not one.startswith("https://")} <= {"mathjax/tex-mml-chtml.js"}
    assert not re.findall(r'(?:src="|@import|url\()https?:', text), "links may lead out, but nothing is loaded"
    assert "{{" not in re.sub(r"\\[(\[].*?\\[)\]]|<style>.*?</style>", "", text, flags=re.DOTALL)


def test_formulas_are_mathjax_s(tmp_path):
    text = slides.render("The sum $a < b$ and\n\n$$\nx = 1. \\tag{2.1}\n$$\n")
    assert r"\(a &lt; b\)" in text and r"\[x = 1. \tag{2.1}\]" in text


def test_the_command_writes_one_file_or_says_which_chapters_there_are(tmp_path, capsys):
    slides.main(["2", "--out", str(tmp_path)])
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "02_interpolation.html")
    assert (tmp_path / "02_interpolation.html").read_text().count("<section") > 20
    with pytest.raises(InputError, match="there is no chapter '99'; give CH=2, or another of 1, 2"):
        slides.main(["99", "--out", str(tmp_path)])
