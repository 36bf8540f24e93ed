"""The one row about the cloud itself: by its id, what lies beside a database is known to be its own."""

from typing import Final

from sqlalchemy import Connection, insert, select

from berthline.store.tables.identity import schema_facts

_ID: Final = select(schema_facts.c.cloud_id)


def cloud_id(connection: Connection) -> str | None:
    """The cloud's id, None before its first start."""
    found: str | None = connection.execute(_ID).scalar()
    return found


def name_cloud(connection: Connection, chosen: str, at: int) -> str:
    """Give the cloud this id unless it has one; the one it has now. ``at`` in microseconds."""
    if known := cloud_id(connection):
        return known
    connection.execute(insert(schema_facts).values(id=1, cloud_id=chosen, created_at=at))
    return chosen
