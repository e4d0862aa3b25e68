"""The stage of a journey: a working directory, a sandbox that answers, and the command line run in it."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from jsonschema_rs import Draft202012Validator

from reconciler.catalogue.sources import shipped
from reconciler.cli.main import run
from reconciler.sandbox import LogEntry, RunningSandbox

WEBHOOK = {"url": "https://orders.acme.example/", "api_key": {"secret": "WEBHOOK_API_KEY"}, "timeout": 20}
SEQUENCE = {"prefix": "NS", "size": 16, "start": 1, "step": 1}
QUICK = {"read_timeout": 5, "connect_timeout": 2, "read_tries": 2, "verify_timeout": 0.3}
"""Limits that make trouble short."""

_REPORTING = {"validate", "plan", "apply", "import", "doctor"}


@cache
def _contract() -> Draft202012Validator:
    return Draft202012Validator(json.loads((shipped() / "report.schema.json").read_text()))


@dataclass(frozen=True)
class Result:
    """What one run left: its exit code, its words, and its JSON report (None for commands without one)."""

    exit_code: int
    stdout: str
    stderr: str
    report: Any = None

    def tenant(self, tenant: str) -> Any:
        return next(one for one in self.report["tenants"] if one["tenant"] == tenant)

    def key(self, tenant: str, key: str) -> Any:
        """One key of the report, by full or short name."""
        return next(one for one in self.tenant(tenant)["keys"] if key in {one["key"], one["key"].split(".")[1]})

    def outcome(self, tenant: str, key: str) -> Any:
        return self.key(tenant, key)["outcome"]

    def statuses(self, tenant: str) -> dict[str, str]:
        """Outcome by short name."""
        return {one["key"].split(".")[1]: one["outcome"]["status"] for one in self.tenant(tenant)["keys"]}

    def actions(self, tenant: str) -> dict[str, str]:
        """Action by short name."""
        return {one["key"].split(".")[1]: one["action"] for one in self.tenant(tenant)["keys"]}

    def results(self) -> dict[str, str]:
        """Result by tenant."""
        return {one["tenant"]: one["result"] for one in self.report["tenants"]}

    def refusals(self) -> set[tuple[str, str | None, str | None]]:
        return {(one["rule"], one.get("tenant"), one.get("key")) for one in self.report["refusals"]}

    def pending(self) -> list[str]:
        """Every `tenant:key` that would be written."""
        return [
            f"{tenant['tenant']}:{key['key']}"
            for tenant in self.report["tenants"]
            for key in tenant["keys"]
            if key["action"] in {"create", "update"}
        ]


@dataclass
class Stage:
    """A configuration repository of a user, beside a sandbox. Every run is checked against what always holds."""

    folder: Path
    sandbox: RunningSandbox
    canaries: set[str] = field(default_factory=set)
    """Texts that no run may ever show. Every secret that goes into the credentials is among them."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that a run finds besides those of the tests' own process."""
    _entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    _runs: int = 0

    def __post_init__(self) -> None:
        (self.folder / "tenants").mkdir(exist_ok=True)
        self.settings()

    def clear(self) -> None:
        """Start anew in the same folder: no tenants, no credentials, an empty sandbox."""
        shutil.rmtree(self.folder / "tenants")
        (self.folder / "tenants").mkdir()
        self.sandbox.reset()
        self.canaries.clear()
        self._entries.clear()
        self._seen = self._runs = 0

    # files

    def settings(self, text: str = "", *, limits: Mapping[str, Any] = QUICK, extra: str = "") -> None:
        """Write reconciler.toml. `text` are further tables, `extra` further settings at the top."""
        lines = [f'origin = "{self.sandbox.origin_template}"', extra, "[limits]"]
        lines += [f"{name} = {value}" for name, value in limits.items()]
        (self.folder / "reconciler.toml").write_text("\n".join([*lines, text]) + "\n")

    def tenant(self, tenant: str, /, **keys: Any) -> Path:
        """Declare keys by short name, and give the tenant credentials unless it has some."""
        return self.write(tenant, {"sales_order": keys} if keys else {})

    def write(self, tenant: str, document: Mapping[str, Any] | str) -> Path:
        """Write a tenant's file as given; a profile gets no credentials."""
        path = self.folder / "tenants" / f"{tenant}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        # JSON is YAML, and has no surprises.
        path.write_text(document if isinstance(document, str) else json.dumps(document) + "\n")
        name = path.stem
        if not name.startswith("_") and name not in self._entries:
            self.access(name)
        return path

    def access(self, tenant: str, *, client: bool = False, **entry: Any) -> None:
        """Write the tenant's entry of the credentials: a static token, or client credentials. `entry` overrides."""
        made: dict[str, Any] = {"origin": self.sandbox.origin(tenant)}
        if client:
            name, secret = self.sandbox.client(tenant)
            made |= {"client_id": name, "client_secret": secret, "token_url": self.sandbox.token_url(tenant)}
        else:
            made["token"] = self.sandbox.static_token(tenant)
        self._entries[tenant] = {**made, **entry}
        self._save_entries()

    def secret(self, tenant: str, name: str, value: str, place: str = "https://orders.acme.example") -> None:
        """Give the tenant a secret that is for `place`."""
        self._entries[tenant].setdefault("secrets", {})[name] = {"value": value, "for": place}
        self._save_entries()

    def forget(self, tenant: str) -> None:
        """Take the tenant out of the credentials."""
        del self._entries[tenant]
        self._save_entries()

    def _save_entries(self) -> None:
        path = self.folder / "credentials.yaml"
        path.touch(mode=0o600)
        path.write_text(json.dumps(self._entries))
        for entry in self._entries.values():
            self.canaries |= {entry[name] for name in ("token", "client_secret") if name in entry}
            self.canaries |= {secret["value"] for secret in entry.get("secrets", {}).values()}

    # runs

    def run(self, *arguments: str, report: bool = True) -> Result:
        """Run a command in this process, and check what holds of every run. `report`: ask for one, if it has one."""
        full, path = self._arguments(arguments, wanted=report)
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            patch.dict(os.environ, self._environment(), clear=True),
            _signals_as_before(),
        ):
            code = run(full)
        return self._checked(code, out.getvalue(), err.getvalue(), path)

    def process(self, *arguments: str) -> "Process":
        """Start a command as a process of its own."""
        full, path = self._arguments(arguments, wanted=True)
        handle = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *full],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Process(self, handle, path)

    def plan(self, *arguments: str, to: str = "plan.json") -> Result:
        """Plan into a file that `apply --plan` can be given."""
        return self.run("plan", *arguments, "--report", to)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
        package = str(Path(__file__).parents[2])
        own = {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "PYTHONPATH": package}
        return {**kept, **own, **self.environment}

    def _arguments(self, arguments: Sequence[str], *, wanted: bool) -> tuple[list[str], Path | None]:
        full = list(arguments)
        embedded = "--sandbox" in full or "--credentials" in full
        if full[0] in {"plan", "apply", "import", "doctor"} and not embedded:
            full += ["--credentials", "credentials.yaml"]
        given = [full[place + 1] for place, word in enumerate(full[:-1]) if word == "--report"]
        files = [self.folder / name for name in given if name.endswith(".json")]
        if full[0] in _REPORTING and wanted and not files:
            self._runs += 1
            files = [self.folder / f"report-{self._runs}.json"]
            full += ["--report", str(files[0])]
        for path in files:
            path.unlink(missing_ok=True)
        return full, files[0] if files else None

    def _checked(self, code: int, out: str, err: str, path: Path | None) -> Result:
        text = path.read_text() if path is not None and path.exists() else None
        report = None if text is None else json.loads(text)
        if report is not None:
            _contract().validate(report)
            assert report["exit_code"] == code
        for canary in self.canaries:
            assert canary not in out, "a secret is on stdout"
            assert canary not in err, "a secret is on stderr"
            assert canary not in (text or ""), "a secret is in the report"
        return Result(code, out, err, report)

    # what the platform saw and holds

    def log(self, tenant: str | None = None, key: str | None = None, method: str | None = None) -> list[LogEntry]:
        """The requests about keys since the last `forget_log`, filtered."""
        return [
            entry
            for entry in self.sandbox.log()[self._seen :]
            if entry.key is not None
            and not entry.key.startswith("@")
            and tenant in {None, entry.tenant}
            and key in {None, entry.key, entry.key.split(".")[1]}
            and method in {None, entry.method}
        ]

    _seen: int = 0

    def forget_log(self) -> None:
        """Let `log` begin here."""
        self._seen = len(self.sandbox.log())

    def posted(self, tenant: str | None = None) -> list[str]:
        """`tenant:short` of every POST, in the order of arrival."""
        return [f"{one.tenant}:{(one.key or '.').split('.')[1]}" for one in self.log(tenant, method="POST")]

    def live(self, tenant: str, key: str) -> Any:
        """The stored value, or None when it is unset."""
        stored = self.sandbox.get_value(tenant, key)
        return None if stored is None else stored.value

    @contextlib.contextmanager
    def nothing_posted(self) -> Iterator[None]:
        """Hold that no value is POSTed in this block."""
        before = len(self.log(method="POST"))
        yield
        assert len(self.log(method="POST")) == before


@dataclass
class Process:
    """A run under way."""

    stage: Stage
    handle: "subprocess.Popen[str]"
    path: Path | None

    def interrupt(self) -> None:
        self.handle.send_signal(signal.SIGINT)

    def interrupted(self) -> bool:
        """Interrupt it once more, unless it has ended."""
        if self.handle.poll() is None:
            self.interrupt()
        return self.handle.poll() is not None

    def wait(self, timeout: float = 30) -> Result:
        """Wait for the end, and check what holds of every run."""
        try:
            out, err = self.handle.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.handle.kill()
            self.handle.communicate()
            raise
        return self.stage._checked(self.handle.returncode, out, err, self.path)  # noqa: SLF001  half of the stage


@contextlib.contextmanager
def _signals_as_before() -> Iterator[None]:
    """A run that ends ignores signals from its last request on, as a process may; the tests' process goes on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until `holds()`."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.01)
