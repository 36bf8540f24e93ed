"""The status of ports: what the dataplane says of them, as their rows show it."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, update

from berthline.domain.ids import PortId
from berthline.domain.network import PortStatus
from berthline.store.engine.changes import mark_for_projection, record_event
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json
from berthline.store.tables.control import projections
from berthline.store.tables.network import ports


class StatusRow(msgspec.Struct, frozen=True):
    """A port as far as its status goes."""

    id: PortId
    status: PortStatus


_AFTER: Final = Prepared("SELECT id, status FROM ports WHERE status <> 'N/A' AND id > ? ORDER BY id LIMIT ?")
_BOUND_AFTER: Final = Prepared(
    "SELECT binding_host, id, status FROM ports WHERE binding_host <> '' AND (binding_host, id) > (?1, ?2) "
    "AND status <> 'N/A' ORDER BY binding_host, id LIMIT ?3"
)
_OF: Final = Prepared("SELECT id, status FROM ports WHERE id IN (SELECT value FROM json_each(?)) AND status <> 'N/A'")
_SET: Final = (
    update(ports)
    .where(ports.c.id == bindparam("_id"), ports.c.status == bindparam("_old"))
    .values(status=bindparam("new"), revision=ports.c.revision + 1, updated_at=bindparam("at"))
    .returning(ports.c.project_id, ports.c.revision)
)
_CARRY: Final = (
    update(projections)
    .where(
        projections.c.kind == "port",
        projections.c.object_id == bindparam("_id"),
        projections.c.revision == bindparam("_revision"),
    )
    .values(revision=projections.c.revision + 1)
)


def statuses_after(connection: Connection, after: str, limit: int) -> tuple[StatusRow, ...]:
    """The next ports in order of id; ``after`` "" begins. Ports that have no status of their own are left out."""
    return tuple(StatusRow(PortId(row[0]), row[1]) for row in _AFTER.all(connection, after, limit))


def bound_statuses_after(
    connection: Connection, after: tuple[str, str], limit: int
) -> tuple[tuple[StatusRow, ...], tuple[str, str]]:
    """The next ports that a host has, in order of host and id, and where they end; ``after`` ("", "") begins."""
    rows = _BOUND_AFTER.all(connection, *after, limit)
    end = (rows[-1][0], rows[-1][1]) if rows else after
    return tuple(StatusRow(PortId(port_id), status) for _, port_id, status in rows), end


def statuses_of(connection: Connection, ids: Collection[PortId]) -> tuple[StatusRow, ...]:
    """These ports, as far as they exist and have a status of their own."""
    return tuple(StatusRow(PortId(row[0]), row[1]) for row in _OF.all(connection, to_json(list(ids))))


def set_status(connection: Connection, port: StatusRow, status: PortStatus, at: int) -> bool:
    """Give the port this status if it still has the one that ``port`` shows; True when it was changed. ``at`` in µs.

    Rows of the dataplane do not follow from the status: a port whose last revision was projected stays projected. One
    whose projection is not on record yet is projected again: whoever records it read the revision of before.
    """
    changed = connection.execute(_SET, {"_id": port.id, "_old": port.status, "new": status, "at": at}).first()
    if changed is None:
        return False
    if not connection.execute(_CARRY, {"_id": port.id, "_revision": changed.revision - 1}).rowcount:
        mark_for_projection(connection, "port", port.id, changed.revision, at)
    record_event(
        connection,
        kind="port",
        object_id=port.id,
        project_id=changed.project_id,
        revision=changed.revision,
        what="status",
        at=at,
        data={"status": status},
    )
    return True
