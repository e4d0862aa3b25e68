"""`doctor` and the platform's limits: reckoned, for fleets of any size, and nothing sent."""

from typing import Any

import pytest

from reconciler.journeys.doctor.limits import BUDGET, RATE, limits
from reconciler.journeys.sharding import Budget, need
from reconciler.model.access import Limits
from reconciler.model.check import Check
from reconciler.model.words import Verdict


def reckoned(tenants: int, *, loopback: bool = False, **given: Any) -> dict[str, Check]:
    """The two checks of a fleet, by name."""
    fleet = {f"tenant-{number}": 6 for number in range(tenants)}
    return {check.check: check for check in limits(fleet, Limits(**given), loopback=loopback)}


def test_a_small_fleet_is_covered_at_once():
    """With the number of requests that `shards` reckons with."""
    check = reckoned(8)[BUDGET]
    budget = Budget(5000, 300, 300)
    planned = need({f"tenant-{number}": 6 for number in range(8)}, 0, budget)
    assert planned is not None
    assert check.status is Verdict.OK
    assert f"{planned.requests:,} requests" in check.detail


def test_a_fleet_beyond_the_budget_is_told_the_minutes_and_to_shard():
    """14,000 requests, 4,500 of them in each 5 minutes."""
    check = reckoned(2000)[BUDGET]
    assert check.status is Verdict.WARNING
    assert "14,000 requests" in check.detail
    assert "up to 20 min" in check.detail
    assert "reconciler shards --minutes" in check.hint


def test_a_fleet_that_no_run_gets_through_is_told_so():
    """A run has an end."""
    assert "A run ends after 1 min" in reckoned(2000, run_deadline=60.0)[BUDGET].detail
    assert "A run ends" not in reckoned(2000)[BUDGET].detail


def test_on_loopback_no_limit_holds():
    """As for the client."""
    assert reckoned(5000, loopback=True, tenant_rate=500.0)[BUDGET].status is Verdict.OK
    assert reckoned(5000, loopback=True, tenant_rate=500.0)[RATE].status is Verdict.OK


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param({"calls_per_window": 30_001}, BUDGET, id="calls"),
        pytest.param({"calls_per_window": 6_001, "window_seconds": 60.0}, BUDGET, id="calls-of-a-short-window"),
        pytest.param({"tenant_rate": 201.0}, RATE, id="rate"),
    ],
)
def test_limits_above_what_the_vendor_tells_of_are_warnings(given: dict[str, Any], name: str):
    """They would be answered with a block, or with 429s."""
    assert reckoned(1, **given)[name].status is Verdict.WARNING
    assert reckoned(1, calls_per_window=30_000, tenant_rate=200.0)[name].status is Verdict.OK
