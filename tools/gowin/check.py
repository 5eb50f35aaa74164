#!/usr/bin/env python3
"""Simulates primitives as Verilog and as netlists of GW5A's cells, side by side, on random inputs: check.py

Every output must be equal in every cycle once the pipelines are full. Icarus runs both; blocks.py models block RAM, the models of the
project's Verilog the DSP blocks, and Yosys the rest.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from gowin.blocks import models as block_models
from side_by_side import VERILOG, YOSYS, compare, run, yosys_models

# Primitive, parameters, inputs by width, outputs by width.
CASES = [
    ("pe", {"ACC_W": 20, "SLICE": 3}, {"a_i": 9, "w_i": 30, "first_i": 1}, {"sum_o": 20, "a_o": 9}),
    *(
        (
            "requant_lane",
            {"ACC_W": bits, "WIDE": 27, "RESIDUAL": 1, "RESIDUAL_W": 20},
            {"acc_i": bits, "mask_i": 1, "residual_act_i": 8, "bias_i": bits, "mult_i": 17, "residual_mult_i": 20, "residual_signed_i": 1}
            | {"relu_i": 1, "out_signed_i": 1, "out_wide_i": 1},
            {"y_o": 17, "mask_o": 1, "bias_o": bits, "mult_o": 17, "relu_o": 1},
        )
        for bits in (22, 31)
    ),
    *(
        ("act_bank", {"DEPTH": 1 << bits, "ADDR_W": bits}, {"a_addr_i": bits, "b_addr_i": bits, "b_we_i": 1, "b_data_i": 8}, {"a_data_o": 8, "b_data_o": 8})
        for bits in (11, 12)
    ),
    (
        "weight_store",
        {"COLS": 2, "DEPTH": 6000, "FULL": 1, "TAIL_W": 11, "ADDR_W": 13, "PREFIX": '"w"'},
        {"rst_i": 1, "wgt_addr_i": 13, "check_i": 1, "check_addr_i": 13, "check_byte_i": 1},
        {"w_o": 16, "check_valid_o": 1, "check_data_o": 8},
    ),
    (
        "rom",
        {"WIDTH": 39, "DEPTH": 440, "ADDR_W": 9, "BLOCK": 1, "BYTE_W": 3, "INIT": '"wide.hex"'},
        {"rst_i": 1, "addr_i": 9, "check_i": 1, "check_addr_i": 9, "check_byte_i": 3},
        {"data_o": 39},
    ),
    (
        "sum_bank",
        {"DEPTH": 512, "ADDR_W": 9, "BLOCK": 1},
        {"we_i": 1, "write_addr_i": 9, "data_i": 32, "read_i": 1, "read_addr_i": 9},
        {"data_o": 32},
    ),
]
# A chunk of 4096 words with parity bits and a tail, and a wide table: name, bits, words.
IMAGES = [("w_g00_c00.hex", 18, 4096), ("w_g00_c01.hex", 16, 2048), ("wide.hex", 39, 440)]
CELLS = {"LUT1", "LUT2", "LUT3", "LUT4", "ALU", "RAM16SDP4", "GND", "VCC", "IBUF", "OBUF"}
CELLS |= {f"DFF{kind}" for kind in ("", "E", "R", "RE", "S", "SE", "P", "PE", "C", "CE")}


def netlist(folder):
    """Synthesises as the back end does."""
    script = f"read_verilog -defer {VERILOG}/*.v; read_verilog wrapper.v; synth_gowin -family gw5a -nowidelut -noiopads -top netlist"
    run([sys.executable, YOSYS, f"{script}; delete =A:whitebox =A:blackbox; write_verilog -noattr netlist.v"], folder)
    text = (folder / "netlist.v").read_text(encoding="utf-8")
    blocks = ("MULT12X12", "MULTALU27X18", "SP", "SPX9", "DPB", "DPX9B", "SDPB", "SDPX9B", "RAM16SDP4")
    found = {name: text.count(f"\n  {name} #(") for name in blocks}
    return ", ".join(f"{count} {name}" for name, count in found.items() if count)


def main():
    models = lambda folder: yosys_models(folder, ["gowin/cells_sim.v"], CELLS) + "\n" + block_models()
    good = [compare(case, netlist, models, ["-y", VERILOG / "models"], IMAGES) for case in CASES]
    sys.exit(0 if all(good) else "check: the netlists differ from the Verilog")


if __name__ == "__main__":
    main()
