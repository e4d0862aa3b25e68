"""The journal of a run that writes, and of one that is over: kept, and read again after a crash."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler import __version__
from reconciler.applying.tenant import IN_FLIGHT, Brake
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, CannotBeKeptError, CorrectTheCallError, World
from reconciler.model.journal import JOURNAL_VERSION, Journal, Sending
from reconciler.model.outcome import Outcome
from reconciler.model.plan import TenantPlan
from reconciler.model.report import Revision
from reconciler.report.from_json import Malformed
from reconciler.report.journal import JournalFile, unwritable
from reconciler.report.journal_reading import JournalReading, journal_json, journal_text, read_journal


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


def journal_of(call: Call, world: World, started_at: str, revision: Revision) -> JournalFile | None:
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
    return JournalFile(path, header, world.stamp)


def _from_here(path: Path, cwd: Path) -> str:
    return str(path.relative_to(cwd) if path.is_relative_to(cwd) else path)


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

    def __call__(self, key: str, outcome: Outcome) -> None:
        """Record `outcome`; IN_FLIGHT comes right before each POST."""
        if outcome is IN_FLIGHT:
            if self._failed(self._begin(key)):
                return
            self._begun.add(key)
        elif key in self._begun and self.journal is not None:
            self._failed(self.journal.ended(self.plan.tenant, key, outcome))
        self.outcomes[key] = outcome

    def _begin(self, key: str) -> str:
        if self.journal is None:
            return ""
        change = next(item.change for item in self.plan.items if item.key.name == key)
        return self.journal.begun(Sending(self.plan.tenant, self.plan.origin, key, change.write_once, change.after))

    def _failed(self, reason: str) -> bool:
        if not reason:
            return False
        told = f"The run stopped sending, because its journal can't be written ({reason}). Make room, then run again."
        self.brake.stop(told)
        if told not in self.lost:
            self.lost.append(told)
        return True


def is_journal(path: Path) -> bool:
    """True if a file's name says that it is a journal."""
    return path.suffix == ".jsonl"


def reread(files: Sequence[Path], world: World, form: str) -> tuple[str, int]:
    """Return a journal as `text` or `json`, and 1 if it leaves something in doubt. Raises CorrectTheCallError."""
    if len(files) != 1:
        raise CorrectTheCallError(
            UsageProblem("A journal is read by itself.", "Give one .journal.jsonl file, without reports beside it.")
        )
    if form not in {"text", "json"}:
        raise CorrectTheCallError(UsageProblem(f"A journal can't be shown as {form}.", "Use --format text or json."))
    journal = _read(world.cwd / files[0], files[0])
    return (journal_json if form == "json" else journal_text)(journal), 1 if journal.in_doubt else 0


def _read(path: Path, shown: Path) -> JournalReading:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorrectTheCallError(UsageProblem(f"{shown} can't be read: {error.strerror}.")) from error
    journal = read_journal(data)
    if isinstance(journal, Malformed):
        raise CorrectTheCallError(UsageProblem(f"{shown}: {journal.message}"))
    return journal
