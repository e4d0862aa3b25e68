"""The sandbox in a terminal, its files of credentials, and what is said when a part of it is not installed."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from reconciler.catalogue import Catalogue
from reconciler.model.access import ClientCredentials
from reconciler.sandbox import (
    Fault,
    FaultKind,
    RunningSandbox,
    Sandbox,
    SandboxRefusal,
    credentials,
    secret_text,
    serve,
    write_credentials,
)
from reconciler.strictyaml import parse
from tests.sandbox.calling import Caller

NAMED = {
    "acme": [("WEBHOOK_API_KEY", "https://orders.acme.example")],
    "0755": [],
    "northwind": [("ONE", "https://one.example"), ("TWO", "https://two.example:8443")],
}


def test_credentials_are_client_credentials_bound_to_the_running_sandbox(call: Caller):
    """They get a bearer here, and each secret goes to its origin alone."""
    access = credentials(call.sandbox, NAMED)
    assert list(access) == list(NAMED)
    for tenant, entry in access.items():
        assert isinstance(entry.grant, ClientCredentials)
        assert entry.origin == call.sandbox.origin(tenant)
        assert entry.grant.token_url == call.sandbox.token_url(tenant)
        form = {
            "grant_type": "client_credentials",
            "client_id": entry.grant.client_id,
            "client_secret": entry.grant.client_secret.reveal(),
        }
        assert call.token(tenant, data=form).status_code == 200
    assert access["northwind"].secrets["TWO"].origin == "https://two.example:8443"
    assert access["acme"].secrets["WEBHOOK_API_KEY"].secret.reveal() == "sandbox-acme-WEBHOOK_API_KEY"


def test_credentials_render_no_secret(call: Caller):
    """Not even invented ones: what renders these would render real ones."""
    assert secret_text("acme", "WEBHOOK_API_KEY") not in repr(credentials(call.sandbox, NAMED))


def test_a_credentials_file_is_private_strict_yaml_and_says_the_same(call: Caller, tmp_path: Path):
    """Even where a readable file stood before."""
    path = tmp_path / "credentials.yaml"
    path.touch(mode=0o644)
    write_credentials(path, call.sandbox, NAMED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [path]
    document = parse(path.read_bytes(), file=path.name)
    assert document.problems == ()
    assert list(document.value) == list(NAMED)
    for tenant, entry in credentials(call.sandbox, NAMED).items():
        written = document.value[tenant]
        assert isinstance(entry.grant, ClientCredentials)
        assert written["origin"] == entry.origin
        assert written["client_secret"] == entry.grant.client_secret.reveal()
        assert {name: bound["for"] for name, bound in written.get("secrets", {}).items()} == dict(NAMED[tenant])


def test_a_credentials_file_for_a_name_that_is_no_tenant_is_refused(call: Caller, tmp_path: Path):
    """A name with a line break would forge an entry."""
    with pytest.raises(SandboxRefusal, match="can't be a tenant"):
        write_credentials(tmp_path / "credentials.yaml", call.sandbox, {"acme\nevil: {}": []})
    assert list(tmp_path.iterdir()) == []


def test_serving_says_where_and_ends_when_asked(tmp_path: Path, catalogue: Catalogue, http: httpx.Client):
    """The ready line comes after the hook, and both when the server answers."""
    notices: list[str] = []
    stop = threading.Event()

    def ready(running: RunningSandbox):
        assert notices == []
        assert http.get(f"http://127.0.0.1:{running.port}/-/identity").status_code == 200
        stop.set()

    sandbox = Sandbox(tmp_path / "sandbox.db", catalogue, seed=None, notice=notices.append)
    serve(sandbox, ready=ready, stop=stop)
    assert len(notices) == 1
    assert "/{tenant}" in notices[0]


def test_serving_what_is_served_says_so_and_returns(tmp_path: Path, catalogue: Catalogue):
    """The second terminal isn't left waiting for nothing."""
    notices: list[str] = []
    sandbox = Sandbox(tmp_path / "sandbox.db", catalogue, seed=None, notice=notices.append)
    with sandbox.running() as running:
        serve(sandbox)
    assert notices == [f"Another process serves this sandbox already: {running.origin_template}"]


SERVE = """
import sys
from pathlib import Path
from reconciler.catalogue import load
from reconciler.sandbox import Sandbox, serve
serve(Sandbox(Path(sys.argv[1]), load(), notice=lambda line: print(line, flush=True)))
"""


def test_ctrl_c_ends_the_server_cleanly(tmp_path: Path):
    """Exit code 0, a word of farewell, no trace; the state stays readable."""
    db = tmp_path / "sandbox.db"
    child = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE, str(db)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None
    assert "Ctrl-C" in child.stdout.readline()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert (child.returncode, out, err) == (0, "The sandbox has ended.\n", "")


WITHOUT = """
import sys
from pathlib import Path
sys.modules[sys.argv[1]] = None
from reconciler.catalogue import load
from reconciler.sandbox import Sandbox, SandboxRefusal, show
assert show(Path(sys.argv[2]), load())
try:
    with Sandbox(Path(sys.argv[2]), load()).running():
        pass
except SandboxRefusal as refusal:
    print(refusal)
"""


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_the_message_says_how_to_install_it(tmp_path: Path, missing: str):
    """A production install leaves it out: importing works, state can be shown, only a server is refused."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, missing, str(tmp_path / "sandbox.db")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "pip install --no-deps --require-hashes -r requirements/runtime.txt" in done.stdout
    assert missing in done.stdout


def test_importing_the_package_loads_no_server():
    """The command line imports it for every command."""
    code = "import sys, reconciler.sandbox; print([n for n in ('starlette', 'uvicorn', 'anyio') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "[]"


def test_a_request_under_way_does_not_hold_up_the_end(tmp_path: Path, catalogue: Catalogue):
    """A delayed answer is given a second, no more; then the client hears of a failure, one way or another."""

    def ask(url: str, token: str):
        with httpx.Client(trust_env=False, timeout=30) as client:
            try:
                return client.get(url, headers={"authorization": f"Bearer {token}"}).status_code
            except httpx.HTTPError:
                return 500

    with ThreadPoolExecutor(1) as pool:
        with Sandbox(tmp_path / "sandbox.db", catalogue, seed=None).running() as running:
            running.fault(Fault(FaultKind.DELAY, "acme", method="GET", seconds=60))
            url = running.origin("acme") + running.key("big_sales_order").path
            answer = pool.submit(ask, url, running.static_token("acme"))
            while not running.log():
                time.sleep(0.01)
            began = time.monotonic()
        assert answer.result(timeout=10) == 500
    assert time.monotonic() - began < 5
