"""A platform made of stubs: each key of a tenant is one scenario, whose state says what is stored and what comes next.

| moment  | stored | reached by                            | GET shows it, and leads to | POST leads to |
|---------|--------|---------------------------------------|----------------------------|---------------|
| PLAN    | old    | the start                             | REREAD                     | READ_BACK     |
| REREAD  | old    | the GET of the plan                   | POST                       | READ_BACK     |
| POST    | old    | the GET right before the write        | POST                       | READ_BACK     |
| SPENT   | old    | a fault that acts once                | SPENT                      | READ_BACK     |
| DOUBT   | old    | a POST that is lost with all after it | DOUBT                      | READ_BACK     |
| READ_BACK | new  | a POST that was stored                | DONE                       | itself        |
| DONE    | new    | the GET after that                    | DONE                       | itself        |

A second POST of a write-once key is answered with 409, a POST of anything but the desired value by no stub at all.
What is here is what goes well; troubles.py lays other stubs over it.
"""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from reconciler.model.key import Key, Schema
from tests.contract.wiremock import Stub

SECRET = "FOREIGN"
SECRET_TEXT = "canary-secret-of-the-foreign-server"
_DATES = {"old": "2026-01-01T00:00:00Z", "new": "2026-02-02T00:00:00Z"}


class Moment(StrEnum):
    """The states of a scenario, by WireMock's own name for the first."""

    PLAN = "Started"
    REREAD = "planned"
    POST = "read again"
    SPENT = "the fault is over"
    DOUBT = "nothing heard"
    READ_BACK = "written"
    DONE = "read back"

    @property
    def stored(self) -> str:
        return "new" if self in {Moment.READ_BACK, Moment.DONE} else "old"


_AFTER_GET = {Moment.PLAN: Moment.REREAD, Moment.REREAD: Moment.POST, Moment.READ_BACK: Moment.DONE}


# Values, made from the examples of the catalogue.


def declared(value: Any, schema: Schema) -> Any:
    """Return the example as a tenant's file has it: a reference in each sensitive place."""
    return _dressed(value, schema, {"secret": SECRET})


def desired(value: Any, schema: Schema) -> Any:
    """Return the example as it is to be stored."""
    return _dressed(value, schema, SECRET_TEXT)


def another(value: Any) -> Any:
    """Return a value of the same form, of which each part that can be is different."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case list():
            return value[:-1]
        case dict():
            return {name: another(part) for name, part in value.items()}
        case _:
            raise AssertionError(f"an example has a part that these tests can't change: {value!r}")


def destination(key: Key) -> str | None:
    """Return the origin that the key's secret is sent to, in the example; None for a key without one."""
    for field in key.schema.get("properties", {}).values():
        if "x-sent-to" in field:
            url = urlsplit(key.example[field["x-sent-to"].removeprefix("/")])
            return f"{url.scheme}://{url.netloc}"
    return None


def _dressed(value: Any, schema: Schema, secret: Any) -> Any:
    if schema.get("x-sensitive"):
        return secret
    if isinstance(value, dict):
        return {name: _dressed(part, schema["properties"][name], secret) for name, part in value.items()}
    return value


def first(key: Key) -> Any:
    """Return what is stored of a key at the start: None, which is unset, for a write-once key."""
    return None if key.write_once else another(key.example)


# Stubs.


def scenario(tenant: str, key: Key) -> str:
    return f"{tenant}:{key.name}"


def smooth(tenant: str, token: str, key: Key) -> Iterator[Stub]:
    """Yield the stubs of a key with which all goes well."""
    for moment in Moment:
        yield stub(tenant, token, key, "GET", moment, _AFTER_GET.get(moment, moment))
        after = Moment.READ_BACK if moment.stored == "old" else moment
        yield stub(tenant, token, key, "POST", moment, after)


def stub(
    tenant: str,
    token: str,
    key: Key,
    method: str,
    moment: Moment,
    after: Moment,
    *,
    fault: str = "",
    readable: bool = True,
    answer: Mapping[str, Any] | None = None,
) -> Stub:
    """Return one stub. With a `fault`, its name, `answer` is laid over what would have been answered.

    It is `readable` if the client can still tell from it what is stored.
    """
    request: dict[str, Any] = {
        "method": method,
        "urlPath": f"/{tenant}{key.path}",
        "headers": {"Authorization": {"equalTo": f"Bearer {token}"}},
    }
    if method == "POST":
        value = {"value": desired(key.example, key.schema)}
        a_set = key.schema.get("x-list-type") == "set"
        request["bodyPatterns"] = [{"equalToJson": value, "ignoreArrayOrder": a_set}]
    return {
        "priority": 1 if fault else 5,
        "scenarioName": scenario(tenant, key),
        "requiredScenarioState": moment,
        "newScenarioState": after,
        "request": request,
        "response": {**_answer(key, method, moment), **(answer or {})},
        "metadata": {"stored": moment.stored, "readable": readable, **({"fault": fault} if fault else {})},
    }


def _answer(key: Key, method: str, moment: Moment) -> dict[str, Any]:
    again = method == "POST" and moment.stored == "new"
    stored = "new" if method == "POST" else moment.stored
    value = desired(key.example, key.schema) if stored == "new" else first(key)
    date = None if value is None else _DATES[stored]
    return {
        "status": 409 if again and key.write_once else 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"value": value, "updated_at": date}),
    }
