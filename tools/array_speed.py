#!/usr/bin/env python3
"""Speed of the array on a real LFE5U-85F, without its neighbours and with them:

    array_speed.py ROWS COLS [SEED...]
    array_speed.py BUILD_FOLDER [SEED...]

The first is the array of pe_array.v alone; the second cuts it out of a generated machine together with the parts that it hands
something to or gets something from: activation memory, feed, weights, requantiser. Either has a register before every input and behind
every output, on three pins of the ULX3S: what comes in on one is mixed and shifted past the inputs (a plain shift register would be
merged with the array's own delays), the outputs are folded into a shift register that ends at another, so that nothing is optimised
away. The multipliers have their sites by ecp5/floorplan.py. One run of nextpnr per
seed (1 without), speed grade 6. Prints what each reached, how many blocks it took, and the end of the slowest path.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import HERE, NEXTPNR, yosys

VERILOG = HERE.parent / "hdl" / "rtl" / "v"
FILES = ["chain_link", "delay", "dsp48e1_mac", "dsp48e2_mac", "dsp_mac", "lut_mul", "pair_mul", "pe", "pe_pair", "pe_array"]
# Accumulator bits of the digits network.
ACC_W = 22
# As the planner has it for this family.
PER_LINK = 2
AIM_MHZ = 200
SIZE = "85k"
PINS = """LOCATE COMP "clk_i" SITE "G2";
IOBUF PORT "clk_i" IO_TYPE=LVCMOS33;
LOCATE COMP "in_i" SITE "M1";
IOBUF PORT "in_i" IO_TYPE=LVCMOS33;
LOCATE COMP "out_o" SITE "L4";
IOBUF PORT "out_o" IO_TYPE=LVCMOS33;
"""


# What the array hands on to and gets from, by instance.
NEIGHBOURS = ["banks", "feed", "weights", "array", "requant"]
CORE = "systole_core.v"


def between_registers(inputs, outputs, body):
    """A module named array_top with these wires, by name and width, between two shift registers."""
    declared = "".join(f"    wire [{width - 1}:0] {name};\n" for name, width in {**inputs, **outputs}.items())
    into, out = sum(inputs.values()), sum(outputs.values())
    return f"""module array_top (input wire clk_i, input wire in_i, output wire out_o);
    reg [{into - 1}:0] in_q;
    reg [{out - 1}:0] fold_q;
{declared}    assign {{{', '.join(inputs)}}} = in_q;
    always @(posedge clk_i) begin
        in_q <= {{in_q[{into - 2}:0], in_i}} ^ {{in_q[{into - 3}:0], 2'b0}};
        fold_q <= {{fold_q[{out - 2}:0], 1'b0}} ^ {{{', '.join(outputs)}}};
    end
    assign out_o = fold_q[{out - 1}];
{body}endmodule
"""


def alone(rows, cols):
    """The array without neighbours; its files."""
    inputs = {"rst_i": 1, "a_i": 9 * rows, "first_i": rows, "last_i": rows, "mask_i": rows, "w_i": 8 * cols}
    outputs = {"chain_o": rows * ACC_W, "mask_o": rows}
    pins = ", ".join(f".{name}({name})" for name in ["clk_i", *inputs, *outputs])
    body = f"    pe_array #(.ROWS({rows}), .COLS({cols}), .ACC_W({ACC_W}), .PER_LINK({PER_LINK})) array ({pins});\n"
    return between_registers(inputs, outputs, body), [VERILOG / f"{name}.v" for name in FILES]


def with_neighbours(build):
    """The array and its neighbours as a build folder's core has them; its files."""
    core = (build / "rtl" / CORE).read_text(encoding="utf-8")
    widths = {name: int(high or 0) + 1 for high, name in re.findall(r"^    (?:input  |output )?wire (?:\[(\d+):0\])? *(\w+)", core, re.M)}
    instances = {name: text for text, name in re.findall(r"^(    \w+ #\([^;]*?\n    \) (\w+) \(\n[^;]*?\);\n)", core, re.M)}
    if missing := [name for name in NEIGHBOURS if name not in instances]:
        sys.exit(f"array_speed: {build / 'rtl' / CORE} has no {', '.join(missing)}")
    read, written = {}, {}
    for name in NEIGHBOURS:
        for way, expression in re.findall(r"\.\w+_([io]) *\((.*)\)", instances[name]):
            wires = {word: widths[word] for word in re.findall(r"[a-z_]\w*", re.sub(r"\d+'\w+", "", expression))}
            (written if way == "o" else read).update(wires)
    inputs = {name: width for name, width in read.items() if name not in written and name != "clk_i"}
    elsewhere = "".join(text for name, text in instances.items() if name not in NEIGHBOURS)
    outputs = {name: width for name, width in written.items() if re.search(rf"\b{name}\b", elsewhere)}
    inside = "".join(f"    wire [{width - 1}:0] {name};\n" for name, width in written.items() if name not in outputs)
    files = (build / "rtl" / "systole_top.f").read_text(encoding="utf-8").split()
    kept = [build / "rtl" / file for file in files if file not in (CORE, "systole_top.v")]
    return between_registers(inputs, outputs, inside + "".join(instances[name] for name in NEIGHBOURS)), kept


def place(seed, folder):
    """nextpnr's report, with the end of every path between registers."""
    command = [NEXTPNR, f"--{SIZE}", "--package", "CABGA381", "--speed", "6", "--json", "placed.json", "--lpf", "pins.lpf", "--seed", str(seed)]
    command += ["--freq", str(AIM_MHZ), "--timing-allow-fail", "--report", "report.json", "--quiet"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"array_speed: nextpnr failed: {run.stderr[-400:]}")
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def measure(what, verilog, files, run_in, seeds):
    """Prints what every seed reached. Yosys runs where the memories' contents are."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "top.v").write_text(verilog, encoding="utf-8")
        (folder / "pins.lpf").write_text(PINS, encoding="utf-8")
        names = " ".join(map(str, files))
        script = f"read_verilog -defer {names}; read_verilog {folder}/top.v; synth_ecp5 -top array_top; write_json {folder}/netlist.json"
        yosys(script, run_in or folder, folder / "log")
        for step in (["registers.py", "netlist.json", "packed.json"], ["floorplan.py", "packed.json", "placed.json", SIZE]):
            subprocess.run([sys.executable, HERE / "ecp5" / step[0], *step[1:]], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for seed in seeds or [1]:
            report = place(seed, folder)
            (clock,) = report["fmax"].values()
            used = ", ".join(f"{report['utilization'][cell]['used']} {cell}" for cell in ("MULT18X18D", "DP16KD", "TRELLIS_COMB", "TRELLIS_FF"))
            inside = next(path for path in report["critical_paths"] if "async" not in path["from"] + path["to"])
            print(f"{what} seed {seed}: {clock['achieved']:.1f} MHz, {used}; slowest into {inside['path'][-1]['to']['cell']}", flush=True)


def main():
    build = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    numbers = sys.argv[2:] if build and build.is_dir() else sys.argv[1:]
    if not all(word.isdigit() for word in numbers) or len(sys.argv) < 2:
        sys.exit(__doc__)
    numbers = [int(word) for word in numbers]
    if build.is_dir():
        geometry = json.loads((build / "plan.json").read_text(encoding="utf-8"))["geometry"]
        what = f"{geometry['rows']}x{geometry['cols']} with its neighbours"
        measure(what, *with_neighbours(build.resolve()), build / "rtl", numbers)
    elif len(numbers) >= 2:
        rows, cols, *seeds = numbers
        measure(f"{rows}x{cols}", *alone(rows, cols), None, seeds)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
