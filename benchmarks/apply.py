"""How long `apply` takes to write one key of every tenant: read, read again, write, read back.

The server is a fresh one every round, as there would be nothing left to write; afterwards a plan must say so.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet import DOMAIN, ONLY_CHANGED, settle, write_tenants
from benchmarks.measuring import BIN, CLIENT, COST_HEAD, Cost, Measured, Row, cost_lines, environment, in_turns, spent
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
    rounds: int

    @property
    def bound(self) -> float:
        """Return the seconds that waiting for the answers alone takes."""
        return self.tenants * len(REQUESTS) / self.at_once * self.think


FULL = Size(1000, 100, 0.05, 5)
SMALL = Size(60, 20, 0.02, 3)


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
        told = ["--credentials", "credentials.yaml", "--detailed-exitcode"]
        spent([TOOL, "plan", *told], fleet, env, ends=(2,))
        cost = spent([TOOL, "apply", *told[:2]], fleet, env, core=CLIENT)
        spent([TOOL, "plan", *told], fleet, env, ends=(0,))
    return cost


def measure(*, small: bool = False) -> Measured:
    """Apply, round after round."""
    size = SMALL if small else FULL
    what = f"apply, {size.tenants:,} tenants, {size.at_once} at once"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority, certificate = certified(folder)
        costs = in_turns(size.rounds, {what: lambda: applied(folder, size, authority, certificate)})
    against = f"the bound, {size.bound:.2g} s: {', '.join(REQUESTS)}"
    row = Row("apply-wall", what, against, tuple(cost.wall / size.bound for cost in costs[what]), AT_MOST)
    told = (
        f"Over HTTPS, every tenant with a host of its own and one key, which differs; {1000 * size.think:.0f} ms until "
        "each answer. A plan before each apply says that there are changes, and one after it that there are none."
    )
    return Measured("Apply", told, COST_HEAD, tuple(cost_lines(costs)), (row,))
