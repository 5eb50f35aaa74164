#!/usr/bin/env python3
"""Largest fan-out of a register in the systolic parts of machines: fanout.py BUILD_FOLDER...

Of the array, the feed and the requantiser of each build folder, in Yosys' netlist for the ECP5: how many pins read the output of one
register, clocks left out, most first. Systolic parts hand everything on to a neighbour: as the array grows, this must not.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from timing import parts, yosys

PARTS = ("array", "feed", "requant")


def fan_outs(netlist):
    """Pins that read each register's output, by the register's cell name."""
    (module,) = (module for module in netlist["modules"].values() if not module.get("attributes", {}).get("blackbox"))
    readers = Counter()
    for cell in module["cells"].values():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"][pin] == "input":
                readers.update(bit for bit in bits if isinstance(bit, int))
    return {name: readers[cell["connections"]["Q"][0]] for name, cell in module["cells"].items() if cell["type"] == "TRELLIS_FF"}


def measure(build, work):
    """Per part the widest register and its fan-out."""
    modules = parts(build, work)
    for part in PARTS:
        script = f"read_rtlil {work}/elaborated.il; hierarchy -top {modules[part]}; synth_ecp5 -top {modules[part]}; write_json {work}/part.json"
        yosys(script, build / "rtl", work / "part.log")
        counts = fan_outs(json.loads((work / "part.json").read_text(encoding="utf-8")))
        yield part, *max(((count, name) for name, count in counts.items()), default=(0, "-"))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for folder in sys.argv[1:]:
        build = Path(folder).resolve()
        geometry = json.loads((build / "plan.json").read_text(encoding="utf-8"))["geometry"]
        with tempfile.TemporaryDirectory() as name:
            for part, count, register in measure(build, Path(name)):
                print(f"{geometry['rows']:2} x {geometry['cols']:2} {part:8} {count:5}  {register}", flush=True)


if __name__ == "__main__":
    main()
