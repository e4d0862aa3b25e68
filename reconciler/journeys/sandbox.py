"""`sandbox serve|reset|show|set`: the embedded API, by itself."""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import discover
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, CorrectTheCallError, World, own_place
from reconciler.journeys.ground import settings_and_catalogue
from reconciler.journeys.reach import secrets_of
from reconciler.model.values import Absent
from reconciler.sandbox import DB, Row, RunningSandbox, Sandbox, SandboxRefusal, write_credentials
from reconciler.sandbox import reset as reset_state
from reconciler.sandbox import serve as serve_forever
from reconciler.sandbox import set_ as set_state
from reconciler.sandbox import show as show_state

P = ParamSpec("P")
T = TypeVar("T")


def _refusals_are_wrong_calls(journey: Callable[P, T]) -> Callable[P, T]:
    """Turn a SandboxRefusal, or a file that can't be written, into exit 64."""

    @wraps(journey)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return journey(*args, **kwargs)
        except SandboxRefusal as error:
            raise CorrectTheCallError(UsageProblem(str(error))) from error
        except OSError as error:
            raise CorrectTheCallError(UsageProblem(f"{error.filename}: {error.strerror}.")) from error

    return wrapped


@_refusals_are_wrong_calls
def serve(
    call: Call, world: World, *, db: Path | None, port: int | None, credentials: Path | None, tenant: Sequence[str]
) -> str:
    """Serve until Ctrl-C. `credentials` is a file to write for the tenants that have files, and those named."""
    settings, catalogue = settings_and_catalogue(call, world)
    fleet = load_fleet(listing := discover(settings.tenants, shown_from=world.cwd), listing.names, catalogue)
    named: dict[str, Sequence[tuple[str, str]]] = dict.fromkeys(tenant, ())
    named |= {one.tenant: secrets_of(one, catalogue) for one in fleet.tenants}

    def ready(running: RunningSandbox) -> None:
        if credentials is None:
            return
        path = world.cwd / credentials
        write_credentials(path, running, named)
        world.notice(f"Credentials for {len(named)} tenants are in {credentials}. To use them:")
        how = f"--origin '{running.origin_template}' --credentials {shlex.quote(str(credentials))}"
        fileless = [name for name in named if name not in listing.names]
        if fileless:
            world.notice(f"  reconciler import {' '.join(fileless)} {how}")
        world.notice(f"  reconciler plan {how}")

    serve_forever(Sandbox(_db(db, world), catalogue, port=port, notice=world.notice), ready=ready)
    return ""


@_refusals_are_wrong_calls
def reset(call: Call, world: World, *, db: Path | None) -> str:
    """Put the state back to the seed."""
    _, catalogue = settings_and_catalogue(call, world)
    reset_state(_db(db, world), catalogue)
    tenants = {row.tenant for row in show_state(_db(db, world), catalogue)} - {"*"}
    return f"The sandbox holds the state of the sample fleet again: {len(tenants)} tenants."


@_refusals_are_wrong_calls
def show(call: Call, world: World, *, db: Path | None, tenant: Sequence[str], format: str) -> str:  # noqa: A002
    """Return what is stored, as text or JSON."""
    _, catalogue = settings_and_catalogue(call, world)
    rows = [
        row
        for row in show_state(_db(db, world), catalogue)
        if not tenant or any(fnmatchcase(row.tenant, glob) for glob in tenant)
    ]
    return json.dumps([_as_json(row) for row in rows], indent=2) if format == "json" else _as_text(rows)


@_refusals_are_wrong_calls
def set_value(
    call: Call,
    world: World,
    *,
    db: Path | None,
    tenant: str,
    key: str,
    value: Any | Absent,
    unset: bool,
    fault: Mapping[str, Any] | None,
) -> str:
    """Store a value, forget it, or add a fault."""
    _, catalogue = settings_and_catalogue(call, world)
    set_state(_db(db, world), catalogue, tenant, key, value=value, unset=unset, fault=fault)
    return f"Set: {tenant} {key}."


def _db(db: Path | None, world: World) -> Path:
    return own_place(world.cwd, DB) if db is None else world.cwd / db


def _as_json(row: Row) -> Mapping[str, Any]:
    known = {} if isinstance(row.value, Absent) else {"value": row.value}
    return {
        "tenant": row.tenant,
        "key": row.key,
        **known,
        "updated_at": row.updated_at,
        "faults": list(row.faults),
    }


def _as_text(rows: Sequence[Row]) -> str:
    lines: list[str] = []
    tenant = ""
    width = max((len(row.key) for row in rows), default=0)
    for row in rows:
        if row.tenant != tenant:
            tenant = row.tenant
            lines.append(("\n" if lines else "") + ("(every tenant)" if tenant == "*" else tenant))
        value = "(unset)" if isinstance(row.value, Absent) else json.dumps(row.value)
        date = "" if isinstance(row.value, Absent) else f"  {row.updated_at or '(no date: a default)'}"
        lines.append(f"  {row.key:<{width}}  {'' if row.key == '*' else value + date}".rstrip())
        lines += [f"  {'':<{width}}  fault: {fault}" for fault in row.faults]
    return "\n".join(lines)
