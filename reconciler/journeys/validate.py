"""`validate`: every problem of every file. No network, no credentials."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from reconciler.catalogue import Catalogue
from reconciler.desired.fleet import extending, judge
from reconciler.desired.listing import Listing, SourceFile, discover
from reconciler.inputs.choice import select, unmatched
from reconciler.inputs.revision import revision
from reconciler.inputs.settings import Settings
from reconciler.inputs.tomlfiles import OWN_NAME, SHARED_NAME
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, CorrectTheCallError, World
from reconciler.journeys.compile import Ending, Run, report, tenant_report
from reconciler.journeys.ground import refuse_nobody, settings_and_catalogue
from reconciler.model.plan import TenantPlan
from reconciler.model.problem import Problem
from reconciler.model.report import Report, Selection
from reconciler.model.tenant import DesiredTenant


def validate(call: Call, world: World, paths: Sequence[Path] = ()) -> Report:
    """Return a report without keys: each tenant with its problems. `paths` are files or folders; none means all.

    A profile stands for the tenants that extend it; a settings file, and what is in the folder of further schemas, for
    all. Another path outside the tenants folder is judged with its own folder as the tenants folder, so that its
    profiles are found beside it. Raises CorrectTheCallError.
    """
    started = world.stamp()
    settings, catalogue = settings_and_catalogue(call, world)
    problems: list[Problem] = []
    tenants: list[DesiredTenant] = []
    for folder, inside in _by_folder([world.cwd / path for path in paths], settings).items():
        listing = discover(folder, shown_from=world.cwd)
        if not inside and (call.tenant or not listing.has_misplaced):
            refuse_nobody(listing, folder, settings, catalogue, call, world)
        fleet = judge(listing, _names(listing, call, folder, inside, catalogue), catalogue)
        problems += _asked_about(fleet.problems, inside, world)
        tenants += fleet.tenants
    run = Run(
        call.command,
        started,
        selection=Selection(tenants=call.tenant),
        revision=revision(settings.tenants, world.environment),
    )
    ending = Ending(problems=sorted(set(problems)))
    plans = [TenantPlan(one.tenant, one.file, "", (), {}, one.problems) for one in tenants]
    return report(run, [tenant_report(run, one, None, ending) for one in plans], ending, world.stamp())


def _by_folder(paths: Sequence[Path], settings: Settings) -> Mapping[Path, tuple[Path, ...]]:
    """Return which paths to look at, by the tenants folder that they belong to; no paths mean all of it."""
    if not paths:
        return {settings.tenants: ()}
    parts: dict[Path, list[Path]] = {}
    every = settings.tenants.resolve()
    for path in paths:
        means = settings.tenants if _concerns_all(path, settings) else path
        own = path if path.is_dir() else path.parent
        folder = settings.tenants if means.resolve().is_relative_to(every) else own
        parts.setdefault(folder, []).append(means)
    return {folder: tuple(inside) for folder, inside in parts.items()}


def _concerns_all(path: Path, settings: Settings) -> bool:
    """True for what decides about every tenant: settings, whether in force or not, and the further schemas."""
    if path.is_file() and path.name in {OWN_NAME, SHARED_NAME}:
        return True
    if settings.file is not None and path.resolve() == settings.file.resolve():
        return True
    return settings.schemas is not None and path.resolve().is_relative_to(settings.schemas.resolve())


def _names(
    listing: Listing, call: Call, folder: Path, inside: tuple[Path, ...], catalogue: Catalogue
) -> tuple[str, ...]:
    """Return the tenants that the paths mean."""
    missed = unmatched(listing.names, call.tenant) if call.tenant else None
    if missed is not None:
        raise CorrectTheCallError(missed)
    names = select(listing.names, call.tenant)
    if not inside:
        return names
    places = {place for path in inside for place in _within(folder, path)}
    meant = {source.name for source in listing.tenants if _is_at(source, places)}
    profiles = {source.name for source in listing.profiles if _is_at(source, places)}
    if profiles and not meant.issuperset(names):
        meant |= extending(listing, profiles, catalogue)
    _refuse_strangers(listing, folder, inside)
    return tuple(name for name in names if name in meant)


def _asked_about(problems: Sequence[Problem], inside: Sequence[Path], world: World) -> list[Problem]:
    """Return those problems of no tenant that are in files among the paths; without paths, all of them."""
    if not inside:
        return list(problems)
    wanted = {path.resolve() for path in inside}
    at = [(one, (world.cwd / one.file).resolve()) for one in problems]
    return [one for one, place in at if not wanted.isdisjoint((place, *place.parents))]


def _within(folder: Path, path: Path) -> set[str]:
    """Return where `path`, and what it is a link to, are in `folder`, as a listing says it: "." for all of it."""
    root = folder.resolve()
    places = (path.parent.resolve() / path.name, path.resolve())
    return {place.relative_to(root).as_posix() for place in places if place.is_relative_to(root)}


def _is_at(source: SourceFile, places: Collection[str]) -> bool:
    """True if a file, or a folder above it, is named. Compared as text: no other of thousands is looked at."""
    return "." in places or any(
        name in places or any(name[:end] in places for end, letter in enumerate(name) if letter == "/")
        for name in (source.path, source.real)
    )


def _refuse_strangers(listing: Listing, folder: Path, inside: Sequence[Path]) -> None:
    """A named file that nobody reads must not pass for valid."""
    known = {path for source in (*listing.tenants, *listing.profiles) for path in (source.path, source.real)}
    told = {problem.file for problem in listing.problems}
    for path in inside:
        is_told = any(file.endswith(path.name) for file in told)
        if path.is_file() and known.isdisjoint(_within(folder, path)) and not is_told:
            raise CorrectTheCallError(
                UsageProblem(f"{path} is not a tenant's file.", "Tenant files are NAME.yaml, profiles _NAME.yaml.")
            )
