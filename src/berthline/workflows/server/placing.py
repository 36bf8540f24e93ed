"""Which host a server gets: claimed in the transaction that writes the server, and again when a host fails."""

from collections import Counter
from typing import Final

from berthline.domain.compute import Flavor, Host, Server
from berthline.domain.errors import NoValidHost, Refused, Transient
from berthline.domain.ids import HostName
from berthline.network.service import NetworkService
from berthline.placement.choose import HostRequest, explain, spread
from berthline.saga import Failure
from berthline.store import Connection
from berthline.store.compute import hosts
from berthline.store.compute.servers import servers

MOST_HOSTS: Final = 3
"""How many hosts may try to build one server; Nova's scheduler.max_attempts."""

MOST_OVERTAKEN: Final = 20
"""How often others may take the room of a host between the look at it and its claim."""

MOST_TOLD: Final = 20
"""How many hosts a refusal is explained with."""

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
) -> HostName:
    """Take the flavor's resources on the best host that still has them. Raises NoValidHost."""
    claimed, why = claim_hosts(connection, flavor, wanted, 1, at, excluded)
    if not claimed:
        raise why
    return claimed[0]


def claim_hosts(
    connection: Connection,
    flavor: Flavor,
    wanted: HostName | None,
    count: int,
    at: int,
    excluded: frozenset[HostName] = frozenset(),
) -> tuple[list[HostName], NoValidHost]:
    """Take the flavor's resources for ``count`` servers, each on the host that is best by then.

    One guarded statement a host. Returns as many hosts as there was room for, and what to say of the servers that have
    none; its ``hosts`` are for admins.
    """
    disk = flavor.claimed_disk
    request = HostRequest(
        vcpus=flavor.vcpus, memory_mb=flavor.ram, disk_gb=disk, wanted_host=wanted, excluded_hosts=excluded
    )
    chosen: list[HostName] = []
    overtaken = 0
    while left := count - len(chosen):
        best = _best(connection, request, left)
        picked = [host.name for host in spread(best, request, left)]
        claimed = {
            name
            for name, guests in sorted(Counter(picked).items())
            if hosts.claim(connection, name, guests * flavor.vcpus, guests * flavor.ram, guests * disk, at, guests)
        }
        overtaken += len(claimed) < len(set(picked))
        if not picked or overtaken > MOST_OVERTAKEN:  # no host has room, or others are quicker all the time
            break
        chosen += [name for name in picked if name in claimed]
    why = "" if len(chosen) == count else _explained(connection, request)
    return chosen, NoValidHost("No valid host was found. There are not enough hosts available.", {"hosts": why})


def _best(connection: Connection, request: HostRequest, count: int) -> tuple[Host, ...]:
    """The hosts of which those for ``count`` servers are chosen, best first."""
    if request.wanted_host is not None:
        wanted = hosts.get(connection, request.wanted_host)
        return () if wanted is None else (wanted,)
    size = (request.vcpus, request.memory_mb, request.disk_gb)
    return hosts.with_room(connection, *size, count, request.excluded_hosts)


def _explained(connection: Connection, request: HostRequest) -> str:
    """Why hosts refused: the one that was asked for, else the first by name; a thousand more would tell nobody more."""
    if request.wanted_host is not None and (wanted := hosts.get(connection, request.wanted_host)) is not None:
        return explain([wanted], request)
    told, number = hosts.first(connection, MOST_TOLD)
    more = number - len(told)
    return explain(told, request) + (f"; and {more} more hosts" if more else "")


def release_host(connection: Connection, server: Server, at: int) -> None:
    """Give the server's place on its host back; it has none then. Again: no change."""
    if server.host is not None:
        free_place(connection, server, at)
        servers.set_host(connection, server.id, None, at)


def free_place(connection: Connection, server: Server, at: int) -> None:
    """Give the server's place on its host back, if it has one; the caller writes that it has none."""
    if server.host is not None:
        _release(connection, server.host, server.flavor, at)


def another_host_may_do(failure: Failure, tried: tuple[HostName, ...]) -> bool:
    """Whether a build that failed so on these hosts may succeed on one more."""
    return failure.step in BUILDING and failure.type in HOSTS_OWN and len(tried) < MOST_HOSTS


def move(
    connection: Connection, network: NetworkService, server: Server, tried: tuple[HostName, ...], at: int
) -> HostName | None:
    """Put the server, with the ports and addresses it has, on a host that was not tried; None if none has room."""
    unfit = frozenset(tried)
    while True:
        try:
            host = claim_host(connection, server.flavor, None, at, unfit)
        except NoValidHost:
            return None
        if network.rebind(connection, server.id, host, at):
            break
        _release(connection, host, server.flavor, at)
        unfit |= {host}
    if server.host is not None:
        _release(connection, server.host, server.flavor, at)
    servers.set_host(connection, server.id, host, at)
    return host


def _release(connection: Connection, host: HostName, flavor: Flavor, at: int) -> None:
    hosts.release(connection, host, flavor.vcpus, flavor.ram, flavor.claimed_disk, at)
