"""How long the reports of a large fleet take to write, read and merge, and what writing adds to the memory.

    python -m benchmarks.reports [ROUNDS [small]]

A report of 10,000 tenants is made in memory and put into a file in each format; the same for 1,000, to see whether
the time grows as the fleet does. For comparison stands `json.dumps` of the same document, without a blank in it: that
is C, and has nothing to look up. Each size has a process of its own, so that no heap weighs on the other's time.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from time import process_time

from benchmarks.large_report import large_report
from benchmarks.measuring import CLIENT, ROOT, Measured, Row, machine, pinned, told
from reconciler.model.report import Report
from reconciler.report.collecting import no_collecting
from reconciler.report.from_json import from_json
from reconciler.report.merge import merge
from reconciler.report.write import Format, pieces, save

MANY, FEW = (10_000, 1_000), (2_000, 200)
"""Tenants: what is measured, and the tenth that it is held against; in full and small."""
FLOOR, READ, MERGE, MEMORY = "json.dumps", "read", "read and merge", "memory"
AT_MOST: dict[str, float] = {**dict.fromkeys(map(str, Format), 2.0), READ: 3.0, MERGE: 3.0}
"""Seconds of the processor, for 10,000 tenants."""
LINEAR = 1.15
"""Times ten times the time of a tenth."""
MIB = 16.0
"""What saving 10,000 tenants as JSON may add to the memory: the document alone has forty."""
SHARDS = 4
TRIES = 3
"""The best of so many counts."""


def seconds(run: Callable[[], object]) -> float:
    """Return how much of the processor `run` takes, at best."""
    took = []
    for _ in range(TRIES):
        start = process_time()
        run()
        took.append(process_time() - start)
    return min(took)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def costs(count: int, folder: Path) -> dict[str, float]:
    """Return what everything takes for `count` tenants, in this process: seconds, and the MiB of saving JSON."""
    for form in Format:
        _put(large_report(10), form, folder)  # whatever is imported now isn't measured
    report = large_report(count)
    before = _peak()
    _put(report, Format.JSON, folder)  # first, while nothing else has raised the peak
    found = {MEMORY: _peak() - before}
    found |= {str(form): seconds(partial(_put, report, form, folder)) for form in Format}
    del report
    text = (folder / Format.JSON).read_bytes()
    found[FLOOR] = seconds(partial(json.dumps, json.loads(text), separators=(",", ":")))
    found[READ] = seconds(partial(from_json, text))
    del text
    for number in range(SHARDS):
        part = large_report(count // SHARDS, count // SHARDS * number, f"{number + 1}/{SHARDS}")
        _put(part, Format.JSON, folder / str(number))
    found[MERGE] = seconds(partial(_merged, folder))
    return found


@no_collecting()  # as the command line does
def _put(report: Report, form: Format, folder: Path) -> None:
    lost = save(folder / form, pieces(report, form))
    assert lost is None, lost  # noqa: S101 - a disk that is full ends the benchmark


@no_collecting()  # as its journey does
def _merged(folder: Path) -> None:
    reports = [from_json((folder / str(number) / Format.JSON).read_bytes()) for number in range(SHARDS)]
    # The digest is the planning's, and measured with it.
    merged = merge([report for report in reports if isinstance(report, Report)], digest=lambda _: "")
    assert isinstance(merged, Report), merged  # noqa: S101 - else there is nothing to measure


def _in_a_child(count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.reports", "child", str(count)]
    with pinned(CLIENT):
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(rounds: int, *, small: bool) -> Measured:
    """Measure both sizes in turn, `rounds` times."""
    many, few = FEW if small else MANY
    taken: dict[int, list[dict[str, float]]] = {few: [], many: []}
    for _ in range(rounds):
        for count, every in taken.items():
            every.append(_in_a_child(count))
            print(f"  {count} tenants: {sum(every[-1][form] for form in Format):.2f} s", file=sys.stderr)
    return Measured(
        "Reports of a large fleet",
        f"A plan of {many:,} tenants with six keys each, one in ten with a change, put into a file in each format,"
        f" read back, and merged from {SHARDS} shards. Seconds are of the processor, the best of {TRIES} tries.",
        ("what", f"{few:,} tenants", f"{many:,} tenants", "times json.dumps"),
        tuple(_lines(taken[few], taken[many])),
        tuple(_rows(taken[few], taken[many], few, many)),
    )


def _lines(some: list[dict[str, float]], every: list[dict[str, float]]) -> Iterator[tuple[str, ...]]:
    for what in (*AT_MOST, FLOOR):
        one, other = (statistics.median(cost[what] for cost in taken) for taken in (some, every))
        floor = statistics.median(cost[what] / cost[FLOOR] for cost in every)
        yield what, f"{1000 * one:.0f} ms", f"{1000 * other:.0f} ms", f"{floor:.2g}"
    yield MEMORY, *(f"{max(cost[MEMORY] for cost in taken):.0f} MiB" for taken in (some, every)), ""


def _rows(some: list[dict[str, float]], every: list[dict[str, float]], few: int, many: int) -> Iterator[Row]:
    for what, at_most in AT_MOST.items():
        taken = tuple(cost[what] for cost in every)
        yield Row(
            f"reports-{what.replace(' ', '-')}", f"{what}, {many:,} tenants", "processor", taken, at_most, unit="s"
        )
    for what in AT_MOST:
        grown = tuple(_grown(one, other, what, many / few) for one, other in zip(some, every, strict=True))
        yield Row(
            f"reports-{what.replace(' ', '-')}-linear",
            f"{what}, {many:,} tenants",
            f"{many // few} times {few:,}",
            grown,
            LINEAR,
        )
    added = tuple(cost[MEMORY] for cost in every)
    yield Row("reports-memory", f"saving JSON, {many:,} tenants", "the report itself", added, MIB, unit="MiB")


def _grown(one: Mapping[str, float], other: Mapping[str, float], what: str, times: float) -> float:
    return other[what] / one[what] / times


def main(words: list[str]) -> None:
    """Print what was measured; as a child, measure one size."""
    if words[:1] == ["child"]:
        with tempfile.TemporaryDirectory() as name:
            print(json.dumps(costs(int(words[1]), Path(name))))
        return
    measured = measure(int(words[0]) if words else 5, small="small" in words)
    print(f"{machine()}\n\n{told(measured)}")


if __name__ == "__main__":
    main(sys.argv[1:])
