import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.report import Report
from reconciler.report.counts import counts, summary
from reconciler.report.from_json import Malformed, from_json
from reconciler.report.to_json import to_json
from tests.report.conftest import ROOT, quick
from tests.report.generated import reports
from tests.report.samples import SAMPLES

SCHEMA = json.loads((ROOT / "schemas/report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def closed(schema: Any) -> Any:
    """The schema with every object closed: what a writer of 1.0 may write."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(member) for name, member in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made["additionalProperties"] = False
    return made


CLOSED = jsonschema.Draft202012Validator(closed(SCHEMA))


@given(reports)
@quick
def test_reading_gives_back_what_was_written(report: Report):
    """`from_json` undoes `to_json`, whatever the strings hold, from text and from bytes."""
    text = to_json(report)
    assert from_json(text) == report
    assert from_json(text.encode()) == report


@given(reports)
@quick
def test_what_is_written_fits_the_contract_and_has_nothing_beside(report: Report):
    """Every report fits the schema with all of its objects closed."""
    assert [error.json_path for error in CLOSED.iter_errors(json.loads(to_json(report)))] == []


@given(reports)
@quick
def test_the_json_moves_no_terminal_and_no_runner(report: Report):
    """The text is printable ASCII, with no workflow command in it, and ends its last line."""
    text = to_json(report)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert "::" not in text
    assert "##" not in text
    assert text.endswith("}\n")


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_survives_the_way_there_and_back(name: str):
    """The samples fit the contract, and reading them gives them back."""
    text = to_json(SAMPLES[name])
    CLOSED.validate(json.loads(text))
    assert from_json(text) == SAMPLES[name]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, item in inner for found in places(item, (*path, name)))]


DOCUMENTS = {name: json.loads(to_json(report)) for name, report in SAMPLES.items()}
JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, 1.0, 99, "", "x", "no-op", "applied", "1/0", "sha256:", [], [1], {}, {"a": 1}]
)


@given(st.sampled_from(["plan", "apply", "validate"]), st.data())
def test_the_reader_and_the_schema_agree(name: str, data: st.DataObject):
    """A document with one member damaged or removed is accepted by the one exactly when by the other."""
    document = copy.deepcopy(DOCUMENTS[name])
    path = data.draw(st.sampled_from(places(document)[1:]))
    parent = document
    for part in path[:-1]:
        parent = parent[part]
    if isinstance(parent, dict) and data.draw(st.booleans()):
        del parent[path[-1]]
    else:
        parent[path[-1]] = data.draw(JUNK)
    accepted = not isinstance(from_json(json.dumps(document)), Malformed)
    assert accepted == VALIDATOR.is_valid(document)


def test_members_of_a_newer_minor_are_ignored():
    """A reader of 1.0 takes 1.7 and leaves alone what it doesn't know."""
    document = copy.deepcopy(DOCUMENTS["plan"])
    document["format_version"] = "1.7"
    document["new"] = document["tenants"][0]["new"] = document["tenants"][0]["keys"][0]["new"] = [{"a": 1}]
    VALIDATOR.validate(document)
    assert from_json(json.dumps(document)) == SAMPLES["plan"]


PLAN = to_json(SAMPLES["plan"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(b"\xff\xfe", "not UTF-8", id="not-utf-8"),
        pytest.param("", "empty", id="empty"),
        pytest.param(PLAN[: len(PLAN) // 2], "cut off", id="cut-off"),
        pytest.param(PLAN[:-3], "cut off", id="last-brace-missing"),
        pytest.param("hello", "not JSON", id="not-json"),
        pytest.param(PLAN + PLAN, "not JSON", id="two-documents"),
        pytest.param("[]", "no report", id="another-document"),
        pytest.param("7", "no report", id="a-number"),
        pytest.param('{"a": NaN}', "NaN", id="nan"),
        pytest.param('{"a": -Infinity}', "-Infinity", id="infinity"),
        pytest.param('{"a": 1e999}', "too large", id="too-large"),
        pytest.param('{"a": ' + "9" * 5000 + "}", "too long", id="too-long"),
        pytest.param('{"a": 1, "a": 1}', "twice", id="a-member-twice"),
        pytest.param("[" * 200_000, "nested", id="nested"),
        pytest.param('{"format_version": "2.0"}', "version 2", id="newer-major"),
        pytest.param('{"format_version": "one"}', 'form "1.0"', id="no-version"),
        pytest.param('{"format_version": "1.0"}', 'at /: "selection" is missing', id="nothing-else"),
        pytest.param(PLAN.replace(': "no-op"', ': "delete"'), "/tenants/0/keys/1/action", id="unknown-word"),
        pytest.param(PLAN.replace('"line": 8', '"line": "8"'), "/tenants/0/keys/3/source/line", id="wrong-type"),
        pytest.param(PLAN.replace('"exit_code": 1', '"exit_code": 9'), "exit code", id="exit-code"),
        pytest.param(PLAN.replace('"released"', '"undo": [], "released"'), "at /undo", id="undo"),
        pytest.param(PLAN.replace('"released"', '"undo": {"a": 1}, "released"'), "at /undo/a", id="undo-of-a-tenant"),
        pytest.param(
            PLAN.replace('"before": 3600', '"before": ' + "[" * 200 + "]" * 200), "this deep", id="deep-value"
        ),
        pytest.param("[" + "[]," * 1_500_000 + "[]]", "more than 3,000,000 values", id="values-without-end"),
        pytest.param(b'{"a":[' + b"1," * 3_000_000 + b"1]}", "more than 3,000,000 values", id="numbers-without-end"),
    ],
)
def test_what_is_no_report_is_said_why(text: str | bytes, said: str):
    """Each kind of damage is a value with a message that says what it is and where."""
    found = from_json(text)
    assert isinstance(found, Malformed)
    assert said in found.message


def test_no_message_echoes_a_value():
    """A damaged report may hold anything, so its message shows pointers and our own words only."""
    document = copy.deepcopy(DOCUMENTS["plan"])
    document["tenants"][0]["keys"][0]["action"] = "CANARY-VALUE"
    found = from_json(json.dumps(document))
    assert isinstance(found, Malformed)
    assert "CANARY" not in found.message


def test_the_summary_counts_every_action_and_outcome():
    """All words are there, zeros included, so that a script need not ask whether a member exists."""
    counted = summary(counts(SAMPLES["apply"]))
    assert counted == {
        "tenants": 4, "keys": 11, "no-op": 1, "create": 3, "update": 6, "blocked": 1, "unreadable": 0,
        "unchanged": 2, "applied": 2, "rejected": 1, "failed": 1, "unknown": 1, "skipped": 1, "not-attempted": 3,
    }  # fmt: skip


def test_nan_never_leaves_the_house():
    """A report can't hold NaN; if a bug puts one in, writing fails rather than making an unreadable file."""
    from dataclasses import replace

    with pytest.raises(ValueError, match="JSON"):
        to_json(replace(SAMPLES["plan"], undo={"acme": {"x": float("nan")}}))
