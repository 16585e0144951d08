"""Previews of links and the search, in a headless browser."""

import functools
import http.server
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from browser import CHROMIUM, browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]

SHOWN = "!document.getElementById('preview').hidden"
LINK = "[...document.querySelectorAll('.bd-article a.to-{kind}[href^=\"#\"]:not(details *)')].at(-1)"
"""The last one of a page that is not folded away: far from what it leads to."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(site):
    """The book, on a port of this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))) as server:
        server.handle_error = lambda *_: None  # the browser went away in the middle of a file
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page():
    with browser() as opened:
        opened.resize(1280)
        yield opened


def point_at(page, link):
    """Rest the pointer on a link; again, if the page has moved under it."""
    page.run("window.MathJax?.startup?.promise.then(() => true)")
    while not page.run(SHOWN):
        page.run(f"{link}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        x, y = page.run(f"(({{left, top}}) => [left + 5, top + 8])({link}.getClientRects()[0])")
        page.send("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
        page.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        page.run("new Promise((go) => setTimeout(go, 700))")


def opened_from(site, address, how):
    return f"{site.as_uri() if how == 'disk' else address}/book/02_interpolation.html"


@pytest.mark.parametrize("how", ["server", "disk"])
def test_a_figure_is_shown_when_the_pointer_rests_on_its_mention(site, address, page, how):
    page.open(opened_from(site, address, how))
    point_at(page, LINK.format(kind="figure"))
    page.run("document.querySelector('#preview img').naturalWidth > 100", until=True)
    assert "Figure 2." in page.run("document.getElementById('preview').textContent")


def test_a_formula_is_typeset_and_escape_closes(site, address, page):
    if not (site / "_static" / "mathjax").is_dir():
        pytest.skip("npm could not fetch MathJax here")
    page.open(opened_from(site, address, "server"))
    point_at(page, LINK.format(kind="equation"))
    page.run("document.querySelector('#preview mjx-container')", until=True)
    assert page.run("document.querySelector('[aria-describedby=preview]').textContent").startswith("Eq.")
    page.press("Escape")
    assert page.run("document.getElementById('preview').hidden")


def test_the_keyboard_shows_it_too_and_leaves_it(site, address, page):
    page.open(opened_from(site, address, "server"))
    page.run(f"{LINK.format(kind='figure')}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    page.run(f"{LINK.format(kind='figure')}.focus({{focusVisible: true}})")
    page.run(SHOWN, until=True)
    page.press("Tab")
    page.run("document.getElementById('preview').hidden", until=True)


def found(page, address, words):
    """The addresses of the sections that a search finds, best first."""
    page.open(f"{address}/search.html?q={quote(words)}")
    page.run("document.querySelector('#search-results[aria-busy=false]') && true", until=True)
    return page.run("[...document.querySelectorAll('.found li > a')].map((link) => link.href)")


@pytest.mark.parametrize(
    ("words", "chapters"),
    [("aliasing", ("01_", "02_")), ("overfitting", ("06_", "10_")), ("learning rate", ("05_", "06_"))],
)
def test_the_search_finds_the_sections_that_teach_it(site, address, page, words, chapters):
    if not (site / "pagefind").is_dir():
        pytest.skip("pip could not fetch Pagefind here")
    links = found(page, address, words)
    assert any(f"/book/{chapter}" in link for link in links[:8] for chapter in chapters)
    assert all("#" in link for link in links)
    assert words in page.run("document.querySelector('[role=status]').textContent")


def test_the_search_shows_words_not_code(site, address, page):
    if not (site / "pagefind").is_dir():
        pytest.skip("pip could not fetch Pagefind here")
    assert found(page, address, "ndenumerate figsize") == []
    found(page, address, "kernel")
    text = page.run("document.querySelector('.found').textContent")
    assert "\\(" not in text and "\\frac" not in text and "import " not in text


def test_a_book_on_disk_is_searched_by_sphinx(site, page):
    page.open(f"{site.as_uri()}/search.html?q=kernel")
    page.run("document.querySelector('#search-results .search-summary')?.textContent.includes('found')", until=True)
