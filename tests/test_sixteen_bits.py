"""Sixteen bits a channel, and files that are written while they are made: in, through, and out again."""

import struct

import numpy as np
import pictures
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageOps

from srcnn import InputError, images, resample, streams, upscale, writing


def levels(rng, channels, height=70, width=31):
    """Every level of 16 bits can be among them. Of more rows than a strip has."""
    return rng.integers(0, 65536, (height, width, channels), np.uint16)


def as_read(image):
    """What open_photograph() makes of so many channels."""
    return {1: image[..., 0], 2: image[..., [0, 0, 0, -1]]}.get(image.shape[2], image)


def read(path):
    return images.open_photograph(path, sixteen=True)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_is_read_with_all_its_bits(tmp_path, rng, channels):
    image = levels(rng, channels)
    photograph = read(pictures.deep_png(tmp_path / "deep.png", image))
    assert photograph.pixels.dtype == np.uint16 and np.array_equal(photograph.pixels, as_read(image))
    assert photograph.bits == 16 and photograph.grey == (channels < 3) and photograph.notes == ()


TIFFS = {
    "plain": {}, "big-endian": {"byteorder": ">"}, "deflated": {"compression": "zlib"}, "strips": {"rowsperstrip": 5},
    "tiles": {"tile": (16, 16)}, "both": {"tile": (16, 16), "compression": "zlib", "byteorder": ">"},
}  # fmt: skip


@pytest.mark.parametrize("kind", TIFFS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_tiff_is_read_with_all_its_bits(tmp_path, rng, channels, kind):
    image = levels(rng, channels)
    options = {"photometric": "rgb" if channels > 1 else "minisblack", **TIFFS[kind]}
    if channels == 4:
        options["extrasamples"] = ["unassalpha"]
    tifffile.imwrite(tmp_path / "deep.tif", as_read(image), **options)
    photograph = read(tmp_path / "deep.tif")
    assert np.array_equal(photograph.pixels, as_read(image)) and photograph.notes == ()


def test_an_lzw_tiff_is_read_with_all_its_bits(tmp_path, rng):
    cv2 = pytest.importorskip("cv2")
    image = levels(rng, 3)
    options = [cv2.IMWRITE_TIFF_COMPRESSION, 5]
    assert cv2.imwrite(str(tmp_path / "lzw.tif"), np.ascontiguousarray(image[..., ::-1]), options)
    assert np.array_equal(read(tmp_path / "lzw.tif").pixels, image)


def test_a_tiff_that_is_stored_channel_by_channel_is_not_read_as_noise(tmp_path, rng):
    image, path = levels(rng, 3), tmp_path / "planes.tif"
    options = {"photometric": "rgb", "planarconfig": "separate"}
    tifffile.imwrite(path, np.moveaxis(image, -1, 0), compression="zlib", **options)
    photograph = read(path)
    assert np.array_equal(photograph.pixels, image >> 8) and "the result has 8 bits" in photograph.notes[0]
    tifffile.imwrite(path, np.moveaxis(image, -1, 0), **options)
    with pytest.raises(InputError, match="channel by channel, are not read; save the TIFF with interleaved"):
        images.read(path)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_in_which_0_is_white_is_not_read_as_its_negative(tmp_path, rng, dtype, compression):
    image = levels(rng, 1)[..., 0].astype(dtype)
    for name, stored in (("black", image), ("white", np.iinfo(dtype).max - image)):
        tifffile.imwrite(tmp_path / name, stored, photometric=f"minis{name}", compression=compression)
    assert np.array_equal(read(tmp_path / "white").pixels, image) and read(tmp_path / "white").notes == ()
    assert np.array_equal(images.read(tmp_path / "white"), images.read(tmp_path / "black"))


@pytest.mark.parametrize("dtype", [np.int8, np.int16])
def test_signed_pixels_are_taken_as_they_are_and_negative_ones_refused(tmp_path, dtype):
    path = tmp_path / "signed.tif"
    tifffile.imwrite(path, np.arange(100, dtype=dtype).reshape(10, 10))
    assert np.array_equal(read(path).pixels.ravel(), np.arange(100))
    tifffile.imwrite(path, np.arange(-1, 99, dtype=dtype).reshape(10, 10))
    for sixteen in (True, False):
        with pytest.raises(InputError, match="negative pixels; save the image with 8 or 16 unsigned bits"):
            images.open_photograph(path, sixteen=sixteen)


def test_other_deep_pixels_still_become_8_bits_and_are_told(tmp_path):
    body = np.dstack([pictures.ramp()] * 3).astype(">u2").tobytes()
    (tmp_path / "deep.ppm").write_bytes(b"P6\n56 40\n65535\n" + body)
    photograph = read(tmp_path / "deep.ppm")
    assert photograph.pixels.dtype == np.uint8 and "has 16 bits a channel; the result has 8" in photograph.notes[0]
    pictures.deep_png(tmp_path / "deep.png", pictures.ramp()[..., None])
    assert images.read(tmp_path / "deep.png").dtype == np.uint8  # as the protocol wants them


def test_one_transparent_level_of_16_bits_hides_that_level_alone(tmp_path):
    grey = pictures.ramp()[..., None]
    colours = np.concatenate([grey, grey + 500, grey + 1000], 2)
    for image, key in ((grey, grey[3, 4]), (colours, colours[3, 4])):
        path = pictures.deep_png(tmp_path / "keyed.png", image, (b"tRNS", struct.pack(f">{len(key)}H", *key)))
        pixels = read(path).pixels
        assert np.array_equal(pixels[..., 3] == 0, (image == key).all(-1)) and set(np.unique(pixels[..., 3])) <= {
            0,
            65535,
        }
        assert np.array_equal(pixels[..., :3], np.broadcast_to(image, (*image.shape[:2], 3)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_deep_pixels_are_turned_upright(tmp_path, rng, orientation):
    image, exif = levels(rng, 3), Image.Exif()
    exif[0x0112] = orientation
    path = pictures.deep_png(tmp_path / "turned.png", image, (b"eXIf", exif.tobytes()[6:]))
    high = Image.fromarray((image >> 8).astype(np.uint8))
    high.getexif()[0x0112] = orientation
    assert np.array_equal(read(path).pixels >> 8, np.asarray(ImageOps.exif_transpose(high)))


DEEP = arrays(np.uint16, st.tuples(st.integers(1, 80), st.integers(1, 9), st.sampled_from([1, 3, 4])))


@settings(deadline=None)
@given(DEEP, st.sampled_from(images.DEEP))
def test_16_bits_are_written_and_read_back(tmp_path_factory, image, suffix):
    path = tmp_path_factory.mktemp("deep") / f"image{suffix}"
    assert images.write(path, as_read(image)) == []
    photograph = read(path)
    assert np.array_equal(photograph.pixels, as_read(image)) and photograph.bits == 16 and photograph.notes == ()


def test_others_read_what_is_written(tmp_path, rng):
    cv2 = pytest.importorskip("cv2")
    for channels, order in ((1, [0]), (3, [2, 1, 0]), (4, [2, 1, 0, 3])):
        image = levels(rng, channels)
        for suffix in (".png", ".tif"):
            images.write(tmp_path / f"out{suffix}", as_read(image))
            found = cv2.imread(str(tmp_path / f"out{suffix}"), cv2.IMREAD_UNCHANGED)
            assert np.array_equal(found.reshape(image.shape)[..., order], image)
        assert np.array_equal(tifffile.imread(tmp_path / "out.tif").reshape(image.shape), image)


def test_types_of_8_bits_refuse_16(tmp_path, rng):
    for suffix in (".jpg", ".webp", ".bmp"):
        with pytest.raises(InputError, match=r"holds 8 bits a channel; write a \.png or \.tif"):
            images.write(tmp_path / f"out{suffix}", levels(rng, 3))
    with pytest.raises(InputError, match="float64; make them uint8 or uint16"):
        images.write(tmp_path / "out.png", np.zeros((4, 4)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_nearest_pixel_keeps_its_level_exactly(rng, channels, scale):
    image = as_read(levels(rng, channels))
    if channels == 4:
        image[..., 3] = 65535
    large = upscale.upscale(image, scale, "nearest")
    assert np.array_equal(large, np.repeat(np.repeat(image, scale, 0), scale, 1))


def test_a_network_s_output_is_rounded_to_the_nearest_of_16_bits(rng):
    from srcnn import methods

    image = (rng.random((20, 24)) * 65535).astype(np.uint16)
    method = methods.get("fsrcnn", 2)
    exact = method(image / np.float32(65535)).clip(0, 1) * 65535.0
    large = upscale.upscale(image, 2, method)
    assert np.abs(large - exact).max() <= 0.501 and len(np.unique(large)) > 256


def test_8_bits_and_16_bits_give_one_picture(astronaut):
    """The levels 0..255 are 257 apart in 0..65535, and so what the network sees is equal."""
    alpha = np.full((40, 60), 130, np.uint8)
    alpha[:, 20:30] = 0
    for image in (astronaut[:40, :60, 0], astronaut[:40, :60], np.dstack([astronaut[:40, :60], alpha])):
        shallow = upscale.upscale(image, 2, "bicubic")
        deep = upscale.upscale(image.astype(np.uint16) * 257, 2, "bicubic")
        assert np.abs(deep / 257 - shallow).max() <= 0.5 + 1e-3 + (image.shape[2:] == (4,))


def test_deep_tiles_leave_no_seam(rng, monkeypatch):
    image = np.cumsum(rng.integers(0, 900, (60, 70, 4), np.uint16), 1, np.uint16)
    whole = upscale.upscale(image, 2, "bicubic")
    monkeypatch.setattr(upscale, "TILE", 50)
    assert np.array_equal(upscale.upscale(image, 2, "bicubic"), whole)
    parts = list(upscale.bands(image, 2, "bicubic"))
    assert len(parts) == 3 and np.array_equal(np.concatenate(parts), whole)


def test_transparent_black_darkens_no_deep_edge():
    y, x = np.mgrid[:48, :48]
    disc = np.zeros((48, 48, 4), np.uint16)
    disc[np.hypot(x - 24, y - 24) < 18] = (65535, 30000, 0, 65535)
    small = images.under_alpha(disc, lambda part: resample.downscale(part, 2))
    seen = small[..., 3] > 100
    np.testing.assert_allclose(
        small[seen][:, :3], np.broadcast_to((65535, 30000, 0), (seen.sum(), 3)), rtol=1e-3, atol=1
    )
    large = upscale.upscale(disc, 2, "bicubic").astype(int)
    assert np.abs(large[large[..., 3] > 0][:, :3] - (65535, 30000, 0)).max() <= 64


def described(rng, channels=3):
    """A photograph with all that can belong to one."""
    exif = Image.Exif()
    exif[0x0110], exif[0x0132] = "Camera", "2021:02:03 04:05:06"
    exif[0x8769], exif[0x8825] = {0x9003: "2021:02:03 04:05:06", 0x829A: 0.01}, {1: "N"}
    profile = pictures.grey_profile() if channels < 3 else pictures.rgb_profile()
    pixels = as_read(levels(rng, channels))
    return images.Photograph(pixels, channels < 3, 16, 1, profile, exif.tobytes(), (300, 240), None, ())


def belongings(path):
    with Image.open(path) as file:
        exif = file.getexif()
        return {
            "profile": file.info.get("icc_profile"),
            "exif": {tag: exif.get(tag) for tag in (0x0110, 0x0132)},
            "tables": {table: {k: str(v) for k, v in exif.get_ifd(table).items()} for table in (0x8769, 0x8825)},
            "dpi": tuple(round(float(value)) for value in file.info["dpi"]),
        }


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_what_is_written_while_it_is_made_is_what_pillow_writes(tmp_path, rng, monkeypatch, suffix, channels):
    photograph = described(rng, channels)
    pixels = (photograph.pixels >> 8).astype(np.uint8)
    if suffix == ".jpg" and pixels.shape[2:] == (4,):
        pixels = pixels[..., 0] if channels == 2 else pixels[..., :3]
    found = {}
    for large in (10**9, 0):
        monkeypatch.setattr(writing, "LARGE", large)
        path = tmp_path / f"{large}{suffix}"
        assert images.write(path, pixels, like=photograph) == []
        with Image.open(path) as file:
            found[large] = belongings(path) | {"mode": file.mode, "pixels": np.asarray(file).tolist()}
    assert found[0] == found[10**9]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_deep_files_keep_what_belongs_to_the_picture(tmp_path, rng, suffix, channels):
    photograph = described(rng, channels)
    assert images.write(tmp_path / f"out{suffix}", photograph.pixels, like=photograph) == []
    kept = belongings(tmp_path / f"out{suffix}")
    assert kept["profile"] == photograph.icc_profile and kept["dpi"] == (300, 240)
    assert kept["exif"][0x0110] == "Camera" and kept["tables"][0x8825] == {1: "N"}
    assert kept["tables"][0x8769][0x9003] == "2021:02:03 04:05:06"
    again = read(tmp_path / f"out{suffix}")
    assert np.array_equal(again.pixels, photograph.pixels) and again.notes == ()


def test_deep_grey_and_alpha_stay_grey_in_a_png(tmp_path, rng):
    photograph = read(pictures.deep_png(tmp_path / "in.png", levels(rng, 2)))
    images.write(tmp_path / "out.png", photograph.pixels, like=photograph)
    assert (tmp_path / "out.png").read_bytes()[24:26] == bytes([16, 4])  # bits, and grey with alpha
    again = read(tmp_path / "out.png")
    assert again.grey and np.array_equal(again.pixels, photograph.pixels)
    images.write(tmp_path / "out.tif", photograph.pixels, like=photograph)  # as RGB, or we could not read it again
    assert np.array_equal(read(tmp_path / "out.tif").pixels, photograph.pixels)


def test_a_tiff_beyond_4_gb_is_refused_and_leaves_nothing(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(streams, "MOST", 100)
    with pytest.raises(InputError, match=r"holds 4 GB.*write a \.png"):
        images.write(tmp_path / "out.tif", levels(rng, 3))
    assert not list(tmp_path.iterdir())


def test_a_picture_larger_than_pillow_wants_to_read_is_written(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for suffix in images.SUFFIXES:
        images.write(tmp_path / f"out{suffix}", np.zeros((40, 60), np.uint8))
        assert images.whole_size(tmp_path / f"out{suffix}") == (40, 60)


@pytest.mark.parametrize("suffix", images.SUFFIXES)
def test_a_cut_file_is_not_whole(tmp_path, astronaut, suffix):
    path = tmp_path / f"cut{suffix}"
    images.write(path, astronaut[:60, :90])
    assert images.whole_size(path) == (60, 90)
    path.write_bytes(path.read_bytes()[: -len(path.read_bytes()) // 3])
    with pytest.raises(InputError, match="damaged or truncated"):
        images.whole_size(path)


def gamma_chunk(value):
    return b"gAMA", struct.pack(">I", round(value * 1e5))


def test_a_gamma_is_kept_and_what_is_assumed_is_told(tmp_path, rng):
    for value, told in ((1.0, "means linear light"), (0.55556, "is not the usual 0.45")):
        photograph = read(pictures.deep_png(tmp_path / "in.png", levels(rng, 3), gamma_chunk(value)))
        assert photograph.gamma == pytest.approx(value) and len(photograph.notes) == 1
        assert f"gamma of {value:.2f} {told}; its levels are taken as they are" in photograph.notes[0]
        for pixels in (photograph.pixels, (photograph.pixels >> 8).astype(np.uint8)):
            assert images.write(tmp_path / "out.png", pixels, like=photograph) == []
            assert read(tmp_path / "out.png").gamma == pytest.approx(value)
            (note,) = images.write(tmp_path / "out.tif", pixels, like=photograph)
            assert "the gamma is dropped: a .tif file has no place for that" in note
    usual = read(pictures.deep_png(tmp_path / "usual.png", levels(rng, 3), gamma_chunk(0.45455)))
    assert usual.gamma is None and usual.notes == ()


def _curve(profile, data):
    """The profile with its first tone curve, in place, replaced."""
    at = profile.index(b"curv")
    return profile[:at] + data + profile[at + len(data) :]


def test_a_profile_of_linear_light_is_told(tmp_path, astronaut):
    exponent = lambda value: b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))  # noqa: E731
    for profile, linear in (
        (pictures.rgb_profile(), False),
        (_curve(pictures.rgb_profile(), exponent(1)), True),
        (_curve(pictures.rgb_profile(), b"curv\0\0\0\0\0\0\0\0"), True),
        (_curve(pictures.rgb_profile(), b"para\0\0\0\0\0\0\0\0\0\x01\0\0"), True),
    ):
        Image.fromarray(astronaut[:9, :9]).save(tmp_path / "in.png", icc_profile=profile)
        photograph = images.open_photograph(tmp_path / "in.png")
        assert photograph.icc_profile == profile and photograph.gamma is None
        assert any("linear light" in note for note in photograph.notes) == linear
