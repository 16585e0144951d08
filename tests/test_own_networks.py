"""Networks of the reader's own: what is trained and measured of them, and one sentence for what cannot be."""

import keras
import numpy as np
import pytest

from srcnn import InputError, catalog, engine, evaluation, layers, methods, models, ondevice, training, upscale
from srcnn.layers import Deconvolution
from srcnn.patches import Patches

Conv = keras.layers.Conv2D


def own(*parts, size=None, channels=1, name="own"):
    return keras.Sequential([keras.Input((size, size, channels)), *parts], name=name)


class Program(keras.Model):
    def __init__(self):
        super().__init__(name="program")
        self.inner = Conv(1, 3)

    def call(self, x):
        return self.inner(x)


def functional():
    given = keras.Input((None, None, 1))
    return keras.Model(given, Conv(1, 3)(Conv(4, 3, activation="relu")(given)), name="functional")


def photographs(seed=0, side=60):
    rng = np.random.default_rng(seed)
    return {name: rng.integers(0, 256, (side, side), np.uint8) for name in ("a", "b", "c")}


TINY = {"steps": 2, "patch_size": 24, "learning_rate": 1e-4, "batch_size": 2, "warm_up": 0, "validate_every": 2}

TRAINABLE = {
    "without biases": lambda: own(Conv(4, 3, use_bias=False), Conv(1, 3, use_bias=False)),
    "dilated": lambda: own(Conv(4, 3), Conv(1, 3, dilation_rate=2)),
    "separable": lambda: own(keras.layers.SeparableConv2D(4, 3), Conv(1, 3)),
    "depthwise": lambda: own(Conv(4, 3), keras.layers.DepthwiseConv2D(3), Conv(1, 1)),
    "a network inside": lambda: own(own(Conv(4, 3), name="inside"), Conv(1, 3)),
    "functional": functional,
    "rescaled": lambda: own(keras.layers.Rescaling(2, offset=-1), Conv(1, 3)),
}


@pytest.mark.parametrize("kind", TRAINABLE)
@pytest.mark.parametrize("width", [0, 8])
def test_a_network_of_layers_that_follow_each_other_is_trained(kind, width):
    network, data = TRAINABLE[kind](), (photographs(0), photographs(1))
    before = network.get_weights()
    trained, history = training.train(network, 3, data, catalog.Recipe(**TINY, expand=width), progress=False)
    after = evaluation.evaluate(trained, data[1], 3)["mean"]["psnr"]
    assert len(history) == 1 and abs(after - history[0]["val_psnr"]) < 1e-3
    assert any((old != new).any() for old, new in zip(before, trained.get_weights(), strict=True))


@pytest.mark.parametrize("kind", TRAINABLE)
def test_the_expanded_network_computes_the_same(kind):
    network, x = TRAINABLE[kind](), np.random.default_rng(0).random((1, 30, 31, 1)).astype(np.float32)
    wide = models.expand(network, 8)
    np.testing.assert_allclose(wide(x), network(x), atol=1e-5)
    models.collapse(wide, network)
    np.testing.assert_allclose(wide(x), network(x), atol=1e-5)
    np.testing.assert_allclose(layers.forward(network)(x), network(x), atol=1e-5)


REFUSED = {
    "a program": (Program, "has no layers to look at|cannot be used"),
    "colours": (lambda: own(Conv(1, 3), channels=3), "cannot be used .*one luma"),
    "three channels out": (lambda: own(Conv(3, 3)), "it makes 3 channels"),
    "an even kernel": (lambda: own(Conv(1, 4)), "3 pixels smaller, an odd number"),
    "no input": (lambda: keras.Sequential([Conv(1, 3)], name="unbuilt"), "cannot be used|no layers"),
    "two outputs": (
        lambda: keras.Model(given := keras.Input((None, None, 1)), [Conv(1, 3)(given), Conv(1, 3)(given)], name="two"),
        "cannot be used",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_network_from_luma_to_luma_gets_one_sentence(kind):
    network, sentence = REFUSED[kind]
    network = network()
    with pytest.raises(InputError, match=sentence):
        evaluation.evaluate(network, photographs(), 3)
    with pytest.raises(InputError, match=sentence):
        training.train(network, 3, (photographs(0), photographs(1)), catalog.Recipe(**TINY), progress=False)


def test_a_very_wide_srcnn_is_refused_for_its_patches():
    with pytest.raises(InputError, match="patches of 36 pixels are too small: srcnn-99-99-99 cuts 147 a side"):
        training.train("srcnn-99-99-99", 3, photographs(), progress=False)


WHOLE = {
    "average": lambda x: keras.layers.Multiply()([x, keras.layers.GlobalAveragePooling2D(keepdims=True)(x)]),
    "maximum": lambda x: keras.layers.Multiply()([x, keras.layers.GlobalMaxPooling2D(keepdims=True)(x)]),
    "group": keras.layers.GroupNormalization(2),
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("nested", [False, True])
def test_a_layer_that_sees_the_whole_image_is_run_on_the_whole_image(kind, nested, monkeypatch):
    given = keras.Input((None, None, 1))
    inside = keras.Model(given, WHOLE[kind](Conv(4, 3)(given)))
    network = keras.Sequential([keras.Input((None, None, 1)), inside, Conv(1, 3)]) if nested else None
    network = network or keras.Model(given, Conv(1, 3)(inside(given)))
    assert layers.sees_all(network) and methods.get(network, 3).margin is None
    lr = np.random.default_rng(0).random((30, 41)).astype(np.float32)
    whole = upscale.super_resolve(lr, 3, network)
    monkeypatch.setattr(upscale, "TILE", 24)
    np.testing.assert_allclose(upscale.super_resolve(lr, 3, network), whole, atol=1e-5)


def test_only_layers_that_enlarge_count_as_a_factor():
    assert models.factor(own(keras.layers.Rescaling(2.0), Conv(1, 3))) == 1
    assert models.factor(own(keras.layers.BatchNormalization(scale=True), Conv(1, 3))) == 1
    assert models.factor(own(Deconvolution(9, 3))) == 3


def test_numbers_of_numpy_are_numbers(tmp_path):
    data = tuple({np.int64(k): image for k, image in enumerate(photographs(seed).values())} for seed in (0, 1))
    recipe = catalog.Recipe(**TINY)
    for scale, seed in ((np.int64(3), np.int64(1)), (3.0, 1)):
        network = own(Conv(1, 3, name="only"))
        out = tmp_path / str(type(scale).__name__)
        training.train(network, scale, data, recipe, seed=seed, out=out, progress=False)
        assert (out / "own-x3.json").is_file()


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"seed": 1.5}, "seed 1.5 is not one of"),
        ({"data": (photographs(), {})}, "one of the two is empty"),
        ({"data": ({}, photographs())}, "one of the two is empty"),
        ({"test_data": "Set55"}, "Set55"),
        ({"recipe": {"optimizer": "Adam, weights averaged"}}, "SwapEMAWeights"),
        ({"recipe": {"init": None}}, "init=None must be a name"),
        ({"recipe": {"step": 5}}, "step"),
    ],
)
def test_wrong_settings_are_refused_before_the_first_step(wrong, sentence, tmp_path):
    given = {"data": (photographs(0), photographs(1)), "out": tmp_path / "run", "progress": False, **wrong}
    with pytest.raises(InputError, match=sentence):
        changes = {**TINY, **given.pop("recipe", {})}
        training.train("srcnn-915", 3, recipe=catalog.recipe("srcnn-915", 3, **changes), **given)
    assert not (tmp_path / "run").exists()


def test_a_run_of_layers_without_names_says_why_it_cannot_go_on(tmp_path):
    data = photographs(0), photographs(1)
    training.train(own(Conv(1, 3)), 3, data, catalog.Recipe(**TINY), out=tmp_path, progress=False)
    (tmp_path / "own-x3.json").unlink()
    with pytest.raises(InputError, match="its layers had other names"):
        training.train(own(Conv(1, 3)), 3, data, catalog.Recipe(**TINY), out=tmp_path, resume=True, progress=False)


def test_the_smallest_photograph_that_can_be_measured():
    for scale, least in ((2, 16), (3, 18), (4, 20)):
        image = {"small": np.random.default_rng(0).integers(0, 256, (least, least), np.uint8)}
        assert np.isfinite(evaluation.evaluate("bicubic", image, scale)["mean"]["ssim"])
        with pytest.raises(InputError, match=f"at least {least} pixels"):
            evaluation.evaluate("bicubic", {"smaller": image["small"][1:]}, scale)


def test_so_many_pixels_that_an_int32_cannot_count_them_stay_on_the_host(monkeypatch):
    monkeypatch.setattr(ondevice, "is_wanted", lambda: True)
    monkeypatch.setattr(engine, "_endless", lambda *batches: batches)
    network, recipe = own(Conv(1, 3)), catalog.Recipe(**TINY)
    trained = engine.compiled(network, recipe)
    stream = Patches(photographs(), 3, batch_size=2, patch_size=24, margin=1, steps=2)
    assert engine.fed(trained, stream, recipe)[0] is not trained
    stream.wanted = np.broadcast_to(np.float32(0), 2**31)  # takes no memory
    assert engine.fed(trained, stream, recipe)[0] is trained
