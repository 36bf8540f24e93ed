"""NetworkInfo: what a guest needs to know of its networks, as Nova's model names it.

It is a projection of port rows; the revision of each port says which state of the row it shows. Nothing is cached.
"""

import msgspec

from berthline.domain.ids import NetworkId, PortId, SubnetId

DEVICE_NAME_LENGTH = 14
"""Linux allows 15 bytes with the terminator; Nova cuts ``tap`` + port id to 14 characters."""


class FloatingAddress(msgspec.Struct, frozen=True):
    address: str


class FixedAddress(msgspec.Struct, frozen=True):
    address: str
    floating_ips: tuple[FloatingAddress, ...] = ()


class Route(msgspec.Struct, frozen=True):
    cidr: str
    gateway: str


class VifSubnet(msgspec.Struct, frozen=True, kw_only=True):
    id: SubnetId
    cidr: str
    version: int
    gateway: str | None
    dns: tuple[str, ...]
    routes: tuple[Route, ...]
    ips: tuple[FixedAddress, ...]
    enable_dhcp: bool
    ipv6_address_mode: str | None = None


class VifNetwork(msgspec.Struct, frozen=True, kw_only=True):
    id: NetworkId
    label: str
    bridge: str
    mtu: int
    project_id: str
    subnets: tuple[VifSubnet, ...]


class Vif(msgspec.Struct, frozen=True, kw_only=True):
    """One NIC: ``id`` is the port's, ``revision`` the port row's revision that this shows."""

    id: PortId
    address: str
    network: VifNetwork
    vnic_type: str
    type: str
    active: bool
    preserve_on_delete: bool
    tag: str | None
    revision: int

    @property
    def devname(self) -> str:
        """Name of the tap device on the host."""
        return ("tap" + self.id)[:DEVICE_NAME_LENGTH]

    @property
    def ovs_interfaceid(self) -> str:
        """Value of the OVS interface's iface-id: the port's UUID, which is the logical switch port's name too."""
        return self.id

    def fixed_ips(self) -> tuple[FixedAddress, ...]:
        """Every fixed address of this NIC, in subnet order."""
        return tuple(ip for subnet in self.network.subnets for ip in subnet.ips)

    def floating_ips(self) -> tuple[FloatingAddress, ...]:
        """Every floating address that leads to this NIC."""
        return tuple(floating for ip in self.fixed_ips() for floating in ip.floating_ips)


class NetworkInfo(msgspec.Struct, frozen=True):
    """All NICs of one server, in the order of the request."""

    vifs: tuple[Vif, ...] = ()

    def json(self) -> bytes:
        """Encoded form; ``hydrate`` gives an equal value back."""
        return msgspec.json.encode(self)

    @classmethod
    def hydrate(cls, data: bytes) -> "NetworkInfo":
        """The value that ``json`` encoded.

        Raises msgspec.ValidationError when ``data`` is something else.
        """
        return msgspec.json.decode(data, type=cls)
