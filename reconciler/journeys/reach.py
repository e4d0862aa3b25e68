"""How the selected tenants are reached: origin and credentials of each, real or of the embedded sandbox."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.catalogue import Catalogue
from reconciler.inputs.credentials import Credentials, load_credentials
from reconciler.inputs.origins import origin_of
from reconciler.inputs.settings import Settings
from reconciler.inputs.usage import UsageProblem, first_few
from reconciler.inputs.user import load_user_settings
from reconciler.journeys.call import Call, CorrectTheCallError, World, own_place, usable
from reconciler.model.access import Access
from reconciler.model.normal import references, sent_to
from reconciler.model.tenant import DesiredTenant, Secrets
from reconciler.platform import why_unusable

if TYPE_CHECKING:
    from reconciler.sandbox import RunningSandbox


@dataclass(frozen=True, slots=True)
class Reach:
    """Every selected tenant's access, by name. `others` are all that the credentials hold besides."""

    access: Mapping[str, Access]
    others: Collection[Access] = ()

    @property
    def everyone(self) -> Iterator[Access]:
        """Yield every access whose secrets must not be seen, of whomever the run is about."""
        yield from self.access.values()
        yield from self.others

    @property
    def origins(self) -> Mapping[str, str]:
        """Every selected tenant's origin, by name."""
        return {tenant: access.origin for tenant, access in self.access.items()}

    @property
    def secrets(self) -> Mapping[str, Secrets]:
        """What each selected tenant's references may stand for."""
        return {tenant: access.secrets for tenant, access in self.access.items()}


@contextmanager
def reach(
    call: Call,
    world: World,
    settings: Settings,
    catalogue: Catalogue,
    tenants: Sequence[DesiredTenant],
    credentials: Credentials | None = None,
) -> Iterator[Reach]:
    """Find every tenant's access before the first request; the sandbox runs as long as this is open.

    `credentials` are those of `credentials_of`, where the run has asked for them already.
    """
    if not call.sandbox:
        yield _real(call, world, settings, tenants, credentials)
        return
    refuse_beside_sandbox(call)
    from reconciler.sandbox import credentials as invented

    with embedded(world, catalogue) as running:
        yield Reach(invented(running, {one.tenant: secrets_of(one, catalogue) for one in tenants}))


def refuse_beside_sandbox(call: Call) -> None:
    """Raise CorrectTheCallError for flags that can't stand beside --sandbox."""
    if call.sandbox and (call.origin or call.credentials):
        raise CorrectTheCallError(
            UsageProblem("--sandbox brings its own origin and credentials.", "Leave out --origin and --credentials.")
        )


@contextmanager
def embedded(world: World, catalogue: Catalogue) -> Iterator["RunningSandbox"]:
    """Serve the sandbox of the working directory; a reason why it can't be served is a wrong call."""
    from reconciler.sandbox import DB, Sandbox, SandboxRefusal

    try:
        with Sandbox(own_place(world.cwd, DB), catalogue, notice=world.notice).running() as running:
            yield running
    except SandboxRefusal as error:
        raise CorrectTheCallError(UsageProblem(str(error))) from error


def credentials_of(call: Call, world: World) -> Credentials:
    """Read the credentials document. Where a command prints it, that is run: so once in a run."""
    user = usable(load_user_settings(world.environment))
    return usable(load_credentials(credentials_file(call, world), world.environment, user))


def _real(
    call: Call,
    world: World,
    settings: Settings,
    tenants: Sequence[DesiredTenant],
    credentials: Credentials | None,
) -> Reach:
    origins = {one.tenant: usable(origin_of(settings.origin, one.tenant)) for one in tenants}
    _refuse_shared(origins)
    if not origins:
        return Reach({})
    known = credentials or credentials_of(call, world)
    access = usable(known.accesses(origins))
    complaints = [f"{tenant}: {complaint}" for tenant, one in access.items() if (complaint := why_unusable(one))]
    if complaints:
        raise CorrectTheCallError(UsageProblem("Credentials that can't be used.", "", first_few(complaints)))
    return Reach(access, tuple(one for name, one in known.entries.items() if name not in access))


def credentials_file(call: Call, world: World) -> Path | None:
    """Return the file that --credentials names."""
    return None if call.credentials is None else world.cwd / call.credentials


def _refuse_shared(origins: Mapping[str, str]) -> None:
    """Two tenants at one origin would take turns in overwriting each other."""
    several = [f"{origin}: {', '.join(names)}" for origin, names in shared(origins).items()]
    if several:
        raise CorrectTheCallError(
            UsageProblem(
                "Several tenants have the same origin; they would overwrite each other.",
                "Put {tenant} into the origin template, such as https://{tenant}.p.newstore.net.",
                first_few(several),
            )
        )


def shared(origins: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Return each origin that several tenants have, with their names."""
    by_origin: dict[str, list[str]] = {}
    for tenant, origin in origins.items():
        by_origin.setdefault(origin, []).append(tenant)
    return {origin: names for origin, names in by_origin.items() if len(names) > 1}


def secrets_of(tenant: DesiredTenant, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """Return each secret that a file names, with the URL that it would be sent beside."""
    found: list[tuple[str, str]] = []
    for declared in tenant.keys:
        key = catalogue.get(declared.key)
        if key is None:
            continue
        found += [
            (ref.name, sent_to(key.schema, declared.value, path) or "") for path, ref in references(declared.value)
        ]
    return tuple(found)
