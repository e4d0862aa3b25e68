"""The API itself: does each tenant get a token, and can each key that it declares be read?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.applying.tenant import Brake
from reconciler.catalogue import Catalogue
from reconciler.journeys.doctor.files import PROBLEMS
from reconciler.journeys.doctor.telling import after
from reconciler.journeys.observe import Observed, readable
from reconciler.journeys.reading import read_keys
from reconciler.model.access import Access, ClientCredentials
from reconciler.model.check import Check, ok, problem, skipped
from reconciler.model.live import Halt, Live
from reconciler.model.tenant import DesiredTenant
from reconciler.model.words import LiveState
from reconciler.platform import Platform
from reconciler.platform.stops import Stopped

TOKEN = "api/token"  # noqa: S105 - the name of a check
KEYS = "api/keys"
_NOT_READ = frozenset({LiveState.UNREADABLE, LiveState.UNKNOWN_KEY, LiveState.AMBIGUOUS})
ENDED = "the run ended before its turn"
_NOT_ASKED = "Not asked"
_ENTRY = (
    "Look at the tenant's entry: is it this tenant's own, still valid, and complete? The platform's page doesn't say"
    " which permission a token needs: its people can tell, by the request id, which is in the JSON report."
)
_LATER = "Wait, and run it again with fewer tenants: --tenant GLOB or --shard I/N."


@dataclass(slots=True)
class Heard:
    """What the API said so far. `tokens` has None for a token that was got; filled while asking."""

    tokens: dict[str, Stopped | None] = field(default_factory=dict)
    observed: Observed = field(default_factory=dict)


async def ask(
    tenant: DesiredTenant, access: Access, catalogue: Catalogue, platform: Platform, brake: Brake, heard: Heard
) -> None:
    """Get a token and read each declared key, once each. The platform must be one that may not write."""
    declared = {one.key for one in tenant.keys} if readable(tenant) else set()
    keys = [key for key in catalogue.keys if key.name in declared]
    async with platform.reading(access) as api:
        stopped = await api.admitted() if not brake.reason else Stopped(brake.reason, Halt.EVERYONE)
        heard.tokens[tenant.tenant] = stopped
        if stopped is not None:
            return
        halt = await read_keys(api, keys, heard.observed.setdefault(tenant.tenant, {}), lambda: brake.reason)
    if halt is Halt.EVERYONE:
        brake.stop(next(live.detail for live in heard.observed[tenant.tenant].values() if live.halt))


def checks(
    tenants: Sequence[DesiredTenant], access: Mapping[str, Access], barred: Mapping[str, str], heard: Heard
) -> Iterator[Check]:
    """Return what was found of every selected tenant: all tokens first, then all keys. `barred` ones weren't asked."""
    yield from (_token(one.tenant, access, barred, heard) for one in tenants)
    for one in tenants:
        yield from _keys(one, barred, heard)


def _token(tenant: str, access: Mapping[str, Access], barred: Mapping[str, str], heard: Heard) -> Check:
    if tenant in barred:
        return skipped(TOKEN, after(barred[tenant]), tenant=tenant)
    if tenant not in heard.tokens:
        return skipped(TOKEN, ENDED, tenant=tenant)
    stopped = heard.tokens[tenant]
    if stopped is not None:
        hint = (
            _LATER if stopped.halt is Halt.EVERYONE else "Look at client_id, client_secret and token_url of its entry."
        )
        return replace(problem(TOKEN, "", stopped.detail, hint, tenant=tenant), request_id=stopped.request_id)
    fetched = isinstance(access[tenant].grant, ClientCredentials)
    return ok(TOKEN, "", "obtained" if fetched else "as given in the credentials", tenant=tenant)


def _keys(tenant: DesiredTenant, barred: Mapping[str, str], heard: Heard) -> Iterator[Check]:
    name = tenant.tenant
    if name in barred:
        yield skipped(KEYS, after(barred[name]), tenant=name)
    elif name not in heard.tokens:
        yield skipped(KEYS, ENDED, tenant=name)
    elif heard.tokens[name] is not None:
        yield skipped(KEYS, after(TOKEN), tenant=name)
    elif not readable(tenant):
        yield skipped(KEYS, after(PROBLEMS), tenant=name)
    elif not tenant.keys:
        yield ok(KEYS, "", "none declared", tenant=name)
    else:
        yield from _read(tenant, heard.observed.get(name, {}))


def _read(one: DesiredTenant, lives: Mapping[str, Live]) -> Iterator[Check]:
    tenant = one.tenant
    bad = {key: live for key, live in lives.items() if live.state in _NOT_READ}
    missing = [declared.key for declared in one.keys if declared.key not in lives]
    if not bad and not missing:
        yield ok(KEYS, "", "all declared keys can be read", tenant=tenant)
    yield from (skipped(KEYS, ENDED, key, tenant=tenant) for key in missing)
    for key, live in bad.items():
        if live.detail.startswith(_NOT_ASKED):
            yield skipped(KEYS, "an earlier key of this tenant says why", key, tenant=tenant)
        else:
            found = problem(KEYS, key, live.detail, _hint(live), tenant=tenant)
            yield replace(found, request_id=live.request_id)


def _hint(live: Live) -> str:
    if live.halt is Halt.EVERYONE:
        return _LATER
    if live.halt is Halt.TENANT:
        return _ENTRY
    if live.state is LiveState.UNKNOWN_KEY:
        return "Look at the origin. If it is right, take the key out of this tenant's file."
    if live.state is LiveState.AMBIGUOUS:
        return ""
    if live.detail.startswith("200 "):
        return "Look at the value in the platform and set it right there, or ask the platform's people."
    return "Try again. If it stays so, ask the platform's people, by the request id."
