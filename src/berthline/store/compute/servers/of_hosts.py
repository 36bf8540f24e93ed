"""Which servers each host has, by name: what an operator asks of hosts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from berthline.domain.ids import HostName, ProjectId, ServerId
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json

_OF_HOSTS: Final = Prepared(
    "SELECT host, id, name FROM servers WHERE host IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL "
    "ORDER BY host, created_at, id"
)


_SIZES: Final = Prepared(
    "SELECT project_id, SUM(CAST(json_extract(flavor, '$.vcpus') AS BIGINT)), "
    "SUM(CAST(json_extract(flavor, '$.ram') AS BIGINT)), SUM(CAST(json_extract(flavor, '$.disk') AS BIGINT) "
    "+ CAST(json_extract(flavor, '$.ephemeral') AS BIGINT)) "
    "FROM servers WHERE host = ? AND deleted_at IS NULL GROUP BY project_id ORDER BY project_id"
)


class Sizes(NamedTuple):
    """What the flavors of a project's servers add up to; ``memory_mb`` in MiB, ``disk_gb`` in GiB."""

    project_id: ProjectId
    vcpus: int
    memory_mb: int
    disk_gb: int


class NamedServer(NamedTuple):
    """A server by id and name."""

    id: ServerId
    name: str


def servers_of_hosts(connection: Connection, names: Collection[HostName]) -> Mapping[HostName, Sequence[NamedServer]]:
    """The servers of each of these hosts that has any, in order of their making; one statement for all."""
    found: dict[HostName, list[NamedServer]] = {}
    for host, server_id, name in _OF_HOSTS.all(connection, to_json(list(names))):
        found.setdefault(HostName(host), []).append(NamedServer(ServerId(server_id), name))
    return found


def sizes_by_project(connection: Connection, host: HostName) -> tuple[Sizes, ...]:
    """What the servers on a host were given, by project; one statement."""
    return tuple(Sizes(ProjectId(row[0]), *(int(each) for each in row[1:])) for row in _SIZES.all(connection, host))
