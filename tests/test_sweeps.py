"""Recorded experiments: resumable, each equal run once, and every recorded choice still there."""

import contextlib
import json
import os
import re
import signal

import numpy as np
import pytest

from srcnn import InputError, __main__, catalog, datasets, evaluation, models, records, sweeps, variants

TINY = {"model": "srcnn-915", "scale": 3, "steps": 20, "filters": [4, 3], "batch_size": 2, "patch_size": 24}
TINY |= {"expand": 0, "validate_every": 10, "test": ["Set5"]}
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
    dataset("Set5")
    monkeypatch.setattr(sweeps, "experiments", lambda: {"tiny": GROUPS})
    return tmp_path


def lines(folder):
    return [json.loads(line) for line in (folder / "tiny.jsonl").read_text().splitlines()]


def without_seconds(folder):
    return re.sub(r'"seconds": [^,]+', "", (folder / "tiny.jsonl").read_text())


def test_a_killed_worker_and_a_stopped_sweep_lose_nothing(small, monkeypatch):
    """The record of two workers, of which one is killed, stopped and begun again, is that of one left alone."""
    results, ended = sweeps._results, []

    def killing(client, todo, kept):
        for key, row in results(client, todo, kept):
            ended.append(key)
            if len(ended) == 1:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
            yield key, row
            if len(ended) == 3:
                raise KeyboardInterrupt

    monkeypatch.setattr(sweeps, "_results", killing)
    with pytest.raises(KeyboardInterrupt):
        sweeps.sweep("tiny", small, workers=2, progress=False)
    assert len(lines(small)) >= 3
    sweeps.sweep("tiny", small, workers=2, progress=False)
    assert len(ended) == len(set(ended)) == 4 + 5, "'as it is' and 'none' are the same run"
    assert [path.name for path in small.iterdir()] == ["tiny.jsonl"], "no checkpoint is left"
    monkeypatch.setattr(sweeps, "_results", results)
    sweeps.sweep("tiny", small / "serial", workers=1, progress=False)
    assert without_seconds(small) == without_seconds(small / "serial")

    rows = lines(small)
    declared = [
        (group["name"], variant, seed)
        for group in GROUPS for seed in group["seeds"] for variant in group["variants"]
    ]  # fmt: skip
    assert [(row["group"], row["variant"], row["seed"]) for row in rows] == declared
    by_name = {(row["variant"], row["seed"]): row["val_psnr"] for row in rows}
    assert by_name["none", 0] == by_name["as it is", 0]
    others = [by_name[name, 0] for name in ("as it is", "old", "loss", "few", "SGD", "averaged", "cold")]
    assert len(set(others)) == len(others), "every variant changes something"
    for row in rows:
        assert tuple(row) == sweeps.COLUMNS
        assert np.mean([*row["scores"]["held out"].values()]) == pytest.approx(row["val_psnr"], abs=1e-3)
    scored = [row["scores"].get("Set5", {}).keys() for row in rows]
    assert scored == [datasets.load("Set5").keys() if row["variant"] != "averaged" else {}.keys() for row in rows]


def test_a_line_is_what_one_point_gives(small, monkeypatch):
    """The same network as without a cluster, but for the order in which a sum of several threads is taken."""
    group = {**GROUPS[0], "seeds": [0], "variants": {"as it is": {}}}
    monkeypatch.setattr(sweeps, "experiments", lambda: {"tiny": [group]})
    sweeps.sweep("tiny", small, workers=1, progress=False)
    here = sweeps.point(group, "as it is", 0)
    assert here["val_psnr"] == pytest.approx(lines(small)[0]["val_psnr"], abs=1e-3)


@pytest.fixture()
def one(tmp_path, monkeypatch):
    """(the folder of a sweep of two trainings that take no time, a list of those that were made)."""
    group = {**GROUPS[0], "variants": {"as it is": {}}}
    made = []

    def results(client, todo, kept):
        for key, settings in todo.items():
            made.append(settings["seed"])
            row = dict.fromkeys(sweeps.COLUMNS, 1)
            yield key, {**row, "model": settings["model"], "seed": settings["seed"]}

    monkeypatch.setattr(sweeps, "experiments", lambda: {"tiny": [group]})
    monkeypatch.setattr(sweeps, "_results", results)
    monkeypatch.setattr(sweeps, "_cluster", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(sweeps, "_bar", lambda *_: contextlib.nullcontext(lambda key: None))
    return tmp_path, made


def test_a_folder_that_cannot_be_written_is_refused_before_the_training(one):
    folder, made = one
    (folder / "file").write_text("mine")
    (folder / "tiny").mkdir()
    (folder / "tiny" / "tiny.jsonl").mkdir()
    for out in (folder / "file", folder / "file" / "below"):
        with pytest.raises(InputError, match=r"cannot make the folder .*give one that can"):
            sweeps.sweep("tiny", out)
    with pytest.raises(InputError, match=r"cannot write .*tiny\.jsonl: it is a folder"):
        sweeps.sweep("tiny", folder / "tiny")
    assert made == [] and (folder / "file").read_text() == "mine"
    sweeps.sweep("tiny", folder / "not" / "there")
    assert made == [0, 1] and len(lines(folder / "not" / "there")) == 2


def test_a_damaged_record_is_refused_and_kept(one):
    """Flipped bits, lost ends and lines of other things; what is read is a row with all of its columns."""
    folder, _ = one
    sweeps.sweep("tiny", folder)
    path, rng = folder / "tiny.jsonl", np.random.default_rng(16)
    whole, refused, tried = path.read_bytes(), 0, 0
    odd = [
        b"{}\n",
        b"[]\n",
        b"3\n",
        b"\xff\xfe\n",
        b"null\n",
        b"[" * 99_999,
        b'{"group": [], "variant": 1, "seed": {}}\n',
    ]
    for number in range(200 + len(odd)):
        body = bytearray(whole)
        if number < 100:
            body[rng.integers(len(body))] ^= 1 << rng.integers(8)
        elif number < 200:
            del body[rng.integers(1, len(body) - 1) :]
        else:
            body += odd[number - 200]
        path.write_bytes(body)
        tried += 1
        try:
            sweeps.sweep("tiny", folder)
        except InputError as error:
            refused += 1
            assert re.search(r"line \d+ of .* is damaged", str(error)) and "\n" not in str(error)
            assert path.read_bytes() == body
        else:
            assert {(row["group"], row["seed"]) for row in lines(folder)} >= {("start", 0), ("start", 1)}
    print(f"{tried} damaged records, {refused} refused")
    assert refused > 90


def test_a_second_sweep_in_a_folder_is_refused_and_loses_no_row(one, monkeypatch):
    folder, made = one
    results, refused = sweeps._results, []

    def slowly(client, todo, kept):
        for key, row in results(client, todo, kept):
            with pytest.raises(InputError, match="another process is at the sweep tiny in"):
                sweeps.sweep("tiny", folder)
            refused.append(key)
            yield key, row

    monkeypatch.setattr(sweeps, "_results", slowly)
    sweeps.sweep("tiny", folder)
    assert made == [0, 1] and len(refused) == 2 and len(lines(folder)) == 2
    assert [path.name for path in folder.iterdir()] == ["tiny.jsonl"]


def test_a_row_that_is_declared_no_more_is_kept(one):
    folder, made = one
    sweeps.sweep("tiny", folder)
    old = {**lines(folder)[0], "variant": "given up"}
    (folder / "tiny.jsonl").write_text(json.dumps(old) + "\n")
    sweeps.sweep("tiny", folder)
    assert [row["variant"] for row in lines(folder)] == ["as it is", "as it is", "given up"] and made == [0, 1, 0, 1]


def test_a_cluster_that_cannot_be_had_is_one_sentence(small):
    with pytest.raises(InputError, match="0 workers train nothing"):
        sweeps.sweep("tiny", small, workers=0)
    with pytest.raises(InputError, match="no Dask scheduler answers at nowhere"):
        sweeps.sweep("tiny", small, scheduler="nowhere://host")
    assert not (small / "tiny.jsonl").exists()


def test_workers_of_several_threads_are_refused(small):
    from distributed import LocalCluster

    with (
        LocalCluster(1, threads_per_worker=2, dashboard_address=":0", silence_logs="CRITICAL") as cluster,
        pytest.raises(InputError, match="start it with --nthreads 1"),
    ):
        sweeps.sweep("tiny", small, scheduler=cluster.scheduler_address, progress=False)


@pytest.mark.parametrize("name", variants.CHANGES)
def test_every_change_gives_a_network_that_enlarges(name):
    """What a variant changes is the start or the layers; what goes in and comes out stays."""
    model = {"small answers": "espcn", "plain mapping": "fsrcnn", "ReLU": "fsrcnn"}.get(name, "srcnn-915")
    before = models.build("fsrcnn" if name.startswith("transition") else model, 3)
    weights = [weight.copy() for weight in before.get_weights()]
    network = variants.CHANGES[name](before, 0) or before
    assert models.factor(network) == models.factor(before)
    after = network.get_weights()
    same = len(after) == len(weights) and all(np.array_equal(*pair) for pair in zip(after, weights, strict=True))
    assert network is not before or not same
    ilr = np.random.default_rng(0).random((1, 30, 30, 1), np.float32)
    side = models.factor(network) * (30 - 2 * models.margin(network))
    assert network(ilr).shape == (1, side, side, 1)


@pytest.mark.parametrize(("change", "weights"), [("transition 1", 58976), ("transition 2", 17088), ("ReLU", 12464)])
def test_the_ladder_has_the_weights_that_its_paper_prints(change, weights):
    """FSRCNN, ECCV 2016, table 1; biases and slopes are not counted there. All start as bicubic."""
    before = models.build("fsrcnn", 3)
    network = variants.CHANGES[change](before, 0) or before
    assert sum(np.prod(layer.kernel.shape) for layer in network.layers if hasattr(layer, "kernel")) == weights
    flat = np.full((1, 30, 30, 1), 0.5, np.float32)
    assert np.allclose(network(flat), 0.5, atol=1e-5)


def test_unknown_experiments_are_refused(capsys):
    assert __main__.main(["sweep", "nothing"]) == 2
    assert "no experiment 'nothing'; there are recipe" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"no file 'results/nothing\.jsonl'"):
        sweeps.rows("nothing")


def test_a_damaged_file_of_the_course_is_one_sentence(tmp_path, monkeypatch):
    for name, read in (("one.json", records.load), ("one.jsonl", records.load_lines)):
        for body in (b"\xff", b"{", b"[" * 99_999, b"{}\n{"):
            (tmp_path / name).write_bytes(body)
            monkeypatch.setattr(records, "packaged", lambda name: tmp_path / name.removeprefix("results/"))
            with pytest.raises(InputError, match=f"{name} is damaged"):
                read("one")


def test_every_variant_is_one_that_can_be_run():
    known = {"model", "scale", "filters", "images", "change", "test", *catalog.FIELDS}
    for name, groups in sweeps.experiments().items():
        assert len({group["name"] for group in groups}) == len(groups), name
        for group in groups:
            assert len(group["seeds"]) >= 2 and len(group["variants"]) >= 2, group["name"]
            for change in group["variants"].values():
                assert {"model", "scale", "steps"} <= {**group["common"], **change}.keys(), group["name"]
            for settings in [group["common"], *group["variants"].values()]:
                assert set(settings) <= known, group["name"]
                assert set(settings.get("change", ())) <= set(variants.CHANGES), group["name"]
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
    recorded = {(row["group"], row["variant"], row["seed"]): row["steps"] for row in rows}
    assert len(rows) == len(recorded) and recorded == declared
    assert all(5 < row["val_psnr"] < 36 and row["seconds"] > 0 and "+" not in row["commit"] for row in rows)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_recorded_line_of_bicubic_is_the_measured_one(dataset, scale):
    dataset("T91")
    record = records.load("held_out")
    _, held_out = datasets.split(datasets.load("T91"))
    assert record["images"] == list(held_out)
    measured = evaluation.evaluate("bicubic", held_out, scale)["mean"]["psnr"]
    assert record["bicubic"][str(scale)] == pytest.approx(measured, abs=1e-3)
