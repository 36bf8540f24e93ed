"""What is particular to SQLite: how an engine is opened, and its pragmas."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from berthline.store.engine import prepared
from berthline.store.tables.base import unpacked

BUSY_TIMEOUT_MS = 5_000
"""How long a transaction waits for another process that writes: a copy being made of the database, a repair by hand."""
CACHE_KIB = 8192
READERS_CACHE_KIB = 2048
"""A reader reads along an index or by key; what it reads again, the upper pages of the trees, is little."""


def driver(connection: Connection) -> sqlite3.Connection:
    """The connection that the database's own library knows."""
    opened = prepared.driver(connection)
    assert isinstance(opened, sqlite3.Connection)
    return opened


def engine(path: Path, *, durable: bool) -> Engine:
    """An engine on the file ``path``: WAL, foreign keys on, synchronous FULL when ``durable``.

    Transactions begin IMMEDIATE, so that a writer never fails half way for want of the lock.
    """
    made = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        hide_parameters=True,  # values may be secrets, and an error's text goes into the log
        connect_args={"isolation_level": None, "check_same_thread": False, "cached_statements": 512},
    )

    @event.listens_for(made, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        # What savepoints keep for a rollback stays in memory: in a file it is more than all that is written to the log.
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()
        connection.create_function("address_text", 1, _address_text, deterministic=True)
        connection.create_function("address_after", 1, _address_after, deterministic=True)

    @event.listens_for(made, "begin")
    def _on_begin(connection: Connection) -> None:
        if not driver(connection).in_transaction:  # the store begins its own, see ``transaction``
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


def read_only(opened: Engine) -> Connection:
    """A connection on which every write fails; each transaction on it is one snapshot."""
    connection = opened.connect()
    # By the driver: SQLAlchemy would begin a transaction, and wait for whoever writes.
    driver(connection).execute("PRAGMA query_only=ON")
    driver(connection).execute(f"PRAGMA cache_size=-{READERS_CACHE_KIB}")
    return connection


def for_writing(opened: Engine) -> Connection:
    """A connection for ``begin`` and ``begin_at_once``: by itself it waits for nobody."""
    connection = opened.connect()
    driver(connection).execute("PRAGMA busy_timeout=0")
    return connection


def begin(connection: Connection, wait_ms: int = BUSY_TIMEOUT_MS) -> None:
    """Begin a transaction that writes, by the driver: SQLAlchemy's own costs as much as many statements, and joins it.

    Waits for another process that writes, up to ``wait_ms``.
    """
    opened = driver(connection)
    opened.execute(f"PRAGMA busy_timeout={wait_ms}")
    try:
        opened.execute("BEGIN IMMEDIATE")
    finally:
        opened.execute("PRAGMA busy_timeout=0")


def begin_at_once(connection: Connection) -> bool:
    """``begin`` without waiting; False when that was not possible."""
    try:
        driver(connection).execute("BEGIN IMMEDIATE")
    except sqlite3.Error:  # ``begin`` says what it is, if it is more than that another process writes
        return False
    return True


def commit(connection: Connection) -> None:
    """Make what was written since ``begin`` durable. Call ``end`` afterwards, also when this raises."""
    driver(connection).execute("COMMIT")


def end(connection: Connection) -> None:
    """Roll back what was not committed, and have SQLAlchemy forget that it had part in it."""
    opened = driver(connection)
    if opened.in_transaction:
        opened.execute("ROLLBACK")
    if connection.in_transaction():
        connection.rollback()


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """A transaction that reads."""
    driver(connection).execute("BEGIN")
    try:
        yield
    finally:
        end(connection)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A part of a transaction that is undone by itself when it fails."""
    opened = driver(connection)
    opened.execute("SAVEPOINT work")
    try:
        yield
    except BaseException:
        if opened.in_transaction:  # a full disk, for one, has undone all of it already
            opened.execute("ROLLBACK TO work")
            opened.execute("RELEASE work")
        raise
    opened.execute("RELEASE work")


def _address_text(packed: bytes | None) -> str | None:
    """SQL's ``address_text``: a packed address as people write it."""
    return None if packed is None else unpacked(packed)


def _address_after(packed: bytes) -> bytes:
    """SQL's ``address_after``: the address that follows a packed one; never asked for the last there is."""
    return (int.from_bytes(packed) + 1).to_bytes(len(packed))
