"""`make adopt`: plain Python moves the course to another address, author and title, and keeps the credit."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import adopt  # noqa: E402
import chapters  # noqa: E402
import repository  # noqa: E402

AUTHOR, TITLE = 'Zoë O\'Brien, "Müller" & 林', 'Pixels: a course, with "quotes" & colons'
CREDITED = {"README.md", "book/index.md", "CITATION.cff"}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A repository of its own with the tracked files, and those that are not committed yet."""
    clone = tmp_path_factory.mktemp("fork") / "clone"
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(["git", "init", "-q"], cwd=clone, check=True)
    subprocess.run(["git", "add", "-A"], cwd=clone, check=True)
    return clone


@pytest.fixture
def clone(original, tmp_path):
    return Path(shutil.copytree(original, tmp_path / "clone"))


def run(clone, repo, author="", title=""):
    """What `make adopt` does, with a Python that sees no installed package: -I -S would hide the tools too."""
    command = [sys.executable, "-S", "tools/adopt.py", "--repo", repo, "--author", author, "--title", title]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})


def texts(clone):
    for path in sorted(clone.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(clone).parts:
            try:
                yield str(path.relative_to(clone)), path.read_bytes().decode()
            except UnicodeDecodeError:
                continue


def credit(text):
    return "\n".join(line for line in text.split("\n") if adopt.CREDIT.search(line))


def left_of(clone, url):
    """The files that still hold an address in a line that is not the credit."""
    wanted = [url, *filter(None, [repository.pages(url).rstrip("/")])]
    pattern = re.compile("|".join(re.escape(one) + r"(?![\w-])" for one in wanted))
    lines = ((name, line) for name, text in texts(clone) for line in text.split("\n"))
    return [name for name, line in lines if pattern.search(line) and not adopt.CREDIT.search(line)]


def test_every_address_moves_and_the_credit_stays(clone):
    old, licence = repository.said(), (clone / "LICENSE").read_bytes()
    before = dict(texts(clone))
    recorded = {path.stem: adopt.code_hash(path.read_text())[1] for path in (clone / "book").glob("[0-9]*.ipynb")}
    for url in ("https://gitlab.com/adopt-test/group/pixels", "https://github.com/adopt-test/a-course"):
        last = repository.said(clone)
        done = run(clone, url, AUTHOR, TITLE)
        assert done.returncode == 0, done.stderr
        assert repository.said(clone) == {"url": url, "author": AUTHOR, "title": TITLE}
        assert left_of(clone, last["url"]) == []
        now = dict(texts(clone))
        for name in CREDITED:
            assert credit(now[name]) == credit(before[name]) or not credit(before[name]), "it is written once"
            assert credit(before[name]) or all(word in credit(now[name]) for word in old.values()), name
        assert now["README.md"].count("Adapted from") == now["book/index.md"].count("Adapted from") == 1
        assert now["README.md"].startswith(f"# {TITLE}\n") and now["book/index.md"].startswith(f"# {TITLE}\n")
        assert f"Read it at <{repository.pages(url) or url}>" in now["README.md"]
        assert f"git clone {url}\ncd {url.rsplit('/', 1)[1]}\n" in now["book/how_to_run.md"]
        assert (clone / "LICENSE").read_bytes() == licence
        for source in sorted((clone / "book").glob("[0-9][0-9]_*.md")):
            assert f'address = "git+{url}"' in source.read_text()
            assert chapters.trouble(source) == chapters.trouble(ROOT / "book" / source.name), "as fresh as it was"
            assert adopt.code_hash(now[f"book/{source.stem}.ipynb"])[1] != recorded[source.stem], "its code has moved"
    code = [name for name in before if re.match("(srcnn|tools|teach)/", name)]
    assert code and all(before[name] == now[name] for name in code), "no module knows the address"


def test_what_other_programs_read_can_still_be_read(clone):
    yaml, packaging = (
        pytest.importorskip("yaml"),
        pytest.importorskip("tomli" if sys.version_info < (3, 11) else "tomllib"),
    )
    assert run(clone, "teacher/our-course", AUTHOR, TITLE).returncode == 0
    config = yaml.safe_load((clone / "_config.yml").read_text())
    assert (config["title"], config["author"]) == (TITLE, AUTHOR)
    citation, before = (yaml.safe_load((one / "CITATION.cff").read_text()) for one in (clone, ROOT))
    old = repository.said()
    assert (citation["title"], citation["authors"]) == (TITLE, [{"name": AUTHOR}])
    (reference,) = citation["references"]
    ours = {"title": old["title"], "authors": [{"name": old["author"]}], "repository-code": old["url"]}
    assert reference == before.get("references", [{"type": "generic", **ours}])[0]
    project = packaging.loads((clone / "pyproject.toml").read_text())["project"]
    course = packaging.loads((clone / "course.toml").read_text())
    assert (course["title"], course["author"]) == (TITLE, AUTHOR)
    assert project["authors"] == [{"name": AUTHOR}] and project["name"] == "srcnn"


def test_the_same_again_changes_nothing_and_what_is_left_out_stays(clone):
    assert run(clone, "git@github.com:teacher/our-course.git", AUTHOR, TITLE).returncode == 0
    first = dict(texts(clone))
    assert run(clone, "https://github.com/teacher/our-course/").returncode == 0
    assert dict(texts(clone)) == first


def test_an_interrupted_adopt_goes_on(clone):
    """_config.yml is written last, so a second run still knows the old address."""
    new = {"url": "https://github.com/teacher/our-course", "author": AUTHOR, "title": TITLE}
    todo = adopt.changes(clone, repository.said(clone), new)
    assert list(todo)[-1] == clone / "_config.yml"
    for path in list(todo)[: len(todo) // 2]:
        path.write_bytes(todo[path].encode())
    assert run(clone, "teacher/our-course", AUTHOR, TITLE).returncode == 0
    for path, text in todo.items():
        assert path.read_text() == text, path.name


@pytest.mark.parametrize(
    "repo", ["", "not a name", "owner", "http://x.org/a/b", "https://github.com/x", "a/b/c", "a/b$c"]
)
def test_what_is_no_repository_is_refused_in_one_sentence(clone, repo):
    before = dict(texts(clone))
    done = run(clone, repo)
    assert done.returncode == 2 and "is not a repository: give owner/name" in done.stderr
    assert done.stderr.count("\n") == 1 and dict(texts(clone)) == before


@pytest.mark.parametrize("text", ["two\nlines", "<b>", "\x07"])
def test_a_title_that_would_break_a_page_is_refused(clone, text):
    done = run(clone, "teacher/our-course", title=text)
    assert done.returncode == 2 and "give it as plain words" in done.stderr and done.stderr.count("\n") == 1


def test_where_the_pages_are_follows_from_the_address():
    for url, pages in (
        ("https://github.com/Ada/course", "https://ada.github.io/course/"),
        ("https://github.com/ada/ada.github.io", "https://ada.github.io/"),
        ("https://gitlab.com/lab/teaching/pixels", "https://lab.gitlab.io/teaching/pixels/"),
        ("https://git.example.org/lab/pixels", ""),
    ):
        assert repository.pages(url) == pages


def test_the_book_is_published_only_after_the_tests():
    yaml = pytest.importorskip("yaml")
    publish, test = (
        yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text()) for name in ("publish", "test")
    )
    assert publish["jobs"]["publish"]["needs"] == "test"
    assert publish["jobs"]["test"]["uses"] == "./.github/workflows/test.yml"
    assert (
        "workflow_call" in test[True] and {"run": "make test"} in test["jobs"]["test"]["steps"]
    )  # YAML 1.1: on is True
