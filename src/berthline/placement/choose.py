"""Choose hosts for a server: filters say which may take it, weights say which is best.

The choice is advice. The claim on the host, one guarded statement, is the judge: when it fails the next host is tried.
"""

import heapq
from collections.abc import Collection, Mapping

import msgspec

from berthline.domain.compute import Host
from berthline.domain.ids import HostName
from berthline.domain.placing import MOST_ON_A_HOST, GroupPolicy
from berthline.placement.conditions import Condition


class Among(msgspec.Struct, frozen=True):
    """Hosts of which the server's must be one (``inside``), or none; ``why`` another one is refused."""

    hosts: frozenset[HostName]
    why: str
    inside: bool = True


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A server's group, and how many of its other members each host has."""

    name: str
    policy: GroupPolicy
    max_server_per_host: int | None
    held: Mapping[HostName, int]

    def against(self, host: HostName) -> str | None:
        """Why the group keeps the server from the host; None when it does not, as soft policies never do."""
        held, most = self.held.get(host, 0), self.max_server_per_host or MOST_ON_A_HOST
        if self.policy == "anti-affinity" and held >= most:
            return f"it has {held} of the servers of group {self.name}, and may have {most} (anti-affinity)"
        # With members on several hosts one of them is being moved, and may end on either: no host is that of them all.
        if self.policy == "affinity" and self.held and (not held or len(self.held) > 1):
            where = ", ".join(sorted(self.held)[:3])
            return f"the servers of group {self.name} are elsewhere: {where} (affinity)"
        return None

    def rank(self, host: HostName) -> int:
        """How little the host is liked by a soft policy: the least comes first."""
        held = self.held.get(host, 0)
        return -held if self.policy == "soft-affinity" else held if self.policy == "soft-anti-affinity" else 0


class HostRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one server needs of a host: ``memory_mb`` MiB, ``disk_gb`` GiB, and what else is to hold of it.

    ``there_gb`` of its disks are on the host by now, and need no free room there.
    """

    vcpus: int
    memory_mb: int
    disk_gb: int
    there_gb: int = 0
    wanted_host: HostName | None = None
    excluded_hosts: frozenset[HostName] = frozenset()
    zone: str | None = None
    among: tuple[Among, ...] = ()
    group: Group | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def new_disk_gb(self) -> int:
        """What has to be free on the host's disk, GiB."""
        return max(self.disk_gb - self.there_gb, 0)

    @property
    def named_hosts(self) -> frozenset[HostName] | None:
        """The only hosts that come into question, where they can be named; None where any may."""
        inside = [one.hosts for one in self.among if one.inside]
        if self.wanted_host is not None:
            inside.append(frozenset({self.wanted_host}))
        if self.group is not None and self.group.policy == "affinity" and self.group.held:
            inside.append(frozenset(self.group.held))
        return frozenset.intersection(*inside) if inside else None

    @property
    def barred_hosts(self) -> frozenset[HostName]:
        """Hosts that do not come into question, whatever room they have."""
        barred = self.excluded_hosts.union(*(one.hosts for one in self.among if not one.inside))
        if self.group is not None:
            barred |= {host for host in self.group.held if self.group.against(host)}
        return barred


class Refusal(msgspec.Struct, frozen=True):
    """Why one host may not take the server."""

    host: HostName
    reason: str


class Verdict(msgspec.Struct, frozen=True):
    """What is said of one host: why it may not take the server; None: it may."""

    host: HostName
    reason: str | None


def choose_hosts(hosts: Collection[Host], request: HostRequest) -> tuple[Host, ...]:
    """The hosts that may take the server, best first: those its group likes, most memory left, then by name."""
    fitting = [host for host in hosts if reason_against(host, request) is None]
    return tuple(sorted(fitting, key=lambda host: (_rank(host, request), _fullness(host), host.name)))


def _rank(host: Host, request: HostRequest) -> int:
    return 0 if request.group is None else request.group.rank(host.name)


def _fullness(host: Host) -> int:
    return host.memory_mb_used - host.memory_mb


def spread(hosts: Collection[Host], request: HostRequest, count: int) -> list[Host]:
    """A host for each of ``count`` such servers, chosen one after the other; shorter when there is no room for more.

    Servers of a group are chosen for one by one, as what it holds where changes with each.
    """
    waiting = [(_fullness(host), host.name, host) for host in choose_hosts(hosts, request)]
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
            free_disk_gb=None if host.free_disk_gb is None else host.free_disk_gb - request.new_disk_gb,
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
    return _unfit(host, request) or _short_of(host, request)


def _unfit(host: Host, request: HostRequest) -> str | None:
    """Why the host may not take the server, whatever room it has."""
    if request.zone is not None and host.availability_zone != request.zone:
        return f"it is in zone {host.availability_zone}, and {request.zone} was asked for"
    for one in request.among:
        if (host.name in one.hosts) != one.inside:
            return one.why
    if request.group is not None and (why := request.group.against(host.name)):
        return why
    reasons = (condition.against(host) for condition in request.conditions)
    return next((reason for reason in reasons if reason is not None), None)


def _short_of(host: Host, request: HostRequest) -> str | None:
    rooms = (
        ("vCPUs", host.vcpus - host.vcpus_used, request.vcpus),
        ("MiB of memory", host.memory_mb - host.memory_mb_used, request.memory_mb),
        ("GiB of disk", host.disk_gb - host.disk_gb_used, request.disk_gb),
    )
    short = [f"{wanted} {what} wanted, {left} left" for what, left, wanted in rooms if wanted > left]
    free = host.free_disk_gb
    if free is not None and request.new_disk_gb > max(free, 0):
        short.append(f"{request.new_disk_gb} GiB wanted of its disk itself, {max(free, 0)} free")
    return ", ".join(short) or None
