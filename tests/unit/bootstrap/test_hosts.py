"""What the store is told of the hosts."""

import asyncio
from pathlib import Path

from berthline.bootstrap.hosts.looking import look_at_hosts, simulated_hosts
from berthline.config import Settings, Simulated
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.clock import SystemClock
from berthline.domain.errors import Transient
from berthline.domain.hypervisor import HostFacts, Hypervisor
from berthline.domain.ids import HostName
from berthline.hypervisor.memory import SimulatedHost
from berthline.store import Store
from berthline.store.compute import hosts


class SilentHost(SimulatedHost):
    """Says nothing until another one was asked."""

    other_asked: asyncio.Event

    async def facts(self) -> HostFacts:
        await self.other_asked.wait()
        raise Transient("no answer came")


class AskedHost(SimulatedHost):
    """Tells that it was asked."""

    other_asked: asyncio.Event

    async def facts(self) -> HostFacts:
        self.other_asked.set()
        return await super().facts()


async def test_a_silent_host_keeps_no_other_waiting(store: Store, tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), simulated=Simulated(hosts=2))
    made = simulated_hosts(settings, SimulatedDataplane())
    silent, well = (HostName(f"simulated-{number}") for number in (1, 2))
    assert await look_at_hosts(store, SystemClock(), made, settings) == 2
    first, second = (made[name] for name in (silent, well))
    assert isinstance(first, SimulatedHost)
    assert isinstance(second, SimulatedHost)
    first.__class__, second.__class__ = SilentHost, AskedHost
    SilentHost.other_asked = AskedHost.other_asked = asyncio.Event()
    known: dict[HostName, Hypervisor] = {silent: first, well: second}
    async with asyncio.timeout(30):
        assert await look_at_hosts(store, SystemClock(), known, settings) == 1
    up = {host.name: host.up for host in store.read_now(hosts.candidates)}
    assert up == {silent: False, well: True}
