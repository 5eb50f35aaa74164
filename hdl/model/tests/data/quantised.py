#!/usr/bin/env python3
"""Writes the quantised test networks with onnxruntime's quantiser, and what onnxruntime computes from them.

Needs onnx, onnxruntime and numpy (pip). Every network comes with an image and its scores, as 32-bit floats."""

import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

HERE = pathlib.Path(__file__).parent
SHAPE = (1, 3, 9, 9)
RANDOM = np.random.default_rng(5)


def network():
    """A fire module with a bypass and a 1x1 classifier."""
    nodes, constants = [], {}

    def conv(name, inputs, outputs, kernel, source):
        scale = (2 / (inputs * kernel * kernel)) ** 0.5
        constants[f"{name}.w"] = RANDOM.normal(0, scale, (outputs, inputs, kernel, kernel)).astype(np.float32)
        constants[f"{name}.b"] = RANDOM.normal(0, 0.1, outputs).astype(np.float32)
        pads = [kernel // 2] * 4
        nodes.append(helper.make_node("Conv", [source, f"{name}.w", f"{name}.b"], [name], name=name, pads=pads))
        nodes.append(helper.make_node("Relu", [name], [f"{name}_r"], name=f"{name}_r"))
        return f"{name}_r"

    first = conv("first", 3, 8, 3, "x")
    squeeze = conv("squeeze", 8, 4, 1, first)
    one, three = conv("one", 4, 4, 1, squeeze), conv("three", 4, 4, 3, squeeze)
    nodes.append(helper.make_node("Concat", [one, three], ["cat"], name="cat", axis=1))
    nodes.append(helper.make_node("Add", ["cat", first], ["sum"], name="sum"))
    last = conv("last", 8, 5, 1, "sum")
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["y"], name="average"))
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 5, 1, 1))],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def image():
    return RANDOM.integers(0, 256, SHAPE).astype(np.float32) / 255


class Images(CalibrationDataReader):
    def __init__(self):
        self.left = [{"x": image()} for _ in range(16)]

    def get_next(self):
        return self.left.pop() if self.left else None


def write(model, name, form, activations, per_channel):
    with tempfile.TemporaryDirectory() as folder:
        float_path = f"{folder}/float.onnx"
        onnx.save(model, float_path)
        path = HERE / f"{name}.onnx"
        quantize_static(float_path, path, Images(), quant_format=form, activation_type=activations,
                        weight_type=QuantType.QInt8, per_channel=per_channel)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = image()
    x.tofile(HERE / f"{name}.image")
    session.run(None, {"x": x})[0].astype(np.float32).tofile(HERE / f"{name}.scores")


MODEL = network()
write(MODEL, "qdq_uint8_channels", QuantFormat.QDQ, QuantType.QUInt8, True)
write(MODEL, "qdq_int8", QuantFormat.QDQ, QuantType.QInt8, False)
write(MODEL, "qoperator_uint8_channels", QuantFormat.QOperator, QuantType.QUInt8, True)
write(MODEL, "qoperator_int8", QuantFormat.QOperator, QuantType.QInt8, False)
