"""The contract of the JSON report, as a reader: plain JSON in, model out, or the place that doesn't fit."""

import re
from typing import Any

from reconciler.model.check import Check
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange, Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Lifted, Report, Revision, Selection, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.values import Json
from reconciler.model.words import Action, Cause, Reason, Result, Severity, Status, Verdict
from reconciler.report.members import (
    Misfit,
    count,
    each,
    flag,
    flag_or_null,
    formed,
    inside,
    json_or_absent,
    json_value,
    known,
    member,
    optional_text,
    text,
    text_or_null,
    texts,
    word,
)

_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64})?")
_COMMAND = re.compile(r"[a-z]+")
_EXIT_CODES = frozenset({0, 1, 2, 3, 4, 64, 70, 130})
_SHARD = re.compile(r"[1-9][0-9]*/[1-9][0-9]*")
_ACTIONS, _REASONS, _CAUSES = known(Action), known(Reason), known(Cause)
_CHECK = re.compile(r"[a-z]+/[a-z-]+")
_STATUSES, _RESULTS, _SEVERITIES = known(Status), known(Result), known(Severity)
_VERDICTS = known(Verdict)


def report_at(value: Any) -> Report:
    """Return the report that `value` is, which is an object. Raises Misfit at the first thing that doesn't fit."""
    selection = inside(value, "selection", _selection)
    revision = inside(value, "revision", _revision)
    inside(value, "summary", _summary)
    return Report(
        command=formed(value, "command", _COMMAND),
        tool_version=text(value, "tool_version"),
        started_at=text(value, "started_at"),
        finished_at=text(value, "finished_at"),
        sandbox=flag(value, "sandbox"),
        selection=selection,
        revision=revision,
        result=word(value, "result", _RESULTS),
        exit_code=_exit_code(value),
        digest=formed(value, "digest", _DIGEST),
        tenants=each(value, "tenants", _tenant),
        problems=each(value, "problems", _problem),
        warnings=texts(value, "warnings"),
        refusals=each(value, "refusals", _refusal),
        lifted=each(value, "lifted", lambda item: Lifted(text(item, "rule"), text(item, "reason"))),
        released=texts(value, "released"),
        undo=inside(value, "undo", _undo) if "undo" in value else {},
        not_restorable=texts(value, "not_restorable") if "not_restorable" in value else (),
        checks=each(value, "checks", _check) if "checks" in value else (),
    )


def _selection(value: Any) -> Selection:
    return Selection(
        tenants=texts(value, "tenants"),
        keys=texts(value, "keys"),
        changed_since=text_or_null(value, "changed_since"),
        shard=None if member(value, "shard") is None else formed(value, "shard", _SHARD),
    )


def _revision(value: Any) -> Revision:
    return Revision(
        commit=text_or_null(value, "commit"),
        base=text_or_null(value, "base"),
        dirty=flag_or_null(value, "dirty"),
    )


def _exit_code(value: Any) -> int:
    code = count(value, "exit_code")
    if code not in _EXIT_CODES:
        raise Misfit("no command ends with this exit code", "exit_code")
    return code


def _summary(value: Any) -> None:
    """The counts are checked and then counted afresh: a report can't contradict itself."""
    for name in ("tenants", "keys", *_ACTIONS, *_STATUSES):
        count(value, name)


def _undo(value: Any) -> dict[str, Json]:
    if type(value) is not dict:
        raise Misfit("an object belongs here")
    for name, keys in value.items():
        if type(keys) is not dict:
            raise Misfit("an object belongs here", name)
    return {name: json_value(value, name) for name in value}


def _tenant(value: Any) -> TenantReport:
    return TenantReport(
        tenant=text(value, "tenant"),
        file=text(value, "file"),
        origin=text(value, "origin"),
        result=word(value, "result", _RESULTS),
        digest=formed(value, "digest", _DIGEST),
        keys=each(value, "keys", _key),
        problems=each(value, "problems", _problem),
    )


def _key(value: Any) -> KeyReport:
    change = Change(
        key=text(value, "key"),
        action=word(value, "action", _ACTIONS),
        reason=word(value, "reason", _REASONS),
        cause=word(value, "cause", _CAUSES),
        write_once=flag(value, "write_once"),
        irreversible=flag(value, "irreversible"),
        before=json_or_absent(value, "before"),
        after=json_value(value, "after"),
        drops=texts(value, "drops") if "drops" in value else (),
        changes=each(value, "changes", _field),
        source=inside(value, "source", _source),
        live_updated_at=text_or_null(value, "live_updated_at"),
        warnings=texts(value, "warnings"),
    )
    return KeyReport(change, inside(value, "outcome", _outcome) if "outcome" in value else None)


def _source(value: Any) -> Source:
    return Source(text(value, "file"), count(value, "line"), count(value, "column"))


def _field(value: Any) -> FieldChange:
    return FieldChange(
        pointer=text(value, "pointer"),
        before=json_or_absent(value, "before"),
        after=json_or_absent(value, "after"),
        sensitive=flag(value, "sensitive"),
    )


def _outcome(value: Any) -> Outcome:
    return Outcome(
        status=word(value, "status", _STATUSES),
        detail=text(value, "detail"),
        verified=flag_or_null(value, "verified"),
        attempts=count(value, "attempts"),
        request_id=text_or_null(value, "request_id"),
    )


def _problem(value: Any) -> Problem:
    return Problem(
        file=text(value, "file"),
        line=count(value, "line"),
        column=count(value, "column"),
        pointer=text(value, "pointer"),
        rule=text(value, "rule"),
        message=text(value, "message"),
        hint=text(value, "hint"),
        severity=word(value, "severity", _SEVERITIES),
        tenant=optional_text(value, "tenant") or "",
    )


def _refusal(value: Any) -> Refusal:
    return Refusal(
        rule=text(value, "rule"),
        message=text(value, "message"),
        tenant=optional_text(value, "tenant"),
        key=optional_text(value, "key"),
    )


def _check(value: Any) -> Check:
    return Check(
        check=formed(value, "check", _CHECK),
        status=word(value, "status", _VERDICTS),
        what=text(value, "what"),
        detail=text(value, "detail"),
        hint=text(value, "hint"),
        tenant=optional_text(value, "tenant") or "",
        request_id=optional_text(value, "request_id"),
    )
