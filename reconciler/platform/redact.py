"""Takes secrets out of text that others wrote, by value: what an API echoes of a token must not reach a report.

A secret is looked for as it is and in the forms that it may travel in: JSON- and URL-escaped, HTML-escaped, base64
(also inside a longer base64 text). What merely looks like a bearer or a JSON web token goes, too.
"""

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

from reconciler.model.values import Secret

Redact = Callable[[str], str]
"""Takes text that others wrote, returns it without secrets."""

REDACTED = "[redacted]"
WITHHELD = "(text withheld: it may show a secret)"
_SHORT = 4
"""Characters. To cut out a secret shorter than this would leave its place and neighbours as a hint."""

_LOOKS_SECRET = re.compile(
    r"(?i:\b(?:bearer|basic)[ \t]+)[\w.~+/=-]{16,}|(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?", re.ASCII
)
_URL_SAFE = str.maketrans("+/", "-_")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")


class Redactor:
    """Knows the secrets of one tenant; learns more as the run goes on (tokens, secrets read live)."""

    __slots__ = ("_forms", "_learnt", "_short")

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._learnt: list[Secret] = []
        self._forms: set[str] = set()
        self._short: set[str] = set()
        self.learn(secrets)

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms) + len(self._short)} forms, {len(self._learnt)} more secrets)"

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Redact these, too, from now on."""
        # Their forms are made when there is a text to be searched: most tenants never say anything to be redacted.
        self._learnt.extend(secrets)

    def __call__(self, text: str) -> str:
        """Return `text` with `[redacted]` for every secret, or nothing of it where a very short one occurs."""
        while self._learnt:
            secret = self._learnt.pop().reveal()
            if secret.strip():
                for form in _forms(secret):
                    (self._short if len(form) < _SHORT else self._forms).add(form)
        if any(form in text for form in self._short):
            return WITHHELD
        spans = sorted(
            [span for form in self._forms for span in _occurrences(form, text)]
            + [match.span() for match in _LOOKS_SECRET.finditer(text)]
        )
        # Spans are merged before anything is cut: of two secrets that overlap, cutting one would leave half the other.
        kept: list[str] = []
        done = 0
        for start, end in spans:
            if start > done or not kept:
                kept += [text[done:start], REDACTED]
            done = max(done, end)
        return "".join([*kept, text[done:]])


def _occurrences(form: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _forms(text: str) -> set[str]:
    """Return the spellings that a secret may travel in. Blanks around it may have been lost on the way."""
    plain = {text, text.strip()}
    once = {form for raw in plain for form in (json.dumps(raw)[1:-1], json.dumps(raw, ensure_ascii=False)[1:-1])}
    escaped = once | {form.replace("/", "\\/") for form in once} | {json.dumps(form)[1:-1] for form in once}
    quoted = {
        form for raw in plain for form in (_quoted(raw, ""), _quoted(raw, "/"), quote_plus(raw, errors="replace"))
    }
    lowered = {_ESCAPE.sub(lambda match: match[0].lower(), form) for form in quoted}
    marked = {html.escape(raw, quote=mark) for raw in plain for mark in (True, False)}
    coded = {form for raw in plain for form in _base64(raw)}
    return plain | escaped | quoted | lowered | marked | coded


def _quoted(text: str, safe: str) -> str:
    return quote(text, safe=safe, errors="replace")


def _base64(text: str) -> Iterator[str]:
    """Yield what base64 makes of `text`, alone and at each of three positions within a longer text.

    Within a longer text the first and last characters depend on the neighbours, so they are left out.
    """
    raw = text.encode("utf-8", "surrogatepass")
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw).decode("ascii").rstrip("=")
        known = coded[(0, 2, 3)[shift] : (len(raw) + shift) * 8 // 6]
        for form in (known, coded) if shift == 0 else (known,):
            if len(form) >= _SHORT:
                yield form
                yield form.translate(_URL_SAFE)
