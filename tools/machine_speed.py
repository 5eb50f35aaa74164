#!/usr/bin/env python3
"""Speed of a whole machine on its ECP5 board: machine_speed.py BUILD_FOLDER [SEED...]

The design with its pins and its link to the host, synthesised and placed as by bitstream.py, but whatever clock it reaches is reported,
not refused. The clock that is asked for is the build folder's (`systole generate --clock`): nextpnr stops trying harder once it has
it. One run of nextpnr per seed (1 without). Prints what each reached and the slowest path into a register of each part, in
nanoseconds without setup. Leaves the netlist and nextpnr's reports in BUILD_FOLDER/ecp5.
"""

import json
import sys
from pathlib import Path

from bitstream import machine_clock
from ecp5.backend import place, synthesise
from ecp5.paths import slowest

# Parts that are printed.
WORST = 8


def main():
    if len(sys.argv) < 2 or not all(word.isdigit() for word in sys.argv[2:]):
        sys.exit(__doc__)
    build, seeds = Path(sys.argv[1]).resolve(), sys.argv[2:] or ["1"]
    plan = json.loads((build / "plan.json").read_text(encoding="utf-8"))
    (top,) = (path.stem for path in (build / "board").glob("*.v"))
    work = build / "ecp5"
    work.mkdir(exist_ok=True)
    synthesise(build, plan, top, work)
    geometry = plan["geometry"]
    for seed in seeds:
        report = place(build, plan, top, work, ["--seed", seed, "--timing-allow-fail"])
        reached = machine_clock(report, plan["board"]["clock_mhz"])
        parts = ", ".join(f"{part} {delay:.1f}" for part, delay in slowest(report)[:WORST])
        print(f"{geometry['rows']}x{geometry['cols']} seed {seed}: {reached:.1f} MHz; {parts}", flush=True)


if __name__ == "__main__":
    main()
