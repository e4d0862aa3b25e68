"""A file's text from values that no person wrote: what is live now, or what was live before a run.

A key is declared when it has a value and that would be valid in a file. Otherwise it is a comment that says why, so
that the draft is always valid. Planning the draft of what is live changes nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.catalogue import Catalogue
from reconciler.catalogue.tenantfile import SECRET_NAME
from reconciler.desired.compose import Entry, compose, snippet
from reconciler.desired.fleet import load
from reconciler.desired.listing import list_files
from reconciler.desired.remarks import remarks
from reconciler.model.files import Entry as FileEntry
from reconciler.model.files import Kind, Unread
from reconciler.model.key import Key
from reconciler.model.live import Live
from reconciler.model.normal import Path, at, references, sent_to
from reconciler.model.tenant import Secrets
from reconciler.model.values import Absent, Json, Secret, SecretRef, Value
from reconciler.model.words import LiveState, Severity


@dataclass(frozen=True, slots=True)
class Need:
    """A secret that the draft names and the credentials don't have, or have with another text than is live.

    `url` is where the platform sends it: what the entry in the credentials is `for`. Empty if nothing says.
    """

    name: str
    url: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A tenant's or profile's file, yet to be written. `needs` is what the credentials lack, by name.

    `foreign` are the full names of keys that the catalogue doesn't know: they are mentioned at most.
    """

    entries: tuple[Entry, ...]
    header: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    foreign: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole file."""
        return compose(self.entries, self.header, self.footer, self.extends)

    @property
    def declared(self) -> tuple[str, ...]:
        """The full names of the keys that the file itself declares."""
        return tuple(entry.key.name for entry in self.entries if not entry.instead_of)

    @property
    def commented(self) -> tuple[str, ...]:
        """The full names of the keys that stand there as a comment, because a file may not say their value."""
        return (*(entry.key.name for entry in self.entries if entry.instead_of), *self.foreign)


@dataclass(frozen=True, slots=True)
class OneFile:
    """A folder of tenants that holds one file, in memory."""

    name: str
    data: bytes

    def entries(self) -> Iterator[FileEntry] | Unread:
        """Yield the file."""
        return iter((FileEntry(self.name, Kind.FILE),))

    def read(self, path: str, limit: int) -> bytes | Unread:
        """Return the file's bytes."""
        return self.data[:limit] if path == self.name else Unread("no such file")


def is_tenant_name(name: str) -> bool:
    """True if a file of this name could be a tenant's."""
    return "/" not in name and list_files(OneFile(f"{name}.yaml", b""), shown="").names == (name,)


def is_profile_name(name: str) -> bool:
    """True if a file of this name, in the folder of tenants itself, could be a profile's."""
    profiles = list_files(OneFile(f"{name}.yaml", b""), shown="").profiles if "/" not in name else ()
    return [profile.name for profile in profiles] == [name]


def draft(tenant: str, live: Mapping[str, Live], catalogue: Catalogue, secrets: Secrets, modeline: str) -> Draft:
    """Return the file for what is live, keys in catalogue order. No text of a secret is in it."""
    entries: list[Entry] = []
    mentioned: list[str] = []
    dropped: list[str] = []
    needs: dict[str, Need] = {}
    for key in catalogue.keys:
        read = live[key.name]
        if read.state is not LiveState.SET or isinstance(read.value, Absent):
            mentioned.append(f"{key.name} ({key.title}): {_NOT_DECLARED.get(read.state, read.state.value)}")
            continue
        dropped += [f"{key.name}{where}" for where in read.unknown]
        value = _referenced(read.value, key, secrets, ())
        needs |= {need.name: need for need in _needs(key, value, read.value, secrets)}
        entry = Entry(key, value, remarks=remarks(key))
        entries.append(_judged(entry, catalogue, "Live like this, which a file may not say:"))
    header = (modeline, f"The values of {tenant}, as the platform had them.", "")
    footer = (
        *(("", "Not declared, so never read or written:", *mentioned) if mentioned else ()),
        *(("", "Live, and in no schema: writing the key would drop these.", *dropped) if dropped else ()),
    )
    return Draft(tuple(entries), header, footer, tuple(needs[name] for name in sorted(needs)))


def restore(
    document: Mapping[str, Mapping[str, Json]], catalogue: Catalogue, header: Sequence[str], footer: Sequence[str]
) -> Draft:
    """Return the file for values from before a run, `{group: {short name: value}}`, as a file says them.

    A key that the catalogue doesn't know is mentioned in a comment, without its value.
    """
    known = {(key.group, key.short): key for key in catalogue.keys}
    entries: list[Entry] = []
    foreign: list[str] = []
    for group, members in document.items():
        for short, value in members.items():
            key = known.get((group, short))
            if key is None:
                foreign.append(f"{group}.{short}")
                continue
            entry = Entry(key, _as_written(value))
            entries.append(_judged(entry, catalogue, "It was like this, which a file may not say:"))
    mentioned = ("", "Not in the catalogue, so not here:", *foreign) if foreign else ()
    return Draft(tuple(entries), tuple(header), (*footer, *mentioned), foreign=tuple(foreign))


_NOT_DECLARED = {
    LiveState.UNSET: "not set",
    LiveState.DEFAULT: "never set; the platform's default holds",
    LiveState.AMBIGUOUS: "can't be told whether it was ever set",
    LiveState.UNKNOWN_KEY: "this tenant's API does not know it",
}


def _needs(key: Key, value: Value, live: Value, secrets: Secrets) -> Iterator[Need]:
    for path, ref in references(value):
        secret = at(live, path)
        masked = isinstance(secret, Secret) and secret.looks_masked
        if ref.name not in secrets or (secrets[ref.name].secret != secret and not masked):
            yield Need(ref.name, sent_to(key.schema, value, path) or "", differs=ref.name in secrets)


def _referenced(value: Value, key: Key, secrets: Secrets, path: Path) -> Value:
    """Return the value with a reference in each secret's place."""
    if isinstance(value, Secret):
        name = next(
            (name for name in sorted(secrets) if secrets[name].secret == value),
            re.sub("[^A-Z0-9]+", "_", "_".join([key.short, *(str(part) for part in path)]).upper()),
        )
        return SecretRef(name)
    if isinstance(value, Mapping):
        return {part: _referenced(member, key, secrets, (*path, part)) for part, member in value.items()}
    if isinstance(value, tuple):
        return tuple(_referenced(item, key, secrets, (*path, index)) for index, item in enumerate(value))
    return value


def _as_written(value: Json) -> Value:
    """Return the value with `{"secret": NAME}` as the reference that it is, unless no secret could have that name."""
    if isinstance(value, Mapping):
        name = value.get("secret")
        if len(value) == 1 and isinstance(name, str) and re.fullmatch(SECRET_NAME, name):
            return SecretRef(name)
        return {part: _as_written(member) for part, member in value.items()}
    return tuple(_as_written(item) for item in value) if isinstance(value, tuple) else value


def _judged(entry: Entry, catalogue: Catalogue, said: str) -> Entry:
    """Return the entry, as a comment if its value would not be valid in a file: then `said`, and the problems."""
    files = OneFile("draft.yaml", snippet(entry).encode("utf-8", "replace"))
    fleet = load(list_files(files, shown=""), None, catalogue)
    found = tuple(
        f"{problem.message.rstrip('.')}. {problem.hint}".strip()
        for one in fleet.tenants
        for problem in one.problems
        if problem.severity is Severity.ERROR
    )
    return replace(entry, instead_of=(said, *found)) if found else entry
