"""Reads the ECP5's ROMs of 36 bits through two ports of 18, in netlists of Yosys' write_json.

Yosys reads such a block RAM through port B alone, and its upper and lower half come out of both ports. Where it is never written each
port can read its own half, at twice the address and one above, from the same contents: an ordinary port with an ordinary output register.
"""

WIDE, HALF = 36, 18
# 36-bit words begin at this address bit; in 18-bit mode it chooses the half.
HALF_BIT = 4


def is_wide(cell):
    """Whether a cell is a block RAM whose read port takes both ports' outputs."""
    return cell["type"] == "DP16KD" and int(cell["parameters"]["DATA_WIDTH_B"], 2) == WIDE


def split(module, done):
    """Turns every wide block RAM that is never written into two read ports."""
    for cell in module["cells"].values():
        if not is_wide(cell) or cell["connections"]["CEA"] != ["0"]:
            continue
        pins, says = cell["connections"], cell["parameters"]
        for what in ("CLK", "CE", "RST"):
            pins[f"{what}A"] = pins[f"{what}B"]
        says["CLKAMUX"] = says["CLKBMUX"].replace("CLKB", "CLKA")
        for bit in range(HALF_BIT + 1, 14):
            pins[f"ADA{bit}"] = pins[f"ADB{bit}"]
        for port, half in (("A", "0"), ("B", "1")):
            pins |= {f"AD{port}{HALF_BIT}": [half], f"WE{port}": ["0"], f"OCE{port}": ["1"]}
            says[f"DATA_WIDTH_{port}"] = f"{HALF:032b}"
        done["wide ROMs read through two ports"] += 1
