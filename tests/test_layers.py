"""Deconvolution, pixel shuffle and the fast forward pass equal what Keras computes."""

import numpy as np
import pytest

from srcnn import InputError, layers, methods, models, patches, resample
from srcnn.models import keras


def randomised(model, seed=0):
    rng = np.random.default_rng(seed)
    model.set_weights([weight + 0.05 * rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [4, 5, 7, 9, 11])
def test_the_deconvolution_is_keras_own(size, scale):
    x = np.random.default_rng(0).normal(size=(2, 12, 15, 7)).astype(np.float32)
    ours, keras_own = layers.Deconvolution(size, scale), keras.layers.Conv2DTranspose(1, size, scale, padding="same")
    y = np.asarray(ours(x))
    keras_own.build(x.shape)
    keras_own.set_weights([ours.get_weights()[0], np.array([0.3])])
    ours.set_weights(keras_own.get_weights())
    y, wanted = np.asarray(ours(x)), np.asarray(keras_own(x))
    cut = ours.margin * scale
    np.testing.assert_allclose(y, wanted[:, cut : 12 * scale - cut, cut : 15 * scale - cut], atol=1e-5)
    assert y.shape == ours.compute_output_shape(x.shape)


def test_the_shuffle_puts_channels_into_blocks():
    x = np.arange(2 * 3 * 9, dtype=np.float32).reshape(1, 2, 3, 9)
    y = np.asarray(layers.shuffle(x, 3))
    assert y.shape == (1, 6, 9, 1)
    for row, column in np.ndindex(6, 9):
        assert y[0, row, column, 0] == x[0, row // 3, column // 3, 3 * (row % 3) + column % 3]


FAST = [(name, 3) for name in ("srcnn-915", "srcnn-955", "srcnn-3-1-1-3", "fsrcnn", "fsrcnn-s", "espcn")]


@pytest.mark.parametrize("name, scale", [*FAST, ("fsrcnn", 2), ("fsrcnn-s", 2), ("fsrcnn", 4)])
def test_the_fast_forward_pass_is_the_network(name, scale):
    model = randomised(models.build(name, scale))
    for layer in model.layers:
        if isinstance(layer, keras.layers.PReLU):
            layer.alpha.assign(np.resize([-0.5, 0.3, 1.7], layer.alpha.shape))
    run = layers.forward(model)
    for shape in ((1, 40, 33, 1), (1, 25, 60, 1)):
        x = np.random.default_rng(1).random(shape, np.float32)
        wanted = np.asarray(model(x, training=False))
        np.testing.assert_allclose(run(x), wanted, rtol=1e-5, atol=1e-5 * max(1, np.abs(wanted).max()))
    model.set_weights([0 * weight for weight in model.get_weights()])
    assert not np.asarray(run(x)).any(), "it follows the model's weights"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_network_of_mixed_precision_is_run_as_it_is(rng, policy):
    conv = keras.layers.Conv2D
    model = keras.Sequential([keras.Input((None, None, 1)), conv(4, 3, dtype=policy), conv(1, 3, dtype="float32")])
    x = rng.random((1, 20, 24, 1)).astype(np.float32)
    np.testing.assert_array_equal(layers.forward(model)(x), model(x, training=False))


def test_a_last_layer_with_an_activation_is_kept():
    for last in (keras.layers.Conv2D(1, 5, activation="sigmoid"), keras.layers.Conv2D(1, 5, padding="same")):
        model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(3, 3), last])
        x = np.random.default_rng(1).random((1, 20, 20, 1), np.float32)
        np.testing.assert_allclose(layers.forward(model)(x), model(x, training=False), atol=1e-5)


@pytest.mark.parametrize("name, weights", [("fsrcnn", 12_464), ("fsrcnn-s", 3_937)])
def test_weights_are_counted_as_in_the_fsrcnn_paper(name, weights):
    model = models.build(name, 3)
    assert sum(np.prod(weight.shape) for weight in model.weights if weight.name == "kernel") == weights


@pytest.mark.parametrize("name", ["fsrcnn", "fsrcnn-s", "espcn"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_networks_on_the_lr_start_near_bicubic(astronaut, name, scale):

    hr, lr = resample.pair(astronaut[100:196, 100:196], scale)
    error = methods.predict(models.build(name, scale), lr) - resample.enlarge(lr, scale)
    if name != "espcn" and scale == 2:
        assert abs(error).max() < 1e-5  # 9 x 9 weights hold all of bicubic's at x2
    assert np.sqrt(np.mean(error**2)) < 0.3 * np.sqrt(np.mean((hr - resample.enlarge(lr, scale)) ** 2)) + 0.005


@pytest.mark.parametrize("name", ["fsrcnn", "espcn"])
def test_patches_for_the_lr_are_pairs_of_one_place(photographs, name):
    model = models.build(name, 3)
    shape = {"batch_size": 8, "patch_size": 24, "margin": models.margin(model), "factor": 3}
    x, y = patches.Patches(photographs, 3, **shape, steps=1)[0]
    assert x.shape == (8, 24, 24, 1) and y.shape == tuple(model(x).shape)
    wrong = np.abs(np.roll(y, 3, axis=2) - model(x)).mean(axis=(1, 2, 3))
    assert (np.abs(y - model(x)).mean(axis=(1, 2, 3)) <= wrong + 1e-6).all()


def test_a_network_for_another_scale_is_refused(astronaut):
    from srcnn import upscale

    with pytest.raises(InputError, match="enlarges 3 times, not 2"):
        upscale.super_resolve(astronaut[:20, :20, 0] / 255, 2, models.build("fsrcnn", 3))
    for wrong in ({"scale": 5}, {"scale": None}, {"scale": 3, "init": "zero"}, {"scale": 3, "filters": (3, 4)}):
        with pytest.raises(InputError):
            models.build("fsrcnn", **wrong)


def test_a_model_with_our_layers_is_saved_and_loaded(tmp_path):
    x = np.random.default_rng(1).random((1, 20, 20, 1), np.float32)
    for name in ("fsrcnn-s", "espcn"):
        model = randomised(models.build(name, 2))
        layers.forward(model)
        model.save(tmp_path / "model.keras")
        np.testing.assert_allclose(keras.models.load_model(tmp_path / "model.keras")(x), model(x), atol=1e-6)


@pytest.mark.parametrize("name", ["srcnn-915", "fsrcnn", "espcn"])
def test_an_expanded_network_collapses_into_the_published_one(name, tmp_path):
    network = randomised(models.build(name, 3))
    expanded = models.expand(network, 16)
    x = np.random.default_rng(1).random((1, 30, 26, 1), np.float32)
    np.testing.assert_allclose(expanded(x), network(x), atol=1e-6)
    randomised(expanded, seed=2)
    folded = models.build(name, 3)
    models.collapse(expanded, folded)
    assert folded.count_params() == network.count_params() < expanded.count_params()
    assert np.abs(np.asarray(expanded(x)) - np.asarray(network(x))).max() > 0.01, "it has learnt something since"
    np.testing.assert_allclose(folded(x), expanded(x), atol=1e-5)
    expanded.save(tmp_path / "model.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "model.keras")(x), expanded(x), atol=1e-6)
