#!/usr/bin/env python3
"""Trains a ten-class SqueezeNet in PyTorch and leaves what `systole quantize` wants: docs/tutorial.md uses it.

    python3 -m venv build/torch && build/torch/bin/pip install torch onnx onnxscript scikit-learn pillow
    build/torch/bin/python examples/train_digits.py build/digits

Leaves in the folder digits.onnx, calibration/ (64 training images), test/ (the 359 test images), test.txt (a file name and a
class a line) and labels.txt (class names).
"""
import pathlib
import sys

import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

SEED, EPOCHS, BATCH, SHIFT = 1, 20, 32, 3
CALIBRATION_IMAGES = 64


class Fire(nn.Module):
    """A squeeze of 1x1 convolutions, expanded by 1x1 and 3x3 convolutions side by side."""

    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = functional.relu(self.squeeze(x))
        return torch.cat([functional.relu(self.expand1x1(x)), functional.relu(self.expand3x3(x))], 1)


class Digits(nn.Module):
    """1x32x32 in 0..1 to ten scores."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 24, 3, stride=2, padding=1), nn.ReLU(),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            Fire(24, 16, 32), Fire(64, 16, 32),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            Fire(64, 24, 48), Fire(96, 24, 48),
            nn.Conv2d(96, 10, 1),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)

    def forward(self, x):
        return self.layers(x)


def images():
    """scikit-learn's digits as bytes of 32x32, their classes, and which of them are test images: every fifth."""
    data = load_digits()
    small = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
    large = functional.interpolate(small, size=32, mode="bilinear")
    test = torch.arange(len(large)) % 5 == 4
    return (large * 255).round().to(torch.uint8), torch.tensor(data.target), test


def shifted(x):
    """Every image moved by up to SHIFT pixels."""
    padded = functional.pad(x, [SHIFT] * 4)
    size = x.shape[-1]
    corners = torch.randint(0, 2 * SHIFT + 1, (len(x), 2)).tolist()
    return torch.stack([p[:, top : top + size, left : left + size] for p, (top, left) in zip(padded, corners)])


def train(net, x, y):
    steps = len(x) // BATCH
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS * steps)
    for epoch in range(EPOCHS):
        for pick in torch.randperm(len(x))[: steps * BATCH].split(BATCH):
            loss = functional.cross_entropy(net(shifted(x[pick])), y[pick])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        if (epoch + 1) % 5 == 0:
            print(f"epoch {epoch + 1}: loss {loss.item():.4f}", flush=True)


def write(folder, pixels, classes):
    """PNG files, and a line for each of them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for index, (image, label) in enumerate(zip(pixels, classes.tolist())):
        name = f"{index:03}.png"
        Image.fromarray(image[0].numpy()).save(folder / name)
        lines.append(f"{name} {label}\n")
    return "".join(lines)


def main(folder):
    torch.manual_seed(SEED)
    pixels, classes, test = images()
    x = pixels.float() / 255
    net = Digits()
    train(net, x[~test], classes[~test])
    net.eval()
    with torch.no_grad():
        right = int((net(x[test]).argmax(1) == classes[test]).sum())
    print(f"{right} of {int(test.sum())} test images right in floating point")

    every = (~test).nonzero().flatten()[:: int((~test).sum()) // CALIBRATION_IMAGES][:CALIBRATION_IMAGES]
    write(folder / "calibration", pixels[every], classes[every])
    (folder / "test.txt").write_text(write(folder / "test", pixels[test], classes[test]))
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in range(10)))
    torch.onnx.export(net, (x[:1],), folder / "digits.onnx", dynamo=True, external_data=False, verbose=False)


main(pathlib.Path(sys.argv[1]))
