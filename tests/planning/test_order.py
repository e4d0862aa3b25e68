"""The order of writes: predecessors from x-write-after, catalogue order, write-once last."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.key import Key, WriteAfter
from reconciler.planning.order import predecessors, write_order
from tests.planning.making import HOOK, NUMBERS, PLACES, SWITCH, TIMER, fits, make_key

ON, OFF = {"enabled": True}, {"enabled": False}
URL = {"url": "https://hook.example"}


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        pytest.param(ON, {"orders.hook": (), "orders.switch": ("orders.hook",)}, id="the-webhook-before-switching-on"),
        pytest.param(OFF, {"orders.hook": ("orders.switch",), "orders.switch": ()}, id="and-after-switching-off"),
    ],
)
def test_the_desired_value_decides_which_comes_first(desired: Mapping[str, Any], expected: Mapping[str, Any]):
    """Enabling waits for the webhook; disabling comes before it."""
    assert predecessors([SWITCH, HOOK], {HOOK.name: URL, SWITCH.name: desired}, fits) == expected


@pytest.mark.parametrize("desired", [ON, OFF], ids=["on", "off"])
def test_a_key_that_is_not_declared_orders_nothing(desired: Mapping[str, Any]):
    """An undeclared key is neither read nor written, so nobody waits for it."""
    assert predecessors([SWITCH], {SWITCH.name: desired}, fits) == {SWITCH.name: ()}
    assert predecessors([HOOK], {HOOK.name: URL}, fits) == {HOOK.name: ()}


def test_an_undeclared_key_does_not_end_the_search():
    """A constraint of no concern is passed over; those behind it still count."""
    last = make_key("last", 0, {}, after=(WriteAfter("orders.gone", {}), WriteAfter("orders.timer", {})))

    assert predecessors([last, TIMER], {last.name: 1, TIMER.name: 1}, fits)[last.name] == ("orders.timer",)


def test_predecessors_come_sorted_and_every_key_has_an_entry():
    """The same declaration gives the same bytes, in whatever order the keys came."""
    after = (WriteAfter("orders.timer", {}), WriteAfter("orders.hook", {}), WriteAfter("orders.timer", {}))
    last = make_key("last", 0, {}, after=after)
    desired: Mapping[str, Any] = {last.name: 1, HOOK.name: URL, TIMER.name: 1}

    for keys in ([last, HOOK, TIMER], [TIMER, HOOK, last]):
        before = predecessors(keys, desired, fits)
        assert list(before.items()) == [
            ("orders.hook", ()),
            ("orders.last", ("orders.hook", "orders.timer")),
            ("orders.timer", ()),
        ]


def test_without_constraints_the_catalogue_decides_and_write_once_goes_last():
    """Whatever else fails in a tenant should fail before what can't be undone."""
    nothing = {key.name: () for key in (NUMBERS, PLACES, TIMER, HOOK)}

    assert write_order([NUMBERS, PLACES, TIMER, HOOK], nothing) == (HOOK, TIMER, PLACES, NUMBERS)


def test_keys_with_the_same_place_are_ordered_by_name():
    """Two keys of extra catalogues may have the same number; the order is still one."""
    one, two = make_key("b", 1, {}), make_key("a", 1, {})

    assert write_order([one, two], {one.name: (), two.name: ()}) == (two, one)


@pytest.mark.parametrize(
    ("first", "second"),
    [pytest.param(HOOK, SWITCH, id="hook-first"), pytest.param(SWITCH, HOOK, id="switch-first")],
)
def test_a_predecessor_stands_before_its_follower(first: Key, second: Key):
    """Also against the catalogue's order; what is not concerned stays in its place."""
    before = {first.name: (), second.name: (first.name,), TIMER.name: ()}

    assert write_order([HOOK, SWITCH, TIMER], before) == (
        (HOOK, SWITCH, TIMER) if first is HOOK else (SWITCH, HOOK, TIMER)
    )


def test_a_write_once_key_comes_earlier_only_where_another_waits_for_it():
    """The constraint wins over the habit, and everything else still comes before."""
    before = {NUMBERS.name: (), TIMER.name: (), PLACES.name: (NUMBERS.name,)}

    assert write_order([NUMBERS, TIMER, PLACES], before) == (TIMER, NUMBERS, PLACES)


def test_a_cycle_is_a_bug_and_named():
    """The catalogue refuses cycles when it is loaded, so here one is an error of ours."""
    before = {HOOK.name: (SWITCH.name,), SWITCH.name: (HOOK.name,), TIMER.name: ()}

    with pytest.raises(ValueError, match=r"^x-write-after is a cycle: orders\.hook, orders\.switch$"):
        write_order([HOOK, SWITCH, TIMER], before)


@st.composite
def constrained(draw: st.DrawFn) -> tuple[list[Key], Mapping[str, tuple[str, ...]]]:
    """Draw keys and predecessors without a cycle: each waits for some of those drawn before it."""
    count = draw(st.integers(0, 7))
    keys = [
        make_key(f"k{number}", draw(st.integers(0, 3)), {}, write_once=draw(st.booleans())) for number in range(count)
    ]
    before: dict[str, tuple[str, ...]] = {}
    for number, key in enumerate(keys):
        earlier = [other.name for other in keys[:number]]
        before[key.name] = tuple(draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3))) if earlier else ()
    return draw(st.permutations(keys)), before


@settings(max_examples=100, deadline=None)
@given(constrained(), st.randoms())
def test_the_order_is_a_permutation_that_honours_every_predecessor(
    drawn: tuple[list[Key], Mapping[str, tuple[str, ...]]], random: Any
):
    """No key is lost or doubled, none stands before one that it waits for, and the order of the input is nothing."""
    keys, before = drawn

    ordered = write_order(keys, before)

    assert sorted(key.name for key in ordered) == sorted(key.name for key in keys)
    places = {key.name: place for place, key in enumerate(ordered)}
    assert all(places[first] < places[name] for name, firsts in before.items() for first in firsts)
    random.shuffle(keys)
    assert write_order(keys, before) == ordered


@settings(max_examples=100, deadline=None)
@given(constrained())
def test_a_write_once_key_is_followed_only_by_what_waits_for_one(
    drawn: tuple[list[Key], Mapping[str, tuple[str, ...]]],
):
    """Nothing ordinary stands behind a write-once key unless it had to wait, itself or through others."""
    keys, before = drawn
    ordered = write_order(keys, before)
    once = {key.name for key in keys if key.write_once}

    def waits(name: str) -> bool:
        return any(first in once or waits(first) for first in before[name])

    seen_once = False
    for key in ordered:
        assert key.write_once or not seen_once or waits(key.name)
        seen_once = seen_once or key.write_once
