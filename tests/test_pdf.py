"""The PDF of the book: what the pages have is in it, where its contents say, and all links lead somewhere.

What is looked for is taken from the built pages. pypdf reads no glyphs of MathJax' fonts, so of formulas the texts are
looked for that a PDF has for screen readers, and of paragraphs what stands between formulas.
"""

import bisect
import functools
import itertools
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import bs4
import pypdf
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import browser  # noqa: E402
import pdf  # noqa: E402

PAGES = [name for part in pdf.parts() for name in part["pages"]]
NOT_PRINTED = """.headerlink, .page-tools, .gate-bar, .try-it, form.live, script, style, input, details.hide > summary,
    .sd-stretched-link"""
BLOCKS = [
    "p",
    "div",
    "section",
    "ul",
    "ol",
    "li",
    "table",
    "tr",
    "td",
    "th",
    "dl",
    "dt",
    "dd",
    "figure",
    "figcaption",
    "h1",
    "h2",
    "h3",
    "h4",
    "blockquote",
    "details",
    "summary",
    "pre",
    "br",
    "button",
]

needs_chromium = pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


def squeeze(text):
    """A text without what printing changes: its white space, and other forms of the same letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


class Book:
    """The printed book beside the built one."""

    def __init__(self, site, file):
        self.site, self.reader = site, pypdf.PdfReader(file)
        places = self.reader.named_destinations.items()
        self.places = {name[1:]: self.reader.get_destination_page_number(place) for name, place in places}
        self.begins = [self.places[name] for name in PAGES]
        self.raw = [page.extract_text() for page in self.reader.pages]
        self.texts = [self.without_foot(number) for number in range(len(self.raw))]

    @functools.cache  # noqa: B019
    def article(self, name):
        """An article of the built book, without what is not printed."""
        text = (self.site / "book" / f"{name}.html").read_text(encoding="utf-8")
        article = bs4.BeautifulSoup(text, "html.parser").find("article")
        for one in article.select(NOT_PRINTED):
            one.decompose()
        return article

    @functools.cache  # noqa: B019
    def title(self, name):
        return " ".join(self.article(name).find("h1").get_text().split())

    def foot(self, number):
        """What stands below a page of the PDF, as its text begins: its number, and the title of what it belongs to."""
        chapter = bisect.bisect(self.begins, number) - 1
        return squeeze(f"{number + 1}{self.title(PAGES[chapter]) if chapter >= 0 else ''}")

    def without_foot(self, number):
        return squeeze(self.raw[number]).removeprefix(self.foot(number))

    def pages(self, name):
        """The numbers of the pages of the PDF that a page of the book has become, from 0."""
        chapter = PAGES.index(name)
        return range(self.begins[chapter], [*self.begins, len(self.raw)][chapter + 1])

    def has(self, words, name):
        """Whether some words are printed in a chapter, on one page or on two that follow each other."""
        texts = [self.texts[number] for number in self.pages(name)]
        if any(words in text for text in texts):
            return True
        for first, second in itertools.pairwise(texts):
            most = bisect.bisect(range(1, len(words)), False, key=lambda length: words[:length] not in first)
            if most and words[most:] in second:
                return True
        return False

    def alternatives(self):
        """What the PDF tells screen readers of figures and formulas, how often."""
        return Counter(
            squeeze(one["/Alt"]) for one in tree(self.reader.root_object["/StructTreeRoot"]) if "/Alt" in one
        )


def tree(node):
    """All elements of the structure of a PDF."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        one = one.get_object() if hasattr(one, "get_object") else one
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            yield one
            waiting.append(one.get("/K"))


def pieces(article):
    """The texts of an article, each without a formula in it and of one block, or of one line of code."""
    article = bs4.BeautifulSoup(str(article), "html.parser")
    for formula in article.select("span.math, div.math"):
        formula.replace_with("\0")
    for code in article.find_all("pre"):
        code.string = code.get_text().replace("\n", "\0")
    for block in article.find_all(BLOCKS):
        block.insert_before("\0")
        block.insert_after("\0")
    return list(filter(None, map(squeeze, article.get_text().split("\0"))))


@pytest.fixture(scope="module")
def book(site, tmp_path_factory):
    if browser.CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    file = tmp_path_factory.mktemp("pdf") / "book.pdf"
    command = [sys.executable, "tools/pdf.py", "--site", str(site), "--out", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, ""), "nothing is wider than the page"
    assert run.stdout.splitlines()[-1] == str(file) and list(file.parent.iterdir()) == [file]
    return Book(site, file)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
class TestAChapter:
    def test_every_word_is_printed(self, book, name):
        """Headings, paragraphs, boxes, answers, solutions, captions, tables, code and what it printed."""
        looked_for = pieces(book.article(name))
        assert len(looked_for) > 5
        assert [words for words in looked_for if not book.has(words, name)] == []

    def test_every_figure_is_printed(self, book, name):
        images = book.article(name).find_all("img")
        drawn = [image for image in images if ".svg" in image["src"] or "image/svg" in image["src"]]
        printed = 0
        for number in book.pages(name):
            objects = book.reader.pages[number]["/Resources"].get("/XObject", {}).values()
            printed += sum(one.get_object()["/Subtype"] == "/Image" for one in objects)
        assert printed >= len(images) - len(drawn)

    def test_no_raw_markup_is_printed(self, book, name):
        text = "\n".join(book.raw[number] for number in book.pages(name))
        code = squeeze("".join(one.get_text() for one in book.article(name).find_all(["pre", "code"])))
        for markup in (r"\\[a-zA-Z]+", r"```", r":::", r"\$\$", r"\{[a-z-]+\}`", r"</?[a-z]+>", r"&[a-z]+;"):
            assert {found for found in re.findall(markup, text) if squeeze(found) not in code} == set()

    def test_its_links_lead_to_places(self, book, name):
        inside = set(book.places)
        for link in book.article(name).select("a[href]"):
            page, _, place = link["href"].partition("#")
            if not page.startswith("http"):
                page = page.removesuffix(".html") or name
                assert (f"{page}--{place}" if place else page) in inside


@pytest.mark.slow
class TestTheWhole:
    def test_every_picture_and_formula_is_told_to_screen_readers(self, book):
        told = book.alternatives()
        wanted = Counter()
        for article in map(book.article, PAGES):
            wanted.update(squeeze(image["alt"]) for image in article.find_all("img") if image.get("alt"))
            wanted.update(squeeze(one.get_text())[2:-2] for one in article.select("span.math, div.math"))
        assert sum(wanted.values()) > 900
        assert {text: count for text, count in wanted.items() if told[text] < count} == {}

    def test_the_contents_tell_the_true_pages(self, book):
        text = " ".join(" ".join(book.raw[1 : book.begins[0]]).split())
        end = 0
        for name in PAGES:
            for heading in book.article(name).find_all(["h1", "h2"]):
                words = heading.get_text().split()
                line = re.compile(r"\s*".join(map(re.escape, words)) + r"\s*(\d+)(?!\S)").search(text, end)
                assert line, words
                number, end = int(line[1]) - 1, line.end()
                assert squeeze("".join(words)) in book.texts[number] and number in book.pages(name)

    def test_every_page_has_its_number_and_something_on_it(self, book):
        for number, text in enumerate(book.raw):
            if number:  # the cover has none
                assert squeeze(text).startswith(book.foot(number))
            assert len(book.texts[number]) > 20 or "/XObject" in book.reader.pages[number]["/Resources"]

    def test_a_chapter_begins_on_a_page_of_its_own(self, book):
        assert book.begins == sorted(set(book.begins))
        for name in PAGES:
            assert squeeze(book.title(name)) in book.texts[book.pages(name)[0]][:200]

    def test_links_leave_the_book_only_for_the_web(self, book):
        for page in book.reader.pages:
            for link in (one.get_object() for one in page.get("/Annots", [])):
                if "/Dest" in link:
                    assert link["/Dest"][1:] in book.places
                else:
                    assert link["/A"]["/URI"].startswith("http")

    def test_all_pages_are_of_one_size_and_their_links_on_them(self, book):
        """Whether text and pictures are on them pdf.js has looked at before: it would have said so."""
        sizes = {tuple(map(float, page.mediabox)) for page in book.reader.pages}
        ((left, bottom, right, top),) = sizes
        assert (left, bottom) == (0, 0) and abs(right - 595) < 1 and abs(top - 842) < 1, "A4"
        for page in book.reader.pages:
            for x0, y0, x1, y1 in (one.get_object()["/Rect"] for one in page.get("/Annots", [])):
                assert 40 < x0 < x1 < right - 40 and 40 < y0 < y1 < top - 40

    def test_it_says_what_it_is(self, book):
        assert book.reader.metadata.title == pdf.config()["title"]
        assert book.reader.metadata.author == pdf.config()["author"]
        assert book.reader.root_object["/Lang"] == "en" and "/Outlines" in book.reader.root_object
        assert book.reader.stream.seek(0, 2) < 60e6


def refused(capsys, *arguments):
    """What the command says when it fails: one sentence."""
    assert pdf.main([*map(str, arguments)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("make pdf: ") and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(("system", "told"), [("linux", "apt-get"), ("darwin", "brew"), ("win32", "winget")])
def test_who_has_no_browser_is_told_how_to_get_one(capsys, monkeypatch, system, told):
    monkeypatch.setattr(pdf.browser, "find", lambda: None)
    monkeypatch.setattr(pdf.sys, "platform", system)
    for arguments in ([], ["--check"]):
        assert told in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("system", "root", "place"),
    [
        ("darwin", "HOME", "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        ("win32", "PROGRAMFILES(X86)", "Microsoft/Edge/Application/msedge.exe"),
        ("linux", "PATH", "google-chrome"),
    ],
)
def test_a_browser_is_found_where_systems_have_it(monkeypatch, tmp_path, system, root, place):
    program = tmp_path / place
    program.parent.mkdir(parents=True, exist_ok=True)
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv(root, str(tmp_path))
    assert browser.find(system) == str(program)


def test_a_browser_that_is_not_there_or_ends_is_named(capsys, tmp_path, site_of_nothing):
    assert "no program nowhere" in refused(capsys, "--browser", "nowhere")
    program = tmp_path / "chrome"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    out = tmp_path / "out" / "book.pdf"
    said = refused(capsys, "--browser", program, "--site", site_of_nothing, "--out", out)
    assert f"{program} could not print the book: Chromium has ended" in said
    assert list(out.parent.iterdir()) == []


def test_a_book_that_is_not_built_is_not_printed(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(pdf.browser, "find", lambda: sys.executable)
    assert "make book" in refused(capsys, "--site", tmp_path, "--out", tmp_path / "book.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(pdf.browser, "find", lambda: sys.executable)
    (tmp_path / "file").touch()
    assert "cannot write" in refused(capsys, "--out", tmp_path / "file" / "book.pdf")


@needs_chromium
def test_an_old_browser_is_refused(capsys, monkeypatch, tmp_path, site_of_nothing):
    monkeypatch.setattr(pdf, "OLDEST", 9999)
    assert "9999 or newer" in refused(capsys, "--site", site_of_nothing, "--out", tmp_path / "book.pdf")


@needs_chromium
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<a href="elsewhere.html">x</a>', "links to elsewhere.html, which is not in the book"),
        ('<span class="math">x</span>', "MathJax, which sets the formulas, could not be loaded"),
        ('<img src="../_static/none.png">', "none.png cannot be shown"),
    ],
)
def test_what_is_missing_is_named(capsys, tmp_path, site_of_nothing, body, said):
    for page in (site_of_nothing / "book").iterdir():
        page.write_text(page.read_text().replace("</section>", f"{body}</section>"))
    assert said in refused(capsys, "--site", site_of_nothing, "--out", tmp_path / "book.pdf")
    assert not (tmp_path / "book.pdf").exists()


@needs_chromium
def test_what_is_too_wide_is_said_and_printed(capsys, tmp_path, site_of_nothing):
    page, out = site_of_nothing / "book" / f"{PAGES[0]}.html", tmp_path / "pdf" / "book.pdf"
    page.write_text(page.read_text().replace("</section>", '<p style="width: 900px">wide</p></section>'))
    assert pdf.main(["--site", str(site_of_nothing), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{out}\n" and said.err.startswith(f"make pdf: wider than the page: {PAGES[0]}: <p style=")
    assert list(out.parent.iterdir()) == [out]
    assert "wide" in pypdf.PdfReader(out).pages[2].extract_text()


@pytest.fixture
def site_of_nothing(tmp_path):
    """A built book with nothing but titles."""
    folder = tmp_path / "site" / "book"
    folder.mkdir(parents=True)
    (tmp_path / "site" / "_static").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "site" / "_static" / "card.jpg")
    page = """<html lang="en"><link rel="canonical" href="https://example.org/"><meta name="description" content="none">
        <article class="bd-article"><section id="a"><h1>Title</h1></section></article>"""
    for name in PAGES:
        (folder / f"{name}.html").write_text(page)
    return folder.parent
