"""The image that a server's disk is to become: its row, queued in the transaction that accepts the request.

What it is and what it inherits is Nova's (``nova.compute.utils.create_image``).
"""

from collections.abc import Mapping
from typing import Final, Literal

from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.errors import QuotaExceeded, RequestTooLarge
from berthline.domain.ids import ImageId, ProjectId, new_id
from berthline.domain.image import Image, ImageMember
from berthline.store import Connection
from berthline.store.images import images
from berthline.store.images import quota as image_quota

ImageType = Literal["snapshot", "backup"]
NOT_INHERITED: Final = frozenset(
    {
        "bittorrent", "cache_in_nova", "cinder_encryption_key_deletion_policy", "cinder_encryption_key_id",
        "img_signature", "img_signature_certificate_uuid", "img_signature_hash_method", "img_signature_key_type",
    }
)  # fmt: skip
"""What an image's properties say of its own bytes, and not of the disk that a server has made of them."""
OF_GLANCE: Final = "os_glance"


def queue(
    connection: Connection,
    caller: Caller,
    server: Server,
    *,
    name: str,
    image_type: ImageType,
    extra: Mapping[str, str],
    at: int,
) -> ImageId:
    """Write the image, the caller's project's. ``count`` it last in the transaction."""
    base = None if server.image_id is None else images.get(connection, server.image_id)
    inherited = {} if base is None else base.properties
    same_project = caller.project_id == server.project_id
    image = Image(
        id=ImageId(new_id()),
        project_id=caller.project_id,
        name=name,
        status="queued",
        visibility="private" if same_project else "shared",
        container_format="bare",
        disk_format="qcow2",
        min_disk=max(server.flavor.disk, base.min_disk if base else 0),
        min_ram=base.min_ram if base else 0,
        size=None,
        virtual_size=None,
        checksum=None,
        sha512=None,
        protected=False,
        hidden=False,
        properties=_properties(caller, server, inherited, image_type) | dict(extra),
        revision=0,
        created_at=at,
        updated_at=at,
    )
    images.insert_image(connection, image)
    if not same_project:
        member = ImageMember(
            image_id=image.id, member_id=server.project_id, status="pending", created_at=at, updated_at=at
        )
        images.insert_member(connection, member)
    return image.id


def count(connection: Connection, project_id: ProjectId) -> None:
    """Count one more image of the project. Raises QuotaExceeded when it has as many as it may."""
    try:
        image_quota.take(connection, project_id, {image_quota.COUNT: 1})
    except RequestTooLarge as full:
        raise QuotaExceeded(full.message, full.details) from None


def _properties(caller: Caller, server: Server, inherited: Mapping[str, str], image_type: ImageType) -> dict[str, str]:
    kept = {
        name: value for name, value in inherited.items() if name not in NOT_INHERITED and not name.startswith(OF_GLANCE)
    }
    own = {
        "base_image_ref": inherited.get("base_image_ref") or server.image_id or "",
        "image_location": "snapshot",
        "image_state": "available",
        "image_type": image_type,
        "instance_uuid": server.id,
        "owner_id": server.project_id,
        "user_id": caller.user_id,
    }
    if caller.user_id == server.user_id:
        own |= {"owner_project_name": caller.project_name, "owner_user_name": caller.user_name}
    if caller.project_id != server.project_id:
        own["instance_owner"] = server.project_id
    return kept | own
