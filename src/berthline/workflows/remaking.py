"""The verbs that make a server's guest anew on the host that it has: rebuild, rescue and unrescue."""

from collections.abc import Callable

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.errors import BadRequest, Conflict
from berthline.domain.ids import HostName, ImageId, ServerId
from berthline.domain.image import Image
from berthline.domain.server_actions import ACTIONS
from berthline.placement import unmet_needs
from berthline.placement.conditions import Trait, conditions_of
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute import hosts, keypairs
from berthline.store.compute.servers import admin_passwords, servers
from berthline.store.control.sagas import unfinished
from berthline.store.images import images
from berthline.workflows.accepting import (
    Accepting,
    check_may_write,
    check_settled,
    check_state,
    check_unlocked,
    check_without_tpm,
    owned_for_change,
    wrong_state,
)
from berthline.workflows.requests import RebuildRequest
from berthline.workflows.server import delete, disks, earlier_work, rebuild, rescue
from berthline.workflows.server.boot_image import checked_image, needs_config_drive, sized


class Remaking(Accepting):
    """What the compute API calls. Every method checks that the caller may, before anything changes."""

    async def rebuild(
        self,
        caller: Caller,
        server_id: ServerId,
        request: RebuildRequest,
        inside: Callable[[Connection, Server], None] | None = None,
    ) -> None:
        """Begin to rebuild a server from an image, and change what else is asked for.

        Raises NotFound, Forbidden, Conflict for a locked server and for a host without room for a larger image or
        without a trait that another image requires,
        InstanceInvalidState, BadRequest for an image or a key that there is not or that does not fit; then nothing has
        changed. ``inside`` runs last in the same transaction, with the server as it is by then.
        """
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_without_tpm(server, "rebuild")
            check_unlocked(caller, server)
            host = _usable(connection, server, "rebuild")
            after = earlier_work.earlier(connection, server_id)
            saga_input = _claim(connection, caller, server, host, request, at)
            saga_input = msgspec.structs.replace(saga_input, after=after)
            saga = self._begin(connection, caller, server, "rebuild", rebuild.KIND, saga_input, at)
            if inside is not None and (now := servers.get(connection, server_id)) is not None:
                inside(connection, now)
            return saga

        self._engine.adopt(await self._outside.store.write(work))

    async def rescue(self, caller: Caller, server_id: ServerId, image_id: ImageId | None, admin_password: str) -> None:
        """Begin to boot a server from a disk of this image; None: of the usual one. Raises as ``rebuild``."""
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_without_tpm(server, "rescue")
            check_unlocked(caller, server)
            host = _usable(connection, server, "rescue")
            chosen = _rescue_image(connection, caller, server, image_id, self._outside.rescue_image)
            if server.config_drive:
                admin_passwords.forget(connection, server.id)
                admin_passwords.add(connection, [server.id], admin_password)
            servers.set_states(connection, server.id, task_state="rescuing", at=at)
            saga_input = rescue.ServerRescue(
                server_id=server.id,
                host=host,
                before=server.vm_state,
                power_before=server.power_state,
                image_id=chosen,
                has_password=server.config_drive,
                after=earlier_work.earlier(connection, server_id),
            )
            return self._begin(connection, caller, server, "rescue", rescue.RESCUE, saga_input, at)

        self._engine.adopt(await self._outside.store.write(work))

    async def unrescue(self, caller: Caller, server_id: ServerId) -> None:
        """Begin to boot a rescued server from its own disks. Raises NotFound, Conflict, InstanceInvalidState."""
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_unlocked(caller, server)
            host = _usable(connection, server, "unrescue")
            wanted = ACTIONS["unrescue"].wants
            servers.set_states(connection, server.id, task_state="unrescuing", wanted=wanted, at=at)
            after = earlier_work.earlier(connection, server_id)
            saga_input = rescue.ServerUnrescue(server_id=server.id, host=host, after=after)
            return self._begin(connection, caller, server, "unrescue", rescue.UNRESCUE, saga_input, at)

        self._engine.adopt(await self._outside.store.write(work))


def _rescue_image(
    connection: Connection, caller: Caller, server: Server, wanted: ImageId | None, usual: ImageId | None
) -> ImageId:
    """The image to rescue with. Raises BadRequest in Nova's words where there is none that the caller may use.

    ``usual`` is the operator's, which needs not be visible to those who are rescued with it.
    """
    image_id = wanted or usual or server.image_id
    if image_id is None:
        image = None
    elif wanted is None and usual is not None:
        image = images.get(connection, usual)
    else:
        image = images.get_visible(connection, caller, image_id)
    if image is None or image.status != "active" or unmet_needs.of_image(image.properties):
        raise BadRequest(
            f"Requested rescue image '{image_id}' is not supported: it is not there, not active, or asks for what this "
            "cloud does not offer."
        )
    own = None if server.image_id is None else images.get(connection, server.image_id)
    disks.rescued(server, own.properties if own else {}, image)
    return image.id


def _usable(connection: Connection, server: Server, action: str) -> HostName:
    """The server's host. Raises InstanceInvalidState where its state does not allow the action."""
    check_state(server, action)
    if server.host is None:
        raise wrong_state(server.id, action, "host", "None")
    check_settled(connection, server, action)
    if any(saga.kind == delete.KIND for saga in unfinished(connection, server.id)):  # whatever its state was reset to
        raise wrong_state(server.id, action, "task_state", "deleting")
    return server.host


def _claim(
    connection: Connection, caller: Caller, server: Server, host: HostName, request: RebuildRequest, at: int
) -> rebuild.ServerRebuild:
    """Write what the server shall be, with the room of its host that a larger image takes."""
    old = server.flavor
    image = checked_image(connection, caller, request.image_id, old, "Cannot find image for rebuild")
    flavor = sized(old, image)
    if image.id != server.image_id:
        _check_traits(connection, server, host, image)
    before = None if server.image_id is None else images.get(connection, server.image_id)
    decided = disks.on_another_image(server, before, image)
    more = flavor.claimed_disk - old.claimed_disk
    if more > 0 and not hosts.claim(connection, host, 0, 0, more, at, guests=0):
        raise Conflict(
            f"Image {image.id} needs {more} GiB of disk more than the server has, and its host has no room for them."
        )
    has_drive = server.config_drive or needs_config_drive(image)
    if request.changes:
        servers.set_attributes(connection, server.id, at=at, **request.changes)
    key = _key(connection, caller, request)
    servers.set_build(
        connection,
        server.id,
        image_id=image.id,
        flavor=flavor if more > 0 else msgspec.UNSET,
        key_name=key if key is None or key is msgspec.UNSET else key[0],
        key_data=key if key is None or key is msgspec.UNSET else key[1],
        user_data=request.user_data,
        config_drive=has_drive,
        at=at,
    )
    servers.set_disks(connection, server.id, decided.disks, decided.hardware, at)
    if has_drive:
        admin_passwords.forget(connection, server.id)
        admin_passwords.add(connection, [server.id], request.admin_password)
    servers.set_states(connection, server.id, task_state="rebuilding", at=at)
    return rebuild.ServerRebuild(
        server_id=server.id,
        host=host,
        before=server.vm_state,
        wanted=server.wanted,
        image_before=server.image_id,
        image_disk_before=old.image_disk,
        disks_before=server.disks,
        hardware_before=server.hardware,
        image_disk=flavor.image_disk,
        keep_empty=request.keep_empty,
        has_password=has_drive,
        after=(),
    )


def _check_traits(connection: Connection, server: Server, name: HostName, image: Image) -> None:
    """Raise Conflict where the host, which stays the server's, is not one that such a server may be on."""
    wanted = conditions_of(server.flavor.extra_specs, image.properties)
    traits = [condition for condition in wanted if isinstance(condition, Trait)]
    host = hosts.get(connection, name) if traits else None
    if host is None:
        return
    against = [reason for trait in traits if (reason := trait.against(host)) is not None]
    if against:
        raise Conflict(
            f"No valid host was found. A server is rebuilt where it is: {'; '.join(against)}. "
            f"Choose another image, or create a server with image {image.id}."
        )


def _key(connection: Connection, caller: Caller, request: RebuildRequest) -> tuple[str, str] | msgspec.UnsetType | None:
    """Name and text of the caller's key that is asked for. Raises BadRequest where there is none of that name."""
    if not isinstance(request.key_name, str):
        return request.key_name
    found = keypairs.get(connection, caller.user_id, request.key_name)
    if found is None:
        raise BadRequest("Invalid key_name provided.")
    return found.name, found.public_key
