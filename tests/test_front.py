"""The landing page and the README: the recorded scores, the chapters that there are, and addresses that exist."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import chapters  # noqa: E402
import front  # noqa: E402
import repository  # noqa: E402

README, LANDING = (ROOT / name for name in ("README.md", "book/index.md"))


def test_both_pages_say_what_is_recorded():
    """python tools/front.py writes them anew."""
    for path, text in front.pages().items():
        assert path.read_text() == text, f"{path.name} is stale; run tools/front.py"


def test_other_records_give_other_pages(monkeypatch):
    monkeypatch.setattr(front, "scores", lambda: "| other |")
    assert all("\n\n| other |\n\n" in text for text in front.pages().values())


def test_every_network_is_ahead_wherever_the_text_says_so():
    """ "Beats the paper's figure" is said of SRCNN 9-1-5 at every scale on both sets."""
    for line in front.scores().splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        numbers = [float(cell.rstrip("†")) for cell in cells[1:]]
        if cells[0].startswith("SRCNN 9-1-5"):
            assert numbers[1] > numbers[0] and numbers[3] > numbers[2], line


def test_every_chapter_is_listed_with_its_question():
    listed = re.findall(r"^- \[\d+\. .*\]\(book/(\S+)\.ipynb\): (.*\?)$", README.read_text(), re.MULTILINE)
    assert [name for name, _ in listed] == [source.stem for source in chapters.chapters()]
    for name, question in listed:
        title = next(line for line in (ROOT / "book" / f"{name}.md").read_text().split("\n") if line.startswith("# "))
        assert title.split(". ", 1)[1] == question


def test_the_readme_names_the_book_s_address_and_shows_a_picture_that_is_there():
    text = README.read_text()
    assert f"<{repository.pages(repository.address()) or repository.address()}>" in text
    for alt, path in re.findall(r"!\[(.*?)\]\((\S+)\)", text):
        assert len(alt) > 40 and (ROOT / path).is_file()
