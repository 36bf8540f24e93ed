"""Who may do what with an image."""

from berthline.domain.auth import Caller
from berthline.domain.errors import Forbidden, NotFound
from berthline.domain.image import Image
from berthline.store import Connection
from berthline.store.images import images as rows


def visible(connection: Connection, caller: Caller, image_id: str) -> Image:
    """The image. Raises NotFound when it is not there or the caller may not see it."""
    image = rows.get_visible(connection, caller, image_id)
    if image is None:
        raise NotFound(f"No image found with ID {image_id[:64]}")
    return image


def owned(connection: Connection, caller: Caller, image_id: str) -> Image:
    """The image, to be changed, which nobody else does meanwhile.

    Raises NotFound likewise, Forbidden unless a writer of its project or an admin asks.
    """
    rows.lock(connection, image_id)
    image = visible(connection, caller, image_id)
    if not owns(caller, image):
        raise Forbidden("You are not permitted to modify this image: it belongs to another project.")
    require_writer(caller)
    return image


def owns(caller: Caller, image: Image) -> bool:
    """True for the image's own project and for admins."""
    return caller.is_admin or (bool(caller.project_id) and image.project_id == caller.project_id)


def require_writer(caller: Caller) -> None:
    """Raise Forbidden for a reader."""
    if not caller.may_write:
        raise Forbidden("a reader may look at images, but not change them: ask for the member role")
