"""Ports: one, or many that are all made or none."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    BerthlineError,
    InvalidInput,
    MacAddressInUse,
    NetworkNotFound,
    PortBound,
    PortInUse,
    PortNotFound,
    ServicePortInUse,
)
from berthline.domain.guest_services import dns
from berthline.domain.ids import NetworkId, ServerId
from berthline.domain.network import FixedIp, Network, Port
from berthline.ipam.mac import random_mac
from berthline.network import policy
from berthline.network.ports import checks, dhcp_options
from berthline.network.ports.addressing import Slot, asked_slots, automatic_slots, fill, follows_network, is_automatic
from berthline.network.ports.known import KnownNetworks
from berthline.network.ports.rows import Draft, bare_port, remove_ports, updated_port, write_at_once, write_ports
from berthline.network.requests import AskedAddress, PortCreate, PortUpdate, given
from berthline.store import Connection
from berthline.store.network import addresses, networks, ports, subnets
from berthline.store.network.changes import record
from berthline.store.network.floating_ips import disassociate_port
from berthline.store.network.nics import nics as server_nics


def find(connection: Connection, caller: Caller, port_id: str) -> Port:
    """A port that the caller sees. Raises PortNotFound, also for one of another project."""
    found = ports.get(connection, port_id, policy.visible_to(caller))
    if found is None:
        raise PortNotFound(f"Port {port_id} could not be found.")
    return found


def create_alone(
    connection: Connection, caller: Caller, request: PortCreate, at: int, known: KnownNetworks
) -> Port | None:
    """Make a port by one statement that is all of its transaction, when its network and default group are known.

    None, with nothing written: ``create`` makes it, or says why not. Only where statements are dear
    (``one_port.pays``).
    """
    seen = known.get(caller, request.network_id)
    if seen is None or any(given(each, None) is not None for each in (request.security_groups, request.fixed_ips)):
        return None
    if not {request.project_id, request.tenant_id} <= {UNSET, caller.project_id}:
        return None
    groups = checks.Groups(connection, caller, at, seen.default_group)
    try:
        draft = _draft(caller, request, seen.network, groups, at)
    except BerthlineError:  # decided by what may be no longer so
        return None
    return write_at_once(connection, draft, seen.subnets, seen.seen)


def create(
    connection: Connection,
    caller: Caller,
    requests: Sequence[PortCreate],
    at: int,
    known: KnownNetworks | None = None,
) -> tuple[Port, ...]:
    """Make all of the ports, in their order, or none. What is seen of a network that one is made in becomes ``known``.

    Raises NetworkNotFound, PolicyNotAuthorized, InvalidInput, MacAddressInUse, IpAddressAlreadyAllocated,
    IpAddressGenerationFailure, SecurityGroupNotFound, OverQuota.
    """
    policy.check_writer(caller, "create_port")
    wanted = {request.network_id for request in requests}
    networks.hold(connection, wanted)
    found, of_network, default_group = networks.with_subnets_and_group(
        connection, wanted, policy.visible_to(caller), caller.project_id
    )
    groups = checks.Groups(connection, caller, at, default_group)
    drafts = []
    for request in requests:
        network = found.get(NetworkId(request.network_id))
        if network is None:
            raise NetworkNotFound(f"Network {request.network_id} could not be found.")
        drafts.append(_draft(caller, request, network, groups, at))
        if known is not None and default_group is not None:
            known.note(caller, network, of_network[network.id], default_group)
    return write_ports(connection, drafts, at, of_network)


def update(
    connection: Connection, caller: Caller, port_id: str, request: PortUpdate, at: int, revision: int | None = None
) -> Port:
    """Change a port; fixed_ips and security_groups replace what it had."""
    port = find(connection, caller, port_id)
    policy.check_owner(caller, port.project_id, "update_port")
    policy.check_revision(revision, port.revision, port_id)
    network = networks.get(connection, port.network_id)
    assert network is not None, "a foreign key says that the network of a port exists"
    checks.check_policy(caller, network, request, "update_port")
    request = _check_not_reserved(port, request)
    _check_not_of_a_server(connection, port, request)
    changes = _plain_changes(request)
    if request.dns_name is not UNSET:
        changes["dns_name"] = dns.port_name(request.dns_name, network.dns_domain or dns.CLOUD_DOMAIN)
    if request.mac_address is not UNSET:
        changes["mac_address"] = _new_mac(connection, port, request.mac_address)
    if request.allowed_address_pairs is not UNSET:
        mac_address = changes.get("mac_address", port.mac_address)
        changes["allowed_address_pairs"] = checks.address_pairs(request.allowed_address_pairs or [], mac_address)
    if request.extra_dhcp_opts is not UNSET:
        changes["extra_dhcp_opts"] = dhcp_options.changed(port.extra_dhcp_opts, request.extra_dhcp_opts or [])
    if request.security_groups is not UNSET:
        changes["security_group_ids"] = checks.check_groups(connection, caller, request.security_groups or [])
    changes |= _binding_changes(connection, port, request)
    changed = msgspec.structs.replace(port, **changes, revision=port.revision + 1, updated_at=at)
    checks.check_port_security(changed.port_security_enabled, changed.security_group_ids, changed.allowed_address_pairs)
    ports.save(connection, changed)
    if changed.security_group_ids != port.security_group_ids:
        ports.replace_groups(connection, port.id, changed.security_group_ids)
    if changed.allowed_address_pairs != port.allowed_address_pairs:
        ports.replace_pairs(connection, changed)
    if request.fixed_ips is not UNSET or changed.mac_address != port.mac_address:
        changed = _readdressed(connection, port, changed, request, at)
    record(connection, [updated_port(changed)], at)
    return changed


def delete(
    connection: Connection, caller: Caller, port_id: str, at: int, revision: int | None = None
) -> frozenset[ServerId]:
    """Delete a port; its floating IPs are disassociated. Raises ServicePortInUse for the network service's own.

    Returns the server whose NIC it was, if it was one.
    """
    port = find(connection, caller, port_id)
    policy.check_writer(caller, "delete_port")
    if not policy.may_change(caller, port.project_id):
        owner = networks.owner(connection, port.network_id)
        if owner is None or owner != caller.project_id:
            raise policy.denied("delete_port")
    policy.check_revision(revision, port.revision, port_id)
    if port.device_owner in checks.RESERVED_OWNERS:
        raise ServicePortInUse(
            f"Port {port_id} cannot be deleted directly via the port API: has device owner {port.device_owner}."
        )
    disassociate_port(connection, port.id, at)
    return remove_ports(connection, [port], at)


def _draft(caller: Caller, request: PortCreate, network: Network, groups: checks.Groups, at: int) -> Draft:
    project_id = policy.owner_of_new(caller, request, "create_port")
    checks.check_network_usable(caller, network)
    checks.check_policy(caller, network, request, "create_port")
    owner = given(request.device_owner, None) or ""
    secured = given(request.port_security_enabled, network.port_security_enabled and not owner.startswith("network:"))
    mac_address = checks.mac(request.mac_address) if isinstance(request.mac_address, str) else random_mac()
    pairs = checks.address_pairs(given(request.allowed_address_pairs, None) or [], mac_address)
    group_ids = groups.of(request, project_id, secured)
    checks.check_port_security(secured, group_ids, pairs)
    host = given(request.binding_host, None) or ""
    port = msgspec.structs.replace(
        bare_port(network.id, project_id, at),
        name=given(request.name, ""),
        description=given(request.description, ""),
        # one that was not asked for is made by write_ports, unless address pairs already name it
        mac_address=mac_address if isinstance(request.mac_address, str) or pairs else "",
        admin_state_up=given(request.admin_state_up, True),
        device_id=given(request.device_id, None) or "",
        device_owner=owner,
        port_security_enabled=secured,
        dns_name=dns.port_name(given(request.dns_name, ""), network.dns_domain or dns.CLOUD_DOMAIN),
        binding_host=host,
        binding_vnic_type=_vnic_type(given(request.binding_vnic_type, "normal")),
        binding_vif_type="ovs" if host else "unbound",
        binding_profile=_profile(given(request.binding_profile, None)),
        allowed_address_pairs=pairs,
        extra_dhcp_opts=dhcp_options.changed((), given(request.extra_dhcp_opts, None) or []),
        security_group_ids=group_ids,
        tags=tuple(sorted(set(given(request.tags, [])))),
    )
    asked: Sequence[AskedAddress] | None = given(request.fixed_ips, None)
    return Draft(port=port, asked=None if asked is None else tuple(asked))


def _plain_changes(request: PortUpdate) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "name": request.name,
        "description": request.description,
        "admin_state_up": request.admin_state_up,
        "device_id": request.device_id,
        "device_owner": request.device_owner,
        "port_security_enabled": request.port_security_enabled,
    }
    return {name: "" if value is None else value for name, value in wanted.items() if value is not UNSET}


def _binding_changes(connection: Connection, port: Port, request: PortUpdate) -> dict[str, Any]:
    """A port that moves to another host is down there until the data plane says otherwise."""
    changes: dict[str, Any] = {}
    if request.binding_profile is not UNSET:
        changes["binding_profile"] = _profile(request.binding_profile)
    if request.binding_vnic_type is not UNSET:
        changes["binding_vnic_type"] = _vnic_type(request.binding_vnic_type)
        if changes["binding_vnic_type"] != port.binding_vnic_type and port.binding_host:
            raise PortBound(f"Unable to change the vnic_type of port {port.id}: it is bound to {port.binding_host}.")
    host = given(request.binding_host, port.binding_host) or ""
    if host != port.binding_host:
        if host and ports.tap_is_taken(connection, port.id, host):
            raise PortBound(
                f"Unable to bind port {port.id} to {host}: the tap of another port there has the name that its tap "
                "would have. Use another port."
            )
        changes |= {
            "binding_host": host,
            "binding_vif_type": "ovs" if host else "unbound",
            "status": "DOWN",
        }
    return changes


def _new_mac(connection: Connection, port: Port, asked: str | None) -> str:
    wanted = checks.mac(asked) if asked is not None else random_mac()
    if wanted == port.mac_address:
        return wanted
    if port.binding_host:
        raise PortBound(
            f"Unable to complete operation on port {port.id}, port is already bound to {port.binding_host}: unbind it "
            "to change its MAC address."
        )
    if ports.with_mac(connection, port.network_id, wanted) is not None:
        raise MacAddressInUse(
            f"Unable to complete operation for network {port.network_id}. The mac address {wanted} is in use."
        )
    return wanted


def _readdressed(connection: Connection, port: Port, changed: Port, request: PortUpdate, at: int) -> Port:
    """Give the port the addresses it is to have: those it keeps stay taken, the others are freed, new ones taken."""
    of_network = subnets.of_networks(connection, [port.network_id])[port.network_id]
    if request.fixed_ips is None:
        slots = automatic_slots(port.id, changed.mac_address, port.network_id, of_network)
    else:
        asked = given(request.fixed_ips, None)
        if asked is None:
            automatic = {subnet.id for subnet in of_network if is_automatic(subnet)}
            asked = [_kept(fixed, fixed.subnet_id in automatic) for fixed in port.fixed_ips]
        as_asked = not follows_network(changed.device_owner)
        slots = asked_slots(port.id, changed.mac_address, port.network_id, of_network, asked, as_asked=as_asked)
    held = list(port.fixed_ips)
    settled: dict[int, FixedIp] = {}
    for slot in sorted(slots, key=lambda slot: slot.ip is None):
        match = next((fixed for fixed in held if _fits(slot, fixed)), None)
        if match is not None:
            held.remove(match)
            settled[slot.position] = match
    addresses.release(connection, port.id, [(fixed.subnet_id, fixed.ip_address) for fixed in port.fixed_ips])
    if held:
        disassociate_addresses(connection, port, held, at)
    fixed_slots = [
        msgspec.structs.replace(slot, ip=settled[slot.position].ip_address) if slot.position in settled else slot
        for slot in slots
    ]
    fixed = fill(connection, fixed_slots).get(port.id, ())
    return msgspec.structs.replace(changed, fixed_ips=fixed)


def disassociate_addresses(connection: Connection, port: Port, gone: Sequence[FixedIp], at: int) -> None:
    """Take floating IPs off the port when one of the addresses that they lead to goes away."""
    led_to = ports.floating_targets(connection, port.id)
    if led_to & {fixed.ip_address for fixed in gone}:
        disassociate_port(connection, port.id, at)


def _kept(fixed: FixedIp, automatic: bool) -> AskedAddress:
    if automatic:
        return AskedAddress(subnet_id=fixed.subnet_id)
    return AskedAddress(subnet_id=fixed.subnet_id, ip_address=fixed.ip_address)


def _fits(slot: Slot, fixed: FixedIp) -> bool:
    if slot.ip is not None:
        return slot.ip == fixed.ip_address and slot.subnets[0].id == fixed.subnet_id
    return fixed.subnet_id in {subnet.id for subnet in slot.subnets}


def _check_not_reserved(port: Port, request: PortUpdate) -> PortUpdate:
    """The request, once it takes nothing from a port of the network service's own.

    Addresses that it has are no change, however they are asked for: by subnet, or one by one. Raises ServicePortInUse.
    """
    if port.device_owner not in checks.RESERVED_OWNERS:
        return request
    if isinstance(request.fixed_ips, list) and _asks_for_what_is(port, request.fixed_ips):
        request = msgspec.structs.replace(request, fixed_ips=UNSET)
    fixed = (request.device_owner, request.device_id, request.fixed_ips, request.mac_address)
    if any(value is not UNSET for value in fixed):
        raise ServicePortInUse(
            f"Port {port.id} cannot be changed in this way via the port API: has device owner {port.device_owner}."
        )
    return request


def _asks_for_what_is(port: Port, asked: Sequence[AskedAddress]) -> bool:
    """Whether each item names another of the port's addresses, and none of them is left."""
    held = list(port.fixed_ips)
    for each in sorted(asked, key=lambda each: each.ip_address is UNSET):
        match = next((fixed for fixed in held if _names(each, fixed)), None)
        if match is None:
            return False
        held.remove(match)
    return not held


def _names(asked: AskedAddress, fixed: FixedIp) -> bool:
    return asked != AskedAddress() and (
        asked.subnet_id in {UNSET, fixed.subnet_id} and asked.ip_address in {UNSET, fixed.ip_address}
    )


def _check_not_of_a_server(connection: Connection, port: Port, request: PortUpdate) -> None:
    """Raise PortInUse for a NIC that would say that it is another device's, or nobody's: only its server gives it back.

    Neutron takes any word there, and Nova goes by its own record; here what is shown is always true.
    """
    asked = (
        (request.device_id, port.device_id),
        (request.device_owner, port.device_owner),
        (request.binding_host, port.binding_host),
    )
    if all(new is UNSET or (new or "") == old for new, old in asked):
        return
    server_id = server_nics.server_of(connection, port.id)
    if server_id is not None:
        raise PortInUse(
            f"Port {port.id} is in use: it is a NIC of instance {server_id}, whose own device_id, device_owner and "
            "binding:host_id are. Detach it from the instance to free it."
        )


def _vnic_type(text: str) -> str:
    if text != "normal":
        raise InvalidInput(f"Invalid input for binding:vnic_type. Reason: '{text[:64]}' is not offered: use 'normal'.")
    return text


def _profile(value: dict[str, Any] | None) -> dict[str, Any]:
    profile = value or {}
    if len(msgspec.json.encode(profile)) > checks.MAX_PROFILE:
        raise InvalidInput(f"Invalid input for binding:profile. Reason: it is longer than {checks.MAX_PROFILE} bytes.")
    return profile
