"""No statement reads through a table that grows: each goes by an index, as SQLite says itself."""

import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import CompoundSelect, Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite

import berthline.store
from bench.counting import Counter
from berthline.store import Store
from berthline.store.engine.migrate import migrate
from berthline.store.engine.prepared import Prepared
from berthline.store.engine.sqlite.connections import engine
from berthline.store.tables import metadata
from tests.growth.crowd import Crowd, crowd

SMALL = {
    "cloud",
    "domains",
    "projects",
    "users",
    "roles",
    "role_implications",
    "signing_keys",
    "worker_leases",
    "workers",
    "catalog_services",
}
"""Tables that stay small beside the rest, or that are read whole by what is done now and then."""
SMALL |= {
    "worker_leases",
    "workers",
    "flavors",
    "flavor_projects",
    "quota_limits",
    "quota_usage",
    "hosts",
    "enrolled_hosts",
    "aggregates",
    "aggregate_hosts",
    "image_processes",
}
GROWING = {table.name for table in metadata.sorted_tables} - SMALL
BASES = {
    "compute.servers.actions._SELECT": "conditions are added to it",
    "compute.servers.servers._SELECT": "conditions are added to it",
    "network.networks._SUBNETS": "conditions are added to it",
    "network.ports._LISTED": "conditions are added to it",
    "control.sagas._LIST": "for operators, who ask for all",
    "control.sagas._AT_WORK": "the index has none but unfinished sagas, which are what is read",
    "control.sagas._UNFINISHED_AT": "likewise",
    "control.sagas._FREE": "likewise",
    "control.sagas._WAITS": "likewise, up to the first that waits",
    "control.sagas._HELD": "likewise",
    "control.workers._GIVE_SAGAS": "likewise, once at an end",
    "control.workers._WAITING": "likewise, for /healthz",
    "control.vitals._SAGAS": "likewise, for /healthz and /metrics",
    "control.vitals._HALTED": "the index has none but guests that stand still, which are what is counted",
    "control.vitals._CHANGES": "the outbox holds what is not projected yet, which is what is counted",
    "dataplane.outbox._LAG": "the outbox holds what is not projected yet, which is what is counted",
    "compute.servers.servers._PLACED": "the index has none but servers that are there, in the order of the answer",
    "compute.server_groups._PAGE": "those of all projects for admins, in the order of the answer and up to its limit",
    "compute.guest_places._NICS_ON": "whether there is a row at all",
    "dataplane.projection._INNER_PORTS": "the indexes have none but ports in use, which are what is read",
    **{
        f"dataplane.projection.{name}": "likewise, once at a start"
        for name in (
            *(f"_IN_USE.{kind}" for kind in ("network", "security_group", "port", "router")),
            *(f"_AT_REST.{kind}" for kind in ("network", "security_group")),
        )
    },
    "compute.drains._UNDER_WAY": "the index has none but drains under way, in the order of the answer",
    "compute.losses._UNDER_WAY": "the index has none but losses under way, in the order of the answer",
    "compute.enrolled._AT_WORK": "the index has none but unfinished sagas, while a host is removed",
    "compute.enrolled._MOVES": "the index has none but moves that are held, once when a host is removed",
    "compute.enrolled._DELETE": "once when a host is removed, as servers name it also when they are deleted",
    "compute.enrolled._FORGET_PLACES": "likewise",
    "dataplane.ways_out._ROUTERS": "all that have a way out are what is written",
    "network.metadata_ports._PROJECT": "the index has none but metadata ports, all of which are told",
    "dataplane.projection._PORTS_AT_REST": "for doctor, whose answer they are",
}
"""Statements that read all of a table or of an index, and why they may."""


SCAN = re.compile(r"SCAN (?P<table>\w+)(?P<how>.*)")


def kept(names: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """What the module names, and what is in a mapping that it names."""
    for name, value in names.items():
        yield name, value
        if isinstance(value, Mapping) and name.startswith("_") and not name.startswith("__"):
            yield from ((f"{name}.{key}", each) for key, each in value.items())


def constants() -> Iterator[tuple[str, str]]:
    """Every statement that a module of the store keeps, by its name."""
    for module in pkgutil.walk_packages(berthline.store.__path__, "berthline.store."):
        if ".migrations" in module.name:
            continue
        for name, value in kept(vars(importlib.import_module(module.name))):
            where = f"{module.name.removeprefix('berthline.store.')}.{name}"
            if where.startswith("engine.locks._kept."):
                continue  # made on PostgreSQL alone, for rows by their key
            if isinstance(value, Prepared):
                yield where, value.text
            elif isinstance(value, (Select, CompoundSelect, Update, Delete, Insert)):
                yield (
                    where,
                    re.sub(r"\(__\[POSTCOMPILE_\w+\]\)", "(?, ?)", str(value.compile(dialect=sqlite.dialect()))),
                )


def scans(connection: sqlite3.Connection, statement: str) -> list[str]:
    """What SQLite would read through for the statement, of tables that grow."""
    numbered = {int(number) for number in re.findall(r"\?(\d+)", statement)}
    values = [None] * (max(numbered) if numbered else len(re.findall(r"\?", re.sub(r"'[^']*'", "", statement))))
    names = dict(re.findall(r"\b(?:FROM|JOIN|,)\s+(\w+)\s+(?:AS\s+)?(\w+)\b", statement))
    aliases = {alias: table for table, alias in names.items()}
    found = []
    for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values):
        scan = SCAN.match(detail)
        if scan is None:
            continue
        if aliases.get(scan["table"], scan["table"]) in GROWING:
            found.append(detail)
    return found


@pytest.fixture
def planner(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to an empty database of the current schema, with the functions that statements use."""
    migrate(tmp_path / "plans.db")
    opened = engine(tmp_path / "plans.db", durable=False)
    with opened.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        yield driver
    opened.dispose()


def test_statements_that_are_kept_go_by_an_index(planner: sqlite3.Connection) -> None:
    found = {name: detail for name, statement in constants() if (detail := scans(planner, statement))}
    assert {name: detail for name, detail in found.items() if name not in BASES} == {}
    assert set(BASES) <= {name for name, _ in constants()}, "an exception that no statement needs any more"


# Ports are not looked up by MAC alone but by operators: an index for it would be one more to write with each port.
REQUESTS = (
    "/network/v2.0/ports?device_id=x",
    "/network/v2.0/ports?name=x",
    "/network/v2.0/ports?binding:host_id=x",
    "/network/v2.0/ports?network_id=x",
    "/network/v2.0/ports?fixed_ips=ip_address=10.0.0.5",
    "/network/v2.0/ports?fixed_ips=subnet_id=x",
    "/network/v2.0/ports?security_groups=x",
    "/network/v2.0/ports?project_id=x",
    "/network/v2.0/networks?name=x",
    "/network/v2.0/networks",
    "/network/v2.0/networks?limit=5",
    "/network/v2.0/networks?shared=True",
    "/network/v2.0/subnets?shared=True",
    "/network/v2.0/security-groups?shared=True",
    "/network/v2.0/subnetpools",
    "/network/v2.0/subnetpools?shared=True",
    "/network/v2.0/address-scopes",
    "/network/v2.0/address-groups",
    "/network/v2.0/security-group-rules?remote_address_group_id=x",
    "/network/v2.0/subnets?subnetpool_id=x",
    "/network/v2.0/rbac-policies",
    "/network/v2.0/rbac-policies?object_id=x",
    "/network/v2.0/rbac-policies?target_tenant=x",
    "/network/v2.0/subnets",
    "/network/v2.0/ports",
    "/network/v2.0/ports?limit=5",
    "/network/v2.0/security-groups",
    "/network/v2.0/routers",
    "/network/v2.0/floatingips",
    "/network/v2.0/networks?project_id=x",
    "/network/v2.0/subnets?network_id=x",
    "/network/v2.0/routers?project_id=x",
    "/network/v2.0/floatingips?floating_ip_address=10.0.0.5",
    "/network/v2.0/floatingips?port_id=x",
    "/network/v2.0/security-groups?project_id=x",
    "/network/v2.0/security-group-rules?security_group_id=x",
    "/compute/v2.1/servers/detail?status=BUILD",
    "/compute/v2.1/servers/detail?name=^x$",
    "/compute/v2.1/servers/detail?ip=10.0.0.5",
    "/compute/v2.1/servers/detail?changes-since=2026-01-01T00:00:00Z",
)


async def requested(here: Crowd, path: str) -> list[str]:
    here.counter.reset()
    assert (await here.admin.get(path)).status_code in {200, 400}  # some filters are for admins
    return list(here.counter.statements)


async def test_what_is_looked_up_over_http_goes_by_an_index(
    counter: Counter, counted_store: Store, tmp_path: Path, planner: sqlite3.Connection
) -> None:
    found: dict[str, list[str]] = {}
    async with crowd(counter, counted_store, tmp_path, hosts=2, servers=10) as here:
        for client, requests in (
            (here.admin, [path for path in REQUESTS if "?" in path and "limit" not in path]),
            (await here.cloud.client_for("red-member"), REQUESTS),
        ):
            here.admin = client
            for path in requests:
                for statement in await requested(here, path):
                    if detail := scans(planner, statement.replace("?", "''")):
                        found[path] = detail
    assert found == {}
