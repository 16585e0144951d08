"""Point the book at another repository: the Colab and issue links, the install cell of each chapter, the pages.

make adopt REPO=owner/name
"""

import re
import subprocess
import sys
from pathlib import Path

import chapters
import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent


def address():
    """The repository that the book points at now, as owner/name; _config.yml says it."""
    return re.search(r"url: https://github\.com/(\S+)", (ROOT / "_config.yml").read_text())[1]


def names(repository):
    """What stands in the files for a repository: its address, its pages', and the folder of a clone."""
    owner, name = repository.split("/")
    return f"github.com/{repository}", f"{owner.lower()}.github.io/{name}", f"cd {name}\n"


def main(new):
    """Replace owner/name in every tracked text file that holds it."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", new):
        sys.exit(f"{new!r} is not a repository; give REPO=owner/name")
    old = address()
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        try:
            text = path.read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        changed = text
        for before, after in zip(names(old), names(new), strict=True):
            changed = changed.replace(before, after)
        if changed != text:
            path.write_text(changed)
            print(name)
    for source in chapters.chapters():  # the install cell is code: its hash is recorded anew
        target = source.with_suffix(".ipynb")
        notebook = nbformat.read(target, 4)
        notebook.metadata["srcnn"]["code_sha256"] = chapters.code_hash(jupytext.read(source))
        nbformat.write(notebook, target)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
