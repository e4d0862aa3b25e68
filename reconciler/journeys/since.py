"""An earlier revision of the tenants folder, and which tenants have changed since: `--changed-since REF`."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.catalogue import Catalogue
from reconciler.desired.changed import Changed, Holds, changed
from reconciler.desired.listing import Listing, list_files
from reconciler.inputs.committed import committed
from reconciler.inputs.usage import UsageProblem, first_few, visible
from reconciler.journeys.call import World, usable


@dataclass(frozen=True, slots=True)
class Base:
    """The tenants folder as a commit has it. `fleet.load(base.listing, …)` is what git wanted then."""

    commit: str
    listing: Listing
    holds: Holds


@contextmanager
def base_of(ref: str, folder: Path, world: World, *, flag: str) -> Iterator[Base]:
    """Open the tenants `folder` at a git revision, for as long as the block runs; without it there, it is empty.

    Raises CorrectTheCallError, which names the `flag` that gave the revision, when git finds no such commit.
    """
    files = committed(folder, ref, world.environment)
    if isinstance(files, UsageProblem):
        files = replace(files, message=f"{flag}: {files.message}")
    with usable(files) as found:
        yield Base(found.commit, list_files(found, shown=f"{ref}:{folder.name}"), found.holds)


def changed_since(
    ref: str,
    names: Sequence[str],
    keys: Collection[str] | None,
    listing: Listing,
    catalogue: Catalogue,
    folder: Path,
    world: World,
) -> tuple[str, ...]:
    """Return which of the tenants `names` of today's `listing` have changed since `ref`, in any of `keys` if given.

    Says on stderr of which there is no telling: those count as changed. Raises CorrectTheCallError.
    """
    with base_of(ref, folder, world, flag="--changed-since") as base:
        found = changed(listing, base.listing, names, catalogue, keys=keys, holds=base.holds)
    if found.unjudged:
        world.notice(_untold(ref, found))
    return found.tenants


def _untold(ref: str, found: Changed) -> str:
    """Name them: somebody may wonder why a tenant is there that nobody has touched."""
    shown = ", ".join(first_few(found.unjudged))
    return visible(f"These count as changed, as their files can't be read or have errors at {ref}: {shown}.")
