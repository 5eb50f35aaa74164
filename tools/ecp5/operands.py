"""Puts narrow signed operands at the top of the ECP5's multipliers, in netlists of Yosys' write_json.

Yosys extends a narrow signed operand over all 18 pins, so one net goes to as many as eleven pins of each multiplier; in an array
that fills the part these wires are what the router cannot find a way for. Moved up by k bits, zeros follow below, which need no wire, and the
product is 2^k times as large: what read P[i] reads P[i + k]. The product is the same number.
"""

import sys
from collections import Counter

WIDTH = 18
PRODUCT = 2 * WIDTH
CONSTANT = ("0", "1", "x", "z")


def extension(pins, operand):
    """Top bits of a signed operand that only repeat the sign; 0 where they are constant and need no wire."""
    bits = [pins[f"{operand}{i}"][0] for i in range(WIDTH)]
    if pins[f"SIGNED{operand}"] != ["1"] or bits[-1] in CONSTANT:
        return 0
    repeated = 0
    while repeated < WIDTH - 1 and bits[WIDTH - 2 - repeated] == bits[-1]:
        repeated += 1
    return repeated


def move_up(cell, operand, by):
    """Moves an operand up and fills with zeros."""
    pins = cell["connections"]
    bits = [pins[f"{operand}{i}"][0] for i in range(WIDTH)]
    for i, bit in enumerate(["0"] * by + bits[: WIDTH - by]):
        pins[f"{operand}{i}"] = [bit]


def move_product(cell, by, fresh):
    """Takes the product `by` bits higher; below come nets that nobody reads."""
    pins = cell["connections"]
    bits = [pins[f"P{i}"][0] for i in range(PRODUCT)]
    for i, bit in enumerate([next(fresh) for _ in range(by)] + bits[: PRODUCT - by]):
        pins[f"P{i}"] = [bit]


def lift(module, done):
    """Lifts the operands of every multiplier of a module whose product leaves room."""
    cells = module["cells"]
    nets = [bit for cell in cells.values() for bits in cell["connections"].values() for bit in bits if bit not in CONSTANT]
    fresh = iter(range(max(nets, default=1) + 1, sys.maxsize))
    read = Counter(bit for port in module["ports"].values() for bit in port["bits"])
    for cell in cells.values():
        for pin, bits in cell["connections"].items():
            read.update(bits if cell["port_directions"][pin] != "output" else [])
    for cell in cells.values():
        if cell["type"] != "MULT18X18D":
            continue
        pins = cell["connections"]
        room = next((i for i in range(PRODUCT) if read[pins[f"P{PRODUCT - 1 - i}"][0]]), PRODUCT)
        for operand in "AB":
            by = min(extension(pins, operand), room)
            if by:
                move_up(cell, operand, by)
                move_product(cell, by, fresh)
                room -= by
                done["operands lifted"] += 1
                done["wires saved"] += by
