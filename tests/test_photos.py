"""The commands on pictures and folders, from the command line: what is made, what is told, what is left."""

import json
import pathlib
import subprocess
import sys
import zlib

import numpy as np
import pictures
import pytest
import tifffile
from PIL import Image

from srcnn import InputError, comparison, datasets, files, formats, images, metrics, photos, resample
from srcnn import __main__ as cli


@pytest.fixture
def srcnn(capsys):
    """srcnn("compare", ...) -> (exit code, stdout, [lines on stderr without progress bars])."""

    def run(*words):
        code = cli.main([str(word) for word in words])
        out, err = capsys.readouterr()
        lines = [line.strip() for line in err.replace("\r", "\n").splitlines()]
        return code, out, [line for line in lines if line and "%|" not in line]

    return run


def upscale(srcnn, source, target, scale=2, model="bicubic"):
    return srcnn("upscale", source, target, "--scale", scale, "--model", model)


@pytest.fixture
def folder(tmp_path, astronaut, monkeypatch):
    """Three pictures, two other files, a folder in the folder."""
    monkeypatch.setattr(formats, "_heic", lambda: False)  # as if pillow-heif were not installed
    place = tmp_path / "in"
    (place / "deeper").mkdir(parents=True)
    images.write(place / "a.png", astronaut[:40, :60])
    Image.fromarray(astronaut[40:80, :60]).save(place / "b.jfif", "JPEG")
    frames = [Image.fromarray(astronaut[k : k + 40, :60]) for k in (0, 9)]
    frames[0].save(place / "c.gif", save_all=True, append_images=frames[1:])
    (place / "notes.txt").write_text("no picture")
    (place / "phone.heic").write_bytes(b"")
    (place / ".hidden.png").write_bytes(b"")
    return place


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(100, 100), (97, 101)])
def test_degrade_upscale_compare_work_for_any_size(srcnn, tmp_path, astronaut, size, scale):
    photo, small, large = (tmp_path / f"{name}.png" for name in ("photo", "small", "large"))
    images.write(photo, astronaut[: size[0], : size[1]])
    assert srcnn("degrade", photo, small, "--scale", scale)[0] == 0
    assert upscale(srcnn, small, large, scale)[0] == 0
    code, out, notes = srcnn("compare", photo, large, "--json")
    cut = images.crop_to_multiple(images.read(photo), scale)
    assert code == 0 and json.loads(out)["psnr"] == pytest.approx(
        metrics.psnr(images.luma(cut), images.luma(images.read(large)))
    )
    if cut.shape[:2] == size:
        assert notes == []
    else:
        assert len(notes) == 1 and f"the {cut.shape[1]} x {cut.shape[0]} at the top left are compared" in notes[0]


def test_other_differences_in_size_are_refused(srcnn, tmp_path, astronaut):
    images.write(tmp_path / "a.png", astronaut[:40, :60])
    images.write(tmp_path / "b.png", astronaut[:40, :64])
    code, out, lines = srcnn("compare", tmp_path / "a.png", tmp_path / "b.png")
    assert code == 2 and out == "" and len(lines) == 1
    assert "60 x 40 pixels" in lines[0] and "64 x 40" in lines[0]


def test_grey_equals_its_copy_in_rgb(srcnn, tmp_path, astronaut):
    grey = Image.fromarray(astronaut[:40, :60]).convert("L")
    grey.save(tmp_path / "grey.png")
    for name, picture in {"rgb": grey.convert("RGB"), "la": grey.convert("LA"), "p": grey.convert("P")}.items():
        picture.save(tmp_path / f"{name}.png")
        for pair in (("grey.png", f"{name}.png"), (f"{name}.png", "grey.png")):
            code, out, notes = srcnn("compare", *(tmp_path / one for one in pair))
            assert code == 0 and out.startswith("PSNR inf dB   SSIM 1.0000   MSE 0.00") and notes == []
            assert "luma" in out


def test_the_protocol_takes_grey_as_it_is(srcnn, tmp_path, astronaut):
    """Set14's bridge is grey, and its figures in the papers are of its own levels."""
    hr = images.luma(astronaut[:48, :60])
    images.write(tmp_path / "a.png", hr)
    images.write(tmp_path / "b.png", np.rint(hr * 0.9).astype(np.uint8))
    expected = metrics.psnr(hr, np.rint(hr * 0.9))
    _, out, _ = srcnn("compare", tmp_path / "a.png", tmp_path / "b.png", "--json")
    assert json.loads(out)["psnr"] == pytest.approx(expected) and "as they are" in json.loads(out)["of"]
    assert np.array_equal(np.rint(resample.pair(hr, 2)[0] * 255), hr)


def test_rgb_sees_what_luma_does_not(srcnn, tmp_path, astronaut):
    ycc = np.asarray(Image.fromarray(astronaut[:40, :60]).convert("YCbCr"))
    swapped = Image.fromarray(np.ascontiguousarray(ycc[..., [0, 2, 1]]), "YCbCr").convert("RGB")
    images.write(tmp_path / "a.png", astronaut[:40, :60])
    swapped.save(tmp_path / "b.png")
    pair = tmp_path / "a.png", tmp_path / "b.png"
    luma = json.loads(srcnn("compare", *pair, "--json")[1])
    rgb = json.loads(srcnn("compare", *pair, "--json", "--rgb", "--shave", 2)[1])
    assert luma["of"].startswith("luma") and rgb["of"] == "RGB" and set(rgb) == {"psnr", "mse", "of"}
    a, b = (images.shave(images.read(path), 2) for path in pair)
    assert rgb["psnr"] == pytest.approx(metrics.psnr(a, b)) and luma["psnr"] > rgb["psnr"] + 8
    assert srcnn("compare", *pair, "--rgb")[1].rstrip().endswith("(RGB)")


def test_what_is_compared_although_it_differs_is_told(srcnn, tmp_path, astronaut):
    picture = Image.fromarray(astronaut[:40, :60])
    picture.save(tmp_path / "a.png")
    picture.putalpha(99)
    picture.save(tmp_path / "b.png", icc_profile=pictures.rgb_profile())
    _, _, notes = srcnn("compare", tmp_path / "a.png", tmp_path / "b.png")
    assert len(notes) == 2 and "transparency" in notes[0] and "profiles" in notes[1]


@pytest.mark.parametrize("command", [("upscale", "--model", "bicubic"), ("degrade", "--scale", "2")])
def test_a_loss_is_told_once_on_stderr(srcnn, tmp_path, folder, command):
    code, out, lines = srcnn(*command, folder / "c.gif", tmp_path / "out.png")
    assert code == 0 and out == ""
    assert lines == [f"note: {folder / 'c.gif'} has 2 frames; only the first is used"]


def test_evaluate_tells_what_a_folder_s_pictures_have_lost(srcnn, folder):
    code, out, lines = srcnn("evaluate", "--data", folder, "--model", "bicubic", "--scale", "2", "--json")
    assert code == 0 and [row["name"] for row in json.loads(out)["images"]] == ["a", "b", "c"]
    assert (
        len(lines) == 2 and "left out" in lines[0] and lines[1].endswith("c.gif has 2 frames; only the first is used")
    )


def test_a_name_cannot_steer_the_terminal(srcnn, tmp_path, folder):
    """Neither in a note, nor in a refusal, nor in a table."""
    for name in ("\x1b[31m.gif", "two\nlines.gif", "\u202egif.exe.gif"):
        path = (folder / "c.gif").rename(folder / name)
        results = [upscale(srcnn, path, tmp_path / "out.png"), srcnn("compare", path, path / "none")]
        results.append(srcnn("evaluate", "--data", folder, "--model", "bicubic", "--scale", "2"))
        assert [code for code, _, _ in results] == [0, 2, 0]
        for _, out, lines in results:
            assert len(out.splitlines()) in (0, 5) and all(line.isprintable() for line in [*out.splitlines(), *lines])
        assert [len(lines) for _, _, lines in results] == [1, 1, 2]
        path.rename(folder / "c.gif")


def test_degrade_keeps_the_colour_of_an_edge(srcnn, tmp_path):
    y, x = np.mgrid[:96, :96]
    disc = np.zeros((96, 96, 4), np.uint8)
    disc[np.hypot(x - 48, y - 48) < 36] = (255, 120, 0, 255)
    images.write(tmp_path / "disc.png", disc)
    for scale in (2, 3, 4):
        srcnn("degrade", tmp_path / "disc.png", tmp_path / "small.png", "--scale", scale)
        small = images.read(tmp_path / "small.png")
        assert (small[small[..., 3] > 0][:, :3] == (255, 120, 0)).all()


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_degrade_s_bands_leave_no_seam(rng, scale):
    for image in (rng.integers(0, 256, (612, 12, 4), np.uint8), rng.integers(0, 65536, (540, 24), np.uint16)):
        whole = resample.downscale(image, scale)
        if image.ndim == 3:
            whole = images.under_alpha(image, lambda part: resample.downscale(part, scale))
        parts = list(resample.bands(image, scale))
        assert len(parts) > 1 and parts[0].dtype == image.dtype
        assert np.array_equal(np.concatenate(parts), np.rint(whole.clip(0, np.iinfo(image.dtype).max)))


def made(path, kind, bits, astronaut):
    """Write a photograph that was held upright, 60 x 40 pixels, with all that belongs to one; return its profile."""
    rgb = Image.fromarray(astronaut[:40, :60])
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(astronaut[40:80, :60, 0]))
    wide, dim = pictures.rgb_profile(), pictures.grey_profile()
    picture, profile = {
        "grey": (rgb.convert("L"), dim), "grey+alpha": (rgba.convert("LA"), dim), "RGB": (rgb, wide),
        "RGBA": (rgba, wide), "palette": (rgb.quantize(16), wide), "bilevel": (rgb.convert("1"), dim),
        "CMYK": (rgb.convert("CMYK"), pictures.ink_profile()),
    }[kind]  # fmt: skip
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = "Camera", 6
    if bits == 8:
        picture.save(path, exif=exif.tobytes(), dpi=(300, 300), icc_profile=profile)
        return profile
    levels = np.asarray(picture).astype(np.uint16) * 250 + 99
    if path.suffix == ".png":
        chunks = (b"iCCP", b"a profile\0\0" + zlib.compress(profile)), (b"eXIf", exif.tobytes()[6:])
        density = b"pHYs", (11811).to_bytes(4, "big") * 2 + b"\1"
        pictures.deep_png(path, levels.reshape(40, 60, -1), *chunks, density)
    else:
        tags = [(0x0110, 2, 0, "Camera", True), (0x0112, 3, 1, 6, True), (34675, 7, len(profile), profile, True)]
        options = {"photometric": "minisblack" if kind == "grey" else "rgb", "resolution": (300, 300)}
        options |= {"extrasamples": ["unassalpha"]} if kind == "RGBA" else {}
        tifffile.imwrite(path, levels, extratags=tags, resolutionunit=2, metadata=None, **options)
    return profile


KINDS = [
    *(("png", kind, bits) for kind in ("grey", "grey+alpha", "RGB", "RGBA") for bits in (8, 16)),
    *(("tif", kind, bits) for kind in ("grey", "RGB", "RGBA") for bits in (8, 16)),
    *(("jpg", "grey", 8), ("jpg", "RGB", 8), ("jpg", "CMYK", 8), ("tif", "CMYK", 8), ("tif", "grey+alpha", 8)),
    *(("webp", "RGB", 8), ("webp", "RGBA", 8), ("png", "palette", 8), ("png", "bilevel", 8)),
]
BECOMES = {"palette": "RGB", "bilevel": "grey", "CMYK": "RGB"}


@pytest.mark.parametrize("suffix, kind, bits", KINDS)
def test_a_photograph_of_every_kind_comes_back_as_it_was(srcnn, tmp_path, astronaut, suffix, kind, bits):
    """Upright, in its own mode and depth, with profile, EXIF data and resolution."""
    source, target = tmp_path / f"日本 фото é.{suffix}", tmp_path / f"größer.{suffix}"
    profile = made(source, kind, bits, astronaut)
    code, out, notes = upscale(srcnn, source, target)
    assert code == 0 and out == ""
    if kind == "CMYK":
        assert len(notes) == 1 and "it is CMYK; the result is sRGB, through its own profile" in notes[0]
        profile = None
    else:
        assert notes == []
    photograph = images.open_photograph(target, sixteen=True)
    became = BECOMES.get(kind, kind)
    assert photograph.pixels.shape[:2] == (120, 80) and photograph.pixels.dtype == f"uint{bits}"
    assert photograph.grey == became.startswith("grey") and photograph.bits == bits
    assert (photograph.pixels.shape[2:] == (4,)) == became.endswith(("alpha", "A"))
    assert photograph.icc_profile == profile
    with Image.open(target) as file:
        assert file.getexif()[0x0110] == "Camera" and file.getexif().get(0x0112, 1) == 1
    assert suffix == "webp" or photograph.dpi == pytest.approx((300, 300), abs=0.1)
    if kind not in ("bilevel", "CMYK"):
        ours = images.luma((photograph.pixels >> (bits - 8)).astype(np.uint8))
        upright = np.rot90(images.luma(astronaut[:40, :60]), -1)
        scores = [metrics.psnr(images.luma(np.rot90(upright, k)), ours[::2, ::2]) for k in (0, 2)]
        assert scores[0] > 20 > scores[1]


def test_16_bits_that_the_type_of_out_cannot_hold_become_8_and_are_told(srcnn, tmp_path, astronaut):
    made(tmp_path / "in.png", "RGB", 16, astronaut)
    for suffix in ("jpg", "webp", "bmp"):
        code, _, notes = upscale(srcnn, tmp_path / "in.png", tmp_path / f"out.{suffix}")
        assert code == 0 and "in.png has 16 bits a channel; the result has 8 bits" in notes[0]
        assert images.open_photograph(tmp_path / f"out.{suffix}").pixels.shape == (120, 80, 3)
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "in.png").rename(folder / "in.png")
    assert upscale(srcnn, folder, tmp_path / "out")[::2] == (0, [])
    assert images.open_photograph(tmp_path / "out" / "in.png", sixteen=True).pixels.dtype == np.uint16


@pytest.mark.parametrize("kind", ["grey", "RGB", "RGBA"])
def test_degrade_keeps_16_bits(srcnn, tmp_path, astronaut, kind):
    made(tmp_path / "in.png", kind, 16, astronaut)
    assert srcnn("degrade", tmp_path / "in.png", tmp_path / "out.png", "--scale", 2)[::2] == (0, [])
    small = images.open_photograph(tmp_path / "out.png", sixteen=True).pixels
    large = images.open_photograph(tmp_path / "in.png", sixteen=True).pixels
    assert small.dtype == np.uint16
    if kind != "RGBA":
        assert np.array_equal(small, np.rint(resample.downscale(large, 2).clip(0, 65535)))


def test_a_grey_picture_with_alpha_stays_grey_and_keeps_its_profile(srcnn, tmp_path, astronaut):
    picture = Image.fromarray(astronaut[:40, :60]).convert("LA")
    picture.putalpha(Image.fromarray(astronaut[40:80, :60, 0]))
    picture.save(tmp_path / "in.png", icc_profile=pictures.grey_profile())
    for command in (("upscale", "--model", "bicubic"), ("degrade", "--scale", "2")):
        assert srcnn(*command, tmp_path / "in.png", tmp_path / "out.png")[::2] == (0, [])
        with Image.open(tmp_path / "out.png") as out:
            assert out.mode == "LA" and out.info["icc_profile"] == pictures.grey_profile()


def test_a_folder_is_made_picture_by_picture(srcnn, tmp_path, folder):
    out = tmp_path / "new" / "out"
    code, printed, lines = upscale(srcnn, folder, out)
    assert code == 0 and printed == ""
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "b.jfif.png", "c.gif.png"]
    assert all(images.read(path).shape == (80, 120, 3) for path in out.iterdir())
    (left_out,) = [line for line in lines if "left out" in line]
    for name in ("notes.txt", "the folder deeper", "phone.heic (HEIC needs one package more: pip"):
        assert name in left_out
    assert "hidden" not in left_out
    assert sum("2 frames" in line for line in lines) == 1 and len(lines) == 2
    single = tmp_path / "single.png"
    upscale(srcnn, folder / "a.png", single)
    assert single.read_bytes() == (out / "a.png").read_bytes()


def test_one_broken_picture_is_named_and_the_rest_is_done(srcnn, tmp_path, folder):
    whole = (folder / "a.png").read_bytes()
    (folder / "broken.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.png").touch()
    images.write(folder / "tiny.png", np.zeros((1, 1), np.uint8))
    for command in (("upscale", "--model", "bicubic"), ("degrade", "--scale", "2")):
        out = tmp_path / command[0]
        code, printed, lines = srcnn(*command, folder, out)
        failed = ["broken.png", "empty.png", "tiny.png"][: 2 + (command[0] == "degrade")]
        assert code == 2 and printed == ""
        told = lines[-len(failed) - 1 :]
        assert all(line.startswith("failed: ") and name in line for line, name in zip(told, failed, strict=False))
        assert f"{len(failed)} of 6 files failed" in told[-1]
        assert len(list(out.iterdir())) == 6 - len(failed)


def test_a_second_run_makes_only_what_is_missing(srcnn, tmp_path, folder, monkeypatch):
    out = tmp_path / "out"
    upscale(srcnn, folder, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    marked = images.read(out / "a.png")
    marked[0, 0] = 0
    images.write(out / "a.png", marked)  # to see that it is kept
    (out / "b.jfif.png").write_bytes(before["b.jfif.png"][:900])  # another program's half
    (out / "c.gif.png").unlink()
    monkeypatch.setenv("SRCNN_MAX_MEGAPIXELS", "0.005")  # a result may be larger than what we accept
    code, _, lines = upscale(srcnn, folder, out)
    assert code == 0 and any("1 of 3 pictures were in" in line for line in lines)
    assert np.array_equal(images.open_photograph(out / "a.png", limit=10**9).pixels, marked)
    assert all((out / name).read_bytes() == before[name] for name in ("b.jfif.png", "c.gif.png"))


KILLED = """
import os, sys
from srcnn import __main__ as cli
replace, calls = os.replace, []
def counted(*names):
    calls.append(names)
    if len(calls) == 19:  # 18 are done, the next is written and not yet in its place
        os.kill(os.getpid(), 9)
    replace(*names)
os.replace = counted
cli.main(sys.argv[1:])
"""


def test_a_folder_that_was_killed_goes_on_and_ends_with_the_same_bytes(tmp_path, astronaut):
    place = tmp_path / "in"
    place.mkdir()
    for k in range(50):
        kind, bits, suffix = [("RGB", 8, "jpg"), ("RGB", 16, "png"), ("grey", 16, "tif")][k % 3]
        made(place / f"{k:02}.{suffix}", kind, bits, np.roll(astronaut, 9 * k, 0))
    command = ["upscale", str(place), "--model", "fsrcnn", "--scale", "2"]
    assert cli.main([*command, str(tmp_path / "whole")]) == 0
    killed = subprocess.run([sys.executable, "-c", KILLED, *command, str(tmp_path / "killed")], capture_output=True)
    assert killed.returncode == -9
    left = sorted(path.name for path in (tmp_path / "killed").iterdir())
    assert left[0].startswith(files.PART) and left[1:] == sorted(path.name for path in place.iterdir())[:18]
    assert cli.main([*command, str(tmp_path / "killed")]) == 0
    whole, again = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("whole", "killed")
    )
    assert len(whole) == 50 and again == whole


def test_results_of_another_scale_are_in_the_way(srcnn, tmp_path, folder):
    upscale(srcnn, folder, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    code, _, lines = upscale(srcnn, folder, tmp_path / "out", 3)
    assert code == 2 and "120 x 80 pixels and not 180 x 120: remove it" in lines[-2]
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


def test_an_interrupted_folder_keeps_what_is_done(srcnn, tmp_path, folder, monkeypatch):
    write, out = images.write_bands, tmp_path / "out"

    def interrupted(path, *words, **more):
        if path.name == "b.jfif.png":
            raise KeyboardInterrupt
        return write(path, *words, **more)

    monkeypatch.setattr(images, "write_bands", interrupted)
    assert upscale(srcnn, folder, out)[0] == 130
    assert [path.name for path in out.iterdir()] == ["a.png"]


def test_bad_folders_are_refused_in_one_line(srcnn, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for words, told in (
        ((folder, folder), "same folder"),
        ((folder, tmp_path / "out.png"), "is a folder, and"),
        ((folder, tmp_path / "file"), "cannot make the folder"),
        ((tmp_path / "empty", tmp_path / "out"), "no pictures in the folder"),
    ):
        code, out, lines = upscale(srcnn, *words)
        assert code == 2 and out == "" and len(lines) == 1 and told in lines[0]
    code, _, lines = upscale(srcnn, folder, tmp_path / "out", model="no-such-network")
    assert code == 2 and len(lines) == 1 and not (tmp_path / "out").exists()
    code, _, lines = srcnn("compare", folder, folder / "a.png")
    assert code == 2 and "two folders" in lines[0]


def test_folders_are_compared_by_name(srcnn, tmp_path, folder):
    upscale(srcnn, folder, tmp_path / "large", 2)
    srcnn("degrade", tmp_path / "large", tmp_path / "again", "--scale", 2)
    (tmp_path / "again" / "extra.png").write_bytes((folder / "a.png").read_bytes())
    code, out, lines = srcnn("compare", folder, tmp_path / "again", "--json")
    result = json.loads(out)
    assert code == 0 and [row["name"] for row in result["images"]] == ["a.png", "b.jfif", "c.gif"]
    assert result["mean"]["psnr"] == pytest.approx(np.mean([row["psnr"] for row in result["images"]]))
    assert any("extra.png" in line for line in lines)
    _, table, _ = srcnn("compare", folder, tmp_path / "again")
    assert f"{result['mean']['psnr']:.2f}" in table.splitlines()[-1]
    (tmp_path / "again" / "a.png").write_bytes(b"")
    code, out, lines = srcnn("compare", folder, tmp_path / "again", "--json")
    assert code == 2 and len(json.loads(out)["images"]) == 2 and "a.png" in lines[-2]


def test_each_picture_is_compared_with_one_other(srcnn, tmp_path, astronaut):
    for path in ("old/bird.png", "old/bird.jpg", "old/cat.jpg", "old/cow.bmp", "old/dog.jpg", "old/dog.webp"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        images.write(tmp_path / path, astronaut[:40, :60])
    for path in ("new/bird.png", "new/cat.png", "new/cow.bmp.png", "new/cow.png", "new/dog.png"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        images.write(tmp_path / path, astronaut[:40, :60])
    code, out, lines = srcnn("compare", tmp_path / "old", tmp_path / "new", "--json")
    assert code == 0 and [row["name"] for row in json.loads(out)["images"]] == ["bird.png", "cat.jpg", "cow.bmp"]
    told = lines[-1].split("left out: ")[1].split(", ")
    alone = ["old/bird.jpg", "old/dog.jpg", "old/dog.webp", "new/cow.png", "new/dog.png"]
    assert told == [str(tmp_path / path) for path in alone]


def test_a_folder_of_many_pictures_takes_as_many_steps(tmp_path, monkeypatch):
    for number in range(200):
        (tmp_path / f"{number}.png").touch()
        (tmp_path / f"{number}.txt").touch()
    steps, equal = [], pathlib.PurePath.__eq__
    monkeypatch.setattr(pathlib.PurePath, "__eq__", lambda one, other: steps.append(1) or equal(one, other))
    pictures, others = images.in_folder(tmp_path)
    assert len(pictures) == len(others) == 200 and len(comparison._pairs(pictures, pictures[:150])[0]) == 150
    assert len(steps) < 20 * 200


def test_a_dataset_is_not_taken_for_a_folder_of_its_name(srcnn, folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "Set5").mkdir()
    (folder / "Set5" / "notes.txt").touch()
    set5 = {"bird": np.zeros((40, 60), np.uint8)}
    monkeypatch.setattr(datasets, "stream", lambda name, tell: set5.items())
    code, out, lines = srcnn("evaluate", "--model", "bicubic", "--data", "Set5", "--scale", 2)
    assert code == 0 and "bird" in out and lines == []


def test_a_folder_of_images_is_read_in_every_format(folder, capsys):
    assert set(datasets.load(folder)) == {"a", "b", "c"}
    photos.tell_left_out(folder)
    assert "notes.txt" in capsys.readouterr().err
    photos.tell_left_out("Set5")
    assert capsys.readouterr().err == ""


def test_what_does_not_fit_into_memory_is_one_line(srcnn, tmp_path, folder, monkeypatch):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("srcnn.upscale.bands", full)
    code, _, lines = upscale(srcnn, folder / "a.png", tmp_path / "out.png")
    assert code == 2 and len(lines) == 1 and "memory" in lines[0]
    monkeypatch.setattr("srcnn.evaluation.measured", full)
    with pytest.raises(InputError, match="memory"):
        comparison.compare(folder / "a.png", folder / "a.png")
