"""How far each unit of the dataplane is projected, and which units there are."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Table, bindparam, select, text, union

from berthline.domain.dataplane import Unit, UnitKind
from berthline.domain.ids import PortId
from berthline.domain.network import OWNER_METADATA, OWNER_ROUTER_GATEWAY, OWNER_ROUTER_INTERFACE
from berthline.domain.snapshot import PortSnapshot
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json
from berthline.store.tables.network import (
    networks,
    ports,
    router_interfaces,
    routers,
    security_groups,
    subnets,
)

TABLE_OF: Final[Mapping[UnitKind, Table]] = {
    "network": networks,
    "port": ports,
    "security_group": security_groups,
    "router": routers,
}

_RECORD: Final = Prepared(
    # One statement for any number of units; "WHERE true" tells the parser that ON CONFLICT is no join.
    "INSERT INTO projections (kind, object_id, revision, projected_at) "
    "SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT), ?2 FROM json_each(?1) WHERE true "
    "ON CONFLICT (kind, object_id) DO UPDATE SET revision = excluded.revision, projected_at = excluded.projected_at "
    "WHERE excluded.revision > projections.revision"
)
_FORGET: Final = Prepared("DELETE FROM projections WHERE kind = ? AND object_id = ?")
_REVISION: Final = Prepared("SELECT revision FROM projections WHERE kind = ? AND object_id = ?")


_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_ROUTERS_ON: Final = union(
    select(router_interfaces.c.router_id)
    .join(subnets, subnets.c.id == router_interfaces.c.subnet_id)
    .where(subnets.c.network_id.in_(_IDS)),
    select(routers.c.id).where(routers.c.gateway_network_id.in_(_IDS)),
)
_PORTS_WITH_OPTIONS: Final = select(ports.c.id).where(
    ports.c.network_id.in_(_IDS), text("ports.extra_dhcp_opts <> '[]'")
)
_SPECIAL_PORTS: Final = Prepared(
    "SELECT device_owner, device_id, network_id FROM ports WHERE id IN (SELECT value FROM json_each(?)) "
    "AND device_owner LIKE 'network:%'"
)
_BEHIND: Final = Prepared(
    "SELECT p.id FROM ports p LEFT JOIN projections d ON d.kind = 'port' AND d.object_id = p.id "
    "WHERE p.id IN (SELECT value FROM json_each(?)) AND (d.revision IS NULL OR d.revision < p.revision)"
)


def projected(connection: Connection, unit: Unit, revision: int) -> bool:
    """Whether the dataplane holds this unit at this revision or a later one."""
    row = _REVISION.first(connection, unit.kind, unit.id)
    return row is not None and bool(row[0] >= revision)


def unprojected_ports(connection: Connection, port_ids: Collection[PortId]) -> frozenset[PortId]:
    """Those of the ports whose present revision the dataplane does not hold yet; a port without a row is not there."""
    return frozenset(PortId(port_id) for (port_id,) in _BEHIND.all(connection, to_json(list(port_ids))))


def record_projected(connection: Connection, revisions: Mapping[Unit, int | None], at: int) -> None:
    """Note that the dataplane holds these units at these revisions; None: it holds them no more. ``at`` in µs."""
    held = [(unit.kind, unit.id, revision) for unit, revision in revisions.items() if revision is not None]
    gone = [(unit.kind, unit.id) for unit, revision in revisions.items() if revision is None]
    if held:
        _RECORD.run(connection, to_json(held), at)
    if gone:
        _FORGET.run_many(connection, gone)


def units_after(connection: Connection, kind: UnitKind, after: str, limit: int) -> tuple[Unit, ...]:
    """The next ``limit`` units of this kind in order of id; ``after`` "" begins."""
    table = TABLE_OF[kind]
    rows = connection.execute(select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(limit))
    return tuple(Unit(kind, row.id) for row in rows)


_INNER: Final = (
    f"SELECT id FROM ports WHERE device_owner = '{OWNER_METADATA}' UNION SELECT port_id FROM router_interfaces "  # noqa: S608
    "UNION SELECT gateway_port_id FROM routers WHERE gateway_port_id IS NOT NULL"
)
"""The ports that a router or a network's metadata has. What a host has is told apart, and read by its index alone: one
union of both would be sorted, of as many ports as there are guests."""
_NETWORKS_IN_USE: Final = (
    "SELECT network_id FROM ports WHERE binding_host <> '' "  # noqa: S608
    f"UNION SELECT p.network_id FROM ports p WHERE p.id IN ({_INNER})"
)
_GROUPS_IN_USE: Final = (
    "SELECT g.security_group_id FROM ports p JOIN port_security_groups g ON g.port_id = p.id "  # noqa: S608
    "WHERE p.binding_host <> '' "
    f"UNION SELECT security_group_id FROM port_security_groups WHERE port_id IN ({_INNER})"
)
_INNER_PORTS: Final = Prepared(_INNER)
_IN_USE: Final[Mapping[UnitKind, Prepared]] = {
    "network": Prepared(_NETWORKS_IN_USE),
    "security_group": Prepared(_GROUPS_IN_USE),
    "port": Prepared(
        "SELECT id FROM ports WHERE binding_host <> '' "  # noqa: S608
        f"UNION ALL SELECT id FROM ports WHERE id IN ({_INNER}) AND binding_host = ''"
    ),
    "router": Prepared("SELECT id FROM routers"),
}
_AT_REST: Final[Mapping[UnitKind, Prepared]] = {
    "network": Prepared(f"SELECT id FROM networks WHERE id NOT IN ({_NETWORKS_IN_USE})"),  # noqa: S608
    "security_group": Prepared(f"SELECT id FROM security_groups WHERE id NOT IN ({_GROUPS_IN_USE})"),  # noqa: S608
}
_PORTS_AT_REST: Final = Prepared(f"SELECT id FROM ports WHERE binding_host = '' AND id NOT IN ({_INNER})")  # noqa: S608


def inner_ports(connection: Connection) -> tuple[PortId, ...]:
    """The ports that a router or a network's metadata has, which are on no host."""
    return tuple(PortId(port_id) for (port_id,) in _INNER_PORTS.all(connection))


def units_in_use(connection: Connection) -> tuple[Unit, ...]:
    """The ports that a host, a router or a network's metadata has, their networks and groups, and every router: by
    indexes, however many other ports there are.
    """
    return tuple(
        Unit(kind, unit_id) for kind, statement in _IN_USE.items() for (unit_id,) in statement.each(connection)
    )


def units_at_rest(connection: Connection) -> tuple[Unit, ...]:
    """The networks and security groups of which no port is in use."""
    return tuple(
        Unit(kind, unit_id) for kind, statement in _AT_REST.items() for (unit_id,) in statement.all(connection)
    )


def ports_at_rest(connection: Connection) -> tuple[Unit, ...]:
    """The ports that nothing uses: a dataplane that begins empty is told of them when they change."""
    return tuple(Unit("port", port_id) for (port_id,) in _PORTS_AT_REST.each(connection))


def existing(connection: Connection, units: Collection[Unit]) -> frozenset[Unit]:
    """Those of the units that have a row."""
    found: set[Unit] = set()
    for kind, table in TABLE_OF.items():
        if ids := [unit.id for unit in units if unit.kind == kind]:
            found |= {Unit(kind, row.id) for row in connection.execute(select(table.c.id).where(table.c.id.in_(ids)))}
    return frozenset(found)


def dependents(connection: Connection, units: Iterable[Unit]) -> frozenset[Unit]:
    """The units whose rows are made from these units too, and so change with them.

    With a network: its routers, and its ports with DHCP options of their own. With a router's port: the router. With a
    metadata port: its network, whose DHCP names its address.
    """
    wanted = frozenset(units)
    network_ids = [unit.id for unit in wanted if unit.kind == "network"]
    port_ids = [unit.id for unit in wanted if unit.kind == "port"]
    found: set[Unit] = set()
    if network_ids:
        found |= _network_dependents(connection, network_ids)
    if port_ids:
        found |= _port_dependents(connection, port_ids)
    return frozenset(found) - wanted


def _network_dependents(connection: Connection, network_ids: list[str]) -> set[Unit]:
    names = {"ids": network_ids}
    return {Unit("router", row[0]) for row in connection.execute(_ROUTERS_ON, names)} | {
        Unit("port", row.id) for row in connection.execute(_PORTS_WITH_OPTIONS, names)
    }


def dependents_of_ports(ports: Iterable[PortSnapshot]) -> frozenset[Unit]:
    """``dependents`` of ports that were read already."""
    followers = (_follower(port.device_owner, port.device_id, port.network_id) for port in ports)
    return frozenset(unit for unit in followers if unit is not None)


def _port_dependents(connection: Connection, port_ids: list[str]) -> set[Unit]:
    rows = _SPECIAL_PORTS.all(connection, to_json(port_ids))
    return {unit for row in rows if (unit := _follower(*row)) is not None}


def _follower(device_owner: str, device_id: str, network_id: str) -> Unit | None:
    """The unit that changes with a port of this owner, if one does."""
    if device_owner in {OWNER_ROUTER_INTERFACE, OWNER_ROUTER_GATEWAY}:
        return Unit("router", device_id)
    if device_owner == OWNER_METADATA:
        return Unit("network", network_id)
    return None
