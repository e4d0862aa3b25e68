"""Which side moved: every row of the truth table, and what holds of all rows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.key import Key
from reconciler.model.live import Live
from reconciler.model.normal import normalise
from reconciler.model.policy import Drift
from reconciler.model.tenant import Values
from reconciler.model.values import SecretRef
from reconciler.model.words import Cause
from reconciler.planning.gate import HELD_DRIFT, approve
from reconciler.planning.review import Reviewed
from tests.planning.making import (
    HOOK,
    NUMBERS,
    PLACES,
    REF,
    SWITCH,
    TIMER,
    UNKNOWN_KEY,
    UNREADABLE,
    UNSET,
    ambiguous,
    default_of,
    fleet,
    plan_file,
    plan_of,
    policy,
    set_to,
)

NOT_DECLARED: Any = object()
URL = "https://hook.example"
RIGHT = "canary-hook"
OTHER_REF = SecretRef("OTHER")


def hook(url: str = URL, api_key: Any = REF, **more: Any) -> Mapping[str, Any]:
    return {"url": url, "api_key": api_key, **more}


def told(key: Key, base: Any, now: Any, live: Live) -> Cause:
    values = {} if base is NOT_DECLARED else {key.name: normalise(base, key.schema)}
    (item,) = plan_of("acme", (key, now, live), base=values).items
    return item.change.cause


@pytest.mark.parametrize(
    ("key", "base", "now", "live", "cause"),
    [
        pytest.param(TIMER, NOT_DECLARED, 2, UNSET, "declared", id="newly-declared-and-unset"),
        pytest.param(TIMER, NOT_DECLARED, 2, set_to(TIMER, 1), "declared", id="newly-declared-over-a-value"),
        pytest.param(TIMER, NOT_DECLARED, 2, set_to(TIMER, 2), "declared", id="newly-declared-as-it-is-live"),
        pytest.param(TIMER, NOT_DECLARED, 2, UNREADABLE, "declared", id="newly-declared-and-unreadable"),
        pytest.param(TIMER, 1, 2, set_to(TIMER, 1), "declared", id="edited"),
        pytest.param(TIMER, 1, 2, default_of(TIMER, 1), "declared", id="edited-from-the-platform-s-default"),
        pytest.param(TIMER, 1, 2, set_to(TIMER, 2), "declared", id="edited-and-live-is-there-already"),
        pytest.param(TIMER, 1, 2, UNREADABLE, "declared", id="edited-and-unreadable"),
        pytest.param(TIMER, 1, 2, UNKNOWN_KEY, "declared", id="edited-and-unknown-to-the-platform"),
        pytest.param(TIMER, 1, 2, set_to(TIMER, 3), "both", id="edited-and-moved"),
        pytest.param(TIMER, 1, 2, default_of(TIMER, 3), "both", id="edited-over-another-default"),
        pytest.param(TIMER, 1, 2, UNSET, "both", id="edited-before-it-was-ever-applied"),
        pytest.param(TIMER, 2, 2, set_to(TIMER, 2), "unknown", id="nothing-moved"),
        pytest.param(TIMER, 2, 2, UNREADABLE, "unknown", id="the-same-and-unreadable"),
        pytest.param(TIMER, 2, 2, UNKNOWN_KEY, "unknown", id="the-same-and-unknown-to-the-platform"),
        pytest.param(TIMER, 2, 2, set_to(TIMER, 3), "drift", id="moved"),
        pytest.param(TIMER, 2, 2, default_of(TIMER, 3), "drift", id="the-same-over-another-default"),
        pytest.param(TIMER, 2, 2, UNSET, "drift", id="the-same-and-never-applied"),
        pytest.param(TIMER, 2.0, 2, set_to(TIMER, 3), "drift", id="2.0-is-2"),
        pytest.param(TIMER, True, 1, set_to(TIMER, 1), "declared", id="true-is-not-1"),
        pytest.param(PLACES, ["a", "b"], ["b", "a"], set_to(PLACES, ["b", "a"]), "unknown", id="a-set-has-no-order"),
        pytest.param(PLACES, ["a", "b"], ["b", "a"], set_to(PLACES, ["b"]), "drift", id="a-set-has-moved"),
        pytest.param(
            HOOK, hook(), hook(timeout=15), set_to(HOOK, hook(api_key="x", timeout=9)), "drift", id="defaults"
        ),
        pytest.param(HOOK, hook(), hook(timeout=9), set_to(HOOK, hook(api_key="x")), "declared", id="default-at-base"),
        pytest.param(HOOK, hook(), hook(), set_to(HOOK, hook(api_key="x")), "drift", id="a-secret-alone-differs"),
        pytest.param(HOOK, hook(), hook(), set_to(HOOK, hook(api_key=RIGHT)), "unknown", id="a-secret-is-the-same"),
        pytest.param(HOOK, hook(), hook(), set_to(HOOK, hook(api_key="***")), "unknown", id="a-secret-is-masked"),
        pytest.param(HOOK, hook(), hook(), set_to(HOOK, hook("u", "x")), "drift", id="moved-and-a-secret-differs"),
        pytest.param(HOOK, hook(), hook(), set_to(HOOK, {"url": URL}), "drift", id="a-secret-is-not-there"),
        pytest.param(
            HOOK, hook(api_key=OTHER_REF), hook(), set_to(HOOK, hook(api_key="x")), "declared", id="another-reference"
        ),
        pytest.param(
            HOOK, hook("o", OTHER_REF), hook(), set_to(HOOK, hook("u", "x")), "both", id="another-reference-and-moved"
        ),
        pytest.param(
            HOOK, hook("o"), hook(), set_to(HOOK, hook(api_key="x")), "declared", id="live-is-there-but-for-a-secret"
        ),
        pytest.param(NUMBERS, {"start": 1}, {"start": 2}, set_to(NUMBERS, {"start": 1}), "declared", id="once-edited"),
        pytest.param(NUMBERS, {"start": 1}, {"start": 1}, set_to(NUMBERS, {"start": 2}), "drift", id="once-moved"),
        pytest.param(NUMBERS, {"start": 1}, {"start": 1}, ambiguous(NUMBERS, {"start": 2}), "unknown", id="ambiguous"),
        pytest.param(NUMBERS, {"start": 1}, {"start": 2}, ambiguous(NUMBERS), "declared", id="ambiguous-and-edited"),
    ],
)
def test_a_cause_is_its_row_s(key: Key, base: Any, now: Any, live: Live, cause: str):
    """One row of the table, or one way to get into it."""
    assert told(key, base, now, live) == cause


@pytest.mark.parametrize("live", [UNSET, UNREADABLE, set_to(TIMER, 1), set_to(TIMER, 2), default_of(TIMER, 3)])
def test_without_a_base_every_cause_is_unknown(live: Live):
    """Nobody can tell, whatever is live."""
    (item,) = plan_of("acme", (TIMER, 2, live), base=None).items
    assert item.change.cause is Cause.UNKNOWN


def test_a_null_at_the_base_is_not_an_undeclared_key():
    """None is a value."""
    assert told(TIMER, None, None, set_to(TIMER, 1)) is Cause.DRIFT


NUMBER = st.integers(0, 2)
LIVE = st.one_of(
    st.sampled_from([UNSET, UNREADABLE, UNKNOWN_KEY]),
    NUMBER.map(lambda number: set_to(TIMER, number)),
    NUMBER.map(lambda number: default_of(TIMER, number)),
)


@given(base=st.none() | NUMBER, now=NUMBER, live=LIVE)
def test_a_change_is_this_revision_s_exactly_if_git_wants_something_else_now(base: int | None, now: int, live: Live):
    """And where there is a change, there is a cause: drift, if git wants the same."""
    cause = told(TIMER, NOT_DECLARED if base is None else base, now, live)
    assert (cause in {Cause.DECLARED, Cause.BOTH}) == (base != now)
    (item,) = plan_of("acme", (TIMER, now, live)).items
    assert (cause is Cause.UNKNOWN) == (base == now and not item.change.action.writes)


@given(base=NUMBER, now=NUMBER, live=LIVE)
def test_a_cause_is_all_that_a_base_changes_in_a_plan(base: int, now: int, live: Live):
    """So what was reviewed with a base can be applied without, and the other way round."""
    plain = plan_of("acme", (TIMER, now, live))
    based = plan_of("acme", (TIMER, now, live), base={TIMER.name: base})
    causes = [item.change.cause for item in based.items]
    assert causes == [told(TIMER, base, now, live)]
    items = tuple(replace(item, change=replace(item.change, cause=Cause.UNKNOWN)) for item in based.items)
    assert replace(based, items=items) == plain


@given(base=NUMBER, now=NUMBER, live=LIVE, drift=st.sampled_from(Drift))
def test_what_is_drift_alone_is_held_exactly_under_report(base: int, now: int, live: Live, drift: Drift):
    """Everything else that would be written may be: the gate has no other reason here."""
    plan = plan_of("acme", (TIMER, now, live), base={TIMER.name: base})
    (change,) = (item.change for item in plan.items)
    (approved,) = approve(fleet(plan), policy(drift=drift)).tenants
    held = drift is Drift.REPORT and change.cause is Cause.DRIFT
    assert approved.held == ({TIMER.name: HELD_DRIFT} if held else {})


def test_what_a_person_asks_for_by_name_is_not_held():
    """Whoever says --rewrite, or vouches with --assume-unset, must not be told that drift is only reported."""
    hooked, numbered = normalise(hook(), HOOK.schema), {"start": 1}
    base: Values = {HOOK.name: hooked, NUMBERS.name: numbered}
    for text in ("********", "canary-other"):
        asked = plan_of(
            "acme",
            (HOOK, hook(), set_to(HOOK, hook(api_key=text))),
            (NUMBERS, numbered, ambiguous(NUMBERS)),
            base=base,
            rewrite=(HOOK,),
            assume_unset=(NUMBERS,),
        )
        assert {item.change.cause for item in asked.items if item.change.action.writes} == {Cause.DRIFT}
        reviewed = Reviewed.of([plan_file(asked)])
        assert approve(fleet(asked), policy(drift=Drift.REPORT, reviewed=reviewed)).tenants[0].held == {}


def test_a_secret_that_was_exchanged_is_held_until_it_is_asked_for():
    """Nobody can tell whether the credentials or the platform has the right one."""
    plan = plan_of(
        "acme", (HOOK, hook(), set_to(HOOK, hook(api_key="x"))), base={HOOK.name: normalise(hook(), HOOK.schema)}
    )
    assert approve(fleet(plan), policy(drift=Drift.REPORT)).tenants[0].held == {HOOK.name: HELD_DRIFT}


def test_each_key_is_held_against_its_own_value_at_the_base():
    """Two keys of a tenant, of which one was edited."""
    plan = plan_of(
        "acme",
        (TIMER, 2, set_to(TIMER, 3)),
        (SWITCH, {"enabled": True}, set_to(SWITCH, {"enabled": False})),
        base={TIMER.name: 2, SWITCH.name: {"enabled": False}},
    )
    assert {item.key.name: item.change.cause for item in plan.items} == {
        TIMER.name: Cause.DRIFT,
        SWITCH.name: Cause.DECLARED,
    }
