"""Hypervisor hosts: what they offer, and claims on it that are exact under any concurrency."""

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from berthline.domain.compute import Host
from berthline.domain.ids import HostName
from berthline.store.tables.compute import hosts

_SELECT = select(hosts).order_by(hosts.c.name)
_SELECT_ONE = select(hosts).where(hosts.c.name == bindparam("name"))

_CLAIM = (
    update(hosts)
    .where(
        hosts.c.name == bindparam("host"),
        hosts.c.enabled,
        hosts.c.up,
        hosts.c.vcpus_used + bindparam("claim_vcpus") <= hosts.c.vcpus,
        hosts.c.memory_mb_used + bindparam("claim_memory") <= hosts.c.memory_mb,
        hosts.c.disk_gb_used + bindparam("claim_disk") <= hosts.c.disk_gb,
    )
    .values(
        vcpus_used=hosts.c.vcpus_used + bindparam("claim_vcpus"),
        memory_mb_used=hosts.c.memory_mb_used + bindparam("claim_memory"),
        disk_gb_used=hosts.c.disk_gb_used + bindparam("claim_disk"),
        running_vms=hosts.c.running_vms + 1,
        updated_at=bindparam("at"),
    )
)

_RELEASE = (
    update(hosts)
    .where(hosts.c.name == bindparam("host"))
    .values(
        vcpus_used=hosts.c.vcpus_used - bindparam("claim_vcpus"),
        memory_mb_used=hosts.c.memory_mb_used - bindparam("claim_memory"),
        disk_gb_used=hosts.c.disk_gb_used - bindparam("claim_disk"),
        running_vms=hosts.c.running_vms - 1,
        updated_at=bindparam("at"),
    )
)

_FACTS = (
    "chassis",
    "hypervisor_type",
    "hypervisor_version",
    "cpu_info",
    "vcpus",
    "memory_mb",
    "disk_gb",
    "up",
    "seen_at",
)


def upsert(connection: Connection, host: Host, at: int) -> None:
    """Record what a host offers and that it was seen ``at`` (µs).

    Of a host that is known only the facts change: what is claimed on it and whether an operator enabled it stay.
    """
    values = {name: getattr(host, name) for name in _FACTS} | {"seen_at": at, "updated_at": at}
    statement = insert(hosts).values(name=host.name, enabled=host.enabled, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def candidates(connection: Connection) -> tuple[Host, ...]:
    """Every host, by name, also those that may not take servers now: placement says why it refused each."""
    return tuple(Host(**row) for row in connection.execute(_SELECT).mappings())


def get(connection: Connection, name: HostName) -> Host | None:
    """One host, or None."""
    row = connection.execute(_SELECT_ONE, {"name": name}).mappings().first()
    return None if row is None else Host(**row)


def claim(connection: Connection, name: HostName, vcpus: int, memory_mb: int, disk_gb: int, at: int) -> bool:
    """Take room for one guest; False, with nothing changed, when the host has not all of it or may take no guest.

    ``memory_mb`` in MiB, ``disk_gb`` in GiB. One guarded statement, so that two claims never share the last room.
    """
    return connection.execute(_CLAIM, _amounts(name, vcpus, memory_mb, disk_gb, at)).rowcount == 1


def release(connection: Connection, name: HostName, vcpus: int, memory_mb: int, disk_gb: int, at: int) -> None:
    """Give back what ``claim`` took. The caller's transaction makes sure that it happens once for each claim.

    Raises an integrity error of the database when more is given back than was taken.
    """
    connection.execute(_RELEASE, _amounts(name, vcpus, memory_mb, disk_gb, at))


def set_up(connection: Connection, name: HostName, up: bool, at: int) -> bool:
    """Record whether the host answers; False when there is no such host."""
    seen = {"seen_at": at} if up else {}
    return (
        connection.execute(update(hosts).where(hosts.c.name == name).values(up=up, updated_at=at, **seen)).rowcount == 1
    )


def set_enabled(connection: Connection, name: HostName, enabled: bool, at: int) -> bool:
    """Let the host take new servers, or not; False when there is no such host."""
    return (
        connection.execute(update(hosts).where(hosts.c.name == name).values(enabled=enabled, updated_at=at)).rowcount
        == 1
    )


def _amounts(name: HostName, vcpus: int, memory_mb: int, disk_gb: int, at: int) -> dict[str, str | int]:
    return {"host": name, "claim_vcpus": vcpus, "claim_memory": memory_mb, "claim_disk": disk_gb, "at": at}
