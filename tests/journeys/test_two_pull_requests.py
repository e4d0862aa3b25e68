"""Two pull requests merged close together: their plans in any order, whatever happens meanwhile."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.sandbox import ErrorBody, Fault, FaultKind
from tests.journeys.generated import HOST, SECRETS, Held, Tenant, alike, declarable, fleets, held
from tests.journeys.stage import Stage
from tests.journeys.two_pulls import CATALOGUE, KEYS, Edits, Moves, Scope, Story, arena, many, merged, some, tell

__all__ = ["arena"]

TIMER, LIMIT = "sales_order.on_hold_timer_duration", "sales_order.big_sales_order"
HOOK, NUMBERS = "sales_order.external_order_webhook", "sales_order.sales_order_generator_sequence"
BIG, SMALL = {"soft_limit_for_big_orders": 300}, {"soft_limit_for_big_orders": 9}
HOOKED = {"url": f"{HOST}/", "api_key": {"secret": SECRETS[0]}}
FIRST_SET = {"prefix": "NS", "size": 16, "start": 1, "step": 1}
QUIET = Tenant({TIMER: 60, LIMIT: BIG}, {TIMER: Held(60), LIMIT: Held(BIG)})
LOUD = Tenant({HOOK: HOOKED, TIMER: 60}, {HOOK: Held({**HOOKED, "api_key": "canary-of-nobody"}), TIMER: Held(60)})
ELSEWHERE = Fault(FaultKind.STATUS, "two", TIMER, "POST", times=None, status=400)
"""A fault that the first plan doesn't meet."""
SLOW = Fault(FaultKind.DELAY, "one", method="POST", seconds=0.5)
BROKEN = Fault(FaultKind.STATUS, "one", TIMER, "POST", times=None)

BASE = Story({"one": QUIET, "two": QUIET}, first={("one", TIMER): 120}, second={("two", TIMER): 120})
SAME_KEY = replace(BASE, second={("one", TIMER): 180})
TWO_KEYS = replace(BASE, first={("one", TIMER): 120, ("one", LIMIT): SMALL})
MOVED: Moves = {("one", TIMER): Held(61)}
OTHER_MOVED: Moves = {("one", LIMIT): Held(SMALL)}

STORIES: Mapping[str, tuple[Story, list[str], int, int]] = {
    "two-tenants": (BASE, [], 2, 0),
    "two-keys": (replace(BASE, second={("one", LIMIT): SMALL}), [], 2, 0),
    "one-key-twice": (SAME_KEY, [], 1, 0),
    "the-first-was-applied-before-the-second-plan": (replace(SAME_KEY, cut=ELSEWHERE), [], 1, 0),
    "the-first-was-applied-after-the-second-plan": (replace(SAME_KEY, cut=ELSEWHERE, cut_late=True), ["one"], 0, 4),
    "moved-after-both": (replace(BASE, moves=({}, MOVED)), ["one"], 1, 4),
    "moved-and-one-plan-saw-it": (replace(BASE, moves=(MOVED, {}), stacked=True), [], 2, 0),
    "set-by-hand": (replace(BASE, moves=({}, {("one", TIMER): Held(120)})), [], 1, 0),
    "taken-out": (replace(BASE, second={("one", TIMER): None}), [], 0, 0),
    "taken-back": (replace(BASE, second={("one", TIMER): 60}, stacked=True), [], 0, 0),
    "another-key-drifted": (replace(BASE, moves=({}, OTHER_MOVED)), ["one"], 1, 4),
    "a-key-drifted-that-no-plan-looked-at": (
        replace(BASE, scopes=((("one",), (TIMER,)), (("two",), ())), moves=({}, OTHER_MOVED)), [], 2, 0,
    ),
    "a-tenant-that-no-plan-looked-at": (replace(BASE, scopes=((("one",), ()), (("one",), ()))), [], 1, 0),
    "the-first-failed-half-way": (replace(TWO_KEYS, cut=BROKEN, cut_late=True), [], 2, 0),
    "the-first-was-cancelled-half-way": (replace(TWO_KEYS, cut=SLOW, cut_late=True, cancelled=True), [], 2, 0),
    "a-secret-moved": (
        replace(
            BASE,
            fleet={"one": LOUD, "two": QUIET},
            moves=({}, {("one", HOOK): Held({**HOOKED, "api_key": "canary-of-another"})}),
        ),
        ["one"], 1, 4,
    ),
    "stale-counts-before-unreadable": (
        replace(BASE, moves=({}, {("one", TIMER): Held("?"), ("two", TIMER): Held(61)})), ["two"], 0, 4,
    ),
    "blocked-is-not-stale": (
        replace(BASE, second={("two", NUMBERS): FIRST_SET}, moves=({}, {("two", NUMBERS): Held({"prefix": "EU"})})),
        [], 1, 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("story", "stale", "sent", "exit_code"), STORIES.values(), ids=STORIES)
def test_of_two_pull_requests_what_was_reviewed_is_written(
    arena: Stage, story: Story, stale: list[str], sent: int, exit_code: int
):
    """Both ends are reached: the model's word is held against ours, then the platform against the model's."""
    expected = tell(arena, story)
    assert (sorted(expected.stale), len(expected.posts), expected.exit_code) == (stale, sent, exit_code)


TROUBLES = (
    {"kind": FaultKind.STATUS, "method": "POST"},
    {"kind": FaultKind.STATUS, "method": "POST", "status": 400},
    {"kind": FaultKind.STATUS, "method": "POST", "status": 401},
    {"kind": FaultKind.STATUS, "method": "POST", "status": 403, "body": ErrorBody.HTML},  # ends the whole run
    {"kind": FaultKind.STATUS, "method": "GET", "status": 404, "after": 1},
    {"kind": FaultKind.COMMIT_THEN_DROP},
    {"kind": FaultKind.LOST_RACE},
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Any story of two or three tenants."""
    fleet = draw(fleets(CATALOGUE))
    places = st.tuples(st.sampled_from(sorted(fleet)), st.sampled_from(sorted(KEYS)))

    def edits() -> Edits:
        chosen = draw(st.lists(places, min_size=1, max_size=3, unique=True))
        return {place: draw(st.none() | declarable(CATALOGUE, KEYS[place[1]])) for place in chosen}

    def scope() -> Scope:
        if draw(st.integers(0, 3)):
            return ((), ())
        some_of = [st.lists(st.sampled_from(sorted(names)), max_size=2, unique=True) for names in (fleet, KEYS)]
        return tuple(draw(some_of[0])), tuple(draw(some_of[1]))

    first, second = edits(), edits()
    whole = merged(fleet, first, second)
    declared = sorted((tenant, key) for tenant, one in whole.items() for key in one.declared)

    def somebodys(tenant: str, key: str) -> Held | None:
        if draw(st.booleans()):  # a value that could have been declared
            return Held(alike(draw, draw(declarable(CATALOGUE, KEYS[key])), KEYS[key].schema, tenant))
        return draw(held(KEYS[key], tenant, whole[tenant].declared.get(key)))

    def moves() -> Moves:
        chosen = st.lists((st.sampled_from(declared) if declared else places) | places, max_size=2, unique=True)
        return {place: somebodys(*place) for place in draw(chosen)}

    cut = None
    if draw(st.booleans()):
        tenant, key = draw(st.sampled_from(sorted(first)) if first else places)
        cut = Fault(**{"tenant": tenant, "key": key, "times": None, **draw(st.sampled_from(TROUBLES))})  # type: ignore[arg-type]
    rotated = tuple(draw(st.sets(st.sampled_from(sorted(fleet)), max_size=1))) if draw(st.booleans()) else ()
    return Story(
        fleet,
        first,
        second,
        stacked=draw(st.booleans()),
        scopes=(scope(), scope()),
        moves=(moves(), moves()),
        cut=cut,
        cut_late=draw(st.booleans()),
        rotated=rotated,
    )


def told(arena: Stage, story: Story) -> None:
    """Tell it, and count for `--hypothesis-show-statistics` how such stories end."""
    expected = tell(arena, story)
    event(f"{'stale' if expected.stale else 'none stale'}, {'some' if expected.posts else 'none'} written")


@given(story=stories())
@some
def test_whatever_happens_a_tenant_is_written_as_reviewed_or_stale(arena: Stage, story: Story):
    """In any order of the files, after any failure, and beside any other tenant."""
    told(arena, story)


@pytest.mark.long
@given(story=stories())
@many
def test_whatever_happens_in_many_stories_a_tenant_is_written_as_reviewed_or_stale(arena: Stage, story: Story):
    """The same, with more patience."""
    told(arena, story)
