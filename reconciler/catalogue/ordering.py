"""`x-write-after`, over all keys: it names known keys, and no tenant's values can make it a circle."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from reconciler.model.key import Key, WriteAfter


def write_after(group: str, schema: Mapping[str, object]) -> tuple[WriteAfter, ...]:
    """Return the mark's rows; a short name means a key of the same group. No `when` means always."""
    rows = schema.get("x-write-after", ())
    return tuple(
        WriteAfter(row["key"] if "." in row["key"] else f"{group}.{row['key']}", row.get("when", {}))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping) and isinstance(row.get("key"), str)
    )


def order_faults(keys: Sequence[Key]) -> tuple[tuple[str, str], ...]:
    """Return what is wrong with the marks of `keys`: name of the key that bears the mark, and the fault."""
    return tuple(_named(keys)) or tuple(_circles(keys))


def _named(keys: Sequence[Key]) -> Iterator[tuple[str, str]]:
    known = {key.name: key for key in keys}
    for key in keys:
        for row in key.write_after:
            other = known.get(row.key)
            if other is None:
                yield key.name, f"x-write-after names {row.key}, which is no known key"
            elif other is key:
                yield key.name, "x-write-after names the key itself"
            elif key.write_once or other.write_once:
                yield key.name, "x-write-after can't say anything of a write-once key: it goes last in any case"


def _circles(keys: Sequence[Key]) -> Iterator[tuple[str, str]]:
    """Yield the keys whose mark closes a circle for some desired values.

    A row with a condition points either way, as the value decides: a circle of such rows is possible as soon as
    they connect two keys twice. A row without one points one way, so that only the direction can close a circle.
    """
    home = {key.name: key.name for key in keys}
    for key in keys:
        for row in key.write_after:
            one, other = _root(home, key.name), _root(home, row.key)
            if row.when and one == other:
                yield key.name, _CIRCLE
            elif row.when:
                home[one] = other
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for key in keys:
        for row in key.write_after:
            if not row.when:
                sorter.add(_root(home, key.name), _root(home, row.key))
    try:
        sorter.prepare()
    except CycleError as error:
        circle = set(error.args[1])
        yield next(key.name for key in keys if key.write_after and _root(home, key.name) in circle), _CIRCLE


_CIRCLE = "x-write-after closes a circle: for some values, no order of writing would be right"


def _root(home: Mapping[str, str], name: str) -> str:
    while home[name] != name:
        name = home[name]
    return name
