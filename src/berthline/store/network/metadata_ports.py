"""Where the metadata service has to be: one place for each network that has a metadata port."""

import msgspec
from sqlalchemy import Connection, select, text

from berthline.domain.ids import NetworkId, PortId
from berthline.store.tables.network import addresses, networks, ports, subnets


class MetadataPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A metadata port. ``addresses`` are its IPv4 addresses with prefix length; ``mtu`` in bytes; ``gateways`` those of
    its subnets that have one, in their order.
    """

    network_id: NetworkId
    port_id: PortId
    mac_address: str
    mtu: int
    addresses: tuple[str, ...]
    gateways: tuple[str, ...]


def metadata_places(connection: Connection) -> tuple[MetadataPlace, ...]:
    """Every metadata port that has an IPv4 address."""
    held = (
        select(
            ports.c.id,
            ports.c.network_id,
            ports.c.mac_address,
            networks.c.mtu,
            addresses.c.ip,
            subnets.c.cidr,
            subnets.c.gateway_ip,
        )
        .join(networks, networks.c.id == ports.c.network_id)
        .join(addresses, addresses.c.port_id == ports.c.id)
        .join(subnets, subnets.c.id == addresses.c.subnet_id)
        .where(text("ports.device_owner = 'network:distributed'"), subnets.c.ip_version == 4)
        .order_by(ports.c.network_id, ports.c.id, addresses.c.ip)
    )
    places: dict[str, MetadataPlace] = {}
    for row in connection.execute(held):
        known = places.get(row.network_id)
        if known is not None and known.port_id != row.id:
            continue
        address = f"{row.ip}/{row.cidr.rpartition('/')[2]}"
        gateway = () if row.gateway_ip is None else (row.gateway_ip,)
        places[row.network_id] = MetadataPlace(
            network_id=NetworkId(row.network_id),
            port_id=PortId(row.id),
            mac_address=row.mac_address,
            mtu=row.mtu,
            addresses=(*(known.addresses if known else ()), address),
            gateways=(*(known.gateways if known else ()), *gateway),
        )
    return tuple(places.values())
