"""The outside that the settings choose: OVN and libvirt, or their simulated twins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from berthline.bootstrap.filling import Filling, FillingFar, FillingHere
from berthline.bootstrap.hosts import libvirt_hosts, simulated_hosts
from berthline.config import Settings
from berthline.domain.dataplane import Dataplane, Unit
from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName
from berthline.domain.start import StartRefused
from berthline.store import Store
from berthline.store.dataplane.projection import existing

if TYPE_CHECKING:
    from berthline.dataplane.ovn.daemons import OvnDaemons
    from berthline.dataplane.ovn.northbound import OvnDataplane

ASKED_FOR: Final = 200
"""Units that are looked up to find whether a database without a mark is ours."""


@dataclass(frozen=True)
class Plane:
    """What makes ports and guests real."""

    dataplane: Dataplane
    hypervisors: Mapping[HostName, Hypervisor]
    filling: Filling | None
    """How it gets back what it held, where it is simulated and may begin empty; None where it is real."""
    filled: asyncio.Event
    """Set once it holds what it held before the start: at once where it outlives us."""
    on_connected: Callable[[Callable[[], None]], None] = lambda _callback: None
    """Calls back whenever the dataplane was out of reach and is there again."""
    daemons: "OvnDaemons | None" = None
    """OVN's own programs, to be looked at; None where there are none."""
    ovn: "OvnDataplane | None" = None
    """The dataplane, where it has chassis that say to which networks they lead; None: every host leads to each."""


@contextlib.asynccontextmanager
async def open_plane(settings: Settings, store: Store, cloud_id: str) -> AsyncIterator[Plane]:
    """Connect to the outside while the block runs. What is in it stays."""
    if settings.dataplane.kind != "simulated":
        plane = _real(settings, store, cloud_id)
    elif settings.simulated.world:
        plane = await _distant(settings.simulated.world, cloud_id)
    else:
        plane = _simulated(settings)
    try:
        yield plane
    finally:
        for hypervisor in plane.hypervisors.values():
            await hypervisor.close()
        await plane.dataplane.close()
        if plane.daemons is not None:
            await plane.daemons.close()
        if plane.filling is not None:
            await plane.filling.close()


def _simulated(settings: Settings) -> Plane:
    from berthline.dataplane.memory import SimulatedDataplane

    dataplane = SimulatedDataplane()
    hosts = simulated_hosts(settings, dataplane)
    return Plane(dataplane, hosts, filling=FillingHere(hosts), filled=asyncio.Event())


async def _distant(world: str, cloud_id: str) -> Plane:
    """The hosts of a world in another process. Raises StartRefused when it cannot be reached, or is not ours."""
    from berthline.simulated.address import parsed
    from berthline.simulated.dataplane import DistantDataplane
    from berthline.simulated.host import DistantHost
    from berthline.simulated.link import Link

    address = parsed(world)
    link = Link(address, cloud_id)
    try:
        await link.open()
    except Transient as error:
        raise StartRefused(f"{error.message}: start it by `berthline simulate --at {address}`") from None
    except Refused as error:
        raise StartRefused(f"{address}: {error.message}") from None
    hosts = {name: DistantHost(name, link) for name in link.hosts}
    return Plane(
        DistantDataplane(link),
        hosts,
        filling=FillingFar(link),
        filled=asyncio.Event(),
        on_connected=link.on_connected,
    )


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
        filling=None,
        filled=filled,
        on_connected=dataplane.on_connected,
        ovn=dataplane,
        daemons=OvnDaemons(settings.dataplane.northbound, settings.dataplane.southbound),
    )
