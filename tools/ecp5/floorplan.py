#!/usr/bin/env python3
"""Puts the array's multipliers where its neighbours are neighbours: floorplan.py IN.json OUT.json DEVICE, netlists of Yosys' write_json

An ECP5 has its multipliers in a few rows across the whole chip. Left alone, nextpnr spreads those of neighbouring elements over all of
them, and its wires are most of the machine's period. Here every column of the array takes as many sites of each row as it
needs, side by side from left to right, its elements from the first chip row to the last. Everything else is nextpnr's to place. A
device whose sites are not known, and an array that is too wide, are left as they are, which is said.
"""

import json
import re
import sys

# Of a device: the chip rows with multipliers, and where a group of four begins. As nextpnr's database of the LFE5U-85F has them.
ROWS = {"85k": (10, 34, 58)}
GROUPS = {"85k": (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114)}
# Place within the group of four, which is also the number in the site's name.
WITHIN = (0, 1, 4, 5)
ELEMENT = re.compile(r"(?:^|\.)array\.g_row\[(\d+)\]\.g_group\[(\d+)\]\.g_one\[(\d+)\]\.")


def elements(module):
    """The array's multipliers by row and column."""
    found = {}
    for name, cell in module["cells"].items():
        element = ELEMENT.search(name)
        if cell["type"] == "MULT18X18D" and element:
            row, *column = map(int, element.groups())
            found[row, tuple(column)] = cell
    columns = sorted({column for _, column in found})
    return {(row, columns.index(column)): cell for (row, column), cell in found.items()}


def sites(device, rows, cols):
    """Name of the site of every element, by row and column; None where the array does not fit side by side."""
    chip_rows = ROWS[device]
    across = [(group + place, place) for group in GROUPS[device] for place in WITHIN]
    beside = -(-rows // len(chip_rows))
    if beside * cols > len(across):
        return None
    first = (len(across) - beside * cols) // 2
    named = {}
    for row in range(rows):
        for col in range(cols):
            x, place = across[first + beside * col + row % beside]
            named[row, col] = f"X{x}/Y{chip_rows[row // beside]}/MULT18_{place}"
    return named


def place(module, device):
    """Gives every element its site; what was done, in words."""
    cells = elements(module)
    if not cells:
        sys.exit("floorplan: no multiplier of the array in the netlist")
    rows, cols = (max(at) + 1 for at in zip(*cells))
    named = sites(device, rows, cols) if device in ROWS else None
    if named is None:
        return f"{rows} x {cols} multipliers left to nextpnr: no floorplan on a {device}"
    for at, cell in cells.items():
        cell.setdefault("attributes", {})["BEL"] = named[at]
    return f"{len(cells)} multipliers of {rows} x {cols} have their sites"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        design = json.load(file)
    (module,) = (module for module in design["modules"].values() if not module.get("attributes", {}).get("blackbox"))
    print(place(module, sys.argv[3]))
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(design, file)


if __name__ == "__main__":
    main()
