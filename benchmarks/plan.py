"""How long `plan` takes when every tenant has a host of its own, over TLS, and every answer takes a while.

Held against two things. The bound is arithmetic: so many requests, so many at once, so long each. The floor is
`benchmarks.raw`, the same requests by as little as can send them, in the same round: what a slow machine keeps even
the floor from is nobody's to win.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.fleet import DOMAIN, live, write
from benchmarks.measuring import (
    BIN,
    CLIENT,
    COST_HEAD,
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
    wall,
)
from benchmarks.serving import certified, serving

KEYS = tuple(live(0, moved=False))
CPU = 3.0
"""Times the processor's time of the floor."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many tenants, so many at once, and how near to its bound a plan of them must be on the clock."""

    tenants: int
    at_once: int
    wall: float | None = None

    @property
    def name(self) -> str:
        """Return how the tables call it."""
        return f"{self.tenants:,} tenants, {self.at_once} at once"

    def bound(self, think: float) -> float:
        """Return the seconds that waiting for the answers alone takes."""
        return self.tenants * len(KEYS) / self.at_once * think


@dataclass(frozen=True, slots=True)
class Size:
    """What is run: two loads of one fleet, and a fleet ten times as large that must cost no more a tenant."""

    think: float
    loads: tuple[Load, ...]
    large: Load


FULL = Size(0.05, (Load(1000, 100, 1.25), Load(1000, 500, 2.5)), Load(10_000, 100))
SMALL = Size(0.02, (Load(60, 20, 1.25), Load(60, 60, 2.5)), Load(240, 20))


def rows(costs: Mapping[str, Sequence[Cost]], size: Size) -> Iterator[Row]:
    """Yield what has to be reached, and how near the floor itself comes."""
    for load in size.loads:
        ours, floor, bound = costs[f"plan, {load.name}"], costs[f"raw, {load.name}"], load.bound(size.think)
        against = f"the bound, {bound:.2g} s"
        part = f"{load.at_once}"
        yield Row(f"plan-wall-{part}", f"plan, {load.name}", against, _over(ours, bound), load.wall)
        yield Row(f"raw-wall-{part}", f"raw, {load.name}", against, _over(floor, bound), None)
        yield Row(f"plan-raw-{part}", f"plan, {load.name}", "raw, clock", ratios(ours, floor, wall), None)
        yield Row(f"plan-cpu-{part}", f"plan, {load.name}", "raw, processor", ratios(ours, floor, cpu), CPU)
    less, more = size.loads[0], size.large
    yield Row(
        "plan-linear",
        f"plan, {more.name}: processor a tenant",
        f"plan, {less.name}",
        ratios(costs[f"plan, {more.name}"], costs[f"plan, {less.name}"], cpu, less.tenants / more.tenants),
        1.15,
    )
    held = tuple(map(memory, costs[f"plan, {more.name}"]))
    yield Row("plan-memory", f"plan, {more.name}", "memory", held, 300, unit="MiB")


def measure(rounds: int, *, small: bool) -> Measured:
    """Serve, and let `plan` and the floor take turns."""
    size = SMALL if small else FULL
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority, certificate = certified(folder)
        env = environment(folder, named=True)
        with serving(think=size.think, certificate=certificate) as port:
            todo: dict[str, Callable[[], Cost]] = {}
            for load in (*size.loads, size.large):
                fleet = folder / f"{load.tenants}-{load.at_once}"
                origin = f"https://{{tenant}}.{DOMAIN}:{port}"
                write(fleet, load.tenants, origin, authority=authority, concurrency=load.at_once)
                plan = [str(BIN / "reconciler"), "plan", "--credentials", "credentials.yaml"]
                todo[f"plan, {load.name}"] = partial(spent, plan, fleet, env, core=CLIENT)
                if load is not size.large:
                    floor = [sys.executable, "-m", "benchmarks.raw"]
                    floor += [str(port), str(load.tenants), str(load.at_once), str(authority), *KEYS]
                    todo[f"raw, {load.name}"] = partial(spent, floor, folder, env, core=CLIENT)
            costs = in_turns(rounds, todo)
    told = (
        f"Over HTTPS, every tenant with {len(KEYS)} keys and a host of its own, {1000 * size.think:.0f} ms until each "
        "answer, tokens that are given; every tenth tenant differs in one key. The whole command counts, its start "
        "included. raw sends the same requests, by epoll and OpenSSL alone, and looks at nothing that comes back. "
        "The client has one core, the server another."
    )
    return Measured("Plan", told, COST_HEAD, tuple(cost_lines(costs)), tuple(rows(costs, size)))


def _over(costs: Sequence[Cost], bound: float) -> tuple[float, ...]:
    return tuple(cost.wall / bound for cost in costs)
