"""Write what follows from the datasets of srcnn/catalog.py: their rows of data/manifest.csv and the tables of the docs.

    python tools/manifest.py NAME FOLDER ADDRESS   the rows of one dataset, for the files in FOLDER, and the tables
    python tools/manifest.py                       the tables alone, in data/README.md and book/how_to_run.md

ADDRESS is where the same files lie, such as https://raw.githubusercontent.com/owner/name/COMMIT/folder: a commit and
not a branch, so that they stay what they are. Nothing is copied: no dataset file may become part of the project.
"""

import csv
import hashlib
import re
import sys
from pathlib import Path
from urllib.parse import quote

from srcnn import InputError, catalog, images
from srcnn.files import atomic_write

ROOT = Path(__file__).resolve().parent.parent
FIELDS = ("path", "url", "bytes", "sha256")


def read():
    """The rows of the manifest, as dicts."""
    with (ROOT / "data" / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def record(name, folder, address):
    """Put the rows of one dataset, and no other rows of it, into the manifest."""
    if name not in catalog.DATASETS:
        raise InputError(f"no block {name!r} in DATASETS of srcnn/catalog.py; write it first")
    if not re.match(r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}(/|$)", address):
        raise InputError(f"{address} is not a folder of a commit at https://raw.githubusercontent.com")
    files, _ = images.in_folder(Path(folder))
    if not files:
        raise InputError(f"no images in the folder {folder}")
    rows = [row for row in read() if not row["path"].startswith(f"{name}/")]
    for path in files:
        data, url = path.read_bytes(), f"{address.rstrip('/')}/{quote(path.name)}"
        rows.append(
            dict(zip(FIELDS, (f"{name}/{path.name}", url, len(data), hashlib.sha256(data).hexdigest()), strict=True))
        )
    with atomic_write(ROOT / "data" / "manifest.csv") as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def tables():
    """{page: its text with the datasets' rows as the catalogue, the manifest and the chapters have them}."""
    sizes = {name: [] for name in catalog.DATASETS}
    for row in read():
        sizes[row["path"].split("/")[0]].append(int(row["bytes"]))
    rows = {"data/README.md": [], "book/how_to_run.md": []}
    for name, known in catalog.DATASETS.items():
        size = f"| {name} | {len(sizes[name])} | {round(sum(sizes[name]) / 1e6)} MB |"
        source = f"{known.paper}, [doi:{known.doi}](https://doi.org/{known.doi})"
        rows["data/README.md"].append(f"{size} {known.use} | {source} | {known.terms} |")
        rows["book/how_to_run.md"].append(f"{size} {needed_by(name)} |")
    return {ROOT / page: replaced((ROOT / page).read_text(), these) for page, these in rows.items()}


def needed_by(name):
    """The chapters whose front matter says that they need a dataset, in words."""
    chapters = [
        path.name[:2].lstrip("0")
        for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.md"))
        if re.search(rf"^  needs:.*\b{name}\b", path.read_text(), re.MULTILINE)
    ]
    if len(chapters) < 2:
        return f"chapter {chapters[0]}" if chapters else "no chapter; `srcnn benchmark` and model cards"
    return f"chapters {', '.join(chapters[:-1])} and {chapters[-1]}"


def replaced(text, rows):
    """The text with these rows in place of the table rows from the first dataset's to the last one's."""
    lines = text.split("\n")
    old = [k for k, line in enumerate(lines) if re.match(rf"\| ({'|'.join(catalog.DATASETS)}) \|", line)]
    return "\n".join([*lines[: old[0]], *rows, *lines[old[-1] + 1 :]])


def main(arguments):
    """The command line."""
    if len(arguments) not in (0, 3):
        sys.exit(__doc__)
    try:
        if arguments:
            record(*arguments)
    except (InputError, OSError) as error:
        sys.exit(str(error))
    for page, text in tables().items():
        page.write_text(text)
    for name in catalog.DATASETS:
        print(f"{name}: {sum(row['path'].startswith(f'{name}/') for row in read())} files")


if __name__ == "__main__":
    main(sys.argv[1:])
