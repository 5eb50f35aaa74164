#!/usr/bin/env python3
"""Runs a build folder's top behind masters, sources and sinks that others wrote: axi [--quick] [--simulator NAME]... [--systole FILE]

cocotb and cocotbext-axi drive the registers and both streams, on Icarus and on Verilator; results are compared with those of `systole
simulate`. Without a build folder the digits of `systole demo` are built.
"""

import argparse
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import images

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "build/axi"
COUNT = 2  # images
PINNED = sorted(glob.glob(str(ROOT / ".tools/venv/lib/python3*/site-packages/verilator")))


def wrapper(top, text):
    """A module `bench` with the names of pins that cocotbext-axi looks for: those of the top without _i and _o."""
    ports = re.findall(r"^\s*(input|output)\s+wire\s+(\[[^\]]*\])?\s*(\w+?)(_[io])\b", text[: text.index(");")], re.M)
    declared = ",\n".join(f"    {kind} wire {bits} {name}" for kind, bits, name, _ in ports)
    joined = ",\n".join(f"        .{name}{ending}({name})" for _, _, name, ending in ports)
    return f"module bench (\n{declared}\n);\n    {top} dut (\n{joined}\n    );\nendmodule\n"


def case_of(build, systole, quick):
    """What the tests compare with."""
    plan = images.plan_of(build)
    count = 1 if quick else COUNT
    pictures = [images.pixels(plan, seed) for seed in range(count)]
    files = [WORK / f"{number}.ppm" for number in range(count)]
    for file, picture in zip(files, pictures):
        images.write(file, picture)
    text = (build / "rtl/axil_regs.v").read_text(encoding="utf-8")
    addresses = {name: int(value, 16) for name, value in re.findall(r"localparam \[31:0\] (\w+)_ADDR = 32'h(\w+);", text)}
    return {
        "quick": quick,
        "registers": addresses,
        "fields": {name: int(value) for name, value in re.findall(r"localparam (\w+_LSB) = (\d+);", text)},
        "id": int(re.search(r"ID_VALUE = 32'h(\w+);", text)[1], 16),
        "nowhere": max(addresses.values()) + 4,
        "images": [images.stream(plan, picture).hex() for picture in pictures],
        "sums": images.sums(systole, build, files),
    }


def run(simulator, build):
    """Whether all tests pass."""
    from cocotb_tools.check_results import get_results
    from cocotb_tools.runner import get_runner

    settings = json.loads((build / "systole.json").read_text(encoding="utf-8"))
    place = WORK / simulator
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for table in (build / "rtl").glob("*.hex"):
        shutil.copy(table, place)
    bench = place / "bench.v"
    bench.write_text(wrapper(settings["top"], (build / f"rtl/{settings['top']}.v").read_text(encoding="utf-8")), encoding="utf-8")
    sources = [*sorted((build / "rtl").glob("*.v")), bench]
    arguments = {"icarus": ["-g2005-sv"], "verilator": ["-Wno-fatal", "-O3"]}[simulator]
    runner = get_runner(simulator)
    runner.build(sources=sources, hdl_toplevel="bench", build_dir=place, build_args=arguments, timescale=("1ns", "1ps"), always=True)
    results = runner.test(hdl_toplevel="bench", test_module="test_top", build_dir=place, test_dir=place,
                          extra_env={"AXI_CASE": str(WORK / "case.json"), "PYTHONPATH": str(HERE), "COCOTB_LOG_LEVEL": "INFO"})
    tests, failures = get_results(results)
    print(f"axi: {simulator}: {tests} tests, {failures} failures", flush=True)
    return tests and not failures


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="one image, on Icarus unless --simulator says otherwise")
    arguments.add_argument("--simulator", action="append", choices=["icarus", "verilator"])
    arguments.add_argument("--systole", default=str(ROOT / "target/release/systole"), metavar="FILE")
    options = arguments.parse_args()
    if PINNED:
        os.environ["VERILATOR_ROOT"] = PINNED[0]
        # Its makefiles have no word for the option by which a compiler takes a precompiled header.
        os.environ["MAKEFLAGS"] = "-- CFG_CXXFLAGS_PCH_I=-include"
        os.environ["PATH"] = f"{PINNED[0]}/bin{os.pathsep}{os.environ['PATH']}"
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    build = WORK / "digits"
    subprocess.run([options.systole, "demo", "--engine", "sim", "--output", str(build)], check=True, stdout=subprocess.DEVNULL)
    (WORK / "case.json").write_text(json.dumps(case_of(build, options.systole, options.quick)), encoding="utf-8")
    simulators = options.simulator or (["icarus"] if options.quick else ["icarus", "verilator"])
    sys.exit(0 if all([run(simulator, build) for simulator in simulators]) else 1)


if __name__ == "__main__":
    main()
