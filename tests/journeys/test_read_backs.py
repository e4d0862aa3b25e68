"""A read that tells what became of a POST is held up by no limit of ours: else the report could only say "unknown"."""

from collections.abc import Sequence
from typing import Any

import pytest

from reconciler.applying.write import write_key
from reconciler.model.key import Key
from reconciler.model.live import Live, Posted, Sent
from reconciler.sandbox import Fault, FaultKind
from tests.applying.faking import ScriptedApi, desk_of, finish, let_go
from tests.journeys.stage import QUICK, SEQUENCE, Stage
from tests.planning.making import LATER, TIMER, planned, set_to

BEFORE, DESIRED = set_to(TIMER, 1), set_to(TIMER, 2, LATER)
NO = Posted(Sent.REJECTED, "400: no.")
YES, LOST, UNSENT = Posted(Sent.ACCEPTED), Posted(Sent.LOST, "No answer."), Posted(Sent.NOT_SENT, "No connection.")


class Watching(ScriptedApi):
    """Notes of each read whether it may pass the limits: `V` if it may, `R` if not; and `P` for a POST."""

    def __init__(self, reads: Sequence[Live], posts: Sequence[Posted]) -> None:
        super().__init__(reads, posts)
        self.seen_reads = ""

    async def read(self, key: Key, *, verifying: bool = False) -> Live:
        """Answer as the script says."""
        self.seen_reads += "V" if verifying else "R"
        return await super().read(key, verifying=verifying)


@pytest.mark.parametrize(
    ("reads", "posts", "seen"),
    [
        pytest.param([BEFORE, BEFORE, DESIRED], [YES], "RVV", id="accepted"),
        pytest.param([BEFORE, DESIRED], [LOST], "RV", id="lost"),
        pytest.param([BEFORE, BEFORE], [NO], "RV", id="rejected"),
        pytest.param([BEFORE, BEFORE, BEFORE, DESIRED], [LOST, UNSENT, YES], "RVVV", id="lost-then-unsent"),
        pytest.param([BEFORE, BEFORE, DESIRED], [UNSENT, YES], "RRV", id="unsent"),
    ],
)
def test_every_read_after_a_post_may_pass_the_limits_and_none_before(
    reads: Sequence[Live], posts: Sequence[Posted], seen: str
):
    """While nothing has left, the limits protect the platform; after that, they would only hide the truth."""
    api = Watching(reads, posts)
    finish(write_key(planned(TIMER, 2, BEFORE), desk_of(api), let_go))
    assert api.seen_reads == seen


@pytest.mark.parametrize(
    ("key", "desired"),
    [
        pytest.param("on_hold_timer_duration", 120, id="ordinary"),
        pytest.param("sales_order_generator_sequence", SEQUENCE, id="write-once"),
    ],
)
def test_a_post_that_opens_the_breaker_is_still_read_back(stage: Stage, key: str, desired: Any):
    """It was written although its answer was a 500: the report says so, and the neighbour is of no concern."""
    stage.settings(limits={**QUICK, "breaker_failures": 1})
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, **{key: desired})
    stage.sandbox.fault(Fault(FaultKind.COMMIT_THEN_STATUS, "acme", key, "POST"))
    ended = stage.run("apply", "--allow-irreversible")
    assert (ended.outcome("acme", key)["status"], stage.live("acme", key)) == ("applied", desired)
    assert len(stage.log("acme", key, "POST")) == 1
    assert (ended.exit_code, ended.results()["beta"]) == (0, "applied")
