#!/usr/bin/env python3
"""Writes the seed corpus: a few small files of every form. Needs onnx, numpy and safetensors (pip)."""

import pathlib
import struct

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save

HERE = pathlib.Path(__file__).parent / "corpus"
RANDOM = np.random.default_rng(1)


def keep(target, name, data):
    folder = HERE / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def weights(*shape):
    return RANDOM.integers(-4, 5, shape).astype(np.float32) / 4


def onnx_file(nodes, opset=13, shape=(1, 2, 6, 6), **constants):
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    return model.SerializeToString()


def onnx():
    node = helper.make_node
    conv = node("Conv", ["x", "w", "b"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    base = dict(w=weights(3, 2, 3, 3), b=weights(3))
    relu, average = node("Relu", ["c"], ["r"]), node("GlobalAveragePool", ["a"], ["y"])
    keep("onnx", "max", onnx_file([conv, relu, node("MaxPool", ["r"], ["a"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), average], **base))
    keep("onnx", "mean", onnx_file([conv, relu, node("AveragePool", ["r"], ["a"], kernel_shape=[2, 2], strides=[2, 2]), average], **base))
    keep("onnx", "add", onnx_file([conv, relu, node("Sum", ["c", "r", "r"], ["s"]), node("Concat", ["s", "r"], ["a"], axis=1), average], **base))
    dense = [conv, node("Flatten", ["c"], ["f"]), node("Gemm", ["f", "m"], ["g"], alpha=0.5), node("Softmax", ["g"], ["y"])]
    keep("onnx", "dense", onnx_file(dense, m=weights(108, 4), **base))
    norm = [node("Pad", ["x", "p"], ["q"]), node("Conv", ["q", "w", "b"], ["c"]),
            node("BatchNormalization", ["c", "b", "b", "b", "v"], ["n"]), node("Clip", ["n", "z"], ["a"]),
            node("ReduceMean", ["a"], ["e"], axes=[2, 3]), node("Reshape", ["e", "t"], ["y"])]
    keep("onnx", "norm", onnx_file(norm, p=np.array([0, 0, 1, 1, 0, 0, 1, 1]), v=np.ones(3, np.float32),
                                   z=np.zeros((), np.float32), t=np.array([1, 3]), **base))
    # Written by onnxruntime's quantiser, see there.
    for path in (HERE.parents[1] / "tests/data").glob("*_channels.onnx"):
        keep("onnx", path.stem, path.read_bytes())


def field(number, data):
    return bytes([number << 3 & 0x7f | 2 | (0x80 if number > 15 else 0)]) + (bytes([number >> 4]) if number > 15 else b"") \
        + varint(len(data)) + data


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def caffe():
    def blob(array):
        dims = b"".join(b"\x08" + varint(d) for d in array.shape)
        return field(7, field(5, array.astype("<f4").tobytes()) + field(7, dims))

    def layer(name, *blobs):
        return field(100, field(1, name) + b"".join(blob(b) for b in blobs))

    text = b"""name: 'g' input: 'x' input_dim: 1 input_dim: 2 input_dim: 6 input_dim: 6
layer { name: 'c' type: 'Convolution' bottom: 'x' top: 'c' convolution_param { num_output: 3 kernel_size: 3 pad: 1 } }
layer { name: 'n' type: 'BatchNorm' bottom: 'c' top: 'c' }
layer { name: 's' type: 'Scale' bottom: 'c' top: 'c' scale_param { bias_term: true } }
layer { name: 'r' type: 'ReLU' bottom: 'c' top: 'c' }
layer { name: 'p' type: 'Pooling' bottom: 'c' top: 'p' pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: 'e' type: 'Eltwise' bottom: 'p' bottom: 'p' top: 'e' eltwise_param { operation: SUM } }
layer { name: 'i' type: 'InnerProduct' bottom: 'e' top: 'i' inner_product_param { num_output: 2 } }
"""
    one = np.ones(3, np.float32)
    net = field(1, b"g") + layer(b"c", weights(3, 2, 3, 3), weights(3)) + layer(b"n", weights(3), one, one[:1]) \
        + layer(b"s", one, weights(3)) + layer(b"i", weights(2, 27), weights(2))
    keep("caffe", "all", text + b"\0" + net)


def deep_compression():
    text = b"""input: 'x' input_dim: 1 input_dim: 3 input_dim: 5 input_dim: 5
layer { name: 'c' type: 'Convolution' bottom: 'x' top: 'c' convolution_param { num_output: 2 kernel_size: 3 } }
layer { name: 'a' type: 'Pooling' bottom: 'c' top: 'a' pooling_param { pool: AVE global_pooling: true } }
"""
    table = np.arange(256, dtype="<f4").tobytes() + np.zeros(2, "<f4").tobytes()
    keep("deep_compression", "one", text + b"\0" + struct.pack("<I", 4) + table + bytes([9, 0, 8, 255, 0xf1, 0xf2]))


def safetensors():
    def network(modules):
        tensors = {"features.0.weight": weights(1, 1, 3, 3), "features.0.bias": weights(1)}
        channels = 1
        for number in modules:
            for part, shape in (("squeeze", (1, channels, 1, 1)), ("expand1x1", (1, 1, 1, 1)), ("expand3x3", (1, 1, 3, 3))):
                tensors[f"features.{number}.{part}.weight"] = weights(*shape).astype(np.float16)
                tensors[f"features.{number}.{part}.bias"] = weights(1).astype(np.float16)
            channels = 2
        tensors["classifier.1.weight"], tensors["classifier.1.bias"] = weights(2, 2, 1, 1), weights(2)
        return save(tensors)

    keep("safetensors", "squeezenet1_0", network([3, 4, 5, 7, 8, 9, 10, 12]))
    keep("safetensors", "squeezenet1_1", network([3, 4, 6, 7, 9, 10, 11, 12]))


def net():
    keep("net", "unchanged", bytes([1]))
    keep("net", "edited", bytes([2, 40, 0, 255, 41, 0, 1]))


onnx()
caffe()
deep_compression()
safetensors()
net()
