"""Roles and who holds them on what."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from berthline.domain.errors import Conflict
from berthline.domain.identity import Assignment, Inference, Role, Scope
from berthline.domain.ids import DomainId, RoleId, UserId
from berthline.store.engine import locks
from berthline.store.engine.changes import record_event
from berthline.store.identity.effective import effective_roles
from berthline.store.tables.identity import implied_roles, role_assignments, roles


class Source(NamedTuple):
    """The assignment that a role is held by: of which role, and to which group, "" for the user's own."""

    role_id: RoleId
    group_id: str

    def is_own(self, role_id: RoleId) -> bool:
        """Whether the role itself was assigned to the user himself."""
        return self == (role_id, "")


def insert_role(connection: Connection, role: Role, at: int) -> None:
    """Raises Conflict when the name is taken."""
    try:
        connection.execute(insert(roles), msgspec.structs.asdict(role))
    except IntegrityError:
        raise Conflict(f"there is already a role named {role.name}: choose another name") from None
    record_event(connection, kind="role", object_id=role.id, project_id="", revision=0, what="created", at=at)


def lock_role(connection: Connection, role_id: str) -> None:
    """For who changes a role by what it is: one transaction at a time. See ``locks.lock``."""
    locks.lock(connection, roles, [role_id])


def hold_roles(connection: Connection, role_ids: Collection[str]) -> None:
    """For who says something of several roles: none of them is ended meanwhile. See ``locks.hold``."""
    locks.hold(connection, roles, role_ids)


def get_role(connection: Connection, role_id: str) -> Role | None:
    """The role, or None."""
    row = connection.execute(select(roles).where(roles.c.id == role_id)).first()
    return None if row is None else role_of(row)


def list_roles(connection: Connection, filters: Mapping[str, object]) -> tuple[Role, ...]:
    """Those whose columns equal ``filters``, by name."""
    conditions = [roles.c[name] == value for name, value in filters.items()]
    rows = connection.execute(select(roles).where(*conditions).order_by(roles.c.name, roles.c.id))
    return tuple(role_of(row) for row in rows)


def update_role(connection: Connection, role: Role, at: int) -> None:
    """Raises Conflict when the name is taken."""
    try:
        connection.execute(update(roles).where(roles.c.id == role.id).values(msgspec.structs.asdict(role)))
    except IntegrityError:
        raise Conflict(f"there is already a role named {role.name}: choose another name") from None
    record_event(connection, kind="role", object_id=role.id, project_id="", revision=0, what="updated", at=at)


def delete_role(connection: Connection, role_id: str, at: int) -> None:
    """The role and, by foreign key, every assignment of it and all that it implies or that implies it."""
    connection.execute(delete(roles).where(roles.c.id == role_id))
    record_event(connection, kind="role", object_id=role_id, project_id="", revision=0, what="deleted", at=at)


def imply(connection: Connection, inference: Inference, at: int) -> None:
    """Both roles must be there. Raises Conflict when the one implies the other already."""
    try:
        connection.execute(insert(implied_roles), _ends(inference))
    except IntegrityError:
        raise Conflict("the one role implies the other already: there is nothing to do") from None
    _record_inference(connection, inference, "implies", at)


def no_longer_imply(connection: Connection, inference: Inference, at: int) -> bool:
    """True when it was there."""
    conditions = (implied_roles.c[name] == value for name, value in _ends(inference).items())
    gone = connection.execute(delete(implied_roles).where(*conditions)).rowcount > 0
    if gone:
        _record_inference(connection, inference, "no_longer_implies", at)
    return gone


def list_inferences(connection: Connection, prior_id: str | None = None) -> tuple[Inference, ...]:
    """What was said to imply what, of one role or of all, in a stable order."""
    statement = select(implied_roles).order_by(implied_roles.c.prior_role_id, implied_roles.c.implied_role_id)
    if prior_id is not None:
        statement = statement.where(implied_roles.c.prior_role_id == prior_id)
    return tuple(
        Inference(RoleId(row.prior_role_id), RoleId(row.implied_role_id)) for row in connection.execute(statement)
    )


def assign(connection: Connection, assignment: Assignment, at: int) -> None:
    """Idempotent; user, role and target must be there."""
    values = _values(assignment)
    known = select(role_assignments.c.user_id).where(
        *(role_assignments.c[name] == value for name, value in values.items())
    )
    if connection.execute(known).first() is None:
        connection.execute(insert(role_assignments), values)
        _record(connection, assignment, "role_assigned", at)


def unassign(connection: Connection, assignment: Assignment, at: int) -> bool:
    """True when it was there."""
    conditions = (role_assignments.c[name] == value for name, value in _values(assignment).items())
    gone = connection.execute(delete(role_assignments).where(*conditions)).rowcount > 0
    if gone:
        _record(connection, assignment, "role_unassigned", at)
    return gone


def list_assignments(
    connection: Connection,
    *,
    user_id: str | None = None,
    role_id: str | None = None,
    scope: Scope | None = None,
) -> tuple[Assignment, ...]:
    """All that match, as they were made, in a stable order."""
    conditions = _of(user_id, scope)
    if role_id is not None:
        conditions.append(role_assignments.c.role_id == role_id)
    rows = connection.execute(
        select(role_assignments)
        .where(*conditions)
        .order_by(
            role_assignments.c.scope,
            role_assignments.c.target_id,
            role_assignments.c.user_id,
            role_assignments.c.role_id,
        )
    )
    return tuple(
        Assignment(user_id=UserId(row.user_id), role_id=RoleId(row.role_id), scope=Scope(row.scope, row.target_id))
        for row in rows
    )


def list_effective(
    connection: Connection, *, user_id: str | None = None, scope: Scope | None = None
) -> dict[Assignment, Source]:
    """Who holds which role that counts, where, and what was assigned for it; in a stable order."""
    kind, target = (None, None) if scope is None else scope
    held = effective_roles(user_id=user_id, scope=kind, target_id=target).subquery()
    order = (held.c.scope, held.c.target_id, held.c.user_id, held.c.role_id, held.c.assigned_role_id, held.c.group_id)
    rows = connection.execute(select(held).order_by(*order))
    found: dict[Assignment, Source] = {}
    for row in rows:
        each = Assignment(
            user_id=UserId(row.user_id), role_id=RoleId(row.role_id), scope=Scope(row.scope, row.target_id)
        )
        if each not in found or (row.assigned_role_id == row.role_id and not found[each].is_own(each.role_id)):
            found[each] = Source(RoleId(row.assigned_role_id), row.group_id)
    return found


def _of(user_id: str | None, scope: Scope | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if user_id is not None:
        conditions.append(role_assignments.c.user_id == user_id)
    if scope is not None:
        conditions += [role_assignments.c.scope == scope.kind, role_assignments.c.target_id == scope.target_id]
    return conditions


def _ends(inference: Inference) -> dict[str, str]:
    return {"prior_role_id": inference.prior_id, "implied_role_id": inference.implied_id}


def _record_inference(connection: Connection, inference: Inference, what: str, at: int) -> None:
    record_event(
        connection,
        kind="role",
        object_id=inference.prior_id,
        project_id="",
        revision=0,
        what=what,
        at=at,
        data={"role_id": inference.implied_id},
    )


def _values(assignment: Assignment) -> dict[str, str]:
    return {
        "user_id": assignment.user_id,
        "role_id": assignment.role_id,
        "scope": assignment.scope.kind,
        "target_id": assignment.scope.target_id,
    }


def _record(connection: Connection, assignment: Assignment, what: str, at: int) -> None:
    project = assignment.scope.target_id if assignment.scope.kind == "project" else ""
    record_event(
        connection,
        kind="user",
        object_id=assignment.user_id,
        project_id=project,
        revision=0,
        what=what,
        at=at,
        data={"role_id": assignment.role_id, "scope": assignment.scope.kind},
    )


def role_of(row: Row[*tuple[Any, ...]]) -> Role:
    """The role of a row that has all columns of ``roles``."""
    return Role(
        id=RoleId(row.id),
        name=row.name,
        domain_id=None if row.domain_id is None else DomainId(row.domain_id),
        description=row.description,
        extra=row.extra,
    )
