"""A router's legs: the ports by which it stands in subnets, and what may need them."""

import ipaddress
from collections.abc import Sequence

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, PortInUse, RouterInterfaceInUse
from berthline.domain.network import OWNER_ROUTER_INTERFACE, Port, Router, Subnet
from berthline.network import policy
from berthline.network.ports import ports as ports_of_users
from berthline.network.ports.rows import Draft, bare_port, updated_port, write_ports
from berthline.network.requests import AskedAddress
from berthline.network.subnets import subnets
from berthline.store import Connection
from berthline.store.network import floating_ips, ports
from berthline.store.network import routers as router_rows
from berthline.store.network import subnets as subnet_rows
from berthline.store.network.changes import record
from berthline.store.network.nics import nics as server_nics


def made_port(connection: Connection, caller: Caller, router: Router, subnet_id: str, at: int) -> Port:
    """A port with the subnet's gateway address.

    Raises BadRequest for a subnet of another project, without a gateway address in it, advertised by a foreign router,
    or overlapping another leg; IpAddressAlreadyAllocated, OverQuota.
    """
    subnet = subnets.find(connection, caller, subnet_id)
    gateway_ip = _gateway_of(caller, subnet)
    _check_overlap(connection, router, [subnet])
    port = msgspec.structs.replace(
        bare_port(subnet.network_id, router.project_id, at),
        status="ACTIVE",
        device_id=router.id,
        device_owner=OWNER_ROUTER_INTERFACE,
        port_security_enabled=False,
    )
    asked = (AskedAddress(subnet_id=subnet.id, ip_address=gateway_ip),)
    (made,) = write_ports(connection, [Draft(port=port, asked=asked)], at)
    return made


def taken_port(connection: Connection, caller: Caller, router: Router, port_id: str, at: int) -> Port:
    """A port that was there, made the router's. Raises PortInUse, BadRequest as ``made_port``, PolicyNotAuthorized."""
    port = ports_of_users.find(connection, caller, port_id)
    policy.check_owner(caller, port.project_id, "add_router_interface:port_id")
    device = port.device_id or server_nics.server_of(connection, port.id)
    if device:
        raise PortInUse(
            f"Unable to complete operation on port {port_id} for network {port.network_id}. Port already has an "
            f"attached device {device}."
        )
    if not port.fixed_ips:
        raise BadRequest(f"Bad router request: Port {port_id} must have at least one fixed IP.")
    found = subnet_rows.get_many(connection, [fixed.subnet_id for fixed in port.fixed_ips])
    _check_overlap(connection, router, list(found.values()))
    changed = msgspec.structs.replace(
        port,
        status="ACTIVE",
        device_id=router.id,
        device_owner=OWNER_ROUTER_INTERFACE,
        port_security_enabled=False,
        security_group_ids=(),
        allowed_address_pairs=(),
        revision=port.revision + 1,
        updated_at=at,
    )
    if not ports.claim(connection, changed):
        raise PortInUse(f"Port {port_id} is still in use.")
    ports.replace_groups(connection, port.id, ())
    record(connection, [updated_port(changed)], at)
    return changed


def _gateway_of(caller: Caller, subnet: Subnet) -> str:
    """The address that a router's leg in the subnet has. Raises BadRequest where there can be no leg."""
    gateway_ip = subnet.gateway_ip
    if gateway_ip is None or ipaddress.ip_address(gateway_ip) not in ipaddress.ip_network(subnet.cidr):
        raise BadRequest(
            f"Bad router request: Subnet for router interface must have a gateway IP in its own prefix: {subnet.id} "
            f"has {gateway_ip or 'none'}."
        )
    if not caller.is_admin and subnet.project_id != caller.project_id:
        raise BadRequest(
            f"Bad router request: Cannot add interface to router because subnet {subnet.id} is not owned by project "
            "making the request."
        )
    if subnet.ip_version == 6 and subnet.ipv6_ra_mode is None and subnet.ipv6_address_mode is not None:
        raise BadRequest(
            f"Bad router request: IPv6 subnet {subnet.id} configured to receive RAs from an external router cannot be "
            "added to Neutron Router."
        )
    return gateway_ip


def _check_overlap(connection: Connection, router: Router, joined: Sequence[Subnet]) -> None:
    if router.gateway is not None:
        network_id = router.gateway.network_id
        for outside in subnet_rows.of_networks(connection, [network_id])[network_id]:
            for subnet in joined:
                if overlap(outside.cidr, subnet.cidr):
                    raise _overlapping(subnet, outside.cidr, outside.id)
    for leg in router_rows.interfaces(connection, router.id):
        for subnet in joined:
            if leg.subnet_id == subnet.id:
                raise BadRequest(f"Bad router request: Router already has a port on subnet {subnet.id}.")
            if overlap(leg.cidr, subnet.cidr):
                raise _overlapping(subnet, leg.cidr, leg.subnet_id)


def _overlapping(subnet: Subnet, cidr: str, subnet_id: str) -> BadRequest:
    return BadRequest(
        f"Bad router request: Cidr {subnet.cidr} of subnet {subnet.id} overlaps with cidr {cidr} of subnet {subnet_id}."
    )


def overlap(one: str, other: str) -> bool:
    """Whether two prefixes of one family share addresses."""
    first, second = ipaddress.ip_network(one), ipaddress.ip_network(other)
    return first.version == second.version and first.overlaps(second)


def check_unneeded(connection: Connection, router: Router, port: Port) -> None:
    """Raise RouterInterfaceInUse while something goes through this leg."""
    held = {fixed.subnet_id for fixed in port.fixed_ips}
    leading = floating_ips.through(connection, router.id)
    reached = {
        fixed.ip_address
        for target in ports.get_many(connection, [str(each.fixed_port_id) for each in leading]).values()
        for fixed in target.fixed_ips
        if fixed.subnet_id in held
    }
    for floating in leading:
        if floating.fixed_ip_address in reached:
            raise RouterInterfaceInUse(
                f"Router interface for subnet {min(held)} on router {router.id} cannot be deleted, as it is required "
                f"by floating IP {floating.floating_ip_address}."
            )
    cidrs = [ipaddress.ip_network(subnet.cidr) for subnet in subnet_rows.get_many(connection, held).values()]
    for route in router.routes:
        if any(ipaddress.ip_address(route.nexthop) in cidr for cidr in cidrs):
            raise RouterInterfaceInUse(
                f"Router interface for subnet {min(held)} on router {router.id} cannot be deleted, as it is required "
                f"by the route to {route.destination}."
            )
