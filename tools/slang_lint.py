#!/usr/bin/env python3
"""Elaborates Verilog with slang, strictly: slang_lint.py FOLDER..., every .v file of each folder as a top, what it instantiates from any.
Of a folder with a list of its files (.f) the last one of the list is the only top.

slang holds to the standard where Verilator, Icarus and Yosys are lenient: names before their declaration above all. Any warning is
an error.
"""

import sys
from pathlib import Path

from pyslang import driver

# Off: what is left unread is called `unused`, in every scope anew.
OFF = ["shadow-value", "shadow-hierarchy"]


def lint(module, folders):
    """Whether a module, with what it instantiates out of the folders or their models, or out of v beside a folder of harnesses, passes."""
    command = driver.Driver()
    command.addStandardArgs()
    beside = [folder.parent / "v" for folder in folders if folder.name == "formal"]
    looked_up = [place for folder in folders + beside for place in (folder, folder / "models") if place.is_dir()]
    arguments = ["slang", "--std", "1364-2005", "--top", module.stem, "-Wextra", "-Wpedantic", "-Werror"]
    arguments += [f"-Wno-{name}" for name in OFF]
    arguments += [word for place in looked_up for word in ("-y", str(place))]
    if not command.parseCommandLine(" ".join([*arguments, str(module)])) or not command.processOptions():
        return False
    parsed = command.parseAllSources()
    return command.runFullCompilation(quiet=True) and parsed


def tops(folder):
    """The modules of a folder that are elaborated by themselves."""
    lists = sorted(folder.glob("*.f"))
    return [folder / names.read_text().split()[-1] for names in lists] or sorted(folder.glob("*.v"))


def main():
    folders = [Path(argument) for argument in sys.argv[1:]]
    if not folders:
        sys.exit(__doc__)
    failed = [module for folder in folders for module in tops(folder) if not lint(module, folders)]
    if failed:
        sys.exit(f"slang: {len(failed)} files fail: {', '.join(map(str, failed))}")


if __name__ == "__main__":
    main()
