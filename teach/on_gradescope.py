"""What run_autograder runs at Gradescope: the same grader, for one submission, and its verdicts as results.json.

Gradescope puts the submission into /autograder/submission and says in submission_metadata.json whose it is. The zip
(teach/gradescope.py) holds the roster with the e-mail addresses as hashes, so that no student's code can read them.
"""

import csv
import json
import os
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from srcnn import InputError
from srcnn.files import atomic_write
from teach import grading, intake, sandbox

COURSE = Path(__file__).resolve().parent.parent


def hashed(email):
    """What stands in the zip for an e-mail address."""
    return sha256(email.strip().casefold().encode()).hexdigest()


def student_of(metadata, roster):
    """The id of the student who handed in, by e-mail address, or else by Gradescope's number."""
    users = metadata.get("users", [])
    with roster.open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    for user in users:
        for one in people:
            if one["email"] == hashed(user.get("email") or "") or one["gradescope"] == str(
                user.get("sid") or user.get("id")
            ):
                return one["student"]
    who = ", ".join(str(user.get("email")) for user in users) or "nobody"
    raise InputError(f"{who} is not on the roster of this autograder: your instructor can add you, and upload it again")


def results(found, how):
    """Gradescope's results.json for what the grader found: a test for each coding question."""
    tests = [
        {"name": f"Question {name}", "score": one["points"], "max_score": one["possible"],
         "output": ": ".join(filter(None, [one["verdict"], one.get("hint")])), "visibility": "visible"}
        for name, one in found["questions"].items()
    ]  # fmt: skip
    notes = [": ".join(map(str, filter(None, note))) for note in found.get("notes", [])]
    output = "\n".join(["Written questions are read by a person; they are not in this score.", *notes])
    return {"output": output, "visibility": "visible", "stdout_visibility": "hidden", "tests": tests,
            "extra_data": {"sandbox": how}}  # fmt: skip


def grade(root, course=COURSE):
    """What results.json says of the submission below `root`."""
    facts = json.loads((course / "set.json").read_text())
    metadata = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
    student = student_of(metadata, course / "private" / "roster.csv")
    handed_in = intake.notebooks(root / "submission")
    if len(handed_in) != 1:
        raise InputError(f"you handed in {len(handed_in)} notebooks; one is wanted, the file that you were given")
    secret, seed = (course / "private" / "secret").read_bytes().strip(), int.from_bytes(os.urandom(4), "big")
    how = sandbox.kind()
    options = {"secret": secret, "seed": seed, "how": how or "trusted", "workers": 1}
    with tempfile.TemporaryDirectory() as folder:
        found = grading.grade_each(facts["set"], {student: handed_in[0]}, folder, **options)
    return results(found[student], how or "none")


def main(root):
    """Write results.json, also when the submission cannot be graded: the student reads why."""
    try:
        said = grade(root)
    except (InputError, FileNotFoundError) as error:
        said = {"score": 0, "output": str(error), "visibility": "visible"}
    (root / "results").mkdir(exist_ok=True)
    with atomic_write(root / "results" / "results.json") as temporary:
        Path(temporary).write_text(
            json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8", errors="backslashreplace"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "/autograder"))
