"""What was reviewed, in one line: a digest of what a plan would do, without times, commits or secrets."""

import hashlib
from collections.abc import Iterable, Mapping
from math import isfinite

import rfc8785

from reconciler.model.plan import Change
from reconciler.model.report import TenantReport
from reconciler.model.values import ABSENT, Json

_EXACT = 2**53 - 1
_WRITTEN_OUT = {"text", "number", "integer", "object"}
"""The only member of an object that stands for something else."""


def row(tenant: str, origin: str, change: Change) -> Mapping[str, object]:
    """Return what counts of one change. A sensitive value counts by reference name, and by whether it differs."""
    counted: dict[str, object] = {
        "origin": origin,
        "tenant": tenant,
        "key": change.key,
        "action": change.action.value,
        "after": _canonical(change.after),
        "sensitive_differs": sorted(field.pointer for field in change.changes if field.sensitive),
    }
    if change.before is not ABSENT:
        counted["before"] = _canonical(change.before)
    return counted


def canonical_row(tenant: str, origin: str, change: Change) -> bytes:
    """Return `row` as RFC 8785 JSON: equal bytes, same change."""
    return rfc8785.dumps(row(tenant, origin, change))  # type: ignore[arg-type]  # its type is a closed recursive union


def tenant_digest(tenant: str, origin: str, changes: Iterable[Change]) -> str:
    """Return `sha256:…` over the changes of one tenant, by key name."""
    return _digest(canonical_row(tenant, origin, change) for change in sorted(changes, key=lambda one: one.key))


def run_digest(tenants: Iterable[TenantReport]) -> str:
    """Return `sha256:…` over all changes of a report, by tenant and key: the same for shards merged or not."""
    return _digest(
        canonical_row(tenant.tenant, tenant.origin, key.change)
        for tenant in sorted(tenants, key=lambda one: one.tenant)
        for key in sorted(tenant.keys, key=lambda one: one.change.key)
    )


def _digest(rows: Iterable[bytes]) -> str:
    """Hash an RFC 8785 array of rows that are canonical already."""
    return "sha256:" + hashlib.sha256(b"[" + b",".join(rows) + b"]").hexdigest()


def _canonical(value: Json) -> object:
    """Return what RFC 8785 can hold: what a live value may hold besides is written out.

    That is an integer that a double can't hold, a float that no number is, and half a surrogate pair. A live object
    that looks like what was written out is set apart, so that two values never have one form.
    """
    if isinstance(value, str):
        return value if _escaped(value) == value else {"text": _escaped(value)}
    if isinstance(value, float):
        return value if isfinite(value) else {"number": str(value)}
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_EXACT <= value <= _EXACT else {"integer": str(value)}
    if isinstance(value, tuple):
        return [_canonical(item) for item in value]
    members = {_escaped(name): _canonical(member) for name, member in value.items()}
    return {"object": members} if len(members) == 1 and members.keys() <= _WRITTEN_OUT else members


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
