"""The OpenAPI document to keys: servers, paths, operations, and the schema of each value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.catalogue.cursor import Cursor
from reconciler.catalogue.ordering import write_after
from reconciler.catalogue.shapes import Reading, read_schema, stray_marks
from reconciler.catalogue.tenantfile import RESERVED
from reconciler.catalogue.totals import check_example, check_whole
from reconciler.model.key import HouseRule, Key

Rules = Mapping[str, tuple[HouseRule, ...]]
"""The house rules of each key, by its full name."""

_SERVER = re.compile(r"(https://[A-Za-z0-9.{}-]+(?::[0-9]+)?)?((?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)")
_PATH = re.compile(r"/config/([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)")
_STATUS = re.compile(r"[1-5][0-9][0-9]|default")
_ITEM: Final = ("summary", "description", "get", "post", "x-ours")
_OPERATION: Final = ("tags", "operationId", "summary", "description", "security", "requestBody", "responses", "x-ours")


@dataclass(frozen=True, slots=True)
class Server:
    """Where the paths of a document stand: a template of the origin, and what comes before each path."""

    origin: str
    base: str


def read_keys(page: Cursor, rules: Rules, *, origin: str | None, first: int) -> tuple[str, tuple[Key, ...]]:
    """Return the origin's template and the keys of a document, in its order; what is wrong is a finding.

    `origin` is that of the catalogue which the document adds to, if it adds to one; `first` is the order of the
    first key.
    """
    version = page.member("openapi")
    if not isinstance(version.value, str) or not version.value.startswith("3.1."):
        version.say("form", "An OpenAPI 3.1 document is expected")
    server = _server(page, origin)
    reading = Reading(page)
    found = [
        _key(name, place, server, reading, rules, first + index)
        for index, (name, place) in enumerate(page.member("paths").members())
    ]
    if not found:
        page.say("form", "The document describes no key")
    stray_marks(page, reading.seen)
    return server.origin, tuple(key for key in found if key is not None)


def _server(page: Cursor, origin: str | None) -> Server:
    servers = list(page.member("servers").items())
    if len(servers) != 1:
        page.member("servers").say("server", "Exactly one server is expected")
        return Server(origin or "", "")
    url = servers[0].member("url")
    match = _SERVER.fullmatch(url.value) if isinstance(url.value, str) else None
    if match is None:
        hint = "A key's path has to be the one that is read in a review: no dots, no query, no escapes."
        url.say("server", "The URL of the server is no https origin followed by a plain path", hint)
        return Server(origin or "", "")
    own = match[1] or origin or ""
    if origin is None and own.count("{tenant}") != 1:
        url.say("server", "The origin needs the variable {tenant} once")
    elif origin is not None and own != origin:
        url.say("server", f"The origin is not {origin}", "A tenant has one origin; give its path alone.")
    return Server(own, match[2])


def _key(name: str, place: Cursor, server: Server, reading: Reading, rules: Rules, order: int) -> Key | None:
    """Return the key at one path, or None when there is too little of it."""
    match = _PATH.fullmatch(name)
    if match is None:
        hint = "Lower-case letters, digits and underscores; neither dots, escapes, query nor a host."
        place.say("path", "A path has to be /config/GROUP/KEY", hint)
        return None
    group, short = match.groups()
    if group == RESERVED:
        place.say("path", f"{RESERVED} can't be a group: in a tenant's file it names profiles")
    place.only(*_ITEM, hint="A key is one GET and one POST without parameters.")
    get = _statuses(place.member("get"))
    post = _statuses(place.member("post"))
    content = place.member("post", "requestBody", "content", "application/json")
    schema_place = content.member("schema", "properties", "value")
    if not schema_place.present:
        place.say("form", "No value: the POST needs a JSON body whose schema has the property value")
        return None
    schema = read_schema(schema_place, reading)
    example = content.member("example", "value")
    if not example.present:
        content.say("example", "An example with a value is needed", "Editors and `explain` show it.")
    own_rules = rules.get(f"{group}.{short}", ())
    if schema:
        check_whole(schema_place, schema, own_rules)
    if schema and example.present:
        check_example(example, schema)
    return Key(
        name=f"{group}.{short}",
        group=group,
        short=short,
        path=f"{server.base}{name}",
        title=_described(schema_place, schema, "title"),
        description=_described(schema_place, schema, "description"),
        schema=schema,
        write_once=schema.get("x-write-once") is True,
        order=order,
        unit=str(schema.get("x-unit", "")),
        write_after=write_after(group, schema),
        rules=own_rules,
        get_statuses=get,
        post_statuses=post,
        example=example.value if example.present else None,
    )


def _statuses(operation: Cursor) -> tuple[str, ...]:
    if not operation.present:
        operation.say("form", "A key needs both GET and POST")
        return ()
    operation.only(*_OPERATION, hint="A key is one GET and one POST without parameters.")
    statuses = tuple(name for name, _ in operation.member("responses").members())
    for status in statuses:
        if not _STATUS.fullmatch(status):
            operation.member("responses", status).say("form", f"{status} is no status")
    if "200" not in statuses:
        operation.say("form", "The status 200 is not described")
    return statuses


def _described(place: Cursor, schema: Mapping[str, object], keyword: str) -> str:
    text = schema.get(keyword)
    if isinstance(text, str) and text:
        return text
    if schema:
        place.say("form", f"The value needs a {keyword}", "People read it in editors and in `explain`.")
    return ""
