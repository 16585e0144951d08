"""The command line, as a person meets it: what it prints, its exit codes, and one clear line for every mistake."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcnn import __main__ as cli
from srcnn import evaluation, images, models, pretrained, resample


@pytest.fixture
def photo(tmp_path, astronaut):
    images.write(tmp_path / "photo.png", astronaut[:60, :90])
    return tmp_path / "photo.png"


@pytest.fixture
def srcnn(capsys):
    """srcnn("evaluate", ...) -> (exit code, stdout, stderr)."""

    def run(*words):
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


def refused(result, *words):
    """A mistake: exit code 2, nothing on stdout, one line on stderr that holds the words."""
    code, out, err = result
    lines = [line for line in err.splitlines() if line.strip() and "%|" not in line]  # less the progress bar
    assert code == 2 and out == "" and len(lines) == 1, result
    assert lines[0].startswith("srcnn") and "Traceback" not in err
    for word in words:
        assert word in lines[0], lines[0]


def test_json_is_the_promised_table(srcnn, photo):
    code, out, _ = srcnn("evaluate", "--model", "bicubic", "--data", photo.parent, "--scale", 3, "--json")
    table = json.loads(out)
    assert code == 0 and list(table) == ["model", "data", "scale", "images", "mean"]
    assert table["images"][0]["name"] == "photo" and set(table["mean"]) == {"psnr", "ssim", "mse"}


def test_the_printed_table_holds_the_same_numbers(srcnn, photo):
    _, out, _ = srcnn("evaluate", "--model", "srcnn-915", "--data", photo.parent, "--scale", 3)
    mean = evaluation.evaluate("srcnn-915", photo.parent, 3)["mean"]
    assert out.splitlines()[-1].split() == ["mean", f"{mean['psnr']:.2f}", f"{mean['ssim']:.4f}", f"{mean['mse']:.2f}"]


def test_degrade_upscale_compare_fit_together(srcnn, photo, tmp_path):
    small, large, other = (tmp_path / name for name in ("small.png", "large.png", "other.jpg"))
    assert srcnn("degrade", photo, small, "--scale", 3)[0] == 0
    assert images.read(small).shape == (20, 30, 3)
    assert srcnn("upscale", small, large, "--scale", 3, "--model", "srcnn-915")[0] == 0
    assert srcnn("upscale", small, other, "--scale", 3, "--model", "bicubic")[0] == 0
    scores = [json.loads(srcnn("compare", photo, path, "--shave", 3, "--json")[1]) for path in (large, other)]
    assert scores[0]["psnr"] > scores[1]["psnr"] > 20
    code, out, _ = srcnn("compare", photo, photo)
    assert code == 0 and out.startswith("PSNR inf dB   SSIM 1.0000")


def test_training_from_the_command_line(srcnn, tmp_path, astronaut, short_cards):
    for k in range(2):
        images.write(tmp_path / f"{k}.png", astronaut[100 * k : 100 * k + 80, :80])
    out = tmp_path / "run"
    train = ("train", "--model", "srcnn-313", "--scale", 2, "--steps", 3, "--data", tmp_path, "--out", out)
    code, printed, _ = srcnn(*train)
    assert code == 0 and "best on the held-out images" in printed
    refused(srcnn(*train), "already holds a run")
    assert srcnn(*train, "--resume")[0] == 0
    assert pretrained.card(out, 2)["model"] == "srcnn-313"
    assert srcnn("evaluate", "--model", out, "--data", tmp_path, "--scale", 2)[0] == 0
    train = ("train", "--model", "fsrcnn-real", "--scale", 3, *train[5:-1], out / "real")
    assert "the last weights, which are kept, on the held-out images" in srcnn(*train)[1]


def test_every_command_explains_itself(srcnn):
    code, out, _ = srcnn("--help")
    assert code == 0
    for command in cli.COMMANDS:
        assert command in out
        code, text, _ = srcnn(command, "--help")
        assert code == 0 and "usage: srcnn " + command in text


def test_wrong_words_are_refused_in_one_line(srcnn, photo):
    evaluate = ("evaluate", "--data", photo.parent)
    refused(srcnn("evaluate"), "--model", "required")
    refused(srcnn("enlarge"), "enlarge")
    refused(srcnn(*evaluate, "--model", "bicubic", "--scale", 5), "5", "2, 3, 4")
    refused(srcnn(*evaluate, "--model", "bicubic", "--scale", "two"), "two")
    refused(srcnn(*evaluate, "--model", "srcn-915", "--scale", 3), "no trained model 'srcn-915'", "srcnn-915")
    refused(srcnn("evaluate", "--data", "Set6", "--model", "bicubic", "--scale", 3), "Set6", "Set14")
    refused(srcnn("train", "--model", "vgg", "--out", photo.parent / "run"), "no model 'vgg'")
    refused(srcnn("train", "--out", photo, "--data", "sample"), "cannot make the folder")
    refused(srcnn("download", "Set5", "Set6"), "Set6")
    refused(srcnn("train", "--seed", -1, "--out", photo.parent / "run"), "seed -1")
    refused(srcnn("train", "--model", "srcnn-99999-1-5", "--out", photo.parent / "run"), "99999", "below 100")
    refused(srcnn("train", "--out", ""), "no name")
    refused(srcnn("train", "--out", photo.parent / "run", "--init", "zero"), "no init 'zero'", "srcnn-915-x3")
    refused(srcnn("reproduce", "--models", "srcnn-915", "vgg", "--out", photo.parent / "run"), "no model 'vgg'")
    refused(srcnn("reproduce", "--scales", 3, 5, "--out", photo.parent / "run"), "5", "2, 3, 4")
    refused(srcnn("benchmark", "--out", photo.parent / "none" / "b.json"), "cannot write")
    refused(srcnn("compare", photo, photo, "--shave", -1), "--shave -1")


def test_bad_pictures_are_refused_and_nothing_is_written(srcnn, photo, tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "half.png").write_bytes(photo.read_bytes()[:2000])
    (tmp_path / "text.jpg").write_text("no picture")
    out = tmp_path / "out.png"
    for name, word in {
        "none.png": "no file",
        "empty.png": "empty",
        "half.png": "damaged",
        "text.jpg": "not an image",
    }.items():
        for command in (("upscale", "--model", "bicubic", "--scale", 2), ("degrade", "--scale", 2)):
            refused(srcnn(command[0], tmp_path / name, out, *command[1:]), name, word)
        refused(srcnn("compare", photo, tmp_path / name), name, word)
    refused(srcnn("upscale", tmp_path, out, "--model", "bicubic"), "is a folder")
    assert not out.exists() and not list(tmp_path.glob(".srcnn-*"))


def test_bad_places_for_the_result_are_refused_before_the_work(srcnn, photo, tmp_path):
    for out, word in (
        (tmp_path / "no" / "out.png", "no folder"), (tmp_path / "out.xyz", "ends in one of"), (tmp_path, "ends in"),
        (photo, "same file"), ("/proc/out.png", "cannot write"),
    ):  # fmt: skip
        refused(srcnn("upscale", photo, out, "--model", "bicubic"), word)
    assert images.read(photo).shape == (60, 90, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (2, 2), (5, 4)])
def test_tiny_pictures(srcnn, tmp_path, size):
    tiny, out = tmp_path / "tiny.png", tmp_path / "out.png"
    images.write(tiny, np.full(size, 99, np.uint8))
    assert srcnn("upscale", tiny, out, "--scale", 3)[0] == 0
    assert images.read(out).shape == (size[0] * 3, size[1] * 3)
    if min(size) < 3:
        refused(srcnn("degrade", tiny, out, "--scale", 3), "too small")
    refused(srcnn("compare", tiny, tiny), "11 x 11")
    refused(srcnn("evaluate", "--model", "bicubic", "--data", tmp_path, "--scale", 3), "too small")


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_is_enlarged(srcnn, tmp_path, astronaut, mode):
    picture = Image.fromarray(astronaut[:24, :30])
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    else:
        picture = picture.convert("RGB").convert(mode)
    path = tmp_path / "picture.tif"
    picture.save(path)
    code, _, err = srcnn("upscale", path, tmp_path / "out.png", "--model", "bicubic", "--scale", 2)
    assert code == 0, err
    assert images.read(tmp_path / "out.png").shape[:2] == (48, 60)
    assert ("CMYK" in err) == (mode == "CMYK") and "8 bits" not in err


def test_an_upscaled_picture_is_what_the_function_returns(srcnn, photo, tmp_path):
    assert srcnn("upscale", photo, tmp_path / "out.png", "--scale", 2, "--model", "lanczos")[0] == 0
    y = images.luma(images.read(photo)).astype(float)
    ours = images.luma(images.read(tmp_path / "out.png")).astype(float)
    assert np.abs(ours - resample.enlarge(y, 2, "lanczos").clip(16, 235)).mean() < 1


def test_wrong_weights_are_refused(srcnn, photo, tmp_path):
    weights = tmp_path / "srcnn-915-x3.npz"
    pretrained.save_weights(models.build("srcnn-955"), weights)
    evaluate = ("evaluate", "--data", photo.parent, "--scale", 3, "--model", weights)
    refused(srcnn(*evaluate), "model card")
    (tmp_path / "srcnn-915-x3.json").write_text((pretrained.WEIGHTS / "srcnn-915-x3.json").read_text())
    refused(srcnn(*evaluate), "does not hold the weights of srcnn-915")


def test_no_data_and_no_network_is_one_line(srcnn, tmp_path, monkeypatch):
    monkeypatch.setenv("SRCNN_DATA_DIR", str(tmp_path / "nothing"))
    monkeypatch.setattr("srcnn.datasets.places", lambda: [tmp_path / "nothing"])
    monkeypatch.setattr("socket.socket.connect", lambda *_: (_ for _ in ()).throw(OSError("no network")))
    refused(srcnn("evaluate", "--model", "bicubic", "--data", "Set5", "--scale", 3), "three ways out".capitalize())


def test_equal_images_give_valid_json(srcnn, photo):
    _, out, _ = srcnn("compare", photo, photo, "--json")
    assert json.loads(out, parse_constant=pytest.fail)["psnr"] is None


def test_an_output_that_cannot_be_written_is_one_line(photo):
    evaluate = f"{sys.executable} -m srcnn evaluate --model bicubic --scale 2 --data {photo.parent}"
    run = subprocess.run(["sh", "-c", f"{evaluate} >&-"], capture_output=True, text=True)
    assert "Traceback" not in run.stderr
    if Path("/dev/full").exists():
        run = subprocess.run(["sh", "-c", f"{evaluate} > /dev/full"], capture_output=True, text=True)
        assert run.returncode == 2 and len(run.stderr.splitlines()) == 1
    run = subprocess.run(
        ["sh", "-c", f"{evaluate} --data 日本"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert run.returncode == 2 and len(run.stderr.splitlines()) == 1
    run = subprocess.run(["sh", "-c", f"{evaluate} --data {'n' * 300}"], capture_output=True, text=True)
    assert run.returncode == 2 and len(run.stderr.splitlines()) == 1


def test_a_colour_profile_is_kept(srcnn, photo, tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with Image.open(photo) as picture:
        picture.save(tmp_path / "tagged.png", icc_profile=profile)
    assert srcnn("upscale", tmp_path / "tagged.png", tmp_path / "out.jpg", "--model", "bicubic")[0] == 0
    with Image.open(tmp_path / "out.jpg") as result:
        assert result.info["icc_profile"] == profile


def test_a_closed_pipe_and_ctrl_c_are_quiet(photo, srcnn, monkeypatch):
    command = [sys.executable, "-m", "srcnn", "evaluate", "--model", "bicubic", "--data", photo.parent, "--scale", "2"]
    run = subprocess.run([*command, "--json"], stdout=_closed(), stderr=subprocess.PIPE, text=True)
    assert "Traceback" not in run.stderr

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "evaluate", (interrupt, *cli.COMMANDS["evaluate"][1:]))
    code, _, err = srcnn("evaluate", "--model", "bicubic", "--data", photo.parent, "--scale", 2)
    assert code == 130 and "interrupted" in err and "Traceback" not in err


def _closed():
    read, write = os.pipe()
    os.close(read)
    return write


def test_a_full_disk_leaves_nothing(srcnn, photo):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    code, _, err = srcnn("upscale", photo, "/dev/full/out.png", "--model", "bicubic")
    assert code == 2 and len(err.splitlines()) == 1


def _limited(arguments, bytes_a_file):
    """Run the command in a process whose files may not grow beyond so many bytes, like a disk that fills up."""
    import resource

    return subprocess.run(
        [sys.executable, "-m", "srcnn", *map(str, arguments)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_a_file, bytes_a_file)),
        capture_output=True,
        text=True,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with file size limits")
def test_a_disk_that_fills_up_is_one_line_and_loses_nothing(photo, tmp_path, short_cards):
    out = tmp_path / "out" / "large.png"
    out.parent.mkdir()
    out.write_bytes(b"the old file")
    run = _limited(["upscale", photo, out, "--model", "bicubic"], 10_000)
    assert run.returncode == 2 and "cannot write" in run.stderr.splitlines()[-1] and "Traceback" not in run.stderr
    assert out.read_bytes() == b"the old file" and len(list(out.parent.iterdir())) == 1

    images.write(tmp_path / "second.png", images.read(photo))
    train = ["train", "--model", "srcnn-915", "--steps", 2, "--data", tmp_path, "--out", tmp_path / "run"]
    run = _limited(train, 20_000)
    assert run.returncode == 2 and "cannot write" in run.stderr.splitlines()[-1] and "Traceback" not in run.stderr
    assert not list((tmp_path / "run").glob(".srcnn-*"))
    assert cli.main([*map(str, train), "--resume"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("dtype, source, target", [("uint8", "in.jpg", "out.jpg"), ("uint16", "in.png", "out.tif")])
def test_48_megapixels_fit_into_a_gib_and_a_half(tmp_path, dtype, source, target):
    rows, columns = np.mgrid[:600, :8000]
    band = np.dstack([(rows // 16 + columns // 16) % 256 * np.iinfo(dtype).max // 255] * 3).astype(dtype)
    images.write_bands(tmp_path / source, (6000, 8000, 3), dtype, [band] * 10)
    del rows, columns, band
    # VmHWM, not getrusage: a child's ru_maxrss begins at what its parent, here pytest with TensorFlow, once held
    code = (
        "import re, sys; from srcnn.__main__ import main; code = main(sys.argv[1:]);"
        "print(code, int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 2**20)"
    )
    command = ["upscale", tmp_path / source, tmp_path / target, "--scale", "2", "--model", "fsrcnn"]
    run = subprocess.run([sys.executable, "-c", code, *map(str, command)], capture_output=True, text=True)
    exit_code, gib = run.stdout.split()
    assert exit_code == "0", run.stderr
    assert float(gib) < 1.5
    assert images.whole_size(tmp_path / target) == (12000, 16000)
    for path in tmp_path.iterdir():
        path.unlink()  # hundreds of megabytes
