"""The sandbox's state in SQLite: values, faults, the log. Safe under threads and for several processes at once.

Every public method is one transaction. Nothing of an Authorization header or of a token request's body is stored.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from reconciler.sandbox.faults import EVERY, TOKEN, Fault
from reconciler.sandbox.history import Author, LogEntry, Write

Clock = Callable[[], datetime]
"""The time of day, aware."""


def wall_clock() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Return `2021-07-13T20:18:25Z`, with a fraction if there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _later(now: datetime, before: str | None) -> datetime:
    """Return now, or the moment after `before` if that is later. What a tester made up and is no date is past."""
    try:
        last = datetime.fromisoformat(before or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return now
    return max(now, last + timedelta(microseconds=1))


@lru_cache(maxsize=1024)
def _decoded(text: str) -> Fault:
    """Return the fault in a row. Every request looks at the same rows, and decoding costs more than all the rest."""
    return Fault.decode(text)


def _die(fault: Fault, identity: int, sequence: int) -> float:
    """Return the number between 0 and 1 that a request draws for a fault: always the same one for the same seed."""
    drawn = blake2b(f"{fault.seed} {identity} {sequence}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn) / 2**64


@dataclass(frozen=True, slots=True)
class Stored:
    """A key that is not unset. `value` is plain JSON; `updated_at` is None for a default that nobody wrote."""

    value: Any
    updated_at: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that has just come in: its id, and the faults that act on it (consumed by now)."""

    sequence: int
    request_id: str
    acting: Fault | None
    dressing: tuple[Fault, ...]


class Store:
    """One open database. Made by `database.open_store`; close it."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        """Take over `connection`, which must be in autocommit mode and usable from every thread."""
        self._connection = connection
        self._lock = threading.RLock()
        self._clock = clock

    def close(self) -> None:
        """Close the database; the store can't be used any more."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the one write lock, so that a read and the write that depends on it are one step. May be nested."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def now(self) -> datetime:
        """Return the time by the injected clock."""
        return self._clock()

    # meta

    def meta(self, name: str) -> str | None:
        """Return what was remembered under `name`."""
        with self._lock:
            row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Keep `value` under `name`, over resets."""
        with self.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # tenants

    def know(self, tenant: str) -> bool:
        """Return False for a tenant that was declared unknown; any other is made on first use."""
        with self._lock:
            row = self._connection.execute("SELECT known FROM tenants WHERE tenant = ?", (tenant,)).fetchone()
        if row is None:
            self.set_known(tenant, known=True)
        return row is None or bool(row[0])

    def set_known(self, tenant: str, *, known: bool) -> None:
        """Make `tenant`, or declare it unknown: every path of it is then a 404."""
        with self.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO tenants VALUES (?, ?)", (tenant, known))

    def tenants(self) -> Mapping[str, bool]:
        """Return every tenant that was used or seeded, sorted, and whether it is known."""
        with self._lock:
            rows = self._connection.execute("SELECT tenant, known FROM tenants ORDER BY tenant").fetchall()
        return {tenant: bool(known) for tenant, known in rows}

    # values

    def get(self, tenant: str, key: str) -> Stored | None:
        """Return the value of `key`, or None when it is unset."""
        question = "SELECT value, updated_at FROM key_values WHERE tenant = ? AND key = ?"
        with self._lock:
            row = self._connection.execute(question, (tenant, key)).fetchone()
        return None if row is None else Stored(json.loads(row[0]), row[1])

    def put(
        self,
        tenant: str,
        key: str,
        value: Any,
        updated_at: str | None,
        author: Author = Author.OPERATOR,
        request: int | None = None,
    ) -> None:
        """Replace the whole value, whatever the key's rules say; `request` is the one that did it."""
        text = json.dumps(value)
        with self.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO key_values VALUES (?, ?, ?, ?)", (tenant, key, text, updated_at))
            self._record(tenant, key, author, request, text, updated_at)

    def write(self, tenant: str, key: str, value: Any, author: Author, request: int) -> Stored:
        """Replace the value as of now. The date always moves, also when the clock doesn't."""
        with self.transaction():
            before = self.get(tenant, key)
            date = rfc3339(_later(self.now(), before.updated_at if before else None))
            self.put(tenant, key, value, date, author, request)
        return Stored(value, date)

    def pretend(self, value: Any) -> Stored:
        """Return what `write` would, and write nothing."""
        return Stored(value, rfc3339(self.now()))

    def unset(self, tenant: str, key: str) -> None:
        """Forget the value: what the real API can't do."""
        with self.transaction() as sql:
            sql.execute("DELETE FROM key_values WHERE tenant = ? AND key = ?", (tenant, key))
            self._record(tenant, key, Author.OPERATOR, None, None, None)

    def _record(
        self, tenant: str, key: str, author: Author, request: int | None, text: str | None, date: str | None
    ) -> None:
        self._connection.execute(
            "INSERT INTO writes (at, tenant, key, author, request, value, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (rfc3339(self.now()), tenant, key, author, request, text, date),
        )

    def writes(self) -> tuple[Write, ...]:
        """Return every change of a value since the last reset, in order."""
        query = "SELECT number, at, tenant, key, author, request, value, updated_at FROM writes ORDER BY number"
        with self._lock:
            rows = self._connection.execute(query).fetchall()
        return tuple(
            Write(number, at, tenant, key, Author(author), request, text is None, json.loads(text or "null"), date)
            for number, at, tenant, key, author, request, text, date in rows
        )

    # faults

    def add(self, fault: Fault) -> None:
        """Have `fault` act on the requests to come."""
        with self.transaction() as sql:
            sql.execute(
                "INSERT INTO faults (tenant, key, method, times, waits, fault) VALUES (?, ?, ?, ?, ?, ?)",
                (fault.tenant, fault.key, fault.on_method, fault.times, fault.after, fault.encoded()),
            )

    def faults(self) -> tuple[Fault, ...]:
        """Return the faults that still act, with what is left of `times` and `after`."""
        with self._lock:
            rows = self._connection.execute("SELECT times, waits, fault FROM faults ORDER BY id").fetchall()
        return tuple(replace(_decoded(text), times=times, after=waits) for times, waits, text in rows)

    def clear_faults(self, tenant: str = EVERY) -> None:
        """Remove all faults, or those of one tenant."""
        with self.transaction() as sql:
            sql.execute("DELETE FROM faults WHERE ? IN ('*', tenant)", (tenant,))

    def _take(self, tenant: str, key: str, method: str, sequence: int) -> tuple[Fault, ...]:
        """Consume and return the faults that act on one request: at most one that isn't a dressing."""
        question = (
            "SELECT id, times, waits, fault FROM faults WHERE tenant IN (?, '*') AND method IN (?, '*')"
            " AND (key = ? OR (key = '*' AND ?)) ORDER BY times IS NULL, id"
        )
        rows = self._connection.execute(question, (tenant, method, key, key != TOKEN)).fetchall()
        taken: list[Fault] = []
        for identity, times, waits, text in rows:
            fault = _decoded(text)
            if waits > 0:
                self._connection.execute("UPDATE faults SET waits = waits - 1 WHERE id = ?", (identity,))
            elif (fault.kind.dresses or all(other.kind.dresses for other in taken)) and (
                fault.chance >= 1 or _die(fault, identity, sequence) < fault.chance
            ):
                taken.append(fault)
                self._use_up(identity, times)
        return tuple(taken)

    def _use_up(self, identity: int, times: int | None) -> None:
        if times == 1:
            self._connection.execute("DELETE FROM faults WHERE id = ?", (identity,))
        elif times is not None:
            self._connection.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (identity,))

    # log

    def arrive(self, tenant: str, key: str | None, method: str, path: str, digest: str | None) -> Arrival:
        """Log a request as it comes in, and consume the faults that act on it."""
        with self.transaction() as sql:
            sequence = sql.execute(
                "INSERT INTO log (at, tenant, key, method, path, body_digest) VALUES (?, ?, ?, ?, ?, ?)",
                (rfc3339(self.now()), tenant, key, method, path, digest),
            ).lastrowid
            assert sequence is not None  # noqa: S101 - an INSERT of one row always has one
            request_id = f"sandbox-{sequence:06d}"
            taken = () if key is None else self._take(tenant, key, method, sequence)
            kinds = " ".join(fault.kind for fault in taken)
            sql.execute("UPDATE log SET request_id = ?, faults = ? WHERE sequence = ?", (request_id, kinds, sequence))
        acting = next((fault for fault in taken if not fault.kind.dresses), None)
        return Arrival(sequence, request_id, acting, tuple(fault for fault in taken if fault.kind.dresses))

    def answered(self, sequence: int, status: int) -> None:
        """Complete the log of one request."""
        with self.transaction() as sql:
            sql.execute("UPDATE log SET status = ? WHERE sequence = ?", (status, sequence))

    def saw(self, sequence: int, tenant: str, key: str) -> None:
        """Log which write of `key` the request found: the newest one."""
        with self.transaction() as sql:
            sql.execute(
                "UPDATE log SET reached = 1, saw = (SELECT max(number) FROM writes WHERE tenant = ? AND key = ?) "
                "WHERE sequence = ?",
                (tenant, key, sequence),
            )

    def log(self) -> tuple[LogEntry, ...]:
        """Return every request since the last reset, in the order of arrival."""
        query = (
            "SELECT sequence, at, tenant, key, method, path, status, request_id, body_digest, faults, reached, saw "
            "FROM log ORDER BY sequence"
        )
        with self._lock:
            rows = self._connection.execute(query).fetchall()
        return tuple(
            LogEntry(*(*first, tuple(kinds.split()), bool(reached), saw)) for *first, kinds, reached, saw in rows
        )

    def clear(self) -> None:
        """Forget tenants, values, faults and the log; keep port and identity."""
        with self.transaction() as sql:
            sql.execute("DELETE FROM tenants")
            sql.execute("DELETE FROM key_values")
            sql.execute("DELETE FROM writes")
            sql.execute("DELETE FROM faults")
            sql.execute("DELETE FROM log")
