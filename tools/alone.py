"""Run chapters as a reader in Colab does: each alone, from its own first cell, where srcnn is not installed.

    python tools/alone.py            every chapter, in the environment of this Python
    python tools/alone.py 04 11      only these

The first cell installs the course's package from its repository; here from the last commit of this clone. It may add
srcnn and change nothing else: what pip lists before and after is compared. What the cells print is compared with the
notebooks in book/, numbers within a tolerance: other versions and other backends add in another order, and draw other
random numbers for a training. The environment needs nbclient and ipykernel, which Colab has, and none of the course's
own tools; KERAS_BACKEND chooses the backend.
"""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from repository import address

ROOT = Path(__file__).resolve().parent.parent
NUMBER = re.compile(r"(?<![\w.])[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
UNCOMPARED = {"nbval-ignore-output", "exercise", "check"}
RELATIVE, LAST_DIGITS = 0.01, 3
"""How far a number may be from the book's: one per cent, or three units of its last digit."""
TRAINED = 0.1
"""After a chapter's first training, and on another backend than the book's: ten per cent."""
ROUNDING = 1e-5
"""Printed as 8.3e-07, a number below it is what rounding left over, and as good as any other."""
BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
UNLIKE = (
    'rows = [["bicubic", None, evaluation.score(hr, ilr, SCALE)["psnr"]]]',  # chapter 7: the starts, before training
    "kept = np.corrcoef(trained.ravel(), untrained.ravel())",  # chapter 8: the start of shipped weights, drawn again
)
"""Lines of cells that show the numbers which TensorFlow draws for a seed: on another backend they are not compared."""


def packages():
    """What pip lists: {name: version}."""
    listed = [sys.executable, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    run = subprocess.run(listed, capture_output=True, text=True, check=True, cwd=tempfile.gettempdir())
    return {package["name"].lower(): package["version"] for package in json.loads(run.stdout)}


def environment():
    """The variables of a reader's kernel: nothing of this clone is on its path; the repository's address leads here."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    own = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf"}
    return variables | own | {"GIT_CONFIG_VALUE_0": address()}


def executed(path):
    """A notebook as this environment executes it, in an empty folder."""
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory() as folder:
        where = {"metadata": {"path": folder}}
        options = {"timeout": 1800, "kernel_name": "python3", "allow_errors": True}
        client = NotebookClient(notebook, resources=where, **options)
        client.execute(env=environment(), stderr=subprocess.DEVNULL)  # of the kernel, not of its cells
    return notebook


def text(cell):
    """What a cell printed and what it gave back, without pictures and without widths of columns."""
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            parts.append(output.text)
        elif "data" in output and not any(kind.startswith("image/") for kind in output.data):
            parts.append(output.data.get("text/plain", ""))
    return " ".join(re.sub(r"[-─]{2,}", "", "".join(parts)).split())


def differences(book, here):
    """(how many numbers were compared, [sentence for each cell whose output is not the book's])."""
    compared, found, trained = 0, [], BACKEND != "tensorflow"
    for old, new in zip(book.cells, here.cells, strict=True):
        if old.cell_type != "code":
            continue
        tags = set(old.metadata.get("tags", []))
        trained = trained or "training" in tags
        for output in new.outputs:
            if output.output_type == "error":
                found.append(f"{output.ename}: {output.evalue[:300]}, from: {old.source[:300]!r}")
        if tags & UNCOMPARED or (BACKEND != "tensorflow" and any(line in old.source for line in UNLIKE)):
            continue
        wanted, got = text(old), text(new)
        numbers = [NUMBER.findall(value) for value in (wanted, got)]
        compared += len(numbers[0])
        if NUMBER.sub("#", wanted) != NUMBER.sub("#", got):
            lines = difflib.ndiff([wanted], [got])
            found.append("other words:\n    " + "\n    ".join(line[:300].rstrip() for line in lines))
        else:
            found += [f"{b} for {a}, in: {wanted[:100]}" for a, b in zip(*numbers, strict=True) if far(a, b, trained)]
    return compared, found


def far(wanted, got, trained):
    """Whether a printed number is not the book's."""
    digits = len(wanted.partition("e")[0].partition(".")[2])
    exponent = int(wanted.partition("e")[2] or 0)
    a, b = (float(number.replace(",", "").replace("−", "-")) for number in (wanted, got))
    if max(abs(a), abs(b)) < ROUNDING and exponent:
        return False
    return abs(a - b) > max((TRAINED if trained else RELATIVE) * abs(a), LAST_DIGITS * 10.0 ** (exponent - digits))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", nargs="*", metavar="NN", help="such as 04; default: every chapter")
    options = parser.parse_args()
    paths = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
    paths = [path for path in paths if not options.numbers or path.name[:2] in options.numbers]
    before, failed, total = packages(), [], 0
    if "srcnn" in before:
        sys.exit("srcnn is installed here: pip uninstall srcnn, and the first cell will install it")
    for path in paths:
        print(f"{path.stem}: running ...", flush=True)
        try:
            compared, found = differences(nbformat.read(path, 4), executed(path))
        except (CellTimeoutError, DeadKernelError, AssertionError) as error:  # an old nbclient stumbles over the dead
            compared, found = 0, [f"{type(error).__name__}: {str(error)[-1500:] or 'the kernel died'}"]
        total += compared
        failed += [path.stem] if found else []
        print(*(f"  {sentence}" for sentence in found), sep="\n", end="\n" if found else "", flush=True)
    after = packages()
    changed = {name: (before.get(name), after.get(name)) for name in before.keys() | after.keys()}
    changed = {name: versions for name, versions in changed.items() if versions[0] != versions[1]}
    if set(changed) != {"srcnn"}:
        failed.append(f"the first cell changed the installed packages: {changed}")
    print(f"{len(paths)} chapters, {total} numbers compared, {len(before)} packages as before")
    if failed:
        sys.exit(f"failed: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
