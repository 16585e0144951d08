"""What comes of the results: a page for each student, the written answers side by side, grades.csv and review.csv."""

import csv
import hashlib
import hmac
import io
import re
from html import escape
from pathlib import Path

from srcnn import InputError
from srcnn.files import atomic_write, make_folder
from teach import questions, roster

STYLE = """body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }
table { border-collapse: collapse; width: 100% } td, th { padding: .4rem; border-bottom: 1px solid #8888;
text-align: left; vertical-align: top } pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }
section { border-top: 2px solid #8888; margin-top: 2rem } small { opacity: .8 }"""
MARKS = ("code", "question", "level", "comment")


def file_name(student):
    """A file's name for a student's id, another one for each; plain ids stay as they are."""
    plain = roster.plain(student)
    if plain != student or plain.startswith("."):
        plain = f"{plain.lstrip('.')}-{hashlib.sha256(student.encode()).hexdigest()[:6]}"
    return plain


def code_of(secret, student, question, text):
    """The code under which a written answer is marked: it names nobody, and another text has another one. It begins
    with a letter that no spreadsheet takes for a part of a number."""
    told = f"{student}\n{question}\n{text}".encode(errors="backslashreplace")  # half a letter is no UTF-8
    return "q" + hmac.new(secret or b"srcnn", told, hashlib.sha256).hexdigest()[:8]


def write(ps, out, people, found, rule, secret, strays):
    """All pages and tables of a set, from the results {student: result}."""
    coding, written, levels = questions.load(ps), questions.written(ps), questions.rubric(ps)
    answers = {name: {} for name in written}  # {question: {code: (text, what is right for this variant)}}
    for student, result in found.items():
        for name in written:
            if text := result["written"].get(name, ""):
                words = questions.words_of(secret, student if secret else questions.PUBLIC, name)
                answers[name][code_of(secret, student, name, text)] = text, words.get("key", "")
    marks = _marks(out / "marks.csv", answers, levels)
    lost = [code for code, (level, _) in marks.items() if level and not any(code in one for one in answers.values())]
    strays = [*strays, *[("marks.csv", "a mark for no answer", f"{code}: the answer has changed") for code in lost]]
    possible = sum(question.points for question in [*coding.values(), *written.values()])
    rows = []
    for student, person in people.items():
        result = found.get(student)
        row = {"student": student, "name": person.name, "email": person.email, "set": ps}
        row |= dict.fromkeys([*coding, *written], 0) | {"points": 0, "possible": possible}
        row |= {"late_days": 0, "late_percent": 0, "total": 0, "status": "nothing"}
        if result:
            given = _written_points(result, written, levels, marks, secret)
            row |= {name: answer["points"] for name, answer in result["questions"].items()}
            row |= {name: "" if points is None else points for name, (points, *_) in given.items()}
            _totals(row, result, given, rule)
            _page(out / "feedback" / f"{file_name(student)}.html", _student_page(row, person, result, given))
        rows.append(row)
    _table(out / "grades.csv", list(rows[0]) if rows else ["student"], _shielded(rows))
    for name in written:
        page = _answers_page(ps, name, levels.get(name, []), answers[name], written[name].points)
        _page(out / "answers" / f"{name}.html", page)
    _table(out / "review.csv", ["student", "file", "what", "detail"], _shielded(_review(found, strays, rule)))


def _written_points(result, written, levels, marks, secret):
    """{question: (points or None if nobody has marked it, level, comment, the level's description)}."""
    given = {}
    for name in written:
        text = result["written"].get(name, "")
        level, comment = marks.get(code_of(secret, result["student"], name, text), ("", ""))
        known = {str(row["level"]): row for row in levels.get(name, [])}
        if not text:
            given[name] = 0, "", "", "nothing is written here"
        elif level in known:
            given[name] = known[level]["points"], level, comment, known[level]["description"]
        else:
            given[name] = None, "", "", "not marked yet"
    return given


def _totals(row, result, given, rule):
    points = sum(answer["points"] for answer in result["questions"].values())
    points += sum(points or 0 for points, *_ in given.values())
    days, percent = rule.cost(result["student"], result["submitted"])
    verdicts = {answer["verdict"] for answer in result["questions"].values()}
    unread = any(points is None for points, *_ in given.values())
    status = "refused" if verdicts in ({"refused"}, {"crashed"}) else "to read" if unread else "graded"
    row |= {"points": points, "late_days": days, "late_percent": percent, "status": status}
    row["total"] = round(points * (1 - percent / 100), 2)


def _marks(path, answers, levels):
    """{code: (level, comment)} of marks.csv, to which a line is added for each new answer. Raises: InputError."""
    rows = []
    if path.exists():
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = [{key: (row[key] or "").strip() for key in MARKS} for row in roster.rows_of(file)]
        except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
            raise InputError(f"cannot read {path}: {error}; its columns are {','.join(MARKS)}, in UTF-8") from None
    for row in rows:
        allowed = [str(level["level"]) for level in levels.get(row["question"], [])]
        if row["level"] and row["level"] not in allowed:
            raise InputError(
                f"{path} gives the answer {row['code']} the level {row['level']!r}; question {row['question']} "
                f"has the levels {', '.join(allowed)}"
            )
    codes = {row["code"] for row in rows}
    rows = [row for row in rows if row["level"] or row["comment"] or row["code"] in answers.get(row["question"], {})]
    new = [(name, code) for name in answers for code in sorted(answers[name]) if code not in codes]
    rows += [{"code": code, "question": name, "level": "", "comment": ""} for name, code in new]
    _table(path, MARKS, rows)
    return {row["code"]: (row["level"], row["comment"]) for row in rows}


def _review(found, strays, rule):
    rows = [{"student": "", "file": file, "what": what, "detail": detail} for file, what, detail in strays]
    for student, result in found.items():
        notes = [*result["notes"]]
        if result["late"] and not result["submitted"] and student not in rule.times:
            notes.append(("late", "the platform says so, and not by how much; write the time into late.csv"))
        if rule.cost(student, result["submitted"])[1] >= 100:
            notes.append(("too late", "no points are left by the late rule"))
        rows += [{"student": student, "file": result["file"], "what": what, "detail": text} for what, text in notes]
    return rows


def _student_page(row, person, result, given):
    lines = []
    for name, answer in result["questions"].items():
        hint = _marked(answer["hint"] or ("as the question asks" if answer["points"] == answer["possible"] else ""))
        seed = f"<br><small>inputs from the seed {answer['seed']}</small>" if answer["verdict"] != "refused" else ""
        lines.append((name, answer["verdict"], f"{answer['points']:g} of {answer['possible']:g}", hint + seed))
    for name, (points, level, comment, description) in given.items():
        said = f"{_marked(description)}{'<br>' if comment else ''}{escape(comment)}"
        lines.append((name, f"level {level}" if level else "", "" if points is None else f"{points:g}", said))
    table = "".join(f"<tr>{''.join(f'<td>{part}</td>' for part in line)}</tr>\n" for line in lines)
    late = f", {row['late_days']} days late, less {row['late_percent']:g} %" if row["late_days"] else ""
    cells = "".join(f"<li>{escape(cell)}</li>" for cell in result["cells"])
    cells = f"<h2>Cells that stopped</h2><p>The others were run all the same.</p><ul>{cells}</ul>" if cells else ""
    unread = "<p>Your written answers have not all been read yet.</p>" if row["status"] == "to read" else ""
    return f"""<h1>Problem set {row["set"]}: {escape(person.name or person.student)}</h1>
<p><b>{row["total"]:g} of {row["possible"]:g} points</b>{late}. Graded from the file {escape(result["file"])}.</p>
{unread}
<table><tr><th>Question</th><th>Result</th><th>Points</th><th>Why</th></tr>
{table}</table>{cells}"""


def _answers_page(ps, name, levels, answers, points):
    rubric = "".join(
        f"<tr><td>{row['level']}</td><td>{row['points']}</td><td>{_marked(row['description'])}</td>"
        f"<td>{_marked(row['sample'] or '')}</td></tr>\n"
        for row in levels
    )
    read = "".join(
        f"<section><h2>{code}</h2><p><small>{_marked(key)}</small></p><pre>{escape(text)}</pre></section>\n"
        for code, (text, key) in sorted(answers.items())
    )
    return f"""<h1>Problem set {ps}, question {name}</h1>
<p>{len(answers)} answers of at most {points:g} points; above each, what is right for its variant.
Write the level of each into marks.csv, under its code.</p>
<table><tr><th>Level</th><th>Points</th><th>What it is</th><th>Sample</th></tr>
{rubric}</table>
{read}"""


def _marked(text):
    """Our own words as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _page(path, body):
    title = path.stem
    page = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{escape(title)}</title><style>{STYLE}</style>
{body}
</html>
"""
    _write(path, page)


def _table(path, columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: f"{cell:g}" if isinstance(cell, float) else cell for key, cell in row.items()})
    _write(path, text.getvalue())


def _shielded(rows):
    """Rows of a table in which what a student chose, such as a file's name, begins no formula in a spreadsheet."""
    return [{key: f"'{cell}" if _formula(cell) else cell for key, cell in row.items()} for row in rows]


def unshielded(cell):
    """What a cell of such a table was before."""
    return cell[1:] if cell[:1] == "'" and _formula(cell[1:]) else cell


def _formula(cell):
    return isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def _write(path, text):
    make_folder(path.parent)
    with atomic_write(path) as temporary:
        Path(temporary).write_text(text, encoding="utf-8", errors="backslashreplace")
