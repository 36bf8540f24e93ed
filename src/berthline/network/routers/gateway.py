"""A router's way out: its gateway port on an external network."""

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, InvalidInput, RouterExternalGatewayInUseByFloatingIp
from berthline.domain.ids import NetworkId, ProjectId
from berthline.domain.network import OWNER_ROUTER_GATEWAY, ExternalGateway, FixedIp, Router
from berthline.network import networks, policy
from berthline.network.ports.addressing import asked_slots, fill
from berthline.network.ports.rows import Draft, bare_port, updated_port, write_ports
from berthline.network.requests import AskedAddress, AskedGateway, given
from berthline.network.routers.legs import overlap
from berthline.store import Connection
from berthline.store.network import addresses, floating_ips, ports
from berthline.store.network import networks as network_rows
from berthline.store.network import routers as router_rows
from berthline.store.network import subnets as subnet_rows
from berthline.store.network.changes import record


def asked_gateway(caller: Caller, asked: AskedGateway | None, rule: str) -> AskedGateway | None:
    """The gateway that is asked for; None for none. Raises PolicyNotAuthorized for what only admins choose of it."""
    if asked is None:
        return None
    for name, value in (("enable_snat", asked.enable_snat), ("external_fixed_ips", asked.external_fixed_ips)):
        if value is not UNSET:
            policy.check_admin(caller, f"{rule}:external_gateway_info:{name}")
    if asked.network_id is not UNSET:
        return asked
    if asked == AskedGateway():
        return None
    raise InvalidInput("Invalid input for external_gateway_info. Reason: network_id is required.")


def changed_gateway(
    connection: Connection, caller: Caller, router: Router, asked: AskedGateway | None, at: int
) -> ExternalGateway | None:
    """The gateway that the request leaves the router with: kept, at other addresses perhaps, made anew, or none.

    Raises RouterExternalGatewayInUseByFloatingIp while floating IPs go through the one that would end.
    """
    old = router.gateway
    if old is not None and asked is not None and asked.network_id == old.network_id:
        if wanted := given(asked.external_fixed_ips, None):
            _readdress(connection, old, wanted, at)
        return msgspec.structs.replace(old, enable_snat=given(asked.enable_snat, old.enable_snat))
    if old is not None:
        for floating in floating_ips.through(connection, router.id):
            raise RouterExternalGatewayInUseByFloatingIp(
                f"Gateway cannot be updated for router {router.id}, since a gateway to external network "
                f"{old.network_id} is required by floating IP {floating.floating_ip_address}."
            )
    return None if asked is None else make_gateway(connection, caller, router, asked, at)


def make_gateway(
    connection: Connection, caller: Caller, router: Router, asked: AskedGateway, at: int
) -> ExternalGateway:
    """A gateway with a port of its own on the external network, which belongs to no project.

    On a network without subnets it has no address yet: it gets one with the first subnet of each IP version.
    """
    network_rows.hold(connection, [str(asked.network_id)])
    network = networks.find(connection, caller, str(asked.network_id))
    if not network.external:
        raise BadRequest(f"Bad router request: Network {network.id} is not an external network.")
    of_network = subnet_rows.of_networks(connection, [network.id])[network.id]
    for leg in router_rows.interfaces(connection, router.id):
        clash = next((subnet for subnet in of_network if overlap(leg.cidr, subnet.cidr)), None)
        if clash is not None:
            raise BadRequest(
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
    return ExternalGateway(network_id=network.id, port_id=made.id, enable_snat=given(asked.enable_snat, True))


def _readdress(connection: Connection, gateway: ExternalGateway, asked: list[AskedAddress], at: int) -> None:
    """Give the gateway port the addresses asked for; it keeps those of its own that are among them."""
    port = ports.get(connection, gateway.port_id)
    assert port is not None, "a foreign key says that the port of a gateway exists"
    held = list(port.fixed_ips)
    settled: list[AskedAddress] = []
    for each in asked:
        match = next((fixed for fixed in held if _fits(each, fixed)), None)
        if match is not None:
            held.remove(match)
            each = AskedAddress(subnet_id=match.subnet_id, ip_address=match.ip_address)  # noqa: PLW2901
        settled.append(each)
    if not held and len(settled) == len(port.fixed_ips):
        return
    addresses.release(connection, port.id, [(fixed.subnet_id, fixed.ip_address) for fixed in port.fixed_ips])
    network_id = NetworkId(port.network_id)
    of_network = subnet_rows.of_networks(connection, [network_id])[network_id]
    fill(connection, asked_slots(port.id, port.mac_address, network_id, of_network, settled, as_asked=True))
    changed = msgspec.structs.replace(port, revision=port.revision + 1, updated_at=at)
    ports.save(connection, changed)
    record(connection, [updated_port(changed)], at)


def _fits(asked: AskedAddress, fixed: FixedIp) -> bool:
    return asked.subnet_id in {UNSET, fixed.subnet_id} and asked.ip_address in {UNSET, fixed.ip_address}
