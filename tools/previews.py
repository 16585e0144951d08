"""A Sphinx extension: what links.js shows when the pointer rests on a link, in _static/previews.js of the built book.

Figures, formulas and definitions are taken from the pages as they were written, and the papers from references.csv.
One script holds them all, because a page that was opened from a file on disk may not read other pages.
"""

import html
import json
from pathlib import Path

import bs4
import links
import pages

SHOWN = ("figure", "equation")


def write(app, exception):
    """Collect the previews of all pages."""
    if exception or app.builder.format != "html":
        return
    shown, glossary = {}, pages.page_with(app.env, "glossary")
    for page, noted in links.noted(app.env).items():
        ids = [target for (kind, _), target in noted["targets"].items() if kind in SHOWN]
        ids += [target for _, target, _ in noted["terms"]]
        address = app.builder.get_target_uri(page)
        found = elements(Path(app.outdir) / address, ids) if ids else {}
        shown |= {f"{address}#{target}": preview(element) for target, element in found.items()}
        for terms, target, _ in noted["terms"] if glossary else ():
            entries = (f"{app.builder.get_target_uri(glossary)}#{pages.term_id(term)}" for term in terms)
            shown |= dict.fromkeys(entries, shown[f"{address}#{target}"])
    papers = {pages.same(row["link"]): row for row in pages.references()}
    for noted in links.noted(app.env).values():
        for link, _, _ in noted["cited"]:
            if row := papers.get(pages.same(link)):
                shown[link] = card(row)
    script = f"window.coursePreviews = {json.dumps(shown, ensure_ascii=False)};\n"
    (Path(app.outdir) / "_static" / "previews.js").write_text(script, encoding="utf-8")


def elements(path, ids):
    """The elements of a page that have these ids."""
    text = path.read_text(encoding="utf-8")
    article = text[text.index("<article") : text.rindex("</article>")]
    wanted = bs4.SoupStrainer(id=lambda name: name in ids)
    return {element["id"]: element for element in bs4.BeautifulSoup(article, "html.parser", parse_only=wanted)}


def preview(element):
    """The HTML of a figure, a formula or a definition, without ids and links; its pictures' addresses from the root."""
    if element.name == "figure":
        picture, caption = element.find("img"), element.find(class_="caption-text")
        parts = [part for part in (picture, caption) if part]
    else:
        parts = [element]
    for one in [child for part in parts for child in (part, *part.find_all(True))]:
        if one.name == "a":
            one.unwrap()
        elif one.name == "img":
            one.attrs = {"src": one["src"].removeprefix("../"), "alt": one.get("alt", "")}
        else:
            one.attrs = {"class": one["class"]} if "math" in one.get("class", ()) else {}
    return "".join(part.decode() for part in parts)


def card(row):
    """What is known of a paper."""
    title, authors, venue = (html.escape(row[name]) for name in ("title", "authors", "venue"))
    return f"<p><strong>{title}</strong></p><p>{authors.replace('; ', ', ')} ({row['year']}). {venue}</p>"


def setup(app):
    """Write the previews when the pages are there."""
    app.setup_extension("links")
    app.add_css_file("links.css")
    app.add_js_file("links.js", loading_method="defer")
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
