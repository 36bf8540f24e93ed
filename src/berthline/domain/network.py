"""Network values: what the store keeps and the dataplane realises. Addresses are text in canonical form."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from berthline.domain.ids import (
    AddressGroupId,
    AddressScopeId,
    FloatingIpId,
    HostName,
    NetworkId,
    PortId,
    ProjectId,
    RbacPolicyId,
    RouterId,
    SecurityGroupId,
    SecurityGroupRuleId,
    SubnetId,
    SubnetPoolId,
)

PortStatus = Literal["ACTIVE", "DOWN", "BUILD", "ERROR", "N/A"]
Ipv6Mode = Literal["slaac", "dhcpv6-stateful", "dhcpv6-stateless"]
NetworkType = Literal["geneve", "flat", "vlan"]
SharedType = Literal["network", "security_group", "subnetpool", "address_scope", "address_group"]
"""What a project may share with others, by the names of RBAC policies."""
Action = Literal["access_as_shared", "access_as_external"]

ACCESS_SHARED: Final[Action] = "access_as_shared"
ACCESS_EXTERNAL: Final[Action] = "access_as_external"
EVERYBODY: Final = ProjectId("*")
"""The target of a policy that is for all projects."""

OWNER_ROUTER_INTERFACE = "network:router_interface"
OWNER_ROUTER_GATEWAY = "network:router_gateway"
OWNER_FLOATING_IP = "network:floatingip"
OWNER_DHCP = "network:dhcp"
"""Ports of others that answer DHCP; ours needs none, OVN answers by itself."""
OWNER_METADATA = "network:distributed"
"""Device owner of a network's metadata port, the owner ML2/OVN uses for it."""

OVN_VIF_DETAILS: Final[Mapping[str, Any]] = {
    "port_filter": True,
    "connectivity": "l2",
    "bridge_name": "br-int",
    "bound_drivers": {"0": "ovn"},
}
"""binding:vif_details of a bound port, as ML2/OVN has them."""


class AllocationPool(msgspec.Struct, frozen=True):
    start: str
    end: str


class HostRoute(msgspec.Struct, frozen=True):
    destination: str
    nexthop: str


class Subnet(msgspec.Struct, frozen=True, kw_only=True):
    id: SubnetId
    network_id: NetworkId
    project_id: ProjectId
    name: str
    description: str
    ip_version: Literal[4, 6]
    cidr: str
    gateway_ip: str | None
    enable_dhcp: bool
    ipv6_ra_mode: Ipv6Mode | None
    ipv6_address_mode: Ipv6Mode | None
    pools: tuple[AllocationPool, ...]
    dns_nameservers: tuple[str, ...]
    host_routes: tuple[HostRoute, ...]
    subnetpool_id: SubnetPoolId | None = None
    tags: tuple[str, ...] = ()
    revision: int
    created_at: int
    updated_at: int


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """``created_at`` and ``updated_at`` are microseconds since the epoch, as everywhere.

    ``shared`` and ``opened`` are as a project sees them: shared with it, and whether a policy shows it at all, shared
    or as external. ``external`` is for all.
    """

    id: NetworkId
    project_id: ProjectId
    name: str
    description: str
    admin_state_up: bool
    shared: bool
    opened: bool = False
    external: bool
    is_default: bool
    mtu: int
    port_security_enabled: bool
    dns_domain: str
    network_type: NetworkType
    physical_network: str | None
    segmentation_id: int | None
    subnet_ids: tuple[SubnetId, ...] = ()
    ipv4_address_scope: AddressScopeId | None = None
    ipv6_address_scope: AddressScopeId | None = None
    """Of the pools of its subnets; None also where they were not asked for."""
    tags: tuple[str, ...] = ()
    availability_zone_hints: tuple[str, ...] = ()
    revision: int
    created_at: int
    updated_at: int


class FixedIp(msgspec.Struct, frozen=True, gc=False):
    subnet_id: SubnetId
    ip_address: str


class AddressPair(msgspec.Struct, frozen=True):
    ip_address: str
    mac_address: str


class DhcpOption(msgspec.Struct, frozen=True):
    opt_name: str
    opt_value: str
    ip_version: Literal[4, 6] = 4


class Port(msgspec.Struct, frozen=True, gc=False):
    """A port with its binding. ``binding_host`` "" means unbound.

    Made by position where ten thousand are made of rows: by name takes eight times as long. It holds texts and tuples
    of them, so Python need not look for cycles.
    """

    id: PortId
    network_id: NetworkId
    project_id: ProjectId
    name: str
    description: str
    mac_address: str
    admin_state_up: bool
    status: PortStatus
    device_id: str
    device_owner: str
    port_security_enabled: bool
    dns_name: str
    binding_host: HostName | Literal[""]
    binding_vnic_type: str
    binding_vif_type: str
    binding_profile: dict[str, object]
    allowed_address_pairs: tuple[AddressPair, ...]
    extra_dhcp_opts: tuple[DhcpOption, ...]
    fixed_ips: tuple[FixedIp, ...]
    security_group_ids: tuple[SecurityGroupId, ...]
    revision: int
    created_at: int
    updated_at: int
    tags: tuple[str, ...] = ()


class SecurityGroupRule(msgspec.Struct, frozen=True, kw_only=True):
    """``protocol`` is a name Neutron knows, a number as text, or None for any."""

    id: SecurityGroupRuleId
    security_group_id: SecurityGroupId
    project_id: ProjectId
    description: str
    direction: Literal["ingress", "egress"]
    ethertype: Literal["IPv4", "IPv6"]
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: SecurityGroupId | None
    remote_address_group_id: AddressGroupId | None = None
    revision: int
    created_at: int
    updated_at: int


class SecurityGroup(msgspec.Struct, frozen=True, kw_only=True):
    id: SecurityGroupId
    project_id: ProjectId
    name: str
    description: str
    stateful: bool
    is_default: bool
    shared: bool = False
    """With the project that looks."""
    rules: tuple[SecurityGroupRule, ...] = ()
    tags: tuple[str, ...] = ()
    revision: int
    created_at: int
    updated_at: int


class ExternalGateway(msgspec.Struct, frozen=True, kw_only=True):
    network_id: NetworkId
    port_id: PortId
    enable_snat: bool


class Router(msgspec.Struct, frozen=True, kw_only=True):
    id: RouterId
    project_id: ProjectId
    name: str
    description: str
    admin_state_up: bool
    gateway: ExternalGateway | None
    routes: tuple[HostRoute, ...]
    tags: tuple[str, ...] = ()
    availability_zone_hints: tuple[str, ...] = ()
    revision: int
    created_at: int
    updated_at: int


class FloatingIp(msgspec.Struct, frozen=True, kw_only=True):
    """``port_id`` is the hidden port that owns the floating address; ``fixed_port_id`` the port it leads to."""

    id: FloatingIpId
    project_id: ProjectId
    description: str
    floating_network_id: NetworkId
    floating_ip_address: str
    port_id: PortId
    fixed_port_id: PortId | None
    fixed_ip_address: str | None
    router_id: RouterId | None
    status: Literal["ACTIVE", "DOWN", "ERROR"]
    dns_name: str = ""
    dns_domain: str = ""
    tags: tuple[str, ...] = ()
    revision: int
    created_at: int
    updated_at: int


class RbacPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Who may see and use a thing besides its owner: a project, or ``EVERYBODY``."""

    id: RbacPolicyId
    project_id: ProjectId
    object_type: SharedType
    object_id: str
    action: Action
    target_project: ProjectId


class AddressScope(msgspec.Struct, frozen=True, kw_only=True):
    """Within it no address is given twice; ``shared`` with the project that looks."""

    id: AddressScopeId
    project_id: ProjectId
    name: str
    ip_version: Literal[4, 6]
    shared: bool = False


class SubnetPool(msgspec.Struct, frozen=True, kw_only=True):
    """Prefixes of which subnets are given a part each. ``shared`` with the project that looks.

    ``default_quota`` is how much a project may have of it: addresses of IPv4, /64 of IPv6; None is any.
    """

    id: SubnetPoolId
    project_id: ProjectId
    name: str
    description: str
    ip_version: Literal[4, 6]
    prefixes: tuple[str, ...]
    default_prefixlen: int
    min_prefixlen: int
    max_prefixlen: int
    default_quota: int | None
    is_default: bool
    address_scope_id: AddressScopeId | None
    shared: bool = False
    tags: tuple[str, ...] = ()
    revision: int
    created_at: int
    updated_at: int


class AddressGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Prefixes that rules name together; ``shared`` with the project that looks."""

    id: AddressGroupId
    project_id: ProjectId
    name: str
    description: str
    addresses: tuple[str, ...]
    shared: bool = False
    revision: int
    created_at: int
    updated_at: int
