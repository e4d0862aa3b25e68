"""How long `validate` takes for one file and for a fleet, against what it can be held to.

One is libyaml alone, reading the same files event by event: nothing that reads YAML through it can be faster. The other
is check-jsonschema, which many use for this, with the same files and `schemas/tenant.schema.json`.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.fleet import name_of, write_tenants
from benchmarks.measuring import (
    BIN,
    CLIENT,
    COST_HEAD,
    ROOT,
    Cost,
    Measured,
    Row,
    cost_lines,
    cpu,
    environment,
    in_turns,
    memory,
    ratios,
    spent,
)

EVENTS = """
import os, sys
from yaml.cyaml import CParser
for entry in os.scandir(sys.argv[1]):
    with open(entry.path, "rb") as file:
        next_event = CParser(file.read()).get_event
    while next_event() is not None:
        pass
"""
PEERS = 200
"""check-jsonschema takes some milliseconds a file: so many give its time a file, and the benchmark ends."""
BASELINE = "python -c pass"
ONE, CHECK_ONE = "validate, one file", "check-jsonschema, one file"
ALL, PARSE = "validate, all files", "libyaml's events, all files"


def commands(folder: Path, peers: int) -> dict[str, list[str]]:
    """Return what is measured."""
    tool = str(BIN / "reconciler")
    check = [str(BIN / "check-jsonschema"), "--schemafile", str(ROOT / "schemas" / "tenant.schema.json")]
    one = f"one/{name_of(0)}.yaml"
    return {
        BASELINE: [sys.executable, "-c", "pass"],
        ONE: [tool, "validate", "--tenants", "one", one],
        CHECK_ONE: [*check, one],
        "validate, one file of all": [tool, "validate", f"tenants/{name_of(0)}.yaml"],
        PARSE: [sys.executable, "-c", EVENTS, str(folder / "tenants")],
        ALL: [tool, "validate"],
        _some(peers): [*check, *(f"tenants/{name_of(i)}.yaml" for i in range(peers))],
    }


def rows(costs: Mapping[str, Sequence[Cost]], count: int) -> tuple[Row, ...]:
    """Return what has to be reached, for a fleet of `count`; with few tenants, the start is most of it."""
    peers = min(count, PEERS)
    some = _some(peers)
    return (
        Row("validate-one-start", ONE, BASELINE, ratios(costs[ONE], costs[BASELINE], cpu), 15),
        Row("validate-one-check", ONE, CHECK_ONE, ratios(costs[ONE], costs[CHECK_ONE], cpu), 1),
        Row("validate-all-parse", ALL, PARSE, ratios(costs[ALL], costs[PARSE], cpu), 3),
        Row(
            "validate-all-check",
            f"{ALL}: how much faster a file",
            some,
            ratios(costs[some], costs[ALL], cpu, count / peers),
            10,
            at_most=False,
        ),
        Row("validate-all-memory", ALL, "memory", tuple(map(memory, costs[ALL])), 150, unit="MiB"),
    )


def measure(rounds: int, *, small: bool) -> Measured:
    """Make the fleet, and run all commands in turn."""
    count = 300 if small else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tenants(folder / "tenants", count)
        write_tenants(folder / "one", 1)
        todo, env = commands(folder, min(count, PEERS)), environment(folder)

        def run(what: str) -> Cost:
            return spent(todo[what], folder, env, core=CLIENT)

        costs = in_turns(rounds, {what: partial(run, what) for what in todo})
    told = (
        f"{count:,} files, each with all six keys. libyaml's events are all that is read there; check-jsonschema gets "
        "the schema that is derived for editors. Ratios are of the processor's time."
    )
    return Measured("Validate", told, COST_HEAD, tuple(cost_lines(costs)), rows(costs, count))


def _some(peers: int) -> str:
    return f"check-jsonschema, {peers} files"
