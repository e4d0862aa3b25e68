"""What a read says about a write: the tables of `verdicts.py`, for reads before and after a POST."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.applying.verdicts import Landed, after_post, before_post, matches, moved, seen
from reconciler.model.key import Key
from reconciler.model.live import Live
from reconciler.model.normal import Match
from reconciler.model.plan import Planned
from reconciler.model.words import LiveState, Status
from tests.planning.making import (
    DATE,
    HOOK,
    LATER,
    NUMBERS,
    PLACES,
    REF,
    SECRETS,
    TIMER,
    UNKNOWN_KEY,
    UNREADABLE,
    UNSET,
    ambiguous,
    default_of,
    make_key,
    planned,
    set_to,
)

FIRST: Mapping[str, Any] = {"prefix": "NS", "start": 1}
EU: Mapping[str, Any] = {"prefix": "EU", "start": 1}
WANTED: Mapping[str, Any] = {"url": "https://hook.example", "api_key": REF}
RIGHT: Mapping[str, Any] = {"url": "https://hook.example", "api_key": "canary-hook", "timeout": 15}
WRONG: Mapping[str, Any] = {**RIGHT, "api_key": "canary-old"}
MASKED: Mapping[str, Any] = {**RIGHT, "api_key": "********"}

UPDATE = planned(TIMER, 2, set_to(TIMER, 1))
CREATE = planned(TIMER, 2, UNSET)
REPLACE_DEFAULT = planned(TIMER, 2, default_of(TIMER, 1))
ONCE = planned(NUMBERS, FIRST, UNSET)
VOUCHED = planned(NUMBERS, FIRST, ambiguous(NUMBERS, date=DATE), assume_unset=(NUMBERS,))
VOUCHED_VALUE = planned(NUMBERS, FIRST, ambiguous(NUMBERS, FIRST), assume_unset=(NUMBERS,))
SECRET = planned(HOOK, WANTED, set_to(HOOK, WRONG))
REWRITE = planned(HOOK, WANTED, set_to(HOOK, MASKED), rewrite=(HOOK,))
BESIDE_A_MASK = planned(HOOK, {**WANTED, "timeout": 20}, set_to(HOOK, MASKED))

BEFORE: Mapping[str, tuple[Planned, Live, Status | None]] = {
    "as-planned": (UPDATE, set_to(TIMER, 1), None),
    "as-planned-on-a-later-date": (UPDATE, set_to(TIMER, 1, LATER), None),
    "as-planned-unset": (CREATE, UNSET, None),
    "as-planned-unset-with-a-date": (CREATE, Live(LiveState.UNSET, updated_at=LATER), None),
    "as-planned-a-default": (REPLACE_DEFAULT, default_of(TIMER, 1), None),
    "desired-already": (UPDATE, set_to(TIMER, 2, LATER), Status.UNCHANGED),
    "desired-already-as-a-default": (UPDATE, default_of(TIMER, 2), Status.UNCHANGED),
    "another-value": (UPDATE, set_to(TIMER, 9), Status.SKIPPED),
    "true-where-1-was": (UPDATE, set_to(TIMER, True), Status.SKIPPED),
    "unset-by-now": (UPDATE, UNSET, Status.SKIPPED),
    "set-by-now": (CREATE, set_to(TIMER, 9), Status.SKIPPED),
    "a-default-made-explicit": (REPLACE_DEFAULT, set_to(TIMER, 1), Status.SKIPPED),
    "a-new-unknown-field": (SECRET, set_to(HOOK, {**WRONG, "new": 1}), Status.SKIPPED),
    "unreadable": (UPDATE, UNREADABLE, Status.NOT_ATTEMPTED),
    "unknown-key": (UPDATE, UNKNOWN_KEY, Status.NOT_ATTEMPTED),
    "ambiguous": (UPDATE, ambiguous(TIMER, 1), Status.NOT_ATTEMPTED),
    "once-unset": (ONCE, UNSET, None),
    "once-equal-by-now": (ONCE, set_to(NUMBERS, FIRST), Status.UNCHANGED),
    "once-set-by-now": (ONCE, set_to(NUMBERS, EU), Status.SKIPPED),
    "once-a-default-by-now": (ONCE, default_of(NUMBERS, EU), Status.SKIPPED),
    "once-ambiguous-by-now": (ONCE, ambiguous(NUMBERS, date=DATE), Status.NOT_ATTEMPTED),
    "vouched": (VOUCHED, ambiguous(NUMBERS, date=DATE), None),
    "vouched-for-another-date": (VOUCHED, ambiguous(NUMBERS, date=LATER), Status.SKIPPED),
    "vouched-for-nothing-but-there-is-something": (VOUCHED, ambiguous(NUMBERS, EU, DATE), Status.SKIPPED),
    "vouched-and-truly-unset": (VOUCHED, UNSET, Status.SKIPPED),
    "vouched-but-set": (VOUCHED, set_to(NUMBERS, EU), Status.SKIPPED),
    "vouched-and-already-set": (VOUCHED, set_to(NUMBERS, FIRST), Status.UNCHANGED),
    "vouched-and-unreadable": (VOUCHED, UNREADABLE, Status.NOT_ATTEMPTED),
    "vouched-though-it-looks-equal": (VOUCHED_VALUE, ambiguous(NUMBERS, FIRST), None),
    "vouched-for-another-value": (VOUCHED_VALUE, ambiguous(NUMBERS, EU), Status.SKIPPED),
    "vouched-for-a-value-that-is-gone": (VOUCHED_VALUE, ambiguous(NUMBERS), Status.SKIPPED),
    "secret-as-planned": (SECRET, set_to(HOOK, WRONG), None),
    "secret-right-by-now": (SECRET, set_to(HOOK, RIGHT), Status.UNCHANGED),
    "secret-another-wrong-one": (SECRET, set_to(HOOK, {**WRONG, "api_key": "canary-third"}), Status.SKIPPED),
    "secret-masked-by-now": (SECRET, set_to(HOOK, MASKED), Status.SKIPPED),
    "masked-as-planned": (REWRITE, set_to(HOOK, MASKED), None),
    "masked-on-a-later-date": (REWRITE, set_to(HOOK, MASKED, LATER), Status.SKIPPED),
    "masked-rest-right-by-now": (BESIDE_A_MASK, set_to(HOOK, {**MASKED, "timeout": 20}, LATER), Status.SKIPPED),
}


@pytest.mark.parametrize(("item", "now", "status"), BEFORE.values(), ids=BEFORE)
def test_a_post_is_sent_only_onto_what_the_plan_saw(item: Planned, now: Live, status: Status | None):
    """Nothing is sent onto what can't be read, is right already, or is not what was looked at."""
    outcome = before_post(item, now, SECRETS)

    assert (outcome.status if outcome else None) is status
    if outcome is not None:
        assert (
            outcome.verified
            is {Status.UNCHANGED: True, Status.SKIPPED: False, Status.NOT_ATTEMPTED: None}[outcome.status]
        )
        assert outcome.request_id is now.request_id


@pytest.mark.parametrize(
    "now",
    [
        set_to(NUMBERS, FIRST),
        set_to(NUMBERS, EU),
        default_of(NUMBERS, FIRST),
        default_of(NUMBERS, EU),
        ambiguous(NUMBERS),
        ambiguous(NUMBERS, EU),
        UNREADABLE,
        UNKNOWN_KEY,
    ],
    ids=lambda live: f"{live.state}-{live.value}",
)
def test_a_write_once_key_planned_as_unset_is_sent_only_onto_unset(now: Live):
    """Whatever else is read right before the POST, the POST is not sent."""
    assert before_post(ONCE, now, SECRETS) is not None


@pytest.mark.parametrize(
    ("live", "words"),
    [
        pytest.param(UNREADABLE, "unreadable (503 from a gateway.). Nothing was sent.", id="with-a-detail"),
        pytest.param(Live(LiveState.UNKNOWN_KEY), "unknown-key. Nothing was sent.", id="without"),
    ],
)
def test_what_cannot_be_read_says_why(live: Live, words: str):
    """The state in a word, and what the answer was, if it was anything."""
    outcome = before_post(UPDATE, live, SECRETS)

    assert outcome is not None
    assert outcome.detail == f"Read again before writing: {words}"


AFTER: Mapping[str, tuple[Planned, Live, Live, Landed]] = {
    "there": (UPDATE, set_to(TIMER, 1), set_to(TIMER, 2, LATER), Landed.YES),
    "there-without-a-date": (UPDATE, set_to(TIMER, 1), set_to(TIMER, 2, None), Landed.YES),
    "not-yet": (UPDATE, set_to(TIMER, 1), set_to(TIMER, 1), Landed.NOT_YET),
    "the-old-value-written-again": (UPDATE, set_to(TIMER, 1), set_to(TIMER, 1, LATER), Landed.NOT_YET),
    "other": (UPDATE, set_to(TIMER, 1), set_to(TIMER, 9), Landed.OTHER),
    "gone": (UPDATE, set_to(TIMER, 1), UNSET, Landed.OTHER),
    "unreadable": (UPDATE, set_to(TIMER, 1), UNREADABLE, Landed.UNREADABLE),
    "unknown-key": (UPDATE, set_to(TIMER, 1), UNKNOWN_KEY, Landed.UNREADABLE),
    "set-where-unset": (CREATE, UNSET, set_to(TIMER, 2), Landed.YES),
    "still-unset": (CREATE, UNSET, UNSET, Landed.NOT_YET),
    "a-set-in-another-order": (
        planned(PLACES, ["store", "dc"], UNSET),
        UNSET,
        set_to(PLACES, ["dc", "store"]),
        Landed.YES,
    ),
    "once-there": (ONCE, UNSET, set_to(NUMBERS, FIRST), Landed.YES),
    "once-there-without-a-date": (ONCE, UNSET, ambiguous(NUMBERS, FIRST), Landed.YES),
    "once-other": (ONCE, UNSET, set_to(NUMBERS, EU), Landed.OTHER),
    "once-still-unset": (ONCE, UNSET, UNSET, Landed.NOT_YET),
    "once-ambiguous-other": (ONCE, UNSET, ambiguous(NUMBERS, EU), Landed.OTHER),
    "vouched-still-the-same": (VOUCHED, ambiguous(NUMBERS, date=DATE), ambiguous(NUMBERS, date=DATE), Landed.NOT_YET),
    "vouched-empty-but-dated-anew": (
        VOUCHED,
        ambiguous(NUMBERS, date=DATE),
        ambiguous(NUMBERS, date=LATER),
        Landed.OTHER,
    ),
    "vouched-there": (VOUCHED, ambiguous(NUMBERS, date=DATE), set_to(NUMBERS, FIRST, LATER), Landed.YES),
    "vouched-looked-equal-before-and-still-does": (
        VOUCHED_VALUE,
        ambiguous(NUMBERS, FIRST),
        ambiguous(NUMBERS, FIRST),
        Landed.NOT_YET,
    ),
    "vouched-looked-equal-before-and-is-set": (
        VOUCHED_VALUE,
        ambiguous(NUMBERS, FIRST),
        set_to(NUMBERS, FIRST),
        Landed.YES,
    ),
    "secret-there": (SECRET, set_to(HOOK, WRONG), set_to(HOOK, RIGHT, LATER), Landed.YES),
    "secret-not-yet": (SECRET, set_to(HOOK, WRONG), set_to(HOOK, WRONG), Landed.NOT_YET),
    "secret-other": (SECRET, set_to(HOOK, WRONG), set_to(HOOK, {**RIGHT, "api_key": "canary-3"}), Landed.OTHER),
    "secret-masked-from-now-on": (SECRET, set_to(HOOK, WRONG), set_to(HOOK, MASKED, LATER), Landed.YES),
    "masked-date-moved": (REWRITE, set_to(HOOK, MASKED), set_to(HOOK, MASKED, LATER), Landed.YES),
    "masked-date-not-moved": (REWRITE, set_to(HOOK, MASKED), set_to(HOOK, MASKED), Landed.NOT_YET),
    "masked-never-dated": (REWRITE, set_to(HOOK, MASKED, None), set_to(HOOK, MASKED, None), Landed.NOT_YET),
    "masked-date-moved-the-rest-other": (
        BESIDE_A_MASK,
        set_to(HOOK, MASKED),
        set_to(HOOK, {**MASKED, "timeout": 1}, LATER),
        Landed.OTHER,
    ),
    "masked-the-rest-there": (
        BESIDE_A_MASK,
        set_to(HOOK, MASKED),
        set_to(HOOK, {**MASKED, "timeout": 20}, LATER),
        Landed.YES,
    ),
    "masked-the-rest-not-yet": (BESIDE_A_MASK, set_to(HOOK, MASKED), set_to(HOOK, MASKED), Landed.NOT_YET),
}


@pytest.mark.parametrize(("item", "before", "now", "landed"), AFTER.values(), ids=AFTER)
def test_what_a_read_after_a_post_says(item: Planned, before: Live, now: Live, landed: Landed):
    """There, not yet, something else, or not to be read: by value, and by date where a value is hidden."""
    assert after_post(item, before, now, SECRETS) is landed


def test_nothing_there_is_different_from_every_value():
    """An absent value matches no desired one, not even null."""
    assert matches(planned(TIMER, None, UNSET), UNSET, SECRETS) is Match.DIFFERENT


@pytest.mark.parametrize(
    ("planned_live", "now", "expected"),
    [
        pytest.param(set_to(PLACES, (RIGHT["api_key"],)), set_to(PLACES, ("x",)), True, id="array"),
        pytest.param(set_to(PLACES, ("x",)), set_to(PLACES, ("x",), LATER), False, id="array-dated-anew"),
        pytest.param(UNSET, Live(LiveState.UNSET, updated_at=DATE), False, id="unset-dated-anew"),
        pytest.param(ambiguous(NUMBERS), ambiguous(NUMBERS, EU), True, id="a-value-came"),
        pytest.param(ambiguous(NUMBERS, EU), ambiguous(NUMBERS), True, id="a-value-went"),
    ],
)
def test_what_counts_as_moved(planned_live: Live, now: Live, expected: bool):
    """A value counts; a date alone only where the value doesn't tell all."""
    assert moved(planned_live, now) is expected


def test_a_mask_is_found_wherever_it_stands():
    """In an object, in an array, or as the whole value: there the date is all that tells."""
    schema = {"items": {"properties": {"pin": {"type": "string", "x-sensitive": True}}}}
    hidden = [set_to(_with(schema), [{"pin": "x"}, {"pin": "***"}], date) for date in (DATE, LATER)]
    plain = [set_to(_with(schema), [{"pin": "x"}, {"pin": "y"}], date) for date in (DATE, LATER)]
    whole = [set_to(_with({"type": "string", "x-sensitive": True}), "***", date) for date in (DATE, LATER)]

    assert moved(*hidden)
    assert not moved(*plain)
    assert moved(*whole)


def _with(schema: Mapping[str, Any]) -> Key:
    return make_key("nested", 9, schema)


@pytest.mark.parametrize(
    ("live", "text"),
    [
        pytest.param(UNSET, "the platform answers unset", id="nothing"),
        pytest.param(ambiguous(NUMBERS), "the platform answers ambiguous", id="ambiguous"),
        pytest.param(set_to(PLACES, ["b", "a"]), 'the platform answers ["a", "b"]', id="json"),
        pytest.param(
            set_to(TIMER, "\u202e\n\x1b"), 'the platform answers "\\u202e\\n\\u001b"', id="control-characters"
        ),
        pytest.param(set_to(TIMER, "x" * 298), f'the platform answers "{"x" * 298}"', id="as-long-as-may-be"),
        pytest.param(set_to(TIMER, "x" * 299), f'the platform answers "{"x" * 299}…', id="too-long"),
        pytest.param(
            set_to(HOOK, WRONG),
            'the platform answers {"url": "https://hook.example", "api_key": {"sensitive": true}, "timeout": 15}',
            id="secret",
        ),
    ],
)
def test_what_was_seen_is_told_in_short_and_without_secrets(live: Live, text: str):
    """JSON in ASCII, so that nothing in it can play tricks, and no longer than a person reads."""
    assert seen(live) == text
