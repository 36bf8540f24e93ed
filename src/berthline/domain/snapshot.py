"""What the dataplane needs to know of a unit, and nothing else: the input of the pure function that makes its rows.

A snapshot holds what its rows are made of, also where that belongs to a neighbour (a subnet's prefix, a network's MTU),
so that rows are a function of the snapshot alone.
"""

from typing import Literal

import msgspec

from berthline.domain.dataplane import UnitKind
from berthline.domain.ids import AddressGroupId, AddressScopeId, NetworkId, PortId, RouterId, SecurityGroupId, SubnetId
from berthline.domain.network import AddressPair, DhcpOption, FixedIp, HostRoute, Ipv6Mode, NetworkType, SecurityGroup


class SubnetFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A subnet as DHCP, router advertisements and routes need it.

    ``metadata_ip`` is the address of the network's metadata port in this subnet, if it has one. ``address_scope`` is
    that of its pool.
    """

    id: SubnetId
    network_id: NetworkId
    ip_version: Literal[4, 6]
    cidr: str
    gateway_ip: str | None
    enable_dhcp: bool
    ipv6_ra_mode: Ipv6Mode | None
    ipv6_address_mode: Ipv6Mode | None
    dns_nameservers: tuple[str, ...]
    host_routes: tuple[HostRoute, ...]
    metadata_ip: str | None = None
    address_scope: AddressScopeId | None = None


class NetworkSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """``mtu`` in bytes."""

    id: NetworkId
    revision: int
    mtu: int
    network_type: NetworkType
    physical_network: str | None
    segmentation_id: int | None
    subnets: tuple[SubnetFacts, ...]
    dns_domain: str = ""


class PortSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """``chassis`` is the dataplane's name of the host it is bound to, "" when unbound, and ``next_chassis`` that of the
    one that its guest is moving to; ``subnets`` those it has
    addresses in; ``mtu`` and ``dns_domain`` its network's, and ``trusted_names`` whether nobody else's ports are there.

    ``parents`` are, for a port on no host, the ports that may take an address of its over, each with that address.
    """

    id: PortId
    revision: int
    network_id: NetworkId
    mac_address: str
    admin_state_up: bool
    device_id: str
    device_owner: str
    port_security_enabled: bool
    chassis: str
    allowed_address_pairs: tuple[AddressPair, ...]
    extra_dhcp_opts: tuple[DhcpOption, ...]
    fixed_ips: tuple[FixedIp, ...]
    security_group_ids: tuple[SecurityGroupId, ...]
    subnets: tuple[SubnetFacts, ...]
    mtu: int
    dns_name: str = ""
    dns_domain: str = ""
    trusted_names: bool = False
    parents: tuple[tuple[str, PortId], ...] = ()
    next_chassis: str = ""


class SecurityGroupSnapshot(msgspec.Struct, frozen=True):
    """A group with its rules; its name and description do not matter here.

    ``addresses`` are the prefixes of each address group that its rules name.
    """

    group: SecurityGroup
    addresses: tuple[tuple[AddressGroupId, tuple[str, ...]], ...] = ()

    @property
    def revision(self) -> int:
        return self.group.revision


class RouterPort(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a router; ``mtu`` and ``physical_network`` are those of the network it stands in."""

    port_id: PortId
    network_id: NetworkId
    mac_address: str
    mtu: int
    fixed_ips: tuple[FixedIp, ...]
    subnets: tuple[SubnetFacts, ...]
    physical_network: str | None = None


class FloatingAddress(msgspec.Struct, frozen=True):
    """An associated floating IP."""

    id: str
    floating_ip: str
    fixed_ip: str


class RouterSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """``gateway_chassis`` are those that may carry the way out, in order of name."""

    id: RouterId
    revision: int
    admin_state_up: bool
    enable_snat: bool
    routes: tuple[HostRoute, ...]
    interfaces: tuple[RouterPort, ...]
    gateway: RouterPort | None
    floating_ips: tuple[FloatingAddress, ...]
    gateway_chassis: tuple[str, ...]


Snapshot = NetworkSnapshot | PortSnapshot | SecurityGroupSnapshot | RouterSnapshot

UNIT_KINDS: tuple[UnitKind, ...] = ("network", "security_group", "port", "router")
"""Every kind of unit, in an order in which rows of a later kind refer to rows of earlier ones only."""
