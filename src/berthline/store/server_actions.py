"""Instance actions: which request did what to a server."""

from sqlalchemy import Connection, bindparam, insert, select, update

from berthline.domain.compute import ServerAction
from berthline.domain.ids import RequestId, SagaId, ServerId
from berthline.store.tables.compute import server_actions

_INSERT = insert(server_actions)
_SELECT_ONE = select(server_actions).where(
    server_actions.c.server_id == bindparam("server_id"), server_actions.c.request_id == bindparam("request_id")
)


def add(connection: Connection, action: ServerAction) -> None:
    """Write an action, in the transaction that accepts the request."""
    connection.execute(_INSERT, {name: getattr(action, name) for name in action.__struct_fields__})


def fail(connection: Connection, server_id: ServerId, saga_id: SagaId, message: str, at: int) -> None:
    """Say that the action that started this saga failed; ``message`` is shown to the user."""
    connection.execute(
        update(server_actions)
        .where(server_actions.c.server_id == server_id, server_actions.c.saga_id == saga_id)
        .values(message=message, updated_at=at)
    )


def of_server(connection: Connection, server_id: ServerId) -> tuple[ServerAction, ...]:
    """All actions on a server, newest first."""
    statement = (
        select(server_actions)
        .where(server_actions.c.server_id == server_id)
        .order_by(server_actions.c.started_at.desc(), server_actions.c.request_id)
    )
    return tuple(ServerAction(**row) for row in connection.execute(statement).mappings())


def get(connection: Connection, server_id: ServerId, request_id: RequestId) -> ServerAction | None:
    """The action of one request on one server, or None."""
    row = connection.execute(_SELECT_ONE, {"server_id": server_id, "request_id": request_id}).mappings().first()
    return None if row is None else ServerAction(**row)
