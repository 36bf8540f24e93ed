"""Fills a database with ports directly, by SQL: what a cloud holds after a million requests, in half a minute.

A port here has what a port made over HTTP has: its row, an address, a security group, its event, and the note that the
dataplane holds it. They lie in projects and networks of their own; ids are spread as random ones are.
"""

import ipaddress
import sqlite3
import time
import uuid
from pathlib import Path

PER_NETWORK = 1000
NETWORKS_PER_PROJECT = 10
WIDE_NETWORK = "00000000-aaaa-4aaa-8aaa-000000016016"
WIDE_SUBNET = "00000000-bbbb-4bbb-8bbb-000000016016"
_WIDE_FIRST = 10 << 24
_STRIDE = 40503
"""Has no divisor in common with the size of the pool: each number leads to another address."""

_IDS = """
    ports AS (SELECT i, i / :per_network AS network, i / :per_project AS project,
              printf('%08x-{kind}-4000-8000-%012x', (i * 2654435761) & 4294967295, i) AS id FROM numbers)"""
_APART, _WIDE = _IDS.format(kind="0000"), _IDS.format(kind="9999")
_NUMBERS = "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :count),"
_NETWORK_ID = "printf('%08x-1111-4111-8111-%012x', ({0} * 2654435761) & 4294967295, {0})"
_SUBNET_ID = "printf('%08x-2222-4222-8222-%012x', ({0} * 2654435761) & 4294967295, {0})"
_GROUP_ID = "printf('%08x-3333-4333-8333-%012x', ({0} * 2654435761) & 4294967295, {0})"
_PROJECT_ID = "printf('%032x', {0} + 4096)"


def fill(database: Path, ports: int) -> None:
    """Put so many ports into a database of the current schema that no process has open."""
    projects = max(1, ports // (PER_NETWORK * NETWORKS_PER_PROJECT))
    networks = max(1, ports // PER_NETWORK)
    connection = opened(database)
    with connection:
        _fill_projects(connection, projects, ports // projects)
        _fill_networks(connection, networks)
        _fill_ports(connection, ports)
    closed(connection)


def fill_wide_network(database: Path, ports: int, project_id: str, prefix: int = 16) -> None:
    """One network of a project, 10.0.0.0/``prefix``, with so many of its addresses in use (65,533 of a /16 at most)."""
    size = 2 ** (32 - prefix) - 3
    first, last = (str(ipaddress.ip_address(_WIDE_FIRST + offset)) for offset in (2, size + 1))
    connection = opened(database)
    with connection:
        _fill_projects(connection, 1, 0)
        values = {"id": WIDE_NETWORK, "project": project_id, "at": now()}
        connection.execute(
            """INSERT INTO networks (id, project_id, name, mtu, network_type, segmentation_id, revision, created_at,
            updated_at) VALUES (:id, :project, 'wide', 1442, 'geneve', 16000000, 1, :at, :at)""",
            values,
        )
        connection.execute(
            """INSERT INTO subnets (id, network_id, project_id, ip_version, cidr, gateway_ip, pools, revision,
            created_at, updated_at)
            VALUES (:subnet, :id, :project, 4, :cidr, packed(:gateway), :pools, 1, :at, :at)""",
            values
            | {"subnet": WIDE_SUBNET, "cidr": f"10.0.0.0/{prefix}", "gateway": _WIDE_FIRST + 1}
            | {"pools": f'[{{"start":"{first}","end":"{last}"}}]'},
        )
        count = {"count": ports, "per_network": ports, "per_project": ports, "at": now()}
        _fill_port_rows(connection, _WIDE, count, f"'{WIDE_NETWORK}'")
        connection.execute(
            f"{_NUMBERS}{_WIDE} INSERT INTO addresses (subnet_id, ip, port_id, position) "
            f"SELECT '{WIDE_SUBNET}', packed({_WIDE_FIRST + 2} + (i * {_STRIDE}) % {size}), id, 0 FROM ports",
            count,
        )
        connection.execute("INSERT INTO projections VALUES ('network', ?, 1, ?)", (WIDE_NETWORK, now()))
    closed(connection)


def _fill_projects(connection: sqlite3.Connection, count: int, ports_each: int) -> None:
    """Projects are ids that own things: a default security group, and what is counted of their ports."""
    values = {"count": count, "ports": ports_each, "at": now()}
    numbers = _NUMBERS.rstrip(",")
    group, project = _GROUP_ID.format("i"), _PROJECT_ID.format("i")
    connection.execute(
        f"{numbers} INSERT OR IGNORE INTO security_groups (id, project_id, name, is_default, revision, "
        f"created_at, updated_at) SELECT {group}, {project}, 'default', 1, 1, :at, :at FROM numbers",
        values,
    )
    connection.execute(
        f"{numbers} INSERT OR IGNORE INTO projections "
        f"SELECT 'security_group', {group}, 1, :at FROM numbers WHERE 1 ORDER BY 2",
        values,
    )
    connection.execute(
        f"{numbers} INSERT OR IGNORE INTO quota_usage (project_id, resource, used) "
        f"SELECT {project}, 'port', :ports FROM numbers",
        values,
    )


def _fill_networks(connection: sqlite3.Connection, count: int) -> None:
    values = {"count": count, "each": NETWORKS_PER_PROJECT, "at": now()}
    numbers = _NUMBERS.rstrip(",")
    network, subnet, project = _NETWORK_ID.format("i"), _SUBNET_ID.format("i"), _PROJECT_ID.format("(i / :each)")
    connection.execute(
        f"{numbers} INSERT INTO networks (id, project_id, name, mtu, network_type, segmentation_id, revision, "
        f"created_at, updated_at) "
        f"SELECT {network}, {project}, 'net', 1442, 'geneve', 15000000 + i, 1, :at, :at FROM numbers",
        values,
    )
    connection.execute(
        f"{numbers} INSERT INTO subnets (id, network_id, project_id, ip_version, cidr, gateway_ip, pools, revision, "
        f"created_at, updated_at) SELECT {subnet}, {network}, {project}, 4, '10.0.0.0/22', packed(167772161), "
        """'[{"start":"10.0.0.2","end":"10.0.3.254"}]', 1, :at, :at FROM numbers""",
        values,
    )
    connection.execute(
        f"{numbers} INSERT INTO projections SELECT 'network', {network}, 1, :at FROM numbers WHERE 1 ORDER BY 2", values
    )


def _fill_ports(connection: sqlite3.Connection, count: int) -> None:
    per_project = PER_NETWORK * NETWORKS_PER_PROJECT
    values = {"count": count, "per_network": PER_NETWORK, "per_project": per_project, "at": now()}
    _fill_port_rows(connection, _APART, values, _NETWORK_ID.format("network"))
    connection.execute(
        f"{_NUMBERS}{_APART} INSERT INTO addresses (subnet_id, ip, port_id, position) "
        f"SELECT {_SUBNET_ID.format('network')}, packed(167772162 + i % :per_network), id, 0 FROM ports",
        values,
    )


def _fill_port_rows(connection: sqlite3.Connection, ids: str, values: dict[str, int], network: str) -> None:
    """Everything of the ports but their addresses."""
    project, group = _PROJECT_ID.format("project"), _GROUP_ID.format("project")
    begin = f"{_NUMBERS}{ids} INSERT INTO"
    connection.execute(
        f"{begin} ports (id, network_id, project_id, mac_address, status, revision, created_at, updated_at) "
        f"SELECT id, {network}, {project}, printf('fa:16:3f:%02x:%02x:%02x', i >> 16, (i >> 8) & 255, i & 255), "
        "'DOWN', 1, :at, :at FROM ports",
        values,
    )
    connection.execute(
        f"{begin} port_security_groups (port_id, security_group_id, position) SELECT id, {group}, 0 FROM ports", values
    )
    connection.execute(f"{begin} projections SELECT 'port', id, 1, :at FROM ports", values)
    connection.execute(
        f"{begin} events (at, kind, object_id, project_id, revision, what) "
        f"SELECT :at, 'port', id, {project}, 1, 'created' FROM ports",
        values,
    )


def opened(database: Path) -> sqlite3.Connection:
    """A connection that fills fast: not durable, and references are looked at when it is ``closed``."""
    connection = sqlite3.connect(database)
    connection.create_function("packed", 1, lambda number: int(number).to_bytes(4), deterministic=True)
    for pragma in ("synchronous=OFF", "cache_size=-1500000", "temp_store=MEMORY", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def closed(connection: sqlite3.Connection) -> None:
    """Close it once every reference leads somewhere. Raises AssertionError."""
    broken = connection.execute("PRAGMA foreign_key_check").fetchmany(3)
    assert not broken, f"the fill broke references: {broken}"
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def schema(database: Path) -> bytes:
    """The tables and indexes of a database, as the statements that made them."""
    connection = sqlite3.connect(database)
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    connection.close()
    return "\n".join(row[0] for row in rows).encode()


def add_servers(database: Path, count: int, project_id: str) -> list[str]:
    """Rows of servers without anything else, for NICs to be given to; their ids."""
    connection = sqlite3.connect(database, timeout=30)
    ids = [str(uuid.uuid4()) for _ in range(count)]
    with connection:
        connection.executemany(
            """INSERT INTO servers (id, project_id, user_id, name, hostname, vm_state, host, availability_zone, flavor,
            reservation_id, created_at, updated_at)
            VALUES (?, ?, 'bench', 'bench', 'bench', 'building', 'simulated-1', 'nova', '{}', 'r-bench', ?, ?)""",
            [(each, project_id, now(), now()) for each in ids],
        )
    connection.close()
    return ids
