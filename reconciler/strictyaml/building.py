"""Events to nodes: what is built, what is refused, and where a finding may show what it found."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import yaml

from reconciler.strictyaml.decoding import control_character
from reconciler.strictyaml.document import Item, Node, Path
from reconciler.strictyaml.findings import UNNAMED, Findings, Full
from reconciler.strictyaml.scalars import Trap, resolve

NODES_PER_MIB: Final = 100_000
"""More values than any tenant has; a file full of `a:` lines must not take seconds."""

STOP: Final = object()
"""What `take` returns when the rest of the file must not be read."""

_ESCAPES: Final = '"'
"""The one style that has escapes; only by one can a control character come into a text that was decoded."""

_SHOWN: Final = 40


class _Name(NamedTuple):
    """The name of the member whose value comes next. Without `text` the value is read and dropped."""

    line: int
    column: int
    text: str | None


class _Frame:
    """One mapping or sequence that is still open."""

    __slots__ = ("column", "is_mapping", "is_name", "items", "line", "members", "name")

    def __init__(self, line: int, column: int, *, is_mapping: bool, is_name: bool) -> None:
        self.line = line
        self.column = column
        self.is_mapping = is_mapping
        self.is_name = is_name
        self.name: _Name | None = None
        self.items: list[Node] = []
        self.members: dict[str, Item] = {}

    @property
    def wants_name(self) -> bool:
        return self.is_mapping and self.name is None

    @property
    def part(self) -> str | int:
        if not self.is_mapping:
            return len(self.items)
        return self.name.text if self.name and self.name.text is not None else UNNAMED


class Builder:
    """Takes the events one by one; `root` is what could be read so far."""

    def __init__(self, findings: Findings, max_depth: int, max_nodes: int) -> None:
        """Start before the first document."""
        self.findings = findings
        self.root: Node | None = None
        self._max_depth = max_depth
        self._frames: list[_Frame] = []
        self._nodes = 0
        self._max_nodes = max_nodes
        self._documents = 0
        self._takers: Mapping[type[yaml.Event], Callable[[Any], object]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def take(self, event: yaml.Event) -> object:
        """Add `event`; STOP when the rest of the file must not be read."""
        taker = self._takers.get(type(event))
        return None if taker is None else taker(event)

    def _document(self, event: yaml.DocumentStartEvent) -> object:
        self._documents += 1
        line, column = _place(event)
        if event.version or event.tags:
            self.findings.directive(line)
        if self._documents > 1:
            hint = "Keep one document a file; the rest was not read."
            self.findings.add(line, column, "yaml/documents", "A second document starts here", hint)
            return STOP
        return None

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> object:
        line, column = self._count(event)
        if event.anchor is not None or event.tag is not None:
            self._marks(event, line, column)
        frames = self._frames
        is_name = bool(frames) and frames[-1].wants_name
        if is_name:
            self._bad_name(line, column)
        if len(frames) >= self._max_depth:
            message = f"Nested deeper than {self._max_depth} levels"
            self._refuse(line, column, "yaml/depth", message, "The rest was not read.")
            return STOP
        frames.append(_Frame(line, column, is_mapping=type(event) is yaml.MappingStartEvent, is_name=is_name))
        return None

    def _end(self, _: yaml.Event) -> None:
        frame = self._frames.pop()
        if frame.is_name:
            self._frames[-1].name = _Name(frame.line, frame.column, None)
        else:
            content = frame.members if frame.is_mapping else tuple(frame.items)
            self._attach(Node(frame.line, frame.column, content))

    def _alias(self, event: yaml.AliasEvent) -> None:
        line, column = self._count(event)
        hint = "Write the value out, or use a profile (extends)."
        self._refuse(line, column, "yaml/alias", "An alias (*) is not allowed", hint)
        if self._frames and self._frames[-1].wants_name:
            self._frames[-1].name = _Name(line, column, None)
        else:
            self._attach(Node(line, column, None, broken=True))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        line, column = self._count(event)
        marked = (event.anchor is not None or event.tag is not None) and self._marks(event, line, column)
        plain = not event.style
        text = event.value
        if self._frames and self._frames[-1].wants_name:
            self._frames[-1].name = self._name(text, line, column, event.style)
            return
        if not self._frames and plain and text in {"", "~", "null", "Null", "NULL"}:
            return
        value = resolve(text) if plain else text
        if isinstance(value, Trap):
            path = self._path()
            hint = value.hint if self.findings.shows(path) else value.bare_hint
            self.findings.add(line, column, value.rule, value.message, hint, path)
            self._attach(Node(line, column, None, broken=True))
        elif (event.style == _ESCAPES and self._has_control(text, line, column)) or marked:
            self._attach(Node(line, column, None, broken=True))
        else:
            self._attach(Node(line, column, value))

    def _has_control(self, value: object, line: int, column: int) -> bool:
        character = control_character(value) if isinstance(value, str) else None
        if character is None:
            return False
        message = f"The text holds the control character U+{ord(character):04X}"
        hint = "Only tab and line feed are allowed: the text ends in requests and reports."
        self._refuse(line, column, "yaml/control-character", message, hint)
        return True

    def _name(self, text: str, line: int, column: int, style: str | None) -> _Name:
        """Check the name of a member; a refused one has no text."""
        if not style and text == "<<":
            hint = "Write the members out, or use a profile (extends)."
            message = "A merge key (<<) is not allowed"
            self.findings.add(line, column, "yaml/merge-key", message, hint, self._path()[:-1])
            return _Name(line, column, None)
        if not style and not isinstance(resolve(text), str):
            self._bad_name(line, column)
            return _Name(line, column, None)
        frame = self._frames[-1]
        if style == _ESCAPES:
            frame.name = _Name(line, column, None)  # for the path of the finding
            if self._has_control(text, line, column):
                return frame.name
        name = _Name(line, column, text)
        if text in frame.members:
            frame.name = name  # again for the path
            self._duplicate(text, frame.members[text], line, column)
            return _Name(line, column, None)
        return name

    def _bad_name(self, line: int, column: int) -> None:
        message = "The name of a member is not text"
        self.findings.add(line, column, "yaml/key", message, "Quote it if text is meant.", self._path()[:-1])

    def _duplicate(self, text: str, first: Item, line: int, column: int) -> None:
        path = self._path()
        named = _short(text) if self.findings.shows(path) else "The same name"
        message = f"{named} is written twice: at line {first.line}, column {first.column}, and here"
        self.findings.add(line, column, "yaml/duplicate-key", message, "Keep one of the two.", path)

    def _marks(
        self, event: yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int, column: int
    ) -> bool:
        """Refuse anchor and tag; true if a tag makes it uncertain what is meant."""
        if event.anchor is not None:
            hint = "Remove it; write repeated values out, or use a profile (extends)."
            self._refuse(line, column, "yaml/anchor", "An anchor (&) is not allowed", hint)
        if event.tag is not None:
            self._refuse(line, column, "yaml/tag", "A tag (!) is not allowed", "Remove it; quote what is text.")
        return event.tag is not None

    def _attach(self, node: Node) -> None:
        if not self._frames:
            self.root = self.root or node
            return
        frame = self._frames[-1]
        name = frame.name
        if not frame.is_mapping:
            frame.items.append(node)
        elif name is not None:
            if name.text is not None:
                frame.members[name.text] = Item(name.line, name.column, node)
            frame.name = None

    def _count(self, event: yaml.Event) -> tuple[int, int]:
        """Count one more value, and return where it starts."""
        self._nodes += 1
        if self._nodes > self._max_nodes or (self.findings.problems and self.findings.full):
            raise Full
        return _place(event)

    def _refuse(self, line: int, column: int, rule: str, message: str, hint: str) -> None:
        self.findings.add(line, column, rule, message, hint, self._path())

    def _path(self) -> Path:
        return tuple(frame.part for frame in self._frames)


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _short(text: str) -> str:
    """Return a name for a message, in quotes, cut where it would flood a line."""
    return f'"{text if len(text) <= _SHOWN else text[:_SHOWN] + "…"}"'
