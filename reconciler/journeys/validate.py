"""`validate`: every problem of every file. No network, no credentials."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.desired.fleet import judge
from reconciler.desired.listing import Listing, SourceFile, discover
from reconciler.inputs.choice import select, unmatched
from reconciler.inputs.revision import revision
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

    A path outside the tenants folder is judged with its own folder as the tenants folder, so that its profiles are
    found beside it. Raises CorrectTheCallError.
    """
    started = world.stamp()
    settings, catalogue = settings_and_catalogue(call, world)
    problems: list[Problem] = []
    tenants: list[DesiredTenant] = []
    for folder, inside in _by_folder([world.cwd / path for path in paths], settings.tenants).items():
        listing = discover(folder, shown_from=world.cwd)
        if not inside:
            refuse_nobody(listing, folder, settings, catalogue, call, world)
        fleet = judge(listing, _names(listing, call, folder, inside), catalogue)
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


def _by_folder(paths: Sequence[Path], tenants: Path) -> Mapping[Path, tuple[Path, ...]]:
    """Return which paths to look at, by the tenants folder that they belong to; no paths mean all of it."""
    if not paths:
        return {tenants: ()}
    parts: dict[Path, tuple[Path, ...]] = {}
    for path in paths:
        own = path if path.is_dir() else path.parent
        folder = tenants if path.resolve().is_relative_to(tenants.resolve()) else own
        parts[folder] = (*parts.get(folder, ()), path)
    return parts


def _names(listing: Listing, call: Call, folder: Path, inside: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the tenants that the paths mean; a profile stands for every tenant, as all may extend it."""
    missed = unmatched(listing.names, call.tenant) if call.tenant else None
    if missed is not None:
        raise CorrectTheCallError(missed)
    names = select(listing.names, call.tenant)
    if not inside or any(_is_profile(path) for path in inside):
        return names
    wanted = [place for path in inside for place in _within(folder, path)]
    meant = {source.name for source in listing.tenants if any(_is_at(source, place) for place in wanted)}
    _refuse_strangers(listing, folder, inside)
    return tuple(name for name in names if name in meant)


def _asked_about(problems: Sequence[Problem], inside: Sequence[Path], world: World) -> list[Problem]:
    """Return those problems of no tenant that are in files among the paths; without paths, all of them."""
    if not inside:
        return list(problems)
    wanted = [path.resolve() for path in inside]
    return [one for one in problems if any((world.cwd / one.file).resolve().is_relative_to(path) for path in wanted)]


def _is_profile(path: Path) -> bool:
    return path.is_file() and path.name.startswith("_")


def _within(folder: Path, path: Path) -> set[str]:
    """Return where `path`, and what it is a link to, are in `folder`, as a listing says it: "." for all of it."""
    root = folder.resolve()
    places = (path.parent.resolve() / path.name, path.resolve())
    return {place.relative_to(root).as_posix() for place in places if place.is_relative_to(root)}


def _is_at(source: SourceFile, place: str) -> bool:
    """Compared as text: in a fleet of thousands, no other file is looked at to judge one."""
    below = f"{place}/"
    return place == "." or any(path == place or path.startswith(below) for path in (source.path, source.real))


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
