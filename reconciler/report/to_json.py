"""Report to JSON: the plan file, the CI artifact, the contract of `schemas/report.schema.json`."""

from collections.abc import Iterator
from typing import Any

from reconciler.model.check import Check
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange, Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import FORMAT_VERSION, KeyReport, Report, TenantReport
from reconciler.model.values import ABSENT, Absent, Json
from reconciler.report.counts import counts, summary
from reconciler.report.indented import streamed
from reconciler.report.untrusted import broken


def to_json(report: Report) -> str:
    r"""Return `report` as indented ASCII JSON with a final newline, tenants and keys in the model's order.

    Nothing in it moves a terminal or a CI runner: every control, bidi and non-ASCII character is a `\u`
    escape, and so is the second sign of each `::` and `##`. `from_json` gives back an equal report.
    Raises ValueError for NaN or infinity, which a value never holds.
    """
    return "".join(json_pieces(report))


def json_pieces(report: Report) -> Iterator[str]:
    """Yield the text of `to_json`, a tenant at a time: of ten thousand, the whole would be forty megabytes."""
    yield from map(broken, streamed(_document(report)))
    yield "\n"


def _document(report: Report) -> dict[str, Any]:
    """Return `report` as JSON's own types, members in the order of the contract."""
    selection, revision = report.selection, report.revision
    return {
        "format_version": FORMAT_VERSION,
        "command": report.command,
        "tool_version": report.tool_version,
        "started_at": report.started_at,
        "finished_at": report.finished_at,
        "sandbox": report.sandbox,
        "selection": {
            "tenants": selection.tenants,
            "keys": selection.keys,
            "changed_since": selection.changed_since,
            "shard": selection.shard,
        },
        "revision": {"commit": revision.commit, "base": revision.base, "dirty": revision.dirty},
        "result": report.result.value,
        "exit_code": report.exit_code,
        "digest": report.digest,
        "summary": summary(counts(report)),
        "tenants": map(_tenant, report.tenants),
        "problems": map(_problem, report.problems),
        "warnings": report.warnings,
        "refusals": map(_refusal, report.refusals),
        "lifted": [{"rule": lifted.rule, "reason": lifted.reason} for lifted in report.lifted],
        "released": report.released,
        **({"undo": report.undo} if report.undo else {}),
        **({"not_restorable": report.not_restorable} if report.not_restorable else {}),
        **({"checks": map(_check, report.checks)} if report.checks else {}),
    }


def _tenant(tenant: TenantReport) -> dict[str, Any]:
    return {
        "tenant": tenant.tenant,
        "file": tenant.file,
        "origin": tenant.origin,
        "result": tenant.result.value,
        "digest": tenant.digest,
        "problems": [_problem(problem) for problem in tenant.problems],
        "keys": [_key(key) for key in tenant.keys],
    }


def _key(key: KeyReport) -> dict[str, Any]:
    change = key.change
    return {
        "key": change.key,
        "action": change.action.value,
        "reason": change.reason.value,
        "cause": change.cause.value,
        "write_once": change.write_once,
        "irreversible": change.irreversible,
        **_sides(change),
        **({"drops": change.drops} if change.drops else {}),
        "changes": [_field(field) for field in change.changes],
        "source": {"file": change.source.file, "line": change.source.line, "column": change.source.column},
        "live_updated_at": change.live_updated_at,
        "warnings": change.warnings,
        **({"outcome": _outcome(key.outcome)} if key.outcome else {}),
    }


def _field(field: FieldChange) -> dict[str, Any]:
    return {"pointer": field.pointer, **_sides(field), "sensitive": field.sensitive}


def _sides(change: Change | FieldChange) -> dict[str, Json | Absent]:
    """Before and after, each left out when there is none: JSON has no other way to tell ABSENT from null."""
    before, after = change.before, change.after
    if after is ABSENT:
        return {} if before is ABSENT else {"before": before}
    return {"after": after} if before is ABSENT else {"before": before, "after": after}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status.value,
        "verified": outcome.verified,
        "attempts": outcome.attempts,
        "request_id": outcome.request_id,
        "detail": outcome.detail,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity.value,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "pointer": problem.pointer,
        "rule": problem.rule,
        "message": problem.message,
        "hint": problem.hint,
        **({"tenant": problem.tenant} if problem.tenant else {}),
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "rule": refusal.rule,
        **({"tenant": refusal.tenant} if refusal.tenant is not None else {}),
        **({"key": refusal.key} if refusal.key is not None else {}),
        "message": refusal.message,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "check": check.check,
        "status": check.status.value,
        **({"tenant": check.tenant} if check.tenant else {}),
        "what": check.what,
        "detail": check.detail,
        "hint": check.hint,
        **({"request_id": check.request_id} if check.request_id is not None else {}),
    }
