"""The last gate before the wire: which methods may leave, and where a credential may go.

It keeps us from accidents, not from malice: whoever has the credential can use it elsewhere. It stands below
everything that builds requests, so a mistake above it is an exception and not a request.
"""

from collections.abc import Callable

import httpx

READING = frozenset({"GET"})
WRITING = frozenset({"GET", "POST"})
ASKING_FOR_TOKENS = frozenset({"POST"})


class ForbiddenRequest(RuntimeError):
    """A bug of ours: a request that must not leave. Nothing of it left."""


class Guard(httpx.AsyncBaseTransport):
    """Lets a request through if its method is in `methods` and `allows` says yes to its URL; else raises.

    Every request of a credential goes through the one guard of that credential: `allows` is its address. It doesn't
    own the transport below, which may be shared, and doesn't close it.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, methods: frozenset[str], allows: Callable[[httpx.URL], bool]
    ) -> None:
        self._inner = inner
        self._methods = methods
        self._allows = allows

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on. Raises ForbiddenRequest before anything is sent."""
        if request.method not in self._methods:
            raise ForbiddenRequest(
                f"{request.method} refused: only {', '.join(sorted(self._methods))} may be sent here"
            )
        if not self._allows(request.url):
            raise ForbiddenRequest(f"{request.method} refused: the address is not the one that the credential is for")
        return await self._inner.handle_async_request(request)
