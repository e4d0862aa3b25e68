"""Settings, tenant files, and what git says of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.catalogue import Catalogue, CatalogueProblem
from reconciler.catalogue import load as load_catalogue
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import Listing, discover
from reconciler.inputs.keeping import kept
from reconciler.inputs.provenance import in_force
from reconciler.inputs.revision import revision
from reconciler.inputs.settings import Examined, Overrides, Settings, examine_settings
from reconciler.journeys.call import Call, World
from reconciler.journeys.doctor.telling import after, from_usage
from reconciler.journeys.ground import choose, only
from reconciler.journeys.lost import Nobody, no_tenants
from reconciler.model.check import Check, ok, problem, skipped, warning
from reconciler.model.problem import Problem
from reconciler.model.report import Revision, Selection
from reconciler.model.tenant import DesiredTenant
from reconciler.model.words import Severity
from reconciler.report.wording import plural

SETTINGS = "files/settings"
TENANTS = "files/tenants"
PROBLEMS = "files/problems"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Files:
    """What later areas stand on. With `sound` false, the settings are only as far as they could be understood."""

    checks: tuple[Check, ...]
    settings: Settings
    sound: bool
    catalogue: Catalogue
    fleet: tuple[str, ...] = ()
    """The names of all tenants, selected or not."""
    tenants: tuple[DesiredTenant, ...] = ()
    selection: Selection = field(default_factory=Selection)
    revision: Revision = field(default_factory=Revision)

    @property
    def nobody(self) -> str:
        """Why there is no selected tenant to look at; empty when there is one."""
        if self.tenants:
            return ""
        return "no tenant is selected" if self.fleet else after(TENANTS)


def look_at_files(call: Call, world: World, shipped: Catalogue) -> Files:
    """Return what was found. Raises CorrectTheCallError for a selection that fits no tenant or key."""
    overrides = Overrides(tenants=call.tenants_dir, origin=call.origin)
    found = examine_settings(
        world.cwd,
        explicit=call.settings_file,
        environment=world.environment,
        overrides=overrides,
        default_origin=shipped.origin_template,
    )
    settings = found.settings
    extra = load_catalogue(settings.schemas) if settings.schemas is not None else shipped
    catalogue = extra if isinstance(extra, Catalogue) else shipped
    listing = discover(settings.tenants, shown_from=world.cwd)
    commit = revision(settings.tenants, world.environment)
    settings_checks = (*_settings(found, world, overrides), *_schemas(settings, extra))
    if not listing.names:
        lost = no_tenants(listing, settings.tenants, Nobody(call, world, settings, catalogue))
        none = from_usage(TENANTS, lost, str(settings.tenants))
        checks = (*settings_checks, none, skipped(PROBLEMS, after(TENANTS)), *_git(commit, world))
        return Files(checks, settings, found.problem is None, catalogue, revision=commit)
    chosen = choose(call, listing, catalogue, settings, world)
    fleet = load_fleet(listing, chosen.tenants, catalogue)
    tenants = tuple(only(tenant, chosen.keys_of(tenant.tenant), catalogue) for tenant in fleet.tenants)
    unowned = () if chosen.selection.tenants else fleet.problems
    return Files(
        checks=(
            *settings_checks,
            _tenants(listing, len(tenants), settings),
            *_problems([*unowned, *(one for tenant in tenants for one in tenant.problems)]),
            *_git(commit, world),
        ),
        settings=settings,
        sound=found.problem is None,
        catalogue=catalogue,
        fleet=listing.names,
        tenants=tenants,
        selection=chosen.selection,
        revision=commit,
    )


def _settings(found: Examined, world: World, overrides: Overrides) -> Iterator[Check]:
    path = str(found.file.path) if found.file is not None else ""
    if found.problem is not None:
        yield from_usage(SETTINGS, found.problem, path)
        # Not even shown: an origin that is refused may hold a password.
        yield skipped("files/values", after(SETTINGS))
    else:
        yield ok(SETTINGS, path or "no settings file", "" if path else "flags, environment and defaults hold")
        said = in_force(found, world.environment, overrides)
        yield ok("files/values", "", "; ".join(f"{one.name} {one.value} ({one.source})" for one in said))
    yield from (warning(SETTINGS, "", text) for text in found.settings.warnings)


def _schemas(settings: Settings, extra: Catalogue | CatalogueProblem) -> Iterator[Check]:
    if settings.schemas is None:
        return
    name = "files/schemas"
    if isinstance(extra, CatalogueProblem):
        hint = "Mend the folder, or take `schemas` out of the settings. Below, its keys are not known."
        yield problem(name, str(settings.schemas), str(extra), hint)
    else:
        yield ok(name, str(settings.schemas), f"{len(extra.keys)} keys with those that came with the tool")


def _tenants(listing: Listing, selected: int, settings: Settings) -> Check:
    every = len(listing.names)
    some = "" if selected == every else f" ({selected:,} selected)"
    counted = f"{plural(every, 'tenant file')}{some}, {plural(len(listing.profiles), 'profile')}"
    if not selected:
        return warning(TENANTS, str(settings.tenants), f"{counted}.", "Select others, or none to look at all.")
    return ok(TENANTS, str(settings.tenants), counted)


def _problems(found: Sequence[Problem]) -> Iterator[Check]:
    """Tell the first few, errors first, and count the rest."""
    problems = sorted(set(found), key=lambda one: (one.severity is not Severity.ERROR, one))
    if not problems:
        yield ok(PROBLEMS, "", "none in the files")
    for one in problems[:_SHOWN]:
        make = problem if one.severity is Severity.ERROR else warning
        yield make(PROBLEMS, one.where, one.message, one.hint)
    rest = problems[_SHOWN:]
    if rest:
        make = problem if rest[0].severity is Severity.ERROR else warning
        told = f"{len(rest):,} more in {plural(len({one.file for one in rest}), 'file')}."
        yield make(PROBLEMS, "", told, "See all of them: reconciler validate")


def _git(commit: Revision, world: World) -> Iterator[Check]:
    if commit.commit is None:
        hint = "Keep the files in git: who changed what, and what plan compares with, comes from there."
        yield warning("files/git", "", "No commit was found: no repository, none made in it yet, or no git.", hint)
    else:
        dirty = {True: ", with changes that are not committed", False: ", clean", None: ", and git stopped answering"}
        yield ok("files/git", f"commit {commit.commit[:12]}", f"of the tenant files{dirty[commit.dirty]}")
    if kept(world.cwd / ".reconciler", world.environment).tracked:
        hint = "Reports and the sandbox's state are nobody's source code. Run: git rm -r --cached .reconciler"
        yield warning("files/git", ".reconciler", "It is in git.", hint)
