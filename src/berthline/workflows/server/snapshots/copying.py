"""The way of a disk into an image: copied on its host, read from there into the image store, the copy deleted.

These are effects of any saga whose input is a ``Copying``. The copy has the image's id.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Protocol

from berthline.domain.compute import TaskState
from berthline.domain.errors import Refused
from berthline.domain.ids import CopyId, HostName, ImageId, ServerId
from berthline.domain.server_actions import LEAVING
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.images import images
from berthline.workflows.outside import Outside

ATTEMPTS: Final = 60
"""How often what a host or the image store cannot do just now is tried: for about ten minutes."""
LOOK_MICROSECONDS: Final = 1_000_000
"""How often an upload looks whether its server is being deleted."""

QUIESCE: Final = "os_require_quiesce"
TRUE: Final = frozenset({"1", "on", "t", "true", "y", "yes"})


class Copying(Protocol):
    """What is copied, from where, and the image that it becomes."""

    @property
    def server_id(self) -> ServerId: ...

    @property
    def host(self) -> HostName: ...

    @property
    def image_id(self) -> ImageId: ...


class CopySteps:
    """The effects, each do beside its undo."""

    def __init__(self, outside: Outside, *, pending: TaskState, uploading: TaskState) -> None:
        """``pending`` is what the server shows before the bytes begin to move, ``uploading`` while they do."""
        self._outside = outside
        self._pending = pending
        self._uploading = uploading

    async def copy(self, copying: Copying) -> None:
        """Raises Refused where the guest cannot be quiet and its image requires that."""
        quiet = await self._outside.store.read_short(lambda connection: _must_be_quiet(connection, copying))
        host = self._outside.host(copying.host)
        await host.copy_disk(copying.server_id, CopyId(copying.image_id), require_quiesce=quiet)

    async def delete(self, copying: Copying) -> None:
        """Undo of ``copy``, and what is done once the image has the bytes."""
        await self._outside.host(copying.host).delete_copy(copying.server_id, CopyId(copying.image_id))

    async def upload(self, copying: Copying) -> None:
        """No undo of its own: an image that did not become one is removed with the end of the saga."""
        self._outside.host(copying.host)
        await self._outside.store.write_short(lambda connection: self._show_uploading(connection, copying))
        async with aclosing(self._bytes(copying)) as chunks:
            await self._outside.images.fill(copying.image_id, chunks)

    async def _bytes(self, copying: Copying) -> AsyncGenerator[bytes, None]:
        """The copy's bytes, as long as its server is wanted."""
        looked = self._outside.clock.now()
        source = self._outside.seen(copying.host).read_copy(copying.server_id, CopyId(copying.image_id))
        async for chunk in source:
            now = self._outside.clock.now()
            if now - looked >= LOOK_MICROSECONDS:
                looked = now
                await self._outside.store.read_short(lambda connection: _refuse_deleting(connection, copying))
            yield chunk

    def _show_uploading(self, connection: Connection, copying: Copying) -> None:
        servers.set_states(
            connection,
            copying.server_id,
            expected_task_state=self._pending,
            task_state=self._uploading,
            at=self._outside.clock.now(),
        )


def _must_be_quiet(connection: Connection, copying: Copying) -> bool:
    server = servers.get(connection, copying.server_id)
    image = None if server is None or server.image_id is None else images.get(connection, server.image_id)
    return image is not None and image.properties.get(QUIESCE, "").lower() in TRUE


def _refuse_deleting(connection: Connection, copying: Copying) -> None:
    server = servers.get(connection, copying.server_id)
    if server is None or server.task_state in LEAVING:
        raise Refused(f"Server {copying.server_id} is deleted while an image of it is made.")
