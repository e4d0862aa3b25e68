"""The database file: its tables, and how to open or make it."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from reconciler.sandbox.refusal import SandboxRefusal
from reconciler.sandbox.store import Clock, Store

LAYOUT = 2
"""Of the tables; a database of another layout is refused, not converted."""

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tenants (tenant TEXT PRIMARY KEY, known INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE key_values (tenant TEXT, key TEXT, value TEXT NOT NULL, updated_at TEXT, PRIMARY KEY (tenant, key))
  WITHOUT ROWID;
CREATE TABLE faults (id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL, method TEXT NOT NULL,
  times INTEGER, waits INTEGER NOT NULL, fault TEXT NOT NULL);
CREATE INDEX faults_by_tenant ON faults (tenant);
CREATE TABLE log (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, tenant TEXT NOT NULL, key TEXT,
  method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER, request_id TEXT, body_digest TEXT,
  faults TEXT NOT NULL DEFAULT '', reached INTEGER NOT NULL DEFAULT 0, saw INTEGER);
CREATE TABLE writes (number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, tenant TEXT NOT NULL,
  key TEXT NOT NULL, author TEXT NOT NULL, request INTEGER, value TEXT, updated_at TEXT);
CREATE INDEX writes_by_key ON writes (tenant, key);
"""


def open_store(path: Path, clock: Clock, entropy: Callable[[], str]) -> Store:
    """Open the database at `path`, making it (and its folder) if need be.

    `entropy` is called once, for the identity of a new database. Raises SandboxRefusal for a file that is
    something else.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise SandboxRefusal(f"{path} can't be made for the sandbox's state ({error.strerror}).") from None
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        _is_ours_or_new(connection, path)
        _write_ahead(connection)
        # A test double need not survive a power cut, and a commit without fsync takes microseconds.
        connection.execute("PRAGMA synchronous = OFF")
        store = Store(connection, clock)
        # Asked again: meanwhile another process may have made the tables.
        with store.transaction() as sql:
            if not _is_ours_or_new(sql, path):
                _create(sql, entropy())
    except sqlite3.DatabaseError as error:
        connection.close()
        raise SandboxRefusal(
            f"{path} can't be used as the sandbox's state: {error}. Delete it to start afresh, or name another."
        ) from None
    except BaseException:
        connection.close()
        raise
    return store


def _is_ours_or_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Return True for our tables, False for none at all. Nothing has been changed in a file that is refused."""
    # One statement sees one moment: another process may be making the tables right now.
    question = "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
    layout, tables = connection.execute(question).fetchone()
    if layout != LAYOUT and (layout or tables):
        raise SandboxRefusal(f"{path} is not a sandbox of this version. Delete it to start afresh.")
    return bool(layout)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer not wait for each other. Two processes that do this at once don't wait, so we do."""
    for last in [*[False] * 200, True]:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if last:
                raise
            time.sleep(0.02)
        else:
            return


def _create(sql: sqlite3.Connection, identity: str) -> None:
    # Statement by statement: executescript would commit the transaction that keeps other processes out.
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            sql.execute(statement)
    sql.execute("INSERT INTO meta VALUES ('identity', ?)", (identity,))
    sql.execute(f"PRAGMA user_version = {LAYOUT}")
