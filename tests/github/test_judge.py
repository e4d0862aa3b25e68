"""`judge`: the pull request's own work counts, and nothing else does."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.problem import Problem
from reconciler.model.report import Report, TenantReport
from reconciler.model.words import Result, Severity
from tests.github.step import Done, Step
from tests.report import samples

TYPO = Problem("tenants/acme.yaml", 12, 5, "/sales_order", "spec/type", "must be an integer", "Take off the quotes.")
WARNING = replace(TYPO, severity=Severity.WARNING)
BROKEN = samples.tenant("acme", Result.FAILED, problems=(TYPO,))
FINE = samples.tenant("acme", Result.CHANGES, samples.TIMER_UPDATE)
BLOCKED = samples.tenant("globex", Result.BLOCKED, samples.BLOCKED)
UNREADABLE = samples.tenant("acme", Result.FAILED, samples.READ_FAILED)


def _validated(*problems: Problem) -> Report:
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    return samples.report("validate", Result.FAILED if failed else Result.IN_SYNC, int(failed), problems=problems)


def _judge(
    step: Step,
    validated: Report | Path,
    known: Report | Path | None = None,
    touched: bytes | None = None,
    plan: Report | Path | None = None,
) -> Done:
    arguments: list[object] = []
    for name, given in (("validated", validated), ("known", known), ("plan", plan)):
        if given is not None:
            arguments += [f"--{name}", given if isinstance(given, Path) else step.report(given, f"{name}.json")]
    if touched is not None:
        (step.folder / "touched").write_bytes(touched)
        arguments += ["--touched", step.folder / "touched"]
    return step("judge", *arguments)


@pytest.mark.parametrize(
    ("validated", "known", "touched", "code"),
    [
        pytest.param(_validated(), None, None, 0, id="nothing is wrong"),
        pytest.param(_validated(TYPO), None, None, 1, id="an error, and no base to compare"),
        pytest.param(_validated(TYPO), _validated(), b"", 1, id="a new error, even in a file that isn't touched"),
        pytest.param(_validated(TYPO), _validated(TYPO), b"README.md\0", 0, id="an error that main has"),
        pytest.param(_validated(replace(TYPO, line=99)), _validated(TYPO), b"", 0, id="the same, at another line"),
        pytest.param(_validated(TYPO), _validated(TYPO), b"a b\0tenants/acme.yaml\0", 1, id="main has it, touched"),
        pytest.param(_validated(TYPO), _validated(TYPO), None, 0, id="main has it, nobody knows what is touched"),
        pytest.param(_validated(TYPO), _validated(replace(TYPO, rule="rule/x")), b"", 1, id="another rule"),
        pytest.param(_validated(WARNING), None, b"tenants/acme.yaml\0", 0, id="a warning never counts"),
        pytest.param(_validated(), _validated(TYPO), b"", 0, id="the pull request mends main"),
    ],
)
def test_a_problem_counts_if_it_is_new_or_in_a_touched_file(
    step: Step, validated: Report, known: Report | None, touched: bytes | None, code: int
):
    """Row by row of the table in the module."""
    assert _judge(step, validated, known, touched).code == code


def test_a_file_name_of_any_bytes_is_found_among_the_touched(step: Step):
    """Git's names are bytes; line breaks and what isn't UTF-8 included."""
    odd = replace(TYPO, file="tenants/a\n\udcff::error::.yaml")
    done = _judge(step, _validated(odd), _validated(odd), b"tenants/a\n\xff::error::.yaml\0")
    assert done.code == 1
    assert "::" not in done.stdout


@pytest.mark.parametrize(
    ("tenants", "exit_code", "code"),
    [
        pytest.param((FINE,), 0, 0, id="changes"),
        pytest.param((), 0, 0, id="no tenant changed"),
        pytest.param((FINE, BLOCKED), 3, 1, id="blocked"),
        pytest.param((UNREADABLE,), 1, 1, id="unreadable"),
        pytest.param((samples.tenant("acme", Result.INTERRUPTED),), 1, 1, id="went wrong without a key that says so"),
        pytest.param((BROKEN,), 1, 0, id="only by an error that main has"),
    ],
)
def test_a_tenant_of_the_plan_that_went_wrong_counts(
    step: Step, tenants: tuple[TenantReport, ...], exit_code: int, code: int
):
    """The plan is of the tenants that the pull request changes."""
    problems = (TYPO,) if BROKEN in tenants else ()
    result = Result.FAILED if exit_code else Result.CHANGES
    plan = samples.report("plan", result, exit_code, *tenants)
    assert _judge(step, _validated(*problems), _validated(TYPO), b"", plan).code == code


@pytest.mark.parametrize("exit_code", [64, 70, 130])
@pytest.mark.parametrize("which", ["validated", "plan"])
def test_a_run_that_did_not_finish_is_not_in_order(step: Step, which: str, exit_code: int):
    """Its report has no findings, which must not read as none."""
    cut = samples.report("validate" if which == "validated" else "plan", Result.FAILED, exit_code)
    reports = {"validated": _validated(), "plan": samples.report("plan", Result.IN_SYNC, 0), which: cut}
    done = _judge(step, reports["validated"], None, None, reports["plan"])
    assert done.code == 1
    assert f"ended with exit code {exit_code}" in done.stdout


def test_a_base_that_did_not_finish_excuses_nothing(step: Step):
    """Its problems are those of the call: the first pull request of a repository has a base without tenants."""
    base = samples.report("validate", Result.FAILED, 64, problems=(TYPO,))
    assert _judge(step, _validated(TYPO), base, b"").code == 1
    assert _judge(step, _validated(), base, b"").code == 0


@pytest.mark.parametrize("which", ["validated", "plan"])
def test_a_report_that_is_not_there_is_told_with_where_to_look(step: Step, which: str):
    """Because its job failed: the check must not be green."""
    none = step.folder / "none.json"
    done = _judge(step, none if which == "validated" else _validated(), plan=none if which == "plan" else None)
    assert done.code == 1
    assert "There is no report" in done.stdout
    assert "Look at the job that runs" in done.stdout


def test_a_list_of_touched_files_that_is_not_there_ends_the_step(step: Step):
    """Nothing would count as touched."""
    done = step("judge", "--validated", step.report(_validated()), "--touched", step.folder / "none")
    assert done.code == 1


def test_the_verdict_says_what_counts_and_why(step: Step):
    """On stdout and in the step's summary, where nothing of the pull request's is Markdown."""
    bad = replace(TYPO, message="[x](https://evil.example) @acme/all | <img>")
    old = replace(TYPO, file="tenants/old.yaml")
    done = _judge(step, _validated(bad, old), _validated(old), b"tenants/acme.yaml\0")
    assert done.stdout.splitlines()[0] == "Not in order: 1 finding of the pull request's own."
    assert "counts: tenants/acme.yaml:12:5: " in done.stdout
    assert "doesn't count: tenants/old.yaml:12:5: must be an integer (spec/type); the base branch has it" in done.stdout
    assert "**Counts: 1**" in done.summary
    assert "**Doesn't count: 1**" in done.summary
    for syntax in ("](", "@acme", "<img"):
        assert syntax not in done.summary


def test_thousands_of_findings_are_counted_and_not_all_shown(step: Step):
    """The reports have them."""
    many = [replace(TYPO, file=f"tenants/t{number}.yaml") for number in range(1_000)]
    done = _judge(step, _validated(*many))
    assert done.stdout.splitlines()[-1] == "  counts: 800 more, in the reports"
    assert "800 more are in the reports." in done.summary
