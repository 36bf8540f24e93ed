"""Images as Glance shows them."""

from datetime import UTC, datetime

from berthline.domain.image import Image, ImageMember

View = dict[str, object]


def timestamp(microseconds: int) -> str:
    """As Glance writes times: 2026-01-31T09:30:00Z."""
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def image_view(image: Image) -> View:
    """One image: Glance's attributes and, beside them, its owner's own."""
    path = f"/v2/images/{image.id}"
    return {
        **image.properties,
        **dict.fromkeys(image.null_properties),
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "visibility": image.visibility,
        "protected": image.protected,
        "os_hidden": image.hidden,
        "owner": image.project_id,
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "checksum": image.checksum,
        "os_hash_algo": "sha512" if image.sha512 else None,
        "os_hash_value": image.sha512,
        "tags": image.tags,
        "created_at": timestamp(image.created_at),
        "updated_at": timestamp(image.updated_at),
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }


def member_view(member: ImageMember) -> View:
    """One project that an image is shared with."""
    return {
        "image_id": member.image_id,
        "member_id": member.member_id,
        "status": member.status,
        "created_at": timestamp(member.created_at),
        "updated_at": timestamp(member.updated_at),
        "schema": "/v2/schemas/member",
    }
