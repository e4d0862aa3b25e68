"""Every kind of fault at every request of an apply of two tenants with six keys each, once and from there on.

The requests of a run are counted as they arrive. A kind that acts on POSTs (or GETs) alone is counted among those.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from reconciler.catalogue import Catalogue
from reconciler.sandbox import TOKEN, ErrorBody, Fault, FaultKind
from tests.campaigns.stand import GATE_OPEN, Stand
from tests.campaigns.tally import Tally
from tests.journeys.stage import QUICK, Stage

pytestmark = pytest.mark.campaign("fault matrix")

TENANTS = ("acme", "beta")
K = FaultKind
REQUESTS: Mapping[str, int] = {"*": 48, "GET": 36, "POST": 12}
"""Of a run without faults, by method: two tenants, six keys; GET to plan, and then GET, POST, GET."""
LAG = 0.05
TOO_SLOW = 1.0
LIMITS = {**QUICK, "read_timeout": 0.2, "connect_timeout": 0.2, "verify_timeout": 0.2}
"""A whole exchange may take connect_timeout + 2 x read_timeout = 0.6 s at most."""


@dataclass(frozen=True)
class Kind:
    """One column of the matrix."""

    name: str
    kind: FaultKind
    method: str = "*"
    more: Mapping[str, Any] = field(default_factory=dict)

    def fault(self, index: int, times: int | None, key: str = "*") -> Fault:
        return Fault(self.kind, key=key, method=self.method, after=index, times=times, **self.more)


def _status(status: int, **more: Any) -> Kind:
    return Kind(
        f"status-{status}" + "".join(f"-{value}" for value in more.values()), K.STATUS, "*", {"status": status, **more}
    )


def _written(status: int) -> Kind:
    return Kind(f"commit-then-{status}", K.COMMIT_THEN_STATUS, "POST", {"status": status})


KINDS = [
    *(_status(status) for status in (204, 301, 400, 401, 403, 404, 408, 409, 410, 418, 429, 500, 502, 504)),
    _status(403, body=ErrorBody.HTML),
    _status(403, body=ErrorBody.EMPTY),
    _status(429, retry_after="0"),
    _status(429, retry_after="3600"),
    _status(503, retry_after="0"),
    _status(503, body=ErrorBody.HTML),
    _status(500, body=ErrorBody.ECHO),
    Kind("drop", K.DROP),
    Kind("slow", K.DELAY, "*", {"seconds": LAG}),
    Kind("too-slow", K.DELAY, "*", {"seconds": TOO_SLOW}),
    Kind("late", K.LATE, "*", {"seconds": TOO_SLOW}),
    Kind("garbage", K.GARBAGE),
    Kind("empty", K.EMPTY),
    Kind("truncated", K.TRUNCATED),
    Kind("oversized", K.OVERSIZED, "*", {"size": 1_100_000}),
    Kind("redirect", K.REDIRECT),
    *(_written(status) for status in (400, 404, 408, 409, 429, 500, 503)),
    Kind("commit-then-drop", K.COMMIT_THEN_DROP, "POST"),
    Kind("lost-race", K.LOST_RACE, "POST"),
    Kind("ignored-write", K.IGNORED_WRITE, "POST"),
    Kind("rival", K.RIVAL, "GET"),
    Kind("masked", K.MASKED, "GET"),
    Kind("extra-field", K.EXTRA_FIELD, "GET"),
]


DRIFTED: Mapping[str, Any] = {
    "external_order_webhook": {"url": "https://old.acme.example/", "api_key": "canary-old", "timeout": 7},
    "external_oms": {"enabled": False},
    "on_hold_timer_duration": 60,
    "cancellation_allowed_from": ["store"],
    "big_sales_order": {"soft_limit_for_big_orders": 4},
}


@pytest.fixture
def stand(stage: Stage, tally: Tally, catalogue: Catalogue) -> Stand:
    """Two tenants; `beta` gets its tokens from the token endpoint."""
    stage.settings(GATE_OPEN, limits=LIMITS)
    made = Stand(stage, tally, catalogue)
    stage.access("beta", client=True)
    for tenant in TENANTS:
        made.declare(tenant)
    return made


def play(stand: Stand, kind: Kind, index: int, times: int | None, key: str = "*") -> None:
    """One cell: `acme` has nothing yet, `beta` has other values; the fault; the promise; a rerun."""
    stand.stage.sandbox.reset()
    stand.stage.canaries.add("canary-old")
    for short, value in DRIFTED.items():
        stand.stage.sandbox.set_value("beta", short, value)
    stand.fault(kind.fault(index, times, key))
    before = len(stand.tally.violations)
    late = TOO_SLOW + 0.2 if kind.kind is K.LATE else 0.0
    stand.apply("--allow-irreversible", stragglers=late)
    stand.converges("--allow-irreversible")
    cell = f"{kind.name} at {kind.method} {index}, {'once' if times else 'from there on'}"
    stand.tally.violations[before:] = [f"{cell}: {text}" for text in stand.tally.violations[before:]]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_fault_somewhere_in_the_run_leaves_a_true_report(stand: Stand, kind: Kind):
    """At one place for each kind, once or from there on: the quick part of the matrix."""
    number = zlib.crc32(kind.name.encode())
    play(stand, kind, number % REQUESTS[kind.method], 1 if number & 1024 else None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_fault_about_a_write_once_key_leaves_a_true_report(stand: Stand, kind: Kind):
    """The POST that can't be taken back, or its read-back, in both tenants: it is sent once at most."""
    (once,) = (key.name for key in stand.catalogue.keys if key.write_once)
    method = "POST" if kind.method == "*" else kind.method
    play(stand, replace(kind, method=method), 2 if method == "GET" else 0, None, once)


@pytest.mark.long
@pytest.mark.parametrize("times", [1, None], ids=["once", "from-there-on"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_fault_at_any_request_leaves_a_true_report(stand: Stand, kind: Kind, times: int | None):
    """The whole matrix, one request further each time; the last cells reach the retries of earlier requests."""
    for index in range(REQUESTS[kind.method]):
        play(stand, kind, index, times)


TOKEN_KINDS = [kind for kind in KINDS if kind.method == "*"]


@pytest.mark.parametrize("kind", TOKEN_KINDS, ids=lambda kind: kind.name)
def test_a_fault_of_the_token_endpoint_leaves_a_true_report(stand: Stand, kind: Kind):
    """A token is asked for once; without one its tenant is not written, and the other is not held up."""
    play(stand, kind, 0, None, TOKEN)


@pytest.mark.long
@pytest.mark.parametrize("kind", TOKEN_KINDS, ids=lambda kind: kind.name)
def test_a_fault_of_the_token_endpoint_that_passes_leaves_a_true_report(stand: Stand, kind: Kind):
    """The same, once."""
    play(stand, kind, 0, 1, TOKEN)


def test_a_run_without_faults_has_as_many_requests_as_the_matrix_has_places(stand: Stand):
    """So no place is left out when apply comes to ask more, or less."""
    stand.apply("--allow-irreversible")
    entries = stand.stage.log()
    assert {method: sum(method in {"*", entry.method} for entry in entries) for method in REQUESTS} == REQUESTS
