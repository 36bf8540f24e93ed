"""MAC addresses, and the IPv6 addresses that follow from them."""

import ipaddress
import re
from typing import Final

from berthline.domain.chance import random_bytes

BASE: Final = "fa:16:3e"
"""The first three bytes of every MAC that Berthline makes, as Neutron's default base_mac."""

_FORMS: Final = re.compile(r"(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{12}")
_MULTICAST: Final = 0x01
_EUI64_PREFIX: Final = 64


def random_mac() -> str:
    """A MAC with 24 random bits. It may be taken: the store's unique index says so, and another is made."""
    return ":".join((BASE, *(f"{byte:02x}" for byte in random_bytes(3))))


def canonical_mac(text: str) -> str | None:
    """``text`` in lower case with colons, or None when it is no MAC that a NIC may have."""
    lowered = text.strip().lower()
    if _FORMS.fullmatch(lowered) is None:
        return None
    digits = lowered.replace(":", "").replace("-", "")
    if int(digits, 16) == 0 or int(digits[:2], 16) & _MULTICAST:
        return None
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))


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
