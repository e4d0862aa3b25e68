"""Operators, rivals, faults, crashes and edits of the files, in any order between and during plans and applies."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from reconciler.catalogue import Catalogue
from reconciler.sandbox import TOKEN, Fault, FaultKind, RunningSandbox
from tests.campaigns import world
from tests.campaigns.stand import GATE_OPEN, REPORT, Stand
from tests.campaigns.tally import Tally
from tests.campaigns.test_matrix import LAG, LIMITS
from tests.campaigns.world import NUMBERS, OTHERS_SECRET, TENANTS, Kept, Move, Pair
from tests.journeys.stage import Result, Stage, until

pytestmark = pytest.mark.campaign("state machine")

some = settings(
    max_examples=6,
    stateful_step_count=20,
    deadline=None,
    print_blob=True,
    phases=(Phase.explicit, Phase.generate),  # to shrink a story takes minutes; its blob plays it again
    database=None,
    suppress_health_check=list(HealthCheck),
)
many = settings(some, stateful_step_count=40, max_examples=10)
ROUNDS = 12
"""Of ten examples each: after ten, most are variations of earlier ones, so rather begin anew."""


class Fleet(RuleBasedStateMachine):
    """Three tenants at most. `beta` gets its tokens from the token endpoint."""

    plans = Bundle("plans")

    def __init__(self, stand: Stand, cuts: int) -> None:
        """Start anew on the stage of `stand`. `cuts` is how many processes may be started, to be cut off."""
        super().__init__()
        self.stand, self.cuts = stand, cuts
        self.sandbox, self.files = stand.stage.sandbox, 0
        self.undo: dict[str, Any] = {}
        stand.stage.clear()
        for folder in stand.stage.folder.glob("back-*"):
            shutil.rmtree(folder)
        stand.declared.clear()
        stand.secrets.clear()
        stand.tally.violations.clear()
        stand.stage.canaries.add(OTHERS_SECRET)
        stand.stage.access("beta", client=True)

    def hold(self, *untrue: str) -> None:
        """Fail if a run broke the promise, or if `untrue` says what else is wrong."""
        found = self.stand.tally.violations
        found += [*untrue, *world.lifelong(self.sandbox.log(), self.sandbox.writes(), self.stand.catalogue)]
        assert not found, "\n".join(found)

    @initialize(states=world.states, acme=world.documents, beta=world.documents)
    def begin(self, states: dict[str, dict[str, Any]], acme: dict[str, Any], beta: dict[str, Any]) -> None:
        for tenant, keys in states.items():
            for short, value in keys.items():
                self.sandbox.set_value(tenant, short, world.live(value, OTHERS_SECRET))
        self.stand.declare("acme", acme)
        self.stand.declare("beta", beta)

    # what others do

    @rule(moves=world.moves)
    def operators_act(self, moves: list[Move]) -> None:
        for move in moves:
            move.make(self.stand)

    @rule(move=world.sequence_moves)
    def sequence_moves(self, move: Move) -> None:
        """Behind our back. Unset is what only the platform's people could do; a default can't be told from one set."""
        move.make(self.stand)

    @rule(tenant=world.tenants, pair=world.pairs, post=st.booleans(), after=st.integers(0, 2), own=st.booleans())
    def rival(self, tenant: str, pair: Pair, post: bool, after: int, own: bool) -> None:
        """Somebody will write right before a read, or win the race of a POST."""
        kind = FaultKind.LOST_RACE if post else FaultKind.RIVAL
        value = world.live(pair[1], world.secret(tenant, own=own))
        self.stand.fault(Fault(kind, tenant, pair[0], after=after, value=value))

    # what goes wrong

    def trouble(self, faults: list[Fault]) -> None:
        for fault in faults:
            self.stand.fault(fault)

    @rule()
    def faults_end(self) -> None:
        self.sandbox.clear_faults()

    # what happens to the files

    @rule(tenant=world.tenants, changes=world.changes, release=st.sampled_from([False, False, True]))
    def edit(self, tenant: str, changes: dict[str, Any], release: bool) -> None:
        """Keys are declared, changed or released; a tenant may be new by that."""
        kept = {short: one for short, one in self.stand.declared.get(tenant, {}).items() if short not in changes}
        self.stand.declare(tenant, kept if release else {**kept, **changes})

    @rule(tenant=world.tenants)
    def remove(self, tenant: str) -> None:
        if set(self.stand.declared) > {tenant}:
            del self.stand.declared[tenant]
            (self.stand.stage.folder / "tenants" / f"{tenant}.yaml").unlink()

    @rule(tenant=world.tenants, old=st.booleans())
    def rotate(self, tenant: str, old: bool) -> None:
        """The credentials get another secret, perhaps the one that was live before."""
        if tenant in self.stand.secrets:
            text = world.secret(tenant, own=old)
            self.stand.secrets[tenant]["WEBHOOK_API_KEY"] = text
            self.stand.stage.secret(tenant, "WEBHOOK_API_KEY", text)

    @precondition(lambda self: self.undo)
    @rule()
    def take_back(self) -> None:
        """The undo of the last apply becomes what the files declare."""
        self.files += 1
        folder = f"back-{self.files}"
        made = self.stand.stage.run("report", REPORT, "--undo", folder)
        for path in (self.stand.stage.folder / folder).glob("*.yaml"):
            keys = (yaml.safe_load(path.read_text()) or {}).get("sales_order") or {}
            if path.stem in self.stand.declared:
                self.stand.declare(path.stem, {**self.stand.declared[path.stem], **keys})
        self.hold(*(["the undo can't be made"] if made.exit_code == 64 else []))

    # runs

    @rule()
    def validate(self) -> None:
        before = len(self.sandbox.log())
        ended = self.stand.stage.run("validate")
        self.hold(*(["a valid fleet isn't"] if ended.exit_code or len(self.sandbox.log()) > before else []))

    @rule(target=plans, of=st.sampled_from((None, *TENANTS)), faults=st.one_of(st.just([]), world.faults))
    def plan(self, of: str | None, faults: list[Fault]) -> Kept:
        """Into a file of its own. It POSTs nothing, and asks only for what the selection declares."""
        self.trouble(faults)
        self.files += 1
        of = of if of in self.stand.declared else None
        name, start, calm = f"plan-{self.files}.json", len(self.sandbox.log()), not self.sandbox.faults()
        planned = self.stand.stage.plan(*(("--tenant", of) if of else ()), to=name)
        entries = [entry for entry in self.stand.since(start) if entry.key != TOKEN]
        self.stand.tally.runs += 1
        self.stand.tally.saw(self.stand.since(start))
        asked = {(entry.tenant, entry.key, entry.method) for entry in entries}
        may = {(tenant, key, "GET") for tenant, key in self.stand.wanted() if of in {None, tenant}}
        self.hold(*(f"a plan asked {one}" for one in sorted(map(str, asked - may))))
        self.ends_as_it_must(planned, {of} if of else set(TENANTS), calm=calm, first_sets=True)
        return Kept(name, of, planned.report, world.moment(self.stand), calm)

    @rule(faults=world.faults)
    def apply(self, faults: list[Fault]) -> None:
        self.applied(faults, first_sets=True)

    @rule(faults=world.faults)
    def apply_without_first_sets(self, faults: list[Fault]) -> None:
        self.applied(faults, first_sets=False)

    def applied(self, faults: list[Fault], *, first_sets: bool) -> None:
        self.trouble(faults)
        start, calm = len(self.sandbox.log()), not self.sandbox.faults()
        ended = self.stand.apply(*(["--allow-irreversible"] if first_sets else []))
        sent = [one for one in self.stand.since(start) if one.method == "POST" and one.key == f"sales_order.{NUMBERS}"]
        self.hold(*(["a sequence was sent that nobody has reviewed or allowed"] if sent and not first_sets else []))
        self.over(ended)
        self.ends_as_it_must(ended, set(TENANTS), calm=calm, first_sets=first_sets)

    @rule(one=plans, other=plans, both=st.booleans(), faults=st.one_of(st.just([]), world.faults))
    def apply_plans(self, one: Kept, other: Kept, both: bool, faults: list[Fault]) -> None:
        """Nothing but what was reviewed is sent; and what nothing has happened to since is not stale."""
        self.trouble(faults)
        plans = [one, other] if both else [one]
        start, calm = len(self.sandbox.log()), not self.sandbox.faults()
        fresh = calm and any(p.calm and p.of is None and p.moment == world.moment(self.stand) for p in plans)
        chosen = {tenant for p in plans for tenant in ([p.of] if p.of else self.stand.declared)}
        ended = self.stand.apply(*(word for p in plans for word in ("--plan", p.name)))
        entries = self.stand.since(start)
        wrong = [f"{entry.tenant} was not selected" for entry in entries if entry.tenant not in chosen]
        wrong += world.unreviewed(plans, ended, entries, self.sandbox.writes(), self.stand)
        self.hold(*wrong)
        self.over(ended)
        if fresh:
            self.ends_as_it_must(ended, set(TENANTS), calm=True, first_sets=True)

    @precondition(lambda self: self.cuts)
    @rule(index=st.integers(1, 30), kill=st.booleans(), faults=world.faults)
    def apply_is_cut_off(self, index: int, kill: bool, faults: list[Fault]) -> None:
        """By SIGKILL or Ctrl-C, while a request from number `index` on is under way. Slowly, so that one is."""
        self.cuts -= 1
        self.trouble(faults)
        self.stand.fault(Fault(FaultKind.DELAY, times=None, seconds=LAG))
        process, start, wanted = self.stand.started("--allow-irreversible")

        def under_way() -> bool:
            entries = self.stand.since(start)
            return len(entries) >= index and any(one.status is None and "delay" in one.faults for one in entries)

        until(lambda: under_way() or process.handle.poll() is not None)
        over = process.handle.poll() is not None
        if kill and not over:
            self.stand.killed(process, start, wanted, stragglers=0.0)
            ended = None
        else:
            self.stand.tally.crashes += not over
            if not over:
                process.interrupt()
            ended = self.stand.ended(process, start, wanted)
        self.only_counted_faults()
        self.hold(*(["an interrupt was not told"] if ended and not over and ended.exit_code != 130 else []))
        self.over(ended)

    # what must hold

    def only_counted_faults(self) -> None:
        """Take the fault away that made everything slow."""
        left = [one for one in self.sandbox.faults() if one.times is not None]
        self.sandbox.clear_faults()
        for one in left:
            self.stand.fault(one)

    def over(self, ended: Result | None) -> None:
        self.undo = ended.report.get("undo", {}) if ended else {}

    def ends_as_it_must(self, ended: Result, of: set[str], *, calm: bool, first_sets: bool) -> None:
        """Where nothing goes wrong, only sequences can keep a run from exit 0."""
        due = world.exit_code(self.stand, of, first_sets=first_sets)
        wrong = calm and ended.exit_code != due
        self.hold(*([f"exit code {ended.exit_code} instead of {due}, and nothing went wrong"] if wrong else []))

    def teardown(self) -> None:
        """In the end all is in sync but for sequences that are set otherwise, and then nothing is left to send."""
        if self.stand.tally.violations or not self.stand.declared:
            return
        self.sandbox.clear_faults()
        for tenant in world.undated(self.stand):
            self.sandbox.unset(tenant, NUMBERS)
        self.stand.converges("--allow-irreversible")
        start = len(self.sandbox.log())
        self.stand.apply("--allow-irreversible")
        again = [entry for entry in self.stand.since(start) if entry.method == "POST" and entry.key != TOKEN]
        self.hold(*(["an apply of what is in sync sent something"] if again else []))


@pytest.fixture
def make(
    served: RunningSandbox, catalogue: Catalogue, tally: Tally, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], Fleet]:
    """Makes a fleet, always on the same stage; given is how often a process may be cut off."""
    stage = Stage(tmp_path_factory.mktemp("machine"), served)
    stage.settings(GATE_OPEN, limits=LIMITS)
    return lambda cuts: Fleet(Stand(stage, tally, catalogue), cuts)


def play(factory: Callable[[], Fleet], profile: settings) -> None:
    # Documented as a factory, typed as a class.
    run_state_machine_as_test(factory, settings=profile)  # type: ignore[arg-type]


def test_whatever_happens_in_whichever_order_the_promise_is_kept(make: Callable[[int], Fleet]):
    """What no list of cases has: troubles that meet."""
    play(lambda: make(1), some)


@pytest.mark.long
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_whatever_happens_for_long_the_promise_is_kept(make: Callable[[int], Fleet], turn: int):
    """More examples, of more steps each."""
    play(lambda: make(3), many)
