"""What makes a request for a port sound, and who may ask for what of it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    AddressPairAndPortSecurityRequired,
    HTTPBadRequest,
    InvalidInput,
    PortSecurityPortHasSecurityGroup,
    SecurityGroupConflict,
    SecurityGroupNotFound,
)
from berthline.domain.ids import ProjectId, SecurityGroupId
from berthline.domain.network import (
    OWNER_FLOATING_IP,
    OWNER_METADATA,
    OWNER_ROUTER_GATEWAY,
    OWNER_ROUTER_INTERFACE,
    AddressPair,
    Network,
)
from berthline.ipam.mac import canonical_mac, is_multicast
from berthline.network import policy, values
from berthline.network.requests import AskedPair, PortCreate, PortUpdate, address_pair
from berthline.store import Connection
from berthline.store.network import security_groups

RESERVED_OWNERS: Final = frozenset({OWNER_ROUTER_INTERFACE, OWNER_ROUTER_GATEWAY, OWNER_FLOATING_IP, OWNER_METADATA})
"""Owners of ports that the network service makes and removes itself; nobody may give or take them."""

MAX_ADDRESS_PAIRS: Final = 10
MAX_PROFILE: Final = 4095


def check_policy(caller: Caller, network: Network, request: PortUpdate, rule: str) -> None:
    """Raise PolicyNotAuthorized for an attribute that needs the network's owner or an admin (Neutron's defaults)."""
    if isinstance(request.device_owner, str) and request.device_owner in RESERVED_OWNERS:
        raise HTTPBadRequest(
            f"device_owner {request.device_owner} belongs to the network service: use routers or floating IPs instead."
        )
    if caller.is_admin:
        return
    bound: list[tuple[str, Any]] = [
        ("binding:host_id", request.binding_host),
        ("binding:profile", request.binding_profile),
    ]
    for name, value in bound:
        if value is not UNSET and (value or rule == "update_port"):
            raise policy.denied(f"{rule}:{name}")
    if network.project_id == caller.project_id:
        return
    owners: list[tuple[str, bool]] = [
        ("mac_address", isinstance(request.mac_address, str)),
        ("port_security_enabled", request.port_security_enabled is not UNSET),
        ("allowed_address_pairs", bool(request.allowed_address_pairs)),
        ("device_owner", isinstance(request.device_owner, str) and request.device_owner.startswith("network:")),
        ("fixed_ips", _names_address(request)),
    ]
    for name, asked in owners:
        if asked:
            raise policy.denied(f"{rule}:{name}")


def check_network_usable(caller: Caller, network: Network) -> None:
    """Raise PolicyNotAuthorized where a project may look but have no ports: another's external network."""
    own = caller.is_admin or network.project_id == caller.project_id
    if not own and not network.shared:
        raise policy.denied("create_port")


def mac(text: str) -> str:
    """The MAC in canonical form. Raises InvalidInput for one that a NIC cannot have."""
    found = canonical_mac(text)
    if found is None:
        raise InvalidInput(f"Invalid input for mac_address. Reason: '{text[:64]}' is not a valid MAC address.")
    return found


def address_pairs(asked: Iterable[AskedPair], mac_address: str) -> tuple[AddressPair, ...]:
    """The pairs with addresses as they were sent and MACs in canonical form.

    Raises InvalidInput for multicast, duplicates and too many.
    """
    found: list[AddressPair] = []
    for each in asked:
        pair = address_pair(each, mac_address)
        network = values.prefix("allowed_address_pairs", pair.ip_address)
        if network.is_multicast:
            raise InvalidInput(f"Invalid input for allowed_address_pairs. Reason: {network} is multicast.")
        pair_mac = mac(pair.mac_address)
        if is_multicast(pair_mac) and each.mac_address is not UNSET:
            raise InvalidInput(f"Invalid input for allowed_address_pairs. Reason: {pair_mac} is multicast.")
        found.append(AddressPair(pair.ip_address, pair_mac))
    if len(found) > MAX_ADDRESS_PAIRS:
        raise InvalidInput(
            f"Invalid input for allowed_address_pairs. Reason: Exceeded maximum amount of pairs: {MAX_ADDRESS_PAIRS}."
        )
    if values.repeated(found):
        raise InvalidInput("Invalid input for allowed_address_pairs. Reason: Request contains duplicate address pair.")
    return tuple(found)


def check_port_security(enabled: bool, groups: Iterable[object], pairs: Iterable[object]) -> None:
    """Raise when a port without port security has what only port security can enforce."""
    if enabled:
        return
    if any(True for _ in groups):
        raise PortSecurityPortHasSecurityGroup(
            "Port has security group associated. Cannot disable port security or IP address until security group is "
            "removed."
        )
    if any(True for _ in pairs):
        raise AddressPairAndPortSecurityRequired(
            "Port Security must be enabled in order to have allowed address pairs on a port."
        )


def check_groups(connection: Connection, caller: Caller, wanted: Sequence[str]) -> tuple[SecurityGroupId, ...]:
    """Ids of groups that the caller sees, all of one kind.

    Raises InvalidInput for one that is named twice, SecurityGroupNotFound, and SecurityGroupConflict.
    """
    if twice := values.repeated(wanted):
        raise InvalidInput(f"Invalid input for security_groups. Reason: Duplicate items in the list: '{twice[0]}'.")
    if not wanted:
        return ()
    if len(wanted) > 1:
        security_groups.hold(connection, wanted)
    found = security_groups.existing(connection, wanted, policy.visible_to(caller))
    if (
        len(wanted) == 1
        and not caller.is_admin
        and any(each.project_id != caller.project_id for each in found.values())
    ):
        security_groups.hold(connection, wanted)  # it is shared with the caller, and is to be so yet at the commit
        found = security_groups.existing(connection, wanted, policy.visible_to(caller))
    groups = tuple(SecurityGroupId(group) for group in wanted)
    for group in groups:
        if group not in found:
            raise SecurityGroupNotFound(f"Security group {group} does not exist")
    if mixed(each.stateful for each in found.values()):
        raise SecurityGroupConflict(
            "Error Cannot apply both stateful and stateless security groups on the same port while attempting the "
            "operation."
        )
    return groups


def mixed(stateful: Iterable[bool]) -> bool:
    """Whether stateful and stateless groups would be on one port; OVN's conntrack has no way for both."""
    return len(set(stateful)) > 1


class Groups:
    """Security groups of the ports of one request: default groups are looked up, or made, once per project.

    ``own_default`` is the default group of the caller's project, when it is known already.
    """

    def __init__(
        self, connection: Connection, caller: Caller, at: int, own_default: SecurityGroupId | None = None
    ) -> None:
        self._connection = connection
        self._caller = caller
        self._at = at
        self._defaults: dict[ProjectId, SecurityGroupId] = {caller.project_id: own_default} if own_default else {}
        self._checked: dict[tuple[str, ...], tuple[SecurityGroupId, ...]] = {}

    def of(self, request: PortCreate, project_id: ProjectId, secured: bool) -> tuple[SecurityGroupId, ...]:
        """The groups of a new port: those named, else its project's default one where port security is on."""
        if request.security_groups is UNSET or request.security_groups is None:
            if not secured or not project_id:
                return ()
            if project_id not in self._defaults:
                made = security_groups.ensure_default(self._connection, project_id, self._at)
                self._defaults[project_id] = made
            return (self._defaults[project_id],)
        wanted = tuple(request.security_groups)
        if wanted not in self._checked:
            self._checked[wanted] = check_groups(self._connection, self._caller, wanted)
        return self._checked[wanted]


def _names_address(request: PortUpdate) -> bool:
    if not isinstance(request.fixed_ips, list):
        return False
    return any(each.ip_address is not UNSET for each in request.fixed_ips)
