from dataclasses import replace

import pytest

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, TenantReport
from reconciler.model.words import Action, Result, Severity, Status
from reconciler.report.verdict import tenant_result, verdict, worst
from tests.report.samples import TIMER_UPDATE, tenant

ERROR = Problem("tenants/acme.yaml", 1, 1, "", "yaml/syntax", "Not YAML.")
WARNING = replace(ERROR, severity=Severity.WARNING)
RUN_WIDE = Refusal("freeze", "Peak season.")
OF_ACME = Refusal("secret-unavailable", "No such secret.", "acme")
OF_KEY = Refusal("irreversible", "Needs a reviewed plan.", "acme", TIMER_UPDATE.key)
OF_OTHERS = (Refusal("irreversible", "No.", "acme", "other.key"), Refusal("secret-unavailable", "No.", "globex"))
WRITES = (Action.CREATE, Action.UPDATE)
I, C, A, B, R, S, F, X = Result  # noqa: E741 - one letter a cell keeps the table a table


def key(action: Action, status: Status | None) -> KeyReport:
    """A key with that action and outcome."""
    return KeyReport(replace(TIMER_UPDATE, action=action), None if status is None else Outcome(status))


TABLE = {
    None: {Action.NO_OP: I, Action.CREATE: C, Action.UPDATE: C, Action.BLOCKED: B, Action.UNREADABLE: F},
    Status.UNCHANGED: {Action.NO_OP: I, Action.CREATE: I, Action.UPDATE: I, Action.BLOCKED: B, Action.UNREADABLE: F},
    Status.NOT_ATTEMPTED: {
        Action.NO_OP: I,
        Action.CREATE: F,
        Action.UPDATE: F,
        Action.BLOCKED: B,
        Action.UNREADABLE: F,
    },
    Status.APPLIED: dict.fromkeys(Action, A),
    Status.REJECTED: dict.fromkeys(Action, F),
    Status.FAILED: dict.fromkeys(Action, F),
    Status.UNKNOWN: dict.fromkeys(Action, F),
    Status.SKIPPED: dict.fromkeys(Action, F),
}
CELLS = [
    pytest.param(status, action, expected, id=f"{status}-{action}")
    for status, row in TABLE.items()
    for action, expected in row.items()
]


def test_the_table_covers_every_status_and_action():
    """No cell is missing."""
    assert set(TABLE) == {None, *Status}
    assert all(set(row) == set(Action) for row in TABLE.values())


@pytest.mark.parametrize(("status", "action", "expected"), CELLS)
def test_each_outcome_of_each_action_counts_as_the_table_says(status: Status | None, action: Action, expected: Result):
    """One key alone makes its tenant's result."""
    assert tenant_result("acme", [key(action, status)], command="apply") is expected


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({}, F, id="the-tenant-halted"),
        pytest.param({"stale": True}, S, id="stale"),
        pytest.param({"stale": True, "refusals": [RUN_WIDE], "interrupted": True}, S, id="stale-before-all"),
        pytest.param({"refusals": [RUN_WIDE]}, R, id="refused-with-the-run"),
        pytest.param({"refusals": [OF_ACME]}, R, id="refused-with-the-tenant"),
        pytest.param({"refusals": [OF_KEY]}, R, id="refused-alone"),
        pytest.param({"refusals": [OF_KEY], "interrupted": True}, R, id="refused-before-the-interrupt"),
        pytest.param({"refusals": OF_OTHERS[1:]}, F, id="another-tenant-refused"),
        pytest.param({"refusals": OF_OTHERS}, F, id="another-key-refused"),
        pytest.param({"left_alone": {TIMER_UPDATE.key}}, C, id="left-alone-by-policy"),
        pytest.param({"left_alone": {"other.key"}}, F, id="another-left-alone"),
        pytest.param({"interrupted": True}, X, id="interrupted"),
    ],
)
def test_why_a_write_was_not_attempted_decides_what_it_counts_as(
    action: Action, facts: dict[str, bool], expected: Result
):
    """Blocked and refused are 3, stale is 4, and what nobody explained is 1."""
    facts = {"command": "apply", **facts}  # type: ignore[dict-item]  # a row holds arguments of several types
    assert tenant_result("acme", [key(action, Status.NOT_ATTEMPTED)], **facts) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("problems", "refusals", "command", "expected"),
    [
        pytest.param([ERROR], [], "validate", F, id="an-error"),
        pytest.param([WARNING], [], "validate", I, id="a-warning"),
        pytest.param([], [OF_ACME], "apply", R, id="refused-though-in-sync"),
        pytest.param([], [OF_ACME], "plan", I, id="a-notice-in-plan"),
        pytest.param([], [RUN_WIDE], "apply", I, id="nothing-to-refuse-here"),
    ],
)
def test_problems_and_refusals_count_for_their_tenant(
    problems: list[Problem], refusals: list[Refusal], command: str, expected: Result
):
    """Errors fail a tenant, warnings don't; a refusal of a tenant counts even when its keys are equal."""
    assert tenant_result("acme", [key(Action.NO_OP, None)], problems, refusals, command=command) is expected


def ended(*results: Result) -> list[TenantReport]:
    """Tenants with these results."""
    return [tenant(f"t{number}", result) for number, result in enumerate(results)]


EXITS = [(I, 0), (C, 0), (A, 0), (B, 3), (R, 3), (S, 4), (F, 1), (X, 130)]


@pytest.mark.parametrize(("result", "code"), EXITS, ids=[result.value for result, _ in EXITS])
def test_each_result_has_its_exit_code(result: Result, code: int):
    """One tenant's result makes the run's, with the exit code of the contract."""
    assert verdict(ended(I, result), (), (), command="apply") == (result, code)


@pytest.mark.parametrize(
    ("command", "detailed", "code"),
    [("plan", True, 2), ("plan", False, 0), ("apply", True, 0)],
    ids=["plan-detailed", "plan", "apply"],
)
def test_only_a_detailed_plan_exits_2_for_changes(command: str, detailed: bool, code: int):
    """2 must mean changes and nothing else, and only where somebody asked."""
    assert verdict(ended(C, I), (), (), command=command, detailed_exitcode=detailed) == (C, code)


@pytest.mark.parametrize("wrong", [B, F, S, X])
def test_a_detailed_plan_with_trouble_never_exits_2(wrong: Result):
    """Trouble outweighs changes."""
    assert verdict(ended(C, wrong), (), (), command="plan", detailed_exitcode=True)[1] not in {0, 2}


def test_where_several_hold_the_contracts_order_decides():
    """130, then 4, 1, 3, and 2 or 0: each is found as long as none before it is there."""
    order = [X, S, F, R, B, A, C, I]
    codes = [verdict(ended(*reversed(order[start:])), (), (), command="apply") for start in range(len(order))]
    assert codes == [(X, 130), (S, 4), (F, 1), (R, 3), (B, 3), (A, 0), (C, 0), (I, 0)]
    assert worst([]) is I


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"problems": [ERROR]}, (F, 1), id="an-error"),
        pytest.param({"problems": [WARNING]}, (I, 0), id="a-warning"),
        pytest.param({"refusals": [RUN_WIDE]}, (R, 3), id="a-refusal"),
        pytest.param({"refusals": [RUN_WIDE], "command": "plan"}, (I, 0), id="a-notice-in-plan"),
        pytest.param({"stale": {"acme"}, "problems": [ERROR]}, (S, 4), id="stale-before-failed"),
        pytest.param({"interrupted": True, "stale": {"acme"}}, (X, 130), id="interrupted-before-stale"),
    ],
)
def test_facts_of_the_run_count_beside_its_tenants(facts: dict[str, object], expected: tuple[Result, int]):
    """What belongs to no tenant counts all the same."""
    given = {"problems": (), "refusals": (), "command": "apply", **facts}
    assert verdict(ended(I), **given) == expected  # type: ignore[arg-type]  # rows of several types
