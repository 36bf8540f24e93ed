"""Bodies of image requests: Glance's own attributes beside attributes of the owner's, in one flat object."""

from typing import Annotated, Final, Literal, NamedTuple, get_args

import msgspec
from msgspec import Meta

from berthline.domain.errors import BadRequest, Forbidden
from berthline.domain.image import DiskFormat, Image, Visibility
from berthline.images.attributes import IMAGE_IDS, MOST_PROPERTIES, READ_ONLY, SETTABLE, check_property
from berthline.images.service import NewImage

Name = Annotated[str, Meta(max_length=255)]
Tag = Annotated[str, Meta(min_length=1, max_length=255)]
Amount = Annotated[int, Meta(ge=0, le=2**31 - 1)]
MOST_TAGS: Final = 128


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


CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "visibility": get_args(Visibility),
    "disk_format": get_args(DiskFormat),
    "container_format": ("bare",),
}
_PROPERTIES: Final = dict[Annotated[str, Meta(min_length=1, max_length=255)], Annotated[str, Meta(max_length=65535)]]


class Parts(NamedTuple):
    """An image's object taken apart: Glance's attributes, the owner's own, and the names of those that are null."""

    body: ImageBody
    properties: dict[str, str]
    null_properties: tuple[str, ...]


def split(given: dict[str, object]) -> Parts:
    """The parts of one object. Raises BadRequest, and Forbidden for read-only attributes."""
    forbidden = sorted((given.keys() & READ_ONLY) - {"id"})
    if forbidden:
        raise Forbidden(f"Attribute '{forbidden[0]}' is read-only.")
    try:
        body = msgspec.convert({name: value for name, value in given.items() if name in SETTABLE}, ImageBody)
        null = tuple(sorted(name for name in IMAGE_IDS & given.keys() if given[name] is None))
        own = {name: value for name, value in given.items() if name not in SETTABLE and name not in null}
        properties: dict[str, str] = msgspec.convert(own, _PROPERTIES)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The image is not as it should be: {error}.{_choices(given)}") from None
    if len(properties) > MOST_PROPERTIES:
        raise BadRequest(f"an image has at most {MOST_PROPERTIES} attributes of its owner's own")
    return Parts(body, properties, null)


def _choices(given: dict[str, object]) -> str:
    """A sentence for each attribute with a value that there is no such choice of."""
    wrong = (name for name, choices in CHOICES.items() if given.get(name) not in (None, *choices))
    return "".join(f" The choices of {name} are: {', '.join(CHOICES[name])}." for name in wrong)


def new_image(given: dict[str, object]) -> NewImage:
    """The image that a POST asks for."""
    for name, value in given.items():
        check_property(name, value)
    body, properties, null_properties = split(given)
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
        null_properties=null_properties,
    )


def as_given(image: Image) -> dict[str, object]:
    """The image as the object of attributes that a patch works on: the reverse of ``split``."""
    return {
        **image.properties,
        **dict.fromkeys(image.null_properties),
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
