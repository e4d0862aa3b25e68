"""How long `apply` takes to write one key of every tenant: read, read again, write, read back.

The server is a fresh one every round, as there would be nothing left to write; afterwards a plan must say so.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet import DOMAIN, ONLY_CHANGED, settle, write_tenants
from benchmarks.measuring import (
    BIN,
    CLIENT,
    COST_HEAD,
    Broken,
    Cost,
    Measured,
    Row,
    cost_lines,
    environment,
    in_turns,
    spent,
)
from benchmarks.serving import certified, serving

REQUESTS = ("GET", "GET", "POST", "GET")
"""Of one changed key: for the plan, right before the write, the write, and whether it took."""
AT_MOST = 1.3
"""Times the bound."""
TOOL = str(BIN / "reconciler")


@dataclass(frozen=True, slots=True)
class Size:
    """So many tenants, so many at once, and seconds until each answer."""

    tenants: int
    at_once: int
    think: float

    @property
    def bound(self) -> float:
        """Return the seconds that waiting for the answers alone takes."""
        return self.tenants * len(REQUESTS) / self.at_once * self.think


FULL = Size(1000, 100, 0.05)
SMALL = Size(60, 20, 0.02)


def applied(folder: Path, size: Size, authority: Path, certificate: Path) -> Cost:
    """Write to a fresh server, and hold that all of it was written."""
    env = environment(folder, named=True)
    fleet = folder / "fleet"
    with serving(think=size.think, moved=1, certificate=certificate) as port:
        # Another port each time; the credentials name it, too.
        origin = f"https://{{tenant}}.{DOMAIN}:{port}"
        if not fleet.exists():
            write_tenants(fleet / "tenants", size.tenants, text=ONLY_CHANGED)
        settle(fleet, size.tenants, origin, authority=authority, concurrency=size.at_once)
        known = ["--credentials", "credentials.yaml"]
        cost = spent([TOOL, "apply", *known, "--report", "apply.json"], fleet, env, core=CLIENT)
        spent([TOOL, "plan", *known, "--detailed-exitcode"], fleet, env)
    report = json.loads((fleet / "apply.json").read_bytes())
    (fleet / "apply.json").unlink()
    if report["summary"].get("applied") != size.tenants:
        raise Broken(f"apply did not write {size.tenants} keys: {report['summary']}")
    return cost


def measure(rounds: int, *, small: bool) -> Measured:
    """Apply, round after round."""
    size = SMALL if small else FULL
    what = f"apply, {size.tenants:,} tenants, {size.at_once} at once"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority, certificate = certified(folder)
        costs = in_turns(rounds, {what: lambda: applied(folder, size, authority, certificate)})
    against = f"the bound, {size.bound:.2g} s: {', '.join(REQUESTS)}"
    row = Row("apply-wall", what, against, tuple(cost.wall / size.bound for cost in costs[what]), AT_MOST)
    told = (
        f"Over HTTPS, every tenant with a host of its own and one key, which differs; {1000 * size.think:.0f} ms until "
        "each answer. After each apply, its report says that every key was written, and a plan that nothing differs."
    )
    return Measured("Apply", told, COST_HEAD, tuple(cost_lines(costs)), (row,))
