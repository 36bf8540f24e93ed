"""The simulated world: its hosts, the data plane between them, whose they are, and what is wrong with them."""

import asyncio
from collections.abc import Callable, Collection

import msgspec

from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.errors import Refused
from berthline.domain.hypervisor import GuestPower, HostFacts
from berthline.domain.ids import HostName, PortId, ServerId, new_id
from berthline.hypervisor.kept_guests import KeptGuest
from berthline.hypervisor.memory import SimulatedHost
from berthline.simulated.faults import Condition, Faults
from berthline.simulated.messages import Part
from berthline.simulated.streams import Streams


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """All that there is, for those who compare it with what should be. ``plugged``: the chassis of each tap."""

    powers: dict[HostName, dict[ServerId, GuestPower]]
    disks: dict[HostName, tuple[ServerId, ...]]
    nics: dict[ServerId, tuple[PortId, ...]]
    plugged: dict[PortId, str]


class World:
    """One for one cloud: the first that says who it is has it for as long as the world runs."""

    def __init__(self, facts: HostFacts, names: Collection[HostName]) -> None:
        self.id = new_id()
        self.cloud = ""
        self.facts = facts
        self.faults = Faults()
        self.dataplane = SimulatedDataplane()
        self.hosts: dict[HostName, SimulatedHost] = {}
        self._on_added: list[Callable[[HostName, SimulatedHost], None]] = []
        for name in names:
            self.add_host(name, facts)
        self._fillers: dict[Part, object] = {}
        self._filled: set[Part] = set()
        self._changed = asyncio.Event()
        self.streams = Streams()

    def add_host(self, name: HostName, facts: HostFacts) -> None:
        """Have a host of this name; one that is there stays as it is."""
        if name in self.hosts:
            return
        self.hosts[name] = SimulatedHost(name, facts, self.dataplane)
        for callback in tuple(self._on_added):
            callback(name, self.hosts[name])

    def on_added(self, callback: Callable[[HostName, SimulatedHost], None]) -> None:
        """Call back for each host that there is, and for each that comes."""
        self._on_added.append(callback)
        for name, host in tuple(self.hosts.items()):
            callback(name, host)

    def belong_to(self, cloud: str) -> None:
        """Raises Refused when it is another cloud's."""
        if self.cloud not in {"", cloud}:
            raise Refused(f"this world holds the guests of cloud {self.cloud}; start one for cloud {cloud}")
        self.cloud = cloud

    def filled(self, part: Part) -> bool:
        """Whether it holds what its cloud had made."""
        return part in self._filled

    async def begin_fill(self, who: object, part: Part) -> bool:
        """True for the one who is to fill this part now; False once it is filled, by another, which is waited for."""
        while part not in self._filled:
            if self._fillers.setdefault(part, who) is who:
                return True
            await self._changed.wait()
        return False

    def end_fill(self, who: object, part: Part) -> None:
        """It holds all now. Nothing when somebody else fills it."""
        if self._fillers.get(part) is who:
            self._filled.add(part)
            self._wake()

    def forget(self, who: object) -> None:
        """Who is gone fills nothing any more, so that the next may, and looks at nothing."""
        self._fillers = {part: filler for part, filler in self._fillers.items() if filler is not who}
        self.streams.forget(who)
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def may_work(self, who: object, part: Part) -> bool:
        """Whether it can be used: before it holds what it should, by the one who fills it."""
        return part in self._filled or self._fillers.get(part) is who

    def host(self, name: str) -> SimulatedHost:
        """Raises Refused when there is no such host."""
        host = self.hosts.get(HostName(name))
        if host is None:
            raise Refused(f"the simulated world has no host {name}; it has {len(self.hosts)}")
        return host

    async def put_back(self, guests: Collection[tuple[HostName, KeptGuest]]) -> None:
        """Have guests again that an earlier world had; those that are there stay as they are."""
        for name, kept in guests:
            host = self.host(name)
            if kept.server_id not in await host.disks():
                host.put_back(kept)

    async def set_condition(self, where: str, condition: Condition) -> None:
        """Put a host, or the data plane (""), into a condition. A host that is away has lost its power."""
        if where:
            host = self.host(where)
            if condition.kind == "away":
                host.lose_power()
        self.faults.put(where, condition)

    async def content(self) -> Content:
        """See Content."""
        nics: dict[ServerId, tuple[PortId, ...]] = {}
        for host in self.hosts.values():
            found = await host.interfaces(await host.guests())
            nics |= {server: tuple(nic.id for nic in of_guest) for server, of_guest in found.items()}
        return Content(
            powers={name: dict(await host.powers()) for name, host in self.hosts.items()},
            disks={name: tuple(await host.disks()) for name, host in self.hosts.items()},
            nics=nics,
            plugged=dict(self.dataplane.plugged()),
        )
