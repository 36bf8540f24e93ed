"""A router's extra routes: what users add to the ways that follow from its legs and its gateway."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from berthline.domain.errors import InvalidRoutes, RoutesExhausted
from berthline.domain.network import HostRoute, Router
from berthline.network import values
from berthline.store import Connection
from berthline.store.network import ports
from berthline.store.network import routers as router_rows
from berthline.store.network import subnets as subnet_rows

MAX_ROUTES: Final = 30
"""Neutron's default of max_routes."""


def canonical(asked: Sequence[HostRoute]) -> tuple[HostRoute, ...]:
    """The routes with prefixes and addresses in canonical form. Raises InvalidInput, also for one that is twice."""
    return values.routes("routes", asked)


def checked(connection: Connection, router: Router, asked: Sequence[HostRoute]) -> tuple[HostRoute, ...]:
    """The routes, once each next hop is another's address on a prefix that the router stands in.

    Raises InvalidInput, InvalidRoutes, RoutesExhausted.
    """
    routes = canonical(asked)
    if len(routes) > MAX_ROUTES:
        raise RoutesExhausted(
            f"Unable to complete operation for {router.id}: at most {MAX_ROUTES} routes are possible."
        )
    legs = router_rows.interfaces(connection, router.id)
    held = [ipaddress.ip_network(leg.cidr) for leg in legs]
    own_ports = [leg.port_id for leg in legs]
    if router.gateway is not None:
        on_gateway = subnet_rows.of_networks(connection, [router.gateway.network_id])[router.gateway.network_id]
        held += [ipaddress.ip_network(subnet.cidr) for subnet in on_gateway]
        own_ports.append(router.gateway.port_id)
    own = {fixed.ip_address for port in ports.get_many(connection, own_ports).values() for fixed in port.fixed_ips}
    for route in routes:
        nexthop = ipaddress.ip_address(route.nexthop)
        if not any(nexthop in cidr for cidr in held):
            raise _invalid(route, "the nexthop is not connected with router")
        if route.nexthop in own:
            raise _invalid(route, "the nexthop is used by router")
    return routes


def _invalid(route: HostRoute, why: str) -> InvalidRoutes:
    return InvalidRoutes(f"Invalid format for routes: {route.destination} via {route.nexthop}, {why}")
