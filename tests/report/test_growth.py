"""Ten times the tenants are ten times the work, and what isn't shown isn't made: counted in calls, not in seconds."""

import sys
from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

import pytest

from reconciler.model.report import Report
from reconciler.model.words import Result
from reconciler.report.markdown import to_markdown
from reconciler.report.untrusted import markdown
from reconciler.report.write import Format, render
from tests.report.samples import SAMPLES, TIMER_UPDATE, tenant


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
    names = (f"t{number:05}" for number in range(100_000))
    some = [*SAMPLES["plan"].tenants, *SAMPLES["validate"].tenants]
    return replace(
        SAMPLES["plan"], tenants=tuple(replace(one, tenant=next(names)) for _ in range(size) for one in some)
    )


@pytest.mark.parametrize("form", Format)
def test_rendering_grows_no_faster_than_the_fleet(form: Format):
    """Five times the tenants take at most five times the calls; sorting may ask a little more."""
    some, more = fleet(20), fleet(100)
    assert calls(lambda: render(more, form)) <= 5.1 * calls(lambda: render(some, form))


def test_what_finds_no_room_in_a_comment_is_not_rendered():
    """Once the comment is full, tenants are counted: no text of theirs is made harmless."""
    some, more = (
        replace(
            SAMPLES["plan"],
            tenants=tuple(tenant(f"t{number:05}", Result.CHANGES, TIMER_UPDATE) for number in range(size)),
        )
        for size in (500, 1500)
    )
    escapes = markdown.__code__
    assert calls(lambda: to_markdown(some), escapes) == calls(lambda: to_markdown(more), escapes)
