"""The simulated host: guests and disks in memory, by libvirt's rules.

The object is the world: what "restarts" gets the same object again and finds its guests as they were. Nothing is
written anywhere.
"""

import asyncio
import copy
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from berthline.domain.errors import Refused, RefusedEverywhere
from berthline.domain.hardware import most_nics
from berthline.domain.hypervisor import (
    BaseImage,
    DiskUse,
    FoundNic,
    GuestDiagnostics,
    GuestPower,
    GuestSpec,
    HostFacts,
    ImageSource,
    NicOfPort,
    NicUse,
)
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.console import last_lines
from berthline.hypervisor.guest_state import Disks, Guest
from berthline.hypervisor.image_format import HEADER_BYTES, disk_capacity, root_capacity
from berthline.hypervisor.kept_guests import KeptGuest, KeptNic, kept_nic
from berthline.hypervisor.latency import SimulatedLatency
from berthline.hypervisor.locks import KeyedLocks

CONSOLE_LINES = 1000
ON = frozenset({"paused", "running"})


class PortPlug(Protocol):
    """What the simulated dataplane offers a host: a port's tap appears on, or disappears from, a chassis."""

    def plug(self, port_id: PortId, chassis: str) -> None: ...

    def unplug(self, port_id: PortId) -> None: ...


class SimulatedHost:
    """One host in memory. Fits `Hypervisor`.

    Args:
        name: the host's name, which is its chassis name too unless ``chassis`` says otherwise.
        facts: its size.
        plug: the simulated dataplane's side of a tap.
        latency: how long verbs take; nothing by default.
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
        self._caching: KeyedLocks[str] = KeyedLocks()
        self._disks: dict[ServerId, Disks] = {}
        self._guests: dict[ServerId, Guest] = {}
        self._taps: dict[str, ServerId] = {}
        self._consoles: defaultdict[ServerId, list[str]] = defaultdict(list)
        self._callbacks: list[Callable[[ServerId], None]] = []
        self._epoch = 0

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
        return self._facts

    # Images and disks.

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        async with self._caching.hold(image.sha512):
            if image.sha512 in self._capacities:
                return
            await asyncio.sleep(self._latency.cache_image)
            digest, size, header = hashlib.sha512(), 0, b""
            async for chunk in source.read(image.id):
                header = (header + chunk)[:HEADER_BYTES]
                digest.update(chunk)
                size += len(chunk)
            if size != image.size or digest.hexdigest() != image.sha512:
                raise RefusedEverywhere(
                    f"Image {image.id} came as {size} bytes with SHA-512 {digest.hexdigest()[:16]}…, not as "
                    f"{image.size} bytes with {image.sha512[:16]}…. Upload it again."
                )
            self._capacities[image.sha512] = disk_capacity(image, header)

    def cached_images(self) -> Collection[str]:
        """The digest of every image in the cache."""
        return frozenset(self._capacities)

    def config_drive_of(self, server_id: ServerId) -> bytes | None:
        """The config drive that the guest reads; None without one."""
        disks = self._disks.get(server_id)
        return None if disks is None else disks.config_drive

    async def create_disks(self, spec: GuestSpec) -> None:
        await asyncio.sleep(self._latency.create_disks)
        if spec.image.sha512 not in self._capacities:
            raise Refused(f"The host has no copy of image {spec.image.id}. Cache the image first.")
        root_capacity(spec, self._capacities[spec.image.sha512])
        if spec.server_id in self._guests and spec.server_id in self._disks:
            return
        self._disks[spec.server_id] = Disks(spec.image.sha512, spec.config_drive)

    async def delete_disks(self, server_id: ServerId) -> None:
        if server_id in self._guests:
            raise Refused(f"Guest {server_id} still uses its disks. Destroy the guest first.")
        self._disks.pop(server_id, None)
        self._consoles.pop(server_id, None)

    async def disks(self) -> Collection[ServerId]:
        return frozenset(self._disks)

    # Guests.

    async def start_paused(self, spec: GuestSpec) -> None:
        await asyncio.sleep(self._latency.start_paused)
        if spec.server_id not in self._disks:
            raise Refused(f"Server {spec.server_id} has no disks on its host. Create its disks first.")
        guest = self._taken(spec.server_id)
        if guest is not None and guest.power in {"paused", "running"}:
            return
        nics = tuple(map(kept_nic, spec.vifs))
        guest = Guest(spec.name, "shutoff", nics, most_nics(len(spec.vifs)), epoch=self._epoch)
        self._guests[spec.server_id] = guest
        self._power_on(spec.server_id, guest)

    async def resume(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.resume)
        guest = self._guest(server_id)
        if guest.power == "running":
            return
        if guest.power != "paused":
            raise Refused(f"Guest {server_id} is {guest.power} and cannot be resumed. Start it.")
        self._run(server_id, guest)

    async def pause(self, server_id: ServerId) -> None:
        guest = self._guest(server_id)
        if guest.power not in ON:
            raise Refused(f"Guest {server_id} is {guest.power} and cannot be paused. Start it.")
        guest.power = "paused"
        self._changed(server_id)

    async def suspend(self, server_id: ServerId) -> None:
        guest = self._guest(server_id)
        if guest.power not in ON and not guest.saved:
            raise Refused(f"Guest {server_id} is {guest.power} and has no memory to save. Start it.")
        guest.saved = True
        self._power_off(server_id, guest, "memory saved")

    async def inject_nmi(self, server_id: ServerId) -> None:
        self._guest_that_is_on(server_id)
        self._say(server_id, "NMI received")

    async def diagnostics(self, server_id: ServerId) -> GuestDiagnostics:
        """A simulated guest uses nothing: its NICs and its disk are told, and what they did is 0."""
        guest = self._guest_that_is_on(server_id)
        return GuestDiagnostics(
            power=guest.power,
            hypervisor=self._facts.hypervisor_type.lower(),
            cpu_times=(),
            memory_maximum=None,
            memory_used=None,
            disks=(DiskUse(device="vda", read_bytes=0, read_requests=0, write_bytes=0, write_requests=0),),
            nics=tuple(NicUse(device=nic.devname, mac_address=nic.address) for nic in guest.nics),
        )

    async def destroy(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.destroy)
        guest = self._taken(server_id)
        if guest is None:
            return
        self._power_off(server_id, guest)
        del self._guests[server_id]

    async def power(self, server_id: ServerId) -> GuestPower:
        guest = self._guests.get(server_id)
        return "absent" if guest is None else guest.power

    async def powers(self) -> Mapping[ServerId, GuestPower]:
        return {server_id: guest.power for server_id, guest in self._guests.items()}

    async def start(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.start_paused)
        guest = self._guest(server_id)
        if guest.power == "running":
            return
        if guest.power == "paused":
            raise Refused(f"Guest {server_id} is paused, not shut off. Resume it.")
        if server_id not in self._disks:
            raise Refused(f"Server {server_id} has no disks on its host. Create its disks first.")
        self._power_on(server_id, guest)
        self._run(server_id, guest)

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        await asyncio.sleep(min(self._latency.shutdown, grace_seconds))
        guest = self._guest(server_id)
        self._power_off(server_id, guest)

    async def reboot(self, server_id: ServerId, *, hard: bool) -> None:
        guest = self._guest(server_id)
        if guest.power != "running" and not hard:
            raise Refused(f"Guest {server_id} is {guest.power} and cannot reboot. Start it, or reboot it hard.")
        if guest.power in {"shutoff", "crashed"}:
            self._power_on(server_id, guest)
        guest.saved = False
        self._run(server_id, guest)

    async def attach_interface(self, server_id: ServerId, vif: VIF) -> None:
        guest, nic = self._guest(server_id), kept_nic(vif)
        if any(nic.id == other.id for other in guest.nics):
            return
        if len(guest.nics) >= guest.room:
            raise Refused(
                f"Guest {server_id} has {len(guest.nics)} NICs, and no room for one more. Detach one first, or "
                "create a server with all of them."
            )
        if guest.power in {"paused", "running"}:
            self._refuse_taken(server_id, (nic,))
        guest.nics += (nic,)
        if guest.power in {"paused", "running"}:
            self._plug_in(server_id, nic)

    async def detach_interface(self, server_id: ServerId, nic: NicOfPort) -> None:
        guest = self._taken(server_id)
        if guest is None:
            return
        gone = tuple(each for each in guest.nics if each.id == nic.id)
        guest.nics = tuple(each for each in guest.nics if each.id != nic.id)
        if guest.power in {"paused", "running"}:
            for each in gone:
                self._unplug(each)

    async def interfaces(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, frozenset[FoundNic]]:
        known = {server_id: self._guests[server_id] for server_id in server_ids if server_id in self._guests}
        return {server_id: frozenset(FoundNic(nic.id) for nic in guest.nics) for server_id, guest in known.items()}

    async def console_output(self, server_id: ServerId, lines: int | None) -> bytes:
        kept = "".join(line + "\n" for line in self._consoles.get(server_id, ()))
        return last_lines(kept.encode(), lines)

    async def guests(self) -> Collection[ServerId]:
        return frozenset(self._guests)

    def put_back(self, kept: KeptGuest) -> None:
        """Have a guest again that the host had in an earlier process. Nothing is asked of its image or its config
        drive, which may be gone: a real host's disks do not need them any more either.
        """
        self._disks[kept.server_id] = Disks("", None)
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

    def guest_powers_off(self, server_id: ServerId) -> None:
        """The guest switches itself off, as `poweroff` in it does."""
        self._power_off(server_id, self._guest(server_id))

    def guest_crashes(self, server_id: ServerId) -> None:
        """The guest dies."""
        guest = self._guest(server_id)
        self._power_off(server_id, guest)
        guest.power = "crashed"

    def guest_vanishes(self, server_id: ServerId) -> None:
        """Someone undefines the guest by hand."""
        self._power_off(server_id, self._guest(server_id))
        del self._guests[server_id]

    def lose_power(self) -> None:
        """The host itself goes off: what ran does so no more, and is shut off when the host is there again."""
        for server_id, guest in self._guests.items():
            self._power_off(server_id, guest)

    # The parts of the verbs.

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
            self._plug.unplug(nic.id)

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
            guest.power = "shutoff"
            self._say(server_id, said)
            for nic in guest.nics:
                self._unplug(nic)
            self._changed(server_id)

    def _say(self, server_id: ServerId, *lines: str) -> None:
        """Write to the guest's console, of which the last CONSOLE_LINES lines are kept."""
        console = self._consoles[server_id]
        console += lines
        del console[:-CONSOLE_LINES]

    def _changed(self, server_id: ServerId) -> None:
        for callback in tuple(self._callbacks):
            callback(server_id)
