"""What the book's scripts do while something is still on its way, on small pages in a headless browser."""

import functools
import http.server
import shutil
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from browser import CHROMIUM, browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")

SCRIPTS = Path(__file__).parent.parent / "book" / "_static"
SEARCH_PAGE = """<!doctype html><meta charset="utf-8"><title>search</title>
<form class="bd-search-container"><input name="q"></form>
<div id="search-results"></div><script src="_static/search.js"></script>"""
PAGEFIND = """const data = (words, n) => async () => {
  await window.held?.[words];
  return { raw_url: `/page.html/${words}${n}/`, excerpt: "", meta: { title: words + n, page: "page" } };
};
export const init = async () => {};
export const search = async (words) => ({
  results: Array.from({ length: words === "many" ? 31 : 2 }, (_, n) => ({ data: data(words, n) })),
});
"""
HOLD = "window.held = { slow: new Promise((go) => (window.release = go)) }, true"
SHOWN = """({ titles: [...list.querySelectorAll("a")].map((link) => link.textContent), told: status.textContent,
  at: location.search })"""
READY = "box.getAttribute('aria-busy') === 'false'"
LINKS_PAGE = """<!doctype html><html data-content_root="./"><title>links</title><body style="margin: 0">
<article class="bd-article"><a class="internal" href="other.html#a">a link</a></article>
<p style="margin-top: 300px">far from it</p><script src="_static/links.js"></script>"""
WAIT = "new Promise((go) => setTimeout(go, {}))"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def page(tmp_path):
    """A page in the browser; page.address is where tmp_path is served."""
    shutil.copytree(SCRIPTS, tmp_path / "_static")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, browser() as opened:
        server.handle_error = lambda *_: None  # the browser went away in the middle of a file
        threading.Thread(target=server.serve_forever, daemon=True).start()
        opened.resize(1280)
        opened.address = f"http://127.0.0.1:{server.server_port}"
        yield opened
        server.shutdown()


@pytest.fixture
def searching(page, tmp_path):
    """searching(words) begins a search; searching.shown() is what the page shows: titles, status, address."""
    (tmp_path / "search.html").write_text(SEARCH_PAGE, encoding="utf-8")
    (tmp_path / "pagefind").mkdir()
    (tmp_path / "pagefind" / "pagefind.js").write_text(PAGEFIND, encoding="utf-8")
    page.open(f"{page.address}/search.html")
    page.run(READY, until=True)
    page.run(HOLD)

    def begin(words):
        page.run(f"field.value = '{words}'; field.form.requestSubmit()")

    begin.shown = lambda: page.run(SHOWN)
    return begin


def test_of_two_searches_the_later_one_is_shown(page, searching):
    searching("slow")
    page.run(WAIT.format(50))
    searching("fast")
    page.run(READY, until=True)
    fast = {"titles": ["fast0", "fast1"], "told": "2 sections found for “fast”.", "at": "?q=fast"}
    assert searching.shown() == fast
    page.run("release(), true")
    page.run(WAIT.format(50))
    assert searching.shown() == fast


def test_the_same_search_twice_is_shown_once(page, searching):
    searching("slow")
    searching("slow")
    page.run("release(), true")
    page.run(READY, until=True)
    page.run(WAIT.format(50))
    assert searching.shown()["titles"] == ["slow0", "slow1"]


def test_more_is_shown_once_and_takes_the_keyboard_along(page, searching):
    searching("many")
    page.run("list.children.length === 15", until=True)
    page.run("more.click(), more.click()")
    page.run("document.activeElement.textContent === 'many15'", until=True)
    page.run(WAIT.format(50))
    assert searching.shown()["titles"] == [f"many{n}" for n in range(30)]
    page.run("more.click()")
    page.run("list.children.length > 30", until=True)
    page.run(WAIT.format(50))
    assert page.run("document.activeElement.textContent") == "many30" and page.run("more.hidden")


def test_a_preview_that_arrives_late_stays_closed_if_the_pointer_has_left(page, tmp_path):
    (tmp_path / "page.html").write_text(LINKS_PAGE, encoding="utf-8")
    previews = tmp_path / "_static" / "previews.js"
    previews.write_text('window.coursePreviews = { "other.html#a": "<p>what is shown</p>" };', encoding="utf-8")
    page.open(f"{page.address}/page.html")
    page.run("document.head.append = (script) => (window.arrive = () => document.head.appendChild(script)), true")
    for x, y in ((200, 200), (20, 10)):
        page.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.run("window.arrive !== undefined", until=True)
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=200, y=200)
    page.run(WAIT.format(500))
    page.run("arrive(), loading.then(() => true)")
    page.run(WAIT.format(50))
    assert page.run("preview.hidden")
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=20, y=10)
    page.run("!preview.hidden", until=True)
    assert page.run("preview.textContent") == "what is shown"
