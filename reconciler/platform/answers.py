"""What an answer means. Pure; the status decides, never the Content-Type, and then the shape must be right.

A GET (`classify`). *Empty* is null, `{}`, `[]` or `""`; false and 0 are values. *Fits* is the spec's schema, without
formats and house rules. A date is an RFC 3339 text.

| status | value              | updated_at     | ordinary key | write-once key        |
|--------|--------------------|----------------|--------------|-----------------------|
| 200    | empty              | null or absent | unset        | unset                 |
| 200    | empty              | a date         | unset        | ambiguous             |
| 200    | absent             | null           | unset        | unset                 |
| 200    | absent             | a date, absent | unreadable   | unreadable            |
| 200    | fits               | a date, absent | set          | set                   |
| 200    | fits               | null           | default      | ambiguous, with value |
| 200    | doesn't fit        | any            | unreadable   | unreadable            |
| 200    | any                | anything else  | unreadable   | unreadable            |
| 200    | no object, no JSON |                | unreadable   | unreadable            |
| 404    |                    |                | unknown-key  | unknown-key           |
| others |                    |                | unreadable   | unreadable            |

A POST (`judge`):

| status        | sent      | why                                                          |
|---------------|-----------|--------------------------------------------------------------|
| 2xx           | accepted  | the body is not looked at                                    |
| 301 307 308   | rejected  | these promise that nothing was done here                     |
| 401 403       | denied    |                                                              |
| 409           | conflict  |                                                              |
| 429           | throttled |                                                              |
| other 4xx     | rejected  |                                                              |
| others        | lost      | a 303 says that it was done, and a 302 may; a 5xx says nothing |

401 and 403 halt the tenant; a 403 that is no JSON halts everyone, since it means that this address is blocked.
Source: DESIGN of live states; platform-facts 1, 2, 9 and of origins and tokens.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.model.key import Key
from reconciler.model.live import Halt, Live, Posted, Sent
from reconciler.model.normal import normalise, unknown_fields
from reconciler.model.values import ABSENT, Secret, Value
from reconciler.model.words import LiveState
from reconciler.platform.bodies import NotStrictJson, is_json, parse
from reconciler.platform.details import explain, request_id, status_line, tidy
from reconciler.platform.redact import Redact, Redactor
from reconciler.platform.wire import Answer

Fits = Callable[[Key, object], bool]
"""True if a plain JSON value fits the key's schema in the spec, formats and house rules aside."""
WhyNot = Callable[[Key, object], str]
"""Why it doesn't, for a person."""

BLOCKED = (
    "403 with a body that is not JSON: the platform has blocked this machine's address, for about 5 minutes, because"
    " it made too many calls. Nothing more is sent in this run. Wait, then run again with fewer tenants at once, or"
    " in shards on several machines."
)
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)


def classify(key: Key, answer: Answer, fits: Fits, why_not: WhyNot, redact: Redact) -> Live:
    """Return what the answer to a GET means, by the table above."""
    if answer.status == 404:
        return Live(
            LiveState.UNKNOWN_KEY,
            detail=f"{explain(answer, redact)} The platform doesn't know this key here: the origin is another"
            " tenant's, or this tenant lacks the feature. It is never written.",
            request_id=request_id(answer, redact),
        )
    if answer.status != 200:
        return Live(
            LiveState.UNREADABLE,
            detail=f"{explain(answer, redact)}{_advice(answer) or _patience(answer)}",
            request_id=request_id(answer, redact),
            halt=halt_of(answer),
        )
    if answer.flaw is not None:
        return _unreadable(answer.flaw.value)
    try:
        document = parse(answer.body)
    except NotStrictJson as why:
        return _unreadable(str(why))
    return _from_document(key, document, fits, why_not, redact)


def _from_document(key: Key, document: Any, fits: Fits, why_not: WhyNot, redact: Redact) -> Live:
    if not isinstance(document, dict):
        return _unreadable("the body is not an object")
    value, date = document.get("value", ABSENT), document.get("updated_at", ABSENT)
    if not (date is ABSENT or date is None or (isinstance(date, str) and _DATE.fullmatch(date))):
        return _unreadable("updated_at is neither null nor a date")
    updated_at = date if isinstance(date, str) else None
    if value is ABSENT and date is not None:
        return _unreadable("the body has no value")
    if value is ABSENT or _is_empty(value):
        if key.write_once and updated_at is not None:
            why = f"The value is empty, but something was written on {updated_at}."
            return Live(LiveState.AMBIGUOUS, updated_at=updated_at, detail=f"{why} {_LOOK}")
        return Live(LiveState.UNSET, updated_at=updated_at)
    built = normalise(value, key.schema)
    if not fits(key, value):
        # The secret that is live now need not be one that the credentials know.
        why = tidy(Redactor(secrets_in(built))(why_not(key, value)), redact, 300)
        return _unreadable(f"the value doesn't fit the API's own document: {why}")
    unknown = unknown_fields(value, key.schema)
    if date is not None:
        return Live(LiveState.SET, built, updated_at, unknown)
    if key.write_once:
        detail = f"A value without a date may be the platform's default, or be set for good. {_LOOK}"
        return Live(LiveState.AMBIGUOUS, built, None, unknown, detail)
    return Live(LiveState.DEFAULT, built, None, unknown)


_LOOK = (
    "Whether this key was ever set can't be told. Find out from the platform's people; if it never was, plan with"
    " --assume-unset."
)


def judge(answer: Answer, redact: Redact) -> Posted:
    """Return what the answer to a POST means, by the table above."""
    return Posted(
        _sent(answer.status),
        "" if 200 <= answer.status < 300 else f"{explain(answer, redact)}{_advice(answer)}",
        request_id(answer, redact),
        halt_of(answer),
    )


def _sent(status: int) -> Sent:
    if 200 <= status < 300:
        return Sent.ACCEPTED
    if status in {401, 403}:
        return Sent.DENIED
    if status == 409:
        return Sent.CONFLICT
    if status == 429:
        return Sent.THROTTLED
    if status in {301, 307, 308} or 400 <= status < 500:
        return Sent.REJECTED
    return Sent.LOST


def halt_of(answer: Answer) -> Halt | None:
    """Return how far a refusal of the credential reaches; None for every other status."""
    if is_address_block(answer):
        return Halt.EVERYONE
    return Halt.TENANT if answer.status in {401, 403} else None


def is_address_block(answer: Answer) -> bool:
    """True for a 403 that doesn't speak JSON: the call budget of this machine's address is spent."""
    return answer.status == 403 and not is_json(answer.body)


def secrets_in(value: Value) -> Iterator[Secret]:
    """Yield every Secret in a value."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from secrets_in(member)
    elif isinstance(value, tuple):
        for item in value:
            yield from secrets_in(item)


def _advice(answer: Answer) -> str:
    if is_address_block(answer):
        return f" {BLOCKED}"
    if answer.status in {401, 403}:
        return " The platform refuses this tenant's credentials. Check their entry, and what they may do."
    if 300 <= answer.status < 400:
        return " Redirected to another address; not followed. Check the origin in the credentials."
    return ""


def _patience(answer: Answer) -> str:
    """Advise to wait where a read failed for now. After a POST there is more to say than that: what became of it."""
    if answer.status == 429:
        return " Too many calls to this tenant, by whomever. Wait a minute, and run again."
    return " The platform's own trouble. Wait a minute, and run again." if answer.status >= 500 else ""


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, dict | list | str) and not value)


def _unreadable(why: str) -> Live:
    return Live(LiveState.UNREADABLE, detail=f"{status_line(200)}, but {why.rstrip('.')}.")
