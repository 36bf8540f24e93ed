"""A router's legs: the ports by which it stands in networks, each with a set of prefixes that come and go alone."""

import ipaddress
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, PortInUse, RouterInterfaceInUseByFloatingIP, RouterInterfaceInUseByRoute
from berthline.domain.ids import NetworkId, PortId, SubnetId
from berthline.domain.network import OWNER_ROUTER_INTERFACE, FixedIp, Port, Router, Subnet
from berthline.network import policy
from berthline.network.ports import ports as ports_of_users
from berthline.network.ports.addressing import Slot, fill
from berthline.network.ports.rows import Draft, bare_port, remove_ports, updated_port, write_ports
from berthline.network.subnets import subnets
from berthline.store import Connection
from berthline.store.network import addresses, floating_ips, ports
from berthline.store.network import networks as network_rows
from berthline.store.network import routers as router_rows
from berthline.store.network import subnets as subnet_rows
from berthline.store.network.changes import record
from berthline.store.network.nics import nics as server_nics
from berthline.store.network.routers import Interface


class Joined(NamedTuple):
    """A leg, and the subnets in which the router stands by it since now."""

    port: Port
    subnet_ids: tuple[SubnetId, ...]


def join_subnet(connection: Connection, caller: Caller, router: Router, subnet_id: str, at: int) -> Joined:
    """Have the router stand in the subnet, at its gateway address.

    A new IPv6 prefix goes to the leg that has IPv6 prefixes of the same network already, if there is one: guests hear
    one router there, not several (Neutron does so too). Any other prefix has a port made for it.

    Raises BadRequest for a subnet of another project, without a gateway address in it, advertised by a foreign router,
    or overlapping another leg; IpAddressAlreadyAllocated, OverQuota.
    """
    network_rows.hold_of_subnet(connection, subnet_id)
    subnet = subnets.find(connection, caller, subnet_id)
    own = FixedIp(subnet.id, _gateway_of(caller, subnet))
    legs = router_rows.interfaces(connection, router.id)
    _check_overlap(connection, router, legs, [subnet])
    port = _ipv6_leg(connection, legs, subnet.network_id) if subnet.ip_version == 6 else None
    if port is None:
        port = msgspec.structs.replace(
            bare_port(subnet.network_id, router.project_id, at),
            status="ACTIVE",
            device_id=router.id,
            device_owner=OWNER_ROUTER_INTERFACE,
            port_security_enabled=False,
        )
        (port,) = write_ports(connection, [Draft(port=port, asked=())], at)
    port = readdressed(connection, port, [*port.fixed_ips, own], at)
    router_rows.add_interface(connection, router.id, port.id, subnet.id)
    return Joined(port, (subnet.id,))


def join_by_port(connection: Connection, caller: Caller, router: Router, port_id: str, at: int) -> Joined:
    """Make a port that is there the router's, with every prefix that it has.

    Raises PortInUse, PolicyNotAuthorized, BadRequest as ``join_subnet``, for a port without an address or with several
    of IPv4, and for IPv6 where another leg has it on the same network.
    """
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
    held = tuple(dict.fromkeys(fixed.subnet_id for fixed in port.fixed_ips))
    legs = router_rows.interfaces(connection, router.id)
    _check_versions(connection, legs, port)
    joined = subnet_rows.get_many(connection, held)
    for subnet in joined.values():
        _check_advertised_here(subnet)
    _check_overlap(connection, router, legs, list(joined.values()))
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
    ports.claim(connection, changed)
    ports.replace_groups(connection, port.id, ())
    ports.replace_pairs(connection, changed)
    record(connection, [updated_port(changed)], at)
    for subnet_id in held:
        router_rows.add_interface(connection, router.id, port.id, subnet_id)
    return Joined(changed, held)


def readdressed(connection: Connection, port: Port, wanted: Sequence[FixedIp], at: int) -> Port:
    """Give a port of the cloud's own exactly these addresses, in this order. Raises IpAddressAlreadyAllocated."""
    found = subnet_rows.get_many(connection, {fixed.subnet_id for fixed in wanted})
    addresses.release(connection, port.id, [(fixed.subnet_id, fixed.ip_address) for fixed in port.fixed_ips])
    slots = [
        Slot(
            port_id=port.id,
            network_id=port.network_id,
            position=position,
            subnets=(found[fixed.subnet_id],),
            ip=fixed.ip_address,
        )
        for position, fixed in enumerate(wanted)
    ]
    held = fill(connection, slots).get(port.id, ())
    changed = msgspec.structs.replace(port, fixed_ips=held, revision=port.revision + 1, updated_at=at)
    ports.save(connection, changed)
    record(connection, [updated_port(changed)], at)
    return changed


def _ipv6_leg(connection: Connection, legs: Sequence[Interface], network_id: NetworkId) -> Port | None:
    """The port by which the router has IPv6 on this network, or None."""
    found = next((leg for leg in legs if leg.network_id == network_id and ":" in leg.cidr), None)
    return None if found is None else ports.get(connection, found.port_id)


def _check_versions(connection: Connection, legs: Sequence[Interface], port: Port) -> None:
    versions = Counter(6 if ":" in fixed.ip_address else 4 for fixed in port.fixed_ips)
    if versions[4] > 1:
        raise BadRequest(
            f"Bad router request: Cannot have multiple IPv4 subnets on router port: port {port.id} has {versions[4]} "
            "IPv4 addresses. Use a port for each."
        )
    other = _ipv6_leg(connection, legs, port.network_id) if versions[6] else None
    if other is not None:
        raise BadRequest(
            f"Bad router request: Router already contains IPv6 port {other.id} belonging to network id "
            f"{port.network_id}. Only one IPv6 port of a network can be connected to a router: add the subnet instead."
        )


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
    _check_advertised_here(subnet)
    return gateway_ip


def _check_advertised_here(subnet: Subnet) -> None:
    if subnet.ip_version == 6 and subnet.ipv6_ra_mode is None and subnet.ipv6_address_mode is not None:
        raise BadRequest(
            f"Bad router request: IPv6 subnet {subnet.id} configured to receive RAs from an external router cannot be "
            "added to Neutron Router."
        )


def _check_overlap(connection: Connection, router: Router, legs: Sequence[Interface], joined: Sequence[Subnet]) -> None:
    if router.gateway is not None:
        network_id = router.gateway.network_id
        for outside in subnet_rows.of_networks(connection, [network_id])[network_id]:
            for subnet in joined:
                if overlap(outside.cidr, subnet.cidr):
                    raise _overlapping(subnet, outside.cidr, outside.id)
    for leg in legs:
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


def leave(connection: Connection, router: Router, port: Port, subnet_ids: Collection[str], at: int) -> None:
    """Take these prefixes off a leg; the leg ends with its last one.

    Raises RouterInterfaceInUseByFloatingIP and RouterInterfaceInUseByRoute while something goes by one of them.
    """
    _check_unneeded(connection, router, subnet_rows.get_many(connection, subnet_ids))
    kept = [fixed for fixed in port.fixed_ips if fixed.subnet_id not in subnet_ids]
    gone = [fixed.ip_address for fixed in port.fixed_ips if fixed.subnet_id in subnet_ids]
    floating_ips.disassociate_port(connection, port.id, at, only=gone)
    router_rows.remove_interfaces(connection, port.id, subnet_ids)
    if kept:
        readdressed(connection, port, kept, at)
    else:
        remove_ports(connection, [port], at)


def _check_unneeded(connection: Connection, router: Router, going: Mapping[SubnetId, Subnet]) -> None:
    def needed(subnet: Subnet, what: str) -> str:
        return (
            f"Router interface for subnet {subnet.id} on router {router.id} cannot be deleted, as it is required by "
            f"{what}."
        )

    leading = floating_ips.through(connection, router.id)
    targets = ports.get_many(connection, [str(each.fixed_port_id) for each in leading])
    reached = {
        (target.id, fixed.ip_address): going[fixed.subnet_id]
        for target in targets.values()
        for fixed in target.fixed_ips
        if fixed.subnet_id in going
    }
    for floating in leading:
        by = reached.get((PortId(str(floating.fixed_port_id)), str(floating.fixed_ip_address)))
        if by is not None:
            raise RouterInterfaceInUseByFloatingIP(needed(by, f"floating IP {floating.floating_ip_address}"))
    for subnet in going.values():
        cidr = ipaddress.ip_network(subnet.cidr)
        for route in router.routes:
            if ipaddress.ip_address(route.nexthop) in cidr:
                raise RouterInterfaceInUseByRoute(needed(subnet, f"the route to {route.destination}"))
