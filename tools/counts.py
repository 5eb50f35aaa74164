#!/usr/bin/env python3
"""Counts what makes the tree hard or easy to carry on, of the working tree and of revisions.

    tools/counts.py [REVISION...]

Circles are files of one crate that use each other, directly or through others; a file and its own folder are one thing. A field of
a table and a weight store are counted by the source files, tests and pages apart, that name one of them. Duplicated pairs are
functions of at least 40 words that differ in nothing but names and numbers. Minutes and sizes are those of docs/measured.json.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = "#[cfg(test)]\nmod tests {"
FIELD, STORE = r"dst_ct_step", r"\bUltra\b|\bULTRA\b"
LEAST_WORDS = 40
MEASURED = "make demo", "make test", "make wheel"
KEYWORDS = set("as else fn for if impl in let loop match mod mut pub ref return self Self struct type use where while".split())


def crates(tree):
    folders = [tree, *(tree / name for name in ("host", "host/capi", "host/devices", "host/python", "report"))]
    folders += [*(tree / "hdl").iterdir(), *(tree / "sim").iterdir()]
    return [folder for folder in folders if (folder / "Cargo.toml").is_file() and (folder / "src").is_dir()]


def modules(source):
    """The product's text of each file, by its module's path."""
    found = {}
    for file in source.rglob("*.rs"):
        parts = file.relative_to(source).with_suffix("").parts
        if parts[-1] in ("mod", "lib", "main"):
            parts = parts[:-1]
        found[parts] = file.read_text().split(TESTS)[0]
    return found


def named(module, text):
    for line in text.splitlines():
        if line.lstrip().startswith("//"):
            continue
        for path in re.findall(r"(?:crate|super)(?:::\w+)+", line):
            full = list(module)
            for part in path.split("::"):
                full = [] if part == "crate" else full[:-1] if part == "super" else [*full, part]
            yield tuple(full)


def circles(files):
    uses = collections.defaultdict(set)
    for module, text in files.items():
        for path in named(module, text):
            target = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in files), None)
            if target and target[: len(module)] != module and module[: len(target)] != target:
                uses[module].add(target)

    def reach(module):
        seen, todo = set(), [module]
        while todo:
            for other in uses[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        return seen

    reached = {module: reach(module) for module in files}
    return {frozenset(o for o in reached[m] if m in reached[o]) for m in files if m in reached[m]}


def naming(tree, pattern):
    """Source files that name something."""
    sources = [file for crate in crates(tree) for file in (crate / "src").rglob("*.rs")]
    sources += list((tree / "hdl/rtl/v").glob("*.v"))
    return sum(bool(re.search(pattern, file.read_text())) for file in sources)


def functions(text):
    """Words of every function, names and numbers all alike."""
    for start in re.finditer(r"^ *(?:pub(?:\([a-z]+\))? )?(?:const |unsafe )*fn \w+", text, re.M):
        body = text.find("{", start.end())
        depth, end = 0, body
        while body >= 0 and end < len(text):
            depth += (text[end] == "{") - (text[end] == "}")
            end += 1
            if depth == 0:
                break
        words = re.findall(r"//[^\n]*|\"(?:[^\"\\]|\\.)*\"|\w+|[^\w\s]", text[start.end():end])
        words = [word for word in words if not word.startswith("//")]
        if len(words) >= LEAST_WORDS:
            yield tuple(word if word in KEYWORDS or not re.match(r"[\w\"]", word) else "_" for word in words)


def duplicates(tree):
    """Pairs of functions that differ in names and numbers alone."""
    found = collections.Counter()
    for crate in crates(tree):
        for text in modules(crate / "src").values():
            found.update(functions(text))
    return sum(count * (count - 1) // 2 for count in found.values())


def measured(tree, what):
    """A measurement's text, if the tree has it."""
    file = tree / "docs/measured.json"
    figures = json.loads(file.read_text())["figures"] if file.is_file() else []
    return next((figure["value"] for figure in figures if figure["name"] == what), "not measured")


def count(tree):
    return {
        "circles of files": sum(len(circles(modules(crate / "src"))) for crate in crates(tree)),
        "source files that name a table field": naming(tree, FIELD),
        "source files that name the weight store": naming(tree, STORE),
        "crates": len(crates(tree)),
        "words of the README": len((tree / "README.md").read_text().split()),
        "packages in the lock file": (tree / "Cargo.lock").read_text().count("[[package]]"),
        "duplicated pairs of functions": duplicates(tree),
        **{what: measured(tree, what) for what in MEASURED},
    }


def of_revision(revision):
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "x"], cwd=folder, input=archive, check=True)
        return count(pathlib.Path(folder))


def main(revisions):
    columns = {revision: of_revision(revision) for revision in revisions} | {"now": count(ROOT)}
    print("| count | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for what in columns["now"]:
        print(f"| {what} | " + " | ".join(str(column[what]) for column in columns.values()) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
