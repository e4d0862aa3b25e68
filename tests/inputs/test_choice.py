import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.inputs.choice import Shard, parse_shard, select, unmatched
from reconciler.inputs.usage import UsageProblem

FLEET = ("acme", "acme-staging", "beta", "beta2", "zeta")
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        pytest.param((), FLEET, id="none-is-all"),
        pytest.param(("acme",), ("acme",), id="whole-name"),
        pytest.param(("acme*",), ("acme", "acme-staging"), id="star"),
        pytest.param(("beta?",), ("beta2",), id="question-mark"),
        pytest.param(("[bz]eta",), ("beta", "zeta"), id="class"),
        pytest.param(("[!b]eta",), ("zeta",), id="negated-class"),
        pytest.param(("zeta", "acme", "acme"), ("acme", "zeta"), id="sorted-once"),
        pytest.param(("ACME",), (), id="case-counts"),
        pytest.param(("acm",), (), id="not-a-prefix"),
    ],
)
def test_globs_choose_whole_names(globs: tuple[str, ...], expected: tuple[str, ...]):
    """As in a shell, on the whole name, case included; the answer is sorted."""
    assert select(reversed(FLEET), globs) == expected


@given(st.sets(NAMES, max_size=60), st.integers(1, 17))
def test_shards_part_the_fleet(names: set[str], count: int):
    """Every tenant is in exactly one of N shards."""
    parts = [select(names, (), Shard(index, count)) for index in range(1, count + 1)]
    assert sorted(name for part in parts for name in part) == sorted(names)


@given(st.sets(NAMES, max_size=30), st.integers(1, 9))
def test_a_tenant_stays_in_its_shard_whoever_else_is_there(names: set[str], count: int):
    """A shard depends on the name alone, so that a new tenant moves nobody."""
    for name in names:
        index = next(i for i in range(1, count + 1) if Shard(i, count).holds(name))
        assert name in select(names, (), Shard(index, count))


def test_the_shard_of_a_name_never_changes():
    """Two versions of the tool may share a fleet. By `sha256sum`, the hashes end in 7 and in 4."""
    assert [index for index in range(1, 5) if Shard(index, 4).holds("acme")] == [4]
    assert [index for index in range(1, 5) if Shard(index, 4).holds("acme-staging")] == [1]


def test_globs_and_shards_both_apply():
    """A shard of a selection is the selected part of the shard."""
    chosen = [select(FLEET, ("acme*",), Shard(index, 2)) for index in (1, 2)]
    assert sorted(name for part in chosen for name in part) == ["acme", "acme-staging"]


def test_a_shard_is_read_and_shown_alike():
    """`--shard 2/4` is the second of four."""
    shard = parse_shard("2/4")
    assert shard == Shard(2, 4)
    assert str(shard) == "2/4"


@pytest.mark.parametrize(
    "text",
    ["0/4", "5/4", "1/0", "-1/4", "1", "1/", "/4", "a/b", "1/4/2", " 1/4", "1/4\n", "1.0/4", "١/٤", "1/10001", ""],
)
def test_what_is_no_shard_says_how_to_write_one(text: str):
    """A typo must not run another part of the fleet."""
    problem = parse_shard(text)
    assert isinstance(problem, UsageProblem)
    assert "--shard I/N" in problem.hint


def test_a_glob_that_fits_nobody_names_the_nearest():
    """Each miss gets its own line."""
    problem = unmatched(FLEET, ("acme", "zeto", "Bet*", "qqqq"))
    assert isinstance(problem, UsageProblem)
    assert problem.message == 'No tenant matches "zeto", "Bet*", "qqqq".'
    assert problem.details[0] == 'nearest to "zeto": "zeta", "beta"'
    assert '"beta"' in problem.details[1]
    assert problem.details[2] == 'nearest to "qqqq": none'


def test_of_a_small_fleet_all_names_are_told():
    """Whoever is in the wrong folder sees at once whose it is; a large fleet is only counted."""
    few, many = unmatched(("zeta", "acme"), ("q",)), unmatched([f"shop-{n}" for n in range(6)], ("q",))
    assert isinstance(few, UsageProblem)
    assert isinstance(many, UsageProblem)
    assert few.hint.startswith('The fleet has 2: "acme", "zeta". ')
    assert many.hint.startswith("The fleet has 6. ")


def test_each_glob_must_fit_somebody():
    """One good name doesn't excuse a typo in the other."""
    assert unmatched(FLEET, ("acme", "b*")) is None
    assert unmatched(FLEET, ()) is None
    assert isinstance(unmatched(FLEET, ("acme", "acmee")), UsageProblem)


def test_an_empty_fleet_points_at_the_folder():
    """Nearest names don't help when there are no files."""
    problem = unmatched((), ("acme",))
    assert isinstance(problem, UsageProblem)
    assert "--tenants" in problem.hint
