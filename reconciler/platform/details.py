"""What an error answer says, made fit for a person: status, message and request id, bounded and without secrets.

Five forms of body are understood: `{error_code, message}`, `{messages: […]}`, RFC 7807 `{title, detail}`, OAuth
`{error, error_description}`, and text or HTML from a gateway. Other JSON is not shown: who knows what it echoes.
Source: platform-facts 10.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from reconciler.platform.bodies import NotStrictJson, parse
from reconciler.platform.redact import Redact
from reconciler.platform.wire import Answer

LONGEST = 300
"""Characters of what `explain` returns."""
_ID_LONGEST = 80
_LOOKED_AT = 1 << 16
"""Characters of a text, and a few more, of which the last may be the beginning of a secret (_EDGE)."""
_EDGE = 1 << 14
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_TAG = re.compile(r"<[^<>]*>")


def explain(answer: Answer, redact: Redact) -> str:
    """Return `400 Bad Request: size must be positive (invalid_value).`, at most 300 characters.

    Without the request id, which is another one each time: two plans of the same state say the same.
    """
    message, code = _said(answer)
    note = tidy(code, redact, 60)
    tail = f" ({note})." if note else "."
    head = status_line(answer.status)
    shown = tidy(message, redact, LONGEST - len(head) - len(tail) - 2).rstrip(".")
    return f"{head}: {shown}{tail}" if shown else f"{head}{tail}"


def request_id(answer: Answer, redact: Redact) -> str | None:
    """Return the id under which the platform's people find the request: from the body, else from a header."""
    found = _object(answer).get("request_id")
    return tidy(found if isinstance(found, str) and found else answer.request_id or "", redact, _ID_LONGEST) or None


def status_line(status: int) -> str:
    """Return `404 Not Found`. The words are the standard's: a server may write there what it likes."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def tidy(text: str, redact: Redact, longest: int) -> str:
    """Return `text` in one line of at most `longest` characters: no secrets, no control or bidi characters."""
    if len(text) > _LOOKED_AT:
        text = redact(text[: _LOOKED_AT + _EDGE])[:-_EDGE]
    # Redacted before it is cut, since half a secret would not be found; and again after the hidden characters are
    # out, since they may have stood inside one.
    visible = "".join(" " if c.isspace() else _visible(c) for c in redact(text))
    line = redact(" ".join(visible.split()))
    return line if len(line) <= longest else f"{line[: max(0, longest - 1)].rstrip()}…"


def _visible(character: str) -> str:
    return "" if unicodedata.category(character) in _HIDDEN else character


def _said(answer: Answer) -> tuple[str, str]:
    """Return the message and the error code of whichever form the body has."""
    members = _object(answer)
    if members:
        code = _text(members.get("error_code")) or _text(members.get("error"))
        return "; ".join(_messages(members)), code
    if answer.flaw is not None:
        return answer.flaw.value, ""
    return _from_gateway(answer.body), ""


def _messages(members: Mapping[str, Any]) -> Iterator[str]:
    several = members.get("messages")
    items = several if isinstance(several, list) else []
    single = (members.get(name) for name in ("message", "title", "detail", "error_description"))
    for item in (*single, *items):
        text = _text(item.get("message") if isinstance(item, dict) else item)
        if text:
            yield text


def _from_gateway(body: bytes) -> str:
    """Return text as it is, of HTML the title, else what stands between its tags, and of JSON nothing."""
    try:
        document = parse(body)
    except NotStrictJson:
        text = body.decode("utf-8", "replace").strip()
    else:
        return _text(document)
    if text.startswith(("{", "[")):
        return ""
    if not text.startswith("<"):
        return text
    before, _, rest = text.partition("<title>")
    title = rest.partition("</title>")[0]
    return _TAG.sub(" ", title if title.strip() else before + rest)


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        document = parse(answer.body)
    except NotStrictJson:
        return {}
    return document if isinstance(document, dict) else {}


def _text(item: object) -> str:
    return item if isinstance(item, str) else ""
