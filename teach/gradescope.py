"""`python -m teach gradescope PS`: write the zip that Gradescope takes as the autograder of a set.

Upload it at Assignment, Configure Autograder. Gradescope builds a machine from it, which takes some minutes, and then
grades each submission when it comes, with the same checks and the same variants as `make grade`.
"""

import argparse
import csv
import io
import json
import subprocess
import zipfile
from pathlib import Path

from srcnn import InputError
from srcnn.files import atomic_write
from teach import questions, roster
from teach.on_gradescope import hashed

ROOT = questions.ROOT
SETUP = """#!/usr/bin/env bash
# Run once, when Gradescope builds the machine. bubblewrap keeps students' code apart, where the machine lets it.
set -euo pipefail
apt-get update
apt-get install -y --no-install-recommends python3 python3-pip python3-venv bubblewrap
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --quiet {packages} /autograder/source/course
chmod -R go-rwx /autograder/source
"""
RUN = """#!/usr/bin/env bash
# Run for each submission.
cd /autograder/source/course
PYTHONPATH=. exec /autograder/venv/bin/python -m teach.on_gradescope /autograder
"""
PACKAGES = ("tensorflow", "opencv-python-headless", "jupytext", "psutil", "pyyaml", "tomli")
"""What the grader needs beside the course's own package; jupytext brings nbformat."""
HELD = ("srcnn", "teach", "results", "data/*.csv", "pyproject.toml", "README.md", "LICENSE")


def files(ps):
    """The files of the course that the autograder needs: not the set's master, which holds the solutions."""
    listed = subprocess.run(["git", "ls-files", "-z", *HELD], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        raise InputError(f"{ROOT} is not a git repository: the autograder is made of what git knows")
    here = [path for path in questions.folder(ps).iterdir() if path.is_file() and path.name != "master.md"]
    return sorted(filter(None, listed.stdout.split("\0"))) + [str(path.relative_to(ROOT)) for path in sorted(here)]


def pseudonyms(path):
    """The roster without names, and with hashes for e-mail addresses."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["student", "name", "email", "gradescope"], lineterminator="\n")
    writer.writeheader()
    for one in roster.read(path).values():
        email = hashed(one.email) if one.email else ""
        writer.writerow({"student": one.student, "email": email, "gradescope": one.gradescope})
    return out.getvalue()


def build(ps, people, secret):
    """The bytes of the zip. people: the path of the roster."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("setup.sh", SETUP.format(packages=" ".join(PACKAGES))), ("run_autograder", RUN)):
            member = zipfile.ZipInfo(name)
            member.external_attr = 0o755 << 16
            archive.writestr(member, text)
        for name in files(ps):
            archive.write(ROOT / name, f"course/{name}")
        archive.writestr("course/set.json", json.dumps({"set": ps}))
        archive.writestr("course/private/roster.csv", pseudonyms(people))
        archive.writestr("course/private/secret", secret)
    return out.getvalue()


def main(words):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m teach gradescope", description=__doc__)
    parser.add_argument("ps", metavar="PS", help="the number of the problem set")
    parser.add_argument("--out", type=Path, help="the zip (default: private/gradescope-psN.zip)")
    options = parser.parse_args(words)
    ps, private = int(questions.folder(options.ps).name.removeprefix("ps")), ROOT / "private"
    for name, wanted in (("roster.csv", "student, name, email"), ("secret", "")):
        if not (private / name).is_file():
            made = f"a table with the columns {wanted}" if wanted else "`make assignment` writes it"
            raise InputError(f"there is no private/{name}: {made}")
    target = options.out or private / f"gradescope-ps{ps}.zip"
    data = build(ps, private / "roster.csv", (private / "secret").read_bytes())
    with atomic_write(target) as temporary:
        Path(temporary).write_bytes(data)
    print(target)
