"""Ports copied in Neutron's own tables, because its API takes a quarter of an hour and more for ten thousand.

A copy has a row wherever the port it is copied from has one. Which tables those are is read from the database itself
(its foreign keys), so that a table that a later Neutron adds is not forgotten.
"""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from bench.api import Failed
from bench.endpoint import Endpoint, api_of
from bench.openstack.stack import Stack

FIRST_COPY = "10.8.0.0"
"""Copies have the addresses after this one; Neutron takes those it gives itself from the beginning of the subnet."""
CIDR = "10.0.0.0/12"
DIFFERENT = ("id", "mac_address", "fixed_ips", "dns_assignment")
"""What of a port is its own; all else is the same in every copy."""
_HASH = "md5(concat('{port_id}', seq))"
_ID = (
    f"concat(substr({_HASH}, 1, 8), '-', substr({_HASH}, 9, 4), '-4', substr({_HASH}, 14, 3), '-8', "
    f"substr({_HASH}, 18, 3), '-', substr({_HASH}, 21, 12))"
)
_SERIAL = "hex(16777216 + seq)"
_MAC = f"concat('fa:16:3f:', substr({_SERIAL}, 2, 2), ':', substr({_SERIAL}, 4, 2), ':', substr({_SERIAL}, 6, 2))"
_ADDRESS = f"inet_ntoa(inet_aton('{FIRST_COPY}') + seq)"
_ATTRIBUTES = "{attributes} + seq"
_REFERRING = (
    "select table_name, column_name from information_schema.key_column_usage where table_schema = database()"
    " and referenced_table_name = 'ports' and referenced_column_name = 'id' order by table_name"
)
_COLUMNS = (
    "select column_name from information_schema.columns where table_schema = database() and table_name = '{table}'"
    " order by ordinal_position"
)


class Rows(NamedTuple):
    """The rows of one table that belong to a port.

    Attributes:
        table: its name.
        columns: all of them.
        which: the condition that finds the port's own rows.
        different: SQL for the columns in which a copy is not the same; ``seq`` is the number of the copy.
    """

    table: str
    columns: tuple[str, ...]
    which: str
    different: Mapping[str, str]


def copying(rows: Rows, count: int) -> str:
    """The statement that adds ``count`` copies of a port's rows in one table."""
    values = [f"({rows.different[name]})" if name in rows.different else f"one.`{name}`" for name in rows.columns]
    names = ", ".join(f"`{name}`" for name in rows.columns)
    numbers = f"`seq_1_to_{count}`"
    return (
        f"insert into `{rows.table}` ({names}) select {', '.join(values)} from `{rows.table}` as one "
        f"join {numbers} on {rows.which}"
    )


def rows_of(
    port_id: str, attributes: int, tables: Mapping[str, tuple[str, ...]], referring: Mapping[str, str]
) -> list[Rows]:
    """The rows of a port in the order in which they can be copied.

    ``tables`` has the columns of each table, ``referring`` the column by which a table refers to a port's id;
    ``attributes`` is the highest id in standardattributes.
    """
    own = str(uuid.UUID(port_id))
    id_, serial = _ID.format(port_id=own), _ATTRIBUTES.format(attributes=attributes)
    address = f"select ip_address from ipallocations where port_id = '{own}'"
    subnet = f"select subnet_id from ipallocations where port_id = '{own}'"
    found = [
        Rows(
            "standardattributes",
            tables["standardattributes"],
            f"one.id = (select standard_attr_id from ports where id = '{own}')",
            {"id": serial},
        ),
        Rows(
            "ports",
            tables["ports"],
            f"one.id = '{own}'",
            {"id": id_, "mac_address": _MAC, "standard_attr_id": serial},
        ),
        Rows(
            "ipamallocations",
            tables["ipamallocations"],
            f"one.ip_address = ({address}) and one.ipam_subnet_id = "
            f"(select id from ipamsubnets where neutron_subnet_id = ({subnet}))",
            {"ip_address": _ADDRESS},
        ),
    ]
    for table, column in referring.items():
        different = {column: id_} | ({"ip_address": _ADDRESS} if table == "ipallocations" else {})
        found.append(Rows(table, tables[table], f"one.`{column}` = '{own}'", different))
    return found


def fill_network(endpoint: Endpoint, stack: Stack, name: str, count: int) -> str:
    """A network with so many ports, all but one of them copied by SQL; its id.

    It belongs to a project of its own, so that its ports are in no security group that is used for anything else.
    Looked at through the API afterwards: every port is there, complete, and one of them can be deleted. Raises Failed
    when that is not so.
    """
    project = {"project_id": uuid.uuid4().hex}
    with api_of(endpoint, endpoint.network) as api:
        network: str = api.call("POST", "/v2.0/networks", {"network": {"name": name} | project})["network"]["id"]
        subnet = {"network_id": network, "ip_version": 4, "cidr": CIDR} | project
        api.call("POST", "/v2.0/subnets", {"subnet": subnet})
        first = api.call("POST", "/v2.0/ports", {"port": {"network_id": network} | project})["port"]
        _copy(stack, first["id"], count)  # one too many, to be deleted
        path = f"/v2.0/ports?network_id={network}"
        check_copies(first, api.call("GET", path)["ports"], count + 1)
        copied = next(each["id"] for each in api.call("GET", path)["ports"] if each["id"] != first["id"])
        api.call("DELETE", f"/v2.0/ports/{copied}")
        check_copies(first, api.call("GET", path)["ports"], count)
    return network


def check_copies(first: Mapping[str, Any], listed: list[dict[str, Any]], count: int) -> None:
    """Raise Failed unless so many ports are listed, each like ``first`` but for what is its own."""
    if len(listed) != count:
        raise Failed(f"{len(listed)} ports are listed, not {count}")
    for own in ("id", "mac_address"):
        if len({each[own] for each in listed}) != count:
            raise Failed(f"two of the ports have the same {own}")
    addresses = {(fixed["subnet_id"], fixed["ip_address"]) for each in listed for fixed in each["fixed_ips"]}
    if len(addresses) != count:
        raise Failed(f"{count} ports have {len(addresses)} addresses")
    alike = {name: value for name, value in first.items() if name not in DIFFERENT}
    for each in listed:
        wrong = [name for name, value in alike.items() if each.get(name) != value]
        if wrong:
            raise Failed(f"the copied port {each['id']} is not like the one it is copied from: {', '.join(wrong)}")


def _copy(stack: Stack, port_id: str, count: int) -> None:
    referring = {table: column for table, column in stack.rows(_REFERRING) if _has(stack, table, column, port_id)}
    tables = {
        table: tuple(row[0] for row in stack.rows(_COLUMNS.format(table=table)))
        for table in ("standardattributes", "ports", "ipamallocations", *referring)
    }
    attributes = int(stack.rows("select max(id) from standardattributes")[0][0])
    statements = [copying(rows, count) for rows in rows_of(port_id, attributes, tables, referring)]
    stack.rows(";\n".join(("begin", *statements, "commit")))


def _has(stack: Stack, table: str, column: str, port_id: str) -> bool:
    return stack.rows(f"select count(*) from `{table}` where `{column}` = '{uuid.UUID(port_id)}'") != [("0",)]
