"""The verbs that make images of a server: an image, or one of a row of backups."""

from collections.abc import Mapping

from berthline.domain.auth import Caller
from berthline.domain.ids import ImageId, ServerId
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.images import backups
from berthline.workflows.accepting import Accepting, check_may_write, check_state, owned_for_change, wrong_state
from berthline.workflows.server.snapshots import create_image
from berthline.workflows.server.snapshots.create_image import CreateImage, Rotation
from berthline.workflows.server.snapshots.queued import ImageType, count, queue


class Snapshots(Accepting):
    """What the compute API calls for images of servers. Every method checks that the caller may do it first."""

    async def create(
        self,
        caller: Caller,
        server_id: ServerId,
        name: str,
        properties: Mapping[str, str],
        rotation: Rotation | None = None,
    ) -> ImageId:
        """Queue an image of the server and begin to make it; with ``rotation`` it is a backup.

        Raises NotFound, InstanceInvalidState, and QuotaExceeded when the project has as many images as it may. A lock
        does not hold it: as in Nova, it changes nothing of the server.
        """
        check_may_write(caller)
        action = "createImage" if rotation is None else "createBackup"

        def work(connection: Connection) -> tuple[ImageId, SagaRecord]:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            rule = check_state(server, action)
            if server.host is None:
                raise wrong_state(server_id, action, "host", "None")
            servers.set_states(connection, server_id, task_state=rule.meanwhile, at=at)
            image_type: ImageType = "snapshot" if rotation is None else "backup"
            extra = properties if rotation is None else {**properties, "backup_type": rotation.backup_type}
            image_id = queue(connection, caller, server, name=name, image_type=image_type, extra=extra, at=at)
            if rotation is not None:
                backups.add(connection, image_id, server_id, rotation.backup_type, at)
            saga = self._begin(
                connection,
                caller,
                server,
                action=action,
                kind=create_image.KIND,
                saga_input=CreateImage(server_id, server.host, image_id, rotation),
                at=at,
            )
            count(connection, caller.project_id)
            return image_id, saga

        image_id, saga = await self._outside.store.write(work)
        self._engine.adopt(saga)
        return image_id
