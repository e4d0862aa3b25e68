"""A file that is only glanced at must be one in which judging it in full finds nothing."""

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

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(CORPUS.rglob("*.yaml"))
CATALOGUE = load()
assert isinstance(CATALOGUE, Catalogue)
GOOD = (Path(__file__).parents[2] / "tenants" / "acme.yaml").read_text(encoding="utf-8")
PROFILES = {"_good.yaml": "sales_order: {on_hold_timer_duration: 60}\n", "_bad.yaml": "sales_order: {x: 1}\n"}


def passes(text: str | bytes) -> bool:
    places = Places(CATALOGUE)  # type: ignore[arg-type]  # asserted above
    data = text.encode() if isinstance(text, str) else text
    return Glance(places, Checks(CATALOGUE, places), {"_good"}).passes(data)  # type: ignore[arg-type]


def both(memory: Callable[..., Any], texts: Mapping[str, str | bytes]) -> tuple[Fleet, Fleet]:
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}
    listing = list_files(memory(contents), shown="tenants")
    return judge(listing, None, CATALOGUE), load_fleet(listing, None, CATALOGUE)  # type: ignore[arg-type]


def same(judged: Fleet, loaded: Fleet) -> bool:
    bare = replace(loaded, tenants=tuple(replace(tenant, keys=()) for tenant in loaded.tenants))
    return judged == bare


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CORPUS).as_posix())
def test_judging_finds_in_the_corpus_what_loading_finds(path: Path, memory: Callable[..., Any]):
    """The same problems at the same places in the same order."""
    judged, loaded = both(memory, {**PROFILES, "acme.yaml": path.read_bytes()})
    assert same(judged, loaded)


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
    judged, loaded = both(memory, {**PROFILES, "acme.yaml": text})
    assert judged.tenants[0].problems
    assert same(judged, loaded)


@pytest.mark.parametrize("text", RIGHT.values(), ids=list(RIGHT))
def test_a_file_in_order_passes_at_a_glance(text: str, memory: Callable[..., Any]):
    """Or a fleet would be slow in silence."""
    assert passes(text)
    judged, loaded = both(memory, {**PROFILES, "acme.yaml": text})
    assert judged.tenants[0].problems == ()
    assert same(judged, loaded)


WORDS = st.sampled_from(["", " ", "\n", ":", "-", "[", "]", "{", "}", "0755", "no", "true", "-1", "x", "&a ", "!!str "])


@settings(max_examples=300)
@given(at=st.integers(0, len(GOOD)), cut=st.integers(0, 12), word=WORDS)
def test_whatever_is_changed_in_a_good_file_is_found_at_a_glance_or_harmless(at: int, cut: int, word: str):
    """Somewhere some characters less, and others more."""
    text = GOOD[:at] + word + GOOD[at + cut :]
    if passes(text):
        assert load_one(text).tenants[0].problems == ()


def load_one(text: str) -> Fleet:
    from reconciler.desired.drafting import OneFile

    listing = list_files(OneFile("acme.yaml", text.encode()), shown="tenants")
    return load_fleet(listing, None, CATALOGUE)  # type: ignore[arg-type]
