"""Patches, training, checkpoints and resume. Small networks, real code."""

import dataclasses
import errno
import json
import os

import numpy as np
import pytest

from srcnn import (
    InputError,
    catalog,
    datasets,
    evaluation,
    images,
    models,
    ondevice,
    patches,
    pretrained,
    resample,
    training,
)
from srcnn.models import keras

SMALL = {"batch_size": 4, "patch_size": 24, "validate_every": 5, "learning_rate": 3e-3, "expand": 16}

pytestmark = pytest.mark.usefixtures("short_cards")


def train(name, scale, steps, photographs, out=None, *, recipe=(), **options):
    """A training of a second or two; `recipe` is what differs from SMALL."""
    recipe = catalog.recipe(name, scale, **{**SMALL, "steps": steps, **dict(recipe)})
    return training.train(name, scale, photographs, recipe, out=out, progress=False, **options)


class Stop(keras.callbacks.Callback):
    """Interrupt the run like Ctrl-C, after so many epochs."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.after:
            raise KeyboardInterrupt


def test_patches_are_pairs_of_one_place(photographs):
    stream = patches.Patches(photographs, 3, batch_size=16, patch_size=30, margin=0, steps=4, seed=1)
    for k in range(len(stream)):
        x, y = stream[k]
        assert x.shape == y.shape == (16, 30, 30, 1) and x.dtype == y.dtype == np.float32
        assert x.min() > -0.2 and y.min() >= 0 and y.max() <= 1
        by_pixel = np.abs(x - y).mean(axis=(1, 2, 3))
        wrong_place = np.abs(x - np.roll(y, 3, axis=1)).mean(axis=(1, 2, 3))
        assert (by_pixel <= wrong_place + 1e-6).all()


def test_the_target_is_the_centre_of_the_input(photographs):
    wide = patches.Patches(photographs, 2, batch_size=5, patch_size=24, margin=0, steps=1, seed=3)[0]
    cut = patches.Patches(photographs, 2, batch_size=5, patch_size=24, margin=6, steps=1, seed=3)[0]
    assert np.array_equal(wide[0], cut[0]) and np.array_equal(wide[1][:, 6:-6, 6:-6], cut[1])


def test_the_stream_depends_on_seed_epoch_and_number_alone(photographs):
    def batch(seed=0, epoch=0, number=0):
        return patches.Patches(photographs, 3, batch_size=2, patch_size=24, steps=2, seed=seed, epoch=epoch)[number][0]

    assert np.array_equal(batch(), batch())
    for other in (batch(seed=1), batch(epoch=1), batch(number=1)):
        assert not np.array_equal(batch(), other)


def test_the_eight_orientations_are_different():
    image = np.arange(9).reshape(3, 3)
    assert len({patches.flip_or_rotate(image, turn).tobytes() for turn in range(8)}) == 8
    assert np.array_equal(patches.flip_or_rotate(image, 0), image)


@pytest.mark.parametrize("shape", [{}, {"patch_size": 24, "margin": 4, "factor": 3}, {"augment": False}])
def test_a_batch_is_cut_as_one_would_cut_each_patch(photographs, shape):
    """At once by index arithmetic, and patch by patch with slices and flip_or_rotate()."""
    stream = patches.Patches(photographs, 3, batch_size=40, seed=5, epoch=2, **shape)
    size, margin, factor = stream.patch_size, stream.margin, stream.factor
    rng = np.random.default_rng((5, 2, 7))
    used = patches._sizes(photographs, size * factor + 2, patches.SCALES if stream.turns == 8 else (1.0,))
    pairs = list(patches._pairs(used, 3, factor))
    inner = size - 2 * margin
    chosen = stream.odds.searchsorted(rng.random(40), side="right")
    for x, y, choice in zip(*stream[7], chosen, strict=True):
        given, wanted = pairs[choice]
        top, left, turn = (rng.integers(n) for n in (*(side - size + 1 for side in given.shape), stream.turns))
        one = given[top : top + size, left : left + size]
        assert np.array_equal(x[..., 0], patches.flip_or_rotate(one, turn))
        top, left = factor * (top + margin), factor * (left + margin)
        other = wanted[top : top + factor * inner, left : left + factor * inner]
        assert np.array_equal(y[..., 0], patches.flip_or_rotate(other, turn))


def test_photographs_smaller_than_a_crop_are_refused(photographs):
    with pytest.raises(InputError, match="202 x 202 pixels are needed"):
        patches.Patches(photographs, 3, patch_size=200)


def test_training_beats_bicubic_from_the_identity_start(photographs):
    model, history = train("srcnn-915", 3, 60, photographs, recipe={"validate_every": 20, "expand": 0})
    held_out = datasets.split(photographs)[1]
    bicubic = evaluation.evaluate("bicubic", held_out, 3)["mean"]["psnr"]
    assert max(row["val_psnr"] for row in history) > bicubic + 0.02
    ours = evaluation.evaluate(model, held_out, 3)["mean"]["psnr"]
    assert ours == pytest.approx(max(row["val_psnr"] for row in history), abs=1e-3), "the best weights come back"
    assert [row["step"] for row in history] == [20, 40, 60]
    assert history[-1]["learning_rate"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("after", [1, 2])
def test_a_stopped_run_resumes_on_the_same_curve(photographs, tmp_path, after):
    _, straight = train("srcnn-915", 3, 15, photographs)
    with pytest.raises(KeyboardInterrupt):
        train("srcnn-915", 3, 15, photographs, tmp_path, callbacks=[Stop(after)])
    _, resumed = train("srcnn-915", 3, 15, photographs, tmp_path, resume=True)
    for a, b in zip(straight, resumed, strict=True):
        assert a["val_psnr"] == pytest.approx(b["val_psnr"], abs=1e-3)
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-3)
        assert a["learning_rate"] == pytest.approx(b["learning_rate"])
    assert [row["seconds"] for row in resumed] == sorted(row["seconds"] for row in resumed)


def test_a_run_leaves_weights_card_and_history(photographs, tmp_path):
    model, history = train("srcnn-915", 3, 10, photographs, tmp_path, seed=4)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint.keras", "history.csv", "settings.json", "srcnn-915-x3.json", "srcnn-915-x3.npz",
    ]  # fmt: skip
    assert training.read_history(tmp_path / "history.csv") == history
    card = json.loads((tmp_path / "srcnn-915-x3.json").read_text())
    assert card["seed"] == 4 and card["steps"] == 10 and card["batch_size"] == 4
    for path in (tmp_path, tmp_path / "srcnn-915-x3.npz"):
        for a, b in zip(pretrained.load(str(path), 3).get_weights(), model.get_weights(), strict=True):
            assert np.array_equal(a, b)


def test_the_card_scores_every_test_set_that_is_here(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "TEST_SETS", ("Set5", "Set14", "BSD100"))
    monkeypatch.setattr(datasets, "find", lambda name: name != "Set14")

    def evaluate(model, name, scale):
        return {"mean": {"psnr": float(len(name))}, "images": [{"name": "bird", "psnr": 30.00004}]}

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    train("srcnn-313", 3, 5, photographs, tmp_path)
    assert pretrained.card(tmp_path, 3)["scores"] == {
        "Set5": {"psnr": 4, "photographs": {"bird": 30.0}},
        "BSD100": {"psnr": 6, "photographs": {"bird": 30.0}},
    }


def test_a_run_of_a_version_with_fewer_settings_goes_on(photographs, tmp_path):
    train("srcnn-915", 3, 5, photographs, tmp_path)
    settings = json.loads((tmp_path / "settings.json").read_text())
    for newer in ("adversarial", "degraded"):
        del settings[newer]
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    train("srcnn-915", 3, 5, photographs, tmp_path, resume=True)


def test_a_finished_run_can_be_resumed_and_changes_nothing(photographs, tmp_path):
    _, history = train("srcnn-915", 3, 10, photographs, tmp_path)
    weights = (tmp_path / "srcnn-915-x3.npz").read_bytes()
    _, again = train("srcnn-915", 3, 10, photographs, tmp_path, resume=True)
    assert again == history and (tmp_path / "srcnn-915-x3.npz").read_bytes() == weights


def test_a_run_is_not_overwritten_or_mixed_with_another(photographs, tmp_path):
    train("srcnn-915", 3, 5, photographs, tmp_path)
    with pytest.raises(InputError, match="already holds a run"):
        train("srcnn-915", 3, 5, photographs, tmp_path)
    with pytest.raises(InputError, match=r"was begun with .*steps 5 \(now 10\)"):
        train("srcnn-915", 3, 10, photographs, tmp_path, resume=True)


@pytest.mark.parametrize("name", ["checkpoint.keras", "history.csv", "settings.json", "srcnn-915-x3.npz"])
def test_a_damaged_run_is_refused_and_kept(photographs, tmp_path, name):
    train("srcnn-915", 3, 5, photographs, tmp_path)
    whole = (tmp_path / name).read_bytes()
    for damage in (b"", whole[: len(whole) // 2], b"garbage", b"[]"):
        (tmp_path / name).write_bytes(damage)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(InputError, match=name.replace(".", r"\.")) as error:
            train("srcnn-915", 3, 5, photographs, tmp_path, resume=True)
        assert "\n" not in str(error.value)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_checkpoint_of_another_network_is_refused(photographs, tmp_path):
    for name in ("srcnn-915", "srcnn-313"):
        train(name, 3, 5, photographs, tmp_path / name)
    (tmp_path / "srcnn-313" / "checkpoint.keras").replace(tmp_path / "srcnn-915" / "checkpoint.keras")
    with pytest.raises(InputError, match="the checkpoint is of another network"):
        train("srcnn-915", 3, 5, photographs, tmp_path / "srcnn-915", resume=True)
    with pytest.raises(InputError, match=r"was begun with model srcnn-915 \(now srcnn-313\)"):
        train("srcnn-313", 3, 5, photographs, tmp_path / "srcnn-915", resume=True)


def test_a_disk_that_fills_up_keeps_what_was_complete(photographs, tmp_path, monkeypatch):
    _, straight = train("srcnn-313", 3, 15, photographs)
    save = keras.Model.save

    def save_once(model, path, **options):
        if (tmp_path / "run" / "checkpoint.keras").is_file():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save(model, path, **options)

    monkeypatch.setattr(keras.Model, "save", save_once)
    with pytest.raises(InputError, match=r"cannot write .*No space left.* kept as of step 5: .*--resume") as error:
        train("srcnn-313", 3, 15, photographs, tmp_path / "run")
    assert "\n" not in str(error.value)
    monkeypatch.setattr(keras.Model, "save", save)
    _, resumed = train("srcnn-313", 3, 15, photographs, tmp_path / "run", resume=True)
    assert [row["loss"] for row in resumed] == pytest.approx([row["loss"] for row in straight], rel=1e-3)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_cannot_be_written_is_refused_before_the_work(photographs, tmp_path, monkeypatch, code):
    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    for place in ("pathlib.Path.mkdir", "tempfile.mkstemp"):  # the folder, and what is written into it
        with monkeypatch.context() as patch, pytest.raises(InputError, match=os.strerror(code)) as error:
            patch.setattr(place, refuse)
            train("srcnn-313", 3, 5, photographs, tmp_path / "run")
        assert str(tmp_path) in str(error.value) and "\n" not in str(error.value)


def test_a_checkpoint_without_its_settings_is_not_taken_for_a_new_run(photographs, tmp_path):
    train("srcnn-915", 3, 5, photographs, tmp_path)
    (tmp_path / "settings.json").unlink()
    with pytest.raises(InputError, match=r"without its settings\.json"):
        train("srcnn-915", 3, 10, photographs, tmp_path)


def test_a_refused_start_writes_nothing(photographs, tmp_path):
    small = {"a": photographs["astronaut"], "b": photographs["coffee"][:9, :9]}
    for data, change in ((small, {}), (photographs, {"recipe": {"patch_size": 200}}), (photographs, {"seed": -1})):
        with pytest.raises(InputError):
            train("srcnn-915", 3, 5, data, tmp_path / "run", **change)
    assert not (tmp_path / "run").exists()


def test_a_report_may_come_or_go_when_a_run_is_resumed(photographs, tmp_path, astronaut):
    images.write(tmp_path / "one.png", astronaut[:60, :60])
    for first, second in ((str(tmp_path), None), (None, str(tmp_path))):
        run = tmp_path / f"run of {first is None}"
        with pytest.raises(KeyboardInterrupt):
            train("srcnn-915", 3, 10, photographs, run, callbacks=[Stop(1)], test_data=first)
        train("srcnn-915", 3, 10, photographs, run, resume=True, test_data=second)
        assert [len(row) for row in training.read_history(run / "history.csv")] == [5 + bool(first), 5 + bool(second)]


def test_early_stopping_is_keras_own(photographs):
    patience = keras.callbacks.EarlyStopping(monitor="val_psnr", mode="max", patience=1, min_delta=100)
    _, history = train("srcnn-915", 3, 50, photographs, callbacks=[patience])
    assert len(history) == 2


def test_a_reported_test_set_is_in_the_history_and_chooses_nothing(photographs, tmp_path, astronaut):
    images.write(tmp_path / "one.png", astronaut[:60, :60])
    _, plain = train("srcnn-915", 3, 10, photographs, seed=2)
    _, reported = train("srcnn-915", 3, 10, photographs, seed=2, test_data=str(tmp_path))
    assert [row["val_psnr"] for row in plain] == [row["val_psnr"] for row in reported]
    assert f"{tmp_path}_psnr" in reported[0]


def test_any_network_can_be_trained_kept_and_loaded(photographs, tmp_path):
    model = models.srcnn((5,), (5, 3), name="mine")
    recipe = catalog.Recipe(steps=5, patch_size=24, learning_rate=3e-3, expand=8)
    with pytest.raises(InputError, match=r"'mine'.* of your own has no recipe"):
        training.train(model, 2, photographs)
    _, history = training.train(model, 2, photographs, recipe, out=tmp_path, progress=False)
    assert len(history) == 1
    card, again = pretrained.card(tmp_path, 2), pretrained.load(tmp_path, 2)
    assert card["model"] == "mine" and [layer.name for layer in again.layers] == ["F1", "F2"]
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), again.get_weights(), strict=True))
    _, resumed = training.train(model, 2, photographs, recipe, out=tmp_path, resume=True, progress=False)
    assert resumed == history


@pytest.mark.parametrize(
    "change, words",
    [
        ({"recipe": {"steps": 0}}, "steps=0 must be .* at least 1"),
        ({"recipe": {"patch_size": 12}}, "too small"),
        ({"scale": 5}, "scale 5"),
        ({"name": "vgg"}, "no model 'vgg'"),
        ({"recipe": {"crop": 3}}, "'crop' is not part of a recipe"),
        ({"recipe": {"optimizer": "Lion"}}, "no optimizer 'Lion'; there are Adam"),
        ({"recipe": {"loss": "lpips"}}, "no loss 'lpips'"),
        ({"recipe": {"schedule": "linear"}}, "no schedule 'linear'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(photographs, change, words):
    settings = {"name": "srcnn-915", "scale": 3, "steps": 5, "photographs": photographs, **change}
    settings["steps"] = change.get("recipe", {}).pop("steps", 5)
    with pytest.raises(InputError, match=words):
        train(**settings)


def test_a_padded_network_is_refused_by_name(photographs):
    layers = [keras.layers.Conv2D(4, 5, padding="same", name="first"), keras.layers.Conv2D(1, 3, name="last")]
    model = keras.Sequential([keras.Input((None, None, 1)), *layers], name="mine")
    recipe = catalog.recipe("srcnn-915", 2, steps=5)
    for use in (
        lambda: training.train(model, 2, photographs, recipe),
        lambda: evaluation.evaluate(model, photographs, 2),
        lambda: models.margin(model),
    ):
        with pytest.raises(InputError, match="layer first of mine pads its input"):
            use()


def test_a_training_that_diverges_stops_in_one_line(photographs, tmp_path):
    with pytest.raises(
        InputError, match=r"has diverged before step \d+: .* smaller learning rate than 1e\+18"
    ) as error:
        train("srcnn-915", 3, 20, photographs, tmp_path, recipe={"learning_rate": 1e18, "warm_up": 0, "expand": 0})
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("*-x3.json")), "no model card: nothing was finished"


def test_half_the_error_is_three_decibels_more_in_the_loss(photographs):
    hr, lr = resample.pair(photographs["astronaut"], 3)
    mse = float(np.mean((hr - resample.enlarge(lr, 3)) ** 2))
    assert evaluation.score(hr, resample.enlarge(lr, 3), 3)["psnr"] == pytest.approx(10 * np.log10(1 / mse), abs=0.7)


@pytest.mark.parametrize("name", ["srcnn-915", "fsrcnn-s", "espcn"])
def test_a_network_can_start_from_another_scale(photographs, tmp_path, name):
    trained, _ = train(name, 3, 5, photographs, tmp_path / "three", recipe={"expand": 0})
    weights = tmp_path / "three" / f"{name}-x3.npz"
    for scale in (2, 3):
        fresh = models.build(name, scale)
        last = [layer for layer in fresh.layers if layer.weights][-1]
        wanted = last.get_weights() if scale == 2 else trained.get_layer(last.name).get_weights()
        digits = pretrained.start_from(fresh, weights, scale)
        assert digits.startswith(f"{name}-x3 ") and str(tmp_path) not in digits
        assert np.array_equal(fresh.get_weights()[0], trained.get_weights()[0])
        assert all(np.array_equal(a, b) for a, b in zip(last.get_weights(), wanted, strict=True))
    train(name, 2, 5, photographs, tmp_path / "two", recipe={"expand": 0, "init": str(weights)})
    card = pretrained.card(tmp_path / "two", 2)
    assert card["started_from"] == digits and card["init"] == f"{name}-x3"


def test_weights_that_do_not_fit_are_refused(photographs):
    for init, word in (("srcnn-915-x3", "does not fit"), ("nowhere.npz", "no init"), ("zero", "no init 'zero'")):
        with pytest.raises(InputError, match=word):
            train("srcnn-955", 3, 5, photographs, recipe={"init": init})


@pytest.mark.parametrize("name, expand", [("srcnn-915", 0), ("fsrcnn-s", 16)])
def test_cut_on_the_device_the_same_curve(photographs, tmp_path, monkeypatch, name, expand):
    """As on a GPU, forced here: photographs on the device, tables instead of patches; stopped and resumed as well."""
    recipe = {"expand": expand}
    _, usual = train(name, 3, 15, photographs, recipe=recipe)
    monkeypatch.setattr(ondevice, "is_wanted", lambda: True)
    with pytest.raises(KeyboardInterrupt):
        train(name, 3, 15, photographs, tmp_path, recipe=recipe, callbacks=[Stop(2)])
    assert (tmp_path / "checkpoint.keras").stat().st_size < 2_000_000, "the photographs are not in the checkpoint"
    model, resumed = train(name, 3, 15, photographs, tmp_path, recipe=recipe, resume=True)
    for a, b in zip(usual, resumed, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-3)
        assert a["val_psnr"] == pytest.approx(b["val_psnr"], abs=1e-3)
    loaded = pretrained.load(tmp_path, 3).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), loaded, strict=True))


def test_an_expanded_run_resumes_on_the_same_curve(photographs, tmp_path):
    straight_model, straight = train("fsrcnn-s", 3, 15, photographs)
    with pytest.raises(KeyboardInterrupt):
        train("fsrcnn-s", 3, 15, photographs, tmp_path, callbacks=[Stop(2)])
    model, resumed = train("fsrcnn-s", 3, 15, photographs, tmp_path, resume=True)
    assert [row["loss"] for row in resumed] == pytest.approx([row["loss"] for row in straight], rel=1e-3)
    held_out = datasets.split(photographs)[1]
    for network in (model, straight_model, pretrained.load(tmp_path, 3)):
        ours = evaluation.evaluate(network, held_out, 3)["mean"]["psnr"]
        assert ours == pytest.approx(max(row["val_psnr"] for row in straight), abs=2e-3)
        assert network.count_params() == models.build("fsrcnn-s", 3).count_params()


def test_every_network_of_the_course_has_a_recipe_and_others_have_none():
    assert catalog.recipe("srcnn-11-1-7", 3) == catalog.recipe("srcnn-915", 3)
    for name in ("fsrcnn_56_12_4_x3", "edsr", "srcnn", None):
        with pytest.raises(InputError, match="no model"):
            catalog.recipe(name, 3)


@pytest.mark.parametrize(
    "name, scale", [(name, scale) for name, have in pretrained.available().items() for scale in have]
)
def test_the_recipe_is_the_one_of_the_shipped_card(name, scale):
    card = pretrained.card(name, scale)
    assert {key: card[key] for key in catalog.FIELDS} == dataclasses.asdict(catalog.recipe(name, scale))


def test_without_augmentation_a_crop_is_part_of_a_photograph(photographs):
    one = dict(list(photographs.items())[:1])
    hr = images.luma(next(iter(one.values()))) / 255
    stream = patches.Patches(one, 2, batch_size=3, patch_size=24, margin=0, steps=1, augment=False)
    places = np.lib.stride_tricks.sliding_window_view(hr, (24, 24))
    for wanted in stream[0][1][..., 0]:
        assert np.isclose(places, wanted, atol=1e-6).all(axis=(2, 3)).any()


def test_loss_optimizer_schedule_and_the_split_can_be_given(photographs, tmp_path):
    names = list(photographs)
    split = {name: photographs[name] for name in names[1:]}, {names[0]: photographs[names[0]]}
    recipe = {"loss": "mae", "schedule": "constant", "warm_up": 0, "optimizer": "SGD", "augment": False}
    recipe |= {"learning_rate": 1e-3}
    _, history = train("srcnn-915", 3, 15, split, tmp_path, recipe=recipe)
    _, again = train("srcnn-915", 3, 15, split, tmp_path, recipe=recipe, resume=True)
    card = json.loads((tmp_path / "srcnn-915-x3.json").read_text())
    assert card["held_out"] == names[:1] and card["images"] == len(names) - 1
    assert {key: card[key] for key in recipe} == recipe
    assert again == history and all(row["learning_rate"] == pytest.approx(1e-3) for row in history)
