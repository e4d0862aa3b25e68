"""Undo: the values from before of what a run changed, and every loss by name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, TenantPlan
from reconciler.model.report import KeyReport, TenantReport
from reconciler.model.values import ABSENT, Json
from reconciler.model.words import Action, Reason, Status
from reconciler.planning.undo import Undo, changed, undo_of
from tests.planning.making import (
    HOOK,
    HOOK_URL,
    NUMBERS,
    PAIR,
    PLACES,
    REF,
    TIMER,
    UNSET,
    ambiguous,
    change,
    default_of,
    plan_of,
    set_to,
    tenant_report,
)

DONE = Outcome(Status.APPLIED, verified=True, attempts=1)
NAMED = {"secret": "HOOK"}
WANTED = {"url": HOOK_URL, "api_key": REF, "timeout": 20}


def after(*plans: TenantPlan, outcome: Outcome = DONE) -> tuple[TenantReport, ...]:
    """Return what an apply reports, in which every key that was to be written came to this end."""
    ends = {True: outcome, False: Outcome(Status.UNCHANGED)}
    return tuple(
        replace(report, keys=tuple(replace(key, outcome=ends[key.change.action.writes]) for key in report.keys))
        for report in map(tenant_report, plans)
    )


Made = Callable[[], Undo]
"""Made by the test that looks at it: what is made when the tests are collected is no test's, and mutants live there."""


def of_one(key: Any, desired: Any, live: Any, **more: Any) -> Made:
    """Return what makes the undo of a run that wrote one key of one tenant."""
    return lambda: undo_of(after(plan_of("acme", (key, desired, live), **more)))


def by_hand(before: Json, wanted: Json, **more: Any) -> Made:
    """Return what makes the undo of a change that no plan here would make."""

    def made() -> Undo:
        odd: Change = replace(change(before=before, after=wanted), **more)
        (tenant,) = after(plan_of("acme", (TIMER, 2, set_to(TIMER, 1))))
        return undo_of([replace(tenant, keys=(KeyReport(odd, DONE),))])

    return made


ARRIVED = {
    "applied": (Status.APPLIED, 1, True),
    "applied by a post that nobody counted": (Status.APPLIED, 0, True),
    "unknown": (Status.UNKNOWN, 1, True),
    "cut off in flight": (Status.UNKNOWN, 0, True),
    "failed": (Status.FAILED, 1, True),
    "failed before it was sent": (Status.FAILED, 0, False),
    "rejected": (Status.REJECTED, 1, False),
    "rejected after one that was lost": (Status.REJECTED, 2, True),
    "skipped": (Status.SKIPPED, 0, False),
    "skipped after one that was lost": (Status.SKIPPED, 1, True),
    "unchanged": (Status.UNCHANGED, 0, False),
    "not attempted": (Status.NOT_ATTEMPTED, 0, False),
}


@pytest.mark.parametrize(("status", "posts", "wanted"), ARRIVED.values(), ids=list(ARRIVED))
def test_what_may_have_arrived_is_undone_and_nothing_else(status: Status, posts: int, wanted: bool):
    """Restoring what is still live changes nothing; leaving out what changed would be a lie."""
    plans = [plan_of(name, (TIMER, 2, set_to(TIMER, 1))) for name in ("bolt", "acme")]
    reports = after(*plans, outcome=Outcome(status, attempts=posts))
    undo = undo_of(reports)
    assert undo.tenants == ({name: {"orders": {"timer": 1}} for name in ("acme", "bolt")} if wanted else {})
    assert list(undo.tenants) == sorted(undo.tenants)
    assert undo.not_restorable == ()
    assert changed(reports[0].keys[0]) is wanted


def test_keys_that_were_not_to_be_written_are_not_in_it():
    """In sync, blocked, unreadable, or without an outcome: nothing was done to them."""
    plan = plan_of("acme", (TIMER, 1, set_to(TIMER, 1)), (NUMBERS, {"start": 1}, set_to(NUMBERS, {"start": 2})))
    assert undo_of(after(plan)) == Undo({}, ())
    assert undo_of([tenant_report(plan_of("acme", (TIMER, 2, set_to(TIMER, 1))))]) == Undo({}, ())


LOSSES: Mapping[str, tuple[Made, Json, str]] = {
    "unset": (of_one(TIMER, 2, UNSET), None, "orders.timer: it was unset, and a key that has been set stays set"),
    "write-once": (
        of_one(NUMBERS, {"start": 1}, UNSET),
        None,
        "orders.numbers: it was unset, and can be set only once",
    ),
    "write-once, assumed unset": (
        of_one(NUMBERS, {"start": 1}, ambiguous(NUMBERS, {"start": 1}), assume_unset=(NUMBERS,)),
        None,
        "can be set only once",
    ),
    "secret replaced": (
        of_one(HOOK, WANTED, set_to(HOOK, {**WANTED, "api_key": "canary-old"})),
        None,
        "orders.hook: the secret at /api_key changed",
    ),
    "masked secret sent again": (
        of_one(HOOK, WANTED, set_to(HOOK, {**WANTED, "api_key": "*****"}), rewrite=(HOOK,)),
        None,
        "the secret at /api_key changed",
    ),
    "secret dropped": (
        of_one(PAIR, {"one": REF}, set_to(PAIR, {"one": "canary-hook", "two": "canary-two"})),
        None,
        "the secret at /two changed",
    ),
    "masked secret beside a change": (
        of_one(HOOK, WANTED, set_to(HOOK, {**WANTED, "api_key": "*****", "timeout": 5})),
        {"hook": {"url": HOOK_URL, "api_key": NAMED, "timeout": 5}},
        "masks its secret, so whether that changed can't be told",
    ),
    "unknown field": (
        of_one(HOOK, WANTED, set_to(HOOK, {**WANTED, "api_key": "canary-hook", "timeout": 5, "new": 1})),
        {"hook": {"url": HOOK_URL, "api_key": NAMED, "timeout": 5}},
        "orders.hook: /new, which the schema doesn't know, was dropped",
    ),
    "default": (of_one(TIMER, 2, default_of(TIMER, 1)), {"timer": 1}, "orders.timer: it was never set"),
    "secret in a list that became shorter": (
        by_hand(({"sensitive": True}, {"sensitive": True}), (NAMED,)),
        None,
        "the secret at /1 changed",
    ),
    "secret below a text": (by_hand({"a": {"b": {"sensitive": True}}}, {"a": "b"}), None, "the secret at /a/b changed"),
    "secret in a list that became an object": (by_hand(({"sensitive": True},), {"x": 1}), None, "the secret at /0"),
}


@pytest.mark.parametrize(("made", "restored", "said"), LOSSES.values(), ids=list(LOSSES))
def test_what_can_not_be_brought_back_is_said_with_tenant_key_and_reason(made: Made, restored: Json, said: str):
    """And the rest of the key, where there is one, is restored."""
    undo = made()
    assert undo.tenants == ({} if restored is None else {"acme": {"orders": restored}})
    (text,) = undo.not_restorable
    assert text.startswith("acme: orders.")
    assert said in text
    assert text.endswith(".")
    assert "canary" not in json.dumps([undo.tenants, undo.not_restorable])


@pytest.mark.parametrize(
    ("made", "restored"),
    [
        pytest.param(
            of_one(HOOK, WANTED, set_to(HOOK, {"url": HOOK_URL, "api_key": "canary-hook"})),
            {"hook": {"url": HOOK_URL, "api_key": NAMED, "timeout": 15}},
            id="secret that stays",
        ),
        pytest.param(
            of_one(PAIR, {"one": REF, "two": REF}, set_to(PAIR, {"one": "canary-hook"})),
            {"pair": {"one": NAMED}},
            id="secret that was added",
        ),
        pytest.param(of_one(PLACES, ["a"], set_to(PLACES, ["b", "c"])), {"places": ("b", "c")}, id="list"),
        pytest.param(
            by_hand(({"sensitive": True}, 1), (NAMED, 2)), {"timer": (NAMED, 1)}, id="secret in a list that stays"
        ),
        pytest.param(by_hand(None, 1), {"timer": None}, id="null is a value"),
    ],
)
def test_what_can_be_brought_back_in_full_is_without_a_word(made: Made, restored: Json):
    """A secret that did not change is the reference of the desired value."""
    assert made() == Undo({"acme": {"orders": restored}}, ())


def test_a_key_is_named_by_its_group_and_what_follows():
    """Short names may hold dots, groups don't."""
    made = replace(change(before=1, after=2), key="group.a.b", action=Action.UPDATE, reason=Reason.DIFFERS)
    assert made.before is not ABSENT
    (tenant,) = after(plan_of("acme", (TIMER, 2, set_to(TIMER, 1))))
    assert undo_of([replace(tenant, keys=(KeyReport(made, DONE),))]).tenants == {"acme": {"group": {"a.b": 1}}}


def test_every_key_of_a_tenant_is_looked_at_and_every_loss_said():
    """One that is in sync ends nothing, and the second loss doesn't take the place of the first."""
    plan = plan_of(
        "acme",
        (HOOK, WANTED, set_to(HOOK, {**WANTED, "api_key": "canary-hook"})),
        (NUMBERS, {"start": 1}, UNSET),
        (PLACES, ["a"], set_to(PLACES, ["b"])),
        (TIMER, 2, UNSET),
    )
    undo = undo_of(after(plan))
    assert undo.tenants == {"acme": {"orders": {"places": ("b",)}}}
    assert undo.not_restorable == (
        "acme: orders.numbers: it was unset, and can be set only once. It keeps its value for good.",
        "acme: orders.timer: it was unset, and a key that has been set stays set.",
    )


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.FAILED])
def test_of_a_first_set_that_may_not_have_arrived_nothing_is_said_for_certain(status: Status):
    """A person would take a sequence for set that is not, and let it be."""
    plan = plan_of("acme", (NUMBERS, {"start": 1}, UNSET))
    (said,) = undo_of(after(plan, outcome=Outcome(status, attempts=1))).not_restorable
    assert said.startswith("acme: orders.numbers: it was unset, and can be set only once. If the write arrived, ")


SENTENCES = {
    "secrets": (
        of_one(PAIR, {"one": REF, "two": REF}, set_to(PAIR, {"one": "canary-old", "two": "canary-older"})),
        "the secret at /one, /two changed, and the old one is not known here. Restore the key by hand.",
    ),
    "unknown fields": (
        of_one(HOOK, WANTED, set_to(HOOK, {**WANTED, "api_key": "canary-hook", "timeout": 5, "new": 1, "odd": 2})),
        "/new, /odd, which the schema doesn't know, was dropped. The rest is restorable.",
    ),
    "default": (
        of_one(TIMER, 2, default_of(TIMER, 1)),
        "it was never set, and can't be so again. Undo sets what was the platform's default.",
    ),
    "masked": (
        of_one(HOOK, WANTED, set_to(HOOK, {**WANTED, "api_key": "*****", "timeout": 5})),
        (
            "the platform masks its secret, so whether that changed can't be told. Undo sends the declared one again,"
            " and restores the rest."
        ),
    ),
}


@pytest.mark.parametrize(("made", "said"), SENTENCES.values(), ids=list(SENTENCES))
def test_a_loss_is_told_in_whole_sentences(made: Made, said: str):
    """They are copied into tickets."""
    (text,) = made().not_restorable
    assert text.partition(": ")[2].partition(": ")[2] == said
