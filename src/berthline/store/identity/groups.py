"""Groups of users, and who is in them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from berthline.domain.errors import Conflict
from berthline.domain.identity import Group, User
from berthline.domain.ids import DomainId
from berthline.store.engine import locks
from berthline.store.engine.changes import record_event
from berthline.store.identity.directory import USER_COLUMNS, user_of
from berthline.store.tables.identity import user_group_members, user_groups, users


def lock_group(connection: Connection, group_id: str) -> None:
    """For who changes a group by what it is: one transaction at a time. See ``locks.lock``."""
    locks.lock(connection, user_groups, [group_id])


def insert_group(connection: Connection, group: Group, at: int) -> None:
    """Raises Conflict when the domain has one of that name."""
    try:
        connection.execute(insert(user_groups), msgspec.structs.asdict(group))
    except IntegrityError:
        raise _taken(group.name) from None
    _record(connection, group.id, "created", at)


def get_group(connection: Connection, group_id: str) -> Group | None:
    """The group, or None."""
    row = connection.execute(select(user_groups).where(user_groups.c.id == group_id)).first()
    return None if row is None else _group(row)


def list_groups(connection: Connection, filters: Mapping[str, object]) -> tuple[Group, ...]:
    """Those whose columns equal ``filters``, by name."""
    conditions = [user_groups.c[name] == value for name, value in filters.items()]
    order = (user_groups.c.name, user_groups.c.id)
    return tuple(_group(row) for row in connection.execute(select(user_groups).where(*conditions).order_by(*order)))


def update_group(connection: Connection, group: Group, at: int) -> None:
    """Raises Conflict when the domain has another one of that name."""
    try:
        connection.execute(
            update(user_groups).where(user_groups.c.id == group.id).values(msgspec.structs.asdict(group))
        )
    except IntegrityError:
        raise _taken(group.name) from None
    _record(connection, group.id, "updated", at)


def delete_group(connection: Connection, group_id: str, at: int) -> None:
    """The group and, by foreign keys, who is in it and what roles it holds."""
    connection.execute(delete(user_groups).where(user_groups.c.id == group_id))
    _record(connection, group_id, "deleted", at)


# --- who is in them ---
def add_member(connection: Connection, group_id: str, user_id: str, at: int) -> None:
    """Idempotent; both must be there."""
    if not is_member(connection, group_id, user_id):
        connection.execute(insert(user_group_members), {"group_id": group_id, "user_id": user_id})
        _record(connection, group_id, "user_added", at)


def remove_member(connection: Connection, group_id: str, user_id: str, at: int) -> bool:
    """True when the user was in it."""
    which = (user_group_members.c.group_id == group_id, user_group_members.c.user_id == user_id)
    gone = connection.execute(delete(user_group_members).where(*which)).rowcount > 0
    if gone:
        _record(connection, group_id, "user_removed", at)
    return gone


def is_member(connection: Connection, group_id: str, user_id: str) -> bool:
    """Whether the user is in the group."""
    which = (user_group_members.c.group_id == group_id, user_group_members.c.user_id == user_id)
    return connection.execute(select(user_group_members.c.user_id).where(*which)).first() is not None


def members(connection: Connection, group_id: str) -> tuple[User, ...]:
    """Who is in the group, by name."""
    rows = connection.execute(
        select(*USER_COLUMNS)
        .join(user_group_members, user_group_members.c.user_id == users.c.id)
        .where(user_group_members.c.group_id == group_id)
        .order_by(users.c.name, users.c.id)
    )
    return tuple(user_of(row) for row in rows)


def groups_of(connection: Connection, user_id: str) -> tuple[Group, ...]:
    """The groups that the user is in, by name."""
    rows = connection.execute(
        select(user_groups)
        .join(user_group_members, user_group_members.c.group_id == user_groups.c.id)
        .where(user_group_members.c.user_id == user_id)
        .order_by(user_groups.c.name, user_groups.c.id)
    )
    return tuple(_group(row) for row in rows)


def _taken(name: str) -> Conflict:
    return Conflict(f"there is already a group named {name} in this domain: choose another name")


def _record(connection: Connection, group_id: str, what: str, at: int) -> None:
    record_event(connection, kind="group", object_id=group_id, project_id="", revision=0, what=what, at=at)


def _group(row: Row[*tuple[Any, ...]]) -> Group:
    return Group(
        id=row.id,
        domain_id=DomainId(row.domain_id),
        name=row.name,
        description=row.description,
        extra=row.extra,
    )
