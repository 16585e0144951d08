"""Print the whole book into one PDF, with a headless Chromium: what `make pdf` does after `make book`.

The pages of the built book become one page, so that all their links lead to places in it. pdf.js unfolds what readers
open on the web, sets the contents before it, and lets shrink what is too wide; pdf.css is the style on paper. It is
printed twice: from the first print are read the page numbers that stand in the second.
"""

import argparse
import codecs
import html
import io
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import browser
import pypdf
import yaml

import srcnn
from srcnn import InputError, files

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "pdf" / "course.pdf"

OLDEST = 131
"""The first Chromium that prints what @page says of the margins: the page numbers."""

WIDTH = 635
"""Pixels between the margins of pdf.css."""

INSTALL = {
    "darwin": "brew install --cask google-chrome",
    "win32": "winget install Google.Chrome",
    "linux": "apt-get install chromium on Debian, snap install chromium on Ubuntu, dnf install chromium on Fedora",
}

PAGE = """<!doctype html>
<html lang="{language}" data-theme="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
{head}
<style>
{style}</style>
</head>
<body>
<section class="cover">
<img src="{card}" alt="">
<p class="title">{title}</p>
<p class="about">{about}</p>
<p class="author">{author}</p>
<p class="imprint">{imprint}</p>
</section>
<nav class="book-contents"><h1>Contents</h1></nav>
<main class="bd-main"><div class="bd-content"><div class="bd-article-container">
{articles}
</div></div></main>
</body>
</html>
"""


def parts():
    """The book's contents as _toc.yml has them: [{"caption": of a part or None, "pages": [names]}]."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = [{"caption": None, "pages": [toc["root"]]}]
    listed += [
        {"caption": part["caption"], "pages": [one["file"] for one in part["chapters"]]} for part in toc["parts"]
    ]
    return [{**part, "pages": [Path(page).stem for page in part["pages"]]} for part in listed]


def config():
    """What _config.yml says."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def joined(site, listed):
    """The HTML of the one page."""
    pages = {name: read(site / "book" / f"{name}.html") for part in listed for name in part["pages"]}
    about = config()
    first = next(iter(pages.values()))
    loader = re.compile(r"<script[^>]*\bmathjax[^>]*></script>")
    formulas = next(filter(loader.search, pages.values()), "")
    head = [
        *re.findall(r'<link\b[^>]*rel="stylesheet"[^>]*>', first),
        *re.findall(r"<script>window\.MathJax\b.*?</script>", formulas),
        *loader.findall(formulas),
    ]
    address = re.search(r'rel="canonical" href="([^"]*)"', first)[1]
    imprint = f"Version {srcnn.__version__}, {about['copyright']}. {about['html']['extra_footer']}"
    text = PAGE.format(
        language=re.search(r'<html lang="([^"]*)"', first)[1],
        title=html.escape(about["title"]),
        author=html.escape(about["author"]),
        about=re.search(r'<meta name="description" content="([^"]*)"', first)[1],
        imprint=f'{html.escape(imprint)}<br><a href="{address}">{address}</a>',
        card="../_static/card.jpg",
        head="\n".join(head),
        style=(ROOT / "tools" / "pdf.css").read_text(encoding="utf-8"),
        articles="\n".join(article(name, page) for name, page in pages.items()),
    )
    return re.sub(r'\b(src|href)="\.\./_', rf'\1="{site.as_uri()}/_', text)


def read(page):
    """The text of a built page."""
    try:
        return page.read_text(encoding="utf-8")
    except OSError:
        raise InputError(f"there is no {page}; build the book first: make book") from None


def article(name, page):
    """The article of a page, with the page's name and its address on the web."""
    address = re.search(r'rel="canonical" href="([^"]*)"', page)[1]
    text = page[page.index("<article") : page.rindex("</article>")] + "</article>"
    return text.replace("<article", f'<article data-page="{name}" data-web="{address}"', 1)


def printed(program, site, folder):
    """Print the book; the PDF as bytes. The one page is written into `folder`."""
    listed = parts()
    one = folder / "book.html"
    one.write_text(joined(site, listed), encoding="utf-8")
    with browser.browser(program=program) as page:
        version = int(re.search(r"Chrome/(\d+)", page.run("navigator.userAgent"))[1])
        if version < OLDEST:
            raise InputError(
                f"{program} is version {version}, which prints no page numbers; {OLDEST} or newer is needed"
            )
        light = {"name": "prefers-color-scheme", "value": "light"}
        page.send("Emulation.setEmulatedMedia", media="print", features=[light])
        page.send("Emulation.setDeviceMetricsOverride", width=WIDTH, height=1000, deviceScaleFactor=1, mobile=False)
        page.open(one.as_uri())
        page.run((ROOT / "tools" / "pdf.js").read_text(encoding="utf-8"))
        for wide in page.run(f"book.prepare({json.dumps(listed)})"):
            print(f"make pdf: wider than the page: {wide}", file=sys.stderr)
        paper = {"preferCSSPageSize": True, "printBackground": True}
        draft = page.pdf(**paper, generateTaggedPDF=False)
        page.run(f"book.number({json.dumps(places(draft))})")
        return signed(page.pdf(**paper, generateTaggedPDF=True, generateDocumentOutline=True))


def places(pdf):
    """Where in a PDF are the places to which links lead: {name: page number}, the first page being 1."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    named = reader.named_destinations.items()
    return {name.removeprefix("/"): reader.get_destination_page_number(place) + 1 for name, place in named}


def signed(pdf):
    """The PDF with its author; as PDF has it, an update behind its end, for Chromium knows of the title alone."""
    trailer = pypdf.PdfReader(io.BytesIO(pdf)).trailer
    info, root = trailer.raw_get("/Info").idnum, trailer.raw_get("/Root").idnum
    told = {**trailer["/Info"], "/Author": config()["author"], "/Creator": "Jupyter Book"}
    entries = "".join(f"{key} <{in_pdf(text).hex()}>\n" for key, text in told.items())
    update = f"{info} 0 obj\n<<{entries}>>\nendobj\n"
    table = f"xref\n{info} 1\n{len(pdf):010} 00000 n \n"
    before = pdf[pdf.rindex(b"startxref") :].split()[1].decode()
    leads = f"<</Size {trailer['/Size']} /Root {root} 0 R /Info {info} 0 R /Prev {before}>>"
    end = f"trailer\n{leads}\nstartxref\n{len(pdf) + len(update)}\n%%EOF\n"
    return pdf + f"{update}{table}{end}".encode()


def in_pdf(text):
    """A text as PDF encodes it: ASCII, or else UTF-16."""
    return text.encode("ascii") if text.isascii() else codecs.BOM_UTF16_BE + text.encode("utf-16-be")


def main(arguments=None):
    """The command line; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, default=SITE, metavar="DIR", help="the built book (default: _build/html)")
    parser.add_argument("--out", type=Path, default=TARGET, metavar="FILE", help="default: _build/pdf/course.pdf")
    parser.add_argument("--browser", metavar="FILE", help="a Chromium, Chrome or Edge that is not in a usual place")
    parser.add_argument("--check", action="store_true", help="only see whether there is one")
    options = parser.parse_args(arguments)
    try:
        program = options.browser or browser.find()
        if not (program and shutil.which(program)):
            raise InputError(missing(options.browser))
        if not options.check:
            make(program, options.site.resolve(), options.out.resolve())
            print(options.out.resolve())
    except InputError as error:
        print(f"make pdf: {error}", file=sys.stderr)
        return 2
    return 0


def missing(asked):
    """The sentence for who has no browser."""
    install = INSTALL.get(sys.platform, INSTALL["linux"])
    no = (
        f"there is no program {asked}" if asked else "Chromium, Chrome or Edge prints the book, and none was found here"
    )
    return f"{no}; install one ({install}), or name it: tools/pdf.py --browser FILE"


def make(program, site, target):
    """Write the PDF, whole or not at all."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            pdf = printed(program, site, Path(folder))
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}") from None
    except browser.Failed as error:
        raise InputError(
            f"{program} could not print the book: {str(error).splitlines()[0].removeprefix('Error: ')}"
        ) from None
    with files.atomic_write(target) as temporary:
        Path(temporary).write_bytes(pdf)


if __name__ == "__main__":
    sys.exit(main())
