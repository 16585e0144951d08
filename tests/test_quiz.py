"""The quiz bank, and the files that learning platforms read: each question comes back from them as it stands there."""

import csv
import html
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter

import pytest

from srcnn import InputError
from teach import quiz

ITEMS = quiz.read()
CHAPTERS = [int(path.name[:2]) for path in sorted((quiz.ROOT / "book").glob("[0-9][0-9]_*.md"))]


def test_each_chapter_has_questions_of_each_type_and_no_two_are_alike():
    assert CHAPTERS
    for chapter in CHAPTERS:
        kinds = Counter(item.type for item in ITEMS if item.chapter == chapter)
        assert sum(kinds.values()) >= 8 and kinds["choice"] >= 5 and len(kinds) >= 2, chapter
    assert Counter(item.type for item in ITEMS).keys() == set(quiz.TYPES)
    assert len({item.name for item in ITEMS}) == len({item.text for item in ITEMS}) == len(ITEMS)
    for item in ITEMS:
        assert item.name.split(".")[0] == item.goal.split(".")[0] == str(item.chapter)
        assert item.why and item.text.strip() == item.text and len(set(item.wrong)) == len(item.wrong)
        assert item.type != "choice" or len(item.wrong) == 3


def test_a_choice_is_not_found_by_its_length_or_its_place():
    """With four answers, a blind rule would be right in a quarter; the longest, or the first, is not much more."""
    choices = [item for item in ITEMS if item.type == "choice"]
    longest = sum(len(item.answer) > max(map(len, item.wrong)) for item in choices)
    places = Counter(quiz.shuffled(item).index(item.answer) for item in choices)
    assert longest < 0.3 * len(choices) and max(places.values()) < 0.4 * len(choices) and len(places) == 4


def unescaped(text):
    return re.sub("<code>(.*?)</code>", r"`\1`", html.unescape(re.sub(r"\\([~=#{}:\\])", r"\1", text)))


def parts_of(body):
    """Splits the inside of the braces of a GIFT question at the signs that are not escaped."""
    return re.split(r"(?<!\\)(=|~|####|^#)", body.strip())


def test_gift_says_what_the_bank_says():
    """Read by the grammar of Moodle's documentation: ::name::[format]text{=right ~wrong ####feedback}."""
    text = quiz.gift(ITEMS)
    assert text.count("$CATEGORY: ") == len({item.chapter for item in ITEMS})
    found = re.findall(r"^::(.+?)::\[html\]((?:\\.|[^\\{])*?)\{((?:\\.|[^\\}])*)\}$", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _, _ in found] == [item.name for item in ITEMS]
    for item, (_, asked, body) in zip(ITEMS, found, strict=True):
        assert unescaped(asked) == item.text
        pieces = parts_of(body)
        marks = {unescaped(said.strip()): mark for mark, said in zip(pieces[1::2], pieces[2::2], strict=True)}
        assert marks.pop(item.why) == "####"
        if item.type == "choice":
            assert marks == {item.answer: "=", **dict.fromkeys(item.wrong, "~")}
        elif item.type == "true-false":
            assert pieces[0] == item.answer.upper() and not marks
        else:
            value, margin = next(iter(marks)).split(":")
            assert (value, float(margin)) == (item.answer, item.margin)


def field(node, label):
    return next(one[1].text for one in node.findall(".//{*}qtimetadatafield") if one[0].text == label)


def said(node):
    """What a mattext shows: its HTML without tags, with the straight apostrophes that the bank has."""
    text = re.sub("<[^>]+>", "", re.sub("</?code>", "`", node.find(".//{*}mattext").text))
    return html.unescape(text).strip().replace("’", "'")


@pytest.mark.parametrize("chapter", sorted({item.chapter for item in ITEMS}))
def test_qti_says_what_the_bank_says(chapter):
    pytest.importorskip("text2qti")
    items = [item for item in ITEMS if item.chapter == chapter]
    archive = zipfile.ZipFile(io.BytesIO(quiz.qti(f"Chapter {chapter}", items)))
    manifest = ET.fromstring(archive.read("imsmanifest.xml"))
    files = [node.get("href") for node in manifest.findall(".//{*}file")]
    assert set(files) <= set(archive.namelist())
    (name,) = (name for name in archive.namelist() if re.search(r"/text2qti_assessment_\w+\.xml$", name))
    nodes = list(ET.fromstring(archive.read(name)).findall(".//{*}item"))
    assert [node.get("title") for node in nodes] == [item.name for item in items]
    kinds = {"choice": "multiple_choice_question", "true-false": "true_false_question", "number": "numerical_question"}
    for item, node in zip(items, nodes, strict=True):
        assert field(node, "question_type") == kinds[item.type] and said(node.find("{*}presentation")) == item.text
        right = [one.text for one in node.find("{*}resprocessing").findall(".//{*}varequal")]
        if item.type == "number":
            low, high = (float(node.find(f".//{{*}}{tag}").text) for tag in ("vargte", "varlte"))
            assert low <= float(item.answer) <= high and high - low == pytest.approx(2 * item.margin, abs=3e-4)
            continue
        labels = {one.get("ident"): said(one) for one in node.findall(".//{*}response_label")}
        wanted = [item.answer, *item.wrong] if item.type == "choice" else ["True", "False"]
        assert sorted(labels.values()) == sorted(wanted)
        assert [labels[one] for one in right] == [item.answer if item.type == "choice" else item.answer.title()]


@pytest.mark.parametrize(("change", "words"), [
    ({"distractors": "one"}, "two or more distractors"),
    ({"distractors": "451 | 3"}, "none of them the answer"),
    ({"type": "number", "answer": "about 6"}, "the answer is a number"),
    ({"type": "true-false"}, "true or false"),
    ({"type": "essay"}, "the type is one of choice"),
])  # fmt: skip
def test_a_question_that_no_platform_takes_is_named_with_its_line(tmp_path, change, words):
    row = {"question": "1.1", "chapter": "1", "goal": "1.1", "type": "choice", "text": "?", "answer": "451",
           "distractors": "300 | 3", "why": "."} | change  # fmt: skip
    path = tmp_path / "quiz.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    with pytest.raises(InputError, match=words) as raised:
        quiz.read(path)
    assert "line 2, question 1.1" in str(raised.value)
