"""Which roles count: the one place that says so, for tokens, for lists and for every service's rights.

Who is assigned a role holds it and all that it implies, and what those imply. Of all these only the roles of the whole
cloud count: a role of one domain is worth what it implies and nothing else, whatever it is named (Keystone's
domain-specific roles). Rights go by names, and of the roles of the whole cloud each name is one.
"""

from sqlalchemy import ColumnElement, Select, select

from berthline.store.tables.identity import implied_roles, role_assignments, roles


def effective_roles(*assigned: ColumnElement[bool]) -> Select[tuple[str, str, str, str, str, str]]:
    """The roles that count, of the rows of role_assignments that are ``assigned``.

    Rows of user_id, scope, target_id, role_id, role_name, assigned_role_id: the assignment they come from. A role that
    comes from several assignments is there for each; circles of roles that imply one another end.
    """
    held = (
        select(
            role_assignments.c.user_id,
            role_assignments.c.scope,
            role_assignments.c.target_id,
            role_assignments.c.role_id,
            role_assignments.c.role_id.label("assigned_role_id"),
        )
        .where(*assigned)
        .cte("held", recursive=True)
    )
    held = held.union(
        select(
            held.c.user_id, held.c.scope, held.c.target_id, implied_roles.c.implied_role_id, held.c.assigned_role_id
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
        )
        .join(roles, roles.c.id == held.c.role_id)
        .where(roles.c.domain_id.is_(None))
    )
