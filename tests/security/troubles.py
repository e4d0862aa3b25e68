"""What goes wrong around a command, each with a marked text where a secret could stand or be repeated."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from unittest.mock import patch

from reconciler.sandbox import ErrorBody, Fault, FaultKind
from tests.journeys.stage import WEBHOOK
from tests.security.parrot import SPELLINGS, STATUSES, Habit, parrot
from tests.security.scene import HOOK, Scene, git, python
from tests.security.spelled import marked

Trouble = Callable[[Scene], object]


def _fault(scene: Scene, *faults: Fault) -> None:
    for fault in faults:
        scene.stage.sandbox.fault(fault)


def _faults() -> dict[str, Trouble]:
    """Every kind that the sandbox has, and its echoes with every status that means something of its own."""
    made: dict[str, Trouble] = {}
    rival = {**WEBHOOK, "api_key": marked("rival")}
    more: Mapping[FaultKind, Mapping[str, Any]] = {
        FaultKind.RIVAL: {"key": f"sales_order.{HOOK}", "value": rival},
        FaultKind.LOST_RACE: {"key": f"sales_order.{HOOK}", "value": rival},
        FaultKind.REDIRECT: {"location": f"https://elsewhere.example/?token={marked('location')}"},
        FaultKind.OVERSIZED: {"size": 3_000_000},
        FaultKind.DELAY: {"seconds": 0.01},
        FaultKind.LATE: {"seconds": 0.01},
    }
    for kind in FaultKind:
        made[f"fault-{kind}"] = partial(_faulted, Fault(kind, times=None, body=ErrorBody.ECHO, **more.get(kind, {})))
    for status in (400, 401, 403, 404, 409, 429, 500):
        for method in ("GET", "POST"):
            fault = Fault(
                FaultKind.STATUS, method=method, status=status, body=ErrorBody.ECHO, times=None, retry_after="0"
            )
            made[f"echo-{method}-{status}"] = partial(_faulted, fault)
    for status in (400, 401, 500):
        fault = Fault(FaultKind.STATUS, key="@token", status=status, body=ErrorBody.ECHO, times=None)
        made[f"echo-token-{status}"] = partial(_faulted, fault)
    return made


def _faulted(fault: Fault, scene: Scene) -> None:
    _fault(scene, fault)


def _parroted(habit: Habit, scene: Scene) -> None:
    """Both tenants live at a parrot, which is told marked tokens."""
    origin = scene.stack.enter_context(parrot(habit))
    scene.stage.settings(extra="")
    path = scene.stage.folder / "reconciler.toml"
    path.write_text(path.read_text().replace(scene.stage.sandbox.origin_template, f"{origin}/{{tenant}}"))
    secrets = {"WEBHOOK_API_KEY": {"value": marked("new"), "for": "https://orders.acme.example"}}
    client = {"client_id": "someone", "client_secret": marked("client-secret"), "token_url": f"{origin}/token"}
    entries = {
        "acme": {"origin": f"{origin}/acme", "token": marked("token"), "secrets": secrets},
        "beta": {"origin": f"{origin}/beta", **client, "secrets": secrets},
    }
    scene.document = json.dumps(entries).encode()


def _parrots() -> dict[str, Trouble]:
    made: dict[str, Trouble] = {}
    live = {**WEBHOOK, "api_key": marked("live")}
    for spell in SPELLINGS:
        for status in STATUSES:
            habit = Habit(status, spell, bearer=marked("bearer"), live=live)
            made[f"parrot-{status}-{spell}"] = partial(_parroted, habit)
        for status in (200, 302, 400, 401, 500):
            habit = Habit(200, spell, status, marked("bearer"), live)
            made[f"parrot-token-{status}-{spell}"] = partial(_parroted, habit)
    for name, odd in {
        "text": marked("live"),
        "number-of-a-text": {**live, "timeout": marked("live")},
        "member": {**live, "api_key": {marked("live"): marked("live")}},
        "list": [live, marked("live")],
        "no-url": {"api_key": marked("live")},
    }.items():
        made[f"parrot-live-{name}"] = partial(_parroted, Habit(200, "plain", bearer=marked("bearer"), live=odd))
    return made


_TOKEN = marked("in-the-document")
DOCUMENTS: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b" ",
    "one-word": lambda _: _TOKEN.encode(),
    "list": lambda _: json.dumps([_TOKEN]).encode(),
    "token-for-an-entry": lambda _: json.dumps({"acme": _TOKEN}).encode(),
    "token-for-a-name": lambda _: json.dumps({_TOKEN: {"token": "x"}}).encode(),
    "unknown-member": lambda data: _with(data, {_TOKEN: _TOKEN, "tokn": _TOKEN}),
    "two-ways-in": lambda data: _with(data, {"client_secret": _TOKEN}),
    "token-with-a-line-break": lambda data: _with(data, {"token": f"{_TOKEN}\n{_TOKEN}"}),
    "token-with-a-blank": lambda data: _with(data, {"token": f"{_TOKEN} x"}),
    "token-with-a-letter": lambda data: _with(data, {"token": f"{_TOKEN}é"}),
    "token-a-list": lambda data: _with(data, {"token": [_TOKEN]}),
    "origin-with-a-password": lambda data: _with(data, {"origin": f"https://me:{_TOKEN}@acme.example"}),
    "origin-that-is-none": lambda data: _with(data, {"origin": _TOKEN}),
    "token-url-that-is-none": lambda data: _with(
        data, {"token": None, "client_id": "a", "client_secret": _TOKEN, "token_url": f"https://x/?{_TOKEN}"}
    ),
    "secret-without-a-place": lambda data: _with(data, {"secrets": {"A": {"value": _TOKEN}}}),
    "secret-of-a-bad-name": lambda data: _with(data, {"secrets": {_TOKEN: {"value": _TOKEN, "for": "https://a.b"}}}),
    "secret-that-is-text": lambda data: _with(data, {"secrets": {"A": _TOKEN}}),
    "anchor": lambda _: f"acme: &a [{_TOKEN}".encode(),
    "tag": lambda _: f"acme: !!python/object:{_TOKEN.replace('/', '.')} {{}}".encode(),
    "alias": lambda _: f"acme: *{_TOKEN}".encode(),
    "directive": lambda _: f"%YAML {_TOKEN}\n---\nacme: {{}}".encode(),
    "given-twice": lambda data: f'{{"{"x" * 3}": 1, "acme": {{"token": "a"}}, "acme": {json.dumps(_TOKEN)}}}'.encode(),
    "key-given-twice": lambda _: f"{json.dumps(_TOKEN)}: 1\n{json.dumps(_TOKEN)}: 2\n".encode(),
    "not-utf-8": lambda _: f"acme: {{token: {_TOKEN}".encode() + b"\xff}",
    "control": lambda _: f"acme: {{token: '{_TOKEN}\x07'}}".encode(),
    "cut-off": lambda data: data[: len(data) // 2],
    "tab": lambda _: f"acme:\n\ttoken: {_TOKEN}\n".encode(),
    "another-origin": lambda data: data.replace(b"127.0.0.1", b"127.0.0.2"),
}


def _with(data: bytes, members: Mapping[str, Any]) -> bytes:
    entries = json.loads(data)
    entries["acme"] = {name: value for name, value in {**entries["acme"], **members}.items() if value is not None}
    return json.dumps(entries).encode()


def _documented(name: str, scene: Scene) -> None:
    scene.document = DOCUMENTS[name](scene.document)


_SAID = marked("on-stdout")
_PRINTS = f"import sys; sys.stdout.write({_SAID!r}); sys.stdout.flush(); sys.stderr.write('no luck'); "
COMMANDS: Mapping[str, list[str]] = {
    "fails": python(_PRINTS + "sys.exit(3)"),
    "is-killed": python(_PRINTS + "import os; os.kill(os.getpid(), 9)"),
    "raises": python(f"import sys; held = {_SAID!r}; sys.stderr.close(); raise SystemExit(1)"),
    "says-what-is-no-document": python(_PRINTS),
    "is-none": [f"VAULT_TOKEN={marked('argument')}", "vault", "read"],
    "is-an-assignment": [f"/nowhere/{'x' * 9}", marked("argument")],
    "has-an-argument": [*python("import sys; sys.exit(4)"), f"--token={marked('argument')}"],
}


def _commanded(name: str, scene: Scene) -> None:
    scene.command = COMMANDS[name]


_SET = marked("in-settings")
SETTINGS = {
    "unknown": f"token = {json.dumps(_SET)}",
    "credentials": f"credentials = {json.dumps(_SET)}",
    "origin": f"origin = {json.dumps(f'https://me:{_SET}@{{tenant}}.example')}",
    "table": f"limits = {json.dumps(_SET)}",
    "limit": f"[limits]\nconcurrency = {json.dumps(_SET)}",
    "drift": f"[apply]\ndrift = {json.dumps(_SET)}",
    "notation": f"[[{_SET}",
}


def _settled(name: str, scene: Scene) -> None:
    (scene.stage.folder / "reconciler.toml").write_text(SETTINGS[name] + "\n")


_WRITTEN = marked("in-a-file")
FILES: Mapping[str, str] = {
    "literal": json.dumps({"sales_order": {HOOK: {**WEBHOOK, "api_key": _WRITTEN}}}),
    "literal-list": json.dumps({"sales_order": {HOOK: {**WEBHOOK, "api_key": [_WRITTEN, {"a": _WRITTEN}]}}}),
    "literal-as-a-name": json.dumps({"sales_order": {HOOK: {**WEBHOOK, "api_key": {_WRITTEN: 1}}}}),
    "literal-as-a-reference": json.dumps({"sales_order": {HOOK: {**WEBHOOK, "api_key": {"secret": _WRITTEN}}}}),
    "url-with-a-password": json.dumps(
        {"sales_order": {HOOK: {**WEBHOOK, "url": f"https://me:{_WRITTEN.replace('/', '.')}@orders.acme.example/"}}}
    ),
    "literal-twice": (
        f"sales_order: {{{HOOK}: {{url: 'https://a.example/', api_key: {json.dumps(_WRITTEN)}, api_key: 2}}}}"
    ),
    "literal-block": f"sales_order:\n  {HOOK}:\n    url: https://a.example/\n    api_key: |\n      {_WRITTEN}\n",
    "literal-anchor": f"sales_order: {{{HOOK}: {{url: 'https://a.example/', api_key: &a {json.dumps(_WRITTEN)}}}}}",
}


def _filed(name: str, scene: Scene) -> None:
    (scene.stage.folder / "tenants" / "acme.yaml").write_text(FILES[name])


def _earlier(name: str, scene: Scene) -> None:
    """An earlier revision held it."""
    folder = scene.stage.folder
    file = folder / "tenants" / "acme.yaml"
    today = file.read_text()
    file.write_text(FILES[name])
    git(folder, "init")
    git(folder, "add", "tenants")
    git(folder, "commit", "-m", "a")
    file.write_text(today)
    git(folder, "commit", "-a", "-m", "b")


ENVIRONMENT = {
    "RECONCILER_CREDENTAILS": marked("variable"),
    "RECONCILER_TOKEN": marked("variable"),
    "RECONCILER_LIMITS_CONCURRENCY": marked("variable"),
    "RECONCILER_ORIGIN": f"https://me:{marked('variable')}@{{tenant}}.example",
    "https_proxy": f"http://me:{marked('variable').replace('/', '.')}@127.0.0.1:9",
}


def _surrounded(name: str, scene: Scene) -> None:
    scene.environment[name] = ENVIRONMENT[name]


BUGS = (
    "reconciler.platform.tenant.classify",
    "reconciler.platform.tenant.judge",
    "reconciler.platform.answering.IncomingAnswer.feed",
    "reconciler.platform.tokens._validated",
    "reconciler.planning.plan.decide",
    "reconciler.inputs.credentials.read_entries",
    "reconciler.inputs.sources.run_command",
    "reconciler.strictyaml.parser._read",
    "reconciler.report.text.to_text",
    "reconciler.report.to_json.to_json",
)
"""Where a bug could be: every room that meets a secret, and those that show things."""


def _buggy(place: str, scene: Scene) -> None:
    """A function of ours raises, with secrets in the message, in the cause, and in its locals."""

    def fail(*arguments: object, **named: object) -> None:
        held = marked("local")
        cause = KeyError(marked("cause"), arguments, named)
        raise RuntimeError(f"the token is {marked('message')}, {held}") from cause

    scene.stack.enter_context(patch(place, fail))


def _every() -> dict[str, Trouble]:
    made: dict[str, Trouble] = {"none": lambda _: None, **_faults(), **_parrots()}
    tables = {
        "document": (_documented, DOCUMENTS),
        "command": (_commanded, COMMANDS),
        "settings": (_settled, SETTINGS),
        "file": (_filed, FILES),
        "earlier": (_earlier, FILES),
        "environment": (_surrounded, ENVIRONMENT),
        "bug": (_buggy, BUGS),
    }
    for kind, (prepare, names) in tables.items():
        made |= {f"{kind}-{name}": partial(prepare, name) for name in names}
    return made


TROUBLES: Mapping[str, Trouble] = _every()
"""By name; what stands before the first dash is its kind."""
