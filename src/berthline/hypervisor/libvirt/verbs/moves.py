"""Disks of guests that are kept aside, grown, and had from another host: all through libvirt's storage and streams."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

from berthline.domain import qcow2
from berthline.domain.disks import FIRMWARE, Disk
from berthline.domain.hypervisor import DiskReader, GuestSpec
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import firmware, guests, moves
from berthline.hypervisor.libvirt.binding import Connection, Stream
from berthline.hypervisor.libvirt.uploads import blocks, send_block
from berthline.hypervisor.libvirt.verbs.base import Verbs


class MoveVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def read_disk(self, server_id: ServerId, name: str) -> AsyncIterator[bytes]:
        aim = f"read the disks of server {server_id}"
        stream = await self._host.run(aim, partial(moves.begin_reading, server_id=server_id, name=name))
        if stream is None:
            return
        async with aclosing(self._read(aim, stream)) as read:
            async for block in read:
                yield block

    async def keep_disks(self, server_id: ServerId) -> None:
        work = partial(moves.keep, server_id=server_id)
        await self._change(f"keep the disks of server {server_id}", server_id, work, self._settings.copy_seconds)

    async def restore_disks(self, server_id: ServerId) -> None:
        work = partial(moves.restore, server_id=server_id)
        await self._change(f"bring the disks of server {server_id} back", server_id, work, self._settings.copy_seconds)

    async def forget_kept_disks(self, server_id: ServerId) -> None:
        work = partial(moves.forget, server_id=server_id)
        await self._host.run(f"remove the old disks of server {server_id}", work)

    async def grow_disks(self, spec: GuestSpec) -> None:
        work = partial(moves.grow, files=self._files, spec=spec)
        await self._change(f"grow the disks of server {spec.server_id}", spec.server_id, work)

    async def receive_disks(self, spec: GuestSpec, source: DiskReader) -> None:
        aim = f"take the disks of server {spec.server_id}"

        def begin(connection: Connection) -> bool:
            if guests.found(connection, spec.server_id) is not None:
                return False
            self._files.delete_disks(connection, spec.server_id)
            return True

        if not await self._host.run(aim, begin):
            return
        for disk in spec.disks:
            if not disk.is_swap:
                await self._receive(aim, spec, source, disk)
        if spec.hardware.firmware == "uefi":
            kept = b"".join([block async for block in source.read_disk(spec.server_id, FIRMWARE)])
            if kept:
                write = partial(firmware.write, server_id=spec.server_id, content=kept)
                await self._host.run(aim, write)
        await self._host.run(aim, partial(moves.grow, files=self._files, spec=spec))

    async def _receive(self, aim: str, spec: GuestSpec, source: DiskReader, disk: Disk) -> None:
        """Write the file of a disk as it comes; but for the name of the image's copy, which is another one here."""
        stream: Stream | None = None
        try:
            async for block in blocks(source.read_disk(spec.server_id, disk.name)):
                part = block
                if stream is None:
                    base = await self._host.run(aim, partial(moves.base_of, files=self._files, spec=spec))
                    if disk.file_format == "qcow2":
                        part = qcow2.with_backing(block, base.path)
                    begin = partial(moves.begin_writing, files=self._files, spec=spec, disk=disk, base=base, head=part)
                    stream = await self._host.run(aim, begin)
                await self._host.run(aim, partial(_sent, stream=stream, block=part, sparse=disk.file_format == "raw"))
            if stream is not None:
                await self._host.run(aim, partial(_finished, stream=stream))
        except BaseException:
            # What is there of it is removed by the next attempt, or with the server's other files.
            if stream is not None:
                await self._abort(aim, stream)
            raise


def _sent(_connection: Connection, stream: Stream, block: bytes, sparse: bool) -> None:
    send_block(stream, block, sparse=sparse)


def _finished(_connection: Connection, stream: Stream) -> None:
    stream.finish()
