"""What a learning platform lets an instructor download: whose file is whose, when it came, and what is in it.

A zip or a folder of Canvas, Moodle or Gradescope, or plain names. Nothing is unpacked to the disk: members of a zip are
read into memory, up to a limit, so a path that leaves the folder or a link leads nowhere.
"""

import re
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

import yaml

from srcnn import InputError
from teach import notebook

MOST = 20 * 2**20
"""Bytes of one notebook."""
FILES = 20_000
"""Files of one download."""
FORMS = {
    "moodle": re.compile(r"(?P<name>.+)_(?P<moodle>\d+)_assignsubmission_.*"),
    "canvas": re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<canvas>\d+)_\d+_.*"),
    "gradescope": re.compile(r"(?P<key>submission_(?P<gradescope>\d+))"),
}
"""How the platforms name a student's file or folder."""
UNSAFE = re.compile(r"[^\w.@+-]+")
"""What is no part of a file's name."""


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
    listed = [one for one in files if one[0].name == "submission_metadata.yml"]
    metadata = dict(item for _, read, *_ in listed for item in _gradescope(read()).items())
    for path, read, written, problem in (one for one in files if one not in listed):
        who = _whose(path, metadata)
        new = Submission(str(path), b"", written, who.get("submitted"), bool(who.get("late")), problem)
        if not problem:
            _fill(new, read)
        student, detail = _matched(who, people)
        if student is None:
            strays.append((str(path), "belongs to nobody", detail + _made_for(new, people or {})))
            continue
        found.setdefault(student, []).append(new)
    return {student: _latest(several) for student, several in found.items()}, strays


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


def _gradescope(data):
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
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"submission_metadata.yml is not as Gradescope writes it: {str(error)[:200]}") from None


def _whose(path, metadata):
    """What a path says about its student: some of name, names, student, email, canvas, moodle, submitted, late."""
    for part in path.parts:
        for form in FORMS.values():
            if found := form.fullmatch(part):
                about = found.groupdict()
                return about | metadata.get(about.get("key"), {})
    return {"names": [*path.parts[:-1], path.stem]}


def _matched(who, people):
    """(the student, None), or (None, why nobody is)."""
    names = [name for name in [who.get("name"), *who.get("names", [])] if name]
    if people is None:
        plain = who.get("student") or (names[:1] or [who.get("key", "")])[0]
        return UNSAFE.sub("_", re.sub(r"^PS\d+_", "", plain)) or None, "it has no name"
    for key in ("canvas", "moodle", "gradescope", "student", "email"):
        fits = [one.student for one in people.values() if who.get(key) and getattr(one, key) == who[key]]
        if len(fits) == 1:
            return fits[0], None
    for name in names:
        fits = [
            one.student for one in people.values() if one.student == name or _squeezed(name) in _spellings(one.name)
        ]
        if not fits:
            fits = [one for one in people if re.search(rf"(^|[\s_-]){re.escape(UNSAFE.sub('_', one))}([\s_-]|$)", name)]
        if len(fits) == 1:
            return fits[0], None
        if fits:
            return None, f"{name!r} fits {' and '.join(fits)}; put the platform's numbers into the roster"
    return None, f"nobody on the roster is called {(names or ['?'])[-1]!r}"


def _squeezed(text):
    """A name without case, spaces and punctuation, as Canvas writes it."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _spellings(name):
    """ "Ada Lovelace", "Lovelace, Ada", "lovelaceada", and all of these without accents."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    found = set()
    for spelling in (name, plain):
        words = spelling.replace(",", " ").split()
        found |= {_squeezed("".join(words[k:] + words[:k])) for k in range(len(words))}
    return found
