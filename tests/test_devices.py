"""Devices and backends: what Keras computes on, and the same training on each of them, alone and together."""

import sys

import jupytext
import numpy as np
import pytest
from processes import BACKENDS, ROOT, curve, on, run, several, start

from srcnn import InputError, catalog, devices, engine, ondevice, together, training
from srcnn.models import keras

SAME = {"init": "srcnn-915-x3", "expand": 0, "learning_rate": 1e-3}
"""A start without random numbers, of which each backend has its own: the weights for x3, the last layer an identity."""

each_backend = pytest.mark.parametrize("backend", BACKENDS)


@pytest.fixture
def seen(monkeypatch):
    """seen("gpu:0", ...) lets Keras see these devices."""
    return lambda *names: monkeypatch.setattr(devices, "devices", lambda: [*names])


def refused(process, *words):
    """A mistake on the command line: exit code 2 and one line that holds the words."""
    _, problem = process.communicate()
    assert process.returncode == 2 and "Traceback" not in problem, problem
    line = next(line for line in problem.splitlines() if line.startswith("srcnn"))
    assert all(word in line for word in words), line


@each_backend
def test_the_devices_are_named_under_every_backend(backend):
    told = "from srcnn import devices, records; print(devices.devices(), devices.on_gpu(), records.device())"
    out, problem = run([sys.executable, "-c", told], on(backend)).communicate()
    assert out.strip() == f"['cpu:0'] False {backend}: cpu", problem


def test_a_gpu_is_seen_in_one_place(seen):
    for names, gpu in ((["cpu:0"], False), (["gpu:0", "gpu:1"], True), (["tpu:0"], True), (["mps:0"], False)):
        seen(*names)
        assert devices.on_gpu() is ondevice.is_wanted() is gpu


def test_xla_is_refused_on_a_processor_under_tensorflow_alone(seen, monkeypatch):
    for backend, name, wanted in (
        ("tensorflow", "cpu:0", False),
        ("tensorflow", "gpu:0", "auto"),
        ("jax", "cpu:0", "auto"),
        ("torch", "gpu:0", "auto"),
    ):
        monkeypatch.setattr(keras.backend, "backend", lambda backend=backend: backend)
        seen(name)
        assert engine.jit() == wanted, (backend, name)


def test_devices_that_are_not_there_are_refused_in_one_sentence(seen):
    seen("gpu:0", "gpu:1")
    assert devices.first(2) == ["gpu:0", "gpu:1"]
    for wanted in (0, 3):
        with pytest.raises(InputError, match=rf"devices={wanted}, but .* sees 2 \(gpu:0, gpu:1\): give 1 to 2, or run"):
            devices.first(wanted)
    seen("cpu:0")
    with pytest.raises(InputError, match=r"sees 1 \(cpu:0\): leave it out, or run on a machine that has it"):
        devices.first(2)


@pytest.mark.parametrize("backend", ["nonsense", "torch"])
def test_a_backend_that_is_not_there_is_one_sentence(backend, tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')")
    words = ["evaluate", "--model", "srcnn-915", "--data", "sample", "--scale", "3"]
    environment = {"KERAS_BACKEND": backend, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    process = run([sys.executable, "-m", "srcnn", *words], environment)
    refused(process, f"cannot use the backend '{backend}' that KERAS_BACKEND names", "pip install tensorflow")


def test_a_platform_that_jax_does_not_have_is_one_sentence(tmp_path):
    words = ["train", "--data", "sample", "--out", tmp_path / "run"]
    refused(run([sys.executable, "-m", "srcnn", *words], on("jax") | {"JAX_PLATFORMS": "tpu"}), "Keras on jax", "tpu")


ONCE_A_BLOCK = """
import numpy as np
from srcnn import layers, models
for name in ("srcnn-915", "fsrcnn-s"):
    model = models.build(name, 3)
    forward = layers.forward(model)
    for shape in ((1, 20, 33, 1), (1, 64, 51, 1), (1, 30, 65, 1)):
        x = np.random.default_rng(0).random(shape, np.float32)
        np.testing.assert_allclose(forward(x), model(x, training=False), atol=1e-5)
    print(forward.program._cache_size())
    model.set_weights([0 * weight for weight in model.get_weights()])
    assert not forward(x).any(), "it follows the model's weights"
"""


def test_jax_compiles_a_network_once_for_many_sizes():
    out, problem = run([sys.executable, "-c", ONCE_A_BLOCK], on("jax")).communicate()
    assert out.split() == ["2", "2"], problem


def full_memory():
    """What the backends of this environment raise when the memory is full."""
    yield MemoryError("Unable to allocate 3.00 TiB for an array")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        yield tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[4096,64,512,512]")
    try:
        import jax

        yield getattr(jax.errors, "JaxRuntimeError", RuntimeError)(
            "RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes"
        )
    except ImportError:
        pass
    try:
        import torch

        yield torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
    except ImportError:
        pass
    yield RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")


@pytest.mark.parametrize("error", [*full_memory()], ids=lambda error: type(error).__name__)
def test_a_batch_that_does_not_fit_names_a_smaller_one(photographs, error):
    class Full(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            raise error

    for batch_size, less in ((12, "batch_size=6"), (1, "patch_size=12")):
        recipe = catalog.recipe("srcnn-313", 3, steps=2, batch_size=batch_size, patch_size=24)
        with pytest.raises(InputError, match=f"a batch of {batch_size} patches of 24 x 24 .* cpu:0: give {less}"):
            training.train("srcnn-313", 3, photographs, recipe, callbacks=[Full()], progress=False)


def test_another_error_is_not_taken_for_a_full_memory():
    for error in (ValueError("shapes do not fit"), InputError("out of memory, says a reader's own callback")):
        with pytest.raises(type(error), match=str(error)), devices.memory_for(4, 24):
            raise error


@pytest.fixture(scope="module")
def curves():
    """The curve of one short training, and of the same in an environment."""
    known = {}

    def get(backend):
        if backend not in known:
            known[backend] = curve(start("srcnn-915", "", 20, on(backend), **SAME))
        return known[backend]

    return get


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_backend_learns_the_same(curves, backend):
    """The same start, patches, steps and schedule: float32 sums in another order are all that differs."""
    ours, theirs = curves(backend), curves("tensorflow")
    assert len(ours) == 3 and ours[2][1] > ours[0][1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)


@pytest.mark.slow
def test_two_processes_share_a_batch_and_learn_the_same(curves, tmp_path):
    """As two machines would, on loopback; number 0 alone writes the folder."""
    alone, folder = curves("jax"), tmp_path / "run"
    processes = [start("srcnn-915", folder, 20, each, **SAME) for each in several(2)]
    both = [curve(process) for process in processes]
    assert both[0] == both[1]
    np.testing.assert_allclose(both[0], alone, rtol=1e-3)
    assert [[row["loss"], row["val_psnr"]] for row in training.read_history(folder / "history.csv")] == both[0]
    assert len(list(folder.iterdir())) == 5 and not list(folder.glob(".srcnn-*"))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"NUM_PROCESSES": "two"}, "'two'"),
        ({"PROCESS_ID": "2"}, "no process 2 of 2"),
        ({"JOB_ADDRESSES": None}, "not KERAS_DISTRIBUTION_JOB_ADDRESSES"),
    ],
)
def test_processes_that_cannot_meet_are_refused(monkeypatch, change, words):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for name, value in ({"JOB_ADDRESSES": "127.0.0.1:9", "NUM_PROCESSES": "2", "PROCESS_ID": "1"} | change).items():
        if value is not None:
            monkeypatch.setenv(f"KERAS_DISTRIBUTION_{name}", value)
    with pytest.raises(InputError, match=words) as error:
        together.join.__wrapped__()
    assert "KERAS_DISTRIBUTION_NUM_PROCESSES" in str(error.value)


def test_a_part_of_a_batch_is_its_part(photographs):
    from srcnn.patches import Patches

    whole, part = Patches(photographs, 3, batch_size=6)[3], Patches(photographs, 3, batch_size=6, part=slice(2, 4))[3]
    assert all(np.array_equal(a[2:4], b) for a, b in zip(whole, part, strict=True))


def chapter_cells(tags):
    """The code of chapter 6's cells with one of these tags, as one program, its budget made small."""
    cells = [cell for cell in jupytext.read(ROOT / "book" / "06_training.md").cells if cell.cell_type == "code"]
    cells = [cell for cell in cells if tags & set(cell.metadata.get("tags", []))]
    code = "\n".join(cell.source for cell in cells)
    for line, smaller in SMALLER.items():
        assert code.count(line) == 1, f"chapter 6 has no line {line!r}"
        code = code.replace(line, smaller)
    return code


SMALLER = {
    "EPOCHS = 4 ": "EPOCHS = 1 ",
    "STEPS = 2000 ": "STEPS = 20 ",
    "x, y = patches_of_all(training)": "training = dict(list(training.items())[:8])\nx, y = patches_of_all(training)",
}


@each_backend
def test_the_chapters_own_training_runs_on_every_backend(backend, dataset):
    code = chapter_cells({"setup", "training"})
    environment = on(backend)
    dataset("T91")
    process = run([sys.executable, "-c", code], environment)
    out, problem = process.communicate()
    assert process.returncode == 0, problem[-1500:] + out[-500:]
    assert "Warning" not in problem, problem[-1500:]


BICUBIC = """
import keras
import numpy as np
line = np.zeros((16, 16, 1), np.float32)
line[:, 8] = 1
for antialias in (False, True):
    large = keras.ops.image.resize(line, (32, 32), interpolation="bicubic", antialias=antialias)
    print(round(float(keras.ops.convert_to_numpy(large)[16, 14, 0]) / 0.140625, 4))
"""


@pytest.mark.parametrize(
    "backend, constants", [("tensorflow", (-0.5, -0.5)), ("jax", (-0.5, -0.5)), ("torch", (-0.75, -0.5))]
)
def test_keras_bicubic_has_the_constants_of_chapter_2(backend, constants):
    """Pixel 14 lies 1.25 old pixels from a bright line: there Keys' kernel is its constant times 0.140625."""
    out, problem = run([sys.executable, "-c", BICUBIC], on(backend)).communicate()
    assert tuple(map(float, out.split()[-2:])) == constants, problem
