"""The deeper networks, the adversarial loss and the measure of naturalness (chapter 12)."""

import numpy as np
import pytest

from srcnn import (
    InputError,
    catalog,
    deeper,
    engine,
    evaluation,
    gan,
    layers,
    methods,
    models,
    naturalness,
    training,
    upscale,
)
from srcnn.layers import keras

DEEPER = ("vdsr-s", "edsr-s", "rcan-s")


@pytest.mark.parametrize("name", DEEPER)
def test_a_deeper_network_starts_near_bicubic(astronaut, name):
    photographs = {"astronaut": astronaut}
    start = evaluation.evaluate(models.build(name, 3), photographs, 3)["mean"]["psnr"]
    bicubic = evaluation.evaluate("bicubic", photographs, 3)["mean"]["psnr"]
    assert start == pytest.approx(bicubic, abs=1e-3 if name == "vdsr-s" else 0.5)


def test_their_sizes_are_those_of_their_layers():
    assert models.build("vdsr-s").count_params() == (9 + 1) * 32 + 6 * (9 * 32 + 1) * 32 + 9 * 32 + 1
    plain, attending = (models.build(name, 4).count_params() for name in ("edsr-s", "rcan-s"))
    assert plain == (9 + 1) * 32 + 8 * (9 * 32 + 1) * 32 + (9 * 32 + 1) * 16
    assert attending - plain == 4 * ((32 + 1) * 8 + (8 + 1) * 32)
    assert models.margin(models.build("vdsr-s")) == 8
    assert models.margin(models.build("edsr-s", 2)) == 10


def test_attention_looks_at_the_whole_image_and_nothing_else_does():
    assert [layers.sees_all(models.build(name, 2)) for name in DEEPER] == [False, False, True]
    assert methods.get(models.build("rcan-s", 2), 2).margin is None


@pytest.mark.parametrize("name", DEEPER)
def test_tiles_leave_no_seam_even_where_all_pixels_matter(monkeypatch, name):
    network = models.build(name, 2, init="gaussian", seed=1)
    network.set_weights([weights + 0.01 for weights in network.get_weights()])
    method = methods.get(network, 2)
    lr = np.random.default_rng(0).random((70, 90), np.float32)
    monkeypatch.setattr(upscale, "TILE", 64)
    np.testing.assert_allclose(upscale.super_resolve(lr, 2, method), method(lr), atol=1e-4)


def test_impossible_sizes_are_refused():
    for build in (
        lambda: deeper.vdsr(depth=1),
        lambda: deeper.edsr(blocks=0, scale=2),
        lambda: deeper.edsr(filters=2, scale=2),
        lambda: deeper.vdsr(init="he"),
        lambda: deeper.edsr(scale=5),
    ):
        with pytest.raises(InputError):
            build()


def test_both_sides_learn_in_one_step(rng):
    trained = engine.compiled(models.build("edsr-s", 4), catalog.recipe("srgan-s", 4, init="identity", steps=10))
    lr, hr = (rng.random((2, size, size, 1), np.float32) for size in (28, 32))
    before = [part.get_weights() for part in (trained.generator, trained.judge)]
    for _ in range(3):  # the judge's last layer starts as 0, and passes nothing on at first
        trained.train_on_batch(lr, hr)
    for part, weights in zip((trained.generator, trained.judge), before, strict=True):
        assert all(np.abs(now - then).max() > 0 for now, then in zip(part.get_weights(), weights, strict=True))


def test_the_judge_learns_as_if_the_generator_were_not_there():
    """Its weights after a step do not depend on the weight of the adversarial loss, which the generator's do."""
    lr, hr = np.random.default_rng(0).random((2, 28, 28, 1), np.float32), np.ones((2, 32, 32, 1), np.float32)
    ends = []
    for weight in (1e-6, 10.0):
        trained = gan.Adversarial(models.build("edsr-s", 4), gan.discriminator(), weight)
        trained.build((None, None, None, 1))
        trained.judge.get_layer("D5").kernel.assign(np.full((1, 1, 128, 1), 0.1, np.float32))
        trained.compile(keras.optimizers.SGD(0.01), "mae")
        trained.train_on_batch(lr, hr)
        ends.append((trained.judge.get_weights(), trained.generator.get_weights()))
    for first, second in zip(ends[0][0], ends[1][0], strict=True):
        np.testing.assert_allclose(first, second, atol=1e-6)
    assert any(np.abs(first - second).max() > 1e-4 for first, second in zip(ends[0][1], ends[1][1], strict=True))


def test_against_a_judge_the_last_weights_are_kept_and_a_stopped_run_goes_on(tmp_path, photographs, short_cards):
    settings = {"steps": 4, "validate_every": 2, "patch_size": 36, "batch_size": 2, "warm_up": 0, "init": "identity"}
    recipe = catalog.recipe("srgan-s", 2, **settings, adversarial=0.1, learning_rate=0.01)
    out = {"out": tmp_path, "resume": True, "progress": False}

    class State(keras.callbacks.Callback):
        """All that the training depends on: both networks, and the optimizer with its moments and its step."""

        def of(self):
            variables = (*self.model.weights, *self.model.optimizer.variables)
            return [keras.ops.convert_to_numpy(variable) for variable in variables]

        def on_train_begin(self, logs=None):
            self.begun = self.of()

        def on_epoch_end(self, epoch, logs=None):
            self.ended = self.of()
            if epoch == 0:
                raise KeyboardInterrupt

    stopped, resumed = State(), State()
    with pytest.raises(KeyboardInterrupt):
        training.train("srgan-s", 2, photographs, recipe, **out, callbacks=[stopped])
    whole, history = training.train("srgan-s", 2, photographs, recipe, **out, callbacks=[resumed])
    assert len(resumed.begun) > 3 * len(whole.weights)
    for left, found in zip(stopped.ended, resumed.begun, strict=True):
        np.testing.assert_array_equal(left, found)
    for kept, last in zip(whole.get_weights(), resumed.ended, strict=False):
        np.testing.assert_array_equal(kept, last)
    with pytest.raises(InputError, match="the discriminator wants 17"):
        training.train("srgan-s", 2, photographs, catalog.recipe("srgan-s", 2, **settings | {"patch_size": 28}))
    last = evaluation.evaluate(whole, dict(list(photographs.items())[8:9]), 2)["mean"]["psnr"]
    assert history[-1]["val_psnr"] == pytest.approx(last, abs=1e-3)


def test_equal_pictures_are_at_distance_0_and_order_does_not_matter(astronaut):
    luma = astronaut[:, :, 0] / 255
    assert naturalness.sliced_wasserstein([luma], [luma]) == [0, 0, 0]
    turned = naturalness.sliced_wasserstein([luma[:, ::-1]], [luma])
    assert max(turned) < 0.1, "the patches of a mirrored photograph are distributed nearly alike"


def test_blur_and_noise_are_far_from_natural_in_the_finest_band(astronaut):
    from scipy import ndimage

    luma = astronaut[:, :, 0] / 255
    noise = np.random.default_rng(0).normal(0, 0.05, luma.shape)
    slightly, strongly = (ndimage.gaussian_filter(luma, sigma) for sigma in (0.7, 2))
    distances = [naturalness.sliced_wasserstein([x], [luma])[0] for x in (slightly, strongly, luma + noise)]
    assert 0.05 < distances[0] < distances[1] and distances[2] > 0.05


def test_pictures_of_other_sizes_are_refused():
    with pytest.raises(InputError, match="the same sizes"):
        naturalness.sliced_wasserstein([np.zeros((40, 40))], [np.zeros((40, 41))])
    with pytest.raises(InputError, match="32 pixels"):
        naturalness.sliced_wasserstein([np.zeros((20, 40))], [np.zeros((20, 40))])
    with pytest.raises(InputError):
        naturalness.sliced_wasserstein([], [])


def test_a_network_with_skips_is_not_expanded():
    with pytest.raises(InputError, match=r"edsr-s has skips; .* set expand=0"):
        models.expand(models.build("edsr-s", 2))
