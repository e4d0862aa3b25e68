"""An API whose answers are made to do harm: it harms its own tenant's run, and nobody else's.

All attacks come at once, each on a tenant of its own, beside tenants whose API answers as it should.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.threats import Cases
from tests.security.conftest import Ended, Runner
from tests.security.hostile_server import ANSWERS, Attack, HostileServer, hostile

GOOD = ("a-good-one", "zebra")
"""The first and the last in the order of names."""
SECONDS, CPU, MIB = 60, 20, 256
"""What a run over all of them may take: of the clock, of the processor, of memory."""
SETTINGS = """
origin = "{template}"
[limits]
read_timeout = 2
connect_timeout = 1
read_tries = 1
verify_timeout = 0.3
concurrency = 100
[gate]
max_changed_percent = 100
"""


class Fleet:
    """One tenant for each attack, and the good ones: each declares one value, which nobody has set yet."""

    def __init__(self, folder: Path, command: Runner, server: HostileServer, attacked: Mapping[str, Attack]) -> None:
        self.folder, self.command, self.server = folder, command, server
        self.attacked = tuple(attacked)
        (folder / "tenants").mkdir()
        (folder / "reconciler.toml").write_text(SETTINGS.format(template=server.template))
        entries = {}
        for name in (*self.attacked, *GOOD):
            (folder / "tenants" / f"{name}.yaml").write_text("sales_order: {on_hold_timer_duration: 3600}\n")
            origin = server.template.replace("{tenant}", name)
            entries[name] = {
                "origin": origin,
                "client_id": "canary-client",
                "client_secret": "canary-secret",
                "token_url": f"{origin}/token",
            }
        path = folder / "credentials"
        path.touch(mode=0o600)
        path.write_text(json.dumps(entries))

    def run(self, *words: str) -> Any:
        """Run a command over all of them, hold what must hold of any run, and return its tenants by name."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        ended = self.command(
            *words,
            "--credentials",
            "credentials",
            "--report",
            "report.json",
            cwd=self.folder,
            seconds=SECONDS,
            tries=1,
        )
        self.bounded(ended, report.read_text() if report.exists() else "")
        return {one["tenant"]: one for one in json.loads(report.read_text())["tenants"]}

    def bounded(self, ended: Ended, report: str) -> None:
        assert not ended.hung
        assert ended.exit_code == 1, ended.err[-2000:]
        assert ended.cpu < CPU
        assert ended.mib < MIB
        assert len(report) < 1_000_000
        for text in (ended.out, ended.err, report):
            assert "canary-token" not in text
            assert "canary-secret" not in text
            for control in ("\x1b[2J", "\u202e", "::set-output", "Traceback"):
                assert control not in text


def _fleet(folder: Path, command: Runner, asked: str, attacks: Mapping[str, Attack]) -> Iterator[Fleet]:
    with hostile({(name, asked): attack for name, attack in attacks.items()}) as server:
        yield Fleet(folder, command, server, attacks)


@pytest.fixture
def reading(tmp_path: Path, command: Runner) -> Iterator[Fleet]:
    """The attack is the answer to each GET."""
    yield from _fleet(tmp_path, command, "GET", ANSWERS)


@pytest.fixture
def letting_in(tmp_path: Path, command: Runner) -> Iterator[Fleet]:
    """The attack comes from where tokens are had."""
    yield from _fleet(tmp_path, command, "TOKEN", ANSWERS)


@pytest.fixture
def writing(tmp_path: Path, command: Runner) -> Iterator[Fleet]:
    """The attack is the answer to each POST; what is read is in order."""
    yield from _fleet(tmp_path, command, "POST", ANSWERS)


def _others_are_unaffected(fleet: Fleet, cases: Cases) -> None:
    planned = fleet.run("plan")
    assert {name: planned[name]["result"] for name in GOOD} == dict.fromkeys(GOOD, "changes")
    assert {name for name in fleet.attacked if planned[name]["result"] != "failed"} == set()
    assert {name for name in fleet.attacked if planned[name]["keys"][0]["action"] != "unreadable"} == set()
    applied = fleet.run("apply")
    assert {name: applied[name]["result"] for name in GOOD} == dict.fromkeys(GOOD, "applied")
    assert {name for name in fleet.attacked if applied[name]["result"] != "failed"} == set()
    assert sorted(fleet.server.posts) == sorted(GOOD)
    cases.add(2 * len(fleet.attacked))


def test_a_hostile_answer_makes_its_key_unreadable_and_harms_no_other_tenant(reading: Fleet, cases: Cases):
    """Plan and apply end in time and memory, the others are planned and written, nothing is sent to the hostile."""
    _others_are_unaffected(reading, cases)


@pytest.mark.long
def test_a_hostile_token_host_lets_nobody_in_and_harms_no_other_tenant(letting_in: Fleet, cases: Cases):
    """The same, where a token is asked for."""
    _others_are_unaffected(letting_in, cases)


@pytest.mark.long
def test_a_hostile_answer_to_a_write_is_read_back_and_harms_no_other_tenant(writing: Fleet, cases: Cases):
    """Nobody is told `applied` unless it can be read; and no POST is sent more often than the bound says."""
    applied = writing.run("apply")
    assert {name: applied[name]["result"] for name in GOOD} == dict.fromkeys(GOOD, "applied")
    assert {name for name in writing.attacked if applied[name]["result"] != "failed"} == set()
    assert max(writing.server.posts.count(name) for name in writing.attacked) <= 3
    cases.add(len(writing.attacked))
