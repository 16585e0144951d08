"""The built book: it builds without a warning, its pages exist, and they hold what they should."""

import html
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
PAGES = sorted(path.stem for path in (ROOT / "book").glob("*.md"))
sys.path.insert(0, str(ROOT / "tools"))
import repository  # noqa: E402

SAID, ADDRESS = repository.said(), repository.pages(repository.address())
each_page = pytest.mark.parametrize("name", PAGES)


def text_of(page):
    """What a reader can see, without code and formulas."""
    page = re.sub(r"<(script|style|pre|code|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub(r'<(span|div) class="math.*?</\1>', " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def test_index_html_leads_to_the_landing_page(site):
    page = (site / "index.html").read_text()
    assert 'content="0; url=book/index.html"' in page and f"<title>{html.escape(SAID['title'])}" in page


def test_a_wrong_address_is_answered_with_a_way_back(site):
    page = (site / "404.html").read_text()
    assert "<title>There is no such page" in page and f'<base href="{urlsplit(ADDRESS).path or "/"}">' in page
    assert '<a href="book/index.html">' in page


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
    if repository.is_github(SAID["url"]):
        colab = (
            f"https://colab.research.google.com/{SAID['url'].replace('https://github.com', 'github')}/blob/main/book/"
        )
        assert page.count(colab + path.name) == 2, "one to be seen, one in the menu"
    else:
        assert f'class="page-colab" href="../_sources/book/{path.name}"' in page and "colab.research" not in page
    assert 'find_spec("srcnn")' not in html.unescape(re.sub(r"<[^>]+>", "", page)), (
        "the install cell is for Colab, not for readers"
    )


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


def test_the_addresses_of_the_book_follow_from_the_repository_s(site):
    """Of the repository's address only _config.yml knows, and it is there that a fork changes it."""
    for name in PAGES:
        page = (site / "book" / f"{name}.html").read_text()
        assert (f'<link rel="canonical" href="{ADDRESS}book/{name}.html"' in page) == bool(ADDRESS)
        assert f'<meta property="og:image" content="{ADDRESS}_static/card.jpg">' in page
    code = "".join((ROOT / "tools" / f"sphinx_{name}.py").read_text() for name in ("page", "site"))
    assert urlsplit(SAID["url"]).path not in code


@each_page
def test_a_page_says_what_it_is_and_loads_each_script_once(site, name):
    page = (site / "book" / f"{name}.html").read_text()
    (described,) = re.findall(r'<meta name="description" content="([^"]+)">', page)
    assert 60 <= len(html.unescape(described)) <= 300 and "card.jpg" in page and 'rel="icon"' in page
    (title,) = re.findall(r"<title>(.*?)</title>", page)
    assert html.unescape(title).count(SAID["title"]) == 1
    loaded = re.findall(r"<script\b[^>]*>.*?</script>", page, flags=re.DOTALL)
    assert len(set(loaded)) == len(loaded)
    assert not [one for one in loaded if "thebe" in one.lower() or "fontawesome" in one]
    assert any("mathjax/tex" in one or "mathjax@" in one for one in loaded) == ('class="math' in page)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_without_script_nothing_waits_behind_a_prediction(site, path):
    page = (site / "book" / f"{path.stem}.html").read_text()
    source = path.with_suffix(".md").read_text()
    assert page.count('<blockquote class="box-predict">') == source.count("> **Predict.**")
    gates = re.findall(r'<div class="gate docutils[^>]*>', page)
    assert len(gates) >= 5 and not any("hidden" in gate for gate in gates)
    opening = page[: page.index("<strong>You will</strong>")]
    inside = opening[opening.rindex("<h1") :]
    assert inside.count("<div") == inside.count("</div>"), "what the chapter promises does not wait behind a gate"
    bars = re.findall(r'<div class="gate-bar"[^>]*>', page)
    assert len(bars) == len(gates) and all(" hidden" in bar for bar in bars), "the buttons need the script"
    assert page.count("gate-all") == 2, "one switch at the first gate, one below the title"
    scripts = page[: page.index("</head>")]
    assert re.search(r'<script src="[^"]*/gate\.js', scripts), "not deferred: it marks the page before it is drawn"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_exercises_are_cards_and_answers_say_whose_they_are(site, path):
    page = (site / "book" / f"{path.stem}.html").read_text()
    source = path.with_suffix(".md").read_text()
    assert page.count('<section class="exercise"') == len(re.findall(r"^### Exercise ", source, re.MULTILINE))
    assert page.count('<span class="effort">') == page.count('<section class="exercise"')
    summaries = re.findall(r"<summary>([^<]+)</summary>", page)
    assert not {"Answer", "Solution"} & set(summaries) and len(set(summaries)) == len(summaries)


def test_lines_end_outside_of_short_formulas_and_of_names_in_code(site):
    one, six = ((site / "book" / f"{name}.html").read_text() for name in ("01_what_was_lost", "06_training"))
    assert "levels</span></code>\u00a0−\u00a01" in one, "a sum that begins with code"
    assert '<span class="text-nowrap">4 + 0 + 2 = 6</span>' in six
    long = re.search(r"<code[^>]*>((?:(?!</code>).)*set_dtype_policy.*?)</code>", six, re.DOTALL)[1]
    pieces = [html.unescape(re.sub(r"<[^>]+>", "", piece)) for piece in long.split("<wbr>")]
    assert "".join(pieces) == 'keras.config.set_dtype_policy("mixed_float16")'
    assert [piece for piece in pieces if piece] == ["keras.config.set_dtype_policy(", '"mixed_float16")']
