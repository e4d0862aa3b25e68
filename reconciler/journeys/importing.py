"""`import`: live values to tenant files. Reads only; never overwrites a file without being told to."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from reconciler.applying.tenant import Brake
from reconciler.desired.drafting import Draft, Need, draft, is_tenant_name
from reconciler.desired.fleet import Fleet
from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import Listing, discover
from reconciler.inputs.usage import UsageProblem, first_few
from reconciler.journeys.call import Call, CorrectTheCallError, World
from reconciler.journeys.compile import Ending, Run, report, tenant_report, with_bugs
from reconciler.journeys.ground import Ground, settings_and_catalogue
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


@dataclass(frozen=True, slots=True)
class _Target:
    tenant: str
    path: Path
    shown: str


def import_tenants(call: Call, world: World, names: Sequence[str], *, force: bool) -> Report:
    """Write a file for each tenant from what is live, and return what was done. Raises CorrectTheCallError.

    A tenant with a key that can't be read gets no file: half of the truth would look like all of it.
    """
    started = world.stamp()
    settings, catalogue = settings_and_catalogue(call, world)
    listing = discover(settings.tenants, shown_from=world.cwd)
    targets = _targets(names, listing, settings.tenants, world, force=force)
    there = {one.tenant: one for one in load_fleet(listing, names, catalogue).tenants}
    wanted = tuple(
        DesiredTenant(
            one.tenant,
            one.shown,
            tuple(DesiredKey(key.name, None, Source(one.shown, 1, 1)) for key in catalogue.keys),
        )
        for one in targets
    )
    ground = Ground(settings, catalogue, wanted, Fleet(wanted), len(wanted), Selection(tuple(names)), Revision())
    observed: Observed = {}
    bugs: dict[str, BaseException] = {}
    brake = Brake()

    async def read(reached: Reach) -> None:
        async with open_platform(ground, world, may_write=False) as platform:
            bugs.update(await observe(ground, reached, world, platform.reading, brake, observed))

    known = tuple(there.get(one.tenant, one) for one in wanted)
    with reach(call, world, settings, catalogue, known) as reached:
        interrupted = run_until_stopped(lambda: read(reached), brake, world.notice, grace=0.0)
    run = Run(call.command, started, call.sandbox, ground.selection)
    reports, said = [], []
    for one in targets:
        live = {key.name: observed.get(one.tenant, {}).get(key.name, _UNREAD) for key in catalogue.keys}
        problems = _unreadable(one, live)
        if not problems:
            made = draft(one.tenant, live, catalogue, reached.secrets[one.tenant], _modeline(one, settings.tenants))
            problems = _write(one, made)
            said += _told(one, made)
        reports.append(_tenant(run, one, reached, problems))
    ending = Ending(warnings=said, interrupted=interrupted)
    return with_bugs(report(run, reports, ending, world.stamp()), bugs)


_UNREAD = Live(LiveState.UNREADABLE, detail="The run ended before it was read.")


def _targets(names: Sequence[str], listing: Listing, folder: Path, world: World, *, force: bool) -> tuple[_Target, ...]:
    wrong = [name for name in names if not is_tenant_name(name)]
    if wrong:
        raise CorrectTheCallError(
            UsageProblem(
                f"No tenant can have this name: {', '.join(wrong)}.",
                "Use 1 to 63 of a-z, 0-9 and inner hyphens, such as acme-staging.",
            )
        )
    there = {source.name: source for source in listing.tenants}
    existing = [there[name].file for name in names if name in there]
    if existing and not force:
        raise CorrectTheCallError(
            UsageProblem("These files are there already.", "To overwrite them, say --force.", first_few(existing))
        )
    targets: list[_Target] = []
    for name in dict.fromkeys(names):
        path = folder / (there[name].path if name in there else f"{name}.yaml")
        shown = path.relative_to(world.cwd) if path.is_relative_to(world.cwd) else path
        targets.append(_Target(name, path, shown.as_posix()))
    return tuple(targets)


def _unreadable(one: _Target, live: Mapping[str, Live]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            file=one.shown,
            line=0,
            column=0,
            pointer="",
            rule="import/unreadable",
            message=f"{name} can't be read, so no file was written: {read.detail}",
            hint="Correct that and import again.",
            tenant=one.tenant,
        )
        for name, read in sorted(live.items())
        if read.state is LiveState.UNREADABLE
    )


def _modeline(one: _Target, folder: Path) -> str:
    up = "../" * len(PurePath(os.path.relpath(one.path.parent, folder.parent)).parts)
    return f"yaml-language-server: $schema={up}schemas/tenant.schema.json"


def _write(one: _Target, made: Draft) -> tuple[Problem, ...]:
    """Write the file whole or not at all."""
    try:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=one.path.parent, prefix=f".{one.tenant}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(made.text)
            Path(name).chmod(0o644)
            Path(name).replace(one.path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        message = f"The file can't be written: {error.strerror}"
        return (Problem(one.shown, 0, 0, "", "file/unwritable", message, "Check the folder.", tenant=one.tenant),)
    return ()


def _told(one: _Target, made: Draft) -> list[str]:
    said = [f"{one.tenant}: keys declared in {one.shown}: {len(made.declared)}."]
    if made.commented:
        said.append(f"{one.tenant}: only as a comment, as a file may not say it: {', '.join(made.commented)}.")
    return [*said, *(_needed(one.tenant, need) for need in made.needs)]


def _needed(tenant: str, need: Need) -> str:
    place = need.url or "https://..."
    entry = f"{need.name}: {{value: ..., for: {place}}}"
    if need.differs:
        return f"{tenant}: the secret {need.name} of the credentials is not what is live; applying would send it."
    return f"{tenant}: put its secret into the credentials, under `secrets`: {entry}"


def _tenant(run: Run, one: _Target, reached: Reach, problems: tuple[Problem, ...]) -> TenantReport:
    plan = TenantPlan(one.tenant, one.shown, reached.access[one.tenant].origin, (), {}, problems)
    made = tenant_report(run, plan, None, Ending())
    return made if problems else replace(made, result=Result.APPLIED)
