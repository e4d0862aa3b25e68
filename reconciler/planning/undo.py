"""What would bring back the values from before a run, and what nothing can bring back.

Which keys a run changed, or may have changed, of those that it was to write:

| outcome                                       | POSTs on the wire | changed |
|-----------------------------------------------|-------------------|---------|
| applied                                       | any               | yes     |
| unknown                                       | any               | maybe   |
| failed, skipped, unchanged, not-attempted     | none              | no      |
|                                               | one or more       | maybe   |
| rejected                                      | one               | no      |
|                                               | more: an earlier one may yet arrive | maybe |

Maybe counts as yes: where the old value is still live, restoring it is no change. It is built from what a report
shows, so no text of a secret can be in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change
from reconciler.model.report import KeyReport, TenantReport
from reconciler.model.values import ABSENT, Absent, Json, pointer
from reconciler.model.words import Reason, Status
from reconciler.planning.plan import MASKS

_HIDDEN: Json = {"sensitive": True}
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Undo:
    """By tenant, the document of a tenant file, `{group: {short name: value}}`; and `tenant: key: why not` texts."""

    tenants: Mapping[str, Json]
    not_restorable: tuple[str, ...]


def undo_of(tenants: Iterable[TenantReport]) -> Undo:
    """Return the undo of an apply, tenants and keys sorted by name; a tenant with nothing to restore is not in it.

    A key whose sensitive field changed is left out whole: nobody here knows the old secret, and the new one beside
    the old URL is a pair that never was. Where a sensitive field did not change, the declared reference stands.
    """
    documents: dict[str, Json] = {}
    said: list[str] = []
    for tenant in sorted(tenants, key=lambda one: one.tenant):
        groups: dict[str, dict[str, Json]] = {}
        for key in sorted(tenant.keys, key=lambda one: one.change.key):
            if not changed(key):
                continue
            change = key.change
            said += (f"{tenant.tenant}: {change.key}: {why}" for why in _losses(key))
            before = _restored(change)
            if before is not ABSENT:
                group, _, short = change.key.partition(".")
                groups.setdefault(group, {})[short] = before
        if groups:
            documents[tenant.tenant] = groups
    return Undo(documents, tuple(said))


def changed(key: KeyReport) -> bool:
    """True if the run changed the key or may have: the table above."""
    return key.change.action.writes and key.outcome is not None and _arrived(key.outcome)


def _arrived(outcome: Outcome) -> bool:
    match outcome.status:
        case Status.APPLIED | Status.UNKNOWN:
            return True
        case Status.REJECTED:
            return outcome.attempts > 1
        case Status.FAILED | Status.SKIPPED | Status.UNCHANGED | Status.NOT_ATTEMPTED:
            return outcome.attempts > 0
        case _ as never:
            assert_never(never)


def _losses(key: KeyReport) -> Iterator[str]:
    """Yield what can't be brought back of a key that was changed, a sentence each."""
    change = key.change
    if change.before is ABSENT:
        certain = key.outcome is not None and key.outcome.status is Status.APPLIED
        once = _UNSET_ONCE if certain else _PERHAPS_SET_ONCE
        yield once if change.write_once else _UNSET
        return
    unknown = _lost_secrets(change)
    if unknown:
        yield f"the secret at {', '.join(unknown)} changed, and the old one is not known here. Restore the key by hand."
        return
    if change.drops:
        yield f"{', '.join(change.drops)}, which the schema doesn't know, was dropped. The rest is restorable."
    if change.reason is Reason.DEFAULT_DIFFERS:
        yield "it was never set, and can't be so again. Undo sets what was the platform's default."
    if any(warning.startswith(MASKS) for warning in change.warnings):
        yield (
            "the platform masks its secret, so whether that changed can't be told. Undo sends the declared one again,"
            " and restores the rest."
        )


_UNSET = "it was unset, and a key that has been set stays set."
_UNSET_ONCE = "it was unset, and can be set only once. It keeps its value for good."
_PERHAPS_SET_ONCE = (
    "it was unset, and can be set only once. If the write arrived, it keeps that value for good: plan again."
)


def _lost_secrets(change: Change) -> tuple[str, ...]:
    """Return the pointers of the secrets from before that no reference of the desired value stands for."""
    replaced = {field.pointer for field in change.changes if field.sensitive}
    return tuple(
        where
        for path in _hidden(change.before, ())
        if (where := pointer(*path)) in replaced or not _is_reference(_at(change.after, path))
    )


def _restored(change: Change) -> Json | Absent:
    """Return the value from before as a file says it; ABSENT when there is none, or when a secret of it is lost."""
    if change.before is ABSENT or _lost_secrets(change):
        return ABSENT
    return _with_references(change.before, change.after, ())


def _with_references(value: Json, after: Json, path: _Path) -> Json:
    if value == _HIDDEN:
        return _at(after, path)
    if isinstance(value, Mapping):
        return {name: _with_references(member, after, (*path, name)) for name, member in value.items()}
    if isinstance(value, tuple):
        return tuple(_with_references(item, after, (*path, index)) for index, item in enumerate(value))
    return value


def _hidden(value: Json | Absent, path: _Path) -> Iterator[_Path]:
    """Yield the path of each secret. A live object that only looks like the mark is taken for one: that is safe."""
    if value == _HIDDEN:
        yield path
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _hidden(member, (*path, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _hidden(item, (*path, index))


def _at(value: Json, path: _Path) -> Json:
    """Return what stands at `path`; null where nothing does, which is no reference either."""
    here = value
    for part in path:
        if isinstance(here, Mapping):
            here = here.get(str(part))
        elif isinstance(here, tuple) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            return None
    return here


def _is_reference(value: Json) -> bool:
    return isinstance(value, Mapping) and value.keys() == {"secret"}
