"""A first look at a file: whether there is certainly nothing to find in it. For fleets whose files are in order.

It doesn't find anything itself: a file that doesn't pass is read and judged in full, which tells what and where.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.desired.checks import Checks
from reconciler.desired.places import EXTENDS, Places
from reconciler.model.key import Key
from reconciler.model.secret_shapes import likenesses, spells, suspicious, texts_of
from reconciler.model.tenant import DesiredKey, Source
from reconciler.strictyaml import quick, quick_placed


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file in order says: the profiles that it extends, the last of which wins, and its keys by full name."""

    profiles: tuple[str, ...]
    keys: Mapping[str, DesiredKey]


class Glance:
    """Knows the keys, and the profiles that are in order themselves."""

    def __init__(self, places: Places, checks: Checks, profiles: Collection[str]) -> None:
        """Take `profiles` for those that a file may extend without a finding."""
        self._groups = places.groups
        self._checks = checks
        self._profiles = profiles

    def passes(self, data: bytes) -> bool:
        """True if judging the tenant's file `data` in full would find nothing, no warning either."""
        groups = None if suspicious(data) else quick(data)
        return groups is not None and self._passes(groups) and not _spelled(data, groups)

    def read(self, data: bytes, file: str) -> Seen | None:
        """Return what a file that passes says, as reading it in full would; None if it doesn't pass."""
        placed = None if suspicious(data) else quick_placed(data)
        if placed is None or not self._passes(placed.content) or _spelled(data, placed.content):
            return None
        keys: dict[str, DesiredKey] = {}
        for group, names in placed.names.items():
            for (short, value), place in zip(placed.content[group].items(), names, strict=True):
                key = self._groups[group][short]
                keys[key.name] = self._checks.meant(key, value, Source(file, *place))
        return Seen(tuple(placed.content.get(EXTENDS, ())), keys)

    def _passes(self, groups: Mapping[str, Any]) -> bool:
        declared: dict[str, tuple[Key, Any]] = {}
        for name, content in groups.items():
            if name == EXTENDS:
                if not self._extends(content):
                    return False
                continue
            keys = self._groups.get(name)
            if keys is None or not isinstance(content, dict) or not keys.keys() >= content.keys():
                return False
            declared.update((keys[short].name, (keys[short], value)) for short, value in content.items())
        return self._checks.all_pass(declared)

    def _extends(self, content: Any) -> bool:
        if not isinstance(content, list) or not all(isinstance(name, str) for name in content):
            return False
        return len(set(content)) == len(content) and all(name in self._profiles for name in content)


def _spelled(data: bytes, content: object) -> bool:
    """True if the escapes of a file spell what looks like a secret."""
    return spells(data) and any(map(likenesses, texts_of(content)))
