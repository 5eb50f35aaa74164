"""The trained network as an ONNX file: Conv, Relu, MaxPool, Concat, GlobalAveragePool and Flatten, opset 13."""

import onnx
from onnx import TensorProto, helper, numpy_helper

from training.digits import CLASSES, SIDE
from training.layers import Conv, Fire, GlobalAverage, MaxPool

OPSET = 13
IR_VERSION = 8
INPUT, OUTPUT = "image", "logits"


class Writer:
    """Collects nodes and weights; each method appends one layer and returns the name of its output tensor."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def node(self, operator, inputs, name, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def conv(self, layer, source):
        weight, bias = f"{layer.name}.weight", f"{layer.name}.bias"
        self.weights.append(numpy_helper.from_array(layer.weight.transpose(3, 2, 0, 1).copy(), weight))
        self.weights.append(numpy_helper.from_array(layer.bias, bias))
        shape = {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2, "pads": [layer.pad] * 4}
        self.node("Conv", [source, weight, bias], layer.name, **shape)
        return self.node("Relu", [layer.name], f"{layer.name}_relu")

    def pool(self, layer, source):
        shape = {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2, "ceil_mode": 1}
        return self.node("MaxPool", [source], layer.name, **shape)

    def fire(self, layer, source):
        squeezed = self.conv(layer.squeeze, source)
        branches = [self.conv(layer.expand1x1, squeezed), self.conv(layer.expand3x3, squeezed)]
        return self.node("Concat", branches, f"{layer.name}_concat", axis=1)

    def average(self, layer, source):
        pooled = self.node("GlobalAveragePool", [source], layer.name)
        return self.node("Flatten", [pooled], OUTPUT, axis=1)


def to_onnx(layers: list) -> bytes:
    """A checked float32 model: `image` 1 x 1 x SIDE x SIDE (byte / 255) to `logits` 1 x CLASSES."""
    writer = Writer()
    methods = {Conv: writer.conv, MaxPool: writer.pool, Fire: writer.fire, GlobalAverage: writer.average}
    tensor = INPUT
    for layer in layers:
        tensor = methods[type(layer)](layer, tensor)
    image = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 1, SIDE, SIDE])
    logits = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, CLASSES])
    graph = helper.make_graph(writer.nodes, "digits", [image], [logits], initializer=writer.weights)
    model = helper.make_model(
        graph, producer_name="host/demo/train.py", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
