"""The parser: one pass over the events of libyaml, iterative, so that no nesting can exhaust a stack."""

import re
from typing import Final

import yaml

from reconciler.strictyaml.building import NODES_PER_MIB, STOP, Builder
from reconciler.strictyaml.decoding import decode
from reconciler.strictyaml.document import Document, Hidden, Node, nothing_hidden
from reconciler.strictyaml.events import events_of
from reconciler.strictyaml.findings import Findings, Full

MAX_BYTES: Final = 1 << 20
"""The largest file that is read."""

MAX_DEPTH: Final = 64
"""How deep mappings and sequences may nest; the root mapping is 1."""


def parse(
    text: bytes,
    *,
    file: str,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    max_values: int | None = None,
    hidden: Hidden | None = None,
) -> Document:
    """Return what `text` says, with every finding; never raises for what a file holds.

    It holds `max_values` at most, by default 100,000 for each MiB of `max_bytes` begun.

    `file` is the name that findings carry. After a syntax error, too deep nesting or a second document the rest
    is not read; findings so far stay. A message shows a scalar or a name only where `hidden` says no for its
    path and every path above it; a syntax error shows nothing of the file.
    """
    findings = Findings(file, hidden or nothing_hidden)
    if len(text) > max_bytes:
        message = f"The file is larger than {max_bytes} bytes"
        findings.add(0, 0, "file/size", message, "Split it: one file holds one tenant.")
        return Document(None, findings.sorted())
    decoded = decode(text, findings.add)
    if decoded is None:
        return Document(None, findings.sorted())
    most = NODES_PER_MIB * -(-max_bytes // MAX_BYTES) if max_values is None else max_values
    root = _read(decoded, Builder(findings, max_depth, most), most)
    if root is None and not findings.problems:
        findings.add(1, 1, "yaml/empty", "The file is empty", "Declare at least one key, or delete the file.")
    return Document(root, findings.sorted())


def _read(text: str, builder: Builder, most: int) -> Node | None:
    """Feed every event to `builder`; stop at what makes the rest unreadable."""
    findings = builder.findings
    try:
        next_event = events_of(text)
        take = builder.take
        while (event := next_event()) is not None:
            if take(event) is STOP:
                break
    except Full:
        message = f"The file holds more than {most} values, or more findings than can be shown"
        findings.add(1, 1, "yaml/too-many", message, "Correct what is reported, then validate again.")
    except yaml.MarkedYAMLError as error:
        _syntax(error, text, findings)
    except yaml.YAMLError:
        findings.add(1, 1, "yaml/syntax", "The file can't be read as YAML", "Look for unusual characters.")
    return builder.root


def _syntax(error: yaml.MarkedYAMLError, text: str, findings: Findings) -> None:
    """Report libyaml's complaint: its texts are constants, so that nothing of the file is in them."""
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        hint = "Keep one side, and remove the lines that start with <<<<<<<, ======= and >>>>>>>."
        findings.add(line, 1, "yaml/syntax", "Not YAML: a merge conflict of git is not resolved", hint)
        return
    mark = error.problem_mark or error.context_mark
    what = ", ".join(part for part in (error.context, error.problem) if part)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if error.problem == "found unknown directive name":
        findings.directive(line)
        return
    hint = _HINTS.get(error.problem or "", "Check quotes, brackets and indentation here and just above.")
    findings.add(line, column, "yaml/syntax", f"Not YAML: {what}", hint)


_CONFLICT: Final = re.compile(r"^<{7} ", re.MULTILINE)
"""How git marks where a conflict begins."""

_HINTS: Final = {
    "mapping values are not allowed in this context": "Quote text that holds a colon and a blank, and indent evenly.",
    "could not find expected ':'": "Write NAME: VALUE, with a blank after the colon.",
    "found character that cannot start any token": (
        "Indent with blanks, not tabs, and quote text that starts with @, % or a backtick."
    ),
    "found unexpected end of stream": "A quote is opened and never closed.",
    "found invalid Unicode character escape code": "An escape must name a character; half of a pair is none.",
}
