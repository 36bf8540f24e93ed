"""Network objects as Neutron shows them."""

import ipaddress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from berthline.domain.auth import Caller
from berthline.domain.guest_services import dns
from berthline.domain.network import OVN_VIF_DETAILS, FixedIp, Network, Port, SecurityGroup, SecurityGroupRule, Subnet
from berthline.network import values


class Standard(Protocol):
    """What every noun has: its owner and its history."""

    @property
    def project_id(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def revision(self) -> int: ...

    @property
    def created_at(self) -> int: ...

    @property
    def updated_at(self) -> int: ...


def timestamp(microseconds: int) -> str:
    """A time as the network API writes it: UTC, to the second."""
    return _at_second(microseconds // 1_000_000)


@lru_cache(maxsize=4096)
def _at_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def standard(value: Standard) -> dict[str, Any]:
    """The attributes that every noun has."""
    return {
        "tenant_id": value.project_id,
        "project_id": value.project_id,
        "description": value.description,
        "revision_number": value.revision,
        "created_at": timestamp(value.created_at),
        "updated_at": timestamp(value.updated_at),
    }


def network_view(caller: Caller, network: Network, zone: str = "nova") -> dict[str, Any]:
    """A network; the provider attributes for admins only."""
    view = {
        "id": network.id,
        "name": network.name,
        "admin_state_up": network.admin_state_up,
        "status": "ACTIVE",
        "subnets": network.subnet_ids,
        "shared": network.shared,
        "router:external": network.external,
        "mtu": network.mtu,
        "port_security_enabled": network.port_security_enabled,
        "dns_domain": network.dns_domain,
        "availability_zone_hints": network.availability_zone_hints,
        "availability_zones": [zone],
        "ipv4_address_scope": network.ipv4_address_scope,
        "ipv6_address_scope": network.ipv6_address_scope,
        "tags": network.tags,
        **standard(network),
    }
    if network.external:
        view["is_default"] = network.is_default
    if caller.is_admin:
        view["provider:network_type"] = network.network_type
        view["provider:physical_network"] = network.physical_network
        view["provider:segmentation_id"] = network.segmentation_id
    return view


def subnet_view(_caller: Caller, subnet: Subnet) -> dict[str, Any]:
    """A subnet."""
    return {
        "id": subnet.id,
        "name": subnet.name,
        "network_id": subnet.network_id,
        "ip_version": subnet.ip_version,
        "cidr": subnet.cidr,
        "gateway_ip": subnet.gateway_ip,
        "enable_dhcp": subnet.enable_dhcp,
        "ipv6_ra_mode": subnet.ipv6_ra_mode,
        "ipv6_address_mode": subnet.ipv6_address_mode,
        "allocation_pools": subnet.pools,
        "dns_nameservers": subnet.dns_nameservers,
        "host_routes": subnet.host_routes,
        "subnetpool_id": subnet.subnetpool_id,
        "service_types": [],
        "tags": subnet.tags,
        **standard(subnet),
    }


def port_view(caller: Caller, port: Port) -> dict[str, Any]:
    """A port; where it is bound for admins only."""
    view = {
        "id": port.id,
        "name": port.name,
        "network_id": port.network_id,
        "admin_state_up": port.admin_state_up,
        "mac_address": port.mac_address,
        "status": port.status,
        "device_id": port.device_id,
        "device_owner": port.device_owner,
        "fixed_ips": port.fixed_ips,
        "security_groups": port.security_group_ids,
        "port_security_enabled": port.port_security_enabled,
        "allowed_address_pairs": port.allowed_address_pairs,
        "extra_dhcp_opts": port.extra_dhcp_opts,
        "dns_name": port.dns_name,
        "dns_assignment": [_dns_assignment(port.dns_name, fixed) for fixed in port.fixed_ips],
        "binding:vnic_type": port.binding_vnic_type,
        "tags": port.tags,
        **standard(port),
    }
    if caller.is_admin:
        view["binding:host_id"] = port.binding_host
        view["binding:profile"] = port.binding_profile
        view["binding:vif_type"] = port.binding_vif_type
        view["binding:vif_details"] = _vif_details(port)
    return view


def security_group_view(caller: Caller, group: SecurityGroup) -> dict[str, Any]:
    """A security group with its rules."""
    return {
        "id": group.id,
        "name": group.name,
        "stateful": group.stateful,
        "is_default": group.is_default,
        "shared": group.shared,
        "security_group_rules": [security_group_rule_view(caller, rule) for rule in group.rules],
        "tags": group.tags,
        **standard(group),
    }


def security_group_rule_view(_caller: Caller, rule: SecurityGroupRule) -> dict[str, Any]:
    """A rule of a security group."""
    return {
        "id": rule.id,
        "security_group_id": rule.security_group_id,
        "direction": rule.direction,
        "ethertype": rule.ethertype,
        "protocol": rule.protocol,
        "port_range_min": rule.port_range_min,
        "port_range_max": rule.port_range_max,
        "remote_ip_prefix": rule.remote_ip_prefix,
        "normalized_cidr": values.normalized(rule.remote_ip_prefix),
        "remote_group_id": rule.remote_group_id,
        "remote_address_group_id": rule.remote_address_group_id,
        **standard(rule),
    }


def _dns_assignment(dns_name: str, fixed: FixedIp) -> dict[str, str]:
    host = dns_name or "host-" + _exploded(fixed.ip_address).replace(".", "-").replace(":", "-")
    return {"hostname": host, "fqdn": dns.fqdn(host, dns.CLOUD_DOMAIN), "ip_address": fixed.ip_address}


def _exploded(address: str) -> str:
    """The address with all its digits, which an IPv4 address always has."""
    return ipaddress.IPv6Address(address).exploded if ":" in address else address


def _vif_details(port: Port) -> dict[str, Any]:
    if port.binding_vif_type == "unbound":
        return {}
    return dict(OVN_VIF_DETAILS)
