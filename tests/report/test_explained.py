"""`explain` for a wiki and for machines: all that a person is told, and no text of a schema is more than a text."""

import json

import pytest
from hypothesis import example, given

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.explain import Page as Told
from reconciler.catalogue.explain import Place, page
from reconciler.model.key import HouseRule
from reconciler.model.words import Severity
from reconciler.report.explained import explained_json, explained_markdown
from tests.report.generated import ATTACKS, texts
from tests.report.test_markdown import MENTION, blocks, rendered


@pytest.fixture(scope="module")
def pages() -> tuple[Told, ...]:
    loaded = load()
    assert isinstance(loaded, Catalogue)
    return tuple(page(loaded, key) for key in loaded.keys)


def made_of(text: str) -> Told:
    """Return a page all of whose texts are one that somebody wrote into a catalogue of their own."""
    rule = HouseRule(text, Severity.ERROR, text, {}, text)
    return Told(
        f"g.{text}", text, True, (text,), text, (text,), (Place(text, (text,), text),), (rule,), (text,), text or "-"
    )


def test_a_program_gets_every_fact_of_every_key(pages: tuple[Told, ...]):
    """In the catalogue's order, and the example as it can be put into a file."""
    found = json.loads(explained_json(pages))["keys"]
    assert [one["key"] for one in found] == [one.name for one in pages]
    for one, told in zip(found, pages, strict=True):
        assert one["write_once"] is told.write_once
        assert one["description"].split("\n\n") == list(told.paragraphs)
        assert [(place["place"], tuple(place["facts"])) for place in one["value"]] == [
            (place.name, place.facts) for place in told.places
        ]
        assert [rule["rule"] for rule in one["rules"]] == [rule.id for rule in told.rules]
        assert (one["path"], one["example"], tuple(one["order"])) == (told.path, told.example, told.order)


def test_a_wiki_gets_every_fact_of_every_key(pages: tuple[Told, ...]):
    """As a table of all, and as a section each; what is stressed stays so."""
    listed = rendered(explained_markdown(pages, listed=True))
    whole = rendered(explained_markdown(pages, listed=False))
    for told in pages:
        assert told.name in "".join(listed.runs)
        shown = "".join(whole.runs)
        for place in told.places:
            assert place.meaning.replace("**", "") in shown
        assert all(rule.id in shown and rule.reason in shown for rule in told.rules)
        assert all(line.strip() in shown for line in told.example.splitlines())
    assert whole.elements.count("h2") == len(pages)


@given(texts)
@example("".join(ATTACKS))
def test_any_text_of_a_schema_is_no_markup(text: str):
    """The same blocks for any text; in JSON nothing that a CI runner obeys, and nothing lost."""
    told = explained_json([made_of(text)])
    assert json.loads(told)["keys"][0]["title"] == text
    assert "::" not in told
    assert "##" not in told
    plain = text.replace("**", "")  # our own stress
    for listed in (True, False):
        found = rendered(explained_markdown([made_of(plain)], listed=listed))
        calm = rendered(explained_markdown([made_of("calm")], listed=listed))
        assert blocks(found) == blocks(calm)
        assert not MENTION.search("\n".join(found.runs))
