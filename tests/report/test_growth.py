"""Ten times the tenants are ten times the work, and what isn't shown isn't made: counted in calls, not in seconds."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

import pytest

from reconciler.model.report import Report, Selection
from reconciler.model.words import Result
from reconciler.report.from_json import from_json
from reconciler.report.markdown import LIMIT, to_markdown
from reconciler.report.merge import merge
from reconciler.report.to_json import to_json
from reconciler.report.untrusted import markdown
from reconciler.report.write import Format, pieces, render
from tests.report.fleets import FLEETS, LINKS, known, timer
from tests.report.samples import SAMPLES, tenant


def calls(run: Callable[[], object], of: CodeType | None = None) -> int:
    """Count the calls that `run` makes: all of them, those of C included, or those of one function."""
    found = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal found
        found += event == "call" and frame.f_code is of if of else event in {"call", "c_call"}

    run()  # imports what it needs
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return found


def fleet(size: int) -> Report:
    """Every tenant of the samples, `size` times, under names of the same length."""
    some = [*SAMPLES["plan"].tenants, *SAMPLES["validate"].tenants] * size
    named = ((f"t{number:05}", one) for number, one in enumerate(some))
    return replace(
        SAMPLES["plan"],
        tenants=tuple(replace(one, tenant=name, origin=f"https://{name}.p.newstore.example") for name, one in named),
    )


@pytest.mark.parametrize("form", Format)
def test_rendering_grows_no_faster_than_the_fleet(form: Format):
    """Five times the tenants take at most five times the calls; sorting may ask a little more."""
    some, more = fleet(20), fleet(100)
    assert calls(lambda: render(more, form)) <= 5.1 * calls(lambda: render(some, form))


def test_an_overview_grows_no_faster_than_the_fleet():
    """It is short; making it must be quick too."""
    some, more = fleet(20), fleet(100)

    def made(report: Report) -> str:
        return "".join(pieces(report, Format.TEXT, overview=True))

    assert "This is an overview" in made(some)
    assert calls(lambda: made(more)) <= 5.1 * calls(lambda: made(some))


def test_reading_grows_no_faster_than_the_fleet():
    """The same the other way."""
    some, more = (to_json(fleet(size)) for size in (20, 100))
    assert calls(lambda: from_json(more)) <= 5.1 * calls(lambda: from_json(some))


def shards(size: int, *, apart: bool) -> list[Report]:
    """Four shards, of tenants of their own or all of the same."""
    tenants = fleet(size).tenants
    return [
        replace(
            SAMPLES["plan"],
            selection=Selection(shard=f"{number}/4"),
            tenants=tenants[number - 1 :: 4] if apart else tenants,
        )
        for number in range(1, 5)
    ]


@pytest.mark.parametrize("apart", [True, False], ids=["of-one-run", "all-the-same-tenants"])
def test_merging_grows_no_faster_than_the_fleet(*, apart: bool):
    """Whether it succeeds, or has to tell of every tenant that it is in four shards."""
    some, more = (shards(size, apart=apart) for size in (20, 100))
    told = merge(some, digest=lambda _: "")
    assert isinstance(told, Report) is apart
    assert calls(lambda: merge(more, digest=lambda _: "")) <= 5.1 * calls(lambda: merge(some, digest=lambda _: ""))


def test_what_finds_no_room_in_a_comment_is_not_rendered():
    """Once the comment is full, tenants are counted: no text of theirs is made harmless."""
    some, more = (
        replace(
            SAMPLES["plan"],
            tenants=tuple(tenant(f"t{number:05}", Result.CHANGES, timer(1, 10_000 + number)) for number in range(size)),
        )
        for size in (500, 1500)
    )
    escapes = markdown.__code__
    assert calls(lambda: to_markdown(some), escapes) == calls(lambda: to_markdown(more), escapes)


def test_the_comment_of_ten_thousand_tenants_takes_at_most_two_seconds():
    """Of the processor's time, and it fits."""
    some = FLEETS["2000"].tenants
    many = replace(
        FLEETS["2000"],
        tenants=tuple(replace(one, tenant=f"{one.tenant}-{part}") for part in range(5) for one in some),
    )
    meanings = known()
    before = time.process_time()
    text = to_markdown(many, meanings=meanings, links=LINKS)
    assert time.process_time() - before <= 2
    assert len(text.encode()) <= LIMIT
