"""A pull request, from its opening to its comment, by the workflows themselves."""

import json

import pytest

from tests.workflows.desk import OMS, TIMER, Desk


def timer(seconds: int) -> str:
    return f"sales_order:\n  {TIMER}: {seconds}\n"


def test_a_pull_request_gets_one_comment_a_plan_and_a_green_check(desk: Desk):
    """The plan is of the tenant that it changes, and nothing is written."""
    ran = desk.open(7, {"tenants/gamma.yaml": timer(3600)})
    assert ran.exit_code == 0, ran.log
    assert ran.jobs["required"] == "success"
    (comment,) = desk.comments(7)
    assert "60 → 3600" in comment
    plan = desk.report(ran, "reconciler-plan", "plan.json")
    assert [tenant["tenant"] for tenant in plan["tenants"]] == ["gamma"]
    assert {key["cause"] for key in plan["tenants"][0]["keys"]} == {"declared"}
    assert (desk.at.artifacts / str(ran.number) / "reconciler-plan" / "plan.html").exists()
    assert desk.written() == []


@pytest.mark.long
def test_a_push_to_it_edits_the_same_comment(desk: Desk):
    """One comment, whatever happens; and none at all is sent when it would say the same."""
    desk.open(7, {"tenants/gamma.yaml": timer(3600)})
    desk.open(7, {"tenants/gamma.yaml": timer(7200)})
    (comment,) = desk.github.comments[7]
    assert "60 → 7200" in desk.comments(7)[0]
    assert comment.updates == 1
    desk.plan(7)
    (comment,) = desk.github.comments[7]
    assert comment.updates == 1


@pytest.mark.long
def test_an_older_run_that_comes_late_overwrites_nothing(desk: Desk):
    """Runs overtake each other when a runner is slow."""
    desk.open(7, {"tenants/gamma.yaml": timer(3600)})
    desk.open(7, {"tenants/gamma.yaml": timer(7200)})
    desk.sandbox.set_value("gamma", TIMER, 61)  # so that it would say something else
    desk.plan(7, run=50)
    (comment,) = desk.github.comments[7]
    assert "60 → 7200" in desk.comments(7)[0]
    assert comment.updates == 1


def test_a_fork_is_validated_and_nothing_more(desk: Desk):
    """No request to the API, no comment, no credentials in any job; and its check is green."""
    ran = desk.open(7, {"tenants/gamma.yaml": timer(3600)}, fork=True)
    assert ran.exit_code == 0, ran.log
    assert ran.jobs["required"] == "success"
    assert set(ran.jobs) == {"validate", "required"}
    assert desk.sandbox.log() == ()
    assert desk.comments(7) == []


def test_a_problem_fails_the_check_at_its_line_and_the_rest_is_planned(desk: Desk):
    """The annotation is at file and line; the comment has it, and what is in order besides."""
    ran = desk.open(7, {"tenants/gamma.yaml": timer(-1), "tenants/beta.yaml": timer(61)})
    assert ran.exit_code != 0
    assert ran.jobs["validate"] == "failure"
    assert ran.jobs["required"] == "failure"
    assert "::error file=tenants/gamma.yaml,line=2" in ran.log
    (comment,) = desk.comments(7)
    assert "tenants/gamma.yaml" in comment
    assert "60 → 61" in comment


@pytest.mark.long
def test_the_check_judges_what_the_pull_request_changes(desk: Desk):
    """What is broken on main already is shown, and is not this pull request's fault."""
    desk.at.branch("main", {"tenants/beta.yaml": timer(-1)}, "Break it")
    ran = desk.open(7, {"tenants/gamma.yaml": timer(3600)})
    assert ran.jobs["required"] == "success", ran.log
    assert "tenants/beta.yaml" in desk.comments(7)[0]
    again = desk.open(8, {"tenants/beta.yaml": timer(-2)})
    assert again.jobs["required"] == "failure"


@pytest.mark.long
def test_a_profile_s_edit_is_planned_for_every_tenant_that_extends_it(desk: Desk):
    """By value: beta says the same itself, and gamma doesn't have the key."""
    ran = desk.open(7, {"tenants/_retail.yaml": f"sales_order:\n  {OMS}: {{enabled: false}}\n"})
    plan = desk.report(ran, "reconciler-plan", "plan.json")
    assert [tenant["tenant"] for tenant in plan["tenants"]] == ["acme"]


def test_settings_and_tool_are_the_bases_whatever_the_pull_request_brings(desk: Desk):
    """A settings file that leads to another origin, and modules with the names of ours: neither is looked at."""
    trap = "raise SystemExit('a pull request ran code')\n"
    ran = desk.open(
        7,
        {
            "reconciler.toml": 'origin = "https://evil.example/{tenant}"\n',
            "reconciler/__init__.py": trap,
            "yaml.py": trap,
            "sitecustomize.py": trap,
            "tenants/gamma.yaml": timer(3600),
        },
    )
    assert ran.jobs["required"] == "success", ran.log
    assert "60 → 3600" in desk.comments(7)[0]
    assert "evil.example" not in json.dumps(desk.report(ran, "reconciler-plan", "plan.json"))


def test_a_large_fleet_is_planned_by_shards_and_merged(desk: Desk):
    """A budget of few calls for a machine makes a machine for each tenant, and one plan of all."""
    settings = (
        (desk.at.config / "reconciler.toml")
        .read_text()
        .replace("[limits]", "[limits]\ncalls_per_window = 14\nwindow_seconds = 900")
    )
    desk.at.branch("main", {"reconciler.toml": settings}, "Fewer calls")
    every = {f"tenants/{name}.yaml": timer(90) for name in ("acme", "beta", "gamma")}
    for number in range(6):
        every[f"tenants/more-{number}.yaml"] = ""
    ran = desk.open(7, {name: text for name, text in every.items() if text})
    assert ran.jobs["required"] == "success", ran.log
    plan = desk.report(ran, "reconciler-plan", "plan.json")
    assert [tenant["tenant"] for tenant in plan["tenants"]] == ["acme", "beta", "gamma"]


@pytest.mark.parametrize(
    ("branch", "message", "name"),
    [
        pytest.param("a$(touch${IFS}pwned)b", "$(touch pwned)", "x.yaml", id="branch-and-message"),
        pytest.param("plain", 'a "quote" `touch pwned`\n\n::error::x', "$(touch pwned)\n'\";.yaml", id="file-name"),
    ],
)
def test_names_and_messages_are_only_text(desk: Desk, branch: str, message: str, name: str):
    """A shell that took any of them for a command would leave a file."""
    files = {"tenants/gamma.yaml": timer(3600), f"tenants/{name}": timer(1)}
    ran = desk.open(7, files, branch=branch, message=message)
    assert not list(desk.at.folder.rglob("pwned"))
    assert ran.jobs["validate"] == ("success" if name == "x.yaml" else "failure"), ran.log
    assert len(desk.comments(7)) == 1
    assert "\n::error::x" not in ran.log


def test_in_the_merge_queue_the_same_check_speaks(desk: Desk):
    """There is no pull request to comment on, and the base is the group's."""
    head = desk.at.branch("queued", {"tenants/gamma.yaml": timer(3600)})
    assert head
    merged = desk.at.test_merge("queued")
    ran = desk.queue(merged)
    assert ran.exit_code == 0, ran.log
    assert ran.jobs["required"] == "success"
    plan = desk.report(ran, "reconciler-plan", "plan.json")
    assert [tenant["tenant"] for tenant in plan["tenants"]] == ["gamma"]
