"""DHCP options that a port may have of its own: their names, what OVN calls them, and what their values may be.

Names and numbers are those that Neutron maps to OVN's options (neutron.common.ovn.constants), and a few more that OVN
knows. OVN writes values, as they are, into the actions of logical flows: so each is read as what it has to be, and
written anew.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from berthline.domain.network import DhcpOption

DISABLED: Final = "dhcp_disabled"
"""The option by which a port is not answered at all, in one IP version."""

MAY_BE_EMPTY: Final = frozenset({"router", "classless-static-route"})
"""Options that say, when empty, that the guest gets none (Neutron's VALID_BLANK_EXTRA_DHCP_OPTS)."""

Kind = Literal["addresses", "text", "uint8", "uint16", "uint32", "flag", "routes", "mac"]


class Option(NamedTuple):
    """An option of OVN's: its name there, and what its values are."""

    name: str
    kind: Kind


_V4: Final[Mapping[str, Kind]] = {
    "arp_cache_timeout": "uint32",
    "bootfile_name": "text",
    "bootfile_name_alt": "text",
    "classless_static_route": "routes",
    "default_ttl": "uint8",
    "dns_server": "addresses",
    "domain_name": "text",
    "domain_search_list": "text",
    "ethernet_encap": "flag",
    "hostname": "text",
    "ip_forward_enable": "flag",
    "lease_time": "uint32",
    "log_server": "addresses",
    "lpr_server": "addresses",
    "ms_classless_static_route": "routes",
    "mtu": "uint16",
    "netmask": "addresses",
    "next_server": "addresses",
    "nis_server": "addresses",
    "ntp_server": "addresses",
    "path_prefix": "text",
    "policy_filter": "addresses",
    "router": "addresses",
    "router_discovery": "flag",
    "router_solicitation": "addresses",
    "server_id": "addresses",
    "swap_server": "addresses",
    "T1": "uint32",
    "T2": "uint32",
    "tcp_keepalive_interval": "uint32",
    "tcp_ttl": "uint8",
    "tftp_server": "text",
    "tftp_server_address": "addresses",
    "wpad": "text",
}
_V6: Final[Mapping[str, Kind]] = {
    "bootfile_name": "text",
    "dns_server": "addresses",
    "domain_search": "text",
    "ia_addr": "addresses",
    "server_id": "mac",
}

_V4_NUMBERS: Final = {
    1: "netmask", 3: "router", 6: "dns_server", 7: "log_server", 9: "lpr_server", 12: "hostname", 15: "domain_name",
    16: "swap_server", 19: "ip_forward_enable", 21: "policy_filter", 23: "default_ttl", 26: "mtu",
    31: "router_discovery", 32: "router_solicitation", 35: "arp_cache_timeout", 36: "ethernet_encap", 37: "tcp_ttl",
    38: "tcp_keepalive_interval", 41: "nis_server", 42: "ntp_server", 51: "lease_time", 54: "server_id", 58: "T1",
    59: "T2", 66: "tftp_server", 67: "bootfile_name", 119: "domain_search_list", 121: "classless_static_route",
    150: "tftp_server_address", 210: "path_prefix", 249: "ms_classless_static_route", 252: "wpad", 255: "next_server",
}  # fmt: skip
_V6_NUMBERS: Final = {2: "server_id", 5: "ia_addr", 23: "dns_server", 24: "domain_search", 59: "bootfile_name"}

_OTHER_NAMES: Final = {
    "arp-timeout": "arp_cache_timeout",
    "domain-search": "domain_search_list",
    "interface-mtu": "mtu",
    "server-ip-address": "next_server",
    "tcp-keepalive": "tcp_keepalive_interval",
}
"""Names that are not OVN's with hyphens in the place of underscores, as every other is."""


def _named(kinds: Mapping[str, Kind], numbers: Mapping[int, str], names: Mapping[str, str]) -> Mapping[str, Option]:
    plain = {name.replace("_", "-"): name for name in kinds}
    numbered = {str(number): name for number, name in numbers.items()}
    return {name: Option(option, kinds[option]) for name, option in {**plain, **numbered, **names}.items()}


OPTIONS: Final[Mapping[int, Mapping[str, Option]]] = {
    4: _named(_V4, _V4_NUMBERS, _OTHER_NAMES),
    6: _named(_V6, _V6_NUMBERS, {}),
}
"""The options of each IP version, by every name and number that they may be asked for by."""


def is_disabled(options: Iterable[DhcpOption], version: int) -> bool:
    """Whether the port is to have no answer by DHCP in this IP version."""
    return any(
        each.opt_name == DISABLED and each.opt_value.lower() == "true" and each.ip_version == version
        for each in options
    )


def value(option: Option, text: str, version: int) -> str | None:
    """The value as OVN reads it; None when it is none of the option's kind."""
    try:
        return _READ[option.kind](text.strip(), version)
    except ValueError:
        return None


def _addresses(text: str, version: int) -> str:
    found = [ipaddress.ip_address(part) for part in _parts(text)]
    if not found or any(each.version != version or "%" in str(each) for each in found):
        raise ValueError(text)
    shown = ", ".join(map(str, found))
    return shown if len(found) == 1 else "{" + shown + "}"


def _routes(text: str, version: int) -> str:
    """Prefixes and next hops in turn, with or without braces, as dnsmasq and OVN write them."""
    parts = _parts(text)
    if not parts or len(parts) % 2:
        raise ValueError(text)
    pairs = [
        (ipaddress.ip_network(prefix), ipaddress.ip_address(hop))
        for prefix, hop in zip(parts[::2], parts[1::2], strict=True)
    ]
    if any(version not in {prefix.version, hop.version} or prefix.version != hop.version for prefix, hop in pairs):
        raise ValueError(text)
    return "{" + ", ".join(f"{prefix},{hop}" for prefix, hop in pairs) + "}"


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", text.removeprefix("{").removesuffix("}")) if part]


def _number(most: int) -> Callable[[str, int], str]:
    def read(text: str, _version: int) -> str:
        if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or int(text) > most:
            raise ValueError(text)
        return str(int(text))

    return read


def _flag(text: str, _version: int) -> str:
    return {"0": "0", "1": "1", "false": "0", "true": "1"}.get(text.lower()) or _none(text)


def _text(text: str, _version: int) -> str:
    """In quotes, which it may have already. What could end them early, or cannot be printed, is no such value."""
    plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not plain or not plain.isprintable() or set(plain) & {'"', "\\"}:
        raise ValueError(text)
    return f'"{plain}"'


_MAC: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


def _mac(text: str, _version: int) -> str:
    lowered = text.lower()
    return lowered if _MAC.fullmatch(lowered) else _none(text)


def _none(text: str) -> str:
    raise ValueError(text)


_READ: Final[Mapping[Kind, Callable[[str, int], str]]] = {
    "addresses": _addresses,
    "flag": _flag,
    "mac": _mac,
    "routes": _routes,
    "text": _text,
    "uint8": _number(2**8 - 1),
    "uint16": _number(2**16 - 1),
    "uint32": _number(2**32 - 1),
}
