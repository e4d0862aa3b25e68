"""The digest: all of what a plan would do, and nothing of when, why and from which commit."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.model.normal import normalise, same
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange
from reconciler.model.report import Report, Revision, Selection
from reconciler.model.tenant import Source
from reconciler.model.values import ABSENT
from reconciler.model.words import Action, Cause, Reason, Result, Status
from reconciler.planning.digest import canonical_row, row, run_digest, tenant_digest
from tests.planning.making import HOOK, NUMBERS, PLACES, REF, TIMER, UNSET, change, plan_file, plan_of, set_to

ORIGIN = "https://acme.example"
HIDDEN = {"sensitive": True}
NAMED = {"secret": "HOOK"}
SECRET_DIFFERS = (FieldChange("/api_key", HIDDEN, NAMED, sensitive=True),)
HOOK_BEFORE: Mapping[str, Any] = {"url": "u", "api_key": HIDDEN}
HOOK_AFTER: Mapping[str, Any] = {"url": "u", "api_key": NAMED}


def test_a_row_is_exactly_what_the_contract_lists():
    """Origin, tenant, key, action, before and after, and which sensitive fields differ."""
    secret = change(before=HOOK_BEFORE, after=HOOK_AFTER, changes=SECRET_DIFFERS)

    assert row("acme", ORIGIN, secret) == {
        "origin": ORIGIN,
        "tenant": "acme",
        "key": "orders.timer",
        "action": "update",
        "before": HOOK_BEFORE,
        "after": HOOK_AFTER,
        "sensitive_differs": ["/api_key"],
    }


def test_a_row_is_canonical_json():
    """Members sorted, no blanks: the bytes are those of RFC 8785."""
    assert canonical_row("acme", ORIGIN, change(before=1.5, after={"b": "ü", "a": (True, None)})) == (
        b'{"action":"update","after":{"a":[true,null],"b":"\xc3\xbc"},"before":1.5,"key":"orders.timer",'
        b'"origin":"https://acme.example","sensitive_differs":[],"tenant":"acme"}'
    )


def test_the_digest_of_a_known_plan_is_what_it_always_was():
    """A plan file that was reviewed yesterday must still fit today: the bytes may not change between releases."""
    places = change("orders.places", action=Action.CREATE, before=ABSENT, after=("dc",))
    head = b'"origin":"https://acme.example","sensitive_differs":[],"tenant":"acme"}'
    rows = (
        b'[{"action":"create","after":["dc"],"key":"orders.places",' + head + b","
        b'{"action":"update","after":2,"before":1,"key":"orders.timer",' + head + b"]"
    )

    assert tenant_digest("acme", ORIGIN, [change(), places]) == f"sha256:{hashlib.sha256(rows).hexdigest()}"


@pytest.mark.parametrize("odd", [0.5, 2**53, "\ud800", {"é": 1}], ids=["fraction", "huge", "half-a-pair", "name"])
def test_a_tenant_with_something_out_of_the_ordinary_is_hashed_like_any_other(odd: Any):
    """One array of its rows by key name, whoever has written them."""
    changes = [change("orders.b"), change("orders.a", after=odd)]
    rows = b",".join(rfc8785.dumps(row("acme", ORIGIN, one)) for one in reversed(changes))  # type: ignore[arg-type]

    assert tenant_digest("acme", ORIGIN, changes) == f"sha256:{hashlib.sha256(b'[' + rows + b']').hexdigest()}"


SAME: Mapping[str, Change] = {
    "cause": change(cause=Cause.DRIFT),
    "date": change(live_updated_at="2030-01-01T00:00:00Z"),
    "warnings": change(warnings=("look out",)),
    "source": change(source=Source("tenants/eu/acme.yaml", 99, 1)),
    "reason": change(reason=Reason.DEFAULT_DIFFERS),
    "drops": change(drops=("/x",)),
    "fields": change(changes=(FieldChange("", 1, 2),)),
}


@pytest.mark.parametrize("other", SAME.values(), ids=SAME)
def test_times_commits_causes_and_places_do_not_count(other: Change):
    """A plan that would do the same has the same digest, though it was made from another commit at another time."""
    assert tenant_digest("acme", ORIGIN, [other]) == tenant_digest("acme", ORIGIN, [change()])


OTHER: Mapping[str, Change] = {
    "key": change("orders.other"),
    "action": change(action=Action.NO_OP),
    "before": change(before=3),
    "before-absent": change(before=ABSENT),
    "before-null": change(before=None),
    "after": change(after=3),
    "after-another-type": change(after=True),
    "a-secret-differs": change(changes=SECRET_DIFFERS),
}


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER)
def test_what_would_be_done_counts(other: Change):
    """Key, action, before, after, and whether a secret differs: each alone changes the digest."""
    assert tenant_digest("acme", ORIGIN, [other]) != tenant_digest("acme", ORIGIN, [change()])


def test_tenant_and_origin_count():
    """The same changes of another tenant, or at another place, are another plan."""
    digests = {
        tenant_digest("acme", ORIGIN, [change()]),
        tenant_digest("bolt", ORIGIN, [change()]),
        tenant_digest("acme", "https://bolt.example", [change()]),
        tenant_digest("acme", ORIGIN, []),
        tenant_digest("acme", ORIGIN, [change(), change()]),
    }

    assert len(digests) == 5


def test_a_sensitive_value_counts_by_its_name_and_by_whether_it_differs():
    """Another reference is another plan; whether the secret differs is known, and which fields do."""
    other = {"url": "u", "api_key": {"secret": "OTHER"}}
    digests = {
        tenant_digest("acme", ORIGIN, [change(before=HOOK_BEFORE, after=HOOK_AFTER)]),
        tenant_digest("acme", ORIGIN, [change(before=HOOK_BEFORE, after=HOOK_AFTER, changes=SECRET_DIFFERS)]),
        tenant_digest("acme", ORIGIN, [change(before=HOOK_BEFORE, after=other, changes=SECRET_DIFFERS)]),
    }

    assert len(digests) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(2**53, 2**53 + 1, id="beyond-a-double"),
        pytest.param(-(2**53), -(2**53) - 1, id="below-a-double"),
        pytest.param(2**53 - 1, 2**53, id="the-last-exact-one"),
        pytest.param(-(2**53) + 1, -(2**53), id="the-first-exact-one"),
        pytest.param(10**400, 10**400 + 1, id="huge"),
        pytest.param(float("inf"), float("-inf"), id="infinite"),
        pytest.param("\ud800", "\ud801", id="half-a-surrogate-pair"),
        pytest.param("\ud800", "\\ud800", id="half-a-pair-and-its-escape"),
        pytest.param({"\ud800": 1}, {"\ud801": 1}, id="half-a-pair-in-a-name"),
        pytest.param({"integer": str(2**53)}, 2**53, id="a-number-and-an-object-that-looks-like-it"),
        pytest.param({"text": "\\ud800"}, "\ud800", id="a-text-and-an-object-that-looks-like-it"),
        pytest.param({"object": {"integer": "1"}}, {"integer": "1"}, id="objects-that-look-alike"),
        pytest.param((2**53,), (2**53 + 1,), id="in-an-array"),
        pytest.param({"a": 2**53}, {"a": 2**53 + 1}, id="in-an-object"),
        pytest.param(True, 1, id="true-and-1"),
        pytest.param("1", 1, id="text-and-number"),
        pytest.param(None, "", id="null-and-empty"),
        pytest.param((), {}, id="empty-array-and-object"),
    ],
)
def test_values_that_differ_have_digests_that_differ(one: Any, other: Any):
    """What a live value can hold and RFC 8785 can't is told apart all the same, and never ends the run."""
    for side in ("before", "after"):
        digests = {tenant_digest("acme", ORIGIN, [change(**{side: value})]) for value in (one, other)}
        assert len(digests) == 2


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53) + 1], ids=["largest", "smallest"])
def test_an_integer_that_a_double_holds_is_written_as_a_number(number: int):
    """Only where RFC 8785 has no form of its own is one made up."""
    assert row("acme", ORIGIN, change(after=number))["after"] == number
    assert row("acme", ORIGIN, change(after=(number, 0.5, "ü")))["after"] == [number, 0.5, "ü"]
    beyond = number + (1 if number > 0 else -1)
    assert row("acme", ORIGIN, change(after=beyond))["after"] == {"integer": str(beyond)}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("a\ud800", {"text": "a\\ud800"}, id="half-a-surrogate-pair"),
        pytest.param(float("-inf"), {"number": "-inf"}, id="infinite"),
        pytest.param({"\ud800": 1}, {"\\ud800": 1}, id="in-a-name"),
        pytest.param({"number": "1"}, {"object": {"number": "1"}}, id="what-looks-like-that"),
    ],
)
def test_what_rfc_8785_has_no_form_for_is_written_out(value: Any, written: object):
    """A live value may hold it, and a digest that was reviewed must stay what it was."""
    assert row("acme", ORIGIN, change(after=value))["after"] == written


plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "text", "object"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(plain, plain)
def test_rows_are_equal_if_and_only_if_the_values_are(one: Any, other: Any):
    """The bytes say no more and no less than the values."""
    before, after = normalise(one, {}), normalise(other, {})
    rows = [canonical_row("acme", ORIGIN, change(before=value)) for value in (before, after)]

    assert (rows[0] == rows[1]) is same(before, after)
    assert json.loads(rows[0])["key"] == "orders.timer"


odd_names = st.sampled_from(
    ["a", "é", "\uffff", "\U00010000", "\ud800", "", '"', "\x7f", *("text", "number", "integer")]
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**53 - 1, 2**53, -(2**53) + 1, -(2**53), 1e21, 1e-7, -0.0])
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple) | st.dictionaries(odd_names | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(before=anything, after=anything, origin=st.text(max_size=3))
@example(before={"\uffff": 1, "\U00010000": 2}, after={"text": 1}, origin="\x00\x1f\x7f\u2028/\\")
@example(before="\ud800", after=(1.0, {"number": {"a": 2**53}}), origin="")
def test_the_bytes_are_the_librarys_for_every_value(before: Any, after: Any, origin: str):
    """RFC 8785 is what the library says; what is written quicker may not differ from it."""
    one = change(before=before, after=after)

    assert canonical_row("acme", origin, one) == rfc8785.dumps(row("acme", origin, one))  # type: ignore[arg-type]


PROBE = """
import sys
from tests.planning.making import change
from reconciler.planning.digest import canonical_row
canonical_row("acme", "https://acme.example", change(after=%s))
print("rfc8785" in sys.modules)
"""


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        pytest.param("{'a': (1, 'é\\n', None), 'b': {'c': True}, 'text': 2**53 - 1}", "False", id="ordinary"),
        pytest.param("0.5", "True", id="fraction"),
        pytest.param("(2**53,)", "True", id="beyond-a-double"),
        pytest.param("{'é': 1}", "True", id="name-outside-of-ascii"),
        pytest.param("{'a': {'text': 1}}", "True", id="set-apart"),
        pytest.param("'\\ud800'", "True", id="half-a-surrogate-pair"),
    ],
)
def test_the_library_is_asked_only_for_what_is_out_of_the_ordinary(value: str, asked: str):
    """It takes five times as long, and a fleet has thousands of rows."""
    done = subprocess.run([sys.executable, "-c", PROBE % value], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == asked


def _two_tenants() -> Report:
    secret = {"url": "https://hook.example", "api_key": REF}
    return plan_file(
        plan_of("acme", (TIMER, 2, set_to(TIMER, 1)), (HOOK, secret, UNSET), (NUMBERS, {"start": 1}, UNSET)),
        plan_of("bolt", (TIMER, 2, set_to(TIMER, 2)), (PLACES, ["store"], set_to(PLACES, ["dc"]))),
    )


def test_the_digest_of_a_known_run_is_what_it_always_was():
    """All rows of all tenants, by tenant and key, in one canonical array."""
    report = plan_file(plan_of("bolt", (TIMER, 2, UNSET)), plan_of("acme", (TIMER, 2, UNSET), (PLACES, ["dc"], UNSET)))
    rows = ",".join(
        f'{{"action":"create","after":{after},"key":"orders.{short}","origin":"https://{name}.example",'
        f'"sensitive_differs":[],"tenant":"{name}"}}'
        for name, short, after in (("acme", "places", '["dc"]'), ("acme", "timer", 2), ("bolt", "timer", 2))
    )

    assert run_digest(report.tenants) == f"sha256:{hashlib.sha256(f'[{rows}]'.encode()).hexdigest()}"


def test_the_digest_of_a_run_is_that_of_its_shards_merged_in_any_order():
    """Tenants and keys are sorted before they are hashed."""
    whole = _two_tenants()
    turned = [replace(tenant, keys=tuple(reversed(tenant.keys))) for tenant in reversed(whole.tenants)]

    assert run_digest(turned) == run_digest(whole.tenants) == whole.digest
    assert run_digest(whole.tenants[:1]) != whole.digest
    assert run_digest([]) != whole.digest


def test_the_digest_of_a_run_says_nothing_of_outcomes_results_and_files():
    """An apply's report of the same plan has the same digest."""
    whole = _two_tenants()
    applied = [
        replace(
            tenant,
            file="tenants/eu/x.yaml",
            result=Result.APPLIED,
            keys=tuple(replace(key, outcome=Outcome(Status.APPLIED)) for key in tenant.keys),
        )
        for tenant in whole.tenants
    ]

    assert run_digest(applied) == whole.digest
    assert replace(whole, revision=Revision("abc"), selection=Selection(("acme",))).digest == whole.digest


def test_the_keys_of_a_tenant_are_hashed_by_name():
    """The order of the writes, which another catalogue may change, is no part of the digest."""
    one, two = change("orders.a"), change("orders.b")

    assert tenant_digest("acme", ORIGIN, [one, two]) == tenant_digest("acme", ORIGIN, [two, one])
