"""The built pages in a headless browser: predictions wait, nothing is cut off, nothing fails, all can be reached."""

import functools
import http.server
import json
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import npm  # noqa: E402
import repository  # noqa: E402
from browser import CHROMIUM, browser  # noqa: E402

PAGES = ["index", "how_to_run", *(path.stem for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb")))]
PAGES += sorted({path.stem for path in (ROOT / "book").glob("*.md")} - {*PAGES})
CHAPTER, OTHER = PAGES[2], PAGES[3]
pytestmark = pytest.mark.slow

AXE = ROOT / ".bounds" / "axe-core"
"""Finds what people with a screen reader, a keyboard or weak eyes could not use; it is no part of the book."""
AXE_VERSION, AXE_SHA512 = (
    "axe-core@4.11.0",
    "8a561a9c453cbf1c417b1a4977c716338125490ab841cb422ca8a1d1349f8c87"
    "c24137b21ffeb356b98825f2cfaca4ca2516e21be71f9d96d02230252661758d",
)


class Pages(http.server.SimpleHTTPRequestHandler):
    """Serves the site as GitHub does: where there is no file, 404.html."""

    def translate_path(self, path):
        found = Path(super().translate_path(path))
        return str(found if found.exists() else self.server.lost)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(site, tmp_path_factory):
    """Where the chapters of the built book are, on a port of this machine, in the folder that it has at GitHub's."""
    root, folder = tmp_path_factory.mktemp("host"), urlsplit(repository.pages(repository.address())).path or "/"
    place = root / f"site{folder.rstrip('/')}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(site)
    handler = functools.partial(Pages, directory=str(root / "site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *_: None  # the browser went away in the middle of a file
        server.lost = site / "404.html"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{folder}book/"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium(address):
    if not CHROMIUM:
        pytest.skip("no Chromium here: apt-get install chromium")
    with browser() as page:
        for domain in ("Runtime", "Log", "Network"):
            page.send(f"{domain}.enable")
        page.send("Network.setCacheDisabled", cacheDisabled=True)
        yield page


@pytest.fixture
def stranger(chromium, address):
    """A browser that was never here."""
    chromium.resize(1280)
    chromium.send("Page.navigate", url=address + "../_static/favicon.svg")
    chromium.run("location.pathname.endsWith('favicon.svg')", until=True)
    chromium.run("localStorage.clear(); sessionStorage.clear()")
    return chromium


@pytest.fixture
def page(stranger, address):
    """A chapter as a reader finds it who was never here."""
    visit(stranger, f"{address}{CHAPTER}.html")
    return stranger


def visit(page, url):
    """Open a page, with its formulas set."""
    page.open("about:blank")  # else another fragment of the same page would not load it again
    page.events.clear()
    page.open(url)
    page.run("!window.MathJax || MathJax.startup.promise.then(() => true)", until=True)


OPEN = "[...document.querySelectorAll('.gate')].map((gate) => gate.getBoundingClientRect().height > 0)"
SWITCHES = "[...document.querySelectorAll('.gate-all input')]"


def focus(page):
    return page.run("document.activeElement.id || document.activeElement.className")


def test_a_prediction_is_opened_by_keyboard_and_reading_goes_on_there(page):
    assert not any(page.run(OPEN))
    page.run("document.querySelector('.gate-bar').previousElementSibling.scrollIntoView({behavior: 'instant'})")
    page.run("document.querySelectorAll('.gate-button')[0].focus()")
    before = page.run("[scrollY, document.activeElement.getBoundingClientRect().top]")
    button = "document.querySelectorAll('.gate-button')[0]"
    assert page.run(f"{button}.getAttribute('aria-expanded')") == "false"
    page.press("Enter")
    assert page.run(OPEN)[:2] == [True, False]
    assert page.run(f"{button}.getAttribute('aria-expanded')") == "true" and focus(page) == "gate-1"
    assert page.run(f"[scrollY, {button}.getBoundingClientRect().top]") == before, "nothing moves that was read"
    page.press("Tab")
    assert page.run("document.activeElement.closest('.gate')?.id") == "gate-1"
    page.run(f"{button}.focus()")
    page.press(" ")
    assert not any(page.run(OPEN))


def test_a_page_that_is_loaded_again_keeps_what_was_opened(page, address):
    page.run("document.querySelectorAll('.gate-button')[2].click()")
    visit(page, f"{address}{CHAPTER}.html")
    assert page.run(OPEN)[:4] == [False, False, True, False]


@pytest.mark.parametrize("place", [0, 1])
def test_everything_is_shown_at_one_click_and_in_every_chapter(page, address, place):
    page.run(f"{SWITCHES}[{place}].click()")
    assert all(page.run(OPEN)) and page.run(f"{SWITCHES}.map((box) => box.checked)") == [True, True]
    assert page.run("document.querySelector('[role=status]').textContent") == "Everything is shown."
    visit(page, f"{address}{OTHER}.html")
    assert all(page.run(OPEN)) and page.run(f"{SWITCHES}.every((box) => box.checked)")
    page.run(f"{SWITCHES}[0].click()")
    assert not any(page.run(OPEN))
    visit(page, f"{address}{CHAPTER}.html")
    assert not any(page.run(OPEN))


def test_a_link_into_what_waits_opens_it_and_goes_there(page, address):
    inside = page.run("""(() => { const gate = document.querySelectorAll(".gate")[4];
        const target = gate.querySelector("[id]") ?? gate.firstElementChild; target.id ||= "inside";
        return target.id; })()""")
    page.run(f"location.hash = {json.dumps(inside)}")
    page.run(f"{OPEN}[4]", until=True)
    place = f"document.getElementById({json.dumps(inside)}).getBoundingClientRect()"
    page.run(f"{place}.top >= 0 && {place}.top < innerHeight", until=True)
    visit(page, f"{address}{CHAPTER}.html#gate-7")
    assert page.run(OPEN)[6]
    place = "document.getElementById('gate-7').getBoundingClientRect()"
    page.run(f"{place}.top >= 0 && {place}.top < innerHeight", until=True)


def test_find_in_page_opens_what_it_finds(page):
    assert set(page.run("[...document.querySelectorAll('.gate')].map((gate) => gate.hidden)")) == {"until-found"}
    page.run("document.querySelectorAll('.gate')[1].dispatchEvent(new Event('beforematch'))")
    assert page.run(OPEN)[:3] == [False, True, False]


def test_on_paper_everything_is_open_and_the_paper_is_white(page):
    page.resize(1280, dark=True)
    page.send("Emulation.setEmulatedMedia", media="print")
    page.run("dispatchEvent(new Event('beforeprint'))")
    try:
        assert all(page.run(OPEN)), "also without an event"
        assert page.run("document.querySelectorAll('details:not([open])').length") == 0
        assert page.run("getComputedStyle(document.body).backgroundColor") in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        shown = "[...document.querySelectorAll('.gate-bar, .page-tools, .zoom-open')].filter((one) => one.offsetHeight)"
        assert page.run(f"{shown}.length") == 0
        assert page.run("getComputedStyle(document.querySelector('.bd-article pre')).whiteSpace") == "pre-wrap"
    finally:
        page.run("dispatchEvent(new Event('afterprint'))")
        page.send("Emulation.setEmulatedMedia", media="")
    assert page.run("document.querySelectorAll('details[open]').length") == 0


def test_where_storage_is_blocked_predictions_still_wait(page, address):
    script = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('blocked') }})"
    blocked = page.send("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"]
    try:
        visit(page, f"{address}{CHAPTER}.html")
        assert not any(page.run(OPEN))
        page.run(f"{SWITCHES}[0].click()")
        assert all(page.run(OPEN))
    finally:
        page.send("Page.removeScriptToEvaluateOnNewDocument", identifier=blocked)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_figure_opens_in_a_dialogue_at_its_own_size(page, width):
    page.resize(width)
    page.run(f"{SWITCHES}[0].click()")
    page.run("document.querySelectorAll('.zoom-open')[1].focus()")
    page.press("Enter")
    assert page.run("document.querySelector('dialog.zoom').open")
    assert "enlarged" in page.run("document.querySelector('dialog.zoom').getAttribute('aria-label')")
    shown = page.run("""[document.querySelector(".zoom-view img")].map((image) =>
        [image.clientWidth, image.naturalWidth, image.alt.length > 20])[0]""")
    assert shown[0] >= shown[1] and shown[2]
    page.press("Escape")
    assert not page.run("document.querySelector('dialog.zoom').open") and "zoom-open" in focus(page)


CUT = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (one) => {
    for (let box = one; box; box = box.parentElement)
      if (box.tabIndex === 0 && /auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
  };
  const isCut = (one) => {
    const { left, right, width: own } = one.getBoundingClientRect();
    const wide = right > width + 1 || left < -1 || (one.tagName === "PRE" && one.scrollWidth > one.clientWidth + 1);
    return own && wide && !one.closest(".slider") && (one.tagName === "IMG" || !scrolls(one));
  };
  const all = document.querySelectorAll(".bd-article :is(img, mjx-container, table, pre, figcaption)");
  const cut = [...all].filter(isCut).map((one) => one.outerHTML.slice(0, 200));
  return document.documentElement.scrollWidth > width ? ["the page scrolls sideways", ...cut] : cut;
}"""


def cut(page):
    """What is cut off when the page has come to rest at its new width: it has a hundred frames for that."""
    frames = "for (let n = 0; n < 100 && CUT().length; n++) await new Promise((go) => requestAnimationFrame(go));"
    return page.run(f"(async () => {{ const CUT = {CUT}; {frames} return CUT(); }})()")


PLAIN = """
for (const formula of document.querySelectorAll("mjx-container")) formula.replaceChildren();
for (const code of document.querySelectorAll(".highlight pre")) code.textContent = code.textContent;
"""
"""Of formulas and code axe-core looks at the boxes: what MathJax and Pygments write into them would take it minutes."""


def axe(page):
    """What axe-core finds serious or critical."""
    return page.run("""axe.run({ resultTypes: ["violations"], preload: false }).then((result) => result.violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .map((one) => [one.id, one.nodes.length, one.nodes[0].html.slice(0, 300)]))""")


def settled(page):
    """axe() when the colours of another scheme have faded in, and what scrolls at this width can have the focus."""
    for _ in range(10):
        if not (found := axe(page)):
            break
        page.run("new Promise((go) => setTimeout(go, 200))")
    return found


@pytest.fixture(scope="module")
def axe_core():
    script = AXE / "axe.min.js"
    if not script.is_file():
        trouble = npm.unpack(AXE_VERSION, ("package/axe.min.js",), AXE, AXE_SHA512)
        if trouble:
            pytest.skip(trouble)
    return script.read_text()


def trouble(page, address):
    """Script errors, and requests that left the site, since the page was opened."""
    for event in page.events:
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            yield params["exceptionDetails"]["exception"].get("description", params["exceptionDetails"]["text"])
        if method == "Log.entryAdded" and params["entry"]["level"] == "error":
            yield params["entry"]["text"] + " " + params["entry"].get("url", "")
        if method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            yield str(params["args"])
        if method == "Network.requestWillBeSent":
            url = urlsplit(params["request"]["url"])
            if url.scheme in ("http", "https") and url.netloc != urlsplit(address).netloc:
                yield f"asks another site: {url.geturl()}"


def weight(page):
    """Bytes that came for the page, beside fonts and MathJax."""
    urls, total = {}, 0
    for event in page.events:
        params = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            urls[params["requestId"]] = urlsplit(params["request"]["url"]).path
        if event.get("method") == "Network.loadingFinished":
            path = urls.get(params["requestId"], "")
            total += (
                0 if "/mathjax/" in path or path.endswith((".woff2", ".woff", ".ttf")) else params["encodedDataLength"]
            )
    return total


@pytest.mark.parametrize("name", [*PAGES, "../search", "no/such/page"])
def test_a_page_works_and_fits(stranger, address, axe_core, name):
    """Everything on it shown: no script error, no stranger asked, nothing cut off, nothing that axe finds serious."""
    page = stranger
    page.run("localStorage.setItem('show everything', 'yes')")
    visit(page, f"{address}{name}.html".replace("book/../", ""))
    page.run("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert weight(page) < 2.5e6
    for width, dark in ((390, True), (390, False), (1280, True), (1280, False)):
        page.resize(width, dark=dark)
        assert cut(page) == [], (width, dark)
    page.run(axe_core + PLAIN)
    for width, dark in ((1280, False), (390, True)):
        page.resize(width, dark=dark)
        page.run(f"document.documentElement.dataset.theme === '{'dark' if dark else 'light'}'", until=True)
        assert settled(page) == [], (width, dark)
    assert list(trouble(page, address)) == []
