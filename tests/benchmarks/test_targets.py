"""Every target is the one that was set, and the benchmarks are run as they say."""

import importlib
from collections.abc import Iterator

import pytest

from benchmarks import __main__ as suite
from benchmarks import apply, peers, plan, reports, shell, startup, validate
from benchmarks.measuring import Broken, Cost, Measured, Row

COSTS = [Cost(1.0, 1.0, 1.0)]

# name: (target, at most)
TARGETS = {
    "validate-one-start": (15, True),
    "validate-one-check": (1, True),
    "validate-all-parse": (3, True),
    "validate-all-check": (10, False),
    "validate-all-memory": (150, True),
    "plan-wall-100": (1.25, True),
    "plan-wall-500": (2.5, True),
    "plan-cpu-100": (3, True),
    "plan-cpu-500": (3, True),
    "plan-linear": (1.15, True),
    "plan-memory": (300, True),
    "peers-ansible-10": (100, False),
    "peers-ansible-50": (100, False),
    "peers-terraform's-core-10-at-once-10": (1, False),
    "peers-terraform's-core-10-at-once-50": (1, False),
    "peers-terraform's-core-10-at-once-200": (1, False),
    "peers-curl-and-jq-a-loop-50": (30, False),
    "peers-curl-and-jq-xargs--p10-50": (8, False),
}


class Alike(dict[str, list[Cost]]):
    """The same cost for everything."""

    def __missing__(self, key: str) -> list[Cost]:
        return COSTS


def rows() -> Iterator[Row]:
    yield from validate.rows(Alike(), 10_000)
    yield from plan.rows(Alike(), plan.FULL)
    yield from peers.rows(Alike(), (*peers.FULL, *shell.FULL))


def test_the_targets_are_those_that_were_set():
    """None is softened on the way, and no row has one that nobody set."""
    assert {row.name: (row.target, row.at_most) for row in rows() if row.target is not None} == TARGETS
    assert (startup.AT_MOST, apply.AT_MOST) == (5, 1.3)
    assert {reports.AT_MOST[form] for form in ("json", "markdown", "html")} == {2}
    assert (reports.MANY, reports.LINEAR) == ((10_000, 1_000), 1.15)


def test_the_full_sizes_are_those_that_the_targets_are_for():
    """Tenants, how many at once, and the bound that follows."""
    small, large = plan.FULL.loads
    assert [small.tenants, small.at_once, small.bound(plan.FULL.think)] == [1000, 100, pytest.approx(3.0)]
    assert [large.tenants, large.at_once, large.bound(plan.FULL.think)] == [1000, 500, pytest.approx(0.6)]
    assert plan.FULL.large.tenants == 10_000
    assert apply.FULL.bound == pytest.approx(2.0)
    assert len(plan.KEYS) == 6


def test_the_names_of_all_rows_are_distinct():
    """The comparison finds them by it."""
    names = [row.name for row in rows()]
    assert len(names) == len(set(names))


def test_one_benchmark_that_breaks_does_not_keep_the_others_from_running(monkeypatch: pytest.MonkeyPatch):
    """It is told, and the exit code says so."""
    whole = Measured("Apply", "", (), (), ())

    def break_(*_: object, **__: object) -> Measured:
        raise Broken("it hung")

    monkeypatch.setattr(startup, "measure", break_)
    monkeypatch.setattr(apply, "measure", lambda rounds, *, small: whole)
    assert dict(suite.measured(["startup", "apply"], small=True, rounds=1)) == {"startup": None, "apply": whole}
    assert suite.main(["startup", "apply"]) == 1
    assert suite.main(["apply"]) == 0


def test_every_benchmark_is_there_and_is_called_alike():
    """So that a misspelt one isn't simply left out. What `check` runs is a part of it."""
    for name in suite.known():
        assert callable(importlib.import_module(f"benchmarks.{name}").measure)
    assert set(suite.known()) == set(suite.ROUNDS)
    assert set(suite.CHECKED) <= set(suite.ROUNDS)


@pytest.mark.parametrize("words", [["nothing"], ["check", "plan"], ["check", "--keep"]])
def test_a_wrong_call_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]):
    """Before anything is measured."""
    with pytest.raises(SystemExit) as ended:
        suite.main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err
