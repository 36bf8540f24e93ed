"""DHCP options: OVN answers DHCP itself, from rows of the table DHCP_Options.

Every subnet that could be answered has a row, also while its DHCP is off: then the row's prefix holds no address, and
OVN answers nobody by it. So turning DHCP on or off is one row, and no port that refers to it has to be told.
"""

import hashlib
import ipaddress
from typing import Final

from berthline.dataplane.ovn import names
from berthline.domain.dataplane import Row
from berthline.domain.guest_services import dhcp, dns
from berthline.domain.network import DhcpOption
from berthline.domain.snapshot import PortSnapshot, SubnetFacts

LEASE_SECONDS: Final = 43_200
METADATA_PREFIX: Final = "169.254.169.254/32"
ANSWERED_V6_MODES: Final = frozenset({"dhcpv6-stateful", "dhcpv6-stateless"})
"""Address modes in which a guest asks by DHCPv6; by SLAAC it only listens to the router."""

_NOBODY: Final = {4: "255.255.255.255/32", 6: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}


HOST_NAME: Final = frozenset(name for name, option in dhcp.OPTIONS[4].items() if option.name == "hostname")
"""What the option by which a guest is told its name may be asked for by."""


def subnet_options_row(subnet: SubnetFacts, mtu: int, domain: str) -> Row | None:
    """The DHCP options of a subnet whose names are in ``domain``; None for one in which nobody asks by DHCP."""
    if subnet.ip_version == 6 and subnet.ipv6_address_mode not in ANSWERED_V6_MODES:
        return None
    key = names.subnet_options(subnet.id)
    if not subnet.enable_dhcp:
        return Row(table="DHCP_Options", key=key, columns={"cidr": _NOBODY[subnet.ip_version], "options": ()})
    return _row(key, subnet, _options(subnet, mtu, domain))


def port_options_rows(port: PortSnapshot) -> dict[int, Row]:
    """Options of its own, by IP version, for a port that has extra DHCP options: its subnet's with these over them."""
    rows: dict[int, Row] = {}
    if not port.extra_dhcp_opts or port.device_owner.startswith("network:"):
        return rows
    subnets = {subnet.id: subnet for subnet in port.subnets}
    for fixed in port.fixed_ips:
        subnet = subnets[fixed.subnet_id]
        version = subnet.ip_version
        answered = version == 4 or subnet.ipv6_address_mode in ANSWERED_V6_MODES
        own = _translated(port.extra_dhcp_opts, version)
        wanted = own and answered and subnet.enable_dhcp and version not in rows
        if wanted and not dhcp.is_disabled(port.extra_dhcp_opts, version):
            options = {**_options(subnet, port.mtu, port.dns_domain or dns.CLOUD_DOMAIN), **own}
            sent = {name: value for name, value in options.items() if value is not None}
            rows[version] = _row(names.port_options(port.id, version), subnet, sent)
    return rows


def _row(key: str, subnet: SubnetFacts, options: dict[str, str]) -> Row:
    return Row(table="DHCP_Options", key=key, columns={"cidr": subnet.cidr, "options": tuple(sorted(options.items()))})


def _options(subnet: SubnetFacts, mtu: int, domain: str) -> dict[str, str]:
    return _v4_options(subnet, mtu, domain) if subnet.ip_version == 4 else _v6_options(subnet)


def _v4_options(subnet: SubnetFacts, mtu: int, domain: str) -> dict[str, str]:
    server = subnet.gateway_ip or subnet.metadata_ip or str(ipaddress.ip_network(subnet.cidr)[1])
    options = {
        "server_id": server,
        "server_mac": server_mac(subnet.id),
        "lease_time": str(LEASE_SECONDS),
        "mtu": str(mtu),
        "domain_name": f'"{domain.removesuffix(".")}"',
    }
    if subnet.gateway_ip is not None:
        options["router"] = subnet.gateway_ip
    if subnet.dns_nameservers:
        options["dns_server"] = _set(subnet.dns_nameservers)
    if routes := _classless_routes(subnet):
        options["classless_static_route"] = "{" + ", ".join(f"{prefix},{via}" for prefix, via in routes) + "}"
    return options


def _classless_routes(subnet: SubnetFacts) -> tuple[tuple[str, str], ...]:
    """Routes by option 121, with the default among them: a client that gets this option ignores the router option
    (RFC 3442).
    """
    metadata = () if subnet.metadata_ip is None else ((METADATA_PREFIX, subnet.metadata_ip),)
    routes = (*metadata, *((route.destination, route.nexthop) for route in subnet.host_routes))
    if routes and subnet.gateway_ip is not None and all(prefix != "0.0.0.0/0" for prefix, _ in routes):
        return (*routes, ("0.0.0.0/0", subnet.gateway_ip))
    return routes


def _v6_options(subnet: SubnetFacts) -> dict[str, str]:
    options = {"server_id": server_mac(subnet.id)}
    if subnet.dns_nameservers:
        options["dns_server"] = _set(subnet.dns_nameservers)
    if subnet.ipv6_address_mode == "dhcpv6-stateless":
        options["dhcpv6_stateless"] = "true"
    return options


def server_mac(subnet: str) -> str:
    """The MAC that DHCP answers come from: the same at each projection, in a range no port's MAC is taken from."""
    digest = hashlib.sha256(subnet.encode()).digest()
    return "fa:16:3f:" + ":".join(f"{byte:02x}" for byte in digest[:3])


def _set(values: tuple[str, ...]) -> str:
    return "{" + ", ".join(values) + "}"


def _translated(options: tuple[DhcpOption, ...], version: int) -> dict[str, str | None]:
    """OVN's options and their values; None for one that the guest shall not get: it is there, and empty.

    What is unknown or no value of its kind was refused before it came here, or is from before that: it is left out.
    """
    translated: dict[str, str | None] = {}
    for each in options:
        option = dhcp.OPTIONS[version].get(each.opt_name) if each.ip_version == version else None
        if option is None:
            continue
        value = dhcp.value(option, each.opt_value, version)
        if value is not None or (not each.opt_value and each.opt_name in dhcp.MAY_BE_EMPTY):
            translated[option.name] = value
    return translated
