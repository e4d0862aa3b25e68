from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import Report, Revision, Selection, TenantReport
from reconciler.model.words import Result
from reconciler.report.merge import MergeProblem, merge
from tests.report.samples import SAMPLES, WARNING, digest_of

PLAN = replace(SAMPLES["plan"], problems=(WARNING,))


def names(tenants: Sequence[TenantReport]) -> str:
    """Stand in for the planner's digest: it tells which tenants were given, in which order."""
    return digest_of(",".join(tenant.tenant for tenant in tenants))


def shard(number: int, total: int, whole: Report = PLAN) -> Report:
    """Every so-manieth tenant of a plan, with what every shard sees: problems of profiles, notices."""
    tenants = whole.tenants[number - 1 :: total]
    return replace(
        whole,
        selection=replace(whole.selection, shard=f"{number}/{total}"),
        tenants=tenants,
        digest=names(tenants),
        started_at=f"2026-03-02T12:00:0{number}Z",
        finished_at=f"2026-03-02T12:01:0{number}Z",
        result=Result.FAILED,
        exit_code=1,
    )


def merged(*reports: Report) -> Report:
    """Merge what must be mergeable."""
    found = merge(reports, digest=names)
    assert isinstance(found, Report), found
    return found


def refused(*reports: Report) -> str:
    """The reasons why these can't be merged."""
    found = merge(reports, digest=names)
    assert isinstance(found, MergeProblem)
    return "\n".join(found.reasons)


@given(st.integers(1, 9), st.randoms(use_true_random=False))
def test_shards_in_any_order_and_doubled_make_the_whole(total: int, random: "st.random.Random"):  # type: ignore[name-defined]
    """Merging all shards of a plan gives the plan, whatever the order, duplicates and number of shards."""
    shards = [shard(number, total) for number in range(1, total + 1)]
    shards += random.sample(shards, random.randint(0, total))
    random.shuffle(shards)
    whole = merged(*shards)
    assert whole == replace(
        PLAN,
        started_at="2026-03-02T12:00:01Z",
        finished_at=f"2026-03-02T12:01:0{total}Z",
        digest=names(PLAN.tenants),
    )
    assert merged(whole, whole) == whole


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"command": "apply"}, "commands", id="command"),
        pytest.param({"tool_version": "0.2.0"}, "tool versions", id="tool-version"),
        pytest.param({"revision": Revision("other")}, "revisions", id="revision"),
        pytest.param({"revision": replace(PLAN.revision, dirty=True)}, "revisions", id="dirty"),
        pytest.param({"sandbox": True}, "sandbox", id="sandbox"),
        pytest.param({"selection": Selection(("acme",), shard="2/2")}, "selections", id="selection"),
        pytest.param({"selection": Selection(changed_since="main", shard="2/2")}, "--changed-since main", id="since"),
        pytest.param({"selection": Selection(shard="1/2")}, "1/2 is given twice", id="shard-twice"),
        pytest.param({"selection": Selection(shard="3/2")}, "no shard 3/2", id="shard-beyond"),
        pytest.param({"selection": Selection(shard="2/3")}, "2, 3 shards", id="another-number-of-shards"),
        pytest.param(
            {"selection": Selection()}, "report 2 of a whole run that doesn't have its tenant acme so", id="not-a-shard"
        ),
        pytest.param({"tenants": PLAN.tenants[:1]}, "Tenant acme is in 2", id="overlap"),
    ],
)
def test_what_is_not_of_one_run_is_refused_with_its_reason(change: dict[str, object], said: str):
    """Two reports that differ in what one run has in common are not merged."""
    other = replace(shard(2, 2), **change)  # type: ignore[arg-type]  # rows of several types
    assert said in refused(shard(1, 2), other)


@given(st.integers(1, 6), st.data())
def test_a_merge_beside_its_own_parts_is_the_merge(total: int, data: st.DataObject):
    """A glob that takes in the result of the last merge as well changes nothing."""
    shards = [shard(number, total) for number in range(1, total + 1)]
    whole = merged(*shards)
    given = data.draw(st.permutations([whole, *data.draw(st.lists(st.sampled_from(shards)))]))
    assert merged(*given) == whole


def test_a_shard_that_was_run_twice_with_the_same_end_is_one_shard():
    """Times are no content: the merge spans both."""
    again = replace(shard(1, 2), started_at="2026-03-02T11:00:00Z", finished_at="2026-03-02T13:00:00Z")
    for files in ((again, shard(1, 2), shard(2, 2)), (shard(2, 2), shard(1, 2), again)):
        whole = merged(*files)
        assert (whole.started_at, whole.finished_at) == (again.started_at, again.finished_at)
        assert whole.tenants == PLAN.tenants


def test_the_reasons_name_the_files_and_what_they_say():
    """And what to do: somebody has a folder of them, and no time."""
    other = replace(shard(2, 3), command="apply", revision=Revision("f" * 40, "b" * 40, dirty=True))
    found = merge([shard(1, 3), other, shard(3, 3)], digest=names, names=["a.json", "b.json", "c.json"])
    assert isinstance(found, MergeProblem)
    commands, revisions = found.reasons
    assert commands.endswith("different commands (a.json, c.json: plan; b.json: apply). Merge those of one run.")
    first, second = "4f2a4f2a4f2a since 91bc91bc91bc", "ffffffffffff since bbbbbbbbbbbb, dirty"
    assert revisions.endswith(f"revisions (a.json, c.json: {first}; b.json: {second}). Merge those of one run.")


MISSING = {
    "tenant": {"tenants": (replace(PLAN.tenants[0], digest=digest_of("x")),)},
    "problem": {"problems": (Problem("tenants/_b.yaml", 1, 1, "", "yaml/syntax", "Not YAML."),)},
    "warning": {"warnings": ("The journal has no last line.",)},
    "refusals": {"refusals": (Refusal("freeze", "Peak."),)},
    "undo of acme": {"undo": {"acme": {"x": 1}}},
}


@pytest.mark.parametrize(("words", "change"), MISSING.items(), ids=list(MISSING))
def test_what_a_merge_does_not_have_is_no_part_of_it(words: str, change: dict[str, object]):
    """A shard that was run again, and ended otherwise, must not vanish behind an older merge."""
    other = replace(shard(1, 2), **change)  # type: ignore[arg-type]  # rows of several types
    said = refused(merged(shard(1, 2), shard(2, 2)), other)
    assert "report 2 is of shard 1/2, and report 1 of a whole run that doesn't have its" in said
    assert words in said


def test_two_whole_runs_are_not_merged():
    """Nothing says which of them counts."""
    other = replace(PLAN, tenants=PLAN.tenants[:1])
    assert "report 1, report 2 are each of a whole run" in refused(PLAN, other)
    assert merged(PLAN, replace(PLAN, started_at="2026-03-02T11:59:59Z")).started_at == "2026-03-02T11:59:59Z"


def at(*origins: str) -> list[Report]:
    """A run of one shard for each origin."""
    tenants = [replace(one, origin=text) for one, text in zip(PLAN.tenants, origins, strict=False)]
    return [
        replace(shard(number, len(tenants)), tenants=(tenant,), digest=digest_of(tenant.tenant))
        for number, tenant in enumerate(tenants, 1)
    ]


def test_shards_that_went_to_different_places_are_not_merged():
    """Another template is another platform, though no tenant is in both."""
    first, second = PLAN.tenants[:2]
    said = refused(*at(f"https://{first.tenant}.p.newstore.example", f"https://{second.tenant}.s.newstore.example"))
    assert "origins of different forms" in said
    assert f"{second.tenant}.s.newstore.example" in said
    said = refused(*at("https://one.example", "https://one.example"))
    assert f"{first.tenant}, {second.tenant} live at the same origin, https://one.example" in said


@given(
    st.sets(st.from_regex(r"[a-p]([a-p-]{0,6}[a-p])?", fullmatch=True), min_size=1, max_size=5),
    st.sampled_from(
        [
            "https://{tenant}.p.newstore.net",
            "https://p-{tenant}-p.net/{tenant}",
            "http://127.0.0.1:20000/{tenant}",
            "https://a-{tenant}.aaa.example",
            "https://aaaaaaaaaaaaaaaaaaaaaaa.{tenant}.example",
            "https://xn--{tenant}-3ya.example",
        ]
    ),
)
def test_whatever_tenants_are_called_one_template_is_one_place(tenants: set[str], template: str):
    """Also those whose name stands in the host besides, by chance."""
    like = PLAN.tenants[0]
    made = [replace(like, tenant=name, origin=template.replace("{tenant}", name)) for name in sorted(tenants)]
    merged(*(replace(shard(n, len(made)), tenants=(one,)) for n, one in enumerate(made, 1)))


def test_what_a_tenant_says_of_its_file_the_run_does_not_say_again():
    """Every shard of an apply stops at a broken file and tells of it; it belongs to one tenant."""
    problem = Problem("tenants/acme.yaml", 1, 1, "", "yaml/syntax", "Not YAML.", tenant=PLAN.tenants[0].tenant)
    broken = replace(PLAN.tenants[0], problems=(problem,))
    one = replace(shard(1, 2), tenants=(broken, *shard(1, 2).tenants[1:]))
    two = replace(shard(2, 2), problems=(WARNING, problem))
    whole = merged(one, two)
    assert whole.problems == (WARNING,)
    assert whole.tenants[0].problems == (problem,)
    assert merged(whole, one, two) == whole


def test_missing_shards_are_named():
    """A gap is refused: a tenant that nobody looked at must not look like one in sync."""
    assert "Missing of 4 shards: 2, 4." in refused(shard(1, 4), shard(3, 4))


def test_a_forged_number_of_shards_takes_no_time():
    """Only the first few that miss are named."""
    forged = replace(PLAN, selection=Selection(shard="1/1000000000"))
    assert "2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 999999989 more" in refused(forged)


def test_nothing_is_not_a_run():
    """No report at all is refused."""
    assert refused() == "There is no report to merge."


def test_all_reasons_are_given():
    """Nobody has to try five times."""
    other = replace(shard(2, 2), tool_version="9", revision=Revision(), tenants=PLAN.tenants[:1])
    assert refused(shard(1, 2), other).count("\n") == 2


CALM = replace(SAMPLES["plan-in-sync"], result=Result.CHANGES)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        pytest.param([(Result.CHANGES, 2), (Result.IN_SYNC, 0)], (Result.CHANGES, 2), id="detailed"),
        pytest.param([(Result.CHANGES, 0), (Result.IN_SYNC, 0)], (Result.CHANGES, 0), id="changes"),
        pytest.param([(Result.FAILED, 64), (Result.IN_SYNC, 0)], (Result.FAILED, 64), id="usage"),
        pytest.param([(Result.FAILED, 70), (Result.FAILED, 64)], (Result.FAILED, 70), id="bug"),
        pytest.param([(Result.INTERRUPTED, 130), (Result.FAILED, 70)], (Result.INTERRUPTED, 130), id="interrupted"),
    ],
)
def test_the_whole_ends_as_its_worst_shard(codes: list[tuple[Result, int]], expected: tuple[Result, int]):
    """Exit codes keep their precedence across shards."""
    shards = [
        replace(
            shard(number, len(codes), SAMPLES["plan-in-sync"]),
            result=result,
            exit_code=code,
            tenants=tuple(
                replace(one, result=result) for one in SAMPLES["plan-in-sync"].tenants[number - 1 :: len(codes)]
            ),
        )
        for number, (result, code) in enumerate(codes, 1)
    ]
    whole = merged(*shards)
    assert (whole.result, whole.exit_code) == expected


def test_what_every_shard_says_is_said_once():
    """Problems of profiles and notices of the gate come once, sorted; undo comes from all."""
    freeze, limit = Refusal("freeze", "Peak."), Refusal("max_tenants_changed", "Too many.")
    other = Problem("tenants/_a.yaml", 1, 1, "", "yaml/syntax", "Not YAML.")
    one = replace(shard(1, 2), refusals=(limit, freeze), problems=(WARNING, other), undo={"b": {"x": 1}})
    two = replace(shard(2, 2), refusals=(freeze,), problems=(WARNING,), undo={"a": {"x": 2}}, not_restorable=("z", "y"))
    whole = merged(one, two)
    assert whole.refusals == (freeze, limit)
    assert whole.problems == tuple(sorted((other, WARNING)))
    assert list(whole.undo) == ["a", "b"]
    assert whole.not_restorable == ("y", "z")
