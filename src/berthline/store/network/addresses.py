"""Addresses in use. The primary key (subnet, address) is the judge of who has one."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, select

from berthline.domain.ids import PortId, SubnetId
from berthline.ipam.choose import UsedAddresses
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import packed, unpacked
from berthline.store.tables.network import addresses

_USED: Final = Prepared("SELECT ip FROM addresses WHERE subnet_id = ? AND ip BETWEEN ? AND ? ORDER BY ip")
_ADD: Final = Prepared(
    "INSERT INTO addresses (subnet_id, ip, port_id, position) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
# The first free address at or after a point: the point itself, or the one after the first in use whose next is free. It
# is null when none is, and then the row is ignored; an INSERT of a SELECT on its own table would be half as slow again.
_NEXT: Final = """
        SELECT address_after(used.ip) FROM addresses AS used
        WHERE used.subnet_id = ?1 AND used.ip >= ?2 AND used.ip < ?3 AND NOT EXISTS (
            SELECT 1 FROM addresses AS next WHERE next.subnet_id = ?1 AND next.ip = address_after(used.ip)
        )
        ORDER BY used.ip LIMIT 1"""
_CLAIM: Final = Prepared(
    f"""
INSERT OR IGNORE INTO addresses (subnet_id, ip, port_id, position) VALUES (?1, COALESCE(
    IIF(EXISTS (SELECT 1 FROM addresses WHERE subnet_id = ?1 AND ip = ?2), NULL, ?2),
    ({_NEXT}
    )
), ?4, ?5) RETURNING ip
""",  # noqa: S608
    postgresql="SELECT ip FROM claim_address(?1, ?2, ?3, ?4, ?5) AS ip WHERE ip IS NOT NULL",
)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One address of one port; ``position`` is its place among the port's addresses."""

    subnet_id: SubnetId
    ip: str
    port_id: PortId
    position: int = 0


def used_in(connection: Connection, subnet_id: SubnetId, version: int) -> UsedAddresses:
    """The addresses in use of one subnet, read lazily and in order."""
    width = 4 if version == 4 else 16

    def used(first: int, last: int) -> Iterator[int]:
        with closing(_USED.each(connection, subnet_id, first.to_bytes(width), last.to_bytes(width))) as rows:
            for (address,) in rows:
                yield int.from_bytes(address)

    return used


def add(connection: Connection, wanted: Sequence[Taken]) -> tuple[Taken, ...]:
    """Take these addresses. Returns those that somebody else has already; the others are taken then."""
    if not wanted:
        return ()
    values = [(each.subnet_id, packed(each.ip), each.port_id, each.position) for each in wanted]
    if _ADD.run_many(connection, values) == len(wanted):
        return ()
    return tuple(each for each in wanted if owner(connection, each.subnet_id, each.ip) != each.port_id)


def claim(
    connection: Connection, subnet_id: SubnetId, between: tuple[bytes, bytes], port_id: PortId, position: int
) -> Taken | None:
    """Take the first free address from the first to the second of ``between``, both included and packed; None: none is.

    It is the choice of ``ipam.choose`` within one pool, by one statement instead of two.
    """
    row = _CLAIM.first(connection, subnet_id, *between, port_id, position)
    return None if row is None else Taken(subnet_id=subnet_id, ip=unpacked(row[0]), port_id=port_id, position=position)


def owner(connection: Connection, subnet_id: str, ip: str) -> PortId | None:
    """The port that has this address, or None."""
    statement = select(addresses.c.port_id).where(addresses.c.subnet_id == subnet_id, addresses.c.ip == ip)
    found: str | None = connection.execute(statement).scalar()
    return None if found is None else PortId(found)


def release(connection: Connection, port_id: PortId, ips: Collection[tuple[str, str]]) -> None:
    """Free some (subnet, address) of a port."""
    for subnet_id, ip in ips:
        connection.execute(
            delete(addresses).where(
                addresses.c.port_id == port_id, addresses.c.subnet_id == subnet_id, addresses.c.ip == ip
            )
        )


def count(connection: Connection, subnet_ids: Collection[str]) -> dict[str, int]:
    """How many addresses are in use in each of the subnets."""
    statement = select(addresses.c.subnet_id, func.count().label("n")).where(
        addresses.c.subnet_id.in_(list(subnet_ids))
    )
    counted = {row.subnet_id: row.n for row in connection.execute(statement.group_by(addresses.c.subnet_id))}
    return {subnet_id: counted.get(subnet_id, 0) for subnet_id in subnet_ids}


def count_in(connection: Connection, subnet_id: str, first: str, last: str) -> int:
    """How many addresses of the subnet from ``first`` to ``last`` are in use."""
    statement = select(func.count()).where(addresses.c.subnet_id == subnet_id, addresses.c.ip.between(first, last))
    return int(connection.execute(statement).scalar_one())
