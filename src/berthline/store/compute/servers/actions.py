"""Instance actions: which request did what to a server. How an action went is read from its saga."""

from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, case, func, select, update

from berthline.domain.compute import ServerAction, ToldAction
from berthline.domain.ids import RequestId, SagaId, ServerId
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.compute import hosts, server_actions
from berthline.store.tables.control import sagas

FAILED: Final = "Error"
"""What Nova says of an action that failed; the server's fault says why."""

_NAMES: Final = ServerAction.__struct_fields__
# What is put into this text are names of columns.
_INSERT: Final = Prepared(
    f"INSERT INTO server_actions ({', '.join(_NAMES)}) VALUES ({', '.join('?' for _ in _NAMES)})"  # noqa: S608
)
_UPDATED_AT: Final = func.coalesce(sagas.c.updated_at, server_actions.c.updated_at)
_SELECT: Final = select(
    *(column for column in server_actions.c if column.name not in {"message", "updated_at"}),
    case((sagas.c.state.in_(("unwinding", "undone")), FAILED), else_=server_actions.c.message).label("message"),
    _UPDATED_AT.label("updated_at"),
    hosts.c.name.label("waits_for"),
).select_from(
    server_actions.outerjoin(sagas, sagas.c.id == server_actions.c.saga_id).outerjoin(
        hosts, (hosts.c.name == sagas.c.place) & ~hosts.c.answers & (sagas.c.state == "forward")
    )
)
"""What its host has to do waits, and is told as waiting, as long as that does not answer."""
_SELECT_ONE: Final = _SELECT.where(
    server_actions.c.server_id == bindparam("server_id"), server_actions.c.request_id == bindparam("request_id")
)


def add(connection: Connection, *actions: ServerAction) -> None:
    """Write actions, in the transaction that accepts the request."""
    _INSERT.post_many(connection, [msgspec.structs.astuple(action) for action in actions])


def follow(connection: Connection, server_id: ServerId, action: str, saga_id: SagaId, at: int) -> None:
    """Say that another saga carries on what this action began."""
    connection.execute(
        update(server_actions)
        .where(server_actions.c.server_id == server_id, server_actions.c.action == action)
        .values(saga_id=saga_id, updated_at=at)
    )


def last_begun(connection: Connection, server_id: ServerId, action: str) -> int | None:
    """When such an action last began on the server, in microseconds; None where none did."""
    asked = select(func.max(server_actions.c.started_at)).where(
        server_actions.c.server_id == server_id, server_actions.c.action == action
    )
    found = connection.execute(asked).scalar()
    return None if found is None else int(found)


def newest(connection: Connection, server_id: ServerId, action: str) -> ToldAction | None:
    """The last action of this name that began on the server; None where none did."""
    order = (server_actions.c.started_at.desc(), server_actions.c.request_id)
    asked = _SELECT.where(server_actions.c.server_id == server_id, server_actions.c.action == action)
    row = connection.execute(asked.order_by(*order).limit(1)).mappings().first()
    return None if row is None else ToldAction(**row)


def page(
    connection: Connection,
    server_id: ServerId,
    *,
    after: RequestId | None = None,
    changes_since: int | None = None,
    changes_before: int | None = None,
    limit: int | None = None,
) -> tuple[ToldAction, ...] | None:
    """Actions on a server, newest first, those after the action ``after``; None when there is no such action.

    The times (µs) are those of an action's last change, both ends among them.
    """
    order = (server_actions.c.started_at.desc(), server_actions.c.request_id)
    statement = _SELECT.where(server_actions.c.server_id == server_id).order_by(*order).limit(limit)
    if after is not None:
        anchor = get(connection, server_id, after)
        if anchor is None:
            return None
        at_once = (server_actions.c.started_at == anchor.started_at) & (server_actions.c.request_id > after)
        statement = statement.where((server_actions.c.started_at < anchor.started_at) | at_once)
    if changes_since is not None:
        statement = statement.where(changes_since <= _UPDATED_AT)
    if changes_before is not None:
        statement = statement.where(changes_before >= _UPDATED_AT)
    return tuple(ToldAction(**row) for row in connection.execute(statement).mappings())


def get(connection: Connection, server_id: ServerId, request_id: RequestId) -> ToldAction | None:
    """The action of one request on one server, or None."""
    row = connection.execute(_SELECT_ONE, {"server_id": server_id, "request_id": request_id}).mappings().first()
    return None if row is None else ToldAction(**row)
