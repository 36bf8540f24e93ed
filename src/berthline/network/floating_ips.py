"""Floating IPs: an address on an external network that leads, through a router, to a port inside."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import (
    BadRequest,
    ExternalGatewayForFloatingIPNotFound,
    FloatingIPNotFound,
    FloatingIPPortAlreadyAssociated,
    Overtaken,
)
from berthline.domain.guest_services import dns
from berthline.domain.ids import FloatingIpId, NetworkId, PortId, ProjectId, RouterId, new_id
from berthline.domain.network import OWNER_DHCP, OWNER_FLOATING_IP, FixedIp, FloatingIp, Port
from berthline.network import networks, policy
from berthline.network.ports import floating_addresses
from berthline.network.ports import ports as ports_of_users
from berthline.network.ports.addressing import Slot, fill
from berthline.network.ports.rows import Draft, bare_port, write_ports
from berthline.network.requests import AskedAddress, FloatingIpCreate, FloatingIpUpdate, given
from berthline.store import Connection, Store
from berthline.store.control import quotas
from berthline.store.engine.pages import ListRequest
from berthline.store.network import floating_ips as rows
from berthline.store.network import networks as network_rows
from berthline.store.network import ports as port_rows
from berthline.store.network import routers, subnets


class _Target(msgspec.Struct, frozen=True):
    """Where a floating IP leads, and through which router."""

    port_id: PortId
    fixed_ip: str
    router_id: RouterId


class FloatingIpService:
    """Neutron's verbs on floating IPs. Raises FloatingIPNotFound for what the caller does not see."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, caller: Caller, requests: Sequence[FloatingIpCreate]) -> tuple[FloatingIp, ...]:
        """Take addresses on external networks, all or none, and lead them to ports where these are named."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(create(connection, caller, each, at) for each in requests)
        )

    async def show(self, caller: Caller, floating_id: str) -> FloatingIp:
        """One floating IP."""
        return await self._store.read_short(lambda connection: find(connection, caller, floating_id))

    async def page(self, caller: Caller, wanted: ListRequest) -> tuple[FloatingIp, ...]:
        """One page of the floating IPs that the caller sees."""
        found = await self._store.read(lambda connection: rows.page(connection, wanted, policy.visible_to(caller)))
        if found is None:
            raise FloatingIPNotFound(f"Floating IP {wanted.marker} could not be found")
        return found

    async def update(
        self, caller: Caller, floating_id: str, request: FloatingIpUpdate, revision: int | None = None
    ) -> FloatingIp:
        """Lead a floating IP to another port, or with ``port_id`` null, or nothing at all, to none; describe it."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: update(connection, caller, floating_id, request, at, revision)
        )

    async def delete(self, caller: Caller, floating_id: str, revision: int | None = None) -> None:
        """Give the address back."""
        at = self._clock.now()
        await self._store.write(lambda connection: delete(connection, caller, floating_id, at, revision))


def find(connection: Connection, caller: Caller, floating_id: str) -> FloatingIp:
    """A floating IP that the caller sees. Raises FloatingIPNotFound, also for one of another project."""
    found = rows.get(connection, floating_id, policy.visible_to(caller))
    if found is None:
        raise FloatingIPNotFound(f"Floating IP {floating_id} could not be found")
    return found


def create(connection: Connection, caller: Caller, request: FloatingIpCreate, at: int) -> FloatingIp:
    """Take an address on an external network.

    Raises BadRequest when the network is not external, IpAddressGenerationFailure, IpAddressAlreadyAllocated,
    OverQuota, and what ``_target`` raises.
    """
    project_id = policy.owner_of_new(caller, request, "create_floatingip")
    network_rows.hold(connection, [request.floating_network_id])
    network = networks.find(connection, caller, request.floating_network_id)
    if not network.external:
        raise BadRequest(f"Bad floatingip request: Network {network.id} is not a valid external network.")
    dns_name, dns_domain = _checked_name(request)
    address = given(request.floating_ip_address, None)
    if address is not None:
        policy.check_manager(caller, "create_floatingip:floating_ip_address")
    floating_id = FloatingIpId(new_id())
    port = _address_port(connection, floating_id, network.id, request, at)
    target = _target(connection, caller, network.id, project_id, request, None)
    floating = FloatingIp(
        id=floating_id,
        project_id=project_id,
        description=given(request.description, ""),
        floating_network_id=network.id,
        floating_ip_address=port.fixed_ips[0].ip_address,
        port_id=port.id,
        fixed_port_id=target.port_id if target else None,
        fixed_ip_address=target.fixed_ip if target else None,
        router_id=target.router_id if target else None,
        status="ACTIVE" if target else "DOWN",
        dns_name=dns_name,
        dns_domain=dns_domain,
        tags=tuple(sorted(set(given(request.tags, [])))),
        revision=1,
        created_at=at,
        updated_at=at,
    )
    rows.add(connection, floating)
    floating_addresses.record_change(connection, floating, None, "created", at)
    quotas.take(connection, project_id, {"floatingip": 1})
    return floating


def update(
    connection: Connection,
    caller: Caller,
    floating_id: str,
    request: FloatingIpUpdate,
    at: int,
    revision: int | None,
) -> FloatingIp:
    """Change where a floating IP leads, or its description. A request that says nothing lets it lead nowhere, as in
    Neutron, where clients have come to rely on it. Raises what ``_target`` raises.
    """
    floating = find(connection, caller, floating_id)
    policy.check_owner(caller, floating.project_id, "update_floatingip")
    policy.check_revision(revision, floating.revision, floating_id)
    changes: dict[str, Any] = {} if request.description is UNSET else {"description": request.description}
    blank = request == FloatingIpUpdate()
    if blank or request.port_id is not UNSET or request.fixed_ip_address is not UNSET:
        asked = FloatingIpUpdate(port_id=None) if blank else request
        target = _target(connection, caller, floating.floating_network_id, floating.project_id, asked, floating)
        changes |= {
            "fixed_port_id": target.port_id if target else None,
            "fixed_ip_address": target.fixed_ip if target else None,
            "router_id": target.router_id if target else None,
            "status": "ACTIVE" if target else "DOWN",
        }
    changed = msgspec.structs.replace(floating, **changes, revision=floating.revision + 1, updated_at=at)
    rows.save(connection, changed)
    floating_addresses.record_change(connection, changed, floating.router_id, "updated", at)
    return changed


def delete(connection: Connection, caller: Caller, floating_id: str, at: int, revision: int | None) -> None:
    """Delete a floating IP and free its address."""
    floating = find(connection, caller, floating_id)
    policy.check_owner(caller, floating.project_id, "delete_floatingip")
    policy.check_revision(revision, floating.revision, floating_id)
    floating_addresses.remove(connection, floating, at)


def _checked_name(request: FloatingIpCreate) -> tuple[str, str]:
    """Its dns_name and dns_domain. Raises InvalidInput for wrong ones, BadRequest for one without the other."""
    name = dns.relative_name(given(request.dns_name, ""))
    domain = dns.domain_name(given(request.dns_domain, ""))
    if bool(name) != bool(domain):
        has, lacks = ("dns_name", "dns_domain") if name else ("dns_domain", "dns_name")
        raise BadRequest(f"Bad floatingip request: {has} cannot be specified without a {lacks}.")
    return name, domain


def _address_port(
    connection: Connection, floating_id: FloatingIpId, network_id: NetworkId, request: FloatingIpCreate, at: int
) -> Port:
    """The hidden port that owns the address; it belongs to no project, as Neutron's does."""
    port = msgspec.structs.replace(
        bare_port(network_id, ProjectId(""), at),
        status="N/A",
        device_id=floating_id,
        device_owner=OWNER_FLOATING_IP,
        port_security_enabled=False,
    )
    # an IPv6 address needs no translation, and OVN has none for it: only IPv4 subnets are looked at
    address, subnet_id = given(request.floating_ip_address, None), given(request.subnet_id, None)
    if address is not None or subnet_id is not None:
        named = AskedAddress(
            subnet_id=UNSET if subnet_id is None else subnet_id, ip_address=UNSET if address is None else address
        )
        asked = (named,)
        (made,) = write_ports(connection, [Draft(port=port, asked=asked)], at)
        if ":" in made.fixed_ips[0].ip_address:
            raise BadRequest("Bad floatingip request: a floating IP needs an IPv4 subnet.")
        return made
    every = subnets.of_networks(connection, [network_id])[network_id]
    inside = tuple(subnet for subnet in every if subnet.ip_version == 4)
    if not inside:
        raise BadRequest(f"Bad floatingip request: Network {network_id} does not contain any IPv4 subnet.")
    (made,) = write_ports(connection, [Draft(port=port, asked=())], at)
    slot = Slot(port_id=made.id, network_id=network_id, position=0, subnets=inside)
    return msgspec.structs.replace(made, fixed_ips=fill(connection, [slot])[made.id])


def _target(
    connection: Connection,
    caller: Caller,
    external_network_id: str,
    project_id: ProjectId,
    request: FloatingIpUpdate,
    current: FloatingIp | None,
) -> _Target | None:
    """Where the request leads the floating IP, which belongs to ``project_id``.

    Raises BadRequest for an address without a port or that the port has not, and for a port of another project or of
    DHCP; PortNotFound, FloatingIPPortAlreadyAssociated, and ExternalGatewayForFloatingIPNotFound when no router leads
    from the port's subnet to the external network.
    """
    address = given(request.fixed_ip_address, None)
    if address is not None and given(request.port_id, None) is None:
        raise BadRequest("Bad floatingip request: fixed_ip_address cannot be specified without a port_id.")
    port_id = given(request.port_id, current.fixed_port_id if current else None)
    if port_id is None:
        return None
    port_rows.lock(connection, [port_id])
    port = ports_of_users.find(connection, caller, port_id)
    if port.project_id != project_id and not caller.is_admin:
        raise BadRequest(
            f"Bad floatingip request: Cannot process floating IP association with Port {port.id}, since that port is "
            "owned by a different project."
        )
    if port.device_owner == OWNER_DHCP:
        raise BadRequest(
            f"Bad floatingip request: Port {port.id} is unable to be assigned a floating IP: it is DHCP's."
        )
    fixed = _fixed_ip(port, address)
    for other in rows.leading_to(connection, [port.id]):
        is_self = current is not None and other.id == current.id
        same_network = other.floating_network_id == external_network_id
        if not is_self and same_network and other.fixed_ip_address == fixed.ip_address:
            raise FloatingIPPortAlreadyAssociated(
                f"Cannot associate floating IP with port {port.id} using fixed IP {fixed.ip_address}, as that fixed IP "
                f"already has a floating IP ({other.floating_ip_address}) on external network {external_network_id}."
            )
    return _Target(port.id, fixed.ip_address, _router(connection, external_network_id, port, fixed))


def _fixed_ip(port: Port, address: str | None) -> FixedIp:
    inside = [fixed for fixed in port.fixed_ips if ":" not in fixed.ip_address]
    if address is None:
        if not inside:
            raise BadRequest(f"Bad floatingip request: Port {port.id} does not have fixed IPv4 addresses.")
        if len(inside) > 1:
            raise BadRequest(
                f"Bad floatingip request: Port {port.id} has multiple fixed IPv4 addresses. Must provide a specific "
                f"one of {', '.join(fixed.ip_address for fixed in inside)} when assigning a floating IP."
            )
        return inside[0]
    found = next((fixed for fixed in inside if fixed.ip_address == address), None)
    if found is None:
        raise BadRequest(f"Bad floatingip request: Port {port.id} does not have the fixed IPv4 address {address[:64]}.")
    return found


def _router(connection: Connection, external_network_id: str, port: Port, fixed: FixedIp) -> RouterId:
    """The router that leads from the fixed address's subnet to the external network; the gateway's own comes first.

    It keeps its gateway and this leg until the transaction ends.
    """
    found = _way_out(connection, external_network_id, fixed)
    if (
        found is not None
        and routers.lock(connection, found)
        and _way_out(connection, external_network_id, fixed) != found
    ):
        raise Overtaken(f"router {found} is changed by others at the same moment; try again")
    if found is not None:
        return found
    raise ExternalGatewayForFloatingIPNotFound(
        f"External network {external_network_id} is not reachable from subnet {fixed.subnet_id}. Therefore, cannot "
        f"associate Port {port.id} with a Floating IP. Add the subnet to a router with a gateway on that network."
    )


def _way_out(connection: Connection, external_network_id: str, fixed: FixedIp) -> RouterId | None:
    outward = set(routers.gateways_on(connection, external_network_id))
    legs = routers.interfaces_in(connection, [fixed.subnet_id])
    return next((leg.router_id for leg in legs if leg.router_id in outward), None)
