"""notebook.py FILE FIND=REPLACE...: runs a notebook's cells in order, and shows their last values as a notebook does."""

import ast
import json
import sys

file, *replaced = sys.argv[1:]
names = {"__name__": "__main__"}
cells = [cell for cell in json.load(open(file))["cells"] if cell["cell_type"] == "code"]
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
print(f"{len(cells)} cells")
