"""The built book: it builds without a warning, its pages exist, and they hold what they should."""

import html
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
PAGES = sorted(path.stem for path in (ROOT / "book").glob("*.md"))
each_page = pytest.mark.parametrize("name", PAGES)


def text_of(page):
    """What a reader can see, without code and formulas."""
    page = re.sub(r"<(script|style|pre|code|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub(r'<(span|div) class="math.*?</\1>', " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def test_index_html_leads_to_the_landing_page(site):
    assert "book/index.html" in (site / "index.html").read_text()


@each_page
def test_no_page_shows_its_source(site, name):
    page = (site / "book" / f"{name}.html").read_text()
    seen = text_of(page)
    for raw in ("$$", "\\frac", "\\tag", "{code-cell}", ":::", "```", "{raw}", "&lt;details", "system-message"):
        assert raw not in seen, raw
    assert not re.search(r"\\begin\{split\}[^<]*\\tag", page), "MathJax shows an error instead of this formula"
    assert "Traceback" not in page and "Warning:" not in page and 'class="system-message' not in page


@each_page
def test_one_search_field_and_one_title(site, name):
    page = (site / "book" / f"{name}.html").read_text()
    assert len(re.findall(r'<h1>[^<]*<a class="headerlink"', page)) == 1
    visible = re.sub(r"<dialog.*?</dialog>", "", page, flags=re.DOTALL)
    assert len(re.findall(r"<input[^>]*type=.search", visible)) <= 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_has_all_its_figures_and_its_colab_button(site, path):
    page = (site / "book" / f"{path.stem}.html").read_text()
    outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]
    figures = sum("image/png" in output.get("data", {}) for output in outputs)
    shown = re.findall(r"<img[^>]*_images/[^>]*>", page)
    assert figures >= 3 and len(shown) == figures
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in shown)
    assert len(re.findall(rf"Figure {int(path.name[:2])}\.\d+\.", text_of(page))) >= figures
    assert f"colab.research.google.com/github/srcnn-course/srcnn-course/blob/main/book/{path.name}" in page
    assert "find_spec" not in page, "the install cell is for Colab, not for readers"


def test_formulas_need_no_network(site):
    if not (ROOT / "book" / "_static" / "mathjax" / "tex-mml-chtml.js").is_file():
        pytest.skip("npm could not fetch MathJax here")
    page = (site / "book" / f"{NOTEBOOKS[0].stem}.html").read_text()
    assert 'src="../_static/mathjax/tex-mml-chtml.js' in page
    assert (site / "_static" / "mathjax" / "tex-mml-chtml.js").is_file()


def test_internal_links_lead_somewhere(site):
    for name in PAGES:
        page = site / "book" / f"{name}.html"
        for link in re.findall(r'<a\b[^>]*href="([^"#:?]+)(?:#[^"]*)?"', page.read_text()):
            assert (page.parent / link).exists(), f"{name}: {link}"
