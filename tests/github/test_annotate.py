"""`annotate`: at the right line, within GitHub's ten, and never more than an annotation."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.github.annotation import MOST, Annotation, Kind, fitted
from reconciler.model.problem import Problem
from reconciler.model.words import Result, Severity
from reconciler.report.untrusted import terminal, visible
from tests.github.runner_rules import command_in, is_old_command
from tests.github.step import Step
from tests.github.test_runner import ANY
from tests.report import samples

TYPO = Problem("tenants/acme.yaml", 12, 5, "/sales_order", "spec/type", "must be an integer", "Take off the quotes.")


@given(title=ANY, lines=st.lists(ANY, max_size=3), file=ANY, line=st.integers(0, 99), column=st.integers(0, 99))
def test_an_annotation_is_understood_as_it_was_meant(title: str, lines: list[str], file: str, line: int, column: int):
    """By the runner's rules: the same place, title and message, one line, and no second command in it."""
    text = str(Annotation(Kind.WARNING, title, tuple(lines), file, line, column))
    assert "\n" not in text
    assert "\r" not in text
    understood = command_in(text)
    assert understood is not None
    assert not is_old_command(text)
    assert understood.name == "warning"
    assert understood.data == "\n".join(terminal(one) for one in lines if one)
    placed = understood.properties
    assert placed.pop("title").rstrip() == terminal(title).rstrip()
    expected = {"file": visible(file)} if file else {}
    if file and line:
        expected |= {"line": str(line)} | ({"col": str(column)} if column else {})
    assert placed == expected


@given(errors=st.integers(0, 25), warnings=st.integers(0, 25))
def test_at_most_ten_of_a_kind_are_shown_and_the_last_counts_the_rest(errors: int, warnings: int):
    """GitHub drops the eleventh without a word."""
    made = [Annotation(Kind.ERROR, "e", (str(number),)) for number in range(errors)]
    made += [Annotation(Kind.WARNING, "w", (str(number),)) for number in range(warnings)]
    for kind, total in ((Kind.ERROR, errors), (Kind.WARNING, warnings)):
        shown = [one for one in fitted(made) if one.kind is kind]
        assert len(shown) == min(total, MOST)
        if total > MOST:
            assert shown[-1].title == f"{total - MOST + 1} more"


def test_a_problem_is_an_error_at_its_line_and_one_of_the_base_only_a_notice(step: Step):
    """The same file, rule, pointer and message make the same problem, at whatever line it is by now."""
    old = replace(TYPO, file="tenants/old.yaml")
    hint = replace(TYPO, severity=Severity.WARNING, rule="rule/timeout")
    known = step.report(samples.report("validate", Result.FAILED, 1, problems=(replace(old, line=3),)), "known.json")
    path = step.report(samples.report("validate", Result.FAILED, 1, problems=(TYPO, old, hint)))
    done = step("annotate", path, "--known", known)
    assert done.code == 0
    shared = "Error%3A spec/type (the base branch has it too)"
    message = "must be an integer%0ATake off the quotes."
    assert done.stdout.splitlines() == [
        f"::error file=tenants/acme.yaml,line=12,col=5,title=Error%3A spec/type::{message}",
        f"::notice file=tenants/old.yaml,line=12,col=5,title={shared}::{message}",
        f"::warning file=tenants/acme.yaml,line=12,col=5,title=Warning%3A rule/timeout::{message}",
    ]


def test_a_problem_that_the_base_has_once_is_known_once(step: Step):
    """A second one of the same words is new."""
    base = step.report(samples.report("validate", Result.FAILED, 1, problems=(TYPO,)), "known.json")
    path = step.report(samples.report("validate", Result.FAILED, 1, problems=(TYPO, replace(TYPO, line=20))))
    kinds = [line.split()[0] for line in step("annotate", path, "--known", base).stdout.splitlines()]
    assert kinds == ["::notice", "::error"]


def test_risky_changes_are_noted_at_their_source_and_ordinary_ones_are_not(step: Step):
    """Blocked and unreadable keys are errors, what can't be undone is a warning."""
    tenants = (
        samples.tenant("acme", Result.FAILED, samples.FIRST_SET, samples.TIMER_UPDATE, samples.UNKNOWN_KEY),
        samples.tenant("globex", Result.BLOCKED, samples.BLOCKED),
    )
    path = step.report(samples.report("plan", Result.FAILED, 1, *tenants))
    found = [command_in(line) for line in step("annotate", path).stdout.splitlines()]
    placed = [
        (one.name, one.properties["file"], one.properties["line"], one.properties["title"]) for one in found if one
    ]
    assert placed == [
        ("error", "tenants/acme.yaml", "5", f"Unreadable: {samples.CANCEL}"),
        ("warning", "tenants/acme.yaml", "16", f"Can't be undone: {samples.SEQUENCE}"),
        ("error", "tenants/globex.yaml", "12", f"Blocked: {samples.SEQUENCE}"),
    ]
    assert found[2] is not None
    assert "It can't be changed: restore" in found[2].data


@pytest.mark.parametrize("text", ["", "{", '{"format_version": "1.0"}'], ids=["empty", "cut off", "foreign"])
def test_a_report_that_cannot_be_read_is_told_and_not_taken_for_a_clean_one(step: Step, text: str):
    """Exit 1; as `--known` it is taken for none, so that everything is loud."""
    broken = step.folder / "broken.json"
    broken.write_text(text)
    assert step("annotate", broken).code == 1
    assert step("annotate", step.folder / "none.json").code == 1
    path = step.report(samples.report("validate", Result.FAILED, 1, problems=(TYPO,)))
    assert step("annotate", path, "--known", broken).stdout.startswith("::error")


def test_an_apply_report_is_the_wrong_file(step: Step):
    """What was written is no affair of a pull request."""
    done = step("annotate", step.report(samples.report("apply", Result.APPLIED, 0)))
    assert done.code == 1
    assert "a report of apply, not of validate or plan" in done.stderr
