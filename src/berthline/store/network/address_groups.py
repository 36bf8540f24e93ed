"""Address groups."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from berthline.domain.ids import AddressGroupId, ProjectId
from berthline.domain.network import ACCESS_SHARED, AddressGroup
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.network.sight import VIEWER, opens, shared, shared_filter, things_seen
from berthline.store.tables.network import address_groups, security_group_rules

_COLUMNS: Final = tuple(column.name for column in address_groups.c)
_SHARED: Final = shared(address_groups.c.id)

LISTED: Final = Listed(
    pages.standard_filters(address_groups) | {"shared": shared_filter(address_groups.c.id, "address_group")},
    pages.sortable(address_groups, "name"),
)


def add(connection: Connection, group: AddressGroup) -> None:
    """Write a group."""
    connection.execute(insert(address_groups), _values(group))


def save(connection: Connection, group: AddressGroup) -> None:
    """Write a changed group over the row of its id. Raises Overtaken when the row is at another revision by now."""
    locks.save(connection, address_groups, _values(group))


def remove(connection: Connection, group_id: AddressGroupId) -> None:
    """Delete a group; the store refuses while a rule names it. Raises Overtaken when it is gone."""
    locks.changed_one(connection.execute(delete(address_groups).where(address_groups.c.id == group_id)).rowcount)


def lock(connection: Connection, group_ids: Collection[str]) -> None:
    """For who changes a group: one transaction at a time, and no rule comes to name it meanwhile."""
    locks.lock(connection, address_groups, group_ids)


def hold(connection: Connection, group_ids: Collection[str]) -> None:
    """For who names groups in rules: they stay, and stay visible, as they are read after this."""
    locks.hold(connection, address_groups, group_ids)


def get(
    connection: Connection, group_id: str, visible_to: ProjectId | None = None, viewer: ProjectId | None = None
) -> AddressGroup | None:
    """One group, or None when there is none that ``visible_to`` sees; ``shared`` as ``viewer`` sees it."""
    statement = select(address_groups, _SHARED).where(address_groups.c.id == group_id)
    if visible_to is not None:
        own = address_groups.c.project_id == visible_to
        statement = statement.where(or_(own, opens(address_groups.c.id, visible_to, ACCESS_SHARED)))
    row = connection.execute(statement, {VIEWER: viewer or visible_to}).mappings().first()
    return None if row is None else pages.as_value(row, AddressGroup)


def page(
    connection: Connection, wanted: ListRequest, visible_to: ProjectId | None, viewer: ProjectId
) -> tuple[AddressGroup, ...] | None:
    """One page of the groups that ``visible_to`` sees; None when the marker is not among them."""
    known: ColumnElement[bool] | None = None
    if visible_to is not None:
        seen = things_seen(address_groups.c.id, address_groups.c.project_id, visible_to, "address_group")
        known = address_groups.c.id.in_(seen)
    statement = select(address_groups, _SHARED)
    rows = pages.fetch(connection, statement, address_groups, LISTED, wanted, known, {VIEWER: viewer})
    return None if rows is None else tuple(pages.as_value(row, AddressGroup) for row in rows)


def is_named(connection: Connection, group_id: AddressGroupId) -> bool:
    """Whether a rule names the group."""
    statement = select(security_group_rules.c.id).where(security_group_rules.c.remote_address_group_id == group_id)
    return connection.execute(statement.limit(1)).first() is not None


def _values(group: AddressGroup) -> dict[str, Any]:
    return {name: getattr(group, name) for name in _COLUMNS}
