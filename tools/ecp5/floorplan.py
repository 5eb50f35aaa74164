#!/usr/bin/env python3
"""Puts the array's multipliers where its neighbours are neighbours: floorplan.py IN.json OUT.json DEVICE, netlists of Yosys' write_json

An ECP5 has its multipliers in a few rows across the whole chip. Left alone, nextpnr spreads those of neighbouring elements over all of
them, and its wires are most of the machine's period. Here every column of the array takes as many sites of each row as it
needs, side by side from left to right, its elements from the first chip row to the last. A row's sums leave on the right, so the
multipliers that rescale them take the nearest sites there. Everything else is nextpnr's to place. A device whose sites are not
known, and an array that is too wide, are left as they are, which is said.
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
LANE = re.compile(r"(?:^|\.)requant\.g_lane\[(\d+)\]\.")


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


def lanes(module):
    """The multipliers that rescale a row's sums, by row, in the netlist's order."""
    found = [(int(lane.group(1)), name) for name in module["cells"] if (lane := LANE.search(name))]
    return [(row, module["cells"][name]) for row, name in sorted(found) if module["cells"][name]["type"] == "MULT18X18D"]


def site(x, y, place):
    return f"X{x}/Y{y}/MULT18_{place}"


def sites(device, rows, cols):
    """Place of every element, by row and column, as x, y and place within its group; None where the array does not fit side by side."""
    chip_rows = ROWS[device]
    across = [(group + place, place) for group in GROUPS[device] for place in WITHIN]
    beside = -(-rows // len(chip_rows))
    spare = len(across) - beside * cols
    if spare < 0:
        return None
    # Room on the right for two multipliers a row.
    first = max(0, spare - 2 * beside) // 2
    placed = {}
    for row in range(rows):
        for col in range(cols):
            x, place = across[first + beside * col + row % beside]
            placed[row, col] = (x, chip_rows[row // beside], place)
    return placed


def nearest(device, taken, x, y):
    """The site that no multiplier has which is nearest to a point."""
    free = [(group + place, row, place) for row in ROWS[device] for group in GROUPS[device] for place in WITHIN]
    return min((s for s in free if s not in taken), key=lambda s: (abs(s[0] - x) + abs(s[1] - y), s))


def place(module, device):
    """Gives every multiplier of the array and behind it a site; what was done, in words."""
    cells = elements(module)
    if not cells:
        sys.exit("floorplan: no multiplier of the array in the netlist")
    rows, cols = (max(at) + 1 for at in zip(*cells))
    placed = sites(device, rows, cols) if device in ROWS else None
    if placed is None:
        return f"{rows} x {cols} multipliers left to nextpnr: no floorplan on a {device}"
    chosen = [(cell, placed[at]) for at, cell in cells.items()]
    taken = set(placed.values())
    for row, cell in lanes(module):
        x, y, _ = placed[row, cols - 1]
        at = nearest(device, taken, x + 1, y)
        taken.add(at)
        chosen.append((cell, at))
    for cell, at in chosen:
        cell.setdefault("attributes", {})["BEL"] = site(*at)
    return f"{len(cells)} multipliers of {rows} x {cols} and {len(chosen) - len(cells)} behind them have their sites"


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
