"""Every exit code, reached by a real run, and which one wins where several hold."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.sandbox import Fault, FaultKind
from tests.journeys.stage import SEQUENCE, Stage

Arrange = Callable[[Stage], object]


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Two tenants in sync."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=60)
        stage.sandbox.set_value(tenant, "on_hold_timer_duration", 60)
    return stage


def changes(stage: Stage, tenant: str = "acme") -> None:
    stage.tenant(tenant, on_hold_timer_duration=120)


def blocked(stage: Stage, tenant: str = "beta") -> None:
    stage.tenant(tenant, on_hold_timer_duration=60, sales_order_generator_sequence=SEQUENCE)
    stage.sandbox.set_value(tenant, "sales_order_generator_sequence", {**SEQUENCE, "start": 7})


def unreadable(stage: Stage, tenant: str = "acme") -> None:
    stage.sandbox.set_value(tenant, "on_hold_timer_duration", "not a number")


def broken(stage: Stage, tenant: str = "acme") -> None:
    stage.tenant(tenant, on_hold_timer_duration="an hour")


def rejected(stage: Stage, tenant: str = "acme") -> None:
    changes(stage, tenant)
    stage.sandbox.fault(Fault(FaultKind.STATUS, tenant, method="POST", status=400))


def frozen(stage: Stage) -> None:
    changes(stage)
    stage.settings('[[gate.freeze]]\nfrom = 2020-01-01T00:00:00Z\nto = 2099-01-01T00:00:00Z\nreason = "peak"')


def warned(stage: Stage) -> None:
    stage.tenant("acme", on_hold_timer_duration=700000)
    stage.sandbox.set_value("acme", "on_hold_timer_duration", 700000)


def nothing(stage: Stage) -> None:
    """Leave the fleet in sync."""


def both(*arrangements: Arrange) -> Arrange:
    def arrange(stage: Stage) -> None:
        for one in arrangements:
            one(stage)

    return arrange


@pytest.mark.parametrize(
    ("arrange", "call", "code", "result"),
    [
        pytest.param(nothing, "validate", 0, "in-sync", id="valid"),
        pytest.param(nothing, "plan", 0, "in-sync", id="in-sync"),
        pytest.param(nothing, "plan --detailed-exitcode", 0, "in-sync", id="in-sync-in-detail"),
        pytest.param(warned, "plan --detailed-exitcode", 0, "in-sync", id="warnings-do-not-count"),
        pytest.param(warned, "validate", 0, "in-sync", id="warnings-do-not-count-offline"),
        pytest.param(changes, "plan", 0, "changes", id="changes"),
        pytest.param(changes, "apply", 0, "applied", id="applied"),
        pytest.param(nothing, "apply", 0, "in-sync", id="nothing-to-apply"),
        pytest.param(frozen, "plan", 0, "changes", id="a-refusal-is-a-notice-in-plan"),
        pytest.param(changes, "plan --detailed-exitcode", 2, "changes", id="changes-in-detail"),
        pytest.param(frozen, "plan --detailed-exitcode", 2, "changes", id="a-notice-in-detail"),
        pytest.param(broken, "validate", 1, "failed", id="problem-offline"),
        pytest.param(broken, "plan", 1, "failed", id="problem"),
        pytest.param(unreadable, "plan", 1, "failed", id="unreadable"),
        pytest.param(rejected, "apply", 1, "failed", id="rejected"),
        pytest.param(blocked, "plan", 3, "blocked", id="blocked"),
        pytest.param(blocked, "apply", 3, "blocked", id="blocked-in-apply"),
        pytest.param(frozen, "apply", 3, "refused", id="refused"),
        pytest.param(both(changes, blocked), "plan --detailed-exitcode", 3, "blocked", id="3-before-2"),
        pytest.param(both(unreadable, blocked), "plan", 1, "failed", id="1-before-3"),
        pytest.param(both(rejected, blocked), "apply", 1, "failed", id="1-before-3-in-apply"),
        pytest.param(
            both(unreadable, lambda stage: changes(stage, "beta")),
            "plan --detailed-exitcode",
            1,
            "failed",
            id="1-before-2",
        ),
    ],
)
def test_the_exit_code_says_how_the_run_ended(fleet: Stage, arrange: Arrange, call: str, code: int, result: str):
    """The table of the contract, row by row."""
    arrange(fleet)
    ended = fleet.run(*call.split())
    assert (ended.exit_code, ended.report["result"]) == (code, result)


def test_a_stale_tenant_comes_before_a_failed_and_a_blocked_one(fleet: Stage):
    """4 before 1 before 3: what was not reviewed is what a reader must hear of first."""
    fleet.tenant("gamma", on_hold_timer_duration=60)
    blocked(fleet)
    rejected(fleet, "gamma")
    fleet.plan()
    changes(fleet, "acme")
    ended = fleet.run("apply", "--plan", "plan.json")
    assert ended.results() == {"acme": "stale", "beta": "blocked", "gamma": "failed"}
    assert (ended.exit_code, ended.report["result"]) == (4, "stale")


def _loose(stage: Stage) -> None:
    (stage.folder / "credentials.yaml").chmod(0o640)


def _setting(text: str) -> Arrange:
    return lambda stage: stage.settings(text)


@pytest.mark.parametrize(
    ("arrange", "call", "words"),
    [
        pytest.param(nothing, "plan --no-such-flag", "no-such-flag", id="flag"),
        pytest.param(nothing, "plam", "Did you mean plan?", id="command"),
        pytest.param(nothing, "plan --format yaml", "yaml", id="format"),
        pytest.param(nothing, "plan --report plan.pdf", ".html", id="report-suffix"),
        pytest.param(nothing, "plan --report no/folder/plan.json", "no/folder", id="report-folder"),
        pytest.param(nothing, "plan --tenant acne", '"acme"', id="tenant"),
        pytest.param(nothing, "apply --tenant acme --tenant zzz", '"zzz"', id="one-of-two-tenants"),
        pytest.param(nothing, "plan --key on_hold_timer", "on_hold_timer_duration", id="key"),
        pytest.param(nothing, "plan --shard 3/2", "shard 3 of 2", id="shard"),
        pytest.param(nothing, "plan --tenants nowhere", "nowhere", id="tenants-folder"),
        pytest.param(nothing, "plan --settings nowhere.toml", "nowhere.toml", id="settings-file"),
        pytest.param(_setting("[gate]\nmax_tenant = 3"), "plan", "max_tenant", id="settings"),
        pytest.param(nothing, "plan --credentials nowhere.yaml", "nowhere.yaml", id="no-credentials-file"),
        pytest.param(_loose, "plan", "chmod 600", id="credentials-for-all-to-read"),
        pytest.param(lambda stage: stage.forget("beta"), "plan", "beta: no entry", id="no-entry"),
        pytest.param(
            lambda stage: stage.access("beta", origin="https://beta.example"), "apply", "beta", id="another-origin"
        ),
        pytest.param(nothing, "plan --origin http://{tenant}.example", "https", id="http-origin"),
        pytest.param(nothing, "plan --origin https://one.example", "same origin", id="one-origin-for-all"),
        pytest.param(nothing, "plan --sandbox --origin https://{tenant}.example", "--origin", id="sandbox-and-origin"),
        pytest.param(nothing, "apply --plan nowhere.json", "nowhere.json", id="no-plan-file"),
        pytest.param(nothing, "apply --lift freeze", "reason is missing", id="lift-without-reason"),
        pytest.param(nothing, "apply --lift freez=x", '"freeze"', id="lift-of-no-rule"),
        pytest.param(nothing, "apply --lift irreversible=x", "irreversible", id="lift-of-what-can-not-be"),
        pytest.param(nothing, "plan --rewrite acme:external_oms", "--rewrite", id="rewrite-of-undeclared"),
        pytest.param(nothing, "plan --assume-unset acme", "TENANT:KEY", id="assume-without-key"),
        pytest.param(nothing, "import acme", "--force", id="import-over-a-file"),
        pytest.param(nothing, "import Acme", "Acme", id="import-of-no-name"),
    ],
)
def test_a_wrong_call_is_64_before_any_request(fleet: Stage, arrange: Arrange, call: str, words: str):
    """Never 2, which would read as changes; and the message names what to correct."""
    changes(fleet)
    arrange(fleet)
    ended = fleet.run(*call.split())
    assert ended.exit_code == 64
    assert words in ended.stderr
    assert ended.stdout == ""
    assert fleet.log() == []


def test_a_wrong_call_has_a_report_that_is_no_plan(fleet: Stage):
    """A pipeline that keeps the report finds the reason there, and can't apply it as "nothing changes"."""
    changes(fleet)
    ended = fleet.plan("--tenant", "zzz")
    assert ended.report["result"] == "failed"
    (problem,) = ended.report["problems"]
    assert (problem["rule"], "zzz" in problem["message"]) == ("call/usage", True)
    with fleet.nothing_posted():
        assert fleet.run("apply", "--plan", "plan.json").exit_code == 64


def test_json_on_stdout_is_json_for_a_wrong_call_too(fleet: Stage):
    """Whoever pipes stdout into a parser gets a document, and stderr has the words."""
    ended = fleet.run("plan", "--tenant", "zzz", "--format", "json")
    assert ended.stdout == (fleet.folder / "report-1.json").read_text()
    assert ended.stderr


def test_bad_credentials_of_one_tenant_come_before_problems_of_another(fleet: Stage):
    """64 before 1: nothing is asked, so there is nothing to judge."""
    broken(fleet)
    fleet.forget("beta")
    assert fleet.run("plan").exit_code == 64
    assert fleet.log() == []


def test_an_empty_shard_is_0_and_no_tenant_at_all_is_64(fleet: Stage):
    """A matrix may have more jobs than tenants; a mistyped folder must not pass for a fleet in sync."""
    codes = {fleet.run("plan", "--shard", f"{number}/9").exit_code for number in range(1, 10)}
    assert codes == {0}
    (fleet.folder / "empty").mkdir()
    assert fleet.run("plan", "--tenants", "empty").exit_code == 64
    assert fleet.run("validate", "--tenants", "empty").exit_code == 64


CANARY = "canary-in-an-exception"


def test_a_bug_is_70_with_a_report_and_without_the_text_of_the_exception(fleet: Stage, monkeypatch: pytest.MonkeyPatch):
    """An exception's message may quote a value, so the place is told and not the words."""
    fleet.canaries.add(CANARY)

    def bug(*_: object) -> object:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("reconciler.journeys.plan.plan_all", bug)
    ended = fleet.run("plan")
    assert (ended.exit_code, ended.report["result"]) == (70, "failed")
    assert "RuntimeError" in ended.stderr
    assert Path(__file__).name in ended.stderr
    assert [problem["rule"] for problem in ended.report["problems"]] == ["bug/exception"]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_bug_met_in_one_tenant_is_70_and_the_others_go_on(
    fleet: Stage, monkeypatch: pytest.MonkeyPatch, command: str
):
    """70 before 4, 1 and 3; what was done for the others is in the report."""
    from reconciler.platform.tenant import TenantReader

    fleet.canaries.add(CANARY)
    fleet.tenant("gamma", on_hold_timer_duration=120)
    blocked(fleet)
    true_read = TenantReader.read
    seen: list[object] = []

    async def read(self: TenantReader, key: object, **how: bool) -> object:
        seen.append(self)
        if self is seen[0]:
            raise RuntimeError(CANARY)
        return await true_read(self, key, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(TenantReader, "read", read)
    ended = fleet.run(command)
    assert (ended.exit_code, ended.report["result"]) == (70, "failed")
    (problem,) = ended.report["problems"]
    assert (problem["rule"], problem["tenant"]) == ("bug/exception", "acme")
    assert ended.results() == {
        "acme": "failed",
        "beta": "blocked",
        "gamma": "changes" if command == "plan" else "applied",
    }
