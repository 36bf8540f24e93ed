"""How far each unit of the dataplane is projected, and which units there are."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Table, bindparam, delete, func, or_, select, text, union
from sqlalchemy.dialects.sqlite import insert

from berthline.domain.dataplane import Unit, UnitKind
from berthline.domain.ids import PortId
from berthline.domain.network import OWNER_ROUTER_GATEWAY, OWNER_ROUTER_INTERFACE
from berthline.store.tables.control import projections
from berthline.store.tables.network import networks, ports, router_interfaces, routers, security_groups, subnets

TABLE_OF: Final[Mapping[UnitKind, Table]] = {
    "network": networks,
    "port": ports,
    "security_group": security_groups,
    "router": routers,
}

_INSERT: Final = insert(projections).values(
    kind=bindparam("kind"),
    object_id=bindparam("object_id"),
    revision=bindparam("revision"),
    projected_at=bindparam("at"),
)
_RECORD: Final = _INSERT.on_conflict_do_update(
    index_elements=["kind", "object_id"],
    set_={
        "revision": func.max(projections.c.revision, _INSERT.excluded.revision),
        "projected_at": _INSERT.excluded.projected_at,
    },
)
_FORGET: Final = delete(projections).where(
    projections.c.kind == bindparam("_kind"), projections.c.object_id == bindparam("_object_id")
)
_REVISION: Final = select(projections.c.revision).where(
    projections.c.kind == bindparam("kind"), projections.c.object_id == bindparam("object_id")
)


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
_SPECIAL_PORTS: Final = select(ports.c.device_owner, ports.c.device_id, ports.c.network_id).where(
    ports.c.id.in_(_IDS), ports.c.device_owner.startswith("network:")
)
_BEHIND: Final = (
    select(ports.c.id)
    .outerjoin(projections, (projections.c.kind == "port") & (projections.c.object_id == ports.c.id))
    .where(ports.c.id.in_(_IDS), or_(projections.c.revision.is_(None), projections.c.revision < ports.c.revision))
)


def projected(connection: Connection, unit: Unit, revision: int) -> bool:
    """Whether the dataplane holds this unit at this revision or a later one."""
    held: int | None = connection.execute(_REVISION, {"kind": unit.kind, "object_id": unit.id}).scalar()
    return held is not None and held >= revision


def unprojected_ports(connection: Connection, port_ids: Collection[PortId]) -> frozenset[PortId]:
    """Those of the ports whose present revision the dataplane does not hold yet; a port without a row is not there."""
    return frozenset(PortId(row.id) for row in connection.execute(_BEHIND, {"ids": list(port_ids)}))


def record_projected(connection: Connection, revisions: Mapping[Unit, int | None], at: int) -> None:
    """Note that the dataplane holds these units at these revisions; None: it holds them no more. ``at`` in µs."""
    held = [
        {"kind": unit.kind, "object_id": unit.id, "revision": revision, "at": at}
        for unit, revision in revisions.items()
        if revision is not None
    ]
    gone = [{"_kind": unit.kind, "_object_id": unit.id} for unit, revision in revisions.items() if revision is None]
    if held:
        connection.execute(_RECORD, held)
    if gone:
        connection.execute(_FORGET, gone)


def units_after(connection: Connection, kind: UnitKind, after: str, limit: int) -> tuple[Unit, ...]:
    """The next ``limit`` units of this kind in order of id; ``after`` "" begins."""
    table = TABLE_OF[kind]
    rows = connection.execute(select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(limit))
    return tuple(Unit(kind, row.id) for row in rows)


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


def _port_dependents(connection: Connection, port_ids: list[str]) -> set[Unit]:
    found: set[Unit] = set()
    for row in connection.execute(_SPECIAL_PORTS, {"ids": port_ids}):
        if row.device_owner in {OWNER_ROUTER_INTERFACE, OWNER_ROUTER_GATEWAY}:
            found.add(Unit("router", row.device_id))
        elif row.device_owner == "network:distributed":
            found.add(Unit("network", row.network_id))
    return found
