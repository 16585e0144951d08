"""A run's folder against all that happens to it: damage, a second process, a full disk, kill -9, other pictures."""

import ast
import contextlib
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from processes import curve, on, start

from srcnn import InputError, catalog, engine, files, identity, models, records, runs, training
from srcnn.locks import Lock
from srcnn.models import keras

SEED = 16
SMALL = {"steps": 15, "batch_size": 4, "patch_size": 24, "validate_every": 5, "learning_rate": 3e-3, "expand": 0}

pytestmark = pytest.mark.usefixtures("short_cards")
needs_locks = pytest.mark.skipif(os.name == "nt", reason="no file is overwritten or removed there while it is held")


def train(photographs, out=None, *, callbacks=(), seed=0, resume=False, **change):
    """A training of a second."""
    recipe = catalog.recipe("srcnn-313", 3, **{**SMALL, **change})
    options = {"callbacks": callbacks, "seed": seed, "resume": resume, "progress": False}
    return training.train("srcnn-313", 3, photographs, recipe, out=out, **options)


def at_epoch(number, act):
    """A callback that does something after so many epochs."""
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: act() if epoch + 1 == number else None)


def stop():
    raise KeyboardInterrupt


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".srcnn-lock")
    return {path.relative_to(folder): path.read_bytes() for path in files}


@contextlib.contextmanager
def refused_and_kept(folder, words):
    """Whatever happens inside is refused in one line, and changes no file of the run."""
    before = contents(folder)
    with pytest.raises(InputError, match=words) as error:
        yield
    assert "\n" not in str(error.value)
    assert contents(folder) == before


@pytest.fixture(scope="module")
def finished(photographs, tmp_path_factory):
    """The folder of a finished run, to be copied."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "TEST_SETS", ())
        train(photographs, folder)
    return folder


@pytest.fixture(scope="module")
def straight(photographs):
    """(the network, the losses) of a run that was left alone."""
    model, history = train(photographs)
    return model, [row["loss"] for row in history]


def same_as(straight, model, history):
    weights = zip(model.get_weights(), straight[0].get_weights(), strict=True)
    return [row["loss"] for row in history] == straight[1] and all(np.array_equal(*pair) for pair in weights)


@pytest.fixture
def run(finished, tmp_path):
    return Path(shutil.copytree(finished, tmp_path / "run"))


def test_other_settings_pictures_or_code_are_refused_at_resume(photographs, run, monkeypatch):
    """Each in a word of its own; the run stays as it was."""
    name, picture = next(iter(photographs.items()))
    one_pixel = picture.copy()
    one_pixel[3, 4] ^= 1
    tried = 0
    for words, data, change in (
        ("learning_rate", photographs, {"learning_rate": 1e-3}),
        ("validate_every", photographs, {"validate_every": 3}),
        ("steps", photographs, {"steps": 20}),
        ("loss", photographs, {"loss": "mae"}),
        ("seed", photographs, {"seed": 1}),
        ("pictures sha256:", {**photographs, name: one_pixel}, {}),
        ("pictures sha256:", dict(reversed(photographs.items())), {}),
        ("images", dict(list(photographs.items())[1:]), {}),
    ):
        with refused_and_kept(run, f"was begun with .*{words}.* give the same, or another folder"):
            train(data, run, resume=True, **change)
        tried += 1
    monkeypatch.setattr(identity, "of_code", lambda: "sha256:other")
    with refused_and_kept(run, r"was begun with code sha256:\w+ \(now sha256:other\)"):
        train(photographs, run, resume=True)
    monkeypatch.undo()
    monkeypatch.setattr(keras.backend, "backend", lambda: "another")
    with refused_and_kept(run, r"was begun with backend \w+ \(now another\)"):
        train(photographs, run, resume=True)
    print(f"{tried + 2} changes")


def test_code_is_what_it_does_and_not_how_it_is_written():
    def told(text):
        return repr(identity.meaning(ast.parse(text)))

    one = 'def f(x):\n    """Twice."""\n    return 2 * x\n'
    assert told(one) == told("def f(x):  # a comment\n\n    return (2 * x)\n")
    assert told(one) != told(one.replace("2 * x", "3 * x")) and told(one) != told(one.replace("2 * x", "2 + x"))
    assert identity.of_code().startswith("sha256:")


def test_a_damaged_settings_file_is_refused_or_is_no_damage(photographs, run):
    whole, settings = (run / "settings.json").read_bytes(), records.read_json(run / "settings.json")
    refused = 0
    for body in damages(whole, 200):
        (run / "settings.json").write_bytes(body)
        try:
            with runs.Run(run, settings, resume=True):
                pass
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            assert records.read_json(run / "settings.json") == settings
    print(f"200 damaged settings.json, {refused} refused")
    assert refused > 150


def damages(whole, count):
    """So many copies with a flipped bit, without their end, or without a part."""
    rng = np.random.default_rng(SEED)
    for number in range(count):
        body, (first, last) = bytearray(whole), sorted(rng.integers(0, len(whole), 2))
        if number % 4 < 2:
            body[first] ^= 1 << rng.integers(8)
        elif number % 4 == 2:
            del body[last:]
        else:
            del body[first : last + 1]
        yield bytes(body)


def test_a_damaged_history_is_refused_or_is_no_damage(photographs, run):
    settings, path = records.read_json(run / "settings.json"), run / "history.csv"
    whole, rows, refused = path.read_bytes(), runs.read_history(path), 0
    network = models.build("srcnn-313")
    trained = engine.compiled(network, catalog.recipe("srcnn-313", 3, **SMALL))
    for body in damages(whole, 160):
        path.write_bytes(body)
        try:
            with runs.Run(run, settings, resume=True) as again:
                assert again.restore(network, trained)[1] == rows
        except InputError as error:
            refused += 1
            assert "\n" not in str(error) and path.read_bytes() == body
    print(f"160 damaged history.csv, {refused} refused")
    assert refused > 140


def test_a_checkpoint_of_an_older_version_has_no_checksum_and_goes_on(photographs, run):
    import zipfile

    path, older = run / "checkpoint.keras", run / "older"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(older, "w") as copy:
        for name in archive.namelist():
            if name != runs.CHECKSUM:
                copy.writestr(name, archive.read(name))
    older.replace(path)
    assert train(photographs, run, resume=True)[1] == runs.read_history(run / "history.csv")


@pytest.mark.parametrize("gone", ["checkpoint.keras", "settings.json", "srcnn-313-x3.npz", "history.csv"])
def test_a_finished_run_without_one_of_its_files_is_never_trained_anew(photographs, run, gone):
    (run / gone).unlink()
    with refused_and_kept(run, gone.replace(".", r"\.")):
        train(photographs, run, resume=True)


def test_an_unfinished_run_without_its_checkpoint_is_not_trained_anew(photographs, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(photographs, tmp_path, callbacks=[at_epoch(2, stop)])
    (tmp_path / "checkpoint.keras").unlink()
    with refused_and_kept(tmp_path, r"without its checkpoint\.keras"):
        train(photographs, tmp_path, resume=True)


def test_the_clean_up_removes_what_is_ours_alone(photographs, tmp_path):
    notes = [tmp_path / name for name in (".srcnn-notes.txt", f"{files.PART}of-my-own", ".srcnn-x.csv")]
    for path in notes:
        path.write_text("mine")
    handle, ours = tempfile.mkstemp(
        dir=tmp_path, prefix=files.PART, suffix=".csv"
    )  # as a killed atomic_write() left it
    os.close(handle)
    train(photographs, tmp_path)
    assert all(path.read_text() == "mine" for path in notes)
    assert not Path(ours).exists() or os.name == "nt"


@needs_locks
def test_a_second_training_in_a_folder_is_refused_and_harms_nothing(photographs, straight, tmp_path):
    refused = []

    def second():
        with files.atomic_write(tmp_path / "history.csv", keep=False) as unfinished:
            for resume in (True, False):
                with refused_and_kept(tmp_path, r"another process is training in .* or give another folder"):
                    train(photographs, tmp_path, resume=resume)
                refused.append(Path(unfinished).is_file())

    model, history = train(photographs, tmp_path, callbacks=[at_epoch(2, second)])
    assert refused == [True, True], "what the first was just writing is still there"
    assert same_as(straight, model, history)
    train(photographs, tmp_path, resume=True)  # the folder is free again
    assert not (tmp_path / ".srcnn-lock").exists()


@needs_locks
def test_a_lock_ends_with_its_holder_and_needs_no_place_to_write(tmp_path):
    one = Lock(tmp_path, "training")
    with pytest.raises(InputError, match="another process is training"):
        Lock(tmp_path, "training")
    one.release()
    one.release()
    two = Lock(tmp_path, "training")
    two.path.unlink()  # as by a reader who tidies up: whoever comes then makes a new one
    three = Lock(tmp_path, "training")
    two.release()
    three.release()
    Lock(tmp_path / "nothing", "training").release()
    Lock(tmp_path / "nothing", "training").release()


def test_a_network_that_diverges_keeps_its_last_good_weights(photographs, straight, tmp_path):
    seen = []

    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                seen.append(contents(tmp_path / "run"))
                self.model.layers[0].bias.assign(np.full(64, np.nan))

    with pytest.raises(InputError, match=r"has diverged before step 15: .* the weights of step 10 are kept") as error:
        train(photographs, tmp_path / "run", callbacks=[Spoil()])
    assert "\n" not in str(error.value)
    assert contents(tmp_path / "run") == seen[0]
    model, resumed = train(photographs, tmp_path / "run", resume=True)
    assert same_as(straight, model, resumed)


def test_a_network_of_ones_own_that_diverges_has_its_last_good_weights(photographs):
    model = models.srcnn((3,), (3, 1), name="mine")
    recipe = catalog.Recipe(**{**SMALL, "learning_rate": 1e18, "warm_up": 0, "optimizer": "SGD"})
    with pytest.raises(InputError, match="has diverged"):
        training.train(model, 3, photographs, recipe, progress=False)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize(
    "full",
    [*(pytest.param(name, marks=pytest.mark.slow) for name in ("history.csv", "srcnn-313-x3.npz")), "checkpoint.keras"],
)
def test_a_file_that_cannot_grow_keeps_what_was_complete(photographs, straight, tmp_path, full):
    """As a full disk: the system itself refuses each byte from the size that this file had, and a half, on."""
    resource = pytest.importorskip("resource")
    (soft, hard), kept = resource.getrlimit(resource.RLIMIT_FSIZE), []

    def fill():
        sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
        kept.append(contents(tmp_path))
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(1, sizes[full] // 2), hard))

    try:
        with pytest.raises(InputError, match=r"cannot write .* kept as of step 5: mend that, and go on with --resume"):
            train(photographs, tmp_path, callbacks=[at_epoch(1, fill)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    whole = contents(tmp_path)
    assert whole[Path("checkpoint.keras")] == kept[0][Path("checkpoint.keras")]
    assert not list(tmp_path.glob(".srcnn-*")), "no half of a file is left"
    model, resumed = train(photographs, tmp_path, resume=True)
    assert same_as(straight, model, resumed)


KILLS = 20


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_twenty_kills_at_random_moments_change_no_bit(tmp_path):
    """The same command again and again: it ends with the weights and the history of a run that was left alone."""
    rng, history, killed = np.random.default_rng(SEED), tmp_path / "killed" / "history.csv", 0
    one_core = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

    def rows():
        return len(runs.read_history(history)) if history.is_file() else 0

    def begin(folder):
        return start("srcnn-313", folder, 2, one_core, steps=180, expand=16)

    while killed < KILLS:
        seen, process = rows(), begin(tmp_path / "killed")
        wanted = seen + rng.integers(0, 4)
        while process.poll() is None and rows() < wanted:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.15 if wanted > seen else 4))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL, f"it ended before the kill, at row {rows()}"
        assert rows() >= seen, "nothing that was written is lost"
        killed += 1
    straight = curve(begin(tmp_path / "alone"))
    assert curve(begin(tmp_path / "killed")) == straight
    ours, theirs = (np.load(tmp_path / name / "srcnn-313-x2.npz") for name in ("killed", "alone"))
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs.files)
    assert len(list((tmp_path / "killed").iterdir())) == 5, "nothing is left over"
    print(f"{killed} kills, the last at row {rows()}: the same weights, bit for bit")


@pytest.mark.slow
@needs_locks
def test_of_two_processes_that_start_at_once_one_trains_and_the_other_says_so(tmp_path):
    both = [start("srcnn-313", tmp_path / "run", 5) for _ in range(2)]
    told = [process.communicate() for process in both]
    codes = [process.returncode for process in both]
    lost = [problem for (_, problem), code in zip(told, codes, strict=True) if code]
    assert 0 in codes and all("another process is training" in problem for problem in lost), lost
    alone = curve(start("srcnn-313", "", 5))
    for row, one in zip(training.read_history(tmp_path / "run" / "history.csv"), alone, strict=True):
        assert [row["loss"], row["val_psnr"]] == pytest.approx(one, rel=1e-3)


@pytest.mark.slow
def test_a_run_of_one_backend_is_not_mixed_with_another(tmp_path):
    curve(start("srcnn-313", tmp_path, 20, on("tensorflow")))
    before = contents(tmp_path)
    process = start("srcnn-313", tmp_path, 20, on("jax"))
    assert "was begun with backend tensorflow (now jax)" in process.communicate()[1]
    assert process.returncode and contents(tmp_path) == before
