"""/v2/schemas: JSON schemas of what the Image API shows, which python-glanceclient builds its models from."""

from typing import Final, get_args

from litestar import Response, get

from berthline.api.frame import Routes, reply
from berthline.api.image.tasks import STATUSES, TYPES
from berthline.domain.image import DiskFormat, ImageStatus, MemberStatus, Visibility

Schema = dict[str, object]


def _text(description: str, **more: object) -> Schema:
    return {"type": ["null", "string"], "description": description, **more}


def _read_only(kind: str, description: str) -> Schema:
    return {"type": ["null", kind], "description": description, "readOnly": True}


_UUID: Final = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
_IMAGE_PROPERTIES: Final[dict[str, Schema]] = {
    "id": {"type": "string", "description": "UUID of the image"},
    "name": _text("Name of the image", maxLength=255),
    "status": {"type": "string", "enum": list(get_args(ImageStatus)), "readOnly": True, "description": "Its state"},
    "visibility": {"type": "string", "enum": list(get_args(Visibility)), "description": "Who may see it"},
    "protected": {"type": "boolean", "description": "True: it cannot be deleted"},
    "os_hidden": {"type": "boolean", "description": "True: lists leave it out"},
    "owner": _text("Project that owns it", maxLength=255),
    "container_format": _text("Format of the container", enum=[None, "bare"]),
    "disk_format": _text("Format of the disk", enum=[None, *get_args(DiskFormat)]),
    "min_disk": {"type": "integer", "description": "Least disk in GiB that a server needs for it"},
    "min_ram": {"type": "integer", "description": "Least memory in MiB that a server needs for it"},
    "size": _read_only("integer", "Bytes"),
    "virtual_size": _read_only("integer", "Bytes of the disk inside"),
    "checksum": _read_only("string", "MD5 of its bytes"),
    "os_hash_algo": _read_only("string", "Algorithm of os_hash_value"),
    "os_hash_value": _read_only("string", "Digest of its bytes"),
    "kernel_id": _text("Image that is the kernel", pattern=_UUID),
    "ramdisk_id": _text("Image that is the initial ramdisk", pattern=_UUID),
    "instance_uuid": {"type": "string", "description": "Server that the image was made of, for people"},
    "architecture": {"type": "string", "description": "Architecture that it runs on"},
    "os_distro": {"type": "string", "description": "Distribution of the operating system"},
    "os_version": {"type": "string", "description": "Version of the operating system"},
    "description": {"type": "string", "description": "For people"},
    "stores": _read_only("string", "Stores that have it"),
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 255}, "description": "Tags"},
    "created_at": _read_only("string", "When it was made"),
    "updated_at": _read_only("string", "When it last changed"),
    "self": _read_only("string", "Its path"),
    "file": _read_only("string", "Path of its bytes"),
    "schema": _read_only("string", "Path of this schema"),
}
_MEMBER_PROPERTIES: Final[dict[str, Schema]] = {
    "image_id": {"type": "string", "description": "UUID of the image"},
    "member_id": {"type": "string", "description": "Project that the image is shared with"},
    "status": {"type": "string", "enum": list(get_args(MemberStatus)), "description": "What that project decided"},
    "created_at": _read_only("string", "When it was shared"),
    "updated_at": _read_only("string", "When the decision last changed"),
    "schema": _read_only("string", "Path of this schema"),
}
_IMAGE: Final[Schema] = {
    "name": "image",
    "properties": _IMAGE_PROPERTIES,
    "additionalProperties": {"type": "string"},
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
_TASK_PROPERTIES: Final[dict[str, Schema]] = {
    "id": {"type": "string", "pattern": _UUID, "description": "UUID of the task"},
    "type": {"type": "string", "enum": list(TYPES), "description": "What is done"},
    "status": {"type": "string", "enum": list(STATUSES), "description": "How far it is"},
    "input": {"type": ["null", "object"], "description": "What was asked for"},
    "result": {"type": ["null", "object"], "description": "What came of it"},
    "owner": {"type": "string", "description": "Project whose image it is"},
    "message": {"type": "string", "description": "Why it failed, for people"},
    "image_id": {"type": "string", "description": "Image that it is about"},
    "request_id": {"type": "string", "description": "Request that began it"},
    "user_id": {"type": "string", "description": "User who began it"},
    "expires_at": {"type": ["null", "string"], "description": "Until when it is told of"},
    "created_at": {"type": "string", "description": "When it began"},
    "updated_at": {"type": "string", "description": "When it last changed"},
    "self": {"type": "string", "readOnly": True},
    "schema": {"type": "string", "readOnly": True},
}
_TASK: Final[Schema] = {"name": "task", "properties": _TASK_PROPERTIES}
_TASK_IN_LISTS: Final[Schema] = {
    "name": "task",
    "properties": {
        name: schema for name, schema in _TASK_PROPERTIES.items() if name not in {"input", "result", "message"}
    },
}
_MEMBER: Final[Schema] = {"name": "member", "properties": _MEMBER_PROPERTIES}


def _collection(name: str, item: Schema) -> Schema:
    return {
        "name": name,
        "properties": {
            name: {"type": "array", "items": item},
            "first": {"type": "string"},
            "next": {"type": "string"},
            "schema": {"type": "string"},
        },
        "links": [{"rel": "first", "href": "{first}"}, {"rel": "next", "href": "{next}"}],
    }


@get("/v2/schemas/image")
async def show_image_schema() -> Response[bytes]:
    """One image."""
    return reply(_IMAGE)


@get("/v2/schemas/images")
async def show_images_schema() -> Response[bytes]:
    """A list of images."""
    return reply(_collection("images", _IMAGE))


@get("/v2/schemas/member")
async def show_member_schema() -> Response[bytes]:
    """One member."""
    return reply(_MEMBER)


@get("/v2/schemas/members")
async def show_members_schema() -> Response[bytes]:
    """A list of members."""
    return reply(_collection("members", _MEMBER))


@get("/v2/schemas/task")
async def show_task_schema() -> Response[bytes]:
    """One task."""
    return reply(_TASK)


@get("/v2/schemas/tasks")
async def show_tasks_schema() -> Response[bytes]:
    """A list of tasks."""
    return reply(_collection("tasks", _TASK_IN_LISTS))


HANDLERS: Final[tuple[Routes, ...]] = (
    show_image_schema,
    show_images_schema,
    show_member_schema,
    show_members_schema,
    show_task_schema,
    show_tasks_schema,
)
