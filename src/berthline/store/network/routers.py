"""Routers and the ports by which they stand in networks."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from berthline.domain.ids import NetworkId, PortId, ProjectId, RouterId, SubnetId
from berthline.domain.network import ExternalGateway, Router
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.tables.network import router_interfaces, routers, subnets

LISTED: Final = Listed(
    pages.standard_filters(routers)
    | {
        "admin_state_up": pages.flag(routers.c.admin_state_up),
        "status": lambda values: routers.c.id == routers.c.id if "ACTIVE" in values else pages.nothing(),
    },
    pages.sortable(routers, "name", "admin_state_up"),
)


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """A router's leg in a subnet: its port, and the subnet's network and prefix."""

    router_id: RouterId
    port_id: PortId
    subnet_id: SubnetId
    network_id: NetworkId
    cidr: str


def visible(project_id: ProjectId | None) -> ColumnElement[bool] | None:
    """Routers that a project sees: its own. None sees all."""
    return None if project_id is None else routers.c.project_id == project_id


def add(connection: Connection, router: Router) -> None:
    """Write a new router; the port of its gateway is there already."""
    connection.execute(insert(routers), _values(router))


def save(connection: Connection, router: Router) -> None:
    """Write a changed router over the row of its id. Raises Overtaken when that is at another revision by now."""
    locks.save(connection, routers, _values(router))


def lock(connection: Connection, router_id: str) -> bool:
    """For who changes a router, its legs, or what leads through it: one transaction at a time. See ``locks.lock``."""
    return locks.lock(connection, routers, [router_id])


def touch(connection: Connection, router_id: str, at: int) -> tuple[int, str]:
    """Raise the router's revision because something of it changed; returns the new one and whose the router is."""
    statement = (
        update(routers)
        .where(routers.c.id == router_id)
        .values(revision=routers.c.revision + 1, updated_at=at)
        .returning(routers.c.revision, routers.c.project_id)
    )
    row = connection.execute(statement).one()
    return row.revision, row.project_id


def remove(connection: Connection, router_id: RouterId) -> None:
    """Delete a router that nothing refers to any more; the store refuses otherwise.

    Raises Overtaken when it is gone.
    """
    locks.changed_one(connection.execute(delete(routers).where(routers.c.id == router_id)).rowcount)


def get(connection: Connection, router_id: str, visible_to: ProjectId | None = None) -> Router | None:
    """One router, or None when there is none that ``visible_to`` sees."""
    statement = select(routers).where(routers.c.id == router_id)
    seen = visible(visible_to)
    if seen is not None:
        statement = statement.where(seen)
    row = connection.execute(statement).mappings().first()
    return None if row is None else _router(row)


def page(connection: Connection, wanted: ListRequest, visible_to: ProjectId | None) -> tuple[Router, ...] | None:
    """One page of the routers that ``visible_to`` sees; None when the marker is not among them."""
    rows = pages.fetch(connection, select(routers), routers, LISTED, wanted, visible(visible_to))
    return None if rows is None else tuple(_router(row) for row in rows)


def add_interface(connection: Connection, router_id: RouterId, port_id: PortId, subnet_id: SubnetId) -> None:
    """Note that the port is the router's leg in the subnet."""
    connection.execute(insert(router_interfaces), {"router_id": router_id, "port_id": port_id, "subnet_id": subnet_id})


def remove_interfaces(connection: Connection, port_id: PortId, subnet_ids: Collection[str]) -> None:
    """Forget that the port is the router's leg in these subnets."""
    connection.execute(
        delete(router_interfaces).where(
            router_interfaces.c.port_id == port_id, router_interfaces.c.subnet_id.in_(list(subnet_ids))
        )
    )


def interfaces(connection: Connection, router_id: str) -> tuple[Interface, ...]:
    """The legs of a router, by port."""
    return _interfaces(connection, router_interfaces.c.router_id == router_id)


def interfaces_in(connection: Connection, subnet_ids: Collection[str]) -> tuple[Interface, ...]:
    """The legs that routers have in these subnets."""
    return _interfaces(connection, router_interfaces.c.subnet_id.in_(list(subnet_ids)))


def _interfaces(connection: Connection, condition: ColumnElement[bool]) -> tuple[Interface, ...]:
    rows = connection.execute(
        select(router_interfaces, subnets.c.network_id, subnets.c.cidr)
        .join(subnets, subnets.c.id == router_interfaces.c.subnet_id)
        .where(condition)
        .order_by(router_interfaces.c.port_id, router_interfaces.c.subnet_id)
    )
    return tuple(
        Interface(
            router_id=RouterId(row.router_id),
            port_id=PortId(row.port_id),
            subnet_id=SubnetId(row.subnet_id),
            network_id=NetworkId(row.network_id),
            cidr=row.cidr,
        )
        for row in rows
    )


def gateways_on(connection: Connection, network_id: str) -> Sequence[str]:
    """Ids of the routers whose gateway is on this network."""
    statement = select(routers.c.id).where(routers.c.gateway_network_id == network_id)
    return [row.id for row in connection.execute(statement)]


def _values(router: Router) -> dict[str, Any]:
    gateway = router.gateway
    return {
        "id": router.id,
        "project_id": router.project_id,
        "name": router.name,
        "description": router.description,
        "admin_state_up": router.admin_state_up,
        "gateway_network_id": gateway.network_id if gateway else None,
        "gateway_port_id": gateway.port_id if gateway else None,
        "enable_snat": gateway.enable_snat if gateway else True,
        "routes": router.routes,
        "tags": router.tags,
        "availability_zone_hints": router.availability_zone_hints,
        "revision": router.revision,
        "created_at": router.created_at,
        "updated_at": router.updated_at,
    }


def _router(row: RowMapping) -> Router:
    gateway = (
        ExternalGateway(
            network_id=row["gateway_network_id"], port_id=row["gateway_port_id"], enable_snat=row["enable_snat"]
        )
        if row["gateway_port_id"]
        else None
    )
    values = {
        name: value
        for name, value in row.items()
        if name not in {"gateway_network_id", "gateway_port_id", "enable_snat"}
    }
    return msgspec.convert({**{str(name): value for name, value in values.items()}, "gateway": gateway}, Router)
