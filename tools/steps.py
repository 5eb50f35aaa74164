"""What the back ends of bitstream.py share: running a tool with its log, and giving up."""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / ".tools" / "venv" / "bin"


def fail(text):
    sys.exit(f"bitstream: {text}")


def run(what, command, folder, log):
    """Runs a tool in a folder, its output into a file."""
    print(f"bitstream: {what}", flush=True)
    with open(log, "w", encoding="utf-8") as file:
        status = subprocess.run(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    if status != 0:
        lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in lines if re.search(r"ERROR|FAIL|Error", line)] or lines[-5:]
        fail(f"{what} failed, see {log}:\n  " + "\n  ".join(told[-5:]))


def sources(build, top):
    """Verilog files of a build folder's design with its board top, as Yosys reads them in its folder rtl."""
    core = (build / "rtl" / "systole_top.f").read_text(encoding="utf-8").split()
    return " ".join(core + [f"../board/{top}.v"])
