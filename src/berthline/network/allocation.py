"""Networks for a server: what is asked is checked, and every NIC of it allocated and bound, in one transaction.

What a user sees follows Nova's ``network.neutron.API``: ``validate_networks``, ``_validate_requested_port_ids``,
``_validate_requested_network_ids``, ``allocate_for_instance`` and ``deallocate_for_instance``. Where Nova makes some
9 calls a NIC and undoes them one by one, this is a handful of statements that all happen or do not.
"""

from collections.abc import Sequence

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Nic, RequestedNetwork
from berthline.domain.errors import (
    ExternalNetworkAttachForbidden,
    NetworkAmbiguous,
    NetworkNotFoundForServer,
    NetworkRequiresSubnet,
    NoUniqueMatch,
    OverQuota,
    PortInUse,
    PortLimitExceeded,
    PortNotFoundForServer,
    PortNotUsable,
    PortRequiresFixedIp,
    SecurityGroupCannotBeApplied,
    SecurityGroupNotFoundForServer,
    UnableToAutoAllocateNetwork,
)
from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, SecurityGroupId, ServerId, new_id
from berthline.ipam.mac import random_mac
from berthline.network.addresses_for_nics import AddressChooser
from berthline.store import Connection, quotas, security_groups, server_ports
from berthline.store.floating_ips import disassociate_port
from berthline.store.server_ports import NetworkFacts, NewPort, Owner, PortFacts

Asked = tuple[RequestedNetwork, ...] | str | None
"""Items, "auto", "none", or None: nothing was said, so the one available network is meant."""


class ServerClaim(msgspec.Struct, frozen=True, kw_only=True):
    """The server that NICs are allocated for, and the host its ports are bound to."""

    server_id: ServerId
    project_id: ProjectId
    hostname: str
    availability_zone: str
    host: HostName


class _Item(msgspec.Struct, frozen=True):
    """One NIC, resolved: its network, and the port that was there before or None."""

    asked: RequestedNetwork
    network: NetworkFacts
    port: PortFacts | None


def allocate_for_instance(
    connection: Connection,
    caller: Caller,
    claim: ServerClaim,
    requested: Asked,
    group_names: tuple[str, ...],
    at: int,
    *,
    first_position: int = 0,
) -> tuple[Nic, ...]:
    """Allocate and bind every NIC of a server, in the order asked, in the caller's transaction.

    ``first_position`` is the place of the first of them, behind the NICs that the server has.

    Raises NetworkNotFoundForServer, NetworkAmbiguous, NetworkRequiresSubnet, ExternalNetworkAttachForbidden,
    PortNotFoundForServer, PortNotUsable, PortInUse, PortRequiresFixedIp, InvalidInput, FixedIpAlreadyInUse,
    IpAddressGenerationFailure, SecurityGroupNotFoundForServer, NoUniqueMatch, SecurityGroupCannotBeApplied and
    PortLimitExceeded; the transaction then has to end. ``at`` in microseconds since the epoch.
    """
    if requested == "none":
        return ()
    items = _resolve(connection, caller, claim, requested)
    if not items:
        return ()
    owner = Owner(
        server_id=claim.server_id,
        project_id=claim.project_id,
        device_owner=f"compute:{claim.availability_zone}",
        dns_name=claim.hostname,
        host=claim.host,
    )
    created = [item for item in items if item.port is None]
    groups = _groups(connection, claim.project_id, group_names, created, at)
    new = _new_ports(connection, created, groups)
    server_ports.insert_ports(connection, new, owner, at)
    for item in items:
        if item.port is not None and not server_ports.claim_port(connection, item.port.id, owner, at):
            raise PortInUse(f"Port {item.port.id} is still in use.")
    made = iter(new)
    nics = [
        (item.port.id, item.asked.tag, True) if item.port else (next(made).id, item.asked.tag, False) for item in items
    ]
    server_ports.insert_nics(connection, claim.server_id, nics, first_position)
    _take_quota(connection, claim.project_id, len(new))
    return tuple(
        Nic(port_id=port_id, position=position, tag=tag, preserve_on_delete=preserve)
        for position, (port_id, tag, preserve) in enumerate(nics, first_position)
    )


def deallocate_for_instance(connection: Connection, server_id: ServerId, at: int) -> None:
    """Delete the ports that were made for the server and unbind those that were there before. Again: no change.

    Ports are found by their device id, so that none is forgotten whatever the NIC rows say.
    """
    _free(connection, server_ports.ports_of_server(connection, server_id), at)


def deallocate_port_for_instance(connection: Connection, server_id: ServerId, port_id: PortId, at: int) -> None:
    """Free one NIC as ``deallocate_for_instance`` frees all. A port that is not the server's is left alone."""
    held = server_ports.ports_of_server(connection, server_id)
    _free(connection, [each for each in held if each[0] == port_id], at)


def _free(connection: Connection, held: Sequence[tuple[PortId, ProjectId, bool]], at: int) -> None:
    created = [port for port, _, preserve in held if not preserve]
    kept = [port for port, _, preserve in held if preserve]
    server_ports.remove_nics(connection, [port for port, _, _ in held])
    for port in created:
        disassociate_port(connection, port, at)
    if created:
        server_ports.delete_ports(connection, created, at)
    if kept:
        server_ports.unbind_ports(connection, kept, at)
    for project in {project for _, project, preserve in held if not preserve}:
        count = sum(1 for _, owner, preserve in held if owner == project and not preserve)
        quotas.give_back(connection, project, {"port": count})


def _resolve(connection: Connection, caller: Caller, claim: ServerClaim, requested: Asked) -> list[_Item]:
    """What each NIC of the request is to be. Raises Nova's errors for what cannot be."""
    if isinstance(requested, tuple) and requested:
        return _resolve_items(connection, caller, claim, requested)
    found = server_ports.candidate_networks(connection, claim.project_id)
    if len(found) > 1:
        names = ", ".join(f"{network.name or '(no name)'} ({network.id})" for network in found)
        raise NetworkAmbiguous(
            f"Multiple possible networks found, use a Network ID to be more specific. Possible are: {names}",
            {"candidates": [{"id": network.id, "name": network.name} for network in found]},
        )
    if not found and requested == "auto":
        raise UnableToAutoAllocateNetwork(
            f"Unable to automatically allocate a network for project {claim.project_id}: it has none and none is "
            "shared with it. Create a network with a subnet, or ask for 'none'."
        )
    asked = tuple(RequestedNetwork(network_id=network.id) for network in found)
    return _resolve_items(connection, caller, claim, asked) if asked else []


def _resolve_items(
    connection: Connection, caller: Caller, claim: ServerClaim, asked: Sequence[RequestedNetwork]
) -> list[_Item]:
    ports = server_ports.ports_by_id(connection, [item.port_id for item in asked if item.port_id])
    for item in asked:
        if item.port_id:
            _check_port(caller, claim, ports.get(item.port_id), item.port_id)
    repeated = _repeated([item.port_id for item in asked if item.port_id])
    if repeated:
        raise PortInUse(f"Port {repeated} is still in use: the request names it twice.")
    wanted = {item.network_id for item in asked if item.network_id} | {port.network_id for port in ports.values()}
    networks = server_ports.networks_by_id(connection, wanted)
    items = []
    for item in asked:
        port = ports[item.port_id] if item.port_id else None
        network_id = port.network_id if port else item.network_id
        network = networks.get(network_id) if network_id else None
        if network is None or not (port or _visible(caller, claim, network)):
            raise _network_not_found(connection, claim, network_id)
        if port is None and network.external and not network.shared and not caller.is_admin:
            raise ExternalNetworkAttachForbidden(
                f"It is not allowed to create an interface on external network {network.id}"
            )
        items.append(_Item(item, network, port))
    return items


def _check_port(caller: Caller, claim: ServerClaim, port: PortFacts | None, port_id: PortId) -> None:
    """Whether a port that was there before may become a NIC of this server."""
    if port is None or (port.project_id != caller.project_id and not caller.is_admin):
        raise PortNotFoundForServer(f"Port id {port_id} could not be found.")
    if port.project_id != claim.project_id:
        raise PortNotUsable(f"Port {port_id} not usable for instance {claim.server_id}.")
    if port.device_id:
        raise PortInUse(f"Port {port_id} is still in use.")
    if not port.addressed:
        raise PortRequiresFixedIp(f"Port {port_id} requires a FixedIP in order to be used.")
    if port.dns_name and port.dns_name != claim.hostname:
        raise PortNotUsable(
            f"Port {port_id} not usable for instance {claim.server_id}. Value {port.dns_name} assigned to dns_name "
            f"attribute does not match instance's hostname {claim.hostname}"
        )


def _visible(caller: Caller, claim: ServerClaim, network: NetworkFacts) -> bool:
    return caller.is_admin or network.project_id == claim.project_id or network.shared or network.external


def _network_not_found(connection: Connection, claim: ServerClaim, network_id: str | None) -> NetworkNotFoundForServer:
    found = server_ports.candidate_networks(connection, claim.project_id)
    names = ", ".join(f"{network.name or '(no name)'} ({network.id})" for network in found) or "none"
    return NetworkNotFoundForServer(
        f"Network {network_id} could not be found. Networks this project may use: {names}",
        {"candidates": [{"id": network.id, "name": network.name} for network in found]},
    )


def _repeated(ids: Sequence[PortId]) -> PortId | None:
    seen: set[PortId] = set()
    for port_id in ids:
        if port_id in seen:
            return port_id
        seen.add(port_id)
    return None


def _groups(
    connection: Connection, project_id: ProjectId, wanted: tuple[str, ...], created: Sequence[_Item], at: int
) -> tuple[SecurityGroupId, ...]:
    """Ids of the groups for the ports that are made; names and ids are taken, an id wins over a name."""
    if not created:
        return ()
    unsecured = next((item.network for item in created if not item.network.port_security_enabled), None)
    named = tuple(dict.fromkeys(wanted))
    if not named or named == ("default",):
        return (security_groups.ensure_default(connection, project_id, at),)
    if unsecured is not None:
        raise SecurityGroupCannotBeApplied(
            f"Network {unsecured.id} has port security disabled, so security groups cannot be applied to a port on it: "
            "ask for none."
        )
    if "default" in named:
        security_groups.ensure_default(connection, project_id, at)
    found = server_ports.groups_named(connection, project_id, named)
    return tuple(dict.fromkeys(_group(found, project_id, name) for name in named))


def _group(found: Sequence[tuple[SecurityGroupId, str]], project_id: ProjectId, wanted: str) -> SecurityGroupId:
    by_id = [group for group, _ in found if group == wanted]
    matching = by_id or [group for group, name in found if name == wanted]
    if not matching:
        raise SecurityGroupNotFoundForServer(f"Security group {wanted} not found for project {project_id}.")
    if len(matching) > 1:
        raise NoUniqueMatch(
            f"Multiple security groups found matching '{wanted}'. Use an ID to be more specific: {', '.join(matching)}"
        )
    return matching[0]


def _new_ports(connection: Connection, created: Sequence[_Item], groups: tuple[SecurityGroupId, ...]) -> list[NewPort]:
    """Every id, MAC and address of the ports to be made, chosen."""
    networks = {item.network.id for item in created}
    chooser = AddressChooser(connection, networks)
    macs = _fresh_macs(connection, len(created))
    new = []
    for item, mac in zip(created, macs, strict=True):
        network = item.network
        if not chooser.subnets(network.id):
            raise NetworkRequiresSubnet(f"Network {network.id} requires a subnet in order to boot instances on.")
        fixed_ips = (
            chooser.asked(network.id, item.asked.fixed_ip, mac)
            if item.asked.fixed_ip
            else chooser.any(network.id, network.name, mac)
        )
        new.append(
            NewPort(
                id=PortId(new_id()),
                network_id=NetworkId(network.id),
                mac_address=mac,
                port_security_enabled=network.port_security_enabled,
                fixed_ips=fixed_ips,
                security_group_ids=groups if network.port_security_enabled else (),
            )
        )
    return new


def _fresh_macs(connection: Connection, count: int) -> list[str]:
    """So many different MACs that no port has. The unique index of the ports is the judge."""
    chosen: set[str] = set()
    while len(chosen) < count:
        tried = {random_mac() for _ in range(count - len(chosen))} - chosen
        chosen |= tried - server_ports.macs_in_use(connection, tried)
    return sorted(chosen)


def _take_quota(connection: Connection, project_id: ProjectId, count: int) -> None:
    if not count:
        return
    try:
        quotas.take(connection, project_id, {"port": count})
    except OverQuota as error:
        raise PortLimitExceeded(f"Maximum number of ports exceeded. {error.message}", error.details) from None
