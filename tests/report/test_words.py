from dataclasses import replace

import pytest

from reconciler.model.plan import FieldChange
from reconciler.model.report import Selection
from reconciler.model.values import ABSENT
from reconciler.model.words import Action, Cause, Reason, Result, Status
from reconciler.report import wording
from reconciler.report.counts import all_problems
from reconciler.report.fields import FieldLine, field_lines, label
from reconciler.report.headline import headline, next_steps
from tests.report.samples import (
    BLOCKED,
    FIRST_SET,
    PROBLEMS,
    SAMPLES,
    TIMER_UPDATE,
    WARNING,
    WEBHOOK_UPDATE,
    report,
    tenant,
)


def test_every_word_of_the_closed_sets_has_other_words_for_people():
    """No two members of a set read the same."""
    assert len({wording.reason(why) for why in Reason}) == len(Reason)
    assert len({wording.result(ended) for ended in Result}) == len(Result)
    assert len({wording.sign(action) for action in Action}) == len(Action)
    assert len({wording.cause(replace(TIMER_UPDATE, cause=cause)) for cause in Cause}) == len(Cause)


def test_a_sensitive_field_shows_no_value():
    """Only that it changes, and the name of the secret that it would be."""
    lines = {line.label: line for line in field_lines(WEBHOOK_UPDATE)}
    assert lines["api_key"] == FieldLine(
        "~", "api_key", "(sensitive, changes)", "secret WEBHOOK_API_KEY", "/api_key", sensitive=True
    )
    assert lines["retries"] == FieldLine("-", "retries", "3", "", "/retries")
    assert lines["timeout"].text == "15 → 25"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param(
            FieldChange("/k", ABSENT, {"secret": "N"}, sensitive=True),
            FieldLine("+", "k", "(sensitive, set)", "secret N", "/k", sensitive=True),
            id="set",
        ),
        pytest.param(
            FieldChange("/k", {"sensitive": True}, ABSENT, sensitive=True),
            FieldLine("-", "k", "(sensitive, dropped)", "", "/k", sensitive=True),
            id="dropped",
        ),
    ],
)
def test_a_sensitive_field_that_comes_or_goes_says_so(field: FieldChange, expected: FieldLine):
    """Set and dropped have words of their own."""
    assert field_lines(replace(TIMER_UPDATE, changes=(field,))) == (expected,)


def test_a_value_that_comes_new_is_shown_field_by_field():
    """The same lines, whether the planner gave the whole value as one change or none at all."""
    expected = [("+", "prefix", '"NS"'), ("+", "size", "16"), ("+", "start", "1"), ("+", "step", "1")]
    for change in (FIRST_SET, replace(FIRST_SET, changes=())):
        assert [(line.sign, line.label, line.text) for line in field_lines(change)] == expected


def test_a_new_value_with_a_reference_masks_it():
    """A reference within a whole new value reads as a sensitive field."""
    created = replace(WEBHOOK_UPDATE, action=Action.CREATE, before=ABSENT, changes=())
    assert FieldLine(
        "+", "api_key", "(sensitive, set)", "secret WEBHOOK_API_KEY", "/api_key", sensitive=True
    ) in field_lines(created)


@pytest.mark.parametrize(
    ("where", "expected"), [("", "value"), ("/a/0/b", "a.0.b"), ("/a~1b~0c", "a/b~c")], ids=["whole", "deep", "escaped"]
)
def test_a_pointer_reads_like_a_name(where: str, expected: str):
    """Pointers are for machines."""
    assert label(where) == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            (FieldChange("/size", 12, 16), FieldChange("/prefix", "EU", "NS")), 'size: 12, prefix: "EU"', id="two"
        ),
        pytest.param((FieldChange("/prefix", ABSENT, "NS"),), "restore the live value", id="not-there-live"),
        pytest.param((FieldChange("/prefix", "EU", ABSENT),), "not there in tenants/globex.yaml:12", id="not-declared"),
        pytest.param((), 'restore {"prefix": "EU", "size": 16', id="whole"),
        pytest.param((FieldChange("/k", 1, 2, sensitive=True),), "is not as tenants/globex.yaml:12", id="sensitive"),
    ],
)
def test_a_block_names_every_difference_and_the_way_out(changes: tuple[FieldChange, ...], said: str):
    """However many fields differ, the message says what to restore, and never a sensitive value."""
    assert said in wording.blocked("globex", replace(BLOCKED, changes=changes))


def test_an_outcome_says_all_that_support_would_ask_for():
    """Status, detail, attempts, what the read showed, and the request id."""
    ended = SAMPLES["apply"].tenants[0].keys[-2].outcome
    assert ended
    assert wording.outcome(replace(ended, status=Status.FAILED, verified=False, attempts=3, detail="409.")) == (
        f"Failed. 409. 3 POSTs sent. Read back: not as declared.{wording.outcome(ended).partition('declared.')[2]}"
    )


def test_problems_stand_errors_first_then_by_place():
    """Those of tenants and those of none come together, each once."""
    made = SAMPLES["validate"]
    assert all_problems(replace(made, problems=(WARNING, PROBLEMS[0]))) == (*PROBLEMS, WARNING)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        pytest.param("plan", {}, "--lift max_changed_percent=REASON", id="a-rule-that-can-be-lifted"),
        pytest.param("plan", {}, "--assume-unset", id="ambiguous"),
        pytest.param("plan", {}, "--rewrite", id="not-comparable"),
        pytest.param("plan", {"result": Result.INTERRUPTED}, "not whole", id="interrupted-plan"),
        pytest.param(
            "sandbox-changes", {"selection": Selection()}, "reconciler apply --plan FILE --sandbox", id="sandbox"
        ),
        pytest.param(
            "sandbox-changes",
            {"selection": Selection(shard="1/2")},
            "reconciler report plan-*.json --report plan.json",
            id="shard",
        ),
        pytest.param("apply", {}, "--undo DIR", id="undo"),
        pytest.param("apply", {}, "Wait some minutes", id="unknown"),
        pytest.param("apply", {}, "stale tenant", id="stale"),
        pytest.param("refused", {}, "--allow-irreversible", id="irreversible"),
        pytest.param("interrupted", {}, "Applying again is safe", id="interrupted-apply"),
        pytest.param("validate", {}, "reconciler validate", id="problems"),
        pytest.param("usage", {}, "run the same command again", id="usage"),
        pytest.param("usage", {"exit_code": 70}, "bug", id="bug"),
    ],
)
def test_a_report_ends_with_what_to_do_next(name: str, change: dict[str, object], said: str):
    """Each kind of trouble has its advice."""
    steps = next_steps(replace(SAMPLES[name], **change))  # type: ignore[arg-type]  # rows of several types
    assert any(said in step for step in steps)


@pytest.mark.parametrize(
    ("action", "reason", "flag"),
    [
        (Action.UPDATE, Reason.NOT_COMPARABLE, "--rewrite"),
        (Action.CREATE, Reason.AMBIGUOUS, "--assume-unset"),
    ],
)
def test_a_plan_names_the_flag_without_which_apply_would_leave_the_key_alone(action: Action, reason: Reason, flag: str):
    """The change is there by a person's word alone, and apply takes that word again; it isn't asked for once more."""
    asked = replace(TIMER_UPDATE, action=action, reason=reason)
    steps = next_steps(report("plan", Result.CHANGES, 0, tenant("acme", Result.CHANGES, asked)))
    assert steps[0].endswith(f" reviewed, then, with the same {flag}: reconciler apply --plan FILE")
    assert not any(flag in step for step in steps[1:])


def test_when_all_is_well_there_is_nothing_to_do():
    """No advice where none is needed."""
    assert next_steps(SAMPLES["plan-in-sync"]) == ()
    assert next_steps(SAMPLES["validate-clean"]) == ()


def test_a_command_without_words_of_its_own_has_a_headline_too():
    """Import and doctor reports start like a plan's."""
    assert headline(replace(SAMPLES["sandbox-changes"], command="doctor")).startswith("Doctor: 2 changes")
    assert headline(replace(SAMPLES["empty-fleet"], command="validate")) == "Nothing to do: no tenant was selected."
