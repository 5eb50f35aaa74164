#!/usr/bin/env python3
"""Moves registers into the ECP5's multipliers and block RAMs: registers.py IN.json OUT.json, netlists of Yosys' write_json.

A MULT18X18D whose operands all come from plain registers takes these as its input registers, one whose products all go to
plain registers takes those as its output registers. A port of a DP16KD takes the plain registers behind it as its output registers,
also across one LUT, as behind memories of several blocks: what else the LUT looks at is then registered before it.
Plain: always enabled, never reset, zero at the start, one clock. Every value keeps its cycle, so the design does what it did.
Yosys has no such pass for this family, and without the registers these blocks are its slowest paths. Operands are lifted first, see
operands.py, LUTs go into carry chains, see carry.py, and wide ROMs are read through two ports, see halves.py.
"""

import json
import re
import sys
from collections import Counter, defaultdict

from carry import fold
from halves import is_wide, split
from operands import lift

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
        bits = (bit for cell in self.cells.values() for pins in cell["connections"].values() for bit in pins)
        self.last = max((bit for bit in bits if bit not in CONSTANT), default=1)
        self.readers = defaultdict(list)
        self.sources = {}
        for name, cell in self.cells.items():
            for pin, bits in cell["connections"].items():
                if cell["port_directions"][pin] == "input":
                    for bit in bits:
                        self.readers[bit].append((name, pin))
                elif len(bits) == 1:
                    self.sources[bits[0]] = (name, pin)

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

    def bypass(self, register):
        """Removes a register; what read it reads what it read."""
        gone = self.plain.pop(register)["connections"]
        source, target = gone["DI"][0], gone["Q"][0]
        for pin, bits in gone.items():
            if pin != "Q" and (register, pin) in self.readers[bits[0]]:
                self.readers[bits[0]].remove((register, pin))
        del self.cells[register]
        del self.driver[target]
        if target in self.outside:
            # The name of a port stays; what drove the register drives it.
            name, pin = self.sources.pop(source)
            self.cells[name]["connections"][pin] = [target]
            self.sources[target] = (name, pin)
            source, target = target, source
        for name, pin in self.readers.pop(target, []):
            bits = self.cells[name]["connections"][pin]
            self.cells[name]["connections"][pin] = [source if bit == target else bit for bit in bits]
            self.readers[source].append((name, pin))

    def add_register(self, bit, clock):
        """A plain register behind a net; its output."""
        self.last += 1
        name = f"early_{bit}_{clock}"
        pins = {"CLK": [clock], "DI": [bit], "LSR": ["0"], "Q": [self.last]}
        directions = {pin: "output" if pin == "Q" else "input" for pin in pins}
        says = {"CEMUX": "1 ", "CLKMUX": "CLK", "GSR": "DISABLED", "LSRMUX": "LSR", "REGSET": "RESET"}
        cell = {"hide_name": 0, "type": "TRELLIS_FF", "parameters": says, "attributes": {}}
        self.cells[name] = self.plain[name] = {**cell, "port_directions": directions, "connections": pins}
        self.driver[self.last] = name
        self.readers[bit].append((name, "DI"))
        return self.last

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


class Ports:
    """The read ports of the block RAMs whose registers can move into them."""

    def __init__(self, netlist):
        self.netlist = netlist
        self.ports = {}  # net -> (cell, port)
        for name, cell in netlist.cells.items():
            if cell["type"] == "DP16KD" and not is_wide(cell):
                for port in "AB":
                    for pin in netlist.pins(cell, f"DO{port}"):
                        self.ports[cell["connections"][pin][0]] = (name, port)
        self.movable = set(self.ports.values())
        while self.prune():
            pass

    def nets(self, port):
        name, side = port
        cell = self.netlist.cells[name]
        return [cell["connections"][pin][0] for pin in self.netlist.pins(cell, f"DO{side}")]

    def clock(self, port):
        name, side = port
        return self.netlist.cells[name]["connections"].get(f"CLK{side}")

    def register(self, name, pin, clock):
        """The plain register that a reader of a port is, or that alone follows the LUT which the reader is."""
        cell = self.netlist.cells[name]
        if cell["type"] == "LUT4" and pin in "ABCD":
            out = cell["connections"]["Z"][0]
            readers = self.netlist.readers[out]
            if len(readers) != 1 or out in self.netlist.outside:
                return None
            name, pin = readers[0]
        plain = self.netlist.plain.get(name)
        return name if plain and pin == "DI" and plain["connections"]["CLK"] == clock else None

    def is_movable(self, port):
        clock = self.clock(port)
        for net in self.nets(port):
            if net in CONSTANT:
                continue
            if net in self.netlist.outside:
                return False
            for name, pin in self.netlist.readers[net]:
                if self.register(name, pin, clock) is None or not self.beside(name, clock):
                    return False
        return True

    def beside(self, name, clock):
        """Whether the other block RAMs that a LUT reads can move too."""
        cell = self.netlist.cells[name]
        if cell["type"] != "LUT4":
            return True
        others = [self.ports.get(bits[0]) for pin, bits in cell["connections"].items() if pin in "ABCD"]
        return all(other is None or (other in self.movable and self.clock(other) == clock) for other in others)

    def prune(self):
        stuck = {port for port in self.movable if not self.is_movable(port)}
        self.movable -= stuck
        return stuck

    def move(self, done):
        """Moves the registers; what a LUT reads beside block RAM is registered before it."""
        early = {}
        luts = {}
        for port in sorted(self.movable):
            clock = self.clock(port)
            followers = [reader for net in self.nets(port) for reader in list(self.netlist.readers.get(net, []))]
            if not followers:
                continue
            for name, pin in followers:
                register = self.register(name, pin, clock)
                if self.netlist.cells[name]["type"] == "LUT4":
                    luts[name] = (register, clock)
                elif register is not None:
                    self.netlist.bypass(register)
            name, side = port
            self.netlist.cells[name]["parameters"][f"REGMODE_{side}"] = "OUTREG"
            self.netlist.connect(name, f"OCE{side}", "1")
            done["block RAM ports with output registers"] += 1
        for name, (register, clock) in luts.items():
            for pin in "ABCD":
                bit = self.netlist.cells[name]["connections"].get(pin, ["x"])[0]
                if bit not in CONSTANT and bit not in self.ports:
                    if (bit, clock[0]) not in early:
                        early[bit, clock[0]] = self.netlist.add_register(bit, clock[0])
                    self.netlist.connect(name, pin, early[bit, clock[0]])
            self.netlist.bypass(register)
        done["registers before LUTs behind block RAM"] += len(early)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        design = json.load(file)
    done = Counter()
    for module in design["modules"].values():
        if module.get("attributes", {}).get("blackbox"):
            continue
        lift(module, done)
        fold(module, done)
        split(module, done)
        netlist = Netlist(module)
        before = len(netlist.plain)
        for name in list(netlist.cells):
            if name in netlist.cells and netlist.cells[name]["type"] == "MULT18X18D":
                multiplier(netlist, name, done)
        Ports(netlist).move(done)
        netlist.sweep()
        done["registers saved"] += before - len(netlist.plain)
    for what, count in done.items():
        print(f"{what}: {count}")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(design, file)


if __name__ == "__main__":
    main()
