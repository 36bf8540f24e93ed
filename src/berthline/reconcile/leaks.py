"""Find what leaked: in the database, in the dataplane and on the hosts, and the reverse. It changes nothing."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from berthline.domain.dataplane import Dataplane
from berthline.domain.hypervisor import FoundNic, Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.store import Connection, Store
from berthline.store.control.leaks import Leak, Places, places, stored_leaks


class OnHost(msgspec.Struct, frozen=True):
    """What a host has of ours."""

    guests: frozenset[ServerId]
    disks: frozenset[ServerId]
    nics: Mapping[ServerId, frozenset[FoundNic]]


async def find_leaks(store: Store, dataplane: Dataplane, hypervisors: Collection[Hypervisor]) -> tuple[Leak, ...]:
    """Every leak there is. Differences with the outside count only once the cloud is settled: see ``settled``.

    Raises Transient when the dataplane or a host cannot be asked.
    """

    def look(connection: Connection) -> tuple[tuple[Leak, ...], Places]:
        return stored_leaks(connection), places(connection)

    _, before = await store.read(look)
    units = frozenset((unit.kind, unit.id) for unit in await dataplane.observe())
    guests = {host.host: await _look(host) for host in hypervisors}
    stored, after = await store.read(look)
    if before != after or not after.settled:
        return stored
    return (*stored, *_unit_leaks(after, units), *_guest_leaks(after, guests))


def _unit_leaks(wanted: Places, units: frozenset[tuple[str, str]]) -> tuple[Leak, ...]:
    return (
        *(Leak(f"logical {kind} without row", name, "the dataplane has it") for kind, name in units - wanted.units),
        *(Leak(f"{kind} not in the dataplane", name, "its row is there") for kind, name in wanted.units - units),
    )


async def _look(host: Hypervisor) -> OnHost:
    guests = await host.guests()
    return OnHost(frozenset(guests), frozenset(await host.disks()), await host.interfaces(guests))


def _guest_leaks(wanted: Places, held: Mapping[HostName, OnHost]) -> tuple[Leak, ...]:
    guests = {(host, guest) for host, on_host in held.items() for guest in on_host.guests}
    disks = {(host, disk) for host, on_host in held.items() for disk in on_host.disks}
    required = {place for place in wanted.required if place[0] in held}
    return (
        *(Leak("guest without server", guest, f"on host {host}") for host, guest in guests - wanted.guests),
        *(Leak("disks without server", disk, f"on host {host}") for host, disk in disks - wanted.guests),
        *(Leak("server without guest", server, f"host {host} has none") for host, server in required - guests),
        *(Leak("server without disks", server, f"host {host} has none") for host, server in required - disks),
        *_nic_leaks(wanted, held),
    )


def _nic_leaks(wanted: Places, held: Mapping[HostName, OnHost]) -> Iterator[Leak]:
    """NICs of guests whose servers are where they should be; the guest of no server is a leak as a whole."""
    plugged = {
        (guest, nic.id)
        for host, on_host in held.items()
        for guest, nics in on_host.nics.items()
        for nic in nics
        if (host, guest) in wanted.guests
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
