"""Ports with their addresses and security groups."""

import ipaddress
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)

from berthline.domain.errors import InvalidInput, Overtaken
from berthline.domain.ids import PortId, ProjectId, SecurityGroupId, ServerId
from berthline.domain.network import Port
from berthline.ipam.mac import canonical_mac
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.engine.prepared import Prepared
from berthline.store.engine.value_lists import one_of
from berthline.store.network.port_values import GROUPS, HELD, WHOLE, port_of, values_of
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import server_nics
from berthline.store.tables.network import (
    addresses,
    floating_ips,
    networks,
    port_address_pairs,
    port_security_groups,
    ports,
)

_COLUMNS: Final = tuple(column.name for column in ports.c if column.computed is None)
_PLACES: Final = ", ".join("?" for _ in _COLUMNS)
# What is put into these texts are names of columns.
_ADD: Final = Prepared(f"INSERT INTO ports ({', '.join(_COLUMNS)}) VALUES ({_PLACES}) ON CONFLICT DO NOTHING")  # noqa: S608
_ADD_GROUP: Final = Prepared("INSERT INTO port_security_groups (port_id, security_group_id, position) VALUES (?, ?, ?)")
_ADD_PAIR: Final = Prepared("INSERT INTO port_address_pairs (network_id, ip, port_id) VALUES (?, ?, ?)")
_GET: Final = Prepared(f"SELECT {WHOLE} FROM ports WHERE id IN (SELECT value FROM json_each(?))")  # noqa: S608
_GET_VISIBLE: Final = Prepared(
    f"{_GET.text} AND (project_id = ?2 OR network_id IN (SELECT id FROM networks WHERE project_id = ?2))"  # noqa: S608
)
_FOREIGN: Final = f"""
SELECT * FROM (
    SELECT {WHOLE} FROM ports WHERE network_id IN (SELECT id FROM networks WHERE project_id = ?1)
        AND project_id {{}} ?1 AND id > ?2 ORDER BY id LIMIT ?3
) AS of_others"""  # noqa: S608
_PAGE_OF_PROJECT: Final = Prepared(
    # A project's own ports, and those of others on its networks; each part is a walk along an index.
    f"""
SELECT * FROM (SELECT {WHOLE} FROM ports WHERE project_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3) AS own
UNION ALL {_FOREIGN.format("<")} UNION ALL {_FOREIGN.format(">")} ORDER BY 1 LIMIT ?3
"""  # noqa: S608
)
_OF_NETWORK: Final = Prepared(
    f"SELECT {WHOLE} FROM ports WHERE network_id = ? AND device_owner = ? ORDER BY id"  # noqa: S608
)
_LISTED: Final = select(*(ports.c[name] for name in _COLUMNS), literal_column(HELD), literal_column(GROUPS))
_REMOVE_NICS: Final = Prepared(
    "DELETE FROM server_nics WHERE port_id IN (SELECT value FROM json_each(?)) RETURNING server_id"
)
_REMOVE: Final = Prepared("DELETE FROM ports WHERE id IN (SELECT value FROM json_each(?))")


TAP_DIGITS: Final = 11
"""How much of its id names a port's tap; ``tables.network`` says so too."""

MOST_PARTS: Final = 32
"""Parts of addresses in one query: each is looked for in each address there is."""


def _fixed_ips(values: tuple[str, ...]) -> ColumnElement[bool]:
    """``ip_address=A``, ``subnet_id=S``, ``ip_address_substr=T``: any of the values of a kind, and every kind asked."""
    asked: dict[str, list[str]] = defaultdict(list)
    for value in values:
        key, separator, wanted = value.partition("=")
        if not separator or key not in {"ip_address", "subnet_id", "ip_address_substr"}:
            raise InvalidInput(
                f"Invalid input for fixed_ips. Reason: '{value[:64]}' is none of ip_address=, subnet_id=, "
                "ip_address_substr=."
            )
        asked[key].append(wanted)
    conditions = []
    if asked["ip_address"]:
        conditions.append(pages.address(addresses.c.ip)(tuple(asked["ip_address"])))
    if asked["subnet_id"]:
        conditions.append(one_of(addresses.c.subnet_id, asked["subnet_id"]))
    if len(asked["ip_address_substr"]) > MOST_PARTS:
        raise InvalidInput(
            f"Invalid input for fixed_ips. Reason: at most {MOST_PARTS} ip_address_substr are looked for at once."
        )
    if asked["ip_address_substr"]:
        shown = func.address_text(addresses.c.ip, type_=String)
        conditions.append(or_(*(shown.contains(part, autoescape=True) for part in asked["ip_address_substr"])))
    return ports.c.id.in_(select(addresses.c.port_id).where(and_(*conditions)))


def _groups(values: tuple[str, ...]) -> ColumnElement[bool]:
    held = select(port_security_groups.c.port_id).where(one_of(port_security_groups.c.security_group_id, values))
    return ports.c.id.in_(held)


LISTED: Final = Listed(
    pages.standard_filters(ports)
    | {
        "network_id": pages.equals(ports.c.network_id),
        "mac_address": lambda values: one_of(ports.c.mac_address, [canonical_mac(value) or value for value in values]),
        "admin_state_up": pages.flag(ports.c.admin_state_up),
        "status": pages.equals(ports.c.status),
        "name": pages.sparse(ports.c.name),
        "device_id": pages.sparse(ports.c.device_id),
        "device_owner": pages.equals(ports.c.device_owner),
        "port_security_enabled": pages.flag(ports.c.port_security_enabled),
        "dns_name": pages.equals(ports.c.dns_name),
        "binding:host_id": pages.sparse(ports.c.binding_host),
        "binding:vnic_type": pages.equals(ports.c.binding_vnic_type),
        "binding:vif_type": pages.equals(ports.c.binding_vif_type),
        "fixed_ips": _fixed_ips,
        "security_groups": _groups,
    },
    pages.sortable(ports, "name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner"),
)


def visible(project_id: ProjectId | None) -> ColumnElement[bool] | None:
    """Ports that a project sees: its own, and all on networks it owns. None sees all."""
    if project_id is None:
        return None
    owned = select(networks.c.id).where(networks.c.project_id == project_id)
    return or_(ports.c.project_id == project_id, ports.c.network_id.in_(owned))


def add(connection: Connection, wanted: Sequence[Port]) -> tuple[Port, ...]:
    """Write the rows of new ports, without addresses.

    Returns those that were refused: their MAC is taken, or on their host the name of their tap.
    """
    if _ADD.run_many(connection, [values_of(port) for port in wanted]) == len(wanted):
        return ()
    written: set[str] = set()
    for ids in pages.in_chunks(port.id for port in wanted):
        written |= {row.id for row in connection.execute(select(ports.c.id).where(ports.c.id.in_(ids)))}
    return tuple(port for port in wanted if port.id not in written)


def add_groups(connection: Connection, wanted: Iterable[Port]) -> None:
    """Write the security-group links of new ports."""
    links = [link for port in wanted for link in _group_links(port.id, port.security_group_ids)]
    if links:
        _ADD_GROUP.post_many(connection, links)


def replace_groups(connection: Connection, port_id: PortId, groups: Sequence[SecurityGroupId]) -> None:
    """Give the port exactly these security groups."""
    connection.execute(delete(port_security_groups).where(port_security_groups.c.port_id == port_id))
    if links := _group_links(port_id, groups):
        _ADD_GROUP.post_many(connection, links)


def add_pairs(connection: Connection, wanted: Iterable[Port]) -> None:
    """Write down which addresses new ports may take over from others."""
    if pairs := [pair for port in wanted if port.allowed_address_pairs for pair in _single_pairs(port)]:
        _ADD_PAIR.post_many(connection, pairs)


def replace_pairs(connection: Connection, port: Port) -> None:
    """``add_pairs`` for a port that had others."""
    connection.execute(delete(port_address_pairs).where(port_address_pairs.c.port_id == port.id))
    add_pairs(connection, [port])


def save(connection: Connection, port: Port) -> None:
    """Write a changed port over the row of its id; addresses, groups and pairs have functions of their own.

    Raises Overtaken when the row is at another revision by now.
    """
    locks.save(connection, ports, _values(port))


def lock(connection: Connection, port_ids: Collection[str]) -> bool:
    """For who decides by what these ports are: they stay so until the transaction ends. See ``locks.lock``."""
    return locks.lock(connection, ports, port_ids)


def claim(connection: Connection, port: Port) -> None:
    """Write ``port`` over its row, which no device and no server has. Raises Overtaken when one has by now."""
    is_nic = exists().where(server_nics.c.port_id == port.id)
    as_read = (ports.c.id == port.id) & (ports.c.revision == port.revision - 1)
    statement = update(ports).where(as_read, ports.c.device_id == "", ~is_nic)
    locks.changed_one(connection.execute(statement, _values(port)).rowcount)


def remove(connection: Connection, port_ids: Collection[str]) -> frozenset[ServerId]:
    """Delete ports with their addresses, group links and NICs; refused while a router or floating IP has one.

    Returns the servers whose NICs they were. Raises Overtaken when one of them is gone.
    """
    ids = to_json(list(port_ids))
    lost = _REMOVE_NICS.all(connection, ids)
    if _REMOVE.run(connection, ids) != len(port_ids):
        raise Overtaken("a port was deleted by others at the same moment; try again")
    return frozenset(ServerId(server_id) for (server_id,) in lost)


def get(connection: Connection, port_id: str, visible_to: ProjectId | None = None) -> Port | None:
    """One port, or None when there is none that ``visible_to`` sees."""
    return get_many(connection, [port_id], visible_to).get(PortId(port_id))


def get_many(
    connection: Connection, port_ids: Collection[str], visible_to: ProjectId | None = None
) -> dict[PortId, Port]:
    """The ports of these ids that ``visible_to`` sees."""
    ids = to_json(list(port_ids))
    rows = _GET.all(connection, ids) if visible_to is None else _GET_VISIBLE.all(connection, ids, visible_to)
    return {port.id: port for port in map(port_of, rows)}


def page(connection: Connection, wanted: ListRequest, visible_to: ProjectId | None) -> tuple[Port, ...] | None:
    """One page of the ports that ``visible_to`` sees; None when the marker is not among them."""
    after = _plain_walk(wanted)
    if after is not None and visible_to is not None:
        most = sys.maxsize if wanted.limit is None else wanted.limit
        return tuple(map(port_of, _PAGE_OF_PROJECT.all(connection, visible_to, after, most)))
    rows = pages.fetch_rows(connection, _LISTED, ports, LISTED, wanted, visible(visible_to))
    return None if rows is None else tuple(map(port_of, rows))


def _plain_walk(wanted: ListRequest) -> str | None:
    """The id after which a list goes on that is neither filtered nor sorted nor read backwards; None for any other.

    Such a list is the long one. What a project sees is an "or", for which the planner sorts everything for each page.
    """
    if wanted.filters or wanted.sort or wanted.reverse or (wanted.marker is not None and wanted.after is None):
        return None
    return "" if wanted.after is None else str(wanted.after[0])


def of_network(connection: Connection, network_id: str, device_owner: str) -> tuple[Port, ...]:
    """Ports on a network that have this owner."""
    return tuple(map(port_of, _OF_NETWORK.all(connection, network_id, device_owner)))


def floating_targets(connection: Connection, port_id: PortId) -> frozenset[str]:
    """Addresses of the port that floating IPs lead to."""
    statement = select(floating_ips.c.fixed_ip).where(floating_ips.c.fixed_port_id == port_id)
    return frozenset(row.fixed_ip for row in connection.execute(statement))


def tap_is_taken(connection: Connection, port_id: str, host: str) -> bool:
    """Whether on the host the tap of another port has the name that this one's would have."""
    other = ports.alias("other")
    statement = select(other.c.id).where(
        other.c.binding_host == host,
        text("other.binding_host <> ''"),
        other.c.tap == port_id[:TAP_DIGITS],
        other.c.id != port_id,
    )
    return connection.execute(statement).first() is not None


def with_mac(connection: Connection, network_id: str, mac_address: str) -> PortId | None:
    """The port on the network that has this MAC, or None."""
    statement = select(ports.c.id).where(ports.c.network_id == network_id, ports.c.mac_address == mac_address)
    found: str | None = connection.execute(statement).scalar()
    return None if found is None else PortId(found)


def _single_pairs(port: Port) -> list[tuple[str, bytes, str]]:
    """The pairs of one address each: a prefix is nobody's address."""
    prefixes = {ipaddress.ip_network(pair.ip_address, strict=False) for pair in port.allowed_address_pairs}
    return [
        (port.network_id, prefix.network_address.packed, port.id) for prefix in prefixes if prefix.num_addresses == 1
    ]


def _group_links(port_id: PortId, groups: Sequence[SecurityGroupId]) -> list[tuple[str, str, int]]:
    return [(port_id, group, position) for position, group in enumerate(groups)]


def _values(port: Port) -> dict[str, Any]:
    return {name: getattr(port, name) for name in _COLUMNS}
