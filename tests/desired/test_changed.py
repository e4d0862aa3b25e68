"""A tenant has changed when git wants something else of it, and not when a file was touched."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue
from reconciler.desired import changed as room
from reconciler.desired.changed import Changed, changed
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import Listing, list_files
from tests.desired.conftest import MemoryFiles
from tests.desired.revisions import SPELLINGS, Fleet, expected, revisions

TIMER = "sales_order: {on_hold_timer_duration: 60}\n"
OMS = "sales_order: {external_oms: {enabled: true}}\n"
BROKEN = "sales_order: {on_hold_timer_duration: soon}\n"
HOOK = "sales_order: {{external_order_webhook: {{url: 'https://a.example/', api_key: {{secret: {}}}}}}}\n"
ONCE = "sales_order: {sales_order_generator_sequence: {prefix: N, size: 9, start: 1, step: 1}}\n"

Texts = Mapping[str, str]
Compare = Callable[..., Changed]


def listed(texts: Mapping[str, bytes]) -> Listing:
    return list_files(MemoryFiles(texts), shown="tenants")


def compared(
    then: Mapping[str, bytes], now: Mapping[str, bytes], catalogue: Catalogue, *, quick: bool = True, **more: Any
) -> Changed:
    """Compare all tenants; without `quick`, nothing is known by its bytes."""
    today = listed(now)
    return changed(
        today, listed(then), today.names, catalogue, holds=lambda path, data: quick and then.get(path) == data, **more
    )


@pytest.fixture
def since(catalogue: Catalogue) -> Compare:
    """Compare texts by path, the plain way and the quick one, which must agree."""

    def made(then: Texts, now: Texts, **more: Any) -> Changed:
        before, today = ({path: text.encode() for path, text in side.items()} for side in (then, now))
        found = compared(before, today, catalogue, **more)
        assert found == compared(before, today, catalogue, quick=False, **more)
        return found

    return made


SAME: Mapping[str, tuple[Texts, Texts]] = {
    "nothing at all": ({"a.yaml": TIMER}, {"a.yaml": TIMER}),
    "a comment": ({"a.yaml": TIMER}, {"a.yaml": f"# why\n{TIMER}"}),
    "another layout": ({"a.yaml": TIMER}, {"a.yaml": "sales_order:\n    'on_hold_timer_duration':    60\n"}),
    "20 as 20.0": ({"a.yaml": TIMER}, {"a.yaml": TIMER.replace("60", "60.0")}),
    "the order of a set": (
        {"a.yaml": "sales_order: {cancellation_allowed_from: [store, dc]}"},
        {"a.yaml": "sales_order: {cancellation_allowed_from: [dc, store]}"},
    ),
    "another folder and suffix": ({"a.yaml": TIMER}, {"eu/a.yml": TIMER}),
    "moved into a profile": ({"a.yaml": TIMER}, {"_p.yaml": TIMER, "a.yaml": "extends: [_p]\n"}),
    "moved out of a profile": ({"_p.yaml": TIMER, "a.yaml": "extends: [_p]\n"}, {"a.yaml": TIMER}),
    "a profile that it overrides": (
        {"_p.yaml": TIMER, "a.yaml": f"extends: [_p]\n{TIMER}"},
        {"_p.yaml": TIMER.replace("60", "70"), "a.yaml": f"extends: [_p]\n{TIMER}"},
    ),
    "a profile that it doesn't extend": ({"_p.yaml": TIMER, "a.yaml": OMS}, {"_p.yaml": BROKEN, "a.yaml": OMS}),
    "a comment in its profile": (
        {"_p.yaml": TIMER, "a.yaml": "extends: [_p]\n"},
        {"_p.yaml": f"# why\n{TIMER}", "a.yaml": "extends: [_p]\n"},
    ),
    "a warning": ({"a.yaml": TIMER.replace("60", "700000")}, {"a.yaml": TIMER.replace("60", "700000")}),
    "a deleted tenant": ({"a.yaml": TIMER, "b.yaml": TIMER}, {"b.yaml": TIMER}),
}


@pytest.mark.parametrize(("then", "now"), SAME.values(), ids=list(SAME))
def test_what_means_the_same_is_no_change(since: Compare, then: Texts, now: Texts):
    """Values are compared in their normal form, as planning does, after profiles are merged."""
    assert since(then, now) == Changed(())


OTHER: Mapping[str, tuple[Texts, Texts]] = {
    "a value": ({"a.yaml": TIMER}, {"a.yaml": TIMER.replace("60", "61")}),
    "the name of a secret": ({"a.yaml": HOOK.format("A")}, {"a.yaml": HOOK.format("B")}),
    "a key more": (
        {"a.yaml": TIMER},
        {"a.yaml": "sales_order: {on_hold_timer_duration: 60, external_oms: {enabled: true}}"},
    ),
    "a key released": ({"a.yaml": TIMER}, {"a.yaml": "{}\n"}),
    "a key released by a profile": (
        {"_p.yaml": TIMER, "a.yaml": f"extends: [_p]\n{OMS}"},
        {"_p.yaml": "{}\n", "a.yaml": f"extends: [_p]\n{OMS}"},
    ),
    "a profile's value": (
        {"_p.yaml": TIMER, "a.yaml": "extends: [_p]\n"},
        {"_p.yaml": TIMER.replace("60", "61"), "a.yaml": "extends: [_p]\n"},
    ),
    "a profile's value, in a file too large to be read quickly": (
        {"_p.yaml": TIMER, "a.yaml": f"# {'x' * 70_000}\nextends: [_p]\n"},
        {"_p.yaml": TIMER.replace("60", "61"), "a.yaml": f"# {'x' * 70_000}\nextends: [_p]\n"},
    ),
    "the order of profiles": (
        {"_p.yaml": TIMER, "_q.yaml": TIMER.replace("60", "61"), "a.yaml": "extends: [_p, _q]\n"},
        {"_p.yaml": TIMER, "_q.yaml": TIMER.replace("60", "61"), "a.yaml": "extends: [_q, _p]\n"},
    ),
    "a new file": ({}, {"a.yaml": TIMER}),
    "a new file that declares nothing": ({}, {"a.yaml": "{}\n"}),
    "a file whose name was bad": ({"A.yaml": TIMER}, {"a.yaml": TIMER}),
    "a new error": ({"a.yaml": TIMER}, {"a.yaml": BROKEN}),
    "an old error": ({"a.yaml": BROKEN}, {"a.yaml": BROKEN}),
    "an error in a new file": ({}, {"a.yaml": BROKEN}),
    "an old error in its profile": (
        {"_p.yaml": BROKEN, "a.yaml": "extends: [_p]\n"},
        {"_p.yaml": BROKEN, "a.yaml": "extends: [_p]\n"},
    ),
    "a profile that is gone": ({"_p.yaml": TIMER, "a.yaml": "extends: [_p]\n"}, {"a.yaml": "extends: [_p]\n"}),
    "two files of that name": ({"a.yaml": TIMER}, {"a.yaml": TIMER, "eu/a.yaml": TIMER}),
}


@pytest.mark.parametrize(("then", "now"), OTHER.values(), ids=list(OTHER))
def test_what_means_something_else_or_is_broken_is_a_change(since: Compare, then: Texts, now: Texts):
    """A file with an error is one, whoever broke it and when: it must not slip by."""
    assert since(then, now) == Changed(("a",))


UNTOLD: Mapping[str, tuple[Texts, Texts]] = {
    "an error then": ({"a.yaml": BROKEN}, {"a.yaml": TIMER}),
    "an error in its profile then": (
        {"_p.yaml": BROKEN, "a.yaml": f"extends: [_p]\n{TIMER}"},
        {"_p.yaml": OMS, "a.yaml": f"extends: [_p]\n{TIMER}"},
    ),
    "no such profile then": ({"a.yaml": "extends: [_p]\n"}, {"_p.yaml": TIMER, "a.yaml": "extends: [_p]\n"}),
    "two files of that name then": ({"a.yaml": TIMER, "eu/a.yaml": TIMER}, {"a.yaml": TIMER}),
    "a write-once key in a profile then": (
        {"_p.yaml": ONCE, "a.yaml": "extends: [_p]\n"},
        {"_p.yaml": "{}\n", "a.yaml": f"extends: [_p]\n{ONCE}"},
    ),
}


@pytest.mark.parametrize(("then", "now"), UNTOLD.values(), ids=list(UNTOLD))
@pytest.mark.parametrize("keys", [None, {"sales_order.external_oms"}])
def test_where_there_is_no_telling_it_is_a_change_and_said_apart(
    since: Compare, then: Texts, now: Texts, keys: set[str] | None
):
    """Also when the keys that are looked at have nothing to do with it: what stood there is not known."""
    assert since(then, now, keys=keys) == Changed(("a",), ("a",))


def test_a_file_that_could_not_be_read_then_is_a_change(catalogue: Catalogue):
    """In a partial clone, say."""
    today = listed({"a.yaml": TIMER.encode(), "b.yaml": TIMER.encode()})
    base = list_files(MemoryFiles({"a.yaml": "git doesn't have it", "b.yaml": TIMER.encode()}), shown="tenants")
    assert changed(today, base, today.names, catalogue, holds=lambda *_: False) == Changed(("a",), ("a",))


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [
        pytest.param(TIMER, TIMER.replace("60", "61"), (), id="another-key"),
        pytest.param(TIMER, OMS, ("a",), id="this-key-is-new"),
        pytest.param(OMS, TIMER, ("a",), id="this-key-is-released"),
        pytest.param(None, TIMER, (), id="new-without-it"),
        pytest.param(None, OMS, ("a",), id="new-with-it"),
        pytest.param(TIMER, BROKEN, ("a",), id="an-error-in-another-key"),
    ],
)
def test_with_keys_only_those_are_compared(since: Compare, then: str | None, now: str, found: tuple[str, ...]):
    """An error stops all of a file, so it counts in any case."""
    before = {"a.yaml": then} if then else {}
    assert since(before, {"a.yaml": now}, keys={"sales_order.external_oms"}) == Changed(found)


def test_only_the_tenants_asked_about_are_looked_at(catalogue: Catalogue):
    """What a shard or a glob leaves out is not read, today or then."""
    texts: dict[str, bytes | str] = {"a.yaml": TIMER.encode(), "b.yaml": "never to be read"}
    today, base = (list_files(MemoryFiles(texts), shown="tenants") for _ in range(2))
    assert changed(today, base, ["a"], catalogue, holds=lambda *_: False) == Changed(())


def test_what_is_known_by_its_bytes_is_not_compared(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch):
    """In a fleet of thousands, only what was touched is parsed on both sides."""
    asked: list[set[str]] = []

    def counting(listing: Listing, names: set[str], known: Catalogue) -> Any:
        asked.append(set(names))
        return load_fleet(listing, names, known)

    monkeypatch.setattr(room, "load", counting)
    then = {f"{name}.yaml": TIMER.encode() for name in "abc"} | {
        "_p.yaml": OMS.encode(),
        "d.yaml": b"extends: [_p]\n",
        "e.yaml": f"extends: []\n{TIMER}".encode(),
    }
    now = then | {"b.yaml": b"# touched\n" + then["b.yaml"]}
    assert compared(then, now, catalogue).tenants == ()
    assert asked == [{"b"}, {"b"}]
    asked.clear()
    assert compared(then, now | {"_p.yaml": b"{}\n"}, catalogue).tenants == ("d",)
    assert asked == [{"b", "d"}, {"b", "d"}]


@given(both=revisions(), keys=st.none() | st.sets(st.sampled_from(sorted(SPELLINGS))))
def test_a_tenant_is_found_exactly_when_a_naive_model_says_so(
    both: tuple[Fleet, Fleet], keys: set[str] | None, catalogue: Catalogue
):
    """Whatever is edited where; and what is known by bytes is known as well by comparing."""
    then, now = both
    wanted, untold = expected(then, now, keys)
    names = None if keys is None else {f"sales_order.{key}" for key in keys}
    found = compared(then.files(), now.files(), catalogue, keys=names)
    event(f"{len(found.tenants)} of {len(now.tenants)} changed")
    assert found == Changed(tuple(sorted(wanted)), tuple(sorted(untold)))
    assert found == compared(then.files(), now.files(), catalogue, keys=names, quick=False)


@given(both=revisions())
def test_no_fleet_has_changed_since_itself_but_for_what_is_broken(both: tuple[Fleet, Fleet], catalogue: Catalogue):
    """Nor since it was written down otherwise."""
    _, now = both
    touched = replace(now, tenants={name: replace(file, comment=7) for name, file in now.tenants.items()})
    broken = tuple(sorted(name for name in now.tenants if now.composed(name) is None))
    for then in (now, touched):
        assert compared(then.files(), now.files(), catalogue) == Changed(broken)
