"""Desired and live side by side: what a planned change shows, for two tenants and every kind of key."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.key import Key
from reconciler.model.live import Live
from reconciler.model.plan import Change, FieldChange, Planned
from reconciler.model.problem import Problem
from reconciler.model.tenant import BoundSecret, Source
from reconciler.model.values import ABSENT, Secret, SecretRef
from reconciler.model.words import Action, Cause, LiveState, Reason
from tests.planning.making import (
    DATE,
    HOOK,
    NUMBERS,
    PAIR,
    PLACES,
    REF,
    SEALED,
    SECRETS,
    SWITCH,
    TIMER,
    UNKNOWN_KEY,
    UNREADABLE,
    UNSET,
    ambiguous,
    default_of,
    plan_of,
    planned,
    set_to,
)

HOOK_WANTED: Mapping[str, Any] = {"url": "https://hook.example", "api_key": REF}
HOOK_RIGHT: Mapping[str, Any] = {"url": "https://hook.example", "api_key": "canary-hook", "timeout": 15.0}
HOOK_WRONG: Mapping[str, Any] = {**HOOK_RIGHT, "api_key": "canary-old"}
HOOK_MASKED: Mapping[str, Any] = {**HOOK_RIGHT, "api_key": "********"}
HOOK_SHOWN = {"url": "https://hook.example", "api_key": {"sensitive": True}, "timeout": 15}
HOOK_AFTER = {"url": "https://hook.example", "api_key": {"secret": "HOOK"}, "timeout": 15}
FIRST: Mapping[str, Any] = {"prefix": "NS", "start": 1}
OTHER: Mapping[str, Any] = {"prefix": "EU", "start": 1}
Planning = Callable[[], Planned]


def plan(key: Key, value: Any, live: Live, **more: Any) -> Planning:
    """Say how to plan a key; it is planned when the test runs, not when the table is read."""
    return partial(planned, key, value, live, **more)


def test_an_update_shows_both_sides_and_where_it_comes_from():
    """Everything that a report says of a change is in the change."""
    item = planned(TIMER, 2, set_to(TIMER, 1))

    assert item.change == Change(
        key="orders.timer",
        action=Action.UPDATE,
        reason=Reason.DIFFERS,
        after=2,
        source=Source("tenants/acme.yaml", 2, 3),
        before=1,
        cause=Cause.UNKNOWN,
        changes=(FieldChange("", 1, 2),),
        live_updated_at=DATE,
    )
    assert item == Planned(item.change, TIMER, 2, set_to(TIMER, 1))


@pytest.mark.parametrize(
    ("plan_it", "action", "reason", "before", "fields"),
    [
        pytest.param(plan(TIMER, 2, UNSET), "create", "unset", ABSENT, 1, id="unset"),
        pytest.param(plan(TIMER, 2, set_to(TIMER, 2.0)), "no-op", "in-sync", 2, 0, id="equal"),
        pytest.param(plan(TIMER, 1, set_to(TIMER, True)), "update", "differs", True, 1, id="true-is-not-1"),
        pytest.param(plan(TIMER, 2, default_of(TIMER, 1)), "update", "default-differs", 1, 1, id="default"),
        pytest.param(plan(TIMER, 2, default_of(TIMER, 2)), "no-op", "in-sync", 2, 0, id="default-equal"),
        pytest.param(plan(TIMER, 2, UNKNOWN_KEY), "unreadable", "unknown-key", ABSENT, 0, id="404"),
        pytest.param(plan(TIMER, 2, UNREADABLE), "unreadable", "read-failed", ABSENT, 0, id="503"),
        pytest.param(
            plan(PLACES, ["store", "dc"], set_to(PLACES, ["dc", "store"])),
            "no-op",
            "in-sync",
            ("dc", "store"),
            0,
            id="set-in-another-order",
        ),
        pytest.param(plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_RIGHT)), "no-op", "in-sync", HOOK_SHOWN, 0, id="secret"),
        pytest.param(
            plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_WRONG)),
            "update",
            "differs",
            HOOK_SHOWN,
            1,
            id="secret-differs",
        ),
        pytest.param(
            plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_MASKED)), "no-op", "not-comparable", HOOK_SHOWN, 0, id="masked"
        ),
        pytest.param(
            plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_MASKED), rewrite=(HOOK,)),
            "update",
            "not-comparable",
            HOOK_SHOWN,
            1,
            id="masked-rewrite",
        ),
        pytest.param(
            plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_RIGHT), secrets={}),
            "no-op",
            "not-comparable",
            HOOK_SHOWN,
            0,
            id="secret-not-at-hand",
        ),
        pytest.param(
            plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_RIGHT), rewrite=(HOOK,)),
            "no-op",
            "in-sync",
            HOOK_SHOWN,
            0,
            id="rewrite-of-what-is-equal",
        ),
        pytest.param(plan(NUMBERS, FIRST, UNSET), "create", "unset", ABSENT, 2, id="first-set"),
        pytest.param(
            plan(NUMBERS, FIRST, set_to(NUMBERS, FIRST)), "no-op", "write-once-set", FIRST, 0, id="once-equal"
        ),
        pytest.param(
            plan(NUMBERS, FIRST, set_to(NUMBERS, OTHER)),
            "blocked",
            "write-once-differs",
            OTHER,
            1,
            id="once-differs",
        ),
        pytest.param(
            plan(NUMBERS, FIRST, set_to(NUMBERS, OTHER), rewrite=(NUMBERS,), assume_unset=(NUMBERS,)),
            "blocked",
            "write-once-differs",
            OTHER,
            1,
            id="no-flag-unblocks",
        ),
        pytest.param(
            plan(NUMBERS, FIRST, ambiguous(NUMBERS, date=DATE)),
            "unreadable",
            "ambiguous",
            ABSENT,
            0,
            id="once-empty-dated",
        ),
        pytest.param(
            plan(NUMBERS, FIRST, ambiguous(NUMBERS, OTHER)), "unreadable", "ambiguous", OTHER, 0, id="once-undated"
        ),
        pytest.param(
            plan(NUMBERS, FIRST, ambiguous(NUMBERS, OTHER), assume_unset=(NUMBERS,)),
            "create",
            "ambiguous",
            ABSENT,
            2,
            id="assumed-unset",
        ),
        pytest.param(
            plan(SEALED, {"pin": REF}, set_to(SEALED, {"pin": "***"}), rewrite=(SEALED,)),
            "no-op",
            "not-comparable",
            {"pin": {"sensitive": True}},
            0,
            id="once-masked",
        ),
    ],
)
def test_the_change_that_is_planned(plan_it: Planning, action: str, reason: str, before: object, fields: int):
    """Action, reason and before of every kind of answer; fields are listed only where something would change."""
    item = plan_it()
    change = item.change

    assert (change.action.value, change.reason.value) == (action, reason)
    assert repr(change.before) == repr(before)
    assert len(change.changes) == fields
    assert change.irreversible is (change.write_once and change.action is Action.CREATE)
    assert change.write_once is item.key.write_once
    assert "canary" not in repr(item)


def test_a_rewrite_lists_the_secret_that_it_sends():
    """A reader sees which field is sent, though nobody can tell whether it differs."""
    item = planned(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_MASKED), rewrite=(HOOK,))

    assert item.change.changes == (FieldChange("/api_key", {"sensitive": True}, {"secret": "HOOK"}, sensitive=True),)
    assert item.rewrite
    assert not item.assume_unset


def test_a_masked_secret_beside_a_field_that_differs_is_not_said_to_differ():
    """The update is for the field; of the secret nothing is known."""
    item = planned(HOOK, {**HOOK_WANTED, "timeout": 20}, set_to(HOOK, HOOK_MASKED))

    assert item.change.changes == (FieldChange("/timeout", 15, 20),)


@pytest.mark.parametrize(
    ("live", "drops"),
    [
        pytest.param(set_to(HOOK, {**HOOK_WRONG, "new": 1, "a/b": 2}), ("/a~1b", "/new"), id="update"),
        pytest.param(set_to(HOOK, {**HOOK_RIGHT, "new": 1}), (), id="no-op"),
        pytest.param(set_to(HOOK, HOOK_WRONG), (), id="nothing-unknown"),
    ],
)
def test_a_change_says_which_live_fields_it_would_drop(live: Live, drops: tuple[str, ...]):
    """Unknown live fields don't count as a difference; renderers warn of what a POST would drop, from the pointers."""
    change = planned(HOOK, HOOK_WANTED, live).change

    assert change.drops == drops
    assert change.warnings == ()


MASKS = (
    "The platform masks /api_key: whether it is the declared secret can't be told. To send it again: --rewrite"
    " acme:hook"
)
MISSING = (
    "The secret HOOK is not in this tenant's credentials. Add it under `secrets`, with the origin that it is `for`."
)
ELSEWHERE_SAID = (
    "The secret HOOK is for https://other.example, but would be sent beside https://hook.example. Correct the URL in"
    " the file, or bind the secret to the new origin in the credentials."
)
ELSEWHERE = {"HOOK": BoundSecret(Secret("canary-hook"), "https://other.example")}
WARNED: list[tuple[str, Planning, list[str]]] = [
    ("in-sync", plan(TIMER, 2, set_to(TIMER, 2)), []),
    ("masked", plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_MASKED)), [MASKS]),
    ("masked-rewritten", plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_MASKED), rewrite=(HOOK,)), []),
    (
        "two-masked-and-one-missing",
        plan(
            PAIR,
            {"one": REF, "two": REF, "zero": SecretRef("NONE")},
            set_to(PAIR, {"one": "***", "two": "***", "zero": "***"}),
        ),
        [MISSING.replace("HOOK", "NONE"), MASKS.replace("/api_key", "/one, /two").replace("hook", "pair")],
    ),
    (
        "missing-and-unreadable",
        plan(HOOK, HOOK_WANTED, UNREADABLE, secrets={}),
        [MISSING, "503 from a gateway."],
    ),
    (
        "masked-write-once",
        plan(SEALED, {"pin": REF}, set_to(SEALED, {"pin": "***"})),
        ["The platform masks /pin: whether it is the declared secret can't be told."],
    ),
    ("wrong", plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_WRONG)), []),
    (
        "not-at-hand",
        plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_RIGHT), secrets={}),
        [MISSING],
    ),
    (
        "not-at-hand-and-masked",
        plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_MASKED), secrets={}),
        [MISSING],
    ),
    (
        "not-at-hand-and-unset",
        plan(HOOK, HOOK_WANTED, UNSET, secrets={}),
        [MISSING],
    ),
    (
        "for-another-origin",
        plan(HOOK, HOOK_WANTED, set_to(HOOK, HOOK_RIGHT), secrets=ELSEWHERE),
        [ELSEWHERE_SAID],
    ),
    ("read-failed", plan(TIMER, 2, UNREADABLE), ["503 from a gateway."]),
    ("unknown-key", plan(TIMER, 2, UNKNOWN_KEY), ["404: no such key."]),
    ("without-a-detail", plan(TIMER, 2, Live(LiveState.UNREADABLE)), []),
    ("a-detail-of-what-is-fine", plan(TIMER, 2, Live(LiveState.UNSET, detail="fine")), []),
    ("ambiguous", plan(NUMBERS, FIRST, ambiguous(NUMBERS)), ["Nobody can tell."]),
    (
        "assumed-empty",
        plan(NUMBERS, FIRST, ambiguous(NUMBERS, date=DATE), assume_unset=(NUMBERS,)),
        [
            "Nobody can tell.",
            f"Assumed unset (--assume-unset), though the platform answers an empty value with the date {DATE}.",
        ],
    ),
    (
        "assumed-with-a-value",
        plan(NUMBERS, FIRST, ambiguous(NUMBERS, {"prefix": "Ü"}), assume_unset=(NUMBERS,)),
        [
            "Nobody can tell.",
            'Assumed unset (--assume-unset), though the platform answers {"prefix": "Ü"} without a date.',
        ],
    ),
    (
        "assumed-though-unset",
        plan(NUMBERS, FIRST, UNSET, assume_unset=(NUMBERS,)),
        ["--assume-unset has no effect here: the live value is not ambiguous."],
    ),
    (
        "assumed-though-not-write-once",
        plan(TIMER, 2, ambiguous(TIMER), assume_unset=(TIMER,)),
        ["Nobody can tell.", "--assume-unset has no effect here: the live value is not ambiguous."],
    ),
    (
        "rewrite-of-a-write-once-key",
        plan(NUMBERS, FIRST, set_to(NUMBERS, FIRST), rewrite=(NUMBERS,)),
        ["--rewrite has no effect on a write-once key."],
    ),
    (
        "rewrite-of-what-is-known-to-be-equal",
        plan(TIMER, 2, set_to(TIMER, 2), rewrite=(TIMER,)),
        ["--rewrite has no effect here: the platform masks nothing of it, and it is as declared."],
    ),
    ("rewrite-of-what-differs", plan(TIMER, 2, set_to(TIMER, 3), rewrite=(TIMER,)), []),
]


@pytest.mark.parametrize(("plan_it", "warnings"), [row[1:] for row in WARNED], ids=[row[0] for row in WARNED])
def test_a_change_warns_of_what_a_reader_must_know(plan_it: Planning, warnings: list[str]):
    """What could not be compared, what would not be sent, what was assumed: each said once, with what to do."""
    said = plan_it().change.warnings

    assert list(said) == warnings
    assert "canary" not in repr(said)


def test_keys_are_planned_in_write_order_and_predecessors_are_named():
    """The switch waits for the hook that it needs; the write-once key goes last."""
    plan = plan_of(
        "acme",
        (NUMBERS, FIRST, UNSET),
        (TIMER, 2, UNSET),
        (SWITCH, {"enabled": True}, UNSET),
        (HOOK, HOOK_WANTED, UNSET),
    )
    off = plan_of("bolt", (SWITCH, {"enabled": False}, UNSET), (HOOK, HOOK_WANTED, UNSET))

    assert [item.key.short for item in plan.items] == ["hook", "switch", "timer", "numbers"]
    assert plan.predecessors["orders.switch"] == ("orders.hook",)
    assert [item.key.short for item in off.items] == ["switch", "hook"]
    assert off.predecessors == {"orders.hook": ("orders.switch",), "orders.switch": ()}


def test_a_plan_carries_its_tenant_file_origin_and_problems():
    """Two tenants, each with its own; nothing of one is in the other."""
    problem = Problem("tenants/acme.yaml", 1, 1, "", "rule/x", "m")
    acme = plan_of("acme", (TIMER, 2, UNSET), problems=(problem,))
    bolt = plan_of("bolt")

    assert (acme.tenant, acme.file, acme.origin) == ("acme", "tenants/acme.yaml", "https://acme.example")
    assert acme.problems == (problem,)
    assert (bolt.tenant, bolt.file, bolt.origin) == ("bolt", "tenants/bolt.yaml", "https://bolt.example")
    assert (bolt.items, bolt.predecessors, bolt.problems) == ((), {}, ())


def test_what_was_asked_for_one_key_is_nothing_to_another():
    """--rewrite and --assume-unset name a key, and mean it."""
    plan = plan_of(
        "acme",
        (SEALED, {"pin": REF}, ambiguous(SEALED)),
        (NUMBERS, FIRST, ambiguous(NUMBERS)),
        (HOOK, HOOK_WANTED, set_to(HOOK, HOOK_MASKED)),
        assume_unset=(NUMBERS,),
        rewrite=(TIMER,),
    )

    assert {item.key.short: item.change.action.value for item in plan.items} == {
        "hook": "no-op",
        "numbers": "create",
        "sealed": "unreadable",
    }


lives = st.sampled_from(
    [UNSET, UNREADABLE, UNKNOWN_KEY, set_to(TIMER, 1), set_to(TIMER, 2), default_of(TIMER, 1), ambiguous(TIMER)]
)


@settings(max_examples=60, deadline=None)
@given(lives, lives, st.booleans())
def test_planning_twice_plans_the_same(one: Live, other: Live, flag: bool):
    """The same state gives the same plan, however the keys were listed."""
    assumed, rewritten = ((NUMBERS,), (TIMER,)) if flag else ((), ())
    first = plan_of("acme", (TIMER, 2, one), (NUMBERS, 1, other), assume_unset=assumed, rewrite=rewritten)
    second = plan_of("acme", (NUMBERS, 1, other), (TIMER, 2, one), assume_unset=assumed, rewrite=rewritten)

    assert first == second
    assert repr(first) == repr(second)


def test_a_reference_to_another_name_is_compared_by_what_it_stands_for():
    """Renaming a secret in the credentials is no change of the live value."""
    renamed = {"NEW": SECRETS["HOOK"]}
    item = planned(HOOK, {**HOOK_WANTED, "api_key": SecretRef("NEW")}, set_to(HOOK, HOOK_RIGHT), secrets=renamed)

    assert item.change.action is Action.NO_OP
    assert item.change.after == {**HOOK_AFTER, "api_key": {"secret": "NEW"}}
