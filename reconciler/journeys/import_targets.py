"""Which tenants an import is about, where their files will be, and what is in the way. Nothing is written here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from reconciler.catalogue import Catalogue
from reconciler.desired.drafting import is_profile_name, is_tenant_name
from reconciler.desired.listing import Listing, SourceFile
from reconciler.inputs.credentials import Credentials
from reconciler.inputs.usage import UsageProblem, did_you_mean, first_few
from reconciler.journeys.call import Call, CorrectTheCallError, World, own_place
from reconciler.journeys.filing import shown
from reconciler.journeys.reach import credentials_of
from reconciler.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Target:
    """A file to be written: a tenant's, or with `tenant` empty the profile's. `file` is its path as people see it."""

    tenant: str
    path: Path
    file: str

    def problem(self, rule: str, message: str, hint: str) -> Problem:
        """Return a finding about the file as a whole."""
        return Problem(self.file, 0, 0, "", rule, message, hint, tenant=self.tenant)


@dataclass(frozen=True, slots=True)
class Targets:
    """What is to be imported, and what not: `refused` with why, `passed_over` because only a glob meant them."""

    wanted: tuple[Target, ...]
    refused: Mapping[Target, Problem] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()
    credentials: Credentials | None = None


def targets(
    call: Call, world: World, names: Sequence[str], listing: Listing, catalogue: Catalogue, folder: Path, *, force: bool
) -> Targets:
    """Return the targets of NAMES, in which a glob stands for the tenants that the credentials have, or the sandbox.

    A tenant that was named and has a file is refused, and the others go on; one that only a glob meant is passed
    over, so that `'*'` is whatever has no file yet. Raises CorrectTheCallError if all that were named are refused.
    """
    named = list(dict.fromkeys(name for name in names if not _is_glob(name)))
    wrong = [name for name in named if not is_tenant_name(name)]
    if wrong:
        raise CorrectTheCallError(
            UsageProblem(
                f"No tenant can have this name: {', '.join(wrong)}.",
                "Use 1 to 63 of a-z, 0-9 and inner hyphens, such as acme-staging.",
            )
        )
    globs = [name for name in dict.fromkeys(names) if _is_glob(name)]
    credentials = credentials_of(call, world) if globs and not call.sandbox else None
    meant = _meant(globs, credentials, world, catalogue) if globs else ()
    there = {source.name: source for source in listing.tenants}
    wanted: list[Target] = []
    refused: dict[Target, Problem] = {}
    passed_over: list[str] = []
    for name in sorted({*named, *meant}):
        target = _target(name, there.get(name), folder, world)
        problem = _in_the_way(target, there.get(name), force=force)
        if problem is None:
            wanted.append(target)
        elif name in named:
            refused[target] = problem
        else:
            passed_over.append(name)
    if refused and not wanted and not globs:
        files = [one.file for one in refused]
        raise CorrectTheCallError(_nothing_left(tuple(refused.values()), files, force=force))
    return Targets(tuple(wanted), refused, tuple(passed_over), credentials)


def _nothing_left(problems: Sequence[Problem], files: Sequence[str], *, force: bool) -> UsageProblem:
    if force:
        details = [f"{one.where}: {one.message}" for one in problems]
        return UsageProblem("These files can't be replaced.", "See what is wrong: reconciler validate", tuple(details))
    return UsageProblem("These files are there already.", "To overwrite them, say --force.", first_few(files))


def _is_glob(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _meant(
    globs: Sequence[str], credentials: Credentials | None, world: World, catalogue: Catalogue
) -> tuple[str, ...]:
    """Return the tenants that fit any glob, sorted. Each glob must fit one: a typo must not leave tenants out."""
    known, place = _in_the_sandbox(world, catalogue), "The sandbox has"
    if credentials is not None:
        known, place = tuple(sorted(credentials.entries)), f"The credentials ({credentials.source}) have"
    misses = [glob for glob in globs if not any(fnmatchcase(name, glob) for name in known)]
    if misses:
        near = did_you_mean(misses[0].strip("*?"), known)
        raise CorrectTheCallError(
            UsageProblem(
                f"{place} no tenant that matches {', '.join(misses)}.{near}",
                "A glob must fit a whole name; a tenant's name without * needs no match.",
                first_few(f"there is: {name}" for name in known),
            )
        )
    return tuple(name for name in known if any(fnmatchcase(name, glob) for glob in globs))


def _in_the_sandbox(world: World, catalogue: Catalogue) -> tuple[str, ...]:
    from reconciler.sandbox import DB, SandboxRefusal, show

    try:
        rows = show(own_place(world.cwd, DB), catalogue)
    except SandboxRefusal as error:
        raise CorrectTheCallError(UsageProblem(str(error))) from error
    return tuple(sorted({row.tenant for row in rows if is_tenant_name(row.tenant)}))


def _target(name: str, source: SourceFile | None, folder: Path, world: World) -> Target:
    path = folder / (f"{name}.yaml" if source is None else source.real)
    return Target(name, path, shown(path, world.cwd))


def _in_the_way(target: Target, source: SourceFile | None, *, force: bool) -> Problem | None:
    if source is None:
        return None
    if not force:
        hint = "To overwrite it, say --force."
        return target.problem("import/file-exists", "The file is there already, and stays as it is", hint)
    # Two files of one name, a link that leads elsewhere: replacing one of them would not mend it.
    return source.problems[0] if source.problems else None


def profile_target(
    name: str, listing: Listing, extends: Mapping[str, Collection[str]], folder: Path, world: World, *, force: bool
) -> Target:
    """Return where the profile `name` will be. `extends` are the profiles of each tenant that keeps its file.

    Raises CorrectTheCallError for a name that is none, for a file that is there already, and, even with `force`, for
    one that other tenants extend: what they mean would change with it.
    """
    if not is_profile_name(name):
        message = f"No profile can have this name: {name}."
        hint = "It begins with an underscore, such as _retail-default; then a-z, 0-9 and inner hyphens."
        raise CorrectTheCallError(UsageProblem(message, hint))
    source = next((one for one in listing.profiles if one.name == name), None)
    path = folder / (f"{name}.yaml" if source is None else source.real)
    target = Target("", path, shown(path, world.cwd))
    if source is None:
        return target
    users = sorted(tenant for tenant, profiles in extends.items() if name in profiles)
    if users:
        message = f"The profile {target.file} is there already, and tenants that stay as they are extend it."
        raise CorrectTheCallError(
            UsageProblem(message, "Give the new one another name: --profile-name _NAME.", first_few(users))
        )
    if source.problems or not force:
        message = f"The profile {target.file} is there already."
        raise CorrectTheCallError(
            UsageProblem(message, "Give the new one another name, --profile-name _NAME, or overwrite it: --force.")
        )
    return target
