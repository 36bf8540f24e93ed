"""What views of servers show besides their own rows: host states, groups, images; a statement each per page."""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from berthline.domain.ids import HostName, ImageId, PortId, SecurityGroupId, ServerId
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import server_nics
from berthline.store.tables.image import images
from berthline.store.tables.network import port_security_groups, ports

_GROUP_NAMES: Final = Prepared(
    "SELECT n.server_id, g.name FROM server_nics n JOIN port_security_groups l ON l.port_id = n.port_id "
    "JOIN security_groups g ON g.id = l.security_group_id WHERE n.server_id IN (SELECT value FROM json_each(?)) "
    "ORDER BY n.server_id, n.position, l.position"
)
_HOST_STATES: Final = Prepared(
    "SELECT name, up, enabled, forced_down FROM hosts WHERE name IN (SELECT value FROM json_each(?))"
)


class HostState(msgspec.Struct, frozen=True):
    """Whether a host counts as up, takes new servers, and was forced down."""

    up: bool
    enabled: bool
    forced_down: bool


def host_states(connection: Connection, names: Collection[HostName]) -> Mapping[HostName, HostState]:
    """The state of each of these hosts that is known."""
    rows = _HOST_STATES.all(connection, to_json(list(names)))
    return {HostName(name): HostState(bool(up), bool(enabled), bool(forced)) for name, up, enabled, forced in rows}


def security_group_names(
    connection: Connection, server_ids: Collection[ServerId]
) -> Mapping[ServerId, tuple[str, ...]]:
    """Names of the groups that the ports of each server have now, each once, in order of NICs."""
    found: dict[ServerId, dict[str, None]] = {}
    for server_id, name in _GROUP_NAMES.all(connection, to_json(list(server_ids))):
        found.setdefault(ServerId(server_id), {})[name] = None
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
