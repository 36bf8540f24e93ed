"""Roles, and which of them imply which."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from berthline.domain.errors import Conflict
from berthline.domain.identity import Inference, Role
from berthline.domain.ids import DomainId, RoleId
from berthline.store.engine import locks
from berthline.store.engine.changes import record_event
from berthline.store.tables.identity import implied_roles, roles


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


def role_of(row: Row[*tuple[Any, ...]]) -> Role:
    """The role of a row that has all columns of ``roles``."""
    return Role(
        id=RoleId(row.id),
        name=row.name,
        domain_id=None if row.domain_id is None else DomainId(row.domain_id),
        description=row.description,
        extra=row.extra,
    )
