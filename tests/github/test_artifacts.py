"""Artifacts: one file of them, as much of it as is bearable, and nothing that they choose."""

import io
import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.github.artifacts import Unusable, file_in
from tests.github.fake import zipped

PLAN = b'{"format_version": "1.0"}'


def test_the_file_is_taken_and_the_others_are_left():
    """Whatever they are called."""
    assert file_in(zipped({"../../etc/cron.d/x": b"x", "plan.json": PLAN, "plan.html": b"<p>"}), "plan.json") == PLAN


@pytest.mark.parametrize(
    "name", ["sub/plan.json", "./plan.json", "/plan.json", "../plan.json", "PLAN.JSON", "plan.json/"]
)
def test_a_file_elsewhere_is_not_the_file(name: str):
    """Only the very name, at the top."""
    found = file_in(zipped({name: PLAN}), "plan.json")
    assert isinstance(found, Unusable)
    assert "no plan.json" in found.why


def test_a_file_that_is_there_twice_is_refused():
    """Two readers could take two different ones."""
    archive = zipped({"plan.json": PLAN, "flan.json": b"{}"}).replace(b"flan", b"plan")
    found = file_in(archive, "plan.json")
    assert isinstance(found, Unusable)
    assert "more than one" in found.why


def test_what_grows_when_it_is_unpacked_is_stopped_at_the_bound():
    """By what its directory says, and by what comes out where that lies."""
    archive = zipped({"plan.json": b"0" * 5_000_000})
    assert len(archive) < 10_000
    assert isinstance(file_in(archive, "plan.json", most=1_000_000), Unusable)
    lying = archive.replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != archive
    assert isinstance(file_in(lying, "plan.json", most=1_000_000), Unusable)


def test_an_encrypted_member_and_an_odd_compression_are_refused():
    """No artifact of GitHub's has either."""
    encrypted = bytearray(zipped({"plan.json": PLAN}))
    directory = encrypted.index(b"PK\x01\x02")
    encrypted[directory + 8] |= 1
    assert isinstance(file_in(bytes(encrypted), "plan.json"), Unusable)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("plan.json", PLAN)
    assert isinstance(file_in(buffer.getvalue(), "plan.json"), Unusable)


def test_a_link_in_an_archive_is_only_its_text():
    """Nothing is written to disk, so there is nothing to lead anywhere."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("plan.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert file_in(buffer.getvalue(), "plan.json") == b"/etc/passwd"


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_raises(data: st.DataObject):
    """Cut, or with bytes changed: the file as it was, or a reason."""
    archive = bytearray(zipped({"plan.json": PLAN * 20}))
    for place in data.draw(st.lists(st.integers(0, len(archive) - 1), max_size=4)):
        archive[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(archive)))
    found = file_in(bytes(archive[:cut]) if data.draw(st.booleans()) else bytes(archive), "plan.json", most=10_000)
    assert isinstance(found, bytes | Unusable)
