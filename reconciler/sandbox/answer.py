"""What the API answers: from one request, the stored state and the faults that act on it, to one reply.

Knows nothing of sockets. The order of the checks is a gateway's: trouble on the way, path, method, token, then the
body; only a request that passes all of them reads or writes.
"""

import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from reconciler.catalogue import Catalogue
from reconciler.model.key import Key
from reconciler.model.values import ABSENT, Absent
from reconciler.sandbox.contract import JSON, Labels, content_type
from reconciler.sandbox.faults import ErrorBody, Fault, FaultKind
from reconciler.sandbox.history import Author
from reconciler.sandbox.shape import masked, not_uris, parse_json, with_extra_field
from reconciler.sandbox.store import Arrival, Store, Stored
from reconciler.sandbox.tokens import bearer, is_good

MAX_BODY: Final = 1024 * 1024
"""Bytes of a request's body; more is a 413."""

_JSON_ANSWER: Final = {"content-type": JSON}


class Ending(Enum):
    """How a reply leaves the server."""

    WHOLE = "whole"
    TRUNCATED = "truncated"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Request:
    """One request below a tenant's origin. `body` is None when it was longer than MAX_BODY."""

    tenant: str
    path: str
    method: str
    authorization: str = field(default="", repr=False)
    content_type: str = ""
    body: bytes | None = field(default=b"", repr=False)

    @property
    def digest(self) -> str | None:
        """`sha256:…` of a POST's body, for the log."""
        if self.method != "POST" or self.body is None:
            return None
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. A dropped one has no status as far as the client can see."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    ending: Ending = Ending.WHOLE


DROPPED: Final = Reply(0, {}, b"", Ending.DROPPED)


@dataclass(frozen=True, slots=True)
class Api:
    """The API of all tenants of one store."""

    store: Store
    catalogue: Catalogue
    labels: Labels

    def token_key(self) -> str:
        """Return what bearers are signed with at present; `revoke` changes it."""
        return f"{self.store.meta('identity')}.{self.store.meta('generation')}"

    def key_at(self, path: str) -> Key | None:
        """Return the key that lives at `path`, if any."""
        return next((key for key in self.catalogue.keys if key.path == path), None)

    def reply(self, request: Request, arrival: Arrival) -> Reply:
        """Read or write as `request` asks, as far as the faults let it, and return the answer."""
        fault = arrival.acting
        on_the_way = trouble_on_the_way(request, arrival)
        if on_the_way is not None:
            return self._labelled(on_the_way, request)
        reply = self._checked(request, arrival)
        if fault is not None:
            reply = spoilt(reply, fault, request, arrival)
        return self._labelled(reply, request)

    def _labelled(self, reply: Reply, request: Request) -> Reply:
        """Give JSON the content type that the document shows for this very answer."""
        if reply.headers.get("content-type") != JSON:
            return reply
        label = content_type(self.labels, request.path, request.method, reply.status)
        return replace(reply, headers={**reply.headers, "content-type": label if "json" in label else JSON})

    def _checked(self, request: Request, arrival: Arrival) -> Reply:
        key = self.key_at(request.path)
        if key is None or not self.store.know(request.tenant):
            return failure(404, "not_found", "There is no such config key.", arrival)
        if request.method not in {"GET", "POST"}:
            return failure(405, "method_not_allowed", "Use GET or POST.", arrival, {"allow": "GET, POST"})
        token = bearer(request.authorization)
        if not is_good(self.token_key(), token, request.tenant, self.store.now()):
            challenge = {"www-authenticate": 'Bearer error="invalid_token"'}
            return failure(401, "unauthorized", "The access token is missing, wrong or expired.", arrival, challenge)
        if request.method == "GET":
            return self._get(request, key, arrival)
        return self._post(request, key, arrival)

    def _get(self, request: Request, key: Key, arrival: Arrival) -> Reply:
        with self.store.transaction():
            if arrival.acting is not None and arrival.acting.kind is FaultKind.RIVAL:
                self._rival(request, key, arrival)
            self.store.saw(arrival.sequence, request.tenant, key.name)
            stored = self.store.get(request.tenant, key.name) or Stored(None, None)
        value = stored.value
        for fault in arrival.dressing:
            value = masked(value, key.schema) if fault.kind is FaultKind.MASKED else with_extra_field(value)
        return _document(Stored(value, stored.updated_at))

    def _post(self, request: Request, key: Key, arrival: Arrival) -> Reply:
        if request.body is None:
            return failure(413, "payload_too_large", f"At most {MAX_BODY} bytes are taken.", arrival)
        if not _says_json(request.content_type):
            return failure(415, "unsupported_media_type", f"Send {JSON}.", arrival)
        document = parse_json(request.body)
        if not isinstance(document, dict) or "value" not in document:
            return failure(400, "bad_request", 'The body must be a JSON object with the member "value".', arrival)
        value = document["value"]
        wrong = self.catalogue.why_not(key, value)
        if not wrong and (odd := next(not_uris(value, key.schema), None)) is not None:
            wrong = f"{odd or 'the value'} is no URI (`format`)"
        if wrong:
            return failure(400, "bad_request", f"The value doesn't fit {key.short}: {wrong}.", arrival)
        kind = arrival.acting.kind if arrival.acting else None
        if kind is FaultKind.LOST_RACE:
            self._rival(request, key, arrival)
            return failure(409, "conflict", "Somebody else was faster.", arrival)
        if kind is FaultKind.IGNORED_WRITE:
            return _document(self.store.pretend(value))
        # One transaction: of two first writes of a write-once key, only one may win.
        with self.store.transaction():
            self.store.saw(arrival.sequence, request.tenant, key.name)
            before = self.store.get(request.tenant, key.name)
            if key.write_once and before is not None and before.updated_at is not None:
                return failure(409, "conflict", f"{key.short} is set and can't be changed.", arrival)
            return _document(self.store.write(request.tenant, key.name, value, Author.CLIENT, arrival.sequence))

    def _rival(self, request: Request, key: Key, arrival: Arrival) -> None:
        told = ABSENT if arrival.acting is None else arrival.acting.value
        value = key.example if isinstance(told, Absent) else told
        self.store.write(request.tenant, key.name, value, Author.RIVAL, arrival.sequence)


def _says_json(label: str) -> bool:
    kind = label.partition(";")[0].strip().lower()
    return kind == JSON or kind.endswith("+json")


def trouble_on_the_way(request: Request, arrival: Arrival) -> Reply | None:
    """Return the reply of faults that keep a request from ever reaching the API."""
    fault = arrival.acting
    if fault is None:
        return None
    if fault.kind is FaultKind.DROP:
        return DROPPED
    if fault.kind is FaultKind.STATUS:
        return faulty(fault, request, arrival)
    if fault.kind is FaultKind.REDIRECT:
        return Reply(302, {"location": fault.location})
    return None


def spoilt(reply: Reply, fault: Fault, request: Request, arrival: Arrival) -> Reply:
    """Return what becomes of a reply on its way back."""
    if fault.kind is FaultKind.COMMIT_THEN_DROP:
        return DROPPED
    if fault.kind is FaultKind.COMMIT_THEN_STATUS:
        return faulty(fault, request, arrival)
    if fault.kind is FaultKind.TRUNCATED:
        return replace(reply, ending=Ending.TRUNCATED)
    if fault.kind is FaultKind.EMPTY:
        return replace(reply, status=200, body=b"")
    if fault.kind is FaultKind.GARBAGE:
        return replace(reply, status=200, body=b"\x1f\x8b <<< sandbox: not JSON >>>")
    if fault.kind is FaultKind.OVERSIZED:
        head, tail = b'{"value": null, "updated_at": null, "padding": "', b'"}'
        return replace(reply, status=200, body=head + b"x" * max(0, fault.size - len(head) - len(tail)) + tail)
    return reply


def _document(stored: Stored) -> Reply:
    body = json.dumps({"value": stored.value, "updated_at": stored.updated_at}).encode()
    return Reply(200, _JSON_ANSWER, body)


def failure(status: int, code: str, message: str, arrival: Arrival, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an error in the form that the document's samples have."""
    body = {"error_code": code, "message": message, "request_id": arrival.request_id}
    return Reply(status, {**_JSON_ANSWER, **(headers or {})}, json.dumps(body).encode())


def faulty(fault: Fault, request: Request, arrival: Arrival) -> Reply:
    """Return the error that a fault asks for, in the form that it asks for."""
    # A 404 is how a tenant without a feature is made, and should read like one.
    missing = fault.status == 404
    message = "There is no such config key." if missing else f"The sandbox was told to answer {fault.status}."
    if fault.body is ErrorBody.ECHO:
        message = f"{message} You sent {request.authorization} {(request.body or b'').decode(errors='replace')}"
    kind, body = _error_body(fault, message, arrival.request_id)
    if fault.status in {204, 304}:
        kind, body = "", b""  # HTTP allows them no body
    headers = {"content-type": kind} if kind else {}
    if fault.retry_after is not None:
        headers["retry-after"] = fault.retry_after
    return Reply(fault.status, headers, body)


def _error_body(fault: Fault, message: str, request_id: str) -> tuple[str, bytes]:
    code = "not_found" if fault.status == 404 else "injected"
    match fault.body:
        case ErrorBody.CODED | ErrorBody.ECHO:
            document: dict[str, Any] = {"error_code": code, "message": message, "request_id": request_id}
        case ErrorBody.MESSAGES:
            document = {"messages": [message], "request_id": request_id}
        case ErrorBody.PROBLEM:
            document = {"type": "about:blank", "title": "Injected", "status": fault.status, "detail": message}
            return "application/problem+json", json.dumps(document).encode()
        case ErrorBody.TEXT:
            return "text/plain; charset=utf-8", message.encode()
        case ErrorBody.HTML:
            page = f"<!doctype html><title>{fault.status}</title><h1>{html.escape(message)}</h1>"
            return "text/html; charset=utf-8", page.encode()
        case ErrorBody.EMPTY:
            return "", b""
    return JSON, json.dumps(document).encode()
