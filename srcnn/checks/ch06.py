"""Checks of chapter 6, building and training."""

import numpy as np

from ._check import Hint, ask, check, compare, decimal, folder_of, number, numbers, parts, whole
from ._limits import trains

SECONDS = 600
"""What the three runs of exercise 6.5 may take together."""


@check
def exercise_6_1(loss_for, rng):
    for psnr in (20.0, 0.0, 32.39, 16.2, decimal(rng, 5, 45), decimal(rng, 5, 45)):
        given, right = number(ask(loss_for, psnr)), 10 ** (-psnr / 10)
        slips = [
            (1 / right, "a larger PSNR must give a smaller loss"),
            (255**2 * right, "that is for pixels in 0..255, we want pixels in [0, 1]"),
            (np.sqrt(right), "that is the root of the mean squared error"),
            (np.exp(-psnr / 10), "decibels use the logarithm to base 10, not e"),
        ]
        otherwise = f"put it into Eq. (6.1): does it give {psnr} back?"
        if hint := compare(given, right, slips, f"{psnr} dB gives {given:.4g}: ", 1e-6 * right, otherwise):
            return hint
    return None


@check
@trains
def exercise_6_2(overfit, rng):
    x, y = _four_patches(rng)
    network = ask(overfit, x, y)
    if not hasattr(network, "get_weights"):
        return f"your function returns {type(network).__name__}; return the network itself"
    from .. import layers

    out = layers.keras.ops.convert_to_numpy(network(x))
    if out.shape != y.shape:
        return f"your network makes {out.shape} of {x.shape}; layers of 9, 1 and 5 without padding make {y.shape}"
    gain = 10 * np.log10(np.mean((x[:, 6:-6, 6:-6] - y) ** 2) / np.mean((out - y) ** 2))
    if not gain >= 1:  # NaN as well
        return (
            f"on these patches your network is at {gain:+.1f} dB beside bicubic, at least +1 is wanted; "
            "train longer, or with another learning rate or start"
        )
    return None


def _four_patches(rng):
    from .. import datasets, resample

    hr, lr = resample.pair(datasets.load("sample")["coffee"], 3)
    ilr = resample.enlarge(lr, 3)
    corners = np.array([(120, 150), (120, 250), (200, 150), (200, 250)]) + rng.integers(-8, 9, (4, 2))
    x = np.stack([ilr[i : i + 33, j : j + 33] for i, j in corners])[..., None]
    return x, np.stack([hr[i + 6 : i + 27, j + 6 : j + 27] for i, j in corners])[..., None]


class _Recorder:
    """Stands in for a network: keeps the pairs of each step, and gives a loss that follows from them."""

    def __init__(self):
        self.batches = []

    def train_on_batch(self, x, y):
        x, y = np.asarray(x), np.asarray(y)
        if len(x) != len(y):
            raise Hint(f"a batch has {len(x)} inputs and {len(y)} targets")
        if not np.array_equal(y.reshape(len(y), -1)[:, 0], 10 * x.reshape(len(x), -1)[:, 0]):
            raise Hint("an input meets the target of another pair; put both into the same order")
        self.batches.append(x.reshape(len(x), -1)[:, 0].astype(int))
        return self.loss(self.batches[-1])

    @staticmethod
    def loss(batch):
        return float(np.mean(batch) + len(batch) ** 2)


@check
def exercise_6_3(my_fit, rng):
    # Nine pairs or more: of fewer, two epochs could have one order by chance.
    for count, batch_size, epochs in ((10, 4, 3), (12, 3, 2), (9, 16, 2), whole(rng, (11, 20), (3, 6), (2, 4))):
        network, order = _Recorder(), np.random.default_rng(rng.integers(2**32))
        x = np.arange(count, dtype=float).reshape(count, 1, 1, 1)
        where = f"{count} pairs in batches of {batch_size}, {epochs} epochs: "
        history = ask(_with(network, my_fit), x, 10 * x, batch_size, epochs, order)
        if hint := _steps(network.batches, count, batch_size, epochs):
            return where + hint
        given = numbers(history, epochs, f"a list of {epochs} losses, one for each epoch", where)
        each = -(-count // batch_size)
        rounds = [network.batches[k * each : (k + 1) * each] for k in range(epochs)]
        losses = [[_Recorder.loss(batch) for batch in steps] for steps in rounds]
        sizes = [[len(batch) for batch in steps] for steps in rounds]
        right = [np.average(loss, weights=size) for loss, size in zip(losses, sizes, strict=True)]
        slips = [
            ([np.mean(loss) for loss in losses], "weight each batch's loss by its number of pairs"),
            ([np.sum(loss) for loss in losses], "that is the sum of the losses; we want the mean over the pairs"),
            ([loss[-1] for loss in losses], "that is the loss of the last batch alone"),
            (np.cumsum(right), "start again from zero in each epoch"),
        ]
        if hint := compare(given, right, slips, where, 1e-6, "the losses are not the means over each epoch's pairs"):
            return hint
    return None


def _with(network, my_fit):
    """my_fit for this network: ask() copies its arguments, and a copy of the recorder would record for nobody."""
    return lambda *arguments: my_fit(network, *arguments)


def _steps(batches, count, batch_size, epochs):
    """What is wrong with the steps that were taken; or None."""
    each = -(-count // batch_size)
    if not batches:
        return "train_on_batch was never called"
    if max(map(len, batches)) > batch_size:
        return f"a batch holds {max(map(len, batches))} pairs"
    if count % batch_size and len(batches) == epochs * (count // batch_size):
        return "the last, smaller batch is missing"
    if len(batches) != epochs * each:
        return f"{len(batches)} steps were taken, {epochs * each} are wanted"
    orders = [tuple(np.concatenate(batches[k * each : (k + 1) * each])) for k in range(epochs)]
    if any(sorted(order) != list(range(count)) for order in orders):
        return "some pair is used twice in an epoch, or never; draw an order, do not draw with repetition"
    if tuple(range(count)) in orders:
        return "the pairs come in the order in which they were given; shuffle them with rng"
    if len(set(orders)) < epochs:
        return "two epochs have the same order; draw a new one each time"
    return None


@check
def exercise_6_4(batch_that_fills, rng):
    cases = [
        {16: 1.0, 64: 1.0, 256: 2.0, 1024: 7.9},
        {16: 10.0, 64: 40.0, 256: 160.0},
        {1024: 8.0, 16: 0.2, 256: 2.0, 64: 0.55},
        {8: 2.0, 32: 2.0, 128: 6.0, 512: 30.0},
        {4: 1.0, 8: 1.79, 16: 3.2},
        _step_times(rng),
    ]
    for case in cases:
        speed = {batch: batch / time for batch, time in case.items()}
        best = max(speed.values())
        right = min(batch for batch in speed if speed[batch] >= 0.9 * best)
        given = number(ask(batch_that_fills, case))
        slips = [
            (min(case, key=case.get), "that has the shortest step; divide the batch by its time"),
            (max(speed, key=speed.get), "that is the fastest; a smaller one reaches 90 % of its patches a second"),
        ]
        otherwise = "patches a second are the batch divided by its time"
        if given != right and (hint := compare(given, right, slips, f"{case} gives {given:g}: ", 1e-9, otherwise)):
            return hint
    return None


@check
@trains
def exercise_6_5(my_entry):
    """Three runs that the reader has trained: nothing to draw, since they are read and not asked."""
    from .. import records

    folders = parts(ask(my_entry), 3, "a list of three folders")
    runs = [_read_run(my_entry, folder) for folder in folders]
    seeds = sorted(settings["seed"] for settings, _ in runs)
    if seeds != [0, 1, 2]:
        return f"the runs have the seeds {', '.join(map(str, seeds))}; 0, 1 and 2 are wanted"
    for key in sorted({key for settings, _ in runs for key in settings} - {"seed", "architecture"}):
        values = [settings.get(key) for settings, _ in runs]
        if any(value != values[0] for value in values):
            return f"the runs differ in {key}: {', '.join(map(str, values))}; only the seed may differ"
    held_out = records.load("held_out")
    if runs[0][0].get("held_out") != held_out["images"]:
        return 'the runs were not scored on the ten held-out photographs; train on data="T91"'
    spent = sum(rows[-1]["seconds"] for _, rows in runs)
    if spent > SECONDS:
        return f"together the runs took {spent:.0f} seconds, more than {SECONDS}"
    scores = [max(row["val_psnr"] for row in rows) for _, rows in runs]
    bicubic = held_out["bicubic"][str(runs[0][0]["scale"])]
    if not min(scores) > bicubic:
        return f"a run has {min(scores):.2f} dB, and bicubic {bicubic:.2f}; train longer"
    return None


def _step_times(rng):
    """{batch: seconds of a step} in random order; no batch is near 90 % of the best, where rounding would decide."""
    batches = 2 ** rng.choice(np.arange(2, 11), 5, replace=False)
    shares = np.array([1, 0.95, *rng.choice([0.2, 0.4, 0.6, 0.8, 0.85], 3)])
    return {int(batch): float(f"{batch / 100 / share:.4g}") for batch, share in zip(batches, shares, strict=True)}


def _read_run(my_entry, folder):
    """(settings, history) of a run's folder. Raises: Hint if something is missing."""
    import json

    from ..runs import read_history

    try:
        folder = folder_of(my_entry, folder, "settings.json", "history.csv")
        settings, rows = json.loads((folder / "settings.json").read_text("utf-8")), read_history(folder / "history.csv")
    except (OSError, ValueError, TypeError):
        raise Hint(
            f"the folder {folder} holds no run: settings.json and history.csv, as training.train writes them"
        ) from None
    if not rows:
        raise Hint(f"the history in {folder} is empty; train for at least one epoch")
    return settings, rows
