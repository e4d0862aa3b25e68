"""The journal as a file: what is written is read again, whatever cut it off, and nothing of an earlier run is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.journal import Sending
from reconciler.model.outcome import Outcome
from reconciler.model.words import Status
from reconciler.report.from_json import Malformed
from reconciler.report.journal import JournalFile, journal_beside, unwritable
from reconciler.report.journal_reading import JournalReading, journal_json, journal_text, read_journal

HEADER = {
    "journal_version": "1.0",
    "tool_version": "0",
    "command": "apply",
    "started_at": "2026-01-02T03:04:05Z",
    "sandbox": True,
    "commit": "abc",
    "report": "apply.json",
}
APPLIED = Outcome(Status.APPLIED, "fine", verified=True, attempts=1, request_id="r-1")


def sending(tenant: str = "acme", key: str = "orders.timer", after: Any = 120, *, once: bool = False) -> Sending:
    return Sending(tenant, f"https://{tenant}.example", key, once, after)


def journal_at(path: Path) -> JournalFile:
    return JournalFile(path, HEADER, lambda: "2026-01-02T03:04:06Z")


def read(data: bytes) -> JournalReading:
    journal = read_journal(data)
    assert isinstance(journal, JournalReading), journal
    return journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "apply.journal.jsonl"


@pytest.fixture
def whole(path: Path) -> bytes:
    """Two tenants: one key ended after two POSTs, one is in flight, one could not be read back."""
    journal = journal_at(path)
    told = [
        journal.begun(sending()),
        journal.begun(sending("beta", "orders.sequence", {"start": 1}, once=True)),
        journal.begun(sending()),
        journal.ended("acme", "orders.timer", APPLIED),
        journal.begun(sending("acme", "orders.places", ["dc"])),
        journal.ended("acme", "orders.places", Outcome(Status.UNKNOWN, "reading back failed")),
        journal.finished(130),
    ]
    assert not any(told)
    return path.read_bytes()


def test_what_is_written_is_read_again(path: Path, whole: bytes):
    """Header, keys in the order of their first POST, their ends, and the exit code."""
    journal = read(whole)
    assert (dict(journal.header), journal.exit_code, journal.torn) == (HEADER, 130, False)
    assert [(one.name, one.announced) for one in journal.sent] == [
        ("acme:orders.timer", 2),
        ("beta:orders.sequence", 1),
        ("acme:orders.places", 1),
    ]
    assert [one.name for one in journal.in_doubt] == ["beta:orders.sequence", "acme:orders.places"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_line_is_on_the_disk_before_the_call_returns(path: Path):
    """A reader beside the run sees each event at once: nothing waits in a buffer of ours."""
    journal = journal_at(path)
    journal.begun(sending())
    assert [one.name for one in read(path.read_bytes()).in_doubt] == ["acme:orders.timer"]
    journal.ended("acme", "orders.timer", APPLIED)
    assert not read(path.read_bytes()).in_doubt
    journal.finished(0)


def test_a_journal_cut_off_at_any_byte_is_read_and_hides_no_post(whole: bytes):
    """What stands in whole lines counts; the rest is told to be torn."""
    for length in range(len(whole) + 1):
        journal = read(whole[:length])
        lines = [json.loads(line) for line in whole[:length].split(b"\n")[:-1]]
        begun = {f"{one['tenant']}:{one['key']}" for one in lines if one.get("event") == "sending"}
        ended = {f"{one['tenant']}:{one['key']}" for one in lines if one.get("event") == "ended"}
        assert begun <= {one.name for one in journal.sent}
        assert (begun - ended) - {one.name for one in journal.in_doubt} in (
            set(),
            {"acme:orders.timer"},  # its end is there, and only the line's end is not
        )
        assert "Traceback" not in journal_text(journal)


def test_a_run_that_sends_nothing_leaves_no_file(path: Path):
    """Lazy: only the first POST makes it."""
    assert journal_at(path).finished(0) == ""
    assert not path.exists()


def test_an_earlier_journal_is_set_aside_and_never_overwritten(path: Path):
    """The same --report path may be used again after a crash; what was in doubt stays to be read."""
    for tenant in ("acme", "beta", "gamma"):
        journal = journal_at(path)
        journal.begun(sending(tenant))
        journal.finished(0)
    kept = {one.name: read(one.read_bytes()).sent[0].tenant for one in path.parent.iterdir()}
    assert kept == {
        "apply.1.journal.jsonl": "acme",
        "apply.2.journal.jsonl": "beta",
        "apply.journal.jsonl": "gamma",
    }


def test_a_journal_that_cannot_be_made_says_why(tmp_path: Path):
    """A value, with the path and the system's reason; then nothing can be put on record."""
    (tmp_path / "file").write_text("")
    journal = journal_at(tmp_path / "file" / "apply.journal.jsonl")
    assert "apply.journal.jsonl: " in journal.begun(sending())
    assert "not open" in journal.ended("acme", "orders.timer", APPLIED)


def test_no_line_moves_a_terminal_or_a_runner(path: Path):
    """Details come from the API: control characters and workflow commands arrive as escapes, and are shown so."""
    journal = journal_at(path)
    journal.begun(sending(after="\x1b[31m::error::"))
    journal.ended("acme", "orders.timer", Outcome(Status.FAILED, "##[error]\u202ehi\n"))
    journal.finished(1)
    data = path.read_bytes()
    shown = journal_text(read(data)) + journal_json(read(data))
    for text in (data.decode("ascii"), shown):
        assert not {"\x1b", "\u202e"} & set(text)
        assert "::error" not in text
        assert "##[" not in text


def test_the_text_names_what_is_in_doubt_and_what_to_do(whole: bytes):
    """The first line can be read alone; a write-once key asks for patience."""
    text = journal_text(read(whole))
    assert text.startswith("3 keys sent, 2 in doubt. The run came to its end with exit code 130.\n")
    assert "? beta  orders.sequence (write-once)" in text
    assert "wait some minutes" in text
    assert "reconciler plan --tenant beta --tenant acme" in text


def test_the_journal_of_the_sandbox_sends_nobody_to_the_platform(whole: bytes):
    """What is in doubt there is looked at there."""
    said = "reconciler plan --tenant beta --tenant acme"
    assert whole.count(b'"sandbox": true') == 1
    assert journal_text(read(whole)).endswith(f"{said} --sandbox\n")
    assert journal_text(read(whole.replace(b'"sandbox": true', b'"sandbox": false'))).endswith(f"{said}\n")


def test_the_json_holds_the_same(whole: bytes):
    """One document, with the names in doubt first."""
    document = json.loads(journal_json(read(whole)))
    assert document["in_doubt"] == ["beta:orders.sequence", "acme:orders.places"]
    assert [one["sending"]["times"] for one in document["keys"]] == [2, 1, 1]
    assert document["keys"][0]["ended"]["status"] == "applied"
    assert (document["header"], document["exit_code"], document["torn"]) == (HEADER, 130, False)


FIRST = json.dumps(HEADER)
SENT = json.dumps(
    {
        "at": "t",
        "event": "sending",
        "tenant": "acme",
        "origin": "o",
        "key": "k",
        "write_once": False,
        "after": "canary-value",
    }
)


def ended(**members: Any) -> str:
    whole = {
        "at": "t",
        "event": "ended",
        "tenant": "acme",
        "key": "k",
        "status": "applied",
        "attempts": 1,
        "request_id": None,
        "verified": True,
        "detail": "",
    }
    return json.dumps({**whole, **members})


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param(['{"x": 1}', SENT], "no journal of the reconciler", id="foreign"),
        pytest.param([FIRST.replace("1.0", "2.0"), SENT], "another major version", id="newer"),
        pytest.param([FIRST, "{torn", SENT], "Line 2 of the journal is not", id="torn-in-the-middle"),
        pytest.param([FIRST, "[]", SENT], "Line 2 of the journal is not", id="no-object"),
        pytest.param([FIRST, "NaN", SENT], "Line 2 of the journal is not", id="nan"),
        pytest.param([FIRST, ended()], "was not sent", id="end-without-begin"),
        pytest.param([FIRST, SENT, ended(status="lost")], "status that doesn't exist", id="unknown-status"),
        pytest.param([FIRST, SENT, ended(attempts=True)], "attempts must be an integer", id="attempts"),
        pytest.param([FIRST, SENT, ended(verified="yes")], "verified must be", id="verified"),
        pytest.param([FIRST, SENT, ended(detail=None)], "detail must be a text", id="detail"),
        pytest.param([FIRST, '{"event": "sending", "at": "t"}'], "tenant must be a text", id="sending"),
    ],
)
def test_what_no_run_of_ours_writes_is_malformed(lines: list[str], said: str):
    """The line is named, and none of its values."""
    journal = read_journal("\n".join([*lines, ""]).encode())
    assert isinstance(journal, Malformed)
    assert said in journal.message
    assert "canary" not in journal.message


def test_events_and_members_of_a_newer_minor_are_ignored():
    """A minor adds."""
    newer = [FIRST.replace("1.0", "1.7"), json.dumps({"event": "paused"}), SENT, ended(mood="good")]
    assert not read("\n".join([*newer, ""]).encode()).in_doubt


def test_an_empty_journal_is_of_a_run_cut_off_before_its_first_post():
    """The file is made before its first line is written."""
    journal = read(b"")
    assert (journal.sent, journal.exit_code) == ((), None)
    assert journal_text(journal).startswith("0 keys sent, 0 in doubt. The run was cut off")


def test_a_path_that_can_be_written_is_left_as_it_is(tmp_path: Path):
    """The check writes beside it, and removes what it wrote; missing folders are made."""
    there = tmp_path / "apply.json"
    there.write_text("old")
    assert unwritable(there) == ""
    assert unwritable(tmp_path / "runs" / "new.json") == ""
    assert there.read_text() == "old"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["apply.json", "runs"]


def test_a_path_that_cannot_be_written_is_told_with_the_reason(tmp_path: Path):
    """A folder, a link and a place below a file can't hold a report."""
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "link.json").symlink_to(tmp_path / "elsewhere.json")
    (tmp_path / "file").write_text("")
    assert "not a plain file" in unwritable(tmp_path / "folder.json")
    assert "not a plain file" in unwritable(tmp_path / "link.json")
    assert unwritable(tmp_path / "file" / "a.json")
    assert "not usable" in unwritable(tmp_path / "a\0.json")


def test_the_journal_is_beside_its_report():
    """The name says which."""
    assert journal_beside(Path("out/apply.json")) == Path("out/apply.journal.jsonl")
