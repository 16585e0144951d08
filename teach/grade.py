"""`python -m teach grade PS FROM`: grade what students handed in; teach/README.md says what is read and written."""

import argparse
import sys
from pathlib import Path

from srcnn import InputError
from teach import grading, questions


def main(words):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m teach grade", description=__doc__.partition(": ")[2])
    parser.add_argument("ps", metavar="PS", help="the number of the problem set")
    parser.add_argument("source", metavar="FROM", help="a zip or folder of Canvas, Moodle, Gradescope, or plain names")
    parser.add_argument("--roster", help="the students (default: private/roster.csv, if there is one)")
    parser.add_argument("--out", help="the folder for all that is written (default: private/grades/psN)")
    parser.add_argument(
        "--seed", type=int, help="what random inputs follow from (default: the last run's, or a new one)"
    )
    parser.add_argument("--workers", type=int, help="submissions at a time (default: one for each processor)")
    parser.add_argument("--trusted", action="store_true", help="run students' code without a sandbox")
    chosen = parser.parse_args(words)
    private = questions.ROOT / "private"
    if not chosen.source.strip() or questions.ROOT.is_relative_to(Path(chosen.source).expanduser().resolve()):
        raise InputError(
            f"FROM is {chosen.source!r}; give the zip or the folder that your platform let you download, such as "
            "FROM=private/submissions.zip"
        )
    ps = questions.folder(chosen.ps).name
    roster = chosen.roster or (private / "roster.csv" if (private / "roster.csv").exists() else None)
    secret = (private / "secret").read_bytes().strip() if (private / "secret").exists() else b""
    out = Path(chosen.out or private / "grades" / ps)
    options = {"seed": chosen.seed, "workers": chosen.workers, "trusted": chosen.trusted}
    try:
        counts = grading.grade(ps[2:], chosen.source, out, roster=roster, secret=secret, **options)
    except KeyboardInterrupt:
        print("\nstopped; what is graded is kept, and the same command goes on from here", file=sys.stderr)
        sys.exit(130)
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count) or "no submissions")
    print(f"{out / 'grades.csv'}\n{out / 'review.csv'}, what a person should look at")
