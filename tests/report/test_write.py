import os
import resource
import stat
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.report.html import to_html
from reconciler.report.markdown import to_markdown
from reconciler.report.text import to_text
from reconciler.report.to_json import to_json
from reconciler.report.write import Format, NotSaved, format_of, pieces, render, save
from tests.report.samples import SAMPLES

LARGE = replace(SAMPLES["apply"], tenants=SAMPLES["apply"].tenants * 100)


def test_a_saved_file_is_whole_private_and_alone(tmp_path: Path):
    """Mode 0600 whatever the umask, missing folders made, and no temporary file left."""
    path = tmp_path / "runs" / "1" / "report.json"
    before = os.umask(0)
    try:
        assert save(path, "größer\n") is None
    finally:
        os.umask(before)
    assert path.read_bytes() == "größer\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_not_rewritten(tmp_path: Path):
    """Somebody who has the old file open keeps it whole, and a wide mode is not inherited."""
    path = tmp_path / "report.json"
    path.write_text("old")
    path.chmod(0o666)
    with path.open() as reader:
        assert save(path, "new") is None
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_a_link_and_a_device_are_not_replaced(tmp_path: Path):
    """`--report /dev/stdout` or a planted link must not be renamed over."""
    target = tmp_path / "target"
    target.write_text("precious")
    link = tmp_path / "link.json"
    link.symlink_to(target)
    fifo = tmp_path / "pipe.json"
    os.mkfifo(fifo)
    for path in (tmp_path, link, fifo, Path("/dev/null")):
        found = save(path, "x")
        assert isinstance(found, NotSaved)
        assert "not a plain file" in found.message
    assert target.read_text() == "precious"
    assert fifo.is_fifo()


@pytest.mark.parametrize("path", ["file/report.json", "n\0.json", "x" * 300 + ".json"], ids=["file", "nul", "long"])
def test_a_path_that_cannot_be_written_is_a_value(tmp_path: Path, path: str):
    """The message says which path and why; nothing is raised, nothing is left behind."""
    (tmp_path / "file").write_text("in the way")
    found = save(tmp_path / path, "x")
    assert isinstance(found, NotSaved)
    assert found.message.startswith("Report not written.")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path):
    """When the new text can't be written whole, the old file stays as it was, and nothing lies beside it."""
    path = tmp_path / "report.json"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # stands for a full disk: writing more fails
    try:
        found = save(path, "x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(found, NotSaved)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_bug_in_the_middle_of_a_report_leaves_the_old_file(tmp_path: Path):
    """A report is made while it is written: what breaks then comes out as it is, and no half of a file stays."""
    path = tmp_path / "report.json"
    path.write_text("old")

    def breaking() -> Iterator[str]:
        yield "x" * 100_000
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        save(path, breaking())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_nan_in_the_last_member_leaves_no_file(tmp_path: Path):
    """The same by a report that can't be: its tenants are on the disk already when that is seen."""
    report = replace(LARGE, undo={"acme": {"x": float("nan")}})
    with pytest.raises(ValueError, match="JSON"):
        save(tmp_path / "report.json", pieces(report, Format.JSON))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", Format)
def test_a_large_report_is_saved_as_the_renderer_returns_it(tmp_path: Path, form: Format):
    """Piece by piece, to the same bytes."""
    assert save(tmp_path / "report", pieces(LARGE, form)) is None
    assert (tmp_path / "report").read_bytes() == render(LARGE, form).encode()


@pytest.mark.parametrize("form", [Format.JSON, Format.HTML, Format.TEXT])
def test_a_large_report_is_never_in_memory_as_a_whole(tmp_path: Path, form: Format):
    """What is held at any time while it is saved is less than half of the file."""
    path = tmp_path / "report"
    save(path, pieces(LARGE, form))  # imports what it needs
    tracemalloc.start()
    try:
        save(path, pieces(LARGE, form))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < path.stat().st_size / 2


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.json", Format.JSON), ("a.MD", Format.MARKDOWN), ("a.html", Format.HTML), ("a.txt", Format.TEXT), ("a", None)],
    ids=["json", "md", "html", "txt", "none"],
)
def test_the_suffix_chooses_the_format(name: str, form: Format | None):
    """Four suffixes, in either case; another is None."""
    assert format_of(Path(name)) is form


def test_every_format_has_its_renderer():
    """`render` is the renderers, and passes on what text needs."""
    report = SAMPLES["plan"]
    assert render(report, Format.JSON) == to_json(report)
    assert render(report, Format.MARKDOWN) == to_markdown(report)
    assert render(report, Format.HTML) == to_html(report)
    text = to_text(report, width=60, colour=True, verbose=True)
    assert render(report, Format.TEXT, width=60, colour=True, verbose=True) == text
