"""Values that more than one noun has: prefixes, routes, and lists in which nothing is twice."""

import ipaddress
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Final, TypeVar

from berthline.domain.errors import InvalidInput
from berthline.domain.network import HostRoute
from berthline.ipam.subnets import IpAddress, IpNetwork

T = TypeVar("T", bound=Hashable)

_SHOWN: Final = 64
"""So much of a wrong value is shown."""


def prefix(attribute: str, text: str) -> IpNetwork:
    """What an address or a prefix means: the prefix without the bits behind it. Raises InvalidInput."""
    try:
        return ipaddress.ip_network(_plain(text), strict=False)
    except ValueError:
        raise _invalid(attribute, f"'{text[:_SHOWN]}' is no IP address and no prefix") from None


def prefix_with_length(attribute: str, text: str) -> IpNetwork:
    """``prefix`` where the length of it, or a netmask, has to be said, as Neutron's lists of subnets want it."""
    if "/" not in text:
        raise _invalid(attribute, f"'{text[:_SHOWN]}' is no prefix with its length")
    return prefix(attribute, text)


def normalized(text: str | None) -> str | None:
    """A prefix that was checked, without the bits behind it; None for none."""
    return None if text is None else str(ipaddress.ip_network(text, strict=False))


def routes(attribute: str, asked: Iterable[HostRoute], version: int | None = None) -> tuple[HostRoute, ...]:
    """Routes of subnets and of routers, in canonical form, as Neutron's validate_hostroutes has them.

    A destination is a prefix with its length, without bits behind it, that is no loopback; the next hop an address of
    the same IP version, which is ``version`` where one is given; and each route is there once. Raises InvalidInput.
    """
    found = [_route(attribute, each, version) for each in asked]
    twice = repeated(found)
    if twice:
        raise _invalid(attribute, f"the route to {twice[0].destination} via {twice[0].nexthop} is there twice")
    return tuple(found)


def repeated(values: Iterable[T]) -> tuple[T, ...]:
    """Those of the values that are there more than once, each once."""
    return tuple(value for value, count in Counter(values).items() if count > 1)


def _route(attribute: str, route: HostRoute, version: int | None) -> HostRoute:
    shown = f"'{route.destination[:_SHOWN]}' via '{route.nexthop[:_SHOWN]}'"
    try:
        destination, nexthop = ipaddress.ip_network(_plain(route.destination)), _address(route.nexthop)
    except ValueError:
        raise _invalid(attribute, f"{shown} is no route: a prefix without bits behind it, by an IP address") from None
    if "/" not in route.destination:
        raise _invalid(attribute, f"{shown} is no route: the prefix needs its length, as in {destination}")
    if destination.is_loopback:
        raise _invalid(attribute, f"{shown} is no route: nothing is routed to a loopback prefix")
    versions = {destination.version, nexthop.version} | ({version} if version else set())
    if len(versions) != 1:
        wanted = f", or not IPv{version}" if version else ""
        raise _invalid(attribute, f"{shown} is of different IP versions{wanted}")
    return HostRoute(str(destination), str(nexthop))


def _address(text: str) -> IpAddress:
    return ipaddress.ip_address(_plain(text))


def _plain(text: str) -> str:
    """The text, without a zone: a zone (RFC 4007) means something on one host only. Raises ValueError."""
    if "%" in text:
        raise ValueError(text)
    return text


def _invalid(attribute: str, why: str) -> InvalidInput:
    return InvalidInput(f"Invalid input for {attribute}. Reason: {why}.")
