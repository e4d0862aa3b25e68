"""The pages about reports and exit codes, from the report's own schema."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.cli import exits
from scripts.reference_tables import code, head, table

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "report.schema.json"

MEANINGS: Mapping[int, tuple[str, str]] = {
    0: (
        "in sync, or applied; also `plan` with changes, unless `--detailed-exitcode`. Warnings don't count",
        "nothing",
    ),
    1: (
        "a problem in a file, or a key that is unreadable, failed, rejected, skipped or unknown",
        "read the report: each says what to do. Running again is safe",
    ),
    2: ("only `plan --detailed-exitcode`: changes, and nothing is wrong", "have the plan reviewed, and apply it"),
    3: (
        "blocked or refused: a write-once key differs, or the [gate](gate.md) said no",
        "the refusal says how to go on",
    ),
    4: (
        "stale: something that would be written is not what was reviewed; no stale tenant was written",
        "plan again, have that reviewed, and apply it",
    ),
    64: (
        "a wrong call: usage, settings, credentials, plan file, or no tenant matches",
        "correct the call; nothing was written",
    ),
    70: ("a bug of ours", "keep the report and stderr, and tell us. After an apply, look at its journal"),
    130: ("interrupted; the report says what was done", "run it again: it goes on where it was"),
}
PRECEDENCE = (130, 70, 64, 4, 1, 3, 2)


def _schema() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return loaded


def exit_codes() -> str:
    """Return the page of all exit codes; they are those of the report's schema."""
    known = _schema()["properties"]["exit_code"]["enum"]
    ours = {exits.OK, exits.PROBLEMS, exits.USAGE, exits.BUG, exits.INTERRUPTED}
    if sorted(MEANINGS) != sorted(known) or not ours <= set(known):
        raise SystemExit("scripts/reference_report.py: MEANINGS must have every exit code of the schema, and no other")
    rows = [(str(exit_code), *MEANINGS[exit_code]) for exit_code in known]
    order = ", ".join(str(exit_code) for exit_code in PRECEDENCE)
    return "\n".join(
        [
            head("Exit codes", "`schemas/report.schema.json` and its own words"),
            table(("code", "means", "what to do"), rows),
            (
                f"Where several hold, the first of these wins: {order}. 2 means changes and "
                "nothing else: a wrong call is 64, never 2.\n"
            ),
            (
                "A blocked or refused key counts as 3 only; its outcome `not-attempted` is not counted as a failure "
                "besides. An empty shard, or nothing changed since a revision, is 0.\n"
            ),
        ]
    )


def report() -> str:
    """Return the page of the JSON report: every member of every object, in the order of the schema."""
    schema = _schema()
    introduction = (
        (
            f"{schema['description']} The contract is `schemas/report.schema.json`, in JSON Schema 2020-12. "
            "`format_version` is `1.0`; a new minor version may add members, and a reader of 1.x ignores those that it "
            "doesn't know. A word is never added to a closed set in a minor version."
        ),
        (
            "Tenants and keys are sorted. Two runs on the same state differ only in times, so reports can be compared "
            "with `diff`."
        ),
    )
    parts = [head("The JSON report", "`schemas/report.schema.json`", *introduction)]
    parts += ["## The report\n", _members(schema)]
    for name, definition in schema["$defs"].items():
        parts.append(f"## {name}\n")
        parts.append(f"{definition['description']}\n")
        parts.append(_members(definition) if "properties" in definition else _words(definition))
    parts.append("## Words\n")
    parts += [text for name, place in _closed(schema) for text in (f"### {name}\n", _words(place))]
    return "\n".join(parts)


def _members(definition: Mapping[str, Any]) -> str:
    return table(("member", "type", "always", "meaning"), _rows(definition, ""))


def _rows(definition: Mapping[str, Any], before: str) -> Iterator[tuple[str, ...]]:
    needed = definition.get("required", ())
    for name, member in definition["properties"].items():
        meaning = member.get("description", "")
        if name == "exit_code":
            meaning = "What the process ended with: [exit codes](exit-codes.md)."
        if "$ref" in member:
            meaning = f"{meaning} See [{_last(member)}](#{_last(member)}).".strip()
        if not meaning:
            raise SystemExit(f"schemas/report.schema.json: {before}{name} has no description")
        always = "yes" if name in needed else "no"
        yield code(before + name), _type(member), always, meaning + _choices(member)
        inner = member.get("items", member) if "properties" not in member else member
        if "properties" in inner:
            yield from _rows(inner, f"{before}{name}{'[]' if inner is not member else ''}.")


def _last(member: Mapping[str, Any]) -> str:
    return str(member["$ref"]).rpartition("/")[2]


def _type(member: Mapping[str, Any]) -> str:
    if "$ref" in member:
        return _last(member)
    kind = member.get("type")
    if kind == "array":
        items = member["items"]
        inner = f"[{_last(items)}](#{_last(items)})" if "$ref" in items else _type(items)
        return f"list of {inner}"
    if isinstance(kind, list):
        return " or ".join(kind)
    return str(kind) if kind else "word" if _choices(member) else "integer" if "enum" in member else "any JSON"


def _choices(member: Mapping[str, Any]) -> str:
    if all(isinstance(item, str) for item in member.get("enum", [0])):
        return " One of " + ", ".join(code(str(item)) for item in member["enum"]) + "."
    if "oneOf" in member:
        return " One of " + ", ".join(code(item["const"]) for item in member["oneOf"]) + "."
    return ""


def _words(definition: Mapping[str, Any]) -> str:
    if "oneOf" in definition:
        return table(("word", "means"), [(code(item["const"]), item["description"]) for item in definition["oneOf"]])
    return ", ".join(code(item) for item in definition["enum"]) + ".\n"


def _closed(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the closed sets that say of each word what it means."""
    for name, definition in schema["$defs"].items():
        for member, place in definition.get("properties", {}).items():
            if "oneOf" in place and all("const" in item for item in place["oneOf"]):
                yield f"{name}.{member}", place
