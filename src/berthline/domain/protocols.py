"""IP protocols as rules of security groups name them: each is one number (IANA), whatever it is called."""

from typing import Final

NUMBERS: Final = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "hopopt": 0,
    "icmp": 1,
    "icmpv6": 58,
    "igmp": 2,
    "ip": 0,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
"""The names that Neutron knows; any other protocol is given by its number."""

LAST_NUMBER: Final = 255
ICMP: Final = 1
ICMP_V6: Final = 58
WITH_PORTS: Final = frozenset({NUMBERS[name] for name in ("dccp", "sctp", "tcp", "udp", "udplite")})
ONLY_V6: Final = frozenset(number for name, number in NUMBERS.items() if name.startswith("ipv6-"))
"""Extension headers of IPv6 and its ICMP: an IPv4 packet carries none of them."""


def canonical(text: str, ethertype: str) -> str | None:
    """The protocol as it is kept: a known name in lower case, or a number as text; None for one that is neither.

    IPv6 has an ICMP of its own, so that both old names of it, and the number of IPv4's, mean it there (Neutron).
    """
    name = text.strip().lower()
    if name in NUMBERS:
        return "ipv6-icmp" if ethertype == "IPv6" and NUMBERS[name] in {ICMP, ICMP_V6} else name
    if not (name.isascii() and name.isdecimal() and len(name) <= len(str(LAST_NUMBER)) and int(name) <= LAST_NUMBER):
        return None
    return str(ICMP_V6 if ethertype == "IPv6" and int(name) == ICMP else int(name))


def number_of(protocol: str, ethertype: str) -> int:
    """The number of a protocol that ``canonical`` gave, or that an older version kept."""
    number = NUMBERS.get(protocol)
    if number is None:
        number = int(protocol)
    return ICMP_V6 if ethertype == "IPv6" and number == ICMP else number
