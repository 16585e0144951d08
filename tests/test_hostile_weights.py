"""Weights and cards that are damaged, or lie: one sentence, within bounds, or the weights that they were."""

import importlib.util
import json
import os
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from processes import forgetful
from weights_that_lie import archives, cards, damaged, npz

from srcnn import InputError, methods, models, pretrained
from srcnn import cards as card_reader
from srcnn.models import keras

SEED = 16


@pytest.fixture(scope="module")
def sound():
    """(a small network, its weights by name, its model card)."""
    model = models.srcnn((3,), (3, 1), name="mine")
    card = {"model": "mine", "scale": 3, "architecture": {**keras.saving.serialize_keras_object(model)}}
    card["architecture"]["compile_config"] = {}
    names = [f"{layer.name}/{weight.name}" for layer in model.layers for weight in layer.weights]
    return model, dict(zip(names, model.get_weights(), strict=True)), card


@pytest.fixture
def folder(tmp_path, sound):
    model, _, card = sound
    pretrained.save_weights(model, tmp_path / "mine-x3.npz")
    (tmp_path / "mine-x3.json").write_text(json.dumps(card))
    return tmp_path


def refused(what, load, measured=False):
    """Whether load() ends in one sentence of ours; nothing else may come, no warning, and not a hundred megabytes."""
    if measured:
        tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            load()
        return False
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 700 and str(error).isprintable(), what
        return True
    except BaseException as error:
        raise AssertionError(what) from error
    finally:
        peak = tracemalloc.get_traced_memory()[1]  # 0 if it was not started
        tracemalloc.stop()
        assert peak < 100 * 2**20, f"{what}: {peak} bytes"


def test_archives_that_lie_are_refused_in_one_sentence(folder, sound, capfd):
    counts, harmless = {True: 0, False: 0}, ("version", "4 GB packed")  # which nobody looks at
    for what, body in archives(sound[1]):
        (folder / "mine-x3.npz").write_bytes(body)
        counts[no := refused(what, lambda: pretrained.load(folder, 3), measured=True)] += 1
        assert no or what.removeprefix("a directory that says: ") in harmless, what
    assert capfd.readouterr().err == ""
    print(f"{sum(counts.values())} archives that lie, {counts[True]} refused")
    assert counts[True] > 80


def test_a_damaged_archive_is_refused_or_holds_what_it_held(folder, sound):
    rng, model = np.random.default_rng(SEED), models.srcnn((3,), (3, 1), name="mine")
    path, others = folder / "mine-x3.npz", npz({"F1/kernel": rng.normal(size=(3, 3, 1, 3))})
    counts = {True: 0, False: 0}
    for whole in (path.read_bytes(), npz(sound[1], 8)):
        for number in range(600):
            path.write_bytes(damaged(rng, whole, others))
            counts[no := refused(f"damage {number}", lambda: pretrained.start_from(model, str(path), 3))] += 1
            if not no:
                assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), sound[1].values(), strict=True))
    print(f"{sum(counts.values())} damaged archives, {counts[True]} refused")
    assert min(counts.values()) > 20


@pytest.mark.parametrize("each", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_cards_that_lie_are_refused_in_one_sentence(folder, sound, monkeypatch, each):
    """What is not refused enlarges a picture, or is refused then."""
    monkeypatch.chdir(folder)
    counts, lr = {True: 0, False: 0}, np.full((9, 9), 0.5)
    use = pretrained.load if each == 1 else lambda path, scale: methods.get(path, scale)(lr)
    for what, text in cards(sound[2], np.random.default_rng(SEED), each):
        (folder / "mine-x3.json").write_text(text, "utf-8")
        counts[refused(what, lambda: use(folder, 3))] += 1
    print(f"{sum(counts.values())} cards that lie, {counts[True]} refused")
    assert min(counts.values()) > 20
    assert not (folder / "HARM").exists(), "nothing that a card names is run"


def test_what_runs_other_programs_is_found_whatever_the_version_of_keras():
    """Keras before 3.9 imports what a card names; each of these was run by it, or could be."""
    named = {"registered_name": "srcnn>PixelShuffle"}
    foreign = [
        {"class_name": "function", "config": "loads", "module": "pickle", **named},
        {"class_name": "function", "config": "eval", "module": "builtins", "registered_name": "eval"},
        {"class_name": "function", "config": {"a": 1}, "module": "builtins", "registered_name": "function"},
        {"class_name": "function", "config": "utils.get_file", "module": "keras", "registered_name": "function"},
        {"class_name": "layers.TFSMLayer", "module": "keras", "registered_name": None, "config": {}},
        {"class_name": "export.TFSMLayer", "module": "keras", "registered_name": None, "config": {}},
    ]
    for part in foreign:
        with pytest.raises(ValueError, match="is no layer of Keras"):
            card_reader._check({"config": {"layers": [{"config": {"activation": part}}]}})
    for part in (
        {"class_name": "function", "config": "relu", "module": "builtins", "registered_name": "relu"},
        {"class_name": "PixelShuffle", "module": "srcnn.layers", "config": {"scale": 3}, **named},
        {"class_name": "Conv2D", "module": "keras.layers", "config": {}, "registered_name": None},
    ):
        card_reader._check(part)


def test_a_damaged_card_is_refused_or_describes_the_network(folder):
    rng, card = np.random.default_rng(SEED), folder / "mine-x3.json"
    whole, counts = card.read_bytes(), {True: 0, False: 0}
    for number in range(400):
        card.write_bytes(damaged(rng, whole, b'{"architecture": 3, [' * 999))
        counts[refused(f"damage {number}", lambda: pretrained.load(folder, 3))] += 1
    print(f"{sum(counts.values())} damaged cards, {counts[True]} refused")
    assert min(counts.values()) > 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_what_is_no_file_is_not_read(folder, suffix):
    """A link to an endless device, a pipe that nobody writes to, a folder, a link to itself, a link to nothing."""
    path = folder / f"mine-x3.{suffix}"
    for make in (
        lambda: path.symlink_to("/dev/zero"), lambda: os.mkfifo(path), path.mkdir, lambda: path.symlink_to(path),
        lambda: path.symlink_to(folder / "nothing"),
    ):  # fmt: skip
        path.rmdir() if path.is_dir() else path.unlink()
        make()
        for given in (folder, folder / "mine-x3.npz"):
            assert refused(path, lambda given=given: pretrained.load(given, 3), True)
        assert suffix == "json" or refused(path, lambda: pretrained.start_from(models.build("espcn", 3), path, 3), True)


def test_a_name_is_quoted_in_part():
    for name in ("x" * 2000, "x/" * 1000, "é\0" * 500, "\x1b[2J", "x" * 10**6):
        for use in (pretrained.load, lambda name, _: models.build(name)):
            assert refused(name[:20], lambda use=use, name=name: use(name, 3))


def test_weights_of_16_bits_and_of_either_byte_order_are_read(folder, sound):
    for kind in ("<f2", ">f2", "<f4", ">f4"):
        given = {name: np.asfortranarray(array.astype(kind)) for name, array in sound[1].items()}
        (folder / "mine-x3.npz").write_bytes(npz(given, 8))
        for ours, wanted in zip(pretrained.load(folder, 3).get_weights(), given.values(), strict=True):
            assert ours.dtype == np.float32 and np.array_equal(ours, wanted.astype(np.float32))


@pytest.mark.slow
def test_the_fuzzer_finds_no_archive_that_breaks_the_reader(tmp_path):
    command = forgetful(sys.executable, Path(__file__).with_name("fuzz_weights.py"), 50000, SEED, tmp_path)
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    guided = importlib.util.find_spec("atheris") is not None
    print(f"50000 archives, {'guided by coverage' if guided else 'by chance: atheris is not installed'}")
