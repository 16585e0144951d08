"""Exported networks: what other programs run gives what the package gives, and nothing wrong or half is written."""

import functools
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from srcnn import InputError, __version__, export, models, pretrained, upscale, variants
from srcnn import __main__ as cli
from srcnn.models import keras

SHIPPED = {name: 3 if 3 in scales else scales[0] for name, scales in pretrained.available().items()}
CASES = list(SHIPPED.items()) + [(name, scale) for name in ("srcnn-915", "fsrcnn") for scale in (2, 4)]
ODD = [(1, 1), (5, 3), (33, 47), (71, 29)]
"""Sizes of LR images; the first two are smaller than what a network sees around a pixel."""

IMAGES = {
    "Add", "Clip", "Conv", "DepthToSpace", "Gather", "GlobalAveragePool", "Mul",
    "Relu", "Shape", "Sigmoid", "Slice", "Tanh", "Transpose",
}  # fmt: skip
"""Operators that ONNX Runtime Web 1.30 has on WebGPU (its webgpu-operators.md)."""
COUNTING = {"Add", "Min", "Mod", "Range", "Squeeze", "Sub"}
"""What finds the mirrored pixels: whole numbers, a few for each row, which every runtime keeps on the processor."""

endings = pytest.mark.parametrize("ending", [".onnx", ".tflite"])


def write(network, path, scale):
    """Export, or skip the test."""
    if path.suffix == ".onnx":
        pytest.importorskip("onnx")
    elif keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow writes .tflite files")
    export.export(network, path, scale)
    return path


def run(path, lr):
    """What a runtime makes of LR luma (H, W), or skip the test."""
    image = np.asarray(lr, np.float32)[None, :, :, None]
    if path.suffix == ".onnx":
        session = pytest.importorskip("onnxruntime").InferenceSession(str(path), providers=["CPUExecutionProvider"])
        sr = session.run(["sr"], {"lr": image})[0]
    else:
        interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(str(path), num_threads=1)
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], image.shape)
        interpreter.allocate_tensors()
        sr = interpreter.get_signature_runner()(lr=image)["sr"]
    assert sr.dtype == np.float32 and sr.ndim == 4 and sr.shape[0] == sr.shape[3] == 1
    return sr[0, :, :, 0]


@functools.cache
def image(size):
    return np.random.default_rng(size).random(size).astype(np.float32)


@functools.cache
def ours(name, scale, size):
    return upscale.super_resolve(image(size), scale, name)


def same(path, network, scale, sizes=ODD):
    for size in sizes:
        wanted = ours(network, scale, size)
        np.testing.assert_allclose(run(path, image(size)), wanted, rtol=0, atol=1e-5, err_msg=f"{path.name} {size}")


@endings
@pytest.mark.parametrize("name, scale", CASES)
def test_an_exported_file_gives_what_super_resolve_gives(tmp_path, name, scale, ending):
    same(write(name, tmp_path / f"{name}{ending}", scale), name, scale)


@endings
def test_a_network_of_the_reader_s_own_is_exported_too(tmp_path, ending):
    small = models.srcnn((4, 3), (5, 1, 3), init="identity", name="small")
    skip = variants.CHANGES["skip"](models.srcnn((4, 3), (3, 1, 3), init="gaussian"), seed=0)
    layers = keras.layers
    kinds = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Conv2D(4, 3, activation="sigmoid", use_bias=False),
            layers.Conv2D(4, 3, dilation_rate=2, groups=2),
            layers.ReLU(),
            layers.Conv2D(1, 1),
            layers.Activation("tanh"),
        ],
        name="kinds",
    )
    attending = models.build("rcan-s", 3, init="gaussian")
    for number, network in enumerate((small, models.expand(small, width=4), skip, kinds, attending)):
        path = write(network, tmp_path / f"{number}{ending}", 3)
        lr = image((9, 7))
        np.testing.assert_allclose(run(path, lr), upscale.super_resolve(lr, 3, network), rtol=0, atol=1e-5)


@endings
def test_the_path_of_weights_is_exported(tmp_path, ending):
    path = write(pretrained.WEIGHTS / "espcn-x2.npz", tmp_path / f"mine{ending}", 2)
    same(path, "espcn", 2, ODD[1:2])


def test_an_onnx_file_says_what_it_is_and_runs_in_a_browser(tmp_path):
    onnx = pytest.importorskip("onnx")
    for name, scale in SHIPPED.items():
        model = onnx.load(write(name, tmp_path / f"{name}.onnx", scale))
        facts = {entry.key: entry.value for entry in model.metadata_props}
        assert (facts["name"], facts["scale"], facts["license"]) == (name, str(scale), "MIT")
        assert facts["version"] == f"srcnn {__version__}" and "255" in facts["input"]
        assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]
        sides = [
            [size.dim_param or size.dim_value for size in end.type.tensor_type.shape.dim]
            for end in (*model.graph.input, *model.graph.output)
        ]
        assert sides == [[1, "height", "width", 1], [1, "sr_height", "sr_width", 1]]
        assert {node.op_type for node in model.graph.node} <= IMAGES | COUNTING
        weights = models.build(name, scale).count_params()
        assert os.path.getsize(tmp_path / f"{name}.onnx") < 5 * weights + 8000


def test_a_litert_file_says_what_it_is(tmp_path):
    path = write("fsrcnn-s", tmp_path / "small.tflite", 2)
    with zipfile.ZipFile(path) as archive:
        facts = json.loads(archive.read("about.json"))
    assert (facts["name"], facts["scale"], facts["license"]) == ("fsrcnn-s", "2", "MIT")
    mine = write(pretrained.WEIGHTS / "fsrcnn-s-x2.npz", tmp_path / "mine.tflite", 2)
    with zipfile.ZipFile(mine) as archive:
        assert "license" not in json.loads(archive.read("about.json")), "whose weights they are is not known"


def test_what_an_onnx_file_cannot_hold_is_named(tmp_path):
    pytest.importorskip("onnx")
    layers = keras.layers

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.only = layers.Conv2D(1, 3)

        def build(self, shape):
            self.only.build(shape)

        def call(self, x):
            return self.only(x)

        def compute_output_shape(self, shape):
            return self.only.compute_output_shape(shape)

    own = Own()
    own.build((None, None, None, 1))
    for last, words in (
        ([layers.BatchNormalization(name="b")], "layer b is a BatchNormalization; .*Conv2D.*tflite"),
        ([layers.ReLU(6, name="r")], "layer r is a ReLU with options; .*tflite"),
        ([layers.Conv2D(1, 1, activation="gelu", name="g")], "layer g has another activation; .*Tanh.*tflite"),
        (None, "own is a class of its own; .*tflite"),
    ):
        network = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3), *last]) if last else own
        with pytest.raises(InputError, match=words):
            export.export(network, tmp_path / "out.onnx", 2)
        lr, path = image((5, 3)), write(network, tmp_path / "out.tflite", 2)
        np.testing.assert_allclose(run(path, lr), upscale.super_resolve(lr, 2, network), rtol=0, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["out.tflite"]


def test_what_is_calculated_outside_of_a_layer_is_named(tmp_path):
    pytest.importorskip("onnx")
    layers = keras.layers

    def network(end):
        image = keras.Input((None, None, 1))
        return keras.Model(image, end(layers.Conv2D(1, 3)(image), layers.Conv2D(1, 3)(image)))

    nested = network(lambda a, b: layers.Add()([a, b]))
    export.export(network(lambda a, b: nested(a)), tmp_path / "nested.onnx", 2)
    inner = network(lambda a, b: a + b)
    for end, words in (
        (lambda a, b: a + b, "operation .* stands outside of a layer; .* takes the layers Conv2D.*Add.*tflite"),
        (lambda a, b: layers.Add()([2 * a, b]), "operation .* stands outside of a layer"),
        (lambda a, b: keras.ops.relu(a), "operation .* stands outside of a layer"),
        (lambda a, b: inner(a), "operation .* stands outside of a layer"),
        (lambda a, b: layers.Lambda(lambda x: 2 * x, name="own")(a), "layer own is a Lambda"),
    ):
        with pytest.raises(InputError, match=words):
            export.export(network(end), tmp_path / "out.onnx", 2)
    assert [path.name for path in tmp_path.iterdir()] == ["nested.onnx"]


def test_the_command_says_what_goes_in_and_out(tmp_path, capsys):
    pytest.importorskip("onnx")
    path = tmp_path / "espcn.onnx"
    assert cli.main(["export", "espcn", str(path), "--scale", "4"]) == 0
    out = capsys.readouterr().out
    assert path.is_file() and "lr, float32 (1, H, W, 1)" in out and "sr, float32 (1, 4 H, 4 W, 1)" in out


def test_bad_words_are_refused_in_one_line_and_nothing_is_written(tmp_path, capsys):
    (tmp_path / "folder.tflite").mkdir()
    for model, out, scale, words in (
        ("srcnn-915", "net.pb", 3, ["ends in .onnx or .tflite", "net.pb"]),
        ("srcnn-915", "net", 3, ["ends in .onnx or .tflite"]),
        ("bicubic", "net.onnx", 3, ["bicubic is a kernel", "srcnn-915"]),
        ("srcnn-9", "net.onnx", 3, ["no trained model 'srcnn-9'"]),
        ("srcnn-913", "net.tflite", 3, ["no trained model 'srcnn-913'"]),
        (pretrained.WEIGHTS / "espcn-x2.npz", "net.onnx", 3, ["trained for scale 2, not 3"]),
        ("srcnn-915", "none/net.onnx", 3, ["cannot write", "none"]),
        ("srcnn-915", "folder.tflite", 3, ["cannot write", "folder.tflite"]),
        ("srcnn-915", "/proc/net.tflite", 3, ["cannot write /proc/net.tflite"]),
    ):
        assert cli.main(["export", str(model), str(tmp_path / out), "--scale", str(scale)]) == 2
        printed, err = capsys.readouterr()
        assert printed == "" and len(err.splitlines()) == 1 and err.startswith("srcnn export: "), err
        assert all(word in err for word in words), err
    with pytest.raises(InputError, match="scale 5"):
        export.export("srcnn-915", tmp_path / "net.onnx", 5)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.tflite"]


def test_a_network_that_does_not_work_is_not_exported(tmp_path):
    broken = models.build("srcnn-313")
    broken.set_weights([np.full_like(weight, np.nan) for weight in broken.get_weights()])
    with pytest.raises(InputError, match="NaN"):
        export.export(broken, tmp_path / "net.onnx", 3)
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match="pip install onnx"):
        export.export("espcn", tmp_path / "net.onnx", 3)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="runs on jax here: set KERAS_BACKEND=tensorflow"):
        export.FORMATS[".tflite"](None, 0, {})
    assert not list(tmp_path.iterdir())


@endings
def test_an_export_that_fails_leaves_the_old_file(tmp_path, monkeypatch, ending):
    path = tmp_path / f"net{ending}"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(export.FORMATS, ending, full)
    with pytest.raises(InputError, match="No space left"):
        export.export("espcn", path, 3)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.slow
def test_every_backend_writes_the_same_onnx_file(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("jax")
    files = [tmp_path / f"{backend}.onnx" for backend in ("tensorflow", "jax")]
    for path in files:
        command = [sys.executable, "-m", "srcnn", "export", "srcnn-915", path, "--scale", "3"]
        subprocess.run(command, env={**os.environ, "KERAS_BACKEND": path.stem}, check=True)
    assert files[0].read_bytes() == files[1].read_bytes()
