"""`python -m teach slides CH`: the slides of a chapter, made of what stands in it, so that nothing is written twice.

A slide for what the chapter promises, for each heading with its numbered formulas, for each figure, for each box that
begins with Definition, Predict, Surprise or Pitfall, and for what has been seen. One HTML file that needs no network.
"""

import argparse
import base64
import html
import json
import re
import shutil
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from srcnn import InputError
from srcnn.files import atomic_write, make_folder

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).with_name("slides.html")
MATHJAX = ROOT / "book" / "_static" / "mathjax"
BOX = re.compile(r"^> \*\*(Definition|Predict|Surprise|Pitfall)\..*?(?=\n(?!>)|\Z)", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"^\$\$\n.*?\\tag\{.*?^\$\$$", re.MULTILINE | re.DOTALL)
PARTS = re.compile(
    rf"(?P<heading>^## [^\n]+$)|(?P<box>{BOX.pattern})|(?P<formula>{FORMULA.pattern})", re.MULTILINE | re.DOTALL
)
FOLD = re.compile(r"<(/?)details>")
END = "## Questions"
SUMMARY = "## What you have seen"


def render(text):
    """Markdown as HTML; formulas are left to MathJax."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table").use(dollarmath_plugin, renderer=_formula)
    return markdown.render(text)


def _formula(text, options):
    text = html.escape(text.strip(), quote=False)
    return f"\\[{text}\\]" if options["display_mode"] else f"\\({text}\\)"


def unfolded(text, depth):
    """The part of a Markdown text that is not inside a fold, and how deep in folds it ends."""
    kept, start = [], 0
    for mark in FOLD.finditer(text):
        if not depth:
            kept.append(text[start : mark.start()])
        depth += -1 if mark[1] else 1
        start = mark.end()
    return "".join(kept) + ("" if depth else text[start:]), depth


def slides(notebook):
    """[(kind, small heading above, HTML)] of a chapter."""
    found, above, depth = [], "", 0
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            if not depth:
                found += [("figure", above, picture) for picture in pictures(cell)]
            continue
        text, depth = unfolded(source, depth)
        if not found:
            title = text.split("\n", 1)[0].removeprefix("# ")
            found.append(("title", "", f"<h1>{render_line(title)}</h1>"))
            above = title
        if promise := re.search(r"\*\*You will\*\*\n\n(- .*?)(?=\n\n|\Z)", text, re.DOTALL):
            found.append(("goals", above, f"<h2>You will</h2>{render(promise[1])}"))
        for part in PARTS.finditer(text.split(f"\n{END}")[0]):
            if part["heading"] == SUMMARY:
                found.append(("seen", above, render(text[part.start() :].split(f"\n{END}")[0])))
                break
            if part["heading"]:
                above = part["heading"].removeprefix("## ")
                found.append(("heading", "", f"<h2>{render_line(above)}</h2>"))
            elif part["box"]:
                kind = BOX.match(part["box"])[1].lower()
                found.append((kind, above, render(part["box"])))
            elif found[-1][0] == "heading":  # the formulas of a section stand below its heading
                kind, head, body = found[-1]
                found[-1] = (kind, head, body + render(part["formula"]))
            else:
                found.append(("formula", above, render(part["formula"])))
        if f"\n{END}" in f"\n{text}":
            break
    return found


def render_line(text):
    """A heading's Markdown as HTML without a paragraph around it."""
    return render(text).strip().removeprefix("<p>").removesuffix("</p>")


def pictures(cell):
    """The figures that a code cell shows, with caption and description."""
    about = cell["metadata"].get("mystnb", {})
    caption, alt = about.get("figure", {}).get("caption", ""), about.get("image", {}).get("alt", "")
    for output in cell["outputs"]:
        data = output.get("data", {})
        if caption and "image/png" in data:
            png = "".join(data["image/png"]).replace("\n", "")
            svg = base64.b64encode("".join(data.get("image/svg+xml", "")).encode()).decode()
            source = f"data:image/svg+xml;base64,{svg}" if svg else f"data:image/png;base64,{png}"
            image = f'<img src="{source}" alt="{html.escape(alt)}">'
            yield f"<figure>{image}<figcaption>{render_line(caption)}</figcaption></figure>"


def page(notebook, mathjax):
    """The slides of a chapter as one HTML file. mathjax: the address of MathJax beside it, or ""."""
    found = slides(notebook)
    body = "\n".join(
        f'<section class="{kind}"><header>{render_line(above)}</header><main>{content}</main></section>'
        for kind, above, content in found
    )
    title = re.sub("<[^>]+>", "", found[0][2])
    script = f'<script src="{mathjax}" defer></script>' if mathjax else ""
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in (("title", title), ("mathjax", script), ("slides", body)):
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


def main(words):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m teach slides", description=__doc__)
    parser.add_argument("chapter", metavar="CH", help="the number of a chapter")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "slides", help="folder (default: _build/slides)")
    options = parser.parse_args(words)
    sources = {path.name[:2].lstrip("0"): path for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))}
    if options.chapter not in sources:
        raise InputError(f"there is no chapter {options.chapter!r}; give CH=2, or another of {', '.join(sources)}")
    make_folder(options.out)
    there = (MATHJAX / "tex-mml-chtml.js").is_file()
    if there:
        shutil.copytree(MATHJAX, options.out / "mathjax", dirs_exist_ok=True)
    else:
        print("without MathJax, formulas will be seen as TeX: run `make book` first, with npm at hand")
    source = sources[options.chapter]
    text = page(json.loads(source.read_text(encoding="utf-8")), "mathjax/tex-mml-chtml.js" if there else "")
    target = options.out / f"{source.stem}.html"
    with atomic_write(target) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")
    print(target)
