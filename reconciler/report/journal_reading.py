"""Reads a journal, says what is in doubt, and shows it as text or JSON. Pure; the text may come from anywhere."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.model.journal import JOURNAL_VERSION
from reconciler.model.words import Status
from reconciler.report.from_json import Malformed
from reconciler.report.untrusted import broken, terminal
from reconciler.report.wording import plural

_MAJOR = JOURNAL_VERSION.partition(".")[0]
_SHOWN = 160


@dataclass(frozen=True, slots=True)
class End:
    """What became of a key, as its `ended` line says."""

    at: str
    status: Status
    attempts: int
    request_id: str | None
    verified: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One key that was sent, or was about to be: `announced` times, at `at` for the last time."""

    tenant: str
    origin: str
    key: str
    write_once: bool
    after: Any
    at: str
    announced: int = 1
    end: End | None = None

    @property
    def name(self) -> str:
        """`tenant:key`."""
        return f"{self.tenant}:{self.key}"

    @property
    def in_doubt(self) -> bool:
        """True if nobody knows what is live: the run ended with this key in flight, or could not read it back."""
        return self.end is None or self.end.status is Status.UNKNOWN


@dataclass(frozen=True, slots=True)
class JournalReading:
    """A journal as read. `header` is empty if the run was cut off in its first line.

    `exit_code` is None if the run never came to its end; `torn` if the last line is not whole.
    """

    header: Mapping[str, Any]
    sent: tuple[Sent, ...]
    exit_code: int | None
    torn: bool

    @property
    def in_doubt(self) -> tuple[Sent, ...]:
        """The keys of which nobody knows whether they were written."""
        return tuple(one for one in self.sent if one.in_doubt)


class _Misfit(ValueError):
    """A line that no run of ours writes."""


def read_journal(data: bytes) -> JournalReading | Malformed:
    """Read what a run left, cut off or not. A last line that is not whole is dropped and told: `torn`.

    Such a line was never durable, so what it announced was never sent. Unknown events and members are ignored:
    a newer minor may add some. Malformed holds none of the journal's values.
    """
    lines = [line for line in data.split(b"\n") if line.strip()]
    members: list[Mapping[str, Any]] = []
    torn = False
    for number, line in enumerate(lines, 1):
        parsed = _parsed(line)
        if parsed is None and number == len(lines):
            torn = True
        elif parsed is None:
            return Malformed(f"Line {number} of the journal is not a JSON object: copy or download it again.")
        else:
            members.append(parsed)
    if members and (foreign := _foreign(members[0])):
        return Malformed(foreign)
    try:
        return _read(members, torn=torn)
    except _Misfit as misfit:
        return Malformed(str(misfit))


def _parsed(line: bytes) -> Mapping[str, Any] | None:
    try:
        parsed = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _foreign(header: Mapping[str, Any]) -> str:
    version = header.get("journal_version")
    if not isinstance(version, str):
        return "This is no journal of the reconciler: its first line has no journal_version."
    if version.partition(".")[0] != _MAJOR:
        return (
            f"The journal has another major version than {_MAJOR}: read it with the version of the tool that wrote it."
        )
    return ""


def _read(members: list[Mapping[str, Any]], *, torn: bool) -> JournalReading:
    sent: dict[tuple[str, str], Sent] = {}
    exit_code: int | None = None
    for number, line in enumerate(members[1:], 2):
        match line.get("event"):
            case "sending":
                one = _sending(line, number)
                before = sent.get((one.tenant, one.key))
                sent[one.tenant, one.key] = replace(one, announced=before.announced + 1) if before else one
            case "ended":
                where = (_text(line, "tenant", number), _text(line, "key", number))
                if where not in sent:
                    raise _Misfit(f"Line {number} of the journal ends a key that was not sent.")
                sent[where] = replace(sent[where], end=_end(line, number))
            case "finished":
                exit_code = _number(line, "exit_code", number)
            case _:
                continue
    return JournalReading(members[0] if members else {}, tuple(sent.values()), exit_code, torn)


def _sending(line: Mapping[str, Any], number: int) -> Sent:
    return Sent(
        tenant=_text(line, "tenant", number),
        origin=_text(line, "origin", number),
        key=_text(line, "key", number),
        write_once=_flag(line, "write_once", number) is True,
        after=line.get("after"),
        at=_text(line, "at", number),
    )


def _end(line: Mapping[str, Any], number: int) -> End:
    try:
        status = Status(_text(line, "status", number))
    except ValueError:
        raise _Misfit(f"Line {number} of the journal has a status that doesn't exist.") from None
    return End(
        at=_text(line, "at", number),
        status=status,
        attempts=_number(line, "attempts", number),
        request_id=None if line.get("request_id") is None else _text(line, "request_id", number),
        verified=_flag(line, "verified", number),
        detail=_text(line, "detail", number),
    )


def _text(line: Mapping[str, Any], name: str, number: int) -> str:
    value = line.get(name)
    if not isinstance(value, str):
        raise _Misfit(f"Line {number} of the journal: {name} must be a text.")
    return value


def _number(line: Mapping[str, Any], name: str, number: int) -> int:
    value = line.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Misfit(f"Line {number} of the journal: {name} must be an integer.")
    return value


def _flag(line: Mapping[str, Any], name: str, number: int) -> bool | None:
    value = line.get(name)
    if value is not None and not isinstance(value, bool):
        raise _Misfit(f"Line {number} of the journal: {name} must be true, false or null.")
    return value


def journal_json(journal: JournalReading) -> str:
    """Return the journal as one JSON document: header, exit_code, torn, keys, and the names that are in doubt."""
    document = {
        "header": dict(journal.header),
        "exit_code": journal.exit_code,
        "torn": journal.torn,
        "in_doubt": [one.name for one in journal.in_doubt],
        "keys": [_document(one) for one in journal.sent],
    }
    return broken(json.dumps(document, indent=2)) + "\n"


def _document(one: Sent) -> Mapping[str, Any]:
    end = one.end
    ended = None
    if end is not None:
        ended = {
            "at": end.at,
            "status": end.status.value,
            "attempts": end.attempts,
            "request_id": end.request_id,
            "verified": end.verified,
            "detail": end.detail,
        }
    return {
        "tenant": one.tenant,
        "origin": one.origin,
        "key": one.key,
        "write_once": one.write_once,
        "after": one.after,
        "sending": {"at": one.at, "times": one.announced},
        "ended": ended,
    }


def journal_text(journal: JournalReading) -> str:
    """Return the journal for a terminal: how the run ended, what is in doubt, what was sent, what to do."""
    return "".join(terminal(line) + "\n" for line in _lines(journal))


def _lines(journal: JournalReading) -> Iterator[str]:
    doubt = journal.in_doubt
    count = plural(len(journal.sent), "key")
    yield f"{count} sent, {len(doubt)} in doubt. {_ending(journal)}"
    if journal.header:
        told = [f"{name}: {journal.header[name]}" for name in _HEADER if journal.header.get(name) is not None]
        yield f"  {'  '.join(told)}"
    if journal.header.get("sandbox") is True:
        yield "  Of the sandbox, not of the real API."
    if journal.torn:
        yield "  The last line is not whole: the run was cut off there. A POST that it announced was not sent."
    if doubt:
        yield ""
        yield f"In doubt ({len(doubt)}): may have been written"
        for one in doubt:
            yield f"  ? {_told(one)}"
            yield f"      {one.end.detail}" if one.end else f"      sent {one.at}, and no answer is on record"
    ended = [one for one in journal.sent if not one.in_doubt]
    if ended:
        yield ""
        yield f"Sent and ended ({len(ended)})"
        for one in ended:
            yield f"  = {_told(one)}"
            if one.end:
                yield f"      {_ended(one.end)}"
    if doubt:
        yield ""
        yield f"Next: {_advice(doubt)}{' --sandbox' if journal.header.get('sandbox') is True else ''}"


_HEADER = ("command", "tool_version", "started_at", "commit", "report")


def _ending(journal: JournalReading) -> str:
    if journal.exit_code is not None:
        return f"The run came to its end with exit code {journal.exit_code}."
    return "The run was cut off: it did not come to its end."


def _told(one: Sent) -> str:
    after = json.dumps(one.after)
    after = after if len(after) <= _SHOWN else after[:_SHOWN] + "…"
    return f"{one.tenant}  {one.key}{' (write-once)' if one.write_once else ''}  -> {after}"


def _ended(end: End) -> str:
    posts = f"{plural(end.attempts, 'POST')}"
    asked = f", request {end.request_id}" if end.request_id else ""
    return f"{end.status.value} at {end.at}, {posts}{asked}{'. ' + end.detail if end.detail else ''}"


def _advice(doubt: tuple[Sent, ...]) -> str:
    tenants = dict.fromkeys(one.tenant for one in doubt)
    chosen = " ".join(f"--tenant {shlex.quote(name)}" for name in tenants) if len(tenants) <= 5 else ""
    wait = "wait some minutes, since a write-once key is among them; then " if any(o.write_once for o in doubt) else ""
    return f"{wait}plan again, which reads what is really live: {f'reconciler plan {chosen}'.rstrip()}"
