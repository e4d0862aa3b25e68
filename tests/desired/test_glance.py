"""A file that is only glanced at must be one in which judging it in full finds nothing, and means the same."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue, load
from reconciler.desired.checks import Checks
from reconciler.desired.fleet import Fleet, judge
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.glance import Glance
from reconciler.desired.listing import list_files
from reconciler.desired.places import Places
from reconciler.model.key import Key

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(CORPUS.rglob("*.yaml"))
CATALOGUE = load()
assert isinstance(CATALOGUE, Catalogue)
GOOD = (Path(__file__).parents[2] / "tenants" / "acme.yaml").read_text(encoding="utf-8")
PROFILES = {"_good.yaml": "sales_order: {on_hold_timer_duration: 60}\n", "_bad.yaml": "sales_order: {x: 1}\n"}


def passes(text: str | bytes) -> bool:
    places = Places(CATALOGUE)  # type: ignore[arg-type]  # asserted above
    data = text.encode() if isinstance(text, str) else text
    return Glance(places, Checks(CATALOGUE, places), {"_good", "_more"}).passes(data)  # type: ignore[arg-type]


def both(memory: Callable[..., Any], texts: Mapping[str, str | bytes]) -> tuple[Fleet, Fleet]:
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}
    listing = list_files(memory(contents), shown="tenants")
    return judge(listing, None, CATALOGUE), load_fleet(listing, None, CATALOGUE)  # type: ignore[arg-type]


def same(judged: Fleet, loaded: Fleet) -> bool:
    bare = replace(loaded, tenants=tuple(replace(tenant, keys=()) for tenant in loaded.tenants))
    return judged == bare


def in_full(memory: Callable[..., Any], texts: Mapping[str, str | bytes]) -> Fleet:
    """Load files of which none is glanced at: with a byte order mark, which says nothing, no file passes."""
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}
    marked = {path: codecs.BOM_UTF8 + data for path, data in contents.items()}
    assert not any(map(passes, marked.values()))
    return load_fleet(list_files(memory(marked), shown="tenants"), None, CATALOGUE)  # type: ignore[arg-type]


def is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return not data.startswith(codecs.BOM_UTF8)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CORPUS).as_posix())
def test_judging_finds_in_the_corpus_what_loading_finds(path: Path, memory: Callable[..., Any]):
    """The same problems at the same places in the same order."""
    texts: Mapping[str, str | bytes] = {**PROFILES, "acme.yaml": path.read_bytes()}
    judged, loaded = both(memory, texts)
    assert same(judged, loaded)
    if is_utf_8(path.read_bytes()):  # what isn't is told by the byte, and the mark is three
        assert loaded == in_full(memory, texts)


ONE = "sales_order: {{external_order_webhook: {{url: '{url}', api_key: {key}}}}}\n"
WRONG = {
    "format uri": ONE.format(url="https://a.example:99999/", key="{secret: A}"),
    "format uri with a bad escape": ONE.format(url="https://a.example/%zz", key="{secret: A}"),
    "literal secret": ONE.format(url="https://a.example/", key="hunter2"),
    "name of a secret too long": ONE.format(url="https://a.example/", key="{secret: " + "A" * 129 + "}"),
    "house rule": ONE.format(url="http://a.example/", key="{secret: A}"),
    "house rule that only warns": ONE.format(url="https://a.example/?q", key="{secret: A}"),
    "unknown group": "other: {}\n",
    "unknown key": "sales_order: {other: 1}\n",
    "group without keys": "sales_order:\n",
    "key without value": "sales_order: {on_hold_timer_duration: }\n",
    "true for a number": "sales_order: {on_hold_timer_duration: true}\n",
    "part of a number": "sales_order: {on_hold_timer_duration: 1.5}\n",
    "empty value": "sales_order: {sales_order_generator_sequence: {}}\n",
    "unknown profile": "extends: [_none]\n",
    "broken profile": "extends: [_bad]\n",
    "profile twice": "extends: [_good, _good]\n",
    "profile that is no text": "extends: [1]\n",
    "profiles that are no list": "extends: _good\n",
    "duplicate": "sales_order: {on_hold_timer_duration: 1, on_hold_timer_duration: 1}\n",
}
RIGHT = {
    "all keys": GOOD,
    "a profile": "extends: [_good]\n",
    "no profile": "extends: []\n",
    "nothing declared": "{}\n",
    "20.0 for 20": "sales_order: {on_hold_timer_duration: 20.0}\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=list(WRONG))
def test_no_wrong_file_passes_at_a_glance(text: str, memory: Callable[..., Any]):
    """Each of these has a finding, and it is told."""
    assert not passes(text)
    texts = {**PROFILES, "acme.yaml": text}
    judged, loaded = both(memory, texts)
    assert judged.tenants[0].problems
    assert same(judged, loaded)
    assert loaded == in_full(memory, texts)


@pytest.mark.parametrize("text", RIGHT.values(), ids=list(RIGHT))
def test_a_file_in_order_passes_at_a_glance(text: str, memory: Callable[..., Any]):
    """Or a fleet would be slow in silence."""
    assert passes(text)
    texts = {**PROFILES, "acme.yaml": text}
    judged, loaded = both(memory, texts)
    assert judged.tenants[0].problems == ()
    assert same(judged, loaded)
    assert loaded == in_full(memory, texts)


def test_glancing_at_a_file_tells_keys_values_and_places_as_reading_it_in_full_does(memory: Callable[..., Any]):
    """Keys in odd layout and order, values that are filled and sorted, a profile that wins and one that doesn't."""
    odd = """
# Zürich
"sales_order":   {big_sales_order: {soft_limit_for_big_orders: 20.0},
    'cancellation_allowed_from':
      [store, dc],   external_order_webhook: {url: "https://\\u0061.example/", api_key: {secret: A}}}
extends:
  - _good
  - _more
"""
    more = "sales_order: {on_hold_timer_duration: 70, big_sales_order: {soft_limit_for_big_orders: 1}}\n"
    texts = {**PROFILES, "_more.yaml": more, "acme.yaml": odd}
    assert passes(odd)
    _, loaded = both(memory, texts)
    (tenant,) = loaded.tenants
    assert {key.key.partition(".")[2]: (key.source.line, key.source.column) for key in tenant.keys} == {
        "big_sales_order": (3, 19),
        "cancellation_allowed_from": (4, 5),
        "external_order_webhook": (5, 22),
        "on_hold_timer_duration": (1, 15),
    }
    assert {key.key: key.value for key in tenant.keys}["sales_order.on_hold_timer_duration"] == 70
    assert loaded == in_full(memory, texts)
    assert repr(loaded) == repr(in_full(memory, texts))  # where 20.0 is not 20


def test_a_key_that_can_not_be_compiled_takes_the_quick_way_from_no_other():
    """A catalogue of one's own may ask for multiples, on which two validators could differ."""
    schemas: Mapping[str, Mapping[str, Any]] = {"plain": {"type": "integer"}, "odd": {"multipleOf": 0.25}}
    keys = [
        Key(f"wires.{short}", "wires", short, f"/v0/{short}", short, "", schema, write_once=False, order=order)
        for order, (short, schema) in enumerate(schemas.items())
    ]
    own = Catalogue(tuple(keys), "https://{tenant}.example", b"")
    places = Places(own)
    glance = Glance(places, Checks(own, places), ())
    assert glance.passes(b"wires: {plain: 1}\n")
    assert not glance.passes(b"wires: {plain: one}\n")
    assert not glance.passes(b"wires: {odd: 1}\n")
    assert not glance.passes(b"wires: {plain: 1, odd: 1}\n")


WORDS = st.sampled_from(["", " ", "\n", ":", "-", "[", "]", "{", "}", "0755", "no", "true", "-1", "x", "&a ", "!!str "])


@settings(max_examples=300)
@given(at=st.integers(0, len(GOOD)), cut=st.integers(0, 12), word=WORDS)
def test_whatever_is_changed_in_a_good_file_is_found_at_a_glance_or_harmless(at: int, cut: int, word: str):
    """Somewhere some characters less, and others more."""
    text = GOOD[:at] + word + GOOD[at + cut :]
    if passes(text):
        full = load_one(codecs.BOM_UTF8 + text.encode())
        assert full.tenants[0].problems == ()
        assert repr(load_one(text.encode())) == repr(full)


def load_one(data: bytes) -> Fleet:
    from reconciler.desired.drafting import OneFile

    listing = list_files(OneFile("acme.yaml", data), shown="tenants")
    return load_fleet(listing, None, CATALOGUE)  # type: ignore[arg-type]
