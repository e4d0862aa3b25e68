"""`import`: live values to tenant files. Reads only; never overwrites a file without being told to."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from reconciler.applying.tenant import Brake
from reconciler.catalogue import Catalogue
from reconciler.desired.drafting import Draft, Need, draft
from reconciler.desired.fleet import Fleet, composed, extended
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import Listing, discover
from reconciler.desired.sharing import keeping, shared, without
from reconciler.inputs.usage import first_few
from reconciler.journeys.call import Call, World
from reconciler.journeys.compile import Ending, Run, report, tenant_report, with_bugs
from reconciler.journeys.filing import put
from reconciler.journeys.ground import Ground, settings_and_catalogue
from reconciler.journeys.import_targets import Target, Targets, profile_target, targets
from reconciler.journeys.observe import Observed, observe
from reconciler.journeys.platform import open_platform
from reconciler.journeys.reach import Reach, reach
from reconciler.journeys.stopping import run_until_stopped
from reconciler.model.live import Live
from reconciler.model.plan import TenantPlan
from reconciler.model.problem import Problem
from reconciler.model.report import Report, Revision, Selection, TenantReport
from reconciler.model.tenant import DesiredKey, DesiredTenant, Source
from reconciler.model.words import LiveState, Result

_TOLD_ONE_BY_ONE = 20
"""Files. Of more than that one line tells, so that what is left to do can be found."""
_UNREAD = Live(LiveState.UNREADABLE, detail="The run ended before it was read.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for beside the names. `profile` is the name of one to be made, empty for none."""

    force: bool = False
    profile: str = ""


def import_tenants(call: Call, world: World, names: Sequence[str], asked: Asked) -> Report:
    """Write a file for each tenant from what is live, and return what was done. Raises CorrectTheCallError.

    A tenant with a key that can't be read gets no file: half of the truth would look like all of it. Nor does one
    that has a file, without `force`. The others go on.
    """
    started = world.stamp()
    settings, catalogue = settings_and_catalogue(call, world)
    listing = discover(settings.tenants, shown_from=world.cwd)
    chosen = targets(call, world, names, listing, catalogue, settings.tenants, force=asked.force)
    profile = _profile_of(asked, chosen, listing, catalogue, settings.tenants, world)
    wanted = tuple(_whole(one, catalogue) for one in chosen.wanted)
    ground = Ground(settings, catalogue, wanted, Fleet(wanted), len(wanted), Selection(tuple(names)), Revision())
    there = {one.tenant: one for one in load_fleet(listing, [one.tenant for one in wanted], catalogue).tenants}
    observed: Observed = {}
    bugs: dict[str, BaseException] = {}
    brake = Brake()

    async def read(reached: Reach) -> None:
        async with open_platform(ground, world, reached, may_write=False) as platform:
            bugs.update(await observe(ground, reached, world, platform.reading, brake, observed))

    known = tuple(there.get(one.tenant, one) for one in wanted)
    with reach(call, world, settings, catalogue, known, chosen.credentials) as reached:
        interrupted = run_until_stopped(lambda: read(reached), brake, world.notice, grace=0.0)
    drafts, problems = _drafted(chosen.wanted, observed, catalogue, reached, settings.tenants)
    said = list(_passed_over(chosen.passed_over))
    problems |= chosen.refused
    keeps = {} if profile is not None else _keeping(drafts, listing, catalogue, said)
    problems |= _write(drafts, keeps, profile, settings.tenants, said, force=asked.force)
    run = Run(call.command, started, call.sandbox, ground.selection)
    ending = Ending(
        problems=[found for one, found in problems.items() if not one.tenant],
        warnings=said,
        interrupted=interrupted,
    )
    reports = [_tenant(run, one, reached, problems) for one in (*chosen.wanted, *chosen.refused)]
    return with_bugs(report(run, reports, ending, world.stamp()), bugs)


def _profile_of(
    asked: Asked, chosen: Targets, listing: Listing, catalogue: Catalogue, folder: Path, world: World
) -> Target | None:
    if not asked.profile:
        return None
    replaced = {one.tenant for one in chosen.wanted}
    staying = [name for name in listing.names if name not in replaced]
    return profile_target(
        asked.profile, listing, extended(listing, staying, catalogue), folder, world, force=asked.force
    )


def _whole(one: Target, catalogue: Catalogue) -> DesiredTenant:
    """Return a tenant that declares every key there is, so that all of them are read."""
    place = Source(one.file, 1, 1)
    return DesiredTenant(one.tenant, one.file, tuple(DesiredKey(key.name, None, place) for key in catalogue.keys))


def _drafted(
    wanted: Sequence[Target], observed: Observed, catalogue: Catalogue, reached: Reach, folder: Path
) -> tuple[dict[Target, Draft], dict[Target, Problem]]:
    drafts: dict[Target, Draft] = {}
    problems: dict[Target, Problem] = {}
    for one in wanted:
        live = {key.name: observed.get(one.tenant, {}).get(key.name, _UNREAD) for key in catalogue.keys}
        problem = _unreadable(one, live)
        if problem is not None:
            problems[one] = problem
        else:
            drafts[one] = draft(
                one.tenant, live, catalogue, reached.secrets[one.tenant], _modeline(one.path, folder, "tenant")
            )
    return drafts, problems


def _unreadable(one: Target, live: Mapping[str, Live]) -> Problem | None:
    """Return one problem for all keys of a tenant that can't be read: most often all of them fail alike.

    A tenant may lack a feature, and with it a key. But where no key at all is known, something else is asked.
    """
    if all(read.state is LiveState.UNKNOWN_KEY for read in live.values()):
        detail = next(iter(live.values())).detail
        message = f"No key at all is known there, so no file was written: {detail}"
        return one.problem(
            "import/unreadable", message, "Is the origin this tenant's own? Correct it and import again."
        )
    unread = {name: read.detail for name, read in sorted(live.items()) if read.state is LiveState.UNREADABLE}
    if not unread:
        return None
    first, detail = next(iter(unread.items()))
    more = f" ({len(unread) - 1} more keys can't be read either.)" if len(unread) > 1 else ""
    message = f"{first} can't be read, so no file was written: {detail}{more}"
    return one.problem("import/unreadable", message, "Correct that and import again.")


def _modeline(path: Path, folder: Path, kind: str) -> str:
    """Return the line by which an editor finds the schema of a file, a "tenant" or a "profile"."""
    up = "../" * len(PurePath(os.path.relpath(path.parent, folder.parent)).parts)
    return f"yaml-language-server: $schema={up}schemas/{kind}.schema.json"


def _keeping(
    drafts: Mapping[Target, Draft], listing: Listing, catalogue: Catalogue, said: list[str]
) -> dict[Target, Draft]:
    """Return the drafts of tenants whose files are replaced, and that can go on to extend their profiles."""
    there = frozenset(listing.names)
    before = extended(listing, [one.tenant for one in drafts if one.tenant in there], catalogue)
    together = {profiles: composed(profiles, listing, catalogue) for profiles in set(before.values()) if profiles}
    keeps: dict[Target, Draft] = {}
    for one, whole in drafts.items():
        profiles = before.get(one.tenant, ())
        says = together.get(profiles)
        made = None if says is None else keeping(whole, profiles, {name: key.value for name, key in says.items()})
        if made is not None:
            keeps[one] = made
        elif profiles:
            lost = ", ".join(profiles)
            said.append(f"{one.tenant}: no longer extends {lost}, which can't be used or declares what is not set.")
    return keeps


def _write(
    drafts: Mapping[Target, Draft],
    keeps: Mapping[Target, Draft],
    profile: Target | None,
    folder: Path,
    said: list[str],
    *,
    force: bool,
) -> dict[Target, Problem]:
    """Write the profile, if there is to be one, then the tenants; return what could not be written."""
    common = shared({one.tenant: made for one, made in drafts.items()}) if profile is not None else None
    problems: dict[Target, Problem] = {}
    if profile is not None and common is None:
        said.append("No profile was written: no two of the tenants share a value that one could hold.")
    if profile is not None and common is not None:
        header = (
            _modeline(profile.path, folder, "profile"),
            f"A profile: what {len(common.tenants)} tenants share.",
            "",
        )
        problem = _put(profile, Draft(common.entries, header), force=force)
        if problem is not None:
            hint = "Correct that and import again."
            lost = "No file was written: the profile that it was to extend can't be"
            return {profile: problem} | {one: one.problem("import/no-profile", lost, hint) for one in drafts}
        said.append(f"Keys that {len(common.tenants)} tenants share, in {profile.file}: {len(common.entries)}.")
    written: dict[Target, Draft] = {}
    for one, whole in drafts.items():
        made = keeps.get(one, whole)
        if common is not None and profile is not None and one.tenant in common.tenants:
            made = without(whole, common, profile.path.stem)
        problem = _put(one, made, force=force)
        if problem is None:
            written[one] = made
        else:
            problems[one] = problem
    said += _told(drafts, written)
    return problems


def _put(one: Target, made: Draft, *, force: bool) -> Problem | None:
    reason = put(one.path, made.text.encode("utf-8"), replace=force)
    if not reason:
        return None
    return one.problem("file/unwritable", f"The file can't be written: {reason}", "Check the folder.")


def _passed_over(names: Sequence[str]) -> Iterator[str]:
    if names:
        few = ", ".join(first_few(names))
        yield f"Left as they are, as they have a file already: {few}. To overwrite them: --force."


def _told(drafts: Mapping[Target, Draft], written: Mapping[Target, Draft]) -> Iterator[str]:
    """Say what was written, and of each tenant what is left to do."""
    if len(written) > _TOLD_ONE_BY_ONE:
        own = sum(len(made.declared) for made in written.values())
        every = sum(len(drafts[one].declared) for one in written)
        more = f", and {every - own} through profiles" if every > own else ""
        yield f"Keys declared in the files of {len(written)} tenants: {own}{more}."
    for one, made in written.items():
        if len(written) <= _TOLD_ONE_BY_ONE:
            of_profiles = len(drafts[one].declared) - len(made.declared)
            more = f", and {of_profiles} of {', '.join(made.extends)}" if made.extends else ""
            yield f"{one.tenant}: keys declared in {one.file}: {len(made.declared)}{more}."
        if made.commented:
            yield f"{one.tenant}: only as a comment, as a file may not say it: {', '.join(made.commented)}."
        yield from (_needed(one.tenant, need) for need in made.needs)


def _needed(tenant: str, need: Need) -> str:
    place = need.url or "https://..."
    entry = f"{need.name}: {{value: ..., for: {place}}}"
    if need.differs:
        return f"{tenant}: the secret {need.name} of the credentials is not what is live; applying would send it."
    return f"{tenant}: put its secret into the credentials, under `secrets`: {entry}"


def _tenant(run: Run, one: Target, reached: Reach, problems: Mapping[Target, Problem]) -> TenantReport:
    found = (problems[one],) if one in problems else ()
    origin = reached.access[one.tenant].origin if one.tenant in reached.access else ""
    plan = TenantPlan(one.tenant, one.file, origin, (), {}, found)
    made = tenant_report(run, plan, None, Ending())
    return made if found else replace(made, result=Result.APPLIED)
