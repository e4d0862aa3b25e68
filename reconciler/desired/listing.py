"""Which files there are: tenants, profiles, and what is wrong with names and links. Reads no file.

| entry                              | means                                                 |
|------------------------------------|-------------------------------------------------------|
| `acme.yaml`, `eu/acme.yml`         | the tenant `acme`                                     |
| `_retail.yaml`, `eu/_retail.yaml`  | the profile `_retail`, `eu/_retail`                   |
| `.anything`, also as a folder      | ignored                                               |
| `acme.json`, `acme.yaml~`          | a warning: somebody may think that it counts          |
| any other name                     | ignored                                               |
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from reconciler.desired.files import DiskFiles
from reconciler.model.files import Entry, Files, Kind, Unread
from reconciler.model.problem import Problem
from reconciler.model.words import Severity

_STEM: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SUFFIXES: Final = {".yaml", ".yml"}
_NEARLY: Final = re.compile(r".+\.(?:json|ya?ml[^a-z0-9].*|ya?ml\.?(?:bak|orig|rej|old|swp|txt))", re.IGNORECASE)
NO_FOLDER: Final = "file/no-folder"
_ALLOWED: Final = "1 to 63 of a-z, 0-9 and hyphens, with a letter or digit first and last"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One tenant's or profile's file: its name, its path in the folder, and the name that people see.

    With `problems` it must not be read. `target` is where it really is, if `path` is a link.
    """

    name: str
    path: str
    file: str
    problems: tuple[Problem, ...] = ()
    target: str = ""

    @property
    def real(self) -> str:
        """The path in the folder at which the file really is."""
        return self.target or self.path


@dataclass(frozen=True, slots=True)
class Listing:
    """All tenants and profiles, sorted by name, and the problems that belong to neither."""

    files: Files = field(repr=False)
    tenants: tuple[SourceFile, ...] = ()
    profiles: tuple[SourceFile, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tenants, readable or not, sorted."""
        return tuple(source.name for source in self.tenants)

    @property
    def has_misplaced(self) -> bool:
        """True if something in the folder was meant to count and can't: a bad name, a link that leads outside."""
        return any(one.severity is Severity.ERROR and one.rule != NO_FOLDER for one in self.problems)


def discover(folder: Path, *, shown_from: Path) -> Listing:
    """List the folder of tenants on disk.

    A relative `folder` is one of `shown_from`. Files are named relative to that when they are inside it, else by
    `folder` as given. A missing folder is a listing without tenants, with one problem that says what to do.
    """
    return list_files(DiskFiles(Path(shown_from, folder)), shown=_shown(folder, shown_from))


def _shown(folder: Path, start: Path) -> str:
    absolute = Path(start, folder)
    for path, base in ((absolute, start), (absolute.resolve(), start.resolve())):
        if path.is_relative_to(base) and ".." not in path.parts:
            return path.relative_to(base).as_posix()
    return folder.as_posix()


def list_files(files: Files, *, shown: str) -> Listing:
    """Sort what `files` holds into tenants and profiles; `shown` is the folder's name in findings."""
    entries = files.entries()
    if isinstance(entries, Unread):
        message = f"There is no folder of tenants here ({entries.reason})"
        hint = "Point --tenants at it, or write the first file with: reconciler import TENANT"
        return Listing(files, problems=(Problem(encodable(shown), 0, 0, "", NO_FOLDER, message, hint),))
    groups: dict[str, list[Entry]] = {}
    problems: list[Problem] = []
    for entry in sorted(entries, key=lambda entry: entry.path):
        name = _Name.of(entry.path)
        if entry.kind in _FOLDERS:
            problems.append(_whole(entry, shown, *_KINDS[entry.kind]))
        elif name.suffix.lower() in _SUFFIXES:
            groups.setdefault(_identity(name), []).append(entry)
        elif _NEARLY.fullmatch(name.stem + name.suffix):
            problems.append(_ignored(entry, shown))
    tenants: list[SourceFile] = []
    profiles: list[SourceFile] = []
    for same in groups.values():
        source = _source(same, shown)
        if source.name:
            (profiles if source.name.rpartition("/")[2].startswith("_") else tenants).append(source)
        else:
            problems.extend(source.problems)
    return Listing(files, _sorted(tenants), _sorted(profiles), tuple(sorted(problems)))


def _sorted(sources: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    return tuple(sorted(sources, key=lambda source: source.name))


class _Name(NamedTuple):
    """A path in parts: `folder` ends with a slash if there is one, `suffix` begins with its dot if there is one."""

    folder: str
    stem: str
    suffix: str

    @classmethod
    def of(cls, path: str) -> "_Name":
        """Take `path` apart, as pathlib would, in a fifth of the time: there is one for every file of the fleet."""
        folder, slash, name = path.rpartition("/")
        dot = name.rfind(".")
        cut = dot if 0 < dot < len(name) - 1 else len(name)
        return cls(folder + slash, name[:cut], name[cut:])

    @property
    def unique(self) -> str:
        """What it may be called by: the stem for a tenant, the path for a profile."""
        return self.folder + self.stem if self.stem.startswith("_") else self.stem


def _identity(name: _Name) -> str:
    """Return what must be unique, with case and Unicode forms folded."""
    return unicodedata.normalize("NFKC", encodable(name.unique)).casefold()


def _source(same: list[Entry], shown: str) -> SourceFile:
    """Return the file, or the files that claim the same name, as one source. Without a good name it has none."""
    if len(same) == 1 and same[0].kind is Kind.FILE and (only := _name(same[0])):
        return SourceFile(only, same[0].path, _file(same[0], shown), target=same[0].target)
    good = [entry for entry in same if _name(entry)]
    first = good[0] if good else same[0]
    name = _name(first)
    problems = [_bad_name(entry, shown) for entry in same if not _name(entry)]
    problems += [_whole(entry, shown, *_KINDS[entry.kind]) for entry in good if entry.kind in _KINDS]
    files = [_file(entry, shown) for entry in same]
    for entry in same[1:]:
        message = f"{files[0]} and {_file(entry, shown)} claim the same name"
        problems.append(_whole(entry, shown, "file/same-name", message, "Keep one of them, or rename one."))
    tenant = "" if name.rpartition("/")[2].startswith("_") else name
    owned = tuple(
        Problem(one.file, 0, 0, "", one.rule, one.message, one.hint, tenant=tenant) for one in sorted(problems)
    )
    return SourceFile(name, first.path, _file(first, shown), owned, first.target)


def _name(entry: Entry) -> str:
    """Return the name of the tenant or profile, or nothing when the file's name is bad."""
    name = _Name.of(entry.path)
    if name.suffix not in _SUFFIXES or not _STEM.fullmatch(name.stem.removeprefix("_")):
        return ""
    return encodable(name.unique)


def _bad_name(entry: Entry, shown: str) -> Problem:
    _, stem, suffix = _Name.of(entry.path)
    mark = "_" if stem.startswith("_") else ""
    better = re.sub("[^a-z0-9]+", "-", stem.casefold()).strip("-")[:63].strip("-") or "acme"
    hint = f"Use {_ALLOWED}, such as {mark}{better}{suffix.lower()}"
    return _whole(entry, shown, "file/name", "A tenant can't have this name", hint)


def _ignored(entry: Entry, shown: str) -> Problem:
    hint = "Remove it, or rename it to NAME.yaml if it is meant to count."
    problem = _whole(entry, shown, "file/ignored", "The file is not read: its name doesn't end in .yaml", hint)
    return Problem(problem.file, 0, 0, "", problem.rule, problem.message, hint, Severity.WARNING)


_FOLDERS: Final = frozenset({Kind.CLOSED_FOLDER, Kind.LINK_TO_FOLDER})
_KINDS: Final[Mapping[Kind, tuple[str, str, str]]] = {
    Kind.LINK_OUTSIDE: ("file/link", "A link that leads outside of the folder", "Put the file itself here."),
    Kind.LINK_BROKEN: ("file/link", "A link that leads nowhere, or can't be followed", "Mend or remove it."),
    Kind.LINK_TO_FOLDER: ("file/link", "A link to a folder is not followed", "Put the folder itself here."),
    Kind.SPECIAL: ("file/special", "Not a regular file", "Put a regular file here."),
    Kind.CLOSED_FOLDER: ("file/unreadable", "The folder can't be listed", "Check its permissions."),
}


def _whole(entry: Entry, shown: str, rule: str, message: str, hint: str) -> Problem:
    return Problem(_file(entry, shown), 0, 0, "", rule, message, hint)


def _file(entry: Entry, shown: str) -> str:
    return encodable(entry.path if shown in {"", "."} else f"{shown.rstrip('/')}/{entry.path}")


def encodable(name: str) -> str:
    """Return a file's name as text that can be encoded: bytes that are not UTF-8 become escapes."""
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode("utf-8")
