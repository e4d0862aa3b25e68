"""Bytes to text that is safe to parse and to show: the findings that come before any YAML."""

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import islice

Report = Callable[[int, int, str, str, str], None]
"""Takes line, column, rule, message and hint of one finding."""

# C0 without tab and line feed, DEL, C1, the line separators of Unicode (a YAML 1.1 reader ends a line there, and
# so a comment, where an editor doesn't), the byte order mark, non-characters. CR LF is one line break.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)")
_ORDINARY = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
"""What nearly every file is made of: none of it is unsafe, and bytes are searched many times faster than text."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UTF16 = {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
_SHOWN = 20


def decode(data: bytes, report: Report) -> str | None:
    """Return the text without a leading byte order mark, or None when it can't be read as UTF-8.

    Characters that must not occur are reported (the first 20 one by one) and replaced, so that the rest of the
    file is still checked and keeps its positions.
    """
    ordinary = unquestioned(data)
    if ordinary is not None:
        return ordinary
    if data[:2] in _UTF16 or (len(data) > 1 and 0 in data[:2] and data[:2] != b"\0\0"):
        report(1, 1, "yaml/encoding", "The file is UTF-16 or UTF-32, not UTF-8", "Save it as UTF-8.")
        return None
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        offset = error.start + len(data) - len(error.object)
        report(line, column, "yaml/encoding", f"Byte {offset} (from 0) is not UTF-8", "Save the file as UTF-8.")
        return None
    _report_unsafe(text, report)
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def unquestioned(data: bytes) -> str | None:
    """Return the text of bytes about which there is nothing to report; None if there may be."""
    if not data.translate(None, _ORDINARY):
        return data.decode("ascii")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _UNSAFE.search(text) else text


def _report_unsafe(text: str, report: Report) -> None:
    for line, column, code in _unsafe(text):
        message = f"The character U+{code:04X} must not stand in a file"
        report(line, column, "yaml/control-character", message, "Remove it; it can hide what the file says.")
    more = len(_UNSAFE.findall(text)) - _SHOWN
    if more > 0:
        message = f"{more} more characters that must not stand in a file"
        report(1, 1, "yaml/control-character", message, "Is this a text file?")


def _unsafe(text: str) -> Iterator[tuple[int, int, int]]:
    line, seen = 1, 0
    for match in islice(_UNSAFE.finditer(text), _SHOWN):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        yield line, match.start() - text.rfind("\n", 0, match.start()), ord(match[0])


def control_character(text: str) -> str | None:
    """Return the first control character other than tab and line feed in a parsed text, or None."""
    match = _CONTROL.search(text)
    return match[0] if match else None
