"""The functions behind `reconciler sandbox reset|show|set`: the state of a database, whether or not it is served."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.catalogue import Catalogue
from reconciler.model.values import ABSENT, Absent
from reconciler.sandbox.controls import Row, fault_of, open_controls
from reconciler.sandbox.seed import NOTHING, SHIPPED, Seed, read_seed


def reset(db: Path, catalogue: Catalogue, *, seed: Path | None = SHIPPED) -> None:
    """Put the state back to the seed, also under a running server. Port and identity stay. Raises SandboxRefusal."""
    with open_controls(db, catalogue, _seed(seed)) as (controls, _):
        controls.reset()


def show(db: Path, catalogue: Catalogue, *, seed: Path | None = SHIPPED) -> tuple[Row, ...]:
    """Return what is stored, tenants sorted, secrets masked. A new database is made and seeded first."""
    with open_controls(db, catalogue, _seed(seed)) as (controls, _):
        return controls.show()


def set_(
    db: Path,
    catalogue: Catalogue,
    tenant: str,
    key: str,
    *,
    value: Any | Absent = ABSENT,
    updated_at: str | Absent | None = ABSENT,
    unset: bool = False,
    fault: Mapping[str, Any] | None = None,
) -> None:
    """Do what is asked, in this order: forget the value, store `value`, add `fault` (`Fault` as plain data).

    `key` is a full or short name; with a fault it may be `*` or `@token`, and `tenant` may be `*`. Nothing is
    checked against the key's schema: that is what the sandbox is for. Raises SandboxRefusal for unknown names.
    """
    with open_controls(db, catalogue, _seed(SHIPPED)) as (controls, store), store.transaction():
        if unset:
            controls.unset(tenant, key)
        if not isinstance(value, Absent):
            controls.set_value(tenant, key, value, updated_at)
        if fault is not None:
            controls.fault(fault_of(tenant, key, fault))


def _seed(path: Path | None) -> Seed:
    return NOTHING if path is None else read_seed(path)
