"""Address scopes: within one no address is given twice, so that what is in it is routed as it is."""

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.errors import AddressScopeInUse, AddressScopeNotFound, AddressScopeUpdateError
from berthline.domain.ids import AddressScopeId, new_id
from berthline.domain.network import ACCESS_SHARED, AddressScope
from berthline.network import policy, sharing
from berthline.network.requests import AddressScopeCreate, AddressScopeUpdate, given
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import address_scopes as rows
from berthline.store.network import rbac_policies
from berthline.store.network.changes import Change, record


def find(connection: Connection, caller: Caller, scope_id: str) -> AddressScope:
    """A scope that the caller sees. Raises AddressScopeNotFound, also for one of another project."""
    found = rows.get(connection, scope_id, policy.visible_to(caller), caller.project_id)
    if found is None:
        raise AddressScopeNotFound(f"Address scope {scope_id} could not be found.")
    return found


def create(connection: Connection, caller: Caller, request: AddressScopeCreate, at: int) -> AddressScope:
    """Make a scope of one IP version. Raises PolicyNotAuthorized for one that is shared, but for admins."""
    project_id = policy.owner_of_new(caller, request, "create_address_scope")
    shared = given(request.shared, False)
    if shared:
        policy.check_admin(caller, "create_address_scope:shared")
    scope = AddressScope(
        id=AddressScopeId(new_id()),
        project_id=project_id,
        name=given(request.name, ""),
        ip_version=request.ip_version,
        shared=shared,
    )
    rows.add(connection, scope)
    if shared:
        _share(connection, scope)
    record(connection, [_change(scope, "created")], at)
    return scope


def update(connection: Connection, caller: Caller, scope_id: str, request: AddressScopeUpdate, at: int) -> AddressScope:
    """Rename a scope, or share it with all. Raises AddressScopeUpdateError for one that is to be shared no more."""
    rows.lock(connection, [scope_id])
    scope = find(connection, caller, scope_id)
    policy.check_owner(caller, scope.project_id, "update_address_scope")
    if isinstance(request.shared, bool):
        policy.check_admin(caller, "update_address_scope:shared")
        if scope.shared and not request.shared:
            raise AddressScopeUpdateError(
                f"Unable to update address scope {scope_id} : Shared address scope can't be unshared."
            )
        if request.shared:
            _share(connection, scope)
    changed = msgspec.structs.replace(
        scope, name=given(request.name, scope.name), shared=given(request.shared, False) or scope.shared
    )
    rows.rename(connection, scope.id, changed.name)
    record(connection, [_change(changed, "updated")], at)
    return changed


def delete(connection: Connection, caller: Caller, scope_id: str, at: int) -> None:
    """Delete a scope. Raises AddressScopeInUse while a pool is in it."""
    rows.lock(connection, [scope_id])
    scope = find(connection, caller, scope_id)
    policy.check_owner(caller, scope.project_id, "delete_address_scope")
    if rows.has_pools(connection, scope.id):
        raise AddressScopeInUse(
            f"Unable to complete operation on address scope {scope_id}. There are one or more subnet pools in use on "
            "the address scope."
        )
    policies = rbac_policies.remove_of(connection, scope.id)
    rows.remove(connection, scope.id)
    record(connection, [_change(scope, "deleted")], at)
    sharing.give_back(connection, policies)


def _share(connection: Connection, scope: AddressScope) -> None:
    if rbac_policies.add_for_all(connection, "address_scope", scope.id, scope.project_id, ACCESS_SHARED):
        quotas.take(connection, scope.project_id, {sharing.RESOURCE: 1}, forced=True)


def _change(scope: AddressScope, what: str) -> Change:
    return Change(kind="address_scope", id=scope.id, project_id=scope.project_id, revision=1, what=what)
