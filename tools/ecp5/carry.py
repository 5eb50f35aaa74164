"""Takes the LUTs before the ECP5's carry chains into these, in netlists of Yosys' write_json.

A bit of a CCU2C adds A and B, but its LUT has four pins: a LUT of two inputs that alone drives one of the operands (an accumulator that
begins at zero) is looked up there too, which saves the LUT and its wire. Where the operands' sum without carry is 0 they are equal, so
the other operand alone says whether a carry leaves: what Yosys' cell computes of A and B is kept.
"""

CONSTANT = ("0", "1", "x", "z")
# Yosys' bit of an adder: D chooses the sum from the upper half, C inverts B, and the lowest quarter is the carry.
ADDER, CARRY = "10010110", "1010"
OPERANDS = {"A": "B", "B": "A"}


def connections(module):
    """Drivers of the nets, and how many pins and ports read each."""
    driver, readers = {}, {}
    for port in module["ports"].values():
        for bit in port["bits"]:
            readers[bit] = readers.get(bit, 0) + 1
    for name, cell in module["cells"].items():
        for pin, bits in cell["connections"].items():
            for bit in bits:
                if cell["port_directions"][pin] == "output":
                    driver[bit] = name
                else:
                    readers[bit] = readers.get(bit, 0) + 1
    return driver, readers


def looked_up(lut):
    """A LUT's connected inputs, and its value for each pattern of them; the first input is the lowest bit."""
    table = lut["parameters"]["INIT"].zfill(16)[::-1]
    pins = [(pin, lut["connections"].get(pin, ["0"])[0]) for pin in "ABCD"]
    inputs = [bit for _, bit in pins if bit not in CONSTANT]
    base = sum(1 << place for place, (_, bit) in enumerate(pins) if bit == "1")
    places = [place for place, (_, bit) in enumerate(pins) if bit not in CONSTANT]

    def value(pattern):
        return int(table[base + sum(1 << place for i, place in enumerate(places) if pattern >> i & 1)])

    return inputs, value


def is_adder(cell, half):
    """Whether a half of a CCU2C is a bit of Yosys' adder with the inversion off."""
    says, pins = cell["parameters"], cell["connections"]
    fixed = pins[f"C{half}"] == ["0"] and pins[f"D{half}"] == ["1"] and says[f"INJECT1_{half}"] == "NO"
    init = says[f"INIT{half}"]
    return fixed and init[:8] == ADDER and init[12:] == CARRY


def take(cell, half, operand, lut):
    """Puts a LUT of two inputs into a half, in place of an operand and of the unused inversion."""
    inputs, value = looked_up(lut)
    other = OPERANDS[operand]
    upper = [0] * 8
    for pattern in range(8):
        pin = {"A": pattern & 1, "B": pattern >> 1 & 1, "C": pattern >> 2}
        upper[pattern] = value(pin[operand] | pin["C"] << 1) ^ pin[other]
    carry = [pattern & 1 if other == "A" else pattern >> 1 for pattern in range(4)]
    bits = carry + [0] * 4 + upper
    cell["parameters"][f"INIT{half}"] = "".join(str(bit) for bit in reversed(bits))
    cell["connections"][f"{operand}{half}"] = [inputs[0]]
    cell["connections"][f"C{half}"] = [inputs[1]]


def fold(module, done):
    """Takes LUTs of two inputs into the carry chains that alone read them."""
    cells = module["cells"]
    driver, readers = connections(module)
    for name in [name for name, cell in cells.items() if cell["type"] == "CCU2C"]:
        cell = cells[name]
        for half in "01":
            for operand in OPERANDS:
                bit = cell["connections"][f"{operand}{half}"][0]
                lut = cells.get(driver.get(bit, ""))
                if not is_adder(cell, half) or lut is None or lut["type"] != "LUT4" or readers[bit] != 1:
                    continue
                if len(looked_up(lut)[0]) == 2:
                    take(cell, half, operand, lut)
                    del cells[driver[bit]]
                    done["LUTs in carry chains"] += 1
