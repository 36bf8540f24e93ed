"""Simulated guests that are made, started, stopped, paused and looked at."""

import asyncio
from collections.abc import Collection, Mapping

from berthline.domain.errors import Refused
from berthline.domain.hardware import most_nics
from berthline.domain.hypervisor import HELD, ON, DiskUse, GuestDiagnostics, GuestPower, GuestSpec, NicUse
from berthline.domain.ids import ServerId, new_id
from berthline.hypervisor.guest_state import Guest
from berthline.hypervisor.in_memory.base import Verbs
from berthline.hypervisor.kept_guests import kept_nic


class PowerVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def start_paused(self, spec: GuestSpec) -> None:
        await asyncio.sleep(self._latency.start_paused)
        disks = self._disks.get(spec.server_id)
        if disks is None or (spec.rescues and disks.rescue is None):
            raise Refused(f"Server {spec.server_id} has no disks on its host. Create its disks first.")
        guest = self._taken(spec.server_id)
        if guest is not None and guest.power in ON:
            return
        if spec.hardware.firmware == "uefi" and not disks.firmware:
            disks.firmware = new_id().encode()
        self._power_on(spec.server_id, self._defined(spec))

    async def define(self, spec: GuestSpec) -> None:
        if spec.server_id not in self._disks:
            raise Refused(f"Server {spec.server_id} has no disks on its host. Create its disks first.")
        guest = self._taken(spec.server_id)
        if guest is not None and guest.power in ON:
            raise Refused(f"Guest {spec.server_id} is {guest.power}. Shut it off first.")
        self._defined(spec)

    def _defined(self, spec: GuestSpec) -> Guest:
        """The guest, off, as the spec says, and this epoch's."""
        before = self._guests.get(spec.server_id)
        guest = Guest(
            spec.name,
            before.power if before else "cut",
            tuple(map(kept_nic, spec.vifs)),
            most_nics(len(spec.vifs)),
            devices=tuple(disk.device for disk in spec.disks),
            memory_mb=spec.memory_mb,
            agent=spec.hardware.guest_agent,
            rescues=spec.rescues,
            epoch=self._epoch or (before.epoch if before else 0),
        )
        self._guests[spec.server_id] = guest
        return guest

    async def resume(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.resume)
        guest = self._guest(server_id)
        if guest.power == "running":
            return
        if guest.power not in HELD:
            raise Refused(f"Guest {server_id} is {guest.power} and cannot be resumed. Start it.")
        self._run(server_id, guest)

    async def pause(self, server_id: ServerId) -> None:
        guest = self._guest(server_id)
        if guest.power not in ON:
            raise Refused(f"Guest {server_id} is {guest.power} and cannot be paused. Start it.")
        if guest.power not in HELD:
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

    async def set_password(self, server_id: ServerId, user: str, password: str) -> None:
        guest = self._guest_that_is_on(server_id)
        if guest.power != "running" or not guest.agent:
            raise Refused(f"Guest {server_id} has no agent that answers: {user}'s password was not changed.")
        guest.passwords = {**guest.passwords, user: password}

    async def diagnostics(self, server_id: ServerId) -> GuestDiagnostics:
        """A simulated guest uses nothing: its memory, NICs and disks are told, and what they did is 0."""
        guest = self._guest_that_is_on(server_id)
        return GuestDiagnostics(
            power=guest.power,
            hypervisor=self._facts.hypervisor_type.lower(),
            cpu_times=(),
            memory_maximum=guest.memory_mb,
            memory_used=None,
            disks=tuple(
                DiskUse(device=device, read_bytes=0, read_requests=0, write_bytes=0, write_requests=0)
                for device in guest.devices
            ),
            nics=tuple(NicUse(device=nic.devname, mac_address=nic.address) for nic in guest.nics),
        )

    async def destroy(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.destroy)
        guest = self._taken(server_id)
        if guest is None:
            return
        self._power_off(server_id, guest)
        del self._guests[server_id]
        if disks := self._disks.get(server_id):
            disks.firmware = b""

    async def power(self, server_id: ServerId) -> GuestPower:
        guest = self._guests.get(server_id)
        return "absent" if guest is None else guest.power

    async def powers(self) -> Mapping[ServerId, GuestPower]:
        return {server_id: guest.power for server_id, guest in self._guests.items()}

    async def hung_guests(self) -> Collection[ServerId]:
        return frozenset(server_id for server_id, guest in self._guests.items() if guest.hangs)

    async def start(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.start_paused)
        guest = self._guest(server_id)
        if guest.power == "running":
            return
        if guest.power in HELD:
            raise Refused(f"Guest {server_id} is {guest.power}, not shut off. Resume it.")
        if server_id not in self._disks:
            raise Refused(f"Server {server_id} has no disks on its host. Create its disks first.")
        self._power_on(server_id, guest)
        self._run(server_id, guest)

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        await asyncio.sleep(min(self._latency.shutdown, grace_seconds))
        guest = self._guest(server_id)
        self._power_off(server_id, guest)

    async def ask_to_power_off(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.shutdown)
        guest = self._guest(server_id)
        if guest.power == "running" and guest.listens:
            self._power_off(server_id, guest)

    async def reboot(self, server_id: ServerId) -> None:
        guest = self._guest(server_id)
        if guest.power not in ON:
            self._power_on(server_id, guest)
        guest.saved = False
        self._run(server_id, guest)

    async def guests(self) -> Collection[ServerId]:
        return frozenset(self._guests)
