"""Check a request for networks against a Neutron, in the caller's view, before anything is claimed.

The order of the checks and their words are those of ``nic_requests``, which follows ``nova.network.neutron.API``. Ports
that are named cost one request, networks one, security groups and fixed addresses one each where they are named, and
the quota one where several servers are asked for. ``auto`` in a project without a network costs three more.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import (
    ExternalNetworkAttachForbidden,
    FixedIpAlreadyInUse,
    InvalidInput,
    NetworkAmbiguous,
    NetworkNotFoundForServer,
    NetworkRequiresSubnet,
    NoUniqueMatch,
    PortBindingFailed,
    PortInUse,
    PortNotFoundForServer,
    PortNotUsable,
    PortNotUsableDNS,
    PortRequiresFixedIP,
    SecurityGroupCannotBeApplied,
    SecurityGroupNotFoundForServer,
)
from berthline.domain.ids import NetworkId, PortId, ProjectId, SecurityGroupId, is_uuid
from berthline.network.neutron import wire
from berthline.network.neutron.auto import auto_network
from berthline.network.neutron.calls import NeutronCalls, as_service, as_user
from berthline.network.nics.groups import CANNOT_BE_APPLIED
from berthline.network.service import Asked, FoundNic, Validated
from berthline.placement import unmet_needs

BINDING_FAILED = "binding_failed"


async def validate(
    calls: NeutronCalls,
    caller: Caller,
    requested: Asked,
    security_groups: tuple[str, ...],
    *,
    count: int,
    hostname: str | None,
    dry_run: bool = False,
) -> Validated:
    """See ``NetworkService.validate_networks``."""
    project = await calls.session.project_of(caller)
    if requested == "none":
        nics: tuple[FoundNic, ...] = ()
    else:
        nics = await _nics(calls, caller, project, requested, hostname, dry_run=dry_run)
    new = [nic for nic in nics if nic.port_id is None]
    named_ids = await _groups(calls, caller, project, security_groups, nics)
    group_ids = named_ids if new else ()
    # Five requests are enough for everything: with ports and groups asked for too, Neutron is the judge of addresses.
    await _check_free(calls, nics, look=not group_ids or len(new) == len(nics))
    ports_left = await _ports_left(calls, caller, project) if count > 1 and new else None
    return Validated(
        requested=requested,
        security_groups=security_groups,
        most=count if ports_left is None else min(count, ports_left // len(new)),
        ports_left=ports_left,
        nics=nics,
        group_ids=group_ids,
        outside_project=project,
    )


async def _nics(
    calls: NeutronCalls,
    caller: Caller,
    project: ProjectId,
    requested: Asked,
    hostname: str | None,
    *,
    dry_run: bool,
) -> tuple[FoundNic, ...]:
    if isinstance(requested, tuple) and requested and not requested[0].names_nothing:
        return await _named(calls, caller, project, requested, hostname)
    found = await calls.usable_networks(as_user(caller), project)
    if len(found) > 1:
        raise NetworkAmbiguous(
            "Multiple possible networks found, use a Network ID to be more specific.", {"candidates": _told(found)}
        )
    if not found and requested == "auto":
        found = (await auto_network(calls, caller, project, dry_run=dry_run),)
    tag = requested[0].tag if isinstance(requested, tuple) and requested else None
    only = [_nic(0, RequestedNetwork(network_id=NetworkId(one.id), tag=tag), one, None) for one in found]
    return tuple(only)


async def _named(
    calls: NeutronCalls,
    caller: Caller,
    project: ProjectId,
    asked: Sequence[RequestedNetwork],
    hostname: str | None,
) -> tuple[FoundNic, ...]:
    user = as_user(caller)
    wanted_ports = [item.port_id for item in asked if item.port_id]
    ports = await calls.ports(user, wanted_ports)
    taken: set[PortId] = set()
    for index, item in enumerate(asked):
        if item.port_id:
            _check_port(caller, project, ports.get(item.port_id), item.port_id, hostname, index)
            if item.port_id in taken:
                raise PortInUse(f"Port {item.port_id} is still in use: the request names it twice.", {"item": index})
            taken.add(item.port_id)
    ids = {item.network_id for item in asked if item.network_id} | {port.network_id for port in ports.values()}
    networks = await calls.networks(user, ids)
    visible = {one.id for one in networks.values() if _visible(caller, project, one)}
    lost = [index for index, item in enumerate(asked) if item.network_id and item.network_id not in visible]
    if lost:
        raise await _not_found(calls, caller, project, asked, lost)
    nics = []
    for index, item in enumerate(asked):
        port = ports[item.port_id] if item.port_id else None
        network = networks.get(port.network_id if port else str(item.network_id))
        if network is None:  # a port whose network its owner may not see
            network = wire.Network(id=port.network_id if port else str(item.network_id))
        if port is None and network.external and not network.shared and not caller.is_admin:
            raise ExternalNetworkAttachForbidden(
                f"It is not allowed to create an interface on external network {network.id}", {"item": index}
            )
        nics.append(_nic(index, item, network, port))
    return tuple(nics)


def _check_port(
    caller: Caller, project: ProjectId, port: wire.Port | None, port_id: PortId, hostname: str | None, index: int
) -> None:
    where: Mapping[str, object] = {"item": index}
    if port is None or (port.owner != project and not caller.is_admin):
        raise PortNotFoundForServer(f"Port id {port_id} could not be found.", where)
    if port.owner != project:
        raise PortNotUsable(f"Port {port_id} not usable for this instance: it is of another project.", where)
    if port.device_id:
        raise PortInUse(f"Port {port_id} is still in use.", where)
    if port.vif_type == BINDING_FAILED:
        raise PortBindingFailed(
            f"Binding failed for port {port_id}, please check neutron logs for more information.", where
        )
    if need := unmet_needs.of_port(port.vnic_type or "normal", port.profile or {}):
        raise PortNotUsable(
            f"Port {port_id} not usable for this instance. It asks for {need}, which this cloud does not offer.", where
        )
    if port.dns_name and hostname is not None and port.dns_name.lower() != hostname.lower():
        raise PortNotUsableDNS(
            f"Port {port_id} not usable for this instance. Value {port.dns_name} assigned to dns_name attribute does "
            f"not match instance's hostname {hostname}",
            where,
        )
    if not port.fixed_ips and port.ip_allocation not in {"deferred", "none"}:
        raise PortRequiresFixedIP(f"Port {port_id} requires a FixedIP in order to be used.", where)


def _nic(index: int, item: RequestedNetwork, network: wire.Network, port: wire.Port | None) -> FoundNic:
    """One NIC. Raises for a new one on a network that cannot give what is asked."""
    fixed_ip = item.fixed_ip
    if port is None:
        if not network.subnets:
            raise NetworkRequiresSubnet(
                f"Network {network.id} requires a subnet in order to boot instances on.", {"item": index}
            )
        if fixed_ip is not None:
            try:
                fixed_ip = str(ipaddress.ip_address(fixed_ip))
            except ValueError:
                raise InvalidInput(
                    f"Invalid input received: {fixed_ip[:64]} is not an IP address", {"item": index}
                ) from None
    return FoundNic(
        network_id=NetworkId(network.id),
        label=network.name,
        port_id=PortId(port.id) if port else None,
        mac_address=port.mac_address.lower() if port else None,
        fixed_ip=None if port else fixed_ip,
        tag=item.tag,
        meta=network.meta,
        secured=network.port_security_enabled,
        revision=port.revision_number if port else None,
    )


async def _check_free(calls: NeutronCalls, nics: Sequence[FoundNic], *, look: bool) -> None:
    """Raise FixedIpAlreadyInUse for an address that is asked for twice or, if ``look``, that any port has."""
    wanted = [(index, nic.network_id, nic.fixed_ip) for index, nic in enumerate(nics) if nic.fixed_ip is not None]
    if not wanted:
        return
    holders = await calls.ports_with(as_service(), [address for _, _, address in wanted]) if look else ()
    held = {(port.network_id, fixed.ip_address) for port in holders for fixed in port.fixed_ips}
    for index, network_id, address in wanted:
        if (network_id, address) in held:
            raise FixedIpAlreadyInUse(
                f"Fixed IP address {address} is already in use on network {network_id}.", {"item": index}
            )
        held.add((network_id, address))


async def _groups(
    calls: NeutronCalls, caller: Caller, project: ProjectId, wanted: tuple[str, ...], nics: Sequence[FoundNic]
) -> tuple[SecurityGroupId, ...]:
    """Ids of the groups for the ports that are made; empty: Neutron's own choice, the project's default group.

    What is named has to be there also where no port is made (Nova's _check_requested_secgroups).
    """
    named = tuple(dict.fromkeys(wanted))
    if not named or named == ("default",):
        return ()
    for index, nic in enumerate(nics):
        if nic.port_id is None and not nic.secured:
            reason = f"port security of network {nic.label or nic.network_id} is off"
            raise SecurityGroupCannotBeApplied(CANNOT_BE_APPLIED, {"item": index, "reason": reason})
    ids = [name for name in named if is_uuid(name)]
    query = [("id", one) for one in ids] if len(ids) == len(named) else [("project_id", project)]
    found = await calls.groups(as_user(caller), query)
    usable = [group for group in found if group.owner == project or group.shared or caller.is_admin]
    return tuple(dict.fromkeys(_group(usable, project, name) for name in named))


def _group(found: Sequence[wire.Group], project: ProjectId, wanted: str) -> SecurityGroupId:
    by_id = [group for group in found if group.id == wanted]
    matching = by_id or [group for group in found if group.name == wanted and group.owner == project]
    if not matching:
        raise SecurityGroupNotFoundForServer(f"Security group {wanted} not found for project {project}.")
    if len(matching) > 1:
        raise NoUniqueMatch(
            f"Multiple security groups found matching '{wanted}'. Use an ID to be more specific.",
            {"candidates": [{"id": group.id, "name": wanted} for group in matching]},
        )
    return SecurityGroupId(matching[0].id)


async def _ports_left(calls: NeutronCalls, caller: Caller, project: ProjectId) -> int | None:
    """How many ports more the project may have; None: no end, or not told. For one server, Neutron is the judge."""
    use = await calls.port_quota(as_user(caller), project)
    if use is None or use.limit < 0:
        return None
    return max(0, use.limit - use.used - use.reserved)


def _visible(caller: Caller, project: ProjectId, network: wire.Network) -> bool:
    return caller.is_admin or network.owner == project or network.shared or network.external


async def _not_found(
    calls: NeutronCalls, caller: Caller, project: ProjectId, asked: Sequence[RequestedNetwork], lost: Sequence[int]
) -> NetworkNotFoundForServer:
    ids = ", ".join(dict.fromkeys(str(asked[index].network_id) for index in lost))
    candidates = await calls.usable_networks(as_user(caller), project)
    names = ", ".join(f"{network.name or '(no name)'} ({network.id})" for network in candidates) or "none"
    return NetworkNotFoundForServer(
        f"Network {ids} could not be found. Networks this project may use: {names}",
        {"item": lost[0], "items": list(lost), "candidates": _told(candidates)},
    )


def _told(found: Sequence[wire.Network]) -> list[dict[str, Any]]:
    return [{"id": network.id, "name": network.name} for network in found]
