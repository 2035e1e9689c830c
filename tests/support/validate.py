"""Are graphs what a JSON schema says? As an editor does it: YAML 1.2, draft 2020-12.

    validate.py SCHEMA GRAPH...    prints what is wrong with each; the exit status is how many are wrong (at most 100)
"""

import json
import re
import sys

import jsonschema
import yaml


class Core(yaml.SafeLoader):
    """The core schema of YAML 1.2: `No`, `on` and `0:10` are texts, `1e-3` is a number."""

    yaml_implicit_resolvers = {}


def number(loader, node):
    text = loader.construct_scalar(node)
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


for tag, pattern, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.inf|\.nan)$", list("-+.0123456789")),
):
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))
Core.add_constructor("tag:yaml.org,2002:float", number)


def main(schema_path, *paths):
    with open(schema_path) as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    n_wrong = 0
    for path in paths:
        with open(path, encoding="utf-8-sig") as file:
            errors = list(validator.iter_errors(yaml.load(file, Core)))
        for error in errors[:3]:
            print(f"{path}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}")
        n_wrong += bool(errors)
    return min(n_wrong, 100)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
