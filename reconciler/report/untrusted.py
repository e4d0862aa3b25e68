r"""Makes text from files and from the API harmless, once per medium. Nothing else in this room escapes anything.

What is dangerous, and where:

| what                                | terminal          | Markdown            | HTML      | JSON         |
|-------------------------------------|-------------------|---------------------|-----------|--------------|
| control, bidi, zero-width, newline  | `\u202e`          | the same            | the same  | `\u` escape  |
| syntax of the medium                | (ANSI is control) | entities            | entities  | json         |
| mentions, autolinks, `:emoji:`, #1  |                   | `<wbr>` in between  |           |              |
| a CI runner's `::cmd::`, `##[cmd]`  | `:\u003a`         | entities            | entities  | `\u` escape  |
"""

import re

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that draw nothing; `str.isprintable` takes them for printable."""
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SECOND = re.compile("(?<=:):|(?<=#)#")
_SECOND_OR_LAST = re.compile(_SECOND.pattern + r"|[:#]\Z")
"""The last one too: in HTML, text is put before a colon of our own."""
_MARKDOWN = re.compile(r"[!-,./:-@\[-^`{-~]|(?<![A-Za-z0-9])[-_]|[-_](?![A-Za-z0-9])")
"""All punctuation, but for a dash or an underscore within a word: there it means nothing, and is frequent."""
_PLAIN_PUNCTUATION = frozenset(",;%?'")
_BREAK_AFTER = frozenset("@.:/#")
_ISSUE = re.compile(r"(?i)(?<=gh)-")
_WWW = re.compile(r"(?i)(?<=www)\.")


def visible(text: str) -> str:
    r"""Return `text` on one line, with every character that can't be seen written as `\n`, `\u202e` and the like.

    Surrogates are among them, so the result can always be encoded as UTF-8.
    """
    if text.isprintable() and (text.isascii() or not _INVISIBLE.search(text)):
        return text
    return "".join(_seen(char) for char in text)


def _seen(char: str) -> str:
    if char.isprintable() and not _INVISIBLE.match(char):
        return char
    code = ord(char)
    return _SHORT.get(char) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def terminal(text: str) -> str:
    """Return `text` for a terminal or a log: no escape sequence and no workflow command survives."""
    return broken(visible(text))


def markdown(text: str) -> str:
    """Return `text` as inline Markdown that GitHub shows literally: no syntax, no link, no mention, no element.

    The result has no line break and may stand anywhere within a line but at its start, table cells included.
    """
    escaped = _MARKDOWN.sub(_entity, visible(text))
    # These two are links by their letters: GH-1, and a bare www. whatever follows.
    return _WWW.sub("&#46;", _ISSUE.sub("-<wbr>", escaped))


def _entity(match: re.Match[str]) -> str:
    char = match.group()
    if char in _PLAIN_PUNCTUATION:
        return char
    kept = char if char in "./" else f"&#{ord(char)};"
    return f"{kept}<wbr>" if char in _BREAK_AFTER else kept


def html(text: str) -> str:
    """Return `text` for HTML: content of an element or of a quoted attribute."""
    from html import escape  # it comes with a table of all entities, which only an HTML report may need

    escaped = escape(visible(text), quote=True)
    return _SECOND_OR_LAST.sub(lambda match: f"&#{ord(match.group())};", escaped)


def broken(text: str) -> str:
    r"""Return `text` with each `::` and `##` broken by a `\u` escape; in JSON text that loses nothing.

    Only a colon after a colon or a hash after a hash is touched: neither occurs in JSON outside strings.
    """
    if "::" not in text and "##" not in text:
        return text  # of a report of megabytes, that is known in a hundredth of the time
    return _SECOND.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
