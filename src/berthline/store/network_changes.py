"""Events and outbox rows of network objects, many by one statement each."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, literal, select

from berthline.domain.dataplane import UnitKind
from berthline.store.changes import EVENTS_TOPIC, OUTBOX_TOPIC
from berthline.store.database import notify
from berthline.store.tables.control import events, outbox
from berthline.store.tables.network import addresses, ports

_INSERT_EVENTS: Final = insert(events).inline()
_INSERT_OUTBOX: Final = insert(outbox).inline()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One object that a transaction changed; ``unit`` is set when the dataplane shows it."""

    kind: str
    id: str
    project_id: str
    revision: int
    what: str
    unit: UnitKind | None = None
    data: Any = None


def record(connection: Connection, changes: Iterable[Change], at: int) -> None:
    """Write an event for each change, and an outbox row for each that is a unit of the dataplane. ``at`` in µs."""
    every = tuple(changes)
    if not every:
        return
    connection.execute(
        _INSERT_EVENTS,
        [
            {
                "at": at,
                "kind": change.kind,
                "object_id": change.id,
                "project_id": change.project_id,
                "revision": change.revision,
                "what": change.what,
                "data": change.data,
            }
            for change in every
        ],
    )
    notify(connection, EVENTS_TOPIC)
    mark_units(connection, [(change.unit, change.id, change.revision) for change in every if change.unit], at)


def mark_units(connection: Connection, units: Sequence[tuple[UnitKind, str, int]], at: int) -> None:
    """Have the projector bring these units (kind, id, revision) to what the store says."""
    if not units:
        return
    connection.execute(
        _INSERT_OUTBOX,
        [{"kind": kind, "object_id": object_id, "revision": revision, "at": at} for kind, object_id, revision in units],
    )
    notify(connection, OUTBOX_TOPIC)


def mark_ports_of_subnet(connection: Connection, subnet_id: str, at: int) -> None:
    """Have every port with an address in the subnet projected again: what DHCP tells it has changed."""
    held = (
        select(literal("port"), ports.c.id, ports.c.revision, literal(at))
        .join(addresses, addresses.c.port_id == ports.c.id)
        .where(addresses.c.subnet_id == subnet_id)
        .distinct()
    )
    connection.execute(insert(outbox).from_select(["kind", "object_id", "revision", "at"], held))
    notify(connection, OUTBOX_TOPIC)
