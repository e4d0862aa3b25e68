"""How long the commands take that only tell something, against an interpreter that does nothing."""

import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measuring import (
    BIN,
    CLIENT,
    COST_HEAD,
    Cost,
    Measured,
    Row,
    cost_lines,
    environment,
    in_turns,
    ratios,
    spent,
    wall,
)

BASELINE = "python -c pass"
AT_MOST = 5.0
"""Times the baseline."""


def measure(rounds: int, *, small: bool) -> Measured:  # noqa: ARG001 - all benchmarks are called so; this one is small
    """Run all in turn; the first round compiles every module and warms the file cache, and isn't counted."""
    tool = str(BIN / "reconciler")
    commands = {
        BASELINE: [sys.executable, "-c", "pass"],
        "reconciler --version": [tool, "--version"],
        "reconciler --help": [tool, "--help"],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environment(folder)

        def run(what: str) -> Cost:
            return spent(commands[what], folder, env, core=CLIENT)

        costs = in_turns(rounds, {what: partial(run, what) for what in commands})
    rows = [
        Row(f"startup{what[10:]}", what, BASELINE, ratios(costs[what], costs[BASELINE], wall), AT_MOST)
        for what in list(commands)[1:]
    ]
    return Measured("Start", "Ratios are of the clock.", COST_HEAD, tuple(cost_lines(costs)), tuple(rows))
