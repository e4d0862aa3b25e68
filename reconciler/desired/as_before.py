"""Which files are to the byte what they were at another revision: known by hash, without reading what was there."""

from collections.abc import Callable

from reconciler.desired.listing import Listing, SourceFile
from reconciler.desired.places import EXTENDS
from reconciler.strictyaml import MAX_BYTES, quick

Holds = Callable[[str, bytes], bool]
"""True if the base's file at a path is exactly these bytes; False also when that can't be told without reading it."""


class AsBefore:
    """Knows by its bytes a tenant that can't have changed. That another one has isn't said."""

    def __init__(self, now: Listing, base: Listing, holds: Holds) -> None:
        """Compare every profile of both listings; `holds` is the base's."""
        self._files = now.files
        self._holds = holds
        today = {source.name: source for source in now.profiles}
        then = {source.name: source for source in base.profiles}
        self._moved = {
            name
            for name in today.keys() | then.keys()
            if name not in today or name not in then or not self._same(today[name], then[name])
        }
        """The profiles that are not as they were."""

    def __call__(self, source: SourceFile, before: SourceFile) -> bool:
        """True if a tenant's file is as it was, and each profile that it extends."""
        data = self._bytes(source, before)
        if data is None or not self._moved:
            return data is not None
        groups = quick(data)
        extends = [] if groups is None else groups.get(EXTENDS, [])
        return groups is not None and isinstance(extends, list) and self._moved.isdisjoint(map(str, extends))

    def _same(self, source: SourceFile, before: SourceFile) -> bool:
        return self._bytes(source, before) is not None

    def _bytes(self, source: SourceFile, before: SourceFile) -> bytes | None:
        """Return a file's bytes if they are those of the base."""
        if source.problems or before.problems:
            return None
        data = self._files.read(source.path, MAX_BYTES + 1)
        return data if isinstance(data, bytes) and self._holds(before.path, data) else None
