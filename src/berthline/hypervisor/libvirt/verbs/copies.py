"""Copies of disks, made on the host and read from it as streams."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from functools import partial
from typing import Final

from berthline.domain.errors import Transient
from berthline.domain.hypervisor import DiskCopy
from berthline.domain.ids import CopyId, ServerId
from berthline.hypervisor.libvirt import copies
from berthline.hypervisor.libvirt.verbs.base import Verbs

FIRST_LOOK: Final = 0.02
LAST_LOOK: Final = 1.0
"""Seconds between two looks at a copying: short ones at first, since a small disk is soon copied."""


class CopyVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def copy_disk(self, server_id: ServerId, copy_id: CopyId, *, require_quiesce: bool = False) -> None:
        aim = f"copy the disk of guest {server_id}"
        await self.delete_copy(server_id, copy_id)
        begin = partial(copies.begin, server_id=server_id, copy_id=copy_id, require_quiesce=require_quiesce)
        if await self._change(aim, server_id, begin):
            await self._copied(aim, server_id)
        else:
            convert = partial(copies.convert, server_id=server_id, copy_id=copy_id)
            await self._host.run(aim, convert, self._settings.copy_seconds)

    async def _copied(self, aim: str, server_id: ServerId) -> None:
        pause = FIRST_LOOK
        deadline = time.monotonic() + self._settings.copy_seconds
        while time.monotonic() < deadline:
            stands = await self._host.run(aim, partial(copies.progress, server_id=server_id))
            if stands == "done":
                return
            if stands == "stopped":
                raise Transient(f"Guest {server_id} went off while its disk was copied, or its host forgot of it.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_LOOK)
        raise Transient(f"The host took too long to {aim}.")

    async def read_copy(self, server_id: ServerId, copy_id: CopyId) -> AsyncIterator[bytes]:
        aim = f"give out a copy of the disk of server {server_id}"
        stream = await self._host.run(aim, partial(copies.reading, server_id=server_id, copy_id=copy_id))
        async with aclosing(self._read(aim, stream)) as read:
            async for block in read:
                yield block

    async def delete_copy(self, server_id: ServerId, copy_id: CopyId) -> None:
        aim = f"delete a copy of the disk of server {server_id}"
        await self._change(aim, server_id, partial(copies.delete, server_id=server_id, copy_id=copy_id))

    async def copies(self) -> Collection[DiskCopy]:
        return await self._host.run("list copies of disks", copies.found)
