"""One new port with all that hangs on it by one statement, where a round trip to the database is dear."""

from collections.abc import Collection
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import Connection

from berthline.domain.ids import SubnetId
from berthline.domain.network import FixedIp, Network, Port, Subnet
from berthline.domain.quota import DEFAULTS, UNLIMITED
from berthline.store.control.quotas import limit_of
from berthline.store.engine import locks
from berthline.store.engine.prepared import Prepared
from berthline.store.network.port_values import COLUMNS, values_of
from berthline.store.tables.base import unpacked

_VALUES: Final = len(COLUMNS.split(", ")) + 6
_MOST: Final = limit_of(DEFAULTS.get("port", UNLIMITED))


class Stretch(NamedTuple):
    """Where a port gets its address: the first free one of a subnet from ``first`` to ``last``, both packed."""

    subnet_id: SubnetId
    first: bytes
    last: bytes


def pays(connection: Connection) -> bool:
    """Whether the database is one to which each statement is a way: not a file."""
    return not locks.alone(connection)


def seen(network: Network, subnets: Collection[Subnet]) -> str:
    """By what of a network a port is decided: another text after each change of it or of its subnets."""
    revisions = sorted((subnet.id, subnet.revision) for subnet in subnets)
    return f"{network.revision}{''.join(f' {each}:{revision}' for each, revision in revisions)}"


def add(
    connection: Connection, port: Port, stretch: Stretch | None, by: str | None = None
) -> tuple[FixedIp, ...] | None:
    """Write a port without address pairs, its address, group links, event, and count it. Returns its addresses.

    ``stretch`` None: it has no address. ``by``: how its network was ``seen``, for a port that is decided by what was
    read before, and is all of the transaction; None: the transaction holds the network. None, with nothing written: the
    network is not as it was seen, the port's MAC or its tap's name is taken, no address of the stretch is free, or its
    project has no counter yet, or no room. Nobody was told of its event.
    """
    where = stretch or (None, None, None)
    groups = "{" + ",".join(port.security_group_ids) + "}"  # ids are of letters, digits and hyphens
    run = _statement().first if by is None else _statement().whole
    row = run(connection, *values_of(port), *where, groups, _MOST, by)
    if row is None:
        return None
    return () if stretch is None else (FixedIp(stretch.subnet_id, unpacked(row[0])),)


@cache
def _statement() -> Prepared:
    """Made where it is used: no other database than PostgreSQL has the function (``postgresql/functions.sql``)."""
    return Prepared(f"SELECT address FROM add_port({', '.join('?' for _ in range(_VALUES))})")  # noqa: S608
