#!/usr/bin/env python3
"""Simulates primitives as Verilog and as ECP5 netlists with registers in their blocks, side by side, on random inputs: check.py

Every output must be equal in every cycle once the pipelines are full. Icarus runs both; blocks.v models multiplier and block RAM.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from side_by_side import VERILOG, YOSYS, compare, run, yosys_models

# Primitive, parameters, inputs by width, outputs by width.
CASES = [
    ("pe", {"ACC_W": 20}, {"a_i": 9, "w_i": 30, "first_i": 1}, {"sum_o": 20, "a_o": 9, "w_o": 30}),
    (
        "requant_lane",
        {"ACC_W": 22, "WIDE": 18},
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


# Random weights, a chunk of 4096 words with parity bits and a tail, and random words of a wide table: name, bits, words.
IMAGES = [("w_g00_c00.hex", 18, 4096), ("w_g00_c01.hex", 16, 2048), ("wide.hex", 39, 440)]
# Small cells, and the files of Yosys that model them.
CELLS = {"LUT4", "PFUMX", "L6MUX21", "TRELLIS_FF", "CCU2C", "LUT2", "TRELLIS_DPR16X4"}
MODELS = ["lattice/common_sim.vh", "lattice/ccu2c_sim.vh"]


def netlist(folder):
    """Synthesises, and moves registers into the blocks."""
    script = f"read_verilog -defer {VERILOG}/*.v {HERE}/wide_rom.v; read_verilog wrapper.v; synth_ecp5 -top netlist; write_json a.json"
    run([sys.executable, YOSYS, script], folder)
    moved = run([sys.executable, HERE / "registers.py", "a.json", "b.json"], folder)
    run([sys.executable, YOSYS, "read_json b.json; delete =A:whitebox =A:blackbox; write_verilog -noattr netlist.v"], folder)
    return "; ".join(moved.split("\n")[:-1])


def main():
    models = lambda folder: yosys_models(folder, MODELS, CELLS)
    good = [compare(case, netlist, models, ["-y", HERE, HERE / "blocks.v"], IMAGES) for case in CASES]
    sys.exit(0 if all(good) else "check: the netlists differ from the Verilog")


if __name__ == "__main__":
    main()
