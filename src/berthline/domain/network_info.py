"""NetworkInfo: what a guest needs to know of its networks, in the words of ``nova.network.model``.

For our own networks it is a projection of port rows, and the revision of each port says which state of the row it
shows. ``json`` writes the list of VIFs with Nova's keys.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from berthline.domain.ids import NetworkId, PortId, SubnetId

DEVICE_NAME_LENGTH: Final = 14
"""Linux allows 15 bytes with the terminator; Nova cuts ``tap`` + port id, and bridges, to 14 characters."""

TUNNELED: Final = frozenset({"geneve", "vxlan", "gre"})
"""Types of networks whose frames travel inside others."""


def device_name(port_id: PortId) -> str:
    """Name of the tap device of a port on its host."""
    return ("tap" + port_id)[:DEVICE_NAME_LENGTH]


class IP(msgspec.Struct, frozen=True):
    """One address; of a floating IP, its outer one."""

    address: str
    type: Literal["fixed", "floating"] = "floating"

    @property
    def version(self) -> Literal[4, 6]:
        return 6 if ":" in self.address else 4


class FixedIP(msgspec.Struct, frozen=True):
    """An address of a NIC, and the floating IPs that lead to it."""

    address: str
    floating_ips: tuple[IP, ...] = ()
    type: Literal["fixed"] = "fixed"

    @property
    def version(self) -> Literal[4, 6]:
        return 6 if ":" in self.address else 4


class Route(msgspec.Struct, frozen=True):
    cidr: str
    gateway: str


class Subnet(msgspec.Struct, frozen=True, kw_only=True):
    """A subnet in which a NIC has the addresses ``ips``. ``dhcp_server`` is None where nobody answers DHCP."""

    id: SubnetId
    cidr: str
    version: int
    gateway: str | None
    dns: tuple[str, ...]
    routes: tuple[Route, ...]
    ips: tuple[FixedIP, ...]
    enable_dhcp: bool
    dhcp_server: str | None = None
    ipv6_address_mode: str | None = None


class NetworkMeta(msgspec.Struct, frozen=True, kw_only=True):
    """``injected`` is Nova's flat_injected: True where a guest's files would be written into, which we never do."""

    tenant_id: str
    mtu: int
    physical_network: str | None = None
    tunneled: bool = False
    injected: bool = False


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """``bridge`` is cut to the length of a device name, as Nova cuts it."""

    id: NetworkId
    label: str
    bridge: str
    subnets: tuple[Subnet, ...]
    meta: NetworkMeta

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "bridge", self.bridge[:DEVICE_NAME_LENGTH])

    @property
    def mtu(self) -> int:
        return self.meta.mtu


class VIF(msgspec.Struct, frozen=True, kw_only=True):
    """One NIC: ``id`` is the port's, ``revision`` the port row's revision that this shows.

    ``details`` and ``profile`` are the binding's (Neutron's vif_details and profile), whose shape is the network
    service's own. ``devname`` and ``ovs_interfaceid`` follow from the id when they are not given.
    """

    id: PortId
    address: str
    network: Network
    type: str
    vnic_type: str
    active: bool
    preserve_on_delete: bool
    details: dict[str, Any] = {}
    profile: dict[str, Any] = {}
    devname: str = ""
    ovs_interfaceid: str = ""
    delegate_create: bool = True
    qbh_params: dict[str, Any] | None = None
    qbg_params: dict[str, Any] | None = None
    meta: dict[str, Any] = {}
    tag: str | None = None
    revision: int

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "devname", self.devname[:DEVICE_NAME_LENGTH] or device_name(self.id))
        msgspec.structs.force_setattr(self, "ovs_interfaceid", self.ovs_interfaceid or self.id)

    def fixed_ips(self) -> tuple[FixedIP, ...]:
        """Every fixed address of this NIC, in subnet order."""
        return tuple(ip for subnet in self.network.subnets for ip in subnet.ips)

    def floating_ips(self) -> tuple[IP, ...]:
        """Every floating address that leads to this NIC."""
        return tuple(floating for ip in self.fixed_ips() for floating in ip.floating_ips)


class NetworkInfo(msgspec.Struct, frozen=True):
    """All NICs of one server, in the order of the request."""

    vifs: tuple[VIF, ...] = ()

    def __iter__(self) -> Iterator[VIF]:
        return iter(self.vifs)

    def __len__(self) -> int:
        return len(self.vifs)

    def fixed_ips(self) -> tuple[FixedIP, ...]:
        """Every fixed address of the server, NIC after NIC."""
        return tuple(ip for vif in self.vifs for ip in vif.fixed_ips())

    def floating_ips(self) -> tuple[IP, ...]:
        """Every floating address that leads to the server."""
        return tuple(ip for vif in self.vifs for ip in vif.floating_ips())

    def json(self) -> bytes:
        """The list of VIFs with Nova's keys; ``hydrate`` gives an equal value back."""
        return msgspec.json.encode(self.vifs)

    @classmethod
    def hydrate(cls, data: bytes) -> "NetworkInfo":
        """The value that ``json`` encoded.

        Raises msgspec.ValidationError when ``data`` is something else.
        """
        return cls(msgspec.json.decode(data, type=tuple[VIF, ...]))
