"""The journal of a run that is over: read again after a crash."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import CorrectTheCallError, World
from reconciler.journeys.given_files import contents
from reconciler.report.from_json import Malformed
from reconciler.report.journal_reading import JournalReading, journal_json, journal_text, read_journal


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
    journal = read_journal(contents(path, "journal"))
    if isinstance(journal, Malformed):
        raise CorrectTheCallError(UsageProblem(f"{shown}: {journal.message}"))
    return journal
