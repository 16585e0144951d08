"""Recorded experiments: resumable, each equal run once, and every recorded choice still there."""

import csv
import json

import pytest

from srcnn import InputError, __main__, catalog, datasets, evaluation, records, sweeps, training

TINY = {"model": "srcnn-915", "scale": 3, "steps": 20, "filters": [4, 3], "batch_size": 2, "patch_size": 24}
TINY |= {"expand": 0}
GROUPS = [
    {"name": "start", "seeds": [0, 1], "common": TINY, "variants": {"as it is": {}, "old": {"change": ["brightness"]}}},
    {
        "name": "others", "seeds": [0], "common": TINY,
        "variants": {
            "none": {}, "loss": {"loss": "charbonnier"}, "few": {"images": 3, "augment": False},
            "SGD": {"optimizer": "SGD"}, "cold": {"warm_up": 0},
            "averaged": {"optimizer": "Adam, weights averaged", "schedule": "constant", "warm_up": 0},
        },
    },
]  # fmt: skip


@pytest.fixture()
def small(dataset, tmp_path, monkeypatch):
    dataset("T91")
    monkeypatch.setattr(sweeps, "experiments", lambda: {"tiny": GROUPS})
    return tmp_path


def test_an_experiment_is_resumed_and_equal_runs_are_run_once(small, monkeypatch):
    ran, train = [], training.train

    def counted(*args, **settings):
        ran.append(settings["seed"])
        if len(ran) == 4:
            raise KeyboardInterrupt
        return train(*args, **settings)

    monkeypatch.setattr(training, "train", counted)
    with pytest.raises(KeyboardInterrupt):
        sweeps.sweep("tiny", small, progress=False)
    rows = list(csv.DictReader((small / "tiny.csv").open(newline="")))
    assert [(row["variant"], row["seed"]) for row in rows] == [("as it is", "0"), ("old", "0"), ("as it is", "1")]
    sweeps.sweep("tiny", small, progress=False)
    rows = list(csv.DictReader((small / "tiny.csv").open(newline="")))
    assert len(rows) == 4 + 6 and len(ran) == 4 + 1 + 5, "'as it is' and 'none' are the same run"
    by_name = {(row["variant"], row["seed"]): float(row["val_psnr"]) for row in rows}
    assert by_name["none", "0"] == by_name["as it is", "0"]
    others = [by_name[name, "0"] for name in ("as it is", "old", "loss", "few", "SGD", "averaged", "cold")]
    assert len(set(others)) == len(others), "every variant changes something"


def test_the_interval_of_a_difference_is_students():
    """Equal to SciPy's own paired test: 0 lies on the border of the interval when p is 0.05."""
    from scipy import stats

    first, second = [28.0, 28.1, 28.2, 28.1], [28.1, 28.3, 28.5, 28.15]
    mean, half = sweeps.difference(first, second)
    interval = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert (mean - half, mean + half) == pytest.approx((interval.low, interval.high))
    for wrong in ([], [28.0]), ([28.0], [28.0]), ([1.0, 2.0], [1.0, 2.0, 3.0]):
        with pytest.raises(InputError, match="two or more seeds"):
            sweeps.difference(*wrong)


def test_unknown_experiments_are_refused(capsys):
    assert __main__.main(["sweep", "nothing"]) == 2
    assert "no experiment 'nothing'; there are recipe" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"no file 'results/nothing\.csv'"):
        sweeps.rows("nothing")


def test_every_variant_is_one_that_can_be_run():
    known = {"model", "scale", "filters", "images", "change", *catalog.FIELDS}
    for name, groups in sweeps.experiments().items():
        assert len({group["name"] for group in groups}) == len(groups), name
        for group in groups:
            assert len(group["seeds"]) >= 2 and len(group["variants"]) >= 2, group["name"]
            for change in group["variants"].values():
                assert {"model", "scale", "steps"} <= {**group["common"], **change}.keys(), group["name"]
            for settings in [group["common"], *group["variants"].values()]:
                assert set(settings) <= known, group["name"]
            different = {json.dumps({**group["common"], **change}) for change in group["variants"].values()}
            assert len(different) == len(group["variants"]), group["name"]


@pytest.mark.parametrize("name", sweeps.experiments())
def test_what_is_recorded_is_what_is_declared(name):
    rows = sweeps.rows(name)
    declared = {
        (group["name"], variant, seed): {**group["common"], **change}["steps"]
        for group in sweeps.experiments()[name]
        for variant, change in group["variants"].items() for seed in group["seeds"]
    }  # fmt: skip
    assert {(row["group"], row["variant"], row["seed"]): row["steps"] for row in rows} == declared
    assert len(rows) == len(declared)
    assert all(5 < row["val_psnr"] < 36 and row["seconds"] > 0 and "+" not in row["commit"] for row in rows)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_recorded_line_of_bicubic_is_the_measured_one(dataset, scale):
    dataset("T91")
    record = records.load("held_out")
    _, held_out = datasets.split(datasets.load("T91"))
    assert record["images"] == list(held_out)
    measured = evaluation.evaluate("bicubic", held_out, scale)["mean"]["psnr"]
    assert record["bicubic"][str(scale)] == pytest.approx(measured, abs=1e-3)
