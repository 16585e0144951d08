"""Hostile and odd pictures through every command that takes one: a result that can be read, or one clear line."""

import collections
import contextlib
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import hostile_pictures
import numpy as np
import pytest
from processes import forgetful

from srcnn import InputError, datasets, files, images, patches
from srcnn import __main__ as cli

SEED = 16
COMMANDS = ("upscale", "degrade", "evaluate", "compare")
OUT = {"upscale": ("png", "tif", "webp", "jpg"), "degrade": ("png", "tif", "bmp", "jpg")}
"""The types of the results, one after the other."""


def words(command, path, out):
    """A command line for the file `path`, which lies alone in its folder."""
    return {
        "upscale": ["upscale", path, out, "--scale", 2, "--model", "bicubic"],
        "degrade": ["degrade", path, out, "--scale", 2],
        "evaluate": ["evaluate", "--data", path.parent, "--model", "bicubic", "--scale", 2, "--json"],
        "compare": ["compare", path, path, "--json"],
    }[command]


def verdict(command, path, out, capfd):
    """("done" or "refused", "") as promised; or what is wrong, and what was printed."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            code = cli.main([str(word) for word in words(command, path, out)])
        except (Exception, SystemExit) as error:
            capfd.readouterr()
            return "traceback", f"{type(error).__name__}: {error}"
    printed, told = capfd.readouterr()
    left = list(out.parent.iterdir())
    lines = told.splitlines()
    if heard:
        return "warning", str(heard[0].message)
    if not all(line.isprintable() and len(line) < 900 for line in lines):
        return "unprintable or very long", told[:2000]
    if code == 2:
        fine = len(lines) == 1 and lines[0].startswith(f"srcnn {command}: ") and printed == "" and not left
        return ("refused", "") if fine else ("not one line, or something left", f"{told}{left}")
    if code != 0 or not all(line.startswith("note: ") for line in lines) or len(set(lines)) < len(lines):
        return "more than notes", f"{code} {told}"
    if command in OUT:
        return _read_back(command, path, out) if left == [out] else ("half-written", str(left))
    json.loads(printed)
    return "done", ""


def _read_back(command, path, out):
    """Whether the result has the size that it should have, and is one that we read without loss."""
    before, after = images.open_photograph(path), images.open_photograph(out)
    height, width = before.pixels.shape[:2]
    size = (2 * height, 2 * width) if command == "upscale" else (height // 2, width // 2)
    if after.pixels.shape[:2] != size:
        return "wrong size", f"{before.pixels.shape} -> {after.pixels.shape}"
    lost = [
        note
        for note in after.notes
        if "16 bits a channel" not in note and note.split(": ", 1)[1] not in str(before.notes)
    ]
    return ("cannot be read back whole", str(lost)) if lost else ("done", "")


def made(**options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own, of what it is asked to write
        return list(hostile_pictures.corpus(SEED, **options))


@contextlib.contextmanager
def memory(gib):
    """Fails if this process ever needs so much more memory inside than it had before. Only Linux can tell."""

    def peak():
        return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 2**20

    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = peak()
    except OSError:
        yield
        return
    yield
    assert peak() - before < gib


def attack(pictures, tmp_path, capfd):
    """All commands on all pictures; prints the counts, and fails with what is not as promised."""
    counts, wrong = collections.Counter(), []
    for number, (name, body) in enumerate(pictures):
        place, made = tmp_path / str(number) / "in", tmp_path / str(number) / "out"
        place.mkdir(parents=True)
        made.mkdir()
        path = place / name
        path.write_bytes(body)
        for command in COMMANDS:
            out = made / f"out.{OUT.get(command, ['png'])[number % 4 if command in OUT else 0]}"
            found, told = verdict(command, path, out, capfd)
            counts[command, found] += 1
            if found not in ("done", "refused"):
                wrong.append(f"{command} {name} -> {out.name}: {found}: {told}")
            out.unlink(missing_ok=True)
        path.unlink()
    with capfd.disabled():
        print(f"\n{sum(counts.values())} runs on hostile pictures:", dict(sorted(counts.items())))
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
    assert counts[COMMANDS[0], "done"] > 20 and counts[COMMANDS[0], "refused"] > 20
    return sum(counts.values())


@pytest.mark.slow
def test_no_picture_of_the_corpus_breaks_a_command(tmp_path, capfd):
    pictures = made()
    assert len(pictures) >= 600
    with memory(1.5):
        attack(pictures, tmp_path, capfd)


def test_no_picture_of_a_tenth_of_the_corpus_breaks_a_command(tmp_path, capfd):
    with memory(1.5):
        attack(made(mutations=1)[::10], tmp_path, capfd)


@pytest.mark.slow
def test_a_folder_of_hostile_pictures_is_done_as_far_as_it_goes(tmp_path, capfd):
    """Every failure on a line of its own, all others done, and a second run keeps them."""
    (tmp_path / "in").mkdir()
    for name, body in made(mutations=1)[::5]:
        (tmp_path / "in" / name).write_bytes(body)
    pictures, others = images.in_folder(tmp_path / "in")
    for command in (["upscale", "--model", "bicubic"], ["degrade", "--scale", "2"]):
        out = tmp_path / command[0]
        for again in (False, True):
            assert cli.main([*command, str(tmp_path / "in"), str(out)]) == 2
            printed, told = capfd.readouterr()
            lines = [line for line in told.replace("\r", "\n").splitlines() if line.strip() and "%|" not in line]
            assert printed == "" and all(line.isprintable() and len(line) < 900 for line in lines[:-1])
            failed = [line for line in lines if line.startswith("failed: ")]
            assert len(failed) + len(list(out.iterdir())) == len(pictures) and len(failed) > 10
            assert lines[-1].startswith(f"srcnn {command[0]}: {len(failed)} of {len(pictures)} files failed")
            assert sum("left out what is no picture" in line for line in lines) == 1 and others
            assert any("kept as they are" in line for line in lines) == again
            assert all(line.startswith(("failed: ", "note: ")) for line in lines[:-1])
        for path in out.iterdir():
            images.open_photograph(path)
    with capfd.disabled():
        print(f"\n{len(pictures)} pictures and {len(others)} others in a folder")


def test_hostile_pictures_in_processes_of_their_own(tmp_path):
    """What a person sees: whatever Python, Pillow and its libraries write at the start, in between and at the end."""
    by_end = {}
    for name, body in made(mutations=1):
        by_end.setdefault(name.rsplit(".", 1)[1], []).append((name, body))
    chosen = [by_end[end][k] for end, k in (("png", 6), ("tif", -1), ("jpg", 20), ("webp", -1))]
    for name, body in chosen:
        (tmp_path / name).write_bytes(body)
        command = [
            sys.executable,
            "-W",
            "always",
            "-m",
            "srcnn",
            *words("upscale", tmp_path / name, tmp_path / "out.png"),
        ]
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        lines = run.stderr.splitlines()
        if run.returncode == 0:
            assert all(line.startswith("note: ") for line in lines) and (tmp_path / "out.png").is_file(), lines
        else:
            assert run.returncode == 2 and len(lines) == 1 and lines[0].startswith("srcnn upscale: "), lines


@pytest.mark.slow
def test_the_reader_survives_a_fuzzer(tmp_path, capfd):
    command = forgetful(sys.executable, Path(__file__).with_name("fuzz_images.py"), 20000, SEED, tmp_path)
    run = subprocess.run(command, capture_output=True, text=True, errors="replace")
    with capfd.disabled():
        print(f"\n{run.stdout.splitlines()[0]}")
    assert run.returncode == 0, run.stderr[-3000:]


def large(path, height=4000, width=6000):
    """A photograph of 24 megapixels, or of so many, with some detail everywhere."""
    rows, columns = np.mgrid[:500, :width]
    band = np.dstack([(rows * k // 16 + columns // k) % 256 for k in (3, 5, 7)]).astype(np.uint8)
    images.write_bands(path, (height, width, 3), np.uint8, [band] * (height // 500))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="only Linux tells a process's peak of memory")
def test_24_megapixels_are_compared_and_evaluated_in_a_gib_and_a_half(tmp_path, capfd):
    (tmp_path / "one").mkdir()
    large(tmp_path / "one" / "a.jpg")
    large(tmp_path / "b.png")
    peaks = {}
    for command in (
        ["compare", "one/a.jpg", "b.png"], ["compare", "one/a.jpg", "b.png", "--rgb"],
        *(["evaluate", "--data", "one", "--scale", "3", "--model", name] for name in ("bicubic", "fsrcnn", "espcn")),
        ["degrade", "b.png", "c.png", "--scale", "3"],
    ):  # fmt: skip
        run = subprocess.run([sys.executable, "-c", PEAK, *command], cwd=tmp_path, capture_output=True, text=True)
        exit_code, gib = run.stdout.splitlines()[-1].split()
        assert exit_code == "0", run.stderr
        peaks[" ".join(command)] = float(gib)
    with capfd.disabled():
        print("\nGiB at 24 megapixels:", peaks)
    assert max(peaks.values()) < 1.5, peaks


PEAK = (
    "import re, sys; from srcnn.__main__ import main; code = main(sys.argv[1:]);"
    "print(code, int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 2**20)"
)


def test_pictures_that_do_not_fit_into_memory_are_refused_with_the_number(tmp_path, monkeypatch, photographs):
    for name in ("a", "b"):
        images.write(tmp_path / f"{name}.png", np.zeros((500, 1000, 3), np.uint8))
    assert len(datasets.load(tmp_path)) == 2
    monkeypatch.setattr(files, "free_memory", lambda: 2e6)
    monkeypatch.setattr("srcnn.reading._photograph", lambda *_: pytest.fail("read all the same"))
    with pytest.raises(
        InputError, match=r"the 2 pictures of .*, 1 megapixels in all, take 0\.003 GB .* 0\.002 GB free"
    ):
        datasets.load(tmp_path)
    monkeypatch.setattr(files, "free_memory", lambda: 1e5)
    with pytest.raises(InputError, match=r"10 photographs, as 50 pictures to train on, take .* GB"):
        patches.Patches(photographs, 3)


def test_a_file_type_that_must_be_written_at_once_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "free_memory", lambda: 1.3e9)
    for name, height, words in (("a.webp", 9000, "1.51 GB of memory"), ("a.bmp", 19000, "1.33 GB of memory")):
        with pytest.raises(InputError, match=f"{words}.* 1.3 GB free: write a .png instead"):
            images.check_writable(tmp_path / name, (height, 14000, 3))
        images.check_writable(tmp_path / name, (height // 2, 14000, 3))
        images.check_writable(tmp_path / "a.png", (height, 14000, 3))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with limits of memory")
@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_too_little_memory_is_one_line(tmp_path, command):
    (tmp_path / "one").mkdir()
    images.write_bands(tmp_path / "one" / "a.png", (12000, 14000), np.uint8, [np.zeros((1000, 14000), np.uint8)] * 12)
    line = [str(word) for word in words(command, tmp_path / "one" / "a.png", tmp_path / "out.png")]
    code = (
        "import resource, sys; import scipy.ndimage, skimage.metrics, tqdm; from srcnn.__main__ import main;"
        "held = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize();"
        "resource.setrlimit(resource.RLIMIT_AS, (held + 2**28, -1)); sys.exit(main(sys.argv[1:]))"
    )
    run = subprocess.run([sys.executable, "-c", code, *line], capture_output=True, text=True)
    assert run.returncode == 2 and run.stdout == "", run
    assert len(run.stderr.splitlines()) == 1 and "memory" in run.stderr, run.stderr
    assert not (tmp_path / "out.png").exists()
