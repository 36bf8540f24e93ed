"""Glance's JSON patch: RFC 6902's add, replace and remove, on attributes of one image and no deeper."""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from berthline.api.body import decode
from berthline.api.image.bodies import as_given, split
from berthline.domain.errors import BadRequest, Conflict, Forbidden
from berthline.domain.ids import ProjectId
from berthline.domain.image import Image
from berthline.images.attributes import READ_ONLY, SETTABLE, check_property, check_reserved

MEDIA_TYPE: Final = "application/openstack-images-v2.1-json-patch"
OLD_MEDIA_TYPE: Final = "application/openstack-images-v2.0-json-patch"
_STRAY: Final = re.compile("~(?![01])")
"""What RFC 6901, 3 leaves without a meaning."""


class Operation(msgspec.Struct, forbid_unknown_fields=True):
    """One change. ``path`` is a JSON pointer of one part: ``/name``, or ``/tags/-`` to add one tag."""

    op: Literal["add", "replace", "remove"]
    path: str
    value: object | UnsetType = UNSET


class OldOperation(msgspec.Struct, forbid_unknown_fields=True):
    """The same in an early draft's words, which the media type v2.0 keeps: ``{"replace": "/name", "value": …}``."""

    add: str | UnsetType = UNSET
    replace: str | UnsetType = UNSET
    remove: str | UnsetType = UNSET
    value: object | UnsetType = UNSET


def read_operations(media_type: str, body: bytes) -> list[Operation]:
    """The operations in a body of one of the two media types. Raises BadRequest."""
    if media_type == MEDIA_TYPE:
        return decode(body, list[Operation])
    return [_renewed(old) for old in decode(body, list[OldOperation])]


def _renewed(old: OldOperation) -> Operation:
    operations: tuple[Literal["add", "replace", "remove"], ...] = ("add", "replace", "remove")
    named = [(name, getattr(old, name)) for name in operations if getattr(old, name) is not UNSET]
    if len(named) != 1:
        raise BadRequest("each operation is exactly one of add, replace and remove")
    ((name, path),) = named
    return Operation(op=name, path=path, value=old.value)


def patched(image: Image, operations: Sequence[Operation]) -> Image:
    """The image after all operations, in order.

    Raises BadRequest for what is malformed, Forbidden for what may not change, Conflict for replacing or removing what
    is not there, as Glance does.
    """
    given = as_given(image)
    for operation in operations:
        _apply(given, operation, image)
    if not isinstance(given["owner"], str):
        raise BadRequest("an image has an owner")
    body, properties, null_properties = split(given)
    return msgspec.structs.replace(
        image,
        project_id=ProjectId(given["owner"]),
        name=body.name,
        visibility=body.visibility,
        disk_format=body.disk_format,
        container_format=body.container_format,
        min_disk=body.min_disk,
        min_ram=body.min_ram,
        protected=body.protected,
        hidden=body.os_hidden,
        tags=tuple(sorted(set(body.tags))),
        properties=properties,
        null_properties=null_properties,
    )


def _apply(given: dict[str, object], operation: Operation, image: Image) -> None:
    name, rest = _pointer(operation.path)
    if name in READ_ONLY:
        raise Forbidden(f"Attribute '{name}' is read-only.")
    check_reserved(name)
    if name in {"disk_format", "container_format"} and image.status != "queued":
        raise Forbidden(f"Attribute {name} can be set only while the image is queued.")
    if rest:
        _apply_to_tags(given, name, rest, operation)
        return
    if operation.op == "remove":
        if name in SETTABLE:
            raise Forbidden(f"Property '{name}' is a base property and cannot be removed.")
        if name not in given:
            raise Conflict(f"Property {name[:64]} does not exist.")
        del given[name]
        return
    if operation.op == "replace" and name not in given:
        raise Conflict(f"Property {name[:64]} does not exist.")
    value = _value(operation)
    check_property(name, value)
    given[name] = value


def _apply_to_tags(given: dict[str, object], name: str, rest: str, operation: Operation) -> None:
    tags = given.get(name)
    if name != "tags" or rest != "-" or operation.op != "add" or not isinstance(tags, list):
        raise BadRequest("below an attribute only /tags/- can be named, and only to add a tag")
    given[name] = [*tags, _value(operation)]


def _value(operation: Operation) -> object:
    if operation.value is UNSET:
        raise BadRequest(f"the operation {operation.op} needs a value")
    return operation.value


def _pointer(path: str) -> tuple[str, str]:
    """Name and rest of a JSON pointer (RFC 6901)."""
    if not path.startswith("/") or path == "/" or _STRAY.search(path):
        raise BadRequest(f"the path {path[:64]!r} is no JSON pointer to an attribute: it looks like /name")
    name, _, rest = path[1:].partition("/")
    return name.replace("~1", "/").replace("~0", "~"), rest
