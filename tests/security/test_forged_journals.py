"""Journals that somebody has damaged or written: they move no terminal, crash nothing, and say nothing more was sent.

A journal is only ever shown: no run is decided by one.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reconciler
from reconciler.report.from_json import Malformed
from reconciler.report.journal_reading import journal_json, journal_text, read_journal
from tests.plugins.threats import Cases
from tests.report.test_journal import FIRST, SENT, ended

LINES = [FIRST, SENT, ended(), SENT, json.dumps({"at": "t", "event": "finished", "exit_code": 1})]
NASTY = st.text(
    st.sampled_from("\x1b[]0;\x07\r\n\x08\x9b\u202e\u2066\u200b\u2028\x00::##%`<a") | st.characters(), max_size=20
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def forged(draw: st.DrawFn) -> bytes:
    """Return lines of a run of ours, each in any order, with members exchanged, and bytes at the end."""
    lines = []
    for line in [FIRST, *draw(st.lists(st.sampled_from(LINES), max_size=6))]:
        members = json.loads(line)
        for name in draw(st.lists(st.sampled_from(sorted(members)), max_size=2)):
            members[name] = draw(NASTY | VALUES)
        lines.append(json.dumps(members, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass"))
    return (
        b"\n".join(lines)
        + draw(st.sampled_from([b"\n", b"", b"\x00", b'\n{"event": "sending']))
        + draw(st.binary(max_size=8))
    )


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a journal of ours in which some bytes are others, or are gone."""
    data = bytearray("\n".join([*LINES, ""]).encode())
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 20))] = draw(st.binary(max_size=6))
    return bytes(data)


def hold_harmless(data: bytes) -> None:
    """Read and show it in every form."""
    found = read_journal(data)
    if isinstance(found, Malformed):
        shown = found.message
    else:
        shown = journal_text(found) + journal_json(found)
        json.loads(journal_json(found))
        # No line begins a POST that the journal doesn't have; what is in doubt was begun.
        announced = sum(one.announced for one in found.sent)
        assert announced <= data.count(b"\n") + 1
        assert {one.name for one in found.in_doubt} <= {one.name for one in found.sent}
    assert all(character.isprintable() or character == "\n" for character in shown), repr(shown)
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in shown.splitlines()), shown


@pytest.mark.parametrize("kind", [pytest.param(forged, id="forged"), pytest.param(damaged, id="damaged")])
@pytest.mark.parametrize("count", [50, pytest.param(2_000, marks=pytest.mark.long)])
def test_no_journal_crashes_moves_a_terminal_or_invents_a_post(
    kind: Callable[[], st.SearchStrategy[bytes]], count: int, cases: Cases
):
    """Whatever became of its lines, and whoever wrote them."""

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(kind())
    def hold(data: bytes) -> None:
        hold_harmless(data)
        cases.add()

    hold()


def test_no_run_is_decided_by_a_journal():
    """What reads one is what shows one: nothing that plans, passes the gate or writes knows how."""
    root = Path(reconciler.__file__).parent
    knows = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "journal_reading import" in path.read_text(encoding="utf-8")
    }
    assert knows == {"journeys/journal.py"}
