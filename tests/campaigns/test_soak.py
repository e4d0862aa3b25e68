"""200 tenants, 2 % of every kind of fault at every request, 20 runs one after the other; some of them are killed.

In the first runs operators change what is live and people change files, so that there is work. In the last ones
nobody does, but the faults go on, rivals among them. Every run is held to the promise by itself; then the faults end,
and one run more brings all in sync.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reconciler.catalogue import Catalogue
from reconciler.sandbox import TOKEN, ErrorBody, Fault, FaultKind, RunningSandbox, Sandbox
from reconciler.sandbox.store import wall_clock
from tests.campaigns.stand import GATE_OPEN, Stand
from tests.campaigns.tally import Tally
from tests.journeys.stage import SEQUENCE, WEBHOOK, Stage

pytestmark = pytest.mark.campaign("soak")

K = FaultKind
SEEDS = range(10)
LEAST = 80_000
"""Faults, with all seeds together."""
CHANCE = 0.02
"""Of each kind of fault, at each request that it can act on."""
PATIENCE = 1.0
"""Seconds that the client waits for an answer: few, so that the time goes into requests, but more than a busy sandbox
needs. Tries, breaker and budgets are as shipped."""
ONCE = "sales_order_generator_sequence"

POOL: Mapping[str, Sequence[Any]] = {
    "external_order_webhook": [{**WEBHOOK, "timeout": seconds} for seconds in (5, 20, 25)],
    "external_oms": [{"enabled": True}, {"enabled": False}],
    "on_hold_timer_duration": [60, 120, 3600],
    "cancellation_allowed_from": [["store"], ["dc"], ["dc", "store"]],
    "big_sales_order": [{"soft_limit_for_big_orders": number} for number in (1, 9, 300)],
}
"""What files may declare. Small, so that what others write is often the very value that is wanted."""
RELEASABLE = ("on_hold_timer_duration", "cancellation_allowed_from", "big_sales_order")
OTHERS_SECRET = "canary-of-somebody-else"


def live_values(short: str) -> Sequence[Any]:
    """What operators and rivals write: the same, with a secret of their own."""
    if short != "external_order_webhook":
        return POOL[short]
    return [{**value, "api_key": OTHERS_SECRET} for value in POOL[short]]


class Fuse:
    """The sandbox's clock, to which it looks some three times in each request: at the n-th look from now, it acts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = 0
        self._act: Callable[[], object] | None = None

    def __call__(self) -> datetime:
        with self._lock:
            self._left -= 1
            if self._left == 0 and self._act is not None:
                self._act()
        return wall_clock()

    def lit(self, looks: int, act: Callable[[], object]) -> None:
        with self._lock:
            self._left, self._act = looks, act


@pytest.fixture
def fuse() -> Fuse:
    return Fuse()


@pytest.fixture
def sandbox(tmp_path: Path, catalogue: Catalogue, fuse: Fuse) -> Iterator[RunningSandbox]:
    """A server for one test: its log grows long."""
    with Sandbox(tmp_path / "sandbox.db", catalogue, seed=None, clock=fuse).running() as running:
        yield running


Variants = Sequence[Mapping[str, Any]]


def some(seed: int, kind: FaultKind, *variants: Mapping[str, Any], chance: float = CHANCE) -> Iterator[Fault]:
    """One kind of fault in all its variants, each as likely as the others."""
    for more in variants:
        yield Fault(kind, times=None, chance=chance / len(variants), seed=seed, **more)


def weather(seed: int, patience: float = PATIENCE) -> Iterator[Fault]:
    """2 % of each kind, half of the slow ones too slow. No rival sets a sequence differently: that can't be mended."""
    plain: Variants = [{"status": status} for status in (400, 404, 408, 409, 418, 429, 500, 502)]
    busy: Variants = [{"status": status, "retry_after": "0"} for status in (429, 503)]
    gateway: Variants = [{"status": 503, "body": ErrorBody.HTML}, {"status": 504, "body": ErrorBody.EMPTY}]
    forms = (ErrorBody.ECHO, ErrorBody.PROBLEM, ErrorBody.MESSAGES)
    worded: Variants = [{"status": 500, "body": body} for body in forms]
    slow: Variants = [{"seconds": share * patience} for share in (0.05, 1.3)]
    for kind in (K.STATUS, K.COMMIT_THEN_STATUS):
        yield from some(seed, kind, *plain, *busy, *gateway, *worded)
    for kind in (K.DELAY, K.LATE):
        yield from some(seed, kind, *slow)
        yield from some(seed, kind, *({"key": TOKEN, **more} for more in slow))
    for kind in (K.RIVAL, K.LOST_RACE):
        for short in POOL:
            yield from some(seed, kind, *({"key": short, "value": value} for value in live_values(short)))
        yield from some(seed, kind, {"key": ONCE, "value": SEQUENCE})
    yield from some(seed, K.OVERSIZED, {"size": 1_100_000})
    for kind in (K.DROP, K.COMMIT_THEN_DROP, K.IGNORED_WRITE, K.GARBAGE, K.EMPTY, K.TRUNCATED, K.REDIRECT):
        yield from some(seed, kind, {})
    yield from some(seed, K.MASKED, {})
    yield from some(seed, K.EXTRA_FIELD, {})
    yield from some(seed, K.STATUS, *({"key": TOKEN, **more} for more in [*plain, *busy]))
    for kind in (K.DROP, K.COMMIT_THEN_DROP):
        yield from some(seed, kind, {"key": TOKEN})


def refusals(seed: int) -> Iterator[Fault]:
    """What ends a tenant, and seldom a whole run: too rare for much to be lost. And sequences that others set."""
    denied: Variants = [{"status": 401}, {"status": 403}, {"status": 403, "body": ErrorBody.PROBLEM}]
    yield from some(seed, K.STATUS, *denied)
    yield from some(seed, K.STATUS, *({"key": TOKEN, **more} for more in denied))
    yield from some(seed, K.STATUS, {"status": 403, "body": ErrorBody.HTML}, chance=0.001)
    for kind in (K.RIVAL, K.LOST_RACE):
        yield from some(seed, kind, {"key": ONCE, "value": {**SEQUENCE, "prefix": "RIVAL"}})


@dataclass
class Soak:
    """A fleet and everybody who works on it."""

    stand: Stand
    fuse: Fuse
    random: Random = field(default_factory=Random)
    late: dict[str, int] = field(default_factory=dict)
    """By tenant, the run before which its sequence comes into its file."""

    def begin(self, seed: int, tenants: int, restless: int, patience: float = PATIENCE) -> None:
        """Write every file. Half of the sequences come later; every fourth tenant asks for its tokens."""
        self.random.seed(seed)
        limits = {"read_timeout": patience, "connect_timeout": patience, "verify_timeout": patience / 2}
        self.stand.stage.settings(GATE_OPEN, limits=limits)
        self.stand.stage.canaries.add(OTHERS_SECRET)
        for number in range(tenants):
            tenant = f"shop-{number:03}"
            self.stand.stage.access(tenant, client=number % 4 == 0)
            self.late[tenant] = max(0, self.random.randint(-restless, restless))
            keys = {short: self.random.choice(values) for short, values in POOL.items()}
            self.stand.declare(tenant, keys if self.late[tenant] else {**keys, ONCE: SEQUENCE})

    def unrest(self, run: int) -> None:
        """Before a run: operators set most live values, and people change every third file."""
        for tenant, begins in self.late.items():
            for short in POOL:
                if self.random.random() < 0.6:
                    self._operate(tenant, short)
            keys = dict(self.stand.declared[tenant])
            if begins == run:
                keys[ONCE] = SEQUENCE
            if self.random.random() < 0.3:
                short = self.random.choice([*POOL])
                keys[short] = self.random.choice(POOL[short])
            if self.random.random() < 0.05:
                keys.pop(self.random.choice(RELEASABLE), None)
            if keys != self.stand.declared[tenant]:
                self.stand.declare(tenant, keys)

    def _operate(self, tenant: str, short: str) -> None:
        if self.random.random() < 0.05:
            self.stand.stage.sandbox.unset(tenant, short)
        else:
            self.stand.stage.sandbox.set_value(tenant, short, self.random.choice(live_values(short)))

    def run(self, *, doomed: bool) -> None:
        """Apply; `doomed`: SIGKILL while the sandbox is busy with some request."""
        process, start, wanted = self.stand.started("--allow-irreversible")
        if doomed:
            self.fuse.lit(self.random.randint(1, len(self.late) * 25), process.handle.kill)
        self.stand.ended(process, start, wanted)

    def play(self, runs: int, *, quiet: int, crashes: int) -> float:
        """So many runs under faults, the last ones `quiet`, and then one without; the share that it had left to do."""
        doomed = self.random.sample(range(runs - quiet), crashes)
        for run in range(runs):
            if 0 < run < runs - quiet:
                self.unrest(run)
            self.run(doomed=run in doomed)
        astray = len(self.stand.astray()) / len(self.stand.wanted())
        self.stand.converges("--allow-irreversible")
        return astray


@pytest.fixture
def soak(stage: Stage, tally: Tally, catalogue: Catalogue, fuse: Fuse) -> Soak:
    return Soak(Stand(stage, tally, catalogue, apart=True), fuse)


def test_a_small_fleet_comes_to_be_in_sync_whatever_fails(soak: Soak):
    """The quick part of the soak."""
    soak.begin(seed=0, tenants=20, restless=2, patience=0.3)
    for fault in weather(seed=0, patience=0.3):
        soak.stand.fault(fault)
    soak.play(4, quiet=1, crashes=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_a_large_fleet_comes_to_be_in_sync_whatever_fails(soak: Soak, tally: Tally, seed: int):
    """No kind of fault is left out, and all seeds together bring about as many as are promised."""
    soak.begin(seed, tenants=200, restless=13)
    for fault in weather(seed):
        soak.stand.fault(fault)
    assert soak.play(20, quiet=6, crashes=4) < 0.05, "faults or not, the runs come closer and closer"
    assert set(tally.faults) == set(K)
    assert tally.faults.total() >= LEAST / len(SEEDS)
    assert tally.crashes > 0


@pytest.mark.long
def test_a_fleet_whose_credentials_are_refused_now_and_then_comes_to_be_in_sync(soak: Soak):
    """401 and 403, of tenants, of the token endpoint, of the whole address; only foreign sequences stay."""
    soak.begin(seed=0, tenants=40, restless=7)
    for fault in [*refusals(seed=0), *weather(seed=0)]:
        soak.stand.fault(fault)
    soak.play(10, quiet=3, crashes=2)
