"""One new port with all that hangs on it by one statement, where a round trip to the database is dear."""

from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import Connection

from berthline.domain.ids import SubnetId
from berthline.domain.network import FixedIp, Port
from berthline.domain.quota import DEFAULTS, UNLIMITED
from berthline.store.control.quotas import limit_of
from berthline.store.engine import locks
from berthline.store.engine.prepared import Prepared
from berthline.store.network.port_values import COLUMNS, values_of
from berthline.store.tables.base import unpacked

_VALUES: Final = len(COLUMNS.split(", ")) + 5
_MOST: Final = limit_of(DEFAULTS.get("port", UNLIMITED))


class Stretch(NamedTuple):
    """Where a port gets its address: the first free one of a subnet from ``first`` to ``last``, both packed."""

    subnet_id: SubnetId
    first: bytes
    last: bytes


class Added(NamedTuple):
    """What was written: the port's addresses, and whether its quota counted it."""

    fixed_ips: tuple[FixedIp, ...]
    counted: bool


def pays(connection: Connection) -> bool:
    """Whether the database is one to which each statement is a way: not a file."""
    return not locks.alone(connection)


def add(connection: Connection, port: Port, stretch: Stretch | None) -> Added | None:
    """Write a port without address pairs, its address, group links, event, and count it.

    ``stretch`` None: it has no address. None, with nothing written: its MAC or its tap's name is taken, or no address
    of the stretch is free. Not ``counted``: its project has no counter yet, or no room. Nobody was told of its event.
    """
    where = stretch or (None, None, None)
    groups = "{" + ",".join(port.security_group_ids) + "}"  # ids are of letters, digits and hyphens
    row = _statement().first(connection, *values_of(port), *where, groups, _MOST)
    if row is None:
        return None
    fixed = () if stretch is None else (FixedIp(stretch.subnet_id, unpacked(row[0])),)
    return Added(fixed, bool(row[1]))


@cache
def _statement() -> Prepared:
    """Made where it is used: no other database than PostgreSQL has the function (``postgresql/functions.sql``)."""
    return Prepared(f"SELECT address, counted FROM add_port({', '.join('?' for _ in range(_VALUES))})")  # noqa: S608
