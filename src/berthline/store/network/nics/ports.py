"""The ports of servers, written for all NICs at once: the number of statements hardly grows with the number of NICs."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, exists, func, insert, literal, select, text, update

from berthline.domain.compute import Nic
from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, ServerId, SubnetId
from berthline.domain.network import DhcpOption
from berthline.store.engine.prepared import Prepared
from berthline.store.network.changes import Change, record
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import server_nics
from berthline.store.tables.network import addresses, port_moves, ports

VIF_TYPE: Final = "ovs"
UNBOUND: Final = "unbound"


class PortFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A port that was there before, as allocation sees it."""

    id: PortId
    network_id: NetworkId
    project_id: ProjectId
    mac_address: str
    device_id: str
    device_owner: str
    vif_type: str
    vnic_type: str
    profile: dict[str, object]
    dns_name: str
    dhcp_options: tuple[DhcpOption, ...]
    addressed: bool
    is_nic: bool
    """Whether a server has it: the claim goes by this. ``device_id`` may also be a user's own word."""


class HeldPort(msgspec.Struct, frozen=True, kw_only=True):
    """A port that a server has; ``dhcp_options`` are those to be given back to it, None when it has its own."""

    port_id: PortId
    project_id: ProjectId
    preserve_on_delete: bool
    dhcp_options: tuple[DhcpOption, ...] | None


class AddressHolder(msgspec.Struct, frozen=True):
    """Who has an address; ``server_id`` when the port is a NIC."""

    port_id: PortId
    project_id: ProjectId
    server_id: ServerId | None


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose the ports are and where they are bound."""

    server_id: ServerId
    project_id: ProjectId
    device_owner: str
    dns_name: str
    host: HostName


_PORTS: Final = select(
    ports.c.id,
    ports.c.network_id,
    ports.c.project_id,
    ports.c.mac_address,
    ports.c.device_id,
    ports.c.device_owner,
    ports.c.binding_vif_type.label("vif_type"),
    ports.c.binding_vnic_type.label("vnic_type"),
    ports.c.binding_profile.label("profile"),
    ports.c.dns_name,
    ports.c.extra_dhcp_opts.label("dhcp_options"),
    select(addresses.c.port_id).where(addresses.c.port_id == ports.c.id).exists().label("addressed"),
    select(server_nics.c.port_id).where(server_nics.c.port_id == ports.c.id).exists().label("is_nic"),
).where(ports.c.id.in_(bindparam("ids", expanding=True)))
_OTHERS: Final = ports.alias("others")
_SAME_TAP: Final = exists().where(
    _OTHERS.c.binding_host == bindparam("binding_host"),
    text("others.binding_host <> ''"),  # said for the index, which has no others
    _OTHERS.c.tap == ports.c.tap,
    _OTHERS.c.id != ports.c.id,
)
"""On the host the tap of another port has the name that this one's would have."""
_CLAIM: Final = (
    update(ports)
    .where(
        ports.c.id.in_(bindparam("ids", expanding=True)),
        ports.c.device_id == "",
        ~exists().where(server_nics.c.port_id == ports.c.id),
        ports.c.project_id == bindparam("of_project"),
        ~_SAME_TAP,
    )
    .values(
        device_id=bindparam("device_id"),
        device_owner=bindparam("device_owner"),
        binding_host=bindparam("binding_host"),
        binding_vif_type=VIF_TYPE,
        dns_name=bindparam("dns_name"),
        status="DOWN",
        revision=ports.c.revision + 1,
        updated_at=bindparam("updated_at"),
    )
    .returning(ports.c.id, ports.c.revision)
)
_INSERT_NICS: Final = Prepared(
    "INSERT INTO server_nics (server_id, position, port_id, tag, preserve_on_delete, dhcp_options_before) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
_HELD: Final = (
    select(ports.c.id, ports.c.project_id, server_nics.c.preserve_on_delete, server_nics.c.dhcp_options_before)
    .join(server_nics, server_nics.c.port_id == ports.c.id)
    .where(server_nics.c.server_id == bindparam("server_id"))
    .order_by(ports.c.id)
)
_SET_DHCP_OPTIONS: Final = (
    update(ports).where(ports.c.id == bindparam("port")).values(extra_dhcp_opts=bindparam("options"))
)


def ports_by_id(connection: Connection, ids: Collection[PortId]) -> dict[PortId, PortFacts]:
    """Those of the ports that exist, whoever owns them."""
    if not ids:
        return {}
    names = PortFacts.__struct_fields__
    rows = connection.execute(_PORTS, {"ids": list(ids)})
    found = (msgspec.convert(dict(zip(names, row, strict=True)), PortFacts) for row in rows)
    return {port.id: port for port in found}


def macs_in_use(connection: Connection, macs: Collection[str]) -> frozenset[str]:
    """Those of the MACs that some port has, on whichever network."""
    rows = connection.execute(select(ports.c.mac_address).where(ports.c.mac_address.in_(macs)))
    return frozenset(row.mac_address for row in rows)


def claim_ports(connection: Connection, port_ids: Collection[PortId], owner: Owner, at: int) -> frozenset[PortId]:
    """Take ports that were there before, by compare-and-swap: no device has them and no server. Returns those taken.

    A port that is not among them is somebody's by now, and the caller's transaction has to end.
    """
    if not port_ids:
        return frozenset()
    values = {
        "ids": list(port_ids),
        "of_project": owner.project_id,
        "device_id": owner.server_id,
        "device_owner": owner.device_owner,
        "binding_host": owner.host,
        "dns_name": owner.dns_name,
        "updated_at": at,
    }
    rows = connection.execute(_CLAIM, values).all()
    record(connection, [_change(row.id, owner.project_id, row.revision, "bound") for row in rows], at)
    return frozenset(PortId(row.id) for row in rows)


def addresses_of(connection: Connection, port_ids: Collection[PortId]) -> dict[SubnetId, int]:
    """How many addresses these ports have in each subnet."""
    statement = select(addresses.c.subnet_id, func.count().label("held")).where(addresses.c.port_id.in_(port_ids))
    rows = connection.execute(statement.group_by(addresses.c.subnet_id))
    return {SubnetId(row.subnet_id): row.held for row in rows}


def set_dhcp_options(connection: Connection, wanted: Mapping[PortId, tuple[DhcpOption, ...]]) -> None:
    """Give ports that are being claimed or freed these options, in one statement."""
    if wanted:
        rows = [{"port": port, "options": options} for port, options in wanted.items()]
        connection.execute(_SET_DHCP_OPTIONS, rows)


def bind_ports_to(connection: Connection, server_id: ServerId, host: HostName, at: int) -> bool:
    """Bind every port of the server to another host; they are down there until the dataplane says otherwise.

    False, with nothing changed, when the tap of another port there has the name of one of theirs.
    """
    held = select(ports.c.id).join(server_nics, server_nics.c.port_id == ports.c.id)
    taken = held.where(server_nics.c.server_id == server_id, _SAME_TAP)
    if connection.execute(taken, {"binding_host": host}).first() is not None:
        return False
    own = select(server_nics.c.port_id).where(server_nics.c.server_id == server_id)
    connection.execute(delete(port_moves).where(port_moves.c.port_id.in_(own)))
    rows = connection.execute(
        update(ports)
        .where(ports.c.id.in_(own))
        .values(
            binding_host=host,
            binding_vif_type=VIF_TYPE,
            status="DOWN",
            revision=ports.c.revision + 1,
            updated_at=at,
        )
        .returning(ports.c.id, ports.c.project_id, ports.c.revision)
    ).all()
    record(connection, [_change(row.id, row.project_id, row.revision, "bound") for row in rows], at)
    return True


def await_ports_on(connection: Connection, server_id: ServerId, host: HostName | None, at: int) -> bool:
    """Have every port of the server on this host too, beside the one that it is bound to; None: on that one alone.

    False as ``bind_ports_to``.
    """
    held = select(ports.c.id).join(server_nics, server_nics.c.port_id == ports.c.id)
    taken = held.where(server_nics.c.server_id == server_id, _SAME_TAP)
    if host is not None and connection.execute(taken, {"binding_host": host}).first() is not None:
        return False
    own = select(server_nics.c.port_id).where(server_nics.c.server_id == server_id)
    moving = select(port_moves.c.port_id)
    if host is not None:
        moving = moving.where(port_moves.c.host == host)
    changes = ports.c.id.in_(moving) if host is None else ports.c.id.not_in(moving)
    rows = connection.execute(
        update(ports)
        .where(ports.c.id.in_(own), changes)
        .values(revision=ports.c.revision + 1, updated_at=at)
        .returning(ports.c.id, ports.c.project_id, ports.c.revision)
    ).all()
    connection.execute(delete(port_moves).where(port_moves.c.port_id.in_(own)))
    if host is not None:
        connection.execute(insert(port_moves).from_select(["port_id", "host"], own.add_columns(literal(host))))
    record(connection, [_change(row.id, row.project_id, row.revision, "awaited") for row in rows], at)
    return True


def unbind_ports_of(connection: Connection, server_id: ServerId, at: int) -> None:
    """Have the server's ports on no host; they stay its own, with their addresses."""
    rows = connection.execute(
        update(ports)
        .where(ports.c.id.in_(select(server_nics.c.port_id).where(server_nics.c.server_id == server_id)))
        .values(binding_host="", binding_vif_type=UNBOUND, status="DOWN", revision=ports.c.revision + 1, updated_at=at)
        .returning(ports.c.id, ports.c.project_id, ports.c.revision)
    ).all()
    record(connection, [_change(row.id, row.project_id, row.revision, "unbound") for row in rows], at)


def insert_nics(
    connection: Connection,
    server_id: ServerId,
    nics: Sequence[Nic],
    dhcp_options_before: Mapping[PortId, tuple[DhcpOption, ...]],
) -> None:
    """Write the server's NICs; ``dhcp_options_before`` of those whose port was there and had others than it has now."""
    rows = []
    for nic in nics:
        before = dhcp_options_before.get(nic.port_id)
        kept = None if before is None else to_json(before)
        rows.append((server_id, nic.position, nic.port_id, nic.tag, nic.preserve_on_delete, kept))
    _INSERT_NICS.post_many(connection, rows)


def ports_of_server(connection: Connection, server_id: ServerId) -> tuple[HeldPort, ...]:
    """Every port that is a NIC of the server."""
    rows = connection.execute(_HELD, {"server_id": server_id})
    return tuple(
        HeldPort(
            port_id=PortId(row.id),
            project_id=ProjectId(row.project_id),
            preserve_on_delete=bool(row.preserve_on_delete),
            dhcp_options=None
            if row.dhcp_options_before is None
            else msgspec.convert(row.dhcp_options_before, tuple[DhcpOption, ...]),
        )
        for row in rows
    )


def holder_of(connection: Connection, subnet_ids: Collection[SubnetId], ip: str) -> AddressHolder | None:
    """Which port has this address in one of the subnets."""
    statement = (
        select(ports.c.id, ports.c.project_id, server_nics.c.server_id)
        .join(addresses, addresses.c.port_id == ports.c.id)
        .outerjoin(server_nics, server_nics.c.port_id == ports.c.id)
        .where(addresses.c.subnet_id.in_(subnet_ids), addresses.c.ip == ip)
    )
    row = connection.execute(statement).first()
    return None if row is None else AddressHolder(PortId(row.id), ProjectId(row.project_id), row.server_id)


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


def delete_ports(connection: Connection, port_ids: Collection[PortId], at: int) -> Counter[str]:
    """Delete these ports with their addresses and group links; how many of each project were still there."""
    rows = connection.execute(
        delete(ports).where(ports.c.id.in_(port_ids)).returning(ports.c.id, ports.c.project_id, ports.c.revision)
    ).all()
    record(connection, [_change(row.id, row.project_id, row.revision + 1, "deleted") for row in rows], at)
    return Counter(row.project_id for row in rows)


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
