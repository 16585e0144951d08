"""`python -m teach quiz FORMAT`: write the quiz bank, assignments/quiz.csv, for your learning platform.

gift: one text file for Moodle, with a category for each chapter. qti: one zip of QTI 1.2 for each chapter, for Canvas,
where it becomes a quiz (Settings, Import Course Content, QTI .zip file), and for others that read this format.
"""

import argparse
import csv
import html
import random
import re
from dataclasses import dataclass
from pathlib import Path

from srcnn import InputError
from srcnn.files import atomic_write, make_folder

ROOT = Path(__file__).resolve().parent.parent
BANK = ROOT / "assignments" / "quiz.csv"
TYPES = ("choice", "true-false", "number")


@dataclass(frozen=True)
class Item:
    """A question of the bank; `wrong` are the distractors of a choice, `margin` what a number may be off."""

    name: str
    chapter: int
    goal: str
    type: str
    text: str
    answer: str
    wrong: tuple
    why: str
    margin: float = 0.0


def read(path=BANK):
    """The questions of the bank, in order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_item(row, number) for number, row in enumerate(csv.DictReader(file), 2)]


def _item(row, line):
    """A question from its line; one that no platform could take is refused."""
    answer, _, margin = (part.strip() for part in row["answer"].partition("±"))
    wrong = tuple(filter(None, (part.strip() for part in row["distractors"].split(" | "))))
    trouble = {
        "choice": "a choice needs two or more distractors, none of them the answer"
        * (len(wrong) < 2 or answer in wrong),
        "true-false": "the answer is true or false, without distractors"
        * (answer not in ("true", "false") or bool(wrong)),
        "number": "the answer is a number, such as 6.02 ± 0.03"
        * (not _is_number(answer) or not _is_number(margin or "0")),
    }.get(row["type"], f"the type is one of {', '.join(TYPES)}")
    if trouble:
        raise InputError(f"{BANK.name}, line {line}, question {row['question']}: {trouble}")
    return Item(row["question"], int(row["chapter"]), row["goal"], row["type"], row["text"], answer, wrong, row["why"],
                float(margin or 0) if row["type"] == "number" else 0.0)  # fmt: skip


def _is_number(text):
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", text))


def shuffled(item):
    """The answers to a choice, in an order that is the same each time and says nothing."""
    answers = [item.answer, *item.wrong]
    random.Random(item.name).shuffle(answers)
    return answers


def gift(items):
    """The questions in GIFT, Moodle's text format, in a category for each chapter."""
    lines, chapter = [], None
    for item in items:
        if item.chapter != chapter:
            chapter = item.chapter
            lines.append(f"$CATEGORY: Super-resolution/Chapter {chapter}\n")
        why = _gift(item.why)
        if item.type == "number":
            body = f"#{item.answer}:{item.margin:g}"
        elif item.type == "true-false":
            body = item.answer.upper()
        else:
            choices = [f"{'=' if one == item.answer else '~'}{_gift(one)}" for one in shuffled(item)]
            body = "\n".join(["", *choices, ""])
        lines.append(f"::{item.name}::[html]{_gift(item.text)}{{{body}####{why}}}\n")
    return "\n".join(lines)


def _gift(text):
    """Text as HTML, with GIFT's own signs escaped."""
    return re.sub(r"([~=#{}:\\])", r"\\\1", re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False)))


def qti(title, items):
    """The bytes of a zip of QTI 1.2 with a quiz of these questions; text2qti makes it."""
    try:
        from text2qti.config import Config
        from text2qti.qti import QTI
        from text2qti.quiz import Quiz
    except ImportError:
        raise InputError("QTI needs text2qti: .venv/bin/pip install text2qti") from None
    return QTI(Quiz("\n".join([f"Quiz title: {title}\n", *map(_plain, items)]), config=Config())).zip_bytes()


def _plain(item):
    """A question in the notation of text2qti."""
    if item.type == "number":
        whole = item.answer.lstrip("-").isdigit() and not item.margin
        answers = [f"=   {item.answer}" if whole else f"=   {item.answer} +- {item.margin or 1e-4:g}"]
    elif item.type == "true-false":
        both = zip("ab", ("true", "false"), strict=True)
        answers = [f"{'*' * (item.answer == word)}{letter}) {word.title()}" for letter, word in both]
    else:
        both = zip("abcdefgh", shuffled(item), strict=False)
        answers = [f"{'*' * (one == item.answer)}{letter}) {_marked(one)}" for letter, one in both]
    return "\n".join(
        [f"Title: {item.name}", "Points: 1", f"1. {_marked(item.text)}", f"... {_marked(item.why)}", *answers, ""]
    )


def _marked(text):
    """Text with the signs of Markdown escaped, except the backticks of code."""
    parts = re.split("(`[^`]+`)", text)
    return "".join(part if odd % 2 else re.sub(r"([\\*_<\[\]$^~])", r"\\\1", part) for odd, part in enumerate(parts))


def main(words):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m teach quiz", description=__doc__)
    parser.add_argument("format", metavar="FORMAT", help="gift or qti")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "quiz", help="folder (default: _build/quiz)")
    options = parser.parse_args(words)
    if options.format not in ("gift", "qti"):
        raise InputError(f"{options.format!r} is no format of the quiz: give gift (for Moodle) or qti (for Canvas)")
    items, written = read(), {}
    if options.format == "gift":
        written["quiz.gift"] = gift(items).encode()
    else:
        for chapter in sorted({item.chapter for item in items}):
            chosen = [item for item in items if item.chapter == chapter]
            written[f"quiz-{chapter:02d}.zip"] = qti(f"Chapter {chapter}", chosen)
    make_folder(options.out)
    for name, data in written.items():
        with atomic_write(options.out / name) as temporary:
            Path(temporary).write_bytes(data)
        print(options.out / name)
