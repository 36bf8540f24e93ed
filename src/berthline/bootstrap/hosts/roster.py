"""The hosts that this process can reach: those that the database says are the cloud's, followed while it runs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final

import structlog

from berthline.domain.errors import BerthlineError
from berthline.domain.hosts.enrolment import EnrolledHost
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName
from berthline.hypervisor.gone import GoneHost
from berthline.store import Store
from berthline.store.compute import enrolled

log = structlog.get_logger(__name__)

FOLLOW_SECONDS: Final = 5.0
"""A change is hinted at as it is committed; this finds one of which the hint was lost."""

Make = Callable[[EnrolledHost], Awaitable[Hypervisor]]


class Roster(Mapping[HostName, Hypervisor]):
    """See the module. A host that is being removed, or was, or is lost, is not in it, and asked for by name holds
    nothing.
    """

    def __init__(self, make: Make) -> None:
        """``make``: the way to a host; nothing is asked of it yet. Raises Refused, Transient."""
        self._make = make
        self._hosts: dict[HostName, Hypervisor] = {}
        self._gone: dict[HostName, GoneHost] = {}
        self._enrolled: dict[HostName, EnrolledHost] = {}
        self._version = (-1, -1)
        self._lock = asyncio.Lock()
        self._on_added: list[Callable[[Hypervisor], None]] = []
        self._on_followed: list[Callable[[], None]] = []

    def __getitem__(self, name: HostName) -> Hypervisor:
        """Raises KeyError for a name that no host ever had."""
        found = self._hosts.get(name)
        return found if found is not None else self._gone[name]

    def __iter__(self) -> Iterator[HostName]:
        return iter(tuple(self._hosts))

    def __len__(self) -> int:
        return len(self._hosts)

    def __contains__(self, name: object) -> bool:
        return name in self._hosts

    @property
    def enrolled(self) -> Mapping[HostName, EnrolledHost]:
        """How each host is reached and used."""
        return self._enrolled

    def on_added(self, callback: Callable[[Hypervisor], None]) -> None:
        """Call back for each host that there is, and for each that comes."""
        self._on_added.append(callback)
        for host in tuple(self._hosts.values()):
            callback(host)

    def on_followed(self, callback: Callable[[], None]) -> None:
        """Call back after hosts came, went or changed."""
        self._on_followed.append(callback)

    async def follow(self, store: Store) -> bool:
        """Have the hosts that the database says; whether anything was new."""
        async with self._lock:
            version = await store.read_short(enrolled.version)
            if version == self._version:
                return False
            whole = True
            for host in await store.read(enrolled.every):
                whole = await self._take(host) and whole
            self._version = version if whole else (-1, -1)
        for callback in tuple(self._on_followed):
            callback()
        return True

    async def close(self) -> None:
        """Let all of them go; what is on them stays."""
        hosts, self._hosts = self._hosts, {}
        for host in hosts.values():
            await host.close()

    async def _take(self, host: EnrolledHost) -> bool:
        """Have this host as it is now; False where that is to be tried again."""
        known = self._enrolled.get(host.name)
        if known is not None and known.revision == host.revision:
            return True
        before = self._hosts.get(host.name)
        if before is not None and known is not None and not host.left_alone and _way_to(known) == _way_to(host):
            self._enrolled[host.name] = host
            return True
        if host.left_alone:
            self._gone[host.name] = GoneHost(host.name, lost=not host.gone)
            self._hosts.pop(host.name, None)
        else:
            try:
                made = await self._make(host)
            except BerthlineError as error:
                log.warning("a host cannot be used", host=host.name, error=error.message)
                return False
            self._hosts[host.name] = made
            self._gone.pop(host.name, None)
            for callback in tuple(self._on_added):
                callback(made)
        self._enrolled[host.name] = host
        if before is not None and before is not self._hosts.get(host.name):
            await before.close()
        return True


def _way_to(host: EnrolledHost) -> tuple[object, ...]:
    """What of a host its connection is made from."""
    used = host.options
    how = (used.virt_type, used.userspace_datapath, used.cpu_mode, used.cpu_model, used.folder)
    moves = (used.migration_uri, used.migration_address)
    return host.kind, host.enrolled_at, used.uri, host.chassis, *how, *moves
