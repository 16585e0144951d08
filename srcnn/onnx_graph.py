"""A network as an ONNX graph, written node by node: the .onnx files of export.export().

What is computed on images uses only operators that ONNX Runtime has on processors and, in a browser, on graphics cards
(WebGPU). PRelu is not one of them: it is written as three others, which are faster on a processor as well.
"""

import numpy as np

from . import InputError, __version__
from .layers import Deconvolution, Expanded, PixelShuffle, keras

OPSET = 17
"""The version of the operators: runtimes have it since 2022."""


def convert(network, margin, about):
    """The bytes of an ONNX file.

    network: keras.Model, (1, H, W, 1) -> (1, scale (H - 2 margin), scale (W - 2 margin), 1); the file's input has no
             such margin, it is mirrored at its border first. Sequential or functional, of the LAYERS below.
    about: the metadata, {name: text}; its "name" is the graph's.
    Raises: InputError for a layer that has no translation, or if the package onnx is missing.
    """
    try:
        import onnx
    except ImportError:
        raise InputError("the package onnx writes .onnx files, and is not installed: pip install onnx") from None
    from onnx import TensorProto, helper

    graph = _Graph()
    x = graph.node("Transpose", _mirrored(graph, "lr", margin), perm=[0, 3, 1, 2])
    graph.node("Transpose", _network(graph, network, x), perm=[0, 2, 3, 1], to="sr")
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *sides, 1])
        for name, sides in {"lr": ("height", "width"), "sr": ("sr_height", "sr_width")}.items()
    ]
    whole = helper.make_model(
        helper.make_graph(graph.nodes, about["name"], ends[:1], ends[1:], graph.weights()),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="srcnn",
        producer_version=__version__,
    )
    helper.set_model_props(whole, about)
    onnx.checker.check_model(whole, full_check=True)
    return whole.SerializeToString()


class _Graph:
    """The nodes and weights so far. A tensor is known by its name; images are (1, channels, H, W)."""

    def __init__(self):
        self.nodes, self.arrays = [], {}

    def constant(self, value, name="constant"):
        """A tensor that is always the same, float32 or int64; its name."""
        value = keras.ops.convert_to_numpy(value)
        if name == "constant" or name in self.arrays:
            name = f"{name}:{len(self.arrays)}"
        self.arrays[name] = value.astype(np.float32 if value.dtype.kind == "f" else np.int64)
        return name

    def node(self, kind, *inputs, to=None, **attributes):
        """What an operator makes of its inputs; its name."""
        from onnx import helper

        to = to or f"{kind}:{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [to], name=to, **attributes))
        return to

    def convolution(self, x, layer, kernel, bias, **attributes):
        """Without padding; kernel (f, f, channels, n), bias (n,) or None."""
        kernel = np.transpose(keras.ops.convert_to_numpy(kernel), (3, 2, 0, 1))
        weights = [self.constant(kernel, f"{layer.name}/kernel")]
        if bias is not None:
            weights.append(self.constant(bias, f"{layer.name}/bias"))
        return self.node("Conv", x, *weights, **attributes)

    def weights(self):
        """All constants, as ONNX stores them."""
        from onnx import numpy_helper

        return [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in self.arrays.items()]


def _mirrored(graph, x, margin):
    """The image (1, H, W, 1) with `margin` more pixels on each side, mirrored as often as it takes.

    Row i is row min(j, 2 H - 1 - j) of the image, with j = i modulo 2 H. ONNX's own Pad mirrors without the edge.
    """
    one, first, margin = (graph.constant(value) for value in (1, -margin, margin))
    for axis in (1, 2):
        size = graph.node("Squeeze", graph.node("Shape", x, start=axis, end=axis + 1))
        twice = graph.node("Add", size, size)
        at = graph.node("Range", first, graph.node("Add", size, margin), one)
        at = graph.node("Mod", at, twice)
        back = graph.node("Sub", graph.node("Sub", twice, one), at)
        x = graph.node("Gather", x, graph.node("Min", at, back), axis=axis)
    return x


def _network(graph, model, x):
    """The nodes of all layers, a network inside the network included."""
    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            x = _layer(graph, layer, x)
        return x
    _check_functional(model)
    names = {}

    def call(layer, *inputs, **options):
        result = layer(*inputs, **options)
        tensors = [names[id(tensor)] for tensor in keras.tree.flatten(inputs)]
        names[id(result)] = _layer(graph, model.get_layer(layer.name), *tensors)
        return result

    image = keras.Input(model.inputs[0].shape[1:])
    names[id(image)] = x
    options = {"input_tensors": image, "clone_function": _copied, "call_function": call}
    copy = keras.models.clone_model(model, **options)  # it calls each layer in its turn
    return names[id(copy.outputs[0])]


def _check_functional(model):
    if not getattr(model, "inputs", None):
        raise InputError(
            f"the network {model.name} is a class of its own; an .onnx file takes a Sequential or functional network; "
            "a .tflite file takes every network"
        )


def _copied(layer):
    """A copy of what has a translation. What has none is refused first: Keras cannot copy every layer."""
    if not isinstance(layer, keras.Model):
        _translation(layer)
        return type(layer).from_config(layer.get_config())
    if not isinstance(layer, keras.Sequential):
        _check_functional(layer)
    return keras.models.clone_model(layer, clone_function=_copied)


def _layer(graph, layer, *inputs):
    if isinstance(layer, keras.Model):
        return _network(graph, layer, *inputs)
    return _translation(layer)(graph, layer, *inputs)


def _translation(layer):
    """The function of LAYERS for a layer; for a bare operation, such as the + in x + y, there is none."""
    translate = LAYERS.get(type(layer))
    if translate is None:
        known = ", ".join(kind.__name__ for kind in LAYERS)
        what = f"is a {type(layer).__name__}" if isinstance(layer, keras.layers.Layer) else "stands outside of a layer"
        raise _untranslated(layer, what, f"the layers {known}")
    return translate


def _untranslated(layer, what, known):
    kind = "layer" if isinstance(layer, keras.layers.Layer) else "operation"
    return InputError(f"{kind} {layer.name} {what}; an .onnx file takes {known}; a .tflite file takes every layer")


def _convolution(graph, layer, x):
    options = {"strides": "strides", "dilations": "dilation_rate", "group": "groups"}
    options = {name: getattr(layer, ours) for name, ours in options.items() if hasattr(layer, ours)}
    return _activation(graph, layer, graph.convolution(x, layer, layer.kernel, layer.bias, **options))


def _activation(graph, layer, x):
    if layer.activation is keras.activations.linear:
        return x
    if layer.activation not in ACTIVATIONS:
        raise _untranslated(layer, "has another activation", f"linear, {', '.join(ACTIVATIONS.values())}")
    return graph.node(ACTIVATIONS[layer.activation], x)


ACTIVATIONS = {keras.activations.relu: "Relu", keras.activations.tanh: "Tanh", keras.activations.sigmoid: "Sigmoid"}
"""ONNX' names for them."""


def _relu(graph, layer, x):
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise _untranslated(layer, "is a ReLU with options", "ReLU without, and PReLU")
    return graph.node("Relu", x)


def _prelu(graph, layer, x):
    """x + (slope - 1) min(x, 0)."""
    slope = keras.ops.convert_to_numpy(layer.alpha).reshape(-1, 1, 1)
    below = graph.node("Clip", x, "", graph.constant(0.0))
    return graph.node("Add", x, graph.node("Mul", below, graph.constant(slope - 1, f"{layer.name}/alpha - 1")))


def _deconvolution(graph, layer, x):
    bias = np.repeat(keras.ops.convert_to_numpy(layer.bias), layer.scale**2)
    return _shuffle(graph, layer, graph.convolution(x, layer, layer.as_convolution(), bias))


def _shuffle(graph, layer, x):
    return graph.node("DepthToSpace", x, blocksize=layer.scale)


def _cropping(graph, layer, x):
    (top, bottom), (left, right) = layer.cropping
    ends = [-cut if cut else np.iinfo(np.int64).max for cut in (bottom, right)]
    return graph.node("Slice", x, *(graph.constant(np.array(value)) for value in ([top, left], ends, [2, 3])))


def _sum(graph, layer, x, *others):
    for other in others:
        x = graph.node("Add", x, other)
    return x


def _product(graph, layer, x, *others):
    for other in others:
        x = graph.node("Mul", x, other)
    return x


def _means(graph, layer, x):
    if not layer.keepdims:
        raise _untranslated(layer, "drops the axes that it averages over", "keepdims=True")
    return graph.node("GlobalAveragePool", x)


LAYERS = {
    keras.layers.Conv2D: _convolution,
    Expanded: _convolution,
    keras.layers.Activation: _activation,
    keras.layers.ReLU: _relu,
    keras.layers.PReLU: _prelu,
    keras.layers.Cropping2D: _cropping,
    keras.layers.Add: _sum,
    keras.layers.Multiply: _product,
    keras.layers.GlobalAveragePooling2D: _means,
    Deconvolution: _deconvolution,
    PixelShuffle: _shuffle,
}
"""The layers that have a translation: function(graph, layer, input tensors) -> output tensor."""
