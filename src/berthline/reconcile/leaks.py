"""Find what leaked: in the database, in the dataplane and on the hosts, and the reverse. It changes nothing."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from berthline.domain.dataplane import Dataplane
from berthline.domain.errors import OutsideError, Transient
from berthline.domain.hypervisor import DiskCopy, FoundNic, Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.store import Connection, Store
from berthline.store.control.leaks import Leak, Places, places, stored_leaks
from berthline.store.dataplane.projection import ports_at_rest

PATIENCE_SECONDS: Final = 30.0
"""How long a part may take to say what it has: one that says nothing at all keeps nobody waiting for longer."""


class OnHost(msgspec.Struct, frozen=True):
    """What a host has of ours."""

    guests: frozenset[ServerId]
    disks: frozenset[ServerId]
    nics: Mapping[ServerId, frozenset[FoundNic]]
    copies: frozenset[DiskCopy]
    hung: frozenset[ServerId]


class Silent(msgspec.Struct, frozen=True):
    """A part of the outside that does not answer: ``kind`` is "host", "dataplane" or "guest", ``name`` which one.

    Of a guest all is known that its host has of it.
    """

    kind: str
    name: str
    why: str


class Report(msgspec.Struct, frozen=True):
    """Every leak that was found. What is ``silent`` was not looked at; unless ``settled`` nothing outside was compared,
    since changes were on their way there.
    """

    leaks: tuple[Leak, ...]
    silent: tuple[Silent, ...] = ()
    settled: bool = True


async def examine(
    store: Store,
    dataplane: Dataplane,
    hypervisors: Collection[Hypervisor],
    *,
    begins_empty: bool = False,
    patience: float = PATIENCE_SECONDS,
) -> Report:
    """Look everywhere, and say where nobody answered. Differences with the outside count only once it is settled.

    ``begins_empty``: a dataplane in memory, which is not told of ports that nothing uses before they change.
    ``patience``: how many seconds each part may take.
    """

    def look(connection: Connection) -> tuple[tuple[Leak, ...], Places]:
        return stored_leaks(connection), places(connection)

    before = await store.read(places)
    looks = asyncio.gather(*(_look(host, patience) for host in hypervisors))
    units, hosts = await asyncio.gather(_units(dataplane, patience), looks)
    stored, after = await store.read(look)
    silent = tuple(one for one in (units, *hosts) if isinstance(one, Silent))
    guests = {host.host: found for host, found in zip(hypervisors, hosts, strict=True) if not isinstance(found, Silent)}
    silent += tuple(_hung(guests))
    if before != after or not after.settled:
        return Report(stored, silent, settled=False)
    spared: frozenset[tuple[str, str]] = frozenset(await store.read(ports_at_rest)) if begins_empty else frozenset()
    unit_leaks = () if isinstance(units, Silent) else _unit_leaks(after, units, spared)
    return Report((*stored, *unit_leaks, *_guest_leaks(after, guests)), silent)


async def find_leaks(store: Store, dataplane: Dataplane, hypervisors: Collection[Hypervisor]) -> tuple[Leak, ...]:
    """Every leak there is, for those who must know of all. Raises Transient when a part cannot be asked."""
    report = await examine(store, dataplane, hypervisors)
    for silent in report.silent:
        if silent.kind != "guest":
            raise Transient(f"{silent.kind} {silent.name}: {silent.why}")
    return report.leaks


async def _units(dataplane: Dataplane, patience: float) -> frozenset[tuple[str, str]] | Silent:
    try:
        async with asyncio.timeout(patience):
            return frozenset((unit.kind, unit.id) for unit in await dataplane.observe())
    except TimeoutError:
        return Silent("dataplane", "northbound", _silent(patience))
    except OutsideError as error:
        return Silent("dataplane", "northbound", error.message)


def _silent(patience: float) -> str:
    return f"it has not answered for {patience:g} s"


def _unit_leaks(
    wanted: Places, units: frozenset[tuple[str, str]], spared: frozenset[tuple[str, str]]
) -> tuple[Leak, ...]:
    missing = wanted.units - units - spared
    return (
        *(Leak(f"logical {kind} without row", name, "the dataplane has it") for kind, name in units - wanted.units),
        *(Leak(f"{kind} not in the dataplane", name, "its row is there") for kind, name in missing),
    )


async def _look(host: Hypervisor, patience: float) -> OnHost | Silent:
    try:
        async with asyncio.timeout(patience):
            guests = await host.guests()
            disks, copies = frozenset(await host.disks()), frozenset(await host.copies())
            hung = frozenset(await host.hung_guests())
        return OnHost(frozenset(guests), disks, await host.interfaces(guests), copies, hung)
    except TimeoutError:
        return Silent("host", host.host, _silent(patience))
    except OutsideError as error:
        return Silent("host", host.host, error.message)


def _hung(held: Mapping[HostName, OnHost]) -> Iterator[Silent]:
    for host, on_host in held.items():
        for guest in sorted(on_host.hung):
            yield Silent("guest", guest, f"it hangs on host {host}: destroy it there, or delete its server")


def _guest_leaks(wanted: Places, held: Mapping[HostName, OnHost]) -> tuple[Leak, ...]:
    guests = {(host, guest) for host, on_host in held.items() for guest in on_host.guests}
    disks = {(host, disk) for host, on_host in held.items() for disk in on_host.disks}
    required = {place for place in wanted.required if place[0] in held}
    return (
        *(Leak("guest without server", guest, f"on host {host}") for host, guest in guests - wanted.guests),
        *(Leak("disks without server", disk, f"on host {host}") for host, disk in disks - wanted.guests),
        *(Leak("server without guest", server, f"host {host} has none") for host, server in required - guests),
        *(Leak("server without disks", server, f"host {host} has none") for host, server in required - disks),
        *(  # nothing is at work, so nobody needs one
            Leak("copy of a disk nobody needs", copy.server_id, f"copy {copy.copy_id} on host {host}")
            for host, on_host in held.items()
            for copy in on_host.copies
        ),
        *_nic_leaks(wanted, held),
    )


def _nic_leaks(wanted: Places, held: Mapping[HostName, OnHost]) -> Iterator[Leak]:
    """NICs of guests whose servers are where they are; the guest of no server is a leak as a whole."""
    plugged = {
        (guest, nic.id)
        for host, on_host in held.items()
        for guest, nics in on_host.nics.items()
        for nic in nics
        if (host, guest) in wanted.homes
    }
    there = {guest for host, on_host in held.items() for guest in on_host.nics if (host, guest) in wanted.required}
    yield from (
        Leak("NIC in a guest without row", port, f"the guest of server {server} has it")
        for server, port in plugged - wanted.nics
    )
    yield from (
        Leak("NIC not in its guest", port, f"the guest of server {server} has it not")
        for server, port in wanted.nics - plugged
        if server in there
    )
