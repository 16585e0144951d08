"""Grade the submissions to a problem set: several at a time, each in processes of its own, and resumable.

Each submission has a process of the grader, in which the checks run, and a sandbox, in which the student's code runs.
What came out is written to results/STUDENT.json at once; all pages and tables are made from these files.
"""

import functools
import hashlib
import json
import multiprocessing
import os
import resource
import signal
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path

from srcnn import InputError
from srcnn.files import atomic_write, make_folder
from teach import feedback, intake, late, notebook, questions, sandbox
from teach import roster as class_list
from teach.proxy import Student
from teach.wire import Stopped

VERDICTS = ("right", "partly", "wrong", "not written", "missing", "timeout", "memory", "crashed", "refused")


@dataclass(frozen=True)
class Job:
    """All that the grading of one submission needs."""

    ps: int
    student: str
    submission: intake.Submission
    secret: bytes
    seed: int
    how: str
    limits: sandbox.Limits
    result: Path
    code: bytes

    def seed_of(self, question):
        """The seed of a question's random inputs: another one for each student, and the same one each time."""
        digest = hashlib.sha256(f"{self.seed}\n{self.student}\n{question}".encode()).digest()
        return int.from_bytes(digest[:4], "big")

    def variant(self, question):
        """The student's variant: everybody's if there is no secret, since nobody was given another."""
        return questions.variant_of(self.secret, self.student if self.secret else questions.PUBLIC, question)

    @functools.cached_property
    def digest(self):
        """Changes whenever the result might: with the file, the seed, the variants, the set or the checks."""
        variants = {question: self.variant(question) for question in questions.load(self.ps)}
        told = [self.student, self.seed, self.submission.file, self.submission.problem, variants]
        return _sha(json.dumps(told).encode(), self.submission.data, self.code)


def grade(
    ps, source, out, *, roster=None, secret=b"", seed=None, workers=None, trusted=False, limits=None, report=print
):
    """Grade all submissions of a download into the folder `out`; returns how often each verdict was given.

    seed: what all random inputs follow from; None takes the last run's, or a new one. Raises: InputError.
    """
    ps = int(Path(questions.folder(ps)).name[2:])
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers can grade nothing: give 1 or more, or leave it out")
    how, rule = sandbox.demand(trusted), late.Rule.read(ps, Path(out) / "late.csv")
    people = class_list.read(roster) if roster else None
    submissions, strays = intake.collect(source, people)
    people = people or {student: class_list.Person(student) for student in sorted(submissions)}
    results = make_folder(Path(out) / "results")
    seed = _seed(Path(out) / "run.json", ps, seed)
    report(f"problem set {ps}, {len(submissions)} submissions, seed {seed}, {how}")
    if strays:
        report(f"{len(strays)} file{'s' * (len(strays) > 1)} of nobody on the roster: see review.csv")
    options = {"secret": secret, "seed": seed, "how": how, "limits": limits, "workers": workers, "report": report}
    found = grade_each(ps, submissions, results, **options)
    feedback.write(ps, Path(out), people, found, rule, secret, strays)
    counts = Counter(answer["verdict"] for result in found.values() for answer in result["questions"].values())
    return {verdict: counts[verdict] for verdict in VERDICTS}


def grade_each(ps, submissions, folder, *, secret, seed, how, limits=None, workers=None, report=print):
    """{student: the result} of {student: Submission}; each is kept in the folder, and is not found out again."""
    jobs, code = [], _code(ps)
    for student, submission in submissions.items():
        place = Path(folder) / f"{feedback.file_name(student)}.json"
        jobs.append(Job(ps, student, submission, secret, seed, how, limits or sandbox.Limits(), place, code))
    todo = [job for job in jobs if _known(job) is None]
    if len(todo) < len(jobs):
        report(f"{len(jobs) - len(todo)} of them are graded already")
    _run(todo, workers or os.cpu_count() or 1, report)
    return {job.student: _known(job) for job in jobs}


def _code(ps):
    """Changes with the questions of the set, the checks and the grader."""
    folders = questions.folder(ps), sandbox.ROOT / "srcnn" / "checks", sandbox.ROOT / "teach"
    return _sha(*(path.read_bytes() for folder in folders for path in sorted(folder.glob("*.py")))).encode()


def _sha(*parts):
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _seed(path, ps, seed):
    """The seed, kept in run.json. Raises: InputError if the folder belongs to another set."""
    try:
        before = json.loads(path.read_text())
        known = int(before["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        before, known = {"set": ps}, None
    if before.get("set") != ps:
        raise InputError(f"{path.parent} holds the grades of set {before.get('set')}, not {ps}; give another --out")
    seed = seed if seed is not None else known if known is not None else int.from_bytes(os.urandom(4), "big")
    _write(path, {"set": ps, "seed": seed})
    return seed


def _known(job):
    """What was found before about exactly this submission; or None."""
    try:
        result = json.loads(job.result.read_text(encoding="utf-8"))
        return result if result["digest"] == job.digest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _run(jobs, workers, report):
    """Grade each job in a process of its own, so many at a time; one that dies costs nobody else anything."""
    context = multiprocessing.get_context("fork" if sys.platform != "win32" else "spawn")
    left, running, done = list(reversed(jobs)), {}, 0
    try:
        while left or running:
            while left and len(running) < workers:
                job = left.pop()
                process = context.Process(target=_work, args=(job,))
                process.start()
                running[process.sentinel] = process, job
            for sentinel in connection.wait(list(running)):
                process, job = running.pop(sentinel)
                process.join()
                if _known(job) is None:
                    _write(job.result, _all_the_same(job, "crashed", "the grader's process for this submission ended"))
                done += 1
                report(f"{done} of {len(jobs)}: {job.student}, {_summary(_known(job))}")
    finally:
        for process, _ in running.values():
            process.terminate()
            process.join()


def _summary(result):
    counts = Counter(answer["verdict"] for answer in result["questions"].values())
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "nothing to grade"


def _work(job):
    """The process of one submission. It has limits of its own: a student's code may call what a check hands to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of Ctrl-C, and ends this process
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    warnings.simplefilter("ignore")
    for what, most in ((resource.RLIMIT_AS, 2 * job.limits.memory), (resource.RLIMIT_CPU, 300)):
        resource.setrlimit(what, (most, resource.getrlimit(what)[1]))
    _write(job.result, result_of(job))


def result_of(job):
    """What came out of one submission, as results/STUDENT.json holds it."""
    if job.submission.problem:
        return _all_the_same(job, "refused", job.submission.problem)
    try:
        given = notebook.read(job.submission.data)
    except InputError as error:
        return _all_the_same(job, "refused", str(error))
    result, notes = _all_the_same(job, "refused", "not graded"), []
    if given.student not in (None, questions.PUBLIC, job.student):
        notes.append(("made for another student", f"the notebook says {given.student[:80]!r}"))
    if given.set not in (None, str(job.ps)):
        notes.append(("another set", f"the notebook says {given.set[:20]!r}"))
    with Student(given.cells, job.how, job.limits) as student:
        for name, question in questions.load(job.ps).items():
            seed = job.seed_of(name)
            verdict, hint = _verdict(student, question, seed, job.variant(name))
            points = {"right": question.points, "partly": question.points / 2}.get(verdict, 0)
            result["questions"][name] |= {"verdict": verdict, "points": points, "hint": hint, "seed": seed}
        cells = [f"code cell {number}: {text[:200]}" for number, text in sorted(student.raised.items())]
        cells += [f"code cell {number}: {why}" for number, (_, why) in sorted(student.stopped.items())]
    notes += [("a cell was ended", text) for text in cells[len(student.raised) :]]
    for name, answer in result["questions"].items():
        if answer["verdict"] in ("timeout", "memory", "crashed", "refused"):
            notes.append((f"{name}: {answer['verdict']}", answer["hint"]))
    written = {name: given.answers.get(name, "")[:50_000] for name in questions.written(job.ps)}
    return result | {"cells": cells, "written": written, "notes": result["notes"] + notes}


def _verdict(student, question, seed, variant):
    """(verdict, hint) of one question."""
    try:
        if not student.has(question.function):
            return "missing", f"the notebook defines no function {question.function}; it is found by this name alone"
        function = student.function(question.function)
        hint = question.check(function, seed=seed, **variant)
        if hint is None:
            return "right", None
        if hint.startswith("not written yet"):
            return "not written", hint
        half = question.partly is not None and question.partly(function, seed=seed, **variant) is None
        return ("partly" if half else "wrong"), hint
    except Stopped as stop:
        return stop.verdict, str(stop)


def _all_the_same(job, verdict, hint):
    """The result of a submission that was not run: the same verdict for each question."""
    asked = questions.load(job.ps).items()
    submission = job.submission
    one = {"verdict": verdict, "points": 0, "hint": hint}
    return {
        "student": job.student, "file": submission.file, "digest": job.digest, "late": submission.late,
        "submitted": submission.submitted.isoformat() if submission.submitted else None,
        "questions": {name: one | {"possible": q.points, "seed": job.seed_of(name)} for name, q in asked},
        "written": {}, "cells": [], "notes": [*submission.notes, *([] if hint == "not graded" else [(verdict, hint)])],
    }  # fmt: skip


def _write(path, found):
    with atomic_write(path) as temporary:
        Path(temporary).write_text(
            json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8", errors="backslashreplace"
        )
