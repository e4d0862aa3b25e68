"""What to say to somebody whose folder of tenants is empty or missing: where was looked, why there, what to do."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath

from reconciler.catalogue import Catalogue
from reconciler.desired.drafting import is_tenant_name
from reconciler.desired.files import DiskFiles
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import Listing, SourceFile
from reconciler.inputs.environment import TENANTS, given
from reconciler.inputs.settings import Settings
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, World
from reconciler.journeys.filing import shown

_FOLDERS = 50
"""Folders beside the working directory that are looked into, and in each as many files as `_FILES`."""
_FILES = 3


@dataclass(frozen=True, slots=True)
class Nobody:
    """A run that found no tenants: what was looked at, and with which catalogue files are recognised."""

    call: Call
    world: World
    settings: Settings
    catalogue: Catalogue


def no_tenants(listing: Listing, folder: Path, run: Nobody) -> UsageProblem:
    """Return the problem of `folder`, of which `listing` has no tenant. Looks around, and reads only a few files."""
    where = shown(folder, run.world.cwd)
    details = [*_seen(listing), _why_there(run)]
    near = next(iter(_elsewhere(folder, run)), None)
    if near is not None:
        there = "." if near == run.world.cwd else shown(near, run.world.cwd)
        place = "this folder itself" if there == "." else there
        details.append(f"There are some in {place}. Were those meant? --tenants {shlex.quote(there)}")
    return UsageProblem(
        f"There are no tenant files in {where}.",
        "Say --tenants DIR, or go to the folder with the settings. For a new repository: reconciler init DIR; for a "
        "file from what is live: reconciler import TENANT",
        tuple(details),
    )


def _seen(listing: Listing) -> Iterator[str]:
    """Say what is there instead: it may be a tenant that has a bad name."""
    told = [f"{problem.message}: {problem.where}" for problem in listing.problems[:_FILES]]
    if len(listing.problems) > _FILES:
        told.append(f"… and {len(listing.problems) - _FILES} more like these")
    yield from told
    if listing.profiles:
        count = len(listing.profiles)
        yield f"{count} {'profile' if count == 1 else 'profiles'} (_NAME.yaml), and a profile is nobody's tenant"


def _why_there(run: Nobody) -> str:
    file = run.settings.file
    if run.call.tenants_dir is not None:
        return "Looked there because of --tenants."
    if given(run.world.environment, TENANTS):
        return f"Looked there because of {TENANTS}."
    if file is None:
        return "Looked there by default: there is no reconciler.toml here, nor in a folder above."
    return f"Looked there because of the settings: {shown(file, run.world.cwd)}"


def _elsewhere(folder: Path, run: Nobody) -> Iterator[Path]:
    """Yield the working directory and the folders in it that hold a file which declares a key that there is."""
    here = run.world.cwd
    try:
        with os.scandir(here) as entries:
            inner = sorted(Path(one.path) for one in entries if one.is_dir() and not one.name.startswith("."))
    except OSError:
        inner = []
    for place in islice((here, *inner), _FOLDERS):
        if place != folder and _has_tenants(place, run.catalogue):
            yield place


def _has_tenants(place: Path, catalogue: Catalogue) -> bool:
    try:
        with os.scandir(place) as entries:
            names = sorted(one.name for one in entries if one.name.endswith((".yaml", ".yml")))
    except OSError:
        return False
    stems = [(PurePath(name).stem, name) for name in names]
    sources = tuple(SourceFile(stem, name, name) for stem, name in stems if is_tenant_name(stem))[:_FILES]
    fleet = load_fleet(Listing(DiskFiles(place), sources), None, catalogue)
    return any(tenant.keys for tenant in fleet.tenants)
