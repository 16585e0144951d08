"""A Sphinx extension: what the pages at the end of the book list is made at build, from the chapters and the records.

A page says where in plain Markdown, with a directive that is replaced when all chapters have been read (links.py):

    ```{course} glossary
    ```

glossary: the boxes of the chapters that begin with a bold "Definition.", by term. bibliography: data/references.csv,
with the places that cite each paper. chapters, records, weights: what reproducible.py tells of them. goals: the table
of teach/goals.csv.
"""

import csv
import itertools
import re
from pathlib import Path
from urllib.parse import unquote

import links
import reproducible
from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent
REFERENCES = ROOT / "data" / "references.csv"
GOALS = ROOT / "teach" / "goals.csv"
PAPERS = ("https://doi.org/", "https://proceedings.mlr.press/", "https://openaccess.thecvf.com/")
"""A link that begins so is to a paper; others are if references.csv has them."""


class CourseDirective(SphinxDirective):
    """A place to be filled."""

    required_arguments = 1

    def run(self):
        if self.arguments[0] not in MAKERS:
            raise self.error(f"there is no {self.arguments[0]}; there are {', '.join(MAKERS)}")
        for path in (__file__, reproducible.__file__, REFERENCES, GOALS, *reproducible.FILES):
            self.env.note_dependency(str(path))
        return [nodes.container(course=self.arguments[0], classes=[f"course-{self.arguments[0]}"])]


def fill(app, doctree, docname):
    """Put what is to be listed into the places of a page."""
    for place in list(doctree.findall(nodes.container)):
        if "course" in place:
            place.extend(MAKERS[place["course"]](app, docname))


def glossary(app, docname):
    """A definition list: each term with the box that defines it, or with the term under which that box stands."""
    entries = {}  # the term in lower case: (as written, its boxes, the first terms of other boxes)
    for page, noted in sorted(links.noted(app.env).items()):
        for terms, target, _ in noted["terms"]:
            for term in terms:
                _, boxes, see = entries.setdefault(term.lower(), (term, [], []))
                if term == terms[0]:
                    boxes.append((page, target))
                else:
                    see.append(terms[0])
    listed = nodes.definition_list(classes=["glossary"])
    for term, boxes, see in (entries[key] for key in sorted(entries)):
        meaning = nodes.definition("", *(part for box in boxes for part in box_of(app, docname, *box)))
        if see:
            also = [nodes.reference("", one, internal=True, refuri=f"#{term_id(one)}") for one in see]
            meaning += nodes.paragraph(
                "", "", nodes.Text("See also " if boxes else "See "), *joined(also), nodes.Text(".")
            )
        listed += nodes.definition_list_item("", nodes.term("", term, ids=[term_id(term)]), meaning)
    return [listed]


def page_with(env, made):
    """The page on which something is listed, or None."""
    return next((page for page, noted in links.noted(env).items() if made in noted["made"]), None)


def name_terms(app, env):
    """Give the glossary's entries names, so that [kernel](#term-kernel) in the text leads there."""
    page, domain = page_with(env, "glossary"), env.get_domain("std")
    for noted in links.noted(env).values() if page else ():
        for term in itertools.chain.from_iterable(terms for terms, _, _ in noted["terms"]):
            domain.anonlabels[term_id(term)] = (page, term_id(term))
            domain.labels[term_id(term)] = (page, term_id(term), term)


def term_id(term):
    """The id of a term in the glossary."""
    return nodes.make_id(f"term-{term}")


def box_of(app, docname, page, target):
    """What a definition box says, and a link to it."""
    box = next(
        node for node in app.env.get_doctree(page).findall(nodes.block_quote) if target in node["ids"]
    ).deepcopy()
    for node in list(box.findall(nodes.Element)):
        node["ids"] = []
        if isinstance(node, addnodes.pending_xref):
            node.replace_self(node.children)
        if isinstance(node, (nodes.math, nodes.math_block)):
            links.needs_mathjax(app.env, docname)
    first = box[0]
    del first[: first.index(next(iter(first.findall(nodes.strong)))) + 1]  # the word "Definition."
    first[0] = nodes.Text(first[0].astext().lstrip())
    words = place_words(app.env, page, links.place(in_page(app.env, page, target)))
    first += [nodes.Text(" ("), links.link(words, app, docname, page, target, "place"), nodes.Text(")")]
    return box.children


def in_page(env, page, target):
    """The node of a page that has an id."""
    return next(node for node in env.get_doctree(page).findall(nodes.Element) if target in node["ids"])


def place_words(env, page, section):
    """How the text would name a section: "section 2.3", "Exercise 2.1", "chapter 2 (questions)", or a page's title."""
    title, chapter = section[0], links.chapter_of(page)
    if numbered := re.match(r"(?:Exercise )?\d+\.\d+", title):
        return numbered[0] if title.startswith("Exercise") else f"section {numbered[0]}"
    if not chapter:
        return "the first page" if page == env.config.root_doc else env.titles[page].astext()
    return f"chapter {chapter}" if re.match(r"\d+\.\s", title) else f"chapter {chapter} ({title.lower()})"


def joined(parts):
    """Nodes with commas between them."""
    commas = itertools.chain.from_iterable((nodes.Text(", "), part) for part in parts)
    return list(commas)[1:]


def references():
    """The rows of data/references.csv."""
    with REFERENCES.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def same(link):
    """What two spellings of a link have in common: a DOI knows no capitals, and %28 is a bracket."""
    return unquote(link).lower()


def bibliography(app, docname):
    """A list of the papers that the book cites, each with the places; a paper without an entry as the text names it."""
    cited = {}
    for page, noted in sorted(links.noted(app.env).items()):
        for link, words, section in noted["cited"]:
            places = cited.setdefault(same(link), (link, words, {}))[2]
            places.setdefault(place_words(app.env, page, section), (page, section[1]))
    known = {same(row["link"]): row for row in references()}
    listed = nodes.bullet_list(classes=["bibliography"])
    for row in known.values():
        if same(row["link"]) in cited:
            listed += paper(app, docname, row, cited[same(row["link"])][2])
    for key, (link, words, places) in cited.items():
        if key not in known and link.startswith(PAPERS):
            row = {"link": link, "authors": words, "year": "", "title": "", "venue": ""}
            listed += paper(app, docname, row, places)
    return [listed]


def paper(app, docname, row, places):
    """An item of the bibliography."""
    authors = row["authors"].replace("; ", ", ") + (f" ({row['year']})" if row["year"] else "")
    about = [nodes.Text(f"{authors}. ")]
    if row["title"]:
        end = "" if row["title"][-1] in "?!" else "."
        about += [nodes.emphasis("", row["title"] + end), nodes.Text(f" {row['venue']}. ")]
    shown = unquote(row["link"]).removeprefix("https://")
    about += [nodes.reference("", shown, refuri=row["link"])]
    where = [links.link(words, app, docname, page, target, "place") for words, (page, target) in places.items()]
    cited = nodes.paragraph("", "", nodes.Text("Cited in "), *joined(where), nodes.Text("."), classes=["cited"])
    return nodes.list_item("", nodes.paragraph("", "", *about), cited, ids=[nodes.make_id(f"ref-{row['link'][8:]}")])


def goals(app, docname):
    """A table of the chapters' goals, and of what assesses each: exercises, quiz questions, questions of the sets."""
    with GOALS.open(encoding="utf-8", newline="") as file:
        rows = [list((row | {"what": reproducible.inline(row["what"])}).values()) for row in csv.DictReader(file)]
    return [reproducible.table(["goal", "what students can do", "exercises", "quiz", "sets"], rows)]


MAKERS = {
    "goals": goals,
    "glossary": glossary,
    "bibliography": bibliography,
    "chapters": reproducible.chapters,
    "records": reproducible.records,
    "weights": reproducible.weights,
}


def setup(app):
    """Before the mentions in what is made here become links."""
    app.setup_extension("links")
    app.add_directive("course", CourseDirective)
    app.connect("env-updated", name_terms)
    app.connect("doctree-resolved", fill, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
