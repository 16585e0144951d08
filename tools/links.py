"""A Sphinx extension: "Figure 1.4", "Eq. (1.5)", "Section 2.3" or "chapter 5" in the text become links.

The chapters are plain Markdown, which Colab and GitHub show as it is; so a mention is a few plain words, and the number
in it is the one that a caption, a \\tag or a heading carries. Two passes: when a page has been read, what can be named
in it is noted in the environment (Book); when all pages have been read, the mentions of each become links
(link_mentions). A mention of what does not exist is a warning, and so ends the build.

    Figure 1.4, Figures 1.4 and 1.5    the figure whose caption begins with "Figure 1.4."
    Eq. (1.5), Eqs. (1.5) and (1.6)    the formula with \\tag{1.5}
    Section 2.3, Exercise 2.3          the heading that begins with "2.3" or with "Exercise 2.3"
    Question 3                         the paragraph of this page's "Questions" that begins with a bold "3."
    chapter 5, chapters 1 to 5 and 10  the page whose file begins with "05_"; a chapter after the last is yet to come
    (Primer: Slices)                   the heading "Slices" of the primer, if the book has one
"""

import itertools
import re
import zlib
from pathlib import Path

from docutils import nodes
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.util import logging

logger = logging.getLogger(__name__)

NUMBER = r"[1-9]\d?\.\d{1,2}(?!\.?\d)"
CHAPTER = r"[1-9]\d?(?!\.?\d)"
AND = r"(?:\s+\([^()\d]*\))?(?:,\s+and|,|\s+and|\s+or|\s+to)\s+"  # "chapters 2 (bicubic) and 3"
KINDS = {  # kind: one, several, number
    "figure": ("[Ff]igure", "[Ff]igures", NUMBER),
    "equation": (r"(?:Eq\.|[Ee]quation)", r"(?:Eqs?\.|[Ee]quations?)", rf"\({NUMBER}\)"),  # also "Eq. (4.1) to (4.3)"
    "section": ("[Ss]ection", "[Ss]ections", NUMBER),
    "exercise": ("[Ee]xercise", "[Ee]xercises", NUMBER),
    "question": ("[Qq]uestion", "[Qq]uestions", rf"{CHAPTER}(?!\s+(?:of|in)\s+chapter)"),
    "chapter": ("(?<![Tt]his )[Cc]hapter", "[Cc]hapters", CHAPTER),
}
"""One number follows "Figure", any list of them "Figures": in "Figure 2.3, 1.5 dB above it," 1.5 is no figure."""

MENTION = re.compile(
    "|".join(
        rf"\b(?P<{kind}>{several}\s+{number}(?:{AND}{number})*|{one}\s+{number})"
        for kind, (one, several, number) in KINDS.items()
    )
    + r"|(?P<primer>\bPrimer:\s+[^()]+?(?=\)))"
)

NOT_PROSE = (
    *(nodes.title, nodes.rubric, nodes.reference, nodes.literal, nodes.FixedTextElement, nodes.math, nodes.raw),
    *(nodes.comment, nodes.image, nodes.Invisible),
)
OF_A_PAPER = re.compile(r"\A,\s+(?:[Ff]igure|[Ss]ection|[Ee]q|[Cc]hapter)")
"""After a link to a paper, "Dong et al. (2016), section 4.3" is a section of the paper."""


class Book(EnvironmentCollector):
    """What is noted of each page: `targets` {(kind, number): id}, `terms`, lists to be `made`, and `cited` papers."""

    def clear_doc(self, app, env, docname):
        noted(env).pop(docname, None)

    def merge_other(self, app, env, docnames, other):
        noted(env).update({name: page for name, page in noted(other).items() if name in docnames})

    def process_doc(self, app, doctree):
        noted(app.env)[app.env.docname] = {
            "targets": targets(doctree, app.env.docname),
            "terms": definitions(doctree, app.env.docname),
            "made": [place["course"] for place in doctree.findall(nodes.container) if "course" in place],
            "cited": [(one["refuri"], one.astext(), place(one)) for one in external_links(doctree)],
        }


def noted(env):
    """{page: what Book noted of it}, kept with the environment."""
    if not hasattr(env, "course_pages"):
        env.course_pages = {}
    return env.course_pages


def chapter_of(docname):
    """The number of a chapter's page as a string, "5", or None."""
    found = re.search(r"(?:^|/)(\d\d)_[^/]*$", docname)
    return found and str(int(found[1]))


def anchor(doctree, node, name):
    """The id of a node of a page, which is given one if it has none."""
    if not node["ids"]:
        name = nodes.make_id(name)
        node["ids"].append(name if name not in doctree.ids else f"{name}-{len(doctree.ids)}")
        doctree.ids[node["ids"][0]] = node
    return node["ids"][0]


def targets(doctree, docname):
    """What can be named in a page: {(kind, number): id}. Formulas and questions get their ids here."""
    found = {}

    def note(kind, number, node):
        if (kind, number) in found:
            logger.warning("there are two of %s %s", kind, number, location=node, type="course", subtype="links")
        found[kind, number] = anchor(doctree, node, f"{kind}-{number}")

    for section in doctree.findall(nodes.section):
        title = section[0].astext()
        if numbered := re.match(r"(Exercise )?(\d+\.\d+)\b", title):
            note("exercise" if numbered[1] else "section", numbered[2], section)
        if docname.endswith("primer"):
            found["primer", title.lower()] = section["ids"][0]
        for paragraph in section.children if title == "Questions" else ():
            if numbered := re.match(r"(\d+)\.\s", paragraph.astext()):
                note("question", numbered[1], paragraph)
    for caption in doctree.findall(nodes.caption):
        if numbered := re.match(r"Figure (\d+\.\d+)\.", caption.astext()):
            note("figure", numbered[1], caption.parent)
    for formula in doctree.findall(nodes.math_block):
        for number in re.findall(r"\\tag\{([\d.]+)\}", formula.astext()):
            note("equation", number, formula)
    if number := chapter_of(docname):
        note("chapter", number, next(iter(doctree.findall(nodes.section))))
    return found


def definitions(doctree, docname):
    """The boxes that begin with a bold "Definition.": [(terms, id, text)], a term being what else is bold."""
    found = []
    for box in doctree.findall(nodes.block_quote):
        first, *terms = [bold.astext() for bold in box.findall(nodes.strong)] or [""]
        if first == "Definition." and terms:
            found.append((terms, anchor(doctree, box, f"definition-{terms[0]}"), box.astext()))
    return found


def external_links(doctree):
    """The links that leave the book."""
    return [one for one in doctree.findall(nodes.reference) if one.get("refuri", "").startswith("http")]


def place(node):
    """Where a node stands: (title, id) of the numbered section around it, or of the chapter's section."""
    around = []
    while node := node.parent:
        if isinstance(node, nodes.section):
            around.append((node[0].astext(), node["ids"][0]))
    numbered = [section for section in around if re.match(r"(Exercise )?\d+\.\d+", section[0])]
    return (numbered or around[-2:-1] or around or [("", "")])[0]


def whole_book(env):
    """{(kind, number): (page, id)}; a number that two pages carry is a warning."""
    book = {}
    for page, page_noted in noted(env).items():
        for (kind, number), target in page_noted["targets"].items():
            if kind == "question":
                continue  # known by its number on its own page alone
            if (kind, number) in book:
                also = book[kind, number][0]
                logger.warning("%s %s is also in %s", kind, number, also, location=page, type="course", subtype="links")
            book[kind, number] = (page, target)
    return book


def rewrite_all(app, env):
    """If anything that other pages may show has changed, all pages are written again."""
    if getattr(env, "course_written", None) == noted(env):
        return []
    env.course_written = {page: dict(page_noted) for page, page_noted in noted(env).items()}
    return sorted(env.found_docs)


def link_mentions(app, doctree, docname):
    """Turn the mentions of a page into links."""
    book = whole_book(app.env)
    book |= {key: (docname, target) for key, target in noted(app.env)[docname]["targets"].items()}
    last = max((int(number) for kind, number in book if kind == "chapter"), default=0)
    for parent in list(doctree.findall(lambda node: any(isinstance(child, nodes.Text) for child in node.children))):
        if in_prose(parent):
            children = []
            for is_text, group in itertools.groupby(parent.children, lambda child: isinstance(child, nodes.Text)):
                run = list(group)
                if is_text:  # a line's end is a text of its own
                    after_a_link = bool(children) and isinstance(children[-1], nodes.reference)
                    run = linked("".join(run), parent, after_a_link, app, docname, book, last)
                children += run
            parent.clear()
            parent.extend(children)


def in_prose(node):
    """Whether mentions in a node may become links: not in headings, code, formulas and links."""
    while node and not isinstance(node, NOT_PROSE):
        node = node.parent
    return not node


def linked(text, parent, after_a_link, app, docname, book, last):
    """The nodes of a text with its mentions as links."""
    parts, end = [], 0
    for mention in MENTION.finditer(text):
        kind = mention.lastgroup
        own_number = isinstance(parent, nodes.caption) and mention.start() == 0
        of_a_paper = after_a_link and mention.start() < 3 and OF_A_PAPER.match(text)
        announced = kind == "primer" and not any(kind == "primer" for kind, _ in book)
        if own_number or of_a_paper or announced:
            continue
        for words, number, start in numbers(mention, kind):
            if kind == "chapter" and int(number) > last:
                continue
            if (kind, number) not in book:
                found = " ".join(mention[0].split())
                message = '"%s": the book has no %s %s'
                logger.warning(message, found, kind, number, location=parent, type="course", subtype="links")
                continue
            page, target = book[kind, number]
            if kind == "equation":
                needs_mathjax(app.env, docname)  # its preview does
            parts += [nodes.Text(text[end:start]), link(words, app, docname, page, target, kind)]
            end = start + len(words)
    return [*parts, nodes.Text(text[end:])]


def link(words, app, docname, page, target, kind):
    """A link from a page to a place of another or of the same one."""
    where = "" if page == docname else app.builder.get_relative_uri(docname, page)
    if kind != "chapter" or not where:  # a chapter begins at the top of its page
        where += f"#{target}"
    return nodes.reference("", words, internal=True, refuri=where, classes=[f"to-{kind}"])


def needs_mathjax(env, docname):
    """Sphinx loads it on the pages alone that had formulas when they were read."""
    env.get_domain("math").data["has_equations"][docname] = True


def numbers(mention, kind):
    """(words, number, where they begin) of each link of a mention; the first has the word "Figures" in it as well."""
    if kind == "primer":
        name = re.sub(r"Primer:\s+", "", mention[0])
        return [(mention[0], " ".join(name.lower().split()), mention.start())]
    found = []
    for item in re.compile(KINDS[kind][2]).finditer(mention.string, mention.start(), mention.end()):
        start = item.start() if found else mention.start()
        found.append((mention.string[start : item.end()], item[0].strip("()"), start))
    return found


def setup(app):
    """Note what can be named, then link the mentions, those of pages that are made at build included."""
    app.add_env_collector(Book)
    app.connect("env-updated", rewrite_all)
    app.connect("doctree-resolved", link_mentions, priority=700)
    # what earlier versions noted is not kept
    version = zlib.crc32(Path(__file__).read_bytes())
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": version}
