"""Which fields differ, for people. The decision never rests on this: it compares whole values (`model.normal`)."""

from collections.abc import Iterable, Mapping

from reconciler.model.normal import Path, at, references
from reconciler.model.plan import FieldChange
from reconciler.model.values import ABSENT, Absent, Json, Secret, SecretRef, Value, pointer, shown


def field_changes(before: Value | Absent, after: Value, secrets_differ: Iterable[str]) -> tuple[FieldChange, ...]:
    """Return the differences between two normalised values, sorted by pointer.

    An array is one field: `["store"] -> ["dc", "store"]` reads better than two changed indexes, and is the only
    true reading of a set. `secrets_differ` are the pointers of the sensitive fields known to differ; the texts
    are not looked at here. Without a before, every member of `after` is an addition. No pointer is there twice.
    """
    if before is ABSENT:
        return _additions(after)
    differ = frozenset(secrets_differ)
    paths = {path for path, _ in references(after) if pointer(*path) in differ} | _differing(before, after)
    found = (_field_change(at(before, path), at(after, path), pointer(*path)) for path in paths)
    return tuple(sorted(found, key=lambda change: change.pointer))


def _field_change(before: Value | Absent, after: Value | Absent, where: str) -> FieldChange:
    return FieldChange(where, _show(before), _show(after), sensitive=_is_secret(before) or _is_secret(after))


def _is_secret(value: Value | Absent) -> bool:
    return isinstance(value, Secret | SecretRef)


def _differing(before: Value, after: Value) -> set[Path]:
    """Return the paths of the fields that differ, each cut at the first array, secrets left out."""
    one, other = _comparable(before), _comparable(after)
    if not (isinstance(one, dict) and isinstance(other, dict)):
        # Without fields there is nothing to look for, and no library to wait for. `True` is not `1`.
        return set() if type(one) is type(other) and one == other else {()}
    from deepdiff import DeepDiff  # here: the import takes longer than a plan

    tree = DeepDiff(
        one,
        other,
        view="tree",
        ignore_private_variables=False,  # `__name` is a field like any other
        threshold_to_diff_deeper=0,  # fields, however few the two sides share
    )
    return {_to_array(item.path(output_format="list")) for items in tree.values() for item in items}


def _to_array(path: list[str | int]) -> Path:
    cut = next((place for place, part in enumerate(path) if isinstance(part, int)), len(path))
    return tuple(path[:cut])


def _comparable(value: Value) -> object:
    """Return plain data with all secrets alike, so that no text of one enters the diff library."""
    if isinstance(value, Secret | SecretRef):
        return ...  # equal to itself, and to nothing that JSON can hold
    if isinstance(value, Mapping):
        return {name: _comparable(value[name]) for name in sorted(value)}
    if isinstance(value, tuple):
        return [repr([_comparable(item) for item in value])]  # one field; and to the library, [True] is [1]
    return value


def _additions(after: Value) -> tuple[FieldChange, ...]:
    members: Mapping[Path, Value] = (
        {(name,): member for name, member in after.items()} if isinstance(after, Mapping) else {(): after}
    )
    found = (_field_change(ABSENT, member, pointer(*path)) for path, member in members.items())
    return tuple(sorted(found, key=lambda change: change.pointer))


def _show(value: Value | Absent) -> Json | Absent:
    return ABSENT if isinstance(value, Absent) else shown(value)
