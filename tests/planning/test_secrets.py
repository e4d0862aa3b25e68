"""References: at hand or not, and bound to the place that they would be sent to or not."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.key import Schema
from reconciler.model.tenant import BoundSecret, Secrets
from reconciler.model.values import Secret, SecretRef, Value
from reconciler.planning.secrets import SecretFinding, check
from tests.planning.making import HOOK, REF, SEALED, SECRETS, make_key, same_origin

OTHER: Secrets = {"HOOK": BoundSecret(Secret("canary-hook"), "https://other.example")}
NESTED: Schema = {
    "properties": {
        "a/b": {"properties": {"~url": {"type": "string"}}},
        "list": {
            "items": {"properties": {"pin": {"x-sensitive": True, "x-sent-to": "/a~1b/~0url"}}},
        },
    }
}


def test_a_reference_at_hand_and_bound_to_its_url_is_fine():
    """Nothing is found, and nothing is asked of the secret's text."""
    assert check(HOOK, {"url": "https://hook.example/base", "api_key": REF}, SECRETS, same_origin) == ()


def test_a_value_without_references_is_fine():
    """A key without secrets needs no credentials."""
    assert check(HOOK, {"url": "https://elsewhere.example"}, {}, same_origin) == ()


def test_a_secret_that_is_not_at_hand_is_found_with_what_to_do():
    """The rule, where it stands, its name, and where to add it."""
    (finding,) = check(HOOK, {"url": "https://hook.example", "api_key": REF}, {}, same_origin)

    assert finding == SecretFinding(
        "secret-unavailable",
        "/api_key",
        "The secret HOOK is not in this tenant's credentials. Add it under `secrets`, with the origin that it is"
        " `for`.",
    )


def test_a_secret_for_another_origin_is_found_with_both_places():
    """Where it may go, where it would go, and the two ways out; not the secret."""
    (finding,) = check(HOOK, {"url": "https://hook.example", "api_key": REF}, OTHER, same_origin)

    assert finding == SecretFinding(
        "secret-origin",
        "/api_key",
        "The secret HOOK is for https://other.example, but would be sent beside https://hook.example. Correct the URL"
        " in the file, or bind the secret to the new origin in the credentials.",
    )


@pytest.mark.parametrize(
    "desired",
    [pytest.param({"api_key": REF}, id="no-url"), pytest.param({"url": 7, "api_key": REF}, id="no-text-there")],
)
def test_a_secret_without_the_url_that_it_goes_beside_is_refused(desired: Mapping[str, Any]):
    """Where nobody can say where it would go, it doesn't go: no text at all lies in no origin."""
    asked: list[str] = []

    def judge(url: str, origin: str) -> bool:
        asked.append(url)
        return same_origin(url, origin)

    assert [finding.rule for finding in check(HOOK, desired, SECRETS, judge)] == ["secret-origin"]
    assert asked == [""]


def test_a_secret_that_goes_to_no_url_needs_none():
    """A field without x-sent-to is for the platform itself, whose origin binds the credentials."""
    assert check(SEALED, {"pin": REF}, OTHER, same_origin) == ()


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        pytest.param("https://hook.example/x", [], id="same-origin"),
        pytest.param("https://evil.example", ["secret-origin"], id="another-origin"),
    ],
)
def test_the_pointer_to_the_url_is_unescaped_and_found_from_within_an_array(url: str, rules: list[str]):
    """x-sent-to is a JSON Pointer within the value, wherever in it the secret stands."""
    key = make_key("nested", 0, NESTED)
    desired: Value = {"a/b": {"~url": url}, "list": ({"pin": REF},)}

    found = check(key, desired, SECRETS, same_origin)

    assert [finding.rule for finding in found] == rules
    assert [finding.pointer for finding in found] == ["/list/0/pin"] * len(rules)


def test_a_place_that_the_schema_does_not_know_goes_beside_no_url():
    """A reference where the schema has nothing to say has no URL to be compared with."""
    assert check(make_key("any", 0, {}), {"a": (REF, {"b": REF})}, SECRETS, same_origin) == ()


def test_every_reference_is_judged_not_only_the_first():
    """All findings at once, those without a secret and those for another place."""
    key = make_key("two", 0, {"properties": {"x": {"x-sent-to": "/url"}, "y": {"x-sent-to": "/url"}}})
    desired: Value = {"url": "https://hook.example", "x": SecretRef("NONE"), "y": REF}

    found = check(key, desired, OTHER, same_origin)

    assert [(finding.rule, finding.pointer) for finding in found] == [
        ("secret-unavailable", "/x"),
        ("secret-origin", "/y"),
    ]
