"""Takes secrets out of text that others wrote, by value: what an API echoes of a token must not reach a report.

All of a run are looked for in every text: a host that several tenants share may answer one with another's.

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
_FEW = 100
"""Forms: to search a text for each of so many is quicker than to look at each of its characters."""
_SHORT = 4
"""Characters. To cut out a secret shorter than this would leave its place and neighbours as a hint."""

_LOOKS_SECRET = re.compile(
    r"(?i:\b(?:bearer|basic)[ \t]+)[\w.~+/=-]{16,}|(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?", re.ASCII
)
_URL_SAFE = str.maketrans("+/", "-_")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")


class Known:
    """The secrets of a whole run, in every form; one for all tenants, so that none of them shows another's.

    A search takes the text's length, times the few different lengths of what begins alike: however many there are.
    """

    __slots__ = ("_forms", "_learnt", "_lengths", "_seen")

    def __init__(self) -> None:
        self._learnt: list[Secret] = []
        self._seen: set[Secret] = set()
        self._forms: set[str] = set()
        self._lengths: dict[str, set[int]] = {}
        """By the first few characters of forms: how long those are."""

    def __repr__(self) -> str:
        return f"Known({len(self._forms)} forms, {len(self._learnt)} more secrets)"

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Know these, too, from now on."""
        # Their forms are made when there is a text to be searched: most runs never have anything to be redacted.
        self._learnt.extend(secrets)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield from where to where there is a secret in `text`, in no order; they may overlap."""
        self._digest()
        lengths, forms = self._lengths, self._forms
        if len(forms) <= _FEW:
            for form in forms:
                yield from _occurrences(form, text)
            return
        for start in range(len(text) - _SHORT + 1):
            for length in lengths.get(text[start : start + _SHORT], ()):
                if text[start : start + length] in forms:
                    yield start, start + length

    def _digest(self) -> None:
        while self._learnt:
            secret = self._learnt.pop()
            if secret in self._seen:
                continue
            self._seen.add(secret)
            if secret.reveal().strip():
                for form in _forms(secret.reveal()):
                    if len(form) >= _SHORT:
                        self._forms.add(form)
                        self._lengths.setdefault(form[:_SHORT], set()).add(len(form))


class Redactor:
    """Knows the secrets of one tenant, and all that `known` does; learns more as the run goes on.

    What it learns (tokens, secrets read live) `known` learns, too.
    """

    __slots__ = ("_known", "_short")

    def __init__(self, secrets: Iterable[Secret] = (), known: Known | None = None) -> None:
        self._known = Known() if known is None else known
        self._short: set[str] = set()
        self.learn(secrets)

    def __repr__(self) -> str:
        return f"Redactor({self._known!r}, {len(self._short)} short forms)"

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Redact these, too, from now on."""
        for secret in secrets:
            self._known.learn((secret,))
            # Only this tenant's: there are texts without a secret of two letters of somebody's.
            if 0 < len(secret.reveal().strip()) < _SHORT:
                self._short |= {form for form in _forms(secret.reveal()) if len(form) < _SHORT}

    def __call__(self, text: str) -> str:
        """Return `text` with `[redacted]` for every secret, or nothing of it where a very short one occurs."""
        if any(form in text for form in self._short):
            return WITHHELD
        spans = sorted([*self._known.spans(text), *(match.span() for match in _LOOKS_SECRET.finditer(text))])
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
