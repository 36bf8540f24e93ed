"""Which roles count: the one place that says so, for tokens, for lists and for every service's rights.

Who is assigned a role, or is in a group that is, holds it and all that it implies, and what those imply. Of all these
only the roles of the whole cloud count: a role of one domain is worth what it implies and nothing else, whatever it is
named (Keystone's domain-specific roles). Rights go by names, and of the roles of the whole cloud each name is one.
"""

from typing import Any

from sqlalchemy import Select, literal, select, union_all

from berthline.store.tables.identity import (
    group_role_assignments,
    implied_roles,
    role_assignments,
    roles,
    user_group_members,
)


def effective_roles(*, user_id: Any = None, scope: Any = None, target_id: Any = None) -> Select[Any]:
    """The roles that count, of a user, on a kind of scope, on one target; None: of all. Values or bound parameters.

    Rows of user_id, scope, target_id, role_id, role_name, and the assignment they come from: assigned_role_id, and
    group_id, "" for the user's own. A role that comes from several assignments is there for each; circles of roles
    that imply one another end.
    """
    own, groups, members = role_assignments.c, group_role_assignments.c, user_group_members.c
    asked = {"scope": scope, "target_id": target_id}
    of_users = select(own.user_id, own.scope, own.target_id, own.role_id, literal("").label("group_id"))
    of_groups = select(members.user_id, groups.scope, groups.target_id, groups.role_id, groups.group_id).join(
        user_group_members, members.group_id == groups.group_id
    )
    if user_id is not None:
        of_users, of_groups = of_users.where(own.user_id == user_id), of_groups.where(members.user_id == user_id)
    for name, value in asked.items():
        if value is not None:
            of_users, of_groups = of_users.where(own[name] == value), of_groups.where(groups[name] == value)
    assigned = union_all(of_users, of_groups).subquery("assigned").c
    held = select(
        assigned.user_id,
        assigned.scope,
        assigned.target_id,
        assigned.role_id,
        assigned.role_id.label("assigned_role_id"),
        assigned.group_id,
    ).cte("held", recursive=True)
    held = held.union(
        select(
            held.c.user_id,
            held.c.scope,
            held.c.target_id,
            implied_roles.c.implied_role_id,
            held.c.assigned_role_id,
            held.c.group_id,
        ).join(implied_roles, implied_roles.c.prior_role_id == held.c.role_id)
    )
    return (
        select(
            held.c.user_id,
            held.c.scope,
            held.c.target_id,
            held.c.role_id,
            roles.c.name.label("role_name"),
            held.c.assigned_role_id,
            held.c.group_id,
        )
        .join(roles, roles.c.id == held.c.role_id)
        .where(roles.c.domain_id.is_(None))
    )
