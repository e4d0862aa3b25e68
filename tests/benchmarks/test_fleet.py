"""What the benchmarks run on is in order, and each peer does what plan does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fleet, peer_files
from benchmarks.measuring import BIN, PEERS, environment, spent
from benchmarks.peers import LOOP, OURS, XARGS, command, missing, prove
from benchmarks.plan import KEYS
from benchmarks.serving import certified, serving


def reconciler(folder: Path, *words: str, named: bool = False) -> int:
    """Run the command as the benchmarks do; return its exit code."""
    env = environment(folder, named=named)
    return subprocess.run(
        [BIN / "reconciler", *words], check=False, cwd=folder, env=env, capture_output=True, timeout=60
    ).returncode


@pytest.mark.parametrize("text", [fleet.TENANT, fleet.ONLY_CHANGED], ids=["all keys", "only the one that changes"])
def test_the_fleet_is_valid(tmp_path: Path, text: str):
    """Whatever its tenants declare."""
    fleet.write_tenants(tmp_path / "tenants", 12, text=text)
    assert reconciler(tmp_path, "validate") == 0


def test_a_plan_of_the_fleet_finds_who_has_moved(tmp_path: Path):
    """Over TLS, with hosts of their own; every tenant's files agree with what is live of the others."""
    authority, certificate = certified(tmp_path)
    with serving(think=0, moved=5, certificate=certificate) as port:
        folder = tmp_path / "fleet"
        origin = f"https://{{tenant}}.{fleet.DOMAIN}:{port}"
        fleet.write(folder, 10, origin, authority=authority, concurrency=5)
        words = ("plan", "--credentials", "credentials.yaml", "--report", "plan.json")
        assert reconciler(folder, *words, named=True) == 0
    counts = json.loads((folder / "plan.json").read_bytes())["summary"]
    assert (counts["update"], counts["no-op"]) == (2, 10 * len(KEYS) - 2)


@pytest.mark.parametrize("peer", [LOOP, pytest.param(XARGS, marks=pytest.mark.long)])
def test_a_script_reads_compares_and_writes(tmp_path: Path, peer: str):
    """It mends what differs, and we agree that it did."""
    if lacks := missing(peer):
        pytest.skip(f"{lacks} is missing")
    prove(tmp_path / "proof", peer)


def test_the_files_of_the_peers_are_about_the_same_fleet(tmp_path: Path):
    """Every key of every tenant, in each of them."""
    peer_files.write(tmp_path / "fleet", 3, 1234, PEERS / "python")
    folder = tmp_path / "fleet"
    hosts = json.loads((folder / "inventory.json").read_bytes())["all"]["hosts"]
    assert hosts == {fleet.name_of(i): {"desired": fleet.live(i, moved=False)} for i in range(3)}
    assert len(list((folder / "desired").glob("*/*.json"))) == 3 * len(KEYS)
    text = (folder / "terraform" / "main.tf").read_text("utf-8")
    assert text.count('data "terraform_remote_state"') == text.count(".outputs.value") == 3 * len(KEYS)
    assert command(OURS, 3, 1234)[1:] == ["plan", "--credentials", "credentials.yaml", "--detailed-exitcode"]


def test_memory_is_that_of_the_command_and_not_of_whoever_measures(tmp_path: Path):
    """A process has its parent's counted in, unless somebody small stands between."""
    ballast = bytearray(200 << 20)
    cost = spent([sys.executable, "-S", "-c", "pass"], tmp_path, environment(tmp_path))
    assert cost.memory < 100 < len(ballast) >> 20
