"""RBAC policies: which of what a project owns others may see and use. A policy that is used stays."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    AddressGroupNotFound,
    AddressScopeNotFound,
    DuplicateRbacPolicy,
    InvalidActionForType,
    InvalidInput,
    NetworkNotFound,
    NotFound,
    RbacPolicyInUse,
    RbacPolicyNotFound,
    SecurityGroupNotFound,
    SubnetPoolNotFound,
)
from berthline.domain.ids import ProjectId, RbacPolicyId, is_uuid, new_id
from berthline.domain.network import (
    ACCESS_EXTERNAL,
    ACCESS_SHARED,
    EVERYBODY,
    Action,
    AddressGroup,
    AddressScope,
    Network,
    RbacPolicy,
    SecurityGroup,
    SharedType,
    SubnetPool,
)
from berthline.network import networks, policy, sharing, subnet_pools
from berthline.network.requests import RbacPolicyCreate, RbacPolicyUpdate
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import address_groups as address_group_rows
from berthline.store.network import address_scopes as scope_rows
from berthline.store.network import networks as network_rows
from berthline.store.network import rbac_policies as rows
from berthline.store.network import security_groups as group_rows
from berthline.store.network import subnet_pools as pool_rows
from berthline.store.network.changes import Change, record
from berthline.store.network.rbac_policies import Targets

ACTIONS: Final[dict[SharedType, tuple[Action, ...]]] = {
    "network": (ACCESS_SHARED, ACCESS_EXTERNAL),
    "security_group": (ACCESS_SHARED,),
    "subnetpool": (ACCESS_SHARED,),
    "address_scope": (ACCESS_SHARED,),
    "address_group": (ACCESS_SHARED,),
}
_SHOWN: Final = 64


class _Kind(NamedTuple):
    """How a thing that is shared is locked and read, and what is said where there is none."""

    lock: Callable[[Connection, Collection[str]], None]
    get: Callable[[Connection, str, ProjectId | None], Any]
    missing: Callable[[str], NotFound]


_KINDS: Final[Mapping[SharedType, _Kind]] = {
    "network": _Kind(
        network_rows.lock, network_rows.get, lambda id_: NetworkNotFound(f"Network {id_} could not be found.")
    ),
    "security_group": _Kind(
        group_rows.lock, group_rows.get, lambda id_: SecurityGroupNotFound(f"Security group {id_} does not exist")
    ),
    "subnetpool": _Kind(
        pool_rows.lock, pool_rows.get, lambda id_: SubnetPoolNotFound(f"Subnet pool {id_} could not be found.")
    ),
    "address_scope": _Kind(
        scope_rows.lock, scope_rows.get, lambda id_: AddressScopeNotFound(f"Address scope {id_} could not be found.")
    ),
    "address_group": _Kind(
        address_group_rows.lock,
        address_group_rows.get,
        lambda id_: AddressGroupNotFound(f"Address group {id_} could not be found."),
    ),
}


class _Held(NamedTuple):
    """What a policy is about, locked."""

    kind: SharedType
    thing: Network | SecurityGroup | SubnetPool | AddressScope | AddressGroup

    @property
    def network(self) -> Network | None:
        """When it is one."""
        return self.thing if isinstance(self.thing, Network) else None


def find(connection: Connection, caller: Caller, policy_id: str) -> RbacPolicy:
    """A policy that the caller sees: its project's own. Raises RbacPolicyNotFound."""
    found = rows.get(connection, policy_id, policy.visible_to(caller))
    if found is None:
        raise RbacPolicyNotFound(f"RBAC policy of type unknown with ID {policy_id} not found")
    return found


def create(connection: Connection, caller: Caller, request: RbacPolicyCreate, at: int) -> RbacPolicy:
    """Open a thing to a project, or for an admin to all. A network that is opened as external becomes so.

    Raises InvalidInput, InvalidActionForType, PolicyNotAuthorized, a NotFound, DuplicateRbacPolicy, OverQuota.
    """
    project_id = policy.owner_of_new(caller, request, "create_rbac_policy")
    kind = _kind(request.object_type)
    action = _action(request.action, kind)
    made = RbacPolicy(
        id=RbacPolicyId(new_id()),
        project_id=project_id,
        object_type=kind,
        object_id=request.object_id,
        action=action,
        target_project=_target(caller, request.target_tenant, "create_rbac_policy"),
    )
    held = _held(connection, made, policy.visible_to(caller))
    _check_owner(caller, held, kind)
    if isinstance(held.thing, SubnetPool):
        subnet_pools.check_target(connection, held.thing, made.target_project)
    before = rows.targets(connection, held.thing.id)
    if not rows.add(connection, made):
        raise DuplicateRbacPolicy("An RBAC policy already exists with those values.")
    _follow(connection, held, before, at)
    record(connection, [_change(made, "created")], at)
    quotas.take(connection, project_id, {sharing.RESOURCE: 1})
    return made


def update(connection: Connection, caller: Caller, policy_id: str, request: RbacPolicyUpdate, at: int) -> RbacPolicy:
    """Have a policy be for another project. Raises RbacPolicyInUse while it is what somebody's use hangs on."""
    held = _held(connection, find(connection, caller, policy_id))
    found = find(connection, caller, policy_id)
    policy.check_owner(caller, found.project_id, "update_rbac_policy")
    target = _target(caller, request.target_tenant, "update_rbac_policy")
    _check_owner(caller, held, found.object_type)
    if target == found.target_project:
        return found
    before = rows.targets(connection, held.thing.id)
    if not rows.retarget(connection, found, target):
        raise DuplicateRbacPolicy("An RBAC policy already exists with those values.")
    _check_unused(connection, held, found, before)
    _follow(connection, held, before, at)
    changed = msgspec.structs.replace(found, target_project=target)
    record(connection, [_change(changed, "updated")], at)
    return changed


def delete(connection: Connection, caller: Caller, policy_id: str, at: int) -> None:
    """Delete a policy. Raises RbacPolicyInUse, and ExternalNetworkInUse for the last one of a network with ways out."""
    held = _held(connection, find(connection, caller, policy_id))
    found = find(connection, caller, policy_id)
    policy.check_owner(caller, found.project_id, "delete_rbac_policy")
    before = rows.targets(connection, held.thing.id)
    rows.remove(connection, found.id)
    _check_unused(connection, held, found, before)
    _follow(connection, held, before, at)
    record(connection, [_change(found, "deleted")], at)
    quotas.give_back(connection, found.project_id, {sharing.RESOURCE: 1})


def _held(connection: Connection, of: RbacPolicy, visible_to: ProjectId | None = None) -> _Held:
    """What the policy is about, for nobody else to change or use anew until this is done.

    Raises its NotFound, also where ``visible_to`` does not see it.
    """
    kind = _KINDS[of.object_type]
    kind.lock(connection, [of.object_id])
    found = kind.get(connection, of.object_id, visible_to)
    if found is None:
        raise kind.missing(of.object_id)
    return _Held(of.object_type, found)


def _follow(connection: Connection, held: _Held, before: Targets, at: int) -> None:
    """Bring a network in line with its policies."""
    if held.network is not None:
        networks.opened_anew(connection, held.network, before, rows.targets(connection, held.thing.id), at)


def _check_unused(connection: Connection, held: _Held, changed: RbacPolicy, before: Targets) -> None:
    """Raise RbacPolicyInUse when the change, which is written, leaves somebody with what he may not use any more."""
    after = rows.targets(connection, held.thing.id)
    user = sharing.dependent(connection, held.kind, held.thing.id, held.thing.project_id, before, after)
    for_all = changed.action == ACCESS_EXTERNAL and changed.target_project == EVERYBODY
    if for_all and held.network is not None and held.network.is_default:
        raise _in_use(held.thing.id, "Default external networks must be shared to everyone.")
    if user is not None:
        raise _in_use(held.thing.id, f"project_id={user}")


def _in_use(object_id: str, details: str) -> RbacPolicyInUse:
    return RbacPolicyInUse(
        f"RBAC policy on object {object_id} cannot be removed because other objects depend on it.\nDetails: {details}"
    )


def _check_owner(caller: Caller, held: _Held, kind: SharedType) -> None:
    if not caller.is_admin and held.thing.project_id != caller.project_id:
        raise InvalidInput(
            "Invalid input for operation: Only admins can manipulate policies on "
            f"{'networks' if kind == 'network' else 'objects'} they do not own."
        )


def _kind(asked: str) -> SharedType:
    for kind in ACTIONS:
        if asked.strip().lower() == kind:
            return kind
    raise InvalidInput(f"Invalid input for operation: '{asked[:_SHOWN]}' is not a valid RBAC object type.")


def _action(asked: str, kind: SharedType) -> Action:
    for action in ACTIONS[kind]:
        if asked == action:
            return action
    valid = ", ".join(ACTIONS[kind])
    raise InvalidActionForType(f"Invalid action '{asked[:_SHOWN]}' for object type '{kind}'. Valid actions: {valid}")


def _target(caller: Caller, asked: str, rule: str) -> ProjectId:
    if asked == EVERYBODY:
        policy.check_admin(caller, f"{rule}:target_project")
        return EVERYBODY
    if not is_uuid(asked):
        raise InvalidInput(
            f"Invalid input for operation: '{asked[:_SHOWN]}' is not a valid target project ID; expected a UUID or '*'."
        )
    return ProjectId(asked)


def _change(of: RbacPolicy, what: str) -> Change:
    return Change(kind="rbac_policy", id=of.id, project_id=of.project_id, revision=1, what=what)
