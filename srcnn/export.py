"""Export a trained network as one file, ONNX or LiteRT, that enlarges an image of any size in other programs.

Every file takes the LR luma and gives the SR luma of the same field: the mirrored border, and for SRCNN the bicubic
enlargement, are in it. So one program runs any network of the course, and what it gives is what super_resolve() gives.
"""

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from . import InputError, __version__, methods, models, onnx_graph, pretrained, starts
from .files import atomic_write, quiet_stderr
from .layers import PINNED, Deconvolution, keras


def export(model, path, scale):
    """Write a network to `path`, whose ending says the format: .onnx (ONNX) or .tflite (LiteRT, once TensorFlow Lite).

    model: as in methods.get(), but no kernel: a name such as "srcnn-915", the path of your own weights, a keras.Model.
    scale: 2, 3 or 4.
    The file's input is `lr`, float32 (1, H, W, 1), H and W at least 1: Y of BT.601 in 16..235, divided by 255. Its
    output is `sr`, float32 (1, scale H, scale W, 1), not clipped: upscale.super_resolve(lr, scale, model) to 1e-5.
    It holds the network's name, the scale and this package's version: ONNX as metadata, LiteRT as about.json in the
    zip archive that follows the model, where the metadata of LiteRT have their place.
    Raises: InputError for another ending, a kernel, a network of another scale or one that cannot be exported, a
    package that is missing, and a file that cannot be written. Then there is no file, or the old one.
    """
    convert = FORMATS.get(Path(path).suffix.lower())
    if convert is None:
        raise InputError(f"the name of an exported network ends in {' or '.join(FORMATS)}, not {Path(path).name!r}")
    method = methods.get(model, scale)
    if method.model is None:
        known = ", ".join(pretrained.available())
        raise InputError(
            f"{method.name} is a kernel, not a network; give a trained one, {known}, or the path of your own weights"
        )
    method(np.ones((4, 5)))  # a network that enlarges nothing, or has diverged, is refused here
    about = {
        "name": method.model.name,
        "scale": str(scale),
        "version": f"srcnn {__version__}",
        "input": "lr, float32 (1, H, W, 1): LR luma, Y of BT.601 in 16..235, divided by 255",
        "output": f"sr, float32 (1, {scale} H, {scale} W, 1): SR luma, not clipped",
    }
    if isinstance(model, str) and model in pretrained.available():
        about["license"] = "MIT"
    network = _on_lr(method.model, scale)
    with atomic_write(path) as temporary:
        Path(temporary).write_bytes(convert(network, models.margin(network), about))


def _on_lr(model, scale):
    """The network that takes the LR image: FSRCNN and ESPCN themselves, SRCNN behind the bicubic enlargement.

    That is a deconvolution whose kernel is the answer of resample.enlarge() to one bright pixel. The ILR of a mirrored
    image is the mirrored ILR: so it is enough that the LR image is mirrored, by whole pixels, and the rest cut off.
    """
    if models.factor(model) == scale:
        return model
    enlarge = Deconvolution(5 * scale, scale, name="bicubic")
    enlarge.build((None, None, None, 1))
    enlarge.kernel.assign(starts.bicubic(5 * scale, scale)[:, :, None, None])
    cut = keras.layers.Cropping2D(-models.margin(model) % scale, name="cut", **PINNED)
    return keras.Sequential([keras.Input((None, None, 1), dtype="float32"), enlarge, cut, model], name=model.name)


def _litert(network, margin, about):
    """The bytes of a LiteRT file."""
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"TensorFlow writes .tflite files, and Keras runs on {keras.backend.backend()} here: "
            "set KERAS_BACKEND=tensorflow, or export to .onnx"
        )
    import tensorflow as tf

    values = [(variable, keras.ops.convert_to_numpy(variable)) for variable in network.variables]

    @tf.function(input_signature=[tf.TensorSpec((1, None, None, 1), tf.float32, name="lr")], autograph=False)
    def run(lr):
        for axis in (1, 2):
            size = tf.shape(lr)[axis]
            at = tf.range(-margin, size + margin) % (2 * size)
            lr = tf.gather(lr, tf.minimum(at, 2 * size - 1 - at), axis=axis)  # mirrored, as often as it takes
        with keras.StatelessScope(state_mapping=[(variable, tf.constant(value)) for variable, value in values]):
            return {"sr": network(lr, training=False)}  # the weights are constants: a variable would be written empty

    try:
        with quiet_stderr():
            whole = tf.lite.TFLiteConverter.from_concrete_functions([run.get_concrete_function()], network).convert()
    except Exception as error:
        reason = str(error).strip().split("\n")[0][:200]
        raise InputError(f"TensorFlow cannot export {about['name']} to LiteRT: {reason}") from None
    whole = io.BytesIO(whole)
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr(zipfile.ZipInfo("about.json"), json.dumps(about, indent=1))
    return whole.getvalue()


FORMATS = {".onnx": onnx_graph.convert, ".tflite": _litert}
"""By the ending: function(network, margin, about) -> bytes, for a network that takes the mirrored LR image."""
