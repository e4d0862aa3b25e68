"""Texts that others wrote, on their way to stdout and stderr: no terminal and no CI runner obeys them.

A runner reads a step's stderr as its stdout, so there is no place where a workflow command is harmless.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from reconciler.report.untrusted import terminal
from reconciler.sandbox import ErrorBody, Fault, FaultKind
from tests.github.runner_rules import command_in, is_old_command
from tests.journeys.stage import WEBHOOK
from tests.plugins.threats import Cases
from tests.report.generated import texts
from tests.security.scene import HOOK, Scene, git, python
from tests.security.test_secrets_shown import scene

__all__ = ["scene"]

ATTACKS = {
    "error": "::error::owned",
    "on a line of its own": "x\n::error::owned\n::stop-commands::y",
    "after a return": "x\r::set-env name=A::b",
    "older": "##[error]owned",
    "older and split": "#\u200b#[error] ##[group]",
    "terminal": "\x1b]0;owned\x07\x1b[2J\x9b31m",
    "backwards": "\u202egnp.\u2066\u200f",
    "blank letters": "a\u3164\ufe0f\u115f\U000e0041",
}


def obeyed(text: str) -> list[str]:
    """Return the lines that a runner or a terminal would do something about."""
    return [
        line
        for line in text.split("\n")
        if command_in(line) or is_old_command(line) or not line.isprintable() or terminal(line) != line
    ]


def _written(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))


def _named(scene: Scene, attack: str) -> None:
    name = attack.replace("/", "").replace("\0", "")
    (scene.stage.folder / "tenants" / f"{name}.yaml").write_text("{}")


def _live(scene: Scene, attack: str) -> None:
    for key, value in {
        HOOK: {**WEBHOOK, "api_key": attack, "url": attack, attack: attack},
        "cancellation_allowed_from": [attack],
        "external_oms": {"enabled": True, attack: attack},
        "sales_order_generator_sequence": {"prefix": attack, "size": 4, "start": 1, "step": 1},
    }.items():
        scene.stage.sandbox.set_value("acme", key, value)


def _error(scene: Scene, attack: str) -> None:
    scene.stage.tenant(
        "acme",
        external_order_webhook=WEBHOOK,
        sales_order_generator_sequence={"prefix": attack, "size": 4, "start": 1, "step": 1},
    )
    scene.stage.sandbox.fault(Fault(FaultKind.STATUS, method="POST", status=400, body=ErrorBody.ECHO, times=None))


def _said_by_the_command(scene: Scene, attack: str) -> None:
    scene.command = python(
        f"import sys; sys.stderr.buffer.write({attack.encode('utf-8', 'surrogatepass')!r}); sys.exit(1)"
    )


def _in_git(scene: Scene, attack: str) -> None:
    folder = scene.stage.folder
    file = folder / "tenants" / "acme.yaml"
    today = file.read_text()
    file.write_text(json.dumps({"sales_order": {attack: 1}, attack: {attack: attack}}))
    for words in (("init",), ("add", "tenants"), ("commit", "-m", "a")):
        git(folder, *words)
    file.write_text(today)
    git(folder, "commit", "-a", "-m", "b")


PLACES: Mapping[str, Callable[[Scene, str], object]] = {
    "setting": lambda scene, attack: _written(
        scene.stage.folder / "reconciler.toml", f"{json.dumps(attack)} = 1\n[limits]\n{json.dumps(attack)} = 2\n"
    ),
    "value-of-a-setting": lambda scene, attack: _written(
        scene.stage.folder / "reconciler.toml",
        f"origin = {json.dumps(attack)}\ntenants = {json.dumps(attack)}\nschemas = {json.dumps(attack)}\n",
    ),
    "name-of-a-file": _named,
    "name-in-a-file": lambda scene, attack: scene.stage.write(
        "acme", {"sales_order": {attack: 1, HOOK: {attack: 2}}, attack: {attack: attack}, "extends": [attack]}
    ),
    "value-in-a-file": lambda scene, attack: scene.stage.write(
        "acme",
        {"sales_order": {HOOK: {**WEBHOOK, "url": attack, "timeout": attack}, "on_hold_timer_duration": attack}},
    ),
    "name-in-the-credentials": lambda scene, attack: setattr(
        scene, "document", json.dumps({attack: {attack: attack}, "acme": {attack: 1, "secrets": {attack: 1}}}).encode()
    ),
    "variable": lambda scene, attack: scene.environment.update(
        {f"RECONCILER_{attack}".replace("=", "").replace("\0", ""): attack.replace("\0", "")}
    ),
    "command": _said_by_the_command,
    "live": _live,
    "error": _error,
    "git": _in_git,
}
CALLS = {
    "setting": ("validate", "plan", "doctor", "explain", "shards"),
    "value-of-a-setting": ("validate", "plan", "doctor", "shards", "schemas", "import"),
    "name-of-a-file": ("validate", "plan", "doctor", "shards"),
    "name-in-a-file": ("validate", "plan", "doctor", "import-profile"),
    "value-in-a-file": ("validate", "apply"),
    "name-in-the-credentials": ("plan", "doctor"),
    "variable": ("validate", "doctor"),
    "command": ("plan", "doctor"),
    "live": ("plan", "report", "import", "import-profile", "sandbox"),
    "error": ("report", "journal"),
    "git": ("plan-with-a-base",),
}
ROWS = [(place, command) for place, commands in CALLS.items() for command in commands]


def play(scene: Scene, place: str, command: str, attack: str, form: str) -> None:
    with ExitStack() as stack:
        scene.set_up(stack)
        PLACES[place](scene, attack)
        codes, _ = scene.run(command, form, "command" if place == "command" else "file")
    assert set(codes) <= {0, 1, 3, 4, 64}, (codes, scene.printed)
    bad = obeyed(scene.printed)
    if form == "markdown":  # there it is entities that break commands, and blanks are no more than that
        bad = [line for line in bad if command_in(line) or is_old_command(line) or not line.isprintable()]
    assert bad == []


def test_no_text_from_outside_is_obeyed(scene: Scene, cases: Cases):
    """Each place that others write to, each command that shows it; attacks and forms by turns."""
    attacks = list(ATTACKS.values())
    for number, (place, command) in enumerate(ROWS):
        for turn in range(1 + number % 2):
            play(
                scene,
                place,
                command,
                attacks[(2 * number + turn) % len(attacks)],
                ("text", "markdown", "json")[number % 3],
            )
            cases.add()


@pytest.mark.long
@pytest.mark.parametrize(("place", "command"), ROWS)
def test_no_text_from_outside_is_obeyed_at_all(scene: Scene, cases: Cases, place: str, command: str):
    """Every attack, in every form."""
    for form in ("text", "markdown", "json"):
        for attack in ATTACKS.values():
            play(scene, place, command, attack, form)
            cases.add()


ARGUMENTS: Mapping[str, Callable[[str], Sequence[str]]] = {
    "command": lambda attack: (attack,),
    "option": lambda attack: ("plan", f"--{attack}"),
    "tenant": lambda attack: ("plan", "--sandbox", "--tenant", attack),
    "key": lambda attack: ("plan", "--sandbox", "--key", attack),
    "shard": lambda attack: ("plan", "--sandbox", "--shard", attack),
    "revision": lambda attack: ("plan", "--sandbox", "--changed-since", attack),
    "origin": lambda attack: ("plan", "--origin", attack, "--credentials", "credentials.yaml"),
    "credentials": lambda attack: ("plan", "--credentials", attack),
    "settings": lambda attack: ("plan", "--settings", attack),
    "format": lambda attack: ("plan", "--format", attack),
    "report": lambda attack: ("plan", "--report", attack),
    "folder": lambda attack: ("validate", "--tenants", attack),
    "path": lambda attack: ("validate", attack),
    "plan": lambda attack: ("apply", "--sandbox", "--plan", attack),
    "lift": lambda attack: ("apply", "--sandbox", "--lift", attack),
    "rewrite": lambda attack: ("apply", "--sandbox", "--rewrite", attack),
    "import": lambda attack: ("import", attack, "--credentials", "credentials.yaml"),
    "merge": lambda attack: ("report", attack),
    "explain": lambda attack: ("explain", attack),
    "init": lambda attack: ("init", f"here/{attack}"),
    "sandbox-tenant": lambda attack: ("sandbox", "set", attack, "on_hold_timer_duration", "1"),
    "sandbox-key": lambda attack: ("sandbox", "set", "acme", attack, "1"),
    "sandbox-value": lambda attack: ("sandbox", "set", "acme", "on_hold_timer_duration", attack),
    "sandbox-fault": lambda attack: ("sandbox", "set", "acme", "external_oms", "--fault", json.dumps({"kind": attack})),
}


@pytest.mark.parametrize("place", ARGUMENTS)
def test_no_argument_is_obeyed(scene: Scene, place: str, cases: Cases):
    """In CI an argument may be made of a branch's name, or of a list of changed files."""
    for attack in ATTACKS.values():
        with ExitStack() as stack:
            scene.set_up(stack)
            flags = scene.give("file")
            assert flags
            code = scene.called([ARGUMENTS[place](attack)])[0]
        assert code in {0, 1, 64}, scene.printed
        assert obeyed(scene.printed) == []
        cases.add()


@given(texts)
@example("".join(ATTACKS.values()))
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_any_text_for_a_terminal_is_no_command(text: str):
    """At the beginning of a line, behind blanks, and within one."""
    shown = terminal(text)
    for line in (shown, f"  {shown}", f"Error: {shown}", f"{shown}{shown}"):
        assert command_in(line) is None
        assert not is_old_command(line)
        assert line.isprintable()
