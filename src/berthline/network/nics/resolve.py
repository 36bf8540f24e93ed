"""Which NICs a request means: each item with its network, or the port that was there before, or why it cannot be.

The order of the checks and their words follow ``nova.network.neutron.API``: ``validate_networks`` with
``_ports_needed_per_instance``, ``_validate_requested_port_ids`` and ``_validate_requested_network_ids``. Beyond Nova,
``details`` of each refusal say which item it is about (``item``, from 0) and what would work.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import (
    AutoAllocationFailure,
    ExternalNetworkAttachForbidden,
    InvalidInput,
    NetworkAmbiguous,
    NetworkNotFoundForServer,
    NetworkRequiresSubnet,
    PortBindingFailed,
    PortInUse,
    PortNotFoundForServer,
    PortNotUsable,
    PortNotUsableDNS,
    PortRequiresFixedIP,
    UnableToAutoAllocateNetwork,
)
from berthline.domain.ids import NetworkId, PortId, ProjectId
from berthline.domain.network import Network, Subnet
from berthline.ipam.subnets import host_range
from berthline.network import auto_topologies
from berthline.network.policy import check_owner
from berthline.network.ports.addressing import is_automatic
from berthline.network.service import Asked, Instance
from berthline.network.settings import NetworkSettings
from berthline.placement import unmet_needs
from berthline.store import Connection
from berthline.store.network import networks
from berthline.store.network.nics import ports as server_ports
from berthline.store.network.nics import usable
from berthline.store.network.nics.ports import PortFacts
from berthline.store.network.nics.usable import NetworkFacts

BINDING_FAILED = "binding_failed"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One NIC of a request, resolved. ``port`` is None for one that is to be made; ``index`` counts from 0."""

    index: int
    asked: RequestedNetwork
    network: Network
    subnets: tuple[Subnet, ...]
    port: PortFacts | None = None


def resolve(
    connection: Connection, caller: Caller, server: Instance, requested: Asked, settings: NetworkSettings, at: int
) -> tuple[Item, ...]:
    """What each NIC of the request is to be, in its order; empty when the server gets none.

    For ``auto`` without a network the project's auto-allocated topology is made here, in the caller's transaction.

    Raises NetworkAmbiguous, UnableToAutoAllocateNetwork, NetworkNotFoundForServer, NetworkRequiresSubnet,
    ExternalNetworkAttachForbidden, InvalidInput, PortNotFoundForServer, PortNotUsable, PortNotUsableDNS, PortInUse,
    PortRequiresFixedIP, PortBindingFailed, and PolicyNotAuthorized for an address on a network of another project.
    """
    if requested == "none":
        return ()
    if not server.project_id:
        raise InvalidInput(f"Invalid input received: empty project id for instance {server.server_id}")
    if isinstance(requested, tuple) and requested and not requested[0].names_nothing:
        items = _items(connection, caller, server, requested)
        _check_subnets(items, caller)
        return items
    only = the_one_network(connection, server.project_id)
    if only is None and requested != "auto":
        return ()
    network_id = only.id if only else _made_network(connection, caller, server.project_id, settings, at)
    tag = requested[0].tag if isinstance(requested, tuple) and requested else None
    return _items(connection, caller, server, (RequestedNetwork(network_id=network_id, tag=tag),))


def the_one_network(connection: Connection, project_id: ProjectId) -> NetworkFacts | None:
    """The network that is meant when none is named: the project's only one that is up and not external.

    None when there is none. Raises NetworkAmbiguous.
    """
    found = usable.candidate_networks(connection, project_id)
    if len(found) > 1:
        raise NetworkAmbiguous(
            "Multiple possible networks found, use a Network ID to be more specific.", {"candidates": _named(found)}
        )
    return found[0] if found else None


def _made_network(
    connection: Connection, caller: Caller, project_id: ProjectId, settings: NetworkSettings, at: int
) -> NetworkId:
    """The project's auto-allocated network, made now unless it is there. Raises UnableToAutoAllocateNetwork."""
    try:
        network_id = auto_topologies.provide(connection, caller, project_id, settings, at)
    except AutoAllocationFailure as error:
        reasons = error.details["reasons"]
    else:
        network = networks.get(connection, network_id)
        if network is not None and network.admin_state_up:
            return network_id
        reasons = [f"its auto-allocated network {network_id} is down"]
    assert isinstance(reasons, list)
    raise UnableToAutoAllocateNetwork(
        f"Unable to automatically allocate a network for project {project_id}: it has none that is up, and "
        f"{'; '.join(reasons)}. Create a network with a subnet, or ask for 'none'.",
        {"reasons": reasons},
    )


def _items(
    connection: Connection, caller: Caller, server: Instance, asked: Sequence[RequestedNetwork]
) -> tuple[Item, ...]:
    ports = server_ports.ports_by_id(connection, [item.port_id for item in asked if item.port_id])
    taken: set[PortId] = set()
    for index, item in enumerate(asked):
        if item.port_id:
            _check_port(caller, server, ports.get(item.port_id), item.port_id, index)
            if item.port_id in taken:
                raise PortInUse(f"Port {item.port_id} is still in use: the request names it twice.", {"item": index})
            taken.add(item.port_id)
    wanted = {item.network_id for item in asked if item.network_id} | {port.network_id for port in ports.values()}
    networks.hold(connection, wanted)
    found, subnets = networks.with_subnets(connection, wanted, None, server.project_id)
    visible = {network_id for network_id, network in found.items() if _visible(caller, server, network)}
    _check_found(connection, server, asked, visible)
    items = []
    for index, item in enumerate(asked):
        port = ports[item.port_id] if item.port_id else None
        network = found[port.network_id] if port else found[NetworkId(str(item.network_id))]
        if port is None and network.external and not network.shared and not caller.is_admin:
            raise ExternalNetworkAttachForbidden(
                f"It is not allowed to create an interface on external network {network.id}", {"item": index}
            )
        if port is not None and not (port.addressed or subnets[network.id]):
            raise PortRequiresFixedIP(f"Port {port.id} requires a FixedIP in order to be used.", {"item": index})
        items.append(Item(index=index, asked=item, network=network, subnets=tuple(subnets[network.id]), port=port))
    return tuple(items)


def _check_port(caller: Caller, server: Instance, port: PortFacts | None, port_id: PortId, index: int) -> None:
    """Whether a port that was there before may become a NIC of this server."""
    where: Mapping[str, object] = {"item": index}
    if port is None or (port.project_id != caller.project_id and not caller.is_admin):
        raise PortNotFoundForServer(f"Port id {port_id} could not be found.", where)
    if port.project_id != server.project_id:
        raise PortNotUsable(f"Port {port_id} not usable for instance {server.server_id}.", where)
    if port.device_id or port.is_nic:
        raise PortInUse(f"Port {port_id} is still in use.", where)
    if port.vif_type == BINDING_FAILED:
        raise PortBindingFailed(
            f"Binding failed for port {port_id}, please check neutron logs for more information.", where
        )
    if need := unmet_needs.of_port(port.vnic_type, port.profile):
        raise PortNotUsable(
            f"Port {port_id} not usable for instance {server.server_id}. It asks for {need}, which this cloud does not "
            "offer.",
            where,
        )
    if port.dns_name and port.dns_name.lower() != server.hostname.lower():
        raise PortNotUsableDNS(
            f"Port {port_id} not usable for instance {server.server_id}. Value {port.dns_name} assigned to dns_name "
            f"attribute does not match instance's hostname {server.hostname}",
            where,
        )


def _visible(caller: Caller, server: Instance, network: Network) -> bool:
    return caller.is_admin or network.project_id == server.project_id or network.opened


def _check_found(
    connection: Connection, server: Instance, asked: Sequence[RequestedNetwork], visible: Iterable[NetworkId]
) -> None:
    """Raise NetworkNotFoundForServer, naming every network that is asked for and not visible, and those that are."""
    lost = [index for index, item in enumerate(asked) if item.network_id and item.network_id not in visible]
    if not lost:
        return
    ids = ", ".join(dict.fromkeys(str(asked[index].network_id) for index in lost))
    candidates = usable.candidate_networks(connection, server.project_id)
    names = ", ".join(f"{network.name or '(no name)'} ({network.id})" for network in candidates) or "none"
    raise NetworkNotFoundForServer(
        f"Network {ids} could not be found. Networks this project may use: {names}",
        {"item": lost[0], "items": lost, "candidates": _named(candidates)},
    )


def _check_subnets(items: Sequence[Item], caller: Caller) -> None:
    """Raise NetworkRequiresSubnet and InvalidInput for a new NIC on a network that cannot give what is asked.

    An address is chosen by the network's owner, as with POST ports: Neutron's policy, which Nova meets as the user.
    """
    for item in items:
        if item.port is not None:
            continue
        if not item.subnets:
            raise NetworkRequiresSubnet(
                f"Network {item.network.id} requires a subnet in order to boot instances on.", {"item": item.index}
            )
        if item.asked.fixed_ip is not None:
            _check_address(item, item.asked.fixed_ip)
            check_owner(caller, item.network.project_id, "create_port:fixed_ips")


def _check_address(item: Item, fixed_ip: str) -> None:
    try:
        ip = ipaddress.ip_address(fixed_ip)
    except ValueError:
        raise InvalidInput(
            f"Invalid input received: {fixed_ip[:64]} is not an IP address", {"item": item.index}
        ) from None
    for subnet in item.subnets:
        network = ipaddress.ip_network(subnet.cidr)
        hosts = host_range(network)
        if ip.version == network.version and hosts.first <= int(ip) <= hosts.last:
            if not is_automatic(subnet):
                return
            raise InvalidInput(
                f"Invalid input received: Fixed IP {ip} cannot be assigned in subnet {subnet.cidr}: addresses there "
                "follow from the MAC. Ask for the network without a fixed IP.",
                {"item": item.index, "subnets": [subnet.cidr]},
            )
    cidrs = [subnet.cidr for subnet in item.subnets]
    raise InvalidInput(
        f"Invalid input received: Fixed IP {ip} is not a valid ip address for network {item.network.id}. Its subnets "
        f"are {', '.join(cidrs)}.",
        {"item": item.index, "subnets": cidrs},
    )


def _named(found: Sequence[NetworkFacts]) -> list[dict[str, str]]:
    return [{"id": network.id, "name": network.name} for network in found]
