"""Address scopes."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from berthline.domain.ids import AddressScopeId, ProjectId
from berthline.domain.network import ACCESS_SHARED, AddressScope
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.network.sight import VIEWER, opens, shared, shared_filter, things_seen
from berthline.store.tables.pools import address_scopes, subnet_pools

_COLUMNS: Final = tuple(column.name for column in address_scopes.c)
_SHARED: Final = shared(address_scopes.c.id)
_SORTABLE: Final[dict[str, ColumnElement[Any]]] = {
    "id": address_scopes.c.id,
    "name": address_scopes.c.name,
    "project_id": address_scopes.c.project_id,
    "tenant_id": address_scopes.c.project_id,
    "ip_version": address_scopes.c.ip_version,
}

LISTED: Final = Listed(
    {name: pages.equals(column) for name, column in _SORTABLE.items()}
    | {
        "ip_version": pages.number(address_scopes.c.ip_version),
        "shared": shared_filter(address_scopes.c.id, "address_scope"),
    },
    _SORTABLE | {"shared": _SHARED},
)


def add(connection: Connection, scope: AddressScope) -> None:
    """Write a scope."""
    connection.execute(insert(address_scopes), {name: getattr(scope, name) for name in _COLUMNS})


def rename(connection: Connection, scope_id: AddressScopeId, name: str) -> None:
    """Give a scope another name. Raises Overtaken when it is gone."""
    statement = update(address_scopes).where(address_scopes.c.id == scope_id).values(name=name)
    locks.changed_one(connection.execute(statement).rowcount)


def remove(connection: Connection, scope_id: AddressScopeId) -> None:
    """Delete a scope; the store refuses while a pool is in it. Raises Overtaken when it is gone."""
    locks.changed_one(connection.execute(delete(address_scopes).where(address_scopes.c.id == scope_id)).rowcount)


def lock(connection: Connection, scope_ids: Collection[str]) -> None:
    """For who changes a scope, or which prefixes are in it: one transaction at a time."""
    locks.lock(connection, address_scopes, scope_ids)


def get(
    connection: Connection, scope_id: str, visible_to: ProjectId | None = None, viewer: ProjectId | None = None
) -> AddressScope | None:
    """One scope, or None when there is none that ``visible_to`` sees; ``shared`` as ``viewer`` sees it."""
    statement = select(address_scopes, _SHARED).where(address_scopes.c.id == scope_id)
    if visible_to is not None:
        own = address_scopes.c.project_id == visible_to
        statement = statement.where(or_(own, opens(address_scopes.c.id, visible_to, ACCESS_SHARED)))
    row = connection.execute(statement, {VIEWER: viewer or visible_to}).mappings().first()
    return None if row is None else pages.as_value(row, AddressScope)


def page(
    connection: Connection, wanted: ListRequest, visible_to: ProjectId | None, viewer: ProjectId
) -> tuple[AddressScope, ...] | None:
    """One page of the scopes that ``visible_to`` sees; None when the marker is not among them."""
    known = None
    if visible_to is not None:
        seen = things_seen(address_scopes.c.id, address_scopes.c.project_id, visible_to, "address_scope")
        known = address_scopes.c.id.in_(seen)
    statement = select(address_scopes, _SHARED)
    rows = pages.fetch(connection, statement, address_scopes, LISTED, wanted, known, {VIEWER: viewer})
    return None if rows is None else tuple(pages.as_value(row, AddressScope) for row in rows)


def prefixes(connection: Connection, scope_id: AddressScopeId, besides: str) -> Sequence[str]:
    """The prefixes of all pools of the scope but one."""
    statement = select(subnet_pools.c.prefixes).where(subnet_pools.c.address_scope_id == scope_id)
    rows = connection.execute(statement.where(subnet_pools.c.id != besides)).scalars()
    return [prefix for held in rows for prefix in held]


def has_pools(connection: Connection, scope_id: AddressScopeId) -> bool:
    """Whether a pool is in the scope."""
    statement = select(subnet_pools.c.id).where(subnet_pools.c.address_scope_id == scope_id).limit(1)
    return connection.execute(statement).first() is not None
