"""How long is waited: each wait has its own time, though one alarm of a connection serves them all."""

import asyncio
import time

import httpx
import pytest

from tests.platform.loopback import Say, Serving
from tests.platform.playing import asking, heard, plain

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("first", "second", "least", "most"),
    [
        pytest.param(5.0, 0.2, 0.15, 2.0, id="a shorter wait after a longer one"),
        pytest.param(0.2, 0.6, 0.55, 2.5, id="a longer wait after a shorter one"),
    ],
)
async def test_a_wait_ends_after_its_own_time_whatever_the_one_before_had(
    serving: Serving, first: float, second: float, least: float, most: float
):
    """The alarm that was set for the first wait may ring too early for the second, or too late."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.status(200, "hi"), Say.trickle(b"", 0))
        assert await heard(transport, asking(server.origin, read=first)) == (200, b"hi")
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            await heard(transport, asking(server.origin, read=second))
        assert least <= time.monotonic() - began < most


async def test_many_answers_on_one_connection_take_longer_together_than_one_may(serving: Serving):
    """Nobody's patience is spent by the answers before."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0.002))
        for _ in range(6):
            assert await heard(transport, asking(server.origin, read=0.25)) == (200, b"hi")
    assert server.connections == 1


async def test_a_closed_connection_leaves_no_alarm_behind(serving: Serving):
    """It would hold the connection for as long as it had to go."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.status(200, "hi"))
        await heard(transport, asking(server.origin, read=60.0))
        (connection,) = transport._open  # noqa: SLF001 - nothing else shows it
    assert connection._alarm is None  # noqa: SLF001 - the same
    await asyncio.sleep(0)
