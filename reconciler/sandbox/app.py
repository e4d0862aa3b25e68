"""The ASGI app: HTTP to `answer` and back, and the token endpoint. Needs the extra `sandbox`."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.sandbox import tokens
from reconciler.sandbox.answer import MAX_BODY, Api, Ending, Reply, Request, spoilt, trouble_on_the_way
from reconciler.sandbox.faults import TOKEN, FaultKind
from reconciler.sandbox.names import is_tenant
from reconciler.sandbox.store import Arrival

TRANSPORT: Final = "transport"
"""In the state of a scope: the connection, so that it can be cut."""


def app_of(api: Api, fingerprint: str) -> ASGIApp:
    """Return the app of `api`. `/-/identity` answers `fingerprint`, by which a sandbox knows its own."""

    async def identity(_: Incoming) -> JSONResponse:
        return JSONResponse({"sandbox": fingerprint})

    return Starlette(
        routes=[
            Route("/-/identity", identity),
            Route("/auth/realms/{tenant}/protocol/openid-connect/token", _TokenEndpoint(api)),
            Mount("/", _ConfigEndpoint(api)),
        ]
    )


class _ConfigEndpoint:
    """Everything below the origins of the tenants."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(scope, receive)
        _, tenant, path = (*scope["path"].split("/", 2), "", "")[:3]
        body = await _body(incoming)
        if isinstance(body, _Gone):
            return
        request = Request(
            tenant=tenant,
            path=f"/{path}",
            method=incoming.method,
            authorization=incoming.headers.get("authorization", ""),
            content_type=incoming.headers.get("content-type", ""),
            body=body,
        )
        key = self._api.key_at(request.path) if is_tenant(tenant) else None
        arrival = self._api.store.arrive(
            tenant[:64], key.name if key else None, request.method, scope["path"][:1000], request.digest
        )
        if not is_tenant(tenant):
            request = Request(tenant, "", request.method)  # leads nowhere, and makes no tenant
        await _wait(arrival, FaultKind.LATE)
        reply = self._api.reply(request, arrival)
        await _wait(arrival, FaultKind.DELAY)
        await _deliver(reply, self._api, arrival, scope, receive, send)


class _TokenEndpoint:
    """RFC 6749 4.4: a form POST with the tenant's client becomes a bearer."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(scope, receive)
        tenant = str(incoming.path_params["tenant"])
        body = await _body(incoming)
        if isinstance(body, _Gone):
            return
        # The body is a secret: neither it nor a digest of it is kept.
        key = TOKEN if is_tenant(tenant) else None
        arrival = self._api.store.arrive(tenant[:64], key, incoming.method, scope["path"][:1000], None)
        await _wait(arrival, FaultKind.LATE)
        authorization = incoming.headers.get("authorization", "")
        request = Request(tenant, "", incoming.method, authorization, "", body)
        reply = trouble_on_the_way(request, arrival) or self._reply(incoming, tenant, body)
        if arrival.acting is not None:
            reply = spoilt(reply, arrival.acting, request, arrival)
        await _wait(arrival, FaultKind.DELAY)
        await _deliver(reply, self._api, arrival, scope, receive, send)

    def _reply(self, incoming: Incoming, tenant: str, body: bytes | None) -> Reply:
        authorization = incoming.headers.get("authorization", "")
        if not is_tenant(tenant) or not self._api.store.know(tenant):
            return _token_error(404, "not_found", "Realm does not exist")
        if incoming.method != "POST":
            return _token_error(405, "invalid_request", "Use POST", {"allow": "POST"})
        form = _form(incoming.headers.get("content-type", ""), body)
        if form.get("grant_type") != "client_credentials":
            code = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
            return _token_error(400, code, "The sandbox knows client_credentials only")
        if not tokens.is_client(tokens.presented(authorization, form), tenant):
            challenge = {"www-authenticate": f'Basic realm="{tenant}"'}
            return _token_error(401, "invalid_client", "Invalid client or invalid client credentials", challenge)
        store = self._api.store
        seconds = int(store.meta("expires_in") or 300)
        token = tokens.mint(self._api.token_key(), tenant, store.now() + timedelta(seconds=seconds))
        return _token_json(200, {"access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": ""})


def _form(label: str, body: bytes | None) -> Mapping[str, str]:
    if label.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl((body or b"").decode("utf-8", "replace"), keep_blank_values=True))


def _token_error(status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> Reply:
    return _token_json(status, {"error": code, "error_description": text}, headers)


def _token_json(status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    head = {"content-type": "application/json", "cache-control": "no-store", "pragma": "no-cache"}
    return Reply(status, head | dict(headers or {}), json.dumps(document).encode())


class _Gone:
    """In place of a body: the client went away while sending it."""


async def _body(incoming: Incoming) -> bytes | _Gone | None:
    """Return the body; None if it is too long. It is read to its end all the same: clients answer sooner or later."""
    kept, size = bytearray(), 0
    try:
        async for chunk in incoming.stream():
            size += len(chunk)
            if size <= MAX_BODY:
                kept += chunk
    except ClientDisconnect:
        return _Gone()
    return bytes(kept) if size <= MAX_BODY else None


async def _wait(arrival: Arrival, kind: FaultKind) -> None:
    if arrival.acting is not None and arrival.acting.kind is kind:
        await asyncio.sleep(arrival.acting.seconds)


async def _deliver(reply: Reply, api: Api, arrival: Arrival, scope: Scope, receive: Receive, send: Send) -> None:
    """Send `reply`, whole, in part, or not at all."""
    if reply.ending is Ending.DROPPED:
        scope["state"][TRANSPORT].abort()
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    # Before the answer: who has it may look at the log.
    api.store.answered(arrival.sequence, reply.status)
    truncated = reply.ending is Ending.TRUNCATED
    headers = {"x-request-id": arrival.request_id, **reply.headers}
    if reply.status not in {204, 304}:
        headers["content-length"] = str(len(reply.body) + truncated)
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
        }
    )
    body = reply.body[: len(reply.body) // 2] if truncated else reply.body
    # A truncated answer is never completed, so the server closes the connection.
    await send({"type": "http.response.body", "body": body, "more_body": truncated})
