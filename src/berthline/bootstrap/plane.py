"""The outside that the settings choose: OVN and libvirt, or their simulated twins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from berthline.bootstrap.filling import Filling, FillingFar, FillingHere
from berthline.bootstrap.hosts.enrolment import of_settings, of_world, take_over
from berthline.bootstrap.hosts.looking import libvirt_host, simulated_host, sized
from berthline.bootstrap.hosts.roster import Make, Roster
from berthline.config import Settings
from berthline.config.model import Dataplane as DataplaneSettings
from berthline.domain.clock import Clock
from berthline.domain.dataplane import Dataplane, Unit
from berthline.domain.errors import Refused, Transient
from berthline.domain.hosts.enrolment import EnrolledHost, HostKind
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.start import StartRefused
from berthline.store import Store
from berthline.store.dataplane.projection import existing

if TYPE_CHECKING:
    from berthline.dataplane.ovn.daemons import OvnDaemons
    from berthline.dataplane.ovn.northbound import OvnDataplane
    from berthline.dataplane.ovsdb import Tls
    from berthline.domain.tracing import Tracer
    from berthline.hypervisor.memory import SimulatedHost

ASKED_FOR: Final = 200
"""Units that are looked up to find whether a database without a mark is ours."""


@dataclass(frozen=True)
class Plane:
    """What makes ports and guests real."""

    dataplane: Dataplane
    hypervisors: Roster
    make: Make
    """The way to a host, for one who looks whether it is there."""
    filling: Filling | None
    """How it gets back what it held, where it is simulated and may begin empty; None where it is real."""
    filled: asyncio.Event
    """Set once it holds what it held before the start: at once where it outlives us."""
    on_connected: Callable[[Callable[[], None]], None] = lambda _callback: None
    """Calls back whenever the dataplane was out of reach and is there again."""
    daemons: "OvnDaemons | None" = None
    """OVN's own programs, to be looked at; None where there are none."""
    tracer: "Tracer | None" = None
    """What says where a packet would go; None where nothing can be asked that."""
    ovn: "OvnDataplane | None" = None
    """The dataplane, where it has chassis that say to which networks they lead; None: every host leads to each."""


@contextlib.asynccontextmanager
async def open_plane(settings: Settings, store: Store, clock: Clock, cloud_id: str) -> AsyncIterator[Plane]:
    """Connect to the outside while the block runs, with the hosts that the database has. What is in it stays.

    Hosts that the settings name and the database never had are enrolled first.
    """
    if settings.dataplane.kind != "simulated":
        plane = _real(settings, store, clock, cloud_id)
        await take_over(store, clock, of_settings(settings))
    elif settings.simulated.world:
        plane = await _distant(settings, store, clock, cloud_id)
    else:
        plane = _simulated(settings)
        await take_over(store, clock, of_settings(settings))
    try:
        await plane.hypervisors.follow(store)
        yield plane
    finally:
        await plane.hypervisors.close()
        await plane.dataplane.close()
        if plane.daemons is not None:
            await plane.daemons.close()
        if plane.filling is not None:
            await plane.filling.close()


def tls_of(settings: DataplaneSettings) -> "Tls | None":
    """What we show and trust at databases that are reached by TLS; None where the settings name no key."""
    from berthline.dataplane.ovsdb import Tls

    if not settings.private_key:
        return None
    return Tls(settings.private_key, settings.certificate, settings.authorities)


def _simulated(settings: Settings) -> Plane:
    from berthline.dataplane.memory import SimulatedDataplane

    dataplane = SimulatedDataplane()
    made: dict[tuple[str, int], SimulatedHost] = {}

    async def make(host: EnrolledHost) -> Hypervisor:
        """A host that was lost comes back with what it had."""
        _check_kind(host, "simulated")
        key = (host.name, host.enrolled_at)
        return made.setdefault(key, made.get(key) or simulated_host(host, settings, dataplane))

    roster = Roster(make)
    return Plane(dataplane, roster, make, filling=FillingHere(roster), filled=asyncio.Event())


async def _distant(settings: Settings, store: Store, clock: Clock, cloud_id: str) -> Plane:
    """The hosts of a world in another process. Raises StartRefused when it cannot be reached, or is not ours."""
    from berthline.simulated.address import parsed
    from berthline.simulated.dataplane import DistantDataplane
    from berthline.simulated.host import DistantHost
    from berthline.simulated.link import Link

    address = parsed(settings.simulated.world)
    link = Link(address, cloud_id)
    try:
        await link.open()
    except Transient as error:
        raise StartRefused(f"{error.message}: start it by `berthline simulate --at {address}`") from None
    except Refused as error:
        raise StartRefused(f"{address}: {error.message}") from None
    facts = next(iter(link.hosts.values()), None)
    await take_over(store, clock, of_world(link.hosts))

    async def make(host: EnrolledHost) -> Hypervisor:
        _check_kind(host, "simulated")
        if host.name not in link.hosts and facts is not None:
            await link.add_host(host.name, sized(facts, host.options))
        return DistantHost(host.name, link)

    return Plane(
        DistantDataplane(link),
        Roster(make),
        make,
        filling=FillingFar(link),
        filled=asyncio.Event(),
        on_connected=link.on_connected,
    )


def _check_kind(host: EnrolledHost, wanted: HostKind) -> None:
    if host.kind != wanted:
        raise Refused(f"host {host.name} is a {host.kind} one, and this cloud's are {wanted}")


def _real(settings: Settings, store: Store, clock: Clock, cloud_id: str) -> Plane:
    from berthline.dataplane.ovn.daemons import OvnDaemons
    from berthline.dataplane.ovn.northbound import OvnDataplane
    from berthline.dataplane.ovn.owner import Owner
    from berthline.dataplane.ovn.tracing import OvnTracer

    async def knows(units: Collection[Unit]) -> bool:
        some = sorted(units)[:ASKED_FOR]
        return bool(await store.read(lambda connection: existing(connection, some)))

    north, south, tls = settings.dataplane.northbound, settings.dataplane.southbound, tls_of(settings.dataplane)
    owner = Owner(north, cloud_id, knows, tls=tls)
    dataplane = OvnDataplane(north, south, tls=tls, owner=owner)
    filled = asyncio.Event()
    filled.set()

    async def make(host: EnrolledHost) -> Hypervisor:
        _check_kind(host, "libvirt")
        return libvirt_host(host)

    return Plane(
        dataplane,
        Roster(make),
        make,
        filling=None,
        filled=filled,
        on_connected=dataplane.on_connected,
        ovn=dataplane,
        tracer=OvnTracer(south, tls) if south else None,
        daemons=OvnDaemons(north, south, clock=clock, tls=tls),
    )
