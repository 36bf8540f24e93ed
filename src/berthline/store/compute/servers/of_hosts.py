"""Which servers each host has, by name: what an operator asks of hosts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from berthline.domain.ids import HostName, ServerId
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json

_OF_HOSTS: Final = Prepared(
    "SELECT host, id, name FROM servers WHERE host IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL "
    "ORDER BY host, created_at, id"
)


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
