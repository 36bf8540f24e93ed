"""Disks of simulated guests that are kept aside, grown, and had from another host."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from berthline.domain.disks import FIRMWARE, ROOT
from berthline.domain.errors import NoBaseImage, Refused
from berthline.domain.hypervisor import ON, DiskReader, GuestSpec
from berthline.domain.ids import ServerId
from berthline.hypervisor.guest_state import Disks
from berthline.hypervisor.image_format import root_capacity
from berthline.hypervisor.in_memory import written
from berthline.hypervisor.in_memory.base import Verbs


class MoveVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def read_disk(self, server_id: ServerId, name: str) -> AsyncIterator[bytes]:
        disks = self._disks_at_rest(server_id)
        if name == FIRMWARE:
            yield disks.firmware
        else:
            yield written.in_qcow2(disks.written, disks.capacity) if name == ROOT else disks.empty_ones.encode()

    async def keep_disks(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.copy_disk)
        disks = self._disks_at_rest(server_id)
        disks.kept = replace(disks, kept=None)

    async def restore_disks(self, server_id: ServerId) -> None:
        await asyncio.sleep(self._latency.copy_disk)
        now = self._disks_at_rest(server_id)
        if now.kept is None:
            raise Refused(f"No disks of server {server_id} were kept on its host.")
        self._disks[server_id] = replace(now.kept, kept=now.kept, firmware=now.firmware)

    async def forget_kept_disks(self, server_id: ServerId) -> None:
        self._taken(server_id)
        if server_id in self._disks:
            self._disks[server_id].kept = None

    async def grow_disks(self, spec: GuestSpec) -> None:
        self._grow(self._disks_at_rest(spec.server_id), spec)

    async def receive_disks(self, spec: GuestSpec, source: DiskReader) -> None:
        if self._taken(spec.server_id) is not None:
            return
        if spec.image.sha512 not in self._capacities:
            raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
        await asyncio.sleep(self._latency.copy_disk)
        disks = Disks(spec.image.sha512, None, 0)
        for disk in spec.disks:
            if disk.is_swap:
                continue
            content = b"".join([chunk async for chunk in source.read_disk(spec.server_id, disk.name)])
            if disk.is_blank:
                disks.empty_ones = content.decode() or disks.empty_ones
            else:
                disks.written = written.found_in(content)
        if spec.hardware.firmware == "uefi":
            disks.firmware = b"".join([chunk async for chunk in source.read_disk(spec.server_id, FIRMWARE)])
        self._grow(disks, spec)
        self._disks[spec.server_id] = disks

    def _grow(self, disks: Disks, spec: GuestSpec) -> None:
        disks.capacity = max(disks.capacity, root_capacity(spec, self._capacities.get(disks.sha512, 0)))
        disks.config_drive = spec.config_drive

    def _disks_at_rest(self, server_id: ServerId) -> Disks:
        """The disks of a guest that is off, or not there. Raises Refused where it writes to them, or has none."""
        guest = self._taken(server_id)
        if guest is not None and guest.power in ON:
            raise Refused(f"Guest {server_id} is {guest.power} and uses its disks. Shut it off first.")
        if server_id not in self._disks:
            raise Refused(f"Server {server_id} has no disks on its host. Create its disks first.")
        return self._disks[server_id]
