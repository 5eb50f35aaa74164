#!/usr/bin/env python3
"""Runs the workspace's test programs side by side, one per processor: test.py [--fast | --slow] [NAME...]

With NAMEs only programs of these names. Which programs are slow stands in tools/slow_tests.txt; --fast leaves them out, --slow runs
them alone, and the examples in doc comments. Prints every program's output as it ends, and at the end how long each took.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CARGO = os.environ.get("CARGO", "cargo")
Program = collections.namedtuple("Program", "name folder path")


def programs():
    """The compiled test programs, the library's own tests under the package's name."""
    command = [CARGO, "test", "--workspace", "--no-run", "--message-format", "json-render-diagnostics"]
    found = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as build:
        for line in build.stdout:
            message = json.loads(line)
            if message.get("executable") and message["profile"]["test"]:
                folder = pathlib.Path(message["manifest_path"]).parent
                target, package = message["target"]["name"], folder.relative_to(ROOT).as_posix()
                tests = "test" in message["target"]["kind"]
                name = f"{package}/{target}" if tests else f"{package}/{target} (unit)"
                found.append(Program(name.removeprefix("./"), folder, message["executable"]))
    if build.returncode:
        sys.exit(build.returncode)
    return found


def run(program):
    """(program, seconds, status, output)."""
    start = time.monotonic()
    # A program's tests run one after the other: the programs are what runs side by side.
    command = [program.path, "--show-output", "--test-threads", "1"]
    done = subprocess.run(command, cwd=program.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          env=os.environ | {"CARGO_MANIFEST_DIR": str(program.folder)}, check=False)
    return program, time.monotonic() - start, done.returncode, done.stdout.decode(errors="replace")


def slow_ones():
    lines = (ROOT / "tools/slow_tests.txt").read_text().splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def main(arguments):
    which = next((a for a in arguments if a.startswith("--")), None)
    if which not in (None, "--fast", "--slow"):
        sys.exit(__doc__)
    names = [a for a in arguments if a != which]
    found, slow = programs(), slow_ones()
    known = {program.name for program in found}
    if unknown := [name for name in slow + names if name not in known]:
        sys.exit(f"there is no test program {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    if which:
        found = [program for program in found if (program.name in slow) == (which == "--slow")]
    if names:
        found = [program for program in found if program.name in names]
    # The slow ones first, in the order of the list, so that none is left over at the end.
    found.sort(key=lambda program: slow.index(program.name) if program.name in slow else len(slow))
    took, failed = [], []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run, program) for program in found]):
            program, seconds, status, output = done.result()
            took.append((seconds, program.name))
            failed += [program.name] if status else []
            print(f"==== {program.name}: {'FAILED' if status else 'ok'}, {seconds:.1f} s\n{output}", flush=True)
    if which != "--fast" and not names:
        status = subprocess.run([CARGO, "test", "--workspace", "--doc", "--quiet"], cwd=ROOT, check=False).returncode
        failed += ["doc comments"] if status else []
    for seconds, name in sorted(took, reverse=True):
        print(f"{seconds:8.1f} s  {name}")
    print(f"{len(took)} test programs, {sum(s for s, _ in took):.0f} s in all, failed: {', '.join(failed) or 'none'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
