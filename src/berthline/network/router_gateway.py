"""A router's way out: its gateway port on an external network, and the extra routes it follows."""

import ipaddress
from collections.abc import Sequence

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.errors import HTTPBadRequest, InvalidInput, RouterExternalGatewayInUse
from berthline.domain.ids import ProjectId
from berthline.domain.network import OWNER_ROUTER_GATEWAY, ExternalGateway, HostRoute, Router
from berthline.network import networks
from berthline.network.port_rows import Draft, bare_port, write_ports
from berthline.network.requests import AskedGateway, given
from berthline.network.router_legs import overlap
from berthline.store import Connection, floating_ips
from berthline.store import routers as router_rows
from berthline.store import subnets as subnet_rows


def changed_gateway(
    connection: Connection, caller: Caller, router: Router, asked: AskedGateway | None, at: int
) -> ExternalGateway | None:
    """The gateway that the request leaves the router with: kept, made anew, or none.

    Raises RouterExternalGatewayInUse while floating IPs go through the one that would end.
    """
    old = router.gateway
    same = old is not None and asked is not None and asked.network_id == old.network_id
    if same and asked is not None and old is not None and not given(asked.external_fixed_ips, None):
        return msgspec.structs.replace(old, enable_snat=given(asked.enable_snat, old.enable_snat))
    if old is not None and not same:
        for floating in floating_ips.through(connection, router.id):
            raise RouterExternalGatewayInUse(
                f"Gateway cannot be updated for router {router.id}, since a gateway to external network "
                f"{old.network_id} is required by floating IP {floating.floating_ip_address}."
            )
    return None if asked is None else make_gateway(connection, caller, router, asked, at)


def make_gateway(
    connection: Connection, caller: Caller, router: Router, asked: AskedGateway, at: int
) -> ExternalGateway:
    """A gateway with a port of its own on the external network, which belongs to no project."""
    network = networks.find(connection, caller, asked.network_id)
    if not network.external:
        raise HTTPBadRequest(f"Bad router request: Network {network.id} is not an external network.")
    of_network = subnet_rows.of_networks(connection, [network.id])[network.id]
    for leg in router_rows.interfaces(connection, router.id):
        clash = next((subnet for subnet in of_network if overlap(leg.cidr, subnet.cidr)), None)
        if clash is not None:
            raise HTTPBadRequest(
                f"Bad router request: Cidr {clash.cidr} of subnet {clash.id} overlaps with cidr {leg.cidr} of subnet "
                f"{leg.subnet_id}."
            )
    port = msgspec.structs.replace(
        bare_port(network.id, ProjectId(""), at),
        status="ACTIVE",
        device_id=router.id,
        device_owner=OWNER_ROUTER_GATEWAY,
        port_security_enabled=False,
    )
    wanted = given(asked.external_fixed_ips, None)
    (made,) = write_ports(connection, [Draft(port=port, asked=tuple(wanted) if wanted else None)], at)
    if not made.fixed_ips:
        raise HTTPBadRequest(f"Bad router request: network {network.id} has no subnet to take a gateway address from.")
    return ExternalGateway(network_id=network.id, port_id=made.id, enable_snat=given(asked.enable_snat, True))


def checked_routes(connection: Connection, router: Router, asked: Sequence[HostRoute]) -> tuple[HostRoute, ...]:
    """Extra routes, each next hop on a prefix that the router stands in (Neutron's InvalidRouterRoutes)."""
    held = [ipaddress.ip_network(leg.cidr) for leg in router_rows.interfaces(connection, router.id)]
    if router.gateway is not None:
        on_gateway = subnet_rows.of_networks(connection, [router.gateway.network_id])[router.gateway.network_id]
        held += [ipaddress.ip_network(subnet.cidr) for subnet in on_gateway]
    checked = []
    for route in asked:
        try:
            destination, nexthop = ipaddress.ip_network(route.destination), ipaddress.ip_address(route.nexthop)
        except ValueError as error:
            raise InvalidInput(f"Invalid input for routes. Reason: {error}.") from None
        if not any(nexthop in cidr for cidr in held):
            raise HTTPBadRequest(
                f"Invalid format for routes: {route.destination} via {route.nexthop}, the nexthop is not connected "
                "with router"
            )
        checked.append(HostRoute(str(destination), str(nexthop)))
    return tuple(dict.fromkeys(checked))
