"""The ports of servers, written for all NICs at once: the number of statements hardly grows with the number of NICs."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, insert, or_, select, update

from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, SecurityGroupId, ServerId, SubnetId
from berthline.domain.network import FixedIp
from berthline.store.network_changes import Change, record
from berthline.store.tables.compute import server_nics
from berthline.store.tables.network import addresses, networks, port_security_groups, ports, security_groups, subnets

VIF_TYPE: Final = "ovs"
UNBOUND: Final = "unbound"


class NetworkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A network as allocation sees it."""

    id: NetworkId
    name: str
    project_id: ProjectId
    admin_state_up: bool
    shared: bool
    external: bool
    port_security_enabled: bool


class SubnetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A subnet as allocation sees it; ``pools`` as pairs of text addresses."""

    id: SubnetId
    network_id: NetworkId
    cidr: str
    ip_version: int
    pools: tuple[tuple[str, str], ...]
    ipv6_address_mode: str | None


class PortFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A port that was there before, as allocation sees it."""

    id: PortId
    network_id: NetworkId
    project_id: ProjectId
    device_id: str
    device_owner: str
    vif_type: str
    dns_name: str
    addressed: bool


class NewPort(msgspec.Struct, frozen=True, kw_only=True):
    """A port to be written for a NIC, everything chosen."""

    id: PortId
    network_id: NetworkId
    mac_address: str
    port_security_enabled: bool
    fixed_ips: tuple[FixedIp, ...]
    security_group_ids: tuple[SecurityGroupId, ...]


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose the ports are and where they are bound."""

    server_id: ServerId
    project_id: ProjectId
    device_owner: str
    dns_name: str
    host: HostName


_NETWORK_COLUMNS: Final = (
    networks.c.id,
    networks.c.name,
    networks.c.project_id,
    networks.c.admin_state_up,
    networks.c.shared,
    networks.c.external,
    networks.c.port_security_enabled,
)


def networks_by_id(connection: Connection, ids: Collection[NetworkId]) -> dict[NetworkId, NetworkFacts]:
    """Those of the networks that exist, whoever owns them."""
    rows = connection.execute(select(*_NETWORK_COLUMNS).where(networks.c.id.in_(ids))) if ids else ()
    return {row.id: _network(row) for row in rows}


def candidate_networks(connection: Connection, project_id: ProjectId) -> tuple[NetworkFacts, ...]:
    """Networks that a server of the project may be put on without being asked: its own and shared, up, not external."""
    rows = connection.execute(
        select(*_NETWORK_COLUMNS)
        .where(
            or_(networks.c.project_id == project_id, networks.c.shared),
            networks.c.admin_state_up,
            networks.c.external.is_(False),
        )
        .order_by(networks.c.name, networks.c.id)
    )
    return tuple(_network(row) for row in rows)


def subnets_of(connection: Connection, ids: Collection[NetworkId]) -> tuple[SubnetRow, ...]:
    """The subnets of these networks, oldest first."""
    if not ids:
        return ()
    rows = connection.execute(
        select(
            subnets.c.id,
            subnets.c.network_id,
            subnets.c.cidr,
            subnets.c.ip_version,
            subnets.c.pools,
            subnets.c.ipv6_address_mode,
        )
        .where(subnets.c.network_id.in_(ids))
        .order_by(subnets.c.created_at, subnets.c.id)
    )
    return tuple(
        SubnetRow(
            id=SubnetId(row.id),
            network_id=NetworkId(row.network_id),
            cidr=row.cidr,
            ip_version=row.ip_version,
            pools=tuple((each["start"], each["end"]) for each in row.pools),
            ipv6_address_mode=row.ipv6_address_mode,
        )
        for row in rows
    )


def ports_by_id(connection: Connection, ids: Collection[PortId]) -> dict[PortId, PortFacts]:
    """Those of the ports that exist, whoever owns them."""
    if not ids:
        return {}
    addressed = select(addresses.c.port_id).where(addresses.c.port_id == ports.c.id).exists()
    rows = connection.execute(
        select(
            ports.c.id,
            ports.c.network_id,
            ports.c.project_id,
            ports.c.device_id,
            ports.c.device_owner,
            ports.c.binding_vif_type.label("vif_type"),
            ports.c.dns_name,
            addressed.label("addressed"),
        ).where(ports.c.id.in_(ids))
    ).mappings()
    return {PortId(row["id"]): PortFacts(**row) for row in rows}


def groups_named(
    connection: Connection, project_id: ProjectId, wanted: Collection[str]
) -> tuple[tuple[SecurityGroupId, str], ...]:
    """Ids and names of the project's security groups that one of ``wanted`` names or identifies."""
    rows = connection.execute(
        select(security_groups.c.id, security_groups.c.name).where(
            security_groups.c.project_id == project_id,
            or_(security_groups.c.id.in_(wanted), security_groups.c.name.in_(wanted)),
        )
    )
    return tuple((SecurityGroupId(row.id), row.name) for row in rows)


def macs_in_use(connection: Connection, macs: Collection[str]) -> frozenset[str]:
    """Those of the MACs that some port has, on whichever network."""
    rows = connection.execute(select(ports.c.mac_address).where(ports.c.mac_address.in_(macs)))
    return frozenset(row.mac_address for row in rows)


def insert_ports(connection: Connection, new: Sequence[NewPort], owner: Owner, at: int) -> None:
    """Write the ports, bound to the owner's host, with their addresses and groups: one statement a table."""
    if not new:
        return
    connection.execute(insert(ports), [_port_values(port, owner, at) for port in new])
    taken = [
        {"subnet_id": fixed.subnet_id, "ip": fixed.ip_address, "port_id": port.id, "position": position}
        for port in new
        for position, fixed in enumerate(port.fixed_ips)
    ]
    if taken:
        connection.execute(insert(addresses), taken)
    links = [
        {"port_id": port.id, "security_group_id": group, "position": position}
        for port in new
        for position, group in enumerate(port.security_group_ids)
    ]
    if links:
        connection.execute(insert(port_security_groups), links)
    record(connection, [_change(port.id, owner.project_id, 1, "created") for port in new], at)


def claim_port(connection: Connection, port_id: PortId, owner: Owner, at: int) -> bool:
    """Take a port that was there before by compare-and-swap on ``device_id``; False when somebody has it."""
    row = connection.execute(
        update(ports)
        .where(ports.c.id == port_id, ports.c.device_id == "", ports.c.project_id == owner.project_id)
        .values(
            device_id=owner.server_id,
            device_owner=owner.device_owner,
            binding_host=owner.host,
            binding_vif_type=VIF_TYPE,
            dns_name=owner.dns_name,
            status="DOWN",
            revision=ports.c.revision + 1,
            updated_at=at,
        )
        .returning(ports.c.revision)
    ).first()
    if row is None:
        return False
    record(connection, [_change(port_id, owner.project_id, row.revision, "bound")], at)
    return True


def bind_ports_to(connection: Connection, server_id: ServerId, host: HostName, at: int) -> None:
    """Bind every port of the server to another host; they are down there until the dataplane says otherwise."""
    rows = connection.execute(
        update(ports)
        .where(ports.c.device_id == server_id, ports.c.device_id != "")
        .values(binding_host=host, status="DOWN", revision=ports.c.revision + 1, updated_at=at)
        .returning(ports.c.id, ports.c.project_id, ports.c.revision)
    ).all()
    record(connection, [_change(row.id, row.project_id, row.revision, "bound") for row in rows], at)


def insert_nics(
    connection: Connection, server_id: ServerId, nics: Sequence[tuple[PortId, str | None, bool]], first: int = 0
) -> None:
    """Write the server's NICs, (port, tag, preserve on delete) each, in this order, positions from ``first``."""
    if not nics:
        return
    connection.execute(
        insert(server_nics),
        [
            {
                "server_id": server_id,
                "position": first + index,
                "port_id": port_id,
                "tag": tag,
                "preserve_on_delete": preserve,
            }
            for index, (port_id, tag, preserve) in enumerate(nics)
        ],
    )


def ports_of_server(connection: Connection, server_id: ServerId) -> tuple[tuple[PortId, ProjectId, bool], ...]:
    """Every port whose device is the server, found by device id: (port, project, preserve on delete)."""
    rows = connection.execute(
        select(ports.c.id, ports.c.project_id, server_nics.c.preserve_on_delete)
        .outerjoin(server_nics, server_nics.c.port_id == ports.c.id)
        .where(ports.c.device_id == server_id, ports.c.device_id != "")
        .order_by(ports.c.id)
    )
    return tuple((PortId(row.id), ProjectId(row.project_id), bool(row.preserve_on_delete)) for row in rows)


def is_nic_of(connection: Connection, server_id: ServerId, port_id: PortId) -> bool:
    """Whether the port is a NIC of the server now."""
    statement = select(server_nics.c.port_id).where(
        server_nics.c.server_id == server_id, server_nics.c.port_id == port_id
    )
    return connection.execute(statement).first() is not None


def nics_of(connection: Connection, server_id: ServerId) -> frozenset[PortId]:
    """The ports that are NICs of the server now."""
    rows = connection.execute(select(server_nics.c.port_id).where(server_nics.c.server_id == server_id))
    return frozenset(PortId(row.port_id) for row in rows)


def remove_nics(connection: Connection, port_ids: Collection[PortId]) -> None:
    """Take the NICs of these ports away; the ports stay."""
    connection.execute(delete(server_nics).where(server_nics.c.port_id.in_(port_ids)))


def delete_ports(connection: Connection, port_ids: Collection[PortId], at: int) -> None:
    """Delete these ports with their addresses and group links."""
    rows = connection.execute(
        delete(ports).where(ports.c.id.in_(port_ids)).returning(ports.c.id, ports.c.project_id, ports.c.revision)
    ).all()
    record(connection, [_change(row.id, row.project_id, row.revision + 1, "deleted") for row in rows], at)


def unbind_ports(connection: Connection, port_ids: Collection[PortId], at: int) -> None:
    """Give ports that were there before back to nobody: no device, no host, as Nova leaves them."""
    rows = connection.execute(
        update(ports)
        .where(ports.c.id.in_(port_ids))
        .values(
            device_id="",
            device_owner="",
            binding_host="",
            binding_vif_type=UNBOUND,
            binding_profile={},
            dns_name="",
            status="DOWN",
            revision=ports.c.revision + 1,
            updated_at=at,
        )
        .returning(ports.c.id, ports.c.project_id, ports.c.revision)
    ).all()
    record(connection, [_change(row.id, row.project_id, row.revision, "unbound") for row in rows], at)


def _change(port_id: str, project_id: str, revision: int, what: str) -> Change:
    return Change(kind="port", id=port_id, project_id=project_id, revision=revision, what=what, unit="port")


def _port_values(port: NewPort, owner: Owner, at: int) -> dict[str, Any]:
    return {
        "id": port.id,
        "network_id": port.network_id,
        "project_id": owner.project_id,
        "mac_address": port.mac_address,
        "status": "DOWN",
        "device_id": owner.server_id,
        "device_owner": owner.device_owner,
        "port_security_enabled": port.port_security_enabled,
        "dns_name": owner.dns_name,
        "binding_host": owner.host,
        "binding_vif_type": VIF_TYPE,
        "revision": 1,
        "created_at": at,
        "updated_at": at,
    }


def _network(row: Any) -> NetworkFacts:
    return NetworkFacts(**row._asdict())
