"""An earlier revision of the tenants folder: what has changed since (`--changed-since`), what it wanted (`--base`)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.catalogue import Catalogue
from reconciler.desired.as_before import Holds
from reconciler.desired.changed import Changed, changed
from reconciler.desired.earlier import earlier
from reconciler.desired.listing import Listing, encodable, list_files
from reconciler.inputs.committed import committed
from reconciler.inputs.usage import UsageProblem, first_few, visible
from reconciler.journeys.call import World, usable
from reconciler.model.tenant import DesiredTenant, Earlier


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


def wanted_at(
    ref: str,
    now: Listing,
    today: Sequence[DesiredTenant],
    chosen: Callable[[Iterable[str]], Sequence[str]],
    catalogue: Catalogue,
    folder: Path,
    world: World,
) -> tuple[str, Earlier]:
    """Return the commit that `ref` names, and what it wanted of `today`'s tenants, which were loaded from `now`.

    `chosen` says which of the tenants that have no file any more the run is about. Raises CorrectTheCallError.
    """
    with base_of(ref, folder, world, flag="--base") as base:
        gone = chosen(frozenset(base.listing.names) - frozenset(now.names))
        return base.commit, earlier(now, base.listing, today, gone, catalogue, holds=base.holds)


def untold_warnings(ref: str, found: Earlier) -> tuple[str, ...]:
    """Say of which tenants no cause can be told, and of which no released key, and why."""
    why = f"at {encodable(ref)}, their files or profiles have errors or are not in this clone"
    told = []
    if found.untold:
        told.append(f"No cause can be told, and no released key, of {_names(found.untold)}: {why}.")
    if found.lost:
        told.append(f"Which keys are released can't be told of {_names(found.lost)}, which have no file now: {why}.")
    return tuple(told)


def _names(names: Iterable[str]) -> str:
    return ", ".join(first_few(names))


def _untold(ref: str, found: Changed) -> str:
    """Name them: somebody may wonder why a tenant is there that nobody has touched."""
    shown = _names(found.unjudged)
    return visible(f"These count as changed, as their files can't be read or have errors at {ref}: {shown}.")
