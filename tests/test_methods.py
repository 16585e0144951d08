"""A method behind one call: what it refuses, and that nothing of the reader's own Keras or machine changes a score."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from srcnn import InputError, evaluation, methods, metrics, models, pretrained, resample
from srcnn.models import keras


def own(*layers):
    """A network of the reader's own, with random weights."""
    return keras.Sequential([keras.Input((None, None, 1)), *layers], name="mine")


def test_a_method_is_built_once_and_knows_itself(rng):
    lr = rng.random((20, 24))
    kernel, network = methods.get("lanczos", 2), methods.get("fsrcnn", 2)
    assert methods.get(network, 2) is network and kernel.chroma == "lanczos" and network.chroma == "bicubic"
    assert (kernel.name, network.name, kernel.model) == ("lanczos", "fsrcnn", None)
    np.testing.assert_array_equal(kernel(lr), resample.enlarge(lr, 2, "lanczos"))
    assert network(lr).shape == (40, 48) and network(lr).dtype == np.float32
    with pytest.raises(InputError, match="enlarges 2 times, not 3"):
        methods.get(network, 3)
    with pytest.raises(InputError, match="a name, a path or a keras"):
        methods.get(9, 3)


@pytest.mark.parametrize("name, scales", [(name, have) for name, have in pretrained.available().items()])
def test_no_pixel_beyond_the_margin_reaches_the_result(rng, name, scales):
    scale = 3 if 3 in scales else scales[0]
    method = methods.get(name, scale)
    lr = rng.random((41, 41)).astype(np.float32)
    changed = lr.copy()
    beyond = 20 - (method.margin or 0)  # without a margin every pixel reaches it
    changed[:, :beyond] = rng.random((41, beyond))
    first, second = (method(image)[:, 20 * scale : 21 * scale] for image in (lr, changed))
    assert np.allclose(first, second, atol=1e-5) == (method.margin is not None)


def test_a_network_inside_a_network_has_its_margin(photographs):
    image = keras.Input((None, None, 1))
    inner = own(keras.layers.Conv2D(4, 5), keras.layers.Conv2D(1, 3, kernel_initializer="zeros"))
    model = keras.Model(image, keras.layers.Add()([keras.layers.Cropping2D(3)(image), inner(image)]))
    assert models.margin(model) == 3
    scores = [evaluation.evaluate(method, photographs, 3)["mean"]["psnr"] for method in (model, "bicubic")]
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)
    padded = own(keras.layers.Conv2D(1, 3, padding="same"))
    with pytest.raises(InputError, match="pads its input"):
        models.margin(keras.Model(image, padded(image)))


def test_a_network_of_another_size_is_refused_by_its_sizes(photographs):
    model = own(keras.layers.Conv2D(4, 3, name="a"), keras.layers.UpSampling2D(2), keras.layers.Conv2D(1, 3, name="b"))
    with pytest.raises(InputError, match=r"network mine gives an image of shape \(\d+, \d+\) .* it must be \(96, 96\)"):
        evaluation.evaluate(model, photographs, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_never_scored(photographs, bad):
    model = models.build("srcnn-313")
    model.set_weights([np.full_like(weight, bad) for weight in model.get_weights()])
    with pytest.raises(InputError, match="network srcnn-313 gives NaN or infinite values"):
        evaluation.evaluate(model, photographs, 3)


SCORE = """
from srcnn import datasets, evaluation
crops = {name: image[200:260, 200:260] for name, image in datasets.load("sample").items()}
print([round(evaluation.evaluate(name, crops, 3)["mean"]["psnr"], 4) for name in ("srcnn-915", "fsrcnn", "espcn")])
"""
TRAIN = """
from srcnn import catalog, datasets, training
photographs = {name: image[:96, :96] for name, image in datasets.load("sample").items()}
recipe = catalog.recipe("fsrcnn-s", 3, steps=4, validate_every=2, batch_size=2)
print([round(row["val_psnr"], 3) for row in training.train("fsrcnn-s", 3, photographs, recipe, progress=False)[1]])
"""


def printed(code, **environment):
    """What a fresh process prints, in an environment of its own; a variable that is None is not set."""
    env = {key: value for key, value in {**os.environ, **environment}.items() if value is not None}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.slow
@pytest.mark.parametrize("code", [SCORE, TRAIN], ids=["evaluate", "train"])
def test_a_keras_json_of_the_reader_changes_nothing(tmp_path, code):
    usual = printed(code)
    for settings in ({"image_data_format": "channels_first"}, {"dtype_policy": "mixed_float16"}, {"floatx": "float16"}):
        folder = tmp_path / "-".join(settings)
        folder.mkdir()
        (folder / "keras.json").write_text(json.dumps({"backend": keras.backend.backend(), **settings}))
        policy = f"import keras; keras.config.set_dtype_policy('{settings.pop('dtype_policy', 'float32')}')\n"
        assert printed(policy + code, KERAS_HOME=str(folder)) == usual, settings


def test_no_home_folder_is_needed_where_the_data_is_named(dataset):
    folder = dataset("Set5") and os.environ.get("SRCNN_DATA_DIR")
    if not folder:
        pytest.skip("SRCNN_DATA_DIR is not set")
    nobody = (
        "import os, pathlib\n"
        "def nowhere(*_): raise RuntimeError('Could not determine home directory.')\n"
        "pathlib.Path.home = staticmethod(nowhere)\n"
        "os.path.expanduser = lambda path: path\n"
        "from srcnn import evaluation; print(evaluation.evaluate('bicubic', 'Set5', 3)['mean']['psnr'])"
    )
    assert float(printed(nobody, HOME=None)) == pytest.approx(30.39, abs=0.005)


@pytest.mark.parametrize("peak, unit", [(255, 1), (1, 255)])
def test_the_range_of_the_pixels_cannot_be_wrong_silently(rng, peak, unit):
    hr = rng.random((16, 16)) * 255 / unit
    sr = (hr + rng.normal(size=hr.shape) * 5 / unit).clip(0, 255 / unit)
    usual = metrics.psnr(hr, sr, peak=peak)
    assert usual == pytest.approx(metrics.psnr(hr * unit, sr * unit)) and 30 < usual < 40
    assert metrics.ssim(hr, sr, peak=peak) == pytest.approx(metrics.ssim(hr * unit, sr * unit))
    for measure in (metrics.psnr, metrics.ssim):
        with pytest.raises(InputError, match=f"give peak={peak}"):
            measure(hr, sr, peak=256 - peak)
        with pytest.raises(InputError, match="one image seems to be in"):
            measure(hr * unit, sr * unit / 255)
    assert metrics.psnr(np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint8)) > 48, "a dark photograph is one"
