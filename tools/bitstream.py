#!/usr/bin/env python3
"""Makes the bitstream of a build folder with open tools: bitstream.py BUILD_FOLDER

For a board with an ECP5 (ecp5/backend.py, writes BUILD_FOLDER/ecp5/systole.bit) or a Gowin GW5A (gowin/backend.py, writes
BUILD_FOLDER/gowin/systole.fs). Beside it lies report.txt: clock, RAM, DSP, LUT, FF beside the plan's. Fails, and leaves no bitstream,
when timing is missed, when the clock is not the plan's, or when the machine's block RAM or DSP are not what the plan says. What the
link to the host takes is counted apart.
"""

import importlib
import json
import os
import sys
from collections import Counter
from pathlib import Path

from ecp5.paths import slowest
from steps import fail

# By the family of the plan's device.
BACK_ENDS = {"ecp5": "ecp5.backend", "gw5a": "gowin.backend"}


def machine_clock(report, wanted):
    """Achieved frequency of the machine's clock, which must be constrained to what the plan says."""
    clocks = {name: clock for name, clock in report["fmax"].items() if abs(clock["constraint"] - wanted) <= 0.01 * wanted}
    if len(clocks) != 1:
        fail(f"no single clock of {wanted} MHz among {report['fmax']}")
    return next(iter(clocks.values()))["achieved"]


def cells_of(work, top):
    """Cells of the machine and of all else, by their type."""
    netlist = json.loads((work / "netlist.json").read_text(encoding="utf-8"))["modules"][top]["cells"]
    inside, outside = Counter(), Counter()
    for name, cell in netlist.items():
        (inside if ".machine." in name else outside)[cell["type"]] += 1
    return inside, outside


def compare(back_end, report, plan, work, top):
    """Lines of the report, and what is not as the plan says."""
    machine, rest = cells_of(work, top)
    wanted = {key: sum(line[key] for line in plan["cost"]["lines"]) for key in (*back_end.EXACT, *back_end.ESTIMATED)}
    fmax, clock = machine_clock(report, plan["board"]["clock_mhz"]), plan["board"]["clock_mhz"]
    lines = [f"{'':12} {'machine':>8} {'plan':>8} {'link':>6} {'all':>8}"]
    lines.append(f"{'clock, MHz':12} {fmax:8.1f} {clock:8.1f}        {back_end.REMARK}")
    wrong = [f"clock {fmax:.1f} MHz, wanted {clock}"] if fmax < clock else []
    for key, units in back_end.EXACT.items():
        found, link = (sum(unit * counted(cells, cell, back_end) for cell, unit in units.items()) for cells in (machine, rest))
        used = sum(unit * report["utilization"][cell]["used"] for cell, unit in units.items())
        what = " + ".join(cell if unit == 1 else f"{unit} {cell}" for cell, unit in units.items())
        lines.append(f"{key:12} {found:8} {wanted[key]:8} {link:6} {used:8}  {what}")
        if found != wanted[key] or used != found + link:
            wrong.append(f"{found} {what} in the machine and {used} in all, the plan has {wanted[key]}, the link {link}")
    for key, cells in back_end.ESTIMATED.items():
        used = sum(report["utilization"][cell]["used"] for cell in cells)
        lines.append(f"{key:12} {'':8} {wanted[key]:8} {'':6} {used:8}  {' + '.join(cells)}; the plan's: an estimate")
    lines += ["", "Slowest path into a register of each part, all parts together, ns without setup:"]
    lines += [f"{part:12} {delay:8.2f}" for part, delay in slowest(report)]
    return lines, wrong


def counted(cells, name, back_end):
    """Cells of the netlist that become such a cell of the device."""
    return sum(cells[kind] for kind in back_end.BECOMES.get(name, [name]))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = Path(sys.argv[1]).resolve()
    if not (build / "systole.json").is_file():
        fail(f"{build} is not a build folder; make one with systole generate")
    plan = json.loads((build / "plan.json").read_text(encoding="utf-8"))
    tops = sorted((build / "board").glob("*_top.v")) if (build / "board").is_dir() else []
    family = plan["board"]["device"]["family"]
    if family not in BACK_ENDS or len(tops) != 1:
        fail(f"{plan['board']['name']} is not a board with pins and a device of one of the families {', '.join(BACK_ENDS)}")
    back_end, top = importlib.import_module(BACK_ENDS[family]), tops[0].stem
    work = build / back_end.FOLDER
    work.mkdir(exist_ok=True)
    bitstream = work / back_end.FILE
    bitstream.unlink(missing_ok=True)
    back_end.synthesise(build, plan, top, work)
    report = back_end.place(build, plan, top, work)
    lines, wrong = compare(back_end, report, plan, work, top)
    text = "\n".join(lines) + "\n"
    (work / "report.txt").write_text(text, encoding="utf-8")
    print(text, end="")
    if wrong:
        fail("; ".join(wrong))
    part = work / f"{back_end.FILE}.part"
    back_end.pack(plan, work, part.name)
    os.replace(part, bitstream)
    print(f"bitstream: {bitstream}")


if __name__ == "__main__":
    main()
