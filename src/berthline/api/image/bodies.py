"""Bodies of image requests: Glance's own attributes beside attributes of the owner's, in one flat object."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from berthline.domain.errors import BadRequest, Forbidden
from berthline.domain.image import DiskFormat, Image, Visibility
from berthline.images.service import NewImage

Name = Annotated[str, Meta(max_length=255)]
Tag = Annotated[str, Meta(min_length=1, max_length=255)]
Amount = Annotated[int, Meta(ge=0, le=2**31 - 1)]
MOST_PROPERTIES: Final = 128
MOST_TAGS: Final = 128
READ_ONLY: Final = frozenset(
    {
        "id",
        "status",
        "size",
        "virtual_size",
        "checksum",
        "os_hash_algo",
        "os_hash_value",
        "created_at",
        "updated_at",
        "self",
        "file",
        "schema",
        "direct_url",
        "locations",
        "stores",
        "deleted",
        "deleted_at",
    }
)
"""What Glance alone says of an image; setting it is forbidden, not wrong."""


class ImageBody(msgspec.Struct, forbid_unknown_fields=True):
    """The attributes that may be set, with Glance's defaults."""

    id: str | None = None
    owner: Annotated[str, Meta(min_length=1, max_length=36)] | None = None
    name: Name | None = None
    visibility: Visibility = "shared"
    disk_format: DiskFormat | None = None
    container_format: Literal["bare"] | None = None
    min_disk: Amount = 0
    min_ram: Amount = 0
    protected: bool = False
    os_hidden: bool = False
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MOST_TAGS)] = ()


SETTABLE: Final = frozenset(ImageBody.__struct_fields__)
_PROPERTIES: Final = dict[Annotated[str, Meta(min_length=1, max_length=255)], Annotated[str, Meta(max_length=65535)]]


def split(given: dict[str, object]) -> tuple[ImageBody, dict[str, str]]:
    """Glance's attributes and the owner's own, from one object. Raises BadRequest, and Forbidden for read-only ones."""
    forbidden = sorted((given.keys() & READ_ONLY) - {"id"})
    if forbidden:
        raise Forbidden(f"Attribute '{forbidden[0]}' is read-only.")
    try:
        body = msgspec.convert({name: value for name, value in given.items() if name in SETTABLE}, ImageBody)
        own = {name: value for name, value in given.items() if name not in SETTABLE}
        properties: dict[str, str] = msgspec.convert(own, _PROPERTIES)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The image is not as it should be: {error}. Disk formats are qcow2 and raw.") from None
    if len(properties) > MOST_PROPERTIES:
        raise BadRequest(f"an image has at most {MOST_PROPERTIES} attributes of its owner's own")
    return body, properties


def new_image(given: dict[str, object]) -> NewImage:
    """The image that a POST asks for."""
    body, properties = split(given)
    return NewImage(
        id=body.id,
        owner=body.owner,
        name=body.name,
        visibility=body.visibility,
        disk_format=body.disk_format,
        bare=body.container_format is not None,
        min_disk=body.min_disk,
        min_ram=body.min_ram,
        protected=body.protected,
        hidden=body.os_hidden,
        tags=body.tags,
        properties=properties,
    )


def as_given(image: Image) -> dict[str, object]:
    """The image as the object of attributes that a patch works on: the reverse of ``split``."""
    return {
        **image.properties,
        "owner": image.project_id,
        "name": image.name,
        "visibility": image.visibility,
        "disk_format": image.disk_format,
        "container_format": image.container_format,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "protected": image.protected,
        "os_hidden": image.hidden,
        "tags": list(image.tags),
    }
