"""notebook.py FILE FIND=REPLACE...: runs a notebook's cells in order, and shows their last values as a notebook does."""

import ast
import json
import sys

import systole

ATTEMPTS = 5

file, *replaced = sys.argv[1:]
cells = [cell for cell in json.load(open(file))["cells"] if cell["cell_type"] == "code"]


def run():
    names = {"__name__": "__main__"}
    for number, cell in enumerate(cells):
        text = "".join(cell["source"])
        for one in replaced:
            text = text.replace(*one.split("=", 1))
        lines = ast.parse(text, f"cell {number}").body
        last = lines.pop() if lines and isinstance(lines[-1], ast.Expr) else None
        exec(compile(ast.Module(lines, []), f"{file}, cell {number}", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"{file}, cell {number}", "eval"), names)
            shown = value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)
            assert shown, f"cell {number} shows nothing"


for left in reversed(range(ATTEMPTS)):
    try:
        run()
        break
    except systole.SystoleError:
        # A board's deadlines are of wall time: the stand-in's simulation may miss one on a busy computer.
        if not left or "pynq" not in sys.modules:
            raise
print(f"{len(cells)} cells")
