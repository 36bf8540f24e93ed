"""Names of an image's attributes: which are Glance's own, and what its owner may add beside them."""

import re
from typing import Final

from berthline.domain.errors import BadRequest, Forbidden

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
        "location",
        "locations",
        "stores",
        "deleted",
        "deleted_at",
    }
)
"""What Glance alone says of an image; setting it is forbidden, not wrong."""

SETTABLE: Final = frozenset(
    {
        "id",
        "owner",
        "name",
        "visibility",
        "disk_format",
        "container_format",
        "min_disk",
        "min_ram",
        "protected",
        "os_hidden",
        "tags",
    }
)
"""What is of every image and may be set."""
MOST_PROPERTIES: Final = 128
RESERVED: Final = "os_glance"
"""All properties that begin so are Glance's own."""
IMAGE_IDS: Final = frozenset({"kernel_id", "ramdisk_id"})
"""Properties that are null or the id of an image, by Glance's schema of properties; all others are texts."""
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def check_property(name: str, value: object) -> None:
    """Raise Forbidden for a property that is Glance's own, BadRequest for a value that its schema does not have.

    For what a request sets; what was set before there was a schema stays.
    """
    check_reserved(name)
    if name in IMAGE_IDS and value is not None and not (isinstance(value, str) and _UUID.fullmatch(value)):
        raise BadRequest(f"{name} is null or the id of an image, which is a UUID")


def check_reserved(name: str) -> None:
    """Raise Forbidden for a property that is Glance's own: to set it, and to remove it."""
    if name.startswith(RESERVED):
        raise Forbidden(f"Attribute '{name[:64]}' is reserved.")


def check_own(name: str, value: str) -> None:
    """``check_property`` for a name that is to be one of the owner's own: raise Forbidden for one of every image."""
    if name in READ_ONLY | SETTABLE:
        raise Forbidden(f"Attribute '{name[:64]}' is one of every image, and no metadata.")
    check_property(name, value)
