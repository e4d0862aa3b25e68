"""What the real yaml-language-server has against a file: the same as `validate`, or the difference stands here."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.load import editor_write
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import list_files
from reconciler.model.problem import Problem
from reconciler.model.words import Severity
from tests.desired.conftest import MemoryFiles
from tests.desired.test_corpus import CORPUS, NEGATIVE, POSITIVE
from tests.docs.pages import PAGES, blocks, name_of
from tests.editor.page import ROOT, Page
from tests.editor.server import Editor, editor

pytestmark = pytest.mark.node

loaded = load()
assert isinstance(loaded, Catalogue), str(loaded)
CATALOGUE: Catalogue = loaded

NOT_SEEN: Final = {
    "yaml/empty": "to an editor, a file without content has nothing in it that could be wrong",
    "yaml/octal": "YAML 1.2 reads 0755 as 755; that other readers take it for 493 is not said of a valid number",
    "yaml/documents": "an editor checks each document of a file by itself",
    "yaml/anchor": "anchors, aliases, merge keys and tags are YAML; that we allow none is no matter of values",
    "yaml/alias": "the same",
    "yaml/merge-key": "the same",
    "yaml/tag": "the same",
    "profile/unknown": "which profiles there are is not in the file",
    "profile/broken": "what is wrong in another file is shown there",
}
"""Rules of `validate` that the schema can't say, each with the reason. docs/editor.md tells them to the user."""

ELSEWHERE: Final = {
    "big-order-field-missing": "a field that is missing is told at its key's name, not at its value",
    "webhook-fields-missing": "the same",
    "sequence-partial": "the same",
    "secret-missing-blank": "the same; and a name that is no field is not told where YAML sees no value behind it",
    "extends-odd": "a repetition is told at the list, not at the name that is repeated",
    "timer-without-value": "told where the value should be",
    "secret-name-in-lower-case": "told at the name itself, not at the whole reference",
    "secret-wrong-mapping": "told at the field that a reference doesn't have",
    "sequence-kinds": "the same words about neighbours in one line are joined into one mark",
    "syntax": "another parser, which loses its way at another place",
}
"""Files in which both say no, but not of the same lines and columns."""


UNCERTAIN: Final = {
    "anchors-and-merges": "an alias that contains itself: the server goes down a thousand levels, if its stack lasts",
}
"""Files of which the server says now this and now that."""


class Finding(NamedTuple):
    """Where one finding begins. Both count from 1."""

    line: int
    column: int


def judged(path: Path) -> tuple[Problem, ...]:
    """Return what `validate` has against a file of the corpus, warnings left out: an editor shows none."""
    profiles = {one.name: one.read_bytes() for one in (CORPUS / "profiles").glob("*.yaml")}
    files = MemoryFiles({**profiles, path.name: path.read_bytes()})
    (tenant,) = load_fleet(list_files(files, shown="tenants"), None, CATALOGUE).tenants
    return tuple(problem for problem in tenant.problems if problem.severity is Severity.ERROR)


def seen(problems: Iterable[Problem]) -> set[Finding]:
    return {Finding(one.line, one.column) for one in problems if one.rule not in NOT_SEEN}


@pytest.fixture(scope="module")
def marked(server: Editor) -> dict[str, set[Finding]]:
    """What the server marks in each file of the corpus, by name."""
    pages = {path.stem: Page(server, path.name, "tenant") for path in (*POSITIVE, *NEGATIVE)}
    texts = {
        pages[path.stem].path: pages[path.stem].text(path.read_bytes().decode()) for path in (*POSITIVE, *NEGATIVE)
    }
    found = server.diagnostics_of(texts)
    starts = {path.stem: [one["range"]["start"] for one in marks] for path, marks in found.items()}
    return {name: {Finding(at["line"], at["character"] + 1) for at in marks} for name, marks in starts.items()}


each_file = pytest.mark.parametrize(
    "path", [path for path in (*POSITIVE, *NEGATIVE) if path.stem not in UNCERTAIN], ids=lambda path: path.stem
)


@each_file
def test_a_file_of_the_corpus_is_right_or_wrong_in_the_editor_as_it_is_to_validate(
    marked: dict[str, set[Finding]], path: Path
):
    """Unless all that is wrong with it is of the kinds that are listed above."""
    problems = judged(path)
    assert bool(marked[path.stem]) is bool(seen(problems)), problems


@each_file
def test_each_finding_of_a_file_is_at_the_same_place(marked: dict[str, set[Finding]], path: Path):
    """Neither more nor less is marked, but for the files listed above; and what is listed there does differ."""
    assert (marked[path.stem] == seen(judged(path))) is (path.stem not in ELSEWHERE)


def test_every_listed_difference_is_met_in_the_corpus():
    """A line that no file proves would be a claim."""
    rules = {problem.rule for path in NEGATIVE for problem in judged(path)}
    assert NOT_SEEN.keys() <= rules
    assert ELSEWHERE.keys() | UNCERTAIN.keys() <= {path.stem for path in NEGATIVE}


def test_of_a_url_the_editor_sees_what_the_house_asks_for_and_not_the_whole_format(tenant: Page):
    """Which is the one difference that no file of the corpus shows."""
    text = WEBHOOK.format("https://a.example:99999/", "{secret: K}", 20)
    (found,) = load_fleet(list_files(MemoryFiles({"a.yaml": text.encode()}), shown="tenants"), None, CATALOGUE).tenants
    assert [problem.rule for problem in found.problems] == ["spec/format"]
    assert tenant.marked(text) == []


def test_anchors_aliases_merge_keys_and_tags_pass_where_what_they_stand_for_would(tenant: Page):
    """So that they are known to be unseen from a file in which they are all that is wrong."""
    text = "sales_order: {<<: &a {on_hold_timer_duration: !!int 5}, external_oms: {enabled: true}}\n"
    merged = "extends: &names [_base]\n" + text.replace("&a ", "")
    assert tenant.marked(text.replace("&a ", "")) == []
    assert [message for _, message in tenant.marked(merged)] == ['Unused anchor "&names"'], "which is only a hint"


def test_the_page_for_users_names_every_rule_that_an_editor_does_not_see():
    """By its id, which is what `validate` prints."""
    text = (ROOT / "docs" / "editor.md").read_text(encoding="utf-8")
    assert [rule for rule in NOT_SEEN if f"`{rule}`" not in text] == []


SHIPPED = sorted((ROOT / "tenants").rglob("*.yaml"))


def test_every_shipped_file_is_in_order(server: Editor):
    """As it stands, with its own modeline."""
    found = server.diagnostics_of(dict.fromkeys(SHIPPED))
    assert {path.name: marks for path, marks in found.items() if marks} == {}


def test_the_modeline_of_every_shipped_file_leads_to_the_schema_from_where_it_lies(server: Editor):
    """Otherwise nothing would be wrong with any: an unknown group is marked in each."""
    texts = {path: f"{path.read_text(encoding='utf-8')}\nnothing_of_ours: 1\n" for path in SHIPPED}
    for marks in server.diagnostics_of(texts).values():
        assert [one["message"] for one in marks] == ["Property nothing_of_ours is not allowed."]


EXAMPLES = [
    pytest.param(block.text, id=f"{name_of(page)}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(name_of(page), "yaml"))
    if "yaml-language-server: $schema=" in block.text
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_tenants_file_in_the_documentation_is_in_order(tenant: Page, text: str):
    """As it stands there, modeline included."""
    assert tenant.server.diagnostics(tenant.path, text) == []


def test_there_are_such_examples():
    """An empty table proves nothing."""
    assert len(SHIPPED) >= 8
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize(
    ("body", "marked", "says"),
    [
        pytest.param("sales_order: {external_omss: {}}", "external_omss", "not allowed", id="unknown key"),
        pytest.param("sales_order: {external_oms: {enabled: yes}}", "yes", '"boolean"', id="wrong type"),
        pytest.param(
            "sales_order: {big_sales_order: {soft_limit_for_big_orders: 0}}",
            "0",
            "minimum of 1",
            id="bound of the house",
        ),
        pytest.param("sales_order: {cancellation_allowed_from: [shop]}", "shop", '"store", "dc"', id="no such value"),
        pytest.param("extends: [retail]", "retail", "begins with an underscore", id="no name of a profile"),
    ],
)
def test_what_is_wrong_is_marked_and_nothing_else(tenant: Page, body: str, marked: str, says: str):
    """The underlined text is the one to change."""
    ((text, message),) = tenant.marked(body)
    assert text == marked
    assert says in message


WEBHOOK = "sales_order: {{external_order_webhook: {{url: '{}', api_key: {}, timeout: {}}}}}"


@pytest.mark.parametrize(
    ("url", "key", "timeout", "marked", "says"),
    [
        ("https://a.example/", "{secret: K}", 26, "26", "above the maximum of 25"),
        ("https://a.example/", "canary", 20, "canary", "git keeps it"),
        ("https://a.example/", "{secret: canary}", 20, "canary", "not the secret itself"),
        ("http://a.example/", "{secret: K}", 20, "'http://a.example/'", "House rule url-https: The API key travels"),
        ("https://me:pw@a.example/", "{secret: K}", 20, "'https://me:pw@a.example/'", "House rule url-no-userinfo: "),
    ],
)
def test_a_webhooks_trouble_is_told_in_the_words_of_the_house(
    tenant: Page, url: str, key: str, timeout: int, marked: str, says: str
):
    """A literal secret is called one, a broken rule gives its reason and what to do."""
    ((text, message),) = tenant.marked(WEBHOOK.format(url, key, timeout))
    assert text == marked
    assert says in message
    assert "canary" not in message


def test_an_unfinished_sequence_tells_each_missing_field_and_why(tenant: Page):
    """At the key's name."""
    marked = tenant.marked("sales_order:\n  sales_order_generator_sequence: {prefix: A, size: 9}")
    assert {text for text, _ in marked} == {"sales_order_generator_sequence"}
    messages = [message for _, message in marked]
    assert any("House rule all-four-fields" in message for message in messages)
    assert {f'Missing property "{name}".' for name in ("start", "step")} <= set(messages)


def test_a_profile_takes_neither_extends_nor_what_can_be_set_once(profile: Page):
    """Each is marked at its name, with the reason."""
    key = next(key for key in CATALOGUE.keys if key.write_once)
    once = f"{key.group}:\n  {key.short}: {{prefix: A, size: 9, start: 1, step: 1}}"
    ((text, message),) = profile.marked(once)
    assert text == key.short
    assert "never stands in a profile" in message
    ((text, message),) = profile.marked("extends: [_other]")
    assert text == "extends"
    assert "extends no other" in message
    assert profile.marked("sales_order: {external_oms: {enabled: true}}") == []


def test_the_settings_in_the_documentation_do_the_same_without_a_modeline(tmp_path: Path):
    """In a repository of tenants, with the two files as the command writes them, in subfolders too."""
    (block,) = blocks("docs/editor.md", "json")
    editor_write(tmp_path / "schemas")
    texts: dict[Path, str | None] = {
        tmp_path / "tenants" / "acme.yaml": "extends: [_base]\nnothing_of_ours: 1\n",
        tmp_path / "tenants" / "eu" / "acme.yaml": "nothing_of_ours: 1\n",
        tmp_path / "tenants" / "eu" / "_base.yaml": "extends: [_other]\n",
        tmp_path / "elsewhere.yaml": "nothing_of_ours: 1\n",
    }
    with editor(root=tmp_path, settings=json.loads(block.text)) as running:
        found = running.diagnostics_of(texts)
    assert [[one["message"] for one in marks] for marks in found.values()] == [
        ["Property nothing_of_ours is not allowed."],
        ["Property nothing_of_ours is not allowed."],
        ["A profile extends no other. List both profiles in the tenant's file."],
        [],
    ]
