"""`explain` to a person at a terminal: the same facts as in a pipe, laid out for the width, and harmless."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.explain import Page, Place, explain, page
from reconciler.cli.pages import WIDEST, drawn
from reconciler.model.key import HouseRule
from reconciler.model.words import Severity
from reconciler.report.layout import cells
from scripts.terminal import Terminal, shown
from tests.cli.calling import reconciler, surroundings
from tests.report.generated import ATTACKS

Show = Callable[..., str]
ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    loaded = load()
    assert isinstance(loaded, Catalogue)
    return loaded


def words(text: str) -> set[str]:
    """All that isn't layout: a colon or a comma is a column on a terminal."""
    return {word.strip(":,()").lower() for word in text.replace("**", "").split()}


@pytest.mark.parametrize("width", [60, 80, 140])
def test_a_terminal_is_told_all_that_a_pipe_is(catalogue: Catalogue, width: int):
    """Of every key; no line is wider than the terminal."""
    for key in catalogue.keys:
        told = drawn([page(catalogue, key)], listed=False, width=width, colour=False)
        assert words(explain(catalogue, key)) - words(told) == set()
        assert max(cells(line) for line in told.splitlines()) <= min(width, WIDEST)
        assert "**" not in told


def test_the_list_has_a_phrase_for_each_key_and_says_which_can_be_set_once(catalogue: Catalogue):
    """A title alone tells a newcomer little."""
    told = drawn([page(catalogue, key) for key in catalogue.keys], listed=True, width=WIDEST, colour=False)
    for key in catalogue.keys:
        (row,) = (line for line in told.splitlines() if line.startswith(f"{key.short} "))
        assert row.split()[1].lower() == key.description.split()[0].lower()
    assert told.count("Can be set once.") == sum(key.write_once for key in catalogue.keys)
    assert told.startswith("sales_order ")


HOSTILE = [*ATTACKS, "[bold]x[/bold]", "[link=https://evil.example]x[/link]", "[/]", "\\[x", "[red", ":warning:"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_stands_in_a_schema_is_shown_as_it_stands(text: str):
    """A catalogue folder may be anybody's: no markup, no escape, no workflow command."""
    rule = HouseRule(text, Severity.ERROR, text, {}, text)
    hostile = Page(
        f"g.{text}", text, True, (text,), text, (text,), (Place(text, (text,), text),), (rule,), (text,), text
    )
    for listed in (True, False):
        told = drawn([hostile], listed=listed, width=80, colour=False)
        assert told.replace("\n", "").isprintable()
        assert "::" not in told
        assert "##" not in told
    if re.fullmatch(r"[\w\[\]/=.:\\ -]+", text) and "::" not in text:
        assert text in drawn([hostile], listed=False, width=80, colour=False)


@pytest.fixture
def on_a_terminal(folder: Path) -> Show:
    """Run explain on a terminal; return all that it sent."""

    def run(*asked: str, columns: int = 80, **more: str) -> str:
        command = [sys.executable, "-m", "reconciler", "explain", *asked]
        with Terminal(command, cwd=folder, env=surroundings(folder, **more), columns=columns) as terminal:
            assert terminal.wait() == 0
        return terminal.text

    return run


def test_a_terminal_gets_headings_and_columns_and_a_pipe_gets_neither(
    folder: Path, on_a_terminal: Show, catalogue: Catalogue
):
    """What is piped is the same on every machine."""
    said = on_a_terminal("external_oms", columns=70)
    assert f"{ESCAPE}[1mValue{ESCAPE}[0m\r\n" in said
    assert max(cells(line) for line in shown(said, 1000)) <= 70
    (key,) = catalogue.resolve("external_oms")
    piped = reconciler("explain", "external_oms", cwd=folder, env=surroundings(folder, FORCE_COLOR="1", COLUMNS="40"))
    assert piped.stdout == explain(catalogue, key, width=80)


def test_without_colour_a_terminal_gets_the_same_columns(on_a_terminal: Show):
    """NO_COLOR takes the colours away, and a dumb terminal gets what a pipe gets."""
    said = on_a_terminal(NO_COLOR="1")
    assert ESCAPE not in said
    assert "What it is" in said
    assert on_a_terminal(TERM="dumb").startswith("sales_order:\r\n")


def test_explain_has_a_form_for_programs_and_one_for_a_wiki(folder: Path, catalogue: Catalogue):
    """On stdout, whole, and the same for a terminal as for a pipe."""
    found = reconciler("explain", "*", "--format", "json", cwd=folder)
    assert found.returncode == 0
    assert [one["key"] for one in json.loads(found.stdout)["keys"]] == [key.name for key in catalogue.keys]
    listed = reconciler("explain", "--format", "markdown", cwd=folder)
    assert listed.stdout.startswith("| key | what it is | can be set once |\n")
    assert listed.stdout.count("\n") == 2 + len(catalogue.keys)
