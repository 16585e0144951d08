"""What a learning platform lets an instructor download: the files, when they came, and what is in them.

A zip or a folder of Canvas, Moodle or Gradescope, or plain names. Nothing is unpacked to the disk: members of a zip are
read into memory, up to a limit, so a path that leaves the folder or a link leads nowhere.
"""

import re
import stat
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

import yaml

from srcnn import InputError
from srcnn.files import one_line
from teach import notebook, owners

MOST = 20 * 2**20
"""Bytes of one notebook."""
FILES = 20_000
"""Files of one download."""


@dataclass
class Submission:
    """One file of a student. problem: why it cannot be graded, or None; notes: (what, detail), for review.csv."""

    file: str
    data: bytes = b""
    written: datetime | None = None  # when the file was written: orders two submissions, and proves nothing
    submitted: datetime | None = None  # when the platform says that it came
    late: bool = False  # Canvas says so, without a time
    problem: str | None = None
    notes: list = field(default_factory=list)


def collect(source, people=None):
    """({student: Submission}, [(file, what, detail)] for files of nobody): what counts of each student.

    people: the roster, {student: Person}; without it, each name is a student. Raises: InputError.
    """
    found, strays = {}, []
    source = Path(source).expanduser()
    files = list(_files(source))
    if len(files) > FILES:
        raise InputError(f"{source} holds {len(files)} files; {FILES} are read at most, so give one set's submissions")
    metadata, rest = _metadata(files)
    for path, *about in rest:
        who = owners.whose(path, metadata)
        new = _submission(path, *about, submitted=who.get("submitted"), late=bool(who.get("late")))
        student, detail = owners.matched(who, people)
        if student is None:
            strays.append((str(path), "belongs to nobody", detail + _made_for(new, people or {})))
            continue
        found.setdefault(student, []).append(new)
    return {student: _latest(several) for student, several in found.items()}, strays


def notebooks(folder):
    """[Submission] of every notebook in a folder, whosever they are."""
    return [_submission(*one) for one in _files(Path(folder)) if one[0].suffix.lower() == ".ipynb"]


def _submission(path, read, written, problem, **about):
    new = Submission(str(path), b"", written, problem=problem, **about)
    if not problem:
        _fill(new, read)
    return new


def _made_for(submission, people):
    """What a notebook that fits nobody says itself, as words to be added: it proves nothing, but it helps."""
    try:
        said = notebook.read(submission.data).student
    except InputError:
        said = None
    if said not in people:
        return ""
    return f"; its notebook was made for {said}: if it is theirs, put the platform's number of {said} into the roster"


def _fill(submission, read):
    try:
        submission.data = read()
    except (OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        submission.problem = f"the file cannot be read: {error}"
    if submission.data[:4] == b"PK\x03\x04":
        submission.problem = "this is a zip inside the download; the notebook itself is wanted"
    elif not submission.data.strip():
        submission.problem = submission.problem or "the file is empty"


def _latest(several):
    """What counts: notebooks before other files, then the last one; Canvas appends -1, -2 where times are equal."""

    def place(one):
        path = PurePosixPath(one.file)
        again = re.search(r"-(\d+)$", path.stem)
        when = (one.submitted or one.written).timestamp()
        return path.suffix.lower() == ".ipynb", not one.problem, when, int(again[1]) if again else 0, one.file

    *others, last = sorted(several, key=place)
    notebooks = [one.file for one in others if one.file.lower().endswith(".ipynb")]
    if notebooks:
        last.notes.append(("submitted more than once", f"{last.file} counts, and not {', '.join(notebooks)}"))
    return last


def _files(source):
    """(path inside, read, when it was written, problem) of every submitted file."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            inside = PurePosixPath(path.relative_to(source).as_posix())
            if not _hidden(inside) and (path.is_symlink() or path.is_file()):
                status = path.lstat()
                problem = "this is a link" if path.is_symlink() else _too_large(status.st_size)
                yield inside, path.read_bytes, datetime.fromtimestamp(status.st_mtime).astimezone(), problem
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for member in archive.infolist():
                inside = PurePosixPath(_name_of(member).replace("\\", "/"))
                if not member.is_dir() and not _hidden(inside):
                    yield inside, *_member(archive, member, inside)
    else:
        raise InputError(f"{source} is neither a folder nor a zip; give what your learning platform let you download")


def _member(archive, member, inside):
    """(read, when it was written, problem) of a file in a zip."""
    problem = _too_large(member.file_size)
    if stat.S_ISLNK(member.external_attr >> 16):
        problem = "this is a link"
    if inside.is_absolute() or ".." in inside.parts:
        problem = "its path leads out of the download"

    def read():
        with zipfile.ZipFile(archive.filename) as again, again.open(member) as file:
            data = file.read(MOST + 1)  # whatever the zip says of its size
        if len(data) > MOST:
            raise ValueError(_too_large(len(data)))
        return data

    try:
        written = datetime(*member.date_time).astimezone()
    except (ValueError, OverflowError):
        written = datetime.fromtimestamp(0).astimezone()
    return read, written, problem


def _name_of(member):
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")  # many programs write UTF-8 and do not say so
    except UnicodeError:
        return member.filename


def _hidden(path):
    return any(part.startswith(("__MACOSX", ".")) and part != ".." for part in path.parts)


def _too_large(size):
    return f"the file has {size >> 20} MiB, and a notebook {MOST >> 20} at most" if size > MOST else None


def _metadata(files):
    """What Gradescope says of the folders beside its submission_metadata.yml, {folder: {"submission_1": {...}}}, and
    the other files. What a student calls so lies inside a submission, and is a file like any other."""
    homes = {PurePosixPath(*path.parts[:place]) for path, *_ in files for place, _ in owners.platform(path)[:1]}
    found, rest = {}, []
    for path, read, written, problem in files:
        if path.name == "submission_metadata.yml" and path.parent in homes and not owners.platform(path):
            given = _submission(path, read, written, problem)
            if given.problem:
                raise InputError(f"{path}, which says whose the submissions are, cannot be used: {given.problem}")
            found[path.parent] = _gradescope(given.data, path)
        else:
            rest.append((path, read, written, problem))
    return found, rest


def _gradescope(data, path):
    """{"submission_1": {"name", "student", "email", "submitted"}} of Gradescope's submission_metadata.yml."""
    try:
        listed = yaml.safe_load(data)
        found = {}
        for key, about in listed.items():
            about = {str(name).strip(":"): value for name, value in about.items()}
            first = {str(name).strip(":"): value for name, value in (about.get("submitters") or [{}])[0].items()}
            when = about.get("created_at")
            when = datetime.fromisoformat(when) if isinstance(when, str) else when
            when = when.replace(tzinfo=when.tzinfo or timezone.utc) if when else None
            texts = {"name": first.get("name"), "student": first.get("sid"), "email": first.get("email")}
            found[key] = {name: str(text or "") for name, text in texts.items()} | {"submitted": when}
        return found
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, LookupError, RecursionError) as error:
        raise InputError(f"{path} is not as Gradescope writes it: {one_line(error)[:200]}") from None
