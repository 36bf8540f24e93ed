"""What every transaction leaves behind besides its rows: an event, and an outbox row for the dataplane.

Both are written in the transaction that makes the change, so that neither is ever lost or invented.
"""

from typing import Any, Final

from sqlalchemy import Connection, insert

from berthline.domain.dataplane import UnitKind
from berthline.store.database import notify
from berthline.store.tables.control import events, outbox

OUTBOX_TOPIC: Final = "outbox"
EVENTS_TOPIC: Final = "events"

_INSERT_EVENT = insert(events).inline()
_INSERT_OUTBOX = insert(outbox).inline()


def record_event(
    connection: Connection,
    *,
    kind: str,
    object_id: str,
    project_id: str,
    revision: int,
    what: str,
    at: int,
    data: Any = None,
) -> None:
    """Write that ``what`` happened to an object (``kind``, e.g. "port"), which now has ``revision``. ``at`` in µs."""
    connection.execute(
        _INSERT_EVENT,
        {
            "at": at,
            "kind": kind,
            "object_id": object_id,
            "project_id": project_id,
            "revision": revision,
            "what": what,
            "data": data,
        },
    )
    notify(connection, EVENTS_TOPIC)


def mark_for_projection(connection: Connection, unit: UnitKind, object_id: str, revision: int, at: int) -> None:
    """Have the projector bring this unit to what the store says. Also for deleted ones: no row then means no unit."""
    connection.execute(_INSERT_OUTBOX, {"kind": unit, "object_id": object_id, "revision": revision, "at": at})
    notify(connection, OUTBOX_TOPIC)
