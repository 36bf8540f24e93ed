"""What is particular to SQLite: how an engine is opened, and its pragmas."""

import ipaddress
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

BUSY_TIMEOUT_MS = 10_000


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
        cursor.execute("PRAGMA cache_size=-16384")
        cursor.close()
        connection.create_function("address_text", 1, _address_text, deterministic=True)

    @event.listens_for(made, "begin")
    def _on_begin(connection: Connection) -> None:
        reading = connection.info.get("berthline.read_only", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return made


def read_only(opened: Engine) -> Connection:
    """A connection on which every write fails; each transaction on it is one snapshot."""
    connection = opened.connect()
    connection.info["berthline.read_only"] = True
    connection.exec_driver_sql("PRAGMA query_only=ON")
    connection.rollback()
    return connection


def _address_text(packed: bytes | None) -> str | None:
    """SQL's ``address_text``: a packed address as people write it."""
    return None if packed is None else str(ipaddress.ip_address(packed))
