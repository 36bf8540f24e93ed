"""The outside that the settings choose: OVN and libvirt, or their simulated twins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from berthline.bootstrap.hosts import libvirt_hosts, simulated_hosts
from berthline.config import Settings
from berthline.domain.dataplane import Dataplane, Unit
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName
from berthline.store import Store
from berthline.store.dataplane.projection import existing

if TYPE_CHECKING:
    from berthline.dataplane.ovn.daemons import OvnDaemons

ASKED_FOR: Final = 200
"""Units that are looked up to find whether a database without a mark is ours."""


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
    daemons: "OvnDaemons | None" = None
    """OVN's own programs, to be looked at; None where there are none."""


@contextlib.asynccontextmanager
async def open_plane(settings: Settings, store: Store, cloud_id: str) -> AsyncIterator[Plane]:
    """Connect to the outside while the block runs. What is in it stays."""
    plane = _simulated(settings) if settings.dataplane.kind == "simulated" else _real(settings, store, cloud_id)
    try:
        yield plane
    finally:
        for hypervisor in plane.hypervisors.values():
            await hypervisor.close()
        await plane.dataplane.close()
        if plane.daemons is not None:
            await plane.daemons.close()


def _simulated(settings: Settings) -> Plane:
    from berthline.dataplane.memory import SimulatedDataplane

    dataplane = SimulatedDataplane()
    return Plane(dataplane, simulated_hosts(settings, dataplane), simulated=True, filled=asyncio.Event())


def _real(settings: Settings, store: Store, cloud_id: str) -> Plane:
    from berthline.dataplane.ovn.daemons import OvnDaemons
    from berthline.dataplane.ovn.northbound import OvnDataplane
    from berthline.dataplane.ovn.owner import Owner

    async def knows(units: Collection[Unit]) -> bool:
        some = sorted(units)[:ASKED_FOR]
        return bool(await store.read(lambda connection: existing(connection, some)))

    owner = Owner(settings.dataplane.northbound, cloud_id, knows)
    dataplane = OvnDataplane(settings.dataplane.northbound, settings.dataplane.southbound, owner=owner)
    filled = asyncio.Event()
    filled.set()
    hosts = libvirt_hosts(settings)
    return Plane(
        dataplane,
        hosts,
        simulated=False,
        filled=filled,
        on_connected=dataplane.on_connected,
        daemons=OvnDaemons(settings.dataplane.northbound, settings.dataplane.southbound),
    )
