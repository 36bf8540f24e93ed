"""Events and outbox rows of network objects, many by one statement each."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, literal, select

from berthline.domain.dataplane import UnitKind
from berthline.store.engine.changes import EVENTS_TOPIC, IDLE_OUTBOX_TOPIC, OUTBOX_TOPIC
from berthline.store.engine.database import notify
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json
from berthline.store.tables.control import outbox
from berthline.store.tables.network import (
    addresses,
    ports,
    router_interfaces,
    routers,
    security_group_rules,
    security_groups,
    subnets,
)

_ADD_EVENT: Final = Prepared(
    "INSERT INTO events (at, kind, object_id, project_id, revision, what, data, unit) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One object that a transaction changed; ``unit`` is set when the dataplane shows it."""

    kind: str
    id: str
    project_id: str
    revision: int
    what: str
    unit: UnitKind | None = None
    data: Any = None


def record(connection: Connection, changes: Iterable[Change], at: int, *, awaited: bool = True) -> None:
    """Write an event for each change, and an outbox row for each that is a unit of the dataplane. ``at`` in µs.

    ``awaited`` False: no traffic and no boot waits for the dataplane to have it, so the projector may gather more.
    """
    every = tuple(changes)
    if not every:
        return
    _ADD_EVENT.post_many(
        connection,
        [
            (
                at,
                change.kind,
                change.id,
                change.project_id,
                change.revision,
                change.what,
                None if change.data is None else to_json(change.data),
                change.unit,  # a trigger puts these into the outbox
            )
            for change in every
        ],
    )
    tell(connection, projected=any(change.unit for change in every), awaited=awaited)


def tell(connection: Connection, *, projected: bool, awaited: bool) -> None:
    """Wake those who wait for events, and for the outbox where ``projected``, when the transaction is committed."""
    notify(connection, EVENTS_TOPIC)
    if projected:
        notify(connection, OUTBOX_TOPIC if awaited else IDLE_OUTBOX_TOPIC)


def mark_named_ports(connection: Connection, network_id: str, at: int) -> None:
    """Have every port of the network that has a name projected again: its domain, or who may see it, changed."""
    named = select(literal("port"), ports.c.id, ports.c.revision, literal(at)).where(
        ports.c.network_id == network_id, ports.c.dns_name != ""
    )
    connection.execute(insert(outbox).from_select(["kind", "object_id", "revision", "at"], named))
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


def mark_routers_of_pool(connection: Connection, pool_id: str, at: int) -> None:
    """Have every router with a leg or a way out in a subnet of the pool projected again: its scope has changed."""
    inside = (
        select(router_interfaces.c.router_id)
        .join(subnets, subnets.c.id == router_interfaces.c.subnet_id)
        .where(subnets.c.subnetpool_id == pool_id)
    )
    outside = (
        select(routers.c.id)
        .join(addresses, addresses.c.port_id == routers.c.gateway_port_id)
        .join(subnets, subnets.c.id == addresses.c.subnet_id)
        .where(subnets.c.subnetpool_id == pool_id)
    )
    told = select(literal("router"), routers.c.id, routers.c.revision, literal(at)).where(
        routers.c.id.in_(inside.union(outside))
    )
    connection.execute(insert(outbox).from_select(["kind", "object_id", "revision", "at"], told))
    notify(connection, OUTBOX_TOPIC)


def mark_groups_of_addresses(connection: Connection, address_group_id: str, at: int) -> None:
    """Have every security group with a rule that names the address group projected again: its prefixes have changed."""
    naming = select(security_group_rules.c.security_group_id).where(
        security_group_rules.c.remote_address_group_id == address_group_id
    )
    told = select(literal("security_group"), security_groups.c.id, security_groups.c.revision, literal(at)).where(
        security_groups.c.id.in_(naming)
    )
    connection.execute(insert(outbox).from_select(["kind", "object_id", "revision", "at"], told))
    notify(connection, OUTBOX_TOPIC)
