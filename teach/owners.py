"""Whose file it is: what Canvas, Moodle, Gradescope or a plain name say, and who on the roster that is."""

import re
import unicodedata
from pathlib import PurePosixPath

from teach.roster import plain

FORMS = {
    "moodle": re.compile(r"(?P<name>.+)_(?P<moodle>\d+)_assignsubmission_.*"),
    "canvas": re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<canvas>\d+)_\d+_.*"),
    "gradescope": re.compile(r"(?P<key>submission_(?P<gradescope>\d+))"),
}
"""How the platforms name a student's file or folder."""
OURS = re.compile(r"^PS\d+_")
"""How the name of a notebook begins that `make assignment` wrote; the student's id follows."""
A_SET = re.compile(r"(?i)(?<![^\W_])(?:ps|set|assignment|homework|hw|sheet)[\s_-]*\d+(?![^\W_])")
"""A number that is a set's and nobody's id."""


def platform(path):
    """[(the place of a part that a platform wrote, what it says)], outermost first: what is inside is a student's."""
    forms = [(place, form.fullmatch(part)) for place, part in enumerate(path.parts) for form in FORMS.values()]
    return [(place, found.groupdict()) for place, found in forms if found]


def whose(path, metadata):
    """What a path says about its student: some of name, names, student, email, canvas, moodle, submitted, late."""
    for place, about in platform(path)[:1]:
        return about | metadata.get(PurePosixPath(*path.parts[:place]), {}).get(about.get("key"), {})
    return {"names": [*path.parts[:-1], path.stem]}


def matched(who, people):
    """(the student, None), or (None, why nobody is)."""
    names = [name for name in [who.get("name"), *who.get("names", [])] if name]
    if people is None:
        first = who.get("student") or (names[:1] or [who.get("key", "")])[0]
        return plain(OURS.sub("", first)) or None, "it has no name"
    for key in ("canvas", "moodle", "gradescope", "student", "email"):
        same = str.casefold if key == "email" else str
        fits = [one.student for one in people.values() if who.get(key) and same(getattr(one, key)) == same(who[key])]
        if len(fits) == 1:
            return fits[0], None
    for rule in (_named, _inside):
        found = {name: fits for name in names if (fits := rule(name, people))}
        fits = list(dict.fromkeys(student for several in found.values() for student in several))
        if len(fits) == 1:
            return fits[0], None
        if fits:
            advice = "put the platform's numbers into the roster"
            if "names" in who:
                advice = "rename it, or its folder, so that it has the id of one student alone"
            return None, f"{'/'.join(found)!r} fits {' and '.join(fits)}; {advice}"
    return None, f"nobody on the roster is called {(names or ['?'])[-1]!r}"


def _named(name, people):
    """The students whose id or name this is."""
    name = name if name in people else OURS.sub("", name)
    fits = [one.student for one in people.values() if one.student == name or _squeezed(name) in _spellings(one.name)]
    return fits or [student for student in people if plain(student) == name]


def _inside(name, people):
    """The students whose ids stand in a name, longest first: where anna-lena stands, anna does not."""
    name, fits = A_SET.sub("|", name), []
    for student in sorted(people, key=len, reverse=True):
        written = "|".join(map(re.escape, {student, plain(student)}))
        name, found = re.subn(rf"(?<![^\s_-])(?:{written})(?![^\s_-])", "|", name)
        fits += [student] * bool(found)
    return fits


def _squeezed(text):
    """A name without case, spaces and punctuation, as Canvas writes it."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _spellings(name):
    """ "Ada Lovelace", "Lovelace, Ada", "lovelaceada", and all of these without accents."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    found = set()
    for spelling in (name, bare):
        words = spelling.replace(",", " ").split()
        found |= {_squeezed("".join(words[k:] + words[:k])) for k in range(len(words))}
    return found
