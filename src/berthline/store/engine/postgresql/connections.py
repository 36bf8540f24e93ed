"""How PostgreSQL is connected to, and transactions on one connection."""

import contextlib
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from berthline.store.engine import prepared
from berthline.store.engine.backend import TOPICS
from berthline.store.engine.postgresql import dialect
from berthline.store.engine.postgresql.session import BEGIN, QuietCursor, Session, WholeNumber
from berthline.store.engine.postgresql.switching import SwitchingConnection

CONNECT_SECONDS: Final = 5
PATIENCE_MS: Final = 5_000
"""How long a statement waits for a row that another transaction has changed or read for change."""
STUCK_MS: Final = 5_000
"""How long a transaction may stand still before the server ends it: a process that was stopped holds up nobody."""

_SETTINGS: Final = {
    "jit": "off",  # statements by key are over before any code of theirs is compiled
    "plan_cache_mode": "force_generic_plan",  # as on SQLite: planned once, without looking at the values
    "random_page_cost": "1.1",
    # Statements are written for indexes and loops, which is all that SQLite has. A plan that is made while tables are
    # small would read through them, and be kept when they have grown.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "lock_timeout": f"{PATIENCE_MS}ms",
    "idle_in_transaction_session_timeout": f"{STUCK_MS}ms",
    "tcp_user_timeout": f"{CONNECT_SECONDS * 2}s",
}


def engine(url: str, *, durable: bool = True, patience_ms: int | None = None) -> Engine:
    """An engine on the PostgreSQL that libpq finds by ``url``; whoever uses it owns what it connects.

    Transactions are READ COMMITTED. ``durable`` False: a commit does not wait for the disk.
    """
    settings = dict(_SETTINGS)
    if patience_ms is not None:
        settings["lock_timeout"] = f"{patience_ms}ms"
    if not durable:
        settings["synchronous_commit"] = "off"
    made = create_engine(
        f"{dialect.NAME.replace('.', '+')}://",
        creator=lambda: connect(url, settings),
        poolclass=NullPool,
        hide_parameters=True,  # values may be secrets, and an error's text goes into the log
        use_native_hstore=False,
        execution_options={"preserve_rowcount": True},  # also of an INSERT, which may find its row there
    )

    @event.listens_for(made, "connect")
    def _on_connect(connection: "psycopg.Connection[Any]", record: Any) -> None:
        assert isinstance(connection, SwitchingConnection)
        connection.session = record.info[prepared.DRIVER] = Session(connection)

    @event.listens_for(made, "begin")
    def _on_begin(connection: Connection) -> None:
        session = driver(connection)
        if not session.in_transaction:  # the store begins its own
            session.begin()
            session.settle()

    return made


def connect(url: str, settings: dict[str, str] | None = None) -> SwitchingConnection:
    """A connection by libpq's words. Raises psycopg.OperationalError."""
    options = " ".join(f"-c {name}={value}" for name, value in (settings or {}).items())
    made = SwitchingConnection.connect(
        url,
        autocommit=True,
        client_encoding="utf8",
        connect_timeout=CONNECT_SECONDS,
        tcp_user_timeout=CONNECT_SECONDS * 2_000,  # a server that is gone is noticed, also by who only waits for it
        keepalives_idle=CONNECT_SECONDS,
        keepalives_interval=CONNECT_SECONDS,
        keepalives_count=2,
        fallback_application_name="berthline",
        options=options,
        prepare_threshold=2,
        cursor_factory=QuietCursor,
    )
    made.prepared_max = 1000
    made.adapters.register_loader("numeric", WholeNumber)
    return made


def driver(connection: Connection) -> Session:
    """The session of a connection of this engine."""
    session = prepared.driver(connection)
    assert isinstance(session, Session)
    return session


def begin(connection: Connection, how: bytes = BEGIN) -> None:
    """Begin a transaction past SQLAlchemy, which joins it. What an earlier one noted is forgotten."""
    driver(connection).begin(how)
    connection.info.pop(TOPICS, None)


def end(connection: Connection, *, at_once: bool = True) -> None:
    """Roll back what was not committed, and have SQLAlchemy forget that it had part in it."""
    session = driver(connection)
    if session.lost:
        return
    if connection.in_transaction():
        session.rollback()
        connection.rollback()
    else:
        session.rollback(at_once=at_once)


def drop(connection: Connection) -> None:
    """Close a connection that is of no more use, or not wanted any more."""
    raw = driver(connection).connection
    prepared.forget(connection)
    raw.close()
    with contextlib.suppress(SQLAlchemyError, psycopg.Error):  # SQLAlchemy may have found out before
        connection.invalidate()
    with contextlib.suppress(SQLAlchemyError, psycopg.Error):
        connection.close()
