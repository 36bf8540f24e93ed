"""MAC addresses, and the IPv6 addresses that follow from them."""

import ipaddress
import re
from typing import Final

from berthline.domain.chance import random_bytes

BASE: Final = "fa:16:3e"
"""The first three bytes of every MAC that Berthline makes, as Neutron's default base_mac."""

_FORMS: Final = (
    (re.compile(r"([0-9a-f]{1,2})" + r"([:-])([0-9a-f]{1,2})" + r"\2([0-9a-f]{1,2})" * 4), 2),
    (re.compile(r"([0-9a-f]{1,4})([.:-])([0-9a-f]{1,4})\2([0-9a-f]{1,4})"), 4),
    (re.compile(r"([0-9a-f]{5,6})([:-])([0-9a-f]{5,6})"), 6),
    (re.compile(r"([0-9a-f]{11,12})"), 12),
)
"""How a MAC may be written, as netaddr and so Neutron reads it: in six, three or two parts or in one, each with the
digits that it may have at most; leading zeros of a part may be left out.
"""
_SEPARATORS: Final = frozenset(".:-")
_MULTICAST: Final = 0x01
_NOBODYS: Final = frozenset({"000000000000", "ffffffffffff"})
"""All zeros and broadcast (Neutron's INVALID_MAC_ADDRESSES)."""
_EUI64_PREFIX: Final = 64


def random_mac() -> str:
    """A MAC with 24 random bits. It may be taken: the store's unique index says so, and another is made."""
    return ":".join((BASE, *(f"{byte:02x}" for byte in random_bytes(3))))


def canonical_mac(text: str) -> str | None:
    """``text`` in lower case as six pairs with colons; None when it is no MAC, or all zeros, or broadcast."""
    lowered = text.lower()
    for form, width in _FORMS:
        match = form.fullmatch(lowered)
        if match is not None:
            digits = "".join(part.zfill(width) for part in match.groups() if part not in _SEPARATORS)
            if digits in _NOBODYS:
                return None
            return ":".join(digits[start : start + 2] for start in range(0, 12, 2))
    return None


def is_multicast(mac: str) -> bool:
    """Whether a MAC in canonical form is a group's, which nothing sends from (IEEE 802.3, 3.2.3)."""
    return bool(int(mac[:2], 16) & _MULTICAST)


def eui64_address(cidr: str, mac: str) -> str:
    """The address that a NIC with this MAC gives itself in the IPv6 subnet ``cidr`` (RFC 4291, appendix A).

    Raises ValueError unless ``cidr`` is an IPv6 /64 or shorter prefix.
    """
    network = ipaddress.IPv6Network(cidr)
    if network.prefixlen > _EUI64_PREFIX:
        raise ValueError(f"{cidr} leaves no room for a 64 bit interface identifier")
    octets = bytes.fromhex(mac.replace(":", ""))
    interface = bytes([octets[0] ^ 0x02, *octets[1:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.IPv6Address(int(network.network_address) | int.from_bytes(interface)))
