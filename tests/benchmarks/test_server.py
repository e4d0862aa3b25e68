"""The server of the benchmarks, over real sockets: it answers what the fleet says, keeps what is posted, and waits."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fleet import CHANGED, DOMAIN, live, name_of
from benchmarks.measuring import ROOT
from benchmarks.raw import fetch
from benchmarks.server import State
from benchmarks.serving import certified, serving


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    with serving(think=0, moved=2) as port, contextlib.closing(_to(port)) as client:
        yield client


def _to(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def ask(client: http.client.HTTPConnection, path: str, body: object = None) -> dict[str, object]:
    """One request, and the JSON of its answer."""
    client.request("POST" if body else "GET", path, json.dumps(body) if body else None)
    answer = client.getresponse()
    assert answer.status == 200
    found: dict[str, object] = json.loads(answer.read())
    return found


def test_every_key_of_a_tenant_is_as_the_fleet_says(connection: http.client.HTTPConnection):
    """With the tenant in the path; all over one connection."""
    for key, value in live(7, moved=False).items():
        assert ask(connection, f"/{name_of(7)}/v0/config/sales_order/{key}")["value"] == value


def test_every_so_manyth_tenant_has_moved_in_one_key(connection: http.client.HTTPConnection):
    """Which is then another value than in its file."""
    for tenant in range(4):
        found = ask(connection, f"/{name_of(tenant)}/v0/config/sales_order/{CHANGED}")["value"]
        assert (found != live(tenant, moved=False)[CHANGED]) == (tenant % 2 == 0)


def test_what_is_posted_is_what_the_next_get_tells(connection: http.client.HTTPConnection):
    """Of that tenant and key alone."""
    path = f"/{name_of(0)}/v0/config/sales_order/{CHANGED}"
    assert ask(connection, path, {"value": 77})["value"] == 77
    assert ask(connection, path)["value"] == 77
    assert ask(connection, path.replace(name_of(0), name_of(1)))["value"] == live(1, moved=False)[CHANGED]


def test_it_tells_the_same_as_a_state_of_terraform(connection: http.client.HTTPConnection):
    """One output with the value as JSON text, for those who can't read JSON."""
    found = ask(connection, f"/state/{name_of(1)}/v0/config/sales_order/external_oms")
    outputs = found["outputs"]
    assert isinstance(outputs, dict)
    assert json.loads(outputs["value"]["value"]) == live(1, moved=False)["external_oms"]


def test_who_is_no_tenant_is_not_found():
    """Rather than answered as somebody else."""
    assert State(0).answer(b"GET /somebody/v0 HTTP/1.1\r\nhost: x\r\n\r\n").startswith(b"HTTP/1.1 404 ")


def test_an_answer_takes_the_think_time():
    """At least; that is what the bounds are made of."""
    with serving(think=0.05, moved=0) as port, contextlib.closing(_to(port)) as client:
        start = time.monotonic()
        ask(client, f"/{name_of(1)}/v0/config/sales_order/external_oms")
        assert time.monotonic() - start >= 0.05


def test_the_floor_gets_every_answer_over_tls(tmp_path: Path):
    """From hosts of their own, with a certificate that is verified."""
    authority, certificate = certified(tmp_path)
    keys = list(live(0, moved=False))
    with serving(think=0.001, certificate=certificate) as port:
        assert fetch(port, 15, 4, str(authority), keys) == 15 * len(keys)


def test_the_floor_trusts_nobody_else(tmp_path: Path):
    """Or it would be spared what the others have to do."""
    (tmp_path / "other").mkdir()
    other, _ = certified(tmp_path / "other")
    _, certificate = certified(tmp_path)
    with serving(think=0, certificate=certificate) as port:
        command = [sys.executable, "-m", "benchmarks.raw", str(port), "1", "1", str(other), "external_oms"]
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "SSLCertVerificationError" in done.stderr) == (1, True)


def test_only_names_of_the_benchmarks_lead_to_loopback():
    """Everything else goes the way that it always goes."""
    code = (
        "import socket\n"
        f"print(*(socket.getaddrinfo(n, 1)[0][4][0] for n in ('a.{DOMAIN}', b'b.{DOMAIN}')))\n"
        "print(socket.getaddrinfo('127.9.9.9', 1)[0][4][0], socket.getaddrinfo(None, 1)[0][4][0] != '')\n"
        f"for other in ('{DOMAIN}.invalid', 'a{DOMAIN}.invalid'):\n"
        "    try:\n"
        "        print('resolved', socket.getaddrinfo(other, 1))\n"
        "    except OSError:\n"
        "        print('unknown')\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "benchmarks" / "names")}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=env, text=True, timeout=60)
    first, second, *rest = done.stdout.splitlines()
    assert all(address.startswith("127.0.0.") for address in first.split())
    assert (second, rest) == ("127.9.9.9 True", ["unknown", "unknown"])
