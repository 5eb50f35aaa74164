#!/usr/bin/env python3
"""Writes networks that others published as ONNX files, with random weights that keep the sizes of trained ones' activations.

    .tools/venv/bin/python tools/networks.py build/networks
    .tools/venv/bin/python tools/networks.py build/networks resnet18 googlenet

The same network gets the same weights in every run. Layers are those of torchvision (batch norms, as its exports have them), of
the original SqueezeNext and of the ResNets for CIFAR-10.
"""
import pathlib
import sys
import zlib
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


@dataclass(frozen=True)
class Value:
    """A map: its name, channels, height and width, and the mean of its squares."""

    name: str
    shape: tuple
    power: float


class Network:
    """An ONNX graph under construction."""

    def __init__(self, name, shape, batch=1):
        self.name, self.batch = name, batch
        self.random = np.random.default_rng(zlib.crc32(name.encode()))
        self.nodes, self.stored, self.names = [], [], {}
        self.image = Value("image", shape, 1.0)

    def fresh(self, word):
        self.names[word] = self.names.get(word, 0) + 1
        return f"{word}_{self.names[word]}"

    def constant(self, array, kind=np.float32):
        name = self.fresh("constant")
        self.stored.append(numpy_helper.from_array(np.ascontiguousarray(array, kind), name))
        return name

    def add_node(self, operator, inputs, **attributes):
        name = self.fresh(operator.lower())
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def conv(self, x, channels, kernel=3, stride=1, pad=None, group=1, norm=False, relu=False, bias=True):
        """A convolution, with its batch norm and ReLU; `pad` None keeps the size at stride 1."""
        kernel, stride = pair(kernel), pair(stride)
        pad = tuple(k // 2 for k in kernel) if pad is None else pair(pad)
        fan = x.shape[0] // group * kernel[0] * kernel[1]
        weights = self.random.normal(0, (fan * x.power) ** -0.5, (channels, x.shape[0] // group, *kernel))
        inputs = [x.name, self.constant(weights)]
        if bias and not norm:
            inputs.append(self.constant(self.random.normal(0, 0.1, channels)))
        name = self.add_node("Conv", inputs, kernel_shape=kernel, strides=stride, pads=[*pad, *pad], group=group)
        size = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[1:], kernel, stride, pad))
        out = Value(name, (channels, *size), 1.0)
        if norm:
            out = self.batch_norm(out)
        return self.relu(out) if relu else out

    def batch_norm(self, x):
        channels, root = x.shape[0], x.power**0.5
        draw = lambda low, high: self.random.uniform(low, high, channels)
        parts = [draw(0.7, 1.3), draw(-0.3, 0.3), draw(-0.2, 0.2) * root, draw(0.7, 1.3) * x.power]
        name = self.add_node("BatchNormalization", [x.name, *map(self.constant, parts)], epsilon=1e-5)
        return Value(name, x.shape, 1.0)

    def relu(self, x):
        return Value(self.add_node("Relu", [x.name]), x.shape, x.power / 2)

    def relu6(self, x):
        ends = self.constant(0.0), self.constant(6.0)
        return Value(self.add_node("Clip", [x.name, *ends]), x.shape, x.power / 2)

    def separable(self, x, channels, stride=1):
        """A depthwise convolution and a pointwise one, each with its batch norm and ReLU6."""
        x = self.relu6(self.conv(x, x.shape[0], 3, stride, group=x.shape[0], norm=True))
        return self.relu6(self.conv(x, channels, 1, norm=True))

    def max_pool(self, x, kernel=3, stride=2, pad=0, ceil=False):
        kernel, stride, pad = pair(kernel), pair(stride), pair(pad)
        name = self.add_node(
            "MaxPool", [x.name], kernel_shape=kernel, strides=stride, pads=[*pad, *pad], ceil_mode=int(ceil))
        up = lambda n, s: -(-n // s) if ceil else n // s
        size = tuple(up(n + 2 * p - k, s) + 1 for n, k, s, p in zip(x.shape[1:], kernel, stride, pad))
        return Value(name, (x.shape[0], *size), 2 * x.power)

    def add(self, a, b):
        return Value(self.add_node("Add", [a.name, b.name]), a.shape, a.power + b.power)

    def concat(self, *parts):
        name = self.add_node("Concat", [part.name for part in parts], axis=1)
        channels = [part.shape[0] for part in parts]
        power = sum(n * part.power for n, part in zip(channels, parts)) / sum(channels)
        return Value(name, (sum(channels), *parts[0].shape[1:]), power)

    def mean(self, x):
        flat = self.add_node("Flatten", [self.add_node("GlobalAveragePool", [x.name])], axis=1)
        return Value(flat, (x.shape[0],), x.power)

    def flatten(self, x):
        return Value(self.add_node("Flatten", [x.name], axis=1), (int(np.prod(x.shape)),), x.power)

    def dense(self, x, outputs, relu=False):
        weights = self.random.normal(0, (x.shape[0] * x.power) ** -0.5, (outputs, x.shape[0]))
        bias = self.random.normal(0, 0.1, outputs)
        out = self.add_node("Gemm", [x.name, self.constant(weights), self.constant(bias)], transB=1)
        value = Value(out, (outputs,), 1.0)
        return self.relu(value) if relu else value

    def model(self, output):
        info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph(
            self.nodes, self.name, [info(self.image.name, [self.batch, *self.image.shape])],
            [info(output.name, [self.batch, *output.shape])], initializer=self.stored)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def resnet(n, blocks, bottleneck):
    """torchvision's ResNet with basic blocks or bottlenecks."""
    x = n.conv(n.image, 64, 7, 2, norm=True, relu=True)
    x = n.max_pool(x, 3, 2, 1)
    for stage, count in enumerate(blocks):
        width = 64 << stage
        out = width * (4 if bottleneck else 1)
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            if bottleneck:
                y = n.conv(x, width, 1, norm=True, relu=True)
                y = n.conv(y, width, 3, stride, norm=True, relu=True)
                y = n.conv(y, out, 1, norm=True)
            else:
                y = n.conv(x, width, 3, stride, norm=True, relu=True)
                y = n.conv(y, width, 3, norm=True)
            around = x if x.shape == y.shape else n.conv(x, out, 1, stride, norm=True)
            x = n.relu(n.add(y, around))
    return n.dense(n.mean(x), 1000)


def resnet_cifar_a(n, blocks):
    """ResNet for CIFAR-10 whose shortcuts take every other pixel and pad channels with zeros (option A)."""
    x = n.conv(n.image, 16, norm=True, relu=True)
    for stage in range(3):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            y = n.conv(x, 16 << stage, 3, stride, norm=True, relu=True)
            y = n.conv(y, 16 << stage, 3, norm=True)
            x = n.relu(n.add(y, x if stride == 1 else every_other(n, x)))
    return n.dense(n.mean(x), 10)


def every_other(n, x):
    """`F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, c // 2, c // 2))`, twice as many channels, as PyTorch exports it."""
    channels, height, width = x.shape
    last = np.iinfo(np.int64).max
    ints = lambda *values: n.constant(np.array(values), np.int64)
    rows = n.add_node("Slice", [x.name, ints(0), ints(last), ints(2), ints(2)])
    both = n.add_node("Slice", [rows, ints(0), ints(last), ints(3), ints(2)])
    pads = ints(0, channels // 2, 0, 0, 0, channels // 2, 0, 0)
    padded = n.add_node("Pad", [both, pads, n.constant(np.float32(0))], mode="constant")
    return Value(padded, (2 * channels, -(-height // 2), -(-width // 2)), x.power / 2)


def squeezenext(n, blocks=(6, 6, 8, 1), width=1.0):
    """SqueezeNext 23: blocks of two squeezing 1x1, 3x1, 1x3 and an expanding 1x1 convolution, with an addition around."""
    x = n.conv(n.image, int(64 * width), 7, 2, norm=True, relu=True)
    x = n.max_pool(x, 3, 2, 1)
    for stage, count in enumerate(blocks):
        out = int((32 << stage) * width)
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            shrink = 1.0 if stride == 2 else (0.25 if x.shape[0] > out else 0.5)
            around = x
            if stride == 2 or x.shape[0] != out:
                around = n.conv(x, out, 1, stride, norm=True, relu=True)
            y = n.conv(x, int(x.shape[0] * shrink), 1, stride, norm=True, relu=True)
            y = n.conv(y, int(x.shape[0] * shrink * 0.5), 1, norm=True, relu=True)
            y = n.conv(y, int(x.shape[0] * shrink), (1, 3), norm=True, relu=True)
            y = n.conv(y, int(x.shape[0] * shrink), (3, 1), norm=True, relu=True)
            y = n.conv(y, out, 1, norm=True, relu=True)
            x = n.relu(n.add(y, around))
    x = n.conv(x, int(128 * width), 1, norm=True, relu=True)
    return n.dense(n.mean(x), 1000)


def inception(n, x, one, three_in, three, five_in, five, pooled):
    """A module of torchvision's GoogLeNet, whose "5x5" is 3x3."""
    conv = lambda x, channels, kernel=1: n.conv(x, channels, kernel, norm=True, relu=True)
    return n.concat(
        conv(x, one), conv(conv(x, three_in), three, 3), conv(conv(x, five_in), five, 3),
        conv(n.max_pool(x, 3, 1, 1, ceil=True), pooled))


def googlenet(n):
    x = n.conv(n.image, 64, 7, 2, norm=True, relu=True)
    x = n.max_pool(x, ceil=True)
    x = n.conv(x, 64, 1, norm=True, relu=True)
    x = n.conv(x, 192, 3, norm=True, relu=True)
    x = n.max_pool(x, ceil=True)
    x = inception(n, x, 64, 96, 128, 16, 32, 32)
    x = inception(n, x, 128, 128, 192, 32, 96, 64)
    x = n.max_pool(x, ceil=True)
    x = inception(n, x, 192, 96, 208, 16, 48, 64)
    x = inception(n, x, 160, 112, 224, 24, 64, 64)
    x = inception(n, x, 128, 128, 256, 24, 64, 64)
    x = inception(n, x, 112, 144, 288, 32, 64, 64)
    x = inception(n, x, 256, 160, 320, 32, 128, 128)
    x = n.max_pool(x, 2, 2, ceil=True)
    x = inception(n, x, 256, 160, 320, 32, 128, 128)
    x = inception(n, x, 384, 192, 384, 48, 128, 128)
    return n.dense(n.mean(x), 1000)


def alexnet(n):
    x = n.conv(n.image, 64, 11, 4, 2, relu=True)
    x = n.conv(n.max_pool(x), 192, 5, relu=True)
    x = n.conv(n.max_pool(x), 384, relu=True)
    x = n.conv(n.conv(x, 256, relu=True), 256, relu=True)
    x = n.dense(n.dense(n.flatten(n.max_pool(x)), 4096, relu=True), 4096, relu=True)
    return n.dense(x, 1000)


def mobilenet_v1(n, width):
    x = n.relu6(n.conv(n.image, int(32 * width), 3, 2, norm=True))
    for channels, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]:
        x = n.separable(x, int(channels * width), stride)
    return n.dense(n.mean(x), 1000)


def mobilenet_v2(n):
    x = n.relu6(n.conv(n.image, 32, 3, 2, norm=True))
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for wider, channels, count, stride in stages:
        for index in range(count):
            inner = n.relu6(n.conv(x, wider * x.shape[0], 1, norm=True)) if wider > 1 else x
            step = stride if index == 0 else 1
            inner = n.relu6(n.conv(inner, inner.shape[0], 3, step, group=inner.shape[0], norm=True))
            inner = n.conv(inner, channels, 1, norm=True)
            x = n.add(x, inner) if x.shape == inner.shape else inner
    return n.dense(n.mean(n.relu6(n.conv(x, 1280, 1, norm=True))), 1000)


def vgg(n, stages):
    x = n.image
    for stage, count in enumerate(stages):
        for _ in range(count):
            x = n.conv(x, min(64 << stage, 512), relu=True)
        x = n.max_pool(x, 2, 2)
    x = n.dense(n.dense(n.flatten(x), 4096, relu=True), 4096, relu=True)
    return n.dense(x, 1000)


# Network: what makes it, and its image.
NETWORKS = {
    "squeezenext_23": (squeezenext, (3, 227, 227)),
    "googlenet": (googlenet, (3, 224, 224)),
    "resnet18": (lambda n: resnet(n, [2, 2, 2, 2], False), (3, 224, 224)),
    "resnet50": (lambda n: resnet(n, [3, 4, 6, 3], True), (3, 224, 224)),
    "resnet20_cifar_a": (lambda n: resnet_cifar_a(n, 3), (3, 32, 32)),
    "mobilenet_v1_050": (lambda n: mobilenet_v1(n, 0.5), (3, 224, 224)),
    "mobilenet_v2": (mobilenet_v2, (3, 224, 224)),
    "alexnet": (alexnet, (3, 224, 224)),
    "vgg11": (lambda n: vgg(n, [1, 1, 2, 2, 2]), (3, 224, 224)),
}


def main(folder, *names):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    unknown = sorted(set(names) - set(NETWORKS))
    if unknown:
        sys.exit(f"no network {', '.join(unknown)}; there are {', '.join(NETWORKS)}")
    for name in names or NETWORKS:
        build, shape = NETWORKS[name]
        network = Network(name, shape)
        model = network.model(build(network))
        onnx.checker.check_model(model)
        onnx.save(model, folder / f"{name}.onnx")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
