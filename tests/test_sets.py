"""The problem sets: solutions are right, slips are named, variants differ, and no student sees a solution."""

import importlib
import stat
from pathlib import Path

import nbformat
import numpy as np
import pytest

from srcnn import InputError, catalog
from teach import __main__ as teach
from teach import assignment, questions, roster

SETS = questions.sets()
SECRET = b"a secret of the tests"
STUDENTS = [f"student-{number}" for number in range(20)]
QUESTIONS = [name for ps in SETS for name in questions.load(ps)]
each_set = pytest.mark.parametrize("ps", SETS)
each_question = pytest.mark.parametrize("name", QUESTIONS, ids=str)


def asked(name):
    return questions.load(name[0])[name]


def answers(name, kind):
    """The recorded answers of a question, a function of its variant."""
    return getattr(importlib.import_module(f"answers.ps{name[0]}"), kind).get(name)


def variants(name):
    return [questions.variant_of(SECRET, student, name) for student in STUDENTS]


def notebook(ps, student=STUDENTS[0], **options):
    return assignment.notebook(assignment.master(ps), ps, student, SECRET, **options)


def run(made, wanted=lambda tags: "test" not in tags):
    """What is defined after the code cells whose tags are wanted."""
    namespace = {"__name__": "notebook"}
    for cell in made.cells:
        if cell.cell_type == "code" and wanted(cell.metadata.get("tags", [])):
            exec(compile(cell.source, "<cell>", "exec"), namespace)
    return namespace


def solved(name, student, memory={}):  # noqa: B006
    """The function of the master's solution for a student."""
    ps = int(name[0])
    if (ps, student) not in memory:
        memory[ps, student] = run(notebook(ps, student, solutions=True))
    return memory[ps, student][asked(name).function]


def verdicts(name, function, variant, seed=0):
    """(hint of the check, hint of the weaker one if there is one)."""
    question = asked(name)
    hint = question.check(function, seed=seed, **variant)
    return hint, question.partly(function, seed=seed, **variant) if question.partly else hint


@each_question
@pytest.mark.parametrize("student", STUDENTS)
def test_the_solution_is_right(name, student):
    variant = questions.variant_of(SECRET, student, name)
    for seed in range(5):
        assert verdicts(name, solved(name, student), variant, seed) == (None, None)


@each_set
def test_a_blank_notebook_gets_nothing(ps):
    blank = run(notebook(ps))
    for name, question in questions.load(ps).items():
        for hint in verdicts(name, blank[question.function], questions.variant_of(SECRET, STUDENTS[0], name)):
            assert "not written yet" in hint, name


@each_question
def test_another_students_answer_is_wrong(name):
    mine = questions.variant_of(SECRET, STUDENTS[0], name)
    differing = [student for student in STUDENTS if questions.variant_of(SECRET, student, name) != mine]
    assert differing or mine == {}
    for student in differing:
        assert asked(name).check(solved(name, student), seed=1, **mine), (mine, student)


@each_question
def test_right_answers_are_right_however_written(name):
    for seed, variant in enumerate(variants(name)):
        listed = answers(name, "RIGHT")(**variant)
        assert len(listed) >= 2
        for number, function in enumerate(listed):
            assert verdicts(name, function, variant, seed) == (None, None), (number, variant)


@each_question
@pytest.mark.filterwarnings("ignore")
def test_a_wrong_answer_gets_a_hint_that_names_the_slip(name):
    for seed, variant in enumerate(variants(name)):
        listed = answers(name, "WRONG")(**variant)
        assert len(listed) >= 6
        for number, (function, words) in enumerate(listed):
            hint, _ = verdicts(name, function, variant, seed)
            assert hint and "\n" not in hint, (number, variant)
            words = (words,) if isinstance(words, str) else words
            assert any(word in hint for word in words), (number, variant, hint)


@each_question
@pytest.mark.filterwarnings("ignore")
def test_an_answer_that_is_right_in_part_gets_half(name):
    listed = answers(name, "PARTLY")
    assert (listed is None) == (asked(name).partly is None)
    for seed, variant in enumerate(variants(name)):
        for number, function in enumerate(listed(**variant) if listed else []):
            hint, weaker = verdicts(name, function, variant, seed)
            assert hint and weaker is None, (number, variant, hint, weaker)


@each_question
def test_the_inputs_depend_on_the_seed_alone(name):
    """The same seed asks the same, another one something else."""
    variant = questions.variant_of(SECRET, STUDENTS[0], name)

    def inputs(seed):
        seen, solution = [], solved(name, STUDENTS[0])

        def spy(*arguments, **options):
            answer = solution(*arguments, **options)
            seen.append(repr((arguments if not any(map(callable, arguments)) else None, answer)))
            return answer

        asked(name).check(spy, seed=seed, **variant)
        return seen

    assert inputs(3) == inputs(3) and inputs(3) != inputs(4)


@each_set
def test_points_minutes_and_rubrics_agree(ps):
    coded, written, rubric = questions.load(ps), questions.written(ps), questions.rubric(ps)
    assert len(written) == 2 and list(rubric) == list(written)
    assert sum(question.points for question in coded.values()) == 40
    assert sum(question.points for question in written.values()) == 40
    text = (questions.folder(ps) / "master.md").read_text()
    total = sum(question.minutes for question in (coded | written).values())
    assert 105 <= total <= 185 and f"About {total} minutes" in text
    for name, question in (coded | written).items():
        kind = ", in words" if name in written else ""
        assert f"## Question {name} ({question.minutes} minutes, {question.points} points{kind})" in text
    for name, levels in rubric.items():
        assert [level["level"] for level in levels] == [0, 1, 2, 3, 4]
        assert [level["points"] for level in levels] == [written[name].points * share // 4 for share in range(5)]
        assert all(level["description"].strip() for level in levels)
        assert all(level["sample"].strip() for level in levels[1:])


@each_set
def test_no_line_of_a_solution_is_in_a_students_file(ps, tmp_path):
    students = dict.fromkeys(STUDENTS[:5], "")
    source = assignment.master(ps)
    open_to_all = {
        line.strip()
        for cell in source.cells
        if "solution" not in cell.metadata.get("tags", [])
        for line in cell.source.splitlines()
    }
    for path, student in zip(assignment.write(ps, students, SECRET, tmp_path), students, strict=True):
        given = {line.strip() for cell in nbformat.read(path, 4).cells for line in cell.source.splitlines()}
        secret = 0
        for cell in notebook(ps, student, solutions=True).cells:
            if "solution" in cell.metadata.get("tags", []):
                lines = {line.strip() for line in cell.source.splitlines()} - {""}
                hidden = {line for line in lines - open_to_all if not line.startswith(("def ", '"""'))}
                assert hidden and not hidden & given, hidden & given
                secret += len(hidden)
        assert secret > 20
        text = path.read_text()
        for name, question in (questions.load(ps) | questions.written(ps)).items():
            key = questions.words_of(SECRET, student, name).get("key")
            assert key is None or key not in text
            assert name in text and (name in questions.written(ps) or f"def {question.function}(" in text)
        assert "{{" not in text


@each_set
def test_a_written_answer_can_be_found(ps):
    cells = [cell for cell in notebook(ps).cells if "written" in cell.metadata.get("tags", [])]
    assert [cell.metadata["question"] for cell in cells] == list(questions.written(ps))
    for cell in cells:
        assert cell.source.startswith(f"### Answer to question {cell.metadata['question']}\n")
        key = questions.words_of(SECRET, STUDENTS[0], cell.metadata["question"])["key"]
        assert key and "\n" not in key


@each_set
def test_the_notebook_runs_with_the_solutions_and_its_self_checks_agree(ps, capsys):
    run(notebook(ps, solutions=True), wanted=lambda tags: True)
    printed = capsys.readouterr().out
    for name in questions.load(ps):
        assert f"{name}: ✓" in printed
    assert "✗" not in printed and "not written" not in printed


@each_set
def test_the_notebook_runs_as_it_is_handed_out(ps, capsys):
    run(notebook(ps), wanted=lambda tags: "slow" not in tags)
    printed = capsys.readouterr().out
    assert "✗" not in printed and "✓" not in printed and printed.count("not written yet") >= len(questions.load(ps))


@each_set
def test_the_same_secret_gives_the_same_bytes(ps, tmp_path):
    students = {"ada": "Ada", "林": "小林"}
    first, again, other = (
        [path.read_bytes() for path in assignment.write(ps, students, secret, tmp_path / folder)]
        for folder, secret in (("1", SECRET), ("2", SECRET), ("3", b"another secret, as long"))
    )
    assert first == again and first != other
    assert first[0] != first[1]


def test_the_public_variant_needs_no_secret():
    for name in QUESTIONS:
        assert questions.variant_of(b"one", questions.PUBLIC, name) == questions.variant_of(b"", "public", name)


@pytest.fixture
def class_list(tmp_path):
    def make(text, encoding="utf-8"):
        path = tmp_path / "roster.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return make


def test_a_notebook_for_each_of_200_students(class_list, tmp_path, capsys):
    path = class_list("student,name\n" + "".join(f"s{n},Name {n}\n" for n in range(200)))
    secret, out = tmp_path / "private" / "secret", tmp_path / "out"
    words = ["assignment", "1", "--roster", str(path), "--secret", str(secret), "--out", str(out)]
    assert teach.main(words) == 0
    assert len(list(out.iterdir())) == 200 and "200 notebooks" in capsys.readouterr().out
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert teach.main(words) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    made = nbformat.read(out / "PS1_s7.ipynb", 4)
    nbformat.validate(made)
    assert made.metadata["course"] == {"set": 1, "student": "s7"} and "Name 7 (s7)" in made.cells[0].source


def test_a_roster_as_an_lms_exports_it(class_list):
    path = class_list('\ufeffName,ID,Student ,Section\n"Li, Mei",17,mei@x.org,A\n,,,\n"O\'Brien",18,o b,B\n')
    assert {one.student: one.name for one in roster.read(path).values()} == {"mei@x.org": "Li, Mei", "o b": "O'Brien"}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("id,name\n1,Ada\n", "no column student"),
        ("", "no column student and no name"),
        ("student,name\n", "names no student"),
        ("student,name\n1,Ada\n1,Bob\n", "line 3"),
        ("student,name\n,Ada\n", "line 2"),
        ("student,name\npublic,Ada\n", "line 2"),
        ('student,name\n1,"Ada\n', "save it as a CSV"),
    ],
)
def test_a_roster_that_cannot_be_used_is_told_in_one_sentence(class_list, text, part, capsys):
    out = class_list("").parent / "out"
    assert teach.main(["assignment", "1", "--roster", str(class_list(text)), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert part in said and said.count("\n") == 1 and not out.exists()


def test_other_bad_input_is_told_in_one_sentence(class_list, tmp_path, capsys):
    latin, short = class_list("student,name\n1,Zoë\n", "latin-1"), tmp_path / "short"
    short.write_text("x")
    good = tmp_path / "good.csv"
    good.write_text("student,name\na b,A\na_b,B\n")
    for words, part in [
        (["9"], "no problem set '9'"),
        (["one"], "no problem set"),
        (["1", "--roster", str(latin)], "UTF-8"),
        (["1", "--roster", str(tmp_path / "missing.csv")], "No such file"),
        (["1", "--roster", str(good), "--secret", str(short)], "too short"),
        (["1", "--roster", str(good), "--secret", str(tmp_path / "secret"), "--out", str(tmp_path)], "same file"),
        (["1", "--out", str(short)], "cannot make the folder"),
    ]:
        assert teach.main(["assignment", *words]) == 2
        said = capsys.readouterr().err
        assert part in said and said.count("\n") == 1, said
    with pytest.raises(InputError, match="no word 'b'"):
        assignment.fill("{{b}}", {"a": 1})


def test_private_things_are_ignored_by_git():
    assert "/private/" in (Path(questions.ROOT) / ".gitignore").read_text().splitlines()


def test_the_changes_of_question_4_7_are_parts_of_a_recipe():
    from assignments.ps4.written import CHANGES

    for _, code in CHANGES.values():
        changes = eval(f"dict({code})")
        recipe, usual = (catalog.recipe("srcnn-915", 3, **given) for given in (changes, {}))
        assert recipe != usual


@pytest.mark.slow
def test_the_training_of_question_4_7_runs():
    gain = run(notebook(4))["gain"]
    assert np.isfinite(gain(0, steps=2, validate_every=2))


@pytest.mark.slow
@each_question
@pytest.mark.filterwarnings("ignore")
def test_over_100_seeds_each_answer_gets_what_it_deserves(name):
    for seed in range(100):
        variant = asked(name).vary(np.random.default_rng(seed))
        for function in answers(name, "RIGHT")(**variant):
            assert asked(name).check(function, seed=seed, **variant) is None, (seed, variant)
        for number, (function, _) in enumerate(answers(name, "WRONG")(**variant)):
            assert asked(name).check(function, seed=seed, **variant), (number, seed, variant)
