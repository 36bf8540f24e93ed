"""Tags, kept in the row of the thing they are on."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, Table, select, update

from berthline.domain.dataplane import UnitKind
from berthline.store.engine import locks
from berthline.store.network.changes import Change, record
from berthline.store.tables.network import floating_ips, networks, ports, routers, security_groups, subnets
from berthline.store.tables.pools import subnet_pools


class TagsOf(NamedTuple):
    """Who owns a thing, and its tags."""

    project_id: str
    tags: tuple[str, ...]


class _Noun(NamedTuple):
    table: Table
    kind: str
    unit: UnitKind | None = None


_NOUNS: Final[Mapping[str, _Noun]] = {
    "networks": _Noun(networks, "network", "network"),
    "subnets": _Noun(subnets, "subnet"),
    "ports": _Noun(ports, "port", "port"),
    "security-groups": _Noun(security_groups, "security_group", "security_group"),
    "routers": _Noun(routers, "router", "router"),
    "floatingips": _Noun(floating_ips, "floatingip"),
    "subnetpools": _Noun(subnet_pools, "subnetpool"),
}


def get(connection: Connection, noun: str, object_id: str) -> TagsOf | None:
    """The tags of one thing, or None when there is none of this id."""
    table = _NOUNS[noun].table
    row = connection.execute(select(table.c.project_id, table.c.tags).where(table.c.id == object_id)).first()
    return None if row is None else TagsOf(row.project_id, tuple(row.tags))


def lock(connection: Connection, noun: str, object_id: str) -> None:
    """For who changes the tags by what they are: one transaction at a time. See ``locks.lock``."""
    locks.lock(connection, _NOUNS[noun].table, [object_id])


def replace(connection: Connection, noun: str, object_id: str, tags: Sequence[str], at: int) -> None:
    """Give the thing exactly these tags and a new revision, which the data plane has to reach too."""
    table, kind, unit = _NOUNS[noun]
    statement = (
        update(table)
        .where(table.c.id == object_id)
        .values(tags=list(tags), revision=table.c.revision + 1, updated_at=at)
        .returning(table.c.project_id, table.c.revision)
    )
    row = connection.execute(statement).one()
    change = Change(
        kind=kind, id=object_id, project_id=row.project_id, revision=row.revision, what="updated", unit=unit
    )
    record(connection, [change], at)
