"""The actions that make images of a server: createImage and createBackup."""

from typing import Any, Final

import msgspec
from litestar import Response

from berthline.api.body import decode
from berthline.api.compute import fields
from berthline.api.compute.context import Context
from berthline.api.compute.fields import Flexible
from berthline.api.compute.quota_sets import metadata_limit
from berthline.domain.ids import ImageId, ServerId
from berthline.workflows.server.snapshots.create_image import Rotation

METADATA_UNCOUNTED_SINCE: Final = 39
ID_IN_BODY_SINCE: Final = 45


class CreateImage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    metadata: dict[str, str] = {}


class CreateBackup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    backup_type: str
    rotation: Flexible
    metadata: dict[str, str] = {}


async def create_image(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[Any]:
    """Nova's createImage: the image is queued when this is answered, and says ``active`` when it is whole."""
    asked = decode(bytes(arguments), CreateImage)
    name, properties = fields.check_name("name", asked.name), await _properties(context, asked.metadata)
    context.require_writer("os_compute_api:servers:create_image")
    image = await context.services.compute.snapshots.create(context.caller, server_id, name, properties)
    return _told(context, image, f"{context.base}/image/v2/images/{image}")


async def create_backup(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[Any]:
    """Nova's createBackup: of more than ``rotation`` backups of one type the oldest go, of 0 this one too."""
    asked = decode(bytes(arguments), CreateBackup)
    name, properties = fields.check_name("name", asked.name), await _properties(context, asked.metadata)
    if len(asked.backup_type) > fields.NAME_LENGTH:
        raise fields.invalid("backup_type", asked.backup_type, f"It has at most {fields.NAME_LENGTH} characters.")
    rotation = Rotation(asked.backup_type, fields.as_integer("rotation", asked.rotation, 0))
    context.require_writer("os_compute_api:os-create-backup")
    image = await context.services.compute.snapshots.create(context.caller, server_id, name, properties, rotation)
    return _told(context, image, context.link(f"/images/{image}") if rotation.keep else None)


async def _properties(context: Context, metadata: dict[str, str]) -> dict[str, str]:
    """Before 2.39 Nova counts them as it counts a server's metadata."""
    most = None
    if not context.since(METADATA_UNCOUNTED_SINCE):
        most = await context.services.store.read_short(lambda connection: metadata_limit(connection, context.caller))
    return fields.check_metadata(metadata, most)


def _told(context: Context, image_id: ImageId, location: str | None) -> Response[Any]:
    if context.since(ID_IN_BODY_SINCE):
        return context.answer({"image_id": image_id}, 202)
    return context.empty(202, location)
