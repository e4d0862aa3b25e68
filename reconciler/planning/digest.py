"""What was reviewed, in one line: a digest of what a plan would do, without times, commits or secrets."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from math import isfinite
from typing import Any

from reconciler.model.plan import Change
from reconciler.model.report import TenantReport
from reconciler.model.values import ABSENT, Json

_EXACT = 2**53 - 1
_SIDES = ("before", "after")
_WRITTEN_OUT = {"text", "number", "integer", "object"}
"""The only member of an object that stands for something else."""
_as_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def row(tenant: str, origin: str, change: Change) -> Mapping[str, object]:
    """Return what counts of one change. A sensitive value counts by reference name, and by whether it differs."""
    counted = _as_shown(tenant, origin, change)
    return counted | {side: _canonical(counted[side]) for side in _SIDES if side in counted}


def canonical_row(tenant: str, origin: str, change: Change) -> bytes:
    """Return `row` as RFC 8785 JSON: equal bytes, same change."""
    return _rows(tenant, origin, [change])


def tenant_digest(tenant: str, origin: str, changes: Iterable[Change]) -> str:
    """Return `sha256:…` over the changes of one tenant, by key name."""
    return _digest([_rows(tenant, origin, changes)])


def run_digest(tenants: Iterable[TenantReport]) -> str:
    """Return `sha256:…` over all changes of a report, by tenant and key: the same for shards merged or not."""
    return _digest(
        _rows(tenant.tenant, tenant.origin, (key.change for key in tenant.keys))
        for tenant in sorted(tenants, key=lambda one: one.tenant)
    )


def _digest(rows: Iterable[bytes]) -> str:
    """Hash an RFC 8785 array of rows that are canonical already; of a tenant without a change there are none."""
    return "sha256:" + hashlib.sha256(b"[" + b",".join(filter(None, rows)) + b"]").hexdigest()


def _rows(tenant: str, origin: str, changes: Iterable[Change]) -> bytes:
    """Return the rows of one tenant by key name, as they stand in an RFC 8785 array.

    What `json` writes to the same bytes it writes, in C; the library writes the rest. See docs/decisions/0013.
    """
    ordered = sorted(changes, key=lambda one: one.key)
    counted = [_as_shown(tenant, origin, change) for change in ordered]
    if all(_is_ordinary(one["after"]) and _is_ordinary(one.get("before")) for one in counted):
        try:
            return _as_json(counted)[1:-1].encode()
        except UnicodeEncodeError:
            pass  # half a surrogate pair somewhere
    import rfc8785  # next to no plan needs it

    return b",".join(rfc8785.dumps(row(tenant, origin, change)) for change in ordered)  # type: ignore[arg-type]


def _as_shown(tenant: str, origin: str, change: Change) -> dict[str, Any]:
    counted: dict[str, Any] = {
        "origin": origin,
        "tenant": tenant,
        "key": change.key,
        "action": change.action.value,
        "after": change.after,
        "sensitive_differs": sorted(field.pointer for field in change.changes if field.sensitive),
    }
    if change.before is not ABSENT:
        counted["before"] = change.before
    return counted


def _is_ordinary(value: Any) -> bool:
    """True for what `json` writes as the library does, half a surrogate pair aside. False says nothing.

    They differ in floats, in what is written out, and in how names are sorted: by UTF-16 or by code point.
    """
    kind = type(value)
    if kind is int:
        return bool(-_EXACT <= value <= _EXACT)
    if kind is dict:
        return "".join(value).isascii() and all(map(_is_ordinary, value.values())) and not _is_set_apart(value)
    if kind is tuple:
        return all(map(_is_ordinary, value))
    return kind is str or kind is bool or value is None


def _is_set_apart(members: Collection[str]) -> bool:
    return len(members) == 1 and _WRITTEN_OUT.issuperset(members)


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
    return {"object": members} if _is_set_apart(members) else members


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
