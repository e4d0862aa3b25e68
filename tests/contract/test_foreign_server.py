"""A campaign against WireMock, a Java server that we did not write and that breaks connections in its own ways.

A platform of stubs that remember what was stored (stateful.py) meets each kind of trouble that WireMock has, at each
request of an apply (troubles.py). The command line runs as a user's would; WireMock's own journal of requests and
its states are the witness of what it did (promise.py).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.model.key import Key
from reconciler.sandbox import RunningSandbox
from tests.campaigns.tally import Tally
from tests.contract.promise import broken, not_converged
from tests.contract.stateful import SECRET, SECRET_TEXT, Moment, declared, desired, destination, first, scenario, smooth
from tests.contract.troubles import FAULTS, KINDS, Case, Kind, quick_run, runs_of
from tests.contract.wiremock import Event, Stub, WireMock
from tests.journeys.stage import Result, Stage

pytestmark = [pytest.mark.node, pytest.mark.campaign("foreign server")]

loaded = load()
assert isinstance(loaded, Catalogue), str(loaded)
catalogue: Catalogue = loaded
FREE = tuple(key for key in catalogue.keys if not key.write_once and not key.write_after)
ONCE = tuple(key for key in catalogue.keys if key.write_once)
CALM = ("calm-1", "calm-2")
"""Tenants that declare every key and meet no trouble."""


@dataclass(frozen=True)
class Played:
    """One apply: its report, the requests that it made, and what was stored after it. By tenant and key's name."""

    result: Result
    events: Mapping[tuple[str, str], Sequence[Event]]
    stored: Mapping[tuple[str, str], str]
    strays: Sequence[Event]
    """Requests for no key of any tenant."""

    def outcomes(self) -> Mapping[tuple[str, str], Any]:
        return {
            (tenant["tenant"], key["key"]): key["outcome"]
            for tenant in self.result.report["tenants"]
            for key in tenant["keys"]
        }


@dataclass
class Campaign:
    """A configuration repository beside WireMock, and what is declared in it."""

    server: WireMock
    stage: Stage
    tally: Tally
    declared: dict[tuple[str, str], Key] = field(default_factory=dict)
    stubs: list[Stub] = field(default_factory=list)
    """Not yet added."""

    def declare(self, tenant: str, *keys: Key) -> None:
        """Declare the example of each key, of which WireMock will have something else."""
        document: dict[str, dict[str, Any]] = defaultdict(dict)
        for key in keys:
            document[key.group][key.short] = declared(key.example, key.schema)
            self.declared[tenant, key.name] = key
            self.stubs += smooth(tenant, self.server.static_token(tenant), key)
        self.stage.write(tenant, document)
        for place in filter(None, map(destination, keys)):
            self.stage.secret(tenant, SECRET, SECRET_TEXT, place)

    def apply(self) -> Played:
        self.server.forget()
        result = self.stage.run("apply", "--allow-irreversible")
        events: dict[tuple[str, str], list[Event]] = defaultdict(list)
        names = {key.path: key.name for key in catalogue.keys}
        for event in self.count():
            events[event.tenant, names.get(event.path, "")].append(event)
        states = self.server.states()
        stored = {
            (tenant, name): Moment(states[scenario(tenant, key)]).stored
            for (tenant, name), key in self.declared.items()
        }
        strays = [event for place, some in events.items() if place not in self.declared for event in some]
        return Played(result, events, stored, strays)

    def count(self) -> list[Event]:
        """Return the requests of a run, counted."""
        seen = self.server.journal()
        self.tally.runs += 1
        self.tally.requests += len(seen)
        self.tally.faults.update(event.notes["fault"] for event in seen if event.notes and "fault" in event.notes)
        return seen

    def violated(self, what: str) -> None:
        self.tally.violations.append(what)


def play(server: WireMock, folder: Path, tally: Tally, cases: Sequence[Case], *, alone: bool = False) -> None:
    """Carry all cases by one apply beside calm tenants; then remove the trouble, apply again, and plan.

    Each case has its tenant; unless `alone`, its key shares that with another one, which has no trouble of its own.
    """
    server.reset()
    # The stage wants origins and tokens of it, which any server can give.
    campaign = Campaign(server, Stage(folder, cast("RunningSandbox", server)), tally)
    campaign.stage.settings("[gate]\nmax_changed_percent = 100", limits={**cases[0].kind.limits, "concurrency": 64})
    for tenant in CALM:
        campaign.declare(tenant, *catalogue.keys)
    for case in cases:
        campaign.declare(case.tenant, case.key, *([] if alone else [_beside(case.key)]))
        campaign.stubs += case.stubs(server.static_token(case.tenant))
    server.add(campaign.stubs)
    carried = campaign.apply()
    _hold_promise(campaign, carried)
    _hold_endings(campaign, carried, cases)
    server.remove("fault")
    _hold_convergence(campaign, carried)


def _beside(key: Key) -> Key:
    """Return a key that shares the tenant: the last ordinary one that depends on nothing."""
    return next(other for other in reversed(FREE) if other is not key)


def _hold_promise(campaign: Campaign, carried: Played) -> None:
    outcomes = carried.outcomes()
    assert outcomes.keys() == campaign.declared.keys()
    for place, key in campaign.declared.items():
        for what in broken(key, outcomes[place], carried.events.get(place, ()), carried.stored[place]):
            campaign.violated(f"{_named(place)}: {what}")
    for stray in carried.strays:
        campaign.violated(f"{stray.tenant}: a {stray.method} of {stray.path}, which nobody asked for")
    good = all(outcome["status"] in {"applied", "unchanged"} for outcome in outcomes.values())
    if carried.result.exit_code != (0 if good else 1):
        campaign.violated(f"the exit code is {carried.result.exit_code}")


def _hold_endings(campaign: Campaign, carried: Played, cases: Sequence[Case]) -> None:
    outcomes = carried.outcomes()
    for case in cases:
        place = (case.tenant, case.key.name)
        ending, events = case.ending(), carried.events.get(place, ())
        if ending is None:
            continue
        posts = sum(event.method == "POST" for event in events)
        found = (outcomes[place]["status"], posts)
        if found != ending:
            campaign.violated(f"{_named(place)}: {found}, documented is {ending}: {outcomes[place]['detail']}")
        if not any(event.notes and "fault" in event.notes for event in events):
            campaign.violated(f"{_named(place)}: the fault never acted")
    if all(case.ending() for case in cases):
        for tenant in CALM:
            if carried.result.results()[tenant] != "applied":
                campaign.violated(f"{tenant} had no trouble, and ended as {carried.result.results()[tenant]}")


def _hold_convergence(campaign: Campaign, carried: Played) -> None:
    again = campaign.apply()
    statuses = {_named(place): outcome["status"] for place, outcome in again.outcomes().items()}
    posts = Counter(_named(place) for place, events in again.events.items() for one in events if one.method == "POST")
    before = {_named(place): stored for place, stored in carried.stored.items()}
    for what in not_converged(statuses, posts, before):
        campaign.violated(what)
    campaign.server.forget()
    planned = campaign.stage.run("plan", "--detailed-exitcode")
    seen = campaign.count()
    if planned.exit_code != 0 or planned.pending() or any(event.method != "GET" for event in seen):
        campaign.violated(f"the plan after the second apply ends with {planned.exit_code}: {planned.pending()}")


def _named(place: tuple[str, str]) -> str:
    return ":".join(place)


# The stubs are worth something.


@pytest.mark.parametrize("key", catalogue.keys, ids=lambda key: key.short)
def test_what_is_stored_at_first_fits_the_key_and_differs_from_what_is_declared(key: Key):
    """A new key of the catalogue gets its stubs by itself, or says here what its example lacks for that."""
    value = desired(key.example, key.schema)
    assert catalogue.fits(key, value)
    assert first(key) != value
    assert key.write_once or catalogue.fits(key, first(key))


# The campaign.


def test_connections_that_a_foreign_server_breaks_leave_an_ordinary_and_a_write_once_key_as_reported(
    server: WireMock, tmp_path: Path, tally: Tally
):
    """The quick part: every way in which WireMock breaks a connection, all of them in one apply."""
    play(server, tmp_path, tally, quick_run(FAULTS, (FREE[0], ONCE[0])), alone=True)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_whatever_a_foreign_server_does_the_report_is_true_and_the_next_apply_converges(
    server: WireMock, tmp_path: Path, tally: Tally, kind: Kind
):
    """All of it: each kind of trouble, at each request, for each key of the catalogue."""
    for number, cases in enumerate(runs_of(kind, catalogue.keys)):
        own = tmp_path / str(number)
        own.mkdir()
        play(server, own, tally, cases)
