"""Reading, writing, luma, cropping, resampling, metrics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from srcnn import InputError, files, images, metrics, resample

SMALL = arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)))
COLOUR = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


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


def test_what_is_written_is_read_back(tmp_path, random):
    for shape in ((7, 5), (7, 5, 3), (7, 5, 4)):
        image = random.integers(0, 256, shape, np.uint8)
        images.write(tmp_path / "image.png", image)
        assert np.array_equal(images.read(tmp_path / "image.png"), image)
    assert [path.name for path in tmp_path.iterdir()] == ["image.png"]


def test_writing_where_it_cannot_be_done_leaves_nothing(tmp_path, random):
    image = random.integers(0, 256, (5, 5, 4), np.uint8)
    bad = {"a.xyz": "ends in one of", "a.jpg": "no alpha", "a.bmp": "no alpha", "no/a.png": "no folder"}
    for name, words in bad.items():
        with pytest.raises(InputError, match=words):
            images.write(tmp_path / name, image)
    with pytest.raises(InputError, match="cannot hold 17000 x 2 pixels"):
        images.write(tmp_path / "long.webp", np.zeros((2, 17000), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_rewritten_file_keeps_its_permissions_and_a_link_its_target(tmp_path):
    private, link = tmp_path / "private.png", tmp_path / "link.png"
    images.write(private, np.zeros((4, 4), np.uint8))
    private.chmod(0o600)
    link.symlink_to(private)
    images.write(link, np.ones((5, 5), np.uint8))
    assert link.is_symlink() and images.read(private).shape == (5, 5)
    assert private.stat().st_mode & 0o777 == 0o600


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


def test_ssim_is_one_only_for_equal_images_and_symmetric(random):
    one, two = random.integers(0, 256, (2, 30, 30))
    assert metrics.ssim(one, one) == pytest.approx(1)
    assert metrics.ssim(one, two) == pytest.approx(metrics.ssim(two, one)) and metrics.ssim(one, two) < 0.5
    with pytest.raises(InputError, match="11 x 11"):
        metrics.ssim(one[:10], two[:10])


def test_metrics_refuse_images_of_different_size():
    with pytest.raises(InputError, match="differ in size"):
        metrics.mse(np.zeros((4, 4)), np.zeros((4, 5)))
