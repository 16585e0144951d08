"""What the page "Is it reproducible?" lists: every chapter's last execution, every recorded result, all weights.

Nothing is written down here: it comes from results/, with its README.md, from the chapters' notebooks and from the
model cards in srcnn/weights/. The functions return nodes for pages.py.
"""

import json
import re
from pathlib import Path

import links
from docutils import nodes
from docutils.utils.smartquotes import smartyPants
from sphinx.util import logging

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
WEIGHTS = ROOT / "srcnn" / "weights"
FILES = [*sorted(RESULTS.iterdir()), *sorted(WEIGHTS.glob("*.json"))]
NOT_SHOWN = ("srcnn",)
"""Of the versions: the package is the one of the commit."""


def chapters(app, docname):
    """A table: when each chapter was executed, for how long, where, and which records it read."""
    runs = json.loads((RESULTS / "chapters.json").read_text())
    places, rows = {}, []
    for page in sorted(links.noted(app.env)):
        run = runs.get(page.split("/")[-1])
        if not run:
            continue
        letter = letter_of(places, (run["machine"], run.get("device"), run["versions"]))
        title = links.link(f"chapter {links.chapter_of(page)}", app, docname, page, "", "chapter")
        read = [nodes.literal("", name.removeprefix("results/")) for name in reads(page)]
        rows.append([title, run["date"], f"{run['seconds']} s", letter, nodes.literal("", run["commit"]), spaced(read)])
    header = ["chapter", "executed", "took", "where", "at commit", "shows from results/"]
    return [table(header, rows), *(paragraph(machine_words(*place)) for place in places.values())]


def letter_of(places, place):
    """A letter for each machine with its versions: A, B, ..."""
    key = json.dumps(place)
    places.setdefault(key, (chr(ord("A") + len(places)), place))
    return places[key][0]


def machine_words(letter, place):
    """What a letter stands for, as a sentence: a machine, and what ran on it."""
    machine, device, versions = place
    named = [f"{name} {version}" for name, version in versions.items() if name not in NOT_SHOWN]
    return f"{letter}: {machine}{f', {device}' if device else ''}, with {', '.join(named)}."


def records(app, docname):
    """A definition list: each file of results/, what is in it, and how and where it was made."""
    rows = re.findall(r"^\| (`.+?) \| (.+?) \| (.+?) \| (.*?) ?\|$", (RESULTS / "README.md").read_text(), re.MULTILINE)
    described = {name: row[1:] for row in rows for name in re.findall(r"`([^`]+)`", row[0])}
    listed, shown = nodes.definition_list(), shown_in(app.env)
    for name, (holds, writer, time) in described.items():
        written = writer if writer.startswith("by ") else f"by {writer}"
        facts = [f"{holds[0].upper()}{holds[1:]}.{shown.get(name, '')}", f"Written {written}"]
        facts[1] += f" ({time})." if time else "."
        facts += [made_with(RESULTS / name)] if (RESULTS / name).suffix != ".csv" else []
        listed += definition(nodes.literal("", name), [paragraph(fact) for fact in facts if fact])
    for path in FILES:
        if path.parent == RESULTS and path.is_file() and path.name not in {"README.md", *described}:
            logger.warning("results/README.md has no row for %s", path.name, type="course", subtype="records")
    return [listed]


def shown_in(env):
    """{name of a record: " Shown in chapters 7 and 9."}, from what each chapter read when it was executed."""
    chapters = {}
    for page in sorted(links.noted(env)):
        for name in reads(page):
            chapters.setdefault(name.removeprefix("results/"), []).append(links.chapter_of(page))
    listed = {name: re.sub(r", (\d+)$", r" and \1", ", ".join(of)) for name, of in chapters.items()}
    return {name: f" Shown in chapter{'s' * ('and' in words)} {words}." for name, words in listed.items()}


def reads(page):
    """The records that a chapter read when it was executed; none for another page."""
    path = ROOT / f"{page}.ipynb"
    found = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("srcnn", {}) if path.is_file() else {}
    return [name for name in sorted(found.get("reads", {})) if name.startswith("results/")]


def made_with(path):
    """Machine, seconds, seeds and commits of a record, as far as it holds them, as a sentence."""
    text = path.read_text()
    record = json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    runs = [record] if "machine" in record else [run for run in parts_of(record) if "machine" in run]
    machines, seeds = values(runs, "machine"), values(runs, "seed")
    if not runs:
        return ""
    spent = sum(run.get("seconds", 0) for run in runs)
    words = ["Made on " + " and ".join(machines)]
    words += [f"in {duration(spent)}"] if spent else []
    words += [f"{len(runs)} runs"] if len(runs) > 1 else []
    words += [f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, sorted(seeds)))}"] if seeds else []
    commits = [f"`{commit}`" for commit in values(record, "commit") if commit]
    words += [f"at commit{'s' * (len(commits) > 1)} {', '.join(commits)}"] if commits else []
    return ", ".join(words) + "."


def parts_of(record):
    """The dicts of a list, of lists in a dict, or of dicts in a dict."""
    for part in record.values() if isinstance(record, dict) else record:
        yield from [part] if isinstance(part, dict) else parts_of(part)


def values(record, key):
    """All different values of a key, however deep."""
    found = []
    if isinstance(record, dict):
        found += [record[key]] if isinstance(record.get(key), (str, int)) else []
        record = record.values()
    for part in record if not isinstance(record, (str, int, float, bool, type(None))) else ():
        found += values(part, key)
    return list(dict.fromkeys(found))


def duration(seconds):
    """Seconds as a reader would say them."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def weights(app, docname):
    """A table: the training of each shipped network."""
    places, rows = {}, []
    for path in sorted(WEIGHTS.glob("*.json")):
        card = json.loads(path.read_text())
        letter = letter_of(places, (card["machine"], card.get("device"), card["versions"]))
        command = nodes.literal("", f"--model {card['model']} --scale {card['scale']} --seed {card['seed']}")
        rows.append(
            [command, f"{card['steps']:,}", duration(card["seconds"]), letter, nodes.literal("", card["commit"][:9])]
        )
    header = ["srcnn train", "steps", "took", "where", "at commit"]
    return [table(header, rows), *(paragraph(machine_words(*place)) for place in places.values())]


def table(header, rows):
    """A table node; a cell is a string or a node."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in header), cols=len(header))
    group += nodes.thead("", table_row(header))
    group += nodes.tbody("", *map(table_row, rows))
    return nodes.table("", group, classes=["colwidths-auto"])


def table_row(cells):
    """A row of a table."""
    parts = [cell if isinstance(cell, nodes.Node) else nodes.Text(cell) for cell in cells]
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", part)) for part in parts))


def spaced(parts):
    """Nodes on one line, as one node; a dash where there are none."""
    line = nodes.inline() if parts else nodes.Text("–")
    for part in parts:
        line += [nodes.Text(" ")] * bool(len(line)) + [part]
    return line


def paragraph(text):
    """A paragraph of a text with `code` in it."""
    return nodes.paragraph("", "", inline(text))


def inline(text):
    """A text with `code` and *stressed words* in it, as one node, with a printer's quotation marks."""
    kinds = {"`": nodes.literal, "*": nodes.emphasis}
    parts = enumerate(re.split(r"(`[^`]+`|\*[^*]+\*)", text))
    return nodes.inline(
        "", "", *(kinds[x[0]]("", x[1:-1]) if odd % 2 else nodes.Text(smartyPants(x, "q")) for odd, x in parts)
    )


def definition(term, meaning):
    """An item of a definition list."""
    term = nodes.term("", "", term if isinstance(term, nodes.Node) else nodes.Text(term))
    return nodes.definition_list_item("", term, nodes.definition("", *meaning))
