"""Make an image of a server, or a backup, of which the oldest are deleted: the guest goes on meanwhile.

Nova does this in ``compute.manager.snapshot_instance`` and ``backup_instance``.
"""

from typing import Final

import msgspec

from berthline.domain.compute import TaskState
from berthline.domain.ids import HostName, ImageId, ServerId
from berthline.saga import Commit, Definition, Effect, Failure
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.images import backups, images, removal
from berthline.workflows.outside import Outside
from berthline.workflows.server.failures import fault_of
from berthline.workflows.server.snapshots.copying import ATTEMPTS, CopySteps

KIND: Final = "server_create_image"


class Rotation(msgspec.Struct, frozen=True):
    """So many backups of this type are kept of a server."""

    backup_type: str
    keep: int


class CreateImage(msgspec.Struct, frozen=True):
    """Input of the saga. ``image_id`` is the row that was queued with it."""

    server_id: ServerId
    host: HostName
    image_id: ImageId
    rotation: Rotation | None = None


def definition(outside: Outside) -> Definition[CreateImage, Connection]:
    """The saga that fills a queued image with a server's disk."""
    steps = _Steps(outside)
    copying = CopySteps(outside, pending="image_pending_upload", uploading="image_uploading")
    return Definition(
        kind=KIND,
        input_type=CreateImage,
        steps=(
            Commit("copying", steps.show_copying),
            Effect("copy", copying.copy, copying.delete, attempts=ATTEMPTS),
            Commit("copied", steps.show_copied),
            Effect("upload", copying.upload, None, "an image without its bytes is removed at the end", ATTEMPTS),
            Commit("done", steps.finish),
            Effect("copy deleted", copying.delete, None, "it is what the undo of the copy does", final=True),
        ),
        undone=steps.fail,
    )


WORKING: Final[tuple[TaskState, ...]] = (
    "image_snapshot_pending", "image_snapshot", "image_backup", "image_pending_upload", "image_uploading",
)  # fmt: skip


class _Steps:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def show_copying(self, connection: Connection, create: CreateImage) -> None:
        if create.rotation is None:
            self._show(connection, create, "image_snapshot_pending", "image_snapshot")

    def show_copied(self, connection: Connection, create: CreateImage) -> None:
        before: TaskState = "image_snapshot" if create.rotation is None else "image_backup"
        self._show(connection, create, before, "image_pending_upload")

    def finish(self, connection: Connection, create: CreateImage) -> None:
        """The image is active: the server is free again, and backups too many go."""
        self._show(connection, create, "image_uploading", None)
        if create.rotation is not None:
            at = self._outside.clock.now()
            for image in backups.excess(
                connection, create.server_id, create.rotation.backup_type, create.rotation.keep
            ):
                removal.remove(connection, image, at)

    def fail(self, connection: Connection, create: CreateImage, failure: Failure) -> None:
        """Remove the image, if it has not become one, and leave the server as it was.

        One that has, and that its users may have seen, stays: then the saga was cancelled as it was about to say so.
        """
        now = self._outside.clock.now()
        image = images.get(connection, create.image_id)
        is_whole = image is not None and image.status == "active"
        fault = msgspec.UNSET if is_whole else fault_of(failure, now)
        for task_state in WORKING:
            servers.set_states(
                connection, create.server_id, expected_task_state=task_state, task_state=None, fault=fault, at=now
            )
        removal.remove_unfinished(connection, create.image_id, now)

    def _show(self, connection: Connection, create: CreateImage, before: TaskState, after: TaskState | None) -> None:
        servers.set_states(
            connection,
            create.server_id,
            expected_task_state=before,
            task_state=after,
            at=self._outside.clock.now(),
        )
