"""Holds JSON against definitions of a schema: valid.py SCHEMA FOLDER, in which every file is NAME or NAME.anything, NAME a definition."""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
Draft202012Validator.check_schema(schema)
files = sorted(pathlib.Path(sys.argv[2]).iterdir())
wrong = []
for file in files:
    name = file.name.split(".")[0]
    value = json.loads(file.read_text())
    for whole in (schema, {**schema, "anyOf": [{"$ref": f"#/$defs/{name}"}]}):
        for error in Draft202012Validator(whole).iter_errors(value):
            causes = error.context or [error]
            wrong += [f"{file.name}: {cause.json_path}: {cause.message[:300]}" for cause in causes[:20]]
print("\n".join(wrong) or f"{len(files)} valid")
sys.exit(bool(wrong))
