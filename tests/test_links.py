"""The mentions in the text are links that lead somewhere, and the pages that are made at build are complete."""

import csv
import json
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import bs4
import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

ROOT = Path(__file__).parent.parent
BOOK = ROOT / "book"
PAGES = sorted({path.stem for path in BOOK.glob("*.md")})
each_page = pytest.mark.parametrize("name", PAGES)

MENTION = re.compile(
    r"\b(?:[Ff]igures?|[Ss]ections?|[Ee]xercises?) \d+\.\d+(?!\.?\d)|\bEqs?\. \(\d"
    r"|\b(?<!this )[Cc]hapters? ([1-9]\d?)\b"
)
LINK = "\N{WHITE SQUARE}"


@pytest.fixture
def built(tmp_path, monkeypatch):
    """built("text of the first page", ...): small chapters as HTML pages, and the warnings."""
    monkeypatch.syspath_prepend(ROOT / "tools")

    def build(*texts, **others):
        source = tmp_path / "source"
        source.mkdir()
        names = [f"{number:02}_chapter" for number in range(1, len(texts) + 1)]
        for name, text in {**dict(zip(names, texts, strict=True)), **others}.items():
            (source / f"{name}.md").write_text(text)
        options = {
            "extensions": ["myst_parser", "links"],
            "myst_enable_extensions": ["dollarmath"],
            "root_doc": names[0],
        }
        warnings = (tmp_path / "warnings").open("w+")
        with docutils_namespace():
            folders = (tmp_path / "html", tmp_path / "trees")
            app = Sphinx(source, None, *folders, "html", options, status=None, warning=warnings, freshenv=True)
            app.build()
        warnings.seek(0)
        lines = [line for line in warnings if "toctree" not in line]
        return {
            name: bs4.BeautifulSoup((folders[0] / f"{name}.html").read_text(), "html.parser") for name in names
        }, lines

    yield build
    for name in ("links", "pages"):
        sys.modules.pop(name, None)


FIRST = """# 1. First

## 1.1 A section

$$
x = 1 \\tag{1.1}
$$

### Exercise 1.1 (1 minute): count

## Questions

**1.** Why?
"""


def links_of(page):
    return [(link.get_text(), link["href"]) for link in page.select("a.internal[class*=to-]")]


def test_mentions_become_links(built):
    text = "See Section 1.1, Eq. (1.1), exercise 1.1 and chapters 1 and 2; Section\n2.1 is here."
    pages, warnings = built(FIRST, f"# 2. Second\n\n## 2.1 A\n\n{text}")
    assert not warnings
    assert links_of(pages["02_chapter"]) == [
        ("Section 1.1", "01_chapter.html#a-section"),
        ("Eq. (1.1)", "01_chapter.html#equation-1-1"),
        ("exercise 1.1", "01_chapter.html#exercise-1-1-1-minute-count"),
        ("chapters 1", "01_chapter.html"),
        ("2", "#second"),
        ("Section\n2.1", "#a"),
    ]
    assert pages["01_chapter"].select_one("div.math#equation-1-1")


def test_a_list_of_numbers_is_one_mention(built):
    text = FIRST + "\n\n## 1.2 B\n\n## 1.3 C\n\nSections 1.1, 1.2 and 1.3; Section 1.2, 1.3 times. See question 1."
    pages, warnings = built(text)
    assert not warnings
    words = [words for words, _ in links_of(pages["01_chapter"])]
    assert words == ["Sections 1.1", "1.2", "1.3", "Section 1.2", "question 1"]


def test_a_remark_after_a_number_does_not_end_the_list(built):
    pages, warnings = built(FIRST, "# 2. Second\n\nRead chapters 1 (the basis, in short), 2 (this one) and 1 again.")
    assert not warnings
    assert [words for words, _ in links_of(pages["02_chapter"])] == ["chapters 1", "2", "1"]


@pytest.mark.parametrize(
    "mention", ["Section 1.9", "Figure 1.1", "Eq. (1.2)", "exercise 1.2", "question 2", "Section 2.1"]
)
def test_a_mention_of_what_does_not_exist_is_a_warning_with_page_and_words(built, mention):
    _, warnings = built(f"{FIRST}\n\nSee {mention}.")
    assert len(warnings) == 1 and "01_chapter.md" in warnings[0] and f'"{mention}"' in warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "`Section 1.1`",
        "## Section 1.1 in a heading",
        "[Dong et al. (2016)](https://doi.org/10.1/2), section 4.3: their own",
        "section 4.3.3 there",
        "its figure 5",
        "In this chapter 1 is white.",
        "chapter 3 is still to come",
        "(Primer: Slices)",
        "```python\nSection 1.1\n```",
    ],
)
def test_what_is_no_mention_stays_as_it_is(built, text):
    pages, warnings = built(f"{FIRST}\n\n{text}", "# 2. Second")
    assert not warnings and not links_of(pages["01_chapter"])


def test_the_primer_s_headings_can_be_mentioned_when_there_is_a_primer(built):
    pages, warnings = built("# 1. First\n\nA slice (Primer: Slices), (Primer: Maps).", primer="# Primer\n\n## Slices")
    assert links_of(pages["01_chapter"]) == [("Primer: Slices", "primer.html#slices")]
    assert len(warnings) == 1 and '"Primer: Maps"' in warnings[0]


def article(path):
    """What readers see of a built page."""
    text = path.read_text()
    return bs4.BeautifulSoup(text[text.index("<article") : text.rindex("</article>")], "html.parser")


@each_page
def test_no_mention_is_left_unlinked(site, name):
    page = article(site / "book" / f"{name}.html")
    for caption in page.select("figcaption .caption-text"):
        first = caption.find(string=re.compile(r"^Figure \d+\.\d+\."))
        if first:
            first.replace_with(re.sub(r"^Figure [\d.]+", "", first))
    for link in page.select("a"):
        link.replace_with(LINK)
    for part in page.select("pre, code, script, style, svg, summary, .math, h1, h2, h3, h4, h5, h6"):
        part.decompose()
    last = max(int(path.name[:2]) for path in BOOK.glob("[0-9][0-9]_*.md"))
    text = " ".join(page.get_text().split())
    left = [found for found in MENTION.finditer(text) if not text[: found.start()].endswith(f"{LINK}, ")]
    assert [found[0] for found in left if not found[1] or int(found[1]) <= last] == []


@pytest.fixture(scope="module")
def ids(site):
    """{page: the ids in it}, read once."""
    known = {}

    def get(path):
        if path not in known:
            known[path] = set(re.findall(r'\bid="([^"]+)"', path.read_text()))
        return known[path]

    return get


@each_page
def test_every_link_leads_to_a_page_and_a_place(site, ids, name):
    page = site / "book" / f"{name}.html"
    broken = []
    for link in article(page).select("a[href]"):
        url = urlsplit(link["href"])
        target = (page.parent / unquote(url.path)).resolve() if url.path else page
        if not url.scheme and (not target.exists() or (url.fragment and unquote(url.fragment) not in ids(target))):
            broken.append(link["href"])
    assert broken == []


def same(link):
    return unquote(link).lower()


def references():
    with (ROOT / "data" / "references.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_paper_that_is_cited_is_in_the_list_of_references():
    known = {same(row["link"]) for row in references()}
    missing = {
        (path.name, link)
        for path in BOOK.glob("*.md")
        for link in re.findall(r"\]\((https://doi\.org/[^\s)]+)\)", path.read_text())
        if same(link) not in known
    }
    assert missing == set(), "add a row to data/references.csv, with a title that you have looked up"


def test_a_reference_is_whole_and_there_once():
    rows = references()
    assert all(all(row.values()) and re.fullmatch(r"\d{4}", row["year"]) for row in rows)
    assert len({same(row["link"]) for row in rows}) == len(rows)


def test_the_bibliography_says_where_each_paper_is_cited(site):
    listed = article(site / "book" / "bibliography.html").select("ul.bibliography > li")
    assert len(listed) >= 50
    assert all(item.select("p.cited a.internal") for item in listed)


def test_the_glossary_has_every_defined_term_and_its_place(site):
    entries = {term.get_text(): term for term in article(site / "book" / "glossary.html").select("dl.glossary > dt")}
    for path in sorted(BOOK.glob("[0-9][0-9]_*.md")):
        for box in re.findall(r"^> \*\*Definition\.\*\*(.+(?:\n>.*)*)", path.read_text(), re.MULTILINE):
            terms = re.findall(r"\*\*([^*]+)\*\*", box)
            assert terms and {term.lower() for term in terms} <= {entry.lower() for entry in entries}
            assert entries[terms[0]].find_next_sibling("dd").select(f'a[href^="{path.stem}.html#definition-"]')


def test_every_chapter_and_every_record_says_how_it_was_made(site):
    page = article(site / "book" / "reproducible.html")
    chapters = {row.select_one("a")["href"] for row in page.select(".course-chapters tbody tr")}
    assert chapters == {f"{path.stem}.html" for path in BOOK.glob("[0-9][0-9]_*.md")}
    listed = {term.get_text() for term in page.select(".course-records dt")}
    assert listed == {path.name for path in (ROOT / "results").iterdir() if path.suffix in (".json", ".jsonl", ".csv")}
    cards = list((ROOT / "srcnn" / "weights").glob("*.json"))
    assert len(page.select(".course-weights tbody tr")) == len(cards)


def test_what_is_shown_of_a_link_is_there(site):
    script = (site / "_static" / "previews.js").read_text()
    shown = json.loads(script.removeprefix("window.coursePreviews = ").rstrip(";\n"))
    for name in PAGES:
        for link in article(site / "book" / f"{name}.html").select("a.to-figure, a.to-equation"):
            page, _, target = link["href"].partition("#")
            html = shown[f"book/{page or f'{name}.html'}#{target}"]
            assert "<img" in html or "math" in html
    pictures = re.findall(r'<img[^>]* src="([^"]+)"', " ".join(shown.values()))
    assert len(pictures) > 50 and all((site / picture).is_file() for picture in pictures)
    assert not re.search(r'\bid="|<a ', " ".join(shown.values())), "an id would be there twice"
