"""What a tester may do to a sandbox's state, running or not: look, set, break, reset."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from reconciler.catalogue import Catalogue
from reconciler.model.key import Key
from reconciler.model.values import ABSENT, Absent
from reconciler.sandbox.database import open_store
from reconciler.sandbox.faults import EVERY, TOKEN, Fault
from reconciler.sandbox.history import LogEntry, Write
from reconciler.sandbox.names import is_tenant
from reconciler.sandbox.refusal import SandboxRefusal
from reconciler.sandbox.seed import Seed
from reconciler.sandbox.shape import masked
from reconciler.sandbox.store import Clock, Store, Stored, rfc3339, wall_clock

TOKEN_LIFE = 300
"""Seconds that a bearer lives unless it is set otherwise."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `sandbox show`, safe to print. `value` is ABSENT when unset; a key of `*` bears faults alone."""

    tenant: str
    key: str
    value: Any
    updated_at: str | None
    faults: tuple[str, ...]


class Controls:
    """The state of one sandbox. Keys may be named in full or in short. Each call is one transaction."""

    def __init__(self, store: Store, catalogue: Catalogue, seed: Seed) -> None:
        """Control `store`, whose resets sow `seed`."""
        self._store = store
        self._catalogue = catalogue
        self._seed = seed

    def key(self, name: str) -> Key:
        """Return the key with this full or short name. Raises SandboxRefusal when there is none, or several."""
        found = [key for key in self._catalogue.keys if name in {key.name, key.short}]
        if len(found) != 1:
            names = ", ".join(key.name for key in found or self._catalogue.keys)
            raise SandboxRefusal(f'"{name}" names {len(found)} keys. Name one of: {names}.')
        return found[0]

    def get_value(self, tenant: str, key: str) -> Stored | None:
        """Return what is stored, secrets included, or None when the key is unset."""
        return self._store.get(_tenant(tenant), self.key(key).name)

    def set_value(self, tenant: str, key: str, value: Any, updated_at: str | Absent | None = ABSENT) -> None:
        """Store plain JSON, as an operator would behind the API's back: nothing is checked, write-once included.

        `updated_at` is RFC 3339; None for a default that nobody wrote; left out, it is now.
        """
        name = self.key(key).name
        date = rfc3339(self._store.now()) if isinstance(updated_at, Absent) else updated_at
        with self._store.transaction():
            self._store.set_known(_tenant(tenant), known=True)
            self._store.put(tenant, name, value, date)

    def unset(self, tenant: str, key: str) -> None:
        """Forget a value, write-once or not."""
        self._store.unset(_tenant(tenant), self.key(key).name)

    def set_unknown(self, tenant: str) -> None:
        """Make every path of `tenant` a 404, its token endpoint included."""
        self._store.set_known(_tenant(tenant), known=False)

    def fault(self, fault: Fault) -> None:
        """Have `fault` act on the requests to come."""
        if fault.tenant != EVERY:
            _tenant(fault.tenant)
        if fault.key in {EVERY, TOKEN}:
            self._store.add(fault)
        else:
            self._store.add(Fault.from_mapping({**fault.members(), "key": self.key(fault.key).name}))

    def faults(self) -> tuple[Fault, ...]:
        """Return the faults that still act, with what is left of their counts."""
        return self._store.faults()

    def clear_faults(self, tenant: str = EVERY) -> None:
        """Remove all faults, or those of one tenant, seeded ones included."""
        self._store.clear_faults(tenant)

    def expire_tokens_after(self, seconds: int) -> None:
        """Let bearers that are fetched from now on live so long, until a reset."""
        self._store.remember("expires_in", str(seconds))

    def revoke_tokens(self) -> None:
        """Make every bearer that was ever handed out worthless; the next ones are good."""
        with self._store.transaction():
            self._store.remember("generation", str(int(self._store.meta("generation") or 0) + 1))

    def log(self) -> tuple[LogEntry, ...]:
        """Return every request since the last reset, in the order of arrival."""
        return self._store.log()

    def writes(self) -> tuple[Write, ...]:
        """Return every change of a value since the last reset, in order, secrets included."""
        return self._store.writes()

    def reset(self) -> None:
        """Go back to the seed: values, faults, log, token life. Port and identity stay."""
        with self._store.transaction():
            self._store.clear()
            self._store.remember("expires_in", str(TOKEN_LIFE))
            self._seed.sow(self._store, self._catalogue)

    def show(self) -> tuple[Row, ...]:
        """Return a row for each key of each tenant, secrets masked, and one for faults of several keys."""
        faults = self._store.faults()
        rows: list[Row] = []
        for tenant, known in ({EVERY: True} | dict(self._store.tenants())).items():
            wide = tuple(f.summary() for f in faults if f.tenant == tenant and f.key in {EVERY, TOKEN})
            if not known:
                wide = ("unknown tenant: every path is a 404", *wide)
            if wide:
                rows.append(Row(tenant, EVERY, ABSENT, None, wide))
            if known and tenant != EVERY:
                rows.extend(self._row(tenant, key, faults) for key in self._catalogue.keys)
        return tuple(rows)

    def _row(self, tenant: str, key: Key, faults: tuple[Fault, ...]) -> Row:
        stored = self._store.get(tenant, key.name)
        told = tuple(fault.summary() for fault in faults if (fault.tenant, fault.key) == (tenant, key.name))
        if stored is None:
            return Row(tenant, key.name, ABSENT, None, told)
        return Row(tenant, key.name, masked(stored.value, key.schema), stored.updated_at, told)


def _tenant(name: str) -> str:
    if not is_tenant(name):
        raise SandboxRefusal(
            f"{name!r} can't be a tenant: a name is small letters, digits and inner hyphens, 63 at most."
        )
    return name


def identity() -> str:
    """Return a new identity for a database: random, so that two sandboxes never take each other for themselves."""
    return token_hex(16)


@contextmanager
def open_controls(
    db: Path,
    catalogue: Catalogue,
    seed: Seed,
    *,
    clock: Clock = wall_clock,
    entropy: Callable[[], str] = identity,
) -> Iterator[tuple[Controls, Store]]:
    """Open the state at `db`; a new one is seeded. Raises SandboxRefusal for a file that is something else."""
    store = open_store(db, clock, entropy)
    try:
        controls = Controls(store, catalogue, seed)
        # In one transaction: a second process that opens the same new file must wait, and then find the seed.
        with store.transaction():
            if store.meta("seed") is None:
                controls.reset()
        yield controls, store
    finally:
        store.close()


def fault_of(tenant: str, key: str, members: Mapping[str, Any]) -> Fault:
    """Build a fault from plain data, as a command line has it. Raises SandboxRefusal for what doesn't fit."""
    try:
        return Fault.from_mapping({**members, "tenant": tenant, "key": key})
    except (TypeError, ValueError) as error:
        raise SandboxRefusal(f"This is no fault: {error}.") from None
