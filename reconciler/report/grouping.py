"""What many tenants have in common, and which few are not like the others: for every renderer that people read.

Pure, and one walk through the report each. Returns raw text with strings from files and the API inside: each
renderer escapes it for its medium. No value of a sensitive field is in it, and no name of a secret either.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.model.report import Report
from reconciler.model.values import SCALARS, Json, pointer
from reconciler.report.alike import Same, alike
from reconciler.report.fields import is_reference, label, value_text

_Said: TypeAlias = tuple[type, Json]
"""A value by which tenants are told apart. With its type, since True is 1 to Python, and to nobody else."""
LEAST = 8
"""Tenants that must declare a field before one can be told from the others."""
USUAL = 0.8
"""The share of them that must say the same."""
RARE = 20
"""One in so many may say something else, all such together; one tenant always may."""


@dataclass(frozen=True, slots=True)
class Group(Same):
    """Tenants, sorted, in which the same would happen to one key, or has happened to it."""

    tenants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlier:
    """A field in which nearly all tenants that declare it want the same, and few something else.

    `usual` is what `agreeing` tenants say. `others` are the rest, rarest first: a value and its tenants, sorted. It is
    about what git declares, whatever is live: a slip in a file looks like this before it is ever applied.
    """

    key: str
    pointer: str
    usual: str
    agreeing: int
    others: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def label(self) -> str:
        """The field as people write it; `value` for a key that has no fields."""
        return label(self.pointer)


def groups(report: Report) -> tuple[Group, ...]:
    """Return the keys that aren't in sync, those alike together: riskiest first, then what this revision does, then the
    largest group, then by name.

    Every such key of every tenant is in exactly one group, so a group may have one tenant only.
    """
    found: dict[Same, list[str]] = {}
    for row in alike(report):
        found.setdefault(row.same, []).extend(tenant.tenant for tenant, _ in row.members)
    made = (_group(same, tuple(sorted(tenants))) for same, tenants in found.items())
    return tuple(
        sorted(made, key=lambda group: (group.risk, group.side, -len(group.tenants), group.key, group.tenants))
    )


def _group(one: Same, tenants: tuple[str, ...]) -> Group:
    return Group(one.key, one.action, one.reason, one.status, one.risk, one.side, one.lines, tenants)


def outliers(report: Report) -> tuple[Outlier, ...]:
    """Return the fields in which few tenants want something else than nearly all the others, by key and field.

    A field in which every tenant has a value of its own (an address, a prefix) has no usual one, and no outlier.
    """
    declared: dict[tuple[str, str], dict[_Said, list[str]]] = {}
    for tenant in report.tenants:
        for key in tenant.keys:
            for where, said in _leaves(key.change.after):
                declared.setdefault((key.change.key, where), {}).setdefault(said, []).append(tenant.tenant)
    return tuple(
        outlier
        for (key, where), values in sorted(declared.items())
        if (outlier := _outlier(key, where, values)) is not None
    )


def _outlier(key: str, where: str, values: Mapping[_Said, list[str]]) -> Outlier | None:
    usual, agreeing = max(values.items(), key=lambda pair: len(pair[1]))
    total = sum(map(len, values.values()))
    if len(values) == 1 or total < LEAST or len(agreeing) < USUAL * total:
        return None
    few = max(1, total // RARE)
    rare = {said: names for said, names in values.items() if len(names) <= few and said != usual}
    if not rare or sum(map(len, rare.values())) > few:
        return None
    told = [(_text(said), tuple(sorted(names))) for said, names in rare.items()]
    return Outlier(key, where, _text(usual), len(agreeing), tuple(sorted(told, key=lambda pair: (len(pair[1]), pair))))


def _text(said: _Said) -> str:
    kind, value = said
    return value if kind is tuple and isinstance(value, str) else value_text(value)


def _leaves(value: Json, where: str = "") -> Iterator[tuple[str, _Said]]:
    """Yield the pointer and the value of all that isn't an object, and of none that is a secret's name."""
    kind = type(value)
    if kind in SCALARS:
        yield where, (kind, value)
    elif isinstance(value, Mapping):
        if not is_reference(value):
            for name, member in value.items():
                yield from _leaves(member, f"{where}{pointer(name)}")
    elif isinstance(value, tuple):
        # As text, which can be told apart whatever is inside.
        yield where, (tuple, value_text(value))


def names_of(tenants: Iterable[str], most: int) -> str:
    """Return the first `most` tenants by name, and how many more there are."""
    every = list(tenants)
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more:,} more" if more > 0 else "")
