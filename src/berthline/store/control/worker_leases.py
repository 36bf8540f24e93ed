"""Leases of loops of which a cloud runs one: whoever holds the row may work until the lease ends."""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, or_

from berthline.store.engine.upserts import insert
from berthline.store.tables.control import worker_leases

_INSERT: Final = insert(worker_leases).values(
    name=bindparam("name"), owner=bindparam("owner"), until=bindparam("until")
)
_TAKE: Final = _INSERT.on_conflict_do_update(
    index_elements=["name"],
    set_={"owner": _INSERT.excluded.owner, "until": _INSERT.excluded.until},
    where=or_(worker_leases.c.owner == _INSERT.excluded.owner, worker_leases.c.until < bindparam("now")),
)


def take(connection: Connection, name: str, owner: str, now: int, until: int) -> bool:
    """Take or renew the lease of loop ``name`` until then (µs); False when another owner's has not ended yet."""
    return connection.execute(_TAKE, {"name": name, "owner": owner, "until": until, "now": now}).rowcount == 1


def release(connection: Connection, name: str, owner: str) -> None:
    """Give the lease back, if it is still this owner's."""
    connection.execute(delete(worker_leases).where(worker_leases.c.name == name, worker_leases.c.owner == owner))


def void(connection: Connection) -> None:
    """End every lease. For a process that knows that it is alone, when it starts."""
    connection.execute(delete(worker_leases))
