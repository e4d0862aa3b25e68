"""One file as written: which profiles it extends, which keys it declares, and where. Profiles are not merged yet."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reconciler.desired.naming import is_plain, listed, quoted, suggestion
from reconciler.desired.places import EXTENDS, Places
from reconciler.model.key import Key
from reconciler.model.problem import Problem
from reconciler.model.tenant import Source
from reconciler.model.values import pointer
from reconciler.strictyaml import Document, Node, Path, parse

_REFERENCE_HINT: Final = "Only a reference belongs here: {secret: NAME}."
_ESCAPE: Final = re.compile("~[01]")
_MOST_VALUES: Final = 10_000
"""Each may cost a finding, and findings cost time. A tenant has some dozens of values."""
_MOST_PROFILES: Final = 100
"""Of one file: for each that is not there, all that are have to be compared with it."""


@dataclass(frozen=True, slots=True)
class Extends:
    """One profile that a file names, and where it does; `index` is that in the list, from 0."""

    profile: str
    index: int
    source: Source


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared key: `value` is plain data as written, `source` the place of its name."""

    key: Key
    value: Any = field(repr=False)
    source: Source


@dataclass(frozen=True, slots=True)
class RawTenant:
    """One parsed file, of a tenant or of a profile. `problems` are those of notation and form."""

    file: str
    document: Document
    extends: tuple[Extends, ...] = ()
    extends_source: Source | None = None
    declared: tuple[Declared, ...] = ()
    problems: tuple[Problem, ...] = ()

    def problem(self, path: Path, rule: str, message: str, hint: str = "", *, on_name: bool = False) -> Problem:
        """Return a finding about `path`, at its value, or `on_name` at its name."""
        line, column = self.document.key_position(path) if on_name else self.document.position(path)
        return Problem(self.file, line, column, pointer(*path), rule, message, hint)


def read_raw(data: bytes, file: str, places: Places) -> RawTenant:
    """Parse one file. Never raises for what it holds."""
    document = parse(data, file=file, max_values=_MOST_VALUES, hidden=places.hidden)
    notation = tuple(_hushed(problem, places) for problem in document.problems)
    empty = RawTenant(file, document, problems=notation)
    root = document.root
    if root is None or root.broken:
        return empty
    if not isinstance(root.content, Mapping):
        message = "The file is not a mapping; groups of keys are expected"
        hint = f"Start with one of: {listed([EXTENDS, *places.groups])}."
        return replace(empty, problems=(*notation, empty.problem((), "spec/type", message, hint)))
    return _read_root(root, empty, places)


def _read_root(root: Node, raw: RawTenant, places: Places) -> RawTenant:
    found: list[Extends | Declared | Problem] = []
    for name, item in root.members.items():
        if name == EXTENDS:
            source = Source(raw.file, item.line, item.column)
            raw = replace(raw, extends_source=source)
            found.extend(_read_extends(item.node, raw))
        else:
            found.extend(_read_group(name, item.node, raw, places))
    return replace(
        raw,
        extends=tuple(one for one in found if isinstance(one, Extends)),
        declared=tuple(one for one in found if isinstance(one, Declared)),
        problems=(*raw.problems, *(one for one in found if isinstance(one, Problem))),
    )


def _read_extends(node: Node, raw: RawTenant) -> Iterator[Extends | Problem]:
    if node.broken:
        return
    if not isinstance(node.content, tuple):
        message = "extends is not a list of profiles"
        yield raw.problem((EXTENDS,), "profile/form", message, "Write a list: extends: [_name].")
        return
    seen: set[str] = set()
    for index, item in enumerate(node.content):
        if index == _MOST_PROFILES:
            message = f"More than {_MOST_PROFILES} profiles"
            yield raw.problem((EXTENDS, index), "profile/form", message, "Merge some of them; the rest was not read.")
            return
        name = item.content
        if item.broken:
            continue
        if not isinstance(name, str):
            message = "The name of a profile is not text"
            yield raw.problem((EXTENDS, index), "profile/form", message, "Write the name, such as _base.")
        elif name in seen:
            message = f"The profile {quoted(name)} is named twice"
            yield raw.problem((EXTENDS, index), "profile/twice", message, "Keep the last; later profiles win.")
        else:
            seen.add(name)
            yield Extends(name, index, Source(raw.file, item.line, item.column))


def _read_group(group: str, node: Node, raw: RawTenant, places: Places) -> Iterator[Declared | Problem]:
    keys = places.groups.get(group)
    if keys is None:
        yield _unknown_group(group, raw, places)
    elif node.broken:
        return
    elif not isinstance(node.content, Mapping):
        message = f"The group {group} is not a mapping of keys"
        hint = f"Declare a key in it, or remove it. {_possible(keys)}"
        if isinstance(node.content, str) and ":" in node.content:
            hint = "Write NAME: VALUE, with a blank after the colon."
        yield raw.problem((group,), "spec/type", message, hint)
    else:
        for short, item in node.members.items():
            if short in keys:
                yield Declared(keys[short], item.node.plain, Source(raw.file, item.line, item.column))
            else:
                message = f"The group {group} has no key {quoted(short)}"
                path = (group, short) if is_plain(short) else (group,)
                found = raw.problem((group, short), "spec/additionalProperties", message, on_name=True)
                hint = _outdented(short, node, keys) or suggestion(short, keys)
                yield replace(found, pointer=pointer(*path), hint=hint)


def _outdented(name: str, node: Node, keys: Mapping[str, Key]) -> str:
    """Return a hint for a field that stands beside its key, which then has no value; nothing for another name."""
    # Over the keys, which are few: a file may have as many names as it likes.
    for short, key in keys.items():
        item = node.members.get(short)
        if item is not None and item.node.content is None and name in key.schema.get("properties", {}):
            return f"It is a field of {short}: indent it below that."
    return ""


def _unknown_group(name: str, raw: RawTenant, places: Places) -> Problem:
    """Say that a top-level name is unknown; the name of a key without its group gets its own hint."""
    found = raw.problem((name,), "spec/additionalProperties", f"There is no group {quoted(name)}", on_name=True)
    home = next((group for group, keys in places.groups.items() if name.removeprefix(f"{group}.") in keys), None)
    hint = suggestion(name, [EXTENDS, *places.groups])
    if home is not None:
        hint = f"It is a key of the group {home}: indent it below that."
    return replace(found, pointer=found.pointer if is_plain(name) else "", hint=hint)


def _possible(keys: Mapping[str, Key]) -> str:
    return f"Possible: {listed(keys)}."


def _hushed(problem: Problem, places: Places) -> Problem:
    """Cut the pointer of a notation finding before a name that could be a secret; don't advise to quote a secret."""
    if not problem.pointer:
        return problem
    parts = tuple(_ESCAPE.sub(_unescape, part) for part in problem.pointer.split("/")[1:])
    hint = _REFERENCE_HINT if places.sensitive(parts) else problem.hint
    return replace(problem, pointer=pointer(*places.pointed(parts)), hint=hint)


def _unescape(match: re.Match[str]) -> str:
    return "/" if match[0] == "~1" else "~"
