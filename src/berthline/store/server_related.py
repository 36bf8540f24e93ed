"""What views of servers show besides their own rows: host states, groups, images; a statement each per page."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import Connection, select

from berthline.domain.ids import HostName, ImageId, PortId, SecurityGroupId, ServerId
from berthline.store.tables.compute import hosts, server_nics
from berthline.store.tables.image import images
from berthline.store.tables.network import port_security_groups, ports, security_groups


class HostState(msgspec.Struct, frozen=True):
    """Whether a host answers and takes new servers."""

    up: bool
    enabled: bool


def host_states(connection: Connection, names: Collection[HostName]) -> Mapping[HostName, HostState]:
    """The state of each of these hosts that is known."""
    rows = connection.execute(select(hosts.c.name, hosts.c.up, hosts.c.enabled).where(hosts.c.name.in_(names)))
    return {HostName(row.name): HostState(row.up, row.enabled) for row in rows}


def security_group_names(
    connection: Connection, server_ids: Collection[ServerId]
) -> Mapping[ServerId, tuple[str, ...]]:
    """Names of the groups that the ports of each server have now, each once, in order of NICs."""
    rows = connection.execute(
        select(server_nics.c.server_id, security_groups.c.name)
        .join(port_security_groups, port_security_groups.c.port_id == server_nics.c.port_id)
        .join(security_groups, security_groups.c.id == port_security_groups.c.security_group_id)
        .where(server_nics.c.server_id.in_(server_ids))
        .order_by(server_nics.c.server_id, server_nics.c.position, port_security_groups.c.position)
    )
    found: dict[ServerId, dict[str, None]] = {}
    for row in rows:
        found.setdefault(ServerId(row.server_id), {})[row.name] = None
    return {server_id: tuple(names) for server_id, names in found.items()}


def security_group_ids(connection: Connection, server_id: ServerId) -> tuple[SecurityGroupId, ...]:
    """The groups that the ports of one server have now, each once, in order of NICs."""
    rows = connection.execute(
        select(port_security_groups.c.security_group_id)
        .join(server_nics, server_nics.c.port_id == port_security_groups.c.port_id)
        .where(server_nics.c.server_id == server_id)
        .order_by(server_nics.c.position, port_security_groups.c.position)
    )
    return tuple(dict.fromkeys(SecurityGroupId(row.security_group_id) for row in rows))


def image_properties(connection: Connection, image_ids: Collection[ImageId]) -> Mapping[ImageId, Mapping[str, str]]:
    """Properties of these images as Nova shows them with a server: their own, and the formats and minima, as text."""
    rows = connection.execute(
        select(
            images.c.id,
            images.c.properties,
            images.c.container_format,
            images.c.disk_format,
            images.c.min_disk,
            images.c.min_ram,
        ).where(images.c.id.in_(image_ids))
    )
    return {
        ImageId(row.id): {str(name): str(value) for name, value in row.properties.items()}
        | {
            "base_image_ref": row.id,
            "container_format": row.container_format or "",
            "disk_format": row.disk_format or "",
            "min_disk": str(row.min_disk),
            "min_ram": str(row.min_ram),
        }
        for row in rows
    }


def port_states(connection: Connection, port_ids: Collection[PortId]) -> Mapping[PortId, str]:
    """The status (ACTIVE, DOWN …) of each of these ports that exists."""
    rows = connection.execute(select(ports.c.id, ports.c.status).where(ports.c.id.in_(port_ids)))
    return {PortId(row.id): row.status for row in rows}
