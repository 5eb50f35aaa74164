#!/usr/bin/env python3
"""Proves what the Verilog is to do: formal [--quick] [--page | --check-page] [NAME...]

Every proof of proofs.py, or those whose names hold one of NAME: its properties against everything that its inputs may do, its covers
reached, its seeded faults found. --quick: the ones that are part of the tests. --page writes the table of docs/formal.md, --check-page
only looks whether it is what was measured, of the proofs that there are. Prints a line for each proof; a failure ends with status 1.
"""

import argparse
import sys

import engine
import page
import proofs

SECONDS = 1800  # that a question may take


def check(proof):
    """(row of the table, what is wrong)."""
    circuit = proof.circuit()
    gates = circuit.gates()
    answer = engine.prove(gates, proof.method, proof.depth, SECONDS)
    wrong = []
    if answer.status not in ("proved", "bounded"):
        wrong.append(f"{answer.status} in cycle {answer.depth}: {answer.what}")
    reached = engine.reach(gates, proof.reached_in, SECONDS, proof.unreachable)
    wrong += [f"cover {name} is not reached in {proof.reached_in} cycles" for name, cycle in reached.items() if cycle is None]
    found = 0
    for number, fault in enumerate(proof.faults):
        broken = proof.circuit(fault, f"{proof.name}, fault {number + 1}").gates()
        cycles = proof.depth or proof.reached_in
        if engine.prove(broken, "bmc", cycles, SECONDS).status == "failed":
            found += 1
        else:
            wrong.append(f"a fault is not found: {fault[0]}: {fault[2]}")
    row = {
        "name": proof.name,
        "module": proof.module(),
        "parameters": proof.parameters,
        "cut": list(proof.cut),
        "properties": len(gates.said),
        "result": "for ever" if answer.status == "proved" else f"{answer.depth} cycles",
        "covers": len(reached),
        "faults": found,
        "seconds": round(answer.seconds, 1),
    }
    return row, wrong


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--page", action="store_true")
    arguments.add_argument("--check-page", action="store_true")
    arguments.add_argument("names", nargs="*", metavar="NAME")
    options = arguments.parse_args()
    if options.check_page:
        sys.exit(page.wrong())
    if not engine.tools_are_there():
        print("SKIPPED: formal: Yosys or yosys-abc is missing")
        return
    chosen = [proof for proof in proofs.PROOFS if proof.quick or not options.quick]
    if options.names:
        chosen = [proof for proof in chosen if any(name in proof.name for name in options.names)]
    if not chosen:
        sys.exit("formal: there is no proof of that name")
    failures = 0
    rows = []
    for proof in chosen:
        try:
            row, wrong = check(proof)
        except engine.Failure as failure:
            row, wrong = None, [str(failure)]
        failures += bool(wrong)
        rows += [row] if row and not wrong else []
        if row:
            print(f"{row['name']:32} {row['properties']:3} properties, {row['result']:>10}, {row['covers']} covers, {row['faults']} faults, {row['seconds']:6.1f} s", flush=True)
        for line in wrong:
            print(f"    FAILED: {proof.name}: {line}", flush=True)
    print(f"formal: {len(chosen)} proofs, {failures} failures")
    if options.page:
        page.write_proofs(rows)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
