#!/usr/bin/env python3
"""Prints the tables of figures in the README and in docs from docs/measured.json, and keeps that file.

    tools/figures.py                               print the tables anew
    tools/figures.py --check                       fail, with the difference, where a table is not what was measured
    tools/figures.py --plans SYSTOLE NETWORKS      plan every board anew; the networks lie in a folder as NAME.net
    tools/figures.py --since REVISION              print the plans' cycles at a revision, and now

measured.json has a list of plans, which --plans fills, and of figures and tables, which are entered by hand from what their
command prints. Each has the command, the commit at which it was run, and the value. A page has the tables between comments,
<!-- figures: NAME --> and <!-- figures: end -->; NAME is plans, readme, a group of figures, or a table.
"""
import difflib
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "docs/measured.json"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BEGIN, END, CLOSE = "<!-- figures: ", "<!-- figures: end -->\n", " -->\n"


def grouped(number):
    return f"{number:,}"


def table(heading, rows):
    lines = ["| " + " | ".join(cells) + " |\n" for cells in [heading, *rows]]
    return lines[0] + "|" + "---|" * len(heading) + "\n" + "".join(lines[1:])


def used(value, name):
    count, there = value["resources"][name]
    return f"{grouped(count)} of {grouped(there)}"


def memory(value):
    """Blocks of 18 Kbit, and UltraRAM where there is any."""
    ultra = f", {used(value, 'UltraRAM')} UltraRAM" if "UltraRAM" in value["resources"] else ""
    return f"{used(value, 'block RAM, 18 Kbit')} RAM blocks{ultra}"


def value(said):
    """What the tables take of a plan."""
    speed = said["speed"]
    return {
        "device": said["device"],
        "rows": said["rows"],
        "cols": said["cols"],
        "macs_per_cycle": speed["macs_per_cycle"],
        "clock_mhz": said["clock_mhz"],
        "cycles": speed["interval_cycles"],
        "latency": speed["latency_cycles"],
        "images_per_second": speed["images_per_second"],
        "utilisation": speed["utilisation"],
        "resources": {r["name"]: [r["used"], r["available"]] for r in said["resources"]},
    }


def rate(value):
    return grouped(round(value)) if value >= 1000 else f"{value:.1f}"


def plans(measured):
    heading = ["board, device", "network", "array", "cycles per image", "latency", "images/s", "array busy", "memory", "DSP", "command", "as of"]
    rows = []
    for plan in measured["plans"]:
        v = plan["value"]
        rows.append([
            f"[{plan['board']}](boards/{plan['board']}.md), {v['device']}", plan["network"],
            f"{v['rows']} x {v['cols']}, {grouped(v['macs_per_cycle'])} MAC/cycle", grouped(v["cycles"]),
            grouped(v["latency"]), f"{rate(v['images_per_second'])} at {v['clock_mhz']:g} MHz", f"{100 * v['utilisation']:.1f} %", memory(v), used(v, "DSP"),
            f"`{plan['command']}`", plan["commit"],
        ])
    return table(heading, rows)


def readme(measured):
    heading = ["board", "network", "images/s", "array busy", "memory on chip", "accuracy"]
    rows = []
    for plan in measured["plans"]:
        if plan["readme"]:
            v = plan["value"]
            accuracy = next(f["value"] for f in measured["figures"] if f["name"] == plan["accuracy"])
            rows.append([
                f"[{plan['board']}](docs/boards/{plan['board']}.md)", plan["network"], f"{rate(v['images_per_second'])} at {v['clock_mhz']:g} MHz",
                f"{100 * v['utilisation']:.1f} %", memory(v), accuracy,
            ])
    return table(heading, rows)


def entered(measured, name):
    """A table as it was entered, with what printed it; None where there is none of that name."""
    found = next((t for t in measured["tables"] if t["name"] == name), None)
    return found and table(found["heading"], found["value"]) + f"\nBy `{found['command']}`, as of {found['commit']}.\n"


def figures(measured, group):
    rows = [[f["what"], f["value"], f"`{f['command']}`", f["commit"]] for f in measured["figures"] if f["group"] == group]
    return table(["what", "figure", "command", "as of"], rows)


def times(measured):
    """How long the commands that everyone runs take, as a sentence."""
    found = [f for f in measured["figures"] if f["group"] == "times"]
    return f"From a fresh checkout, on a bare Debian with two quiet cores: {', '.join(f['what'] + ' ' + f['value'] for f in found)}.\n"


def printed(text, measured):
    """A page with its tables made anew."""
    parts = text.split(BEGIN)
    out = [parts[0]]
    for part in parts[1:]:
        group, rest = part.split(CLOSE, 1)
        if group == "end":
            out.append(BEGIN + part)
            continue
        make = {"plans": plans, "readme": readme, "times": times}.get(group, lambda m: entered(m, group) or figures(m, group))
        out.append(BEGIN + group + CLOSE + make(measured))
    return "".join(out)


def plan_all(measured, systole, networks):
    commit = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    for plan in measured["plans"]:
        words = [systole, *plan["command"].split()[1:], "--json"]
        said = json.loads(subprocess.run(words, cwd=networks, capture_output=True, text=True, check=True).stdout)
        plan["value"], plan["commit"] = value(said), commit
        print(plan["command"], plan["value"])


def since(measured, revision):
    """The plans' cycles, latency and RAM at a revision and now, as a table."""
    text = subprocess.run(["git", "show", f"{revision}:docs/measured.json"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    before = {plan["command"]: plan for plan in json.loads(text)["plans"]}
    rows = []
    for plan in measured["plans"]:
        old, new = before.get(plan["command"], {}), plan["value"]
        told = [f"{old['value'][what]:,}" if old else "none" for what in ("cycles", "latency")] + [memory(old["value"]) if old else "none"]
        now = [f"{new[what]:,}" for what in ("cycles", "latency")] + [memory(new)]
        rows.append([f"`{plan['command']}`", *(cell for pair in zip(told, now) for cell in pair), "equal" if told == now else "differs"])
    print(table(["plan", "cycles before", "now", "latency before", "now", "memory before", "now", ""], rows), end="")


def main(arguments):
    measured = json.loads(FILE.read_text())
    if arguments[:1] == ["--since"]:
        return since(measured, arguments[1])
    if arguments[:1] == ["--plans"]:
        plan_all(measured, str(pathlib.Path(arguments[1]).resolve()), arguments[2])
        FILE.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    elif arguments not in ([], ["--check"]):
        raise SystemExit(__doc__)
    fault = False
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        found = page.read_text()
        wanted = printed(found, measured)
        if arguments == ["--check"]:
            difference = list(difflib.unified_diff(found.splitlines(), wanted.splitlines(), name, "docs/measured.json", lineterm="", n=0))
            print("\n".join(difference), end="\n" if difference else "", file=sys.stderr)
            fault |= bool(difference)
        else:
            page.write_text(wanted)
    if fault:
        raise SystemExit("run tools/figures.py")


if __name__ == "__main__":
    main(sys.argv[1:])
