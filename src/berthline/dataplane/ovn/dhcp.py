"""DHCP options: OVN answers DHCP itself, from rows of the table DHCP_Options.

Every subnet that could be answered has a row, also while its DHCP is off: then the row's prefix holds no address, and
OVN answers nobody by it. So turning DHCP on or off is one row, and no port that refers to it has to be told.
"""

import hashlib
import ipaddress
import re
from typing import Final

from berthline.dataplane.ovn import names
from berthline.domain.dataplane import Row
from berthline.domain.network import DhcpOption
from berthline.domain.snapshot import PortSnapshot, SubnetFacts

LEASE_SECONDS: Final = 43_200
METADATA_PREFIX: Final = "169.254.169.254/32"
ANSWERED_V6_MODES: Final = frozenset({"dhcpv6-stateful", "dhcpv6-stateless"})
"""Address modes in which a guest asks by DHCPv6; by SLAAC it only listens to the router."""

_NOBODY: Final = {4: "255.255.255.255/32", 6: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}

V4_NAMES: Final = {
    "bootfile-name": "bootfile_name",
    "classless-static-route": "classless_static_route",
    "default-ttl": "default_ttl",
    "dns-server": "dns_server",
    "domain-name": "domain_name",
    "domain-search": "domain_search_list",
    "hostname": "hostname",
    "interface-mtu": "mtu",
    "ip-forward-enable": "ip_forward_enable",
    "lease-time": "lease_time",
    "log-server": "log_server",
    "lpr-server": "lpr_server",
    "mtu": "mtu",
    "netmask": "netmask",
    "nis-server": "nis_server",
    "ntp-server": "ntp_server",
    "path-prefix": "path_prefix",
    "policy-filter": "policy_filter",
    "router": "router",
    "router-discovery": "router_discovery",
    "router-solicitation": "router_solicitation",
    "server-ip-address": "tftp_server_address",
    "swap-server": "swap_server",
    "T1": "T1",
    "T2": "T2",
    "tcp-keepalive-interval": "tcp_keepalive_interval",
    "tcp-ttl": "tcp_ttl",
    "tftp-server": "tftp_server",
    "tftp-server-address": "tftp_server_address",
    "wpad": "wpad",
}
"""Names of extra DHCP options, as dnsmasq and so Neutron has them, to OVN's. What OVN cannot send is left out."""

V6_NAMES: Final = {"dns-server": "dns_server", "domain-search": "domain_search"}
_TEXT: Final = frozenset(
    {"bootfile_name", "domain_name", "domain_search_list", "hostname", "path_prefix", "wpad", "domain_search"}
)
"""OVN options whose value is text and has to stand in quotes."""

_PLAIN: Final = re.compile(r"[0-9A-Fa-f.:,/{} ]+")
"""Numbers, addresses and sets of them, and nothing else: users choose these values, and OVN writes them, as they are,
into the actions of logical flows.
"""


def subnet_options_row(subnet: SubnetFacts, mtu: int) -> Row | None:
    """The DHCP options of a subnet; None for one in which nobody asks by DHCP."""
    if subnet.ip_version == 6 and subnet.ipv6_address_mode not in ANSWERED_V6_MODES:
        return None
    key = names.subnet_options(subnet.id)
    if not subnet.enable_dhcp:
        return Row(table="DHCP_Options", key=key, columns={"cidr": _NOBODY[subnet.ip_version], "options": ()})
    return _row(key, subnet, _options(subnet, mtu))


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
        if own and answered and subnet.enable_dhcp and version not in rows:
            key = names.port_options(port.id, version)
            rows[version] = _row(key, subnet, {**_options(subnet, port.mtu), **own})
    return rows


def _row(key: str, subnet: SubnetFacts, options: dict[str, str]) -> Row:
    return Row(table="DHCP_Options", key=key, columns={"cidr": subnet.cidr, "options": tuple(sorted(options.items()))})


def _options(subnet: SubnetFacts, mtu: int) -> dict[str, str]:
    return _v4_options(subnet, mtu) if subnet.ip_version == 4 else _v6_options(subnet)


def _v4_options(subnet: SubnetFacts, mtu: int) -> dict[str, str]:
    server = subnet.gateway_ip or subnet.metadata_ip or str(ipaddress.ip_network(subnet.cidr)[1])
    options = {
        "server_id": server,
        "server_mac": server_mac(subnet.id),
        "lease_time": str(LEASE_SECONDS),
        "mtu": str(mtu),
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


def _translated(options: tuple[DhcpOption, ...], version: int) -> dict[str, str]:
    known = V4_NAMES if version == 4 else V6_NAMES
    translated: dict[str, str] = {}
    for option in options:
        name = known.get(option.opt_name.replace("_", "-"), known.get(option.opt_name))
        if option.ip_version != version or name is None:
            continue
        if name in _TEXT:
            translated[name] = _quoted(option.opt_value)
        elif _PLAIN.fullmatch(option.opt_value):
            translated[name] = option.opt_value
    return translated


def _quoted(value: str) -> str:
    """The value in quotes. What could end them early, and what cannot be printed, is dropped."""
    return '"' + "".join(each for each in value if each.isprintable() and each not in '"\\') + '"'
