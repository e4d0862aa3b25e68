"""Secrets that somebody put into git, or left open to others: found before anything is done, and not shown."""

import json

import pytest

from tests.journeys.stage import WEBHOOK, Stage
from tests.model.test_secret_shapes import PERHAPS, SURE
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


def _escaped(text: str) -> str:
    """As YAML and TOML can spell it, so that no search finds it."""
    return f"\\u{ord(text[0]):04x}{text[1:]}"


ANYWHERE = {
    "comment": "# {}\nsales_order: {{on_hold_timer_duration: 60}}\n",
    "comment-behind": "sales_order: {{on_hold_timer_duration: 60}} # {}\n",
    "plain-field": 'sales_order: {{sales_order_generator_sequence: {{prefix: "{}", size: 16}}}}\n',
    "choice": 'sales_order: {{cancellation_allowed_from: ["{}"]}}\n',
    "number": 'sales_order: {{on_hold_timer_duration: "{}"}}\n',
    "name": 'sales_order: {{external_oms: {{enabled: true, "{}": 1}}}}\n',
    "group": '"{}": {{}}\n',
    "key": 'sales_order: {{"{}": 1}}\n',
    "profile": 'extends: ["{}"]\n',
    "twice": '"{0}": 1\n"{0}": 2\n',
    "no-yaml": "sales_order: [\n# {}\n",
}
"""Where in a tenant's file nobody would look for a secret."""


def test_a_well_known_secret_is_a_problem_wherever_it_stands(stage: Stage, cases: Cases):
    """In every place of a file, and in a profile that nobody extends; told by file:line:column, and never shown."""
    for number, (kind, secret) in enumerate(SURE.items()):
        stage.canaries.add(secret)
        for place, text in ANYWHERE.items():
            (stage.folder / "tenants" / f"t{number}-{place}.yaml").write_text(text.format(secret))
        (stage.folder / "tenants" / f"_{kind}.yaml").write_text(ANYWHERE["comment-behind"].format(secret))
        (stage.folder / "tenants" / f"t{number}-escaped.yaml").write_text(
            ANYWHERE["plain-field"].format(_escaped(secret))
        )
    ended = stage.run("validate")
    assert ended.exit_code == 1
    for number, kind in enumerate(SURE):
        for place in (*ANYWHERE, "escaped"):
            problems = ended.tenant(f"t{number}-{place}")["problems"]
            found = [one for one in problems if one["rule"] == "rule/secret-literal"]
            assert found, (kind, place)
            assert all(one["line"] > 0 and one["column"] > 0 and "credentials" in one["hint"] for one in found)
            cases.add()
    profiles = {one["file"] for one in ended.report["problems"] if one["rule"] == "rule/secret-literal"}
    assert profiles == {f"tenants/_{kind}.yaml" for kind in SURE}


def test_a_file_with_a_secret_in_a_comment_is_in_the_way_of_every_write(stage: Stage, cases: Cases):
    """As any broken file on main is: the secret has to be replaced, now. Its tenant is not even read."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=60)
    for secret in SURE.values():
        stage.canaries.add(secret)
        (stage.folder / "tenants" / "acme.yaml").write_text(ANYWHERE["comment"].format(secret))
        assert stage.run("plan").exit_code == 1
        cases.add()
    assert stage.run("apply").exit_code == 1
    assert {(one.tenant, one.method) for one in stage.log()} == {("beta", "GET")}


def test_what_may_be_a_secret_is_a_warning(stage: Stage, cases: Cases):
    """A webhook that knows its caller by its URL alone can be had no other way."""
    for number, url in enumerate(PERHAPS.values()):
        webhook = json.dumps({"sales_order": {"external_order_webhook": {**WEBHOOK, "url": url}}})
        (stage.folder / "tenants" / f"t{number}.yaml").write_text(webhook)
    ended = stage.run("validate")
    assert ended.exit_code == 0
    for number in range(len(PERHAPS)):
        found = {one["rule"]: one["severity"] for one in ended.tenant(f"t{number}")["problems"]}
        assert found["rule/secret-suspected"] == "warning"
        cases.add()


def test_a_well_known_secret_anywhere_in_the_settings_is_refused(stage: Stage, cases: Cases):
    """In a comment, a reason, a name; in the table of a pyproject.toml. What other tools keep there is theirs."""
    stage.tenant("acme", on_hold_timer_duration=60)
    own, shared = stage.folder / "reconciler.toml", stage.folder / "pyproject.toml"
    own.unlink(missing_ok=True)
    freeze = '[[gate.freeze]]\nfrom = 2026-01-01T00:00:00Z\nto = 2026-01-02T00:00:00Z\nreason = "{}"\n'
    for secret in SURE.values():
        stage.canaries.add(secret)
        for path, text in (
            (own, f"# {secret}\n"),
            (own, f"[limits] # {secret}\n"),
            (own, freeze.format(secret)),
            (own, freeze.format(_escaped(secret))),
            (own, f'"{secret}" = 1\n'),
            (shared, f"[tool.reconciler]\n# {secret}\n"),
            (shared, f"[tool.other]\n[ tool . reconciler.limits ]\n# {secret}\n"),
        ):
            path.write_text(text)
            ended = stage.run("validate", report=False)
            assert ended.exit_code == 64, text
            assert "looks like" in ended.stderr, text
            path.unlink()
            cases.add()
        shared.write_text(f"[tool.reconciler]\n[tool.other]\n# {secret}\n")
        assert stage.run("validate", report=False).exit_code == 0
        shared.unlink()


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
