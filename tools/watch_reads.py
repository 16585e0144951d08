"""Run in a chapter's kernel before its first cell: note which of the package's data files the chapter opens.

The file named by SRCNN_READS gets a line for each weights file, record or table; tools/chapters.py keeps their hashes,
so that a chapter is stale when one of them changes.
"""


def _watch():
    import os
    import sys
    from pathlib import Path

    root, seen = Path(os.environ["SRCNN_ROOT"]), set()
    watched = [f"{root}/{name}" for name in ("srcnn/weights/", "results/", "data/published.csv")]

    def note(event, arguments):
        if event == "open" and isinstance(arguments[0], str) and arguments[0] not in seen:
            path = arguments[0]
            seen.add(path)
            if path.endswith((".json", ".jsonl", ".csv", ".npz")) and path.startswith(tuple(watched)):
                with open(os.environ["SRCNN_READS"], "a") as file:
                    file.write(str(Path(path).relative_to(root)) + "\n")

    sys.addaudithook(note)


_watch()
del _watch
