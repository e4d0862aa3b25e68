"""How the benchmarks measure: whole processes, in turns, on processors of their own, as ratios within one round.

The commands take turns, so that whatever else the machine does slows all of them alike; a ratio is taken a round at a
time, and told as the median with the whole spread. Seconds mean something only within one run.
"""

import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PEERS = ROOT / ".venv-bench" / "bin"
"""What we are held against has an environment of its own (requirements/bench.txt), and may be missing."""
CORES = sorted(os.sched_getaffinity(0))
CLIENT, SERVER = CORES[0], CORES[-1]
"""Where the measured process runs, and where the server that it talks to."""


def without_peers() -> str:
    """Return what is missing on this machine to measure the peers, or nothing."""
    return "" if (PEERS / "python").exists() else "what requirements/bench.txt names (`make bench` installs it)"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: processor seconds, seconds on the clock, and the most memory it held, in MiB."""

    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True, slots=True)
class Row:
    """One target: how much of a `unit` something takes, in how many rounds, and what it has to be.

    `values` has one number a round. With `at_most` the target is a ceiling, and less is better, else a floor. A row
    without a target is there to be known.
    """

    name: str
    what: str
    against: str
    values: tuple[float, ...]
    target: float | None
    at_most: bool = True
    unit: str = "times"

    @property
    def median(self) -> float:
        """Return the number that counts."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """True if the median reaches the target; None if there is none."""
        if self.target is None:
            return None
        return self.median <= self.target if self.at_most else self.median >= self.target


@dataclass(frozen=True, slots=True)
class Measured:
    """What one benchmark found: the costs behind its rows, for people, and the rows."""

    title: str
    told: str
    """How it was measured, in a sentence or two."""
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    left_out: tuple[str, ...] = ()
    """What could not be measured here, and why."""


class Broken(Exception):
    """A command of a benchmark failed or hung: its time would mean nothing."""


def environment(folder: Path, *, named: bool = False) -> dict[str, str]:
    """Return one in which this tree is what runs, and compiled modules are kept below `folder`, as when installed.

    With `named`, the names of the fleet's hosts lead to loopback.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join(map(str, [ROOT / "benchmarks" / "names", ROOT] if named else [ROOT]))
    return {**env, "PYTHONPYCACHEPREFIX": str(folder / "pycache"), "PYTHONPATH": path}


@contextlib.contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Whatever is started while this is open stays on one `core`; on any if there is none."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)


def spent(
    command: Sequence[str | Path],
    folder: Path,
    env: Mapping[str, str],
    *,
    core: int | None = None,
    ends: Sequence[int] = (0,),
    timeout: int = 600,
) -> Cost:
    """Run a command once, in `folder`, on one `core` if given; its children count.

    Raises Broken for one that ends with another code, or takes over `timeout` seconds.
    """
    once = [sys.executable, "-I", "-S", ROOT / "benchmarks" / "once.py", str(timeout), *command]
    with pinned(core):
        child = subprocess.Popen(once, cwd=folder, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with child:
        said, complaint = child.communicate()
    found = json.loads(said) if child.returncode == 0 else {"code": child.returncode, "wall": 0.0}
    if found["code"] not in ends:
        words = " ".join(map(str, command[:4]))
        tail = complaint.decode("utf-8", "replace")[-1500:]
        raise Broken(f"{words}: exit {found['code']} after {found['wall']:.1f} s\n{tail}")
    return Cost(found["cpu"], found["wall"], found["memory"])


def in_turns(rounds: int, todo: Mapping[str, Callable[[], Cost]], warm: int = 1) -> dict[str, list[Cost]]:
    """Run all in turn, `rounds` times, and before that `warm` times without counting."""
    costs: dict[str, list[Cost]] = {what: [] for what in todo}
    for turn in range(rounds + warm):
        for what, run in todo.items():
            cost = run()
            if turn >= warm:
                costs[what].append(cost)
            print(f"  {what}: {cost.cpu:.3f} s processor, {cost.wall:.3f} s, {cost.memory:.0f} MiB", file=sys.stderr)
    return costs


def ratios(
    some: Sequence[Cost], others: Sequence[Cost], by: Callable[[Cost], float], scale: float = 1.0
) -> tuple[float, ...]:
    """Return `some` over `others`, a round at a time; `scale` for a different amount of work."""
    return tuple(by(one) / by(other) * scale for one, other in zip(some, others, strict=True))


def cpu(cost: Cost) -> float:
    """Return the processor's seconds."""
    return cost.cpu


def wall(cost: Cost) -> float:
    """Return the clock's seconds."""
    return cost.wall


def memory(cost: Cost) -> float:
    """Return the MiB."""
    return cost.memory


def cost_lines(costs: Mapping[str, Sequence[Cost]]) -> Iterator[tuple[str, ...]]:
    """Yield a line for each command: medians, and the most memory."""
    for what, every in costs.items():
        yield (
            what,
            _time(statistics.median(map(cpu, every))),
            _time(statistics.median(map(wall, every))),
            f"{max(map(memory, every)):.0f} MiB",
        )


COST_HEAD = ("command", "processor", "clock", "memory")


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def machine() -> str:
    """Say when and on what, without saying where."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {len(CORES)} cores ({_processor()}), {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}"
    )


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return "unknown processor"


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Lay lines out in Markdown; all but the first column are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


ROW_HEAD = ("what", "against", "median", "spread", "target", "reached")


def figure(number: float) -> str:
    """Return three digits of it, or all before the point."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def row_line(row: Row) -> tuple[str, ...]:
    """Return one target as cells."""
    unit = "" if row.unit == "times" else f" {row.unit}"
    low, high = min(row.values), max(row.values)
    bound = "at most" if row.at_most else "at least"
    return (
        row.what,
        row.against,
        f"{figure(row.median)}{unit}",
        f"{figure(low)} to {figure(high)}",
        "" if row.target is None else f"{bound} {row.target:g}{unit}",
        {True: "reached", False: "**not reached**", None: ""}[row.met],
    )


def told(measured: Measured) -> str:
    """Lay one benchmark out in Markdown."""
    blocks = [f"## {measured.title}", measured.told, table(measured.head, measured.lines)]
    if measured.rows:
        blocks.append(table(ROW_HEAD, [row_line(row) for row in measured.rows]))
    blocks += [f"Left out: {why}" for why in measured.left_out]
    return "\n\n".join(blocks)


def kept(measured: Measured) -> dict[str, Any]:
    """Return it as JSON's own types, with no more digits than mean anything."""
    document: dict[str, Any] = json.loads(json.dumps(asdict(measured)))
    for row in document["rows"]:
        row["values"] = [float(f"{value:.4g}") for value in row["values"]]
    return document


def read(document: Mapping[str, Any]) -> Measured:
    """Return what `kept` made JSON of."""
    return Measured(
        title=document["title"],
        told=document["told"],
        head=tuple(document["head"]),
        lines=tuple(tuple(line) for line in document["lines"]),
        rows=tuple(Row(**{**row, "values": tuple(row["values"])}) for row in document["rows"]),
        left_out=tuple(document["left_out"]),
    )
