"""What the database itself shows to be leaked or miscounted. Every query here gives no row in a sound cloud."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, exists, func, or_, select

from berthline.domain.compute import Flavor
from berthline.saga.log import UNFINISHED
from berthline.store.tables.compute import hosts, migrations, server_nics, servers
from berthline.store.tables.control import outbox, sagas
from berthline.store.tables.enrolment import left_guests
from berthline.store.tables.identity import quota_usage
from berthline.store.tables.network import (
    addresses,
    floating_ips,
    networks,
    ports,
    router_interfaces,
    routers,
    security_group_rules,
    security_groups,
    subnets,
)
from berthline.store.tables.placing import server_groups
from berthline.store.tables.pools import subnet_pools
from berthline.store.tables.remote import remote_nics
from berthline.store.tables.sharing import rbac_policies


class Leak(msgspec.Struct, frozen=True):
    """One thing that is there and should not be, or is missing: what ``kind`` of fault, of which object, and why."""

    kind: str
    object_id: str
    why: str


class Places(msgspec.Struct, frozen=True):
    """What the outside world should hold: units as (kind, id), guests as (host, server), NICs as (server, port).

    ``guests`` has both ends of a move, and what is left on a host that was lost; ``homes`` only where a server is by
    its own row: at the other end its guest is off, and what it is defined with there is not looked at again.

    ``required`` are the guests that must be there; others of ``guests`` may be: a server in ERROR whose delete was
    refused half way still holds its place and may have lost its guest.
    """

    units: frozenset[tuple[str, str]]
    guests: frozenset[tuple[str, str]]
    homes: frozenset[tuple[str, str]]
    required: frozenset[tuple[str, str]]
    nics: frozenset[tuple[str, str]]
    settled: bool
    """False while changes are on their way to the dataplane or a saga is at work: then differences are no leaks."""


MOVED: Final = frozenset({"finished", "confirming", "reverting"})
"""How a move stands whose server is at its destination, of its new flavor, by the server's own row."""

_HELD: Final = migrations.c.held

COUNTED: Final[dict[str, Any]] = {
    "network": networks,
    "subnet": subnets,
    "router": routers,
    "floatingip": floating_ips,
    "security_group": security_groups,
    "security_group_rule": security_group_rules,
    "rbac_policy": rbac_policies,
    "subnetpool": subnet_pools,
    "server_groups": server_groups,
}

HAS_A_GUEST: Final = frozenset({"active", "stopped", "resized", "rescued"})
"""States of a server that is on a host and has a guest there for sure: not a shelved one, which may be half gone."""


def stored_leaks(connection: Connection) -> tuple[Leak, ...]:
    """Every leak that the database alone shows."""
    return (
        *_ports_without_owner(connection),
        *_addresses_without_port(connection),
        *_nics_without_server(connection),
        *_remote_nics_without_use(connection),
        *_servers_nobody_works_on(connection),
        *_wrong_host_claims(connection),
        *_wrong_quota_counts(connection),
    )


def places(connection: Connection) -> Places:
    """What the outside should hold now."""
    units = {
        (kind, row.id)
        for kind, table in (
            ("network", networks),
            ("port", ports),
            ("security_group", security_groups),
            ("router", routers),
        )
        for row in connection.execute(select(table.c.id))
    }
    # A floating IP's hidden port only holds the address: its router answers, and the dataplane has no port for it.
    hidden = select(floating_ips.c.port_id.label("id"))
    units -= {("port", row.id) for row in connection.execute(hidden)}
    ends = connection.execute(
        select(migrations.c.server_id, migrations.c.source, migrations.c.destination).where(_HELD)
    )
    moving = {(host, row.server_id) for row in ends for host in (row.source, row.destination)}
    held = connection.execute(
        select(servers.c.host, servers.c.id, servers.c.vm_state).where(
            servers.c.host.is_not(None), servers.c.deleted_at.is_(None)
        )
    ).all()
    left = {(row.host, row.server_id) for row in connection.execute(select(left_guests))}
    homes = frozenset((row.host, row.id) for row in held)
    busy = connection.execute(select(exists().where(sagas.c.state.in_(UNFINISHED)))).scalar()
    behind = connection.execute(select(exists().where(outbox.c.sequence > 0))).scalar()
    return Places(
        units=frozenset(units),
        guests=homes | moving | left,
        homes=homes,
        required=frozenset((row.host, row.id) for row in held if row.vm_state in HAS_A_GUEST),
        nics=frozenset((row.server_id, row.port_id) for row in _nics(connection)),
        settled=not busy and not behind,
    )


def _nics(connection: Connection) -> Iterator[Any]:
    """Every NIC of a server whose port has an id: ours, and those at a network service outside."""
    yield from connection.execute(select(server_nics.c.server_id, server_nics.c.port_id))
    outside = select(remote_nics.c.server_id, remote_nics.c.port_id)
    yield from connection.execute(outside.where(remote_nics.c.port_id.is_not(None)))


def _ports_without_owner(connection: Connection) -> Iterator[Leak]:
    # users write a device_id as they like, which is no leak; but only the cloud and admins bind a port to a host
    of_server = exists().where(servers.c.id == ports.c.device_id) & (ports.c.binding_host != "")
    of_no_nic = of_server & ~exists().where(server_nics.c.port_id == ports.c.id)
    in_router = exists().where(router_interfaces.c.port_id == ports.c.id)
    is_gateway = exists().where(routers.c.gateway_port_id == ports.c.id)
    is_floating = exists().where(floating_ips.c.port_id == ports.c.id)
    owner = ports.c.device_owner
    orphan = or_(
        of_no_nic,
        (owner == "network:router_interface") & ~in_router,
        (owner == "network:router_gateway") & ~is_gateway,
        (owner == "network:floatingip") & ~is_floating,
    )
    for row in connection.execute(select(ports.c.id, ports.c.device_owner, ports.c.device_id).where(orphan)):
        yield Leak("port without owner", row.id, f"{row.device_owner} {row.device_id} does not use it")


def _addresses_without_port(connection: Connection) -> Iterator[Leak]:
    missing = select(addresses.c.subnet_id, addresses.c.ip).where(~exists().where(ports.c.id == addresses.c.port_id))
    for row in connection.execute(missing):
        yield Leak("address without port", row.subnet_id, row.ip)


def _nics_without_server(connection: Connection) -> Iterator[Leak]:
    gone = select(server_nics.c.port_id, server_nics.c.server_id).where(
        ~exists().where(servers.c.id == server_nics.c.server_id, servers.c.deleted_at.is_(None))
    )
    for row in connection.execute(gone):
        yield Leak("NIC without server", row.port_id, f"server {row.server_id} does not exist")


def _remote_nics_without_use(connection: Connection) -> Iterator[Leak]:
    """NICs at a network service outside, of a server that is gone, or of one without a host that nobody frees."""
    living = exists().where(servers.c.id == remote_nics.c.server_id, servers.c.deleted_at.is_(None))
    kept = or_(servers.c.host.is_not(None), servers.c.vm_state == "shelved_offloaded")
    placed = exists().where(servers.c.id == remote_nics.c.server_id, kept)
    at_work = exists().where(sagas.c.subject_id == remote_nics.c.server_id, sagas.c.state.in_(UNFINISHED))
    columns = (remote_nics.c.server_id, remote_nics.c.mac_address, remote_nics.c.port_id)
    for row in connection.execute(select(*columns).where(or_(~living, ~placed & ~at_work))):
        yield Leak("NIC outside without use", row.port_id or row.mac_address, f"server {row.server_id} does not use it")


def _servers_nobody_works_on(connection: Connection) -> Iterator[Leak]:
    at_work = exists().where(sagas.c.subject_id == servers.c.id, sagas.c.state.in_(UNFINISHED))
    stuck = select(servers.c.id, servers.c.vm_state, servers.c.task_state).where(
        servers.c.deleted_at.is_(None),
        or_(servers.c.task_state.is_not(None), servers.c.vm_state == "building"),
        ~at_work,
    )
    for row in connection.execute(stuck):
        yield Leak("server nobody works on", row.id, f"{row.vm_state}, task {row.task_state}, and no saga")


def _wrong_host_claims(connection: Connection) -> Iterator[Leak]:
    wanted: dict[str, Counter[str]] = {}
    # servers of one flavor at once: there are few flavors, and many servers
    held = connection.execute(
        select(servers.c.host, servers.c.flavor, func.count().label("n"))
        .where(servers.c.host.is_not(None), servers.c.deleted_at.is_(None))
        .group_by(servers.c.host, servers.c.flavor)
    )
    for row in held:
        claim = _claim_of(row.flavor)
        wanted.setdefault(row.host, Counter()).update({column: row.n * each for column, each in claim.items()})
    for row in connection.execute(select(migrations).where(_HELD)):
        moved = row.status in MOVED
        host, flavor = (row.source, row.old_flavor) if moved else (row.destination, row.new_flavor)
        claim = _claim_of(flavor) | {"running_vms": int(row.source != row.destination)}
        wanted.setdefault(host, Counter()).update(claim)
    for row in connection.execute(select(left_guests)):
        claim = {"vcpus_used": row.vcpus, "memory_mb_used": row.memory_mb, "disk_gb_used": row.disk_gb}
        wanted.setdefault(row.host, Counter()).update(claim | {"running_vms": 1})
    for host in connection.execute(select(hosts)).mappings():
        for column in ("vcpus_used", "memory_mb_used", "disk_gb_used", "running_vms"):
            should = wanted.get(host["name"], Counter())[column]
            if host[column] != should:
                yield Leak("wrong host claim", host["name"], f"{column} is {host[column]}, its servers use {should}")


def _claim_of(flavor: dict[str, Any]) -> dict[str, int]:
    """What a server of the flavor takes of its host, by the host's columns."""
    return {
        "vcpus_used": flavor["vcpus"],
        "memory_mb_used": flavor["ram"],
        "disk_gb_used": msgspec.convert(flavor, Flavor).claimed_disk,
        "running_vms": 1,
    }


def _wrong_quota_counts(connection: Connection) -> Iterator[Leak]:
    real = _real_counts(connection)
    counted = {
        (row.project_id, row.resource): row.used
        for row in connection.execute(select(quota_usage))
        if row.resource in COUNTED or row.resource in {"port", "instances", "cores", "ram"}
    }
    for key in sorted({*real, *counted}):
        if real[key] != counted.get(key, 0):
            yield Leak("wrong quota count", key[0], f"{key[1]}: counted {counted.get(key, 0)}, there are {real[key]}")


def _real_counts(connection: Connection) -> Counter[tuple[str, str]]:
    real: Counter[tuple[str, str]] = Counter()
    for resource, table in COUNTED.items():
        for row in connection.execute(select(table.c.project_id, func.count().label("n")).group_by(table.c.project_id)):
            real[row.project_id, resource] = row.n
    own = select(ports.c.project_id, func.count().label("n")).where(ports.c.project_id != "")
    for row in connection.execute(own.group_by(ports.c.project_id)):
        real[row.project_id, "port"] = row.n
    kinds = (servers.c.project_id, servers.c.flavor)
    living = select(*kinds, func.count().label("n")).where(servers.c.deleted_at.is_(None)).group_by(*kinds)
    for row in connection.execute(living):
        real[row.project_id, "instances"] += row.n
        real[row.project_id, "cores"] += row.n * row.flavor["vcpus"]
        real[row.project_id, "ram"] += row.n * row.flavor["ram"]
    for row in connection.execute(select(migrations).where(_HELD)):
        had, other = (row.new_flavor, row.old_flavor) if row.status in MOVED else (row.old_flavor, row.new_flavor)
        for resource, column in (("cores", "vcpus"), ("ram", "ram")):
            real[row.project_id, resource] += max(other[column] - had[column], 0)
    return real
