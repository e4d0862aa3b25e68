from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from reconciler.catalogue import Catalogue
from reconciler.catalogue import load as load_catalogue
from reconciler.desired.fleet import Fleet, load
from reconciler.desired.listing import list_files
from reconciler.model.files import Entry, Kind, Unread


@dataclass(frozen=True)
class MemoryFiles:
    """A folder that is a dict; a value that is no bytes is the reason why the file can't be read."""

    contents: Mapping[str, bytes | str]

    def entries(self) -> Iterator[Entry] | Unread:
        return iter([Entry(path, Kind.FILE) for path in self.contents])

    def read(self, path: str, limit: int) -> bytes | Unread:
        data = self.contents[path]
        return data[:limit] if isinstance(data, bytes) else Unread(data)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    loaded = load_catalogue()
    assert isinstance(loaded, Catalogue), loaded.message
    return loaded


@pytest.fixture(scope="session")
def fleet_of(catalogue: Catalogue) -> Callable[..., Fleet]:
    """Load a fleet from texts by path, shown below `tenants/`."""

    def loaded(texts: Mapping[str, str | bytes], names: Iterable[str] | None = None) -> Fleet:
        contents = {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}
        return load(list_files(MemoryFiles(contents), shown="tenants"), names, catalogue)

    return loaded


@pytest.fixture(scope="session")
def memory() -> Callable[[Mapping[str, bytes | str]], MemoryFiles]:
    """Make a folder in memory."""
    return MemoryFiles
