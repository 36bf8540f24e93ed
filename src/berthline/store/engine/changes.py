"""What every transaction leaves behind besides its rows: an event, and an outbox row for the dataplane.

Both are written in the transaction that makes the change, so that neither is ever lost or invented.
"""

from typing import Any, Final

from sqlalchemy import Connection

from berthline.domain.dataplane import UnitKind
from berthline.store.engine.database import notify
from berthline.store.engine.prepared import Prepared
from berthline.store.engine.versions import STANDINGS_TOPIC
from berthline.store.tables.base import to_json

OUTBOX_TOPIC: Final = "outbox"
IDLE_OUTBOX_TOPIC: Final = "outbox-idle"
"""What nobody waits for waits in the outbox: the projector takes it along later, many by one pass."""
EVENTS_TOPIC: Final = "events"
LOST_NICS_TOPIC: Final = "lost-nics"
"""A port was deleted that was a server's NIC, which its guest still has."""
HOSTS_TOPIC: Final = "hosts"
"""Another host is the cloud's, or one is no more, or is used otherwise."""
SAGAS_TOPIC: Final = "sagas"
"""A saga waits for a worker to claim it."""

_DECIDE_STANDINGS: Final = frozenset({"user", "group", "project", "domain", "role"})

_ADD_EVENT: Final = Prepared(
    "INSERT INTO events (at, kind, object_id, project_id, revision, what, data) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_ADD_TO_OUTBOX: Final = Prepared("INSERT INTO outbox (kind, object_id, revision, at) VALUES (?, ?, ?, ?)")


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
    written = None if data is None else to_json(data)
    _ADD_EVENT.post(connection, at, kind, object_id, project_id, revision, what, written)
    notify(connection, EVENTS_TOPIC)
    if kind in _DECIDE_STANDINGS:
        notify(connection, STANDINGS_TOPIC)


def mark_for_projection(connection: Connection, unit: UnitKind, object_id: str, revision: int, at: int) -> None:
    """Have the projector bring this unit to what the store says. Also for deleted ones: no row then means no unit."""
    _ADD_TO_OUTBOX.post(connection, unit, object_id, revision, at)
    notify(connection, OUTBOX_TOPIC)
