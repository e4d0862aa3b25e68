"""Secrets that can't be rendered, masks that are told from keys, pointers, and what is safe to show."""

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from string import Template
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.access import Access, ClientCredentials, StaticToken
from reconciler.model.live import Live
from reconciler.model.tenant import BoundSecret
from reconciler.model.values import ABSENT, Secret, SecretRef, Value, pointer, shown
from reconciler.model.words import LiveState

CANARY = "canary-not-a-secret"
SECRET = Secret(CANARY)
ACCESS = Access(
    "acme",
    "https://acme.example",
    ClientCredentials("me", SECRET, "https://id.example"),
    {"KEY": BoundSecret(SECRET, "https://orders.example")},
)


def _logged() -> str:
    record = logging.LogRecord("t", logging.INFO, "f", 1, "%s and %r", (SECRET, [SECRET]), None)
    return logging.Formatter("%(message)s %(args)s").format(record)


def _traced() -> str:
    try:
        _fail(SECRET)
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    raise AssertionError


def _fail(secret: Secret) -> None:
    held = {"api_key": secret}
    raise ValueError("no", secret, held)


RENDERERS: Mapping[str, Callable[[], str]] = {
    "str": lambda: str(SECRET),
    "repr": lambda: repr(SECRET),
    "ascii": lambda: ascii(SECRET),
    "format": lambda: format(SECRET),
    "format-with-a-width": lambda: format(SECRET, ">40"),
    "f-string": lambda: f"{SECRET} {SECRET!s} {SECRET!r} {SECRET!a} {SECRET:.3}",
    "percent": lambda: "%s %r" % (SECRET, SECRET),  # noqa: UP031  the old way must be safe too
    "template": lambda: Template("$it").substitute(it=SECRET),
    "list": lambda: str([SECRET, (SECRET,), {"k": SECRET}]),
    "pprint": lambda: pprint.pformat({"deep": [SECRET]}),
    "json-default-str": lambda: json.dumps({"k": SECRET}, default=str),
    "dataclass": lambda: repr(ACCESS) + repr(StaticToken(SECRET)),
    "live": lambda: repr(Live(LiveState.SET, {"api_key": SECRET})),
    "exception": lambda: str(ValueError(SECRET)) + repr(ValueError({"k": SECRET})),
    "log": _logged,
    "traceback-with-locals": _traced,
    "shown": lambda: repr(shown({"api_key": SECRET, "more": (SECRET,)})),
    "dir": lambda: repr(dir(SECRET)),
    "type": lambda: repr(type(SECRET)) + repr(SECRET.__slots__),
}


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)
def test_a_secret_never_renders(render: Callable[[], str]):
    """Whatever turns a value into text, and whatever holds it, the text of a secret does not appear."""
    text = render()

    assert CANARY not in text
    assert CANARY[:6] not in text


SERIALISERS: Mapping[str, Callable[[], object]] = {
    "json": lambda: json.dumps({"k": SECRET}),
    "copy": lambda: copy.copy(SECRET),
    "deepcopy": lambda: copy.deepcopy({"k": [SECRET]}),
    "asdict": lambda: dataclasses.asdict(ACCESS),
    **{f"pickle-{number}": partial(pickle.dumps, SECRET, number) for number in range(6)},
}


@pytest.mark.parametrize("serialise", SERIALISERS.values(), ids=SERIALISERS)
def test_a_secret_refuses_to_be_serialised(serialise: Callable[[], object]):
    """Copying a secret out of the process is a TypeError, and the error doesn't tell it either."""
    with pytest.raises(TypeError) as raised:
        serialise()

    assert CANARY not in str(raised.value)


def test_a_secret_has_no_attributes_to_dump():
    """There is no __dict__ that a debugger or a structured logger would walk."""
    assert not hasattr(SECRET, "__dict__")


def test_secrets_are_equal_by_text_and_to_nothing_else():
    """Two secrets of the same text are one in a set; a plain text is never equal to a secret."""
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != Secret("b")
    assert Secret("\ud800") != Secret("\ud801")
    assert Secret("a") != "a"
    assert Secret("a").__eq__("a") is NotImplemented
    assert Secret("abc").reveal() == "abc"


def test_all_secrets_of_a_tenant_can_be_listed_for_redaction():
    """The token or the client secret, and all secrets to be written, are what must never be seen."""
    token = Access("acme", "https://acme.example", StaticToken(Secret("t")), ACCESS.secrets)

    assert ACCESS.every_secret() == (SECRET, SECRET)
    assert token.every_secret() == (Secret("t"), SECRET)


MASKS = [
    "***",
    "********",
    "****1234",
    "sk_live_****1234",
    "sk_live_********",
    "ab***yz",
    "•••",
    "●●●●●●",
    "∙∙∙∙",
    "····",
    "sk-...abcd",
    "abcd…",
    "…",
    "xxx",
    "XXXXXXXX",
    "xxxxxxxx1234",
    "XXXX-XXXX-XXXX-1234",
    "xxxx xxxx 12",
    "###",
    "#########",
    "redacted",
    "REDACTED",
    "<redacted>",
    "[REDACTED]",
    "(redacted)",
    "{redacted}",
    "**REDACTED**",
    "< masked >",
    "masked",
    "hidden",
    "[FILTERED]",
    "<hidden>",
    "<secret>",
    "[protected]",
    "(removed)",
    "<sensitive>",
    "(sensitive value)",
]
KEYS = [
    "",
    "a",
    "abc123",
    "**",
    "xx",
    "##",
    "..",
    "550e8400-e29b-41d4-a716-446655440000",
    "XK39-xxx7-AB12",
    "XK39-xxxxxx-AB12",
    "abcxxxdef",
    "key###2024",
    "a###b",
    "xxxray55555",
    "xxx12",
    "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
    "AKIA" + "IOSFODNN7EXAMPLE",  # in two, or what looks for secrets in the repository would take it for one
    "sk_" + "live_notTrulyAKeyButOfItsForm",
    "c2VjcmV0LWtleQ==",
    "secret",
    "secret-key",
    "protected",
    "removed",
    "my-redacted-key",
    "unmasked",
    "hidden-valley-17",
    "maskedbandit",
    "012345678***",
    "***012345678",
    "correct horse battery staple",
]


@pytest.mark.parametrize("text", MASKS)
def test_what_hides_a_text_looks_masked(text: str):
    """Asterisks, bullets, dots, words that say so: what a platform shows instead of a secret."""
    assert Secret(text).looks_masked


@pytest.mark.parametrize("text", KEYS)
def test_what_may_be_a_key_does_not_look_masked(text: str):
    """A real key taken for a mask would never be compared, so in doubt it is a key."""
    assert not Secret(text).looks_masked


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="*."), min_size=1, max_size=64))
def test_no_text_that_a_generator_of_keys_makes_looks_masked(text: str):
    """Without glyphs of a mask, a run of x or #, or a word that says so, a printable text is a key."""
    low = text.lower()
    runs = any(run in low.replace("#", "x") for run in ("xxx",))
    words = any(word in low for word in ("redacted", "masked", "hidden", "filtered", "secret", "protected"))
    words = words or any(word in low for word in ("removed", "sensitive"))
    if not runs and not words:
        assert not Secret(text).looks_masked


@pytest.mark.parametrize(
    "text", ["x" * 50_000 + "!", "x-" * 50_000, "<" * 50_000, " " * 50_000, "xxxx-" * 20_000 + "!"]
)
def test_judging_a_hostile_text_takes_no_time(text: str):
    """The pattern can't be made to go back and forth over a long answer."""
    assert not Secret(text).looks_masked


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param((), "", id="whole"),
        pytest.param(("",), "/", id="empty-name"),
        pytest.param(("a", 0, "b"), "/a/0/b", id="index"),
        pytest.param(("a/b",), "/a~1b", id="slash"),
        pytest.param(("m~n",), "/m~0n", id="tilde"),
        pytest.param(("~1",), "/~01", id="tilde-before-one"),
        pytest.param((" ", 'k"l'), '/ /k"l', id="blank-and-quote"),
    ],
)
def test_a_pointer_is_escaped_as_rfc_6901_says(parts: tuple[str | int, ...], expected: str):
    """The tilde is escaped first, so that every path has a pointer of its own."""
    assert pointer(*parts) == expected


@given(st.lists(st.text(max_size=3) | st.integers(0, 9).map(str), max_size=4))
def test_a_pointer_leads_back_to_its_path(path: list[str]):
    """No two paths of names share a pointer."""
    told = pointer(*path)

    assert [part.replace("~1", "/").replace("~0", "~") for part in told.split("/")[1:]] == path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, None, id="null"),
        pytest.param(True, True, id="boolean"),
        pytest.param("text", "text", id="text"),
        pytest.param(SECRET, {"sensitive": True}, id="secret"),
        pytest.param(SecretRef("KEY"), {"secret": "KEY"}, id="reference"),
        pytest.param((1, SECRET), (1, {"sensitive": True}), id="array"),
        pytest.param(MappingProxyType({"k": SecretRef("KEY")}), {"k": {"secret": "KEY"}}, id="object"),
    ],
)
def test_what_is_shown_holds_no_secret(value: Value, expected: object):
    """A live secret shows that it is one, a desired one shows its name, all else shows itself."""
    assert shown(value) == expected


def test_absent_renders_as_the_word_of_the_code():
    """A failing test should say ABSENT, not an enum's inside."""
    assert repr(ABSENT) == "ABSENT"
