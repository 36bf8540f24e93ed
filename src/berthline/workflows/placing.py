"""Which host a server gets: claimed in the transaction that writes the server, and again when a host fails."""

from typing import Final

from berthline.domain.compute import Flavor, Host, Server
from berthline.domain.errors import NoValidHost, Refused, Transient
from berthline.domain.ids import HostName
from berthline.network.service import NetworkService
from berthline.placement.choose import HostRequest, choose_hosts, explain
from berthline.saga import Failure
from berthline.store import Connection, hosts, servers

MOST_HOSTS: Final = 3
"""How many hosts may try to build one server; Nova's scheduler.max_attempts."""

BUILDING: Final = frozenset({"image", "disks", "guest", "resume"})
"""The steps of a build that a host does by itself."""

HOSTS_OWN: Final = frozenset({Refused.__name__, Transient.__name__})
"""Errors that say something of this host only; RefusedEverywhere, and what is no host's fault, is the same anywhere."""


def claim_host(
    connection: Connection,
    flavor: Flavor,
    wanted: HostName | None,
    at: int,
    excluded: frozenset[HostName] = frozenset(),
) -> Host:
    """Take the flavor's resources on the best host that still has them. Raises NoValidHost."""
    request = HostRequest(
        vcpus=flavor.vcpus,
        memory_mb=flavor.ram,
        disk_gb=_disk(flavor),
        wanted_host=wanted,
        excluded_hosts=excluded,
    )
    candidates = hosts.candidates(connection)
    for host in choose_hosts(candidates, request):
        if hosts.claim(connection, host.name, flavor.vcpus, flavor.ram, _disk(flavor), at):
            return host
    raise NoValidHost(
        "No valid host was found. There are not enough hosts available.", {"hosts": explain(candidates, request)}
    )


def release_host(connection: Connection, server: Server, at: int) -> None:
    """Give the server's place on its host back; it has none then. Again: no change."""
    if server.host is not None:
        _release(connection, server.host, server.flavor, at)
        servers.set_host(connection, server.id, None, at)


def another_host_may_do(failure: Failure, tried: tuple[HostName, ...]) -> bool:
    """Whether a build that failed so on these hosts may succeed on one more."""
    return failure.step in BUILDING and failure.type in HOSTS_OWN and len(tried) < MOST_HOSTS


def move(
    connection: Connection, network: NetworkService, server: Server, tried: tuple[HostName, ...], at: int
) -> HostName | None:
    """Put the server, with the ports and addresses it has, on a host that was not tried; None if none has room."""
    try:
        host = claim_host(connection, server.flavor, None, at, frozenset(tried))
    except NoValidHost:
        return None
    if server.host is not None:
        _release(connection, server.host, server.flavor, at)
    servers.set_host(connection, server.id, host.name, at)
    network.rebind(connection, server.id, host.name, at)
    return host.name


def _release(connection: Connection, host: HostName, flavor: Flavor, at: int) -> None:
    hosts.release(connection, host, flavor.vcpus, flavor.ram, _disk(flavor), at)


def _disk(flavor: Flavor) -> int:
    return flavor.disk + flavor.ephemeral
