"""Reading, writing, luma, cropping, resampling, metrics."""

import os
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pictures
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageOps
from processes import nobody

from srcnn import InputError, datasets, files, formats, images, metrics, resample, upscale

SMALL = arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)))
COLOUR = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


@settings(deadline=None)
@given(COLOUR)
def test_luma_is_scikit_images(rgb):
    from skimage.color import rgb2ycbcr

    assert np.abs(images.luma(rgb).astype(float) - rgb2ycbcr(rgb)[..., 0]).max() <= 0.5 + 1e-9


def test_luma_runs_from_16_to_235_and_leaves_grey_alone():
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    assert images.luma(ends).tolist() == [[16, 235]]
    assert images.luma(ends[..., 0]).tolist() == [[0, 255]]
    assert images.luma(np.dstack([ends, ends[..., :1]])).tolist() == [[16, 235]]  # alpha is ignored
    with pytest.raises(InputError, match="float64"):
        images.luma(ends / 255)


@settings(deadline=None)
@given(SMALL, st.sampled_from([2, 3, 4]))
def test_crop_to_multiple_keeps_the_top_left(image, scale):
    if min(image.shape) < scale:
        with pytest.raises(InputError, match="too small"):
            images.crop_to_multiple(image, scale)
        return
    cut = images.crop_to_multiple(image, scale)
    assert all(a % scale == 0 and b - a < scale for a, b in zip(cut.shape, image.shape, strict=True))
    assert np.array_equal(cut, image[: cut.shape[0], : cut.shape[1]])


def test_shave_cuts_every_side_and_refuses_to_leave_nothing():
    image = np.arange(48).reshape(6, 8)
    assert np.array_equal(images.shave(image, 2), image[2:4, 2:6])
    assert np.array_equal(images.shave(image, 0), image)
    with pytest.raises(InputError, match="nothing left"):
        images.shave(image, 3)


def _save(tmp_path, picture, name, **options):
    picture.save(tmp_path / name, **options)
    return tmp_path / name


def test_every_kind_of_picture_is_read_as_a_person_sees_it(tmp_path, astronaut):
    rgb = Image.fromarray(astronaut[:40, :60])
    grey = rgb.convert("L")
    assert images.read(_save(tmp_path, rgb, "rgb.png")).shape == (40, 60, 3)
    assert images.read(_save(tmp_path, grey, "grey.png")).shape == (40, 60)
    assert images.read(_save(tmp_path, rgb.quantize(16), "palette.png")).shape == (40, 60, 3)
    assert images.read(_save(tmp_path, rgb.convert("1"), "bits.png")).dtype == np.uint8
    rgba = rgb.copy()
    rgba.putalpha(128)
    assert images.read(_save(tmp_path, rgba, "alpha.png")).shape == (40, 60, 4)
    assert images.read(_save(tmp_path, rgba.convert("LA"), "grey_alpha.png")).shape == (40, 60, 4)
    cmyk = images.read(_save(tmp_path, rgb.convert("CMYK"), "cmyk.tif")).astype(int)
    assert cmyk.shape == (40, 60, 3) and np.abs(cmyk - np.asarray(rgb)).mean() < 3
    keyed = images.read(_save(tmp_path, grey, "keyed.png", transparency=int(np.asarray(grey)[0, 0])))
    assert keyed.shape == (40, 60, 4) and keyed[0, 0, 3] == 0
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    assert np.array_equal(images.read(_save(tmp_path, deep, "deep.png")), np.asarray(grey))


def test_pixels_without_an_agreed_range_are_refused(tmp_path):
    for kind in (np.float32, np.int32):
        Image.fromarray(np.full((9, 9), 1000, kind)).save(tmp_path / "deep.tif")
        with pytest.raises(InputError, match="32 bits have no agreed range"):
            images.read(tmp_path / "deep.tif")


def test_exif_rotation_is_applied(tmp_path, astronaut):
    picture = Image.fromarray(astronaut[:40, :60])
    exif = picture.getexif()
    exif[0x0112] = 6  # the camera was held upright
    path = _save(tmp_path, picture, "upright.png", exif=exif)
    assert np.array_equal(images.read(path), np.rot90(astronaut[:40, :60], -1))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_turns_it(tmp_path, astronaut, mode, orientation):
    picture, exif = Image.fromarray(astronaut[:40, :60]).convert(mode), Image.Exif()
    exif[0x0112] = picture.getexif()[0x0112] = orientation
    upright = images.read(_save(tmp_path, ImageOps.exif_transpose(picture), "upright.tif"))
    for name in ("turned.tif", "turned.png"):
        if mode != "CMYK" or name != "turned.png":
            assert np.array_equal(images.read(_save(tmp_path, picture, name, exif=exif.tobytes())), upright)


def test_bad_files_are_refused_in_one_line(tmp_path, astronaut):
    whole = _save(tmp_path, Image.fromarray(astronaut), "whole.png")
    (tmp_path / "half.png").write_bytes(whole.read_bytes()[:5000])
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not an image at all")
    for name, words in {
        "none.png": "no file", "half.png": "damaged or truncated", "empty.png": "the file is empty",
        "text.png": "not an image", "": "is a folder",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=words) as error:
            images.read(tmp_path / name)
        assert "\n" not in str(error.value)


def test_16_bits_are_judged_from_the_file(tmp_path):
    ramp = pictures.ramp()[..., None]
    opaque = np.full_like(ramp, 65535)
    kinds = {
        "grey": [ramp],
        "grey_alpha": [ramp, opaque],
        "rgb": [ramp, ramp + 500, ramp + 1000],
        "rgba": [ramp, ramp + 500, ramp + 1000, opaque],
    }
    for name, channels in kinds.items():
        photograph = images.open_photograph(pictures.deep_png(tmp_path / f"{name}.png", np.dstack(channels)))
        assert photograph.bits == 16 and photograph.grey == name.startswith("grey")
        assert np.abs(photograph.pixels.reshape(40, 56, -1)[..., 0] - ramp[..., 0] / 257).max() < 1
        assert len(photograph.notes) == 1 and f"{name}.png has 16 bits a channel" in photograph.notes[0]
    Image.fromarray(pictures.ramp().astype(np.uint16)).save(tmp_path / "grey.tif")
    photograph = images.open_photograph(tmp_path / "grey.tif")
    assert photograph.bits == 16 and "16 bits" in photograph.notes[0] and photograph.pixels.max() == 80
    Image.fromarray(pictures.ramp().astype(np.uint16)).save(tmp_path / "grey.jp2")
    assert images.open_photograph(tmp_path / "grey.jp2").bits == 16
    body = np.dstack([pictures.ramp() >> 6] * 3).astype(">u2").tobytes()
    (tmp_path / "rgb.ppm").write_bytes(b"P6\n# a comment\n56 40\n1023\n" + body)
    photograph = images.open_photograph(tmp_path / "rgb.ppm")
    assert photograph.bits == 10 and "10 bits" in photograph.notes[0] and photograph.pixels.max() <= 81


def test_a_transparent_level_of_16_bits_is_only_that_level(tmp_path):
    levels = pictures.ramp()[..., None]
    for key in (1, 20000, 20008):
        path = pictures.deep_png(tmp_path / "keyed.png", levels, (b"tRNS", key.to_bytes(2, "big")))
        pixels = images.read(path)
        assert np.array_equal(pixels[..., 3] == 0, levels[..., 0] == key)
        assert np.abs(pixels[..., 0] - levels[..., 0] / 257).max() <= 0.5


def test_a_transparent_colour_of_16_bits_is_told(tmp_path):
    levels = np.dstack([pictures.ramp()] * 3)
    path = pictures.deep_png(tmp_path / "keyed.png", levels, (b"tRNS", (65535).to_bytes(2, "big") * 3))
    photograph = images.open_photograph(path)
    assert photograph.pixels[..., 3].min() == 255 and photograph.pixels[..., 0].max() < 81
    assert "transparent colour" in photograph.notes[-1]


def test_a_transparent_level_of_few_bits(tmp_path):
    picture = Image.fromarray(np.repeat([[0, 255]], 4, 0).astype(np.uint8)).convert("1")
    pixels = images.read(_save(tmp_path, picture, "keyed.png", transparency=1))
    assert pixels[0].tolist() == [[0, 0, 0, 255], [255, 255, 255, 0]]
    (tmp_path / "four.png").write_bytes(_four_bits(key=5))
    pixels = images.read(tmp_path / "four.png")
    assert pixels[0].tolist() == [[17 * k] * 3 + [0 if k == 5 else 255] for k in range(16)]


def _four_bits(key):
    """A PNG of 4 bits: the levels 0 to 15 in one row, of which one is transparent."""
    row = b"\0" + bytes(0x10 * k + k + 1 for k in range(0, 16, 2))
    head = (16).to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes([4, 0, 0, 0, 0])
    parts = {b"IHDR": head, b"tRNS": key.to_bytes(2, "big"), b"IDAT": zlib.compress(row), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(pictures.chunk(*part) for part in parts.items())


def test_a_phone_s_heic_is_read_where_pillow_heif_is_installed(tmp_path, astronaut):
    pytest.importorskip("pillow_heif")
    assert formats._heic()
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "Camera"
    path = _save(tmp_path, Image.fromarray(astronaut[:40, :60]), "a.heic", exif=exif.tobytes())
    photograph = images.open_photograph(path)
    assert photograph.pixels.shape == (60, 40, 3) and photograph.exif and photograph.notes == ()
    assert np.abs(photograph.pixels.astype(int) - np.rot90(astronaut[:40, :60], -1)).mean() < 8
    assert images.in_folder(tmp_path) == ([path], [])


def test_a_phone_s_second_layer_is_told(tmp_path, astronaut):
    picture = Image.fromarray(astronaut[:40, :60])
    body = _save(tmp_path, picture, "plain.jpg").read_bytes()
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:Description hdrgm:Version="1.0"/></x:xmpmeta>'
    segment = b"\xff\xe1" + (len(xmp) + 2).to_bytes(2, "big") + xmp
    (tmp_path / "ultra.jpg").write_bytes(body[:2] + segment + body[2:] + body)  # and the gain map behind it
    photograph = images.open_photograph(tmp_path / "ultra.jpg")
    assert len(photograph.notes) == 1 and "gain map (Ultra HDR) is dropped" in photograph.notes[0]
    assert np.array_equal(photograph.pixels, images.read(tmp_path / "plain.jpg"))
    two = _save(tmp_path, picture, "two.jpg", format="MPO", save_all=True, append_images=[picture])
    photograph = images.open_photograph(two)
    assert "has 2 frames; only the first is used" in photograph.notes[0] and photograph.pixels.shape == (40, 60, 3)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_of_several_frames_the_first_is_read_and_told(tmp_path, astronaut, suffix):
    frames = [Image.fromarray(np.roll(astronaut[:40, :60], 9 * k, 1)) for k in range(3)]
    options = {"lossless": True} if suffix == "webp" else {}
    path = _save(tmp_path, frames[0], f"many.{suffix}", save_all=True, append_images=frames[1:], **options)
    photograph = images.open_photograph(path)
    assert photograph.frames == 3 and any("3 frames; only the first" in note for note in photograph.notes)
    assert np.abs(photograph.pixels[..., :3].astype(int) - astronaut[:40, :60]).mean() < 8  # a GIF has 256 colours
    assert images.open_photograph(_save(tmp_path, frames[0], f"one.{suffix}")).notes == ()


def _icc(path):
    with Image.open(path) as file:
        return file.mode, file.info.get("icc_profile")


def test_a_damaged_second_page_does_nothing_to_the_first(tmp_path, rng):
    first, path = rng.integers(0, 256, (5, 7), np.uint8), tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(first)
        file.write(first[:3], extratags=[(0x0112, 3, 1, 6, True)])
    whole = path.read_bytes()
    assert images.open_photograph(path).frames == 2
    with tifffile.TiffFile(path) as file:
        places = range(file.pages[1].offset, len(whole))
        assert file.pages[0].dataoffsets[0] < places[0]
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.choice(places, 3):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        assert np.array_equal(images.read(path), first)
    for end in places:
        path.write_bytes(whole[:end])
        assert np.array_equal(images.read(path), first)


def test_a_profile_goes_with_the_pixels_that_it_describes(tmp_path, astronaut):
    rgb = Image.fromarray(astronaut[:40, :60])
    wide, dim = pictures.rgb_profile(), pictures.grey_profile()
    grey = rgb.convert("L")
    deep = Image.fromarray(pictures.ramp().astype(np.uint16))
    alpha = rgb.copy()
    alpha.putalpha(99)
    for picture, profile, mode in (
        (rgb, wide, "RGB"), (rgb.quantize(16), wide, "RGB"), (alpha, wide, "RGBA"), (grey, dim, "L"),
        (alpha.convert("LA"), dim, "LA"), (deep, dim, "L"),
    ):  # fmt: skip
        photograph = images.open_photograph(_save(tmp_path, picture, "in.png", icc_profile=profile))
        for suffix in (".png", ".tif"):
            assert images.write(tmp_path / f"out{suffix}", photograph.pixels, like=photograph) == []
            assert _icc(tmp_path / f"out{suffix}") == (mode, profile)


def test_a_profile_that_does_not_fit_is_dropped_and_told(tmp_path, astronaut):
    rgb = Image.fromarray(astronaut[:40, :60])
    wrong = images.open_photograph(_save(tmp_path, rgb, "in.png", icc_profile=pictures.grey_profile()))
    assert wrong.icc_profile is None and "profile is dropped: it is for GRAY" in wrong.notes[0]
    wide = images.open_photograph(_save(tmp_path, rgb, "in.png", icc_profile=pictures.rgb_profile()))
    (note,) = images.write(tmp_path / "out.bmp", wide.pixels, like=wide)
    assert "colour profile is dropped" in note
    grey = images.open_photograph(_save(tmp_path, rgb.convert("L"), "in.png", icc_profile=pictures.grey_profile()))
    (note,) = images.write(tmp_path / "out.webp", grey.pixels, like=grey)  # WebP stores RGB
    assert "colour profile is dropped" in note and _icc(tmp_path / "out.webp")[1] is None
    (note,) = images.write(tmp_path / "out.png", np.dstack([grey.pixels] * 3), like=grey)
    assert "colour profile is dropped" in note and _icc(tmp_path / "out.png") == ("RGB", None)


def test_what_cannot_be_read_again_is_dropped_and_told(tmp_path, astronaut):
    large = pictures.rgb_profile() + bytes(2_000_000)  # PNG's readers stop at a megabyte
    path = _save(tmp_path, Image.fromarray(astronaut[:40, :60]), "in.jpg", icc_profile=large)
    photograph = images.open_photograph(path)
    (note,) = images.write(tmp_path / "out.png", photograph.pixels, like=photograph)
    assert "colour profile is dropped: too large" in note
    assert np.array_equal(images.read(tmp_path / "out.png"), photograph.pixels)
    assert images.write(tmp_path / "out.jpg", photograph.pixels, like=photograph) == []


def test_a_printer_s_profile_in_a_png_is_read(tmp_path, astronaut, monkeypatch):
    large = pictures.rgb_profile() + bytes(2_000_000)
    with monkeypatch.context() as patch:
        patch.setattr("PIL.PngImagePlugin.MAX_TEXT_CHUNK", 2**25)  # which is also asked when Pillow writes
        path = _save(tmp_path, Image.fromarray(astronaut[:40, :60]), "in.png", icc_profile=large)
    photograph = images.open_photograph(path)
    assert photograph.icc_profile == large and photograph.notes == ()
    assert np.array_equal(photograph.pixels, astronaut[:40, :60])


def test_inks_go_through_their_profile(tmp_path):
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 0] = 255
    cyan = Image.fromarray(inks, "CMYK")
    photograph = images.open_photograph(_save(tmp_path, cyan, "ink.tif", icc_profile=pictures.ink_profile()))
    assert np.abs(photograph.pixels - np.array([0.0, 151, 218])).max() <= 2
    assert photograph.icc_profile is None
    assert len(photograph.notes) == 1 and "the result is sRGB, through its own profile" in photograph.notes[0]
    for name, profile in {"none.tif": None, "damaged.tif": pictures.ink_profile()[:300]}.items():
        photograph = images.open_photograph(_save(tmp_path, cyan, name, icc_profile=profile))
        assert photograph.pixels[0, 0].tolist() == [0, 255, 255] and "approximate" in photograph.notes[0]


def test_date_camera_and_resolution_go_into_the_result(tmp_path, astronaut):
    exif = Image.Exif()
    exif[0x0112], exif[0x0110], exif[0x0132] = 6, "Camera", "2021:02:03 04:05:06"
    exif[0x8769] = {0x9003: "2021:02:03 04:05:06", 0xA002: 60, 0xA003: 40}
    for suffix in ("jpg", "png", "tif", "webp"):
        path = tmp_path / f"dated.{suffix}"
        Image.fromarray(astronaut[:40, :60]).save(path, exif=exif.tobytes(), dpi=(300, 300), quality=95)
        photograph = images.open_photograph(path)
        assert photograph.pixels.shape == (60, 40, 3)
        for out in ("jpg", "png", "tif", "webp"):
            images.write(tmp_path / f"out.{out}", photograph.pixels, like=photograph)
            again = images.open_photograph(tmp_path / f"out.{out}")
            assert again.pixels.shape == (60, 40, 3)  # not turned a second time
            with Image.open(tmp_path / f"out.{out}") as file:
                told = file.getexif()
                assert told[0x0110] == "Camera" and told.get(0x0112, 1) == 1
                assert told.get_ifd(0x8769) == {0x9003: "2021:02:03 04:05:06"}
            if "webp" not in (suffix, out):
                assert again.dpi == pytest.approx((300, 300), abs=0.1)
    assert "EXIF" in images.write(tmp_path / "out.bmp", photograph.pixels, like=photograph)[0]


@pytest.mark.parametrize("out", ["8.jpg", "8.png", "8.tif", "8.webp", "16.png", "16.tif"])
def test_names_keep_their_letters(tmp_path, astronaut, out):
    for text in ("© 2020 Jörg Müller".encode(), "Łódź, 山田".encode(), "Jörg".encode("latin-1")):
        exif = Image.Exif()
        exif[0x8298] = "X" * len(text)
        exif[0x8769] = {0xA430: "X" * len(text)}
        data = exif.tobytes().replace(b"X" * len(text), text)  # Pillow itself would write question marks
        photograph = images.open_photograph(_save(tmp_path, Image.fromarray(astronaut[:40, :60]), "in.png", exif=data))
        pixels = photograph.pixels.astype(np.uint16 if "16" in out else np.uint8)
        assert images.write(tmp_path / out, pixels, like=photograph) == []
        with Image.open(tmp_path / out) as file:
            found = file.getexif()
            for kept in (found[0x8298], found.get_ifd(0x8769)[0xA430]):
                assert kept.encode("latin-1") == text


def test_damaged_exif_costs_only_the_exif(tmp_path, astronaut, capfd):
    for data in (b"Exif\0\0II", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01", b"Exif\0\0" + bytes(40)):
        path = _save(tmp_path, Image.fromarray(astronaut[:40, :60]), "bad.png", exif=data)
        photograph = images.open_photograph(path)
        assert photograph.pixels.shape == (40, 60, 3) and photograph.exif == b""
        assert len(photograph.notes) == 1 and "EXIF data is damaged" in photograph.notes[0]
    whole = Image.Exif()
    whole[0x0110], whole[0x0112] = "C" * 300, 6
    data = whole.tobytes()[:-200]
    photograph = images.open_photograph(_save(tmp_path, Image.fromarray(astronaut[:40, :60]), "cut.jpg", exif=data))
    assert len(photograph.notes) == 1 and "EXIF data is damaged" in photograph.notes[0]
    assert capfd.readouterr() == ("", "")


def test_the_pixel_limit_names_itself_and_its_override(tmp_path, astronaut, monkeypatch):
    path = _save(tmp_path, Image.fromarray(astronaut), "large.png")
    monkeypatch.setenv("SRCNN_MAX_MEGAPIXELS", "0.2")
    with pytest.raises(InputError, match=r"at most 0\.2 megapixels.*SRCNN_MAX_MEGAPIXELS to 1"):
        images.read(path)
    monkeypatch.setenv("SRCNN_MAX_MEGAPIXELS", "0.1")  # so many too much that Pillow itself refuses
    with pytest.raises(InputError, match=r"at most 0\.1 megapixels.*SRCNN_MAX_MEGAPIXELS to 1$"):
        images.read(path)
    monkeypatch.setenv("SRCNN_MAX_MEGAPIXELS", "1")
    assert images.read(path).shape == (512, 512, 3)
    for wrong in ("many", "0", "-3", "nan", "inf"):
        monkeypatch.setenv("SRCNN_MAX_MEGAPIXELS", wrong)
        with pytest.raises(InputError, match="give a number of megapixels"):
            images.read(path)


def test_the_default_limit_is_above_pillows_warning(tmp_path, capfd):
    Image.new("1", (12000, 9000), 1).save(tmp_path / "108.png")
    assert images.read(tmp_path / "108.png").shape == (9000, 12000)
    assert capfd.readouterr() == ("", "")
    Image.new("1", (16320, 12240), 1).save(tmp_path / "200.png")
    with pytest.raises(InputError, match="200 megapixels, and at most 179"):
        images.read(tmp_path / "200.png")


def test_what_people_try_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "_heic", lambda: False)  # as if pillow-heif were not installed
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    for name, start, words in (
        ("a.heic", heic, "pip install pillow-heif; or convert it"), ("a.jpg", heic, "pip install pillow-heif; or"),
        ("a.nef", b"MM\0*", "develop it"), ("a.tif", b"II*\0" + bytes(40), "save it as grey, RGB or RGBA"),
        ("a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image that can be read"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(start)
        with pytest.raises(InputError, match=words):
            images.read(tmp_path / name)
    for name in ("-", "/dev/null"):
        with pytest.raises(InputError, match="a pipe or a device; save the picture to a file"):
            images.read(name)


LOSSLESS = (".png", ".bmp", ".tif", ".tiff")


@settings(deadline=None)
@given(
    st.sampled_from(LOSSLESS),
    st.sampled_from([(), (3,), (4,)]).flatmap(
        lambda channels: arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda hw: hw + channels))
    ),
)
def test_what_is_written_is_read_back(tmp_path_factory, suffix, image):
    if suffix == ".bmp" and image.shape[2:] == (4,):
        suffix = ".png"
    folder = tmp_path_factory.mktemp("written")
    images.write(folder / f"image{suffix}", image)
    photograph = images.open_photograph(folder / f"image{suffix}")
    assert np.array_equal(photograph.pixels, image) and photograph.notes == ()
    assert photograph.grey == (image.ndim == 2) and photograph.bits <= 8 and photograph.frames == 1
    images.write(folder / f"image{suffix}", photograph.pixels, like=photograph)  # and over itself
    assert np.array_equal(images.read(folder / f"image{suffix}"), image)
    assert [path.name for path in folder.iterdir()] == [f"image{suffix}"]


def test_a_write_protected_file_is_not_replaced(tmp_path):
    images.write(tmp_path / "kept.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "kept.png").chmod(0o444)
    with pytest.raises(InputError, match="write-protected"):
        images.write(tmp_path / "kept.png", np.ones((4, 4), np.uint8))


def _disc(outside=(0, 0, 0, 0)):
    """An orange disc on transparent black."""
    y, x = np.mgrid[:48, :48]
    disc = np.full((48, 48, 4), outside, np.uint8)
    disc[np.hypot(x - 24, y - 24) < 18] = (255, 120, 0, 255)
    return disc


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_transparent_black_darkens_no_edge(scale):
    small = images.under_alpha(_disc(), lambda part: resample.downscale(part, scale))
    visible = small[..., 3] > 0.5
    np.testing.assert_allclose(small[visible][:, :3], np.broadcast_to((255, 120, 0), (visible.sum(), 3)), atol=0.1)
    for kernel in ("nearest", "bicubic", "lanczos"):
        large = upscale.upscale(_disc(), scale, kernel).astype(int)
        assert np.abs(large[large[..., 3] > 0][:, :3] - (255, 120, 0)).max() <= 1


@pytest.mark.parametrize("outside", [(0, 0, 0, 1), (0, 0, 255, 5)])
def test_a_faint_colour_does_not_leak(outside):
    large = upscale.upscale(_disc(outside), 2, "bicubic").astype(int)
    exact = images.under_alpha(_disc(outside), lambda part: resample.enlarge(part, 2)).clip(0, 255)
    for ground in (0, 255):
        seen = [p[..., :3] * p[..., 3:] / 255 + ground * (1 - p[..., 3:] / 255) for p in (large, exact)]
        assert np.abs(seen[0] - seen[1]).max() < 8
    assert large[large[..., 3] > 127][:, 0].min() >= 240


def test_an_even_alpha_changes_no_colour(astronaut):
    for alpha in (0, 1, 128, 255):
        veiled = np.dstack([astronaut[:40, :60], np.full((40, 60), alpha, np.uint8)])
        assert np.array_equal(images.visible_colours(veiled), astronaut[:40, :60])
        large = upscale.upscale(veiled, 2, "bicubic")
        assert np.array_equal(large[..., :3], upscale.upscale(astronaut[:40, :60], 2, "bicubic"))


def test_tiles_of_a_picture_with_alpha_leave_no_seam(astronaut, monkeypatch):
    y, x = np.mgrid[:80, :90]
    alpha = np.clip(300 - 9 * np.hypot(x - 40, y - 40), 0, 255).astype(np.uint8)
    picture = np.dstack([astronaut[:80, :90], alpha])
    whole = upscale.upscale(picture, 2, "bicubic")
    monkeypatch.setattr(upscale, "TILE", 50)
    assert np.array_equal(upscale.upscale(picture, 2, "bicubic"), whole)


def test_writing_where_it_cannot_be_done_leaves_nothing(tmp_path, rng):
    image = rng.integers(0, 256, (5, 5, 4), np.uint8)
    bad = {"a.xyz": "ends in one of", "a.jpg": "no alpha", "a.bmp": "no alpha", "no/a.png": "no folder"}
    for name, words in bad.items():
        with pytest.raises(InputError, match=words):
            images.write(tmp_path / name, image)
    with pytest.raises(InputError, match="cannot hold 17000 x 2 pixels"):
        images.write(tmp_path / "long.webp", np.zeros((2, 17000), np.uint8))
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_what_is_no_file_is_not_replaced(tmp_path):
    pipe, link = tmp_path / "pipe.png", tmp_path / "link.png"  # no device: were this wrong, it would be gone
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        for write in (files.atomic_write, lambda path: images.write(path, np.zeros((4, 4), np.uint8))):
            with pytest.raises(InputError, match="it is a pipe or a device; give the name of a file"), write(path):
                pass
    assert pipe.is_fifo() and link.is_symlink()


def test_a_name_that_the_system_refuses_is_one_sentence(tmp_path):
    for name in ("n" * 300 + ".png", "zero\0.png"):
        path = tmp_path / name
        for call in (images.read, images.told_size, images.whole_size, images.in_folder, datasets.load):
            with pytest.raises(InputError, match=r"too long|null (byte|character)"):
                call(path)
        with pytest.raises(InputError, match="cannot be reached"):
            images.write(path, np.zeros((4, 4), np.uint8))


def test_a_folder_that_may_not_be_entered_is_one_sentence():
    with tempfile.TemporaryDirectory() as shared:  # of pytest's own only their owner may enter the parents
        os.chmod(shared, 0o755)
        path = Path(shared, "in", "a.png")
        path.parent.mkdir()
        images.write(path, np.zeros((40, 60), np.uint8))
        path.parent.chmod(0o444)
        with nobody():
            for call in (images.read, images.told_size, images.whole_size):
                with pytest.raises(InputError, match="cannot be reached: Permission denied"):
                    call(path)
            with pytest.raises(InputError, match="cannot be reached: Permission denied"):
                images.write(path, np.zeros((4, 4), np.uint8))
            assert images.in_folder(path.parent) == ([path], [])
        path.parent.chmod(0o755)


def test_a_rewritten_file_keeps_its_permissions_and_a_link_its_target(tmp_path):
    private, link = tmp_path / "private.png", tmp_path / "link.png"
    images.write(private, np.zeros((4, 4), np.uint8))
    private.chmod(0o600)
    link.symlink_to(private)
    images.write(link, np.ones((5, 5), np.uint8))
    assert link.is_symlink() and images.read(private).shape == (5, 5)
    assert private.stat().st_mode & 0o777 == 0o600


def test_what_a_killed_process_left_is_swept_up_and_nothing_else(tmp_path):
    (tmp_path / f"{files.PART}abcdefgh.png").touch()
    kept = [tmp_path / name for name in (".srcnn-notes.txt", f"{files.PART}mine", "picture.png")]
    for path in kept:
        path.touch()
    with files.atomic_write(tmp_path / "new.png") as temporary:  # of a process that still runs
        files.sweep_up(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([*kept, Path(temporary)])
    assert sorted(tmp_path.iterdir()) == sorted([*kept, tmp_path / "new.png"])
    files.sweep_up(tmp_path / "nowhere")


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(InputError, match="No space left"), files.atomic_write(path) as temporary:
        with open(temporary, "w") as file:
            file.write("half")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


@settings(deadline=None)
@given(
    arrays(np.float32, (7, 9), elements=st.floats(0, 1, width=32)),
    st.sampled_from(sorted(resample.KERNELS)),
    st.integers(1, 25),
    st.integers(1, 25),
)
def test_resampling_keeps_constants_and_shapes(image, kernel, height, width):
    assert resample.resize(image, height, width, kernel).shape == (height, width)
    flat = resample.resize(np.full((7, 9), 0.25), height, width, kernel)
    np.testing.assert_allclose(flat, 0.25, atol=1e-5)


@settings(deadline=None)
@given(arrays(np.float32, (12, 12), elements=st.floats(0, 1, width=32)), st.sampled_from([2, 3, 4]))
def test_resampling_commutes_with_flips_and_turns(image, scale):
    for turned in (np.fliplr, np.flipud, np.rot90, np.transpose):
        np.testing.assert_allclose(
            resample.downscale(turned(image), scale), turned(resample.downscale(image, scale)), atol=1e-5
        )


def test_colour_is_resampled_channel_by_channel(astronaut):
    small = resample.resize(astronaut, 50, 40)
    assert small.shape == (50, 40, 3)
    np.testing.assert_array_equal(small[..., 1], resample.resize(astronaut[..., 1], 50, 40))


def test_resize_refuses_what_it_cannot_do():
    image = np.zeros((6, 8))
    for call, words in (
        (lambda: resample.resize(image, 3, 4, "cubic"), "no kernel 'cubic'"),
        (lambda: resample.resize(image, 0, 4), "at least 1"),
        (lambda: resample.resize(np.zeros((0, 8)), 3, 4), "shape"),
        (lambda: resample.downscale(image, 4), "crop_to_multiple"),
    ):
        with pytest.raises(InputError, match=words):
            call()


@settings(deadline=None)
@given(SMALL, st.integers(1, 60))
def test_psnr_is_the_mse_in_decibels(image, offset):
    shifted = image.astype(int) + offset
    assert metrics.mse(image, shifted) == pytest.approx(offset**2)
    assert metrics.psnr(image, shifted) == pytest.approx(20 * np.log10(255 / offset))
    assert metrics.psnr(image, image) == float("inf")


def test_uint8_does_not_wrap_around():
    assert metrics.mse(np.array([[0]], np.uint8), np.array([[255]], np.uint8)) == 255**2


def test_colour_mse_divides_by_all_three_channels():
    assert metrics.mse(np.zeros((4, 4, 3)), np.full((4, 4, 3), 2)) == 4


def test_ssim_is_one_only_for_equal_images_and_symmetric(rng):
    one, two = rng.integers(0, 256, (2, 30, 30))
    assert metrics.ssim(one, one) == pytest.approx(1)
    assert metrics.ssim(one, two) == pytest.approx(metrics.ssim(two, one)) and metrics.ssim(one, two) < 0.5
    with pytest.raises(InputError, match="11 x 11"):
        metrics.ssim(one[:10], two[:10])


@pytest.mark.parametrize("shape", [(97, 60), (60, 97), (11, 300), (300, 11)])
def test_what_is_measured_in_bands_is_the_same(rng, monkeypatch, shape):
    one, two = rng.integers(0, 256, (2, *shape))
    colours = rng.integers(0, 256, (600, 7, 3), np.uint8)
    whole = metrics.ssim(one, two), metrics.mse(one, two)
    monkeypatch.setattr(metrics, "BAND", 500)
    assert (metrics.ssim(one, two), metrics.mse(one, two)) == pytest.approx(whole, rel=1e-13)
    monkeypatch.setattr(images, "ROWS", 1)
    luma = images.luma(colours)
    monkeypatch.undo()
    assert np.array_equal(images.luma(colours), luma)


def test_metrics_refuse_images_of_different_size():
    with pytest.raises(InputError, match="differ in size"):
        metrics.mse(np.zeros((4, 4)), np.zeros((4, 5)))
