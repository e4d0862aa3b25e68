"""What every run stands on: settings, catalogue, the selected tenants as git declares them, the revision."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.catalogue import Catalogue, CatalogueProblem
from reconciler.catalogue import load as load_catalogue
from reconciler.desired.fleet import Fleet
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import Listing, discover, encodable
from reconciler.inputs.choice import Shard, parse_shard, select, unmatched
from reconciler.inputs.revision import revision
from reconciler.inputs.settings import Overrides, Settings, load_settings
from reconciler.inputs.usage import UsageProblem, did_you_mean
from reconciler.journeys.call import Call, CorrectTheCallError, World, usable
from reconciler.model.problem import Problem
from reconciler.model.report import Revision, Selection
from reconciler.model.tenant import DesiredTenant, Earlier
from reconciler.model.words import Severity


@dataclass(frozen=True, slots=True)
class Ground:
    """The offline part of a run. `fleet_size` counts all tenant files, selected or not.

    `elsewhere` are the tenants of the selection that the other shards of the run look at. `earlier` is what git wanted
    at the base, and `warnings` say of whom that can't be told; `released` are the `tenant:key` that it let go of since.
    """

    settings: Settings
    catalogue: Catalogue
    tenants: tuple[DesiredTenant, ...]
    fleet: Fleet
    fleet_size: int
    selection: Selection
    revision: Revision
    elsewhere: tuple[str, ...] = ()
    earlier: Earlier = field(default_factory=Earlier)
    released: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def declared(self, tenant: str) -> tuple[str, ...]:
        """Return the full names of the keys that a selected tenant declares and the run looks at."""
        return next((tuple(key.key for key in one.keys) for one in self.tenants if one.tenant == tenant), ())


def settings_only(call: Call, world: World) -> Settings:
    """Load the settings; the shipped catalogue knows where tenants live by default."""
    settings = usable(
        load_settings(
            world.cwd,
            explicit=call.settings_file,
            environment=world.environment,
            overrides=Overrides(tenants=call.tenants_dir, origin=call.origin),
            default_origin=_catalogue(load_catalogue()).origin_template,
        )
    )
    for warning in settings.warnings:
        world.notice(warning)
    return settings


def settings_and_catalogue(call: Call, world: World) -> tuple[Settings, Catalogue]:
    """Load what even a run without tenants needs: the settings, and the catalogue with the extra one that they name."""
    settings = settings_only(call, world)
    return settings, _catalogue(load_catalogue(settings.schemas))


def _catalogue(loaded: Catalogue | CatalogueProblem) -> Catalogue:
    if isinstance(loaded, CatalogueProblem):
        raise CorrectTheCallError(UsageProblem(f"The catalogue can't be used: {loaded}"))
    return loaded


def prepare(call: Call, world: World, reviewed: "Callable[[Listing], Narrowed] | None" = None) -> Ground:
    """Take every offline step of a run, selection included.

    `reviewed` makes the selection of reviewed plan files, which stands instead of the call's own. In a shard of it, an
    error in a file of another shard is a problem of this one too: a broken file stops every shard, or none.
    """
    settings, catalogue = settings_and_catalogue(call, world)
    listing = discover(settings.tenants, shown_from=world.cwd)
    # A file that was meant for a tenant's is no wrong call but a problem, told with its place.
    if call.tenant or not listing.has_misplaced:
        refuse_nobody(listing, settings.tenants, settings, catalogue, call, world)
    chosen = choose(call, listing, catalogue, settings, world) if reviewed is None else reviewed(listing)
    fleet = load_fleet(listing, chosen.tenants, catalogue)
    if chosen.selection.tenants:
        # What is wrong with files of nobody selected is for a run over the whole fleet to say, and to stop at.
        fleet = replace(fleet, problems=())
    if reviewed is not None and chosen.elsewhere:
        fleet = replace(fleet, problems=(*fleet.problems, *_errors(listing, chosen.elsewhere, catalogue)))
    tenants = tuple(only(tenant, chosen.keys_of(tenant.tenant), catalogue) for tenant in fleet.tenants)
    ground = Ground(
        settings=settings,
        catalogue=catalogue,
        tenants=tenants,
        fleet=fleet,
        fleet_size=len(listing.names),
        selection=chosen.selection,
        revision=revision(settings.tenants, world.environment),
        elsewhere=chosen.elsewhere,
    )
    return ground if call.base is None else _with_base(ground, call.base, chosen, listing, world)


def _errors(listing: Listing, names: Sequence[str], catalogue: Catalogue) -> tuple[Problem, ...]:
    return tuple(
        problem
        for tenant in load_fleet(listing, names, catalogue).tenants
        for problem in tenant.problems
        if problem.severity is Severity.ERROR
    )


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which tenants and keys a run looks at. A tenant without key globs is looked at whole.

    `elsewhere` are those that only the shard left out.
    """

    selection: Selection
    tenants: tuple[str, ...]
    globs: Mapping[str, tuple[str, ...]]
    elsewhere: tuple[str, ...] = ()

    def keys_of(self, tenant: str) -> tuple[str, ...]:
        """Return the key globs of one tenant; none means every declared key."""
        return self.globs.get(tenant, ())


def choose(call: Call, listing: Listing, catalogue: Catalogue, settings: Settings, world: World) -> Narrowed:
    """Return the selection that the call's own options make. Raises CorrectTheCallError."""
    chosen = _from_call(call, listing)
    if call.changed_since is None:
        return chosen
    return _only_changed(chosen, call.changed_since, listing, catalogue, settings, world)


def _from_call(call: Call, listing: Listing) -> Narrowed:
    """Apply --tenant, --key and --shard. No match is a wrong call; an empty shard is not."""
    shard: Shard | None = usable(parse_shard(call.shard)) if call.shard is not None else None
    missed = unmatched(listing.names, call.tenant)
    if missed is not None:
        raise CorrectTheCallError(missed)
    every = select(listing.names, call.tenant)
    names = select(every, (), shard)
    selection = Selection(tenants=call.tenant, keys=call.key, shard=str(shard) if shard else None)
    return Narrowed(selection, names, dict.fromkeys(names, call.key), others(every, names))


def _only_changed(
    chosen: Narrowed, ref: str, listing: Listing, catalogue: Catalogue, settings: Settings, world: World
) -> Narrowed:
    """Apply --changed-since to what the other options chose. That nothing has changed is no wrong call."""
    from reconciler.journeys.since import changed_since  # only this option asks git what there was

    globs = chosen.selection.keys
    keys = _resolved(globs, catalogue) if globs else None
    names = changed_since(ref, chosen.tenants, keys, listing, catalogue, settings.tenants, world)
    return replace(chosen, tenants=names, selection=replace(chosen.selection, changed_since=encodable(ref)))


def _with_base(ground: Ground, ref: str, chosen: "Narrowed", listing: Listing, world: World) -> Ground:
    """Apply --base: what git wanted there of each tenant, and what it let go of since in the keys that are looked at.

    Of the tenants without a file any more, the run is about those that the globs and the shard would select.
    """
    from reconciler.journeys.since import untold_warnings, wanted_at  # only this option asks git what there was

    def selected(names: Iterable[str]) -> Sequence[str]:
        shard = usable(parse_shard(chosen.selection.shard)) if chosen.selection.shard else None
        return select(names, chosen.selection.tenants, shard)

    commit, earlier = wanted_at(
        ref, listing, ground.fleet.tenants, selected, ground.catalogue, ground.settings.tenants, world
    )
    return replace(
        ground,
        revision=replace(ground.revision, base=commit),
        earlier=earlier,
        released=tuple(
            f"{tenant}:{key}"
            for tenant, key in earlier.released
            if not (globs := chosen.globs.get(tenant, chosen.selection.keys))
            or key in _resolved(globs, ground.catalogue)
        ),
        warnings=untold_warnings(ref, earlier),
    )


def others(every: Sequence[str], mine: Sequence[str]) -> tuple[str, ...]:
    """Return those of `every` that are not `mine`, in order."""
    own = frozenset(mine)
    return tuple(name for name in every if name not in own)


def refuse_nobody(
    listing: Listing, folder: Path, settings: Settings, catalogue: Catalogue, call: Call, world: World
) -> None:
    """Raise CorrectTheCallError if there is no tenant at all in `folder`: empty, or the wrong one."""
    if not listing.names:
        from reconciler.journeys.lost import Nobody, no_tenants  # only who is lost waits for it

        raise CorrectTheCallError(no_tenants(listing, folder, Nobody(call, world, settings, catalogue)))


def only(tenant: DesiredTenant, globs: Sequence[str], catalogue: Catalogue) -> DesiredTenant:
    """Return the tenant with the declared keys that fit any glob; all of them without globs."""
    if not globs:
        return tenant
    wanted = _resolved(globs, catalogue)
    return replace(tenant, keys=tuple(key for key in tenant.keys if key.key in wanted))


def _resolved(globs: Sequence[str], catalogue: Catalogue) -> frozenset[str]:
    """Return the full names of the keys that fit any glob. One that fits none is a wrong call."""
    wanted: set[str] = set()
    for glob in globs:
        fitting = catalogue.resolve(glob)
        if not fitting:
            known = [name for key in catalogue.keys for name in (key.name, key.short)]
            raise CorrectTheCallError(
                UsageProblem(
                    f'No key matches "{glob}".{did_you_mean(glob, known)}',
                    "List the keys with: reconciler explain",
                )
            )
        wanted.update(key.name for key in fitting)
    return frozenset(wanted)


def named_keys(pairs: Sequence[str], flag: str, ground: Ground) -> Mapping[str, frozenset[str]]:
    """Read the TENANT:KEY of --rewrite or --assume-unset; full key names by tenant. A typo is a wrong call.

    A tenant of another shard is passed over: every shard of a run is given the same flags.
    """
    found: dict[str, frozenset[str]] = {}
    for pair in pairs:
        tenant, colon, key = pair.partition(":")
        if tenant in ground.elsewhere and any(key in {one.name, one.short} for one in ground.catalogue.keys):
            continue
        declared = ground.declared(tenant)
        names = {name for name in declared if key and key in {name, name.split(".", 1)[1]}}
        if not colon or not names:
            known = [f"{one.tenant}:{name.key.split('.', 1)[1]}" for one in ground.tenants for name in one.keys]
            raise CorrectTheCallError(
                UsageProblem(
                    f"{flag} {pair}: no selected tenant declares such a key.{did_you_mean(pair, known)}",
                    f"Write {flag} TENANT:KEY, such as {known[0] if known else 'acme:KEY'}.",
                )
            )
        found[tenant] = found.get(tenant, frozenset()) | names
    return found
