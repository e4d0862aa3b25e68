"""The journal of a run that writes: what is about to be sent is on record before it leaves."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from reconciler import __version__
from reconciler.applying.tenant import IN_FLIGHT, Brake
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, CannotBeKeptError, World
from reconciler.model.journal import JOURNAL_VERSION, Journal, Sending
from reconciler.model.outcome import Outcome
from reconciler.model.plan import TenantPlan
from reconciler.model.report import Revision
from reconciler.model.words import Status
from reconciler.report.journal import JournalFile, unwritable

_CUT_OFF = Outcome(Status.NOT_ATTEMPTED, "The run was stopped right before this key was sent. Run again.")


def check_it_can_be_kept(world: World) -> None:
    """Raise CannotBeKeptError unless every report and the journal can be written. No request has left by then."""
    paths = (*world.kept.reports, *([world.kept.journal] if world.kept.journal else []))
    found = {path: reason for path in paths if (reason := unwritable(path))}
    if found:
        raise CannotBeKeptError(
            UsageProblem(
                "Nothing was sent, because what is done could not be kept: a file can't be written.",
                "Make room or correct the permissions, or give another path with --report.",
                tuple(found.values()),
            ),
            tuple(found),
        )


def journal_of(call: Call, world: World, started_at: str, revision: Revision) -> "SharedJournal | None":
    """Return the journal of a run, not yet begun; None where none is kept."""
    path = world.kept.journal
    if path is None:
        return None
    reports = [report for report in world.kept.reports if report.suffix == ".json"]
    header = {
        "journal_version": JOURNAL_VERSION,
        "tool_version": __version__,
        "command": call.command,
        "started_at": started_at,
        "sandbox": call.sandbox,
        "commit": revision.commit,
        "report": _from_here(reports[0], world.cwd) if reports else None,
    }
    return SharedJournal(JournalFile(path, header, world.stamp))


def _from_here(path: Path, cwd: Path) -> str:
    return str(path.relative_to(cwd) if path.is_relative_to(cwd) else path)


class SharedJournal:
    """The journal of all tenants of a run: what they announce at the same time is handed to the disk together.

    That takes milliseconds each time, whatever it covers, and goes on in a thread beside the requests: a disk that is
    slow holds up the POSTs that wait for it, and nothing else. Used by one event loop.
    """

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self._thread: ThreadPoolExecutor | None = None
        self._under_way: asyncio.Future[str] | None = None
        self._next: asyncio.Future[str] | None = None

    async def begun(self, sending: Sending) -> str:
        """Put durably on record that a POST is about to be sent; return why that can't be done, or nothing."""
        lost = self._file.begun(sending)
        if lost:
            return lost
        # A sync that has begun may have been too early for this line; the next one isn't.
        if self._next is None:
            self._next = asyncio.ensure_future(self._sync(self._under_way))
        return await asyncio.shield(self._next)

    def ended(self, tenant: str, key: str, outcome: Outcome) -> str:
        """Put on record what became of a key that was begun; return why that can't be done, or nothing."""
        return self._file.ended(tenant, key, outcome)

    def finished(self, exit_code: int) -> str:
        """Write the last line and close the file; return why that can't be done, or nothing."""
        if self._thread is not None:
            self._thread.shutdown()
        return self._file.finished(exit_code)

    async def _sync(self, earlier: "asyncio.Future[str] | None") -> str:
        if earlier is not None:
            await asyncio.wait([earlier])
        self._under_way, self._next = self._next, None
        self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="journal")
        lost = await asyncio.get_running_loop().run_in_executor(self._thread, self._file.sync)
        if lost:
            self._file.cut()
        return lost


@dataclass(slots=True)
class Recorder:
    """Takes one tenant's outcomes into `outcomes`, and what is sent into the journal first.

    Where the journal can't be written, the run stops sending: a POST that nobody could trace must not leave.
    """

    plan: TenantPlan
    outcomes: dict[str, Outcome]
    journal: Journal | None
    brake: Brake
    lost: list[str]
    """What could not be put on record, for the report's warnings."""
    _begun: set[str] = field(default_factory=set)

    async def __call__(self, key: str, outcome: Outcome) -> None:
        """Record `outcome`; IN_FLIGHT comes right before each POST."""
        if outcome is IN_FLIGHT:
            if self._failed(await self._begin(key)):
                return
            self._begun.add(key)
        elif key in self._begun and self.journal is not None:
            self._failed(self.journal.ended(self.plan.tenant, key, outcome))
        self.outcomes[key] = outcome

    async def _begin(self, key: str) -> str:
        if self.journal is None:
            return ""
        change = next(item.change for item in self.plan.items if item.key.name == key)
        sending = Sending(self.plan.tenant, self.plan.origin, key, change.write_once, change.after)
        try:
            return await self.journal.begun(sending)
        except asyncio.CancelledError:
            if key not in self._begun:
                self.outcomes[key] = _CUT_OFF
                self.journal.ended(self.plan.tenant, key, _CUT_OFF)
            raise

    def _failed(self, reason: str) -> bool:
        if not reason:
            return False
        told = f"The run stopped sending, because its journal can't be written ({reason}). Make room, then run again."
        self.brake.stop(told)
        if told not in self.lost:
            self.lost.append(told)
        return True
