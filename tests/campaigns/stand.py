"""Where a campaign's runs are watched: a stage, whose every `apply` is held against the promise."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.catalogue import Catalogue
from reconciler.model.normal import normalise, same
from reconciler.sandbox import Fault, LogEntry
from tests.campaigns.oracle import Place, Witnessed, violations
from tests.campaigns.tally import Tally
from tests.journeys.stage import SEQUENCE, WEBHOOK, Process, Result, Stage

GATE_OPEN = "[gate]\nmax_changed_percent = 100"
SIX_KEYS: Mapping[str, Any] = {
    "external_order_webhook": WEBHOOK,
    "external_oms": {"enabled": True},
    "on_hold_timer_duration": 120,
    "cancellation_allowed_from": ["dc"],
    "big_sales_order": {"soft_limit_for_big_orders": 9},
    "sales_order_generator_sequence": SEQUENCE,
}
REPORT = "apply.json"
JOURNAL = "apply.journal.jsonl"
PATIENCE = 180.0
"""Seconds that a run of a large fleet may take."""


@dataclass
class Stand:
    """A stage under watch. `declared` is what its files say, by tenant and short name of the key."""

    stage: Stage
    tally: Tally
    catalogue: Catalogue
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    apart: bool = False
    """Run the client as a process of its own, on a core of its own, as `started` always does."""

    def declare(self, tenant: str, keys: Mapping[str, Any] = SIX_KEYS) -> None:
        """Write a tenant's file, and its secret once."""
        self.declared[tenant] = dict(keys)
        self.stage.tenant(tenant, **keys)
        if tenant not in self.secrets:
            self.secrets[tenant] = {"WEBHOOK_API_KEY": f"canary-hook-{tenant}"}
            self.stage.secret(tenant, "WEBHOOK_API_KEY", f"canary-hook-{tenant}")

    def wanted(self) -> dict[Place, Any]:
        """What the files declare, by full name, references resolved."""
        full = {key.short: key.name for key in self.catalogue.keys}
        return {
            (tenant, full[short]): _resolved(value, self.secrets[tenant])
            for tenant, keys in self.declared.items()
            for short, value in keys.items()
        }

    def fault(self, fault: Fault) -> None:
        self.stage.sandbox.fault(fault)

    def apply(self, *arguments: str, stragglers: float = 0.0) -> Result:
        """Apply, wait `stragglers` seconds for writes that come late, and hold the run to the promise."""
        if self.apart:
            ended = self.ended(*self.started(*arguments), stragglers=stragglers)
            assert ended is not None, "nobody was to kill it"
            return ended
        wanted, start = self._begin()
        result = self.stage.run("apply", *arguments, "--report", REPORT)
        time.sleep(stragglers)
        self._judge(result.report, start, wanted, f"apply {' '.join(arguments)}")
        return result

    def ended(
        self, process: Process, start: int, wanted: Mapping[Place, Any], stragglers: float = 0.0
    ) -> Result | None:
        """Wait for the end of an apply that was started with `started`; None if something has killed it meanwhile."""
        out, err = process.handle.communicate(timeout=PATIENCE)
        if process.handle.returncode < 0:
            self.killed(process, start, wanted, stragglers)
            return None
        result = self.stage._checked(process.handle.returncode, out, err, process.path)  # noqa: SLF001  half of the stage
        time.sleep(stragglers)
        self._judge(result.report, start, wanted, "an apply")
        return result

    def killed(self, process: Process, start: int, wanted: Mapping[Place, Any], stragglers: float) -> None:
        """SIGKILL an apply that was started with `started`, and hold what it left to the promise."""
        process.handle.kill()
        process.handle.communicate()
        self._let_it_arrive()
        time.sleep(stragglers)
        self.tally.crashes += 1
        self._judge(None, start, wanted, "a killed apply")

    def started(self, *arguments: str) -> tuple[Process, int, Mapping[Place, Any]]:
        """Start an apply as a process, to be `killed`."""
        wanted, start = self._begin()
        return self.stage.process("apply", *arguments, "--report", REPORT), start, wanted

    def since(self, start: int) -> Sequence[LogEntry]:
        """The requests from number `start` on."""
        return self.stage.sandbox.log()[start:]

    def journal(self) -> list[dict[str, Any]]:
        """The whole lines of the last run's journal; none when it sent nothing."""
        path = self.stage.folder / JOURNAL
        return [json.loads(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []

    def converges(self, *arguments: str) -> None:
        """Without faults, one more apply brings all in sync, but for a sequence that somebody set differently."""
        self.stage.sandbox.clear_faults()
        stuck = {place for place in self.astray() if self._once(place) and self._live(place) is not None}
        again = self.apply(*arguments)
        if again.exit_code != (3 if stuck else 0):
            self.tally.violations.append(f"the next run ended with {again.exit_code}: {_short(again)}")
        if self.astray() != stuck:
            self.tally.violations.append(f"after the next run, not in sync: {sorted(self.astray() - stuck)}")

    def astray(self) -> set[Place]:
        """Every declared key whose live value is not the declared one."""
        schemas = {key.name: key.schema for key in self.catalogue.keys}
        return {
            place
            for place, value in self.wanted().items()
            if (live := self._live(place)) is None
            or not same(normalise(live, schemas[place[1]]), normalise(value, schemas[place[1]]))
        }

    def _live(self, place: Place) -> Any:
        return self.stage.live(*place)

    def _once(self, place: Place) -> bool:
        return any(key.write_once for key in self.catalogue.keys if key.name == place[1])

    def _begin(self) -> tuple[dict[Place, Any], int]:
        for path in self.stage.folder.glob("*.journal.jsonl"):
            path.unlink()
        return self.wanted(), len(self.stage.sandbox.log())

    def _let_it_arrive(self) -> None:
        """Wait until nothing comes in any more that somebody sent who is no longer there."""
        before = -1
        while before < (now := len(self.stage.sandbox.log())):
            before = now
            time.sleep(0.2)

    def _let_late_writes_land(self, start: int) -> None:
        """Wait until each has got the status that it gets when it has been made, whoever listens."""
        for _ in range(200):
            if all(one.status is not None for one in self.since(start) if "late" in one.faults):
                return
            time.sleep(0.1)  # to look costs a while once the log is long
        raise AssertionError("a write that comes late never came")

    def _judge(self, report: Any, start: int, wanted: Mapping[Place, Any], what: str) -> None:
        self._let_late_writes_land(start)
        entries = self.since(start)
        self.tally.runs += 1
        self.tally.saw(entries)
        seen = Witnessed(report, self.journal(), entries, self.stage.sandbox.writes(), wanted)
        self.tally.violations += [f"{what}: {text}" for text in violations(seen, self.catalogue)]


def _resolved(value: Any, secrets: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secret"}:
            return secrets[value["secret"]]
        return {name: _resolved(member, secrets) for name, member in value.items()}
    return [_resolved(item, secrets) for item in value] if isinstance(value, list) else value


def _short(result: Result) -> str:
    return "; ".join(line for line in result.stdout.splitlines()[:3])
