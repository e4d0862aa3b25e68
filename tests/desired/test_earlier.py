"""What git wanted at an earlier revision, key by key, and what it has let go of since."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import event, given

from reconciler.catalogue import Catalogue
from reconciler.desired import earlier as room
from reconciler.desired.earlier import earlier
from reconciler.desired.fleet import load
from reconciler.desired.listing import Listing, list_files
from reconciler.model.tenant import Earlier
from tests.desired.conftest import MemoryFiles
from tests.desired.revisions import Fleet, revisions

TIMER, OMS = (f"sales_order.{short}" for short in ("on_hold_timer_duration", "external_oms"))
SIXTY = "sales_order: {on_hold_timer_duration: 60}\n"
BOTH = "sales_order: {on_hold_timer_duration: 60, external_oms: {enabled: true}}\n"
BROKEN = "sales_order: {on_hold_timer_duration: soon}\n"

Texts = Mapping[str, str]


def encoded(texts: Texts) -> Mapping[str, bytes]:
    return {path: text.encode() for path, text in texts.items()}


def listed(files: Mapping[str, bytes]) -> Listing:
    return list_files(MemoryFiles(files), shown="tenants")


def looked_back(
    then: Mapping[str, bytes], now: Mapping[str, bytes], catalogue: Catalogue, *, quick: bool = True
) -> Earlier:
    """Look back on all tenants; without `quick`, nothing is known by its bytes."""
    base, today = listed(then), listed(now)
    gone = set(base.names) - set(today.names)
    tenants = load(today, None, catalogue).tenants
    return earlier(today, base, tenants, gone, catalogue, holds=lambda path, data: quick and then.get(path) == data)


def seen(then: Texts, now: Texts, catalogue: Catalogue) -> Earlier:
    """Look back the plain way and the quick one, which must agree."""
    found = looked_back(encoded(then), encoded(now), catalogue)
    assert found == looked_back(encoded(then), encoded(now), catalogue, quick=False)
    return found


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        pytest.param({"a.yaml": SIXTY}, {"a.yaml": SIXTY}, Earlier({"a": {TIMER: 60}}), id="untouched"),
        pytest.param({"a.yaml": SIXTY}, {"a.yaml": BOTH}, Earlier({"a": {TIMER: 60}}), id="a-new-key"),
        pytest.param(
            {"a.yaml": BOTH},
            {"a.yaml": SIXTY},
            Earlier({"a": {TIMER: 60, OMS: {"enabled": True}}}, (("a", OMS),)),
            id="a-released-key",
        ),
        pytest.param({}, {"a.yaml": SIXTY}, Earlier({"a": {}}), id="a-new-tenant"),
        pytest.param({"a.yaml": SIXTY}, {"eu/a.yml": SIXTY}, Earlier({"a": {TIMER: 60}}), id="another-folder"),
        pytest.param({"a.yaml": BOTH}, {}, Earlier({}, (("a", OMS), ("a", TIMER))), id="a-deleted-tenant"),
        pytest.param({"a.yaml": BROKEN}, {"a.yaml": SIXTY}, Earlier({}, untold=("a",)), id="an-error-at-the-base"),
        pytest.param({"a.yaml": BROKEN}, {}, Earlier({}, lost=("a",)), id="deleted-with-an-error"),
        pytest.param({"a.yaml": SIXTY}, {"a.yaml": BROKEN}, Earlier({}), id="an-error-today"),
        pytest.param(
            {"_p.yaml": SIXTY, "a.yaml": "extends: [_p]\n"},
            {"_p.yaml": SIXTY.replace("60", "61"), "a.yaml": "extends: [_p]\n"},
            Earlier({"a": {TIMER: 60}}),
            id="a-profile-s-value",
        ),
        pytest.param(
            {"_p.yaml": BOTH, "a.yaml": "extends: [_p]\n"},
            {"_p.yaml": SIXTY, "a.yaml": "extends: [_p]\n"},
            Earlier({"a": {TIMER: 60, OMS: {"enabled": True}}}, (("a", OMS),)),
            id="released-by-a-profile",
        ),
        pytest.param(
            {"_p.yaml": BROKEN, "a.yaml": "extends: [_p]\n"},
            {"_p.yaml": SIXTY, "a.yaml": "extends: [_p]\n"},
            Earlier({}, untold=("a",)),
            id="a-profile-s-error-at-the-base",
        ),
        pytest.param(
            {"_p.yaml": SIXTY, "a.yaml": "extends: [_p]\n"},
            {"a.yaml": SIXTY},
            Earlier({"a": {TIMER: 60}}),
            id="moved-out-of-a-profile",
        ),
        pytest.param(
            {"a.yaml": SIXTY, "b.yaml": SIXTY.replace("60", "1")},
            {"b.yaml": SIXTY, "c.yaml": SIXTY},
            Earlier({"b": {TIMER: 1}, "c": {}}, (("a", TIMER),)),
            id="renamed-beside-another",
        ),
    ],
)
def test_a_revision_is_looked_back_on(then: Texts, now: Texts, expected: Earlier, catalogue: Catalogue):
    """One row of the table, or one way to get into it."""
    assert seen(then, now, catalogue) == expected


@given(both=revisions())
def test_it_finds_what_a_naive_model_does(both: tuple[Fleet, Fleet], catalogue: Catalogue):
    """Values by key, through profiles; released keys; of whom there is no telling."""
    then, now = both
    found = looked_back(then.files(), now.files(), catalogue)
    assert found == looked_back(then.files(), now.files(), catalogue, quick=False)
    wanted = {name: now.composed(name) for name in now.tenants}
    before = {name: then.composed(name) for name in then.tenants}
    sound = {name for name, keys in wanted.items() if keys is not None}
    broken = {name for name, keys in before.items() if keys is None}
    assert set(found.untold) == sound & broken
    assert set(found.lost) == broken - wanted.keys()
    assert {name: set(values) for name, values in found.values.items()} == {
        name: {f"sales_order.{key}" for key in before.get(name) or {}} for name in sound - broken
    }
    assert set(found.released) == {
        (name, f"sales_order.{key}")
        for name, keys in before.items()
        for key in keys or {}
        if (name not in wanted or wanted[name] is not None) and key not in (wanted.get(name) or {})
    }
    event(f"{len(found.released)} released")
    _means_the_same(found, both, catalogue)


def _means_the_same(found: Earlier, both: tuple[Fleet, Fleet], catalogue: Catalogue) -> None:
    """The values are those that a file with one spelling of each would have."""
    then, _ = both
    plain = {
        name: replace(file, keys={key: (value, 0) for key, value in (then.composed(name) or {}).items()}, extends=())
        for name, file in then.tenants.items()
    }
    loaded = {one.tenant: one for one in load(listed(Fleet({}, plain).files()), None, catalogue).tenants}
    for name, values in found.values.items():
        if name in loaded:
            assert values == {key.key: key.value for key in loaded[name].keys}


def test_what_is_the_same_to_the_byte_is_not_parsed(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch):
    """Of ten thousand tenants few change, and parsing the others again would double the work."""
    then = {"a.yaml": SIXTY, "b.yaml": SIXTY, "c.yaml": BOTH}
    asked: list[set[str]] = []

    def watched(listing: Listing, names: set[str], known: Catalogue) -> object:
        asked.append(set(names))
        return load(listing, names, known)

    monkeypatch.setattr(room, "load", watched)
    now = {**then, "c.yaml": SIXTY}
    for today, parsed in ((then, []), (now, [{"c"}])):
        asked.clear()
        looked_back(encoded(then), encoded(today), catalogue)
        assert asked == parsed
