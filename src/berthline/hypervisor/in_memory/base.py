"""What the verbs of a simulated host share: what is in it, and what happens to a guest in several of them."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Final, Literal, Protocol
from weakref import WeakKeyDictionary, WeakValueDictionary

from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import ON, DiskCopy, HostFacts
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.hypervisor.guest_state import Disks, Guest
from berthline.hypervisor.in_memory.terminal import Terminal
from berthline.hypervisor.kept_guests import KeptNic
from berthline.hypervisor.latency import SimulatedLatency
from berthline.hypervisor.locks import KeyedLocks


class Leaving:
    """A move of a guest to another host that is under way."""

    def __init__(self, destination: HostName) -> None:
        self.destination = destination


class PortPlug(Protocol):
    """What the simulated dataplane offers a host: a port's tap appears on, or disappears from, a chassis."""

    def plug(self, port_id: PortId, chassis: str) -> None: ...

    def unplug(self, port_id: PortId, chassis: str | None = None) -> None: ...


class Verbs:
    """The parts of the verbs; each room of them is a class over this one, and ``memory.SimulatedHost`` is all of them.

    What is in the host lies in containers, which the views of all epochs share.
    """

    def __init__(
        self,
        name: HostName,
        facts: HostFacts,
        plug: PortPlug,
        *,
        chassis: str | None = None,
        latency: SimulatedLatency | None = None,
    ) -> None:
        self._name = name
        self._facts = facts
        self._plug = plug
        self._chassis = chassis or str(name)
        self._latency = latency or SimulatedLatency()
        self._capacities: dict[str, int] = {}
        self._formats: dict[str, Literal["qcow2", "raw"]] = {}
        self._sizes: dict[str, int] = {}
        self._written: dict[str, bytes] = {}
        self._copies: dict[DiskCopy, bytes] = {}
        self._caching: KeyedLocks[str] = KeyedLocks()
        self._disks: dict[ServerId, Disks] = {}
        self._guests: dict[ServerId, Guest] = {}
        self._taps: dict[str, ServerId] = {}
        self._terminals: defaultdict[ServerId, Terminal] = defaultdict(Terminal)
        self._callbacks: list[Callable[[ServerId], None]] = []
        self._neighbours = _NEIGHBOURS.setdefault(plug, WeakValueDictionary())
        self._neighbours[name] = self
        self._leaving: dict[ServerId, Leaving] = {}
        self._holding_moves: set[HostName] = set()
        self._epoch = 0
        self._made = time.monotonic()
        self._free_disk_gb: list[int | None] = [None]

    def _taken(self, server_id: ServerId) -> Guest | None:
        """The guest, if there is one, as this epoch's from now on. Raises LeaseLost where a newer owner has it."""
        guest = self._guests.get(server_id)
        if guest is not None:
            guest.own(self._epoch)
        return guest

    def _guest(self, server_id: ServerId) -> Guest:
        guest = self._taken(server_id)
        if guest is None:
            raise Refused(f"The host has no guest {server_id}. Create it anew.")
        if guest.hangs:
            raise Transient(f"The host took too long to ask something of guest {server_id}.")
        return guest

    def _guest_that_is_on(self, server_id: ServerId) -> Guest:
        guest = self._guest(server_id)
        if guest.power not in ON:
            raise Refused(f"Guest {server_id} is {guest.power}. Start it.")
        return guest

    def _refuse_taken(self, server_id: ServerId, nics: Collection[KeptNic]) -> None:
        """A tap's name is unique on a host; so no two running guests share a port."""
        for nic in nics:
            if self._taps.get(nic.devname, server_id) != server_id:
                raise Refused(f"Tap {nic.devname} is in use on the host. Detach its port from the other guest.")

    def _plug_in(self, server_id: ServerId, nic: KeptNic) -> None:
        self._taps[nic.devname] = server_id
        self._plug.plug(nic.id, self._chassis)

    def _unplug(self, nic: KeptNic) -> None:
        if self._taps.pop(nic.devname, None) is not None:
            self._plug.unplug(nic.id, self._chassis)

    def _power_on(self, server_id: ServerId, guest: Guest) -> None:
        self._refuse_taken(server_id, guest.nics)
        guest.power = "paused"
        for nic in guest.nics:
            self._plug_in(server_id, nic)
        self._changed(server_id)

    def _run(self, server_id: ServerId, guest: Guest) -> None:
        guest.power = "running"
        if guest.saved:
            guest.saved = False
            self._say(server_id, "memory restored")
            self._changed(server_id)
            return
        addresses = (f"eth{index}: {nic.address}" for index, nic in enumerate(guest.nics))
        self._say(server_id, f"simulated guest {' '.join(guest.name.split())} starts", *addresses, "ready")
        self._changed(server_id)

    def _power_off(self, server_id: ServerId, guest: Guest, said: str = "power off") -> None:
        if guest.power in ON:
            guest.power, guest.hangs = "shutoff", False
            self._say(server_id, said)
            self._terminals[server_id].hang_up()
            for nic in guest.nics:
                self._unplug(nic)
            self._changed(server_id)

    def _say(self, server_id: ServerId, *lines: str) -> None:
        """Write to the guest's console, of which the last lines are kept."""
        self._terminals[server_id].say(*lines)

    def _changed(self, server_id: ServerId) -> None:
        for callback in tuple(self._callbacks):
            callback(server_id)


_NEIGHBOURS: Final[WeakKeyDictionary[PortPlug, WeakValueDictionary[HostName, Verbs]]] = WeakKeyDictionary()
"""Hosts whose taps are on the same data plane: guests move between them while they run."""
