"""A Sphinx extension for what the pages have beyond their sources, which stay plain Markdown for Colab and GitHub.

Block quotes that begin with a bold word are boxes of that kind. What follows a "Predict." box is put into a gate, which
book/_static/gate.js closes. Exercises are cards, the summaries of solutions and answers say whose they are, and below
the title of a chapter stands its link to Colab.
"""

import re
from pathlib import PurePosixPath

import sphinx_site
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

BAR = """<div class="gate-bar" hidden data-pagefind-ignore>
<button type="button" class="gate-button" aria-controls="gate-{number}">I have guessed: show</button>{switch}
</div>"""
SWITCH = '<label class="gate-all"><input type="checkbox"> show everything</label>'
TOOLS = """<div class="page-tools d-print-none" data-pagefind-ignore>
<a class="page-colab" href="{colab}"><img src="{logo}" alt="" width="20" height="20"> {verb}</a>{switch}
<span class="visually-hidden" role="status"></span>
</div>"""

EXERCISE = re.compile(r"(Exercise (\d+\.\d+))\s*([^()]*?)\s*\(([^()]+)\)(.*)", re.DOTALL)
"""Name, number, difficulty, time, and the rest of a title: "Exercise 1.2 ★★ (15 minutes): a twin for any picture"."""

TOGETHER = re.compile(
    r"(?<![\w-])(\d+-\d+(?:-\d+)?(?![\w-])|\d[\d.,]* (?:%|dB|s|ms|kB|MB|GB)(?!\w)"
    r"|[\w.]{1,8}(?: [×·+−=] [\w.]{0,8}[\w⁰¹²³⁴-⁹])+)"
)
"""9-1-5, 128-64; 0.2 dB, 60 s; 9 × 9, 8 · 10⁸, height − f + 1."""

SHORT = 24
"""Characters of code in a line of text that are not torn. Longer code is, but only behind ( , / = or a space."""


def setup(app):
    """Work on the pages when they are written: the sources, their numbers and the contents lists stay as they are."""
    app.add_post_transform(Pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Pages(SphinxPostTransform):
    """All of it, after the transforms that choose the outputs of code cells."""

    default_priority = 800
    formats = ("html",)

    def run(self, **_):
        """Change the page's tree in place."""
        for quote in self.document.findall(nodes.block_quote):
            if kind(quote):
                quote["classes"].append(f"box-{kind(quote)}")
        gates = Gates()
        for section in list(self.document.findall(nodes.section)):
            section[:] = gates.close(list(section.children))
            exercise(section)
            answers(section)
        for text in list(self.document.findall(nodes.Text)):
            keep_together(text)
        for formula in list(self.document.findall(nodes.math)):
            keep_its_stop(formula)
        for code in list(self.document.findall(nodes.literal)):
            break_well(code)
        for link in self.document.findall(nodes.reference):
            if link.get("refuri", "").startswith("colab:"):  # _config.yml alone knows where
                link["refuri"] = self._notebook(link["refuri"].removeprefix("colab:"))[0]
        path = PurePosixPath(self.env.doc2path(self.env.docname, base=False))
        if path.suffix == ".ipynb":
            logo = self._file("_static/images/logo_colab.png")
            switch = SWITCH.replace("gate-all", "gate-all gate-head") if gates.number else ""
            address, verb = self._notebook(path)
            tools = TOOLS.format(colab=address, verb=verb, logo=logo, switch=switch)
            title = next(self.document.findall(nodes.title))
            title.parent.insert(title.parent.index(title) + 1, nodes.raw("", tools, format="html"))

    def _file(self, path):
        """The way from the page to a file of the built book that is no page."""
        return self.app.builder.get_relative_uri(self.env.docname, path).removesuffix(self.app.builder.link_suffix)

    def _notebook(self, path):
        """Where a link to a chapter's notebook leads, and what it is called: Colab, or the file where Colab cannot."""
        colab = sphinx_site.colab(self.app, path)
        return (colab, "Open in Colab") if colab else (self._file(f"_sources/{path}"), "Download the notebook")


def kind(node):
    """The bold word that a block quote begins with, in small letters, or None."""
    if not isinstance(node, nodes.block_quote) or not node.children:
        return None
    first = next((child for child in node[0].children if child.astext()), None)
    word = re.match("[a-z]+", first.astext().lower()) if isinstance(first, nodes.strong) else None
    return word and word[0]


class Gates:
    """Puts what follows each "Predict." box into a container of its own, numbered through the page."""

    def __init__(self):
        self.number = 0

    def close(self, children):
        """The children of a section, with gates."""
        closed = []
        while children:
            closed.append(children.pop(0))
            if kind(closed[-1]) != "predict":
                continue
            behind = self._take(children)
            if behind:
                self.number += 1
                bar = BAR.format(number=self.number, switch=SWITCH if self.number == 1 else "")
                gate = nodes.container(ids=[f"gate-{self.number}"], classes=["gate"])
                gate.extend(self.close(behind))
                closed += [nodes.raw("", bar, format="html"), gate]
        return closed

    @staticmethod
    def _take(children):
        """Remove from the front what a gate hides: up to the next box, the next heading or what the chapter promises,
        or to the end of a fold around it."""
        taken, folds = [], 0
        while children and not (folds == 0 and (kind(children[0]) == "predict" or _begins(children[0]))):
            if isinstance(children[0], nodes.raw):
                folds += children[0].astext().count("<details") - children[0].astext().count("</details")
                if folds < 0:
                    break
            taken.append(children.pop(0))
        return taken


def _begins(node):
    """Whether something else begins: a section, or the "You will" of a chapter that opens with a prediction."""
    promise = isinstance(node, nodes.paragraph) and node.astext() == "You will"
    return promise or isinstance(node, nodes.section)


def exercise(section):
    """Make a card of an exercise: a class for the box, and stars and minutes as a badge behind the title."""
    title = section[0]
    parts = EXERCISE.fullmatch(title[0].astext()) if isinstance(title[0], nodes.Text) else None
    if parts:
        name, number, level, minutes, rest = parts.groups()
        section["classes"].append("exercise")
        badge = nodes.inline("", f"{level} {minutes}".strip(), classes=["effort"])
        title[:] = [nodes.Text(name + rest), *title.children[1:], nodes.Text(" "), badge]
        for word in ("Solution", "Answer"):
            rename(section, word, f"{word} to {number}")


def answers(section):
    """Name the answers to questions: paragraphs that begin with a bold number, or lists of one item each."""
    number = None
    for node in section.children:
        bold = re.match(r"(\d+)\.\s", node.astext()) if isinstance(node, nodes.paragraph) else None
        if bold:
            number = bold[1]
        elif isinstance(node, nodes.enumerated_list):
            number = node.get("start", 1) + len(node) - 1
        elif number and isinstance(node, nodes.raw):
            rename([node], "Answer", f"Answer to question {number}")


def rename(children, old, new):
    """Rename the summaries of folds."""
    for node in children:
        if isinstance(node, nodes.raw):
            summary = node.astext().replace(f"<summary>{old}</summary>", f"<summary>{new}</summary>")
            node[:] = [nodes.Text(summary)]


def keep_its_stop(formula):
    """Let no line begin with the comma or the stop that follows a formula, nor end with the bracket before it."""
    place = formula.parent.index(formula)
    before, after = (formula.parent[k] if 0 <= k < len(formula.parent) else "" for k in (place - 1, place + 1))
    opens = re.search(r"[(“]+$", before) if isinstance(before, nodes.Text) else None
    stops = re.match(r"[.,;:!?)’”]+", after) if isinstance(after, nodes.Text) else None
    if opens or stops:
        parts = [nodes.Text(opens[0] if opens else ""), formula.deepcopy(), nodes.Text(stops[0] if stops else "")]
        whole = [nodes.inline("", "", *parts, classes=["text-nowrap"])]
        whole = [nodes.Text(before[: opens.start()]), *whole] if opens else whole
        whole += [nodes.Text(after[stops.end() :])] if stops else []
        formula.parent[place - bool(opens) : place + 1 + bool(stops)] = whole


def break_well(code):
    """Say where a line may end inside code."""
    parts = re.findall(r"[^(,/=\s]*[(,/=\s]*", code.astext())[:-1]
    if len(code.astext()) <= SHORT:
        code["classes"].append("text-nowrap")
    elif len(parts) > 1 and len(code) == 1:
        code[:] = []
        for part in parts:
            whole = ["text-nowrap"] if len(part) <= SHORT else []
            code += [nodes.inline("", part, classes=whole), nodes.raw("", "<wbr>", format="html")]


def keep_together(text):
    """Let no line end inside the name of a network, a short formula, or between a number and its unit."""
    tied = re.sub("^ ([×·+−=]) ", "\u00a0\\1\u00a0", text.astext())  # behind code
    parts = TOGETHER.split(tied)
    within = (nodes.paragraph, nodes.caption, nodes.title, nodes.strong, nodes.emphasis)
    if (len(parts) > 1 or tied != text.astext()) and isinstance(text.parent, within):
        whole = [
            nodes.inline("", part, classes=["text-nowrap"]) if odd % 2 else nodes.Text(part)
            for odd, part in enumerate(parts)
        ]
        text.parent.replace(text, whole)
