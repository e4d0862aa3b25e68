"""One run of one command in a folder where every place that holds a secret has one of its own."""

import contextlib
import io
import json
import logging
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from reconciler.cli.main import run
from tests.journeys.stage import SEQUENCE, WEBHOOK, Stage, _signals_as_before
from tests.security.spelled import marked, spelled_in

HOOK = "external_order_webhook"
ORDERS = "https://orders.acme.example"
SOURCES = ("file", "variable", "command", "user")
FORMATS = ("text", "markdown", "json")
REPORTS = ("out.json", "out.md", "out.html", "out.txt")
HIDDEN = ("credentials.yaml", "document", "settings.toml")
"""Where secrets are kept."""
_EVERY_REPORT = tuple(word for path in REPORTS for word in ("--report", path))

COMMANDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "validate": (("validate", *_EVERY_REPORT),),
    "plan": (("plan", *_EVERY_REPORT),),
    "apply": (("apply", "--allow-irreversible", *_EVERY_REPORT),),
    "plan-then-apply": (("plan", "--report", "plan.json"), ("apply", "--plan", "plan.json", *_EVERY_REPORT)),
    "plan-with-a-base": (("plan", "--base", "HEAD~1", "--changed-since", "HEAD~1", *_EVERY_REPORT),),
    "import": (("import", "acme", "beta", "--force", *_EVERY_REPORT),),
    "import-profile": (("import", "acme", "beta", "--force", "--profile"),),
    "doctor": (("doctor", *_EVERY_REPORT),),
    "report": (("apply", "--report", "first.json"), ("report", "first.json", "--undo", "undo", *_EVERY_REPORT)),
    "journal": (("apply", "--report", "first.json"), ("report", "first.journal.jsonl")),
    "explain": (("explain", HOOK),),
    "schemas": (("schemas", "--check"),),
    "shards": (("shards",),),
    "init": (("init", "new"),),
    "sandbox": (("sandbox", "show"),),
}
"""Each as the calls that it takes."""
READING = frozenset(name for name, calls in COMMANDS.items() if calls[0][0] in {"plan", "apply", "import", "doctor"})
"""Those that ask for credentials."""
_LOUD = frozenset({"validate", "plan", "apply", "import", "doctor"})


@dataclass
class Scene:
    """A folder, what is wrong in it, and every secret that is about."""

    stage: Stage
    secrets: set[str] = field(default_factory=set)
    environment: dict[str, str] = field(default_factory=dict)
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    document: bytes = b""
    """The credentials as they are given, by whatever way."""
    command: Sequence[str] | None = None
    """In place of the command that prints them."""
    printed: str = ""
    """What the last calls said."""

    def set_up(self, stack: contextlib.ExitStack) -> None:
        """Two tenants that declare much: one with a token, one with client credentials. Each secret is marked.

        `stack` ends what a trouble begins.
        """
        stage, self.stack, self.environment, self.command = self.stage, stack, {}, None
        stage.clear()
        stage.sandbox.clear_faults()
        for left in stage.folder.iterdir():
            if left.name != "tenants":
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        stage.settings()
        for tenant in ("acme", "beta"):
            stage.tenant(
                tenant,
                external_order_webhook=WEBHOOK,
                external_oms={"enabled": True},
                on_hold_timer_duration=120,
                sales_order_generator_sequence=SEQUENCE,
            )
            stage.access(tenant, client=tenant == "beta")
            stage.secret(tenant, "WEBHOOK_API_KEY", marked(f"new-of-{tenant}"), ORDERS)
            stage.sandbox.set_value(tenant, HOOK, {**WEBHOOK, "api_key": marked(f"live-of-{tenant}")})
            stage.sandbox.set_value(tenant, "on_hold_timer_duration", 60)
        self.secrets = {stage.sandbox.static_token("acme"), stage.sandbox.client("beta")[1], "sandbox-token.beta."}
        self.document = (stage.folder / "credentials.yaml").read_bytes()

    def give(self, source: str) -> tuple[str, ...]:
        """Hand over the credentials by one of the ways; return the flags that it takes."""
        folder = self.stage.folder
        (folder / "credentials.yaml").unlink(missing_ok=True)
        for path in ("document", "credentials.yaml"):
            (folder / path).touch(mode=0o600)
            (folder / path).write_bytes(self.document)
        command = self.command or ["cat", str(folder / "document")]
        if self.command is not None and source != "user":
            source = "command"
        if source == "file":
            return ("--credentials", "credentials.yaml")
        if source == "variable":
            text = self.document.replace(b"\0", b"").decode("utf-8", "surrogateescape")
            self.environment["RECONCILER_CREDENTIALS"] = text
        if source == "command":
            self.environment["RECONCILER_CREDENTIALS_COMMAND"] = shlex.join(command)
        if source == "user":
            (folder / "reconciler").mkdir(exist_ok=True)
            (folder / "reconciler" / "settings.toml").touch(mode=0o600)
            (folder / "reconciler" / "settings.toml").write_text(f"credentials_command = {json.dumps(command)}\n")
        return ()

    def surroundings(self) -> dict[str, str]:
        """The environment of a run: nothing of the developer's own."""
        folder = self.stage.folder
        (folder / "tmp").mkdir(exist_ok=True)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "XDG_", "GIT_"))
        }
        own = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "TMPDIR": str(folder / "tmp")}
        return {**kept, **own, "PYTHONPATH": str(Path(__file__).parents[2]), **self.environment}

    def words(self, call: Sequence[str], form: str, flags: Sequence[str]) -> list[str]:
        """Return a call with what it takes besides: how loud, which form, which credentials."""
        loud = ["-v", "--format", form] if call[0] in _LOUD else []
        return [*call, *loud, *(flags if call[0] in _LOUD - {"validate"} else ())]

    def run(self, command: str, form: str, source: str) -> tuple[list[int], list[str]]:
        """Run a command in this process, everything logged; return how its calls ended and what was shown."""
        flags = self.give(source)
        before = self.files()
        codes = self.called([self.words(call, form, flags) for call in COMMANDS[command]])
        return codes, self.shown(self.printed.encode("utf-8", "surrogateescape"), before)

    def called(self, calls: Sequence[Sequence[str]]) -> list[int]:
        """Make calls in this process, everything logged; `printed` is what they said. Return how they ended."""
        out, err = io.StringIO(), io.StringIO()
        handler = logging.StreamHandler(err)
        handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)r"))
        with (
            contextlib.chdir(self.stage.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            patch.dict(os.environ, self.surroundings(), clear=True),
            _signals_as_before(),
            _logging_to(handler),
        ):
            codes = [run(call) for call in calls]
        self.printed = out.getvalue() + err.getvalue()
        return codes

    def files(self) -> dict[Path, bytes]:
        """Every file below the folder, but those that must hold secrets."""
        paths = (path for path in self.stage.folder.rglob("*") if path.is_file() and not path.is_symlink())
        return {path: path.read_bytes() for path in paths if path.name not in HIDDEN}

    def shown(self, printed: bytes, before: Mapping[Path, bytes]) -> list[str]:
        """Return where secrets are to be seen: in what was printed, and in each file that is new or another."""
        texts = {"stdout or stderr": printed}
        texts |= {path.name: data for path, data in self.files().items() if before.get(path) != data}
        return [f"{place}: {secret}" for place, data in texts.items() for secret in spelled_in(data, self.secrets)]


@contextlib.contextmanager
def _logging_to(handler: logging.Handler) -> Iterator[None]:
    """DEBUG for every logger that there is or comes to be."""
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def git(folder: Path, *words: str) -> None:
    """Run git in the scene's folder, as somebody."""
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def python(code: str) -> list[str]:
    """Return a command that runs code."""
    return [sys.executable, "-c", code]
