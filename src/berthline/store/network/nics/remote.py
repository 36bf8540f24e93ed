"""NICs at a Neutron outside: what was claimed, in order, and the NetworkInfo it was last seen to have made of that."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from berthline.domain.errors import Overtaken, Transient
from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, SecurityGroupId, ServerId
from berthline.domain.network import DhcpOption
from berthline.domain.network_info import VIF, NetworkInfo, NetworkMeta
from berthline.store.engine.pages import in_chunks
from berthline.store.tables.compute import servers
from berthline.store.tables.remote import remote_network_info, remote_nics

_TRIES: Final = 5


class RemoteNic(msgspec.Struct, frozen=True, kw_only=True):
    """One claimed NIC. See ``tables.remote`` for what the fields mean."""

    server_id: ServerId
    position: int
    network_id: NetworkId
    port_id: PortId | None
    mac_address: str
    fixed_ip: str | None
    tag: str | None
    preserve_on_delete: bool
    project_id: ProjectId
    group_ids: tuple[SecurityGroupId, ...] | None
    dhcp_options: tuple[DhcpOption, ...]
    revision: int | None
    label: str
    network: NetworkMeta
    bound_host: HostName | None = None
    maybe_sent: bool = False


def insert_nics(connection: Connection, nics: Sequence[RemoteNic]) -> None:
    """Write what is claimed. The ports and MACs must not be held yet: see ``held``."""
    if nics:
        rows = [{name: getattr(nic, name) for name in RemoteNic.__struct_fields__} for nic in nics]
        connection.execute(insert(remote_nics), rows)


def held(connection: Connection, ports: Collection[PortId], macs: Collection[str]) -> tuple[set[PortId], set[str]]:
    """Which of these ports and MACs are NICs of some server already."""
    found = connection.execute(
        select(remote_nics.c.port_id, remote_nics.c.mac_address).where(
            or_(remote_nics.c.port_id.in_(list(ports)), remote_nics.c.mac_address.in_(list(macs)))
        )
    ).all()
    return {row.port_id for row in found} & set(ports), {row.mac_address for row in found} & set(macs)


def in_order(connection: Connection, server_id: ServerId) -> tuple[RemoteNic, ...]:
    """The NICs of a server, in the order of the request."""
    return of_servers(connection, [server_id])[server_id]


def of_servers(connection: Connection, server_ids: Collection[ServerId]) -> dict[ServerId, tuple[RemoteNic, ...]]:
    """The NICs of each server, in the order of its request."""
    found: dict[ServerId, list[RemoteNic]] = {server_id: [] for server_id in server_ids}
    for ids in in_chunks(server_ids):
        rows = connection.execute(
            select(remote_nics)
            .where(remote_nics.c.server_id.in_(ids))
            .order_by(remote_nics.c.server_id, remote_nics.c.position)
        )
        for row in rows.mappings():
            found[ServerId(row["server_id"])].append(
                msgspec.convert({str(name): value for name, value in row.items()}, RemoteNic)
            )
    return {server_id: tuple(nics) for server_id, nics in found.items()}


def servers_after(connection: Connection, after: ServerId, limit: int) -> tuple[ServerId, ...]:
    """The next servers, by id, that have NICs outside."""
    rows = connection.execute(
        select(remote_nics.c.server_id)
        .distinct()
        .where(remote_nics.c.server_id > after)
        .order_by(remote_nics.c.server_id)
        .limit(limit)
    )
    return tuple(ServerId(row.server_id) for row in rows)


def next_position(connection: Connection, server_id: ServerId) -> int:
    """The position behind the last NIC."""
    last: int | None = connection.execute(
        select(func.max(remote_nics.c.position)).where(remote_nics.c.server_id == server_id)
    ).scalar()
    return 0 if last is None else last + 1


def set_bound(connection: Connection, server_id: ServerId, bound: Mapping[str, PortId], host: HostName) -> None:
    """Note the port of each of these NICs (by MAC) and the host that it is bound to."""
    for mac, port_id in bound.items():
        connection.execute(
            update(remote_nics)
            .where(remote_nics.c.server_id == server_id, remote_nics.c.mac_address == mac)
            .values(port_id=port_id, bound_host=host)
        )


def note_sending(connection: Connection, server_id: ServerId, macs: Collection[str]) -> None:
    """Note that from now on requests may name these MACs."""
    mine = remote_nics.c.server_id == server_id
    connection.execute(update(remote_nics).where(mine, remote_nics.c.mac_address.in_(macs)).values(maybe_sent=True))


def remove(connection: Connection, server_id: ServerId, mac: str | None, at: int) -> None:
    """Forget one NIC, by its MAC, or all of them, and what was kept of them. Again: no change."""
    mine = remote_nics.c.server_id == server_id
    if mac is None:
        connection.execute(delete(remote_nics).where(mine))
        connection.execute(delete(remote_network_info).where(remote_network_info.c.server_id == server_id))
        return
    connection.execute(delete(remote_nics).where(mine, remote_nics.c.mac_address == mac))
    generation, info = _kept(connection, server_id)
    if generation is not None and any(vif.address == mac for vif in info):
        left = NetworkInfo(tuple(vif for vif in info if vif.address != mac))
        if not _write(connection, server_id, generation, left, at):
            raise Overtaken(f"what is kept of the NICs of server {server_id} was changed at the same moment; try again")


def network_info(connection: Connection, server_ids: Collection[ServerId]) -> dict[ServerId, NetworkInfo]:
    """What is kept of each server's NICs, in their order; an empty NetworkInfo where nothing is."""
    found = {server_id: NetworkInfo() for server_id in server_ids}
    for ids in in_chunks(server_ids):
        rows = connection.execute(select(remote_network_info).where(remote_network_info.c.server_id.in_(ids)))
        for row in rows:
            found[ServerId(row.server_id)] = NetworkInfo.hydrate(row.info.encode())
    return found


def keep(connection: Connection, server_id: ServerId, seen: Sequence[VIF], at: int) -> NetworkInfo:
    """Keep what was seen of a server's NICs, but never an older state of a port over a newer one; returns what is kept.

    NICs that were not seen stay as they are kept; those that are claimed no more go. Nothing is written for a server
    that is deleted. A write of somebody else in between is seen by the generation, and the merge begins anew.
    """
    for _ in range(_TRIES):
        living = exists().where(servers.c.id == server_id, servers.c.deleted_at.is_(None))
        generation, kept = _kept(connection, server_id)
        if not connection.execute(select(living)).scalar():
            return kept
        info = merged(kept, seen, [nic.mac_address for nic in in_order(connection, server_id)])
        if generation is not None and info == kept:
            return kept
        if _write(connection, server_id, generation, info, at):
            return info
    raise Transient(f"what is kept of the NICs of server {server_id} changes all the time; try again")


def merged(kept: NetworkInfo, seen: Sequence[VIF], order: Sequence[str]) -> NetworkInfo:
    """The newer of each NIC of ``order``, which is a list of MACs."""
    newest = {vif.address: vif for vif in kept}
    for vif in seen:
        known = newest.get(vif.address)
        if known is None or known.id != vif.id or known.revision <= vif.revision:
            newest[vif.address] = vif
    return NetworkInfo(tuple(newest[mac] for mac in order if mac in newest))


def _kept(connection: Connection, server_id: ServerId) -> tuple[int | None, NetworkInfo]:
    row = connection.execute(
        select(remote_network_info).where(remote_network_info.c.server_id == server_id)
    ).one_or_none()
    return (None, NetworkInfo()) if row is None else (row.generation, NetworkInfo.hydrate(row.info.encode()))


def _write(connection: Connection, server_id: ServerId, generation: int | None, info: NetworkInfo, at: int) -> bool:
    """Whether nobody else wrote since ``generation`` was read."""
    values: dict[str, Any] = {"info": info.json().decode(), "updated_at": at}
    if generation is None:
        new = insert(remote_network_info).prefix_with("OR IGNORE", dialect="sqlite")
        return connection.execute(new.values(server_id=server_id, generation=1, **values)).rowcount == 1
    changed = connection.execute(
        update(remote_network_info)
        .where(remote_network_info.c.server_id == server_id, remote_network_info.c.generation == generation)
        .values(generation=generation + 1, **values)
    )
    return changed.rowcount == 1
