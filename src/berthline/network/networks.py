"""Networks: checked as Neutron checks them, each on a segment of its own."""

import secrets
from typing import Any, Final

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    Conflict,
    DefaultExternalNetworkExists,
    ExternalNetworkInUse,
    FlatNetworkInUse,
    InvalidInput,
    InvalidSharedSetting,
    NetworkInUse,
    NetworkNotFound,
    VlanIdInUse,
)
from berthline.domain.guest_services import dns
from berthline.domain.ids import NetworkId, new_id
from berthline.domain.network import (
    ACCESS_EXTERNAL,
    ACCESS_SHARED,
    OWNER_FLOATING_IP,
    OWNER_METADATA,
    OWNER_ROUTER_GATEWAY,
    Action,
    Network,
    NetworkType,
)
from berthline.network import availability_zones, mtu, policy, sharing
from berthline.network.ports import floating_addresses
from berthline.network.ports import metadata as metadata_port
from berthline.network.requests import NetworkCreate, NetworkUpdate, given
from berthline.network.settings import NetworkSettings
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import auto_topologies, networks, ports, rbac_policies, subnets
from berthline.store.network.changes import Change, mark_named_ports, record
from berthline.store.network.rbac_policies import Targets

GENEVE_IDS: Final = range(1, 2**24)
VLAN_IDS: Final = range(1, 4095)
SEGMENT_TRIES: Final = 64


def find(connection: Connection, caller: Caller, network_id: str) -> Network:
    """A network that the caller sees. Raises NetworkNotFound, also for one of another project."""
    found = networks.get(connection, network_id, policy.visible_to(caller), caller.project_id)
    if found is None:
        raise NetworkNotFound(f"Network {network_id} could not be found.")
    return found


def create(
    connection: Connection, caller: Caller, request: NetworkCreate, settings: NetworkSettings, at: int
) -> Network:
    """Make a network.

    Raises InvalidInput, AvailabilityZoneNotFound, PolicyNotAuthorized, OverQuota, a Conflict when its segment is taken
    or it would be a second default external network.
    """
    project_id = policy.owner_of_new(caller, request, "create_network")
    for name, value, default in _admin_only(request):
        if value is not UNSET and value != default:
            policy.check_admin(caller, f"create_network:{name}")
    kind, physical_network, segment = _segment(request, settings)
    network = Network(
        id=NetworkId(new_id()),
        project_id=project_id,
        name=given(request.name, ""),
        description=given(request.description, ""),
        admin_state_up=given(request.admin_state_up, True),
        shared=given(request.shared, False),
        opened=given(request.shared, False) or given(request.external, False),
        external=given(request.external, False),
        is_default=bool(given(request.is_default, False)),
        mtu=_mtu(given(request.mtu, 0), kind, settings),
        port_security_enabled=given(request.port_security_enabled, True),
        dns_domain=dns.domain_name(given(request.dns_domain, "")),
        network_type=kind,
        physical_network=physical_network,
        segmentation_id=segment,
        tags=tuple(sorted(set(given(request.tags, [])))),
        availability_zone_hints=availability_zones.checked_hints(given(request.availability_zone_hints, []), settings),
        revision=1,
        created_at=at,
        updated_at=at,
    )
    _check_one_default(connection, network)
    network = _add(connection, network)
    _open_to_all(connection, network, shared=network.shared, external=network.external)
    record(connection, [_change(network, "created")], at)
    quotas.take(connection, project_id, {"network": 1})
    return network


def update(
    connection: Connection,
    caller: Caller,
    network_id: str,
    request: NetworkUpdate,
    settings: NetworkSettings,
    at: int,
    revision: int | None = None,
) -> Network:
    """Change a network. ``revision`` is what If-Match named.

    Raises NetworkMTUSubnetConflict, and what ``create`` raises.
    """
    networks.lock(connection, [network_id])
    network = find(connection, caller, network_id)
    policy.check_owner(caller, network.project_id, "update_network")
    policy.check_revision(revision, network.revision, network_id)
    for name, value, _ in _admin_only(request):
        if value is not UNSET:
            policy.check_admin(caller, f"update_network:{name}")
    if network.external and request.external is False:
        _check_no_way_out_uses(connection, network)
    changes: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(request).items() if value is not UNSET
    }
    if "is_default" in changes:
        changes["is_default"] = bool(changes["is_default"])
    if "dns_domain" in changes:
        changes["dns_domain"] = dns.domain_name(changes["dns_domain"])
    if "mtu" in changes:
        changes["mtu"] = _mtu(changes["mtu"], network.network_type, settings)
        of_network = subnets.of_networks(connection, [network.id])[network.id]
        mtu.check(network.id, changes["mtu"], {subnet.ip_version for subnet in of_network})
    changed = msgspec.structs.replace(network, **changes, revision=network.revision + 1, updated_at=at)
    _check_one_default(connection, changed)
    networks.save(connection, changed)
    record(connection, [_change(changed, "updated")], at)
    if changed.dns_domain != network.dns_domain:
        mark_named_ports(connection, network.id, at)
    return _reopened(connection, caller, network, changed, request, at)


def opened_anew(connection: Connection, network: Network, before: Targets, after: Targets, at: int) -> None:
    """Bring a network that is locked in line with its policies, which were changed: it has a new revision.

    It is external while a policy says so. Raises ExternalNetworkInUse, DefaultExternalNetworkExists.
    """
    external = network.external
    if before.get(ACCESS_EXTERNAL) != after.get(ACCESS_EXTERNAL):
        external = bool(after.get(ACCESS_EXTERNAL))
    if network.external and not external:
        _check_no_way_out_uses(connection, network)
    changed = msgspec.structs.replace(network, external=external, revision=network.revision + 1, updated_at=at)
    _check_one_default(connection, changed)
    networks.save(connection, changed)
    record(connection, [_change(changed, "updated")], at)
    if sharing.has_guests(before, network.project_id) != sharing.has_guests(after, network.project_id):
        mark_named_ports(connection, network.id, at)


def delete(connection: Connection, caller: Caller, network_id: str, at: int, revision: int | None = None) -> None:
    """Delete a network with its subnets, its metadata port and the floating IPs on it that lead nowhere.

    Raises NetworkInUse while other ports are on it, those of floating IPs among them that lead somewhere or are not the
    caller's to delete.
    """
    networks.lock(connection, [network_id])
    network = find(connection, caller, network_id)
    policy.check_owner(caller, network.project_id, "delete_network")
    policy.check_revision(revision, network.revision, network_id)
    if network.external:
        floating_addresses.remove_unassociated(connection, network.id, policy.visible_to(caller), at)
    users = networks.is_in_use(connection, network.id, [OWNER_METADATA])
    if users:
        raise NetworkInUse(
            f"Unable to complete operation on network {network_id}. There are one or more ports still in use on the "
            f"network, id for these ports is: {', '.join(users)}."
        )
    metadata_port.remove(connection, network.id, at)
    gone = subnets.of_networks(connection, [network.id])[network.id]
    for subnet in gone:
        subnets.remove(connection, subnet.id)
    policies = rbac_policies.remove_of(connection, network.id)
    networks.remove(connection, network.id)
    record(
        connection,
        [
            *(
                Change(
                    kind="subnet",
                    id=subnet.id,
                    project_id=subnet.project_id,
                    revision=subnet.revision + 1,
                    what="deleted",
                )
                for subnet in gone
            ),
            _change(msgspec.structs.replace(network, revision=network.revision + 1), "deleted"),
        ],
        at,
    )
    for subnet in gone:
        quotas.give_back(connection, subnet.project_id, {"subnet": 1})
    sharing.give_back(connection, policies)
    quotas.give_back(connection, network.project_id, {"network": 1})


def _open_to_all(connection: Connection, network: Network, *, shared: bool, external: bool) -> None:
    """Write the policies that say that everybody may use a network, and count those that were not there."""
    asked: list[tuple[Action, bool]] = [(ACCESS_SHARED, shared), (ACCESS_EXTERNAL, external)]
    made = [
        rbac_policies.add_for_all(connection, "network", network.id, network.project_id, action)
        for action, wanted in asked
        if wanted
    ]
    if any(made):
        quotas.take(connection, network.project_id, {sharing.RESOURCE: sum(made)}, forced=True)


def _reopened(
    connection: Connection, caller: Caller, before: Network, network: Network, request: NetworkUpdate, at: int
) -> Network:
    """Have the policies of a network say what ``shared`` and ``router:external`` of a request do; it as it is shown.

    Raises InvalidSharedSetting while others have ports on a network that is to be shared no more.
    """
    if request.shared is UNSET and request.external is UNSET:
        return network
    old = rbac_policies.targets(connection, network.id)
    external = network.external and not before.external
    _open_to_all(connection, network, shared=request.shared is True, external=external)
    if request.shared is False:
        sharing.give_back(connection, rbac_policies.remove_for_all(connection, network.id, ACCESS_SHARED))
    if before.external and not network.external:
        sharing.give_back(connection, rbac_policies.remove_of(connection, network.id, ACCESS_EXTERNAL))
    new = rbac_policies.targets(connection, network.id)
    if sharing.dependent_on_network(connection, network.id, network.project_id, old, new) is not None:
        raise InvalidSharedSetting(
            f"Unable to reconfigure sharing settings for network {network.id}. Multiple projects are using it."
        )
    if sharing.has_guests(old, network.project_id) != sharing.has_guests(new, network.project_id):
        mark_named_ports(connection, network.id, at)
    return msgspec.structs.replace(network, shared=sharing.shared_with(new, caller.project_id))


def _admin_only(request: NetworkUpdate) -> list[tuple[str, Any, Any]]:
    """Name, value and default of what only an admin may set."""
    found: list[tuple[str, Any, Any]] = [
        ("shared", request.shared, False),
        ("router:external", request.external, False),
        ("is_default", request.is_default, False),
    ]
    if isinstance(request, NetworkCreate):
        found += [
            ("provider:network_type", request.network_type, None),
            ("provider:physical_network", request.physical_network, None),
            ("provider:segmentation_id", request.segmentation_id, None),
        ]
    return found


def _segment(request: NetworkCreate, settings: NetworkSettings) -> tuple[NetworkType, str | None, int | None]:
    """Type, physical network and segment that are asked for; segment None of a tunnel or VLAN is chosen later."""
    kind = given(request.network_type, None) or "geneve"
    physical = given(request.physical_network, None)
    segment = given(request.segmentation_id, None)
    if kind == "geneve":
        if physical is not None:
            raise _invalid("provider:physical_network specified for geneve network")
        if segment is not None and segment not in GENEVE_IDS:
            raise _invalid(f"segmentation_id must be from {GENEVE_IDS.start} to {GENEVE_IDS.stop - 1} for geneve")
        return "geneve", None, segment
    if kind not in {"flat", "vlan"}:
        raise _invalid(f"network_type '{kind}' is unknown; geneve, flat and vlan are known")
    if physical is None:
        raise _invalid(f"physical_network required for {kind} provider network")
    if physical not in settings.physical_networks:
        known = ", ".join(settings.physical_networks) or "none"
        raise _invalid(f"physical_network '{physical}' unknown for {kind} provider network; known are: {known}")
    if kind == "flat":
        if segment is not None:
            raise _invalid("segmentation_id specified for flat network")
        return "flat", physical, None
    if segment is not None and segment not in VLAN_IDS:
        raise _invalid(f"segmentation_id must be from {VLAN_IDS.start} to {VLAN_IDS.stop - 1} for vlan")
    return "vlan", physical, segment


def _add(connection: Connection, network: Network) -> Network:
    """Write the network on its segment, or on a random free one; the unique indexes are the judges."""
    if network.network_type == "flat" or network.segmentation_id is not None:
        if networks.add(connection, network):
            return network
        _check_one_default(connection, network)
        if network.network_type == "flat":
            raise FlatNetworkInUse(
                f"Unable to create the flat network. Physical network {network.physical_network} is in use."
            )
        raise VlanIdInUse(f"Unable to create the network. The segment {network.segmentation_id} is in use.")
    choices = GENEVE_IDS if network.network_type == "geneve" else VLAN_IDS
    for _ in range(SEGMENT_TRIES):
        tried = msgspec.structs.replace(network, segmentation_id=secrets.choice(choices))
        if networks.add(connection, tried):
            return tried
        _check_one_default(connection, tried)
    raise Conflict(f"no free {network.network_type} segment was found in {SEGMENT_TRIES} tries: name one that is free")


def _mtu(wanted: int, kind: NetworkType, settings: NetworkSettings) -> int:
    largest = settings.overlay_mtu if kind == "geneve" else settings.physical_mtu
    if wanted == 0:
        return largest
    if wanted > largest:
        raise _invalid(f"Requested MTU is too big, maximum is {largest}")
    return wanted


def _check_no_way_out_uses(connection: Connection, network: Network) -> None:
    for owner in (OWNER_ROUTER_GATEWAY, OWNER_FLOATING_IP):
        if ports.of_network(connection, network.id, owner):
            raise ExternalNetworkInUse(
                f"External network {network.id} cannot be updated to be made non-external, since it has existing "
                "gateway ports."
            )


def _check_one_default(connection: Connection, network: Network) -> None:
    if not (network.external and network.is_default):
        return
    other = auto_topologies.default_external_network(connection)
    if other not in {None, network.id}:
        raise DefaultExternalNetworkExists(f"A default external network already exists: {other}.")


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(f"Invalid input for operation: {reason}.")


def _change(network: Network, what: str) -> Change:
    return Change(
        kind="network",
        id=network.id,
        project_id=network.project_id,
        revision=network.revision,
        what=what,
        unit="network",
    )
