#!/usr/bin/env python3
"""Writes small networks of depthwise convolutions, as MobileNet v1 and v2 have them, and what onnxruntime computes from them.

Weights are random; batch norms have the statistics of their inputs on the calibration images, factors of a wide spread, and some channels
that are all but silent, as trained ones do. Every network comes with its scores in floating point and by onnxruntime's static quantiser (int8,
a scale per channel) on images that did not calibrate.

Needs onnx, onnxruntime and numpy (pip)."""

import json
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

HERE = pathlib.Path(__file__).parent
SIZE, CLASSES, CALIBRATING, HELD_BACK = 32, 10, 32, 32


def image(number):
    """Triangular waves, in whole numbers: the tests make the same."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    wave = lambda t: np.abs(t % 256 - 128) * 2
    planes = []
    for colour in range(3):
        seed = number * 3 + colour + 1
        a, b, c, d = [(seed * k) % 23 - 11 for k in (7, 11, 13, 17)]
        planes.append((wave(a * x + b * y + seed * 37) + wave(c * x + d * y + seed * 91)) // 2)
    return np.minimum(np.stack(planes), 255).astype(np.float32) / 255


class Builder:
    def __init__(self, seed):
        self.random, self.nodes, self.constants = np.random.default_rng(seed), [], []
        self.images = np.stack([image(number) for number in range(CALIBRATING)])

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def model(self, output):
        info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph(
            self.nodes, "mobile", [info("x", ["batch", 3, SIZE, SIZE])], [info(output, None)], initializer=self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def run(self, output):
        return session(self.model(output).SerializeToString()).run(None, {"x": self.images})[0]

    def normed(self, source, channels):
        """A batch norm with the statistics of its input."""
        seen = self.run(source)
        draw, name = self.random, f"{source}_bn"
        factor = np.exp(draw.normal(0, 0.6, channels)) * np.where(draw.random(channels) < 0.1, 1e-2, 1)
        parts = [("scale", factor), ("shift", draw.normal(0.2, 0.5, channels) * np.minimum(factor, 1)),
                 ("mean", seen.mean((0, 2, 3))), ("variance", seen.var((0, 2, 3)))]
        return self.node("BatchNormalization", [source, *[self.constant(f"{name}.{key}", v) for key, v in parts]], name)

    def conv(self, source, name, shape, stride=1, group=1, clipped=True):
        """A convolution with its batch norm, and ReLU6."""
        spread = np.exp(self.random.normal(0, 1, (shape[0], 1, 1, 1)))
        weights = self.constant(f"{name}.w", self.random.normal(0, 1, shape) * spread / np.sqrt(np.prod(shape[1:])))
        made = self.node("Conv", [source, weights], name, strides=[stride] * 2, pads=[shape[2] // 2] * 4, group=group)
        made = self.normed(made, shape[0])
        if not clipped:
            return made
        ends = [self.constant(f"{name}.least", 0.0), self.constant(f"{name}.most", 6.0)]
        return self.node("Clip", [made, *ends], f"{name}_relu6")

    def scores(self, source, channels):
        pooled = self.node("GlobalAveragePool", [source], "pooled")
        flat = self.node("Flatten", [pooled], "flat", axis=1)
        weights = self.constant("fc.w", self.random.normal(0, 1, (CLASSES, channels)) / np.sqrt(channels))
        self.node("Gemm", [flat, weights, self.constant("fc.b", np.zeros(CLASSES))], "y", transB=1)
        return self.model("y")


def version_1():
    b = Builder(1)
    value, channels = b.conv("x", "stem", (16, 3, 3, 3), 2), 16
    for index, (out, stride) in enumerate([(24, 1), (32, 2), (32, 1), (64, 2), (64, 1)]):
        value = b.conv(value, f"dw{index}", (channels, 1, 3, 3), stride, channels)
        value, channels = b.conv(value, f"pw{index}", (out, channels, 1, 1)), out
    return b.scores(value, channels)


def version_2():
    b = Builder(2)
    value, channels = b.conv("x", "stem", (16, 3, 3, 3), 2), 16
    for index, (out, stride) in enumerate([(16, 1), (24, 2), (24, 1), (32, 2)]):
        wide = 4 * channels
        inner = b.conv(value, f"up{index}", (wide, channels, 1, 1))
        inner = b.conv(inner, f"dw{index}", (wide, 1, 3, 3), stride, wide)
        inner = b.conv(inner, f"down{index}", (out, wide, 1, 1), clipped=False)
        value = b.node("Add", [value, inner], f"add{index}") if (out, stride) == (channels, 1) else inner
        channels = out
    return b.scores(b.conv(value, "last", (96, channels, 1, 1)), 96)


def session(model):
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


class Images(CalibrationDataReader):
    def __init__(self):
        self.left = [{"x": image(number)[None]} for number in range(CALIBRATING)]

    def get_next(self):
        return self.left.pop() if self.left else None


def write(name, model):
    path, integers = HERE / f"{name}.onnx", HERE / f"{name}_qdq.onnx"
    onnx.save(model, path)
    with tempfile.TemporaryDirectory() as folder:
        ready = f"{folder}/ready.onnx"
        onnxruntime.quantization.quant_pre_process(path, ready, skip_symbolic_shape=True)
        quantize_static(ready, integers, Images(), quant_format=QuantFormat.QDQ, activation_type=QuantType.QUInt8,
                        weight_type=QuantType.QInt8, per_channel=True)
    images = [image(CALIBRATING + number)[None] for number in range(HELD_BACK)]
    # Without its optimisers onnxruntime computes the quantised file as its nodes say, in floating point.
    plain = onnxruntime.SessionOptions()
    plain.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    run = lambda session: [session.run(None, {"x": x})[0].reshape(-1).tolist() for x in images]
    by = {"float": session(path), "int8": onnxruntime.InferenceSession(integers, plain, providers=["CPUExecutionProvider"])}
    scores = {kind: run(session) for kind, session in by.items()}
    (HERE / f"{name}.json").write_text(json.dumps(scores) + "\n")
    found, wanted = np.array(scores["int8"]), np.array(scores["float"])
    print(name, "int8 is off by", np.sqrt(((found - wanted) ** 2).sum() / (wanted ** 2).sum()))


if __name__ == "__main__":
    write("mobilenet_v1", version_1())
    write("mobilenet_v2", version_2())
