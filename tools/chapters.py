"""Pair, execute and check the chapters.

A chapter is book/NN_name.md, which people edit, and book/NN_name.ipynb, the same cells with their outputs.

    python tools/chapters.py run [NN ...]     execute the chapters that changed (or those named) and write their .ipynb
    python tools/chapters.py check            say which pairs are stale; exit code 1 if there are any
"""

import argparse
import base64
import datetime
import hashlib
import io
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
RUNS = ROOT / "results" / "chapters.json"
WATCH = Path(__file__).with_name("watch_reads.py")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def chapters(numbers=()):
    """The .md files of the chapters, all or those whose numbers are given."""
    files = sorted(BOOK.glob("[0-9][0-9]_*.md"))
    unknown = set(numbers) - {file.name[:2] for file in files}
    if unknown:
        sys.exit(f"no chapter {', '.join(sorted(unknown))}; there are {', '.join(f.name[:2] for f in files)}")
    return [file for file in files if not numbers or file.name[:2] in numbers]


def cells(notebook):
    """What the two files of a pair must share: type, source, and metadata without what an execution adds."""
    return [
        (cell.cell_type, cell.source, {k: v for k, v in cell.metadata.items() if k != "execution"})
        for cell in notebook.cells
    ]


def code_hash(notebook):
    """The hash of all code cells, recorded when they are executed."""
    code = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()


def changed_reads(notebook):
    """The weights and records that a chapter read when it was executed, and that are others today."""
    reads = notebook.metadata.get("srcnn", {}).get("reads", {})
    return [name for name, digest in reads.items() if file_hash(name) != digest]


def file_hash(name):
    """The first digits of the SHA-256 of a file of the project, or None if it is gone."""
    path = ROOT / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else None


def trouble(source):
    """What is wrong with a pair, as a sentence, or None."""
    target = source.with_suffix(".ipynb")
    if not target.is_file():
        return f"{target.name} does not exist"
    text, executed = jupytext.read(source), nbformat.read(target, 4)
    if cells(text) != cells(executed):
        return f"{source.name} and {target.name} hold different cells"
    if executed.metadata.get("srcnn", {}).get("code_sha256") != code_hash(text):
        return f"the code of {source.name} changed after {target.name} was executed"
    if changed := changed_reads(executed):
        return f"{', '.join(changed)} changed after {target.name}, which reads it, was executed"
    code = [cell for cell in executed.cells if cell.cell_type == "code" and cell.source.strip()]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        return f"{target.name} was not executed from top to bottom"
    return None


def run(source):
    """Execute one chapter in an empty folder and write its .ipynb; return the seconds it took."""
    target = source.with_suffix(".ipynb")
    notebook = jupytext.read(source)
    facts = notebook.metadata.get("srcnn", {})
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:03d}"
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("r") as reads:
        client = NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}, record_timing=False,
            extra_arguments=[f"--IPKernelApp.exec_files={WATCH}"],
        )  # fmt: skip
        try:
            client.execute(env={**os.environ, "SRCNN_READS": reads.name, "SRCNN_ROOT": str(ROOT)})
        except CellExecutionError as error:
            sys.exit(f"{source.name}: a cell failed\n{error}")
        read = sorted(set(reads.read().split()))
    seconds = time.perf_counter() - start
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined(output for output in cell.outputs if not _is_progress(output, source, cell))
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    output.data["image/png"] = small(output.data["image/png"])
                if output.output_type == "stream":  # of a bar that a command drew, what it would have left on a screen
                    output["text"] = re.sub(r"[^\n]*\r(?!\n)", "", output["text"].replace("\r\n", "\n"))
    notebook.metadata["srcnn"] = {
        **facts,
        "code_sha256": code_hash(notebook),
        "reads": {name: file_hash(name) for name in read},
    }
    nbformat.write(notebook, target)
    return seconds


def small(png):
    """A picture of a notebook in fewer bytes, with the same pixels: opaque without alpha, few colours as a palette."""
    image = Image.open(io.BytesIO(base64.b64decode(png)))
    if image.mode == "RGBA" and image.getextrema()[3] == (255, 255):
        image = image.convert("RGB")
    colours = image.getcolors(256) if image.mode == "RGB" else None
    if colours:
        counted = image.quantize(len(colours), dither=Image.Dither.NONE)
        image = counted if counted.convert("RGB").tobytes() == image.tobytes() else image
    smaller = io.BytesIO()
    image.save(smaller, "PNG", optimize=True, dpi=image.info.get("dpi"))
    return min(png.strip(), base64.b64encode(smaller.getvalue()).decode(), key=len)


def _joined(outputs):
    """Join what was printed in several messages, so that two runs give the same bytes."""
    joined = []
    for output in outputs:
        if joined and output.output_type == "stream" and joined[-1].get("name") == output.get("name"):
            joined[-1]["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def _is_progress(output, source, cell):
    """A progress bar is not kept; anything else on stderr is a warning that a reader would see, so it stops us."""
    if output.get("name") != "stderr":
        return False
    rest = re.sub(r"[^\n\r]*\|[^\n\r]*\[[^\n\r]*\]?", "", output["text"]).strip()
    if rest:
        sys.exit(f"{source.name}: this cell writes to stderr\n{cell.source}\n---\n{rest}")
    return True


def pair(source):
    """Bring changed prose into the .ipynb without running it, if no code changed; say if that was enough."""
    target = source.with_suffix(".ipynb")
    if not target.is_file():
        return False
    text, executed = jupytext.read(source), nbformat.read(target, 4)
    if executed.metadata.get("srcnn", {}).get("code_sha256") != code_hash(text):
        return False
    outputs = iter([cell for cell in executed.cells if cell.cell_type == "code"])
    for number, cell in enumerate(text.cells):
        cell.id = f"cell-{number:03d}"
        if cell.cell_type == "code":
            old = next(outputs)
            cell.outputs, cell.execution_count = old.outputs, old.execution_count
    executed.cells = text.cells
    nbformat.write(executed, target)
    return trouble(source) is None


def record(name, seconds):
    """Note when, where and how long a chapter ran, for the page that says so."""
    from srcnn import records

    runs = json.loads(RUNS.read_text()) if RUNS.is_file() else {}
    runs[name] = {"seconds": round(seconds), "date": str(datetime.date.today()), **records.provenance()}
    records.write_json(RUNS, dict(sorted(runs.items())))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("run", "check"))
    parser.add_argument("numbers", nargs="*", metavar="NN", help="such as 02; default: all that changed")
    options = parser.parse_args()
    if options.task == "check":
        stale = [problem for source in chapters(options.numbers) if (problem := trouble(source))]
        print("\n".join(stale) or "every chapter is fresh")
        return bool(stale)
    for source in chapters(options.numbers):
        if not options.numbers and (trouble(source) is None or pair(source)):
            print(f"{source.stem}: fresh")
            continue
        print(f"{source.stem}: running ...", flush=True)
        seconds = run(source)
        record(source.stem, seconds)
        print(f"{source.stem}: {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
