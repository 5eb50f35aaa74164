"""The topology of the demo network: SqueezeNet v1.1 in miniature."""

import numpy as np

from training.digits import CLASSES
from training.layers import Conv, Fire, GlobalAverage, MaxPool


def classifier(inputs: int, rng: np.random.Generator) -> Conv:
    """The last convolution. It starts with small weights and a positive bias: a class that a ReLU silences never learns."""
    conv = Conv("conv10", inputs, CLASSES, 1, rng)
    conv.weight *= np.float32(0.1)
    conv.bias += np.float32(1.0)
    return conv


def build(rng: np.random.Generator) -> list:
    """The layers in order, weights drawn from `rng`; the input is N x 32 x 32 x 1, the output N x CLASSES logits."""
    return [
        Conv("conv1", 1, 24, 3, rng, stride=2, pad=1),
        MaxPool("pool1"),
        Fire("fire2", 24, 16, 32, rng),
        Fire("fire3", 64, 16, 32, rng),
        MaxPool("pool3"),
        Fire("fire4", 64, 24, 48, rng),
        Fire("fire5", 96, 24, 48, rng),
        classifier(96, rng),
        GlobalAverage("pool10"),
    ]


def convolutions(layers: list) -> list[Conv]:
    """Every convolution of the network, in order."""
    return [conv for layer in layers for conv in layer.convolutions()]


def forward(layers: list, x: np.ndarray) -> np.ndarray:
    """Runs all layers, keeping in each what `backward` needs."""
    for layer in layers:
        x = layer.forward(x)
    return x


def backward(layers: list, grad: np.ndarray) -> None:
    """Leaves the gradient of every parameter in its convolution; `grad` is with respect to the logits."""
    for layer in reversed(layers):
        grad = layer.backward(grad)


def costs(layers: list) -> list[tuple[str, tuple, int, int]]:
    """Name, output shape H x W x C, weights and MACs per image of every convolution; valid after a `forward`."""
    return [
        (conv.name, conv.out_shape[1:], conv.weight.size, conv.weight.size * conv.out_shape[1] * conv.out_shape[2])
        for conv in convolutions(layers)
    ]
