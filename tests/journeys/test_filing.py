"""A new file is written whole or not at all, and over another one only when asked."""

from pathlib import Path

import pytest

from reconciler.journeys.filing import put


def test_a_file_is_written_with_its_folders_and_leaves_nothing_beside(tmp_path: Path):
    """Readable for all, as git would have it."""
    path = tmp_path / "eu" / "acme.yaml"
    assert put(path, b"one\n", replace=False) == ""
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one\n", 0o644)
    assert put(path, b"two\n", replace=True) == ""
    assert [one.name for one in path.parent.iterdir()] == ["acme.yaml"]
    assert path.read_bytes() == b"two\n"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_came_to_be_there_meanwhile_stays(tmp_path: Path, kind: str):
    """Also a link that leads nowhere: somebody made it for a reason."""
    path = tmp_path / "acme.yaml"
    if kind == "file":
        path.write_bytes(b"mine\n")
    else:
        path.symlink_to("gone")
    assert put(path, b"ours\n", replace=False) == "there is one already"
    assert [one.name for one in tmp_path.iterdir()] == ["acme.yaml"]
    assert path.is_symlink() or path.read_bytes() == b"mine\n"


def test_what_is_in_the_way_is_said_and_nothing_is_left_behind(tmp_path: Path):
    """A file where a folder should be; a folder where the file should be."""
    (tmp_path / "eu").write_bytes(b"")
    assert put(tmp_path / "eu" / "acme.yaml", b"", replace=False)
    (tmp_path / "acme.yaml").mkdir()
    assert put(tmp_path / "acme.yaml", b"", replace=True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["acme.yaml", "eu"]
