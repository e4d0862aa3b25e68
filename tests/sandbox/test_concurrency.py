"""Many at once: nothing is lost, nothing is done twice."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import Fault, FaultKind, Sandbox, set_
from tests.sandbox.calling import Caller

HOLD = "sales_order.on_hold_timer_duration"
SEQUENCE = "sales_order.sales_order_generator_sequence"


def test_fifty_parallel_requests_of_two_tenants_all_count(call: Caller):
    """Each is answered by its own tenant's state, and logged once."""

    def one(number: int):
        tenant = ("acme", "northwind")[number % 2]
        return tenant, number, call.post(tenant, HOLD, number), call.get(tenant, HOLD)

    with ThreadPoolExecutor(50) as pool:
        rows = list(pool.map(one, range(50)))
    assert all(posted.status_code == read.status_code == 200 for _, _, posted, read in rows)
    assert all(read.json()["value"] % 2 == number % 2 for _, number, _, read in rows)
    log = call.sandbox.log()
    assert len(log) == 100
    assert len({entry.request_id for entry in log}) == 100


def test_of_many_first_writes_of_a_write_once_key_one_wins(call: Caller):
    """The check and the write are one step."""

    def one(number: int):
        return call.post("acme", SEQUENCE, {"prefix": f"P{number}"})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(one, range(20)))
    winners = [answer for answer in answers if answer.status_code == 200]
    assert sorted({answer.status_code for answer in answers}) == [200, 409]
    assert len(winners) == 1
    assert call.get("acme", SEQUENCE).json() == winners[0].json()


def test_a_counted_fault_is_never_had_twice(call: Caller):
    """Three times means three of twenty."""
    call.sandbox.fault(Fault(FaultKind.STATUS, "acme", HOLD, "GET", times=3))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: call.get("acme", HOLD).status_code, range(20)))
    assert sorted(answers) == [200] * 17 + [500] * 3


def write_from_another_process(db: Path, start: Any, results: Any):
    """Run in a child: open the same file, write a value, start or share the server."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    start.wait(30)
    set_(db, catalogue, f"tenant{multiprocessing.current_process().name[-1]}", HOLD, value=7)
    with (
        Sandbox(db, catalogue, seed=None).running() as running,
        httpx.Client(trust_env=False, headers={"authorization": f"Bearer {running.static_token('acme')}"}) as http,
    ):
        answer = http.get(running.origin("acme") + running.key(HOLD).path)
        results.put((running.port, answer.status_code))
        start.wait(30)  # nobody's server ends before everybody has asked it


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_two_processes_may_make_and_share_one_new_database(tmp_path: Path):
    """Both get the same port, from one server, and neither write is lost."""
    context = multiprocessing.get_context("spawn")
    db, results, start = tmp_path / "new" / "sandbox.db", context.Queue(), context.Barrier(2)
    children = [
        context.Process(target=write_from_another_process, args=(db, start, results), name=f"child-{number}")
        for number in range(2)
    ]
    for child in children:
        child.start()
    answers = {results.get(timeout=30) for _ in children}
    for child in children:
        child.join(30)
    assert [child.exitcode for child in children] == [0, 0]
    assert len(answers) == 1
    assert answers.pop()[1] == 200
