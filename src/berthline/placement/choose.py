"""Choose hosts for a server: filters say which may take it, weights say which is best.

The choice is advice. The claim on the host, one guarded statement, is the judge: when it fails the next host is tried.
"""

import heapq
from collections.abc import Collection

import msgspec

from berthline.domain.compute import Host
from berthline.domain.ids import HostName


class HostRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one server needs of a host: ``memory_mb`` MiB, ``disk_gb`` GiB; perhaps one host, and never some."""

    vcpus: int
    memory_mb: int
    disk_gb: int
    wanted_host: HostName | None = None
    excluded_hosts: frozenset[HostName] = frozenset()


class Refusal(msgspec.Struct, frozen=True):
    """Why one host may not take the server."""

    host: HostName
    reason: str


def choose_hosts(hosts: Collection[Host], request: HostRequest) -> tuple[Host, ...]:
    """The hosts that may take the server, best first: most memory left, then by name."""
    fitting = [host for host in hosts if reason_against(host, request) is None]
    return tuple(sorted(fitting, key=lambda host: (host.memory_mb_used - host.memory_mb, host.name)))


def spread(hosts: Collection[Host], request: HostRequest, count: int) -> list[Host]:
    """A host for each of ``count`` such servers, chosen one after the other; shorter when there is no room for more."""
    waiting = [(host.memory_mb_used - host.memory_mb, host.name, host) for host in choose_hosts(hosts, request)]
    heapq.heapify(waiting)
    chosen: list[Host] = []
    while waiting and len(chosen) < count:
        free, name, host = waiting[0]
        chosen.append(host)
        fuller = msgspec.structs.replace(
            host,
            vcpus_used=host.vcpus_used + request.vcpus,
            memory_mb_used=host.memory_mb_used + request.memory_mb,
            disk_gb_used=host.disk_gb_used + request.disk_gb,
        )
        if reason_against(fuller, request) is None:
            heapq.heapreplace(waiting, (free + request.memory_mb, name, fuller))
        else:
            heapq.heappop(waiting)
    return chosen


def refusals(hosts: Collection[Host], request: HostRequest) -> tuple[Refusal, ...]:
    """Why each host that may not take the server was refused, by name: what an operator reads after NoValidHost."""
    reasons = ((host.name, reason_against(host, request)) for host in sorted(hosts, key=lambda host: host.name))
    return tuple(Refusal(name, reason) for name, reason in reasons if reason is not None)


def explain(hosts: Collection[Host], request: HostRequest) -> str:
    """The refusals in one line. For admins only: it names hosts and tells their room."""
    if not hosts:
        return "there are no hosts"
    return "; ".join(f"{refusal.host}: {refusal.reason}" for refusal in refusals(hosts, request))


def reason_against(host: Host, request: HostRequest) -> str | None:
    """Why this host may not take the server; None when it may."""
    if request.wanted_host is not None and host.name != request.wanted_host:
        return f"host {request.wanted_host} was asked for"
    if host.name in request.excluded_hosts:
        return "it was tried and failed"
    if not host.enabled:
        return "it is disabled"
    if not host.up:
        return "it is down"
    rooms = (
        ("vCPUs", host.vcpus - host.vcpus_used, request.vcpus),
        ("MiB of memory", host.memory_mb - host.memory_mb_used, request.memory_mb),
        ("GiB of disk", host.disk_gb - host.disk_gb_used, request.disk_gb),
    )
    short = [f"{wanted} {what} wanted, {left} left" for what, left, wanted in rooms if wanted > left]
    return ", ".join(short) or None
