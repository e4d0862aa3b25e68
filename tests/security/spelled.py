"""Finds a text in bytes in whatever spelling it may have travelled: the oracle of what must not be shown.

Written down apart from `reconciler.platform.redact`, which it judges: it knows more spellings than that cuts out.
"""

import base64
import html
import json
from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import quote, quote_plus

STEMS = ("canary", "roosting")
"""Every text that `marked` makes begins with one and ends with the other: half of it is found, too."""
_LEAST = 6
"""Characters of a spelling that can't be there by chance."""


def marked(name: str) -> str:
    r"""Return a text for one place, with all in it that any medium escapes. Fit for a header."""
    return f'canary.{name}/"<&+%\\{name}.roosting'


@cache
def spellings(text: str) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return every spelling of `text`: those whose case counts, and in small letters those whose case doesn't."""
    raw = text.encode()
    plain = {text, json.dumps(text)[1:-1], json.dumps(json.dumps(text))[1:-1]}
    plain |= {html.escape(text), html.escape(text, quote=False)}
    plain |= {quote(text, safe=""), quote(text), quote_plus(text), quote(quote(text, safe=""), safe="")}
    loose = {one.encode().lower() for one in plain} | {text[::-1].encode().lower()}
    loose |= {raw.hex().encode(), b"".join(b"%%%02x" % byte for byte in raw), text.encode("utf-16-le").lower()}
    loose |= {b"".join(b"\\x%02x" % byte for byte in raw), b"".join(b"\\u%04x" % byte for byte in raw)}
    return frozenset(_coded(raw)), frozenset(one for one in loose if len(one) >= _LEAST)


def _coded(raw: bytes) -> Iterator[bytes]:
    """Yield what base64 makes of it at each of its three places, without the ends that depend on the neighbours."""
    for shift in range(3):
        first, last = (0, 2, 3)[shift], (len(raw) + shift) * 8 // 6
        known = base64.b64encode(bytes(shift) + raw)[first:last]
        yield from (known, known.translate(bytes.maketrans(b"+/", b"-_")))


def spelled_in(data: bytes, texts: Iterable[str]) -> list[str]:
    """Return which of the texts, or of the stems, stand in the bytes in any spelling."""
    low = data.lower()
    found = []
    for text in (*STEMS, *texts):
        strict, loose = spellings(text)
        if any(one in data for one in strict) or any(one in low for one in loose):
            found.append(text)
    return found
