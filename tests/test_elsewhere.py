"""The course in a place like somebody else's: a folder with a space and an umlaut, a git without links, no make."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage import io

ROOT = Path(__file__).parent.parent
BAD_ON_WINDOWS = re.compile(r'[<>:"|?*\\]|[. ](/|$)|(^|/)(con|prn|aux|nul|com\d|lpt\d)(\.|/|$)', re.IGNORECASE)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere") / "ein Ordner mit ü"
    command = ["git", "clone", "--quiet", "-c", "core.symlinks=false", ROOT, folder]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"this folder is not a clone: {made.stderr.strip()}")
    return folder


def run(folder, *words, **variables):
    """A command of this Python in a folder, with that folder's package."""
    environment = {**os.environ, "PYTHONPATH": str(folder), **variables}
    done = subprocess.run([sys.executable, *map(str, words)], cwd=folder, env=environment, capture_output=True)
    out, problem = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    assert done.returncode == 0, problem[-2000:]
    assert "Warning" not in problem and "Traceback" not in problem, problem
    return out


def test_every_file_can_be_checked_out_on_windows_and_macos():
    listed = subprocess.run(["git", "ls-files", "-s", "-z"], cwd=ROOT, capture_output=True, check=True)
    files = [line.split("\t") for line in filter(None, listed.stdout.decode().split("\0"))]
    names = [name for _, name in files]
    assert len(names) > 200
    assert not [name for mode, name in files if mode.startswith("120000")], "links"
    assert not [name for name in names if BAD_ON_WINDOWS.search(name) or len(name) > 150]
    assert len({name.lower() for name in names}) == len(names), "two names that differ in capitals alone"
    assert {name.isascii() for name in names} == {True}, "git quotes others, and macOS writes them otherwise"


def test_the_package_and_its_commands_work_there(clone):
    photo = clone / "Straße im Süden.png"
    io.imsave(photo, np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8), check_contrast=False)
    assert "fsrcnn" in run(clone, "-m", "srcnn", "evaluate", "--model", "fsrcnn", "--data", "sample", "--scale", "3")
    run(clone, "-m", "srcnn", "upscale", photo.name, "viel größer.png", "--scale", "2", "--model", "fsrcnn")
    assert io.imread(clone / "viel größer.png").shape == (80, 100, 3)
    assert str(clone) in run(clone, "-c", "import srcnn; print(srcnn.__file__)", PYTHONIOENCODING="utf-8")


def test_the_tools_work_there(clone):
    assert "every chapter is fresh" in run(clone, "tools/chapters.py", "check")
    assert "newest" in run(clone, "tools/bounds.py", "--list")
    assert "https://" in run(clone, "tools/dead_links.py", "--list", PYTHONIOENCODING="utf-8")
    run(clone, "-m", "teach", "quiz", "gift")


def test_the_package_does_without_what_windows_lacks():
    missing = ("fcntl", "resource", "pwd", "grp", "termios", "syslog", "pty")
    code = f"import sys; sys.modules.update(dict.fromkeys({missing}))\n" + (
        "import srcnn.__main__, srcnn.training, srcnn.sweeps, srcnn.export, srcnn.benchmark, srcnn.reproduce\n"
        "from srcnn import evaluation, datasets\n"
        "crops = {name: image[:60, :60] for name, image in datasets.load('sample').items()}\n"
        "print(evaluation.evaluate('espcn', crops, 3)['mean']['psnr'] > 20)"
    )
    assert run(ROOT, "-c", code).strip() == "True"


def test_no_text_depends_on_the_encoding_of_the_machine(tmp_path):
    """Windows' own is not UTF-8. Python warns where it is left to the machine; from our modules that is an error."""
    code = """
import sys, warnings
warnings.filterwarnings("error", category=EncodingWarning, module="srcnn")
from srcnn import catalog, datasets, evaluation, pretrained, records, runs, training
crops = {name: image[:96, :96] for name, image in datasets.load("sample").items()}
catalog.TEST_SETS = ()
small = {"steps": 20, "batch_size": 4, "patch_size": 24, "validate_every": 10}
for resume in (False, True):
    recipe = catalog.recipe("srcnn-915", 2, **small)
    training.train("srcnn-915", 2, crops, recipe, out=sys.argv[1], resume=resume, progress=False)
pretrained.load(sys.argv[1], 2), pretrained.card("fsrcnn", 3), evaluation.published("bicubic")
print(len(records.load("seeds")), len(records.load_lines("experiments")), records.provenance()["machine"])
records.write_json(sys.argv[1] + "/x.json", {"ü": 1})
"""
    ignored = "ignore::EncodingWarning"  # other packages'
    run(ROOT, "-X", "warn_default_encoding", "-W", ignored, "-c", code, tmp_path / "run")


@pytest.mark.slow
def test_the_book_is_built_there(clone):
    program = "from jupyter_book.cli.main import main; main()"
    run(clone, "-c", program, "build", ".", "-W", "--keep-going", "-n", "--quiet")
    pages = {path.stem for path in (clone / "_build" / "html" / "book").glob("[0-9][0-9]_*.html")}
    assert pages == {path.stem for path in (ROOT / "book").glob("[0-9][0-9]_*.md")}


def test_where_a_command_cannot_work_it_says_so_in_one_line():
    """The grader's limits are Linux' and macOS'; the other commands do without them."""
    windows = "import sys; sys.modules['resource'] = None; from teach.__main__ import main; sys.exit(main([{}]))"
    done = subprocess.run([sys.executable, "-c", windows.format("'grade', '--ps', '1'")], cwd=ROOT, capture_output=True)
    assert done.returncode == 2 and done.stderr.decode().strip() == (
        "python -m teach grade: needs Linux or macOS; on Windows use the Linux subsystem"
    )
    run(ROOT, "-c", windows.format("'quiz', 'gift'"))
