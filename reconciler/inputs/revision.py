"""Which commit the tenant files are, and whether they really are that commit. For the report's `revision`."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.inputs.git import Git, blob_name
from reconciler.model.report import Revision

_LINK = b"120000"
_SUBMODULE = b"160000"


def revision(folder: Path, environment: Mapping[str, str] | None = None, *, seconds: float = 10.0) -> Revision:
    """Return HEAD, and dirty when anything below `folder` is not what HEAD has. All None without git or a commit.

    Dirty are: bytes that differ from the committed ones, missing and untracked files, ignored ones too (the
    reconciler reads them all the same), but not untracked dotfiles, which it doesn't read. Contents are hashed here,
    and not by git, which would run the repository's filters for it; so a file that a filter or an end-of-line rule
    changes on check-out counts as dirty. `dirty` is None when git stopped answering. `seconds` is for each call;
    `environment` is the process's unless given.
    """
    git = Git(folder, os.environ if environment is None else environment, seconds)
    answer = git.read("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}")
    if answer is None:
        return Revision()
    return Revision(commit=answer.decode("ascii").strip(), dirty=_is_dirty(git))


def _is_dirty(git: Git) -> bool | None:
    staged = git.read(
        "diff-index", "--cached", "--name-only", "--no-renames", "--ignore-submodules=all", "-z", "HEAD", "."
    )
    untracked = git.read("ls-files", "--others", "-z", ".")
    tracked = git.read("ls-files", "--stage", "-z", ".")
    if staged is None or untracked is None or tracked is None:
        return None
    if staged or any(not _is_dotfile(path) for path in _records(untracked)):
        return True
    return any(_differs(git.folder, record) for record in _records(tracked))


def _records(output: bytes) -> Iterator[bytes]:
    return (record for record in output.split(b"\0") if record)


def _is_dotfile(path: bytes) -> bool:
    return any(part.startswith(b".") for part in path.split(b"/"))


def _differs(folder: Path, record: bytes) -> bool:
    """True if the file of one `MODE OBJECT STAGE<tab>PATH` record is missing or has other bytes or another kind."""
    about, _, name = record.partition(b"\t")
    mode, digest, stage = about.split(b" ")
    if mode == _SUBMODULE:
        return False
    path = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 -- bytes: git's paths need not be UTF-8
    try:
        status = os.lstat(path)
        if stage != b"0" or stat.S_ISLNK(status.st_mode) != (mode == _LINK):
            return True
        if stat.S_ISLNK(status.st_mode):
            return blob_name(os.readlink(path), digest) != digest  # noqa: PTH115 -- bytes, see above
        return not stat.S_ISREG(status.st_mode) or blob_name(_contents(path), digest) != digest
    except OSError:
        return True


def _contents(path: bytes) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 -- bytes, see above
        return file.read()
