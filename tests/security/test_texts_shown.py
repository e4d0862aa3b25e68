"""Texts that others wrote, in what is made of them: Markdown, HTML, and tenant files. Each has an oracle of its own.

The renderers of reports are held to the same by tests/report; here is what is made beside them, and a real browser.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.meanings import meanings
from reconciler.desired.drafting import OneFile, draft, restore
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import list_files
from reconciler.github import judge, reviewed
from reconciler.github.runner import Runner
from reconciler.model.key import Schema
from reconciler.model.live import Live
from reconciler.model.normal import normalise, unknown_fields
from reconciler.model.report import Report
from reconciler.model.values import Secret
from reconciler.model.words import LiveState, Severity
from reconciler.report.html import to_html
from reconciler.strictyaml import parse
from tests.browser.conftest import NODE, missing
from tests.github.runner_rules import command_in, is_old_command
from tests.plugins.threats import Cases
from tests.report.generated import ATTACKS, reports, texts
from tests.report.samples import SAMPLES
from tests.report.test_html import ATTRIBUTES
from tests.report.test_html import OURS as ELEMENTS
from tests.report.test_markdown import MENTION, Page, blocks, rendered

YAML_ATTACKS = (
    "x\nsales_order: {}", "# x", "x # y", ": ", "- a", "---", "...", "%YAML 1.1", "&a", "*a", "!!x", "{{a}}", "}", "]",
    "'", '"', "|\n a", ">\n a", "? a", "\ttab", "\r\nkey: 1", "\u2028a: 1", "\u0085a: 1", "\ufeffa", "<<: *a", "null",
    "no", "0755", "\\", "\\n", "\x00", "\x1b[2J", "\u202e",
)  # fmt: skip
any_text = st.one_of(st.sampled_from(YAML_ATTACKS), texts)
patient = settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes minutes
    suppress_health_check=list(HealthCheck),
)


# ---------------------------------------------------------------------------------------------------------- Markdown


def summary_of(folder: Path, tell: Any, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return the step's summary and the lines of log that `tell` makes."""
    path = folder / "summary.md"
    path.unlink(missing_ok=True)
    tell(Runner({"GITHUB_STEP_SUMMARY": str(path)}))
    return path.read_text(), capsys.readouterr().out


def page_of(source: str) -> Page:
    return Page(cmarkgfm.github_flavored_markdown_to_html(source, options=Options.CMARK_OPT_UNSAFE))


@given(rows=st.lists(st.tuples(st.booleans(), texts, texts, texts), min_size=1, max_size=3))
@example(rows=[(True, "".join(ATTACKS), "".join(ATTACKS), "".join(ATTACKS))])
@patient
def test_the_verdict_on_a_pull_request_has_the_same_blocks_whatever_is_in_it(
    rows: list[tuple[bool, str, str, str]], tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
):
    """As it has of calm texts; no link, no mention; and its lines of log are no commands."""
    folder = tmp_path_factory.getbasetemp()
    found = [judge.Finding(*row) for row in rows]
    calm = [judge.Finding(row[0], "a", "b", "c") for row in rows]
    source, log = summary_of(folder, lambda runner: judge._tell(runner, found), capsys)  # noqa: SLF001 - one renderer
    quiet, _ = summary_of(folder, lambda runner: judge._tell(runner, calm), capsys)  # noqa: SLF001 - the same
    assert blocks(rendered(source)) == blocks(rendered(quiet))
    assert not MENTION.search("\n".join(page_of(source).runs))
    assert [line for line in log.splitlines() if command_in(line) or is_old_command(line)] == []


@given(whys=st.lists(texts, min_size=1, max_size=3), commit=texts)
@patient
def test_the_list_of_missing_plans_has_the_same_blocks_whatever_is_in_it(
    whys: list[str], commit: str, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
):
    """What another run's artifact says is no more ours than a file is."""
    folder = tmp_path_factory.getbasetemp()
    gone = [reviewed.Missing(why, commit=commit) for why in whys]
    calm = [reviewed.Missing("x", commit="y") for _ in whys]
    source, log = summary_of(folder, lambda runner: reviewed._tell(runner, "a", [], gone), capsys)  # noqa: SLF001
    quiet, _ = summary_of(folder, lambda runner: reviewed._tell(runner, "a", [], calm), capsys)  # noqa: SLF001
    assert blocks(rendered(source)) == blocks(rendered(quiet))
    assert not MENTION.search("\n".join(page_of(source).runs))
    assert [line for line in log.splitlines() if command_in(line) or is_old_command(line)] == []


# -------------------------------------------------------------------------------------------------------------- YAML


def _shipped() -> Catalogue:
    found = load()
    assert isinstance(found, Catalogue)
    return found


CATALOGUE = _shipped()
KEYS = {key.name: key for key in CATALOGUE.keys}


def hostile(schema: Schema) -> st.SearchStrategy[Any]:
    """Values of the schema's form with any text in every place of text, and fields that it doesn't know."""
    match schema.get("type"):
        case "object":
            known = {name: hostile(part) for name, part in schema.get("properties", {}).items()}
            more = st.dictionaries(any_text, any_text, max_size=2)
            return st.tuples(st.fixed_dictionaries(known), more).map(lambda pair: {**pair[1], **pair[0]})
        case "array":
            return st.lists(any_text, min_size=1, max_size=3)
        case "boolean":
            return st.booleans()
        case "string":
            return any_text
        case _:
            return st.integers(-5, 50)


live_values = st.fixed_dictionaries({key.name: hostile(key.schema) for key in CATALOGUE.keys})


def declared_in(text: str) -> dict[str, Any]:
    """Return what a file declares, by full name. It must be a valid one."""
    files = OneFile("acme.yaml", text.encode("utf-8", "surrogatepass"))
    fleet = load_fleet(list_files(files, shown=""), None, CATALOGUE)
    assert [one for one in fleet.problems if one.severity is Severity.ERROR] == []
    assert [one for tenant in fleet.tenants for one in tenant.problems if one.severity is Severity.ERROR] == []
    return {key.key: key.value for tenant in fleet.tenants for key in tenant.keys}


@given(values=live_values, name=st.sampled_from(["acme"]))
@settings(patient, max_examples=60)
def test_no_live_value_becomes_more_of_a_file_than_a_value(values: dict[str, Any], name: str):
    """Import's file is valid, and declares only what a file may declare, as it is; the rest is comments."""
    live = {
        key.name: Live(
            LiveState.SET,
            normalise(values[key.name], key.schema),
            "2026-01-01T00:00:00Z",
            unknown_fields(values[key.name], key.schema),
        )
        for key in CATALOGUE.keys
    }
    made = draft(name, live, CATALOGUE, {}, "yaml-language-server: $schema=../x")
    declared = declared_in(made.text)
    assert set(declared) == set(made.declared)
    for key, value in declared.items():
        assert _plain(value, KEYS[key].schema) == _plain(live[key].value, KEYS[key].schema), key
    assert all(line.isprintable() for line in made.text.split("\n"))
    assert not any(isinstance(part, Secret) for part in declared.values())


def _plain(value: Any, schema: Schema) -> Any:
    """Return a value without its secrets, and without the fields that the schema doesn't know."""
    if not isinstance(value, Mapping):
        return value
    known = {name for name, part in schema["properties"].items() if not part.get("x-sensitive")}
    return {name: part for name, part in value.items() if name in known}


@given(st.dictionaries(any_text, st.dictionaries(any_text, st.recursive(any_text, st.lists), max_size=2), max_size=2))
@patient
def test_no_undo_that_was_tampered_with_becomes_more_of_a_file(document: dict[str, dict[str, Any]]):
    """Anyone may have written the report of an apply: of an undo in it, comments and known keys are left."""
    made = restore(document, CATALOGUE, ("x", *document), tuple(document))
    assert set(declared_in(made.text)) == set(made.declared)
    assert parse(made.text.encode(), file="x").problems == ()


# -------------------------------------------------------------------------------------------------------------- HTML


def some_reports(count: int) -> list[Report]:
    """Return reports with anything in every slot."""
    made: list[Report] = []

    @given(reports)
    @settings(max_examples=count, phases=(Phase.generate,), suppress_health_check=list(HealthCheck), database=None)
    def keep(report: Report) -> None:
        made.append(report)

    keep()
    return made


def looked_at(folder: Path, made: list[Report]) -> list[Any]:
    """Return what a browser made of the pages of reports."""
    if lacking := missing():
        pytest.skip(f"not installed: {lacking}")
    known = meanings(CATALOGUE)
    pages = [folder / f"{number}.html" for number in range(len(made))]
    for page, report in zip(pages, made, strict=True):
        page.write_text(to_html(report, known), encoding="utf-8")
    job = folder / "job.json"
    job.write_text(json.dumps({"chromium": shutil.which("chromium"), "pages": [str(page) for page in pages]}))
    command = ["node", str(Path(__file__).with_name("look.mjs")), str(job), str(NODE)]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    seen: list[Any] = json.loads(done.stdout)
    return seen


SELDOM = ("em", "small")
"""Elements of ours that the calm pages may lack."""


def no_page_has_more_than_ours(folder: Path, count: int) -> None:
    """Whatever is in a report, its page in a browser has our elements alone, and does nothing."""
    calm = [SAMPLES[name] for name in ("plan", "apply")]
    seen = looked_at(folder, [*calm, SAMPLES["hostile"], *some_reports(count)])
    ours = {*ELEMENTS, *SELDOM, *(f"@{name}" for name in ATTRIBUTES)}
    ours = ours.union(*(one["elements"] for one in seen[: len(calm)]))
    assert not any(name.startswith("@on") for name in ours)
    for one in seen:
        assert set(one["elements"]) <= ours
        assert one["scripts"] <= 2
        assert (one["attacked"], one["violations"], one["trouble"]) == (None, [], [])
        assert [place for place in one["addresses"] if not place.startswith("#")] == []


def test_no_text_becomes_an_element_in_a_browser(tmp_path: Path, cases: Cases):
    """Chromium has the last word: it has made the pages' trees, panels and all."""
    no_page_has_more_than_ours(tmp_path, 6)
    cases.add(7)


@pytest.mark.long
def test_many_texts_become_no_elements_in_a_browser(tmp_path: Path, cases: Cases):
    """The same, with more patience."""
    no_page_has_more_than_ours(tmp_path, 150)
    cases.add(150)
