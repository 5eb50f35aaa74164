"""A primitive as Verilog and as a netlist of a device's cells, side by side in Icarus on random inputs: for the check.py of each back end."""

import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
VERILOG = TOOLS.parent / "hdl" / "rtl" / "v"
YOSYS = TOOLS / "yosys"
CYCLES, FILLED = 4000, 40


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"check: {' '.join(map(str, command))[:80]}\n{done.stdout[-600:]}{done.stderr[-600:]}")
    return done.stdout


def images(folder, wanted):
    """Files of random words: name, bits, words."""
    rng = random.Random(1)
    for name, bits, words in wanted:
        text = "".join(f"{rng.getrandbits(bits):05x}\n" for _ in range(words))
        (folder / name).write_text(text, encoding="utf-8")


def bench(primitive, parameters, inputs, outputs):
    """A test bench with the primitive and its netlist; it says how many outputs it compared, or where they differ."""
    declare = "".join(f"    reg [{w - 1}:0] {n} = 0;\n" for n, w in inputs.items())
    wires = "".join(f"    wire [{w - 1}:0] {n}_v, {n}_n;\n" for n, w in outputs.items())
    pins = [f".{n}({n})" for n in inputs]
    of = lambda side: ", ".join([".clk_i(clk_i)", *pins, *(f".{n}({n}_{side})" for n in outputs)])
    stir = "".join(f"        {n} <= {{$random(seed), $random(seed)}};\n" for n in inputs)
    if primitive == "act_bank":
        # Few words, so that what is read was written before.
        stir += "        a_addr_i[10:4] <= 0; b_addr_i[10:4] <= 0; if (b_we_i) b_we_i <= 0;\n"
    values = ", ".join(f".{n}({v})" for n, v in parameters.items())
    left, right = (", ".join(f"{n}_{side}" for n in outputs) for side in "vn")
    compare = f"if (cycle > {FILLED} && ^{{{left}}} !== 1'bx) begin compared = compared + 1; if ({{{left}}} !== {{{right}}}) differ = differ + 1; end"
    return f"""module bench;
    reg clk_i = 0;
    integer cycle = 0, seed = 1, compared = 0, differ = 0;
{declare}{wires}    {primitive} #({values}) verilog ({of('v')});
    netlist cells ({of('n')});
    always #5 clk_i = !clk_i;
    always @(posedge clk_i) begin
{stir}        cycle <= cycle + 1;
        {compare}
        if (cycle == {CYCLES}) begin $display("compared %0d differ %0d", compared, differ); $finish; end
    end
endmodule
"""


def wrapper(primitive, parameters, inputs, outputs):
    """The primitive with its parameters set, for synthesis."""
    ports = ["input clk_i", *(f"input [{w - 1}:0] {n}" for n, w in inputs.items())]
    ports += [f"output [{w - 1}:0] {n}" for n, w in outputs.items()]
    pins = ", ".join(f".{n}({n})" for n in ("clk_i", *inputs, *outputs))
    values = ", ".join(f".{n}({v})" for n, v in parameters.items())
    return f"module netlist ({', '.join(ports)});\n    {primitive} #({values}) primitive ({pins});\nendmodule\n"


def yosys_models(folder, files, wanted):
    """Yosys' own models of these cells, out of files of a family's folder, without what Icarus cannot read."""
    found = run([sys.executable, "-c", f"import glob; print(glob.glob('{TOOLS.parent}/.tools/venv/lib/python3*/site-packages/pyosys/share')[0])"], folder)
    text = "".join((Path(found.strip()) / name).read_text(encoding="utf-8") for name in files)
    modules = re.finditer(r"^module (\w+)\s*\(.*?^endmodule", text, re.M | re.S)
    return "\n".join(match.group() for match in modules if match.group(1) in wanted)


def compare(case, netlist, models, sources, files):
    """Whether a case's netlist does what its Verilog does. `netlist(folder)` leaves netlist.v beside wrapper.v and says what it did;
    `models(folder)` is the Verilog of the device's cells; `sources` are folders and files of further Verilog; `files` as images takes."""
    primitive, *shape = case
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images(folder, files)
        (folder / "wrapper.v").write_text(wrapper(primitive, *shape), encoding="utf-8")
        did = netlist(folder)
        (folder / "bench.v").write_text(bench(primitive, *shape), encoding="utf-8")
        (folder / "cells.v").write_text(models(folder), encoding="utf-8")
        run(["iverilog", "-g2012", "-o", "bench", "-s", "bench", "-y", VERILOG, *sources, "bench.v", "netlist.v", "cells.v"], folder)
        said = run(["vvp", "-n", "bench"], folder)
    compared, differ = map(int, re.search(r"compared (\d+) differ (\d+)", said).groups())
    print(f"{primitive:12} {compared:6} cycles compared, {differ} differ; {did}", flush=True)
    return differ == 0 and compared > CYCLES // 4
