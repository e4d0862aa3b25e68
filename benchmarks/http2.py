"""Whether HTTP/2 would pay for how a plan reads: one connection a tenant, its GETs one after the other.

The same client, httpx, against one server that offers both. What HTTP/2 is good at, many requests at once on one
connection, is what a tenant's rate forbids.
"""

import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measuring import (
    CLIENT,
    COST_HEAD,
    PEERS,
    Measured,
    Row,
    cost_lines,
    cpu,
    environment,
    in_turns,
    ratios,
    spent,
    wall,
    without_peers,
)
from benchmarks.plan import KEYS
from benchmarks.serving import certified, spoken

THINK = 0.05
OLD, NEW = "HTTP/1.1", "HTTP/2"
ENGINES = {OLD: "httpx", NEW: "httpx-http2"}
TITLE = "HTTP/2 or HTTP/1.1"


def measure(rounds: int, *, small: bool) -> Measured:
    """Serve, and let both take turns."""
    if lack := without_peers():
        return Measured(TITLE, "", (), (), (), (f"HTTP/2: lacks {lack}.",))
    tenants, at_once = (20, 10) if small else (300, 50)
    python = str(PEERS / "python")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority, certificate = certified(folder)
        env = environment(folder, named=True)
        with spoken([python, "-m", "benchmarks.http2_server", str(THINK), str(certificate)]) as port:
            job = [str(port), str(tenants), str(at_once), str(authority), *KEYS]
            todo = {
                version: partial(spent, [python, "-m", "benchmarks.engine", engine, *job], folder, env, core=CLIENT)
                for version, engine in ENGINES.items()
            }
            costs = in_turns(rounds, todo)
    rows = (
        Row("http2-cpu", NEW, f"{OLD}, processor", ratios(costs[NEW], costs[OLD], cpu), None),
        Row("http2-wall", NEW, f"{OLD}, clock", ratios(costs[NEW], costs[OLD], wall), None),
    )
    told = (
        f"{tenants} tenants with hosts of their own, {at_once} at once, each with one connection and {len(KEYS)} GETs "
        f"one after the other, {1000 * THINK:.0f} ms until each answer; httpx as the client, hypercorn as the server, "
        "which offers both."
    )
    return Measured(TITLE, told, COST_HEAD, tuple(cost_lines(costs)), rows)
