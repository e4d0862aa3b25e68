"""The contract of the JSON report, as a reader: plain JSON in, model out, or the place that doesn't fit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange, Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Lifted, Report, Revision, Selection, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.values import ABSENT, Absent, Json, pointer
from reconciler.model.words import Action, Cause, Reason, Result, Severity, Status

_Word = TypeVar("_Word", bound=StrEnum)
_Made = TypeVar("_Made")
_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64})?")
_COMMAND = re.compile(r"[a-z]+")
_EXIT_CODES = frozenset({0, 1, 2, 3, 4, 64, 70, 130})
_DEPTH = 100
"""Files may nest 64 deep; whatever is deeper would only exhaust the stack of a renderer."""
_SHARD = re.compile(r"[1-9][0-9]*/[1-9][0-9]*")


class Misfit(Exception):
    """A place that is not as the contract says. Never leaves this room."""

    def __init__(self, pointer: str, expected: str) -> None:
        super().__init__(pointer, expected)
        self.pointer = pointer
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Place:
    """A value within the document, and the way to it. Every method answers for its member `name`."""

    value: Any
    path: tuple[str | int, ...] = ()

    def misfit(self, expected: str) -> Misfit:
        """Return the exception that says what belongs here."""
        return Misfit(pointer(*self.path), expected)

    def get(self, name: str) -> "Place":
        """Return the member, which must be there."""
        if not isinstance(self.value, dict):
            raise self.misfit("an object belongs here")
        if name not in self.value:
            raise self.misfit(f'"{name}" is missing')
        return Place(self.value[name], (*self.path, name))

    def has(self, name: str) -> bool:
        """True if the optional member is there."""
        return isinstance(self.value, dict) and name in self.value

    def text(self, name: str, form: re.Pattern[str] | None = None) -> str:
        """Return a string, of that form if one is given."""
        member = self.get(name)
        if not isinstance(member.value, str):
            raise member.misfit("a string belongs here")
        if form and not form.fullmatch(member.value):
            raise member.misfit(f"a string of the form {form.pattern} belongs here")
        return member.value

    def text_or_null(self, name: str, form: re.Pattern[str] | None = None) -> str | None:
        """Return a string, or None for null."""
        return None if self.get(name).value is None else self.text(name, form)

    def optional_text(self, name: str) -> str | None:
        """Return a string, or None when the member is left out."""
        return self.text(name) if self.has(name) else None

    def flag(self, name: str) -> bool:
        """Return a boolean."""
        member = self.get(name)
        if not isinstance(member.value, bool):
            raise member.misfit("true or false belongs here")
        return member.value

    def flag_or_null(self, name: str) -> bool | None:
        """Return a boolean, or None for null."""
        return None if self.get(name).value is None else self.flag(name)

    def count(self, name: str) -> int:
        """Return an integer that is not negative."""
        member = self.get(name)
        number = member.value
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise member.misfit("an integer from 0 belongs here")
        return number

    def word(self, name: str, words: type[_Word]) -> _Word:
        """Return a member of a closed set."""
        known = {str(word): word for word in words}
        text = self.text(name)
        if text not in known:
            raise self.get(name).misfit("one of " + ", ".join(known) + " belongs here")
        return known[text]

    def items(self, name: str) -> Iterator["Place"]:
        """Yield the items of an array."""
        member = self.get(name)
        if not isinstance(member.value, list):
            raise member.misfit("an array belongs here")
        for index, item in enumerate(member.value):
            yield Place(item, (*member.path, index))

    def each(self, name: str, make: "Callable[[Place], _Made]") -> tuple[_Made, ...]:
        """Return what `make` makes of the items of an array."""
        return tuple(make(item) for item in self.items(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the strings of an array."""
        return self.each(name, _string)

    def json(self, name: str) -> Json:
        """Return any value."""
        return _frozen(self.get(name))

    def json_or_absent(self, name: str) -> Json | Absent:
        """Return any value, or ABSENT when the member is left out."""
        return self.json(name) if self.has(name) else ABSENT


def _string(place: Place) -> str:
    if not isinstance(place.value, str):
        raise place.misfit("a string belongs here")
    return place.value


def _frozen(place: Place) -> Json:
    if len(place.path) > _DEPTH:
        raise place.misfit("a value this deep is none of ours")
    if isinstance(place.value, dict):
        return {name: _frozen(place.get(name)) for name in place.value}
    if isinstance(place.value, list):
        return tuple(_frozen(Place(item, (*place.path, at))) for at, item in enumerate(place.value))
    checked: Json = place.value
    return checked


def report_at(place: Place) -> Report:
    """Return the report that stands at `place`. Raises Misfit at the first thing that doesn't fit."""
    selection, revision = place.get("selection"), place.get("revision")
    _summary(place.get("summary"))
    return Report(
        command=place.text("command", _COMMAND),
        tool_version=place.text("tool_version"),
        started_at=place.text("started_at"),
        finished_at=place.text("finished_at"),
        sandbox=place.flag("sandbox"),
        selection=Selection(
            tenants=selection.texts("tenants"),
            keys=selection.texts("keys"),
            changed_since=selection.text_or_null("changed_since"),
            shard=selection.text_or_null("shard", _SHARD),
        ),
        revision=Revision(
            commit=revision.text_or_null("commit"),
            base=revision.text_or_null("base"),
            dirty=revision.flag_or_null("dirty"),
        ),
        result=place.word("result", Result),
        exit_code=_exit_code(place),
        digest=place.text("digest", _DIGEST),
        tenants=place.each("tenants", _tenant),
        problems=place.each("problems", _problem),
        warnings=place.texts("warnings"),
        refusals=place.each("refusals", _refusal),
        lifted=place.each("lifted", lambda item: Lifted(item.text("rule"), item.text("reason"))),
        released=place.texts("released"),
        undo=_undo(place.get("undo")) if place.has("undo") else {},
        not_restorable=place.texts("not_restorable") if place.has("not_restorable") else (),
    )


def _exit_code(place: Place) -> int:
    code = place.count("exit_code")
    if code not in _EXIT_CODES:
        raise place.get("exit_code").misfit("no command ends with this exit code")
    return code


def _summary(place: Place) -> None:
    """The counts are checked and then counted afresh: a report can't contradict itself."""
    for name in ("tenants", "keys", *Action, *Status):
        place.count(name)


def _undo(place: Place) -> dict[str, Json]:
    if not isinstance(place.value, dict):
        raise place.misfit("an object belongs here")
    for name in place.value:
        member = place.get(name)
        if not isinstance(member.value, dict):
            raise member.misfit("an object belongs here")
    return {name: place.json(name) for name in place.value}


def _tenant(place: Place) -> TenantReport:
    return TenantReport(
        tenant=place.text("tenant"),
        file=place.text("file"),
        origin=place.text("origin"),
        result=place.word("result", Result),
        digest=place.text("digest", _DIGEST),
        keys=place.each("keys", _key),
        problems=place.each("problems", _problem),
    )


def _key(place: Place) -> KeyReport:
    source = place.get("source")
    change = Change(
        key=place.text("key"),
        action=place.word("action", Action),
        reason=place.word("reason", Reason),
        cause=place.word("cause", Cause),
        write_once=place.flag("write_once"),
        irreversible=place.flag("irreversible"),
        before=place.json_or_absent("before"),
        after=place.json("after"),
        drops=place.texts("drops") if place.has("drops") else (),
        changes=place.each("changes", _field),
        source=Source(source.text("file"), source.count("line"), source.count("column")),
        live_updated_at=place.text_or_null("live_updated_at"),
        warnings=place.texts("warnings"),
    )
    return KeyReport(change, _outcome(place.get("outcome")) if place.has("outcome") else None)


def _field(place: Place) -> FieldChange:
    return FieldChange(
        pointer=place.text("pointer"),
        before=place.json_or_absent("before"),
        after=place.json_or_absent("after"),
        sensitive=place.flag("sensitive"),
    )


def _outcome(place: Place) -> Outcome:
    return Outcome(
        status=place.word("status", Status),
        detail=place.text("detail"),
        verified=place.flag_or_null("verified"),
        attempts=place.count("attempts"),
        request_id=place.text_or_null("request_id"),
    )


def _problem(place: Place) -> Problem:
    return Problem(
        file=place.text("file"),
        line=place.count("line"),
        column=place.count("column"),
        pointer=place.text("pointer"),
        rule=place.text("rule"),
        message=place.text("message"),
        hint=place.text("hint"),
        severity=place.word("severity", Severity),
        tenant=place.optional_text("tenant") or "",
    )


def _refusal(place: Place) -> Refusal:
    return Refusal(
        rule=place.text("rule"),
        message=place.text("message"),
        tenant=place.optional_text("tenant"),
        key=place.optional_text("key"),
    )
