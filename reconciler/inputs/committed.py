"""The folder of tenants as a commit has it, from git's objects alone: nothing is checked out, fetched or filtered.

| entry of the commit            | is                                                              |
|--------------------------------|-----------------------------------------------------------------|
| a file                         | a file                                                          |
| a link to a file in the folder | a file, as on disk, if no other link is on the way there        |
| any other link                 | a broken link, also where the disk would find a file behind it  |
| a submodule                    | nothing: what is in it is in another repository                 |
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple, Self

from reconciler.inputs.blobs import Blobs
from reconciler.inputs.git import Git, blob_name
from reconciler.inputs.usage import UsageProblem
from reconciler.model.files import Entry, Kind, Unread

_NAME: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FILE: Final = "100"
_LINK: Final = "120000"
_LONGEST_TARGET: Final = 4096


class _Object(NamedTuple):
    """What a commit has at a path."""

    mode: str
    name: str


class GitFiles:
    """The `Files` of one commit. A context: its end ends the git process that reads contents.

    `commit` is the full name of the commit. `read` finds a file of more than the limit unreadable, as git can't be
    asked for its first bytes.
    """

    def __init__(self, commit: str, objects: Mapping[str, _Object], git: Git) -> None:
        """Take what `committed` has found."""
        self.commit = commit
        self._objects = objects
        self._blobs = Blobs(git)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._blobs.__exit__()

    def entries(self) -> Iterator[Entry] | Unread:
        """Yield what the commit has below the folder; nothing at all if it has no such folder."""
        return self._entries()

    def read(self, path: str, limit: int) -> bytes | Unread:
        """Return the content of a FILE entry of at most `limit` bytes."""
        found = self._file(path)
        return Unread("not a file there") if found is None else self._blobs.read(found.name, limit)

    def holds(self, path: str, data: bytes) -> bool:
        """True if the FILE entry's content is exactly `data`; without reading it, as its name is made of that."""
        found = self._file(path)
        return found is not None and found.name == blob_name(data, found.name.encode("ascii")).decode("ascii")

    def _entries(self) -> Iterator[Entry]:
        for path, found in self._objects.items():
            if any(part.startswith(".") for part in path.split("/")):
                continue
            if found.mode.startswith(_FILE):
                yield Entry(path, Kind.FILE)
            elif found.mode == _LINK:
                target = self._targets.get(path)
                yield Entry(path, Kind.LINK_BROKEN) if target is None else Entry(path, Kind.FILE, target)

    def _file(self, path: str) -> _Object | None:
        found = self._objects.get(path)
        if found is not None and found.mode == _LINK:
            found = self._objects.get(self._targets.get(path, ""))
        return found if found is not None and found.mode.startswith(_FILE) else None

    @cached_property
    def _targets(self) -> Mapping[str, str]:
        """The paths of the files that links lead to, by the link's; a link that can't be followed isn't there."""
        folders = {path[:end] for path in self._objects for end in range(len(path)) if path[end] == "/"}
        made: dict[str, str] = {}
        for path, found in self._objects.items():
            if found.mode != _LINK:
                continue
            text = self._blobs.read(found.name, _LONGEST_TARGET)
            target = None if isinstance(text, Unread) else _followed(path, os.fsdecode(text), folders)
            if target is not None and (there := self._objects.get(target)) and there.mode.startswith(_FILE):
                made[path] = target
        return made


def _followed(path: str, text: str, folders: set[str]) -> str | None:
    """Return where the link at `path` leads, in the folder; None if it leaves that, or by way of what is no folder."""
    *here, _ = path.split("/")
    *way, last = text.split("/")
    if text.startswith("/") or last in {"", ".", ".."}:
        return None
    for part in way:
        if part == "..":
            if not here:
                return None
            here.pop()
        elif part not in {"", "."}:
            here.append(part)
            if "/".join(here) not in folders:
                return None
    return "/".join([*here, last])


def committed(
    folder: Path, ref: str, environment: Mapping[str, str] | None = None, *, seconds: float = 10.0
) -> GitFiles | UsageProblem:
    """Return what the commit `ref` has in the place of `folder`, which is in a checkout; or why there is no telling.

    `ref` is anything that names a commit, never an option. Nothing is read yet but the list of names. `seconds` is
    for each step of git's; `environment` is the process's unless given.
    """
    git = Git(folder, os.environ if environment is None else environment, seconds)
    answer = git.read("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    commit = (answer or b"").decode("ascii", "replace").strip()
    if not _NAME.fullmatch(commit):
        return _unknown(ref, git)
    # In a folder, ls-tree lists that folder alone, and names its paths from there.
    listed = git.read("ls-tree", "-r", "-z", commit)
    if listed is None:
        return UsageProblem(f'Git can\'t list what "{ref}" has in {folder}.', _WHOLE)
    return GitFiles(commit, dict(_objects(listed)), git)


def _objects(listed: bytes) -> Iterator[tuple[str, _Object]]:
    """Read the `MODE KIND NAME<tab>PATH` records of ls-tree; a path is text as file names on disk are."""
    for record in listed.split(b"\0"):
        about, tab, path = record.partition(b"\t")
        mode, _, rest = about.decode("ascii", "replace").partition(" ")
        name = rest.rpartition(" ")[2]
        if tab and _NAME.fullmatch(name):
            yield os.fsdecode(path), _Object(mode, name)


_WHOLE: Final = "Fetch all of the history: in GitHub Actions, fetch-depth: 0 for actions/checkout, and no filter."


def _unknown(ref: str, git: Git) -> UsageProblem:
    """Say why a name isn't that of a commit, as far as git tells, and what to do."""
    if git.read("rev-parse", "--git-dir") is None:
        return UsageProblem(
            f"Git finds no repository at {git.folder}.",
            "Is it a checkout, and is git installed? A checkout of another user's is trusted after: "
            "git config --global --add safe.directory FOLDER",
        )
    if git.read("rev-parse", "--is-shallow-repository") == b"true\n":
        return UsageProblem(
            f'There is no commit "{ref}" in this clone, which is shallow.',
            "Fetch it: git fetch origin BRANCH for one branch, git fetch --unshallow for all of the history."
            " In GitHub Actions, set fetch-depth of actions/checkout: 2 for HEAD^1, fetch-depth: 0 for everything.",
        )
    return UsageProblem(
        f'There is no commit "{ref}" in this repository.',
        "Name a branch, a tag or a commit that has been fetched, such as origin/main after git fetch origin main. In"
        " GitHub Actions, fetch the history with fetch-depth: 0 for actions/checkout.",
    )
