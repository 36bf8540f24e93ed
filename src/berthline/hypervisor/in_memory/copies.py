"""Copies of the disks of a simulated host."""

import asyncio
from collections.abc import AsyncIterator, Collection

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import ON, DiskCopy
from berthline.domain.ids import CopyId, ServerId
from berthline.hypervisor.in_memory import written
from berthline.hypervisor.in_memory.base import Verbs

CHUNK = 1 << 16


class CopyVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def copy_disk(self, server_id: ServerId, copy_id: CopyId, *, require_quiesce: bool = False) -> None:
        await asyncio.sleep(self._latency.copy_disk)
        guest, disks = self._taken(server_id), self._disks.get(server_id)
        if disks is None:
            raise Refused(f"Server {server_id} has no disk on its host to copy.")
        if (
            require_quiesce
            and guest is not None
            and guest.power in ON
            and not (guest.agent and guest.power == "running")
        ):
            raise Refused(f"Guest {server_id} has no agent that answers, and its image requires a quiet file system.")
        self._copies[DiskCopy(server_id, copy_id)] = written.in_qcow2(disks.written, disks.capacity)

    async def read_copy(self, server_id: ServerId, copy_id: CopyId) -> AsyncIterator[bytes]:
        content = self._copies.get(DiskCopy(server_id, copy_id))
        if content is None:
            raise Refused(f"The host has no copy {copy_id} of the disk of server {server_id}. Copy it anew.")
        for start in range(0, len(content), CHUNK):
            yield content[start : start + CHUNK]

    async def delete_copy(self, server_id: ServerId, copy_id: CopyId) -> None:
        self._taken(server_id)
        self._copies.pop(DiskCopy(server_id, copy_id), None)

    async def copies(self) -> Collection[DiskCopy]:
        return frozenset(self._copies)
