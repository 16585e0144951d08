"""sanity() on twenty trainings that are broken on purpose and ten that are not (chapter 10)."""

import numpy as np
import pytest

from srcnn import InputError, catalog, datasets, images, models, pretrained, resample, training
from srcnn.models import keras
from srcnn.patches import Patches
from srcnn.sanity import sanity


@pytest.fixture(scope="module")
def photographs():
    """Eight photographs of 192 x 192 pixels, each divisible by 2, 3 and 4: hr luma in [0, 1]."""
    sample = datasets.load("sample")
    names = ("astronaut", "chelsea", "coffee", "rocket", "camera", "retina", "brick", "gravel")
    return {name: images.luma(sample[name][100:292, 150:342]) / 255 for name in names}


def bicubic(hr, scale):
    return resample.enlarge(resample.downscale(hr, scale), scale)


def bilinear(hr, scale):
    return resample.enlarge(resample.downscale(hr, scale, "bilinear"), scale, "bilinear")


def mean_of_blocks(hr, scale):
    height, width = (side // scale for side in hr.shape)
    return resample.enlarge(hr.reshape(height, scale, width, scale).mean((1, 3)), scale)


def too_blurred(hr, scale):
    from scipy.ndimage import gaussian_filter

    return bicubic(gaussian_filter(hr, 0.4 * scale), scale)


def middle_pixel(hr, scale):
    return resample.enlarge(hr[scale // 2 :: scale, scale // 2 :: scale], scale)


def first_pixel(hr, scale):
    from scipy.ndimage import gaussian_filter

    return resample.enlarge(gaussian_filter(hr, 0.5 * scale)[::scale, ::scale], scale)


def rounded(hr, scale):
    small = images.to_bytes(resample.downscale(hr, scale)) / 255
    return images.to_bytes(resample.enlarge(small, scale)) / 255


def moved(hr, scale):
    """One row up, as with a target that is cut one row too far down."""
    return np.roll(bicubic(hr, scale), -1, axis=0)


def cut(photographs, make, scale, seed, number=640, size=36, margin=6):
    """Random pairs, x (number, 36, 36, 1) and y (number, 24, 24, 1)."""
    rng, x, y = np.random.default_rng(seed), [], []
    pairs = [(make(hr, scale), hr) for hr in photographs.values()]
    for _ in range(number):
        ilr, hr = pairs[rng.integers(len(pairs))]
        top, left = rng.integers(193 - size, size=2)
        x.append(ilr[top : top + size, left : left + size])
        y.append(hr[top + margin : top + size - margin, left + margin : left + size - margin])
    return np.array(x, np.float32)[..., None], np.array(y, np.float32)[..., None]


def small(ends="linear"):
    """A small SRCNN, compiled; each is compiled once and used for many trainings."""
    if ends not in COMPILED:
        network = models.srcnn((16, 8))
        network.layers[-1].activation = keras.activations.get(ends)
        network.compile(keras.optimizers.Adam(1e-3), "mse")
        COMPILED[ends] = network
    return COMPILED[ends]


COMPILED = {}


def begin(network, seed, rate):
    """As if it were new."""
    network.set_weights(models.srcnn((16, 8), seed=seed).get_weights())
    for variable in network.optimizer.variables:
        variable.assign(np.zeros(variable.shape))
    network.optimizer.learning_rate = rate


def fit(x, y, seed, ends="linear", steps=40):
    """A short training."""
    network = small(ends)
    begin(network, seed, 1e-3)
    for k in range(steps):
        network.train_on_batch(x[16 * k : 16 * k + 16], y[16 * k : 16 * k + 16])
    return network


def loss(network, x, y):
    return float(np.mean((np.asarray(network(x, training=False)) - y) ** 2))


def noisy(photographs, scale, seed, patience=40):
    """A training whose learning rate is too large, with the loss on a test set beside it; perhaps stopped early."""
    x, y = cut(photographs, bicubic, scale, seed, number=1600)
    held_out, test = (cut(photographs, bicubic, scale, seed + k, number=k) for k in (60, 12))
    network, history = small(), {"val_loss": [], "test_loss": []}
    begin(network, seed, 2e-3)
    for k in range(400):
        network.train_on_batch(x[4 * k : 4 * k + 4], y[4 * k : 4 * k + 4])
        if k % 10 == 9:
            history["val_loss"].append(loss(network, *held_out))
            history["test_loss"].append(loss(network, *test))
            if len(history["val_loss"]) - 1 - np.argmin(history["val_loss"]) == patience:
                break
    return (network, x, y, scale), history


def wrong_range(photographs, seed, scale, of_x, of_y):
    x, y = cut(photographs, bicubic, scale, seed)
    x, y = of_x * x, of_y * y
    return (fit(x, y, seed), x, y, scale), {}


def wrong_input(photographs, seed, scale, make):
    x, y = cut(photographs, make, scale, seed)
    return (fit(x, y, seed), x, y, scale), {}


def wrong_test(photographs, seed, scale, make):
    """Trained on the papers' inputs, tested on others."""
    x, y = cut(photographs, bicubic, scale, seed)
    test = np.stack([make(hr, scale) for hr in photographs.values()]), np.stack([*photographs.values()])
    return (fit(x, y, seed), x, y, scale), {"test": test}


def wrong_end(photographs, seed, scale, ends):
    x, y = cut(photographs, bicubic, scale, seed)
    return (fit(x, y, seed, ends), x, y, scale), {}


def impatient(photographs, seed, scale, patience):
    given, history = noisy(photographs, scale, seed, patience)
    return given, {"history": history}


def chosen_on_the_test_set(photographs, seed, scale):
    given, history = noisy(photographs, scale, seed)
    kept = int(np.argmin(history["test_loss"]))
    if kept in (39, np.argmin(history["val_loss"])):  # the choice made no difference: nobody could see it
        return chosen_on_the_test_set(photographs, seed + 100, scale)
    rate = np.linspace(1, 0, 40)  # as if it had been annealed, so that nothing else is wrong
    return given, {"history": {**history, "learning_rate": rate}, "kept": kept}


def own_input(photographs, seed, scale):
    x, y = cut(photographs, bicubic, scale, seed)
    network = fit(x, y, seed)
    hr = np.stack([*photographs.values()])
    ilr = np.stack([bicubic(image, scale) for image in hr])
    sr = np.asarray(network(ilr[..., None].astype(np.float32)))[..., 0]
    error = ((images.to_bytes(sr) / 255 - ilr[:, 6:-6, 6:-6]) ** 2).mean((1, 2))
    return (network, x, y, scale), {"test": (ilr, hr), "score": float(np.mean(-10 * np.log10(error)))}


FAULTS = [
    ("range", wrong_range, 0, 2, 255, 1),
    ("range", wrong_range, 1, 3, 255, 255),
    ("range", wrong_range, 2, 4, 1, 255),
    ("shift", wrong_input, 3, 2, first_pixel),
    ("shift", wrong_input, 4, 3, first_pixel),
    ("shift", wrong_input, 5, 4, moved),
    ("degradation", wrong_input, 6, 2, bilinear),
    ("degradation", wrong_input, 7, 3, middle_pixel),
    ("degradation", wrong_input, 8, 4, too_blurred),
    ("degradation", wrong_test, 9, 3, bilinear),
    ("rounding", wrong_input, 10, 2, rounded),
    ("rounding", wrong_input, 11, 4, rounded),
    ("output", wrong_end, 12, 3, "sigmoid"),
    ("output", wrong_end, 13, 2, "relu"),
    ("patience", impatient, 14, 2, 3),
    ("patience", impatient, 15, 4, 5),
    ("test set", chosen_on_the_test_set, 16, 2),
    ("test set", chosen_on_the_test_set, 17, 3),
    ("own input", own_input, 18, 2),
    ("own input", own_input, 19, 3),
]


@pytest.mark.slow
def test_at_least_eighteen_of_twenty_faults_are_named_and_nothing_else(photographs):
    wrong = []
    for name, break_it, seed, *how in FAULTS:
        given, options = break_it(photographs, seed, *how)
        found = sanity(*given, **options)
        if found != [name]:
            wrong.append(f"{name}, seed {seed}, {how}: {found}")
    assert len(FAULTS) == 20 and len(wrong) <= 2, "\n".join(wrong)


SHIPPED = [("srcnn-915", 2), ("srcnn-915", 3), ("srcnn-955", 4), ("fsrcnn", 2), ("fsrcnn-s", 3), ("espcn", 4)]


@pytest.mark.parametrize("name, scale", SHIPPED)
def test_no_alarm_on_a_shipped_network(name, scale):
    network = pretrained.load(name, scale)
    factor, margin = models.factor(network), models.margin(network)
    sample = {name: image[:240, :240] for name, image in datasets.load("sample").items()}
    x, y = Patches(sample, scale, batch_size=128, patch_size=36 if factor == 1 else 24, margin=margin, factor=factor)[0]
    history = training.read_history(pretrained.WEIGHTS / f"{name}-x{scale}.csv")
    kept = int(np.argmax([float(row["val_psnr"]) for row in history]))
    hr = np.stack([resample.pair(image, scale)[0] for image in sample.values()])
    lr = np.stack([resample.downscale(image, scale) for image in hr])
    ilr = np.stack([resample.enlarge(image, scale) for image in lr])
    sr = np.asarray(network((lr if factor > 1 else ilr)[..., None], training=False))[..., 0]
    cut_off = (hr.shape[1] - sr.shape[1]) // 2
    error = ((sr - hr[:, cut_off:-cut_off, cut_off:-cut_off]) ** 2).mean((1, 2))
    test = (lr if factor > 1 else ilr), hr
    score = float(np.mean(-10 * np.log10(error)))
    found = sanity(network, x, y, scale, history=history, kept=kept, test=test, score=score)
    assert found == [] and "nothing suspicious" in str(found), str(found)


@pytest.mark.parametrize(
    "name, scale, seed", [("srcnn-915", 2, 0), ("srcnn-535", 3, 1), ("espcn", 4, 2), ("fsrcnn-s", 2, 3)]
)
def test_no_alarm_on_a_short_training(name, scale, seed):
    sample = {name: image[:192, :192] for name, image in datasets.load("sample").items()}
    recipe = catalog.recipe(name, scale, steps=120, validate_every=12, expand=0, learning_rate=1e-3, warm_up=500)
    network, history = training.train(name, scale, sample, recipe, seed=seed, progress=False)
    factor, margin = models.factor(network), models.margin(network)
    x, y = Patches(sample, scale, batch_size=64, patch_size=36 if factor == 1 else 24, margin=margin, factor=factor)[0]
    kept = int(np.argmax([row["val_psnr"] for row in history]))
    found = sanity(network, x, y, scale, history=history, kept=kept)
    assert found == [], str(found)


@pytest.fixture
def healthy(photographs):
    """A healthy batch, and the network that returns bicubic."""
    return (models.srcnn((8, 4), (5, 1, 5)), *cut(photographs, bicubic, 3, 0, number=32))


def test_the_data_alone_before_any_training(healthy, photographs):
    _, x, y = healthy
    assert sanity(None, x, y, 3) == []
    assert sanity(None, x[..., 0], y[..., 0], 3) == []
    assert sanity(None, *cut(photographs, moved, 3, 0, number=32), 3) == ["shift"]


def test_training_inputs_are_called_less_blurred_than_a_softer_test(healthy, photographs):
    """A soft test lacks fine waves; that is no excess of them in the training."""
    _, x, y = healthy
    found = sanity(None, x, y, 3, test=cut(photographs, bilinear, 3, 0, number=32))
    assert found == ["degradation"] and "inputs are less blurred" in found.sentences["degradation"]


def test_a_function_and_a_network_of_fixed_size_are_welcome(healthy):
    network, x, y = healthy
    assert sanity(lambda batch: batch, x, y, 3) == []
    fixed = keras.Sequential([keras.Input((36, 36, 1)), *network.layers])
    assert sanity(fixed, x, y, 3) == []


def test_all_training_pairs_may_be_given(healthy):
    network, x, y = healthy
    assert sanity(network, np.tile(x, (40, 1, 1, 1)), np.tile(y, (40, 1, 1, 1)), 3) == []


def test_pairs_shuffled_apart(healthy):
    network, x, y = healthy
    assert sanity(network, x, y[::-1], 3) == ["pairs"]


def test_a_difference_as_the_target(healthy):
    network, x, y = healthy
    assert sanity(network, x, y - x[:, 6:-6, 6:-6], 3) == ["pairs"]


@pytest.mark.parametrize(
    "network, name",
    [
        (lambda x: x * np.nan, "output"),
        (lambda x: 0 * x, "output"),
        (np.tanh, "output"),
        (lambda x: x.clip(0, 1), "output"),
        (lambda x: np.maximum(1.1 * x - 0.05, 0), "output"),
    ],
    ids=["nan", "dead", "tanh", "clip", "relu"],
)
def test_what_a_network_answers(healthy, network, name):
    assert sanity(network, *healthy[1:], 3) == [name]


def test_pixels_from_minus_one_to_one(healthy):
    _, x, y = healthy
    assert sanity(None, 2 * x - 1, 2 * y - 1, 3) == ["range"]


@pytest.mark.parametrize(
    "history",
    [
        {"val_psnr": [30.0, 31.0, 31.5, 31.7, 31.8]},
        {"val_loss": [0.002, 0.001, 0.0009, 0.00095, 0.001, 0.0011]},
        {"val_psnr": [30.0, 31.0, 30.5, 31.0, 30.6, 30.9], "learning_rate": [1, 0.9, 0.7, 0.4, 0.1, 0.0]},
        {"val_psnr": [30.0, 29.0]},
    ],
    ids=["rises", "over-fits", "falling rate", "too short to tell"],
)
def test_a_history_without_a_fault(healthy, history):
    assert sanity(None, *healthy[1:], 3, history=history) == []


def test_a_test_set_that_agrees_with_the_validation_is_no_fault(healthy):
    history = {"val_psnr": [30.0, 31.0, 32.0], "Set5_psnr": [33.0, 34.0, 35.0]}
    assert sanity(None, *healthy[1:], 3, history=history, kept=-1) == []
    history["Set5_psnr"] = [33.0, 35.0, 34.0]
    assert sanity(None, *healthy[1:], 3, history=history, kept=1) == ["test set"]


def test_what_is_printed(healthy):
    network, x, y = healthy
    said = str(sanity(network, x, y, 3))
    assert said.startswith("✓ nothing suspicious; looked for: range, ") and " dB, its own input " in said
    found = sanity(None, 255 * x, y, 3)
    assert str(found) == repr(found) and str(found).startswith("✗ range: the inputs go from -")
    said = " ".join(str(sanity(None, x, y, 3)).split())
    assert "rounding (not given: network, history, score)" in said


OTHERWISE_BROKEN = {
    "the inputs alone in 0..0.004": ("range", lambda x, y: (x / 255, y)),
    "both divided twice": ("range", lambda x, y: (x / 255, y / 255)),
    "the mean subtracted": ("range", lambda x, y: (x - x.mean(), y)),
    "standardised": ("range", lambda x, y: ((x - x.mean()) / x.std(), y)),
    "gamma": ("range", lambda x, y: (x.clip(0, 1) ** 2.2, y)),
    "16 bit": ("range", lambda x, y: (65535 * x, y)),
    "studio range": ("range", lambda x, y: ((16 + 219 * x) / 255, y)),
    "mirrored": ("pairs", lambda x, y: (x, y[:, :, ::-1])),
    "transposed": ("pairs", lambda x, y: (x, y.swapaxes(1, 2))),
    "one in ten shuffled": ("pairs", lambda x, y: (x, np.concatenate([y[-4:], y[4:-4], y[:4]]))),
    "exchanged": ("degradation", lambda x, y: (y, x[:, 6:-6, 6:-6])),
}


@pytest.mark.parametrize("name, broken", OTHERWISE_BROKEN.values(), ids=OTHERWISE_BROKEN)
def test_a_fault_built_in_another_way(healthy, name, broken):
    assert sanity(None, *broken(*healthy[1:]), 3) == [name]


@pytest.mark.parametrize(
    "name, of_x, of_y", [("range", 255, 255), ("range", 255, 1), ("range", 1, 1 / 255)], ids=["both", "x", "y"]
)
def test_the_test_data_are_examined_too(healthy, name, of_x, of_y):
    _, x, y = healthy
    found = sanity(None, x, y, 3, test=(of_x * x, of_y * y))
    assert found == [name] and "in the test data" in str(found)


def test_rounded_test_data(healthy):
    _, x, y = healthy
    found = sanity(None, x, y, 3, test=(np.rint(255 * x) / 255, y))
    assert found == ["rounding"] and "in the test data" in str(found)


@pytest.mark.parametrize(
    "network, name, word",
    [
        (lambda x: 255 * x, "range", "the output goes from"),
        (lambda x: np.minimum(x, 1), "output", "exactly 1"),
        (lambda x: x.clip(-0.5, 1.5), "output", "something cuts"),
        (lambda x: np.roll(x, 1, axis=1), "nothing learned", "pixels down"),
        (lambda x: x[:, ::-1], "nothing learned", "turned or mirrored"),
        (lambda x: 0.7 * x, "nothing learned", "contrast is 0."),
    ],
    ids=["grey levels", "cut above", "cut on both sides", "shifted", "flipped", "pale"],
)
def test_why_an_output_is_bad(healthy, network, name, word):
    found = sanity(network, *healthy[1:], 3)
    assert found == [name] and word in " ".join(str(found).split()), str(found)


def test_a_network_that_returns_the_difference(healthy):
    _, x, y = healthy
    difference = y - x[:, 6:-6, 6:-6]
    found = sanity(lambda batch: difference if len(batch) == 32 else batch[:, 6:-6, 6:-6], x, y, 3)
    assert found == ["nothing learned"] and "add the input" in " ".join(str(found).split()), str(found)


def mean_psnr(a, b):
    return float(np.mean(-10 * np.log10(((a - b) ** 2).mean((1, 2, 3)))))


def pooled_psnr(a, b):
    return float(-10 * np.log10(((a - b) ** 2).mean()))


@pytest.mark.parametrize("number", [50, 300])
@pytest.mark.parametrize("average", [mean_psnr, pooled_psnr])
def test_the_score(photographs, number, average):
    x, y = cut(photographs, bicubic, 3, 5, number=number)
    network = fit(*cut(photographs, bicubic, 3, 6), 6)
    sr, ilr = np.asarray(network(x)), x[:, 6:-6, 6:-6]
    right, own = average(sr, y), average(sr, ilr)
    with_less_border = average(sr[:, 2:-2, 2:-2], y[:, 2:-2, 2:-2])
    scores = {right: [], with_less_border: [], own: ["own input"], right + 3: ["score"], float("inf"): ["score"]}
    for score, wanted in scores.items():
        assert sanity(network, x, y, 3, test=(x, y), score=score) == wanted, score


def test_eight_bit_small_images_are_the_usual_input_of_a_network_that_enlarges(photographs):
    hr = np.stack([*photographs.values()])
    lr = np.stack([images.to_bytes(resample.downscale(image, 3)) / 255 for image in hr])
    assert sanity(pretrained.load("fsrcnn", 3), lr, hr, 3) == []


@pytest.mark.parametrize("steps", [0, 60])
def test_a_weak_start_is_no_relu_and_no_tanh(photographs, steps):
    x, y = cut(photographs, bicubic, 3, 7)
    network = models.srcnn((16, 8), init="gaussian", seed=3)
    network.compile(keras.optimizers.Adam(1e-3), "mse")
    for k in range(steps):
        network.train_on_batch(x[8 * k : 8 * k + 8], y[8 * k : 8 * k + 8])
    assert sanity(network, x, y, 3) == ["nothing learned"]


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize(
    "turn, name",
    [
        (lambda y: y[:, :, ::-1], "mirrored"),
        (lambda y: y[:, ::-1, ::-1], "turned by half"),
        (lambda y: np.rot90(y, 1, (1, 2)), "turned to the other side"),
        (lambda y: 1 - y, "inverted"),
    ],
    ids=["mirrored", "half", "quarter", "inverted"],
)
def test_a_turn_is_named(photographs, scale, turn, name):
    x, y = cut(photographs, bicubic, scale, scale, number=200)
    found = sanity(None, x, turn(y), scale)
    assert found == ["pairs"] and f"are {name} against" in " ".join(str(found).split()), str(found)


@pytest.mark.parametrize("name", ["grass", "brick", "gravel", "hubble_deep_field", "camera"])
@pytest.mark.parametrize("size, margin", [(36, 6), (20, 2), (64, 0)])
def test_fine_texture_at_x4_is_no_fault(name, size, margin):
    hr = images.luma(datasets.load("sample")[name][100:292, 150:342]) / 255
    assert sanity(None, *cut({name: hr}, bicubic, 4, 0, 100, size, margin), 4) == []


def test_stripes_are_no_fault():
    hr = np.repeat((np.arange(192) // 7 % 2)[:, None], 192, 1).astype(float)
    assert sanity(None, *cut({"stripes": hr}, bicubic, 4, 0, number=100), 4) == []


@pytest.mark.parametrize("move", [(6, 6), (-5, 3), (0, 4)])
def test_a_large_move_is_a_shift(photographs, move):
    found = sanity(None, *cut(photographs, lambda hr, s: np.roll(bicubic(hr, s), move, (0, 1)), 2, 0, 200), 2)
    assert found == ["shift"] and f"{move[0]:+.0f}" in str(found), str(found)


def nearest_up(hr, scale):
    return resample.downscale(hr, scale).repeat(scale, 0).repeat(scale, 1)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_enlarged_with_nearest_pixels(photographs, scale):
    found = sanity(None, *cut(photographs, nearest_up, scale, 0, 200), scale)
    assert found == ["degradation"] and "no small image can hold" in " ".join(str(found).split()), str(found)


def test_half_of_the_inputs_rounded(photographs):
    x, y = cut(photographs, bicubic, 2, 0, number=200)
    x[::2] = np.rint(255 * x[::2]) / 255
    found = sanity(None, x, y, 2)
    assert found == ["rounding"] and "% of the inputs" in str(found), str(found)


def test_a_tenth_of_very_many_pairs_shuffled(photographs):
    x, y = cut(photographs, bicubic, 2, 0, number=2560)
    y[1::10] = np.roll(y[1::10], 1, axis=0)
    assert sanity(None, x, y, 2) == ["pairs"]


def test_small_images_in_training_and_enlarged_ones_in_the_test(photographs):
    hr = np.stack([*photographs.values()])
    lr = np.stack([resample.downscale(image, 2) for image in hr])
    found = sanity(None, lr, hr, 2, test=(np.stack([bicubic(image, 2) for image in hr]), hr))
    assert found == ["degradation"] and "training inputs are small" in " ".join(str(found).split())


def test_a_night_photograph_is_no_fault(photographs):
    network = fit(*cut(photographs, bicubic, 2, 6), 6)
    dark = {name: 0.05 * hr for name, hr in photographs.items()}
    assert sanity(network, *cut(dark, bicubic, 2, 0, 100), 2) == []


def test_a_choice_by_any_validation_column_is_honest(healthy):
    history = {"val_loss": [0.1, 0.05, 0.02, 0.019, 0.0195], "val_psnr": [20, 25, 29, 29.1, 29.2]}
    history |= {"test_psnr": [20, 25, 29, 29.3, 29.2], "learning_rate": [1, 0.8, 0.5, 0.2, 0]}
    assert sanity(None, *healthy[1:], 3, history=history, kept=3) == []
    assert sanity(None, *healthy[1:], 3, history={**history, "val_loss": [1, 1, 0.9, 1, 1]}, kept=3) == ["test set"]
    for name in ("test_mae", "BSD100", "urban100_psnr"):
        named = {"val_psnr": [30.0, 31.0, 32.0, 32.5], name: [1, 2, 3, 2.5], "learning_rate": [1, 0.6, 0.2, 0]}
        named[name] = np.negative(named[name]) if name == "test_mae" else named[name]
        assert sanity(None, *healthy[1:], 3, history=named, kept=2) == ["test set"], name


def test_scores_without_test_pairs_and_beyond_measure(healthy):
    _, x, y = healthy

    def unchanged(batch):
        return batch[:, 6:-6, 6:-6]

    assert sanity(unchanged, x, y, 3, score=75) == ["own input"]
    assert sanity(unchanged, x, y, 3, score=float("inf")) == ["own input"]
    assert sanity(unchanged, x, y, 3, score=44) == ["score"]


def test_what_keras_fit_returns_is_a_history(healthy):
    class Returned:
        history = {"val_loss": [0.1, 0.05, 0.02]}  # noqa: RUF012

    assert sanity(None, *healthy[1:], 3, history=Returned()) == []


def test_the_last_row_of_a_fixed_number_of_steps_is_no_choice(healthy):
    history = {"val_psnr": [30, 31, 32.01, 32], "test_psnr": [29, 30, 30.5, 30.6], "learning_rate": [1, 0.7, 0.3, 0]}
    assert sanity(None, *healthy[1:], 3, history=history, kept=3) == []


def x_alone(x, y):
    return x


BAD = {
    "a name": (lambda x, y: ("srcnn-915", x, y, 3), {}, "pretrained.load"),
    "another order": (lambda x, y: (3, None, x, y), {}, "the order is"),
    "a scale of text": (lambda x, y: (None, x, y, "3"), {}, "scale '3'"),
    "flat": (lambda x, y: (None, 0 * x + 0.5, y, 3), {}, "same value"),
    "ragged": (lambda x, y: (None, [x[0], x[1, :20]], y, 3), {}, "differ in size"),
    "nan in the history": (lambda x, y: (None, x, y, 3), {"history": {"val_loss": [0.1, np.nan]}}, "diverged"),
    "kept alone": (lambda x, y: (None, x, y, 3), {"kept": 1}, "history that is given"),
    "kept as a word": (lambda x, y: (None, x, y, 3), {"history": {"val_psnr": [30]}, "kept": "best"}, "kept='best'"),
    "score alone": (lambda x, y: (None, x, y, 3), {"score": 30.0}, "needs the network"),
    "score as a word": (lambda x, y: (np.tanh, x, y, 3), {"score": "thirty"}, "one number"),
    "the scale": (lambda x, y: (None, x, y, 5), {}, "scale 5"),
    "few pairs": (lambda x, y: (None, x[:7], y[:7], 3), {}, "8 grey images"),
    "no array": (lambda x, y: (None, None, y, 3), {}, "x has shape"),
    "words": (lambda x, y: (None, np.full((9, 20, 20), "a"), y, 3), {}, "x has"),
    "small targets": (lambda x, y: (None, x, y[:, :9, :9], 3), {}, "y has shape"),
    "colour": (lambda x, y: (None, np.repeat(x, 3, -1), y, 3), {}, "grey"),
    "no pairs": (lambda x, y: (None, x[:20], y, 3), {}, "no pairs"),
    "nan": (lambda x, y: (None, x * np.nan, y, 3), {}, "NaN"),
    "flat output": (lambda x, y: (lambda batch: batch[:, 0], x, y, 3), {}, "the network makes"),
    "empty history": (lambda x, y: (None, x, y, 3), {"history": []}, "neither a list of rows"),
    "no validation": (lambda x, y: (None, x, y, 3), {"history": {"loss": [1, 2]}}, "no val_psnr"),
    "uneven history": (lambda x, y: (None, x, y, 3), {"history": {"loss": [1], "val_loss": [1, 2]}}, "neither"),
    "no number": (lambda x, y: (None, x, y, 3), {"history": [{"val_psnr": "a"}]}, "neither"),
    "kept": (lambda x, y: (None, x, y, 3), {"history": {"val_psnr": [30]}, "kept": 4}, "kept=4"),
    "test": (lambda x, y: (None, x, y, 3), {"test": x_alone}, "a pair of arrays"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_a_sentence(healthy, name):
    arguments, options, word = BAD[name]
    options = {key: value(*healthy[1:]) if callable(value) else value for key, value in options.items()}
    with pytest.raises(InputError, match=word):
        sanity(*arguments(*healthy[1:]), **options)
