"""The claim: which NICs a server will have at a Neutron outside, their MACs chosen, in rows, before any request."""

from collections.abc import Sequence

from berthline.domain.errors import PortInUse, PortNotFree, PortNotUsable
from berthline.domain.ids import ProjectId
from berthline.domain.network import DhcpOption
from berthline.domain.network_info import NetworkMeta
from berthline.ipam.mac import canonical_mac, random_mac
from berthline.network.service import FoundNic, Instance, Validated
from berthline.store import Connection
from berthline.store.network.nics import remote as remote_nics
from berthline.store.network.nics.remote import RemoteNic


def claim(
    connection: Connection,
    server: Instance,
    validated: Validated,
    *,
    first_position: int,
    macs: frozenset[str] | None,
    dhcp_options: tuple[DhcpOption, ...],
) -> tuple[RemoteNic, ...]:
    """Write the NICs of a request that Neutron was asked about. Raises PortInUse, PortNotUsable and PortNotFree."""
    nics = validated.nics or ()
    _check_ports(connection, server, nics, macs)
    addresses = _addresses(connection, server, nics, macs)
    rows = tuple(
        RemoteNic(
            server_id=server.server_id,
            position=position,
            network_id=nic.network_id,
            port_id=nic.port_id,
            mac_address=mac,
            fixed_ip=nic.fixed_ip,
            tag=nic.tag,
            preserve_on_delete=nic.port_id is not None,
            project_id=validated.outside_project or ProjectId(server.project_id),
            group_ids=validated.group_ids if validated.group_ids and nic.secured else None,
            dhcp_options=dhcp_options,
            revision=nic.revision,
            label=nic.label,
            network=nic.meta or NetworkMeta(tenant_id="", mtu=0),
        )
        for position, (nic, mac) in enumerate(zip(nics, addresses, strict=True), first_position)
    )
    remote_nics.insert_nics(connection, rows)
    return rows


def _check_ports(
    connection: Connection, server: Instance, nics: Sequence[FoundNic], macs: frozenset[str] | None
) -> None:
    """Whether the ports that are there may be taken: no other server has them, and the host offers their MACs."""
    offered = None if macs is None else {canonical_mac(mac) or mac for mac in macs}
    there = [(index, nic) for index, nic in enumerate(nics) if nic.port_id is not None]
    ports, addresses = remote_nics.held(
        connection,
        [nic.port_id for _, nic in there if nic.port_id is not None],
        [nic.mac_address for _, nic in there if nic.mac_address is not None],
    )
    for index, nic in there:
        if nic.port_id in ports:
            raise PortInUse(f"Port {nic.port_id} is still in use.", {"item": index})
        if nic.mac_address in addresses:
            raise PortNotUsable(
                f"Port {nic.port_id} not usable for instance {server.server_id}. Another NIC has its MAC address.",
                {"item": index, "mac_address": nic.mac_address},
            )
        if offered is not None and nic.mac_address not in offered:
            raise PortNotUsable(
                f"Port {nic.port_id} not usable for instance {server.server_id}.",
                {"item": index, "mac_address": nic.mac_address, "offered": sorted(offered)},
            )


def _addresses(
    connection: Connection, server: Instance, nics: Sequence[FoundNic], macs: frozenset[str] | None
) -> list[str]:
    """A MAC for each NIC: its port's, or one that the host offers, or a random one."""
    taken = {nic.mac_address for nic in nics if nic.mac_address is not None}
    new = [index for index, nic in enumerate(nics) if nic.mac_address is None]
    free = _random(connection, len(new), taken) if macs is None else _offered(connection, macs, taken)
    if len(free) < len(new):
        raise PortNotFree(
            f"No free port available for instance {server.server_id}.",
            {"item": new[len(free)], "offered": sorted(macs or ()), "free": free},
        )
    ready = iter(free)
    return [nic.mac_address if nic.mac_address is not None else next(ready) for nic in nics]


def _offered(connection: Connection, macs: frozenset[str], taken: set[str]) -> list[str]:
    offered = {canonical_mac(mac) or mac for mac in macs}
    _, held = remote_nics.held(connection, (), offered)
    return sorted(offered - held - taken)


def _random(connection: Connection, count: int, taken: set[str]) -> list[str]:
    chosen: dict[str, None] = {}
    while len(chosen) < count:
        drawn = [random_mac() for _ in range(count - len(chosen))]
        _, held = remote_nics.held(connection, (), drawn)
        chosen.update(dict.fromkeys(mac for mac in drawn if mac not in held and mac not in taken))
    return list(chosen)
