"""`reconciler shards`: how many parts a fleet needs, by arithmetic alone and by the command."""

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.inputs.choice import Shard, select
from reconciler.journeys.sharding import MOST_SHARDS, Budget, Need, fewest, need
from reconciler.sandbox import LogEntry
from tests.journeys.stage import Result, Stage

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
FLEETS = st.sets(NAMES, max_size=60)
FIVE_MINUTES = Budget(5000, 300, 300)


@given(FLEETS, FLEETS, st.integers(1, 40))
def test_every_tenant_is_in_one_shard_and_stays_there_when_others_come(fleet: set[str], more: set[str], count: int):
    """The partition is one, and a new tenant moves nobody: a shard may be run again after a merge to main."""
    shards = [select(fleet, (), Shard(number, count)) for number in range(1, count + 1)]
    assert sorted(name for names in shards for name in names) == sorted(fleet)
    for number, names in enumerate(shards, 1):
        assert set(names) == set(select(fleet | more, (), Shard(number, count))) & fleet


@given(st.dictionaries(NAMES, st.integers(0, 50), max_size=60), st.integers(50, 400))
def test_no_fewer_shards_keep_each_within_the_most(weights: dict[str, int], most: int):
    """Held against the partition that --shard really makes."""

    def heaviest(count: int) -> int:
        return max(sum(weights[name] for name in select(weights, (), Shard(i, count))) for i in range(1, count + 1))

    found = fewest(weights, most)
    assert found is not None
    assert found == (found[0], heaviest(found[0]))
    assert found[1] <= most
    assert all(heaviest(count) > most for count in range(1, found[0]))


def test_what_fits_into_no_number_of_shards_is_said():
    """One tenant can't be parted, and there are bounds to what --shard takes."""
    assert fewest({"acme": 11, "beta": 1}, 10) is None
    assert fewest({f"t{number}": 1 for number in range(MOST_SHARDS + 1)}, 1) is None


@pytest.mark.parametrize(
    ("tenants", "keys", "changed", "expected"),
    [
        pytest.param(0, 6, 0, Need(0, 1, 0), id="nobody-is-one-shard-as-an-empty-matrix-is-an-error"),
        pytest.param(1, 0, 0, Need(1, 1, 1), id="a-token-alone"),
        pytest.param(10, 6, 0, Need(70, 1, 70), id="a-plan"),
        pytest.param(10, 6, 3, Need(70 + 3 * (1 + 6 * 3), 1, 127), id="an-apply"),
        pytest.param(10, 6, 10, Need(10 * (2 + 6 * 4), 1, 260), id="an-apply-of-everything"),
    ],
)
def test_the_requests_of_a_run_are_counted(tenants: int, keys: int, changed: int, expected: Need):
    """A token a tenant, a GET a key; where it is written one more token, and GET, POST, GET for each key."""
    assert need({f"t{number}": keys for number in range(tenants)}, changed, FIVE_MINUTES) == expected


@pytest.mark.parametrize(
    ("calls", "minutes", "counted"),
    [
        pytest.param(5000, 5, 4500, id="a-tenth-is-kept-back"),
        pytest.param(5000, 9.9, 4500, id="whole-windows-only"),
        pytest.param(5000, 60, 54_000, id="an-hour"),
        pytest.param(5000, 1, 4500, id="less-than-a-window-still-has-its-calls"),
        pytest.param(30_000, 5, 27_000, id="the-larger-budget"),
        pytest.param(1, 5, 1, id="never-nothing"),
    ],
)
def test_the_calls_that_are_counted_on(calls: int, minutes: float, counted: int):
    """As the budget of an address gives them out to reads."""
    assert Budget(calls, 300, minutes * 60).in_time == counted


def test_a_fleet_is_parted_by_what_its_shards_weigh():
    """A thousand tenants of six keys: 7,000 requests, and never more in one shard than its machine may call."""
    keys = {f"tenant-{number:04}": 6 for number in range(1000)}
    plan, apply = need(keys, 0, FIVE_MINUTES), need(keys, 300, FIVE_MINUTES)
    assert plan is not None
    assert apply is not None
    assert (plan.requests, plan.shards) == (7000, 2)
    assert apply.requests == 12_700
    assert apply.largest <= 4500 < math.ceil(12_700 / (apply.shards - 2))


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Twelve tenants; two declare two keys, and four have a change."""
    for number in range(12):
        more: dict[str, Any] = {"external_oms": {"enabled": False}} if number < 2 else {}
        name = f"t{number}"
        stage.tenant(name, on_hold_timer_duration=120 if number in {1, 2, 3, 4} else 60, **more)
        stage.access(name, client=True)
        stage.sandbox.set_value(name, "on_hold_timer_duration", 60)
        stage.sandbox.set_value(name, "external_oms", {"enabled": False})
    return stage


def shards(stage: Stage, *words: str) -> Result:
    return stage.run("shards", *words, report=False)


def counts(text: str) -> dict[str, list[int]]:
    rows = [line.split() for line in text.splitlines()]
    return {
        row[0]: [int(cell.replace(",", "")) for cell in row[1:]] for row in rows if row and row[0] in {"plan", "apply"}
    }


def requests(stage: Stage, since: int) -> Sequence[LogEntry]:
    return stage.sandbox.log()[since:]


def test_what_is_counted_is_what_is_sent_at_most(fleet: Stage):
    """Held against the requests that a plan and an apply really made; this one was over before a token had run out."""
    fleet.settings("[gate]\nmax_tenants_changed = 4\nmax_changed_percent = 100")
    told = counts(shards(fleet).stdout)
    begun = len(fleet.sandbox.log())
    fleet.plan()
    assert told["plan"][0] == len(requests(fleet, begun)) == 26
    begun = len(fleet.sandbox.log())
    assert fleet.run("apply", "--plan", "plan.json").exit_code == 0
    # Which four of the twelve change, and how many of their keys, is not known beforehand.
    assert told["apply"][0] == 26 + math.ceil((12 + 14 * 3) * 4 / 12) == 44
    assert len(requests(fleet, begun)) == 26 + 4 * 3 == 38


def test_the_matrix_is_one_line_on_stdout_and_what_was_counted_is_on_stderr(fleet: Stage):
    """GitHub's fromJSON takes the line as it is; its shards are those that --shard takes."""
    ended = shards(fleet, "--calls", "10", "--format", "json")
    matrix = json.loads(ended.stdout)
    count = len(matrix["include"])
    assert (ended.exit_code, ended.stdout.count("\n")) == (0, 1)
    assert matrix == {"include": [{"shard": f"{number}/{count}"} for number in range(1, count + 1)]}
    assert counts(ended.stderr)["apply"][1] == count > 3
    assert shards(fleet, "--calls", "10", "--format", "json", "--quiet").stderr == ""
    planned = shards(fleet, "--calls", "10", "--format", "json", "--for", "plan")
    assert len(json.loads(planned.stdout)["include"]) == counts(ended.stderr)["plan"][1] < count


def test_what_is_not_said_comes_from_the_settings(fleet: Stage):
    """The limits of the run, and the share that the gate lets through; flags go before them."""
    fleet.settings(limits={"calls_per_window": 20, "window_seconds": 60})
    said = shards(fleet).stdout
    assert "20 in 60 s" in said
    assert "Changed in one apply: 3 at most" in said, "30 percent of twelve"
    assert counts(said)["plan"] == [26, 3, 13]
    assert counts(shards(fleet, "--minutes", "2").stdout)["plan"][1] == 1
    assert counts(shards(fleet, "--calls", "5000").stdout)["plan"][1] == 1
    assert "Changed in one apply: 12 at most" in shards(fleet, "--changed", "100").stdout
    fleet.settings("[gate]\nmax_tenants_changed = 1")
    assert "Changed in one apply: 1 at most" in shards(fleet).stdout


def test_with_a_number_of_keys_no_file_is_read(fleet: Stage):
    """On a very large fleet the names are enough; otherwise errors are told, and their tenants counted all the same."""
    fleet.write("t5", "no: [yaml")
    said = shards(fleet)
    assert (said.exit_code, "1 have errors in their files: reconciler validate" in said.stdout) == (0, True)
    said = shards(fleet, "--keys", "6")
    assert "12, with 72 declared keys.\n" in said.stdout
    assert counts(said.stdout)["plan"][0] == 84


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--tenants nowhere", "no tenant files"),
        ("--calls 0", "--calls"),
        ("--minutes 0", "--minutes"),
        ("--changed 101", "--changed"),
        ("--calls 1", "--minutes"),
        ("--for report", "--for"),
    ],
)
def test_what_can_not_be_split_is_a_wrong_call(fleet: Stage, words: str, told: str):
    """An empty folder too: plan would say so, and an empty matrix would only confuse CI."""
    ended = shards(fleet, *words.split(), "--format", "json")
    assert (ended.exit_code, ended.stdout) == (64, "")
    assert told in ended.stderr


def test_more_jobs_than_github_takes_are_told(fleet: Stage):
    """It would refuse the whole matrix."""
    for number in range(12, 200):
        (fleet.folder / "tenants" / f"t{number}.yaml").touch()
    ended = shards(fleet, "--keys", "1", "--changed", "0", "--calls", "5", "--format", "json")
    assert len(json.loads(ended.stdout)["include"]) > 256
    assert "at most 256 jobs" in ended.stderr
