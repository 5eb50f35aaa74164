#!/usr/bin/env python3
"""Moves registers into the ECP5's multipliers and block RAMs: ecp5_registers.py IN.json OUT.json, netlists of Yosys' write_json.

A MULT18X18D whose operands all come from plain registers takes these as its input registers, one whose products all go to
plain registers takes those as its output registers; so does a port of a DP16KD with what it reads. Plain: always enabled,
never reset, zero at the start, one clock. Every register keeps its cycle, so the design does what it did.
Yosys has no such pass for this family, and without the registers these blocks are its slowest paths.
"""

import json
import re
import sys
from collections import Counter, defaultdict

CONSTANT = ("0", "1", "x", "z")


def is_plain(cell):
    """Whether a register is always enabled, never reset, of the rising edge and zero at the start."""
    if cell["type"] != "TRELLIS_FF":
        return False
    says, pins = cell["parameters"], cell["connections"]
    enabled = says.get("CEMUX", "1").strip() == "1" or pins.get("CE") == ["1"]
    kept = pins.get("LSR", ["0"]) == ["0"]
    return enabled and kept and says.get("CLKMUX", "CLK") == "CLK" and says.get("REGSET", "RESET") == "RESET"


class Netlist:
    """One module's cells, with what drives and what reads every net."""

    def __init__(self, module):
        self.cells = module["cells"]
        self.outside = {bit for port in module["ports"].values() for bit in port["bits"]}
        self.plain = {name: cell for name, cell in self.cells.items() if is_plain(cell)}
        self.driver = {cell["connections"]["Q"][0]: name for name, cell in self.plain.items()}
        self.readers = defaultdict(list)
        for name, cell in self.cells.items():
            for pin, bits in cell["connections"].items():
                if cell["port_directions"][pin] == "input":
                    for bit in bits:
                        self.readers[bit].append((name, pin))

    def pins(self, cell, prefix):
        """Names of the pins `prefix` and a number that a cell has connected."""
        return [pin for pin in cell["connections"] if re.fullmatch(prefix + r"\d+", pin)]

    def operand(self, cell, prefix):
        """The nets before the plain registers that drive the pins, by pin, and the clock; None if it is not so."""
        nets, clocks = {}, set()
        for pin in self.pins(cell, prefix):
            bit = cell["connections"][pin][0]
            if bit in CONSTANT:
                continue
            if bit not in self.driver:
                return None
            register = self.plain[self.driver[bit]]["connections"]
            nets[pin] = register["DI"][0]
            clocks.add(register["CLK"][0])
        return (nets, clocks.pop()) if len(clocks) == 1 else None

    def result(self, cell, prefix):
        """The plain registers that alone read the pins, by pin, and the clock; None if it is not so."""
        registers, clocks = {}, set()
        for pin in self.pins(cell, prefix):
            bit = cell["connections"][pin][0]
            readers = self.readers.get(bit, [])
            if bit in CONSTANT or (not readers and bit not in self.outside):
                continue
            if len(readers) != 1 or readers[0][0] not in self.plain or readers[0][1] != "DI" or bit in self.outside:
                return None
            registers[pin] = readers[0][0]
            clocks.add(self.plain[readers[0][0]]["connections"]["CLK"][0])
        return (registers, clocks.pop()) if len(clocks) == 1 else None

    def connect(self, name, pin, bit):
        """Puts a cell's input pin on another net."""
        cell = self.cells[name]
        old = cell["connections"].get(pin, ["x"])[0]
        if (name, pin) in self.readers[old]:
            self.readers[old].remove((name, pin))
        cell["connections"][pin] = [bit]
        cell["port_directions"][pin] = "input"
        self.readers[bit].append((name, pin))

    def absorb(self, name, registers):
        """Lets a cell's output pins drive what the registers drove, and removes these."""
        for pin, register in registers.items():
            gone = self.plain.pop(register)["connections"]
            for used, bits in gone.items():
                if used != "Q" and (register, used) in self.readers[bits[0]]:
                    self.readers[bits[0]].remove((register, used))
            del self.cells[register]
            del self.driver[gone["Q"][0]]
            self.cells[name]["connections"][pin] = gone["Q"]

    def sweep(self):
        """Removes registers that nothing reads any more."""
        while True:
            idle = [
                name
                for name, cell in self.plain.items()
                if not self.readers[cell["connections"]["Q"][0]] and cell["connections"]["Q"][0] not in self.outside
            ]
            if not idle:
                return
            for name in idle:
                for pin, bits in self.plain.pop(name)["connections"].items():
                    if (name, pin) in self.readers[bits[0]]:
                        self.readers[bits[0]].remove((name, pin))
                del self.cells[name]


def multiplier(netlist, name, done):
    """Gives a multiplier its input and its output registers."""
    cell = netlist.cells[name]
    operands = [netlist.operand(cell, prefix) for prefix in "AB"]
    product = netlist.result(cell, "P")
    clock = None
    if all(operands) and len({clock for _, clock in operands}) == 1:
        clock = operands[0][1]
        for prefix, (nets, _) in zip("AB", operands):
            for pin, bit in nets.items():
                netlist.connect(name, pin, bit)
            cell["parameters"][f"REG_INPUT{prefix}_CLK"] = "CLK0"
        done["multipliers with input registers"] += 1
    if product and clock in (None, product[1]):
        clock = product[1]
        netlist.absorb(name, product[0])
        cell["parameters"]["REG_OUTPUT_CLK"] = "CLK0"
        done["multipliers with output registers"] += 1
    if clock is not None:
        cell["parameters"]["GSR"] = "DISABLED"
        for pin, bit in (("CLK0", clock), ("CE0", "1"), ("RST0", "0")):
            netlist.connect(name, pin, bit)


def memory(netlist, name, done):
    """Gives the ports of a block RAM their output registers."""
    cell = netlist.cells[name]
    for port in "AB":
        read = netlist.result(cell, f"DO{port}")
        if read and cell["connections"].get(f"CLK{port}") == [read[1]]:
            netlist.absorb(name, read[0])
            cell["parameters"][f"REGMODE_{port}"] = "OUTREG"
            netlist.connect(name, f"OCE{port}", "1")
            done["block RAM ports with output registers"] += 1


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        design = json.load(file)
    done = Counter()
    for module in design["modules"].values():
        if module.get("attributes", {}).get("blackbox"):
            continue
        netlist = Netlist(module)
        before = len(netlist.plain)
        for name in list(netlist.cells):
            kind = netlist.cells[name]["type"] if name in netlist.cells else None
            if kind == "MULT18X18D":
                multiplier(netlist, name, done)
            elif kind == "DP16KD":
                memory(netlist, name, done)
        netlist.sweep()
        done["registers saved"] += before - len(netlist.plain)
    for what, count in done.items():
        print(f"{what}: {count}")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(design, file)


if __name__ == "__main__":
    main()
