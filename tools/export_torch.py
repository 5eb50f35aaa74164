#!/usr/bin/env python3
"""Exports small PyTorch networks with both of PyTorch's ONNX exporters, and what PyTorch computes with them.

    python3 -m venv build/torch && build/torch/bin/pip install torch torchvision onnx onnxscript
    build/torch/bin/python tools/export_torch.py hdl/model/tests/exports

Leaves one .onnx file per network, exporter and operator set, each with its weights inside, and scores.json: the versions
used, and per network the image's size and PyTorch's scores of the image whose bytes are IMAGE_BYTE(i), i counting
[row][column][colour], divided by 255.
"""
import json
import pathlib
import sys

import onnx
import torch
import torchvision
from torch import nn
from torchvision.models.squeezenet import Fire

SEED = 5
CLASSES = 10
OLD_EXPORTER_OPSETS = [9, 11, 13, 17]
NEW_EXPORTER_OPSETS = [18, onnx.defs.onnx_opset_version()]
# With a batch of any size, as servers want it.
BATCHED_OPSETS = {False: 17, True: 18}


def image_byte(index):
    return (index * 37 + index // 192 * 11 + index * index // 97) % 256


class Squeeze(nn.Module):
    """torchvision's SqueezeNet, version 1.0 or 1.1, with few filters."""

    def __init__(self, version, first):
        super().__init__()
        pool = lambda: nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
        kernel = {"1.0": 7, "1.1": 3}[version]
        fires = [Fire(first, 4, 8, 8), Fire(16, 4, 8, 8), Fire(16, 6, 12, 12)]
        stages = {"1.0": [*fires, pool()], "1.1": [*fires[:2], pool(), fires[2]]}[version]
        self.features = nn.Sequential(
            nn.Conv2d(3, first, kernel_size=kernel, stride=2), nn.ReLU(inplace=True), pool(), *stages
        )
        final = nn.Conv2d(24, CLASSES, kernel_size=1)
        self.classifier = nn.Sequential(
            nn.Dropout(p=0.5), final, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1))
        )

    def forward(self, x):
        return torch.flatten(self.classifier(self.features(x)), 1)


class Mixed(nn.Module):
    """Large kernels, batch norms, ReLU6, average pools, an addition and a fully connected end."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 11, stride=4, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.branch = nn.Sequential(nn.Conv2d(8, 8, 5, padding=2), nn.BatchNorm2d(8), nn.ReLU())
        self.smaller = nn.AvgPool2d(3, stride=2, padding=1)
        self.deeper = nn.Sequential(nn.Conv2d(8, 12, 3, padding=1), nn.ReLU6(), nn.AvgPool2d(2))
        self.end = nn.Linear(12 * 3 * 3, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        x = self.smaller(x + self.branch(x))
        return self.end(torch.flatten(self.deeper(x), 1))


NETWORKS = {
    "squeezenet1_0": (lambda: Squeeze("1.0", 12), 64),
    "squeezenet1_1": (lambda: Squeeze("1.1", 8), 47),
    "mixed": (Mixed, 55),
}


def network(make):
    """Random weights that keep activations in range, and batch norms that have seen something."""
    torch.manual_seed(SEED)
    net = make()
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.uniform_(module.bias, -0.1, 0.1)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 1.0, 3.0)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return net.eval()


def image(size):
    values = [image_byte(i) / 255 for i in range(size * size * 3)]
    return torch.tensor(values, dtype=torch.float32).reshape(1, size, size, 3).permute(0, 3, 1, 2).contiguous()


def export(net, x, path, opset, dynamo, batch=None):
    options = {"external_data": False} if dynamo else {}
    if batch and dynamo:
        options["dynamic_shapes"] = ({0: torch.export.Dim(batch)},)
        x = x.repeat(2, 1, 1, 1)
    elif batch:
        options |= {"dynamic_axes": {"image": {0: batch}}, "input_names": ["image"]}
    torch.onnx.export(net, (x,), path, opset_version=opset, dynamo=dynamo, **options)
    slim(path)
    print(path, path.stat().st_size)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "onnx": onnx.__version__}
    report = {"versions": versions, "networks": {}}
    for name, (make, size) in NETWORKS.items():
        net, x = network(make), image(size)
        with torch.no_grad():
            report["networks"][name] = {"size": size, "scores": net(x)[0].tolist()}
        for opsets, dynamo in [(OLD_EXPORTER_OPSETS, False), (NEW_EXPORTER_OPSETS, True)]:
            exporter = "dynamo" if dynamo else "script"
            for opset in opsets:
                export(net, x, folder / f"{name}_{exporter}_{opset}.onnx", opset, dynamo)
            opset = BATCHED_OPSETS[dynamo]
            export(net, x, folder / f"{name}_{exporter}_{opset}_batch.onnx", opset, dynamo, batch="n")
    (folder / "scores.json").write_text(json.dumps(report, indent=1) + "\n")


def slim(path):
    """Without the names of Python's source files and the like, which no importer reads."""
    model = onnx.load(path)
    del model.metadata_props[:]
    for part in [model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    del model.graph.metadata_props[:]
    onnx.save(model, path)


main(pathlib.Path(sys.argv[1]))
