"""A Sphinx extension: the search page finds sections, with an index that Pagefind makes when the pages are written.

Pagefind is given a copy of the book with one small page for each section, so that a section is what it finds, and with
the words alone: no code, no formulas. Its program comes at the first build from the package registry of Python, as pip
is set up here, into .pagefind/. Where it cannot be had the build says so, and Sphinx' own search stays; so it does for
readers who open the book from disk, where browsers load no index (search.js).
"""

import html
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import bs4

VERSION = "1.5.2"
FOLDER = Path(__file__).resolve().parent.parent / ".pagefind" / VERSION
NOT_WORDS = "pre, script, style, button, form, img, svg, summary, .headerlink, .try-it, div.math"
NEEDED = re.compile(r"pagefind(-worker|-entry)?\.js(on)?|.*\.pf_meta|wasm\..*")
"""Beside the folders of the index; what is for Pagefind's own search boxes is not copied."""

HEADING = re.compile("h[1-6]")
ALSO = {"aliasing": "alias", "ringing": "rings?", "overfitting": "overfits?"}
"""What a reader may search for where the text has the other word: to Pagefind these are strangers."""

OURS = '<script defer src="_static/search.js"></script>'
OWN_SEARCH = re.compile(r'\s*<script src="(?:_static/searchtools|_static/language_data|searchindex)\.js[^>]*></script>')


def program():
    """Pagefind's program, fetched if it is not there yet; or None, and what went wrong in a few words."""
    name = "pagefind.exe" if sys.platform == "win32" else "pagefind"
    if not (FOLDER / "pagefind_bin" / name).is_file():
        FOLDER.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--retries=1"]
            try:
                fetch = [*pip, "--target", f"{folder}/new", f"pagefind-bin=={VERSION}"]
                subprocess.run(fetch, check=True, capture_output=True, timeout=300)
                shutil.rmtree(FOLDER, ignore_errors=True)
                Path(folder, "new").rename(FOLDER)  # whole or not at all
            except (OSError, subprocess.SubprocessError):
                return None, f"pip could not fetch pagefind-bin {VERSION}"
    return FOLDER / "pagefind_bin" / name, None


def index(app, exception):
    """Make the index and let the search page use it."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    shutil.rmtree(out / "pagefind", ignore_errors=True)
    pagefind, trouble = program()
    if not trouble:
        trouble = make(app, out, pagefind)
    if trouble:
        print(f"{trouble}: the book is searched with Sphinx' own search, by chapter")


def make(app, out, pagefind):
    """Write the index into the folder of the pages; return what went wrong, or None."""
    page = out / "search.html"
    text = page.read_text(encoding="utf-8")
    if OURS not in text:  # it is there already if no page has changed
        text, replaced = OWN_SEARCH.subn("", text.replace("</head>", f"{OURS}\n</head>"))
        if replaced != 3:
            return "the theme's search page is not the one that search.py knows"
    with tempfile.TemporaryDirectory() as folder:
        for docname in app.env.found_docs:
            address = app.builder.get_target_uri(docname)
            write_sections(out / address, Path(folder) / "site" / address)
        made = Path(folder) / "pagefind"
        run = [pagefind, "--site", f"{folder}/site", "--output-path", made, "--quiet"]
        try:
            subprocess.run(run, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError):
            return "Pagefind made no index"
        for path in made.iterdir():
            if path.is_file() and not NEEDED.fullmatch(path.name):
                path.unlink()
        shutil.copytree(made, out / "pagefind")
    page.write_text(text, encoding="utf-8")
    return None


def write_sections(source, folder):
    """Write one page of words for each section of a page, each term of the glossary and each paper of the list."""
    text = source.read_text(encoding="utf-8")
    article = bs4.BeautifulSoup(text[text.index("<article") : text.rindex("</article>")], "html.parser")
    for part in article.select(NOT_WORDS):
        part.decompose()
    for formula in article.select("span.math"):
        formula.replace_with("…")
    page = heading(article)
    meanings = article.select("dl.glossary > dd")
    for term in article.select("dl.glossary > dt[id]"):
        meaning = meanings.pop(0).extract()
        if not meaning.get_text().startswith("See "):
            write_page(folder / term["id"], page, term.get_text(), meaning)
        term.extract()
    for paper in article.select("ul.bibliography li[id]"):
        title = paper.find("em")
        write_page(folder / paper["id"], page, (title or paper).get_text().rstrip("."), paper.extract(), "p")
    for section in reversed(article.find_all("section", id=True)):  # the inner ones first, which then are gone
        section.extract()
        for box in section.select("blockquote[id^=definition]"):
            box["data-pagefind-weight"] = "4"
        title = heading(section)
        section.find(HEADING).decompose()
        write_page(folder / section["id"], page, title, section)


def write_page(folder, page, title, content, tag="h1"):
    """Write the words of a part of a page, with the names that a reader may search for; what an h1 says counts most."""
    words = str(content)
    for name, pattern in ALSO.items():
        words = re.sub(rf"\b({pattern})\b(?![^<]*>)", rf"\1 ({name})", words, count=1)
    about = f'<p data-pagefind-meta="page" data-pagefind-ignore>{html.escape(page)}</p>'
    words = f'<{tag} data-pagefind-meta="title">{html.escape(title)}</{tag}>{about}{words}'
    folder.mkdir(parents=True)
    text = f'<html lang="en"><body data-pagefind-body>{words}</body></html>'
    (folder / "index.html").write_text(text, encoding="utf-8")


def heading(element):
    """The text of the first heading in an element."""
    return " ".join(element.find(HEADING).get_text().split())


def setup(app):
    """Make the index when the pages are there."""
    app.connect("build-finished", index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
