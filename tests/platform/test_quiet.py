import resource
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.access import Limits
from reconciler.model.key import Key
from reconciler.platform.quiet import allow_connections, wanted_limit
from tests.platform.loopback import MakeAccess, MakePlatform, Say, Serving

UNLIMITED = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "needed", "expected"),
    [
        pytest.param(256, 4096, 1000, 1000, id="raised to what is needed"),
        pytest.param(256, 512, 1000, 512, id="as far as it may be"),
        pytest.param(1024, 4096, 1000, None, id="enough already"),
        pytest.param(512, 512, 1000, None, id="at its end already"),
        pytest.param(UNLIMITED, UNLIMITED, 1000, None, id="without limit"),
        pytest.param(256, UNLIMITED, 1000, 1000, id="no hard limit"),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be(soft: int, hard: int, needed: int, expected: Any):
    """And no further than is needed."""
    assert wanted_limit(soft, hard, needed) == expected


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 200))
def test_it_is_never_lowered_and_never_above_the_hard_limit(one: int, other: int, needed: int):
    """Whatever the machine has."""
    soft, hard = sorted((one, other))
    target = wanted_limit(soft, hard, needed)
    assert target is None or soft < target <= hard


@pytest.fixture
def limits_restored():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.anyio
async def test_opening_the_platform_makes_room_for_its_connections(
    platform: MakePlatform, limits_restored: tuple[int, int]
):
    """Every tenant under way has a connection, and may be making another."""
    _, hard = limits_restored
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    async with platform(limits=Limits(concurrency=300)):
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == min(736, hard)


@pytest.mark.anyio
async def test_a_tls_connection_holds_a_small_buffer_and_takes_a_large_answer_through_it(
    platform: MakePlatform, access: MakeAccess, serving: Serving, hook: Key, tmp_path: Path
):
    """What asyncio calls its size must be the size: a newer Python may call it something else."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    async with serving(context) as acme:
        acme.on("*", Say.ok({"url": "u" * 900_000, "api_key": "canary"}))
        async with platform(ca_bundle=tmp_path / "ca.pem") as opened, opened.reading(access(acme)) as reader:
            live = await reader.read(hook)
            transport = reader._line.wire._transport._inner  # type: ignore[attr-defined]  # noqa: SLF001
            ((connection, _),) = transport._idle  # noqa: SLF001
            held = connection._transport._ssl_protocol._ssl_buffer  # noqa: SLF001 - nothing else shows it
            assert len(held) == 32 * 1024
    assert isinstance(live.value, Mapping)
    assert live.value["url"] == "u" * 900_000


def test_a_refusal_is_taken_quietly(monkeypatch: pytest.MonkeyPatch):
    """Some sandboxes forbid it; the connections may do all the same."""

    def refuse(*_: object) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10, 10_000))
    allow_connections(500)
