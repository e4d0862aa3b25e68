"""Bodies of answers: strict JSON in, and the body of a POST out.

Strict, because a lenient reader takes two answers for one: of a duplicate member the last would win, NaN fits any
bound, and a lone surrogate breaks whatever writes the report later.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Never

from reconciler.model.values import Secret, SecretRef, Value

MAX_BYTES = 1024 * 1024
"""Of any body. A config document has some hundred bytes."""
MAX_DEPTH = 64


class NotStrictJson(ValueError):
    """The body is no JSON that two readers would read alike. The message says why, and quotes nothing of it."""


def parse(body: bytes) -> Any:
    """Return the JSON document in `body` as Python's own types. Raises NotStrictJson.

    Refused beyond what RFC 8259 refuses: duplicate members, NaN and infinities, numbers too large for a float
    or of over 4,300 digits, lone surrogates, nesting over 64 deep, anything but UTF-8 (a leading BOM is skipped).
    """
    try:
        document = _STRICT.decode(body.decode("utf-8-sig"))
    except NotStrictJson:
        raise
    except UnicodeDecodeError:
        raise NotStrictJson("the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        # Its message has positions only; its `doc` is the body, hence "from None".
        raise NotStrictJson(f"the body is not JSON (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise NotStrictJson("the body is nested too deep") from None
    except ValueError:
        raise NotStrictJson("the body has a number with too many digits") from None
    _check_within(document)
    return document


def is_json(body: bytes) -> bool:
    """True if whoever answered speaks JSON: a strict document, or at least the start of an object."""
    if body.lstrip().startswith(b"{"):
        return True
    try:
        parse(body)
    except NotStrictJson:
        return False
    return True


def posted(value: Value) -> bytes:
    """Return the body of a POST, `{"value": …}`, with secrets in clear: it goes on the wire and nowhere else."""
    return json.dumps({"value": _plain(value)}, allow_nan=False, separators=(",", ":")).encode("ascii")


def _plain(value: Value) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, SecretRef):
        raise TypeError(f"the reference {value.name} was not resolved before the POST")
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrictJson("the body has a member twice")
    return members


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotStrictJson("the body has a number that is too large")
    return number


def _constant(name: str) -> Never:
    raise NotStrictJson(f"the body has {name}, which is not JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_members, parse_float=_float, parse_constant=_constant)


def _check_within(document: Any) -> None:
    """Check depth and text of what the parser let through. Iterative: the depth is not known yet."""
    level, depth = [document], 1
    while level:
        if depth > MAX_DEPTH and any(isinstance(item, dict | list) for item in level):
            raise NotStrictJson("the body is nested too deep")
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
        level, depth = below, depth + 1


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotStrictJson("the body has half a surrogate pair") from None
