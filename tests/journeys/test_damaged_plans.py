"""Any damage to a plan file: what was reviewed is covered by its digests, and what is not lets nothing through."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.catalogue.sources import shipped
from tests.journeys.generated import Held, Tenant, fleets, held
from tests.journeys.stage import Stage
from tests.journeys.two_pulls import (
    CATALOGUE,
    KEYS,
    arena,
    few,
    lay_out,
    many,
    merged,
    move,
    posts,
    restore,
    rows,
    snapshot,
    some,
    text_of,
)

__all__ = ["arena"]

TIMER = "sales_order.on_hold_timer_duration"
FLEET = {name: Tenant({TIMER: 60}, {TIMER: Held(60)}) for name in ("one", "two")}
COVERED = {"/digest", "/tenants/*/tenant", "/tenants/*/origin", "/tenants/*/digest"} | {
    f"/tenants/*/keys/*/{name}" for name in ("key", "action", "before", "after", "changes/*/sensitive")
}
"""What the digests cover. A tenant's name and origin only beside a key of it: one without keys has nothing to write."""

JUDGED = {"/format_version", "/command", "/sandbox"}
"""What has a check of its own."""

FREE: Mapping[str, str] = {
    "/tool_version": "who wrote it",
    "/started_at": "when",
    "/finished_at": "when",
    "/revision": "from what",
    "/selection": "wider: that was not reviewed, so stale; narrower: still only what was reviewed",
    "/result": "what plan said of itself",
    "/exit_code": "the same",
    "/summary": "counted afresh",
    "/problems": "for people; apply finds its own",
    "/warnings": "the same",
    "/refusals": "the same: the gate judges afresh",
    "/lifted": "apply takes lifts from the command line alone",
    "/released": "for people; nothing is done about it",
    "/undo": "no plan has it",
    "/not_restorable": "the same",
    "/checks": "no plan has it: doctor does",
    "/tenants/*/file": "for people",
    "/tenants/*/result": "what plan said of itself",
    "/tenants/*/problems": "for people; apply finds its own",
    "/tenants/*/keys/*/reason": "`ambiguous` vouches for an assumption alone, which apply must be asked for too",
    "/tenants/*/keys/*/cause": "apply finds its own",
    "/tenants/*/keys/*/write_once": "the catalogue says it",
    "/tenants/*/keys/*/irreversible": "the catalogue and the platform say it",
    "/tenants/*/keys/*/drops": "for people",
    "/tenants/*/keys/*/changes/*/pointer": "for people; of a sensitive field it is covered",
    "/tenants/*/keys/*/changes/*/before": "for people: before and after of the key are covered",
    "/tenants/*/keys/*/changes/*/after": "the same",
    "/tenants/*/keys/*/source": "for people",
    "/tenants/*/keys/*/live_updated_at": "a time: damage can only make stale; a forged date of now gets by",
    "/tenants/*/keys/*/warnings": "for people",
    "/tenants/*/keys/*/outcome": "no plan has it",
}
"""What the digests don't cover, and why no accident to it widens what is written."""

INERT = ("/tool_version", "/started_at", "/finished_at", "/revision/commit", "/revision/base", "/revision/dirty")
"""Times, commits and versions: they must not matter at all."""

WORDS = ("create", "update", "no-op", "blocked", "unreadable", "unset", "ambiguous", "one", "*timer*", "1/2", "")
OTHERS: tuple[Any, ...] = (
    *WORDS,
    None,
    True,
    False,
    0,
    1,
    -1,
    2.5,
    [],
    {},
    ["one"],
    "sha256:" + "0" * 64,
    "2026-01-01T00:00:00Z",
)
GONE = object()
"""In place of a value: take the member out."""

Path = tuple[str | int, ...]


def kind(path: Path) -> str:
    """Return the entry of the lists above that a place in a report falls under, or its pointer."""
    told = "/" + "/".join("*" if isinstance(step, int) else step for step in path)
    return next((one for one in (*COVERED, *JUDGED, *FREE) if told == one or told.startswith(f"{one}/")), told)


def places_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every member and item of a report, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in inner:
        yield (*path, step), member
        yield from places_in(member, (*path, step))


def spoilt(report: Any, path: Path, value: Any) -> bytes:
    """Return the file with one value replaced."""
    copy = place = json.loads(json.dumps(report))
    for step in path[:-1]:
        place = place[step]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(copy, indent=2).encode()


def another(data: st.DataObject, report: Any, path: Path, old: Any) -> Any:
    """Draw another value: as often one that could stand there as any other, or nothing."""
    near = [value for other, value in places_in(report) if other[-1] == path[-1] and type(value) is type(old)]
    near += {"action": ["create", "update", "no-op"], "digest": ["", "sha256:" + "0" * 64]}.get(str(path[-1]), [])
    near += [not old] if isinstance(old, bool) else []
    others = [value for value in OTHERS if text_of(value) != text_of(old)]
    fitting = [value for value in near if text_of(value) != text_of(old)] or others
    return data.draw(st.sampled_from(fitting) | st.sampled_from([*others, GONE]), label=f"instead at {path}")


def some_of_each_kind(data: st.DataObject, places: Iterable[tuple[Path, Any]], count: int) -> list[tuple[Path, Any]]:
    """Draw places, kind by kind: a report has a hundred warnings and sources for each digest."""
    by_kind: dict[str, list[tuple[Path, Any]]] = {}
    for path, value in places:
        by_kind.setdefault(kind(path), []).append((path, value))
    kinds = data.draw(st.lists(st.sampled_from(sorted(by_kind)), min_size=count, max_size=count))
    return [data.draw(st.sampled_from(by_kind[one])) for one in kinds]


def schema_kinds(schema: Any, root: Any, path: Path = ()) -> Iterator[str]:
    """Yield the kind of every member that the contract of reports knows."""
    schema = root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for name, member in schema.get("properties", {}).items():
        yield from schema_kinds(member, root, (*path, name))
    if "items" in schema and "$ref" in schema["items"]:
        yield from schema_kinds(schema["items"], root, (*path, 0))
    if path and "properties" not in schema:
        yield kind(path)


def test_every_member_of_a_plan_file_is_known_to_count_or_not_to_count():
    """A member that is added to the contract must be put into one of the lists, with the reason if it is free."""
    contract = json.loads((shipped() / "report.schema.json").read_text())
    known = COVERED | JUDGED | FREE.keys()
    assert (
        set(schema_kinds(contract, contract)) - {"/tenants"} - {"/tenants/*/keys"} - {"/tenants/*/keys/*/changes"}
        == known
    )


def refused(arena: Stage, content: bytes, words: str) -> None:
    """Hold that this plan file is a wrong call, with words that say why, and that nobody was asked anything."""
    (arena.folder / "spoilt.json").write_bytes(content)
    before = len(arena.sandbox.log())
    ended = arena.run("apply", "--plan", "spoilt.json")
    assert ended.exit_code == 64
    assert re.search(f"The plan file spoilt.json can't be used: .*({words})", ended.stderr), ended.stderr
    assert "Make a new one with: reconciler plan" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(arena.sandbox.log()) == before, "not even a token was fetched"


@given(fleet=fleets(CATALOGUE), data=st.data())
@some
def test_a_plan_file_that_was_cut_off_anywhere_is_refused(
    arena: Stage, fleet: Mapping[str, Tenant], data: st.DataObject
):
    """A download that broke off; all but the last line break is needed."""
    lay_out(arena, fleet)
    arena.plan()
    content = (arena.folder / "plan.json").read_bytes()
    for length in data.draw(st.lists(st.integers(0, len(content.rstrip()) - 1), min_size=4, max_size=8)):
        refused(arena, content[:length], "cut off|is empty|not JSON|not UTF-8")


def no_value_can_change(arena: Stage, fleet: Mapping[str, Tenant], data: st.DataObject) -> None:
    """Change what the digests cover, value by value."""
    lay_out(arena, fleet)
    report = arena.plan().report
    covered = [
        (path, value)
        for path, value in places_in(report)
        if kind(path) in COVERED and (path[-1] == "digest" or report["tenants"][path[1]]["keys"])
    ]
    for path, old in some_of_each_kind(data, covered, 6):
        content = spoilt(report, path, another(data, report, path, old))
        refused(arena, content, "digest|does not fit its contract at /(tenants|digest)|was planned at")
        event(kind(path))


@given(fleet=fleets(CATALOGUE), data=st.data())
@some
def test_a_plan_file_with_any_reviewed_value_changed_is_refused(
    arena: Stage, fleet: Mapping[str, Tenant], data: st.DataObject
):
    """Origin, tenant, key, action, before, after, whether a secret differs, and the digests, at any depth."""
    no_value_can_change(arena, fleet, data)


@pytest.mark.long
@given(fleet=fleets(CATALOGUE), data=st.data())
@many
def test_many_plan_files_with_any_reviewed_value_changed_are_refused(
    arena: Stage, fleet: Mapping[str, Tenant], data: st.DataObject
):
    """The same, with more patience."""
    no_value_can_change(arena, fleet, data)


@given(
    major=st.integers(0, 10**30).filter(lambda number: number != 1),
    command=st.from_regex(r"[a-z]{1,20}", fullmatch=True).filter(lambda word: word != "plan"),
)
@few
def test_a_plan_file_of_another_version_place_or_command_is_refused(arena: Stage, major: int, command: str):
    """All three are said in the first lines of the file, and outside of the digest."""
    lay_out(arena, FLEET)
    report = arena.plan().report
    refused(arena, spoilt(report, ("format_version",), f"{major}.0"), f"format version {str(major)[:9]}, and this")
    refused(arena, spoilt(report, ("sandbox",), value=True), "made against the sandbox")
    refused(arena, spoilt(report, ("command",), command), f"report of `{command}`, not of `plan`")


def nothing_more_is_written(arena: Stage, fleet: Mapping[str, Tenant], data: st.DataObject) -> None:
    """Change what the digests don't cover, value by value, and apply each to the same state, which may have moved."""
    lay_out(arena, fleet)
    planned = arena.plan()
    places = st.tuples(st.sampled_from(sorted(fleet)), st.sampled_from(sorted(KEYS)))
    for tenant, key in data.draw(st.lists(places, max_size=1)):
        move(arena, {(tenant, key): data.draw(held(KEYS[key], tenant, None))})
    before = snapshot(arena, fleet)
    arena.forget_log()
    true = arena.run("apply", "--plan", "plan.json")
    allowed = set(posts(arena))
    free = [(path, value) for path, value in places_in(planned.report) if kind(path) in FREE]
    for path, old in some_of_each_kind(data, free, 3):
        restore(arena, before)
        (arena.folder / "plan.json").write_bytes(spoilt(planned.report, path, another(data, planned.report, path, old)))
        ended = arena.run("apply", "--plan", "plan.json")
        # A narrower selection may spare a tenant from being stale, but what is written was reviewed all the same.
        assert set(posts(arena)) <= (rows(planned).keys() if path[0] == "selection" else allowed)
        assert ended.exit_code != 64 or not arena.log()
        assert ended.exit_code in {true.exit_code, 64, 4} or path[0] == "selection"
        event(kind(path))


@given(fleet=fleets(CATALOGUE), data=st.data())
@some
def test_no_damage_to_a_free_member_of_a_plan_file_widens_what_is_written(
    arena: Stage, fleet: Mapping[str, Tenant], data: st.DataObject
):
    """What no digest covers may stop something; it lets nothing through."""
    nothing_more_is_written(arena, fleet, data)


@pytest.mark.long
@given(fleet=fleets(CATALOGUE), data=st.data())
@many
def test_no_damage_to_a_free_member_of_many_plan_files_widens_what_is_written(
    arena: Stage, fleet: Mapping[str, Tenant], data: st.DataObject
):
    """The same, with more patience."""
    nothing_more_is_written(arena, fleet, data)


@given(texts=st.fixed_dictionaries({name: st.text(max_size=20) for name in INERT}))
@few
def test_times_commits_and_versions_of_a_plan_file_do_not_matter(arena: Stage, texts: Mapping[str, str]):
    """The same changes planned from another commit, by another release, at another time: applied all the same."""
    lay_out(arena, merged(FLEET, {("one", TIMER): 120}))
    report = arena.plan().report
    for name, text in texts.items():
        path = tuple(name[1:].split("/"))
        report = json.loads(spoilt(report, path, len(text) > 9 if path[-1] == "dirty" else text))
    (arena.folder / "plan.json").write_text(json.dumps(report))
    ended = arena.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, posts(arena)) == (0, [("one", TIMER)])
