"""What callers ask of the network service, in Neutron's words: one Struct for each noun's POST and PUT.

A field that was not sent is UNSET; what Neutron lets only a POST set is only in the Create structs.
"""

from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from berthline.domain.ids import UUID_FORM
from berthline.domain.network import AddressPair, AllocationPool, HostRoute, Ipv6Mode

Text = Annotated[str, Meta(max_length=255)]
Uuid = Annotated[str, Meta(pattern=UUID_FORM)]
"""An id that has the form of a UUID: any other is refused as such, not looked for."""
Tags = list[Annotated[str, Meta(max_length=255, min_length=1)]]
Unset = UnsetType


class Owned(Protocol):
    """The project of a new object, by either of its two names."""

    @property
    def project_id(self) -> str | Unset: ...

    @property
    def tenant_id(self) -> str | Unset: ...


class NetworkUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text | Unset = UNSET
    description: Text | Unset = UNSET
    admin_state_up: bool | Unset = UNSET
    shared: bool | Unset = UNSET
    external: bool | Unset = field(default=UNSET, name="router:external")
    is_default: bool | Unset | None = UNSET
    mtu: Annotated[int, Meta(ge=0, le=65535)] | Unset = UNSET
    port_security_enabled: bool | Unset = UNSET
    dns_domain: Text | Unset = UNSET


class NetworkCreate(NetworkUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    network_type: Text | Unset | None = field(default=UNSET, name="provider:network_type")
    physical_network: Text | Unset | None = field(default=UNSET, name="provider:physical_network")
    segmentation_id: int | Unset | None = field(default=UNSET, name="provider:segmentation_id")
    availability_zone_hints: list[Text] | Unset = UNSET
    tags: Tags | Unset = UNSET


class SubnetUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text | Unset = UNSET
    description: Text | Unset = UNSET
    enable_dhcp: bool | Unset = UNSET
    gateway_ip: Text | Unset | None = UNSET
    allocation_pools: list[AllocationPool] | Unset | None = UNSET
    dns_nameservers: list[Text] | Unset | None = UNSET
    host_routes: list[HostRoute] | Unset | None = UNSET


class SubnetCreate(SubnetUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    network_id: Uuid
    ip_version: int
    cidr: Text | Unset | None = UNSET
    subnetpool_id: Uuid | Unset | None = UNSET
    use_default_subnetpool: bool | Unset = UNSET
    prefixlen: Annotated[int, Meta(ge=0)] | Unset | None = UNSET
    ipv6_ra_mode: Ipv6Mode | Unset | None = UNSET
    ipv6_address_mode: Ipv6Mode | Unset | None = UNSET
    tags: Tags | Unset = UNSET


Prefixes = Annotated[list[Text], Meta(max_length=1000)]
Length = Annotated[int, Meta(ge=0, le=128)]


class SubnetPoolUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=255)] | Unset = UNSET
    description: Text | Unset = UNSET
    prefixes: Prefixes | Unset = UNSET
    default_quota: Annotated[int, Meta(ge=0, le=2**31 - 1)] | Unset | None = UNSET
    default_prefixlen: Length | Unset = UNSET
    min_prefixlen: Length | Unset = UNSET
    max_prefixlen: Length | Unset = UNSET
    is_default: bool | Unset = UNSET
    address_scope_id: Uuid | Unset | None = UNSET


class SubnetPoolCreate(SubnetPoolUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    prefixes: Prefixes
    shared: bool | Unset = UNSET
    tags: Tags | Unset = UNSET


class PrefixesAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of add_prefixes and remove_prefixes."""

    prefixes: Prefixes


class AddressScopeUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text | Unset = UNSET
    shared: bool | Unset = UNSET


class AddressScopeCreate(AddressScopeUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    ip_version: Literal[4, 6]


class AskedAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One item of fixed_ips: a subnet to take any address of, an address, or both."""

    subnet_id: Uuid | Unset = UNSET
    ip_address: str | Unset = UNSET


class AskedPair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One allowed address pair; without a MAC it is the port's."""

    ip_address: str
    mac_address: str | Unset = UNSET


class AskedDhcpOption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One DHCP option; on update a null value takes it away."""

    opt_name: Annotated[str, Meta(max_length=64)]
    opt_value: Text | None
    ip_version: Literal[4, 6] = 4


class PortUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text | Unset = UNSET
    description: Text | Unset = UNSET
    admin_state_up: bool | Unset = UNSET
    mac_address: str | Unset | None = UNSET
    fixed_ips: list[AskedAddress] | Unset | None = UNSET
    device_id: Text | Unset | None = UNSET
    device_owner: Text | Unset | None = UNSET
    security_groups: list[Uuid] | Unset | None = UNSET
    port_security_enabled: bool | Unset = UNSET
    allowed_address_pairs: list[AskedPair] | Unset | None = UNSET
    extra_dhcp_opts: list[AskedDhcpOption] | Unset | None = UNSET
    dns_name: Text | Unset = UNSET
    binding_host: Text | Unset | None = field(default=UNSET, name="binding:host_id")
    binding_vnic_type: Text | Unset = field(default=UNSET, name="binding:vnic_type")
    binding_profile: dict[str, Any] | Unset | None = field(default=UNSET, name="binding:profile")


class PortCreate(PortUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    network_id: Uuid
    tags: Tags | Unset = UNSET


class SecurityGroupUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text | Unset = UNSET
    description: Text | Unset = UNSET
    stateful: bool | Unset = UNSET


class SecurityGroupCreate(SecurityGroupUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    tags: Tags | Unset = UNSET


class SecurityGroupRuleCreate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    security_group_id: str
    direction: Literal["ingress", "egress"]
    ethertype: str | Unset | None = UNSET
    protocol: str | int | Unset | None = UNSET
    port_range_min: int | Unset | None = UNSET
    port_range_max: int | Unset | None = UNSET
    remote_ip_prefix: str | Unset | None = UNSET
    remote_group_id: str | Unset | None = UNSET
    remote_address_group_id: str | Unset | None = UNSET
    description: Text | Unset | None = UNSET


class AddressGroupUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text | Unset = UNSET
    description: Text | Unset = UNSET


class AddressGroupCreate(AddressGroupUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    addresses: list[Text] | Unset | None = UNSET


class AddressesAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of add_addresses and remove_addresses."""

    addresses: Annotated[list[Text], Meta(min_length=1)]


class RbacPolicyUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    target_tenant: Annotated[str, Meta(max_length=36)]


class RbacPolicyCreate(RbacPolicyUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    object_type: Text
    object_id: Uuid
    action: Text


class AskedGateway(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """external_gateway_info of a router; an empty one takes the gateway away, as null does."""

    network_id: Uuid | Unset = UNSET
    enable_snat: bool | Unset = UNSET
    external_fixed_ips: list[AskedAddress] | Unset | None = UNSET
    qos_policy_id: Unset | None = UNSET


class RouterUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text | Unset = UNSET
    description: Text | Unset = UNSET
    admin_state_up: bool | Unset = UNSET
    external_gateway_info: AskedGateway | Unset | None = UNSET
    routes: list[HostRoute] | Unset | None = UNSET
    distributed: bool | Unset | None = UNSET
    ha: bool | Unset | None = UNSET


class RouterCreate(RouterUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    availability_zone_hints: list[Text] | Unset = UNSET
    flavor_id: Unset | None = UNSET
    tags: Tags | Unset = UNSET


class ExtraRoutesAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The router in the body of add_extraroutes and remove_extraroutes."""

    routes: list[HostRoute]


class RouterInterfaceAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of add_router_interface and remove_router_interface."""

    subnet_id: Uuid | Unset = UNSET
    port_id: Uuid | Unset = UNSET


class FloatingIpUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    port_id: Uuid | Unset | None = UNSET
    fixed_ip_address: str | Unset | None = UNSET
    description: Text | Unset = UNSET


class FloatingIpCreate(FloatingIpUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project_id: Text | Unset = UNSET
    tenant_id: Text | Unset = UNSET
    floating_network_id: Uuid
    floating_ip_address: str | Unset | None = UNSET
    subnet_id: Uuid | Unset | None = UNSET
    dns_name: Text | Unset = UNSET
    dns_domain: Text | Unset = UNSET
    tags: Tags | Unset = UNSET


def given(value: Any, default: Any) -> Any:
    """``value``, or ``default`` when it was not sent."""
    return default if value is UNSET else value


def address_pair(asked: AskedPair, mac_address: str) -> AddressPair:
    """The pair with its MAC filled in."""
    return AddressPair(asked.ip_address, given(asked.mac_address, mac_address))
