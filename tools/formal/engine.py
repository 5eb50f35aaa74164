"""From Verilog to an answer: assertions as a circuit of AND gates by Yosys, decided by ABC.

A harness is plain Verilog. What is to hold ends a simulation otherwise, with `$display("%m: ..."); $stop;`, as the modules' own
assertions do; here every such place is a property. Outputs whose names begin with cover_ are to be reachable. Inputs are free in
every cycle, and so is every register's first value that no `initial` gives.
"""

import dataclasses
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import aiger

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = ROOT / "hdl/rtl/v"
HARNESSES = ROOT / "hdl/rtl/formal"
WORK = ROOT / "build/formal"
PINNED = sorted(glob.glob(str(ROOT / ".tools/venv/lib/python3*/site-packages/pyosys/yosys-abc")))
STOP = re.compile(r'\$display\("%m: ([^"]*)"\);\s*\$stop;')
COVER = "cover_"
TO_GATES = """
memory_nordff; memory_map -formal; opt_clean; setundef -undriven -anyseq; formalff -clk2ff -ff2anyinit; opt_clean
simplemap; techmap; dffunmap; opt -fast; aigmap; opt_clean
"""


class Failure(Exception):
    """A tool said no, or nothing that is known."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """`proved` for ever or to a depth; `failed` in a cycle, by a property."""

    status: str  # proved, bounded, failed, reached or gave up
    depth: int  # cycles
    what: str  # the property that failed
    seconds: float


def tools_are_there():
    return bool(abc()) and subprocess.run([sys.executable, str(ROOT / "tools/yosys"), "help proc"], capture_output=True, check=False).returncode == 0


def abc():
    return next(iter(PINNED), None) or shutil.which("yosys-abc")


def yosys(script, log):
    """Runs commands that are one to a line or separated by semicolons."""
    with open(log, "w", encoding="utf-8") as output:
        done = subprocess.run([sys.executable, str(ROOT / "tools/yosys"), script.replace("\n", ";")], stdout=output, stderr=subprocess.STDOUT, check=False)
    text = pathlib.Path(log).read_text(encoding="utf-8")
    if done.returncode or "ERROR" in text:
        raise Failure(f"Yosys, see {os.path.relpath(log, ROOT)}: {text[-400:]}")


def as_properties(text, first):
    """The text with a property in every place that would stop a simulation, and what they say, numbered from `first` on."""
    said = STOP.findall(text)
    numbers = iter(range(first, first + len(said)))
    return STOP.sub(lambda _: f"property_{next(numbers)}: assert (1'b0);", text), said


class Circuit:
    """A harness with its parameters, in a folder of its own. `change` is (module, from, to): a fault in its text. `swaps` are modules
    whose text is taken from another file of the harnesses' folder."""

    def __init__(self, name, top, params, change=None, swaps=()):
        self.folder = WORK / re.sub(r"[^\w/]+", "-", name)
        self.top, self.params = top, params
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.said = []
        self.files = []
        sources = [path for folder in (MODULES, MODULES / "models", HARNESSES) for path in sorted(folder.glob("*.v"))]
        by_name = {path.stem: path for path in sources}
        wanted, seen = [top], set()
        while wanted:
            module = wanted.pop()
            if module in seen or module not in by_name:
                continue
            seen.add(module)
            text = (HARNESSES / "cut" / f"{module}.v" if module in swaps else by_name[module]).read_text(encoding="utf-8")
            if change and module == change[0]:
                if text.count(change[1]) != 1:
                    raise Failure(f"{module}.v does not have once: {change[1]}")
                text = text.replace(change[1], change[2])
            wanted += [word for word in re.findall(r"^\s*(\w+)\s+(?:#\(|\w+ \()", text, re.M) if word in by_name]
            text, said = as_properties(text, len(self.said))
            self.said += said
            path = self.folder / f"{module}.v"
            path.write_text(text, encoding="utf-8")
            self.files.append(path)

    def read(self):
        """Yosys commands up to a flat design."""
        params = " ".join(f"-chparam {key} {value}" for key, value in self.params)
        files = " ".join(str(path) for path in sorted(self.files))
        return f"read_verilog -formal -DASSERT {files}\nhierarchy -check -top {self.top} {params}\nproc\nasync2sync\nchformal -lower\n"

    def gates(self, commands="", name="gates"):
        """The circuit behind its reset; `commands` come before the design is flattened. Files NAME.bad.aig and NAME.covers.aig."""
        aig = self.folder / f"{name}.aig"
        table = aig.with_suffix(".map")
        # The maps tell names: one of properties, the other of inputs and outputs.
        write = f"write_aiger -I -O -B -map {table} {aig}\nwrite_aiger -zinit -I -O -B -ywmap {table}.json {aig}.part"
        yosys(f"{self.read()}{commands}\nflatten\n{TO_GATES}\n{write}", aig.with_suffix(".log"))
        words = table.read_text(encoding="utf-8")
        reset = re.search(r"^input (\d+) 0 rst_i$", words, re.M)
        graph = aiger.after_reset(aiger.read(aig), int(reset[1]))
        labels = [re.search(r"property_(\d+)", path[-1]) for path in json.loads(pathlib.Path(f"{table}.json").read_text())["asserts"]]
        said = [self.said[int(label[1])] for label in labels]
        covers = dict(re.findall(r"^output (\d+) 0 (cover_\w+)_o$", words, re.M))
        names = [name.removeprefix(COVER) for name in covers.values()]
        bad, reached = aig.with_suffix(".bad.aig"), aig.with_suffix(".covers.aig")
        aiger.write(bad, graph, graph.bad)
        aiger.write(reached, graph, [graph.outputs[int(number)] for number in covers])
        return Gates(bad, said, reached, names)


@dataclasses.dataclass(frozen=True)
class Gates:
    """What ABC reads: a file whose outputs are 1 where a property fails, and what the properties say; one of covers, and their names."""

    bad: pathlib.Path
    said: list
    covers: pathlib.Path
    names: list


def run_abc(aig, commands, seconds):
    """ABC's words; empty when it took longer."""
    try:
        done = subprocess.run([abc(), "-c", f"read_aiger {aig}; {commands}"], capture_output=True, text=True, timeout=seconds, check=False, cwd=aig.parent)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout + done.stderr


def asserted(words):
    """(number of the output, cycle) that ABC's words name."""
    place = re.search(r"Output (\d+) .*?was asserted in frame (\d+)", words)
    return place and (int(place[1]), int(place[2]))


def prove(gates, method, depth, seconds):
    """Holds the properties against everything the inputs may do: for ever by `pdr`, for `depth` cycles by `bmc`."""
    start = time.monotonic()
    words = run_abc(gates.bad, {"pdr": "scorr; dc2; pdr", "bmc": f"bmc3 -F {depth}"}[method], seconds)
    if method == "pdr" and not asserted(words) and "All outputs solved" in words:
        # Nothing was left of the circuit, of which pdr has no opinion.
        words = run_abc(gates.bad, "pdr", seconds)
    took = time.monotonic() - start
    if place := asserted(words):
        return Answer("failed", place[1], gates.said[place[0]], took)
    if "Property proved" in words:
        return Answer("proved", 0, "", took)
    if method == "bmc" and "No output asserted" in words:
        return Answer("bounded", depth, "", took)
    return Answer("gave up", depth, words.strip()[-200:], took)


def reach(gates, depth, seconds, without=()):
    """In which cycle behind reset each cover is reached first; None where it is not."""
    found = {}
    for number, name in enumerate(gates.names):
        if name in without:
            continue
        place = asserted(run_abc(gates.covers, f"cone -O {number}; bmc3 -F {depth}", seconds))
        found[name] = place and place[1]
    return found
