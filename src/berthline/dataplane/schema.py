"""How rows refer to each other: what both the northbound database and its twin have to know of tables.

Two columns of a ``Row`` are not columns of its table. ``parent`` holds the key of the row that contains it: OVN keeps
that relation in the parent, where one set holds all children, and a unit must not have to know its siblings.
``port_groups`` holds the keys of the groups that a logical switch port is a member of, for the same reason.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from berthline.domain.dataplane import Row, Unit

PARENT: Final = "parent"
PORT_GROUPS: Final = "port_groups"

UNIT_ID: Final = "berthline:unit"
KEY_ID: Final = "berthline:key"
"""Keys of external_ids by which a row of ours is found again and told apart from others' rows."""


class Parent(NamedTuple):
    """Where a table's rows are contained: the table, and the column of it that holds them."""

    table: str
    column: str


class TableShape(msgspec.Struct, frozen=True, kw_only=True):
    """``references``: columns whose values are keys of another table's rows; the database empties them when that row
    goes (weak). ``lasting``: a row stays when nothing contains it any more, so that it has to be deleted. ``named``:
    the row's column ``name`` is its key and unique in the table. ``policy``: a foreign row inside one of our parents
    changes what traffic may pass, so it is removed.
    """

    columns: tuple[str, ...]
    parent: Parent | None = None
    references: Mapping[str, str] = msgspec.field(default_factory=dict)
    named: bool = False
    policy: bool = False
    lasting: bool = False


TABLES: Final[Mapping[str, TableShape]] = {
    "Logical_Switch": TableShape(columns=("name", "other_config"), named=True),
    "Logical_Switch_Port": TableShape(
        columns=(
            "name",
            "type",
            "addresses",
            "port_security",
            "enabled",
            "options",
            "tag",
            "dhcpv4_options",
            "dhcpv6_options",
        ),
        parent=Parent("Logical_Switch", "ports"),
        references={"dhcpv4_options": "DHCP_Options", "dhcpv6_options": "DHCP_Options"},
        named=True,
    ),
    "DNS": TableShape(columns=("records",), parent=Parent("Logical_Switch", "dns_records"), lasting=True),
    "DHCP_Options": TableShape(columns=("cidr", "options")),
    "Port_Group": TableShape(columns=("name",), named=True),
    "Address_Set": TableShape(columns=("name", "addresses"), named=True),
    "ACL": TableShape(
        columns=("direction", "priority", "match", "action", "log"), parent=Parent("Port_Group", "acls"), policy=True
    ),
    "Logical_Router": TableShape(columns=("name", "enabled", "options"), named=True),
    "Logical_Router_Port": TableShape(
        columns=("name", "mac", "networks", "ipv6_ra_configs", "options"),
        parent=Parent("Logical_Router", "ports"),
        named=True,
        policy=True,
    ),
    "Gateway_Chassis": TableShape(
        columns=("name", "chassis_name", "priority"),
        parent=Parent("Logical_Router_Port", "gateway_chassis"),
        named=True,
        policy=True,
    ),
    "NAT": TableShape(
        columns=("type", "external_ip", "logical_ip", "logical_port", "external_mac"),
        parent=Parent("Logical_Router", "nat"),
        policy=True,
    ),
    "Logical_Router_Static_Route": TableShape(
        columns=("ip_prefix", "nexthop", "output_port"), parent=Parent("Logical_Router", "static_routes"), policy=True
    ),
}


class RowName(NamedTuple):
    """A row's table and key."""

    table: str
    key: str

    def __str__(self) -> str:
        return f"{self.table}/{self.key}"


def name_of(row: Row) -> RowName:
    """The row's name within the cloud."""
    return RowName(row.table, row.key)


def referred(row: Row) -> Iterator[RowName]:
    """The rows that must exist for this one to exist: its parent, its groups, and what its columns refer to."""
    shape = TABLES[row.table]
    if shape.parent is not None:
        parent = row.columns[PARENT]
        assert isinstance(parent, str)
        yield RowName(shape.parent.table, parent)
    for key in groups_of(row):
        yield RowName("Port_Group", key)
    for column, table in shape.references.items():
        value = row.columns.get(column)
        if isinstance(value, str):
            yield RowName(table, value)


def groups_of(row: Row) -> frozenset[str]:
    """Keys of the port groups that the row is a member of."""
    groups = row.columns.get(PORT_GROUPS, frozenset())
    assert isinstance(groups, frozenset)
    return groups


def unit_text(unit: Unit) -> str:
    """The unit as one word, as it stands in external_ids."""
    return f"{unit.kind}/{unit.id}"


def parse_unit(text: str) -> Unit | None:
    """The unit that ``unit_text`` wrote; None for anything else."""
    kind, slash, identity = text.partition("/")
    if slash and identity:
        if kind == "network":
            return Unit("network", identity)
        if kind == "port":
            return Unit("port", identity)
        if kind == "security_group":
            return Unit("security_group", identity)
        if kind == "router":
            return Unit("router", identity)
    return None
