"""The sentences of a report: what an action, a reason, an outcome mean, and how a block ends.

Returns raw text with strings from files and the API inside: each renderer escapes it for its medium.
"""

from typing import assert_never

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change
from reconciler.model.report import KeyReport, TenantReport
from reconciler.model.values import ABSENT
from reconciler.model.words import Action, Cause, Reason, Result, Status
from reconciler.report.fields import differences, label, value_text


def plural(number: int, noun: str) -> str:
    """Return `1 key`, `2 keys`, `1,000 keys`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def sign(action: Action) -> str:
    """Return one character for `action`, so that colour carries no meaning of its own."""
    match action:
        case Action.CREATE:
            return "+"
        case Action.UPDATE:
            return "~"
        case Action.BLOCKED:
            return "!"
        case Action.UNREADABLE:
            return "?"
        case Action.NO_OP:
            return "="
        case never:
            assert_never(never)


def reason(why: Reason) -> str:
    """Return `why` in words."""
    match why:
        case Reason.IN_SYNC:
            return "in sync"
        case Reason.UNSET:
            return "not set yet"
        case Reason.DIFFERS:
            return "differs"
        case Reason.DEFAULT_DIFFERS:
            return "live is the platform's default, which differs"
        case Reason.WRITE_ONCE_SET:
            return "set once already, as declared"
        case Reason.WRITE_ONCE_DIFFERS:
            return "set once already, and differs"
        case Reason.NOT_COMPARABLE:
            return "a secret can't be compared, all else is equal"
        case Reason.AMBIGUOUS:
            return "nobody can tell from the answer whether it was ever set"
        case Reason.UNKNOWN_KEY:
            return "the platform doesn't know this key (404)"
        case Reason.READ_FAILED:
            return "could not be read"
        case never:
            assert_never(never)


def cause(change: Change) -> str:
    """Return which side moved, in words; nothing where it isn't known or nothing differs.

    That it was changed on the platform is said only where somebody must have written what is there.
    """
    written = change.reason is Reason.DIFFERS
    match change.cause:
        case Cause.DECLARED:
            return "edited in this revision"
        case Cause.DRIFT if written and change.changes and all(field.sensitive for field in change.changes):
            return "drift: the secret was exchanged, in the credentials or on the platform"
        case Cause.DRIFT:
            return "drift: " + ("changed on the platform, not in git" if written else "not edited in this revision")
        case Cause.BOTH:
            return "edited in this revision" + (", and changed on the platform" if written else "")
        case Cause.UNKNOWN:
            return ""
        case never:
            assert_never(never)


def moved(cause: Cause) -> str:
    """Return a cause in words, whatever the change; nothing for the one that isn't known."""
    match cause:
        case Cause.DECLARED:
            return "edited in this revision"
        case Cause.DRIFT:
            return "drift: not edited in this revision"
        case Cause.BOTH:
            return "edited in this revision, over drift"
        case Cause.UNKNOWN:
            return ""
        case never:
            assert_never(never)


def why(change: Change) -> str:
    """Return reason, cause, and that it can't be undone, in one phrase."""
    side = cause(change) if change.action.writes or change.action is Action.BLOCKED else ""
    final = "can't be undone" if change.irreversible and change.action.writes else ""
    return "; ".join(part for part in (reason(change.reason), side, final) if part)


def outcome(ended: Outcome) -> str:
    """Return what became of a key, with all that support would ask for."""
    parts = [f"{became(ended.status)}.", ended.detail]
    if ended.attempts:
        parts.append(f"{plural(ended.attempts, 'POST')} sent.")
    if ended.verified is not None:
        parts.append("Read back: as declared." if ended.verified else "Read back: not as declared.")
    if ended.request_id:
        parts.append(f"Request id {ended.request_id}.")
    return " ".join(part for part in parts if part)


def became(status: Status) -> str:
    """Return an outcome in words."""
    match status:
        case Status.UNCHANGED:
            return "Unchanged"
        case Status.APPLIED:
            return "Applied"
        case Status.REJECTED:
            return "Rejected by the platform"
        case Status.FAILED:
            return "Failed"
        case Status.UNKNOWN:
            return "Unknown: it may have been written"
        case Status.SKIPPED:
            return "Skipped"
        case Status.NOT_ATTEMPTED:
            return "Not attempted"
        case never:
            assert_never(never)


def result(ended: Result) -> str:
    """Return the result of a tenant or a run in words."""
    match ended:
        case Result.IN_SYNC:
            return "in sync"
        case Result.CHANGES:
            return "changes"
        case Result.APPLIED:
            return "applied"
        case Result.BLOCKED:
            return "blocked"
        case Result.REFUSED:
            return "refused"
        case Result.STALE:
            return "stale: not what was reviewed, so nothing was written"
        case Result.FAILED:
            return "failed"
        case Result.INTERRUPTED:
            return "interrupted"
        case never:
            assert_never(never)


def notes(tenant: TenantReport, key: KeyReport) -> tuple[str, ...]:
    """Return the sentences that belong below a key: how a block ends, what would be dropped, the warnings."""
    change = key.change
    found: list[str] = []
    if change.action is Action.BLOCKED:
        found.append(blocked(tenant.tenant, change))
    if change.drops:
        names = ", ".join(label(where) for where in change.drops)
        found.append(f"Warning: writing this drops what the schema doesn't know: {names}.")
    found.extend(f"Warning: {warning}" for warning in change.warnings)
    return tuple(found)


def blocked(tenant: str, change: Change) -> str:
    """Say how a write-once key differs, and what ends it."""
    where = f"{change.source.file}:{change.source.line}"
    differing = [field for field in differences(change) if not field.sensitive]
    told = [
        f"{_place(change.key, field.pointer)} is {value_text(field.before) or 'not there'} live, "
        f"{value_text(field.after) or 'not there'} in {where}"
        for field in differing
    ] or [f"{change.key} is not as {where} declares it"]
    return (
        f"Write-once key differs. {tenant}: {'; '.join(told)}. It can't be changed: "
        f"restore {_live(change)} in the file, or take the key out of it."
    )


def _place(key: str, where: str) -> str:
    return f"{key}.{label(where)}" if where else key


def _live(change: Change) -> str:
    """Name what a person has to write into the file."""
    known = [field for field in differences(change) if field.before is not ABSENT and not field.sensitive]
    if len(known) == 1:
        return value_text(known[0].before)
    return ", ".join(f"{label(field.pointer)}: {value_text(field.before)}" for field in known) or "the live value"
