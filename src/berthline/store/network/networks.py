"""Networks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import Boolean, ColumnElement, Connection, RowMapping, Table, delete, or_, select, update

from berthline.domain.ids import NetworkId, ProjectId, SecurityGroupId, SubnetId
from berthline.domain.network import ACCESS_EXTERNAL, ACCESS_SHARED, Network, Subnet
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.engine.upserts import insert
from berthline.store.network.sight import VIEWER, networks_seen, opened, opens, shared, shared_filter
from berthline.store.tables.base import Address, Json, to_json, unpacked
from berthline.store.tables.network import networks, ports, subnets
from berthline.store.tables.pools import subnet_pools

_COLUMNS: Final = tuple(str(column.name) for column in networks.c)
_OF_NETWORK: Final = len(_COLUMNS) + 2
"""So many columns of a row are a network with what is seen of it."""
_SUBNET_COLUMNS: Final = tuple(str(column.name) for column in subnets.c)
_OPENED: Final = (
    "EXISTS (SELECT 1 FROM rbac_policies AS policy WHERE policy.object_id = networks.id AND policy.action IN ({}) "
    "AND policy.target_project IN ('*', {}))"
)
_SEEN: Final = (shared(networks.c.id), opened(networks.c.id))
_WITH_SUBNETS: Final = Prepared(
    # What is put into this text are names of columns.
    f"""
SELECT {", ".join(f"networks.{name}" for name in _COLUMNS)}, {_OPENED.format("'access_as_shared'", "?3")},
    {_OPENED.format("'access_as_shared', 'access_as_external'", "?3")},
    {", ".join(f"subnets.{name}" for name in _SUBNET_COLUMNS)}
FROM networks LEFT JOIN subnets ON subnets.network_id = networks.id
WHERE networks.id IN (SELECT value FROM json_each(?1)) AND (
    networks.project_id = ?2 OR ?2 IS NULL OR {_OPENED.format("'access_as_shared', 'access_as_external'", "?2")}
)
ORDER BY subnets.created_at, subnets.id
"""  # noqa: S608
)
_OWNER: Final = Prepared("SELECT project_id FROM networks WHERE id = ?")
_WITH_GROUP: Final = Prepared(
    _WITH_SUBNETS.text.replace(
        "FROM networks LEFT",
        ", (SELECT id FROM security_groups WHERE project_id = ?3 AND is_default) FROM networks LEFT",
        1,
    )
)

_SUBNETS: Final = select(
    subnets.c.id, subnets.c.network_id, subnets.c.ip_version, subnet_pools.c.address_scope_id
).outerjoin(subnet_pools, subnet_pools.c.id == subnets.c.subnetpool_id)

LISTED: Final = Listed(
    pages.standard_filters(networks)
    | {
        "admin_state_up": pages.flag(networks.c.admin_state_up),
        "status": lambda values: networks.c.id == networks.c.id if "ACTIVE" in values else pages.nothing(),
        "shared": shared_filter(networks.c.id, "network"),
        "router:external": pages.flag(networks.c.external),
        "is_default": pages.flag(networks.c.is_default),
        "mtu": pages.number(networks.c.mtu),
        "port_security_enabled": pages.flag(networks.c.port_security_enabled),
        "dns_domain": pages.equals(networks.c.dns_domain),
        "provider:network_type": pages.equals(networks.c.network_type),
        "provider:physical_network": pages.equals(networks.c.physical_network),
        "provider:segmentation_id": pages.number(networks.c.segmentation_id),
    },
    pages.sortable(networks, "name", "admin_state_up", "mtu") | {"shared": shared(networks.c.id)},
)


def visible(project_id: ProjectId | None) -> ColumnElement[bool] | None:
    """Networks that a project sees: its own, and those that are shared with it or external for it. None sees all."""
    if project_id is None:
        return None
    return or_(networks.c.project_id == project_id, opens(networks.c.id, project_id, ACCESS_SHARED, ACCESS_EXTERNAL))


def add(connection: Connection, network: Network) -> bool:
    """Write a network; False when its segment is taken."""
    statement = insert(networks).on_conflict_do_nothing()
    return connection.execute(statement, _values(network)).rowcount == 1


def save(connection: Connection, network: Network) -> None:
    """Write a changed network over the row of its id. Raises Overtaken when that is at another revision by now."""
    locks.save(connection, networks, _values(network))


def remove(connection: Connection, network_id: NetworkId) -> None:
    """Delete a network that nothing refers to any more; the store refuses otherwise.

    Raises Overtaken when it is gone.
    """
    locks.changed_one(connection.execute(delete(networks).where(networks.c.id == network_id)).rowcount)


def lock(connection: Connection, network_ids: Collection[str]) -> None:
    """For who changes what ports follow: no port is written to these networks until the transaction ends.

    What hangs on a network and is decided by together (its subnets, its metadata port, whether it is shared or
    external) is changed by one transaction at a time.
    """
    locks.lock(connection, networks, network_ids)


def lock_of_subnet(connection: Connection, subnet_id: str) -> None:
    """``lock`` for the network of a subnet, if there is such a subnet."""
    if not locks.alone(connection):
        locks.lock(connection, networks, _networks_of(connection, subnet_id))


def hold(connection: Connection, network_ids: Collection[str]) -> None:
    """For who writes ports to these networks: they and their subnets stay as they are read after this."""
    locks.hold(connection, networks, network_ids)


def hold_of_subnet(connection: Connection, subnet_id: str) -> None:
    """``hold`` for the network of a subnet, if there is such a subnet."""
    if not locks.alone(connection):
        locks.hold(connection, networks, _networks_of(connection, subnet_id))


def get(
    connection: Connection, network_id: str, visible_to: ProjectId | None = None, viewer: ProjectId | None = None
) -> Network | None:
    """One network, or None when there is none that ``visible_to`` sees; see ``get_many``."""
    return get_many(connection, [network_id], visible_to, viewer).get(NetworkId(network_id))


def get_many(
    connection: Connection,
    network_ids: Collection[str],
    visible_to: ProjectId | None = None,
    viewer: ProjectId | None = None,
) -> dict[NetworkId, Network]:
    """The networks of these ids that ``visible_to`` sees; ``shared`` as ``viewer`` sees it, who is the same if None."""
    statement = select(networks, *_SEEN).where(networks.c.id.in_(list(network_ids)))
    seen = visible(visible_to)
    if seen is not None:
        statement = statement.where(seen)
    rows = connection.execute(statement, {VIEWER: viewer or visible_to}).mappings().all()
    return {network.id: network for network in _with_subnets(connection, rows)}


def owner(connection: Connection, network_id: str) -> ProjectId | None:
    """The project that owns a network, or None when there is no such network."""
    row = _OWNER.first(connection, network_id)
    return None if row is None else ProjectId(row[0])


def with_subnets(
    connection: Connection, network_ids: Collection[str], visible_to: ProjectId | None, viewer: ProjectId
) -> tuple[dict[NetworkId, Network], dict[NetworkId, list[Subnet]]]:
    """The networks of these ids that ``visible_to`` sees, and the subnets of each in order of creation: one query."""
    return _split(_WITH_SUBNETS.all(connection, to_json(list(network_ids)), visible_to, viewer))


def with_subnets_and_group(
    connection: Connection, network_ids: Collection[str], visible_to: ProjectId | None, project_id: ProjectId
) -> tuple[dict[NetworkId, Network], dict[NetworkId, list[Subnet]], SecurityGroupId | None]:
    """``with_subnets`` as the project looks, with its default group by the same query; None when it has none yet."""
    rows = _WITH_GROUP.all(connection, to_json(list(network_ids)), visible_to, project_id)
    found, held = _split([row[:-1] for row in rows])
    return found, held, rows[0][-1] if rows else None


def _split(rows: Sequence[Row]) -> tuple[dict[NetworkId, Network], dict[NetworkId, list[Subnet]]]:
    """Networks and the subnets of each from rows that are both."""
    found: dict[NetworkId, Network] = {}
    held: dict[NetworkId, list[Subnet]] = {}
    for row in rows:
        network_id = NetworkId(row[0])
        if network_id not in found:
            found[network_id] = _network(row[:_OF_NETWORK])
            held[network_id] = []
        if row[_OF_NETWORK] is not None:
            held[network_id].append(_subnet(row[_OF_NETWORK:]))
    return found, held


@lru_cache(maxsize=256)
def _network(row: Row) -> Network:
    """The network that a row says, without its subnets. The same row is the same value, so it is made once."""
    seen = {"shared": bool(row[-2]), "opened": bool(row[-1])}
    return msgspec.convert(_from_driver(networks, row[:-2]) | seen, Network)


@lru_cache(maxsize=1024)
def _subnet(row: Row) -> Subnet:
    """The subnet that a row says."""
    return msgspec.convert(_from_driver(subnets, row), Subnet)


def _from_driver(table: Table, row: Row) -> dict[str, Any]:
    """A row as the driver has it, by column, its addresses and JSON read."""
    values: dict[str, Any] = {}
    for column, value in zip(table.c, row, strict=True):
        name = str(column.name)
        if value is not None and isinstance(column.type, Json):
            values[name] = msgspec.json.decode(value)
        elif value is not None and isinstance(column.type, Address):
            values[name] = unpacked(value)
        elif isinstance(column.type, Boolean):
            values[name] = bool(value)
        else:
            values[name] = value
    return values


def page(
    connection: Connection, wanted: ListRequest, visible_to: ProjectId | None, viewer: ProjectId
) -> tuple[Network, ...] | None:
    """One page of the networks that ``visible_to`` sees; None when the marker is not among them."""
    statement = select(networks, *_SEEN)
    seen = None if visible_to is None else networks.c.id.in_(networks_seen(visible_to, external=True))
    rows = pages.fetch(connection, statement, networks, LISTED, wanted, seen, {VIEWER: viewer})
    return None if rows is None else _with_subnets(connection, rows)


def touch(connection: Connection, network_id: str, at: int) -> int:
    """Raise the network's revision because something of it changed; returns the new one."""
    statement = (
        update(networks)
        .where(networks.c.id == network_id)
        .values(revision=networks.c.revision + 1, updated_at=at)
        .returning(networks.c.revision)
    )
    return int(connection.execute(statement).scalar_one())


def is_in_use(connection: Connection, network_id: NetworkId, ignored_owners: Iterable[str]) -> Sequence[str]:
    """Ids of a few ports on the network whose owner is none of ``ignored_owners``."""
    statement = select(ports.c.id).where(
        ports.c.network_id == network_id, ports.c.device_owner.not_in(list(ignored_owners))
    )
    return [row.id for row in connection.execute(statement.limit(5))]


def _networks_of(connection: Connection, subnet_id: str) -> Sequence[str]:
    """The network that a subnet is of, and never leaves; none of one that is not there."""
    return connection.execute(select(subnets.c.network_id).where(subnets.c.id == subnet_id)).scalars().all()


def _with_subnets(connection: Connection, rows: Sequence[RowMapping]) -> tuple[Network, ...]:
    held: dict[str, list[SubnetId]] = defaultdict(list)
    scopes: dict[str, dict[str, str]] = defaultdict(dict)
    for ids in pages.in_chunks(row["id"] for row in rows):
        statement = _SUBNETS.where(subnets.c.network_id.in_(ids))
        for subnet in connection.execute(statement.order_by(subnets.c.created_at, subnets.c.id)):
            held[subnet.network_id].append(SubnetId(subnet.id))
            if subnet.address_scope_id is not None:
                scopes[subnet.network_id][f"ipv{subnet.ip_version}_address_scope"] = subnet.address_scope_id
    return tuple(
        pages.as_value(row, Network, {"subnet_ids": held[row["id"]], **scopes.get(row["id"], {})}) for row in rows
    )


def _values(network: Network) -> dict[str, Any]:
    return {name: getattr(network, name) for name in _COLUMNS}
