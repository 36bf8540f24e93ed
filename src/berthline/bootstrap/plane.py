"""The outside that the settings choose: OVN and libvirt, or their simulated twins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from berthline.bootstrap.hosts import libvirt_hosts, simulated_hosts
from berthline.config import Settings
from berthline.domain.dataplane import Dataplane
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName


@dataclass(frozen=True)
class Plane:
    """What makes ports and guests real. ``simulated``: it begins empty with each process."""

    dataplane: Dataplane
    hypervisors: Mapping[HostName, Hypervisor]
    simulated: bool
    filled: asyncio.Event
    """Set once it holds what it held before the start: at once where it outlives us."""
    on_connected: Callable[[Callable[[], None]], None] = lambda _callback: None
    """Calls back whenever the dataplane was out of reach and is there again."""


@contextlib.asynccontextmanager
async def open_plane(settings: Settings) -> AsyncIterator[Plane]:
    """Connect to the outside while the block runs. What is in it stays."""
    plane = _simulated(settings) if settings.dataplane.kind == "simulated" else _real(settings)
    try:
        yield plane
    finally:
        for hypervisor in plane.hypervisors.values():
            await hypervisor.close()
        await plane.dataplane.close()


def _simulated(settings: Settings) -> Plane:
    from berthline.dataplane.memory import SimulatedDataplane

    dataplane = SimulatedDataplane()
    return Plane(dataplane, simulated_hosts(settings, dataplane), simulated=True, filled=asyncio.Event())


def _real(settings: Settings) -> Plane:
    from berthline.dataplane.ovn.northbound import OvnDataplane

    dataplane = OvnDataplane(settings.dataplane.northbound, settings.dataplane.southbound)
    filled = asyncio.Event()
    filled.set()
    hosts = libvirt_hosts(settings)
    return Plane(dataplane, hosts, simulated=False, filled=filled, on_connected=dataplane.on_connected)
