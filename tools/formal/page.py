"""The tables of docs/formal.md, between their markers."""

import json

import engine
import proofs

PAGE = engine.ROOT / "docs/formal.md"
MEASURED = engine.ROOT / "docs/formal.json"


def kept():
    """What was measured: by table, by name."""
    return json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}


def remember(key, rows, names):
    """Rows by name, beside those of earlier runs; of these names alone."""
    tables = kept()
    found = {**tables.get(key, {}), **{row["name"]: row for row in rows}}
    tables[key] = {name: found[name] for name in names if name in found}
    MEASURED.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


def with_tables(text):
    """The page's text with the tables of what was measured."""
    for key, table in {"proofs": table_of_proofs, "mutants": table_of_mutants}.items():
        before, rest = text.split(f"<!-- {key} -->\n", 1)
        after = rest.split(f"<!-- end of {key} -->", 1)[1]
        text = f"{before}<!-- {key} -->\n" + "\n".join(table(kept().get(key, {}))) + f"\n<!-- end of {key} -->{after}"
    return text


def table_of_proofs(rows):
    lines = ["| proof | parameters | properties | holds | covers | faults | seconds |", "|---|---|---|---|---|---|---|"]
    for row in rows.values():
        words = [f"`{key}` {value}" for key, value in row["parameters"].items() if key not in proofs.NUMBERS] + [f"`{module}` cut" for module in row["cut"]]
        lines.append(f"| {row['name']} | {', '.join(words)} | {row['properties']} | {row['result']} | {row['covers']} | {row['faults']} | {row['seconds']} |")
    return lines


def table_of_mutants(rows):
    lines = ["| module | mutants | killed | equivalent | survivors with a reason |", "|---|---|---|---|---|"]
    return lines + [f"| `{row['name']}` | {row['mutants']} | {row['killed']} | {row['equivalent']} | {row['waived']} |" for row in rows.values()]


def write_mutants(rows):
    remember("mutants", rows, list(proofs.MUTATED))
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def write_proofs(rows):
    remember("proofs", rows, [proof.name for proof in proofs.PROOFS])
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def wrong():
    """What is wrong with the page, if anything."""
    text = PAGE.read_text(encoding="utf-8")
    listed, names = list(kept().get("proofs", {})), [proof.name for proof in proofs.PROOFS]
    if listed != names:
        return f"docs/formal.md is of the proofs {', '.join(listed)}; there are {', '.join(names)}: make formal"
    broken = list(kept().get("mutants", {}))
    if broken != list(proofs.MUTATED):
        return f"docs/formal.md is of mutants of {', '.join(broken)}; there are those of {', '.join(proofs.MUTATED)}: make mutants"
    return None if text == with_tables(text) else "the tables of docs/formal.md are not those of docs/formal.json: make formal"
