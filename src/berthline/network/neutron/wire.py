"""Neutron's objects, as far as a server's NICs need them; what an extension would tell has a default."""

from typing import Literal

import msgspec
from msgspec import field

from berthline.domain.network import DhcpOption
from berthline.domain.network_info import NetworkMeta, Route

TUNNELS = frozenset({"geneve", "vxlan", "gre"})


class Address(msgspec.Struct, frozen=True):
    subnet_id: str
    ip_address: str


class Port(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    network_id: str
    project_id: str = ""
    tenant_id: str = ""
    mac_address: str = ""
    status: str = ""
    admin_state_up: bool = True
    device_id: str = ""
    device_owner: str = ""
    fixed_ips: tuple[Address, ...] = ()
    port_security_enabled: bool = True
    security_groups: tuple[str, ...] = ()
    revision_number: int = 0
    dns_name: str | None = ""
    ip_allocation: str | None = None
    extra_dhcp_opts: tuple[DhcpOption, ...] = ()
    host: str | None = field(name="binding:host_id", default="")
    vif_type: str | None = field(name="binding:vif_type", default="")
    vnic_type: str | None = field(name="binding:vnic_type", default="normal")
    details: dict[str, object] | None = field(name="binding:vif_details", default=None)
    profile: dict[str, object] | None = field(name="binding:profile", default=None)

    @property
    def owner(self) -> str:
        return self.project_id or self.tenant_id

    @property
    def addressed(self) -> bool:
        """Whether it has an address, or gets one from where it is plugged in."""
        return bool(self.fixed_ips) or self.ip_allocation == "deferred"

    @property
    def up(self) -> bool:
        """Nova's rule: a port that is switched off on purpose is as up as it will be."""
        return self.status == "ACTIVE" or not self.admin_state_up


class Network(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str = ""
    project_id: str = ""
    tenant_id: str = ""
    shared: bool = False
    mtu: int | None = 0
    subnets: tuple[str, ...] = ()
    admin_state_up: bool = True
    external: bool = field(name="router:external", default=False)
    port_security_enabled: bool = True
    network_type: str | None = field(name="provider:network_type", default=None)
    physical_network: str | None = field(name="provider:physical_network", default=None)

    @property
    def owner(self) -> str:
        return self.project_id or self.tenant_id

    @property
    def meta(self) -> NetworkMeta:
        return NetworkMeta(
            tenant_id=self.owner,
            mtu=self.mtu or 0,
            physical_network=self.physical_network,
            tunneled=self.network_type in TUNNELS,
        )


class HostRoute(msgspec.Struct, frozen=True):
    destination: str
    nexthop: str

    @property
    def route(self) -> Route:
        return Route(self.destination, self.nexthop)


class Subnet(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    network_id: str
    ip_version: int
    cidr: str
    gateway_ip: str | None = None
    enable_dhcp: bool = False
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    ipv6_address_mode: str | None = None


class GroupRule(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    security_group_id: str
    project_id: str = ""
    tenant_id: str = ""
    description: str | None = ""
    direction: Literal["ingress", "egress"]
    ethertype: Literal["IPv4", "IPv6"] = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str = ""
    security_group_rules: tuple[GroupRule, ...] = ()
    shared: bool = False
    project_id: str = ""
    tenant_id: str = ""

    @property
    def owner(self) -> str:
        return self.project_id or self.tenant_id


class FloatingIp(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    floating_ip_address: str
    port_id: str | None = None
    fixed_ip_address: str | None = None


class Extension(msgspec.Struct, frozen=True):
    alias: str


class Use(msgspec.Struct, frozen=True):
    limit: int
    used: int
    reserved: int = 0


class Quota(msgspec.Struct, frozen=True):
    port: Use


class Link(msgspec.Struct, frozen=True):
    """Of a list that Neutron cut to a page: rel ``next`` where there is more."""

    rel: str


class Ports(msgspec.Struct, frozen=True):
    items: tuple[Port, ...] = field(name="ports")
    links: tuple[Link, ...] = field(name="ports_links", default=())


class OnePort(msgspec.Struct, frozen=True):
    port: Port


class Networks(msgspec.Struct, frozen=True):
    items: tuple[Network, ...] = field(name="networks")
    links: tuple[Link, ...] = field(name="networks_links", default=())


class Subnets(msgspec.Struct, frozen=True):
    items: tuple[Subnet, ...] = field(name="subnets")
    links: tuple[Link, ...] = field(name="subnets_links", default=())


class Groups(msgspec.Struct, frozen=True):
    items: tuple[Group, ...] = field(name="security_groups")
    links: tuple[Link, ...] = field(name="security_groups_links", default=())


class FloatingIps(msgspec.Struct, frozen=True):
    items: tuple[FloatingIp, ...] = field(name="floatingips")
    links: tuple[Link, ...] = field(name="floatingips_links", default=())


class OneFloatingIp(msgspec.Struct, frozen=True):
    floatingip: FloatingIp


class Extensions(msgspec.Struct, frozen=True):
    extensions: tuple[Extension, ...]


class OneQuota(msgspec.Struct, frozen=True):
    quota: Quota


class AutoTopology(msgspec.Struct, frozen=True):
    id: str


class OneAutoTopology(msgspec.Struct, frozen=True):
    auto_allocated_topology: AutoTopology


class Anything(msgspec.Struct, frozen=True):
    """An answer of which only the status counts."""
