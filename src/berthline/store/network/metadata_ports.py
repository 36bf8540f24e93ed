"""Where the metadata service has to be: one place for each network that has a metadata port.

All of them are at one chassis, that of the worker which answers. The lease of its loop says which: so the worker's
epoch is asserted by each statement that changes it, and one that was stopped and lost the loop changes nothing.
"""

from typing import Final

import msgspec
from sqlalchemy import Connection, select, text

from berthline.domain.ids import NetworkId, PortId
from berthline.store.engine.changes import OUTBOX_TOPIC
from berthline.store.engine.database import notify
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.network import addresses, networks, ports, subnets

_IS_HOME: Final = Prepared(
    "SELECT 1 FROM worker_leases WHERE name = 'metadata' AND epoch = ? AND place = ? AND told = place"
)
_MOVE: Final = Prepared(
    "UPDATE worker_leases SET place = ?2, told = '' WHERE name = 'metadata' AND epoch = ?1 AND place <> ?2"
)
_TELL: Final = Prepared(
    "UPDATE worker_leases SET told = place "
    "WHERE name = 'metadata' AND epoch = ?1 AND place = ?2 AND told <> place RETURNING epoch"
)
_PROJECT: Final = Prepared(
    "INSERT INTO outbox (kind, object_id, revision, at) "
    "SELECT 'port', id, revision, CAST(?1 AS BIGINT) FROM ports WHERE device_owner = 'network:distributed'"
)


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


def is_home(connection: Connection, chassis: str, epoch: int) -> bool:
    """Whether metadata is answered at this chassis by who has the loop in this epoch, and every port was told."""
    return _IS_HOME.first(connection, epoch, chassis) is not None


def move_home(connection: Connection, chassis: str, epoch: int) -> bool:
    """Have metadata answered at this chassis: what is projected from now on is there. Whether that is new."""
    return _MOVE.run(connection, epoch, chassis) == 1


def tell_ports(connection: Connection, chassis: str, epoch: int, at: int) -> int:
    """Have the metadata ports projected that are elsewhere yet, once; how many. ``at`` in µs.

    A transaction of its own behind ``move_home``: a port that it cannot see is projected after that was committed.
    """
    if _TELL.first(connection, epoch, chassis) is None:
        return 0
    told = _PROJECT.run(connection, at)
    notify(connection, OUTBOX_TOPIC)
    return told
