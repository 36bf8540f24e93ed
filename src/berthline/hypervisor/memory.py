"""The simulated host: guests and disks in memory, by libvirt's rules.

The object is the world: what "restarts" gets the same object again and finds its guests as they were. Nothing is
written anywhere.
"""

import copy
import time
from collections.abc import Callable

import msgspec

from berthline.domain.errors import Refused
from berthline.domain.hardware import most_nics
from berthline.domain.hypervisor import ON, HostFacts
from berthline.domain.ids import HostName, ServerId
from berthline.hypervisor.guest_state import Disks, Guest
from berthline.hypervisor.in_memory import written
from berthline.hypervisor.in_memory.base import PortPlug
from berthline.hypervisor.in_memory.consoles import ConsoleVerbs
from berthline.hypervisor.in_memory.copies import CopyVerbs
from berthline.hypervisor.in_memory.disks import DiskVerbs
from berthline.hypervisor.in_memory.live import LiveVerbs
from berthline.hypervisor.in_memory.moves import MoveVerbs
from berthline.hypervisor.in_memory.nics import NicVerbs
from berthline.hypervisor.in_memory.power import PowerVerbs
from berthline.hypervisor.kept_guests import KeptGuest

__all__ = ["PortPlug", "SimulatedHost"]


class SimulatedHost(DiskVerbs, CopyVerbs, MoveVerbs, LiveVerbs, PowerVerbs, NicVerbs, ConsoleVerbs):
    """One host in memory. Fits `Hypervisor`.

    Args:
        name: the host's name, which is its chassis name too unless ``chassis`` says otherwise.
        facts: its size.
        plug: the simulated dataplane's side of a tap.
        latency: how long verbs take; nothing by default.
    """

    def at_epoch(self, epoch: int) -> "SimulatedHost":
        view = copy.copy(self)  # what is in the host is shared, since all of it lies in containers: keep it so
        view._epoch = epoch  # noqa: SLF001 - it is one of us
        return view

    @property
    def host(self) -> HostName:
        return self._name

    @property
    def chassis(self) -> str:
        """OVN's name for this host."""
        return self._chassis

    async def facts(self) -> HostFacts:
        up = time.monotonic() - self._made
        return msgspec.structs.replace(self._facts, up_seconds=int(up), free_disk_gb=self._free_disk_gb[0])

    def put_back(self, kept: KeptGuest) -> None:
        """Have a guest again that the host had in an earlier process. Nothing is asked of its image or its config
        drive, which may be gone: a real host's disks do not need them any more either.
        """
        before = Disks("", None, empty_ones=kept.server_id) if kept.has_copy else None
        self._disks[kept.server_id] = Disks("", None, empty_ones=kept.server_id, kept=before)
        if kept.power is None:
            return
        guest = Guest(kept.name, "shutoff", kept.nics, most_nics(len(kept.nics)))
        self._guests[kept.server_id] = guest
        guest.saved = kept.power == "saved"
        if kept.power in ON:
            self._power_on(kept.server_id, guest)
        if kept.power == "running":
            self._run(kept.server_id, guest)

    def on_change(self, callback: Callable[[ServerId], None]) -> None:
        self._callbacks.append(callback)

    async def close(self) -> None:
        """Forget who listens; the guests stay."""
        self._callbacks.clear()

    # What a guest or an operator does behind Berthline's back.

    def guest_writes(self, server_id: ServerId, content: bytes) -> None:
        """The guest writes to its root disk, behind what is there. Raises Refused where it is off or the disk full."""
        self._guest_that_is_on(server_id)
        disks = self._disks[server_id]
        if len(disks.written) + len(content) > written.MOST:
            raise Refused(f"The disk of guest {server_id} holds no more than {written.MOST} bytes.")
        disks.written += content

    def written_by(self, server_id: ServerId) -> bytes:
        """What is on the server's root disk: what it and those before it wrote."""
        return self._disks[server_id].written

    def guest_powers_off(self, server_id: ServerId) -> None:
        """The guest switches itself off, as `poweroff` in it does."""
        self._power_off(server_id, self._guest(server_id))

    def guest_stops_listening(self, server_id: ServerId) -> None:
        """The guest hangs, or has no ACPI: it runs, and does nothing when it is asked to power off; until made anew."""
        self._guest(server_id).listens = False

    def guest_hangs(self, server_id: ServerId) -> None:
        """Its hypervisor answers no more, until it is destroyed."""
        self._guest_that_is_on(server_id).hangs = True

    def guest_crashes(self, server_id: ServerId) -> None:
        """The guest dies."""
        guest = self._guest(server_id)
        self._power_off(server_id, guest)
        guest.power = "crashed"

    def guest_stalls(self, server_id: ServerId) -> None:
        """What the guest writes finds no room, and its host pauses it; whoever resumes it has made room."""
        self._guest_that_is_on(server_id).power = "stalled"
        self._changed(server_id)

    def disk_has_free(self, gib: int | None) -> None:
        """Something fills the host's disk, or leaves it: so much is free there from now on; None: nobody can tell."""
        self._free_disk_gb[0] = gib

    def guest_vanishes(self, server_id: ServerId) -> None:
        """Someone undefines the guest by hand."""
        self._power_off(server_id, self._guest(server_id))
        del self._guests[server_id]

    def lose_power(self) -> None:
        """The host itself goes off: what ran does so no more when the host is there again, and it does not know why."""
        for server_id, guest in self._guests.items():
            self._power_off(server_id, guest)
            guest.power = "cut"
        self._made = time.monotonic()
