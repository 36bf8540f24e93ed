"""Images as Glance shows them."""

from datetime import UTC, datetime

from berthline.api.image.stores import STORE_ID
from berthline.domain.image import Image, ImageMember, ImageTask

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
        **_stores_view(image),
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


def _stores_view(image: Image) -> View:
    """The store, where the image is there; and how its last import went, where it had one."""
    view: View = {"stores": STORE_ID} if image.status in {"active", "deactivated"} else {}
    importing = image.status == "importing"
    if importing or image.import_result is not None:
        view["os_glance_importing_to_stores"] = STORE_ID if importing else ""
        failed = image.import_result == "failed" and not importing
        view["os_glance_failed_import"] = STORE_ID if failed else ""
    return view


def task_stub_view(task: ImageTask) -> View:
    """A task as lists show it."""
    view: View = {
        "id": task.id,
        "type": "api_image_import",
        "status": task.status,
        "owner": task.project_id,
        "image_id": task.image_id,
        "request_id": task.request_id,
        "user_id": task.user_id,
        "created_at": timestamp(task.created_at),
        "updated_at": timestamp(task.updated_at),
        "self": f"/v2/tasks/{task.id}",
        "schema": "/v2/schemas/task",
    }
    return view if task.expires_at is None else view | {"expires_at": timestamp(task.expires_at)}


def task_view(task: ImageTask) -> View:
    """A task with what was asked for, and what came of it."""
    return {
        **task_stub_view(task),
        "input": {"image_id": task.image_id, "import_req": task.request, "backend": [STORE_ID]},
        "result": {"image_id": task.image_id} if task.status == "success" else None,
        "message": task.message,
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
