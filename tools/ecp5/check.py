#!/usr/bin/env python3
"""Simulates primitives as Verilog and as ECP5 netlists with registers in their blocks, side by side, on random inputs: check.py

Every output must be equal in every cycle once the pipelines are full. Icarus runs both; blocks.v models multiplier and block RAM.
"""

import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERILOG = HERE.parent.parent / "hdl" / "rtl" / "v"
YOSYS = HERE.parent / "yosys"
CYCLES, FILLED = 4000, 40
# Primitive, parameters, inputs by width, outputs by width.
CASES = [
    ("pe", {"ACC_W": 20}, {"a_i": 9, "w_i": 30, "first_i": 1}, {"sum_o": 20, "a_o": 9, "w_o": 30}),
    (
        "requant_lane",
        {"ACC_W": 22, "MUL18": 1},
        {"acc_i": 22, "mask_i": 1, "residual_act_i": 8, "bias_i": 22, "mult_i": 17, "residual_mult_i": 1, "residual_signed_i": 1}
        | {"relu_i": 1, "out_signed_i": 1, "out_wide_i": 1},
        {"y_o": 17, "mask_o": 1, "bias_o": 22, "mult_o": 17, "relu_o": 1},
    ),
    ("act_bank", {"DEPTH": 2048, "ADDR_W": 11}, {"a_addr_i": 11, "b_addr_i": 11, "b_we_i": 1, "b_data_i": 8}, {"a_data_o": 8, "b_data_o": 8}),
    (
        "weight_store",
        {"COLS": 2, "DEPTH": 6000, "FULL": 1, "TAIL_W": 11, "ADDR_W": 13, "PREFIX": '"w"'},
        {"rst_i": 1, "wgt_addr_i": 13, "check_i": 1, "check_addr_i": 13, "check_byte_i": 1},
        {"w_o": 16, "check_valid_o": 1, "check_data_o": 8},
    ),
    ("wide_rom", {"WIDTH": 39, "DEPTH": 440, "ADDR_W": 9, "INIT": '"wide.hex"'}, {"addr_i": 9}, {"data_o": 39}),
]


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"check: {' '.join(map(str, command))[:80]}\n{done.stdout[-600:]}{done.stderr[-600:]}")
    return done.stdout


def images(folder):
    """Random weights, a chunk of 4096 words with parity bits and a tail, and random words of a wide table."""
    rng = random.Random(1)
    for name, bits, words in (("w_g00_c00.hex", 18, 4096), ("w_g00_c01.hex", 16, 2048), ("wide.hex", 39, 440)):
        text = "".join(f"{rng.getrandbits(bits):05x}\n" for _ in range(words))
        (folder / name).write_text(text, encoding="utf-8")


def bench(primitive, parameters, inputs, outputs):
    """A test bench with the primitive and its netlist; it says how many outputs it compared, or where they differ."""
    declare = "".join(f"    reg [{w - 1}:0] {n} = 0;\n" for n, w in inputs.items())
    wires = "".join(f"    wire [{w - 1}:0] {n}_v, {n}_n;\n" for n, w in outputs.items())
    pins = [f".{n}({n})" for n in inputs]
    of = lambda side: ", ".join([".clk_i(clk_i)", *pins, *(f".{n}({n}_{side})" for n in outputs)])
    stir = "".join(f"        {n} <= {{$random(seed), $random(seed)}};\n" for n in inputs)
    if primitive == "act_bank":
        # Few words, so that what is read was written before.
        stir += "        a_addr_i[10:4] <= 0; b_addr_i[10:4] <= 0; if (b_we_i) b_we_i <= 0;\n"
    values = ", ".join(f".{n}({v})" for n, v in parameters.items())
    left, right = (", ".join(f"{n}_{side}" for n in outputs) for side in "vn")
    compare = f"if (cycle > {FILLED} && ^{{{left}}} !== 1'bx) begin compared = compared + 1; if ({{{left}}} !== {{{right}}}) differ = differ + 1; end"
    return f"""module bench;
    reg clk_i = 0;
    integer cycle = 0, seed = 1, compared = 0, differ = 0;
{declare}{wires}    {primitive} #({values}) verilog ({of('v')});
    netlist cells ({of('n')});
    always #5 clk_i = !clk_i;
    always @(posedge clk_i) begin
{stir}        cycle <= cycle + 1;
        {compare}
        if (cycle == {CYCLES}) begin $display("compared %0d differ %0d", compared, differ); $finish; end
    end
endmodule
"""


def wrapper(primitive, parameters, inputs, outputs):
    """The primitive with its parameters set, for synthesis."""
    ports = ["input clk_i", *(f"input [{w - 1}:0] {n}" for n, w in inputs.items())]
    ports += [f"output [{w - 1}:0] {n}" for n, w in outputs.items()]
    pins = ", ".join(f".{n}({n})" for n in ("clk_i", *inputs, *outputs))
    values = ", ".join(f".{n}({v})" for n, v in parameters.items())
    return f"module netlist ({', '.join(ports)});\n    {primitive} #({values}) primitive ({pins});\nendmodule\n"


def cells(folder):
    """Yosys' models of the small cells, without what Icarus cannot read."""
    text = "".join((folder / name).read_text(encoding="utf-8") for name in ("common_sim.vh", "ccu2c_sim.vh"))
    modules = re.findall(r"^module (\w+)\s*\(.*?^endmodule", text, re.M | re.S)
    bodies = re.findall(r"^module \w+\s*\(.*?^endmodule", text, re.M | re.S)
    wanted = {"LUT4", "PFUMX", "L6MUX21", "TRELLIS_FF", "CCU2C", "LUT2", "TRELLIS_DPR16X4"}
    return "\n".join(body for name, body in zip(modules, bodies) if name in wanted)


def check(primitive, parameters, inputs, outputs, folder):
    share = run([sys.executable, "-c", f"import glob; print(glob.glob('{HERE.parent.parent}/.tools/venv/lib/python3*/site-packages/pyosys/share')[0])"], folder).strip()
    (folder / "wrapper.v").write_text(wrapper(primitive, parameters, inputs, outputs), encoding="utf-8")
    script = f"read_verilog -defer {VERILOG}/*.v {HERE}/wide_rom.v; read_verilog wrapper.v; synth_ecp5 -top netlist; write_json a.json"
    run([sys.executable, YOSYS, script], folder)
    moved = run([sys.executable, HERE / "registers.py", "a.json", "b.json"], folder)
    run([sys.executable, YOSYS, "read_json b.json; delete =A:whitebox =A:blackbox; write_verilog -noattr netlist.v"], folder)
    (folder / "bench.v").write_text(bench(primitive, parameters, inputs, outputs), encoding="utf-8")
    (folder / "cells.v").write_text(cells(Path(share) / "lattice"), encoding="utf-8")
    run(["iverilog", "-g2012", "-o", "bench", "-s", "bench", "-y", VERILOG, "-y", HERE, "bench.v", "netlist.v", HERE / "blocks.v", "cells.v"], folder)
    said = run(["vvp", "-n", "bench"], folder)
    compared, differ = map(int, re.search(r"compared (\d+) differ (\d+)", said).groups())
    print(f"{primitive:12} {compared:6} cycles compared, {differ} differ; {'; '.join(moved.split(chr(10))[:-1])}", flush=True)
    return differ == 0 and compared > CYCLES // 4


def main():
    good = True
    for case in CASES:
        with tempfile.TemporaryDirectory() as name:
            images(Path(name))
            good = check(*case, Path(name)) and good
    sys.exit(0 if good else "check: the netlists differ from the Verilog")


if __name__ == "__main__":
    main()
