"""Facts about keys live in `schemas/`: Python knows no key by name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from reconciler.catalogue import Catalogue
from reconciler.model.key import Schema

PACKAGE = Path(__file__).parents[2] / "reconciler"


def _fields(schema: Schema) -> set[str]:
    parts = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return set(schema.get("properties", {})).union(*map(_fields, parts))


def _words(path: Path) -> Iterator[tuple[int, str]]:
    """Every identifier, and every part of a text that a program could use as a name; not what is for people to read."""
    tree = ast.parse(path.read_text())
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield from ((line, part) for part in re.split(r"[./#:{}]", node.value))
        for name in ("id", "attr", "arg", "name"):
            word = getattr(node, name, None)
            if isinstance(word, str):
                yield line, word


def test_no_python_file_knows_a_key_a_group_or_a_field_by_name(catalogue: Catalogue):
    """So a key of another group needs no change to Python. Help texts may give an example; code may not."""
    names = {key.short for key in catalogue.keys} | set(catalogue.groups)
    names |= {field for key in catalogue.keys for field in _fields(key.schema) if "_" in field}
    assert len(names) > 7
    found = [
        f"{path.relative_to(PACKAGE)}:{line} {word}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, word in _words(path)
        if word in names
    ]
    assert found == []
