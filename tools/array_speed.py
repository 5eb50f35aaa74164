#!/usr/bin/env python3
"""Speed of the array without its neighbours on a real LFE5U-85F: array_speed.py ROWS COLS [SEED...]

The array of pe_array.v with a register before every input and behind every output, on three pins of the ULX3S: what comes in on one is
shifted past the inputs, the outputs are folded into a shift register that ends at another, so that nothing is optimised away. The
multipliers have their sites by ecp5/floorplan.py. One run of nextpnr per seed (1 without), speed grade 6. Prints what each reached, how many blocks it took, and the end of the slowest path.
"""

import json
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


def top(rows, cols):
    """The array between two shift registers."""
    inputs = {"rst_i": 1, "a_i": 9 * rows, "first_i": rows, "last_i": rows, "lv_i": rows, "w_i": 8 * cols}
    outputs = {"chain_o": rows * ACC_W, "lv_o": rows}
    declared = "".join(f"    wire [{width - 1}:0] {name};\n" for name, width in inputs.items())
    into, out = sum(inputs.values()), sum(outputs.values())
    return f"""module array_top (input wire clk_i, input wire in_i, output wire out_o);
    reg [{into - 1}:0] in_q;
    reg [{out - 1}:0] fold_q;
    wire [{out - 1}:0] sums;
{declared}    assign {{{', '.join(inputs)}}} = in_q;
    always @(posedge clk_i) begin
        in_q <= {{in_q[{into - 2}:0], in_i}};
        fold_q <= {{fold_q[{out - 2}:0], 1'b0}} ^ sums;
    end
    assign out_o = fold_q[{out - 1}];
    pe_array #(.ROWS({rows}), .COLS({cols}), .ACC_W({ACC_W}), .PER_LINK({PER_LINK})) array (
        .clk_i(clk_i), {', '.join(f'.{name}({name})' for name in inputs)}, .chain_o(sums[{rows * ACC_W - 1}:0]), .lv_o(sums[{out - 1}:{rows * ACC_W}])
    );
endmodule
"""


def place(seed, folder):
    """nextpnr's report, with the end of every path between registers."""
    command = [NEXTPNR, f"--{SIZE}", "--package", "CABGA381", "--speed", "6", "--json", "placed.json", "--lpf", "pins.lpf", "--seed", str(seed)]
    command += ["--freq", str(AIM_MHZ), "--timing-allow-fail", "--report", "report.json", "--quiet"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"array_speed: nextpnr failed: {run.stderr[-400:]}")
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def main():
    if len(sys.argv) < 3 or not all(word.isdigit() for word in sys.argv[1:]):
        sys.exit(__doc__)
    rows, cols, *seeds = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "top.v").write_text(top(rows, cols), encoding="utf-8")
        (folder / "pins.lpf").write_text(PINS, encoding="utf-8")
        files = " ".join(str(VERILOG / f"{name}.v") for name in FILES)
        yosys(f"read_verilog -defer {files}; read_verilog top.v; synth_ecp5 -top array_top; write_json netlist.json", folder, folder / "log")
        for step in (["registers.py", "netlist.json", "packed.json"], ["floorplan.py", "packed.json", "placed.json", SIZE]):
            subprocess.run([sys.executable, HERE / "ecp5" / step[0], *step[1:]], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for seed in seeds or [1]:
            report = place(seed, folder)
            (clock,) = report["fmax"].values()
            used = ", ".join(f"{report['utilization'][cell]['used']} {cell}" for cell in ("MULT18X18D", "TRELLIS_COMB", "TRELLIS_FF"))
            inside = next(path for path in report["critical_paths"] if "async" not in path["from"] + path["to"])
            print(f"{rows}x{cols} seed {seed}: {clock['achieved']:.1f} MHz, {used}; slowest into {inside['path'][-1]['to']['cell']}", flush=True)


if __name__ == "__main__":
    main()
