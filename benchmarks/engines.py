"""What the same GETs cost by one HTTP engine or another, against the floor; and whether HTTP/2 would pay.

A plan costs what its engine costs, and some more: this tells what there is to be had. No row has a target.
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.measuring import (
    CLIENT,
    COST_HEAD,
    PEERS,
    Cost,
    Measured,
    Row,
    cost_lines,
    cpu,
    environment,
    figure,
    in_turns,
    ratios,
    spent,
    without_peers,
)
from benchmarks.plan import FULL, KEYS, SMALL
from benchmarks.serving import certified, serving

HERE = ("httpx", "ours")
"""What the reconciler's own environment has."""
THERE = ("httpx+uvloop", "aiohttp", "aiohttp+uvloop", "httptools", "httptools+uvloop")
"""What only the peers' environment has."""


def measure(rounds: int, *, small: bool) -> Measured:
    """Serve, and let the floor and all engines that are here take turns."""
    size = SMALL if small else FULL
    lack = without_peers()
    there = () if lack else THERE
    pythons = {**dict.fromkeys(HERE, sys.executable), **dict.fromkeys(there, str(PEERS / "python"))}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority, certificate = certified(folder)
        env = environment(folder, named=True)
        with serving(think=size.think, certificate=certificate) as port:
            todo: dict[str, Callable[[], Cost]] = {}
            for load in size.loads:
                job = [str(port), str(load.tenants), str(load.at_once), str(authority), *KEYS]
                command = [sys.executable, "-m", "benchmarks.raw", *job]
                todo[f"raw, {load.at_once} at once"] = partial(spent, command, folder, env, core=CLIENT)
                for engine, python in pythons.items():
                    command = [python, "-m", "benchmarks.engine", engine, *job]
                    todo[f"{engine}, {load.at_once} at once"] = partial(spent, command, folder, env, core=CLIENT)
            costs = in_turns(rounds, todo)
    rows = [
        Row(
            f"engine-{engine}-{load.at_once}",
            f"{engine}, {load.at_once} at once",
            "raw, processor",
            ratios(costs[f"{engine}, {load.at_once} at once"], costs[f"raw, {load.at_once} at once"], cpu),
            None,
        )
        for load in size.loads
        for engine in pythons
    ]
    requests = size.loads[0].tenants * len(KEYS)
    lines = [
        (*line, f"{figure(1e6 * sum(map(cpu, costs[line[0]])) / rounds / requests)} µs") for line in cost_lines(costs)
    ]
    told = (
        f"{requests:,} GETs over HTTPS, {len(KEYS)} for each of {size.loads[0].tenants:,} tenants with hosts of their "
        f"own, {1000 * size.think:.0f} ms until each answer. Each engine is a process of its own, its start included. "
        "httpx: a transport with one connection a tenant, one TLS context for all. aiohttp: one session for all, no "
        "cookies. httptools: asyncio's connections and a parser in C, without time limits or checks. ours: what the "
        "product itself goes through."
    )
    out = (f"{', '.join(THERE)}: lack {lack}.",) if lack else ()
    return Measured("HTTP engines", told, (*COST_HEAD, "processor a GET"), tuple(lines), tuple(rows), out)
