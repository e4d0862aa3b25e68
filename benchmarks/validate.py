"""How long `validate` takes for a fleet, against two things it can be held to: side by side, in one run.

    python -m benchmarks.validate [TENANTS [ROUNDS]]

One is libyaml alone, reading the same files event by event: nothing that reads YAML through it can be faster. The
other is check-jsonschema, which many use for this, with the same files and `schemas/tenant.schema.json`. It gets
a tenth of the fleet at the most, because of its speed, and is counted a file; and it gets one file, as in a
pre-commit hook. The commands take turns, so that whatever else the machine does slows all of them alike; read the
ratios, which are of processor time, a round at a time. The first round warms the file cache and isn't counted.
"""

import contextlib
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.startup import ROOT, environment

EVENTS = """
import os, sys
from yaml.cyaml import CParser
for entry in os.scandir(sys.argv[1]):
    with open(entry.path, "rb") as file:
        next_event = CParser(file.read()).get_event
    while next_event() is not None:
        pass
"""
TENANT = """\
# yaml-language-server: $schema=../schemas/tenant.schema.json
# Tenant {i}, production.
sales_order:
  external_order_webhook:
    url: https://orders.tenant-{i}.example/     # a base URL
    api_key: {{secret: WEBHOOK_API_KEY}}
    timeout: {timeout}
  external_oms:
    enabled: {enabled}
  on_hold_timer_duration: {hold}
  cancellation_allowed_from: [store, dc]
  big_sales_order:
    soft_limit_for_big_orders: {limit}
  sales_order_generator_sequence:
    prefix: T{i}
    size: 16
    start: 1
    step: 1
"""
PEERS = 200
"""check-jsonschema takes some milliseconds a file: so many give its time a file, and the benchmark ends."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: processor seconds, seconds on the clock, and the most memory it held, in MiB."""

    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True, slots=True)
class Target:
    """One row of the table: how many times the cost of `what` is that of `against`, and what it has to be."""

    what: str
    against: str
    at_most: float
    files: float = 1.0
    """How many times as many files `what` had."""


def write_fleet(folder: Path, count: int) -> None:
    """Write the same `count` tenants every time."""
    folder.mkdir(parents=True)
    for i in range(count):
        text = TENANT.format(
            i=i, timeout=1 + i % 25, enabled="true" if i % 2 else "false", hold=i % 604800, limit=1 + i % 9000
        )
        (folder / f"tenant-{i:05}.yaml").write_text(text, encoding="utf-8")


def spent(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> Cost:
    """Run a command once; one that fails ends the benchmark, as its time would mean nothing."""
    start = time.perf_counter()
    nothing = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    with contextlib.chdir(folder):
        child = os.posix_spawn(command[0], list(command), env, file_actions=nothing)
    _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(command[:3])}: exit {os.waitstatus_to_exitcode(status)}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024)


def commands(folder: Path, peers: int) -> dict[str, list[str]]:
    """Return what is measured."""
    bin_ = Path(sys.executable).parent
    schema = str(ROOT / "schemas" / "tenant.schema.json")
    check = [str(bin_ / "check-jsonschema"), "--schemafile", schema]
    files = [f"tenants/tenant-{i:05}.yaml" for i in range(peers)]
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "validate, one file": [str(bin_ / "reconciler"), "validate", "--tenants", "one", "one/tenant-00000.yaml"],
        "check-jsonschema, one file": [*check, "one/tenant-00000.yaml"],
        "validate, one file of all": [str(bin_ / "reconciler"), "validate", files[0]],
        "libyaml's events": [sys.executable, "-c", EVENTS, str(folder / "tenants")],
        "validate, all": [str(bin_ / "reconciler"), "validate"],
        "check-jsonschema, some": [*check, *files],
    }


def measure(count: int, rounds: int) -> dict[str, list[Cost]]:
    """Make the fleet, and run all commands in turn, `rounds` times and once to warm up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_fleet(folder / "tenants", count)
        write_fleet(folder / "one", 1)
        todo, env = commands(folder, min(count, PEERS)), environment(folder)
        costs: dict[str, list[Cost]] = {what: [] for what in todo}
        for turn in range(rounds + 1):
            for what, command in todo.items():
                cost = spent(command, folder, env)
                if turn:
                    costs[what].append(cost)
    return costs


def targets(count: int) -> list[Target]:
    """Return what has to be reached, for a fleet of `count`; with few tenants, the start is most of it."""
    return [
        Target("validate, one file", "python -c pass", 15),
        Target("validate, one file", "check-jsonschema, one file", 1),
        Target("validate, all", "libyaml's events", 3),
        Target("validate, all", "check-jsonschema, some", 0.1, count / min(count, PEERS)),
    ]


def report(costs: Mapping[str, Sequence[Cost]], count: int) -> str:
    """Lay costs and ratios out as two Markdown tables, with the median and the whole spread of each ratio."""
    rounds = len(costs["validate, all"])
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}, {count} tenants, {rounds} rounds",
        "",
        "| command | files | processor | clock | memory |",
        "|---|---:|---:|---:|---:|",
    ]
    files = {"libyaml's events": count, "validate, all": count, "check-jsonschema, some": min(count, PEERS)}
    for what, every in costs.items():
        cpu, wall = (1000 * statistics.median(values) for values in ([c.cpu for c in every], [c.wall for c in every]))
        memory = max(cost.memory for cost in every)
        lines.append(f"| {what} | {files.get(what, 1)} | {cpu:.0f} ms | {wall:.0f} ms | {memory:.0f} MiB |")
    lines += ["", "| what | against | times | spread | target |", "|---|---|---:|---:|---:|"]
    for row in targets(count):
        pairs = zip(costs[row.what], costs[row.against], strict=True)
        ratios = [one.cpu / row.files / other.cpu for one, other in pairs]
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        lines.append(
            f"| {row.what} | {row.against}{', a file' if row.files != 1 else ''} | {middle:.3g} "
            f"| {low:.3g} to {high:.3g} | at most {row.at_most:g} |"
        )
    memory = max(cost.memory for cost in costs["validate, all"])
    lines.append(f"| memory of validate, all | | {memory:.0f} MiB | | at most 150 MiB |")
    return "\n".join(lines)


if __name__ == "__main__":
    tenants = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(report(measure(tenants, int(sys.argv[2]) if len(sys.argv) > 2 else 5), tenants))
