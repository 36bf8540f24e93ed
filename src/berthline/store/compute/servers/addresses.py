"""Which servers have an address that a pattern matches, as a condition of SQL.

A whole address leads by the index of addresses to those who have it. Part of one, in numbers and dots, is compared with
the bytes in which addresses are kept. Only what is more of a pattern than that is asked of each address as text.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, LargeBinary, and_, func, or_, select, true

from berthline.domain.ids import ProjectId
from berthline.domain.network_info import NetworkInfo
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import server_nics, servers
from berthline.store.tables.network import addresses
from berthline.store.tables.remote import remote_network_info

MOST_LOOKED_UP: Final = 1024
MOST_LISTED: Final = 1000
_NUMBERS: Final = tuple(map(str, range(256)))
_OCTETS: Final = 4
_BYTES: Final = {4: 4, 6: 16}
_DOTTED: Final = re.compile(r"\^?[0-9.]+\$?")


class Having(NamedTuple):
    """A condition on ``servers``; ``few``: so few of them meet it that they are best looked up by it."""

    condition: ColumnElement[bool]
    few: bool


def address_conditions(
    connection: Connection, project_id: ProjectId | None, ip: str | None, ip6: str | None
) -> Iterator[Having]:
    """A condition for each pattern that is not None; servers of a project, or of all, are asked for."""
    for version, pattern in ((4, ip), (6, ip6)):
        if pattern is not None:
            text = pattern.replace("\\.", ".")
            dotted = version == _OCTETS and _DOTTED.fullmatch(text) is not None
            matched = func.address_text(addresses.c.ip).regexp_match(pattern)
            ours = _dotted(connection, text) if dotted else _any_address(connection, version, matched)
            outside = _outside(connection, project_id, version, text.replace(".", "\\.") if dotted else pattern)
            yield Having(or_(ours.condition, servers.c.id.in_(among(outside))), False) if outside else ours


def possible_octets(text: str) -> list[list[list[str]]]:
    """What each of the four numbers of an address may be, for each place at which a text of numbers and dots may lie.

    A dot is a dot: Nova has Neutron look for such text as it stands (its extension ip-substring-filtering). ``^`` and
    ``$`` hold it to the first and the last number.
    """
    parts = text.removeprefix("^").removesuffix("$").split(".")
    found: list[list[list[str]]] = []
    for first in range(_OCTETS - len(parts) + 1):
        last = first + len(parts) - 1
        if (text[0] == "^" and first > 0) or (text[-1] == "$" and last < _OCTETS - 1):
            continue
        places = [list(_NUMBERS) for _ in range(_OCTETS)]
        for place, part in enumerate(parts, first):
            begins = place > first or (text[0] == "^")
            ends = place < last or (text[-1] == "$")
            places[place] = [number for number in _NUMBERS if _fits(number, part, begins=begins, ends=ends)]
        if all(places):
            found.append(places)
    return found


def _fits(number: str, part: str, *, begins: bool, ends: bool) -> bool:
    """Whether the part is in the number, at its beginning, its end or both where it is held to them."""
    if begins and ends:
        return number == part
    if begins:
        return number.startswith(part)
    return number.endswith(part) if ends else part in number


def _dotted(connection: Connection, text: str) -> Having:
    """Servers with an address that has this text of numbers and dots in it."""
    places = possible_octets(text)
    number = sum(len(a) * len(b) * len(c) * len(d) for a, b, c, d in places)
    if number <= MOST_LOOKED_UP:
        wanted = [".".join(octets) for each in places for octets in product(*each)]
        return _any_address(connection, _OCTETS, addresses.c.ip.in_(wanted))
    return _any_address(connection, _OCTETS, or_(*(_octets_are(each) for each in places)))


def _octets_are(places: list[list[str]]) -> ColumnElement[bool]:
    asked = [(place, numbers) for place, numbers in enumerate(places, 1) if len(numbers) < len(_NUMBERS)]
    return and_(
        true(),
        *(
            func.substr(addresses.c.ip, place, 1, type_=LargeBinary()).in_([bytes([int(each)]) for each in numbers])
            for place, numbers in asked
        ),
    )


def _any_address(connection: Connection, version: int, condition: ColumnElement[bool]) -> Having:
    """Some address of this version of one of the server's NICs meets the condition.

    All addresses are read through while few of them meet it; if many do, servers are asked in the order of the list, of
    which then a page is soon full.
    """
    meets = and_(func.length(addresses.c.ip) == _BYTES[version], condition)
    having = select(server_nics.c.server_id).join_from(
        addresses, server_nics, addresses.c.port_id == server_nics.c.port_id
    )
    few = connection.execute(having.where(meets).limit(MOST_LISTED + 1)).scalars().all()
    if len(few) <= MOST_LISTED:
        return Having(servers.c.id.in_(among(few)), few=True)
    return Having(having.where(server_nics.c.server_id == servers.c.id, meets).exists(), few=False)


def _outside(connection: Connection, project_id: ProjectId | None, version: int, pattern: str) -> set[str]:
    """Ids of servers to which a Neutron outside gave such a fixed address, as far as it is kept."""
    statement = select(remote_network_info.c.server_id, remote_network_info.c.info)
    if project_id is not None:
        owned = servers.c.project_id == project_id, servers.c.deleted_at.is_(None)
        statement = statement.join(servers, servers.c.id == remote_network_info.c.server_id).where(*owned)
    matching = re.compile(pattern)
    return {
        server_id
        for server_id, info in connection.execute(statement)
        for ip in NetworkInfo.hydrate(info.encode()).fixed_ips()
        if (":" in ip.address) == (version != _OCTETS) and matching.search(ip.address)
    }


def among(ids: Iterable[str]) -> Any:
    """The ids as one value of the statement, however many they are."""
    values = func.json_each(to_json(sorted(set(ids)))).table_valued("value")
    return select(values.c.value)
