"""Subnet pools, and what was given of them."""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, literal_column, or_, select

from berthline.domain.ids import NetworkId, ProjectId, SubnetPoolId
from berthline.domain.network import ACCESS_SHARED, SubnetPool
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.engine.upserts import insert
from berthline.store.network.sight import VIEWER, opens, shared, shared_filter, things_seen
from berthline.store.tables.network import subnets
from berthline.store.tables.pools import subnet_pools

_COLUMNS: Final = tuple(column.name for column in subnet_pools.c)
_SHARED: Final = shared(subnet_pools.c.id)
_DEFAULT: Final[ColumnElement[bool]] = literal_column("subnet_pools.is_default")
"""In the words of the index that has them."""
_NUMBERS: Final = ("ip_version", "default_prefixlen", "min_prefixlen", "max_prefixlen", "default_quota")

LISTED: Final = Listed(
    pages.standard_filters(subnet_pools)
    | {name: pages.number(subnet_pools.c[name]) for name in _NUMBERS}
    | {
        "is_default": pages.flag(subnet_pools.c.is_default),
        "address_scope_id": pages.equals(subnet_pools.c.address_scope_id),
        "shared": shared_filter(subnet_pools.c.id, "subnetpool"),
    },
    pages.sortable(subnet_pools, "name", *_NUMBERS[:4], "is_default") | {"shared": _SHARED},
)


class Given(NamedTuple):
    """A prefix of a pool that a subnet has, and whose the subnet is."""

    project_id: ProjectId
    cidr: str
    network_id: NetworkId


def add(connection: Connection, pool: SubnetPool) -> bool:
    """Write a pool; False when it would be a second default one of its IP version."""
    values = {name: getattr(pool, name) for name in _COLUMNS}
    return connection.execute(insert(subnet_pools).on_conflict_do_nothing(), values).rowcount == 1


def save(connection: Connection, pool: SubnetPool) -> None:
    """Write a changed pool over the row of its id. Raises Overtaken when the row is at another revision by now."""
    locks.save(connection, subnet_pools, {name: getattr(pool, name) for name in _COLUMNS})


def remove(connection: Connection, pool_id: SubnetPoolId) -> None:
    """Delete a pool; the store refuses while a subnet is of it. Raises Overtaken when it is gone."""
    locks.changed_one(connection.execute(delete(subnet_pools).where(subnet_pools.c.id == pool_id)).rowcount)


def lock(connection: Connection, pool_ids: Collection[str]) -> None:
    """For who changes a pool, or takes a prefix of it: one transaction at a time."""
    locks.lock(connection, subnet_pools, pool_ids)


def get(
    connection: Connection, pool_id: str, visible_to: ProjectId | None = None, viewer: ProjectId | None = None
) -> SubnetPool | None:
    """One pool, or None when there is none that ``visible_to`` sees; ``shared`` as ``viewer`` sees it."""
    found = _seen(connection, subnet_pools.c.id == pool_id, visible_to, viewer)
    return found[0] if found else None


def defaults(connection: Connection, visible_to: ProjectId | None) -> tuple[SubnetPool, ...]:
    """The default pools that ``visible_to`` sees, at most one of each IP version."""
    return _seen(connection, _DEFAULT, visible_to, None)


def default(connection: Connection, ip_version: int, visible_to: ProjectId | None) -> SubnetPool | None:
    """The default pool of an IP version; None also when ``visible_to`` does not see it."""
    return next((pool for pool in defaults(connection, visible_to) if pool.ip_version == ip_version), None)


def page(
    connection: Connection, wanted: ListRequest, visible_to: ProjectId | None, viewer: ProjectId
) -> tuple[SubnetPool, ...] | None:
    """One page of the pools that ``visible_to`` sees; None when the marker is not among them."""
    known = None
    if visible_to is not None:
        seen = things_seen(subnet_pools.c.id, subnet_pools.c.project_id, visible_to, "subnetpool")
        known = subnet_pools.c.id.in_(seen)
    statement = select(subnet_pools, _SHARED)
    rows = pages.fetch(connection, statement, subnet_pools, LISTED, wanted, known, {VIEWER: viewer})
    return None if rows is None else tuple(pages.as_value(row, SubnetPool) for row in rows)


def given_of(connection: Connection, pool_id: SubnetPoolId) -> Sequence[Given]:
    """Every prefix of the pool that a subnet has."""
    statement = select(subnets.c.project_id, subnets.c.cidr, subnets.c.network_id)
    return [Given(*row) for row in connection.execute(statement.where(subnets.c.subnetpool_id == pool_id))]


def strangers_on_networks_of(connection: Connection, pool_id: SubnetPoolId, ip_version: int) -> bool:
    """Whether a network with a subnet of the pool has one of this IP version that is not of it."""
    own = select(subnets.c.network_id).where(subnets.c.subnetpool_id == pool_id)
    statement = select(subnets.c.id).where(
        subnets.c.network_id.in_(own),
        subnets.c.ip_version == ip_version,
        subnets.c.subnetpool_id.is_distinct_from(pool_id),
    )
    return connection.execute(statement.limit(1)).first() is not None


def _seen(
    connection: Connection, condition: ColumnElement[bool], visible_to: ProjectId | None, viewer: ProjectId | None
) -> tuple[SubnetPool, ...]:
    statement: Any = select(subnet_pools, _SHARED).where(condition)
    if visible_to is not None:
        own = subnet_pools.c.project_id == visible_to
        statement = statement.where(or_(own, opens(subnet_pools.c.id, visible_to, ACCESS_SHARED)))
    rows = connection.execute(statement.order_by(subnet_pools.c.ip_version), {VIEWER: viewer or visible_to}).mappings()
    return tuple(pages.as_value(row, SubnetPool) for row in rows)
