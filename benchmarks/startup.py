"""How long commands take to start, against an interpreter that does nothing: side by side, in one run.

    python benchmarks/startup.py [ROUNDS]

The commands take turns, so that whatever else the machine does slows all of them alike; read the ratio, and
compare seconds only within one run. The first round warms the file cache, and compiles every module as an
installation does, whatever this machine thinks of bytecode; it isn't counted.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASELINE = "python -c pass"


def commands() -> dict[str, list[str]]:
    """Return what is measured, the baseline first."""
    tool = [str(Path(sys.executable).parent / "reconciler")]
    tenant = min(path for path in (ROOT / "tenants").glob("*.yaml") if path.name[0] not in "_.")
    return {
        BASELINE: [sys.executable, "-c", "pass"],
        "reconciler --version": [*tool, "--version"],
        "reconciler --help": [*tool, "--help"],
        f"reconciler validate tenants/{tenant.name}": [*tool, "validate", str(tenant)],
    }


def environment(folder: Path) -> dict[str, str]:
    """Return one in which compiled modules are kept, below `folder`."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**env, "PYTHONPYCACHEPREFIX": str(folder / "pycache")}


def seconds(command: Sequence[str], env: Mapping[str, str]) -> float:
    """Run a command once; one that fails ends the benchmark, as its time would mean nothing."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=env)
    return time.perf_counter() - start


def measure(rounds: int) -> dict[str, list[float]]:
    """Run all commands in turn, `rounds` times and once to warm up."""
    todo = commands()
    times: dict[str, list[float]] = {name: [] for name in todo}
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        for turn in range(rounds + 1):
            for name, command in todo.items():
                took = seconds(command, env)
                if turn:
                    times[name].append(took)
    return times


def report(times: Mapping[str, Sequence[float]]) -> str:
    """Lay the times out as a Markdown table: the median, the middle half, and the ratio to the baseline."""
    rounds = len(times[BASELINE])
    base = statistics.median(times[BASELINE])
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}, {rounds} rounds",
        "",
        "| command | median | middle half | times the baseline |",
        "|---|---:|---:|---:|",
    ]
    for name, values in times.items():
        low, middle, high = (1000 * cut for cut in statistics.quantiles(values, n=4, method="inclusive"))
        lines.append(f"| `{name}` | {middle:.0f} ms | {low:.0f} to {high:.0f} ms | {middle / 1000 / base:.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20)))
