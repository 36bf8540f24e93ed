"""Subnets, and what follows from them: DHCP, the metadata port's addresses, SLAAC addresses of ports already there."""

import ipaddress
from typing import Any

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import GatewayIpInUse, InvalidInput, SubnetInUse, SubnetNotFound
from berthline.domain.ids import ProjectId, SubnetId, new_id
from berthline.domain.network import OWNER_METADATA, OWNER_ROUTER_INTERFACE, Network, Subnet, SubnetPool
from berthline.ipam import subnets as arithmetic
from berthline.ipam.choose import Pool
from berthline.ipam.mac import eui64_address
from berthline.ipam.subnets import IpNetwork
from berthline.network import mtu, networks, policy
from berthline.network.ports import metadata as metadata_port
from berthline.network.ports.addressing import Slot, fill, is_automatic
from berthline.network.ports.rows import updated_port
from berthline.network.requests import SubnetCreate, SubnetUpdate, given
from berthline.network.subnets import checks, gateways, pooled
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.engine.pages import ListRequest
from berthline.store.network import addresses, ports, subnets
from berthline.store.network import networks as network_rows
from berthline.store.network.changes import Change, mark_ports_of_subnet, record


def find(connection: Connection, caller: Caller, subnet_id: str) -> Subnet:
    """A subnet that the caller sees. Raises SubnetNotFound, also for one of another project."""
    found = subnets.get(connection, subnet_id, policy.visible_to(caller))
    if found is None:
        raise SubnetNotFound(f"Subnet {subnet_id} could not be found.")
    return found


def create(connection: Connection, caller: Caller, request: SubnetCreate, at: int) -> Subnet:
    """Make a subnet on a network of the caller's.

    Raises InvalidInput, NetworkMTUSubnetConflict, what ``subnets.checks`` and ``subnets.pooled`` raise, OverQuota.
    """
    project_id = policy.owner_of_new(caller, request, "create_subnet")
    network_rows.lock(connection, [request.network_id])
    network = networks.find(connection, caller, request.network_id)
    policy.check_owner(caller, network.project_id, "create_subnet")
    pool = pooled.pool_of(connection, caller, request)
    others = subnets.of_networks(connection, [network.id])[network.id]
    cidr = _cidr(connection, request, project_id, pool)
    advertised, addressed = checks.check_modes(request, cidr)
    mtu.check(network.id, network.mtu, {cidr.version})
    checks.check_overlap(cidr, others, network.id)
    pooled.check_affinity(network, others, cidr.version, pool)
    gateway = checks.check_gateway(given(request.gateway_ip, arithmetic.default_gateway(cidr)), cidr)
    subnet = Subnet(
        id=SubnetId(new_id()),
        network_id=network.id,
        project_id=project_id,
        name=given(request.name, ""),
        description=given(request.description, ""),
        ip_version=6 if cidr.version == 6 else 4,
        cidr=str(cidr),
        gateway_ip=gateway,
        enable_dhcp=given(request.enable_dhcp, True),
        ipv6_ra_mode=advertised,
        ipv6_address_mode=addressed,
        pools=tuple(checks.as_pool(cidr, each) for each in _pools(request, cidr, gateway)),
        dns_nameservers=checks.check_nameservers(given(request.dns_nameservers, None) or [], cidr.version),
        host_routes=checks.check_routes(given(request.host_routes, None) or [], cidr.version),
        subnetpool_id=None if pool is None else pool.id,
        tags=tuple(sorted(set(given(request.tags, [])))),
        revision=1,
        created_at=at,
        updated_at=at,
    )
    subnets.add(connection, subnet)
    _network_changed(connection, network, at)
    record(connection, [_change(subnet, "created")], at)
    metadata_port.sync(connection, network, at)
    if is_automatic(subnet):
        _address_ports(connection, subnet, at)
    gateways.give_addresses(connection, network, subnet, at)
    quotas.take(connection, project_id, {"subnet": 1})
    return subnet


def update(
    connection: Connection, caller: Caller, subnet_id: str, request: SubnetUpdate, at: int, revision: int | None = None
) -> Subnet:
    """Change a subnet. Addresses that are in use stay in use, also outside of changed pools."""
    network_rows.lock_of_subnet(connection, subnet_id)
    subnet = find(connection, caller, subnet_id)
    network = _owned_network(connection, caller, subnet, "update_subnet")
    policy.check_revision(revision, subnet.revision, subnet_id)
    cidr = ipaddress.ip_network(subnet.cidr)
    changes: dict[str, Any] = {
        name: value
        for name, value in (("name", request.name), ("description", request.description))
        if value is not UNSET
    }
    if request.enable_dhcp is not UNSET:
        if not request.enable_dhcp and (subnet.ipv6_ra_mode or subnet.ipv6_address_mode):
            raise InvalidInput("Invalid input for operation: enable_dhcp cannot be False while an IPv6 mode is set.")
        if request.enable_dhcp and not subnet.enable_dhcp:
            checks.check_dhcp_possible(cidr)
        changes["enable_dhcp"] = request.enable_dhcp
    if request.dns_nameservers is not UNSET:
        changes["dns_nameservers"] = checks.check_nameservers(request.dns_nameservers or [], cidr.version)
    if request.host_routes is not UNSET:
        changes["host_routes"] = checks.check_routes(request.host_routes or [], cidr.version)
    gateway = subnet.gateway_ip
    if request.gateway_ip is not UNSET:
        gateway = changes["gateway_ip"] = checks.check_gateway(request.gateway_ip, cidr)
        if gateway != subnet.gateway_ip:
            _check_gateway_free(connection, subnet)
    pools = [Pool(*_numbers(each.start, each.end)) for each in subnet.pools]
    if request.allocation_pools is not UNSET:
        pools = checks.check_pools(request.allocation_pools or [], cidr)
        changes["pools"] = tuple(checks.as_pool(cidr, each) for each in pools)
    checks.check_gateway_outside(gateway, pools, cidr)
    changed = msgspec.structs.replace(subnet, **changes, revision=subnet.revision + 1, updated_at=at)
    subnets.save(connection, changed)
    _network_changed(connection, network, at)
    record(connection, [_change(changed, "updated")], at)
    if changed.enable_dhcp != subnet.enable_dhcp:
        metadata_port.sync(connection, network, at)
        mark_ports_of_subnet(connection, subnet.id, at)
    return changed


def delete(connection: Connection, caller: Caller, subnet_id: str, at: int, revision: int | None = None) -> None:
    """Delete a subnet. SLAAC addresses go with it; raises SubnetInUse while a port has any other address in it."""
    network_rows.lock_of_subnet(connection, subnet_id)
    subnet = find(connection, caller, subnet_id)
    network = _owned_network(connection, caller, subnet, "delete_subnet")
    policy.check_revision(revision, subnet.revision, subnet_id)
    holders = [(port, owner) for port, owner in subnets.holders(connection, subnet.id) if owner != OWNER_METADATA]
    blocking = [port for port, owner in holders if owner == OWNER_ROUTER_INTERFACE or not is_automatic(subnet)]
    if blocking:
        raise SubnetInUse(
            f"Unable to complete operation on subnet {subnet_id}: One or more ports have an IP allocation from this "
            f"subnet: {', '.join(blocking[:5])}."
        )
    ports.lock(connection, [port for port, _ in holders])
    held = ports.get_many(connection, [port for port, _ in holders])
    freed = []
    for port in held.values():
        addresses.release(
            connection,
            port.id,
            [(fixed.subnet_id, fixed.ip_address) for fixed in port.fixed_ips if fixed.subnet_id == subnet.id],
        )
        freed.append(msgspec.structs.replace(port, revision=port.revision + 1, updated_at=at))
        ports.save(connection, freed[-1])
    _free_metadata_address(connection, subnet)
    subnets.remove(connection, subnet.id)
    metadata_port.touch(connection, network.id, at)
    _network_changed(connection, network, at)
    gone = msgspec.structs.replace(subnet, revision=subnet.revision + 1)
    record(connection, [_change(gone, "deleted"), *(updated_port(port) for port in freed)], at)
    quotas.give_back(connection, subnet.project_id, {"subnet": 1})


def _pools(request: SubnetCreate, cidr: IpNetwork, gateway: str | None) -> list[Pool]:
    asked = given(request.allocation_pools, None)
    if asked is None:
        return arithmetic.default_pools(cidr, gateway)
    pools = checks.check_pools(asked, cidr)
    checks.check_gateway_outside(gateway, pools, cidr)
    return pools


def _numbers(start: str, end: str) -> tuple[int, int]:
    return int(ipaddress.ip_address(start)), int(ipaddress.ip_address(end))


def _cidr(connection: Connection, request: SubnetCreate, project_id: ProjectId, pool: SubnetPool | None) -> IpNetwork:
    """The prefix of a new subnet: the one asked for, which is free in its ``pool`` if it is of one, or any of that."""
    if pool is not None and given(request.cidr, None) is None:
        cidr = pooled.any_prefix(connection, pool, given(request.prefixlen, None), project_id)
    else:
        cidr = checks.parse_cidr(pooled.wants_cidr(request))
        if pool is not None:
            pooled.check_prefix(connection, pool, cidr, project_id)
    checks.check_cidr(cidr, request)
    return cidr


def _check_gateway_free(connection: Connection, subnet: Subnet) -> None:
    if subnet.gateway_ip is None:
        return
    holder = addresses.owner(connection, subnet.id, subnet.gateway_ip)
    port = ports.get(connection, holder) if holder else None
    if port is not None and port.device_owner == OWNER_ROUTER_INTERFACE:
        raise GatewayIpInUse(
            f"Current gateway ip {subnet.gateway_ip} already in use by port {port.id}. Unable to update."
        )


def _owned_network(connection: Connection, caller: Caller, subnet: Subnet, rule: str) -> Network:
    """The subnet's network, once the caller may change the subnet: its owner, or the network's."""
    network = network_rows.get(connection, subnet.network_id)
    assert network is not None, "a foreign key says that the network of a subnet exists"
    if network.project_id != caller.project_id:
        policy.check_owner(caller, subnet.project_id, rule)
    policy.check_writer(caller, rule)
    return network


def _network_changed(connection: Connection, network: Network, at: int) -> None:
    """The dataplane shows subnets as part of their network."""
    revision = network_rows.touch(connection, network.id, at)
    change = Change(
        kind="network",
        id=network.id,
        project_id=network.project_id,
        revision=revision,
        what="updated",
        unit="network",
    )
    record(connection, [change], at)


def _address_ports(connection: Connection, subnet: Subnet, at: int) -> None:
    """Give every ordinary port of the network its address in a new SLAAC subnet, as Neutron does."""
    on_network = ListRequest(filters={"network_id": (subnet.network_id,)})
    every = ports.page(connection, on_network, None) or ()
    if ports.lock(connection, [port.id for port in every]):
        every = ports.page(connection, on_network, None) or ()
    wanted = [port for port in every if not port.device_owner.startswith("network:")]
    slots = [
        Slot(
            port_id=port.id,
            network_id=port.network_id,
            position=len(port.fixed_ips),
            subnets=(subnet,),
            ip=eui64_address(subnet.cidr, port.mac_address),
        )
        for port in wanted
    ]
    fill(connection, slots)
    changed = [msgspec.structs.replace(port, revision=port.revision + 1, updated_at=at) for port in wanted]
    for port in changed:
        ports.save(connection, port)
    record(connection, [updated_port(port) for port in changed], at)


def _free_metadata_address(connection: Connection, subnet: Subnet) -> None:
    for port in ports.of_network(connection, subnet.network_id, OWNER_METADATA):
        addresses.release(
            connection,
            port.id,
            [(fixed.subnet_id, fixed.ip_address) for fixed in port.fixed_ips if fixed.subnet_id == subnet.id],
        )


def _change(subnet: Subnet, what: str) -> Change:
    return Change(kind="subnet", id=subnet.id, project_id=subnet.project_id, revision=subnet.revision, what=what)
