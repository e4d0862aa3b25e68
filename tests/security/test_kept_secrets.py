"""Secrets that somebody put into git, or left open to others: found before anything is done, and not shown."""

import json

import pytest

from tests.journeys.stage import WEBHOOK, Stage
from tests.plugins.threats import Cases

COMMANDS = ("validate", "explain", "shards", "plan", "apply", "import acme", "doctor")
SETTINGS = (
    'token = "canary-in-git"',
    'client_secret = "canary-in-git"',
    'credentials = "canary-in-git"',
    'credentials_command = ["canary-in-git"]',
    'token_url = "https://canary-in-git.example"',
    '[secrets]\nWEBHOOK_API_KEY = "canary-in-git"',
    '[acme]\norigin = "https://a.example"\ntoken = "canary-in-git"',
    'origin = "https://canary-in-git@a.example"',
    'origin = "https://user:canary-in-git@{tenant}.a.example"',
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_secret_in_the_settings_ends_every_command(stage: Stage, command: str, cases: Cases):
    """`validate` is run before each commit, so that is where it is found first."""
    stage.canaries.add("canary-in-git")
    stage.tenant("acme", on_hold_timer_duration=60)
    for text in SETTINGS:
        (stage.folder / "reconciler.toml").write_text(text + "\n")
        ended = stage.run(*command.split(), report=False)
        assert ended.exit_code == (1 if command == "doctor" else 64), text
        cases.add()
    # doctor looks on, at the origin that the credentials name.
    assert command == "doctor" or stage.log() == []


def test_a_literal_in_any_tenants_file_is_a_problem_of_validate(stage: Stage, cases: Cases):
    """In the field where a reference belongs, in a URL, and where a whole credentials document was put by mistake."""
    stage.canaries.add("canary-in-git")
    stage.tenant("beta", on_hold_timer_duration=60)
    document = {"acme": {"origin": "https://a.example", "token": "canary-in-git", "secrets": {"A": "canary-in-git"}}}
    for text in (
        {"sales_order": {"external_order_webhook": {**WEBHOOK, "api_key": "canary-in-git"}}},
        {"sales_order": {"external_order_webhook": {**WEBHOOK, "api_key": {"value": "canary-in-git"}}}},
        {"sales_order": {"external_order_webhook": {**WEBHOOK, "url": "https://a:canary-in-git@orders.acme.example"}}},
        {"sales_order": {"external_order_webhook": {**WEBHOOK, "token": "canary-in-git"}}},
        document,
        document["acme"],
    ):
        (stage.folder / "tenants" / "acme.yaml").write_text(json.dumps(text))
        ended = stage.run("validate")
        assert ended.exit_code == 1, text
        assert ended.tenant("acme")["problems"], text
        cases.add()


@pytest.mark.parametrize("mode", ["0644", "0640", "0620", "0602", "0666"])
def test_credentials_that_others_can_reach_end_every_command_that_needs_them(stage: Stage, mode: str, cases: Cases):
    """Whoever reads them has every token; whoever writes them says where tokens go."""
    stage.tenant("acme", on_hold_timer_duration=60)
    (stage.folder / "credentials.yaml").chmod(int(mode, 8))
    for command in ("plan", "apply", "import acme --force", "doctor"):
        ended = stage.run(*command.split())
        assert ended.exit_code == (1 if command == "doctor" else 64)
        assert "chmod 600" in ended.stdout + ended.stderr
        cases.add()
    assert stage.log() == []
