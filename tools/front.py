"""Write what the landing page and the README promise alike: the scores against the papers, and the list of chapters.

    python tools/front.py     the scores of results/benchmark.json and data/published.csv, into README.md and
                              book/index.md; and the chapters, as book/index.md lists them, into README.md

tests/test_front.py fails where a page says something else.
"""

import re
import sys
from pathlib import Path

from srcnn import catalog, evaluation, records
from srcnn.files import atomic_write
from srcnn.tables import Table

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = {
    "srcnn-915": ("SRCNN 9-1-5", "T91"),
    "srcnn-955": ("SRCNN 9-5-5", "ImageNet (395909 images)"),
    "fsrcnn": ("FSRCNN (56;12;4)", "T91 + General-100"),
}
"""Ours, and the published network and its training images beside which it stands."""


def scores():
    """The mean PSNR of the papers' networks and of ours, as a table, on the sets where all are published."""
    sets = [data for data in catalog.TEST_SETS if all(_published(model, data) for model in NETWORKS.values())]
    ours = {(row["method"], row["scale"]): row for row in records.load("benchmark")["rows"]}
    rows = []
    for name, (model, trained_on) in NETWORKS.items():
        for scale in catalog.SCALES:
            cells = [f"{model.split(' (')[0]} ×{scale}"]
            for data in sets:
                paper = _published((model, trained_on), data)[scale]
                mark = "†" if "secondary" in paper["source"] else ""
                cells += [f"{paper['psnr']:.2f}{mark}", f"{ours[name, scale][data]['psnr']:.2f}"]
            rows.append(cells)
    header = ["mean PSNR, dB", *(title for data in sets for title in (f"{data}, paper", "ours"))]
    return Table(header, rows)._repr_markdown_()


def _published(network, data):
    """{scale: what is published of a network, with its training images, on a test set}."""
    rows = evaluation.published(network[0], data)
    return {row["scale"]: row for row in rows if row["trained_on"] == network[1]}


def chapters():
    """The chapters of the landing page's table as Markdown links to their sources, for GitHub."""
    listed = re.findall(r"\| \[(\d+\. [^]]+)\]\((\S+)\.ipynb\) \| ([^|]+?) \|", (ROOT / "book/index.md").read_text())
    return "\n".join(f"- [{title}](book/{name}.ipynb): {question}" for title, name, question in listed)


def pages():
    """{page: its text with what belongs between its marks}."""
    found = {}
    for name in ("README.md", "book/index.md"):
        text = (ROOT / name).read_text()
        for mark, write in (("scores", scores), ("chapters", chapters)):
            pattern = rf"(<!-- {mark}: tools/front.py -->\n\n).*?(\n<!-- end of {mark} -->)"
            if part := re.search(pattern, text, re.DOTALL):
                text = text[: part.end(1)] + write() + "\n" + text[part.start(2) :]
        found[ROOT / name] = text
    return found


def main(arguments):
    """The command line."""
    if arguments:
        sys.exit(__doc__)
    for path, text in pages().items():
        with atomic_write(path) as temporary:
            Path(temporary).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
