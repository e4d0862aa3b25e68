"""Is what must stay out of git out of it, and is a file of secrets the user's own? Looks, and changes nothing."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.inputs.git import Git


@dataclass(frozen=True, slots=True)
class Kept:
    """How git sees a file or a folder. None where there is no git, no repository, or no answer.

    `tracked`: it, or something in it, is in the index. `at_risk`: it isn't, and nothing ignores it, so that the next
    `git add .` would put it there.
    """

    tracked: bool | None
    at_risk: bool | None


def kept(path: Path, environment: Mapping[str, str]) -> Kept:
    """Return how git, in the folder where `path` lies, sees it."""
    git = Git(path.parent, environment)
    tracked = git.read("ls-files", "--cached", "-z", "--", path.name)
    if tracked is None:
        return Kept(None, None)
    loose = git.read("ls-files", "--others", "--exclude-standard", "-z", "--", path.name)
    return Kept(bool(tracked), None if loose is None else bool(loose) and not tracked)


def owner_of(path: Path) -> int | None:
    """Return the user id of a file's owner; None when it can't be told."""
    try:
        return os.stat(path).st_uid  # noqa: PTH116 - beside geteuid
    except (OSError, ValueError):
        return None


def is_someone_elses(path: Path, *, uid: int | None = None) -> bool:
    """Return whether neither the user nor root owns the file; False when it can't be told. `uid` is the user's."""
    owner = owner_of(path)
    return owner is not None and owner not in {os.geteuid() if uid is None else uid, 0}
