"""Which roles count: the one place that says so, for tokens, for lists and for every service's rights.

Who is assigned a role, or is in a group that is, holds it and all that it implies, and what those imply. An inherited
assignment holds on every project below its target, and not on the target itself. Of all these only the roles of the
whole cloud count: a role of one domain is worth what it implies and nothing else, whatever it is named (Keystone's
domain-specific roles). Rights go by names, and of the roles of the whole cloud each name is one.
"""

from typing import Any

from sqlalchemy import CTE, Select, literal, select, union_all

from berthline.store.tables.identity import (
    group_role_assignments,
    implied_roles,
    inherited_group_role_assignments,
    inherited_role_assignments,
    projects,
    role_assignments,
    roles,
    user_group_members,
)


def effective_roles(*, user_id: Any = None, scope: Any = None, target_id: Any = None) -> Select[Any]:
    """The roles that count, of a user, on a kind of scope, on one target; None: of all. Values or bound parameters.

    Rows of user_id, scope, target_id, role_id, role_name, and the assignment they come from: assigned_role_id,
    group_id, "" for the user's own, and from_scope and from_id, which an inherited one was made on, else "". A role
    that comes from several assignments is there for each; circles of roles that imply one another end.
    """
    sources = _on_targets(user_id, scope, target_id)
    if not isinstance(scope, str) or scope == "project":
        sources += _inherited(user_id, scope, target_id)
    assigned = union_all(*sources).subquery("assigned").c
    told = ("assigned_role_id", "group_id", "from_scope", "from_id")
    held = select(
        assigned.user_id,
        assigned.scope,
        assigned.target_id,
        assigned.role_id,
        assigned.role_id.label("assigned_role_id"),
        assigned.group_id,
        assigned.from_scope,
        assigned.from_id,
    ).cte("held", recursive=True)
    held = held.union(
        select(
            held.c.user_id,
            held.c.scope,
            held.c.target_id,
            implied_roles.c.implied_role_id,
            *(held.c[name] for name in told),
        ).join(implied_roles, implied_roles.c.prior_role_id == held.c.role_id)
    )
    return (
        select(
            held.c.user_id,
            held.c.scope,
            held.c.target_id,
            held.c.role_id,
            roles.c.name.label("role_name"),
            *(held.c[name] for name in told),
        )
        .join(roles, roles.c.id == held.c.role_id)
        .where(roles.c.domain_id.is_(None))
    )


def _on_targets(user_id: Any, scope: Any, target_id: Any) -> list[Select[Any]]:
    """What users, and what groups, were assigned on the targets themselves; each half chosen from by its own keys."""
    own, groups, members = role_assignments.c, group_role_assignments.c, user_group_members.c
    made_here = (literal("").label("from_scope"), literal("").label("from_id"))
    of_users = select(own.user_id, own.scope, own.target_id, own.role_id, literal("").label("group_id"), *made_here)
    of_groups = select(
        members.user_id, groups.scope, groups.target_id, groups.role_id, groups.group_id, *made_here
    ).join(user_group_members, members.group_id == groups.group_id)
    if user_id is not None:
        of_users, of_groups = of_users.where(own.user_id == user_id), of_groups.where(members.user_id == user_id)
    for name, value in {"scope": scope, "target_id": target_id}.items():
        if value is not None:
            of_users, of_groups = of_users.where(own[name] == value), of_groups.where(groups[name] == value)
    return [of_users, of_groups]


def _inherited(user_id: Any, scope: Any, target_id: Any) -> list[Select[Any]]:
    """What users, and what groups, were assigned above the projects."""
    own, groups, members = inherited_role_assignments.c, inherited_group_role_assignments.c, user_group_members.c
    below = _all_below(user_id) if target_id is None else _above(target_id)
    kind = literal("project")
    here = (kind.label("scope"), below.c.project_id.label("target_id"))
    of_users = select(
        own.user_id,
        *here,
        own.role_id,
        literal("").label("group_id"),
        own.scope.label("from_scope"),
        own.target_id.label("from_id"),
    ).join(below, below.c.above_id == own.target_id)
    of_groups = (
        select(
            members.user_id,
            *here,
            groups.role_id,
            groups.group_id,
            groups.scope.label("from_scope"),
            groups.target_id.label("from_id"),
        )
        .join(user_group_members, members.group_id == groups.group_id)
        .join(below, below.c.above_id == groups.target_id)
    )
    if user_id is not None:
        of_users, of_groups = of_users.where(own.user_id == user_id), of_groups.where(members.user_id == user_id)
    if scope is not None:
        of_users, of_groups = of_users.where(kind == scope), of_groups.where(kind == scope)
    return [of_users, of_groups]


def _above(project_id: Any) -> CTE:
    """Rows of project_id with each above_id: the projects above this one and its domain, upwards from it.

    A project at the top has its domain for a parent.
    """
    above = (
        select(projects.c.id.label("project_id"), projects.c.parent_id.label("above_id"))
        .where(projects.c.id == project_id)
        .cte("above", recursive=True)
    )
    return above.union(
        select(above.c.project_id, projects.c.parent_id).join(projects, projects.c.id == above.c.above_id)
    )


def _all_below(user_id: Any) -> CTE:
    """Such rows of all projects below what the user, None: anybody, inherits from; downwards, so that it is no more."""
    own, groups, members = inherited_role_assignments.c, inherited_group_role_assignments.c, user_group_members.c
    of_users = select(own.target_id)
    of_groups = select(groups.target_id)
    if user_id is not None:
        of_users = of_users.where(own.user_id == user_id)
        of_groups = of_groups.join(user_group_members, members.group_id == groups.group_id).where(
            members.user_id == user_id
        )
    below = (
        select(projects.c.id.label("project_id"), projects.c.parent_id.label("above_id"))
        .where(projects.c.parent_id.in_(of_users.union(of_groups)))
        .cte("below", recursive=True)
    )
    return below.union(select(projects.c.id, below.c.above_id).join(below, projects.c.parent_id == below.c.project_id))
