"""Wrong calls: exit code 64, nothing on stdout, and on stderr what is wrong and what to do instead."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call

WRONG = {
    "unknown command, near to one": ("plam", ["No such command: plam", "Did you mean plan?"]),
    "unknown command, near to none": ("zzz", ["No such command: zzz", "validate, plan, apply"]),
    "unknown sub-command": ("sandbox restart", ["'restart'", "reconciler sandbox --help"]),
    "unknown option": ("plan --formt json", ["'--formt'", "--format"]),
    "unknown option before the command": ("--bogus plan", ["'--bogus'"]),
    "option without its value": ("plan --shard", ["'--shard'"]),
    "missing argument of import": ("import", ["Missing argument 'TENANT...'"]),
    "missing argument of init": ("init", ["Missing argument 'DIR'"]),
    "missing argument of report": ("report", ["Missing argument 'FILE...'"]),
    "argument too many": ("plan acme", ["unexpected extra argument", "acme"]),
    "unknown format": ("plan --format yaml", ["'yaml'", "'text', 'markdown', 'json'"]),
    "report with another suffix": ("plan --report plan.pdf", ["plan.pdf", ".json .md .html .txt"]),
    "report without a suffix": ("plan --report plan", ["plan:", ".json .md .html .txt"]),
    "report in a missing folder": ("plan --report out/plan.json", ["out/plan.json", "no folder out", "make it first"]),
    "report that is a folder": ("plan --report folder.md", ["folder.md is a folder"]),
    "file that isn't there": ("validate tenants/gamma.yaml", ["tenants/gamma.yaml", "does not exist"]),
    "shard that is no fraction": ("plan --sandbox --shard x", ['"x" is not a shard', "--shard 1/4"]),
    "shard 0": ("plan --sandbox --shard 0/2", ["no shard 0 of 2", "--shard 1/4"]),
    "shard beyond the last": ("plan --sandbox --shard 3/2", ["no shard 3 of 2", "--shard 1/4"]),
    "shard of an empty variable": ("plan --sandbox --shard=", ['"" is not a shard', "--shard 1/4"]),
    "shard of apply": ("apply --sandbox --shard 1/2", ["merged plan", "reconciler report"]),
    "TENANT:KEY without a key": ("plan --sandbox --rewrite acme", ["--rewrite acme", "TENANT:KEY"]),
    "TENANT:KEY, nearly": (
        "plan --sandbox --rewrite acme:on_hold_timer",
        ['Did you mean "acme:on_hold_timer_duration"?'],
    ),
    "TENANT:KEY of no tenant": ("apply --sandbox --assume-unset gamma:x", ["--assume-unset gamma:x", "TENANT:KEY"]),
    "TENANT:KEY that isn't declared": ("plan --sandbox --rewrite acme:external_oms", ["no selected tenant declares"]),
    "part of a key's name": ("explain hold", ["In the names of: on_hold_timer_duration."]),
    "lift of an unknown rule": ("apply --sandbox --lift freze=x", ['Did you mean "freeze"?', "max_tenants_changed"]),
    "lift without a reason": ("apply --sandbox --lift freeze", ["a reason is missing", '--lift RULE="why"']),
    "lift with a blank reason": ("apply --sandbox --lift freeze=", ["a reason is missing"]),
    "no such tenant": ("plan --sandbox --tenant gamma", ['No tenant matches "gamma"']),
    "no such tenant to validate": ("validate --tenant gamma", ['No tenant matches "gamma"']),
    "no such key": ("plan --sandbox --key external_omz", ['No key matches "external_omz"', "external_oms"]),
    "no such key to explain": ("explain external_omz", ["external_omz", "external_oms"]),
    "empty folder of tenants": ("plan --sandbox --tenants folder.md", ["no tenant files", "reconciler import TENANT"]),
    "empty folder to validate": ("validate --tenants folder.md", ["no tenant files", "--tenants"]),
    "missing folder of tenants": ("plan --sandbox --tenants gone", ["no tenant files", "gone", "reconciler import"]),
    "missing folder to validate": ("validate --tenants gone", ["no tenant files", "gone", "--tenants"]),
    "missing settings": ("plan --sandbox --settings gone.toml", ["gone.toml", "Check the path"]),
    "missing plan file": ("apply --plan gone.json", ["gone.json", "reconciler plan --report"]),
    "plan file beside a selection": ("apply --sandbox --plan gone.json --tenant acme", ["--plan"]),
    "plan file beside a revision": ("apply --sandbox --plan gone.json --changed-since=", ["--plan"]),
    "revision without a repository": ("plan --sandbox --changed-since main", ["no repository", "--changed-since"]),
    "shard of a plan that isn't there": ("apply --sandbox --plan gone.json --shard 1/2", ["gone.json"]),
    "shards of an empty folder": ("shards --tenants folder.md", ["no tenant files", "reconciler import TENANT"]),
    "shards in no time": ("shards --minutes 0", ["'--minutes'"]),
    "missing report": ("report gone.json", ["gone.json"]),
    "undo without its folder": ("report gone.json --undo", ["'--undo'"]),
    "undo of a missing report": ("report gone.json --undo back", ["gone.json"]),
    "no credentials": ("plan", ["no credentials", "--credentials FILE", "RECONCILER_CREDENTIALS"]),
    "sandbox beside an origin": ("plan --sandbox --origin https://{tenant}.example", ["Leave out --origin"]),
    "import of no name": ("import --sandbox UPPER", ["UPPER", "acme-staging"]),
    "import over a file": ("import --sandbox acme", ["tenants/acme.yaml", "--force"]),
    "sandbox set with nothing": ("sandbox set acme external_oms", ["VALUE, --unset or --fault"]),
    "sandbox set with no JSON": ("sandbox set acme external_oms {", ["not JSON"]),
    "sandbox set of no key": ("sandbox set acme external_omz 1", ["external_omz"]),
    "sandbox port out of range": ("sandbox serve --port 70000", ["'--port'", "70000"]),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_call_ends_with_64_and_says_what_is_wrong(call: Call, folder: Path, words: str, told: list[str]):
    """On stderr; never with click's own 2, which means pending changes here."""
    (folder / "folder.md").mkdir()
    said = call(*words.split())
    assert (said.code, said.out) == (64, "")
    assert [text for text in told if text not in said.err] == []
    assert "Error: " in said.err
    assert "Traceback" not in said.err


def test_no_arguments_give_help_and_64(call: Call):
    """Somebody who says nothing wants to know what could be said, but a script that does has a bug."""
    said = call()
    assert said.code == 64
    assert said.out == ""
    assert "reconciler plan --sandbox" in said.err
    assert call("sandbox").code == 64


def test_a_wrong_call_still_gives_json_to_who_asked_for_json(call: Call):
    """A program reads the reason in the report, a person on stderr."""
    said = call("plan", "--sandbox", "--tenant", "gamma", "--format", "json")
    report = json.loads(said.out)
    assert said.code == report["exit_code"] == 64
    assert report["problems"][0]["message"].startswith('No tenant matches "gamma".')
    assert 'No tenant matches "gamma".' in said.err


def test_a_typo_in_the_environment_is_a_notice_and_no_error(call: Call, monkeypatch: pytest.MonkeyPatch):
    """Names alone: the value may be a secret."""
    monkeypatch.setenv("RECONCILER_CREDENTALS", "canary-in-the-environment")
    said = call("validate")
    assert said.code == 0
    assert 'Did you mean "RECONCILER_CREDENTIALS"?' in said.err
    assert "canary" not in said.err + said.out
