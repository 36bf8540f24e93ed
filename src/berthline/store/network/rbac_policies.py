"""RBAC policies, and what would be without the access that one gives."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, delete, select, update

from berthline.domain.ids import ProjectId, RbacPolicyId, new_id
from berthline.domain.network import EVERYBODY, Action, RbacPolicy, SharedType
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.engine.upserts import insert
from berthline.store.tables.network import (
    floating_ips,
    port_security_groups,
    ports,
    routers,
    security_group_rules,
    subnets,
)
from berthline.store.tables.pools import subnet_pools
from berthline.store.tables.sharing import rbac_policies

_COLUMNS: Final = tuple(rbac_policies.c[name] for name in RbacPolicy.__struct_fields__)
_SORTABLE: Final[dict[str, ColumnElement[Any]]] = {
    "id": rbac_policies.c.id,
    "project_id": rbac_policies.c.project_id,
    "tenant_id": rbac_policies.c.project_id,
    "object_type": rbac_policies.c.object_type,
    "object_id": rbac_policies.c.object_id,
    "action": rbac_policies.c.action,
    "target_tenant": rbac_policies.c.target_project,
}

LISTED: Final = Listed({name: pages.equals(column) for name, column in _SORTABLE.items()}, _SORTABLE)

Targets = dict[Action, frozenset[ProjectId]]
"""Whom a thing is opened to, by what they may."""


def add(connection: Connection, policy: RbacPolicy) -> bool:
    """Write a policy for a thing that is locked; False when there is one that says the same."""
    values = {name: getattr(policy, name) for name in RbacPolicy.__struct_fields__}
    values[f"{policy.object_type}_id"] = policy.object_id
    return connection.execute(insert(rbac_policies).on_conflict_do_nothing(), values).rowcount == 1


def add_for_all(
    connection: Connection, kind: SharedType, object_id: str, project_id: ProjectId, action: Action
) -> bool:
    """``add`` for a policy of the project that opens its thing to everybody."""
    made = RbacPolicy(
        id=RbacPolicyId(new_id()),
        project_id=project_id,
        object_type=kind,
        object_id=object_id,
        action=action,
        target_project=EVERYBODY,
    )
    return add(connection, made)


def retarget(connection: Connection, policy: RbacPolicy, target: ProjectId) -> bool:
    """Have the policy of a thing that is locked be for another project; False when there is one that says the same."""
    same = select(rbac_policies.c.id).where(
        rbac_policies.c.object_id == policy.object_id,
        rbac_policies.c.action == policy.action,
        rbac_policies.c.target_project == target,
    )
    if connection.execute(same).first() is not None:
        return False
    statement = update(rbac_policies).where(rbac_policies.c.id == policy.id).values(target_project=target)
    locks.changed_one(connection.execute(statement).rowcount)
    return True


def remove(connection: Connection, policy_id: RbacPolicyId) -> None:
    """Delete a policy. Raises Overtaken when it is gone."""
    locks.changed_one(connection.execute(delete(rbac_policies).where(rbac_policies.c.id == policy_id)).rowcount)


def remove_of(connection: Connection, object_id: str, action: Action | None = None) -> Counter[str]:
    """Delete the policies of a thing, those of one action or all; how many of each project there were."""
    statement = delete(rbac_policies).where(rbac_policies.c.object_id == object_id)
    if action is not None:
        statement = statement.where(rbac_policies.c.action == action)
    return Counter(connection.execute(statement.returning(rbac_policies.c.project_id)).scalars())


def remove_for_all(connection: Connection, object_id: str, action: Action) -> Counter[str]:
    """Delete the policy that opens a thing to everybody; how many of each project there were."""
    statement = delete(rbac_policies).where(
        rbac_policies.c.object_id == object_id,
        rbac_policies.c.action == action,
        rbac_policies.c.target_project == EVERYBODY,
    )
    return Counter(connection.execute(statement.returning(rbac_policies.c.project_id)).scalars())


def get(connection: Connection, policy_id: str, visible_to: ProjectId | None) -> RbacPolicy | None:
    """One policy, or None when there is none that ``visible_to`` sees, who sees what it owns; None sees all."""
    statement = select(*_COLUMNS).where(rbac_policies.c.id == policy_id)
    if visible_to is not None:
        statement = statement.where(rbac_policies.c.project_id == visible_to)
    row = connection.execute(statement).mappings().first()
    return None if row is None else pages.as_value(row, RbacPolicy)


def page(connection: Connection, wanted: ListRequest, visible_to: ProjectId | None) -> tuple[RbacPolicy, ...] | None:
    """One page of the policies that ``visible_to`` sees; None when the marker is not among them."""
    own = None if visible_to is None else rbac_policies.c.project_id == visible_to
    rows = pages.fetch(connection, select(*_COLUMNS), rbac_policies, LISTED, wanted, own)
    return None if rows is None else tuple(pages.as_value(row, RbacPolicy) for row in rows)


def targets(connection: Connection, object_id: str) -> Targets:
    """Whom a thing is opened to."""
    found: dict[Action, set[ProjectId]] = defaultdict(set)
    statement = select(rbac_policies.c.action, rbac_policies.c.target_project)
    for row in connection.execute(statement.where(rbac_policies.c.object_id == object_id)):
        found[row.action].add(row.target_project)
    return {action: frozenset(projects) for action, projects in found.items()}


def user_of_network(
    connection: Connection, network_id: str, kept: Collection[str], lost: Collection[str]
) -> str | None:
    """A project with ports on the network that would see it no more; None when there is none. See ``_user``."""
    return _user(connection, [_where(ports.c.project_id, ports.c.network_id == network_id)], kept, lost)


def user_of_way_out(
    connection: Connection, network_id: str, kept: Collection[str], lost: Collection[str]
) -> str | None:
    """Likewise one with a router whose gateway is on the network, or with a floating IP there."""
    held = [
        _where(routers.c.project_id, routers.c.gateway_network_id == network_id),
        _where(floating_ips.c.project_id, floating_ips.c.floating_network_id == network_id),
    ]
    return _user(connection, held, kept, lost)


def user_of_group(connection: Connection, group_id: str, kept: Collection[str], lost: Collection[str]) -> str | None:
    """Likewise one with ports that have the security group, or rules that name it."""
    having = _where(ports.c.project_id, port_security_groups.c.security_group_id == group_id)
    held = [
        having.join(port_security_groups, port_security_groups.c.port_id == ports.c.id),
        _where(security_group_rules.c.project_id, security_group_rules.c.remote_group_id == group_id),
    ]
    return _user(connection, held, kept, lost)


def user_of_pool(connection: Connection, pool_id: str, kept: Collection[str], lost: Collection[str]) -> str | None:
    """Likewise one with subnets of a subnet pool."""
    return _user(connection, [_where(subnets.c.project_id, subnets.c.subnetpool_id == pool_id)], kept, lost)


def user_of_scope(connection: Connection, scope_id: str, kept: Collection[str], lost: Collection[str]) -> str | None:
    """Likewise one with subnet pools in an address scope."""
    held = [_where(subnet_pools.c.project_id, subnet_pools.c.address_scope_id == scope_id)]
    return _user(connection, held, kept, lost)


def user_of_addresses(
    connection: Connection, group_id: str, kept: Collection[str], lost: Collection[str]
) -> str | None:
    """Likewise one with rules that name an address group."""
    held = [_where(security_group_rules.c.project_id, security_group_rules.c.remote_address_group_id == group_id)]
    return _user(connection, held, kept, lost)


def _where(project_id: ColumnElement[str], condition: ColumnElement[bool]) -> Select[str]:
    return select(project_id.label("project_id")).where(condition)


def _user(
    connection: Connection, held: Iterable[Select[str]], kept: Collection[str], lost: Collection[str]
) -> str | None:
    """The first project that one of the statements finds among the ``lost``, and not among the ``kept``."""
    for statement in held:
        owner = statement.selected_columns.project_id
        asked = statement.where(owner.not_in([*kept, ""]))
        if EVERYBODY not in lost:
            asked = asked.where(owner.in_(list(lost)))
        found: str | None = connection.execute(asked.limit(1)).scalar()
        if found is not None:
            return found
    return None
