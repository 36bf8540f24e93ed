"""Subnet pools: prefixes that subnets are given parts of, each once."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    AddressScopePrefixConflict,
    EmptySubnetPoolPrefixList,
    IllegalSubnetPoolIpVersionAssociationToAddressScope,
    IllegalSubnetPoolPrefixBounds,
    IllegalSubnetPoolPrefixUpdate,
    IllegalSubnetPoolUpdate,
    InvalidInput,
    NetworkAddressScopeAffinityError,
    PrefixVersionMismatch,
    RbacPolicyInitError,
    SubnetPoolDeleteError,
    SubnetPoolNotFound,
)
from berthline.domain.ids import AddressScopeId, ProjectId, SubnetPoolId, new_id
from berthline.domain.network import ACCESS_SHARED, EVERYBODY, SubnetPool
from berthline.ipam import prefixes as arithmetic
from berthline.ipam.subnets import IpNetwork
from berthline.network import address_scopes, policy, sharing, values
from berthline.network.requests import SubnetPoolCreate, SubnetPoolUpdate, given
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import address_scopes as scope_rows
from berthline.store.network import rbac_policies
from berthline.store.network import subnet_pools as rows
from berthline.store.network.changes import Change, mark_routers_of_pool, record

SHORTEST: Final = {4: 8, 6: 64}
"""The shortest prefix that is given where a pool says nothing."""


def find(connection: Connection, caller: Caller, pool_id: str) -> SubnetPool:
    """A pool that the caller sees. Raises SubnetPoolNotFound, also for one of another project."""
    found = rows.get(connection, pool_id, policy.visible_to(caller), caller.project_id)
    if found is None:
        raise SubnetPoolNotFound(f"Subnet pool {pool_id} could not be found.")
    return found


def create(connection: Connection, caller: Caller, request: SubnetPoolCreate, at: int) -> SubnetPool:
    """Make a pool; only admins make one that all use, or the default one of its IP version.

    Raises InvalidInput, EmptySubnetPoolPrefixList, PrefixVersionMismatch, IllegalSubnetPoolPrefixBounds,
    AddressScopeNotFound, the errors of ``_check_scope``, RbacPolicyInitError, PolicyNotAuthorized, OverQuota.
    """
    project_id = policy.owner_of_new(caller, request, "create_subnetpool")
    for name, wanted in (("shared", request.shared), ("is_default", request.is_default)):
        if given(wanted, False):
            policy.check_admin(caller, f"create_subnetpool:{name}")
    prefixes = _prefixes(request.prefixes)
    version = prefixes[0].version
    shortest = given(request.min_prefixlen, SHORTEST[version])
    pool = SubnetPool(
        id=SubnetPoolId(new_id()),
        project_id=project_id,
        name=request.name,
        description=given(request.description, ""),
        ip_version=6 if version == 6 else 4,
        prefixes=_texts(prefixes),
        default_prefixlen=given(request.default_prefixlen, shortest),
        min_prefixlen=shortest,
        max_prefixlen=given(request.max_prefixlen, prefixes[0].max_prefixlen),
        default_quota=given(request.default_quota, None),
        is_default=given(request.is_default, False),
        address_scope_id=_scope_id(request.address_scope_id),
        shared=given(request.shared, False),
        tags=tuple(sorted(set(given(request.tags, [])))),
        revision=1,
        created_at=at,
        updated_at=at,
    )
    _check_bounds(pool)
    _check_scope(connection, caller, pool, None)
    if not rows.add(connection, pool):
        raise _second_default()
    if pool.shared:
        check_target(connection, pool, EVERYBODY)
        rbac_policies.add_for_all(connection, "subnetpool", pool.id, project_id, ACCESS_SHARED)
        quotas.take(connection, project_id, {sharing.RESOURCE: 1}, forced=True)
    record(connection, [_change(pool, "created")], at)
    quotas.take(connection, project_id, {"subnetpool": 1})
    return pool


def update(
    connection: Connection,
    caller: Caller,
    pool_id: str,
    request: SubnetPoolUpdate,
    at: int,
    revision: int | None = None,
) -> SubnetPool:
    """Change a pool; its prefixes may only become more. Raises IllegalSubnetPoolPrefixUpdate, and as ``create``."""
    rows.lock(connection, [pool_id])
    pool = _own(connection, caller, pool_id, "update_subnetpool", revision)
    if request.is_default is not UNSET:
        policy.check_admin(caller, "update_subnetpool:is_default")
    changes: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(request).items() if value is not UNSET
    }
    if "prefixes" in changes:
        wanted = _prefixes(changes["prefixes"])
        if not all(arithmetic.within(each, wanted) for each in held(pool)):
            raise IllegalSubnetPoolPrefixUpdate(
                "Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes."
            )
        changes["prefixes"] = _texts(wanted)
    if "address_scope_id" in changes:
        changes["address_scope_id"] = _scope_id(changes["address_scope_id"])
    return _saved(connection, caller, pool, msgspec.structs.replace(pool, **changes), at)


def delete(connection: Connection, caller: Caller, pool_id: str, at: int, revision: int | None = None) -> None:
    """Delete a pool. Raises SubnetPoolDeleteError while a subnet is of it."""
    rows.lock(connection, [pool_id])
    pool = _own(connection, caller, pool_id, "delete_subnetpool", revision)
    if rows.given_of(connection, pool.id):
        raise SubnetPoolDeleteError("Unable to delete subnet pool: Subnet pool has existing allocations.")
    policies = rbac_policies.remove_of(connection, pool.id)
    rows.remove(connection, pool.id)
    record(connection, [_change(msgspec.structs.replace(pool, revision=pool.revision + 1), "deleted")], at)
    sharing.give_back(connection, policies)
    quotas.give_back(connection, pool.project_id, {"subnetpool": 1})


def add_prefixes(connection: Connection, caller: Caller, pool_id: str, asked: Sequence[str], at: int) -> SubnetPool:
    """Have these prefixes in the pool, too. Raises as ``update``."""
    rows.lock(connection, [pool_id])
    pool = _own(connection, caller, pool_id, "add_prefixes", None)
    prefixes = _texts(_prefixes([*pool.prefixes, *_some(asked)]))
    return _saved(connection, caller, pool, msgspec.structs.replace(pool, prefixes=prefixes), at)


def remove_prefixes(connection: Connection, caller: Caller, pool_id: str, asked: Sequence[str], at: int) -> SubnetPool:
    """Have these prefixes in the pool no more; those that are not in it change nothing.

    Raises IllegalSubnetPoolPrefixUpdate for what a subnet has, and for all that there is.
    """
    rows.lock(connection, [pool_id])
    pool = _own(connection, caller, pool_id, "remove_prefixes", None)
    gone = _prefixes(_some(asked))
    if not arithmetic.overlap(held(pool), gone):
        return pool
    used = [ipaddress.ip_network(each.cidr) for each in rows.given_of(connection, pool.id)]
    if arithmetic.overlap(used, gone):
        raise IllegalSubnetPoolPrefixUpdate(
            "Illegal update to prefixes: One or more the prefixes to be removed is in use by a subnet."
        )
    left = arithmetic.without(held(pool), gone)
    if not left:
        raise IllegalSubnetPoolPrefixUpdate("Illegal update to prefixes: a pool has at least one; delete it instead.")
    return _saved(connection, caller, pool, msgspec.structs.replace(pool, prefixes=_texts(left)), at)


def held(pool: SubnetPool) -> tuple[IpNetwork, ...]:
    """The prefixes of a pool."""
    return tuple(ipaddress.ip_network(prefix) for prefix in pool.prefixes)


def check_target(connection: Connection, pool: SubnetPool, target: ProjectId) -> None:
    """Raise RbacPolicyInitError unless a project, or all, to whom a pool is to be opened sees the pool's scope."""
    if pool.address_scope_id is None:
        return
    scope = scope_rows.get(connection, pool.address_scope_id)
    targets = rbac_policies.targets(connection, pool.address_scope_id)
    if (scope is None or scope.project_id != target) and not sharing.shared_with(targets, target):
        raise RbacPolicyInitError(
            f"Failed to create RBAC policy on object {pool.id} because target project doesn't have access to "
            "associated address scope."
        )


def _own(connection: Connection, caller: Caller, pool_id: str, rule: str, revision: int | None) -> SubnetPool:
    """A pool that the caller may change. Raises SubnetPoolNotFound, PolicyNotAuthorized."""
    pool = find(connection, caller, pool_id)
    policy.check_owner(caller, pool.project_id, rule)
    policy.check_revision(revision, pool.revision, pool_id)
    return pool


def _saved(connection: Connection, caller: Caller, pool: SubnetPool, wanted: SubnetPool, at: int) -> SubnetPool:
    """Write a changed pool. Raises IllegalSubnetPoolPrefixBounds, what ``_check_scope`` raises, InvalidInput."""
    _check_bounds(wanted)
    _check_scope(connection, caller, wanted, pool)
    changed = msgspec.structs.replace(wanted, revision=pool.revision + 1, updated_at=at)
    if changed.is_default and not pool.is_default and rows.default(connection, pool.ip_version, None) is not None:
        raise _second_default()
    rows.save(connection, changed)
    record(connection, [_change(changed, "updated")], at)
    if changed.address_scope_id != pool.address_scope_id:
        mark_routers_of_pool(connection, pool.id, at)
    return changed


def _check_bounds(pool: SubnetPool) -> None:
    longest = 32 if pool.ip_version == 4 else 128
    for name, value, base, bound in (
        ("min_prefixlen", pool.min_prefixlen, "max_prefixlen", pool.max_prefixlen),
        ("max_prefixlen", pool.max_prefixlen, "ip_version_max", longest),
        ("default_prefixlen", pool.default_prefixlen, "max_prefixlen", pool.max_prefixlen),
        ("min_prefixlen", pool.min_prefixlen, "default_prefixlen", pool.default_prefixlen),
    ):
        if value > bound:
            raise IllegalSubnetPoolPrefixBounds(f"Illegal prefix bounds: {name}={value}, {base}={bound}.")


def _check_scope(connection: Connection, caller: Caller, wanted: SubnetPool, before: SubnetPool | None) -> None:
    """Whether a pool may be in the scope that it is to be in, with the prefixes that it is to have.

    Raises IllegalSubnetPoolUpdate while it is in another project's scope, AddressScopeNotFound,
    IllegalSubnetPoolIpVersionAssociationToAddressScope, NetworkAddressScopeAffinityError, AddressScopePrefixConflict.
    """
    old = None if before is None else before.address_scope_id
    scope_rows.lock(connection, {each for each in (old, wanted.address_scope_id) if each is not None})
    if old is not None:
        owner = scope_rows.get(connection, old)
        if not caller.is_admin and (owner is None or owner.project_id != caller.project_id):
            raise IllegalSubnetPoolUpdate(
                f"Illegal subnetpool update : subnetpool {wanted.id} cannot be updated when associated with shared "
                f"address scope {old}."
            )
    if wanted.address_scope_id != old and rows.strangers_on_networks_of(connection, wanted.id, wanted.ip_version):
        raise NetworkAddressScopeAffinityError(
            "Subnets of the same address family hosted on the same network must all participate in the same address "
            "scope."
        )
    if wanted.address_scope_id is None:
        return
    scope = address_scopes.find(connection, caller, wanted.address_scope_id)
    if scope.ip_version != wanted.ip_version:
        raise IllegalSubnetPoolIpVersionAssociationToAddressScope(
            f"Illegal subnetpool association: subnetpool {wanted.id} cannot associate with address scope {scope.id} "
            f"because subnetpool ip_version is not {scope.ip_version}."
        )
    others = scope_rows.prefixes(connection, scope.id, wanted.id)
    if arithmetic.overlap(held(wanted), (ipaddress.ip_network(prefix) for prefix in others)):
        raise AddressScopePrefixConflict(
            "Failed to associate address scope: subnetpools within an address scope must have unique prefixes."
        )


def _prefixes(asked: Iterable[str]) -> tuple[IpNetwork, ...]:
    """The prefixes in their shortest form. Raises InvalidInput, EmptySubnetPoolPrefixList, PrefixVersionMismatch."""
    found = [values.prefix_with_length("prefixes", text) for text in asked]
    if not found:
        raise EmptySubnetPoolPrefixList("Empty subnet pool prefix list.")
    if len({prefix.version for prefix in found}) > 1:
        raise PrefixVersionMismatch("Cannot mix IPv4 and IPv6 prefixes in a subnet pool.")
    return arithmetic.compact(found)


def _some(asked: Sequence[str]) -> Sequence[str]:
    if not asked:
        raise InvalidInput("Invalid input for prefixes. Reason: name at least one.")
    return asked


def _texts(prefixes: Iterable[IpNetwork]) -> tuple[str, ...]:
    return tuple(str(prefix) for prefix in prefixes)


def _scope_id(asked: Any) -> AddressScopeId | None:
    return None if asked in {UNSET, None} else AddressScopeId(asked)


def _second_default() -> InvalidInput:
    return InvalidInput(
        "Invalid input for operation: A default subnetpool for this IP family has already been set. Only one default "
        "may exist per IP family."
    )


def _change(pool: SubnetPool, what: str) -> Change:
    return Change(kind="subnetpool", id=pool.id, project_id=pool.project_id, revision=pool.revision, what=what)
