"""Routers: legs, the way out with its chassis, source NAT, routes and floating IPs (all centralised)."""

import hashlib
import ipaddress
from collections.abc import Iterator
from typing import Final

from berthline.dataplane.ovn import names
from berthline.dataplane.schema import PARENT
from berthline.domain.dataplane import Cell, Row
from berthline.domain.snapshot import RouterPort, RouterSnapshot, SubnetFacts

GATEWAY_CANDIDATES: Final = 5
"""How many chassis may take a router's way out over from each other; more cost probes between all of them."""

ADDRESS_MODES: Final = {
    "slaac": "slaac",
    "dhcpv6-stateful": "dhcpv6_stateful",
    "dhcpv6-stateless": "dhcpv6_stateless",
}
"""Neutron's RA modes to OVN's."""

NOTHING: Final[frozenset[str]] = frozenset()


def router_rows(router: RouterSnapshot) -> tuple[Row, ...]:
    """The router with all that is in it."""
    name = names.router(router.id)
    top = Row(
        table="Logical_Router",
        key=name,
        columns={
            "name": name,
            "enabled": router.admin_state_up,
            "options": (("always_learn_from_arp_request", "false"), ("dynamic_neigh_routers", "true")),
        },
    )
    return (top, *_port_rows(router, name), *_gateway_rows(router), *_nat_rows(router, name), *_routes(router, name))


def _port_rows(router: RouterSnapshot, name: str) -> Iterator[Row]:
    every = (*router.interfaces, *(() if router.gateway is None else (router.gateway,)))
    smallest, largest = (bound((leg.mtu for leg in every), default=0) for bound in (min, max))
    for leg in router.interfaces:
        yield _leg_row(leg, name, _told(leg.mtu, largest), advertise=True)
    if router.gateway is not None and router.gateway.fixed_ips:  # OVN has no router port without an address
        yield _leg_row(router.gateway, name, _told(smallest, largest), advertise=False)


def _told(mtu: int, largest: int) -> tuple[tuple[str, str], ...]:
    """Have a packet of more than ``mtu`` bytes answered with "fragmentation needed", where one can be as long.

    A leg looks at what comes in by it and at what leaves by it. An inner leg speaks for its own network. The way out
    speaks for all, as Neutron has it: what comes in has to be answered before its floating IP is translated, or its
    sender would not know the packet that the answer is about.
    """
    return (("gateway_mtu", str(mtu)),) if mtu < largest else ()


def _leg_row(leg: RouterPort, router: str, options: tuple[tuple[str, str], ...], *, advertise: bool) -> Row:
    name = names.router_port(leg.port_id)
    columns: dict[str, Cell] = {
        "name": name,
        PARENT: router,
        "mac": leg.mac_address,
        "networks": frozenset(_interfaces(leg)),
        "ipv6_ra_configs": _advertisements(leg) if advertise else (),
        "options": options,
    }
    return Row(table="Logical_Router_Port", key=name, columns=columns)


def _interfaces(leg: RouterPort) -> Iterator[str]:
    """The leg's addresses, each with its subnet's prefix length."""
    subnets = {subnet.id: subnet for subnet in leg.subnets}
    for fixed in leg.fixed_ips:
        yield f"{fixed.ip_address}/{subnets[fixed.subnet_id].cidr.rpartition('/')[2]}"


def _advertisements(leg: RouterPort) -> tuple[tuple[str, str], ...]:
    """What the leg tells IPv6 guests, when one of its subnets wants that of it.

    There is one mode for all prefixes of a leg, the first's, and one name server: the first that any of them has.
    """
    told = [subnet for subnet in leg.subnets if subnet.ip_version == 6 and subnet.ipv6_ra_mode is not None]
    if not told:
        return ()
    mode = str(told[0].ipv6_ra_mode)
    configs = {"address_mode": ADDRESS_MODES[mode], "send_periodic": "true", "mtu": str(leg.mtu)}
    servers = [server for subnet in told for server in subnet.dns_nameservers if ":" in server]
    if mode == "slaac" and servers:
        configs["rdnss"] = servers[0]
    return tuple(sorted(configs.items()))


def _gateway_rows(router: RouterSnapshot) -> Iterator[Row]:
    """On which chassis the way out is. Each router has an order of its own, so that routers spread over chassis."""
    if router.gateway is None or not router.gateway.fixed_ips:
        return
    leg = names.router_port(router.gateway.port_id)
    chosen = sorted(router.gateway_chassis, key=lambda chassis: _rank(router.id, chassis))[:GATEWAY_CANDIDATES]
    for place, chassis in enumerate(chosen):
        name = f"{leg}_{chassis}"
        columns: dict[str, Cell] = {
            "name": name,
            PARENT: leg,
            "chassis_name": chassis,
            "priority": GATEWAY_CANDIDATES - place,
        }
        yield Row(table="Gateway_Chassis", key=name, columns=columns)


def _rank(router: str, chassis: str) -> bytes:
    """Highest-random-weight order: a chassis that comes or goes moves only the routers it carries."""
    return hashlib.sha256(f"{router} {chassis}".encode()).digest()


def _nat_rows(router: RouterSnapshot, name: str) -> Iterator[Row]:
    if router.gateway is None:
        return
    for floating in router.floating_ips:
        yield _nat(floating.id, name, "dnat_and_snat", floating.floating_ip, floating.fixed_ip)
    outside = _first_v4(router.gateway)
    if outside is None or not router.enable_snat:
        return
    scope = _scope_of(router.gateway, outside)
    for subnet in _inner_subnets(router):
        if subnet.ip_version == 4 and (scope is None or subnet.address_scope != scope):
            yield _nat(f"snat-{router.id}-{subnet.id}", name, "snat", outside, subnet.cidr)


def _nat(key: str, router: str, kind: str, external: str, logical: str) -> Row:
    columns: dict[str, Cell] = {
        PARENT: router,
        "type": kind,
        "external_ip": external,
        "logical_ip": logical,
        "logical_port": NOTHING,
        "external_mac": NOTHING,
    }
    return Row(table="NAT", key=key, columns=columns)


def _first_v4(leg: RouterPort) -> str | None:
    return next((fixed.ip_address for fixed in leg.fixed_ips if "." in fixed.ip_address), None)


def _scope_of(leg: RouterPort, address: str) -> str | None:
    """The address scope of one of the leg's addresses: what is in the same one is known there by its own addresses."""
    scopes = {subnet.id: subnet.address_scope for subnet in leg.subnets}
    return next((scopes[fixed.subnet_id] for fixed in leg.fixed_ips if fixed.ip_address == address), None)


def _inner_subnets(router: RouterSnapshot) -> tuple[SubnetFacts, ...]:
    """The subnets behind the router, each once."""
    return tuple({subnet.id: subnet for leg in router.interfaces for subnet in leg.subnets}.values())


def _routes(router: RouterSnapshot, name: str) -> Iterator[Row]:
    """The default route of each version by the outer subnet's gateway, and the routes that the user added."""
    leg = router.gateway
    if leg is not None:
        used = {fixed.subnet_id for fixed in leg.fixed_ips}
        for subnet in leg.subnets:
            if subnet.gateway_ip is not None and subnet.id in used:
                prefix = "0.0.0.0/0" if subnet.ip_version == 4 else "::/0"
                yield _route(router, name, prefix, subnet.gateway_ip, names.router_port(leg.port_id))
    for route in router.routes:
        yield _route(router, name, route.destination, route.nexthop, _leg_towards(router, route.nexthop))


def _leg_towards(router: RouterSnapshot, nexthop: str) -> Cell:
    """The leg in whose subnet the next hop is; nothing when OVN shall find it."""
    hop = ipaddress.ip_address(nexthop)
    legs = (*router.interfaces, *(() if router.gateway is None else (router.gateway,)))
    for leg in legs:
        if any(hop in ipaddress.ip_network(subnet.cidr) for subnet in leg.subnets):
            return names.router_port(leg.port_id)
    return NOTHING


def _route(router: RouterSnapshot, name: str, prefix: str, nexthop: str, leg: Cell) -> Row:
    columns: dict[str, Cell] = {PARENT: name, "ip_prefix": prefix, "nexthop": nexthop, "output_port": leg}
    return Row(table="Logical_Router_Static_Route", key=f"{router.id} {prefix} {nexthop}", columns=columns)
