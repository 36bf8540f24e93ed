"""Subnets."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from berthline.domain.ids import NetworkId, ProjectId, SubnetId
from berthline.domain.network import Subnet
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.network.sight import VIEWER, networks_seen, shared_filter
from berthline.store.tables.network import addresses, networks, ports, subnets

_COLUMNS: Final = tuple(column.name for column in subnets.c)

LISTED: Final = Listed(
    pages.standard_filters(subnets)
    | {
        "network_id": pages.equals(subnets.c.network_id),
        "ip_version": pages.number(subnets.c.ip_version),
        "cidr": pages.equals(subnets.c.cidr),
        "gateway_ip": pages.address(subnets.c.gateway_ip),
        "enable_dhcp": pages.flag(subnets.c.enable_dhcp),
        "ipv6_ra_mode": pages.equals(subnets.c.ipv6_ra_mode),
        "ipv6_address_mode": pages.equals(subnets.c.ipv6_address_mode),
        "shared": shared_filter(subnets.c.network_id, "network"),
        "router:external": lambda values: subnets.c.network_id.in_(
            select(networks.c.id).where(pages.flag(networks.c.external)(values))
        ),
        "subnetpool_id": pages.equals(subnets.c.subnetpool_id),
        "segment_id": lambda _values: pages.nothing(),
    },
    pages.sortable(subnets, "name", "network_id", "cidr", "ip_version", "enable_dhcp"),
)


def visible(project_id: ProjectId | None) -> ColumnElement[bool] | None:
    """Subnets that a project sees: its own, those of its networks and of shared ones. None sees all."""
    if project_id is None:
        return None
    seen = networks_seen(project_id, external=False)
    return or_(subnets.c.project_id == project_id, subnets.c.network_id.in_(seen))


def add(connection: Connection, subnet: Subnet) -> None:
    """Write a subnet."""
    connection.execute(insert(subnets), _values(subnet))


def save(connection: Connection, subnet: Subnet) -> None:
    """Write a changed subnet over the row of its id. Raises Overtaken when that is at another revision by now."""
    locks.save(connection, subnets, _values(subnet))


def remove(connection: Connection, subnet_id: SubnetId) -> None:
    """Delete a subnet without addresses; the store refuses otherwise. Raises Overtaken when it is gone."""
    locks.changed_one(connection.execute(delete(subnets).where(subnets.c.id == subnet_id)).rowcount)


def get(connection: Connection, subnet_id: str, visible_to: ProjectId | None = None) -> Subnet | None:
    """One subnet, or None when there is none that ``visible_to`` sees."""
    statement = select(subnets).where(subnets.c.id == subnet_id)
    seen = visible(visible_to)
    if seen is not None:
        statement = statement.where(seen)
    row = connection.execute(statement).mappings().first()
    return None if row is None else pages.as_value(row, Subnet)


def page(
    connection: Connection, wanted: ListRequest, visible_to: ProjectId | None, viewer: ProjectId
) -> tuple[Subnet, ...] | None:
    """One page of the subnets that ``visible_to`` sees; None when the marker is not among them."""
    rows = pages.fetch(connection, select(subnets), subnets, LISTED, wanted, visible(visible_to), {VIEWER: viewer})
    return None if rows is None else tuple(pages.as_value(row, Subnet) for row in rows)


def of_networks(connection: Connection, network_ids: Collection[NetworkId]) -> dict[NetworkId, list[Subnet]]:
    """Subnets of each of these networks, in order of creation."""
    found: dict[NetworkId, list[Subnet]] = {network_id: [] for network_id in network_ids}
    statement = select(subnets).where(subnets.c.network_id.in_(list(network_ids)))
    for row in connection.execute(statement.order_by(subnets.c.created_at, subnets.c.id)).mappings():
        subnet = pages.as_value(row, Subnet)
        found[subnet.network_id].append(subnet)
    return found


def get_many(connection: Connection, subnet_ids: Collection[str]) -> dict[SubnetId, Subnet]:
    """These subnets by id."""
    found: dict[SubnetId, Subnet] = {}
    for ids in pages.in_chunks(subnet_ids):
        for row in connection.execute(select(subnets).where(subnets.c.id.in_(ids))).mappings():
            subnet = pages.as_value(row, Subnet)
            found[subnet.id] = subnet
    return found


def holders(connection: Connection, subnet_id: SubnetId) -> Sequence[tuple[str, str]]:
    """Port id and device owner of every port with an address in the subnet."""
    statement = (
        select(ports.c.id, ports.c.device_owner)
        .join(addresses, addresses.c.port_id == ports.c.id)
        .where(addresses.c.subnet_id == subnet_id)
        .distinct()
    )
    return [(row.id, row.device_owner) for row in connection.execute(statement)]


def _values(subnet: Subnet) -> dict[str, Any]:
    return {name: getattr(subnet, name) for name in _COLUMNS}
