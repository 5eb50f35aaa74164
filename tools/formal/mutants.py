#!/usr/bin/env python3
"""Breaks modules in many small ways and sees whether their proofs find it: mutants.py [--count N] [NAME...]

Yosys' `mutate` changes one bit of one cell of a module: a stuck or inverted wire, two exchanged. A mutant is *killed* when a property of the
module's proofs fails, *equivalent* when ABC proves that no output of the module ever differs from the right one's, from the same state on;
what is left is a *survivor*, and stands in waivers.json with the reason why it may live. A survivor without a reason is a failure.
"""

import argparse
import json
import pathlib
import re
import sys

import aiger
import engine
import page
import proofs

WAIVERS = pathlib.Path(__file__).parent / "waivers.json"
POOL = 3000  # mutations of a harness among which those of the module are looked for
SECONDS = 60
COUNT = 12
FIRST = 12  # cycles
DEEP = 120  # seconds for what is settled for ever


def asserts_begin(module):
    """The line of a module's file in which its assertions begin."""
    lines = (engine.MODULES / f"{module}.v").read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if "`ifdef ASSERT" in line), len(lines) + 1)


def list_of(circuit, module, count):
    """`count` of a module's mutations, spread evenly over it."""
    path = circuit.folder / "mutations"
    engine.yosys(f"{circuit.read()}\nmutate -list {POOL} -seed 1 -o {path}", circuit.folder / "mutations.log")
    limit = asserts_begin(module)
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        name = re.search(r"-module (\S+)", line)[1]
        place = re.search(rf"-src \S*/{module}\.v:(\d+)", line)
        clock = re.search(r"-port \\?(CLK|clk_i)\b", line)
        if not clock and re.search(rf"(^|\\){module}(\\|$)", name) and (not place or int(place[1]) < limit):
            found.append(line)
    return found[:: max(1, len(found) // count)][:count]


def gates_of(circuit, mutations):
    """The circuit with each of the mutations by itself, all made in one go."""
    result = []
    script = [circuit.read(), "design -save right"]
    for number, mutation in enumerate(mutations):
        aig = circuit.folder / f"mutant{number}.aig"
        script += ["design -load right", mutation, "flatten", engine.TO_GATES]
        script += [f"write_aiger -I -O -B -map {aig.with_suffix('.map')} {aig}"]
        result.append(aig)
    engine.yosys("\n".join(script), circuit.folder / "mutants.log")
    return [begun(aig, bad=True) for aig in result]


def begun(aig, bad):
    """The file for ABC, begun behind reset."""
    words = aig.with_suffix(".map").read_text(encoding="utf-8")
    graph = aiger.after_reset(aiger.read(aig), int(re.search(r"^input (\d+) 0 (?:in_)?rst_i$", words, re.M)[1]), free=bad)
    path = aig.with_suffix(".bad.aig")
    aiger.write(path, graph, graph.bad if bad else graph.outputs)
    return path


def kills(proof, path):
    """Whether a property fails: in the first cycles, or else by the proof's own method."""
    method = "scorr; dc2; pdr" if proof.method == "pdr" else f"bmc3 -F {proof.depth}"
    return any(engine.asserted(engine.run_abc(path, commands, SECONDS)) for commands in (f"bmc3 -F {FIRST}", method))


def equivalent(circuit, mutation):
    """Whether no output of the module itself ever differs from the right one's, for whatever comes in."""
    module = re.search(r"-module (\S+)", mutation)[1]
    aig = circuit.folder / "same.aig"
    alone = f"chformal -remove; hierarchy -top {module}; flatten; opt_clean; rename {module}"
    script = f"""{circuit.read()}
design -save right; {mutation}; {alone} wrong; design -stash wrong
design -load right; {alone} gold; design -copy-from wrong -as wrong wrong
miter -equiv -flatten gold wrong differ; hierarchy -top differ; flatten; {engine.TO_GATES}
write_aiger -I -O -B -map {aig.with_suffix('.map')} {aig}"""
    engine.yosys(script, circuit.folder / "same.log")
    words = engine.run_abc(begun(aig, bad=False), "scorr; dc2; pdr", DEEP)
    return "Property proved" in words or "All outputs solved" in words and not engine.asserted(words)


def name_of(mutation):
    """What a mutation changes, without numbers that a change elsewhere would move."""
    field = dict(re.findall(r"-(\w+) (\S+)", mutation))
    place = re.search(r"-src \S*?(\w+\.v:\d+)", mutation)
    return " ".join([field["mode"], place[1] if place else field.get("cell", ""), field.get("wire", ""), field.get("port", ""), field.get("portbit", "")]).replace("\\", "")


def run(module, proof, count):
    """(row of the table, survivors)."""
    circuit = proof.circuit(folder=f"{module}, mutants")
    mutations = list_of(circuit, module, count)
    left = [number for number, path in enumerate(gates_of(circuit, mutations)) if not kills(proof, path)]
    same = [number for number in left if equivalent(circuit, mutations[number])]
    survivors = [name_of(mutations[number]) for number in left if number not in same]
    row = {"name": module, "mutants": len(mutations), "killed": len(mutations) - len(left), "equivalent": len(same), "waived": len(survivors)}
    return row, survivors


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=COUNT, help="mutants of each module")
    arguments.add_argument("--page", action="store_true", help="write the table of docs/formal.md")
    arguments.add_argument("names", nargs="*", metavar="MODULE")
    options = arguments.parse_args()
    waivers = json.loads(WAIVERS.read_text(encoding="utf-8")) if WAIVERS.exists() else {}
    if unknown := [name for name in options.names if name not in proofs.MUTATED]:
        sys.exit(f"mutants: no proof is named for {', '.join(unknown)}")
    rows, failures = [], 0
    for module, name in proofs.MUTATED.items():
        if options.names and module not in options.names:
            continue
        row, survivors = run(module, proofs.proof(name), options.count)
        rows.append(row)
        print(f"{module:16} {row['mutants']:3} mutants: {row['killed']} killed, {row['equivalent']} equivalent, {len(survivors)} survive", flush=True)
        for survivor in survivors:
            reason = waivers.get(module, {}).get(survivor)
            failures += not reason
            print(f"    {survivor}: {reason or 'WITHOUT A REASON'}", flush=True)
    if options.page:
        page.write_mutants(rows)
    print(f"mutants: {sum(row['mutants'] for row in rows)}, {failures} survive without a reason")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
