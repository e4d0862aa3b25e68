"""What drafts share goes into a profile, and nothing of it is lost."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue
from reconciler.desired.compose import Entry, snippet
from reconciler.desired.drafting import Draft
from reconciler.desired.sharing import shared, without
from reconciler.model.key import Key
from reconciler.model.values import SecretRef, Value


def made(name: str, *, write_once: bool = False) -> Key:
    return Key(f"g.{name}", "g", name, f"/{name}", name, "", {}, write_once, ord(name[0]))


KEYS = {name: made(name, write_once=name == "o") for name in "abcdo"}


def drafts(fleet: Mapping[str, Mapping[str, Value]]) -> dict[str, Draft]:
    return {
        tenant: Draft(tuple(Entry(KEYS[name], value) for name, value in keys.items())) for tenant, keys in fleet.items()
    }


def held(fleet: Mapping[str, Mapping[str, Value]]) -> tuple[set[str], tuple[str, ...]]:
    """The short names of the keys of the profile, and who extends it."""
    found = shared(drafts(fleet))
    return (set(), ()) if found is None else ({entry.key.short for entry in found.entries}, found.tenants)


def test_what_most_have_is_shared_and_who_differs_says_so():
    """Two of three are most; the third extends too, since it declares every key of the profile."""
    fleet = {"one": {"a": 1, "b": 2}, "two": {"a": 1, "b": 2}, "three": {"a": 1, "b": 9}}
    assert held(fleet) == ({"a", "b"}, ("one", "three", "two"))
    common = shared(drafts(fleet))
    assert common is not None
    left = without(drafts(fleet)["three"], common, "_p")
    assert ([entry.key.short for entry in left.entries], left.extends) == (["b"], ("_p",))


@pytest.mark.parametrize(
    ("fleet", "keys"),
    [
        pytest.param({"one": {"a": 1}, "two": {"a": 2}}, set(), id="no-two-alike"),
        pytest.param({"one": {"a": 1}, "two": {}}, set(), id="declared-once"),
        pytest.param({"one": {"a": 1}, "two": {"a": 1.0}}, set(), id="written-differently"),
        pytest.param({"one": {"a": 1}, "two": {"a": True}}, set(), id="true-is-not-1"),
        pytest.param({"one": {"o": 1}, "two": {"o": 1}}, set(), id="write-once-never"),
        pytest.param({"one": {"a": SecretRef("X")}, "two": {"a": SecretRef("Y")}}, set(), id="other-secret"),
        pytest.param({"one": {"a": SecretRef("X")}, "two": {"a": SecretRef("X")}}, {"a"}, id="same-secret"),
        pytest.param({}, set(), id="nobody"),
    ],
)
def test_what_counts_as_the_same(fleet: Mapping[str, Mapping[str, Value]], keys: set[str]):
    """The text that would stand in the file, no more and no less."""
    assert held(fleet)[0] == keys


def test_a_key_that_some_lack_does_not_keep_all_others_from_being_shared():
    """b and c are had by most, and both are given up, since five tenants that share a are worth more than three."""
    rich: Mapping[str, Value] = {"a": 1, "b": 1}
    fleet = {"1": rich, "2": rich, "3": rich, **{str(number): {"a": 1, "d": number} for number in (4, 5)}}
    assert held({**fleet, "6": {"a": 1}, "7": {"a": 1}}) == ({"a"}, tuple("1234567"))
    assert held(fleet) == ({"a", "b"}, tuple("123")), "three times two are more than five"


values: st.SearchStrategy[Value] = st.sampled_from([1, 2, True, "x", SecretRef("X"), SecretRef("Y")])
fleets = st.dictionaries(
    st.sampled_from("12345"), st.dictionaries(st.sampled_from(sorted(KEYS)), values), min_size=1, max_size=5
)


@given(fleets)
def test_profile_and_file_together_say_what_the_draft_said(fleet: Mapping[str, Mapping[str, Value]]):
    """For every fleet; and the choice depends on the values alone, not on the order of tenants."""
    before = drafts(fleet)
    common = shared(before)
    assert held(dict(reversed(list(fleet.items())))) == held(fleet)
    if common is None:
        return
    assert len(common.tenants) >= 2
    assert not any(entry.key.write_once for entry in common.entries)
    for tenant in common.tenants:
        after = without(before[tenant], common, "_p")
        assert len(after.entries) < len(before[tenant].entries), "who extends it gains by it"
        both = {entry.key.name: snippet(entry) for entry in (*common.entries, *after.entries)}
        assert both == {entry.key.name: snippet(entry) for entry in before[tenant].entries}


def test_a_file_that_only_extends_is_no_empty_one(catalogue: Catalogue):
    """Everything it says may be the profile's."""
    assert Draft((), extends=("_p",)).text == "extends: [_p]\n"
    assert "{}" in Draft(()).text
